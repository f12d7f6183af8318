// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/guest.h"

/* One record of /dev/kmsg is at most this long (PRINTK_MESSAGE_MAX in kernel/printk/internal.h). */
#define KMSG_RECORD_MAX 8192

int module_load(const struct guest_workload *w, struct err *e)
{
	cleanup_free char *path = xasprintf("/modules/%s.ko", w->w->module);
	cleanup_str struct str params = STR_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	for (size_t i = 0; !w->w->module_bare && i < w->params.fields.n; i++)
		str_addf(&params, "%s%s=%s", i ? " " : "", w->params.fields.f[i].key,
			 w->params.fields.f[i].value);
	ret = syscall(SYS_finit_module, fd, params.buf, 0);
	if (ret) {
		ret = errno == EOPNOTSUPP ? 1 : -1;
		err_errno(e, ERR_INFRA, "cannot load module '%s'", w->w->module);
	}
	close(fd);
	return (int)ret;
}

int module_unload(const char *name, struct err *e)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK) && errno != ENOENT)
		return err_errno(e, ERR_INFRA, "cannot remove module '%s'", name);
	return 0;
}

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record is "prio,seq,time,flags[,…];message\n" and may go on with " KEY=value\n" lines. */
const char *kmsg_message(char *record, size_t len, const char *module)
{
	size_t n = strlen(module);
	char *text, *nl;

	record[len] = '\0';
	text = strchr(record, ';');
	if (!text++)
		return NULL;
	nl = strchr(text, '\n');
	if (nl)
		*nl = '\0';
	if (strncmp(text, module, n) || strncmp(text + n, ": ", 2))
		return NULL;
	return text + n + 2;
}

void kmsg_last(int fd, const char *module, struct str *out)
{
	char record[KMSG_RECORD_MAX + 1];

	str_reset(out);
	for (;;) {
		ssize_t n = read(fd, record, KMSG_RECORD_MAX);
		const char *text;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* records were overwritten: go on with the oldest there is */
		if (n <= 0)
			return;
		text = kmsg_message(record, (size_t)n, module);
		if (!text)
			continue;
		str_reset(out);
		str_add(out, text);
	}
}
