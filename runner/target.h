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

struct plugin_boot;

/* A read-only disk. */
struct boot_disk {
	const char *file; /* squashfs, raw; in the cache, not to change while something boots */
	const char *
		serial; /* by which the guest finds it: at most 20 bytes of [a-z.]; NULL: no disk, see below */
	const char *
		dir; /* where the guest mounts it, or where its content is from the start, with the initramfs */
};

#define BOOT_DISKS_MAX 2

struct boot_request {
	const struct target *target;
	const char *name; /* the variant, for messages and for the fake target */
	int block; /* number of the block, for the fake target */
	const char *image; /* kernel image (unused by fake) */
	const char *initrd;
	const struct strv *cmdline; /* complete, tokens; console= and panic= are already in it */
	unsigned int phase; /* one more token, kdelta.phase=N (workloads/phase.h); 0: none */
	const char *console_log; /* where to keep the console, or NULL */
	/* s from the start line to the end line: sum of the workloads' timeouts; 0: no deadline */
	int run_timeout;
	bool interactive; /* console on kdelta's own terminal, no deadline from start to end line */
	const struct plugin_boot *plugin; /* the QEMU plugin counts (TCG alone), or NULL */
	const char *
		artifacts; /* where to keep what the guest sent through its port kdelta.artifacts; NULL: no such port */
	const struct boot_disk *disks; /* at most BOOT_DISKS_MAX */
	size_t ndisks;
	int output_fd; /* where the bytes of the guest's port kdelta.output go (mode exec); 0: no such port */
};

enum boot_status {
	BOOT_OK, /* the end marker came and the machine switched itself off */
	BOOT_BROKEN, /* anything else; reason says what */
};

struct boot_result {
	enum boot_status status;
	char *reason; /* BOOT_BROKEN: one line; "panic: Kernel panic - not syncing: …" */
	struct str records; /* raw bytes of the result channel, bounded */
	struct str counts; /* what the QEMU plugin wrote; empty without one */
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
	/* How ticks read here (see guest_clock): fills evidence, unit and scale. Never starts anything: a
	 * target whose accelerator is not settled yet answers as if the better one worked. */
	int (*clock)(const struct target *t, struct guest_clock *c, struct err *e);
	/* Decide what only a real boot can tell (the accelerator), once a kernel image is there; ask clock()
	 * again afterwards. @why: a line for the user, empty when there is nothing to say. NULL: nothing to
	 * decide. */
	int (*settle)(const struct target *t, const char *image, struct str *why, struct err *e);
};

extern const struct target_ops *const target_backends[]; /* NULL-terminated */
const struct target_ops *target_ops(const struct target *t);

/*
 * accel.c: which accelerator a qemu target gets. KVM is proved with a real, deadlined boot of @image the
 * first time, and the answer is remembered per host, kernel, user, QEMU version and machine in
 * <cache>/accel. @why: one line for the user, or empty ("KVM is there, but a guest did not start …; using
 * TCG"). ACCEL_AUTO: the proof could not be tried or not be remembered; @why says the reason.
 */
enum accel accel_resolve(const struct target *t, const char *image, struct str *why);
/* What is known without booting anything; ACCEL_AUTO: not proven yet. */
enum accel accel_known(const struct target *t, struct str *why);
int accel_forget(struct err *e); /* ask again next time */

/* The last lines of a console for a message: at most @lines that say something, joined by " | ", control
 * characters replaced, each line cut. */
void console_tail(const struct str *console, int lines, struct str *out);
/* Look for panic, oops, BUG, WARNING, lockdep, RCU stall, hung task or lockup in a console: a one-line
 * description of the first ("oops: BUG: kernel NULL pointer dereference, address: 0000000000000000"), and
 * of a panic that came after it, or NULL; *fatal is set when the kernel will not go on. The caller frees.
 * Pure; tested on recorded consoles. */
char *console_trouble(const char *text, size_t len, bool *fatal);

#endif
