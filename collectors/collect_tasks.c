// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_tasks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"

static bool has(const struct tasks *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i] == pid)
			return true;
	return false;
}

static void add_threads(struct tasks *t, pid_t pid)
{
	cleanup_free char *dir = xasprintf("/proc/%d/task", (int)pid);
	cleanup_strv struct strv names = STRV_INIT;

	dir_list(dir, NULL, &names, NULL); /* it may have ended */
	for (size_t i = 0; i < names.n; i++)
		*ARRAY_PUSH(t->v, t->n, t->cap) = (pid_t)strtol(names.v[i], NULL, 10);
}

/* Field 4 of /proc/<pid>/stat; the name before it may hold anything (proc_pid_stat(5)). */
static pid_t parent_of(const char *pid)
{
	cleanup_free char *path = xasprintf("/proc/%s/stat", pid);
	cleanup_str struct str text = STR_INIT;
	const char *at;

	if (file_read(path, 4096, &text, NULL))
		return -1;
	at = strrchr(text.buf, ')');
	return at && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : -1;
}

static bool add_children(struct tasks *t, const struct strv *names)
{
	size_t before = t->n;

	for (size_t i = 0; i < names->n; i++) {
		pid_t pid = (pid_t)strtol(names->v[i], NULL, 10);

		if (pid > 0 && !has(t, pid) && has(t, parent_of(names->v[i])))
			add_threads(t, pid);
	}
	return t->n > before;
}

void tasks_of(struct tasks *t, pid_t root)
{
	cleanup_strv struct strv names = STRV_INIT;

	t->n = 0;
	add_threads(t, root);
	dir_list("/proc", NULL, &names, NULL);
	while (add_children(t, &names))
		;
}

void tasks_release(struct tasks *t)
{
	free(t->v);
	*t = (struct tasks){ 0 };
}
