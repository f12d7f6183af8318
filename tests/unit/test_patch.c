// SPDX-License-Identifier: GPL-2.0
/* Patch series: what they touch, how they apply, and what is said when they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/kernel_tree.h"
#include "runner/patch.h"

#define FIXTURES "tests/fixtures/patches"
#define FAKE_LINUX "tests/fixtures/fake-linux"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void join(const struct strv *v, struct str *out)
{
	for (size_t i = 0; i < v->n; i++)
		str_addf(out, "%s%s", i ? " " : "", v->v[i]);
}

static void check_row(const char *name, const char *input, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s\ninput: %s\ngot:   %s\nwant:  %s", name, input, got, want);
}

static void touched_files(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "nothing", "", "" },
		{ "only text", "a cover letter\n--- a/x\nno header\n", "" },
		{ "git header", "diff --git a/mm/slub.c b/mm/slub.c\nindex 1..2\n", "mm/slub.c" },
		{ "git header without newline", "diff --git a/x b/x", "x" },
		{ "rename", "diff --git a/mm/swap.c b/mm/folio.c\nsimilarity index 100%\n",
		  "mm/swap.c mm/folio.c" },
		{ "plain header", "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n", "x.c" },
		{ "plain header with times",
		  "--- a/x.c\t2026-01-01\n+++ b/x.c\t2026-01-01\n@@ -1 +1 @@\n", "x.c" },
		{ "new file", "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+b\n", "new.c" },
		{ "a removed line is no header", "@@ -1,2 +1 @@\n--- a comment/in SQL\n x\n", "" },
		{ "once", "diff --git a/x b/x\ndiff --git a/x b/x\n", "x" },
		{ "cut header", "diff --git a/x", "" },
		{ "cut plain header", "--- a/x\n+++ b/x", "" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_strv struct strv touched = STRV_INIT;
		cleanup_str struct str got = STR_INIT;

		patch_touched(rows[i].input, &touched);
		join(&touched, &got);
		check_row(rows[i].name, rows[i].input, got.buf, rows[i].want);
	}
}

static void trouble(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "a hunk",
		  "Checking patch mm/slub.c...\nerror: while searching for:\nx\n\n"
		  "error: patch failed: mm/slub.c:120\nApplying patch mm/slub.c with 1 reject...\n"
		  "Hunk #1 applied cleanly.\nRejected hunk #2.\n",
		  "mm/slub.c: hunk #2 at line 120 does not apply" },
		{ "a missing file",
		  "Checking patch x.c...\nerror: x.c: No such file or directory\n",
		  "x.c: No such file or directory" },
		{ "no hunk number", "error: patch failed: x.c:7\n",
		  "x.c: hunk at line 7 does not apply" },
		{ "corrupt", "error: corrupt patch at line 9\n", "corrupt patch at line 9" },
		{ "silence", "", "git apply failed without a message" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;

		patch_trouble(rows[i].input, &got);
		check_row(rows[i].name, rows[i].input, got.buf, rows[i].want);
	}
}

/* A tree of hard links to the fixture, as the cache makes them, and a folder for split mboxes. */
struct scratch {
	struct str dir;
	char *tree, *tmp;
};

static int scratch_setup(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	cleanup_free char *pristine = NULL;

	str_init(&s->dir);
	assert_int_equal(dir_temp(NULL, &s->dir, NULL), 0);
	pristine = path_join(s->dir.buf, "pristine");
	s->tree = path_join(s->dir.buf, "tree");
	s->tmp = path_join(s->dir.buf, "tmp");
	assert_int_equal(tree_copy(FAKE_LINUX, pristine, NULL), 0);
	assert_int_equal(tree_link(pristine, s->tree, NULL), 0);
	assert_int_equal(dir_make(s->tmp, NULL), 0);
	*state = s;
	return 0;
}

static int scratch_teardown(void **state)
{
	struct scratch *s = *state;

	tree_remove(s->dir.buf, NULL);
	str_release(&s->dir);
	free(s->tree);
	free(s->tmp);
	free(s);
	return 0;
}

static int apply(const struct scratch *s, const char *entry, struct strv *touched, struct err *e)
{
	struct patch_series series = PATCH_SERIES_INIT;
	cleanup_strv struct strv entries = STRV_INIT;
	cleanup_free char *real = realpath(entry, NULL);
	int ret;

	strv_push(&entries, real ? real : entry);
	ret = patch_series_open(&series, &entries, s->tmp, e);
	if (!ret)
		ret = patch_series_apply(&series, s->tree, touched, e);
	patch_series_release(&series);
	return ret;
}

static bool contains(const char *dir, const char *name, const char *text)
{
	cleanup_free char *path = path_join(dir, name);
	cleanup_str struct str content = STR_INIT;

	assert_int_equal(file_read(path, 0, &content, NULL), 0);
	return strstr(content.buf, text) != NULL;
}

static void check_applies(struct scratch *s, const char *entry)
{
	cleanup_strv struct strv touched = STRV_INIT;
	cleanup_str struct str names = STR_INIT;
	cleanup_free char *pristine = path_join(s->dir.buf, "pristine");
	struct err e = ERR_INIT;

	if (apply(s, entry, &touched, &e))
		fail_msg("%s: %s", entry, e.msg);
	join(&touched, &names);
	assert_string_equal(names.buf, "include/slub.h mm/slub.c");
	assert_true(contains(s->tree, "mm/slub.c", "nr_bytes += size"));
	assert_true(contains(s->tree, "mm/slub.c", "nr_frees += 1"));
	assert_true(contains(s->tree, "include/slub.h", "SLUB"));
	assert_false(contains(pristine, "mm/slub.c", "nr_bytes"));
}

static void folder_applies(void **state)
{
	check_applies(*state, FIXTURES "/count");
}

static void series_file_gives_the_order(void **state)
{
	check_applies(*state, FIXTURES "/ordered");
}

static void mbox_applies(void **state)
{
	check_applies(*state, FIXTURES "/count.mbox");
}

static void check_fails(struct scratch *s, const char *entry, const char *want)
{
	cleanup_strv struct strv touched = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(apply(s, entry, &touched, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.msg, want))
		fail_msg("%s\ngot:  %s\nwant: %s", entry, e.msg, want);
}

static void stale_hunk_is_named(void **state)
{
	check_fails(*state, FIXTURES "/bad-hunk",
		    "cannot apply patch '0001-second-hunk-is-stale.patch': "
		    "mm/slub.c: hunk #2 at line 24 does not apply");
}

static void applying_twice_fails_by_name(void **state)
{
	check_applies(*state, FIXTURES "/count.mbox");
	check_fails(*state, FIXTURES "/count",
		    "cannot apply patch '0001-mm-slub-count-bytes.patch'");
}

static void missing_things_are_named(void **state)
{
	struct scratch *s = *state;
	cleanup_free char *empty = path_join(s->dir.buf, "tmp");
	cleanup_free char *series = path_join(s->tree, "series");

	check_fails(s, "/nowhere/series", "no patches '/nowhere/series': no such file or folder");
	check_fails(s, empty, "neither a series file nor *.patch");
	assert_int_equal(file_write(series, "lost.patch\n", 11, NULL), 0);
	check_fails(s, s->tree, "no patch 'lost.patch'");
}

static void hash_of(const char *entry, char hex[HASH_HEX])
{
	struct strv one = { .v = (char **)&entry, .n = 1, .cap = 0 };
	struct hash *h = hash_new();

	assert_int_equal(patch_hash(&one, h, NULL), 0);
	hash_end(h, hex);
}

static void hash_sees_content_and_order(void **state)
{
	char a[HASH_HEX], b[HASH_HEX], again[HASH_HEX];

	(void)state;
	hash_of(FIXTURES "/count", a);
	hash_of(FIXTURES "/bad-hunk", b);
	hash_of(FIXTURES "/ordered", again);
	assert_string_not_equal(a, b);
	assert_string_equal(a, again);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(touched_files),
		cmocka_unit_test(trouble),
		SCRATCH(folder_applies),
		SCRATCH(series_file_gives_the_order),
		SCRATCH(mbox_applies),
		SCRATCH(stale_hunk_is_named),
		SCRATCH(applying_twice_fails_by_name),
		SCRATCH(missing_things_are_named),
		cmocka_unit_test(hash_sees_content_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
