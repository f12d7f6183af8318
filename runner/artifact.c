// SPDX-License-Identifier: GPL-2.0
#include "runner/artifact.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/hash.h"
#include "workloads/artifact.h"

#define TROUBLE_MAX 20 /* lines; a guest may send any number of bad names */
#define FOLDERS_MAX 1000

struct keeper {
	const struct artifact_place *place;
	struct archive *ar;
	const char *dir; /* the temporary folder */
	struct artifacts *out;
	struct strv *trouble;
	long long left; /* bytes that all further files may have */
};

static void say(struct keeper *k, const char *member, const char *why)
{
	if (k->trouble->n < TROUBLE_MAX)
		strv_pushf(k->trouble, "'%.100s': %s", member, why);
}

/* "w<number>-<name>" of this plan: the name, and @number; or NULL. */
static const char *member_name(const struct keeper *k, const char *member, int *number)
{
	unsigned long n;
	char *end;

	if (member[0] != 'w' || member[1] < '0' || member[1] > '9')
		return NULL;
	errno = 0;
	n = strtoul(member + 1, &end, 10);
	/* one way to write a number: "w01-x" is not "w1-x" under another name */
	if (errno || (member[1] == '0' && end != member + 2) ||
	    n >= (unsigned long)k->place->nworkloads || *end != '-')
		return NULL;
	*number = (int)n;
	return artifact_name_ok(end + 1) ? end + 1 : NULL;
}

static bool is_kept(const struct keeper *k, int number, const char *name)
{
	for (size_t i = 0; i < k->out->n; i++)
		if (k->out->v[i].workload == number && !strcmp(k->out->v[i].name, name))
			return true;
	return false;
}

/* Why a member is not taken, or NULL. */
static const char *refuse(const struct keeper *k, struct archive_entry *entry, const char *name,
			  int number)
{
	long long size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;

	if (!name)
		return "not a name of a workload's artifact";
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return "not a regular file";
	if (is_kept(k, number, name))
		return "a second one of that name";
	if (k->out->n >= ARTIFACTS_MAX)
		return "too many files";
	return size < 0 || size > k->left ? "too big" : NULL;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* 0: whole; 1: the archive is damaged; -1: it cannot be written. */
static int copy_member(struct keeper *k, int fd, long long *size)
{
	static __thread char buf[65536];
	ssize_t n;

	*size = 0;
	while ((n = archive_read_data(k->ar, buf, sizeof(buf))) > 0) {
		*size += n;
		if (*size > k->left)
			return 1;
		if (write_all(fd, buf, (size_t)n))
			return -1;
	}
	return n < 0;
}

static void add(struct keeper *k, const char *member, const char *name, int number, long long size,
		const char *sha256)
{
	struct store_artifact *a = ARRAY_PUSH(k->out->v, k->out->n, k->out->cap);

	a->workload = number;
	a->name = xstrdup(name);
	a->path = xstrdup(member); /* until the folder has its name */
	a->size = size;
	snprintf(a->sha256, sizeof(a->sha256), "%s", sha256);
	k->left -= size;
}

/* -1 ends it all: nothing can be written. */
static int keep_member(struct keeper *k, const char *member, const char *name, int number,
		       struct err *e)
{
	cleanup_free char *path = path_join(k->dir, member);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	char sha256[HASH_HEX];
	long long size;
	int ret;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	ret = copy_member(k, fd, &size);
	if (ret < 0)
		err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	if (close(fd) && !ret)
		ret = err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	if (!ret)
		ret = hash_file(path, sha256, e);
	if (!ret)
		add(k, member, name, number, size, sha256);
	if (ret <= 0)
		return ret;
	say(k, member, "the archive is damaged or cut off");
	unlink(path);
	return 0;
}

static int keep_next(struct keeper *k, struct archive_entry *entry, struct err *e)
{
	const char *member = archive_entry_pathname(entry);
	const char *name, *why;
	int number = 0;

	if (!member) {
		say(k, "", "not a name of a workload's artifact");
		return 0;
	}
	name = member_name(k, member, &number);
	why = refuse(k, entry, name, number);
	if (!why)
		return keep_member(k, member, name, number, e);
	say(k, member, why);
	return 0;
}

static int keep_all(struct keeper *k, struct err *e)
{
	struct archive_entry *entry;
	int ret;

	/* a member costs a block at least, so the bounded stream bounds this loop */
	while ((ret = archive_read_next_header(k->ar, &entry)) == ARCHIVE_OK || ret == ARCHIVE_WARN)
		if (keep_next(k, entry, e))
			return -1;
	if (ret != ARCHIVE_EOF && k->trouble->n < TROUBLE_MAX)
		strv_push(k->trouble, "the archive is damaged or cut off");
	return 0;
}

static int read_stream(struct keeper *k, const char *stream, struct err *e)
{
	int fd = open(stream, O_RDONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot read '%s'", stream);
	k->ar = archive_read_new();
	if (k->ar && !archive_read_support_format_tar(k->ar) &&
	    !archive_read_open_fd(k->ar, fd, 65536))
		ret = keep_all(k, e);
	else
		strv_push(k->trouble, "the archive is damaged or cut off");
	archive_read_free(k->ar);
	close(fd);
	return ret;
}

/* Give the folder its name, the first that is free. */
static int publish(const char *dir, const struct artifact_place *p, struct artifacts *out,
		   struct err *e)
{
	for (int i = 1; i < FOLDERS_MAX; i++) {
		cleanup_free char *suffix = i > 1 ? xasprintf(".%d", i) : xstrdup("");
		cleanup_free char *name =
			xasprintf("artifacts/%lld/%lld%s", p->run, p->boot, suffix);
		cleanup_free char *path = path_join(p->folder, name);

		if (!rename(dir, path)) {
			for (size_t j = 0; j < out->n; j++) {
				char *member = out->v[j].path;

				out->v[j].path = path_join(name, member);
				free(member);
			}
			return 0;
		}
		if (errno != EEXIST && errno != ENOTEMPTY)
			return err_errno(e, ERR_INFRA, "cannot make '%s'", path);
	}
	return err_set(e, ERR_INFRA, "cannot name '%s': there are too many like it", dir);
}

static int keep_in(const char *dir, const char *stream, const struct artifact_place *place,
		   struct artifacts *out, struct strv *trouble, struct err *e)
{
	struct keeper k = {
		.place = place, .dir = dir, .out = out, .trouble = trouble, .left = ARTIFACT_MAX
	};

	if (read_stream(&k, stream, e))
		return -1;
	if (!out->n)
		return tree_remove(dir, e);
	if (chmod(dir, 0755))
		return err_errno(e, ERR_INFRA, "cannot open '%s' for others", dir);
	return publish(dir, place, out, e);
}

int artifacts_keep(const char *stream, const struct artifact_place *place, struct artifacts *out,
		   struct strv *trouble, struct err *e)
{
	cleanup_free char *top = path_join(place->folder, "artifacts");
	cleanup_free char *base = xasprintf("%s/%lld", top, place->run);
	struct tempdir dir = { 0 };
	int ret;

	memset(out, 0, sizeof(*out));
	if (file_size(stream) <= 0)
		return 0;
	if (dir_make(base, e) || tempdir_make(&dir, top, e))
		return -1;
	ret = keep_in(dir.path, stream, place, out, trouble, e);
	tempdir_remove(&dir);
	if (ret)
		artifacts_release(out);
	return ret;
}

void artifacts_sweep(const char *folder)
{
	cleanup_free char *top = path_join(folder, "artifacts");

	tempdir_sweep(top);
}

void artifacts_release(struct artifacts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->v[i].name);
		free(a->v[i].path);
	}
	free(a->v);
	memset(a, 0, sizeof(*a));
}
