// SPDX-License-Identifier: GPL-2.0
/* Temporary folders: who makes one has it for itself, and what the dead leave is removed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/tempdir.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define NOBODY 65534

static char *base; /* of each test */

static int setup(void **state)
{
	struct str dir = STR_INIT;

	(void)state;
	if (dir_temp(NULL, &dir, NULL))
		return -1;
	base = str_detach(&dir);
	return 0;
}

static int teardown(void **state)
{
	int ret = tree_remove(base, NULL);

	(void)state;
	free(base);
	return ret;
}

static size_t entries(void)
{
	cleanup_strv struct strv names = STRV_INIT;

	assert_int_equal(dir_list(base, NULL, &names, NULL), 0);
	return names.n;
}

static char *below(const char *dir, const char *name)
{
	return path_join(dir, name);
}

static void put(const char *dir, const char *name)
{
	cleanup_free char *path = below(dir, name);

	assert_int_equal(file_write(path, "x\n", 2, NULL), 0);
}

static void put_dir(const char *name)
{
	cleanup_free char *path = below(base, name);

	assert_int_equal(dir_make(path, NULL), 0);
	put(path, "file");
}

static bool there(const char *name)
{
	cleanup_free char *path = below(base, name);
	struct stat st;

	return !lstat(path, &st);
}

static void make_and_remove(void **state)
{
	struct tempdir d = { 0 };
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	tempdir_remove(&d); /* there is none */
	assert_int_equal(tempdir_make(&d, base, &e), 0);
	assert_int_equal(strlen(path_base(d.path)), strlen("kdelta.XXXXXX"));
	assert_true(str_starts(path_base(d.path), "kdelta."));
	assert_int_equal(lstat(d.path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(entries(), 2);
	put(d.path, "file");
	tempdir_sweep(base); /* never one's own */
	assert_true(dir_exists(d.path));
	tempdir_remove(&d);
	assert_null(d.path);
	assert_int_equal(entries(), 0);
	tempdir_remove(&d);
}

/* What is made in it often gets its name by a rename of the whole folder. */
static void moved_away(void **state)
{
	cleanup_free char *to = below(base, "final");
	struct tempdir d = { 0 };

	(void)state;
	assert_int_equal(tempdir_make(&d, base, NULL), 0);
	put(d.path, "file");
	assert_int_equal(rename(d.path, to), 0);
	tempdir_remove(&d);
	assert_int_equal(entries(), 1);
	assert_true(there("final/file"));
}

static void where(void **state)
{
	struct tempdir d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(setenv("TMPDIR", base, 1), 0);
	assert_int_equal(tempdir_make(&d, NULL, &e), 0);
	assert_true(str_starts(d.path, base));
	tempdir_remove(&d);
	assert_int_equal(setenv("TMPDIR", "", 1), 0);
	assert_int_equal(tempdir_make(&d, NULL, &e), 0);
	assert_true(str_starts(d.path, "/tmp/"));
	tempdir_remove(&d);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(tempdir_make(&d, "/nonexistent", &e), -1);
	assert_string_equal(e.msg, "cannot make a temporary folder in '/nonexistent': "
				   "No such file or directory");
	assert_null(d.path);
	tempdir_sweep("/nonexistent");
}

/* A child that makes a folder, with something in it, and waits for its end. Its folder's name comes back. */
static pid_t owner(char name[64])
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct tempdir d = { 0 };
		cleanup_free char *deep = NULL;

		if (tempdir_make(&d, base, NULL))
			_exit(1);
		deep = below(d.path, "a/b");
		if (dir_make(deep, NULL) || dprintf(fds[1], "%s", path_base(d.path)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	memset(name, 0, 64);
	assert_true(read(fds[0], name, 63) > 0);
	close(fds[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_dead_and_the_living(void **state)
{
	char dead[64], living[64];
	pid_t a = owner(dead), b = owner(living);

	(void)state;
	tempdir_sweep(base);
	assert_int_equal(entries(), 4);
	end(a);
	tempdir_sweep(base);
	assert_false(there(dead));
	assert_true(there(living));
	assert_int_equal(entries(), 2);
	end(b);
	tempdir_sweep(base);
	assert_int_equal(entries(), 0);
}

/* Names, and what stands there: which of them does a sweep take? */
static void what_is_swept(void **state)
{
	static const struct {
		const char *name;
		const char *dir, *file, *link; /* made, where named; the link leads to "kept" */
		bool swept;
	} rows[] = {
		{ "a left-over", "kdelta.aaaaaa", "kdelta.aaaaaa.lock", NULL, true },
		{ "one that was moved away", NULL, "kdelta.bbbbbb.lock", NULL, true },
		{ "a folder that says nothing of its owner", "kdelta.cccccc", NULL, NULL, false },
		{ "of something else", "kdelta-test.dddddd", "kdelta-test.dddddd.lock", NULL,
		  false },
		{ "a longer name", "kdelta.eeeeeee", "kdelta.eeeeeee.lock", NULL, false },
		{ "a shorter one", "kdelta.fffff", "kdelta.fffff.lock", NULL, false },
		{ "a lock alone", NULL, ".lock", NULL, false },
		{ "a link for a folder", NULL, "kdelta.gggggg.lock", "kdelta.gggggg", false },
		{ "a link for a lock", "kdelta.hhhhhh", NULL, "kdelta.hhhhhh.lock", false },
		{ "a folder for a lock", "kdelta.iiiiii.lock", NULL, NULL, false },
		{ "a file for a folder", NULL, "kdelta.jjjjjj.lock", NULL, false },
	};

	(void)state;
	put_dir("kept");
	put(base, "kdelta.jjjjjj");
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *link = rows[i].link ? below(base, rows[i].link) : NULL;

		if (rows[i].dir)
			put_dir(rows[i].dir);
		if (rows[i].file)
			put(base, rows[i].file);
		assert_true(!link || !symlink("kept", link));
	}
	tempdir_sweep(base);
	for (size_t i = 0; i < NROWS(rows); i++) {
		const char *names[] = { rows[i].dir, rows[i].file, rows[i].link };

		for (size_t k = 0; k < NROWS(names); k++)
			if (names[k] && there(names[k]) == rows[i].swept)
				fail_msg("%s: '%s' %s", rows[i].name, names[k],
					 rows[i].swept ? "is left" : "was removed");
	}
	assert_true(there("kept/file"));
}

/* In /tmp everybody can make such names. */
static void what_others_own(void **state)
{
	cleanup_free char *dir = below(base, "kdelta.aaaaaa");
	cleanup_free char *lock = below(base, "kdelta.bbbbbb.lock");

	(void)state;
	if (geteuid() != 0)
		skip();
	put_dir("kdelta.aaaaaa");
	put(base, "kdelta.aaaaaa.lock");
	put_dir("kdelta.bbbbbb");
	put(base, "kdelta.bbbbbb.lock");
	assert_int_equal(chown(dir, NOBODY, NOBODY) | chown(lock, NOBODY, NOBODY), 0);
	tempdir_sweep(base);
	assert_int_equal(entries(), 4);
}

/* Make a folder, use it, remove it, again and again; status 0 when it was always there. */
static void use(void)
{
	for (int i = 0; i < 200; i++) {
		struct tempdir d = { 0 };
		cleanup_free char *file = NULL;

		if (tempdir_make(&d, base, NULL))
			_exit(1);
		file = below(d.path, "file");
		if (file_write(file, "x", 1, NULL) || file_size(file) != 1)
			_exit(2);
		tempdir_remove(&d);
	}
	_exit(0);
}

static void sweeps_at_any_time(void **state)
{
	pid_t pids[3];
	int running = NROWS(pids);

	(void)state;
	for (size_t i = 0; i < NROWS(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i])
			use();
	}
	while (running) {
		int status;

		tempdir_sweep(base);
		if (waitpid(-1, &status, WNOHANG) <= 0)
			continue;
		running--;
		assert_int_equal(status, 0);
	}
	assert_int_equal(entries(), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(make_and_remove),         TEST(moved_away),    TEST(where),
		TEST(the_dead_and_the_living), TEST(what_is_swept), TEST(what_others_own),
		TEST(sweeps_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
