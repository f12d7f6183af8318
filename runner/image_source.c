// SPDX-License-Identifier: GPL-2.0
/* A kernel tree as a disk, for workloads that build one. */
#include "runner/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/kernel_build.h"
#include "runner/paths.h"
#include "runner/source.h"

#define SQUASH_DEADLINE_MS (1800 * 1000L)

static int squash_tree(const char *tree, const char *to, struct err *e)
{
	const char *argv[] = { "gensquashfs",    "-q", "-f", "-c", "zstd", "-X",
			       IMAGE_ZSTD_LEVEL, "-D", tree, to,   NULL };
	cleanup_str struct str out = STR_INIT;
	struct proc p = PROC_INIT;

	p.argv = argv;
	p.out = &out;
	p.deadline_ms = SQUASH_DEADLINE_MS;
	return proc_check(&p, e);
}

static int make_at(const char *tree, const char *tmp, const char *file, struct err *e)
{
	if (image_check(e) || squash_tree(tree, tmp, e))
		return -1;
	if (chmod(tmp, 0444) || rename(tmp, file))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", tmp);
	return 0;
}

static int make_source(const char *tree, const char *file, struct err *e)
{
	cleanup_free char *tmp = xasprintf("%s.tmp", file); /* the lock is ours: so is the name */

	if (!make_at(tree, tmp, file, e))
		return 0;
	tree_remove(tmp, NULL);
	return err_prefix(e, "cannot make a disk of the kernel tree '%s'", tree);
}

int image_source(const struct source *s, const struct build_progress *p, char id[HASH_HEX],
		 char **file, struct err *e)
{
	cleanup_free char *tree = NULL;
	cleanup_free char *dir = xasprintf("%s/images/sources", paths_cache());
	int fd, ret = 0;

	*file = NULL;
	if (source_get(s, p, id, &tree, e) || dir_make(dir, e))
		return -1;
	*file = xasprintf("%s/%s.squashfs", dir, id);
	fd = build_lock("image-source", p, "another kdelta that makes a disk of a kernel tree", e);
	if (fd < 0)
		return -1;
	if (file_size(*file) <= 0) {
		build_step(p, "making a disk of the kernel tree '%s'", s->name);
		ret = make_source(tree, *file, e);
	}
	file_unlock(fd);
	return ret;
}
