// SPDX-License-Identifier: GPL-2.0
/* The database when things go wrong: it stays whole, and says in one line what happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "tests/unit/store_fixture.h"

static void reading_needs_a_database(void **state)
{
	struct fixture *f = *state;

	says(f, !store_open(f->path, true, &f->e), "No such file or directory");
	ok(f, file_write(f->path, "", 0, &f->e));
	says(f, !store_open(f->path, true, &f->e), "schema version 0");
	ok(f, file_write(f->path, "this is not a database, but long enough to look like one", 56,
			 &f->e));
	says(f, !store_open(f->path, false, &f->e), "the file is not a database");
	says(f, !store_open(f->path, true, &f->e), "the file is not a database");
}

static void a_read_only_store_refuses_to_write(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long id;

	must_create(f, s);
	store_close(s);
	s = must_open(f, true);
	says(f, store_run_create(s, &example_run, &example_host, NULL, 0, NULL, 0, &id, &f->e),
	     "it is read-only");
	says(f, finish(f, s, 1, &example_ok, example_stream), "it is read-only");
	says(f, store_run_finish(s, 1, "ok", &f->e), "it is read-only");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'planned'"),
			 EXAMPLE_BOOTS);
	store_close(s);
}

static void another_program_s_database(void **state)
{
	static const struct schema other = { .version = 1, .create = "CREATE TABLE mine (a)" };
	struct fixture *f = *state;
	struct store *s = store_open_schema(f->path, &other, false, &f->e);

	ok(f, s ? 0 : -1);
	store_close(s);
	says(f, !store_open(f->path, false, &f->e), "it is not kdelta's");
}

#define APP "PRAGMA application_id = 1801741676;"

static const struct migration steps[] = {
	{ 2, "ALTER TABLE thing ADD COLUMN unit TEXT NOT NULL DEFAULT 'ns'" },
	{ 3, "INSERT INTO thing (name, unit) VALUES ('new', 's')" },
};

static const struct migration bad_steps[] = {
	{ 2, "ALTER TABLE thing ADD COLUMN unit TEXT NOT NULL DEFAULT 'ns'" },
	{ 3, "INSERT INTO nothing VALUES (1)" },
};

static const struct schema v1 = {
	1, APP "CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('old')", NULL, 0
};
static const struct schema v3 = { 3, APP "CREATE TABLE thing (name TEXT, unit TEXT)", steps,
				  COUNT(steps) };
static const struct schema v3_bad = { 3, "", bad_steps, COUNT(bad_steps) };

static void old_schemas_migrate(void **state)
{
	struct fixture *f = *state;
	struct store *s = store_open_schema(f->path, &v1, false, &f->e);

	ok(f, s ? 0 : -1);
	store_close(s);
	says(f, !store_open_schema(f->path, &v3, true, &f->e), "schema version 1, and 3 is needed");
	says(f, !store_open_schema(f->path, &v3_bad, false, &f->e),
	     "cannot bring the schema to version 3");
	/* the step that worked was taken back with the one that did not */
	s = store_open_schema(f->path, &v1, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM pragma_table_info('thing')"), 1);
	store_close(s);
	s = store_open_schema(f->path, &v3, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "PRAGMA user_version"), 3);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing WHERE name = 'old' AND unit = 'ns'"),
			 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing WHERE unit = 's'"), 1);
	store_close(s);
	/* again: nothing left to do */
	s = store_open_schema(f->path, &v3, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing"), 2);
	store_close(s);
	says(f, !store_open_schema(f->path, &v1, false, &f->e),
	     "has schema version 3, this kdelta knows 1");
}

static void full_disk(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	cleanup_str struct str stream = STR_INIT;
	struct rlimit old, small;
	int ret;

	must_create(f, s);
	str_add(&stream, STREAM_HEAD);
	for (int i = 0; i < 900; i++)
		str_addf(&stream, VALUE("k", "mean", "%d", "-1", "%d.25"), i, i);
	str_add(&stream, STREAM_TAIL);
	/* a limit on the size of files stands in for a disk without space */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = (rlim_t)file_size(f->path) + 8192;
	setrlimit(RLIMIT_FSIZE, &small);
	ret = finish(f, s, 1, &example_ok, stream.buf);
	setrlimit(RLIMIT_FSIZE, &old);
	says(f, ret, "cannot use database '");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 0);
	ok(f, store_check(s, &f->e));
	ok(f, finish(f, s, 1, &example_ok, stream.buf));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 900);
	store_close(s);
}

/* A process that dies between two boots leaves the first and nothing of the second. */
static void killed_writer(void **state)
{
	struct fixture *f = *state;
	struct store *s;
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		s = store_open(f->path, false, NULL);
		must_create(f, s);
		finish(f, s, 1, &example_ok, example_stream);
		db_begin(s, NULL);
		db_script(s, "UPDATE boot SET status = 'broken'", NULL);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	s = must_open(f, false);
	ok(f, store_check(s, &f->e));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'ok'"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'planned'"),
			 EXAMPLE_BOOTS - 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 11);
	store_close(s);
}

#define WRITERS 8

static int write_a_run(const char *path)
{
	struct err e = ERR_INIT;
	struct store *s = store_open(path, false, &e);
	struct record_set rs;
	long long id;
	int ret;

	if (!s)
		return -1;
	record_set_init(&rs);
	record_set_parse(&rs, example_stream, strlen(example_stream), 2, 1000, &e);
	ret = store_run_create(s, &example_run, &example_host, example_workloads, EXAMPLE_WORKLOADS,
			       example_boots, EXAMPLE_BOOTS, &id, &e);
	for (size_t i = 0; !ret && i < EXAMPLE_BOOTS; i++)
		ret = store_boot_finish(s, (id - 1) * (long long)EXAMPLE_BOOTS + (long long)i + 1,
					&example_ok, &rs, &e);
	record_set_release(&rs);
	store_close(s);
	return ret;
}

/* Several processes make the database and write their runs into it at the same time. */
static void several_writers(void **state)
{
	struct fixture *f = *state;
	pid_t pid[WRITERS];
	struct store *s;

	for (int i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i])
			_exit(write_a_run(f->path) ? 1 : 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
	}
	s = must_open(f, true);
	ok(f, store_check(s, &f->e));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), WRITERS);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'ok'"),
			 WRITERS * EXAMPLE_BOOTS);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), WRITERS * EXAMPLE_BOOTS * 11);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	store_close(s);
}

/* Makes the database just before the n-th statement of somebody who is about to make it, too. */
static struct {
	const char *path;
	int countdown; /* statements; -1: over */
	bool failed;
} intruder;

static int at_statement(unsigned int type, void *context, void *statement, void *sql)
{
	(void)type;
	(void)context;
	(void)statement;
	if (intruder.countdown < 0)
		return 0;
	if (intruder.countdown--) {
		/* from then on it would have to wait */
		if (!strncmp(sql, "BEGIN", 5))
			intruder.countdown = -1;
		return 0;
	}
	sqlite3_reset_auto_extension();
	intruder.failed = write_a_run(intruder.path) != 0;
	intruder.path = NULL;
	return 0;
}

static int watch_statements(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, at_statement, NULL);
}

static void two_makers(void **state)
{
	struct fixture *f = *state;
	bool came = true;
	int n;

	for (n = 0; came; n++) {
		cleanup_free char *path = xasprintf("%s/%d.db", f->dir.buf, n);
		struct store *s;

		intruder.path = path;
		intruder.countdown = n;
		sqlite3_auto_extension((void (*)(void))watch_statements);
		s = store_open(path, false, &f->e);
		ok(f, s ? 0 : -1);
		sqlite3_reset_auto_extension();
		came = !intruder.path;
		assert_false(intruder.failed);
		assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), came);
		store_close(s);
	}
	/* before each of: the journal's mode, three settings, three questions, BEGIN */
	assert_true(n > 8);
}

static void odd_paths(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	free(f->path);
	f->path = xasprintf("%s/a%%20b?mode=ro#c d.db", f->dir.buf);
	s = must_open(f, false);
	must_create(f, s);
	store_close(s);
	assert_true(file_exists(f->path));
	s = must_open(f, true);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), 1);
	store_close(s);
}

static void strings_that_are_not_given(void **state)
{
	static const struct store_run bare = { .suite = "s" };
	static const struct store_host nobody = { .cpus = 1 };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_run_row r;
	long long id;

	ok(f, store_run_create(s, &bare, &nobody, NULL, 0, NULL, 0, &id, &f->e));
	ok(f, store_run_create(s, &bare, &nobody, NULL, 0, NULL, 0, &id, &f->e));
	ok(f, store_run_get(s, id, &r, &f->e));
	assert_string_equal(r.plan, "");
	assert_string_equal(r.hostname, "");
	store_run_row_release(&r);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_needs_a_database),
		TEST(a_read_only_store_refuses_to_write),
		TEST(another_program_s_database),
		TEST(old_schemas_migrate),
		TEST(full_disk),
		TEST(killed_writer),
		TEST(several_writers),
		TEST(two_makers),
		TEST(odd_paths),
		TEST(strings_that_are_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
