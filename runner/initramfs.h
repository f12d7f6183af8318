/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The initramfs of one boot, made with libarchive (newc, zstd level 1 unless small): /init (the guest
 * program), /plan, /modules/NAME.ko, and for an interactive boot /bin/busybox with its links. Times,
 * owners and order are fixed: equal input, equal bytes.
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
};

int initramfs_write(const struct initramfs *fs, const char *path, struct err *e);

#endif
