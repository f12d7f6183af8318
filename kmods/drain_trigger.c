// SPDX-License-Identifier: GPL-2.0
/*
 * drain_trigger: what user space cannot make the kernel do by itself, for the workload drain. A
 * write to a file of kdelta/drain_trigger in debugfs does it, in the context of the writer:
 *
 *	create	make a slab cache of its own, which is merged with no other
 *	touch	allocate an object of that cache and free it: it stays in this CPU's sheaf
 *	destroy	destroy the cache
 *	ipi	call a function that does nothing on every CPU, and wait for all of them
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "kdelta_bench.h"

#define OBJECT_SIZE 256

static struct kmem_cache *cache;
static DEFINE_MUTEX(lock); /* of cache */
static struct dentry *dir;

static int create(void)
{
	if (cache)
		return -EEXIST;
	cache = kmem_cache_create("kdelta_drain", OBJECT_SIZE, 0, SLAB_NO_MERGE, NULL);
	return cache ? 0 : -ENOMEM;
}

static int touch(void)
{
	void *object;

	if (!cache)
		return -ENOENT;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (!object)
		return -ENOMEM;
	kmem_cache_free(cache, object);
	return 0;
}

static int destroy(void)
{
	kmem_cache_destroy(cache);
	cache = NULL;
	return 0;
}

static void do_nothing(void *unused)
{
}

static int ipi(void)
{
	on_each_cpu(do_nothing, NULL, 1);
	return 0;
}

static const struct op {
	const char *name;
	int (*run)(void);
} ops[] = {
	{ "create", create },
	{ "touch", touch },
	{ "destroy", destroy },
	{ "ipi", ipi },
};

static ssize_t op_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	const struct op *op = file->private_data;
	int err;

	err = mutex_lock_interruptible(&lock);
	if (err)
		return err;
	err = op->run();
	mutex_unlock(&lock);
	return err ? err : len;
}

static const struct file_operations op_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = op_write,
};

static int __init drain_trigger_init(void)
{
	size_t i;

	dir = kdelta_dir("drain_trigger");
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		debugfs_create_file(ops[i].name, 0200, dir, (void *)&ops[i], &op_fops);
	return 0;
}

static void __exit drain_trigger_exit(void)
{
	debugfs_remove_recursive(dir);
	kmem_cache_destroy(cache);
}

module_init(drain_trigger_init);
module_exit(drain_trigger_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: what disturbs an isolated CPU");
