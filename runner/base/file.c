// SPDX-License-Identifier: GPL-2.0
#include "runner/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_fd(int fd, const char *path, size_t max, struct str *out, struct err *e)
{
	char buf[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, ERR_INFRA, "cannot read '%s'", path);
		total += (size_t)n;
		if (total > max)
			return err_set(e, ERR_INFRA, "cannot read '%s': larger than %zu bytes",
				       path, max);
		str_addmem(out, buf, (size_t)n);
	}
	return 0;
}

int file_read(const char *path, size_t max, struct str *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	ret = read_fd(fd, path, max ? max : (size_t)64 << 20, out, e);
	close(fd);
	return ret;
}

int file_read_tail(const char *path, size_t max, struct str *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end;
	int ret;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	end = lseek(fd, 0, SEEK_END);
	lseek(fd, end > (off_t)max ? end - (off_t)max : 0, SEEK_SET);
	/* the file may grow while it is read: bound what is taken, not what is there */
	ret = read_fd(fd, path, max + ((size_t)64 << 20), out, e);
	close(fd);
	str_keep_tail(out, max);
	return ret;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A temporary name beside @path, opened for writing. */
static int temp_beside(const char *path, char **temp, struct err *e)
{
	int fd;

	*temp = xasprintf("%s.XXXXXX", path);
	fd = mkostemp(*temp, O_CLOEXEC);
	if (fd < 0) {
		err_errno(e, ERR_INFRA, "cannot write '%s'", path);
		free(*temp);
		*temp = NULL;
	}
	return fd;
}

static int publish(int fd, char *temp, const char *path, mode_t mode, bool ok, struct err *e)
{
	if (ok && (fchmod(fd, mode) || fsync(fd)))
		ok = false;
	if (!ok)
		err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	if (close(fd) && ok)
		ok = !err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	if (ok && rename(temp, path)) {
		err_errno(e, ERR_INFRA, "cannot write '%s'", path);
		ok = false;
	}
	if (!ok)
		unlink(temp);
	free(temp);
	return ok ? 0 : -1;
}

int file_write(const char *path, const void *data, size_t len, struct err *e)
{
	char *temp;
	int fd = temp_beside(path, &temp, e);

	if (fd < 0)
		return -1;
	return publish(fd, temp, path, 0644, !write_all(fd, data, len), e);
}

static int copy_bytes(int in, int out)
{
	char buf[65536];
	ssize_t n;

	while ((n = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write_all(out, buf, (size_t)n))
			return -1;
	return n < 0 ? -1 : 0;
}

int file_copy(const char *from, const char *to, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *temp;
	int out, ret = -1;

	if (in < 0 || fstat(in, &st)) {
		err_errno(e, ERR_INFRA, "cannot open '%s'", from);
		goto out;
	}
	out = temp_beside(to, &temp, e);
	if (out < 0)
		goto out;
	ret = publish(out, temp, to, st.st_mode & 0777, !copy_bytes(in, out), e);
out:
	if (in >= 0)
		close(in);
	return ret;
}

bool file_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

bool dir_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

long long file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long long)st.st_size;
}

int dir_make(const char *path, struct err *e)
{
	cleanup_free char *p = xstrdup(path);

	for (char *s = p + 1;; s++) {
		char c = *s;

		if (c && c != '/')
			continue;
		*s = '\0';
		if (mkdir(p, 0755) && errno != EEXIST)
			return err_errno(e, ERR_INFRA, "cannot make the folder '%s'", p);
		*s = c;
		if (!c)
			break;
	}
	if (!dir_exists(path))
		return err_set(e, ERR_INFRA, "cannot make the folder '%s': a file is in the way",
			       path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) && errno != ENOENT ? -1 : 0;
}

int tree_remove(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : err_errno(e, ERR_INFRA, "cannot remove '%s'", path);
	if (nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return err_errno(e, ERR_INFRA, "cannot remove '%s'", path);
	return 0;
}

int dir_temp(const char *base, struct str *out, struct err *e)
{
	const char *tmp = base ? base : getenv("TMPDIR");
	cleanup_free char *path = xasprintf("%s/kdelta.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(path))
		return err_errno(e, ERR_INFRA, "cannot make a temporary folder '%s'", path);
	str_add(out, path);
	return 0;
}

int dir_list(const char *path, const char *suffix, struct strv *out, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *ent;

	if (!d)
		return err_errno(e, ERR_INFRA, "cannot open the folder '%s'", path);
	while ((ent = readdir(d))) {
		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		if (!suffix || str_ends(ent->d_name, suffix))
			strv_push(out, ent->d_name);
	}
	closedir(d);
	strv_sort(out);
	return 0;
}

int file_lock(const char *path, long wait_ms, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open the lock '%s'", path);
	for (;;) {
		if (!flock(fd, wait_ms < 0 ? LOCK_EX : LOCK_EX | LOCK_NB))
			return fd;
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			err_errno(e, ERR_INFRA, "cannot lock '%s'", path);
			break;
		}
		if (wait_ms == 0) {
			err_set(e, ERR_INFRA, "'%s' is locked by another kdelta", path);
			break;
		}
		/* flock has no deadline of its own, so a bounded wait has to look again */
		poll(NULL, 0, wait_ms < 50 ? (int)wait_ms : 50);
		wait_ms = wait_ms > 50 ? wait_ms - 50 : 0;
	}
	close(fd);
	return -1;
}

void file_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || !*dir)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
