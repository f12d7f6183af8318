// SPDX-License-Identifier: GPL-2.0
/* Programs of the root image, run here without one. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "workloads/exec.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SH(script)                                                                                 \
	{                                                                                          \
		"sh", "-c", script, NULL                                                           \
	}

static void endings(void **state)
{
	static const struct {
		const char *name;
		const char *const argv[4];
		int timeout;
		size_t output_max;
		int want;
		const char *out, *err;
		int status; /* -1: it may have ended before it was killed */
		const char *message; /* of exec_run(), else of exec_check() */
	} rows[] = {
		{ "well", SH("echo a; echo b >&2"), 0, 0, 0, "a\n", "b\n", 0, "" },
		{ "its own status", SH("echo no; echo why >&2; exit 3"), 0, 0, 0, "no\n", "why\n",
		  3, "sh: exited with status 3: why" },
		{ "a status like a signal's", SH("exit 255"), 0, 0, 0, "", "", 255,
		  "sh: exited with status 255: it gave no reason" },
		{ "crash", SH("kill -SEGV $$"), 0, 0, 0, "", "", 139,
		  "sh: ended by SIGSEGV: it gave no reason" },
		{ "not there",
		  { "kdelta-no-such-program", NULL },
		  0,
		  0,
		  -1,
		  "",
		  "",
		  0,
		  "cannot run 'kdelta-no-such-program': No such file or directory" },
		{ "too long", SH("echo begun; sleep 60"), 1, 0, -1, "begun\n", "", 137,
		  "sh: no end within 1 s" },
		{ "too much", SH("while :; do echo 0123456789; done"), 0, 4096, -1, NULL, "", 137,
		  "sh: wrote more than 4096 bytes" },
		{ "too much at the end", SH("printf 12345 >&2"), 0, 4, -1, "", "12345", -1,
		  "sh: wrote more than 4 bytes" },
		{ "just not too much", SH("printf 12345"), 0, 5, 0, "12345", "", 0, "" },
		{ "more than a pipe holds", SH("head -c 300000 /dev/zero | tr '\\0' x | wc -c"), 0,
		  0, 0, "300000\n", "", 0, "" },
		{ "no input", SH("read line || echo none"), 0, 0, 0, "none\n", "", 0, "" },
		{ "environment", SH("echo $HOME $TMPDIR $LC_ALL $USER; pwd"), 0, 0, 0,
		  "/tmp /tmp C\n/tmp\n", "", 0, "" },
		{ "a child that keeps the output open", SH("sleep 60 & echo done"), 0, 0, 0,
		  "done\n", "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct err e = ERR_INIT;
		struct exec x;
		int ret;

		exec_init(&x, rows[i].argv);
		x.root = NULL;
		x.timeout = rows[i].timeout;
		x.output_max = rows[i].output_max;
		ret = exec_run(&x, &e);
		if (!ret)
			exec_check(&x, &e);
		if (ret != rows[i].want || (rows[i].status >= 0 && x.status != rows[i].status) ||
		    strcmp(e.msg, rows[i].message) ||
		    (rows[i].out && strcmp(x.out.buf, rows[i].out)) ||
		    strcmp(x.err.buf, rows[i].err))
			fail_msg("%s\ngot:  %d status %d '%s' out '%s' err '%s'\n"
				 "want: %d status %d '%s' out '%s' err '%s'",
				 rows[i].name, ret, x.status, e.msg, x.out.buf, x.err.buf,
				 rows[i].want, rows[i].status, rows[i].message,
				 rows[i].out ? rows[i].out : "*", rows[i].err);
		exec_release(&x);
	}
}

/* The group goes with its leader, whatever it has started. */
static void nothing_stays(void **state)
{
	static const char *const argv[] = SH("sleep 60 & echo $!");
	struct err e = ERR_INIT;
	struct exec x;
	pid_t left;

	(void)state;
	exec_init(&x, argv);
	x.root = NULL;
	assert_int_equal(exec_run(&x, &e), 0);
	left = (pid_t)strtol(x.out.buf, NULL, 10);
	assert_true(left > 1);
	/* an orphan is a zombie until its new parent looks */
	for (int i = 0; i < 500 && !kill(left, 0); i++) {
		cleanup_free char *path = xasprintf("/proc/%d/stat", left);
		cleanup_str struct str text = STR_INIT;

		if (file_read(path, 4096, &text, NULL) || strstr(text.buf, ") Z "))
			break;
		assert_true(i < 499);
		usleep(10000);
	}
	exec_release(&x);
}

static void background(void **state)
{
	static const char *const argv[] =
		SH("trap 'echo stopped; exit 4' INT; echo up; while :; do sleep 0.01; done");
	struct err e = ERR_INIT;
	struct exec x;

	(void)state;
	exec_init(&x, argv);
	x.root = NULL;
	x.timeout = 30;
	assert_int_equal(exec_start(&x, &e), 0);
	assert_int_equal(kill(x.pid, 0), 0);
	/* the first thing that it writes shows that the trap is set */
	for (char c = 0; c != '\n';)
		assert_int_equal(read(x.out_fd, &c, 1), 1);
	assert_int_equal(exec_stop(&x, SIGINT, &e), 0);
	assert_string_equal(x.out.buf, "stopped\n");
	assert_int_equal(x.status, 4);
	assert_true(x.wall > 0 && x.max_rss > 0);
	assert_int_equal(exec_stop(&x, SIGINT, &e), -1);
	assert_string_equal(e.msg, "sh: does not run");
	exec_release(&x);
}

static void released_while_it_runs(void **state)
{
	static const char *const argv[] = SH("sleep 60");
	struct err e = ERR_INIT;
	struct exec x;
	pid_t pid;

	(void)state;
	exec_init(&x, argv);
	x.root = NULL;
	assert_int_equal(exec_start(&x, &e), 0);
	pid = x.pid;
	exec_release(&x);
	assert_int_equal(kill(pid, 0), -1);
}

static void where_it_starts(void **state)
{
	static const char *const argv[] = { "true", NULL };
	cleanup_str struct str dir = STR_INIT;
	cleanup_free char *procs = NULL, *want = NULL;
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;
	struct exec x;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	procs = path_join(dir.buf, "cgroup.procs");
	exec_init(&x, argv);
	x.root = NULL;
	x.cgroup = dir.buf;
	assert_int_equal(exec_run(&x, &e), -1);
	want = xasprintf("cannot start 'true' in the cgroup '%s': No such file or directory",
			 dir.buf);
	assert_string_equal(e.msg, want);
	assert_int_equal(file_write(procs, "", 0, &e), 0);
	assert_int_equal(exec_run(&x, &e), 0);
	assert_int_equal(file_read(procs, 64, &text, &e), 0);
	assert_string_equal(text.buf, "0");
	exec_release(&x);

	exec_init(&x, argv);
	x.root = dir.buf;
	err_clear(&e);
	assert_int_equal(exec_run(&x, &e), -1);
	/* no /tmp there; or who runs the test may not enter it */
	assert_true(str_starts(e.msg, "cannot start 'true' in '/"));
	exec_release(&x);
	assert_int_equal(tree_remove(dir.buf, NULL), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(endings),         cmocka_unit_test(nothing_stays),
		cmocka_unit_test(background),      cmocka_unit_test(released_while_it_runs),
		cmocka_unit_test(where_it_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
