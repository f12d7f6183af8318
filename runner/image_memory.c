// SPDX-License-Identifier: GPL-2.0
/* Root images that go into memory instead of a disk. */
#include "runner/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/kernel_build.h"
#include "workloads/exec.h"

#define UNPACK_DEADLINE_MS (600 * 1000L)

/* The archive and what was unpacked of it are in memory together, and the root file system takes half of it
 * (Documentation/filesystems/tmpfs.rst); some is left for what is to run. */
static bool fits(long long bytes, const struct target *t)
{
	return bytes * 5 <= ((long long)t->memory << 20) * 2;
}

static int unpack(const char *squashfs, const char *tar, struct err *e)
{
	const char *argv[] = { "sqfs2tar", squashfs, NULL };
	struct proc p = PROC_INIT;
	struct proc_result r;
	int ret;

	p.argv = argv;
	p.deadline_ms = UNPACK_DEADLINE_MS;
	p.out_fd = open(tar, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (p.out_fd < 0)
		return err_errno(e, ERR_INFRA, "cannot write '%s'", tar);
	ret = proc_run(&p, &r, e);
	close(p.out_fd);
	if (!ret && (r.status || r.timed_out))
		return err_set(e, ERR_INFRA, "sqfs2tar: cannot unpack '%s'", squashfs);
	return ret;
}

static int make(const struct image *im, const char *file, struct err *e)
{
	/* the lock is ours: so are the names */
	cleanup_free char *tar = xasprintf("%s.tar", file), *tmp = xasprintf("%s.tmp", file);
	int ret = -1;

	if (!unpack(im->file, tar, e) && !image_cpio(tar, EXEC_IMAGE + 1, tmp, e))
		ret = rename(tmp, file) ? err_errno(e, ERR_INFRA, "cannot rename '%s'", tmp) : 0;
	tree_remove(tar, NULL);
	if (ret)
		tree_remove(tmp, NULL);
	return ret;
}

/* @file stays NULL where it does not fit. */
static int in_memory(const struct image *im, const struct target *t, char **file, struct err *e)
{
	cleanup_free char *lock = xasprintf("image-memory-%s", im->key);
	cleanup_free char *path = NULL;
	size_t dir = (size_t)(path_base(im->file) - im->file);
	int fd = build_lock(lock, NULL, "", e), ret = 0;

	if (fd < 0)
		return -1;
	path = xasprintf("%.*sroot.cpio", (int)dir, im->file);
	if (file_size(path) <= 0)
		ret = make(im, path, e);
	file_unlock(fd);
	if (!ret && fits(file_size(path), t))
		*file = xstrdup(path);
	return ret;
}

int image_attach(const struct image *im, const struct target *t, struct boot_disk *d,
		 char **archive, struct err *e)
{
	*archive = NULL;
	if (t->icount >= 0 && in_memory(im, t, archive, e))
		return -1;
	*d = (struct boot_disk){ im->file, *archive ? NULL : IMAGE_SERIAL, EXEC_IMAGE };
	return 0;
}
