// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_perf_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* perf answers within microseconds once it runs; under emulation its start takes seconds. */
#define ANSWER_MS 60000
#define END_SECONDS 60

const char *const perf_tool_scopes[] = { "task", "system", "cpu", NULL };
const char *const perf_tool_packages[] = { "linux-perf", NULL };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct perf_tool *t)
{
	for (int end = 0; end < 2; end++) {
		close_fd(&t->ctl[end]);
		close_fd(&t->ack[end]);
	}
}

void perf_tool_init(struct perf_tool *t)
{
	*t = (struct perf_tool){ .argv = STRV_INIT, .ctl = { -1, -1 }, .ack = { -1, -1 } };
	exec_init(&t->x, NULL);
}

void perf_tool_release(struct perf_tool *t)
{
	exec_release(&t->x);
	strv_release(&t->argv);
	close_pipes(t);
	perf_tool_init(t);
}

/* Why it ended by itself: perf says that first, and then at length how it is used. */
static int ended(struct perf_tool *t, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;
	struct err ignored = ERR_INIT;

	t->x.timeout = END_SECONDS;
	if (t->x.pid > 0 && exec_stop(&t->x, 0, e))
		return -1;
	strv_split(&lines, t->x.err.buf, "\n");
	if (lines.n)
		return err_set(e, ERR_INFRA, "perf: exited with status %d: %s", t->x.status,
			       lines.v[0]);
	exec_check(&t->x, &ignored);
	return err_set(e, ERR_INFRA, "%s", t->x.status ? ignored.msg : "perf ended too early");
}

/* "ack\n", and the NUL that perf sends with it (tools/perf/util/evlist.c, evlist__ctlfd_ack()). */
static int wait_for_ack(struct perf_tool *t, const char *command, struct err *e)
{
	struct pollfd pfd = { .fd = t->ack[0], .events = POLLIN };
	char buf[16];
	ssize_t n;
	int ready;

	do
		ready = poll(&pfd, 1, ANSWER_MS);
	while (ready < 0 && errno == EINTR);
	if (!ready)
		return err_set(e, ERR_INFRA, "perf does not answer to '%s' within %d s", command,
			       ANSWER_MS / 1000);
	n = read(t->ack[0], buf, sizeof(buf));
	if (n < 4)
		return ended(t, e);
	if (memcmp(buf, "ack\n", 4))
		return err_set(e, ERR_INFRA, "perf answers to '%s' with something else than 'ack'",
			       command);
	return 0;
}

static int command(struct perf_tool *t, const char *word, struct err *e)
{
	cleanup_free char *line = xasprintf("%s\n", word);
	size_t len = strlen(line);

	if (write(t->ctl[1], line, len) != (ssize_t)len)
		return err_errno(e, ERR_INFRA, "cannot say '%s' to perf", word);
	return wait_for_ack(t, word, e);
}

static void inherit(int fd, bool yes)
{
	fcntl(fd, F_SETFD, yes ? 0 : FD_CLOEXEC);
}

/* Our copy of what perf reads stays open: writing to a perf that has ended must be no signal. */
static int start(struct perf_tool *t, struct err *e)
{
	int ret;

	inherit(t->ctl[0], true);
	inherit(t->ack[1], true);
	ret = exec_start(&t->x, e);
	inherit(t->ctl[0], false);
	close_fd(&t->ack[1]);
	return ret;
}

int perf_tool_start(struct perf_tool *t, const struct strv *words, struct err *e)
{
	if (pipe2(t->ctl, O_CLOEXEC) || pipe2(t->ack, O_CLOEXEC))
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	strv_push(&t->argv, "perf");
	strv_push_all(&t->argv, words);
	strv_push(&t->argv, "--delay=-1");
	strv_pushf(&t->argv, "--control=fd:%d,%d", t->ctl[0], t->ack[1]);
	exec_init(&t->x, (const char *const *)t->argv.v);
	return start(t, e) || command(t, "ping", e) ? -1 : 0;
}

int perf_tool_enable(struct perf_tool *t, struct err *e)
{
	return command(t, "enable", e);
}

int perf_tool_disable(struct perf_tool *t, struct err *e)
{
	return command(t, "disable", e);
}

int perf_tool_finish(struct perf_tool *t, struct err *e)
{
	t->x.timeout = END_SECONDS;
	if (exec_stop(&t->x, SIGINT, e))
		return -1;
	/* perf passes on the signal that ends it */
	return !t->x.status || t->x.status == 128 + SIGINT ? 0 : ended(t, e);
}

int perf_tool_need(struct collector_ctx *c, struct err *e)
{
	if (c->image && exec_has("perf"))
		return 0;
	return collector_skip(c, e, "there is no 'perf' in the root image: its package is '%s'",
			      perf_tool_packages[0]);
}

void perf_tool_scope(const struct collector_ctx *c, struct strv *words)
{
	const char *scope = collector_str(c, "scope");

	if (!strcmp(scope, "task"))
		strv_pushf(words, "--pid=%d", (int)c->pid);
	else
		strv_push(words, "--all-cpus");
	if (!strcmp(scope, "cpu"))
		strv_push(words, "--no-aggr");
}

int perf_tool_check_events(const struct param *p, const char *value, struct err *e)
{
	if (*value && *value != '-' && !strchr(value, ' '))
		return 0;
	return err_set(e, ERR_USAGE,
		       "'%s' is no value for '%s': expected events of perf-list(1) with commas "
		       "between them",
		       value, p->name);
}
