// SPDX-License-Identifier: GPL-2.0
#include "workloads/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"

#define PORTS "/sys/class/virtio-ports"
#define WAIT_STEP_MS 2

int port_write(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool port_is(const char *device, const char *name)
{
	cleanup_free char *path = xasprintf(PORTS "/%s/name", device);
	cleanup_str struct str text = STR_INIT;
	struct err ignored = ERR_INIT;

	if (file_read(path, 4096, &text, &ignored))
		return false;
	while (text.len && text.buf[text.len - 1] == '\n')
		text.buf[--text.len] = '\0';
	return !strcmp(text.buf, name);
}

/* The device of the port, as "vport0p1", or NULL. The caller frees. */
static char *port_find(const char *name)
{
	cleanup_strv struct strv devices = STRV_INIT;
	struct err ignored = ERR_INIT;

	if (!dir_exists(PORTS) || dir_list(PORTS, NULL, &devices, &ignored))
		return NULL;
	for (size_t i = 0; i < devices.n; i++)
		if (port_is(devices.v[i], name))
			return xstrdup(devices.v[i]);
	return NULL;
}

int port_open(const char *name, int wait_ms, struct err *e)
{
	/* Nothing tells user space of a new port but uevents, and those need a network stack. */
	const struct timespec step = { 0, WAIT_STEP_MS * 1000000L };

	for (int waited = 0;; waited += WAIT_STEP_MS) {
		cleanup_free char *device = port_find(name);
		cleanup_free char *path = device ? xasprintf("/dev/%s", device) : NULL;
		int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

		if (fd >= 0)
			return fd;
		if (path && errno != ENOENT)
			return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
		if (waited >= wait_ms)
			return err_set(e, ERR_INFRA, "no virtio-serial port '%s'", name);
		nanosleep(&step, NULL);
	}
}
