// SPDX-License-Identifier: GPL-2.0
/*
 * Watching one running QEMU. The two files that it writes are looked at every few milliseconds; its end is
 * noticed at once through a pidfd. The life of a boot:
 *
 *	begin ──boot_timeout──▶ start line ──run_timeout──▶ end line ──off_timeout──▶ QEMU has ended
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/base/proc.h"
#include "runner/target_qemu.h"
#include "workloads/artifact.h"

#define LOOK_MS 10 /* between two looks at the files */
#define PANIC_QUIET 1.0 /* s without output after a panic: the trace is complete */
#define PANIC_MAX 10.0 /* s after a panic in any case */
#define STOP_GRACE_MS 1000
#define CONSOLE_TAIL ((size_t)64 << 10)
#define TAIL_LINES 3

enum stop {
	STOP_NONE, /* QEMU ended by itself */
	STOP_CANCEL,
	STOP_OUTPUT,
	STOP_CONSOLE_FLOOD,
	STOP_RECORDS_FLOOD,
	STOP_ARTIFACTS_FLOOD,
	STOP_PANIC,
	STOP_NO_START,
	STOP_NO_END,
	STOP_NO_OFF,
};

struct channel {
	int fd;
	struct str text;
	size_t scanned; /* whole lines up to here were looked at */
	size_t max;
	bool over; /* there is more than max */
	double grown; /* when it last had news */
};

struct watch {
	const struct boot_request *q;
	const struct qemu_dir *d;
	double begin, started, ended, fatal; /* when; 0: not yet */
	struct channel con, rec;
	bool output_failed;
	struct proc_result exit;
};

/* At most a bounded piece per look, so that a flood cannot keep us from the other file. */
static void channel_read(struct channel *c)
{
	char buf[65536];

	for (int i = 0; i < 64 && !c->over; i++) {
		ssize_t n = pread(c->fd, buf, sizeof(buf), (off_t)c->text.len);

		if (n <= 0)
			return;
		if (c->text.len + (size_t)n > c->max) {
			n = (ssize_t)(c->max - c->text.len);
			c->over = true;
		}
		str_addmem(&c->text, buf, (size_t)n);
		c->grown = proc_now();
	}
}

/* The next whole line that was not looked at yet. */
static const char *channel_line(struct channel *c, size_t *len)
{
	const char *p = c->text.buf + c->scanned;
	const char *nl = memchr(p, '\n', c->text.len - c->scanned);

	if (!nl)
		return NULL;
	*len = (size_t)(nl - p);
	c->scanned += *len + 1;
	return p;
}

static void scan_records(struct watch *w)
{
	const char *line;
	size_t len;

	while ((line = channel_line(&w->rec, &len))) {
		if (!w->started && len > 6 && !memcmp(line, "start ", 6))
			w->started = proc_now();
		else if (w->started && !w->ended && len > 4 && !memcmp(line, "end ", 4))
			w->ended = proc_now();
	}
}

static void scan_console(struct watch *w)
{
	const char *line;
	size_t len;
	bool fatal;

	while (!w->fatal && (line = channel_line(&w->con, &len))) {
		free(console_trouble(line, len, &fatal));
		if (fatal)
			w->fatal = proc_now();
	}
}

static bool write_out(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			poll(&pfd, 1, LOOK_MS);
			continue;
		}
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void copy_output(struct watch *w)
{
	char buf[65536];
	ssize_t n;

	/* as much as a pipe holds; what comes after that is there at the next look */
	for (int i = 0; i < 16 && !w->output_failed; i++) {
		n = read(w->d->output, buf, sizeof(buf));
		if (n <= 0)
			return;
		w->output_failed = !write_out(w->q->output_fd, buf, (size_t)n);
	}
}

static void look(struct watch *w)
{
	channel_read(&w->con);
	channel_read(&w->rec);
	if (w->d->output >= 0)
		copy_output(w);
	scan_records(w);
	scan_console(w);
}

/* The guest knows which workload it was, so its own deadlines come first. */
static double run_deadline(const struct watch *w)
{
	return w->q->run_timeout * 1.1 + 2;
}

static bool panic_complete(const struct watch *w, double now)
{
	if (!w->fatal)
		return false;
	return now - w->con.grown > PANIC_QUIET || now - w->fatal > PANIC_MAX;
}

static enum stop missed_deadline(const struct watch *w, double now)
{
	const struct target *t = w->q->target;

	if (!w->started)
		return now - w->begin > t->boot_timeout ? STOP_NO_START : STOP_NONE;
	if (w->ended)
		return now - w->ended > t->off_timeout ? STOP_NO_OFF : STOP_NONE;
	if (w->q->interactive || !w->q->run_timeout)
		return STOP_NONE;
	return now - w->started > run_deadline(w) ? STOP_NO_END : STOP_NONE;
}

static enum stop overflow(const struct watch *w)
{
	struct stat st;

	if (w->con.over)
		return STOP_CONSOLE_FLOOD;
	if (w->d->artifacts >= 0 && !fstat(w->d->artifacts, &st) &&
	    st.st_size > ARTIFACT_STREAM_MAX)
		return STOP_ARTIFACTS_FLOOD;
	return w->rec.over ? STOP_RECORDS_FLOOD : STOP_NONE;
}

static enum stop must_stop(const struct watch *w, const volatile int *cancel)
{
	double now = proc_now();

	if (cancel && *cancel)
		return STOP_CANCEL;
	if (w->output_failed)
		return STOP_OUTPUT;
	if (overflow(w))
		return overflow(w);
	if (panic_complete(w, now))
		return STOP_PANIC;
	return missed_deadline(w, now);
}

static enum stop watch_loop(struct watch *w, pid_t pid, const volatile int *cancel)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	enum stop stop = STOP_NONE;
	bool ended = false;

	while (!ended && !stop) {
		struct pollfd pfd[2] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = w->d->output, .events = POLLIN },
		};

		poll(pfd, 2, LOOK_MS);
		ended = proc_poll(pid, &w->exit);
		look(w);
		if (!ended)
			stop = must_stop(w, cancel);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (!ended)
		proc_stop(pid, STOP_GRACE_MS, &w->exit);
	look(w);
	return stop ? stop : overflow(w);
}

static void add_tail(const struct watch *w, struct str *out)
{
	if (w->q->interactive)
		return;
	if (!w->con.text.len) {
		str_add(out, "; the console is empty");
		return;
	}
	str_add(out, "; console: ");
	console_tail(&w->con.text, TAIL_LINES, out);
}

/* QEMU's own last words. */
static void add_stderr(const struct watch *w, struct str *out)
{
	cleanup_str struct str text = STR_INIT;
	char buf[1024];
	off_t size = lseek(w->d->err, 0, SEEK_END);
	ssize_t n;

	n = pread(w->d->err, buf, sizeof(buf),
		  size > (off_t)sizeof(buf) ? size - (off_t)sizeof(buf) : 0);
	if (n <= 0)
		return;
	str_addmem(&text, buf, (size_t)n);
	str_add(out, ": ");
	console_tail(&text, TAIL_LINES, out);
}

static const char *phase(const struct watch *w)
{
	if (!w->started)
		return "before the start line";
	return w->ended ? "after the end line" : "before the end line";
}

/* QEMU ended by itself: well, or too early, or with an error. */
static void exit_reason(const struct watch *w, struct str *out)
{
	const char *name = w->q->target->arch->qemu;

	if (w->exit.signal)
		str_addf(out, "%s was killed by signal %d %s", name, w->exit.signal, phase(w));
	else if (w->exit.status)
		str_addf(out, "%s failed with status %d %s", name, w->exit.status, phase(w));
	else if (!w->ended)
		str_addf(out, "the machine went off %s", phase(w));
	else
		return;
	add_stderr(w, out);
	add_tail(w, out);
}

static void stop_reason(const struct watch *w, enum stop stop, struct str *out)
{
	const struct target *t = w->q->target;

	switch (stop) {
	case STOP_NONE:
	case STOP_PANIC: /* the console has said it */
		exit_reason(w, out);
		return;
	case STOP_CANCEL:
		str_add(out, "interrupted");
		return;
	case STOP_OUTPUT:
		str_add(out, "nobody takes the output of the command");
		return;
	case STOP_CONSOLE_FLOOD:
		str_addf(out, "console flood: more than %d KiB", t->console_limit);
		break;
	case STOP_RECORDS_FLOOD:
		str_addf(out, "records flood: more than %zu MiB", QEMU_RECORDS_MAX >> 20);
		break;
	case STOP_ARTIFACTS_FLOOD:
		str_addf(out, "artifacts flood: more than %lld MiB", ARTIFACT_MAX >> 20);
		break;
	case STOP_NO_START:
		str_addf(out, "no start line within %d s", t->boot_timeout);
		break;
	case STOP_NO_END:
		str_addf(out, "no end line within %.0f s of the start line", run_deadline(w));
		break;
	case STOP_NO_OFF:
		str_addf(out, "no power-off within %d s of the end line", t->off_timeout);
		break;
	}
	add_tail(w, out);
}

/* What the kernel said explains more than how the boot ended; but a flood or a cancelled boot is what it is. */
static char *verdict(const struct watch *w, enum stop stop)
{
	bool fatal;
	char *trouble = console_trouble(w->con.text.buf, w->con.text.len, &fatal);
	struct str s = STR_INIT;

	if (trouble && stop != STOP_CANCEL && stop != STOP_OUTPUT) {
		str_add(&s, trouble);
		if (stop == STOP_NO_END || stop == STOP_NO_OFF || stop == STOP_NO_START)
			str_add(&s, "; the machine did not go on");
		free(trouble);
		return str_detach(&s);
	}
	free(trouble);
	stop_reason(w, stop, &s);
	if (s.len)
		return str_detach(&s);
	return NULL;
}

void qemu_watch(const struct boot_request *q, const struct qemu_dir *d, pid_t pid, double begin,
		const volatile int *cancel, struct boot_result *r)
{
	struct watch w = {
		.q = q,
		.d = d,
		.begin = begin,
		.con = { .fd = d->console, .max = (size_t)q->target->console_limit << 10 },
		.rec = { .fd = d->records, .max = QEMU_RECORDS_MAX },
	};
	enum stop stop;

	str_init(&w.con.text);
	str_init(&w.rec.text);
	stop = watch_loop(&w, pid, cancel);
	r->total_seconds = proc_now() - begin;
	r->start_seconds = w.started ? w.started - begin : 0;
	r->run_seconds = w.ended ? w.ended - w.started : 0;
	r->reason = verdict(&w, stop);
	r->status = r->reason ? BOOT_BROKEN : BOOT_OK;
	str_keep_tail(&w.con.text, CONSOLE_TAIL);
	str_release(&r->console);
	str_release(&r->records);
	r->console = w.con.text;
	r->records = w.rec.text;
}
