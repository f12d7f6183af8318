// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/kernel_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/kernel_tree.h"
#include "runner/paths.h"

static struct str cache;

int world_begin(void)
{
	str_init(&cache);
	if (dir_temp(NULL, &cache, NULL))
		return 1;
	return setenv("XDG_CACHE_HOME", cache.buf, 1) ? 1 : 0;
}

void world_end(void)
{
	tree_remove(cache.buf, NULL);
	str_release(&cache);
}

static void on_step(void *arg, const char *text)
{
	struct world *w = arg;

	str_addf(&w->steps, "%s\n", text);
	if (w->steps_fd >= 0)
		dprintf(w->steps_fd, "%s\n", text);
}

int world_setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	str_init(&w->dir);
	str_init(&w->steps);
	w->steps_fd = -1;
	assert_int_equal(tree_remove(paths_cache(), NULL), 0);
	assert_int_equal(dir_temp(NULL, &w->dir, NULL), 0);
	w->linux_dir = path_join(w->dir.buf, "linux");
	assert_int_equal(tree_copy("tests/fixtures/fake-linux", w->linux_dir, NULL), 0);
	w->source.name = (char *)"fake";
	w->source.version = (char *)"7.3";
	w->source.path = w->linux_dir;
	w->variant.name = (char *)"base";
	w->variant.source = &w->source;
	w->variant.base_config = (char *)"tinyconfig";
	strv_push(&w->variant.options, "CONFIG_SMP=y");
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	tree_remove(w->dir.buf, NULL);
	str_release(&w->dir);
	str_release(&w->steps);
	strv_release(&w->variant.options);
	strv_release(&w->variant.patches);
	strv_release(&w->variant.archs);
	free(w->linux_dir);
	free(w);
	return 0;
}

struct kernel *try_build(struct world *w, bool force, struct err *e)
{
	struct build_options o = { .jobs = 2, .force = force };
	struct build_progress p = { .step = on_step, .arg = w };

	str_reset(&w->steps);
	return kernel_build(&w->variant, arch_host(), &o, &p, e);
}

struct kernel *build(struct world *w)
{
	struct err e = ERR_INIT;
	struct kernel *k = try_build(w, false, &e);

	if (!k)
		fail_msg("build: %s", e.msg);
	return k;
}

void build_fails(struct world *w, const char *want)
{
	struct err e = ERR_INIT;
	struct kernel *k = try_build(w, false, &e);

	assert_null(k);
	if (!strstr(e.msg, want))
		fail_msg("got:  %s\nwant: %s", e.msg, want);
}

void add_patches(struct world *w, const char *name)
{
	char *real = realpath(name, NULL);

	assert_non_null(real);
	strv_push(&w->variant.patches, real);
	free(real);
}

bool log_has(const struct kernel *k, const char *text)
{
	cleanup_free char *path = path_join(k->dir, "build.log");
	cleanup_str struct str log = STR_INIT;

	assert_int_equal(file_read(path, 0, &log, NULL), 0);
	return strstr(log.buf, text) != NULL;
}

void write_file(const char *dir, const char *name, const char *text)
{
	cleanup_free char *path = path_join(dir, name);

	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

bool stepped(const struct world *w, const char *text)
{
	return strstr(w->steps.buf, text) != NULL;
}

size_t count_entries(const char *folder, const char *suffix)
{
	cleanup_free char *dir = path_join(paths_cache(), folder);
	cleanup_strv struct strv names = STRV_INIT;

	if (dir_exists(dir))
		dir_list(dir, suffix, &names, NULL);
	return names.n;
}
