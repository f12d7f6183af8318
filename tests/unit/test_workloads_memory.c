// SPDX-License-Identifier: GPL-2.0
/* What pte and memcg make of the kernel's text files; their tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/memcg.h"
#include "workloads/proc_text.h"
#include "workloads/pte.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text, *key;
		long long want;
	} rows[] = {
		{ "Percpu:             1024 kB\n", "Percpu", 1024 },
		{ "nr_descendants 7\nnr_dying_descendants 3\n", "nr_dying_descendants", 3 },
		{ "nr_descendants 7\n", "nr_dying_descendants", -1 },
		{ "a 1\nb:\t2", "b", 2 },
		{ "SlabX: 1 kB\nSlab: 2 kB\n", "Slab", 2 },
		{ "Slab2\nSlab 0\n", "Slab", 0 },
		{ "Slab: -3\n", "Slab", -1 },
		{ "Slab:\n", "Slab", -1 },
		{ "Slab", "Slab", -1 },
		{ "", "Slab", -1 },
		{ "x Slab: 1\n", "Slab", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		long long got = proc_number(rows[i].text, rows[i].key);

		if (got != rows[i].want)
			fail_msg("'%s' in '%s': got %lld, wanted %lld", rows[i].key, rows[i].text,
				 got, rows[i].want);
	}
}

static const char smaps[] = "00400000-00500000 r-xp 00000000 00:02 17 /init\n"
			    "Rss:                 768 kB\n"
			    "AnonHugePages:         0 kB\n"
			    "7f0000200000-7f0000400000 rw-p 00000000 00:00 0 \n"
			    "Rss:                2048 kB\n"
			    "AnonHugePages:      2048 kB\n"
			    "VmFlags: rd wr mr mw me ac hg \n";

static void test_mappings(void **state)
{
	const char *init = smaps_mapping(smaps, (void *)0x400000);
	const char *huge = smaps_mapping(smaps, (void *)0x7f0000200000);

	(void)state;
	assert_non_null(init);
	assert_int_equal(proc_number(init, "Rss"), 768);
	assert_int_equal(proc_number(init, "AnonHugePages"), 0);
	assert_non_null(huge);
	assert_int_equal(proc_number(huge, "Rss"), 2048);
	assert_int_equal(proc_number(huge, "AnonHugePages"), 2048);
	/* an end, and nothing, are no beginning */
	assert_null(smaps_mapping(smaps, (void *)0x500000));
	assert_null(smaps_mapping("", (void *)0x400000));
	assert_int_equal(smaps_sum(smaps, "Rss", (void *)0x400000, 0x100000), 768);
	assert_int_equal(smaps_sum(smaps, "Rss", (void *)0x400000, 0x7f0000000000), 768 + 2048);
	assert_int_equal(smaps_sum(smaps, "Rss", (void *)0x400001, 0x7f0000000000), 2048);
	assert_int_equal(smaps_sum(smaps, "AnonHugePages", (void *)0x400000, 0x100000), 0);
	assert_int_equal(smaps_sum(smaps, "Rss", (void *)0x500000, 0x100000), 0);
}

static const char meminfo[] = "MemTotal:         503484 kB\n"
			      "Slab:               8000 kB\n"
			      "KernelStack:         592 kB\n"
			      "PageTables:          344 kB\n"
			      "VmallocUsed:        2696 kB\n"
			      "Percpu:             1640 kB\n";

static void test_usage(void **state)
{
	struct err e = ERR_INIT;
	struct memcg_usage u;

	(void)state;
	assert_int_equal(memcg_usage_parse(&u, meminfo, &e), 0);
	assert_int_equal(u.bytes[MEMCG_PERCPU], 1640 << 10);
	assert_int_equal(u.bytes[MEMCG_SLAB], 8000 << 10);
	assert_int_equal(u.bytes[MEMCG_STACK], 592 << 10);
	assert_int_equal(u.bytes[MEMCG_PAGE_TABLES], 344 << 10);
	assert_int_equal(u.bytes[MEMCG_VMALLOC], 2696 << 10);
	assert_int_equal(memcg_usage_parse(&u, "Slab: 1 kB\n", &e), -1);
	assert_string_equal(e.msg, "'/proc/meminfo' has no line 'Percpu'");
}

static void test_kept(void **state)
{
	static const struct {
		long long kb[MEMCG_POINTS]; /* Percpu before, created, populated, destroyed */
		const char *want;
	} rows[] = {
		{ { 1000, 5000, 5000, 1000 }, "" },
		{ { 1000, 5000, 5000, 900 }, "" },
		{ { 1000, 5000, 5000, 1400 }, "" }, /* a tenth */
		{ { 1000, 5000, 5000, 1401 }, "Percpu: 401 of 4000 kB" },
		{ { 1000, 1000, 1000, 1128 }, "" }, /* others allocate too */
		{ { 1000, 1000, 1000, 1129 }, "Percpu: 129 of 0 kB" },
		{ { 1000, 2000, 9000, 1500 }, "" }, /* of what the populated ones had */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct memcg_usage points[MEMCG_POINTS] = { { { 0 } } };
		cleanup_str struct str got = STR_INIT;

		for (int p = 0; p < MEMCG_POINTS; p++)
			points[p].bytes[MEMCG_PERCPU] = rows[i].kb[p] * 1024;
		memcg_kept(points, &got);
		if (strcmp(got.len ? got.buf : "", rows[i].want))
			fail_msg("row %zu: got '%s', wanted '%s'", i, got.len ? got.buf : "",
				 rows[i].want);
	}
}

/* The choices that a suite has are the operations that there are. */
static void test_pte_ops(void **state)
{
	(void)state;
	for (const char *const *name = pte_op_names; *name; name++) {
		const struct pte_op *op = pte_op_find(*name);

		if (!op || !op->act || !op->undo || op->calls < 1 || op->changes < 1)
			fail_msg("operation '%s' is not whole", *name);
	}
	assert_null(pte_op_find("mprotec"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_usage),   cmocka_unit_test(test_kept),
		cmocka_unit_test(test_pte_ops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
