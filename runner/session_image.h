/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The root images of a session: one per architecture, with the packages of all workloads and collectors that are
 * not left out; and the kernel tree for those that build one, the same for every arm: that of the baseline's source.
 */
#ifndef KDELTA_RUNNER_SESSION_IMAGE_H
#define KDELTA_RUNNER_SESSION_IMAGE_H

#include "runner/session.h"

/* Find or make what the arms need, before minutes go into a kernel. */
int images_prepare(struct session *s, const struct build_progress *p, struct err *e);
/* For --dry-run: say which images there are and what would make the others; disks are given by their names. */
int images_show(struct session *s, struct str *out, struct err *e);
/* Give an arm its disks, once it is known what is left out there. */
int images_attach(const struct session *s, struct session_arm *a, struct err *e);
/* Say in which image a boot was, and the versions of the packages that were asked for. */
void images_report(const struct session_arm *a, struct record_set *rs);
void images_release(struct session_arm *a);

#endif
