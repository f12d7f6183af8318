/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel trees as file trees. make decides by modification times, so what these functions promise is about
 * times: a file whose content did not change keeps its time, one that changed gets a new one.
 * All return 0 or -1 with @e set.
 */
#ifndef KDELTA_RUNNER_KERNEL_TREE_H
#define KDELTA_RUNNER_KERNEL_TREE_H

#include "runner/base/err.h"
#include "runner/base/str.h"

/* Make @to like @from, every file a hard link (a copy where the file system has none). */
int tree_link(const char *from, const char *to, struct err *e);
/* Make @to a copy of @from with modes and times; blocks are shared where the file system can. */
int tree_copy(const char *from, const char *to, struct err *e);
/* One file, with mode and time; @to must not exist. */
int tree_copy_file(const char *from, const char *to, struct err *e);

/*
 * @tree is about to be built with the objects of @old. Carry times over: files of @tree with the content
 * they have in @old become links to it, the others get the present time. @files: paths to look at,
 * relative; NULL: all of them.
 */
int tree_carry(const char *tree, const char *old, const struct strv *files, struct err *e);

/*
 * The tools of a build (objtool) are made with absolute paths, which stand in their .cmd files; after a
 * copy make would build them again. In @build's .cmd files replace "<kernels>/<any>/linux" by @tree.
 */
int build_mend_paths(const char *build, const char *kernels, const char *tree, struct err *e);
/* After a killed make: remove outputs that are newer than the .cmd file that is written after them. */
int build_drop_unfinished(const char *build, struct err *e);

#endif
