// SPDX-License-Identifier: GPL-2.0
/* The root image: a userland for programs that are not kdelta's own. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "runner/base/file.h"
#include "workloads/exec.h"
#include "workloads/guest.h"

#define DISKS "/sys/class/block"
#define DISK_WAIT_MS 5000
#define WAIT_STEP_MS 2

/* What programs find inside the image as they would outside. */
static const char *const shared[] = { "/proc", "/sys", "/dev", "/tmp" };

static bool disk_is(const char *device, const char *serial)
{
	cleanup_free char *path = xasprintf(DISKS "/%s/serial", device);
	cleanup_str struct str text = STR_INIT;

	return !file_read(path, 4096, &text, NULL) && !strcmp(text.buf, serial);
}

/* "/dev/vda", or NULL. The caller frees. */
static char *disk_find(const char *serial)
{
	cleanup_strv struct strv devices = STRV_INIT;

	if (!dir_exists(DISKS) || dir_list(DISKS, NULL, &devices, NULL))
		return NULL;
	for (size_t i = 0; i < devices.n; i++)
		if (disk_is(devices.v[i], serial))
			return xasprintf("/dev/%s", devices.v[i]);
	return NULL;
}

static char *disk_wait(const char *serial)
{
	const struct timespec step = { 0, WAIT_STEP_MS * 1000000L };
	char *path;

	for (int waited = 0; !(path = disk_find(serial)) && waited < DISK_WAIT_MS;
	     waited += WAIT_STEP_MS)
		nanosleep(&step, NULL);
	return path;
}

static int mount_disk(const struct guest_disk *d, struct err *e)
{
	cleanup_free char *device = disk_wait(d->serial);

	if (!device)
		return err_set(e, ERR_INFRA, "no disk '%s'", d->serial);
	if (mkdir(d->dir, 0755) && errno != EEXIST)
		return err_errno(e, ERR_INFRA, "cannot make '%s'", d->dir);
	if (mount(device, d->dir, "squashfs", MS_RDONLY | MS_NODEV, NULL))
		return err_errno(e, ERR_INFRA, "cannot mount the disk '%s' on '%s'", d->serial,
				 d->dir);
	return 0;
}

static int share(const char *dir, struct err *e)
{
	cleanup_free char *inside = xasprintf(EXEC_IMAGE "%s", dir);

	if (mount(dir, inside, NULL, MS_BIND | MS_REC, NULL))
		return err_errno(e, ERR_INFRA, "cannot mount '%s' on '%s'", dir, inside);
	return 0;
}

int guest_image_mount(const struct guest_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->ndisks; i++)
		if (p->disks[i].serial && mount_disk(&p->disks[i], e))
			return -1;
	for (size_t i = 0; p->ndisks && i < sizeof(shared) / sizeof(shared[0]); i++)
		if (share(shared[i], e))
			return -1;
	/* shm_open(3); devtmpfs keeps files like any tmpfs */
	if (p->ndisks && mkdir("/dev/shm", 0755) && errno != EEXIST)
		return err_errno(e, ERR_INFRA, "cannot make '/dev/shm'");
	return 0;
}

const char *guest_image(const struct guest_plan *p)
{
	return p->ndisks ? EXEC_IMAGE : NULL;
}
