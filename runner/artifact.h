/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of workloads/artifact.h: what a boot sent through its port is an archive of unknown honesty. What
 * is a regular file "w<number>-<name>" with a number of the plan, a good name and a bounded size is kept; everything
 * else is said and left out. No name of the archive is used as a path.
 *
 * Files are kept in <folder>/artifacts/<run>/<boot>/, which appears by rename with all of them. A folder that is there
 * already (of a boot that was killed before it was stored, or of another database in the same folder) is left alone:
 * then the new one is <boot>.2, and so on; the paths in the database say which.
 */
#ifndef KDELTA_RUNNER_ARTIFACT_H
#define KDELTA_RUNNER_ARTIFACT_H

#include <stddef.h>

#include "results/store.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct artifacts {
	struct store_artifact *v;
	size_t n, cap;
};

struct artifact_place {
	const char *folder; /* of the database */
	long long run, boot;
	int nworkloads;
};

/*
 * Keep the files of the archive @stream; a missing or empty one is no error. @trouble: one line per thing that was
 * not kept, and why. -1 when the files cannot be written (a full disk); then none is kept. Release @out in both cases.
 */
int artifacts_keep(const char *stream, const struct artifact_place *place, struct artifacts *out,
		   struct strv *trouble, struct err *e);
void artifacts_release(struct artifacts *a);
/* Remove what a kdelta left there that was killed while it kept some. */
void artifacts_sweep(const char *folder);

#endif
