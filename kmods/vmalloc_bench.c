// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc_bench: the cost of mapping pages into the kernel's address space and of unmapping them,
 * one area at a time. vfree() clears the page table entries and leaves the flush of the TLBs for
 * later, for many areas together; with `flush` it is done, and timed, with each vfree().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include "kdelta_bench.h"
#include "kdelta_marker.h"
#include "kdelta_round.h"

#define PAGES_MAX 1048576
#define TIMES_MAX 1000000

static unsigned int pages = 256;
module_param(pages, uint, 0444);
MODULE_PARM_DESC(pages, "pages of one area");

static unsigned int times = 10;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "areas that are mapped and unmapped, one after the other");

static bool huge;
module_param(huge, bool, 0444);
MODULE_PARM_DESC(huge, "allow huge pages");

static bool flush;
module_param(flush, bool, 0444);
MODULE_PARM_DESC(flush, "flush the TLBs with each vfree");

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that the writer of \"run\" must be on; -1: any");

enum { SIDE_VMALLOC, SIDE_VFREE, SIDES };

static int batch(void *unused, bool empty, struct kdelta_cost *cost);

static DEFINE_MUTEX(lock); /* one round at a time, no reading while it runs */
static struct dentry *dir;
static bool valid; /* the last round is complete */
static struct kdelta_round round = { .sides = SIDES, .batch = batch };

/* No retry: an area that does not fit is an error to report, no reason to kill a process. */
static noinline void *map_area(bool empty)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY;
	size_t size = (size_t)pages << PAGE_SHIFT;

	if (empty)
		return NULL;
	return huge ? vmalloc_huge_node(size, gfp, NUMA_NO_NODE) : __vmalloc(size, gfp);
}

static noinline void unmap_area(void *area)
{
	if (!area)
		return;
	vfree(area);
	if (flush)
		vm_unmap_aliases();
}

static void *timed_map(bool empty, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	void *area;
	u64 start;

	kdelta_side_begin(&round, &before);
	start = kdelta_ticks();
	area = map_area(empty);
	kdelta_side_end(&round, &before, cost, kdelta_ticks() - start);
	return area;
}

static void timed_unmap(void *area, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	u64 start;

	kdelta_side_begin(&round, &before);
	start = kdelta_ticks();
	unmap_area(area);
	kdelta_side_end(&round, &before, cost, kdelta_ticks() - start);
}

/* The windows are those of the whole machine: other CPUs flush too. The empty pass has none. */
static int batch(void *unused, bool empty, struct kdelta_cost *cost)
{
	void *area;

	if (empty) {
		timed_unmap(timed_map(true, &cost[SIDE_VMALLOC]), &cost[SIDE_VFREE]);
		return 0;
	}
	kdelta_open_machine(KDELTA_WINDOW_ALLOC);
	area = timed_map(false, &cost[SIDE_VMALLOC]);
	kdelta_close_machine(KDELTA_WINDOW_ALLOC);
	if (!area) {
		pr_err("no memory for an area of %u pages\n", pages);
		return -ENOMEM;
	}
	kdelta_open_machine(KDELTA_WINDOW_FREE);
	timed_unmap(area, &cost[SIDE_VFREE]);
	kdelta_close_machine(KDELTA_WINDOW_FREE);
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	int err;

	if (!kdelta_on_cpu(cpu))
		return -EINVAL;
	err = mutex_lock_interruptible(&lock);
	if (err)
		return err;
	/* what others have left to flush is not to be flushed in a window */
	vm_unmap_aliases();
	err = kdelta_round_run(&round);
	valid = !err;
	mutex_unlock(&lock);
	return err ?: len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int result_show(struct seq_file *m, void *unused)
{
	static const struct kdelta_side_names names[SIDES] = {
		[SIDE_VMALLOC] = KDELTA_SIDE_NAMES(vmalloc),
		[SIDE_VFREE] = KDELTA_SIDE_NAMES(vfree),
	};
	unsigned int side;
	int err;

	err = mutex_lock_interruptible(&lock);
	if (err)
		return err;
	if (valid) {
		for (side = 0; side < SIDES; side++)
			kdelta_round_show(m, &round, side, &names[side], cpu, 1);
		kdelta_count_show(m, "operations", times);
		kdelta_count_show(m, "pages", (u64)times * pages);
	} else {
		err = -ENODATA;
	}
	mutex_unlock(&lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int __init vmalloc_bench_init(void)
{
	if (kdelta_check_range("pages", pages, 1, PAGES_MAX) ||
	    kdelta_check_range("times", times, 1, TIMES_MAX) || kdelta_check_cpu(cpu))
		return -EINVAL;
	if (huge && !IS_ENABLED(CONFIG_HAVE_ARCH_HUGE_VMALLOC)) {
		pr_err("this architecture has no huge pages in vmalloc areas\n");
		return -EOPNOTSUPP;
	}
	round.batches = times;
	dir = kdelta_dir("vmalloc_bench");
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	return 0;
}

static void __exit vmalloc_bench_exit(void)
{
	debugfs_remove_recursive(dir);
}

module_init(vmalloc_bench_init);
module_exit(vmalloc_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: cost of vmalloc and vfree");
