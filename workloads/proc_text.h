/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers in the kernel's text files: meminfo, smaps, cgroup.stat. Pure. */
#ifndef KDELTA_WORKLOADS_PROC_TEXT_H
#define KDELTA_WORKLOADS_PROC_TEXT_H

#include <stddef.h>

/*
 * The number of the first line that is "<key>: <number>…" or "<key> <number>…", as it stands there (kB in meminfo
 * and smaps). -1: there is no such line.
 */
long long proc_number(const char *text, const char *key);

/* The part of an smaps file from the mapping on that begins at @start, or NULL. */
const char *smaps_mapping(const char *smaps, const void *start);

/* The sum of @key over the mappings that begin within @len bytes from @start on, in kB. */
long long smaps_sum(const char *smaps, const char *key, const void *start, size_t len);

#endif
