/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pristine kernel trees, in the cache:
 *
 *	downloads/		packages and tarballs as they came
 *	src/<id>/		trees; never written to, for built kernels hold hard links into them
 *	ids/<hash>		remembered: which id a description (or a file, or a folder) led to
 *
 * Where a tree comes from and what its id is:
 *
 *	git + ref	`git archive` of the ref; the id is that of the tree object, so a moved branch is a new tree
 *	path		a copy of the folder (links would let an editor write into the cache); of a git work
 *			tree only what git does not ignore, with uncommitted changes. The id is that of names,
 *			modes and contents; names, sizes and times are looked at every time, so an edited file
 *			is noticed
 *	tarball		unpacked; the id is that of the file's content
 *	package, urls	the Debian package, else the first url that answers; the id is that of the downloaded
 *			file. What was fetched once stays in use until it is removed from the cache
 *
 * Packages are verified by apt, urls by sha256 (without one only https is taken), all trees by the
 * version in their Makefile.
 */
#ifndef KDELTA_RUNNER_SOURCE_H
#define KDELTA_RUNNER_SOURCE_H

#include <stdbool.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"
#include "runner/hash.h"
#include "runner/kernel.h"

/* The id, if it can be said without fetching or unpacking and the tree is in the cache; else false. */
bool source_known(const struct source *s, char id[HASH_HEX]);
/* The id and, when it is not there yet, the tree: src/<id>, which the caller frees as @dir. */
int source_get(const struct source *s, const struct build_progress *p, char id[HASH_HEX],
	       char **dir, struct err *e);

/* VERSION, PATCHLEVEL and SUBLEVEL of a tree's Makefile as "7.3.4"; NULL with @e set. Caller frees. */
char *source_version(const char *tree, struct err *e);

/* source_archive.c */

/*
 * Unpack a tarball of a tree, or a Debian package that holds one in usr/src, to @dir, without the
 * tarball's top folder. Names that are absolute or climb with "..", and names behind symbolic links, are
 * refused. @fd instead of @path (NULL): a tar stream without a top folder.
 */
int archive_unpack(const char *path, int fd, const char *dir, struct err *e);
/* Unpack the files of a Debian package to the folder @dir, which is there. */
int archive_unpack_package(const char *deb, const char *dir, struct err *e);
/* Take the one file whose path ends in @suffix out of a Debian package. */
int archive_take(const char *deb, const char *suffix, const char *to, struct err *e);

/* source_local.c; @dir is a folder to make */

/* What stands at @path now: a hash of names, modes, sizes and times of @files (filled). */
int source_path_scan(const char *path, struct strv *files, char stamp[HASH_HEX], struct err *e);
int source_path_copy(const char *path, const struct strv *files, const char *dir, char id[HASH_HEX],
		     struct err *e);
/* The object name of the tree that git + ref mean now; and that tree as files. */
int source_git_tree(const struct source *s, struct str *tree, struct err *e);
int source_git_export(const char *repo, const char *tree, const char *dir, struct err *e);

#endif
