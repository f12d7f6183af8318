/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The qemu backend, in pieces:
 *
 *	target_qemu.c        the backend: one boot from start to end, the version, the clock
 *	target_qemu_argv.c   the argument vector
 *	target_qemu_dir.c    the runtime folder of one boot, and the user that QEMU runs as
 *	target_qemu_watch.c  the loop that watches one running QEMU
 *
 * QEMU is started in its runtime folder with relative names, so that its user needs no way to it. The files
 * that it writes are made before it starts and belong to its user; the folder does not.
 */
#ifndef KDELTA_RUNNER_TARGET_QEMU_H
#define KDELTA_RUNNER_TARGET_QEMU_H

#include <sys/types.h>

#include "runner/base/tempdir.h"
#include "runner/target.h"

#define QEMU_CONSOLE "console" /* names in the runtime folder */
#define QEMU_RECORDS "records"
#define QEMU_OUTPUT "output"
#define QEMU_ARTIFACTS "artifacts"
#define QEMU_STDERR "stderr"
#define QEMU_RECORDS_MAX ((size_t)64 << 20) /* bytes of records that one boot may write */

extern const struct target_ops target_qemu;

/* Boot on this accelerator, whatever the target says. */
int qemu_boot(const struct boot_request *q, enum accel accel, const volatile int *cancel,
	      struct boot_result *r, struct err *e);

/* Append the argument vector; @image and @initrd are the names that QEMU opens. */
void qemu_argv(const struct boot_request *q, enum accel accel, const char *image,
	       const char *initrd, struct strv *out);

/* The user that QEMU runs as: nobody, when kdelta is root and that user may use @accel. uid 0: kdelta's own. */
struct qemu_user {
	uid_t uid;
	gid_t gid;
};

struct qemu_user qemu_user(enum accel accel);

struct qemu_dir {
	struct tempdir temp;
	const char *path; /* of that */
	char *image, *initrd; /* copies in it */
	int console, records; /* files that QEMU writes, open for us */
	int output; /* read end of the FIFO behind kdelta.output, non-blocking, or -1 */
	int artifacts; /* what comes through kdelta.artifacts, a file, or -1 */
	int err; /* QEMU's standard error, a file */
	int counts; /* what the plugin writes, a file, or -1 */
	struct boot_disk disks[BOOT_DISKS_MAX]; /* by their names in it */
	size_t ndisks;
};

int qemu_dir_make(struct qemu_dir *d, const struct boot_request *q, struct qemu_user u,
		  struct err *e);
/* Move the console log out of it to @to, at most @max bytes. */
int qemu_dir_keep_console(const struct qemu_dir *d, const char *to, size_t max, struct err *e);
/* Move what came through kdelta.artifacts to @to. */
int qemu_dir_keep_artifacts(const struct qemu_dir *d, const char *to, struct err *e);
/* Take over what the plugin wrote. */
int qemu_dir_read_counts(const struct qemu_dir *d, struct boot_result *r, struct err *e);
void qemu_dir_remove(struct qemu_dir *d);

/* Watch @pid, started at @begin (proc_now()), until it has ended or was ended for a reason; fills everything
 * of @r but accel, qemu_version and argv. */
void qemu_watch(const struct boot_request *q, const struct qemu_dir *d, pid_t pid, double begin,
		const volatile int *cancel, struct boot_result *r);

#endif
