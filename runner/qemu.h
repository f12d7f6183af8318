/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which QEMU a target gets, and what it gets of what it asks for.
 *
 * There may be two: the system's (in PATH), and a private one, unpacked from the distribution's packages to
 * <cache>/qemu/VERSION. The key `qemu:` of a target chooses: auto takes the system's when it can do what the
 * target asks for, then the private one; system, private and a path take that one alone.
 *
 * Where none can, the target gets less, and words that say so: see qemu_choose().
 */
#ifndef KDELTA_RUNNER_QEMU_H
#define KDELTA_RUNNER_QEMU_H

#include "runner/base/err.h"
#include "runner/base/proc.h"
#include "runner/base/str.h"
#include "runner/config.h"

struct qemu_program {
	char *path; /* as for execve(), or a name to be found in PATH */
	char *root; /* a private one: the folder that holds its usr/; NULL: the system's, or the user's */
	char *version; /* "10.0.2" */
};

void qemu_program_release(struct qemu_program *p);

/* Ask @p for its version; NULL when it does not run. */
void qemu_ask_version(struct qemu_program *p);
/* "7.2.22" → 702; 0 when it is none. */
int qemu_version_number(const char *version);
/* What this version is known not to do for @a, or NULL. */
const char *qemu_limit(const struct arch *a, int version);
/* What any architecture's is known not to do with the plugin, or NULL. */
const char *qemu_plugin_limit(int version);

/* Version of the QEMU @program of PATH; NULL when it is not there. The caller frees. */
char *qemu_version(const char *program);
/* Fill @p with the program for @a; false when there is none. Versions are asked for once per process. */
bool qemu_find_system(const struct arch *a, struct qemu_program *p);
bool qemu_find_private(const struct arch *a, struct qemu_program *p); /* the newest */

struct qemu_choice {
	struct qemu_program program;
	struct target target; /* the one that was asked for, as it will be; borrows from it */
	char *less; /* "1 CPU instead of 2", "no icount": stored with the results; NULL: all that was asked for */
	char *why; /* NULL, or the reason for the user */
};

/*
 * Choose for @t. When several CPUs under icount are asked for and no QEMU can: `smp: optional` gets one CPU;
 * `smp: required` gets them without icount if the plugin counts (events stay simulated, clocks become
 * emulated time), else fails. Fails too when there is no QEMU at all. Starts nothing but "--version".
 */
int qemu_choose(const struct target *t, struct qemu_choice *c, struct err *e);
void qemu_choice_release(struct qemu_choice *c);
/* The icount shift that @t gets, or -1; what it asks for when there is no QEMU yet. */
int qemu_icount(const struct target *t);

/* Does it load the plugin @object? 0, or -1 with its own words. */
int qemu_takes_plugin(const struct qemu_program *p, const char *object, struct err *e);

/* qemu_private.c */

/* Fetch a QEMU that can do everything into the cache, unless it is there. @version: what is there then. */
int qemu_fetch(struct str *version, struct err *e);

/*
 * The private QEMU may lie where the user that it runs as has no way to: it is started through an open
 * descriptor of its folder, and gets its libraries and its firmware through that too.
 */
struct qemu_launch {
	int fd; /* of the folder, or -1 */
	struct strv env;
};

#define QEMU_LAUNCH_INIT                                                                           \
	{                                                                                          \
		.fd = -1, .env = STRV_INIT                                                         \
	}

/* Make @argv and @proc, which are for any QEMU, start this one. Keep @l until it has started. */
int qemu_launch(const struct qemu_program *p, struct strv *argv, struct proc *proc,
		struct qemu_launch *l, struct err *e);
void qemu_launch_release(struct qemu_launch *l);
/* The same for display, with the real names. */
void qemu_show(const struct qemu_program *p, struct strv *argv);

#endif
