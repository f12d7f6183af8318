// SPDX-License-Identifier: GPL-2.0
/* What goes into a root image, and what does not. */
#include "runner/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"

#define ARCHIVES "var/cache/apt/archives/"
#define SQUASH_DEADLINE_MS (1800 * 1000L)

/* Folders and files that no measured program reads. */
static const char *const dropped[] = {
	"dev",
	"etc/apt",
	"etc/cron.daily",
	"etc/fstab", /* mmdebstrap's, like the next two: they would tell of this machine */
	"etc/hostname",
	"etc/resolv.conf",
	"etc/logrotate.d",
	"usr/share/bug",
	"usr/share/doc",
	"usr/share/doc-base",
	"usr/share/info",
	"usr/share/lintian",
	"usr/share/locale",
	"usr/share/man",
	"var/cache",
	"var/lib/apt",
	"var/lib/dpkg",
	"var/log",
};

/* What the guest mounts on; that of a source is EXEC_SOURCE of workloads/exec.h. */
static const char *const folders[] = {
	"dev", "proc", "root", "run", "sys", "tmp", "usr/src/linux",
};

/* update-alternatives would have made these; the first of several rows whose target is there wins. */
static const struct {
	const char *link, *target;
} alternatives[] = {
	{ "usr/bin/awk", "mawk" }, { "usr/bin/awk", "gawk" },        { "usr/bin/cc", "gcc" },
	{ "usr/bin/sh", "dash" },  { "usr/bin/yacc", "bison.yacc" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct filter {
	struct archive *in, *out;
	const char *from, *to;
	bool there[COUNT(alternatives)]; /* the target */
	bool taken[COUNT(alternatives)]; /* the link */
	bool made[COUNT(folders)];
	struct strv *manifest;
	locale_t utf8, before;
};

bool image_package(const char *name, struct str *out)
{
	const char *version = strchr(name, '_');
	const char *arch = version ? strchr(version + 1, '_') : NULL;

	if (!arch || version == name || !str_ends(arch, ".deb"))
		return false;
	str_addmem(out, name, (size_t)(version - name));
	str_addch(out, '=');
	for (const char *p = version + 1; p < arch; p++) {
		/* apt encodes the colon of an epoch alone */
		bool colon = str_starts(p, "%3a");

		str_addch(out, colon ? ':' : *p);
		p += colon ? 2 : 0;
	}
	return true;
}

static int read_failed(const struct filter *f, struct err *e)
{
	return err_set(e, ERR_INFRA, "cannot read '%s': %s", f->from, archive_error_string(f->in));
}

static int write_failed(const struct filter *f, struct err *e)
{
	return err_set(e, ERR_INFRA, "cannot write '%s': %s", f->to, archive_error_string(f->out));
}

/* "./usr/bin/" is "usr/bin". */
static char *plain_name(const char *name)
{
	char *plain;
	size_t len;

	while (str_starts(name, "./"))
		name += 2;
	plain = xstrdup(name);
	len = strlen(plain);
	while (len && plain[len - 1] == '/')
		plain[--len] = '\0';
	return plain;
}

static bool is_dropped(const char *name)
{
	for (size_t i = 0; i < COUNT(dropped); i++) {
		size_t len = strlen(dropped[i]);

		if (!strncmp(name, dropped[i], len) && (!name[len] || name[len] == '/'))
			return true;
	}
	return false;
}

static void notice_package(struct filter *f, const char *name)
{
	cleanup_str struct str package = STR_INIT;

	if (str_starts(name, ARCHIVES) && image_package(name + strlen(ARCHIVES), &package))
		strv_push(f->manifest, package.buf);
}

static void notice_name(struct filter *f, const char *name)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		if (!strcmp(name, folders[i]))
			f->made[i] = true;
	for (size_t i = 0; i < COUNT(alternatives); i++) {
		const char *link = alternatives[i].link;
		size_t dir = (size_t)(path_base(link) - link);

		if (!strcmp(name, link))
			f->taken[i] = true;
		if (!strncmp(name, link, dir) && !strcmp(name + dir, alternatives[i].target))
			f->there[i] = true;
	}
}

static int copy_data(struct filter *f, struct err *e)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int ret;

	while ((ret = archive_read_data_block(f->in, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_write_data(f->out, block, size) != (la_ssize_t)size)
			return write_failed(f, e);
	return ret == ARCHIVE_EOF ? 0 : read_failed(f, e);
}

static void forget_times(struct archive_entry *entry)
{
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
	archive_entry_set_uname(entry, NULL);
	archive_entry_set_gname(entry, NULL);
}

static int copy_entry(struct filter *f, struct archive_entry *entry, const char *name,
		      struct err *e)
{
	const char *hardlink = archive_entry_hardlink(entry);

	archive_entry_set_pathname(entry, name);
	if (hardlink) {
		cleanup_free char *to = plain_name(hardlink);

		archive_entry_set_hardlink(entry, to);
	}
	forget_times(entry);
	if (archive_write_header(f->out, entry) != ARCHIVE_OK)
		return write_failed(f, e);
	return archive_entry_size(entry) > 0 ? copy_data(f, e) : 0;
}

static int copy_entries(struct filter *f, struct err *e)
{
	struct archive_entry *entry;
	int ret;

	while ((ret = archive_read_next_header(f->in, &entry)) == ARCHIVE_OK) {
		cleanup_free char *name = plain_name(archive_entry_pathname(entry));

		notice_package(f, name);
		if (!*name || !strcmp(name, ".") || is_dropped(name))
			continue;
		notice_name(f, name);
		if (copy_entry(f, entry, name, e))
			return -1;
	}
	return ret == ARCHIVE_EOF ? 0 : read_failed(f, e);
}

/* @target NULL: a folder. */
static int add_entry(struct filter *f, const char *name, const char *target, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	bool ok;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, target ? S_IFLNK | 0777 : S_IFDIR | 0755);
	archive_entry_set_symlink(entry, target);
	archive_entry_set_size(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	ok = archive_write_header(f->out, entry) == ARCHIVE_OK;
	archive_entry_free(entry);
	return ok ? 0 : write_failed(f, e);
}

static bool is_taken(const struct filter *f, const char *link)
{
	for (size_t i = 0; i < COUNT(alternatives); i++)
		if (f->taken[i] && !strcmp(alternatives[i].link, link))
			return true;
	return false;
}

static int add_missing(struct filter *f, struct err *e)
{
	for (size_t i = 0; i < COUNT(alternatives); i++) {
		if (!f->there[i] || is_taken(f, alternatives[i].link))
			continue;
		if (add_entry(f, alternatives[i].link, alternatives[i].target, e))
			return -1;
		f->taken[i] = true;
	}
	for (size_t i = 0; i < COUNT(folders); i++)
		if (!f->made[i] && add_entry(f, folders[i], NULL, e))
			return -1;
	return 0;
}

/* Names are UTF-8 (Debian Policy 10.10); libarchive fails on those that the current locale does not know. */
static void filter_init(struct filter *f)
{
	f->in = archive_read_new();
	f->out = archive_write_new();
	f->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	f->before = uselocale(f->utf8);
}

static void filter_release(struct filter *f)
{
	archive_read_free(f->in);
	archive_write_free(f->out);
	uselocale(f->before);
	if (f->utf8)
		freelocale(f->utf8);
}

static int filter_open(struct filter *f, struct err *e)
{
	archive_read_support_format_tar(f->in);
	if (archive_read_open_filename(f->in, f->from, 1 << 20) != ARCHIVE_OK)
		return read_failed(f, e);
	if (archive_write_open_filename(f->out, f->to) != ARCHIVE_OK)
		return write_failed(f, e);
	return 0;
}

static int filter_close(struct filter *f, struct err *e)
{
	return archive_write_close(f->out) == ARCHIVE_OK ? 0 : write_failed(f, e);
}

int image_filter(const char *from, const char *to, struct strv *manifest, struct err *e)
{
	struct filter f = { .from = from, .to = to, .manifest = manifest };
	int ret;

	filter_init(&f);
	archive_write_set_format_pax_restricted(f.out);
	ret = filter_open(&f, e) || copy_entries(&f, e) || add_missing(&f, e) ||
	      filter_close(&f, e);
	filter_release(&f);
	strv_sort(manifest);
	return ret ? -1 : 0;
}

/* A hard link becomes a symbolic one: cpio would need all links of a file at once. */
static int cpio_entry(struct filter *f, struct archive_entry *entry, const char *prefix,
		      int64_t ino, struct err *e)
{
	cleanup_free char *plain = plain_name(archive_entry_pathname(entry));
	cleanup_free char *name = xasprintf("%s%s%s", prefix, *plain ? "/" : "", plain);
	const char *hardlink = archive_entry_hardlink(entry);

	if (hardlink) {
		cleanup_free char *target = plain_name(hardlink);
		cleanup_free char *to = xasprintf("/%s", target);

		archive_entry_set_hardlink(entry, NULL);
		archive_entry_set_mode(entry, S_IFLNK | 0777);
		archive_entry_set_symlink(entry, to);
		archive_entry_set_size(entry, 0);
	}
	archive_entry_set_pathname(entry, name);
	archive_entry_set_ino64(entry, ino);
	archive_entry_set_nlink(entry, 1);
	forget_times(entry);
	if (archive_write_header(f->out, entry) != ARCHIVE_OK)
		return write_failed(f, e);
	return !hardlink && archive_entry_size(entry) > 0 ? copy_data(f, e) : 0;
}

static int cpio_entries(struct filter *f, const char *prefix, struct err *e)
{
	struct archive_entry *entry;
	int64_t ino = 1;
	int ret;

	if (add_entry(f, prefix, NULL, e))
		return -1;
	while ((ret = archive_read_next_header(f->in, &entry)) == ARCHIVE_OK)
		if (cpio_entry(f, entry, prefix, ino++, e))
			return -1;
	return ret == ARCHIVE_EOF ? 0 : read_failed(f, e);
}

int image_cpio(const char *from, const char *prefix, const char *to, struct err *e)
{
	struct filter f = { .from = from, .to = to };
	int ret;

	filter_init(&f);
	archive_write_set_format_cpio_newc(f.out);
	ret = filter_open(&f, e) || cpio_entries(&f, prefix, e) || filter_close(&f, e);
	filter_release(&f);
	return ret ? -1 : 0;
}

int image_squash(const char *from, const char *to, struct err *e)
{
	const char *argv[] = { "tar2sqfs",       "-q", "-f", "-s", "-x", "-c", "zstd", "-X",
			       IMAGE_ZSTD_LEVEL, to,   NULL };
	struct proc p = PROC_INIT;
	cleanup_str struct str out = STR_INIT;
	int ret;

	p.argv = argv;
	p.out = &out;
	p.deadline_ms = SQUASH_DEADLINE_MS;
	p.in_fd = open(from, O_RDONLY | O_CLOEXEC);
	if (p.in_fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", from);
	ret = proc_check(&p, e);
	close(p.in_fd);
	return ret;
}
