/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The static evidence of a built kernel: the figures of its vmlinux and the code of every function that a
 * workload names. Analysed once and kept as kernels/<key>/static; read from there afterwards. What is kept
 * carries the hash of the vmlinux and of the names it answers, and is made anew when one does not fit.
 */
#ifndef KDELTA_RUNNER_KERNEL_STATIC_H
#define KDELTA_RUNNER_KERNEL_STATIC_H

#include "results/store.h"
#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/hash.h"
#include "runner/kernel.h"
#include "workloads/workload.h"

struct kernel_static {
	struct store_value *value; /* metric and unit point into @lines */
	size_t n, cap;
	struct strv lines; /* as they are kept */
};

int kernel_static_load(const struct kernel *k, struct kernel_static *out, struct err *e);
void kernel_static_release(struct kernel_static *s);

/*
 * One digest of the code that @w measures: its functions in the kernel, and its module @ko (a path; NULL when
 * it has none). Sets *known to false and nothing else when @w names no functions, or when the kernel has none
 * of them.
 */
int kernel_static_code(const struct kernel_static *s, const struct workload *w, const char *ko,
		       char hex[HASH_HEX], bool *known, struct err *e);

#endif
