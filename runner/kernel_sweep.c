// SPDX-License-Identifier: GPL-2.0
/*
 * Partial kernels that nobody will go on with: a developer who corrects a patch that did not compile asks for
 * another kernel, and what is left of the last attempt is in the way. Each partial says for whom it is.
 */
#include "runner/kernel_build.h"

#include <string.h>

#include "runner/base/file.h"
#include "runner/paths.h"

static char *owner_line(const struct request *r)
{
	return xasprintf("%s %s\n", r->v->name, r->arch->name);
}

int partial_sign(const struct request *r, struct err *e)
{
	cleanup_free char *path = path_join(r->partial, "for");
	cleanup_free char *line = owner_line(r);

	return file_write(path, line, strlen(line), e);
}

static bool is_superseded(const struct request *r, const char *dir)
{
	cleanup_free char *path = path_join(dir, "for");
	cleanup_free char *line = owner_line(r);
	cleanup_str struct str text = STR_INIT;

	return strcmp(dir, r->partial) != 0 && file_exists(path) &&
	       !file_read(path, 4096, &text, NULL) && !strcmp(text.buf, line);
}

/* Whoever works on a partial holds the lock of its request. */
static void remove_if_idle(const char *dir)
{
	const char *name = path_base(dir);
	cleanup_free char *lock = xasprintf("%s/locks/request-%.*s", paths_cache(),
					    (int)(strlen(name) - strlen(".partial")), name);
	int fd = file_lock(lock, 0, NULL);

	if (fd < 0)
		return;
	tree_remove(dir, NULL);
	file_unlock(fd);
}

void partial_sweep(const struct request *r)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (dir_list(kernels_dir(), ".partial", &names, NULL))
		return;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *dir = path_join(kernels_dir(), names.v[i]);

		if (is_superseded(r, dir))
			remove_if_idle(dir);
	}
}
