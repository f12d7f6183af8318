/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A target boots one kernel with one initramfs and brings back what the guest said. It knows nothing of
 * variants, statistics or the database. Backends: qemu, fake; the list is in target.c.
 */
#ifndef KDELTA_RUNNER_TARGET_H
#define KDELTA_RUNNER_TARGET_H

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"

struct boot_request {
	const struct target *target;
	const char *name; /* the variant, for messages and for the fake target */
	int block; /* number of the block, for the fake target */
	const char *image; /* kernel image (unused by fake) */
	const char *initrd;
	const struct strv *cmdline; /* complete, tokens; console= and panic= are already in it */
	const char *console_log; /* where to keep the console, or NULL */
	int run_timeout; /* s from the start line to the end line: sum of the workloads' timeouts */
	bool interactive; /* console on kdelta's own terminal, no deadlines after the start */
};

enum boot_status {
	BOOT_OK,     /* the end marker came and the machine switched itself off */
	BOOT_BROKEN, /* anything else; reason says what */
};

struct boot_result {
	enum boot_status status;
	char *reason; /* BOOT_BROKEN: one line; "panic: Kernel panic - not syncing: …" */
	struct str records; /* raw bytes of the result channel, bounded */
	struct str console; /* tail of the console, at most 64 KiB, raw bytes */
	double start_seconds; /* process start to the start line; 0 when it never came */
	double run_seconds; /* start line to end line */
	double total_seconds; /* process start to reaped */
	char *accel; /* "tcg", "kvm", "fake" */
	char *qemu_version; /* "7.2.22", "" for fake */
	struct strv argv; /* what was run */
};

void boot_result_init(struct boot_result *r);
void boot_result_release(struct boot_result *r);

struct target_ops {
	const char *name;
	const char *summary; /* for `kdelta list` */
	/* Boot it. Returns 0 with @r filled, also for a broken boot; -1 when nothing could be started at
	 * all (no QEMU, no image). @cancel, when not NULL, is polled: true ends the boot as broken. */
	int (*boot)(const struct boot_request *q, const volatile int *cancel, struct boot_result *r,
		    struct err *e);
	/* The argument vector that boot would run, with the real file names (dry run). */
	int (*argv)(const struct boot_request *q, struct strv *out, struct err *e);
	/* Can this target boot here? 0, or -1 with what is missing and what to install. */
	int (*check)(const struct target *t, struct err *e);
	/* How ticks read here (see guest_clock): fills evidence, unit and scale. */
	int (*clock)(const struct target *t, struct guest_clock *c, struct err *e);
};

extern const struct target_ops *const target_backends[]; /* NULL-terminated */
const struct target_ops *target_ops(const struct target *t);

/* accel.c: which accelerator a qemu target gets. Proves KVM with a real, deadlined boot the first time
 * and remembers the answer per host and QEMU version in <cache>/accel. @why: one line for the user
 * ("KVM opens but a guest did not start within 20 s; using TCG"). */
enum accel accel_resolve(const struct target *t, struct str *why);

/* The last lines of a console for a message: at most @lines, control characters replaced. */
void console_tail(const struct str *console, int lines, struct str *out);
/* Look for panic, oops, BUG, lockdep or RCU stall in a console: a one-line description or NULL; *fatal is
 * set when the kernel will not go on. The caller frees. Pure; tested on recorded consoles. */
char *console_trouble(const char *text, size_t len, bool *fatal);

#endif
