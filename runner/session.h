/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A session takes a plan to measured boots: prepare (kernels, modules, initramfs: once per arm), then boot
 * (as often as the plan says, from several threads if wanted). It knows nothing of the database: what a boot
 * brought back is handed over as a struct session_boot.
 *
 *	session_init → session_prepare → session_boot × n → session_release
 */
#ifndef KDELTA_RUNNER_SESSION_H
#define KDELTA_RUNNER_SESSION_H

#include <stdbool.h>

#include "collectors/plugin_host.h"
#include "results/record.h"
#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/base/tempdir.h"
#include "runner/image.h"
#include "runner/kernel.h"
#include "runner/plan.h"
#include "runner/target.h"

/* What every boot of one arm of the plan has in common. */
struct session_arm {
	const struct plan_arm *plan;
	const struct target_ops *ops;
	struct kernel *kernel; /* NULL on the fake target; shared by arms with equal builds */
	bool kernel_owned;
	char modules_hash[HASH_HEX]; /* of the .ko files in the initramfs; "" when there are none */
	struct guest_clock clock;
	struct strv cmdline; /* complete kernel command line */
	char *initrd;
	struct plugin_boot plugin; /* of a target that has one */
	struct image
		*image; /* shared by the arms of an architecture; NULL: nothing needs one there */
	bool image_owned;
	char *image_archive; /* follows the initramfs, or NULL */
	char *source; /* a kernel tree as a disk, or NULL */
	char source_id[HASH_HEX];
	struct boot_disk disks[BOOT_DISKS_MAX]; /* of the boots of this arm */
	size_t ndisks;
	char **skip_reason; /* per chosen workload: NULL, or why it is left out here */
	bool *skip;
	char **skip_collector_reason; /* per collector of the suite; NULL, too, where it is not meant to be here */
	bool *skip_collector;
};

struct session {
	const struct plan *plan;
	struct session_arm *arms; /* one per plan arm, same order */
	struct tempdir dir; /* of this run */
	char *log_dir; /* where console logs are kept, or NULL */
	bool artifacts; /* something of the plan hands out files */
};

struct session_boot {
	struct boot_result result;
	struct record_set records;
	const char *status; /* "ok" or "broken" */
	char *reason; /* NULL when ok */
	char *console_log; /* path, or NULL */
	char *artifacts; /* archive of the files that the guest sent (runner/artifact.h), gone with this; or NULL */
	long long started; /* Unix time, ms */
};

/* The complete command line for @v on @t; checked against what the architecture takes. */
int session_cmdline(const struct target *t, const struct variant *v, struct strv *out,
		    struct err *e);

/* Nothing is started: arms are resolved, command lines composed and checked against the architecture's limit.
 * @log_dir NULL: console logs are not kept. */
int session_init(struct session *s, const struct plan *p, const char *log_dir, struct err *e);
/* Make or find root images, build or find kernels and modules, make the initramfs files. */
int session_prepare(struct session *s, const struct build_options *o,
		    const struct build_progress *p, struct err *e);
void session_release(struct session *s);

/* The request that a boot of this arm makes; for --dry-run too (image and initrd may be names only). */
void session_request(const struct session *s, size_t arm, int block, struct boot_request *q);

/* Boot once. 0 with @out filled, also when the boot is broken; -1 when nothing could be started. Safe to be
 * called from several threads at once. */
int session_boot(const struct session *s, const struct plan_boot *b, const char *log_name,
		 const volatile int *cancel, struct session_boot *out, struct err *e);
void session_boot_release(struct session_boot *b);

#endif
