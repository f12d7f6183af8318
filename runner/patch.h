/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patches of a variant: each entry of `patches:` is a folder (the files named by its `series` file, else
 * all *.patch, sorted), an mbox as `git am` takes it, or one plain diff.
 *
 *	struct patch_series s = PATCH_SERIES_INIT;
 *	patch_series_open(&s, &variant->patches, tmp, e);	splits mboxes into @tmp
 *	patch_series_apply(&s, tree, &touched, e);
 *	patch_series_release(&s);				@tmp stays the caller's
 *
 * Files of the tree may be hard links: git replaces the files it changes and never writes into them.
 */
#ifndef KDELTA_RUNNER_PATCH_H
#define KDELTA_RUNNER_PATCH_H

#include <stddef.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/hash.h"

struct patch_series {
	struct patch {
		char *name; /* for messages: file name, or mbox and subject */
		char *file; /* what git apply reads */
	} * v;
	size_t n, cap;
};

#define PATCH_SERIES_INIT                                                                          \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

void patch_series_release(struct patch_series *s);
/* Files that make up @entries, in order of application. */
int patch_files(const struct strv *entries, struct strv *files, struct err *e);
/* Content and order of @entries, without splitting anything. */
int patch_hash(const struct strv *entries, struct hash *h, struct err *e);
int patch_series_open(struct patch_series *s, const struct strv *entries, const char *tmp,
		      struct err *e);
/* Apply all to @tree. @touched: every file named by a diff, once, sorted, relative to the tree. The first
 * patch that does not fit is an ERR_USAGE error with patch, file and hunk; the tree is then useless. */
int patch_series_apply(const struct patch_series *s, const char *tree, struct strv *touched,
		       struct err *e);

/* Pure parts. Files named by diff headers in @text, -p1: */
void patch_touched(const char *text, struct strv *touched);
/* "mm/slub.c: hunk #2 at line 120 does not apply" from what `git apply --reject --verbose` prints: */
void patch_trouble(const char *output, struct str *out);

#endif
