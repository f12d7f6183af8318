/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The initramfs of one boot, made with libarchive (newc): /init (the guest program), /plan,
 * /modules/NAME.ko, what a root image in memory holds (runner/image.h), and for an interactive boot /bin/busybox, whose links the guest makes. Times,
 * owners and order are fixed: equal input, equal bytes.
 *
 * It is not compressed: on an emulated CPU unpacking costs more than it saves in copying (aarch64,
 * counted with -icount: 9 million instructions for a run's image of 0.8 MB, 28 million for one with
 * busybox).
 */
#ifndef KDELTA_RUNNER_INITRAMFS_H
#define KDELTA_RUNNER_INITRAMFS_H

#include "runner/base/err.h"
#include "runner/base/str.h"

struct initramfs {
	const char *guest; /* host path of the static guest program */
	const struct str *plan; /* content of /plan */
	const struct strv *modules; /* host paths of .ko files, or NULL */
	const char *busybox; /* host path, or NULL */
	const char *more; /* a cpio archive that follows it, or NULL */
};

int initramfs_write(const struct initramfs *fs, const char *path, struct err *e);

#endif
