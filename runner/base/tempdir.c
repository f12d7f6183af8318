// SPDX-License-Identifier: GPL-2.0
#include "runner/base/tempdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"

#define PREFIX "kdelta."
#define RANDOM "XXXXXX"
#define SUFFIX ".lock"
#define TRIES 100

static const char *base_or_default(const char *base)
{
	const char *tmp = base ? base : getenv("TMPDIR");

	return tmp && *tmp ? tmp : "/tmp";
}

/* Is what is locked still what everybody finds under that name? Whoever removes a lock file holds it. */
static bool is_there(int lock, const char *path)
{
	struct stat ours, named;

	return !fstat(lock, &ours) && !lstat(path, &named) && ours.st_ino == named.st_ino &&
	       ours.st_dev == named.st_dev;
}

/* A locked file of a new name, its descriptor in @lock; *path stays NULL when a sweep was quicker than the lock. */
static int make_lock(const char *base, char **path, int *lock, struct err *e)
{
	char *name = xasprintf("%s/" PREFIX RANDOM SUFFIX, base);
	int fd = mkostemps(name, strlen(SUFFIX), O_CLOEXEC);

	if (fd < 0) {
		err_errno(e, ERR_INFRA, "cannot make a temporary folder in '%s'", base);
		free(name);
		return -1;
	}
	close(fd);
	*lock = file_lock(name, 0, NULL);
	if (*lock >= 0 && is_there(*lock, name)) {
		*path = name;
		return 0;
	}
	file_unlock(*lock);
	free(name);
	return 0;
}

/* The folder of a lock file. The caller frees. */
static char *folder_of(const char *lock_path)
{
	return xstrndup(lock_path, strlen(lock_path) - strlen(SUFFIX));
}

int tempdir_make(struct tempdir *d, const char *base, struct err *e)
{
	base = base_or_default(base);
	for (int i = 0; i < TRIES; i++) {
		cleanup_free char *lock_path = NULL;
		bool taken;

		if (make_lock(base, &lock_path, &d->lock, e))
			return -1;
		if (!lock_path)
			continue;
		d->path = folder_of(lock_path);
		if (!mkdir(d->path, 0700))
			return 0;
		/* the folder of somebody who has no lock file */
		taken = errno == EEXIST;
		if (!taken)
			err_errno(e, ERR_INFRA, "cannot make the folder '%s'", d->path);
		unlink(lock_path);
		file_unlock(d->lock);
		free(d->path);
		d->path = NULL;
		if (!taken)
			return -1;
	}
	return err_set(e, ERR_INFRA, "cannot make a temporary folder in '%s': no name is free",
		       base);
}

static bool is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) && errno == ENOENT;
}

/* The folder first: what is killed in between leaves the lock file, and the next sweep goes on. */
static void remove_both(const char *path, const char *lock_path)
{
	tree_remove(path, NULL);
	if (is_gone(path))
		unlink(lock_path);
}

void tempdir_remove(struct tempdir *d)
{
	cleanup_free char *lock_path = d->path ? xasprintf("%s" SUFFIX, d->path) : NULL;

	if (!d->path)
		return;
	remove_both(d->path, lock_path);
	file_unlock(d->lock);
	free(d->path);
	d->path = NULL;
}

static bool is_name(const char *name)
{
	return str_starts(name, PREFIX) && str_ends(name, SUFFIX) &&
	       strlen(name) == strlen(PREFIX RANDOM SUFFIX);
}

/* In a folder of everybody, what others have made is none of ours, whatever its name. */
static bool is_own(const char *path, mode_t type)
{
	struct stat st;

	return !lstat(path, &st) && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid();
}

static void sweep_one(const char *lock_path)
{
	cleanup_free char *path = folder_of(lock_path);
	int lock;

	if (!is_own(lock_path, S_IFREG) || !(is_gone(path) || is_own(path, S_IFDIR)))
		return;
	lock = file_lock(lock_path, 0, NULL);
	if (lock >= 0 && is_there(lock, lock_path))
		remove_both(path, lock_path);
	file_unlock(lock);
}

void tempdir_sweep(const char *base)
{
	cleanup_strv struct strv names = STRV_INIT;

	base = base_or_default(base);
	if (dir_list(base, SUFFIX, &names, NULL))
		return;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(base, names.v[i]);

		if (is_name(names.v[i]))
			sweep_one(path);
	}
}
