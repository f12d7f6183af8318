// SPDX-License-Identifier: GPL-2.0
/* Finds the two files of a static comparison and analyses them side by side. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/compare_static.h"
#include "runner/kernel.h"
#include "runner/paths.h"

static bool is_elf(const char *path)
{
	FILE *f = fopen(path, "re");
	char magic[4];
	bool yes;

	if (!f)
		return false;
	yes = fread(magic, 1, sizeof(magic), f) == sizeof(magic) && !memcmp(magic, "\177ELF", 4);
	fclose(f);
	return yes;
}

static void release_side(struct static_side *s)
{
	static_values_release(&s->values);
	static_free(s->image);
	free(s->path);
	free(s->about);
}

static const struct arch *find_arch(struct config *c, const char *target, struct err *e)
{
	const struct target *t;

	if (!target)
		return arch_host();
	t = config_target(c, target, e);
	return t ? t->arch : NULL;
}

static int find_kernel(struct config *c, const char *target, struct static_side *s, struct err *e)
{
	const struct variant *v = config_variant(c, s->name, e);
	const struct arch *arch;
	struct kernel *k;

	if (!v)
		return -1;
	arch = find_arch(c, target, e);
	if (!arch)
		return err_set(e, ERR_USAGE,
			       "cannot compare '%s': say which architecture with --target",
			       s->name);
	if (!variant_has_arch(v, arch))
		return err_set(e, ERR_USAGE, "cannot compare '%s': it is not for %s", s->name,
			       arch->name);
	k = kernel_find(v, arch);
	if (!k)
		return err_set(e, ERR_USAGE,
			       "cannot compare '%s': its kernel for %s is not built yet; "
			       "'kdelta build %s%s%s' builds it",
			       s->name, arch->name, s->name, target ? " --target " : "",
			       target ? target : "");
	s->path = xstrdup(k->vmlinux);
	s->about = xasprintf("%s, %s, build %.8s", k->version, k->compiler, k->key);
	kernel_free(k);
	return 0;
}

static int find_side(const char *target, struct static_side *s, struct err *e)
{
	struct config *c;
	int ret;

	if (is_elf(s->name)) {
		s->path = xstrdup(s->name);
		s->about = xstrdup("");
		return 0;
	}
	c = config_open(paths_configs(), e);
	if (!c)
		return -1;
	ret = find_kernel(c, target, s, e);
	config_free(c);
	return ret;
}

static void *load_side(void *arg)
{
	struct static_side *s = arg;

	s->image = static_load(s->path, &s->err);
	return NULL;
}

/* The second file is analysed by a second thread; where there is none, one after the other. */
static int load_both(struct static_side side[2], struct err *e)
{
	pthread_t thread;
	bool threaded = !pthread_create(&thread, NULL, load_side, &side[1]);

	load_side(&side[0]);
	if (threaded)
		pthread_join(thread, NULL);
	else
		load_side(&side[1]);
	for (int i = 0; i < 2; i++)
		if (!side[i].image)
			return err_set(e, side[i].err.kind, "%s", side[i].err.msg);
	return 0;
}

static int compare(struct static_side side[2], const struct compare_static_options *o,
		   struct str *out, struct err *e)
{
	struct static_diff d;

	if (load_both(side, e) || static_diff(side[0].image, side[1].image, &d, e))
		return -1;
	for (int i = 0; i < 2; i++)
		static_records(side[i].image, o->calls, &side[i].values);
	if (o->json)
		static_print_json(side, &d, o->top, out);
	else
		static_print_text(side, &d, o->top, out);
	static_diff_release(&d);
	return 0;
}

int compare_static(const char *a, const char *b, const struct compare_static_options *o,
		   struct str *out, struct err *e)
{
	struct static_side side[2] = { { .name = a }, { .name = b } };
	int ret = -1;

	if (!find_side(o->target, &side[0], e) && !find_side(o->target, &side[1], e))
		ret = compare(side, o, out, e);
	release_side(&side[0]);
	release_side(&side[1]);
	return ret;
}
