// SPDX-License-Identifier: GPL-2.0
#include "runner/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "runner/base/proc.h"
#include "runner/command.h"

#define PLAIN_INTERVAL 10.0 /* s between plain lines */

void progress_init(struct progress *p)
{
	*p = (struct progress){ .tty = isatty(STDERR_FILENO) };
}

void progress_end(struct progress *p)
{
	if (p->open)
		fputc('\n', stderr);
	p->open = false;
	fflush(stderr);
}

void progress_step(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	progress_end(p);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	p->last = proc_now();
}

/* Bytes of a line behind two blanks: or the carriage return would not come back to the line's start. */
static int line_room(void)
{
	int width = term_width(STDERR_FILENO);

	if (!width)
		return 77;
	return width > 3 ? width - 3 : 0;
}

void progress_update(struct progress *p, const char *fmt, ...)
{
	double now = proc_now();
	char line[512];
	va_list ap;

	if (!p->tty && now - p->last < PLAIN_INTERVAL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	p->last = now;
	if (p->tty) {
		fprintf(stderr, "\r\033[K  %.*s", line_room(), line);
		p->open = true;
	} else {
		fprintf(stderr, "  %s\n", line);
	}
	fflush(stderr);
}

static void on_step(void *arg, const char *text)
{
	progress_step(arg, "%s", text);
}

#define CLOCK_MAX 32

/* "0:09", "59:59", "1:00:00" */
static void clock_text(double seconds, char out[CLOCK_MAX])
{
	long s = (long)seconds;

	if (s < 3600)
		snprintf(out, CLOCK_MAX, "%ld:%02ld", s / 60, s % 60);
	else
		snprintf(out, CLOCK_MAX, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

static const char *plural(long n)
{
	return n == 1 ? "" : "s";
}

static void on_objects(void *arg, long done, long total, double seconds)
{
	char elapsed[CLOCK_MAX], left[CLOCK_MAX];

	clock_text(seconds, elapsed);
	if (total > 0 && done > 0 && done <= total) {
		clock_text(seconds * (double)(total - done) / (double)done, left);
		progress_update(arg, "%ld of about %ld object%s, %s elapsed, about %s left", done,
				total, plural(total), elapsed, left);
	} else {
		progress_update(arg, "%ld object%s, %s elapsed", done, plural(done), elapsed);
	}
}

struct build_progress progress_build(struct progress *p)
{
	return (struct build_progress){ .step = on_step, .objects = on_objects, .arg = p };
}
