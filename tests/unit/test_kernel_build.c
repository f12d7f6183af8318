// SPDX-License-Identifier: GPL-2.0
/* kernel_build() on a tree that answers kbuild's targets in a moment: the cache, increments, errors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/kernel_tree.h"
#include "runner/paths.h"
#include "tests/unit/kernel_world.h"

static void a_kernel_has_its_facts(void **state)
{
	struct world *w = *state;
	struct kernel *k, *again;

	assert_null(kernel_find(&w->variant, arch_host()));
	k = build(w);
	assert_string_equal(k->release, "7.3.9");
	assert_string_equal(k->version, "7.3.9");
	assert_true(strstr(k->compiler, "gcc") != NULL);
	assert_true(file_exists(k->image) && file_exists(k->vmlinux) && file_exists(k->symvers));
	assert_int_equal(strlen(k->vmlinux_hash), HASH_HEX - 1);
	assert_true(k->text > 0 && k->bss >= 65536);
	assert_int_equal(k->image_size, file_size(k->image));
	assert_int_equal(count_entries("kernels", ".partial"), 0);

	again = kernel_find(&w->variant, arch_host());
	assert_non_null(again);
	assert_string_equal(again->key, k->key);
	assert_string_equal(again->release, k->release);
	assert_string_equal(again->config_hash, k->config_hash);
	assert_true(again->text == k->text && again->bss == k->bss);
	kernel_free(again);
	kernel_free(k);
}

static void an_unchanged_kernel_is_not_built(void **state)
{
	struct world *w = *state;

	kernel_free(build(w));
	kernel_free(build(w));
	assert_string_equal(w->steps.buf, "");
}

static void the_command_line_shares_a_build(void **state)
{
	struct world *w = *state;
	struct kernel *a = build(w), *b;

	w->variant.name = (char *)"init-on-alloc";
	strv_push(&w->variant.cmdline, "init_on_alloc=1");
	b = build(w);
	assert_string_equal(a->key, b->key);
	assert_string_equal(w->steps.buf, "");
	strv_release(&w->variant.cmdline);
	kernel_free(a);
	kernel_free(b);
}

static void another_way_to_the_same_config_shares_a_build(void **state)
{
	struct world *w = *state;
	struct kernel *a = build(w), *b;

	strv_push(&w->variant.options, "CONFIG_TINY=y");
	b = build(w);
	assert_string_equal(a->key, b->key);
	assert_false(stepped(w, "building"));
	assert_int_equal(count_entries("kernels", NULL), 1);
	kernel_free(a);
	kernel_free(b);
}

/* Is there a tree, finished or not, among the kernels? */
static bool any_tree_left(void)
{
	cleanup_free char *kernels = path_join(paths_cache(), "kernels");
	cleanup_strv struct strv names = STRV_INIT;
	bool left = false;

	assert_int_equal(dir_list(kernels, NULL, &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *tree = xasprintf("%s/%s/linux", kernels, names.v[i]);

		left |= dir_exists(tree);
	}
	return left;
}

static void lost_options_are_listed(void **state)
{
	struct world *w = *state;

	strv_push(&w->variant.options, "CONFIG_LOST_A=y");
	strv_push(&w->variant.options, "CONFIG_KEPT=m");
	strv_push(&w->variant.options, "CONFIG_LOST_B=\"x\"");
	build_fails(w, "2 options did not survive olddefconfig: CONFIG_LOST_A (wanted y, got n), "
		       "CONFIG_LOST_B (wanted \"x\", got n)");
	assert_int_equal(count_entries("requests", NULL), 0);
	assert_false(any_tree_left());
}

static void a_patch_builds_what_it_touches(void **state)
{
	struct world *w = *state;
	struct kernel *base = build(w), *patched, *back;

	add_patches(w, FIXTURES "/count.mbox");
	patched = build(w);
	assert_string_not_equal(base->key, patched->key);
	assert_string_not_equal(base->vmlinux_hash, patched->vmlinux_hash);
	assert_true(log_has(patched, "CC      mm/slub.o"));
	assert_false(log_has(patched, "CC      mm/page_alloc.o"));

	strv_release(&w->variant.patches);
	back = build(w);
	assert_string_equal(back->key, base->key);
	kernel_free(base);
	kernel_free(patched);
	kernel_free(back);
}

/* The base kernel is made from the patched one: the file that the patch had touched is old again. */
static void taking_a_patch_away_builds_what_it_touched(void **state)
{
	struct world *w = *state;
	struct kernel *patched, *base, *fresh;
	struct err e = ERR_INIT;

	add_patches(w, FIXTURES "/count");
	patched = build(w);
	strv_release(&w->variant.patches);
	base = build(w);
	assert_true(log_has(base, "CC      mm/slub.o"));
	assert_false(log_has(base, "CC      mm/page_alloc.o"));

	fresh = try_build(w, true, &e);
	assert_non_null(fresh);
	assert_true(log_has(fresh, "CC      mm/page_alloc.o"));
	assert_string_equal(fresh->key, base->key);
	assert_string_equal(fresh->vmlinux_hash, base->vmlinux_hash);
	kernel_free(patched);
	kernel_free(base);
	kernel_free(fresh);
}

static void a_series_by_any_form_is_one_kernel(void **state)
{
	static const char *const forms[] = { "/count", "/ordered", "/count.mbox" };
	struct world *w = *state;
	char key[HASH_HEX] = "";

	for (size_t i = 0; i < 3; i++) {
		cleanup_free char *path = xasprintf("%s%s", FIXTURES, forms[i]);
		struct kernel *k;

		add_patches(w, path);
		k = build(w);
		if (i)
			assert_string_equal(k->key, key);
		memcpy(key, k->key, HASH_HEX);
		strv_release(&w->variant.patches);
		kernel_free(k);
	}
}

static void a_bad_patch_names_patch_file_and_hunk(void **state)
{
	struct world *w = *state;

	add_patches(w, FIXTURES "/bad-hunk");
	build_fails(
		w,
		"cannot apply patch '0001-second-hunk-is-stale.patch': mm/slub.c: hunk #2 at line 24");
	assert_int_equal(count_entries("requests", NULL), 0);
}

static void an_edited_tree_is_noticed(void **state)
{
	struct world *w = *state;
	struct kernel *a = build(w), *b;

	write_file(w->linux_dir, "mm/slub.c",
		   "void *kmalloc(unsigned long size);\nvoid *kmalloc(unsigned long size)\n"
		   "{\n\treturn (void *)size;\n}\n");
	assert_null(kernel_find(&w->variant, arch_host()));
	b = build(w);
	assert_string_not_equal(a->key, b->key);
	assert_true(log_has(b, "CC      mm/slub.o"));
	assert_false(log_has(b, "CC      mm/page_alloc.o"));
	kernel_free(a);
	kernel_free(b);
}

static void the_first_compiler_error_is_shown(void **state)
{
	struct world *w = *state;

	write_file(w->linux_dir, "mm/slub.c", "int x = no_such_thing;\nint y = nor_this;\n");
	build_fails(w, "cannot build 'base' for ");
	build_fails(w, "mm/slub.c:1:9: error: 'no_such_thing' undeclared here");
	build_fails(w, ".partial/build.log)");
	assert_int_equal(count_entries("requests", NULL), 0);
}

/* A developer corrects what did not compile: the failed attempt makes room, the finished kernel stays. */
static void a_failed_attempt_is_swept_away(void **state)
{
	struct world *w = *state;

	write_file(w->linux_dir, "mm/slub.c", "int x = no_such_thing;\n");
	build_fails(w, "no_such_thing");
	assert_int_equal(count_entries("kernels", ".partial"), 1);
	write_file(w->linux_dir, "mm/slub.c", "int x = nor_this;\n");
	build_fails(w, "nor_this");
	assert_int_equal(count_entries("kernels", ".partial"), 1);

	w->variant.name = (char *)"another";
	write_file(w->linux_dir, "mm/slub.c", "int x;\n");
	kernel_free(build(w));
	assert_int_equal(count_entries("kernels", NULL), 2);
}

static void a_wrong_version_is_refused(void **state)
{
	struct world *w = *state;

	w->source.version = (char *)"7.30";
	build_fails(w, "source 'fake' is Linux 7.3.9, expected 7.30");
	w->source.version = (char *)"7.3.9";
	kernel_free(build(w));
	w->source.version = (char *)"6.12";
	build_fails(w, "expected 6.12");
}

static void a_foreign_variant_is_refused(void **state)
{
	struct world *w = *state;

	strv_push(&w->variant.archs, "pdp11");
	build_fails(w, "variant 'base' is not for ");
	strv_release(&w->variant.archs);
	w->variant.base_config = (char *)"tinyconfig -C/";
	build_fails(w, "is not a make target");
	w->variant.base_config = (char *)"distclean";
	build_fails(w, "does not end in 'config'");
	w->variant.base_config = (char *)"tinyconfig distclean";
	build_fails(w, "'distclean' does not end in 'config'");
	w->variant.base_config = (char *)" ";
	build_fails(w, "base_config of 'base' is empty");
}

static void the_dry_run_names_the_commands(void **state)
{
	struct world *w = *state;
	struct build_options o = { .jobs = 3 };
	struct command_list list = { 0 };
	cleanup_str struct str line = STR_INIT;
	struct err e = ERR_INIT;
	double estimate = -1;

	assert_int_equal(kernel_commands(&w->variant, arch_host(), &o, &list, &estimate, &e), 0);
	assert_int_equal(list.n, 3);
	strv_quote(&list.v[2], &line);
	assert_true(strstr(line.buf, "make -C") && strstr(line.buf, "-j3 O=build ARCH="));
	assert_true(str_ends(line.buf, " vmlinux modules"));
	assert_true(estimate == 0);
	command_list_release(&list);
	assert_int_equal(count_entries("kernels", NULL), 0);

	kernel_free(build(w));
	assert_int_equal(kernel_commands(&w->variant, arch_host(), &o, &list, &estimate, &e), 0);
	assert_int_equal(list.n, 0);
}

static void a_damaged_entry_is_built_again(void **state)
{
	struct world *w = *state;
	struct kernel *k = build(w);

	assert_int_equal(unlink(k->image), 0);
	assert_null(kernel_find(&w->variant, arch_host()));
	kernel_free(k);
	k = build(w);
	assert_true(file_exists(k->image));
	write_file(k->dir, "info", "arch=x86_64\nrelease=7.3.9\ntext=12x\n");
	assert_null(kernel_find(&w->variant, arch_host()));
	kernel_free(k);
}

static void modules_are_built_beside_their_source(void **state)
{
	struct world *w = *state;
	struct kernel *k = build(w);
	cleanup_free char *kmods = path_join(w->dir.buf, "kmods");
	cleanup_str struct str first = STR_INIT, second = STR_INIT, third = STR_INIT;
	cleanup_strv struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(tree_copy("tests/fixtures/fake-kmods", kmods, NULL), 0);
	if (kernel_modules(k, kmods, &first, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(dir_list(first.buf, NULL, &names, NULL), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "fake_bench.ko");
	strv_release(&names);
	assert_int_equal(dir_list(kmods, NULL, &names, NULL), 0);
	assert_int_equal(names.n, 2);

	assert_int_equal(kernel_modules(k, kmods, &second, &e), 0);
	assert_string_equal(first.buf, second.buf);
	write_file(kmods, "fake_bench.c", "int fake_bench = missing;\n");
	assert_int_equal(kernel_modules(k, kmods, &third, &e), -1);
	assert_non_null(strstr(e.msg, "error: 'missing' undeclared here"));
	assert_string_equal(third.buf, "");
	kernel_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(a_kernel_has_its_facts),
		WORLD(an_unchanged_kernel_is_not_built),
		WORLD(the_command_line_shares_a_build),
		WORLD(another_way_to_the_same_config_shares_a_build),
		WORLD(lost_options_are_listed),
		WORLD(a_patch_builds_what_it_touches),
		WORLD(taking_a_patch_away_builds_what_it_touched),
		WORLD(a_series_by_any_form_is_one_kernel),
		WORLD(a_bad_patch_names_patch_file_and_hunk),
		WORLD(an_edited_tree_is_noticed),
		WORLD(the_first_compiler_error_is_shown),
		WORLD(a_failed_attempt_is_swept_away),
		WORLD(a_wrong_version_is_refused),
		WORLD(a_foreign_variant_is_refused),
		WORLD(the_dry_run_names_the_commands),
		WORLD(a_damaged_entry_is_built_again),
		WORLD(modules_are_built_beside_their_source),
	};
	int failed = world_begin();

	if (!failed)
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
