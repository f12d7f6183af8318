// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel build, or a part of one, by the toolchain of the root image: many short processes, page faults, files.
 *
 * The tree is the pristine one of the baseline's source, read-only, the same for every variant. setup() makes the
 * configuration and what kbuild calls "prepare" (its own tools, generated headers) once; a round starts from a copy
 * of that state, and only make itself is inside the window, in a memory cgroup of its own.
 */
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/exec.h"
#include "workloads/workload.h"

#define BASE "/tmp/kbuild"
#define PREPARED BASE "/prepared"
#define OUT BASE "/out" /* kbuild writes this name into its files: it is always the same */
#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/kbuild"
#define FOLDERS_OPEN 16
#define EMPTY_WAIT_MS 5000

static const char *const kbuild_packages[] = {
	/* Documentation/process/changes.rst of the kernel; the rest is what its scripts call */
	"bc",        "binutils",   "bison", "diffutils", "findutils", "flex", "gcc", "grep",
	"libc6-dev", "libelf-dev", "make",  "mawk",      "perl-base", "sed",  NULL,
};
static const char *const kbuild_kconfig[] = { "CONFIG_MEMCG=y", "CONFIG_BINFMT_SCRIPT=y", NULL };
static const char *const kbuild_configs[] = { "tinyconfig", "allnoconfig", "defconfig", NULL };

/* A path below the tree, or a target of its Makefile; it becomes an argument of make. */
static int check_target(const struct param *p, const char *value, struct err *e)
{
	bool good = isalnum((unsigned char)value[0]) && !strstr(value, "..");

	for (const char *c = value; good && *c; c++)
		good = isalnum((unsigned char)*c) || strchr("_-./", *c);
	return good ? 0 :
		      err_set(e, ERR_USAGE,
			      "%s: expected a target like 'vmlinux' or 'lib/', got '%s'", p->name,
			      value);
}

static const struct param kbuild_params[] = {
	{ .name = "target",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "lib/math/",
	  .check = check_target,
	  .help = "what make builds: a folder (lib/), an object (kernel/fork.o), or vmlinux" },
	{ .name = "config",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "tinyconfig",
	  .choices = kbuild_configs,
	  .help = "the configuration of the kernel that is built" },
	{ .name = "jobs",
	  .type = PARAM_INT,
	  .unit = "processes",
	  .min = 0,
	  .max = 4096,
	  .def = "0",
	  .help = "make -j; 0: the number of online CPUs" },
	{ .name = NULL },
};

static const struct metric kbuild_metrics[] = {
	{ "kbuild.wall", "ns", DIR_LOWER, "from the start of make to its end" },
	{ "kbuild.user", "ns", DIR_LOWER, "of make and everything that it started" },
	{ "kbuild.sys", "ns", DIR_LOWER, "likewise, in the kernel" },
	{ "kbuild.memory", "bytes", DIR_LOWER, "largest charge of the memory cgroup" },
	{ "kbuild.objects", "objects", DIR_NONE, "object files that the round has built" },
	{ .name = NULL },
};

/* Run a program and let its failure be ours. */
static int must_run(struct exec *x, struct err *e)
{
	return exec_run(x, e) || exec_check(x, e) ? -1 : 0;
}

/* @target of the tree; the programs that it needs belong to the image. */
static int make(struct workload_ctx *c, const char *target, struct exec *x, struct err *e)
{
	long long jobs = wctx_int(c, "jobs");
	cleanup_free char *j =
		xasprintf("-j%lld", jobs ? jobs : (long long)sysconf(_SC_NPROCESSORS_ONLN));
	static const char out[] = "O=" OUT;
	const char *argv[] = { "make", "-s", j, "-C", EXEC_SOURCE, out, target, NULL };

	x->argv = argv;
	return must_run(x, e) ? err_prefix(e, "cannot build '%s'", target) : 0;
}

static int make_once(struct workload_ctx *c, const char *target, struct err *e)
{
	struct exec x;
	int ret;

	exec_init(&x, NULL);
	ret = make(c, target, &x, e);
	exec_release(&x);
	return ret;
}

static int copy_tree(const char *from, const char *to, struct err *e)
{
	/* with times, for make goes by them */
	const char *argv[] = { "cp", "-a", from, to, NULL };
	struct exec x;
	int ret;

	exec_init(&x, argv);
	ret = must_run(&x, e);
	exec_release(&x);
	return ret;
}

static int kbuild_setup(struct workload_ctx *c, struct err *e)
{
	if (!exec_has("gcc") || !exec_has("make"))
		return wctx_skip(c, e, "the root image has no compiler");
	if (wctx_write(CGROUPS "/cgroup.subtree_control", "+memory", e) || tree_remove(BASE, e) ||
	    dir_make(OUT, e))
		return -1;
	if (make_once(c, wctx_str(c, "config"), e) || make_once(c, "prepare", e))
		return -1;
	if (rename(OUT, PREPARED))
		return err_errno(e, ERR_INFRA, "cannot rename '" OUT "'");
	return 0;
}

/* A cgroup is busy until the last of its processes is gone. */
static int remove_cgroup(struct err *e)
{
	const struct timespec step = { 0, 10 * 1000000L };

	for (int waited = 0; rmdir(CGROUP) && errno != ENOENT; waited += 10) {
		if (errno != EBUSY || waited >= EMPTY_WAIT_MS)
			return err_errno(e, ERR_INFRA, "cannot remove '" CGROUP "'");
		nanosleep(&step, NULL);
	}
	return 0;
}

/* The state after "prepare", and an empty cgroup. */
static int begin_round(struct err *e)
{
	if (tree_remove(OUT, e) || copy_tree(PREPARED, OUT, e) || remove_cgroup(e))
		return -1;
	if (mkdir(CGROUP, 0755))
		return err_errno(e, ERR_INFRA, "cannot make '" CGROUP "'");
	return 0;
}

static long found;

static int count_object(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	found += type == FTW_F && str_ends(path, ".o");
	return 0;
}

static long objects_in(const char *dir)
{
	found = 0;
	return nftw(dir, count_object, FOLDERS_OPEN, FTW_PHYS) ? -1 : found;
}

static int record_memory(struct workload_ctx *c, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(CGROUP "/memory.peak", 64, &text, e))
		return -1;
	wctx_value(c, "kbuild.memory", "max", -1, strtod(text.buf, NULL));
	return 0;
}

static int record(struct workload_ctx *c, const struct exec *x, struct err *e)
{
	long before = objects_in(PREPARED), after = objects_in(OUT);

	if (before < 0 || after < 0)
		return err_errno(e, ERR_INFRA, "cannot count the objects in '" OUT "'");
	if (after <= before)
		return wctx_fail(c, e, "make ended well and built nothing");
	wctx_value(c, "kbuild.wall", "total", -1, x->wall * 1e9);
	wctx_value(c, "kbuild.user", "total", -1, x->user * 1e9);
	wctx_value(c, "kbuild.sys", "total", -1, x->sys * 1e9);
	wctx_value(c, "kbuild.objects", "count", -1, (double)(after - before));
	return record_memory(c, e);
}

static int kbuild_round(struct workload_ctx *c, struct err *e)
{
	struct exec x;
	int ret;

	if (begin_round(e))
		return -1;
	exec_init(&x, NULL);
	x.cgroup = CGROUP;
	wctx_window_open(c);
	ret = make(c, wctx_str(c, "target"), &x, e);
	wctx_window_close(c);
	if (!ret)
		ret = record(c, &x, e);
	exec_release(&x);
	return ret;
}

static void kbuild_teardown(struct workload_ctx *c)
{
	struct err ignored = ERR_INIT;

	(void)c;
	remove_cgroup(&ignored);
	tree_remove(BASE, &ignored);
}

const struct workload workload_kbuild = {
	.name = "kbuild",
	.summary = "builds a kernel or a part of one, with the root image's compiler",
	.kconfig = kbuild_kconfig,
	.packages = kbuild_packages,
	.kernel_source = true,
	.params = kbuild_params,
	.metrics = kbuild_metrics,
	.own_window = true,
	.setup = kbuild_setup,
	.round = kbuild_round,
	.teardown = kbuild_teardown,
};
