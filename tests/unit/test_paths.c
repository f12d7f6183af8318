// SPDX-License-Identifier: GPL-2.0
/* Where things are, by environment. Paths are found once per program, so every row is a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/str.h"
#include "runner/paths.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char *cache(void)
{
	return paths_cache();
}

static const char *data(void)
{
	return paths_data();
}

static const char *guest(void)
{
	return paths_guest(arch_find("s390x"));
}

static const char *const names[] = { "HOME",           "XDG_CACHE_HOME", "XDG_DATA_HOME",
				     "KDELTA_CONFIGS", "KDELTA_KMODS",   "KDELTA_GUESTS" };

/* In a child: set the environment ("A=b" words), ask, and write the answer down the pipe. */
static char *ask(const char *env, const char *(*path)(void))
{
	char buf[4096] = "";
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		cleanup_strv struct strv words = STRV_INIT;
		const char *got;

		for (size_t i = 0; i < NROWS(names); i++)
			unsetenv(names[i]);
		strv_split(&words, env, " ");
		for (size_t i = 0; i < words.n; i++)
			putenv(words.v[i]);
		got = path();
		/* the second answer is the first one */
		_exit(write(fd[1], got, strlen(got)) < 0 || path() != got);
	}
	close(fd[1]);
	n = read(fd[0], buf, sizeof(buf) - 1);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(n > 0);
	return xstrdup(buf);
}

static void rows(void **state)
{
	static const struct {
		const char *name, *input;
		const char *(*path)(void);
		const char *want;
	} table[] = {
		{ "cache at home", "HOME=/h", cache, "/h/.cache/kdelta" },
		{ "cache elsewhere", "HOME=/h XDG_CACHE_HOME=/c", cache, "/c/kdelta" },
		{ "a relative cache is ignored", "HOME=/h XDG_CACHE_HOME=c", cache,
		  "/h/.cache/kdelta" },
		{ "an empty cache is ignored", "HOME=/h XDG_CACHE_HOME=", cache,
		  "/h/.cache/kdelta" },
		{ "data at home", "HOME=/h", data, "/h/.local/share/kdelta" },
		{ "data elsewhere", "HOME=/h XDG_DATA_HOME=/d", data, "/d/kdelta" },
		{ "the database", "HOME=/h XDG_DATA_HOME=/d", paths_db, "/d/kdelta/kdelta.db" },
		{ "configs", "KDELTA_CONFIGS=/proc/self/../1", paths_configs, "/proc/1" },
		{ "configs that are not there", "KDELTA_CONFIGS=/nowhere/x", paths_configs,
		  "/nowhere/x" },
		{ "kmods", "KDELTA_KMODS=/usr", paths_kmods, "/usr" },
		{ "guests", "KDELTA_GUESTS=/usr", guest, "/usr/s390x/kdelta-guest" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(table); i++) {
		cleanup_free char *got = ask(table[i].input, table[i].path);

		if (strcmp(got, table[i].want) != 0)
			fail_msg("%s\ninput: %s\ngot:   %s\nwant:  %s", table[i].name,
				 table[i].input, got, table[i].want);
	}
}

/* Without a home there is still one absolute path. */
static void homeless(void **state)
{
	cleanup_free char *none = ask("", cache);
	cleanup_free char *empty = ask("HOME=", cache);

	(void)state;
	assert_int_equal(none[0], '/');
	assert_string_equal(none, empty);
}

static void own_files(void **state)
{
	static const char *(*const own[])(void) = { paths_configs, paths_kmods, guest,
						    paths_plugin };

	(void)state;
	for (size_t i = 0; i < NROWS(own); i++) {
		cleanup_free char *got = ask("KDELTA_CONFIGS= KDELTA_KMODS=", own[i]);

		assert_int_equal(got[0], '/');
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(homeless),
		cmocka_unit_test(own_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
