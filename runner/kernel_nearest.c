// SPDX-License-Identifier: GPL-2.0
/* Which finished kernel needs the least to become another one? */
#include "runner/kernel_build.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"

/* A different source may touch anything, an option a good part, a patched file what includes it. */
static const long cost_source = 1000000, cost_option = 1000, cost_file = 1;

static long files_distance(const struct strv *a, const struct strv *b)
{
	long n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += !strv_has(b, a->v[i]);
	for (size_t i = 0; i < b->n; i++)
		n += !strv_has(a, b->v[i]);
	return n;
}

/* Cost of starting from @k, or -1 when nothing of it can be used. */
static long distance(const struct request *r, const struct strv *touched, const struct kernel *k)
{
	cleanup_free char *path = path_join(k->dir, "wanted");
	cleanup_strv struct strv files = STRV_INIT;
	struct kconfig wanted = KCONFIG_INIT;
	long cost = -1;

	if (k->arch != r->arch || strcmp(k->compiler, r->compiler) != 0 ||
	    strcmp(k->linker, r->linker) != 0)
		return -1;
	if (!kconfig_add_file(&wanted, path, NULL) && !touched_read(k->dir, &files, NULL))
		cost = cost_source * (strcmp(k->source_id, r->source_id) != 0) +
		       cost_option * (long)kconfig_distance(&wanted, &r->wanted) +
		       cost_file * files_distance(&files, touched);
	kconfig_release(&wanted);
	return cost;
}

char *kernel_nearest(const struct request *r, const struct strv *touched)
{
	cleanup_strv struct strv names = STRV_INIT;
	char *best = NULL;
	long best_cost = 0;

	if (dir_list(kernels_dir(), NULL, &names, NULL))
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *dir = path_join(kernels_dir(), names.v[i]);
		struct kernel *k = strchr(names.v[i], '.') ? NULL : kernel_load(dir, names.v[i]);
		long cost = k ? distance(r, touched, k) : -1;

		kernel_free(k);
		if (cost < 0 || (best && cost >= best_cost))
			continue;
		free(best);
		best = xstrdup(dir);
		best_cost = cost;
	}
	return best;
}
