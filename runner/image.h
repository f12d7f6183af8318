/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Root images: from Debian packages to one read-only squashfs file that a guest mounts, for workloads and
 * collectors that need a userland. In the cache:
 *
 *	images/requests/<hash>          the key that a request (architecture, suite, wanted packages) led to
 *	images/<key>: root.squashfs     the image
 *	images/<key>: root.cpio         the same, for the memory of a guest (image_attach())
 *	images/<key>: manifest          "package=version" of everything in it, a line each, sorted
 *	images/sources/<id>.squashfs    a pristine kernel tree (source.h), for workloads that build one
 *
 * The key is the hash of the architecture, the suite, the wanted packages and the manifest. What was made once
 * stays in use until it is removed from the cache.
 *
 * mmdebstrap resolves, verifies and extracts the packages, from the machine's own Debian archive and with its
 * keyring; nothing of them is executed, so that any architecture can be made anywhere. What their maintainer
 * scripts would have done and programs rely on is made up for by image_filter(): the links of alternatives.
 * Equal packages give equal bytes.
 */
#ifndef KDELTA_RUNNER_IMAGE_H
#define KDELTA_RUNNER_IMAGE_H

#include <stdbool.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"
#include "runner/hash.h"
#include "runner/kernel.h"
#include "runner/target.h"

/* zstd unpacks at a fraction of xz's cost, which the measured machine pays; this level packs 25 times as fast as
 * the default of 15, for a sixth more bytes. */
#define IMAGE_ZSTD_LEVEL "level=3" /* as tar2sqfs and gensquashfs spell it */

/* What a kernel needs to mount one; "CONFIG_X=y", NULL-terminated. */
extern const char *const image_kconfig[];

/* Serial numbers of the disks, by which the guest finds them (virtio-blk has room for 20 bytes). */
#define IMAGE_SERIAL "kdelta.root"
#define IMAGE_SOURCE_SERIAL "kdelta.source"

struct image {
	char key[HASH_HEX];
	char *file; /* root.squashfs */
	struct strv wanted; /* packages that were asked for, sorted */
	struct strv manifest;
};

void image_release(struct image *im);

/*
 * Find or make the image with @packages (any order, repeated or not) of the machine's own Debian suite for @a.
 * Fails with one line: no mmdebstrap, no such package, no answer from the archive. @im: to release.
 */
int image_get(const struct arch *a, const struct strv *packages, const struct build_progress *p,
	      struct image *im, struct err *e);
/* Is it there already? Never makes one; @im is filled when it is. */
bool image_find(const struct arch *a, const struct strv *packages, struct image *im);
/* For --dry-run: the command line that would make it; fails as image_get() does where it can be known. */
int image_command(const struct arch *a, const struct strv *packages, struct strv *argv,
		  struct err *e);
/* Can images be made on this machine? 0, or -1 with what is missing and what to install. */
int image_check(struct err *e);
/* The version of a package of the image, or NULL; @im->manifest owns it. */
const char *image_version(const struct image *im, const char *package);

/*
 * How a guest on @t gets the image: as a disk, or under -icount, where the memory suffices, as an archive that follows
 * the initramfs and is unpacked with it. For what is read from a disk comes when the host has it, and the guest's
 * clock runs on meanwhile as fast as it can: no two boots would be the same. @archive: NULL for a disk; the caller
 * frees. @im has to outlive @d.
 */
int image_attach(const struct image *im, const struct target *t, struct boot_disk *d,
		 char **archive, struct err *e);

/* The tree of @s as a squashfs file for EXEC_SOURCE, made when missing; the caller frees @file. */
int image_source(const struct source *s, const struct build_progress *p, char id[HASH_HEX],
		 char **file, struct err *e);

/* --- image_tar.c --- */

/*
 * Copy the tar file @from, mmdebstrap's output with apt's cache left in it, to @to: without what a measured
 * program never reads (documentation, translations, apt, devices), without times, with the links that maintainer
 * scripts would have made and the folders that the guest mounts on. "package=version" of every package that apt
 * put into its cache is pushed to @manifest, sorted.
 */
int image_filter(const char *from, const char *to, struct strv *manifest, struct err *e);
/* "bison_2%3a3.8.2+dfsg-1+b1_amd64.deb" to "bison=2:3.8.2+dfsg-1+b1"; false for any other name. Pure. */
bool image_package(const char *name, struct str *out);
/* @from, a tar file, to the cpio archive (newc) @to, with @prefix before every name. */
int image_cpio(const char *from, const char *prefix, const char *to, struct err *e);
/* @from, a tar file, to the squashfs file @to. */
int image_squash(const char *from, const char *to, struct err *e);

#endif
