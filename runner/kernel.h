/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernels: from a variant and an architecture to files that boot. Everything lives in the cache
 * (paths.h) and is published by rename under a lock, so that concurrent and killed invocations leave
 * either a whole entry or none:
 *
 *	downloads/                 packages and tarballs
 *	src/<source id>/           pristine trees, read only (source.h)
 *	requests/<hash>            the key that a request (source, patches, wanted options, compiler, arch) led to
 *	kernels/<key>/             one built kernel: linux/ (patched tree), linux/build/ (O=), info, build.log,
 *	                           touched (files that its patches name), wanted (options)
 *	kernels/<hash>.partial/    a request being built; a killed build is continued from here
 *	modules/<key>-<hash>/      workload modules built against kernel <key> from kmods with hash <hash>
 *	locks/, build-times        who builds what; how long builds took, for estimates
 *
 * The key is the hash of the source id, what the patches made of the files they touch, the final .config, the
 * compiler and linker version and the architecture; the command line is not in it. A new kernel starts as
 * a copy of the nearest cached one (same arch and compiler; same source, fewest differing options and
 * patched files), times kept, so that make does the least. O= is a folder inside the tree, because then
 * kbuild's command lines are relative and the copy does not look changed.
 */
#ifndef KDELTA_RUNNER_KERNEL_H
#define KDELTA_RUNNER_KERNEL_H

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"
#include "runner/hash.h"

/* Facts of one built kernel; kept in kernels/<key>/info and stored with every run. */
struct kernel {
	char key[HASH_HEX];
	char *dir; /* kernels/<key> */
	char *image; /* boot image */
	char *vmlinux;
	char *symvers;
	char *config; /* final .config */
	char *build; /* O= folder, for modules */
	char *tree; /* patched source tree */
	char *release; /* include/config/kernel.release */
	char *version; /* VERSION.PATCHLEVEL.SUBLEVEL of the tree */
	char *compiler; /* first line of $(CC) --version */
	char *linker;
	char source_id[HASH_HEX];
	char patches_hash[HASH_HEX];
	char config_hash[HASH_HEX];
	char image_hash[HASH_HEX];
	char vmlinux_hash[HASH_HEX];
	const struct arch *arch;
	long long text, data,
		bss; /* bytes, sums of vmlinux section headers as size(1) counts them */
	long long image_size;
	double build_seconds; /* of the make that made it */
};

void kernel_free(struct kernel *k);

/* Progress goes to the command through this; @done of @total objects (0: unknown), seconds so far. */
struct build_progress {
	void (*step)(void *arg,
		     const char *text); /* "fetching linux-source-7.3", "building base x86_64" */
	void (*objects)(void *arg, long done, long total, double seconds);
	void *arg;
};

struct build_options {
	int jobs; /* make -j; 0: number of CPUs */
	bool force; /* ignore a cached kernel */
};

/*
 * Build, or find in the cache. NULL with @e set: a fetch that failed, a patch (patch, file and hunk), lost
 * options (all listed), or the first compiler error with the log's name.
 */
struct kernel *kernel_build(const struct variant *v, const struct arch *a,
			    const struct build_options *o, const struct build_progress *p,
			    struct err *e);

/* Is it there already? NULL and no error when it would have to be built. Never starts a build. */
struct kernel *kernel_find(const struct variant *v, const struct arch *a);

/* For --dry-run: the exact command lines (one strv each) that kernel_build would run, and an estimate in
 * seconds from earlier builds on this machine (0: none known). */
struct command_list {
	struct strv *v;
	size_t n, cap;
};
void command_list_release(struct command_list *l);
int kernel_commands(const struct variant *v, const struct arch *a, const struct build_options *o,
		    struct command_list *out, double *estimate, struct err *e);

/*
 * Build the workload modules in @kmods (a folder with a Kbuild file) against @k. On success @dir is the
 * folder that holds the .ko files. Cached by kernel key and the content of @kmods.
 */
int kernel_modules(const struct kernel *k, const char *kmods, struct str *dir, struct err *e);

/* A static busybox for @a from the Debian package, cached; @path is the binary. */
int busybox_fetch(const struct arch *a, struct str *path, struct err *e);

#endif
