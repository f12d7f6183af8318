/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Temporary folders "<base>/kdelta.XXXXXX" (mode 0700), of which a kdelta that is killed leaves none for ever: beside
 * each stands the file "kdelta.XXXXXX.lock", locked (file_lock()) by the process that made both for as long as it
 * lives. The lock ends with the process, whatever ends that; so a lock file that nobody holds belongs to a left-over.
 *
 *	struct tempdir d = { 0 };
 *
 *	if (tempdir_make(&d, NULL, e))
 *		return -1;
 *	… d.path …
 *	tempdir_remove(&d);
 */
#ifndef KDELTA_BASE_TEMPDIR_H
#define KDELTA_BASE_TEMPDIR_H

#include "runner/base/err.h"

struct tempdir {
	char *path; /* NULL: there is none */
	int lock; /* descriptor, as long as there is a path */
};

/* @base NULL: $TMPDIR or /tmp. Otherwise a folder that is there. */
int tempdir_make(struct tempdir *d, const char *base, struct err *e);
/* With all that is in it, unless it was moved away. Nothing, when there is none. */
void tempdir_remove(struct tempdir *d);

/* Remove what killed processes of this user have left in @base (as above); what others hold or own stays. */
void tempdir_sweep(const char *base);

#endif
