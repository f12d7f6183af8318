// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/plugin_host.h"
#include "runner/base/file.h"
#include "runner/target_qemu.h"

/* Would a process of this user, without further groups, be let into /dev/kvm? */
static bool may_use_kvm(const struct passwd *pw)
{
	struct stat st;

	if (stat("/dev/kvm", &st))
		return false;
	if (st.st_uid == pw->pw_uid)
		return (st.st_mode & 0600) == 0600;
	if (st.st_gid == pw->pw_gid)
		return (st.st_mode & 0060) == 0060;
	return (st.st_mode & 0006) == 0006;
}

struct qemu_user qemu_user(enum accel accel)
{
	struct qemu_user none = { 0, 0 };
	struct passwd pw, *found = NULL;
	char buf[1024];

	if (geteuid() != 0 || getpwnam_r("nobody", &pw, buf, sizeof(buf), &found) || !found)
		return none;
	if (accel == ACCEL_KVM && !may_use_kvm(&pw))
		return none;
	return (struct qemu_user){ pw.pw_uid, pw.pw_gid };
}

static int copy_all(int in, int out)
{
	ssize_t n;

	/* a reflink where the file system can */
	if (!ioctl(out, FICLONE, in))
		return 0;
	while ((n = sendfile(out, in, NULL, (size_t)1 << 30)) > 0)
		;
	return n < 0 ? -1 : 0;
}

/* A copy of its own for every boot: the cache may change under a running QEMU, and its files need not be
 * readable by the user that QEMU runs as. No fsync: it lives as long as the boot. */
static int copy_in(const char *from, const char *to, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out, ret = 0;

	if (in < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0)
		ret = err_errno(e, ERR_INFRA, "cannot write '%s'", to);
	else if (copy_all(in, out) || fchmod(out, 0644))
		ret = err_errno(e, ERR_INFRA, "cannot copy '%s' to '%s'", from, to);
	if (out >= 0)
		close(out);
	close(in);
	return ret;
}

static int give(const char *path, struct qemu_user u, struct err *e)
{
	if (u.uid && chown(path, u.uid, u.gid))
		return err_errno(e, ERR_INFRA, "cannot give '%s' to the user of QEMU", path);
	return 0;
}

/* A file that QEMU will write and we read; returns our descriptor. */
static int make_file(const struct qemu_dir *d, const char *name, struct qemu_user u, struct err *e)
{
	cleanup_free char *path = path_join(d->path, name);
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	if (give(path, u, e)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Both ends are open here, so that neither QEMU's open nor its exit is noticed as an end of file. */
static int make_output(struct qemu_dir *d, struct qemu_user u, struct err *e)
{
	cleanup_free char *path = path_join(d->path, QEMU_OUTPUT);

	if (mkfifo(path, 0600))
		return err_errno(e, ERR_INFRA, "cannot make '%s'", path);
	if (give(path, u, e))
		return -1;
	d->output = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return d->output < 0 ? err_errno(e, ERR_INFRA, "cannot open '%s'", path) : 0;
}

static int copy_named(const struct qemu_dir *d, const char *from, const char *name, struct err *e)
{
	cleanup_free char *to = path_join(d->path, name);

	return copy_in(from, to, e);
}

/* A link where the file system allows one, for a disk is large; nobody writes to what is in the cache. */
static int add_disk(struct qemu_dir *d, const struct boot_disk *disk, struct err *e)
{
	cleanup_free char *to = disk->serial ? path_join(d->path, disk->serial) : NULL;

	d->disks[d->ndisks] = *disk;
	d->disks[d->ndisks++].file = disk->serial;
	if (!to)
		return 0;
	return link(disk->file, to) ? copy_in(disk->file, to, e) : 0;
}

static int add_plugin(struct qemu_dir *d, const struct plugin_boot *p, struct qemu_user u,
		      struct err *e)
{
	if (copy_named(d, p->object, PLUGIN_OBJECT, e))
		return -1;
	if (p->symbols && copy_named(d, p->symbols, PLUGIN_SYMBOLS, e))
		return -1;
	d->counts = make_file(d, PLUGIN_OUTPUT, u, e);
	return d->counts < 0 ? -1 : 0;
}

/* The folder itself stays kdelta's: QEMU's user can write its files, but not put others in their place. */
static int fill(struct qemu_dir *d, const struct boot_request *q, struct qemu_user u, struct err *e)
{
	struct qemu_user own = { 0, 0 };

	d->image = path_join(d->path, "kernel");
	d->initrd = path_join(d->path, "initrd");
	if (copy_in(q->image, d->image, e) || (q->initrd && copy_in(q->initrd, d->initrd, e)))
		return -1;
	d->console = make_file(d, QEMU_CONSOLE, u, e);
	d->records = d->console < 0 ? -1 : make_file(d, QEMU_RECORDS, u, e);
	d->err = d->records < 0 ? -1 : make_file(d, QEMU_STDERR, own, e);
	if (d->err < 0 || (q->output_fd && make_output(d, u, e)))
		return -1;
	d->artifacts = q->artifacts ? make_file(d, QEMU_ARTIFACTS, u, e) : -1;
	if (q->artifacts && d->artifacts < 0)
		return -1;
	if (q->plugin && add_plugin(d, q->plugin, u, e))
		return -1;
	for (size_t i = 0; i < q->ndisks && i < BOOT_DISKS_MAX; i++)
		if (add_disk(d, &q->disks[i], e))
			return -1;
	if (u.uid && chmod(d->path, 0711))
		return err_errno(e, ERR_INFRA, "cannot open '%s' for the user of QEMU", d->path);
	return 0;
}

static const struct qemu_dir dir_empty = { .console = -1,
					   .records = -1,
					   .output = -1,
					   .artifacts = -1,
					   .err = -1,
					   .counts = -1 };

int qemu_dir_make(struct qemu_dir *d, const struct boot_request *q, struct qemu_user u,
		  struct err *e)
{
	*d = dir_empty;
	if (tempdir_make(&d->temp, NULL, e))
		return -1;
	d->path = d->temp.path;
	if (!fill(d, q, u, e))
		return 0;
	qemu_dir_remove(d);
	return -1;
}

/* Move one of its files, which is open as @fd, to @to. */
static int keep_file(const struct qemu_dir *d, const char *name, int fd, const char *to,
		     struct err *e)
{
	cleanup_free char *from = path_join(d->path, name);

	if (fchown(fd, geteuid(), getegid()) || fchmod(fd, 0644))
		return err_errno(e, ERR_INFRA, "cannot keep '%s'", from);
	if (!rename(from, to))
		return 0;
	if (errno == EXDEV)
		return file_copy(from, to, e);
	return err_errno(e, ERR_INFRA, "cannot keep '%s' as '%s'", from, to);
}

int qemu_dir_keep_console(const struct qemu_dir *d, const char *to, size_t max, struct err *e)
{
	struct stat st;

	if (fstat(d->console, &st) ||
	    (st.st_size > (off_t)max && ftruncate(d->console, (off_t)max)))
		return err_errno(e, ERR_INFRA, "cannot shorten the console log in '%s'", d->path);
	return keep_file(d, QEMU_CONSOLE, d->console, to, e);
}

int qemu_dir_keep_artifacts(const struct qemu_dir *d, const char *to, struct err *e)
{
	return keep_file(d, QEMU_ARTIFACTS, d->artifacts, to, e);
}

int qemu_dir_read_counts(const struct qemu_dir *d, struct boot_result *r, struct err *e)
{
	cleanup_free char *path = path_join(d->path, PLUGIN_OUTPUT);

	return file_read(path, QEMU_RECORDS_MAX, &r->counts, e);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void qemu_dir_remove(struct qemu_dir *d)
{
	close_fd(d->console);
	close_fd(d->records);
	close_fd(d->output);
	close_fd(d->artifacts);
	close_fd(d->err);
	close_fd(d->counts);
	tempdir_remove(&d->temp);
	free(d->image);
	free(d->initrd);
	*d = dir_empty;
}
