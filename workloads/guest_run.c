// SPDX-License-Identifier: GPL-2.0
/*
 * One workload, in a child of its own, so that a crash or a hang ends it alone. The child keeps its
 * records in memory and hands them over when it is done; PID 1 checks them and passes them on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collectors/collector.h"
#include "kmods/kdelta_marker.h"
#include "workloads/guest.h"
#include "workloads/phase.h"

#define RECORDS_MAX (16 << 20)
#define REAP_SECONDS 5

/* The last workload that was ended by force, or -1: its teardown() was not called. */
static int killed = -1;

static void add_done(struct str *out, int number, enum wl_state state, const char *reason)
{
	line_begin(out, "done");
	line_fieldf(out, "w", "%d", number);
	line_field(out, "state", wl_state_name(state));
	if (state != WL_OK)
		line_field(out, "reason", reason);
	line_end(out);
}

/* --- in the child --- */

static int run_round(struct workload_ctx *c, const struct guest_workload *w, unsigned int phase,
		     struct err *e)
{
	const struct phase shift = phase_draw(phase, w->number, c->r.round);
	int ret;

	if (phase_shift(&shift, e))
		return -1;
	kdelta_context(w->number, c->r.round);
	if (!w->w->own_window)
		collectors_start(c->collectors, c->r.round);
	ret = w->w->round(c, e);
	collectors_stop(c->collectors);
	if (!ret)
		collectors_report(c->collectors);
	return ret;
}

static int run_rounds(struct workload_ctx *c, const struct guest_workload *w, unsigned int phase,
		      struct err *e)
{
	int ret = 0;

	for (c->r.round = -w->warmup; !ret && c->r.round < w->rounds; c->r.round++)
		ret = run_round(c, w, phase, e);
	kdelta_context(w->number, -1);
	return ret;
}

static struct collectors *set_up_collectors(const struct workload_ctx *c,
					    const struct guest_plan *p)
{
	struct collector_choice *chosen;
	struct collectors *cs;

	if (!p->ncollectors)
		return NULL;
	chosen = xcalloc(p->ncollectors, sizeof(*chosen));
	for (size_t i = 0; i < p->ncollectors; i++) {
		chosen[i].col = p->collectors[i].col;
		chosen[i].params = &p->collectors[i].params.fields;
	}
	cs = collectors_setup(chosen, p->ncollectors, &c->r, c->w->name, guest_image(p));
	free(chosen);
	return cs;
}

static int run_set_up(struct workload_ctx *c, const struct guest_plan *p,
		      const struct guest_workload *w, struct err *e)
{
	int ret = w->w->setup ? w->w->setup(c, e) : 0;

	if (!ret) {
		c->collectors = set_up_collectors(c, p);
		ret = run_rounds(c, w, p->phase, e);
	}
	if (w->w->teardown)
		w->w->teardown(c);
	collectors_free(c->collectors);
	return ret;
}

/* The host left out what is known to lack CPUs; a CPU may also have failed to come up. */
static int check_cpus(struct workload_ctx *c, const struct guest_workload *w, struct err *e)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (online >= w->w->cpus)
		return 0;
	return wctx_skip(c, e, "needs %d CPUs, %ld are online", w->w->cpus, online);
}

static int run_with_module(struct workload_ctx *c, const struct guest_plan *p,
			   const struct guest_workload *w, struct err *e)
{
	const char *module = w->w->module;
	struct err ignored = ERR_INIT;
	int ret;

	if (check_cpus(c, w, e))
		return -1;
	if (!module)
		return run_set_up(c, p, w, e);
	ret = module_load(w, e);
	if (ret) {
		c->state = ret > 0 ? WL_SKIPPED : WL_BROKEN;
		return -1;
	}
	ret = run_set_up(c, p, w, e);
	if (module_unload(module, ret ? &ignored : e))
		ret = -1;
	return ret;
}

/* The reason of a failure, with what the module itself said about it. */
static void explain(const struct guest_workload *w, int kmsg, const struct err *e, struct str *out)
{
	cleanup_str struct str said = STR_INIT;

	str_add(out, e->msg);
	if (!w->w->module || kmsg < 0)
		return;
	kmsg_last(kmsg, w->w->module, &said);
	if (said.len)
		str_addf(out, " (%s: %s)", w->w->module, said.buf);
}

/* Interrupts that were moved away, tracers, settings: whoever comes after has to be read with that in mind. */
static void note_killed(const struct recorder *r)
{
	cleanup_free char *text = NULL;

	if (killed < 0)
		return;
	text = xasprintf("workload %d was ended by force, and what it changed of the kernel may stand",
			 killed);
	recorder_fact(r, "after.killed", text);
}

static void child_run(const struct guest_plan *p, const struct guest_workload *w, int pipe_fd)
{
	struct str out = STR_INIT, reason = STR_INIT;
	struct err e = ERR_INIT;
	size_t records = 0;
	struct workload_ctx c = {
		.w = w->w,
		.r = { .number = w->number, .clock = &p->clock, .out = &out, .records = &records },
		.params = &w->params.fields,
		.state = WL_BROKEN
	};
	int kmsg = kmsg_open();

	guest_child_signals();
	setpgid(0, 0);
	note_killed(&c.r);
	if (run_with_module(&c, p, w, &e))
		explain(w, kmsg, &e, &reason);
	else
		c.state = WL_OK;
	add_done(&out, w->number, c.state, reason.buf);
	_exit(port_write(pipe_fd, out.buf, out.len) ? 1 : 0);
}

/* --- in PID 1 --- */

static bool take_line(const char *line, size_t len, int number, size_t *records, bool *done)
{
	struct fields f;
	long long w;
	bool ok;

	if (fields_parse(&f, line, len, NULL))
		return false;
	ok = !fields_int(&f, "w", number, number, &w, NULL);
	if (!strcmp(f.word, "value") || !strcmp(f.word, "hist"))
		*records += ok;
	else if (!strcmp(f.word, "done"))
		*done = ok;
	else if (strcmp(f.word, "note"))
		ok = false;
	fields_release(&f);
	return ok;
}

bool guest_take_lines(const char *text, size_t len, int number, struct str *out, size_t *records)
{
	const char *end = text + len, *nl;
	bool done = false;

	for (; !done && (nl = memchr(text, '\n', (size_t)(end - text))); text = nl + 1) {
		if (!take_line(text, (size_t)(nl - text), number, records, &done))
			return false;
		str_addmem(out, text, (size_t)(nl - text) + 1);
	}
	return done && text == end;
}

static long left_ms(const struct timespec *deadline)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (deadline->tv_sec - now.tv_sec) * 1000L + (deadline->tv_nsec - now.tv_nsec) / 1000000L;
	return ms > 0 ? ms : 0;
}

enum drain { DRAIN_END, DRAIN_TIMEOUT, DRAIN_FLOOD };

/* Everything that the child writes, until it has closed its end. */
static enum drain drain(int fd, int seconds, struct str *out)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct timespec deadline;
	static char buf[65536];

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += seconds;
	for (;;) {
		int ready = poll(&pfd, 1, (int)left_ms(&deadline));
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return DRAIN_TIMEOUT;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return DRAIN_END;
		if (out->len + (size_t)n > RECORDS_MAX)
			return DRAIN_FLOOD;
		str_addmem(out, buf, (size_t)n);
	}
}

/* Wait until the child is gone: a kill takes effect when it leaves the kernel, or never. */
static int reap(pid_t pid, int *status)
{
	const struct timespec limit = { REAP_SECONDS, 0 };
	sigset_t set;
	pid_t got;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while ((got = waitpid(-1, status, WNOHANG)) != pid) {
		if (got > 0)
			continue;
		if (got < 0 || (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN))
			return -1;
	}
	return 0;
}

/* Why a child that sent no done line is broken. */
static void broken_reason(const struct guest_workload *w, enum drain how, int status,
			  struct str *out)
{
	if (how == DRAIN_TIMEOUT)
		str_addf(out, "no result within %d s", w->timeout);
	else if (how == DRAIN_FLOOD)
		str_addf(out, "more than %d MiB of records", RECORDS_MAX >> 20);
	else if (WIFSIGNALED(status))
		str_addf(out, "crashed with SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		str_addf(out, "ended with status %d and no valid result", WEXITSTATUS(status));
}

static int begin(int port, int number)
{
	cleanup_str struct str line = STR_INIT;

	line_begin(&line, "begin");
	line_fieldf(&line, "w", "%d", number);
	line_end(&line);
	return port_write(port, line.buf, line.len);
}

/* The child's pipe end, or -1 with @e set. */
static int start_child(const struct guest_plan *p, const struct guest_workload *w, int port,
		       pid_t *pid, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	/* what the child inherits: see wctx_bind() */
	if (wctx_bind(0, e)) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	*pid = fork();
	if (!*pid) {
		close(port);
		close(fds[0]);
		child_run(p, w, fds[1]);
	}
	close(fds[1]);
	if (*pid > 0)
		return fds[0];
	close(fds[0]);
	return err_errno(e, ERR_INFRA, "cannot fork");
}

/* Wait for the result; -1 when the child cannot be ended. */
static int finish_child(const struct guest_workload *w, pid_t pid, int fd, struct str *out,
			size_t *records, struct err *e)
{
	cleanup_str struct str text = STR_INIT, lines = STR_INIT, reason = STR_INIT;
	enum drain how = drain(fd, w->timeout, &text);
	struct err ignored = ERR_INIT;
	int status = 0;
	size_t n = 0;

	/* with whatever it has started, in whatever group: beside PID 1 there is nothing else */
	kill(getpid() == 1 ? -1 : pid, SIGKILL);
	if (reap(pid, &status))
		return err_set(e, ERR_INFRA,
			       "workload '%s' hangs in the kernel and cannot be killed",
			       w->w->name);
	if (how == DRAIN_END && guest_take_lines(text.buf, text.len, w->number, &lines, &n)) {
		str_addmem(out, lines.buf, lines.len);
		*records += n;
		return 0;
	}
	killed = w->number;
	if (w->w->module)
		module_unload(w->w->module, &ignored);
	broken_reason(w, how, status, &reason);
	add_done(out, w->number, WL_BROKEN, reason.buf);
	return 0;
}

int guest_run(const struct guest_plan *p, const struct guest_workload *w, int port, size_t *records,
	      struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	pid_t pid = -1;
	int fd, ret;

	if (begin(port, w->number))
		return err_errno(e, ERR_INFRA, "cannot write records");
	fd = start_child(p, w, port, &pid, e);
	if (fd < 0)
		return -1;
	ret = finish_child(w, pid, fd, &out, records, e);
	close(fd);
	if (ret)
		return -1;
	if (port_write(port, out.buf, out.len))
		return err_errno(e, ERR_INFRA, "cannot write records");
	return 0;
}
