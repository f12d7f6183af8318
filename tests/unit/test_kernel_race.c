// SPDX-License-Identifier: GPL-2.0
/* Builds that are killed in the middle, and builds that meet. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/paths.h"
#include "tests/unit/kernel_world.h"

/*
 * A build in a process of its own, which stops at the gate when there is one. @open_gate: this process's
 * end of another one's gate, which would stay open as long as the child has it too; or -1.
 */
static pid_t start_build(struct world *w, const char *gate, int open_gate, int steps_fd)
{
	struct err e = ERR_INIT;
	struct kernel *k;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (open_gate >= 0)
		close(open_gate);
	if (gate)
		setenv("KDELTA_FAKE_GATE", gate, 1);
	w->steps_fd = steps_fd;
	k = try_build(w, false, &e);
	if (!k)
		fprintf(stderr, "child: %s\n", e.msg);
	_exit(k ? 0 : 1);
}

static char *make_gate(struct world *w)
{
	char *gate = path_join(w->dir.buf, "gate");

	assert_int_equal(mkfifo(gate, 0600), 0);
	return gate;
}

static int exit_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Can the one partial kernel's log be locked, within a deadline? Then nothing writes to it any more. */
static bool nothing_runs(long wait_ms)
{
	cleanup_free char *kernels = path_join(paths_cache(), "kernels");
	cleanup_strv struct strv names = STRV_INIT;
	int fd;

	assert_int_equal(dir_list(kernels, ".partial", &names, NULL), 0);
	assert_int_equal(names.n, 1);
	cleanup_free char *log = xasprintf("%s/%s/build.log", kernels, names.v[0]);
	fd = file_lock(log, wait_ms, NULL);
	if (fd >= 0)
		file_unlock(fd);
	return fd >= 0;
}

/* What make started lives on behind the gate; the next build ends it instead of waiting for ever. */
static void a_killed_build_goes_on(void **state)
{
	struct world *w = *state;
	cleanup_free char *gate = make_gate(w);
	pid_t pid = start_build(w, gate, -1, -1);
	int fd = open(gate, O_WRONLY);
	struct kernel *k;

	assert_true(fd >= 0); /* make stands in the middle now */
	kill(pid, SIGKILL);
	assert_int_equal(exit_of(pid), 128 + SIGKILL);
	assert_int_equal(count_entries("kernels", NULL), 1);
	assert_false(nothing_runs(0));
	assert_null(kernel_find(&w->variant, arch_host()));

	k = build(w);
	close(fd);
	assert_true(stepped(w, "ending the rest of a killed build"));
	assert_true(stepped(w, "continuing the build of base"));
	assert_false(log_has(k, "CC      mm/page_alloc.o"));
	assert_int_equal(count_entries("kernels", ".partial"), 0);
	kernel_free(k);
}

static void an_interrupted_build_leaves_nothing_running(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct world *w = *state;
	cleanup_free char *gate = make_gate(w);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = start_build(w, gate, -1, -1);
		int fd = open(gate, O_WRONLY);

		assert_true(fd >= 0);
		kill(pid, signals[i]);
		assert_int_equal(exit_of(pid), 128 + signals[i]);
		assert_true(nothing_runs(20000)); /* the last of them may be dying */
		close(fd);
	}
	kernel_free(build(w));
	assert_true(stepped(w, "continuing the build of base"));
}

/* Read what a child's progress says until it says @text. */
static void wait_for_step(int fd, const char *text)
{
	cleanup_str struct str got = STR_INIT;
	char c;

	while (!strstr(got.buf, text)) {
		assert_int_equal(read(fd, &c, 1), 1);
		str_addch(&got, c);
	}
}

static void two_builds_of_one_kernel_make_one(void **state)
{
	struct world *w = *state;
	cleanup_free char *gate = make_gate(w);
	pid_t first = start_build(w, gate, -1, -1), second;
	int fd = open(gate, O_WRONLY), fds[2];
	struct kernel *k;

	assert_true(fd >= 0);
	assert_int_equal(pipe(fds), 0);
	second = start_build(w, NULL, fd, fds[1]);
	wait_for_step(fds[0], "waiting for another kdelta that builds this variant");
	close(fd);
	assert_int_equal(exit_of(first), 0);
	assert_int_equal(exit_of(second), 0);
	close(fds[0]);
	close(fds[1]);

	k = build(w);
	assert_string_equal(w->steps.buf, "");
	assert_int_equal(count_entries("kernels", NULL), 1);
	kernel_free(k);
}

/* Two requests, one key: the second waits for the first one's kernel and takes it. */
static void two_requests_of_one_key_make_one(void **state)
{
	struct world *w = *state;
	cleanup_free char *gate = make_gate(w);
	pid_t first = start_build(w, gate, -1, -1), second;
	int fd = open(gate, O_WRONLY), fds[2];

	assert_true(fd >= 0);
	assert_int_equal(pipe(fds), 0);
	strv_push(&w->variant.options, "CONFIG_TINY=y");
	second = start_build(w, NULL, fd, fds[1]);
	wait_for_step(fds[0], "waiting for another kdelta that builds this kernel");
	close(fd);
	assert_int_equal(exit_of(first), 0);
	assert_int_equal(exit_of(second), 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(count_entries("kernels", NULL), 1);
	assert_int_equal(count_entries("requests", NULL), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(a_killed_build_goes_on),
		WORLD(an_interrupted_build_leaves_nothing_running),
		WORLD(two_builds_of_one_kernel_make_one),
		WORLD(two_requests_of_one_key_make_one),
	};
	int failed = world_begin();

	if (!failed)
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
