// SPDX-License-Identifier: GPL-2.0
/* kdelta build: kernels of the given variants, from the cache when nothing changed. */
#include <stddef.h>
#include <stdio.h>

#include "runner/base/proc.h"
#include "runner/commands.h"
#include "runner/kernel.h"
#include "runner/leftovers.h"
#include "runner/paths.h"
#include "runner/progress.h"

struct build_opts {
	const char *target;
	const char *arch;
	int jobs;
	bool force;
};

/* --target and --arch say the same in two ways; without either it is this machine's. */
static const struct arch *pick_arch(struct config *c, const struct build_opts *o, struct err *e)
{
	const struct target *t;
	const struct arch *a;

	if (o->target && o->arch) {
		err_set(e, ERR_USAGE, "give --target or --arch, not both");
		return NULL;
	}
	if (o->target) {
		t = config_target(c, o->target, e);
		return t ? t->arch : NULL;
	}
	if (!o->arch)
		return arch_host();
	a = arch_find(o->arch);
	if (!a)
		err_set(e, ERR_USAGE,
			"unknown architecture '%s': expected x86_64, aarch64 or s390x", o->arch);
	return a;
}

static void print_kernel(const struct kernel *k, const char *variant, bool cached, double seconds)
{
	printf("%s: Linux %s %s, key %.12s, code and read-only data %lld bytes, image %lld bytes, %s in %.1f s, %s\n",
	       variant, k->release, k->arch->name, k->key, k->text, k->image_size,
	       cached ? "cached, found" : "built", seconds, k->dir);
	fflush(stdout);
}

static int build_one(struct config *c, const char *name, const struct arch *a,
		     const struct build_opts *o, struct progress *progress, struct err *e)
{
	struct build_options options = { .jobs = o->jobs, .force = o->force };
	struct build_progress callbacks = progress_build(progress);
	const struct variant *v = config_variant(c, name, e);
	double start = proc_now();
	struct kernel *k;
	bool cached;

	if (!v)
		return -1;
	k = o->force ? NULL : kernel_find(v, a);
	cached = k != NULL;
	if (!k)
		k = kernel_build(v, a, &options, &callbacks, e);
	progress_end(progress);
	if (!k)
		return -1;
	print_kernel(k, name, cached, proc_now() - start);
	kernel_free(k);
	return 0;
}

static int build_run(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	const struct build_opts *o = opts;
	struct config *c = config_open(paths_configs(), e);
	const struct arch *a = c ? pick_arch(c, o, e) : NULL;
	struct progress progress;
	int ret = a ? 0 : -1;

	(void)rest;
	progress_init(&progress);
	leftovers_remove();
	for (size_t i = 0; i < args->n && !ret; i++)
		ret = build_one(c, args->v[i], a, o, &progress, e);
	if (c)
		config_free(c);
	return ret ? (int)e->kind : 0;
}

static const struct option_desc build_options_table[] = {
	{ .name = "target",
	  .letter = 't',
	  .type = OPT_STRING,
	  .arg = "T",
	  .offset = offsetof(struct build_opts, target),
	  .help = "build for the architecture of this target" },
	{ .name = "arch",
	  .letter = 'a',
	  .type = OPT_STRING,
	  .arg = "A",
	  .offset = offsetof(struct build_opts, arch),
	  .help = "build for this architecture (default: this machine's)" },
	{ .name = "jobs",
	  .letter = 'j',
	  .type = OPT_INT,
	  .arg = "N",
	  .min = 1,
	  .max = 1024,
	  .offset = offsetof(struct build_opts, jobs),
	  .help = "compilers at a time (default: the number of CPUs)" },
	{ .name = "force",
	  .letter = 'f',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct build_opts, force),
	  .help = "build from scratch, even when the cache holds the kernel" },
	{ .name = NULL },
};

const struct command command_build = {
	.name = "build",
	.usage = "VARIANT… [options]",
	.summary = "build kernels, or find them in the cache",
	.help = "Builds image, vmlinux and modules of every variant, out of tree, and keeps them by the content "
		"of all that matters: source, patches, final .config, compiler, architecture. A changed patch "
		"or option starts from the nearest kernel that is there. Wanted options that do not survive "
		"olddefconfig are an error.",
	.examples = "kdelta build base                          # for this machine's architecture\n"
		    "kdelta build base rt --target qemu-s390x   # two variants, cross-built\n"
		    "kdelta build base --force                  # from scratch",
	.options = build_options_table,
	.min_args = 1,
	.max_args = -1,
	.size = sizeof(struct build_opts),
	.run = build_run,
};
