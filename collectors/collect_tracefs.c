// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/collect_file.h"
#include "runner/base/file.h"

#define USUAL "/sys/kernel/tracing"
#define TEXT_MAX (256 << 20)

static int find_or_mount(struct tracefs *t, struct err *e)
{
	cleanup_str struct str dir = STR_INIT;

	if (dir_exists(USUAL "/instances")) {
		t->root = xstrdup(USUAL);
		return 0;
	}
	if (dir_temp("/tmp", &dir, e))
		return -1;
	if (mount("tracefs", dir.buf, "tracefs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL)) {
		err_errno(e, ERR_INFRA, "cannot mount tracefs");
		rmdir(dir.buf);
		return -1;
	}
	t->root = str_detach(&dir);
	t->mounted = true;
	return 0;
}

static int make_instance(struct tracefs *t, const char *name, struct err *e)
{
	cleanup_free char *dir = xasprintf("%s/instances/kdelta-%s", t->root, name);

	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_errno(e, ERR_INFRA, "cannot make a trace instance '%s'", dir);
	t->dir = xstrdup(dir);
	return 0;
}

static int open_switch(struct tracefs *t, struct err *e)
{
	cleanup_free char *path = path_join(t->dir, "tracing_on");

	t->on = open(path, O_WRONLY | O_CLOEXEC);
	return t->on < 0 ? err_errno(e, ERR_INFRA, "cannot open '%s'", path) : 0;
}

int tracefs_open(struct tracefs *t, const char *name, int buffer, struct err *e)
{
	cleanup_free char *size = xasprintf("%d", buffer);

	*t = (struct tracefs)TRACEFS_INIT;
	if (find_or_mount(t, e) || make_instance(t, name, e) || open_switch(t, e) ||
	    tracefs_run(t, false, e) || tracefs_set(t, "trace_clock", "mono", e) ||
	    tracefs_set(t, "options/overwrite", "0", e) ||
	    tracefs_set(t, "buffer_size_kb", size, e)) {
		tracefs_close(t, false);
		return -1;
	}
	return 0;
}

void tracefs_close(struct tracefs *t, bool keep)
{
	if (t->on >= 0)
		close(t->on);
	/* events are off and the buffer is freed with it (kernel/trace/trace.c, instance_rmdir()) */
	if (t->dir && !keep)
		rmdir(t->dir);
	if (t->mounted) {
		umount2(t->root, MNT_DETACH);
		rmdir(t->root);
	}
	free(t->root);
	free(t->dir);
	*t = (struct tracefs)TRACEFS_INIT;
}

int tracefs_set(const struct tracefs *t, const char *file, const char *text, struct err *e)
{
	return collect_write_at(t->dir, file, text, e);
}

int tracefs_enable(const struct tracefs *t, const char *system, const char *name,
		   const char *filter, struct err *e)
{
	cleanup_free char *dir = xasprintf("%s/events/%s/%s", t->dir, system, name);

	if (!dir_exists(dir))
		return err_set(e, ERR_INFRA, "this kernel has no event '%s:%s'", system, name);
	if (filter && collect_write_at(dir, "filter", filter, e))
		return -1;
	return collect_write_at(dir, "enable", "1", e);
}

int tracefs_clear(const struct tracefs *t, struct err *e)
{
	/* opening it to write it anew is what clears it */
	return tracefs_set(t, "trace", "\n", e);
}

int tracefs_run(const struct tracefs *t, bool on, struct err *e)
{
	if (pwrite(t->on, on ? "1" : "0", 1, 0) == 1)
		return 0;
	return err_errno(e, ERR_INFRA, "cannot switch the trace '%s'", t->dir);
}

int tracefs_read(const struct tracefs *t, struct str *out, struct err *e)
{
	cleanup_free char *path = path_join(t->dir, "trace");

	return file_read(path, TEXT_MAX, out, e);
}

/* The number behind "<key>: ". */
static long long stat_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static int read_stats(const struct tracefs *t, int cpu, struct str *text, struct err *e)
{
	cleanup_free char *path = xasprintf("%s/per_cpu/cpu%d/stats", t->dir, cpu);

	return file_read(path, 4096, text, e);
}

int tracefs_entries(const struct tracefs *t, int cpu, long long *entries, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (read_stats(t, cpu, &text, e))
		return -1;
	*entries = stat_of(text.buf, "entries: ");
	return 0;
}

int tracefs_lost(const struct tracefs *t, int cpu, long long *lost, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (read_stats(t, cpu, &text, e))
		return -1;
	/* "commit overrun: " ends like the first one (kernel/trace/trace.c, tracing_stats_read()) */
	*lost = stat_of(text.buf, "\noverrun: ") + stat_of(text.buf, "\ncommit overrun: ") +
		stat_of(text.buf, "\ndropped events: ");
	return 0;
}
