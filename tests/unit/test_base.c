// SPDX-License-Identifier: GPL-2.0
/* The base: strings, errors, files, processes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/err.h"
#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/base/str.h"

static void str_grows_and_keeps_its_tail(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	assert_string_equal(s.buf, "");
	for (int i = 0; i < 1000; i++)
		str_addf(&s, "%d,", i);
	assert_int_equal(s.len, 3890);
	str_keep_tail(&s, 8);
	assert_string_equal(s.buf, "998,999,");
	str_reset(&s);
	assert_string_equal(s.buf, "");
	str_release(&s);
	assert_string_equal(s.buf, "");
}

static void strv_splits(void **state)
{
	static const struct {
		const char *text, *seps;
		size_t n;
		const char *last;
	} rows[] = {
		{ "", " ", 0, NULL },      { "   ", " ", 0, NULL },   { "a", " ", 1, "a" },
		{ " a  b ", " ", 2, "b" }, { "a:b,c", ":,", 3, "c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_strv struct strv v = STRV_INIT;

		strv_split(&v, rows[i].text, rows[i].seps);
		assert_int_equal(v.n, rows[i].n);
		if (v.n)
			assert_string_equal(v.v[v.n - 1], rows[i].last);
	}
}

static void strv_quotes_for_a_reader(void **state)
{
	cleanup_strv struct strv v = STRV_INIT;
	cleanup_str struct str out = STR_INIT;

	(void)state;
	strv_push(&v, "qemu");
	strv_push(&v, "a b");
	strv_push(&v, "it's");
	strv_push(&v, "");
	strv_push(&v, "x=$HOME");
	strv_quote(&v, &out);
	assert_string_equal(out.buf, "qemu 'a b' 'it'\\''s' '' 'x=$HOME'");
}

static void err_keeps_the_first_and_is_one_line(void **state)
{
	struct err e = ERR_INIT;
	char *huge = xmalloc(2 * ERR_MAX);

	(void)state;
	assert_int_equal(err_set(&e, ERR_INFRA, "first\nline"), -1);
	err_set(&e, ERR_USAGE, "second");
	assert_int_equal(e.kind, ERR_INFRA);
	assert_string_equal(e.msg, "first line");
	err_prefix(&e, "boot %d", 3);
	assert_string_equal(e.msg, "boot 3: first line");
	err_clear(&e);
	memset(huge, 'x', 2 * ERR_MAX);
	huge[2 * ERR_MAX - 1] = '\0';
	err_set(&e, ERR_INFRA, "%s", huge);
	assert_int_equal(strlen(e.msg), ERR_MAX - 1);
	assert_true(str_ends(e.msg, "..."));
	err_clear(&e);
	errno = ENOSPC;
	err_set(&e, ERR_USAGE, "%s", "a\033[31mb\tc\x7f\xc2\x9b[2J \xc3\x9b");
	assert_string_equal(e.msg, "a?[31mb c???[2J \xc3\x9b");
	err_clear(&e);
	err_errno(&e, ERR_INFRA, "cannot write '%s'", "f");
	assert_string_equal(e.msg, "cannot write 'f': No space left on device");
	err_set(NULL, ERR_INFRA, "nobody listens");
	free(huge);
}

static char *in_temp(void **state, const char *name)
{
	return path_join(*state, name);
}

static int setup(void **state)
{
	struct str s = STR_INIT;

	if (dir_temp(NULL, &s, NULL))
		return -1;
	*state = str_detach(&s);
	return 0;
}

static int teardown(void **state)
{
	int ret = tree_remove(*state, NULL);

	free(*state);
	return ret;
}

static void file_write_is_all_or_nothing(void **state)
{
	cleanup_free char *path = in_temp(state, "f");
	cleanup_free char *nowhere = in_temp(state, "no/such/f");
	cleanup_str struct str got = STR_INIT;
	cleanup_strv struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(file_write(path, "one", 3, &e), 0);
	assert_int_equal(file_write(path, "two!", 4, &e), 0);
	assert_int_equal(file_read(path, 0, &got, &e), 0);
	assert_string_equal(got.buf, "two!");
	assert_int_equal(file_read(path, 3, &got, &e), -1);
	assert_non_null(strstr(e.msg, "larger than 3 bytes"));
	err_clear(&e);
	assert_int_equal(file_write(nowhere, "x", 1, &e), -1);
	assert_non_null(strstr(e.msg, nowhere));
	assert_int_equal(dir_list(*state, NULL, &names, NULL), 0);
	assert_int_equal(names.n, 1); /* no temporary file stays behind */
}

static void file_tail_and_copy(void **state)
{
	cleanup_free char *path = in_temp(state, "f");
	cleanup_free char *copy = in_temp(state, "g");
	cleanup_str struct str got = STR_INIT;

	assert_int_equal(file_write(path, "0123456789", 10, NULL), 0);
	assert_int_equal(file_read_tail(path, 4, &got, NULL), 0);
	assert_string_equal(got.buf, "6789");
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(file_copy(path, copy, NULL), 0);
	assert_int_equal(file_size(copy), 10);
	assert_int_equal(access(copy, X_OK), 0);
	assert_int_equal(file_size("/no/such/file"), -1);
}

static void tree_remove_spares_what_links_point_to(void **state)
{
	cleanup_free char *kept = in_temp(state, "kept");
	cleanup_free char *tree = in_temp(state, "tree");
	cleanup_free char *deep = in_temp(state, "tree/a/b/c");
	cleanup_free char *link_path = in_temp(state, "tree/a/link");

	assert_int_equal(file_write(kept, "x", 1, NULL), 0);
	assert_int_equal(dir_make(deep, NULL), 0);
	assert_int_equal(dir_make(deep, NULL), 0); /* an existing one is fine */
	assert_int_equal(symlink(kept, link_path), 0);
	assert_int_equal(tree_remove(tree, NULL), 0);
	assert_false(dir_exists(tree));
	assert_true(file_exists(kept));
	assert_int_equal(tree_remove(tree, NULL), 0); /* a missing one too */
}

static void dir_make_says_what_is_in_the_way(void **state)
{
	cleanup_free char *file = in_temp(state, "f");
	cleanup_free char *below = in_temp(state, "f/sub");
	struct err e = ERR_INIT;

	assert_int_equal(file_write(file, "", 0, NULL), 0);
	assert_int_equal(dir_make(file, &e), -1);
	assert_non_null(strstr(e.msg, "a file is in the way"));
	err_clear(&e);
	assert_int_equal(dir_make(below, &e), -1);
	assert_non_null(strstr(e.msg, "Not a directory"));
}

static void lock_excludes_another_process(void **state)
{
	cleanup_free char *path = in_temp(state, "lock");
	int fd = file_lock(path, -1, NULL);
	int status;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		struct err e = ERR_INIT;

		_exit(file_lock(path, 0, &e) < 0 && strstr(e.msg, "locked by another") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	file_unlock(fd);
	fd = file_lock(path, 0, NULL);
	assert_true(fd >= 0);
	file_unlock(fd);
}

static void proc_reports_how_it_ended(void **state)
{
	static const struct {
		const char *argv[4];
		long deadline_ms;
		int status;
		bool timed_out;
		const char *out;
	} rows[] = {
		{ { "true" }, 0, 0, false, "" },
		{ { "false" }, 0, 1, false, "" },
		{ { "echo", "a b", "$HOME" }, 0, 0, false, "a b $HOME\n" }, /* no shell looks at it */
		{ { "sh", "-c", "echo out; echo err >&2; exit 7" }, 0, 7, false, "out\nerr\n" },
		{ { "sh", "-c", "kill -9 $$" }, 0, 128 + SIGKILL, false, "" },
		{ { "sleep", "60" }, 50, 128 + SIGTERM, true, "" },
		/* one that ignores SIGTERM */
		{ { "sh", "-c", "trap '' TERM; while :; do sleep 0.01; done" },
		  50,
		  128 + SIGKILL,
		  true,
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_str struct str out = STR_INIT;
		struct proc p = PROC_INIT;
		struct proc_result r;

		p.argv = rows[i].argv;
		p.out = &out;
		p.deadline_ms = rows[i].deadline_ms;
		assert_int_equal(proc_run(&p, &r, NULL), 0);
		if (r.status != rows[i].status || r.timed_out != rows[i].timed_out ||
		    strcmp(out.buf, rows[i].out))
			fail_msg("%s %s: got status %d, timed out %d, '%s'; wanted %d, %d, '%s'",
				 rows[i].argv[0], rows[i].argv[1] ? rows[i].argv[1] : "", r.status,
				 r.timed_out, out.buf, rows[i].status, rows[i].timed_out,
				 rows[i].out);
	}
}

static volatile sig_atomic_t interrupted;

static void on_alarm(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* A signal ends a child without a deadline, and none is started any more. */
static void proc_ends_when_it_is_interrupted(void **state)
{
	const char *argv[] = { "sleep", "100000", NULL };
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	struct sigaction sa = { .sa_handler = on_alarm }, old;
	struct proc p = PROC_INIT;
	struct proc_result r;
	struct err e = ERR_INIT;

	(void)state;
	proc_interrupt_on(&interrupted);
	assert_int_equal(sigaction(SIGALRM, &sa, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	p.argv = argv;
	assert_int_equal(proc_run(&p, &r, &e), -1);
	assert_string_equal(e.msg, "'sleep' was interrupted");
	assert_false(r.timed_out);
	assert_int_equal(r.status, 128 + SIGTERM);
	err_clear(&e);
	assert_int_equal(proc_check(&p, &e), -1);
	assert_string_equal(e.msg, "'sleep' was interrupted");
	argv[0] = "true";
	argv[1] = NULL;
	assert_int_equal(proc_run(&p, &r, NULL), -1);
	interrupted = 0;
	assert_int_equal(proc_run(&p, &r, NULL), 0);
	assert_int_equal(r.status, 0);
	proc_interrupt_on(NULL);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
}

static void proc_keeps_the_tail_of_a_flood(void **state)
{
	const char *argv[] = { "sh", "-c",
			       "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i; done", NULL };
	cleanup_str struct str out = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;

	(void)state;
	p.argv = argv;
	p.out = &out;
	p.out_max = 12;
	assert_int_equal(proc_run(&p, &r, NULL), 0);
	assert_string_equal(out.buf, "19999\n20000\n");
}

static void proc_names_what_it_cannot_run(void **state)
{
	const char *argv[] = { "kdelta-no-such-program", NULL };
	const char *failing[] = { "sh", "-c", "echo the reason; exit 3", NULL };
	struct proc p = PROC_INIT;
	struct proc_result r;
	struct err e = ERR_INIT;

	(void)state;
	p.argv = argv;
	assert_int_equal(proc_run(&p, &r, &e), -1);
	assert_string_equal(e.msg,
			    "cannot run 'kdelta-no-such-program': No such file or directory");
	err_clear(&e);
	p.argv = failing;
	assert_int_equal(proc_check(&p, &e), -1);
	assert_string_equal(e.msg, "'sh' failed with status 3: the reason");
}

static void proc_passes_environment_folder_and_nothing_else(void **state)
{
	const char *argv[] = { "sh", "-c",
			       "echo $KD_A-${KD_B-unset}; pwd -P; ls /proc/self/fd | wc -l", NULL };
	cleanup_strv struct strv env = STRV_INIT;
	cleanup_str struct str out = STR_INIT;
	cleanup_free char *want = NULL;
	cleanup_free char *real = realpath(*state, NULL);
	struct proc p = PROC_INIT;
	struct proc_result r;
	int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	setenv("KD_B", "inherited", 1);
	strv_push(&env, "KD_A=given");
	strv_push(&env, "KD_B");
	p.argv = argv;
	p.env = &env;
	p.cwd = *state;
	p.out = &out;
	assert_int_equal(proc_run(&p, &r, NULL), 0);
	/* 0, 1, 2 and the one that ls opens */
	want = xasprintf("given-unset\n%s\n4\n", real);
	assert_string_equal(out.buf, want);
	close(leak);
}

static void proc_stop_ends_the_whole_group(void **state)
{
	cleanup_free char *mark = in_temp(state, "pid");
	cleanup_free char *script =
		xasprintf("sleep 60 & echo $! > %s.t; mv %s.t %s; wait", mark, mark, mark);
	const char *argv[] = { "sh", "-c", script, NULL };
	cleanup_str struct str pid_text = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;
	double give_up = proc_now() + 20;
	pid_t pid, grandchild;

	p.argv = argv;
	assert_int_equal(proc_start(&p, &pid, NULL), 0);
	while (!file_exists(mark) && proc_now() < give_up)
		assert_false(proc_poll(pid, &r));
	assert_int_equal(file_read(mark, 0, &pid_text, NULL), 0);
	grandchild = (pid_t)atoi(pid_text.buf);
	assert_int_equal(kill(grandchild, 0), 0);
	proc_stop(pid, 1000, &r);
	assert_int_equal(r.signal, SIGTERM);
	/* its new parent may take a moment to reap it; a zombie is dead enough */
	while (!kill(grandchild, 0) && proc_now() < give_up) {
		cleanup_free char *stat = xasprintf("/proc/%d/stat", grandchild);
		cleanup_str struct str text = STR_INIT;

		if (file_read(stat, 0, &text, NULL) || strstr(text.buf, ") Z "))
			break;
	}
	assert_true(proc_now() < give_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_grows_and_keeps_its_tail),
		cmocka_unit_test(strv_splits),
		cmocka_unit_test(strv_quotes_for_a_reader),
		cmocka_unit_test(err_keeps_the_first_and_is_one_line),
		cmocka_unit_test_setup_teardown(file_write_is_all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(file_tail_and_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(tree_remove_spares_what_links_point_to, setup,
						teardown),
		cmocka_unit_test_setup_teardown(dir_make_says_what_is_in_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_excludes_another_process, setup, teardown),
		cmocka_unit_test(proc_reports_how_it_ended),
		cmocka_unit_test(proc_ends_when_it_is_interrupted),
		cmocka_unit_test(proc_keeps_the_tail_of_a_flood),
		cmocka_unit_test(proc_names_what_it_cannot_run),
		cmocka_unit_test_setup_teardown(proc_passes_environment_folder_and_nothing_else,
						setup, teardown),
		cmocka_unit_test_setup_teardown(proc_stop_ends_the_whole_group, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
