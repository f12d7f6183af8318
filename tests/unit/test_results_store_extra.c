// SPDX-License-Identifier: GPL-2.0
/* Notes and artifacts: what a boot says beside its numbers, stored and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/store_fixture.h"

#define NOTE(round, cpu, key, value)                                                               \
	"note w=0 round=" round " cpu=" cpu " key=" key " value=" value "\n"

static const char stream[] = STREAM_HEAD NOTE("-1", "-1", "isolation", "none")
	NOTE("2", "3", "trace.timeline", "gap_ns=7%0A+0%20irq") STREAM_TAIL "end records=0\n";

static const struct want {
	long long boot;
	const char *label, *key, *value;
	int workload, round, cpu;
} wants[] = {
	{ 2, "kmalloc_bench size=64", "isolation", "none", 0, -1, -1 },
	{ 2, "kmalloc_bench size=64", "trace.timeline", "gap_ns=7\n+0 irq", 0, 2, 3 },
	{ 2, "", "artifacts", "cut", -1, -1, -1 },
};

static void check_notes(const struct store_note_row *rows, size_t n, const struct want *want,
			size_t nwant)
{
	assert_int_equal(n, nwant);
	for (size_t i = 0; i < n; i++) {
		const struct store_note_row *r = &rows[i];

		if (r->boot != want[i].boot || strcmp(r->label, want[i].label) ||
		    strcmp(r->key, want[i].key) || strcmp(r->value, want[i].value) ||
		    r->workload != want[i].workload || r->round != want[i].round ||
		    r->cpu != want[i].cpu || strcmp(r->variant, "base") || r->block)
			fail_msg("row %zu: got boot %lld of %s, w %d '%s' round %d cpu %d %s='%s'",
				 i, r->boot, r->variant, r->workload, r->label, r->round, r->cpu,
				 r->key, r->value);
	}
}

static void notes_come_back(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_note_row *rows;
	struct record_set rs;
	size_t n;

	must_create(f, s);
	record_set_init(&rs);
	ok(f, record_set_parse(&rs, stream, strlen(stream), 2, 9, &f->e));
	record_set_note(&rs, -1, "artifacts", "cut");
	ok(f, store_boot_finish(s, 2, &example_ok, &rs, &f->e));
	record_set_release(&rs);
	ok(f, store_notes(s, 1, NULL, &rows, &n, &f->e));
	check_notes(rows, n, wants, COUNT(wants));
	store_notes_free(rows, n);
	ok(f, store_notes(s, 1, "trace.timeline", &rows, &n, &f->e));
	check_notes(rows, n, &wants[1], 1);
	store_notes_free(rows, n);
	ok(f, store_notes(s, 2, NULL, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	store_notes_free(rows, n);
	store_close(s);
}

static void artifacts_come_back(void **state)
{
	const struct store_artifact a = { .workload = 0,
					  .name = (char *)"perf.data",
					  .path = (char *)"artifacts/1/2/w0-perf.data",
					  .size = 1LL << 40,
					  .sha256 = "abc" };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	cleanup_free char *path = xasprintf("%s/%s", f->dir.buf, a.path);
	struct store_boot b = example_ok;
	struct store_artifact_row *rows;
	size_t n;

	must_create(f, s);
	b.artifacts = &a;
	b.nartifacts = 1;
	ok(f, finish(f, s, 2, &b, stream));
	ok(f, store_artifacts(s, 1, &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].boot, 2);
	assert_string_equal(rows[0].variant, "base");
	assert_string_equal(rows[0].label, "kmalloc_bench size=64");
	assert_string_equal(rows[0].a.name, a.name);
	assert_string_equal(rows[0].a.path, path);
	assert_true(rows[0].a.size == a.size);
	assert_string_equal(rows[0].a.sha256, "abc");
	store_artifacts_free(rows, n);
	store_close(s);
}

/* Of a workload that the run does not have: nothing of the boot is stored. */
static void strangers_are_refused(void **state)
{
	const struct store_artifact a = { .workload = 7, .name = (char *)"x", .path = (char *)"x" };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_boot b = example_ok;
	struct record_set rs;

	must_create(f, s);
	b.artifacts = &a;
	b.nartifacts = 1;
	says(f, finish(f, s, 2, &b, stream), "no workload 7");
	record_set_init(&rs);
	record_set_note(&rs, 7, "k", "v");
	says(f, store_boot_finish(s, 2, &example_ok, &rs, &f->e), "no workload 7");
	record_set_release(&rs);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status <> 'planned'"), 0);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM note"), 0);
	store_close(s);
}

static void folders(void **state)
{
	static const struct {
		const char *path, *want;
	} rows[] = { { "k.db", "." }, { "/k.db", "/" }, { "a/b/k.db", "a/b" }, { "./k.db", "." } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cleanup_free char *got = store_folder(rows[i].path);

		assert_string_equal(got, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(notes_come_back),
		TEST(artifacts_come_back),
		TEST(strangers_are_refused),
		cmocka_unit_test(folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
