// SPDX-License-Identifier: GPL-2.0
/* Sets of CPUs as texts, and what is set, checked and restored for an isolated CPU, in a tree like /proc and /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "workloads/isolation.h"

static const struct {
	const char *name, *input;
	const char *want; /* as a list; NULL: an error */
} list_rows[] = {
	{ "nothing", "", "" },
	{ "an empty line", "\n", "" },
	{ "one", "3\n", "3" },
	{ "a range", "0-2\n", "0-2" },
	{ "several", "0,2-3,7", "0,2-3,7" },
	{ "neighbours fall together", "0,1,2,4", "0-2,4" },
	{ "groups", "0-15:2/4", "0-1,4-5,8-9,12-13" },
	{ "the last", "1023", "1023" },
	{ "too large", "1024", NULL },
	{ "far too large", "99999999999999999999", NULL },
	{ "what nohz_full says without one", "(null)\n", NULL },
	{ "falling", "3-1", NULL },
	{ "half a range", "3-", NULL },
	{ "half a group", "0-3:2", NULL },
	{ "group of none", "0-3:0/2", NULL },
	{ "group of nothing", "0-3:1/0", NULL },
	{ "negative", "-1", NULL },
	{ "a space", "0 1", NULL },
	{ "comma at the end", "0,", NULL },
};

static const struct {
	const char *name, *input;
	const char *list, *mask; /* list NULL: an error */
} mask_rows[] = {
	{ "nothing", "", "", "0" },
	{ "zero", "00000000\n", "", "0" },
	{ "three", "7", "0-2", "7" },
	{ "upper case", "F0", "4-7", "f0" },
	{ "two words", "1,80000000", "31-32", "1,80000000" },
	{ "leading words", "00000000,00000008", "3", "8" },
	{ "nine digits", "123456789", NULL, NULL },
	{ "no digit", "x", NULL, NULL },
	{ "comma at the end", "1,", NULL, NULL },
	{ "text behind", "1 2", NULL, NULL },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(list_rows) / sizeof(list_rows[0]); i++) {
		struct str got = STR_INIT;
		struct err e = ERR_INIT;
		cpu_set_t set;
		int ret = cpulist_parse(list_rows[i].input, &set, &e);

		if (!ret)
			cpulist_add(&set, &got);
		if (ret != (list_rows[i].want ? 0 : -1) ||
		    (!ret && strcmp(got.buf, list_rows[i].want)))
			fail_msg("%s: '%s': got %d '%s', wanted '%s'", list_rows[i].name,
				 list_rows[i].input, ret, got.buf,
				 list_rows[i].want ? list_rows[i].want : "an error");
		str_release(&got);
	}
}

static void test_masks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mask_rows) / sizeof(mask_rows[0]); i++) {
		struct str list = STR_INIT, mask = STR_INIT;
		struct err e = ERR_INIT;
		cpu_set_t set;
		int ret = cpumask_parse(mask_rows[i].input, &set, &e);

		if (!ret) {
			cpulist_add(&set, &list);
			cpumask_add(&set, &mask);
		}
		if (ret != (mask_rows[i].list ? 0 : -1) ||
		    (!ret &&
		     (strcmp(list.buf, mask_rows[i].list) || strcmp(mask.buf, mask_rows[i].mask))))
			fail_msg("%s: '%s': got %d '%s' '%s', wanted '%s'", mask_rows[i].name,
				 mask_rows[i].input, ret, list.buf, mask.buf,
				 mask_rows[i].list ? mask_rows[i].list : "an error");
		str_release(&list);
		str_release(&mask);
	}
}

/* More words than a set has are an error, not a write behind its end. */
static void test_long_mask(void **state)
{
	struct str text = STR_INIT;
	struct err e = ERR_INIT;
	cpu_set_t set;

	(void)state;
	for (int i = 0; i < CPU_SETSIZE / 32; i++)
		str_add(&text, i ? ",00000001" : "00000001");
	assert_int_equal(cpumask_parse(text.buf, &set, &e), 0);
	assert_int_equal(CPU_COUNT(&set), CPU_SETSIZE / 32);
	str_add(&text, ",00000001");
	assert_int_equal(cpumask_parse(text.buf, &set, &e), -1);
	str_release(&text);
}

/* --- a tree of files --- */

struct file {
	const char *path, *text;
};

static void put(const char *root, const struct file *f)
{
	char *path = xasprintf("%s%s", root, f->path), *dir = xstrdup(path);
	struct err e = ERR_INIT;

	*strrchr(dir, '/') = '\0';
	assert_int_equal(dir_make(dir, &e), 0);
	assert_int_equal(file_write(path, f->text, strlen(f->text), &e), 0);
	free(path);
	free(dir);
}

static void assert_file(const char *root, const char *path, const char *want)
{
	char *whole = xasprintf("%s%s", root, path);
	struct str got = STR_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(file_read(whole, 0, &got, &e), 0);
	if (strcmp(got.buf, want))
		fail_msg("%s: got '%s', wanted '%s'", path, got.buf, want);
	str_release(&got);
	free(whole);
}

static void make_tree(struct str *root, const struct file *files)
{
	struct err e = ERR_INIT;

	assert_int_equal(dir_temp(NULL, root, &e), 0);
	for (; files->path; files++)
		put(root->buf, files);
}

static void remove_tree(struct str *root)
{
	struct err e = ERR_INIT;

	assert_int_equal(tree_remove(root->buf, &e), 0);
	str_release(root);
}

static const struct file isolated_tree[] = {
	{ "/sys/devices/system/cpu/isolated", "3\n" },
	{ "/sys/devices/system/cpu/nohz_full", "3\n" },
	{ "/sys/devices/virtual/workqueue/cpumask", "7\n" },
	{ "/proc/irq/default_smp_affinity", "7\n" },
	{ "/proc/irq/24/smp_affinity_list", "0-3\n" },
	{ "/proc/irq/24/effective_affinity_list", "1\n" },
	{ "/proc/sys/kernel/timer_migration", "1\n" },
	{ "/proc/1/comm", "init\n" },
	{ "/proc/17/comm", "rcuop/3\n" },
	{ NULL, NULL },
};

static const struct file plain_tree[] = {
	{ "/sys/devices/system/cpu/isolated", "\n" },
	{ "/sys/devices/virtual/workqueue/cpumask", "f\n" },
	{ "/proc/irq/default_smp_affinity", "f\n" },
	{ "/proc/irq/24/smp_affinity_list", "0-3\n" },
	{ "/proc/irq/24/effective_affinity_list", "3\n" },
	{ "/proc/irq/25/smp_affinity_list", "3\n" },
	{ "/proc/sys/kernel/timer_migration", "0\n" },
	{ "/proc/1/comm", "init\n" },
	{ "/proc/17/comm", "rcuop/2\n" },
	{ NULL, NULL },
};

static const struct file no_tree[] = { { "/proc/1/comm", "init\n" }, { NULL, NULL } };

static const struct file switched_off_tree[] = {
	{ "/sys/devices/system/cpu/isolated", "13\n" },
	{ "/sys/devices/system/cpu/nohz_full", "(null)\n" },
	{ "/sys/devices/virtual/workqueue/cpumask", "7\n" },
	{ "/proc/irq/default_smp_affinity", "7\n" },
	{ "/proc/sys/kernel/timer_migration", "1\n" },
	{ "/proc/17/comm", "rcuos/3\n" },
	{ NULL, NULL },
};

static const struct {
	const char *name;
	const struct file *tree;
	const char *want[8];
} check_rows[] = {
	{ "all is honoured", isolated_tree, { NULL } },
	{ "nothing is",
	  plain_tree,
	  { "isolcpus: the scheduler balances CPU 3 like the others",
	    "nohz_full: this kernel has none", "workqueue cpumask: unbound work may run on CPU 3",
	    "irq affinity: new interrupts may go to CPU 3",
	    "irq affinity: interrupt 24 goes to CPU 3", "irq affinity: interrupt 25 goes to CPU 3",
	    "rcu_nocbs: RCU callbacks of CPU 3 run there", "timer migration: is off" } },
	{ "the kernel has nothing of it",
	  no_tree,
	  { "isolcpus: this kernel has none", "nohz_full: this kernel has none",
	    "workqueue cpumask: this kernel has none", "irq affinity: this kernel has none",
	    "rcu_nocbs: RCU callbacks of CPU 3 run there",
	    "timer migration: this kernel has none" } },
	{ "another CPU, and no tick that could stop",
	  switched_off_tree,
	  { "isolcpus: the scheduler balances CPU 3 like the others",
	    "nohz_full: CPU 3 keeps its tick" } },
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(check_rows) / sizeof(check_rows[0]); i++) {
		struct str root = STR_INIT;
		struct strv facts = STRV_INIT;
		struct isolation iso;

		make_tree(&root, check_rows[i].tree);
		isolation_init(&iso, root.buf, 3);
		isolation_check(&iso, &facts);
		for (size_t f = 0; f < 8 && (f < facts.n || check_rows[i].want[f]); f++) {
			const char *got = f < facts.n ? facts.v[f] : "nothing";
			const char *want = check_rows[i].want[f];

			if (!want || strcmp(got, want))
				fail_msg("%s, fact %zu: got '%s', wanted '%s'", check_rows[i].name,
					 f, got, want ? want : "nothing");
		}
		assert_true(facts.n <= 8);
		strv_release(&facts);
		remove_tree(&root);
	}
}

static void test_begin_and_end(void **state)
{
	struct str root = STR_INIT;
	struct isolation iso;

	(void)state;
	make_tree(&root, plain_tree);
	isolation_init(&iso, root.buf, 3);
	isolation_begin(&iso);
	assert_file(root.buf, "/sys/devices/virtual/workqueue/cpumask", "7");
	assert_file(root.buf, "/proc/irq/default_smp_affinity", "7");
	assert_file(root.buf, "/proc/irq/24/smp_affinity_list", "0-2");
	/* there is no other CPU in it */
	assert_file(root.buf, "/proc/irq/25/smp_affinity_list", "3\n");
	assert_file(root.buf, "/proc/sys/kernel/timer_migration", "1");
	isolation_end(&iso);
	assert_file(root.buf, "/sys/devices/virtual/workqueue/cpumask", "f");
	assert_file(root.buf, "/proc/irq/default_smp_affinity", "f");
	assert_file(root.buf, "/proc/irq/24/smp_affinity_list", "0-3");
	assert_file(root.buf, "/proc/sys/kernel/timer_migration", "0");
	isolation_end(&iso);
	remove_tree(&root);
}

/* What is as it should be is not written, so nothing is restored over what somebody else has set since. */
static void test_nothing_to_do(void **state)
{
	struct str root = STR_INIT;
	struct isolation iso;

	(void)state;
	make_tree(&root, isolated_tree);
	isolation_init(&iso, root.buf, 3);
	isolation_begin(&iso);
	assert_int_equal(iso.nsaved, 1);
	assert_file(root.buf, "/proc/irq/24/smp_affinity_list", "0-2");
	isolation_end(&iso);
	assert_file(root.buf, "/proc/irq/24/smp_affinity_list", "0-3");
	assert_file(root.buf, "/proc/sys/kernel/timer_migration", "1\n");
	remove_tree(&root);
}

static void test_first(void **state)
{
	struct str isolated = STR_INIT, plain = STR_INIT, none = STR_INIT;

	(void)state;
	make_tree(&isolated, isolated_tree);
	make_tree(&plain, plain_tree);
	make_tree(&none, no_tree);
	assert_int_equal(isolation_first(isolated.buf), 3);
	assert_int_equal(isolation_first(plain.buf), -1);
	assert_int_equal(isolation_first(none.buf), -1);
	remove_tree(&isolated);
	remove_tree(&plain);
	remove_tree(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),         cmocka_unit_test(test_masks),
		cmocka_unit_test(test_long_mask),     cmocka_unit_test(test_check),
		cmocka_unit_test(test_begin_and_end), cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
