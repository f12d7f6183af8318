/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files and folders: read whole, publish by rename, make, remove, lock.
 * All functions return 0, or -1 with @e set (kind ERR_INFRA, the path in quotes).
 */
#ifndef KDELTA_BASE_FILE_H
#define KDELTA_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

/* Append the content of @path, at most @max bytes (more is an error); @max 0: 64 MiB. */
int file_read(const char *path, size_t max, struct str *out, struct err *e);
/* Append at most the last @max bytes of @path. */
int file_read_tail(const char *path, size_t max, struct str *out, struct err *e);
/* Write all of it to a temporary name beside @path, fsync, rename: all or nothing. */
int file_write(const char *path, const void *data, size_t len, struct err *e);
int file_copy(const char *from, const char *to, struct err *e); /* contents and mode; by rename */
bool file_exists(const char *path);
bool dir_exists(const char *path);
/* Size in bytes, or -1 when there is no such file. */
long long file_size(const char *path);

int dir_make(const char *path, struct err *e); /* with parents; an existing folder is fine */
/* Remove a file or a whole tree; symbolic links are not followed; a missing path is fine. */
int tree_remove(const char *path, struct err *e);
/* A new private folder "<base>/kdelta.XXXXXX" (mode 0700); base NULL: $TMPDIR or /tmp. When the process is killed it
 * stays; see runner/base/tempdir.h. */
int dir_temp(const char *base, struct str *out, struct err *e);
/* Names in a folder, sorted, without "." and ".."; @suffix NULL: all. */
int dir_list(const char *path, const char *suffix, struct strv *out, struct err *e);

/*
 * An advisory lock (flock) on the file @path, made when missing; it ends with the process. Blocks up to
 * @wait_ms (-1: for ever, 0: try). Returns a descriptor to give to file_unlock(), or -1 with @e set;
 * a lock that another process holds reads "'…' is locked by another kdelta".
 */
int file_lock(const char *path, long wait_ms, struct err *e);
void file_unlock(int fd);

/* A path joined from two pieces; an absolute @name wins. The caller frees. */
char *path_join(const char *dir, const char *name);
/* Last component, pointing into @path. */
const char *path_base(const char *path);

#endif
