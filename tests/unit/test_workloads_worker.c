// SPDX-License-Identifier: GPL-2.0
/* Processes of stress workloads: who waits for them comes back, and they hold nothing that somebody waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "workloads/worker.h"

#define A_WHILE 60 /* s; nobody waits that long if all is well */

static pid_t start(void (*run)(void))
{
	pid_t pid = worker_fork();

	assert_true(pid >= 0);
	if (!pid)
		run();
	return pid;
}

static void run_well(void)
{
	_exit(7);
}

static void run_forever(void)
{
	for (;;)
		pause();
}

static void ended(void **state)
{
	struct err e = ERR_INIT;
	int status = 0;

	(void)state;
	assert_int_equal(worker_wait(start(run_well), A_WHILE, &status, &e), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void there(void **state)
{
	pid_t pids[] = { 0, start(run_forever), start(run_well), start(run_forever) };
	struct err e = ERR_INIT;
	int status;

	(void)state;
	assert_int_equal(worker_wait(pids[1], 0, &status, &e), 1);
	assert_int_equal(worker_kill(pids, 4), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pids[i], 0);
	assert_int_equal(e.kind, ERR_NONE);
}

static void nobody(void **state)
{
	struct err e = ERR_INIT;
	int status;

	(void)state;
	/* ours, and no child */
	assert_int_equal(worker_wait(getpid(), A_WHILE, &status, &e), -1);
	assert_non_null(strstr(e.msg, "cannot wait for process"));
}

/* A reader sees the end of a pipe whose other end was open here, while the child is there. */
static void pipes(void **state)
{
	int fds[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = start(run_forever);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
	assert_int_equal(worker_kill(&pid, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ended),
		cmocka_unit_test(there),
		cmocka_unit_test(nobody),
		cmocka_unit_test(pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
