// SPDX-License-Identifier: GPL-2.0
/* What pte_stress expects of pages: the model, without a kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "runner/base/str.h"
#include "workloads/pte_stress.h"
#include "workloads/random.h"

#define PAGES 4

#define ON(what, from, n)                                                                          \
	{                                                                                          \
		.op = STRESS_##what, .first = (from), .count = (n)                                 \
	}
#define PROTECT(from, n, to)                                                                       \
	{                                                                                          \
		.op = STRESS_MPROTECT, .first = (from), .count = (n), .prot = (to)                 \
	}

/* Wanted is a letter per page: - not mapped, n r w what is allowed; upper case: moved. */
struct row {
	const char *name;
	struct stress_step step[3];
	const char *want;
};

static const struct row rows[] = {
	{ "nothing", { ON(COLD, 0, 4) }, "wwww" },
	{ "protected", { PROTECT(1, 2, PROT_READ) }, "wrrw" },
	{ "forbidden", { PROTECT(0, 3, PROT_NONE) }, "nnnw" },
	{ "allowed again",
	  { PROTECT(0, 4, PROT_NONE), PROTECT(1, 1, PROT_READ | PROT_WRITE) },
	  "nwnn" },
	{ "unmapped", { ON(MUNMAP, 2, 2) }, "ww--" },
	{ "unmapped pages have no protection",
	  { ON(MUNMAP, 2, 2), PROTECT(1, 2, PROT_READ) },
	  "wr--" },
	{ "mapped again", { PROTECT(0, 4, PROT_READ), ON(MUNMAP, 1, 2), ON(MMAP, 0, 2) }, "rw-r" },
	{ "moved", { ON(MREMAP, 0, 2) }, "WWww" },
	{ "moved and back", { ON(MREMAP, 0, 2), ON(MREMAP, 1, 2) }, "WwWw" },
	{ "unmapped pages do not move",
	  { ON(MUNMAP, 0, 1), ON(MREMAP, 0, 2), ON(MMAP, 0, 1) },
	  "wWww" },
	{ "reset", { ON(MREMAP, 0, 2), ON(MUNMAP, 1, 2), ON(RESET, 0, 4) }, "wwww" },
	{ "content alone", { ON(DONTNEED, 0, 4), ON(FREE, 0, 4), ON(FORK, 0, 4) }, "wwww" },
};

static char letter(const struct stress_page *p)
{
	char c = (char)(p->writable ? 'w' : p->readable ? 'r' : 'n');

	if (!p->mapped)
		return '-';
	return (char)(p->place ? c - 'a' + 'A' : c);
}

static void test_apply(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stress_model m = { .pages = PAGES, .threads = 2 };
		char got[PAGES + 1] = "";

		stress_reset(&m);
		for (size_t j = 0; j < 3 && rows[i].step[j].count; j++)
			stress_apply(&m, &rows[i].step[j]);
		for (size_t j = 0; j < PAGES; j++)
			got[j] = letter(&m.page[j]);
		if (!strcmp(got, rows[i].want))
			continue;
		print_error("%s: got %s, wanted %s\n", rows[i].name, got, rows[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void test_runs(void **state)
{
	struct stress_model m = { .pages = PAGES, .threads = 2 };

	(void)state;
	stress_reset(&m);
	/* the last third is of a file */
	assert_int_equal(stress_run(&m, 0, 4), 3);
	assert_int_equal(stress_run(&m, 3, 4), 1);
	assert_int_equal(stress_run(&m, 1, 3), 2);
	m.page[2].place = 1;
	assert_int_equal(stress_run(&m, 0, 4), 2);
	m.page[2].shared = true;
	m.page[3].place = 1;
	assert_int_equal(stress_run(&m, 2, 4), 2);
	m.page[1].writable = false;
	assert_int_equal(stress_run(&m, 0, 4), 1);
}

static void test_shared(void **state)
{
	struct stress_model m = { .pages = 8, .threads = 2 };
	const struct stress_step unmap = ON(MUNMAP, 0, 8), map = ON(MMAP, 0, 8);

	(void)state;
	stress_reset(&m);
	stress_apply(&m, &unmap);
	stress_apply(&m, &map);
	/* 8 / 3 pages, whatever is mapped where */
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(m.page[i].shared, i >= 6);
	m.pages = 1;
	stress_reset(&m);
	assert_false(m.page[0].shared);
	assert_true(stress_drops(STRESS_MUNMAP, false) && !stress_drops(STRESS_MUNMAP, true));
	assert_true(stress_drops(STRESS_DONTNEED, false) && !stress_drops(STRESS_DONTNEED, true));
	assert_true(stress_drops(STRESS_RESET, false) && stress_drops(STRESS_RESET, true));
	assert_false(stress_drops(STRESS_FREE, false) || stress_drops(STRESS_MREMAP, false));
}

/*
 * Who writes when: a letter each for before, meanwhile and after, first of thread 0, then of thread 1, which is the
 * one that goes on with what it knows.
 */
static const struct may_row {
	struct stress_step step;
	bool shared;
	const char *want;
} may_rows[] = {
	{ { .op = STRESS_MPROTECT }, false, "wwwwww" },
	{ { .op = STRESS_FORK }, false, "wwwwww" },
	{ { .op = STRESS_MUNMAP }, false, "--w--w" },
	{ { .op = STRESS_MUNMAP }, true, "wwwwww" },
	{ { .op = STRESS_DONTNEED }, false, "--w--w" },
	{ { .op = STRESS_DONTNEED }, true, "wwwwww" },
	{ { .op = STRESS_RESET }, true, "--w--w" },
	{ { .op = STRESS_COLD }, false, "--w--w" },
	{ { .op = STRESS_FREE }, false, "w--www" },
	{ { .op = STRESS_PAGEOUT }, false, "-ww-ww" },
	{ { .op = STRESS_PAGEOUT, .follows = true }, false, "--w--w" },
};

static void test_may_write(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(may_rows) / sizeof(*may_rows); i++) {
		struct stress_step s = may_rows[i].step;
		char got[7] = "";

		s.toucher = 1;
		for (int j = 0; j < 6; j++)
			got[j] = stress_may_write(&s, (enum stress_when)(j % 3), j / 3,
						  may_rows[i].shared) ?
					 'w' :
					 '-';
		if (!strcmp(got, may_rows[i].want))
			continue;
		print_error("%s, shared %d: got %s, wanted %s\n", stress_op_name(s.op),
			    may_rows[i].shared, got, may_rows[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* Half of the time reclaim comes right after MADV_FREE, of the same pages, by the same thread. */
static void test_follow(void **state)
{
	struct stress_model m = { .pages = 600, .threads = 4, .random = 3 };
	struct stress_step before = { .op = STRESS_RESET }, s;
	size_t freed = 0, followed = 0;

	(void)state;
	stress_reset(&m);
	for (int i = 0; i < 10000; i++) {
		memset(&s, 0, sizeof(s));
		stress_plan(&m, &s);
		if (s.op == STRESS_FREE) {
			freed++;
			assert_true(s.mood[s.toucher] == STRESS_HAMMER ||
				    s.mood[s.toucher] == STRESS_IDLE);
		}
		if (s.follows) {
			followed++;
			assert_int_equal(s.op, STRESS_PAGEOUT);
			assert_int_equal(before.op, STRESS_FREE);
			assert_int_equal(s.first, before.first);
			assert_int_equal(s.count, before.count);
			assert_int_equal(s.actor, before.actor);
		}
		before = s;
	}
	assert_in_range(freed, 500, 1100);
	assert_in_range(followed, freed / 3, freed * 2 / 3);
}

/* Steps stay within the pages and the threads, every operation comes, and a seed says it all. */
static void test_plan(void **state)
{
	struct stress_model m = { .pages = 600, .threads = 3, .random = 7 }, again = m;
	size_t times[STRESS_OPS] = { 0 }, single = 0, full = 0, ends = 0;

	(void)state;
	stress_reset(&m);
	stress_reset(&again);
	for (int i = 0; i < 10000; i++) {
		struct stress_step s, t;

		memset(&s, 0, sizeof(s));
		memset(&t, 0, sizeof(t));
		stress_plan(&m, &s);
		stress_plan(&again, &t);
		assert_memory_equal(&s, &t, sizeof(s));
		assert_in_range(s.count, 1, m.pages);
		assert_true(s.first + s.count <= m.pages);
		assert_in_range(s.actor, 0, 2);
		assert_in_range(s.toucher, 0, 2);
		assert_int_not_equal(s.actor, s.toucher);
		assert_true(s.look.first >= s.first && s.look.count);
		assert_true(s.look.first + s.look.count <= s.first + s.count);
		/* some of many; a few steps look at all of them */
		assert_true(s.look.count == s.count || (s.count > 24 && s.look.count == 24));
		assert_true(s.look.count == s.count || !s.full);
		times[s.op]++;
		single += s.count == 1;
		full += s.full && !s.follows;
		/* page tables of s390 have 256 entries */
		ends += !((s.first + s.count) % 256);
	}
	for (size_t op = 0; op < STRESS_OPS; op++)
		assert_in_range(times[op], 300, 3500);
	assert_in_range(single, 1000, 5000);
	assert_in_range(full, 100, 10000 / 64);
	/* by chance there are 40 */
	assert_in_range(ends, 700, 3000);
}

/* The pages that are looked at, and their neighbours, of six. */
static void test_look(void **state)
{
	static const struct {
		struct stress_range look;
		size_t more, first, count;
	} looks[] = {
		{ { 2, 2 }, 0, 2, 2 }, { { 2, 2 }, 1, 1, 4 }, { { 2, 2 }, 2, 0, 6 },
		{ { 1, 2 }, 2, 0, 5 }, { { 3, 3 }, 2, 1, 5 }, { { 0, 6 }, 2, 0, 6 },
	};
	const struct stress_model m = { .pages = 6, .threads = 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		struct stress_step s = { .look = looks[i].look };
		struct stress_range got = stress_look(&m, &s, looks[i].more);

		if (got.first != looks[i].first || got.count != looks[i].count)
			fail_msg("row %zu: got %zu pages from %zu", i, got.count, got.first);
	}
}

/* Known numbers. */
static void test_random(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	/* published for this seed: rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64 */
	assert_true(random_next(&seed) == 6457827717110365317ULL);
	assert_true(random_next(&seed) == 3203168211198807973ULL);
	assert_true(random_next(&seed) == 9817491932198370423ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply),  cmocka_unit_test(test_runs),
		cmocka_unit_test(test_shared), cmocka_unit_test(test_may_write),
		cmocka_unit_test(test_follow), cmocka_unit_test(test_plan),
		cmocka_unit_test(test_look),   cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
