// SPDX-License-Identifier: GPL-2.0
/* Runs on the fake target: what is in the database when one was broken, interrupted, out of disk, killed, and resumed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/cmd_run.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"
#include "tests/unit/store_fixture.h"

PROBE_COLLECTORS

#define BLOCKS 20
#define BOOTS (2 * BLOCKS) /* base and b */
#define STREAM                                                                                     \
	"kdelta version=1\nstart release=7.3.4 machine=s390x cmdline=a cpus=2\nbegin w=0\n"        \
	"value w=0 metric=m unit=i dir=lower ev=simulated stat=mean round=0 cpu=-1 value=1\n"      \
	"value w=0 metric=m unit=i dir=lower ev=simulated stat=mean round=1 cpu=-1 value=1\n"      \
	"done w=0 state=ok\nend records=2\n"

/* Where a database may not grow any more: there is room for its tables and for some boots. */
#define FILE_MAX ((rlim_t)512 << 10)

enum way {
	UNDISTURBED,
	INTERRUPTED, /* by a signal, before anything boots */
	DISK_FULL, /* no file may become larger than FILE_MAX */
	KILLED, /* as soon as some boots have been stored */
};

static struct config_folder *folder;

static int setup(void **state)
{
	cleanup_free char *data = NULL;

	if (config_folder_setup((void **)&folder))
		return -1;
	data = path_join(folder->dir.buf, "data");
	config_folder_write(folder, "variants/base.yaml", "source: s\n");
	config_folder_write(folder, "variants/b.yaml", "source: s\n");
	config_folder_write(folder, "suites/x.yaml",
			    "variants: [base, b]\ntargets: t\nboots: 20\n"
			    "workloads: [none: {rounds: 2}]\n");
	*state = NULL;
	return setenv("KDELTA_CONFIGS", folder->dir.buf, 1) || setenv("XDG_DATA_HOME", data, 1);
}

static int teardown(void **state)
{
	void *f = folder;

	(void)state;
	return config_folder_teardown(&f);
}

static void limit_files(void)
{
	const struct rlimit limit = { FILE_MAX, FILE_MAX };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

static int load(struct run *r, struct config *c, long long resume, struct err *e)
{
	const struct plan_options o = { .seed = 1 };
	const struct suite *s;

	if (resume)
		return run_load_resumed(r, resume, e);
	s = config_suite(c, "x", e);
	return s ? run_load_new(r, s, &o, e) : -1;
}

/* What cmd_run.c does with one suite, and ends. */
static void run_here(const char *db, long long resume, enum way how, int out)
{
	struct err e = ERR_INIT;
	struct run r;
	int null = open("/dev/null", O_WRONLY), status = -1;
	struct config *c = config_open(folder->dir.buf, &e);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	run_catch_signals();
	if (how == DISK_FULL)
		limit_files();
	if (how == INTERRUPTED)
		raise(SIGTERM);
	run_init(&r, c);
	r.db = db;
	r.jobs = 1;
	r.store = store_open(db, false, &e);
	if (r.store && !load(&r, c, resume, &e))
		status = run_execute(&r, &e);
	run_release(&r);
	if (r.store)
		store_close(r.store);
	if (dprintf(out, "%s", e.msg) < 0)
		_exit(99);
	_exit(status < 0 ? (int)e.kind : status);
}

static long long stored(struct fixture *f)
{
	struct store *s = store_open(f->path, true, NULL);
	long long n = 0;

	if (s && ask(f, s, "SELECT count(*) FROM sqlite_schema WHERE name = 'boot'"))
		n = ask(f, s, "SELECT count(*) FROM boot WHERE status <> 'planned'");
	if (s)
		store_close(s);
	return n;
}

/* One kdelta; its exit status, and its error in @said. */
static int run(struct fixture *f, long long resume, enum way how, struct str *said)
{
	char buf[ERR_MAX];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		run_here(f->path, resume, how, fds[1]);
	close(fds[1]);
	while (how == KILLED && stored(f) < 3)
		poll(NULL, 0, 1);
	if (how == KILLED)
		kill(pid, SIGKILL);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		str_addmem(said, buf, (size_t)n);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Whatever happened: a boot is there as a whole, with its two records, or it is still planned. */
static void check_whole(struct fixture *f, struct store *s)
{
	ok(f, store_check(s, &f->e));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot"), BOOTS);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM record JOIN boot ON boot.id = boot_id WHERE "
			     "status = 'planned'"),
			 0);
	assert_int_equal(ask(f, s,
			     "SELECT (SELECT count(*) FROM boot WHERE status <> 'planned') - "
			     "(SELECT count(*) FROM boot_console)"),
			 0);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM boot WHERE (reason IS NULL) <> "
			     "(status <> 'broken')"),
			 0);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM boot WHERE status = 'ok' AND (SELECT count(*) FROM record "
			     "WHERE boot_id = boot.id) <> 2"),
			 0);
}

static const struct row {
	const char *name;
	enum way how;
	const char *records; /* of b; NULL: no such file */
	int status;
	const char *said; /* part of the error */
	long long ok, broken; /* boots; -1: some, and not all */
	const char *run; /* status of the run */
	int resumed; /* exit status when it is resumed, undisturbed and with good records */
} rows[] = {
	{ "undisturbed", UNDISTURBED, STREAM, 0, "", BOOTS, 0, "ok", 0 },
	{ "one variant breaks", UNDISTURBED, "kdelta version=1\n", ERR_INFRA,
	  "run 1: 20 of 40 boots broken, 0 with a failed or broken workload; see: kdelta show 1",
	  BLOCKS, BLOCKS, "broken", ERR_INFRA },
	{ "interrupted", INTERRUPTED, STREAM, ERR_INFRA,
	  "interrupted; go on with: kdelta run --resume 1 --db ", 0, 0, "running", 0 },
	{ "no room on the disk", DISK_FULL, STREAM, ERR_INFRA,
	  "; go on with: kdelta run --resume 1 --db ", -1, 0, "running", 0 },
	{ "killed", KILLED, STREAM, 128 + SIGKILL, "", -1, 0, "running", 0 },
	{ "no boot of one variant", UNDISTURBED, NULL, ERR_INFRA,
	  "cannot boot 'b': no canned records", 0, 0, "running", 0 },
};

static void put_records(const char *text)
{
	cleanup_free char *b = path_join(folder->dir.buf, "records/b.records");

	config_folder_write(folder, "records/base.records", STREAM);
	config_folder_write(folder, "records/base.console", "Linux\n");
	config_folder_write(folder, "records/b.console", "Linux\n");
	assert_int_equal(tree_remove(b, NULL), 0);
	if (text)
		config_folder_write(folder, "records/b.records", text);
}

/* How long a boot takes is no part of the plan. */
static void put_target(int delay_ms)
{
	cleanup_free char *text = xasprintf("backend: fake\narch: s390x\nfake_records: ../records\n"
					    "fake_delay: %d\n",
					    delay_ms);

	config_folder_write(folder, "targets/t.yaml", text);
}

/* @sql: a count of boots. */
static void count(struct fixture *f, struct store *s, const struct row *row, const char *sql,
		  long long want)
{
	long long got = ask(f, s, sql);

	if (want >= 0 ? got != want : got < 1 || got >= BOOTS)
		fail_msg("%s: %s: got %lld, wanted %lld", row->name, sql, got, want);
}

static void count_boots(struct fixture *f, struct store *s, const struct row *row, long long good,
			long long broken)
{
	count(f, s, row, "SELECT count(*) FROM boot WHERE status = 'ok'", good);
	count(f, s, row, "SELECT count(*) FROM boot WHERE status = 'broken'", broken);
}

static void check_run(struct fixture *f, struct store *s, const struct row *row, const char *want)
{
	struct store_run_row r;

	ok(f, store_run_get(s, 1, &r, &f->e));
	config_folder_equal(folder, row->name, "status of the run", r.status, want);
	assert_int_equal(r.ended == 0, !strcmp(want, "running"));
	store_run_row_release(&r);
}

static void check_row(struct fixture *f, const struct row *row)
{
	cleanup_str struct str said = STR_INIT, again = STR_INIT;
	struct store *s;
	int status;

	put_records(row->records);
	/* what is to be killed has to be caught in time */
	put_target(row->how == KILLED ? 100 : 1);
	status = run(f, 0, row->how, &said);
	if (status != row->status)
		fail_msg("%s: status %d, wanted %d: %s", row->name, status, row->status, said.buf);
	config_folder_contains(folder, row->name, "the error", said.buf, row->said);
	s = must_open(f, false);
	check_whole(f, s);
	count_boots(f, s, row, row->ok, row->broken);
	check_run(f, s, row, row->run);
	store_close(s);

	put_records(STREAM);
	put_target(1);
	status = run(f, 1, UNDISTURBED, &again);
	if (status != row->resumed)
		fail_msg("%s: status %d when resumed: %s", row->name, status, again.buf);
	s = must_open(f, false);
	check_whole(f, s);
	count_boots(f, s, row, BOOTS - row->broken, row->broken);
	check_run(f, s, row, row->broken ? "broken" : "ok");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), 1);
	store_close(s);
}

static void what_is_stored(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *data = path_join(folder->dir.buf, "data");

		check_row(f, &rows[i]);
		assert_int_equal(tree_remove(f->dir.buf, NULL) | tree_remove(data, NULL), 0);
		assert_int_equal(dir_make(f->dir.buf, NULL), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_stored),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
