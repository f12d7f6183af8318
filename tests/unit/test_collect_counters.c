// SPDX-License-Identifier: GPL-2.0
/* The kernel's own counters: recorded files of each architecture, invented ones, and sets of CPUs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/collect_counters.h"
#include "collectors/collect_cpus.h"
#include "collectors/collect_tasks.h"
#include "runner/base/file.h"
#include "runner/base/str.h"

#define NONE (-1) /* wanted: there is no such counter */

static void parse_slabinfo(struct counters *c, const char *text)
{
	counters_slabinfo(c, text, 4096);
}

static void expect(const char *what, const struct counters *c, const char *name, int cpu,
		   double want)
{
	const struct counter *got = counters_find(c, name, cpu);

	if (got ? got->value != want : want != NONE)
		fail_msg("%s: '%s' of CPU %d is %g, wanted %g", what, name, cpu,
			 got ? got->value : NONE, want);
}

/* Each recorded on four CPUs of the base kernel; sums added up by hand. */
static const struct {
	const char *arch, *name;
	int cpu;
	double want;
} recorded[] = {
	{ "x86_64", "interrupts.LOC", -1, 114 + 96 + 54 + 17 },
	{ "x86_64", "interrupts.LOC", 3, 17 },
	{ "x86_64", "interrupts.CAL", 2, 585 },
	{ "x86_64", "interrupts.TLB", -1, 0 },
	{ "x86_64", "interrupts.ttyS0", 1, 2 },
	{ "x86_64", "interrupts.virtio0-virtqueues", 0, 3 },
	{ "x86_64", "interrupts.LOC", 4, NONE },
	{ "aarch64", "interrupts.arch_timer", -1, 59 + 52 + 51 + 21 },
	{ "aarch64", "interrupts.IPI0", 3, 3 },
	{ "aarch64", "interrupts.IPI1", -1, 35 + 49 + 40 + 11 },
	/* one number for all */
	{ "aarch64", "interrupts.Err", -1, 0 },
	{ "aarch64", "interrupts.Err", 0, NONE },
	{ "s390x", "interrupts.EXC", -1, 40 + 50 + 36 + 9 },
	{ "s390x", "interrupts.EXT", 0, 189 },
	{ "s390x", "interrupts.I/O", 1, 143 },
};

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		cleanup_free char *path =
			xasprintf("tests/fixtures/collect/interrupts.%s", recorded[i].arch);
		cleanup_str struct str text = STR_INIT;
		struct counters c = COUNTERS_INIT;
		struct err e = ERR_INIT;

		if (file_read(path, 0, &text, &e))
			fail_msg("%s", e.msg);
		counters_interrupts(&c, text.buf);
		expect(recorded[i].arch, &c, recorded[i].name, recorded[i].cpu, recorded[i].want);
		counters_release(&c);
	}
}

#define SLAB(name, pages, slabs)                                                                   \
	name "  1  2  576  28 " pages " : tunables 0 0 0 : slabdata 1 " slabs " 0\n"

static const struct {
	const char *what;
	void (*parse)(struct counters *c, const char *text);
	const char *text, *name;
	int cpu;
	double want;
} rows[] = {
	{ "empty", counters_interrupts, "", "interrupts.LOC", -1, NONE },
	{ "no header", counters_interrupts, "LOC: 1 2\nRES: 1 2\n", "interrupts.RES", -1, NONE },
	{ "a CPU is offline", counters_interrupts, " CPU0 CPU2\nLOC: 1 2\n", "interrupts.LOC", 2,
	  2 },
	{ "two lines of one handler", counters_interrupts,
	  " CPU0\n 3: 1 PIC  a, b\n 4: 2 PIC  a, b\n", "interrupts.a,_b", 0, 3 },
	{ "a number without a handler is no line", counters_interrupts, " CPU0\n 3: 1\n",
	  "interrupts.3", -1, NONE },
	{ "more than 64 bits", counters_interrupts, " CPU0\nLOC: 99999999999999999999999\n",
	  "interrupts.LOC", 0, 18446744073709551615.0 },
	{ "a word among numbers", counters_interrupts, " CPU0 CPU1\nLOC: 1 x\n", "interrupts.LOC",
	  1, NONE },
	{ "a CPU that cannot be", counters_interrupts, " CPU5000\nLOC: 1\n", "interrupts.LOC", -1,
	  NONE },
	{ "softirqs", counters_softirqs, "  CPU0 CPU1\n   TIMER:  35   4\n", "softirq.TIMER", -1,
	  39 },
	{ "vmstat", counters_vmstat, "pgfault 425\npgmajfault 0\n", "vmstat.pgfault", -1, 425 },
	{ "vmstat, no number", counters_vmstat, "pgfault\npgfault x\npgfault -1\n",
	  "vmstat.pgfault", -1, NONE },
	{ "meminfo in bytes", counters_meminfo, "Percpu:             800 kB\n", "memory.Percpu", -1,
	  819200 },
	{ "meminfo without a unit", counters_meminfo, "HugePages_Total:       5\n",
	  "memory.HugePages_Total", -1, 5 },
	{ "schedstat", counters_schedstat,
	  "version 17\ntimestamp 9\ncpu0 1 0 3 4 5 6 7 8 9\ndomain0 MC 7 1 2\ncpu1 1 0 3 4 5 6 7 8 9\n",
	  "sched.run", -1, 14 },
	{ "schedstat, of one CPU", counters_schedstat, "cpu2 1 0 3 4 5 6 7 8 9\n", "sched.wakeups",
	  2, 5 },
	{ "schedstat, cut off", counters_schedstat, "cpu2 1 0 3\n", "sched.idle", 2, NONE },
	{ "switches", counters_switches,
	  "cpu#0, 2400.000 MHz\n  .nr_switches                   : 12\ncpu#1\n"
	  "  .nr_switches                   : 30\n  .nr_switches_of_others : 1\n",
	  "sched.switches", 1, 31 },
	{ "slab cache", parse_slabinfo, "# name\n" SLAB("dentry", "2", "55"), "memory.slab.dentry",
	  -1, 55 * 2 * 4096 },
	{ "all slab caches", parse_slabinfo, SLAB("dentry", "2", "55") SLAB("filp", "1", "9"),
	  "memory.slab", -1, (55 * 2 + 9) * 4096 },
	{ "slab cache, cut off", parse_slabinfo, "dentry 1 2 576 28 2 : tunables 0 0 0 : slabdata",
	  "memory.slab", -1, NONE },
	{ "percpu, global", counters_percpu,
	  "Global Stats:\n----\n  nr_cur_alloc        :          294\n",
	  "memory.percpu.nr_cur_alloc", -1, 294 },
	{ "percpu, of chunks: only what adds up", counters_percpu,
	  "  nr_alloc : 3\nChunk: <- First Chunk\n  nr_alloc : 5\n", "memory.percpu.nr_alloc", -1,
	  3 },
	{ "percpu, free in all chunks", counters_percpu,
	  "Chunk: <- Reserved Chunk\n  free_bytes : 8192\nChunk:\n  free_bytes : 100\n",
	  "memory.percpu.free_bytes", -1, 8292 },
};

/* Of the files that the collector memory reads: mm/percpu-stats.c, fs/proc/meminfo.c. */
static void test_memory_units(void **state)
{
	static const struct {
		const char *name, *want;
	} names[] = {
		{ "memory.MemFree", "bytes" },
		{ "memory.HugePages_Free", "pages" },
		{ "memory.Hugepagesize", "bytes" },
		{ "memory.slab", "bytes" },
		{ "memory.slab.kmalloc-64", "bytes" },
		{ "memory.percpu.unit_size", "bytes" },
		{ "memory.percpu.free_bytes", "bytes" },
		{ "memory.percpu.sum_frag", "bytes" },
		{ "memory.percpu.empty_pop_pages", "pages" },
		{ "memory.percpu.nr_cur_alloc", "objects" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(counters_memory_unit(names[i].name), names[i].want);
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct counters c = COUNTERS_INIT;

		rows[i].parse(&c, rows[i].text);
		expect(rows[i].what, &c, rows[i].name, rows[i].cpu, rows[i].want);
		counters_release(&c);
	}
}

static void test_difference(void **state)
{
	struct counters a = COUNTERS_INIT, b = COUNTERS_INIT;

	(void)state;
	counters_vmstat(&a, "one 1\ntwo 5\n");
	counters_vmstat(&b, "new 9\none 4\ntwo 3\n");
	counters_since(&b, &a);
	expect("grown", &b, "vmstat.one", -1, 3);
	expect("shrunk", &b, "vmstat.two", -1, -2);
	expect("new", &b, "vmstat.new", -1, 9);
	counters_reset(&b);
	expect("empty", &b, "vmstat.one", -1, NONE);
	counters_release(&a);
	counters_release(&b);
}

static void test_choice(void **state)
{
	(void)state;
	assert_true(counters_chosen("LOC,RES", "RES"));
	assert_true(counters_chosen("pg*, IPI[0-2]", "IPI2"));
	assert_false(counters_chosen("pg*, IPI[0-2]", "IPI3"));
	assert_false(counters_chosen("", "LOC"));
	assert_false(counters_chosen("LOC", "LOCK"));
}

struct set {
	const char *text, *want; /* NULL: refused */
};

static const struct set lists[] = {
	{ "0-2,5", "0-2,5" }, { "3\n", "3" },  { "", "" },     { "\n", "" },   { "4095", "4095" },
	{ "4096", NULL },     { "2-1", NULL }, { "1,", NULL }, { "1-", NULL }, { ",1", NULL },
	{ " 1", NULL },       { "1;2", NULL }, { "-1", NULL },
};

static const struct set masks[] = {
	{ "00000008", "3" }, { "00000001,00000000", "32" },
	{ "f", "0-3" },      { "8 x", "3" },
	{ "", "" },          { "zz", "" },
};

static void check_sets(const struct set *sets, size_t n,
		       int (*parse)(struct cpus *c, const char *text, struct err *e))
{
	for (size_t i = 0; i < n; i++) {
		cleanup_str struct str got = STR_INIT;
		struct cpus c;
		int bad = parse(&c, sets[i].text, NULL);

		cpus_print(&c, &got);
		if (!bad != !!sets[i].want || (!bad && strcmp(got.buf, sets[i].want)))
			fail_msg("'%s' gives '%s' (%s), wanted '%s'", sets[i].text, got.buf,
				 bad ? "refused" : "taken",
				 sets[i].want ? sets[i].want : "refused");
	}
}

static void test_cpus(void **state)
{
	cleanup_str struct str huge = STR_INIT;
	struct cpus c;

	(void)state;
	check_sets(lists, sizeof(lists) / sizeof(lists[0]), cpus_parse_list);
	check_sets(masks, sizeof(masks) / sizeof(masks[0]), cpus_parse_mask);
	/* the bit of CPU 4096, were there one */
	str_add(&huge, "1");
	for (int i = 0; i < 4096 / 4; i++)
		str_addch(&huge, '0');
	assert_int_equal(cpus_parse_mask(&c, huge.buf, NULL), -1);
}

static void test_cpu_parameter(void **state)
{
	static const struct param p = { .name = "cpu" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(cpus_check(&p, "isolated", NULL), 0);
	assert_int_equal(cpus_check(&p, "all", NULL), 0);
	assert_int_equal(cpus_check(&p, "0-3", NULL), 0);
	assert_int_equal(cpus_check(&p, "", NULL), -1);
	assert_int_equal(cpus_check(&p, "some", &e), -1);
	assert_string_equal(e.msg,
			    "'cpu': 'some' is no list of CPUs below 4096: expected one like 0-2,5");
}

/* This process, a child and a grandchild; not the parent. */
static void test_tasks(void **state)
{
	struct tasks t = { 0 };
	int ready[2], found = 0;
	pid_t child, self = getpid(), grandchild = 0;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		pid_t pid = fork();

		if (pid && write(ready[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	tasks_of(&t, self);
	for (size_t i = 0; i < t.n; i++) {
		assert_int_not_equal(t.v[i], getppid());
		found += t.v[i] == self || t.v[i] == child || t.v[i] == grandchild;
	}
	assert_int_equal(found, 3);
	kill(grandchild, SIGKILL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tasks_of(&t, child);
	assert_int_equal(t.n, 0);
	tasks_release(&t);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),      cmocka_unit_test(test_texts),
		cmocka_unit_test(test_memory_units),  cmocka_unit_test(test_difference),
		cmocka_unit_test(test_choice),        cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_cpu_parameter), cmocka_unit_test(test_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
