// SPDX-License-Identifier: GPL-2.0
/* What stands on standard error while something takes its time: on a terminal, and in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/proc.h"
#include "runner/base/str.h"
#include "runner/progress.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define NO_TERMINAL (-1)
#define MARK '\1'

/* Standard error, elsewhere for a while: a terminal of so many columns, or a pipe. */
struct screen {
	int saved, reader;
	struct progress p;
};

static int open_terminal(int columns, int *master)
{
	struct winsize ws = { .ws_row = 24, .ws_col = (unsigned short)columns };
	char name[64];
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(*master >= 0 && !grantpt(*master) && !unlockpt(*master));
	assert_int_equal(ptsname_r(*master, name, sizeof(name)), 0);
	fd = open(name, O_RDWR | O_NOCTTY);
	assert_true(fd >= 0 && !ioctl(fd, TIOCSWINSZ, &ws));
	return fd;
}

static void begin(struct screen *s, int columns)
{
	int fds[2];

	if (columns == NO_TERMINAL)
		assert_int_equal(pipe(fds), 0);
	else
		fds[1] = open_terminal(columns, &fds[0]);
	fflush(stderr);
	s->reader = fds[0];
	s->saved = dup(STDERR_FILENO);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	close(fds[1]);
	progress_init(&s->p);
}

/* What was printed, with the line ends of a file. A terminal hands it over when it likes: read up to a mark. */
static char *end(struct screen *s)
{
	struct str out = STR_INIT;
	char c;

	fputc(MARK, stderr);
	fflush(stderr);
	while (read(s->reader, &c, 1) == 1 && c != MARK) {
		if (c == '\n' && str_ends(out.buf, "\r"))
			out.buf[--out.len] = '\0';
		str_addch(&out, c);
	}
	dup2(s->saved, STDERR_FILENO);
	close(s->saved);
	close(s->reader);
	return str_detach(&out);
}

static void objects(void **state)
{
	static const struct {
		const char *name;
		long done, total;
		double seconds;
		const char *want;
	} rows[] = {
		{ "nothing yet", 0, 0, 0, "0 objects, 0:00 elapsed" },
		{ "nothing yet of many", 0, 3000, 9.9, "0 objects, 0:09 elapsed" },
		{ "one", 1, 0, 1, "1 object, 0:01 elapsed" },
		{ "one of one", 1, 1, 59.99, "1 of about 1 object, 0:59 elapsed, about 0:00 left" },
		{ "a half", 50, 100, 60, "50 of about 100 objects, 1:00 elapsed, about 1:00 left" },
		{ "all", 7, 7, 61, "7 of about 7 objects, 1:01 elapsed, about 0:00 left" },
		{ "more than thought", 8, 7, 61, "8 objects, 1:01 elapsed" },
		{ "minutes", 10, 0, 3599, "10 objects, 59:59 elapsed" },
		{ "an hour", 10, 0, 3600, "10 objects, 1:00:00 elapsed" },
		{ "hours", 1, 4, 5405,
		  "1 of about 4 objects, 1:30:05 elapsed, about 4:30:15 left" },
		{ "days", 10, 0, 360000, "10 objects, 100:00:00 elapsed" },
		{ "longer than a number of seconds", 1, 2000000, 86400,
		  "1 of about 2000000 objects, 24:00:00 elapsed, about 47999976:00:00 left" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *got = NULL, *want = xasprintf("  %s\n", rows[i].want);
		struct build_progress bp;
		struct screen s;

		begin(&s, NO_TERMINAL);
		bp = progress_build(&s.p);
		bp.objects(bp.arg, rows[i].done, rows[i].total, rows[i].seconds);
		got = end(&s);
		if (strcmp(got, want))
			fail_msg("%s: got '%s', wanted '%s'", rows[i].name, got, want);
	}
}

/* One line that is written again and again, and never wraps: a line that did could not be overwritten. */
static void widths(void **state)
{
	static const char line[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";
	static const struct {
		const char *name;
		int columns, shown;
	} rows[] = {
		{ "as usual", 80, 77 },
		{ "a wide one", 200, 120 },
		{ "just enough", 123, 120 },
		{ "one too few", 122, 119 },
		{ "narrow", 20, 17 },
		{ "hardly any", 4, 1 },
		{ "too few for anything", 3, 0 },
		{ "of no known width", 0, 77 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *want = xasprintf("\r\033[K  %.*s\r\033[K  %.*s\n", rows[i].shown,
						    line, rows[i].shown, "short");
		cleanup_free char *got = NULL;
		struct screen s;

		begin(&s, rows[i].columns);
		progress_update(&s.p, "%s", line);
		progress_update(&s.p, "short");
		progress_end(&s.p);
		progress_end(&s.p);
		got = end(&s);
		if (strcmp(got, want))
			fail_msg("%s: got '%s', wanted '%s'", rows[i].name, got, want);
	}
}

/* A step ends the line that is open, and stays. */
static void steps_on_a_terminal(void **state)
{
	cleanup_free char *got = NULL;
	struct build_progress bp;
	struct screen s;

	(void)state;
	begin(&s, 80);
	bp = progress_build(&s.p);
	bp.step(bp.arg, "building 100%s");
	bp.objects(bp.arg, 1, 0, 1);
	bp.step(bp.arg, "next");
	progress_end(&s.p);
	got = end(&s);
	assert_string_equal(got, "building 100%s\n\r\033[K  1 object, 0:01 elapsed\nnext\n");
}

/* Elsewhere a line now and then, the first at once. */
static void plain_lines(void **state)
{
	cleanup_free char *got = NULL;
	struct screen s;

	(void)state;
	begin(&s, NO_TERMINAL);
	s.p.last = proc_now() - 3600; /* as if kdelta had run for a while */
	progress_update(&s.p, "one");
	progress_update(&s.p, "at once");
	s.p.last -= 11;
	progress_update(&s.p, "two");
	progress_step(&s.p, "step %d", 3);
	progress_update(&s.p, "right behind a step");
	s.p.last -= 11;
	progress_update(&s.p, "four");
	progress_end(&s.p);
	got = end(&s);
	assert_string_equal(got, "  one\n  two\nstep 3\n  four\n");
}

/* The next file to open stands at the end of a message. */
static void long_steps(void **state)
{
	cleanup_free char *got = NULL, *text = xmalloc(4001);
	struct screen s;

	(void)state;
	memset(text, 'x', 4000);
	text[4000] = '\0';
	begin(&s, NO_TERMINAL);
	progress_step(&s.p, "%s (log: /a)", text);
	got = end(&s);
	assert_int_equal(strlen(got), 4000 + strlen(" (log: /a)\n"));
	assert_true(str_ends(got, "x (log: /a)\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects),
		cmocka_unit_test(widths),
		cmocka_unit_test(steps_on_a_terminal),
		cmocka_unit_test(plain_lines),
		cmocka_unit_test(long_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
