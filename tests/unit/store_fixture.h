/* SPDX-License-Identifier: GPL-2.0 */
/* A database in a folder of its own, and a run to put into it; shared by the tests of the store. */
#ifndef KDELTA_TESTS_STORE_FIXTURE_H
#define KDELTA_TESTS_STORE_FIXTURE_H

#include "results/store.h"
#include "results/store_db.h"
#include "runner/base/str.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct fixture {
	struct str dir;
	char *path; /* of the database, which is not there yet */
	struct err e;
};

/* For cmocka_unit_test_setup_teardown(). */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

/* Fail the test unless @ret is 0. */
void ok(const struct fixture *f, int ret);
/* Fail the test unless there was an error with @want in its one line; clears it. */
void says(struct fixture *f, int ret, const char *want);
struct store *must_open(struct fixture *f, bool readonly);
/* The one number that a query gives; @sql must be a constant. */
long long ask(struct fixture *f, struct store *s, const char *sql);

extern const struct store_host example_host;
extern const struct store_run example_run;
#define EXAMPLE_WORKLOADS 2
extern const struct store_workload example_workloads[EXAMPLE_WORKLOADS];
#define EXAMPLE_BOOTS 8
extern const struct store_boot_plan example_boots[EXAMPLE_BOOTS];
extern const struct store_boot example_ok;

/* Records, in pieces; w=0 runs between head and tail, and w=1 is skipped. */
#define STREAM_HEAD                                                                                \
	"kdelta version=1\nstart release=7.3.4 machine=x86_64 cmdline=a%20b cpus=2\n"              \
	"info key=module value=abc\nbegin w=0\n"
#define VALUE(metric, stat, round, cpu, value)                                                     \
	"value w=0 metric=" metric " unit=i/op dir=lower ev=simulated stat=" stat " round=" round  \
	" cpu=" cpu " value=" value "\n"
#define STREAM_TAIL "done w=0 state=ok\ndone w=1 state=skipped reason=no%20PMU\n"

/*
 * 11 values and a histogram. k: rounds 10, 30, 12, median 12. c, on two CPUs: means 4 and 6 are 5,
 * minima 4, maxima 6, totals 10.
 */
extern const char example_stream[];

/* Create the example run. */
long long must_create(struct fixture *f, struct store *s);
/* store_boot_finish() with the records of @stream. */
int finish(struct fixture *f, struct store *s, long long boot, const struct store_boot *b,
	   const char *stream);

#endif
