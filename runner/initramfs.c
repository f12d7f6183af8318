// SPDX-License-Identifier: GPL-2.0
#include "runner/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"

/* An archive that is being written, and the number of its next file. */
struct image {
	struct archive *a;
	int64_t ino;
	struct err *e;
	const char *path;
};

static int image_fail(const struct image *im)
{
	const char *why = archive_error_string(im->a);

	return err_set(im->e, ERR_INFRA, "cannot write '%s': %s", im->path,
		       why ? why : "no memory");
}

/* Everything that would differ between two runs is fixed: owners, times, inode numbers. */
static int image_entry(struct image *im, const char *name, mode_t mode, const void *data,
		       size_t len)
{
	struct archive_entry *entry = archive_entry_new();
	bool ok;

	if (!entry)
		return image_fail(im);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_nlink(entry, S_ISDIR(mode) ? 2 : 1);
	archive_entry_set_ino64(entry, im->ino++);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, (la_int64_t)len);
	ok = archive_write_header(im->a, entry) == ARCHIVE_OK &&
	     (!len || archive_write_data(im->a, data, len) == (la_ssize_t)len);
	archive_entry_free(entry);
	return ok ? 0 : image_fail(im);
}

static int image_dir(struct image *im, const char *name)
{
	return image_entry(im, name, S_IFDIR | 0755, NULL, 0);
}

static int image_file(struct image *im, const char *name, mode_t perm, const char *from)
{
	cleanup_str struct str data = STR_INIT;

	if (file_read(from, 0, &data, im->e))
		return -1;
	return image_entry(im, name, S_IFREG | perm, data.buf, data.len);
}

static int image_modules(struct image *im, const struct strv *modules)
{
	cleanup_strv struct strv sorted = STRV_INIT;

	if (!modules || !modules->n)
		return 0;
	if (image_dir(im, "modules"))
		return -1;
	strv_push_all(&sorted, modules);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++) {
		cleanup_free char *name = xasprintf("modules/%s", path_base(sorted.v[i]));

		if (image_file(im, name, 0444, sorted.v[i]))
			return -1;
	}
	return 0;
}

/* Its links are made by the guest: busybox knows its own applets. */
static int image_busybox(struct image *im, const char *busybox)
{
	if (!busybox)
		return 0;
	if (image_dir(im, "bin"))
		return -1;
	return image_file(im, "bin/busybox", 0755, busybox);
}

static int image_fill(struct image *im, const struct initramfs *fs)
{
	if (image_file(im, "init", 0755, fs->guest))
		return -1;
	if (fs->plan && image_entry(im, "plan", S_IFREG | 0444, fs->plan->buf, fs->plan->len))
		return -1;
	if (image_modules(im, fs->modules))
		return -1;
	return image_busybox(im, fs->busybox);
}

static int set_format(struct archive *a)
{
	if (archive_write_set_format_cpio_newc(a) != ARCHIVE_OK)
		return -1;
	/* no padding behind the end but to the four bytes of the format */
	archive_write_set_bytes_per_block(a, 512);
	archive_write_set_bytes_in_last_block(a, 4);
	return 0;
}

static int image_write(struct image *im, const struct initramfs *fs)
{
	if (set_format(im->a) || archive_write_open_filename(im->a, im->path) != ARCHIVE_OK)
		return image_fail(im);
	if (image_fill(im, fs))
		return -1;
	return archive_write_close(im->a) == ARCHIVE_OK ? 0 : image_fail(im);
}

/* The kernel takes any number of archives one after the other
 * (Documentation/driver-api/early-userspace/buffer-format.rst). */
static int append(const char *path, const char *more, struct err *e)
{
	int in = open(more, O_RDONLY | O_CLOEXEC);
	int out = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = in < 0 || out < 0 || lseek(out, 0, SEEK_END) < 0 ? -1 : 1;

	while (n > 0)
		n = sendfile(out, in, NULL, (size_t)1 << 30);
	if (n < 0)
		err_errno(e, ERR_INFRA, "cannot append '%s' to '%s'", more, path);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n < 0 ? -1 : 0;
}

int initramfs_write(const struct initramfs *fs, const char *path, struct err *e)
{
	struct image im = { .a = archive_write_new(), .ino = 1, .e = e, .path = path };
	int ret;

	if (!im.a)
		return err_set(e, ERR_INFRA, "cannot write '%s': no memory", path);
	ret = image_write(&im, fs);
	archive_write_free(im.a);
	return !ret && fs->more ? append(path, fs->more, e) : ret;
}
