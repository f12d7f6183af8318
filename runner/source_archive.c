// SPDX-License-Identifier: GPL-2.0
/* Archives are opened with libarchive; an archive inside an archive is read as a stream, never stored. */
#include "runner/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/base/file.h"

#define CHUNK 65536

/* A reader that takes its bytes from the current entry of another reader. */
struct nested {
	struct archive *outer;
	char buf[CHUNK];
};

static la_ssize_t nested_read(struct archive *a, void *arg, const void **out)
{
	struct nested *n = arg;
	la_ssize_t got = archive_read_data(n->outer, n->buf, sizeof(n->buf));

	if (got < 0)
		archive_set_error(a, archive_errno(n->outer), "%s", archive_error_string(n->outer));
	*out = n->buf;
	return got;
}

static struct archive *reader_new(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		abort();
	archive_read_support_filter_gzip(a); /* and not _all: some of those start programs */
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_ar(a);
	return a;
}

static int archive_failed(struct archive *a, const char *what, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(e, ERR_INFRA, "cannot unpack '%s': %s", what, why ? why : "damaged");
}

/* Move on to the first entry that matches @pattern; 1: found, 0: none, -1: error. */
static int seek_entry(struct archive *a, const char *pattern, const char *what, struct err *e)
{
	struct archive_entry *entry;
	int r;

	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);

		if (name && !fnmatch(pattern, name, 0))
			return 1;
	}
	return r == ARCHIVE_EOF ? 0 : archive_failed(a, what, e);
}

/* Is it a name that stays below the folder it is unpacked to? */
static bool name_is_safe(const char *name)
{
	if (!*name || *name == '/')
		return false;
	for (const char *s = name; *s; s += strcspn(s, "/"), s += *s == '/')
		if (!strncmp(s, "..", 2) && (s[2] == '/' || !s[2]))
			return false;
	return true;
}

/* The name less @strip leading components ("." does not count); NULL when nothing is left. */
static const char *strip_name(const char *name, int strip)
{
	while (str_starts(name, "./"))
		name += 2;
	while (strip-- > 0) {
		name = strchr(name, '/');
		if (!name)
			return NULL;
		name++;
	}
	return *name && strcmp(name, ".") != 0 ? name : NULL;
}

static int copy_data(struct archive *in, struct archive *out)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int r;

	while ((r = archive_read_data_block(in, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_write_data_block(out, block, size, offset) < ARCHIVE_OK)
			return -1;
	return r == ARCHIVE_EOF ? 0 : -1;
}

static int extract_entry(struct archive *in, struct archive *out, struct archive_entry *entry,
			 const char *path, struct err *e)
{
	archive_entry_set_pathname(entry, path);
	if (archive_write_header(out, entry) < ARCHIVE_WARN)
		return archive_failed(out, path, e);
	if (archive_entry_size(entry) > 0 && copy_data(in, out))
		return archive_failed(archive_errno(in) ? in : out, path, e);
	if (archive_write_finish_entry(out) < ARCHIVE_WARN)
		return archive_failed(out, path, e);
	return 0;
}

/* Put one entry below @dir. A hard link names another entry and is rooted in the same way. */
static int place_entry(struct archive *in, struct archive *out, struct archive_entry *entry,
		       const char *dir, int strip, struct err *e)
{
	const char *full = archive_entry_pathname(entry);
	const char *link = archive_entry_hardlink(entry);
	const char *name = full ? strip_name(full, strip) : NULL;

	if (!full || !name_is_safe(full) || (link && !name_is_safe(link)))
		return err_set(e, ERR_INFRA,
			       "cannot unpack: the archive holds the unsafe name '%s'",
			       full ? full : "");
	if (!name)
		return 0;
	if (link) {
		const char *to = strip_name(link, strip);
		cleanup_free char *target = path_join(dir, to ? to : "");

		archive_entry_set_hardlink(entry, target);
	}
	cleanup_free char *path = path_join(dir, name);
	return extract_entry(in, out, entry, path, e);
}

static int extract_all(struct archive *in, const char *what, const char *dir, int strip,
		       struct err *e)
{
	int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
		    ARCHIVE_EXTRACT_SECURE_NODOTDOT;
	cleanup_free char *real = realpath(dir, NULL);
	struct archive *out = archive_write_disk_new();
	struct archive_entry *entry;
	int r, ret = 0;

	if (!out || !real)
		abort();
	archive_write_disk_set_options(out, flags);
	while ((r = archive_read_next_header(in, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		ret = place_entry(in, out, entry, real, strip, e);
		if (ret)
			break;
	}
	if (!ret && r != ARCHIVE_EOF)
		ret = archive_failed(in, what, e);
	if (archive_write_close(out) < ARCHIVE_WARN && !ret)
		ret = archive_failed(out, what, e);
	archive_write_free(out);
	return ret;
}

/* Open the current entry of @outer as an archive and go on with it. */
static int with_nested(struct archive *outer, const char *what,
		       int (*go_on)(struct archive *a, const char *what, void *arg, struct err *e),
		       void *arg, struct err *e)
{
	struct nested *n = xmalloc(sizeof(*n));
	struct archive *a = reader_new();
	int ret;

	n->outer = outer;
	if (archive_read_open(a, n, NULL, nested_read, NULL) != ARCHIVE_OK)
		ret = archive_failed(a, what, e);
	else
		ret = go_on(a, what, arg, e);
	archive_read_free(a);
	free(n);
	return ret;
}

static int unpack_tree(struct archive *a, const char *what, void *dir, struct err *e)
{
	return extract_all(a, what, dir, 1, e);
}

/* data.tar of a source package holds the tarball of the tree. */
static int unpack_data(struct archive *a, const char *what, void *dir, struct err *e)
{
	int found = seek_entry(a, "*usr/src/linux-source-*.tar.*", what, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, ERR_INFRA, "no usr/src/linux-source-*.tar.* in '%s'", what);
	return with_nested(a, what, unpack_tree, dir, e);
}

struct take {
	const char *suffix, *to;
};

static int take_data(struct archive *a, const char *what, void *arg, struct err *e)
{
	const struct take *t = arg;
	cleanup_free char *pattern = xasprintf("*%s", t->suffix);
	cleanup_str struct str data = STR_INIT;
	char buf[4096];
	la_ssize_t n;
	int found = seek_entry(a, pattern, what, e);

	if (found <= 0)
		return found ? -1 : err_set(e, ERR_INFRA, "no '%s' in '%s'", t->suffix, what);
	while ((n = archive_read_data(a, buf, sizeof(buf))) > 0 && data.len < (64 << 20))
		str_addmem(&data, buf, (size_t)n);
	if (n)
		return archive_failed(a, what, e);
	return file_write(t->to, data.buf, data.len, e);
}

static int with_deb(struct archive *a, const char *path,
		    int (*go_on)(struct archive *a, const char *what, void *arg, struct err *e),
		    void *arg, struct err *e)
{
	int found = seek_entry(a, "data.tar*", path, e);

	if (found <= 0)
		return found ? -1 : err_set(e, ERR_INFRA, "no data.tar in '%s'", path);
	return with_nested(a, path, go_on, arg, e);
}

static int open_file(struct archive *a, const char *path, struct err *e)
{
	if (archive_read_open_filename(a, path, CHUNK) != ARCHIVE_OK)
		return archive_failed(a, path, e);
	return 0;
}

int archive_unpack(const char *path, int fd, const char *dir, struct err *e)
{
	struct archive *a = reader_new();
	int ret;

	if (path)
		ret = open_file(a, path, e);
	else if (archive_read_open_fd(a, fd, CHUNK) != ARCHIVE_OK)
		ret = archive_failed(a, "git archive", e);
	else
		ret = 0;
	if (!ret && path && str_ends(path, ".deb"))
		ret = with_deb(a, path, unpack_data, (void *)dir, e);
	else if (!ret)
		ret = extract_all(a, path ? path : "git archive", dir, path ? 1 : 0, e);
	archive_read_free(a);
	return ret;
}

static int unpack_all(struct archive *a, const char *what, void *dir, struct err *e)
{
	return extract_all(a, what, dir, 0, e);
}

int archive_unpack_package(const char *deb, const char *dir, struct err *e)
{
	struct archive *a = reader_new();
	int ret = open_file(a, deb, e);

	if (!ret)
		ret = with_deb(a, deb, unpack_all, (void *)dir, e);
	archive_read_free(a);
	return ret;
}

int archive_take(const char *deb, const char *suffix, const char *to, struct err *e)
{
	struct take t = { .suffix = suffix, .to = to };
	struct archive *a = reader_new();
	int ret = open_file(a, deb, e);

	if (!ret)
		ret = with_deb(a, deb, take_data, &t, e);
	archive_read_free(a);
	return ret;
}
