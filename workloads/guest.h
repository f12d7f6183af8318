/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest program: PID 1 of a measured kernel. Its life is one function, guest_life() in guest.c:
 *
 *	mount → open the port → say what booted → read the plan → check the kernel
 *	→ do what the plan says → end marker → power off
 *
 * Under -icount all of it repeats to the last instruction: no clock is asked but for deadlines and phases,
 * nothing is random, and records stay in memory until their workload is done.
 */
#ifndef KDELTA_WORKLOADS_GUEST_H
#define KDELTA_WORKLOADS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collectors/collector.h"
#include "runner/base/err.h"
#include "runner/base/str.h"
#include "workloads/port.h"
#include "workloads/workload.h"

/* --- guest_plan.c: the plan (runner/guestplan.h), parsed; pure --- */

enum guest_mode { GUEST_RUN, GUEST_SHELL, GUEST_EXEC };

/* The parameters of one workload or collector. */
struct guest_params {
	struct str line; /* as one line of the record format */
	struct fields fields; /* that line, split */
};

struct guest_workload {
	int number; /* w */
	const struct workload *w;
	int rounds, warmup, timeout;
	struct guest_params params;
};

struct guest_collector {
	int number; /* c */
	const struct collector *col;
	struct guest_params params;
};

struct guest_disk { /* read-only, squashfs */
	char *serial, *dir; /* serial NULL: it came with the initramfs */
};

struct guest_plan {
	enum guest_mode mode;
	char *release, *machine; /* NULL: not checked */
	struct strv tokens, args;
	char *clock_suffix, *clock_unit;
	struct guest_clock clock; /* its strings are the two above */
	struct guest_workload *workloads;
	size_t nworkloads, cap;
	struct guest_collector *collectors; /* they watch every workload */
	size_t ncollectors, collectors_cap;
	struct guest_disk *disks;
	size_t ndisks, disks_cap;
	unsigned int
		phase; /* not of the plan, which all boots of a variant share; see workloads/phase.h */
};

/* "plan line 3: …" in @e on failure; release what is there in both cases. */
int guest_plan_parse(struct guest_plan *p, const char *text, size_t len, struct err *e);
void guest_plan_release(struct guest_plan *p);

/* --- guest_check.c: is this the kernel that was asked for? --- */

/* Is @token one of the space-separated tokens of @cmdline? */
bool cmdline_has(const char *cmdline, const char *token);
/* The vermagic of a module (ELF64 of this byte order); -1 when there is none. Bounded by @len. */
int module_vermagic(const char *elf, size_t len, struct str *out, struct err *e);
/* uname, the command line and the vermagic of every module against the plan. */
int guest_check(const struct guest_plan *p, struct err *e);

/* --- guest_image.c: the root image (workloads/exec.h) --- */

/* Mount the disks of the plan, and this kernel's file systems inside the image. */
int guest_image_mount(const struct guest_plan *p, struct err *e);
/* EXEC_IMAGE when the plan has disks, else NULL. */
const char *guest_image(const struct guest_plan *p);

/* --- guest_module.c --- */

/* Load /modules/<name>.ko with the parameters of @w. 1, with @e set: it refuses with EOPNOTSUPP, for what it needs
 * is not there. */
int module_load(const struct guest_workload *w, struct err *e);
/* Remove it; a module that is not loaded is fine. */
int module_unload(const char *name, struct err *e);

/* The kernel's log from now on, for the reason why a module refused. */
int kmsg_open(void);
/* The last line since kmsg_open() that begins with "<module>: ", without that; "" for none. */
void kmsg_last(int fd, const char *module, struct str *out);
/* The message of one /dev/kmsg record if it begins with "<module>: ", without that, or NULL. Cuts
 * the record in place: @record has room for len + 1 bytes. */
const char *kmsg_message(char *record, size_t len, const char *module);

/* --- guest_run.c: one workload, in a child of its own --- */

/*
 * Run it and write its record lines and its done line to @port. @records counts value and hist
 * lines. A crash or a timeout ends the workload alone (state broken). -1 only when the boot cannot
 * go on: the port is gone or the child cannot be killed.
 */
int guest_run(const struct guest_plan *p, const struct guest_workload *w, int port, size_t *records,
	      struct err *e);
/*
 * Take the lines of @text that a workload may write into @out, whole lines only, and count value
 * and hist lines. Returns true when the last of them is its done line. Pure.
 */
bool guest_take_lines(const char *text, size_t len, int number, struct str *out, size_t *records);

/* --- guest_exec.c: children; a shell, or one command --- */

/* PID 1 blocks and ignores signals of its own; a child starts with none of that. */
void guest_child_signals(void);

/* Both return the exit status as a shell would give it. @root: what the command sees as /, or NULL. */
int guest_shell(void);
int guest_exec(const struct strv *args, const char *root, int output);
/* Make the links of busybox's applets, when there is one. */
void guest_install_applets(void);

#endif
