// SPDX-License-Identifier: GPL-2.0
/* Identity of code: equal when it only moved, different when it does something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "tests/unit/static_build.h"

/* What differs, as "name:change …". */
static void describe(const struct static_image *a, const struct static_image *b, struct str *out)
{
	struct static_diff d;
	struct err e = ERR_INIT;

	if (static_diff(a, b, &d, &e))
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < d.n; i++)
		str_addf(out, "%s%s:%s", i ? " " : "", (d.d[i].b ? d.d[i].b : d.d[i].a)->name,
			 static_change_name(d.d[i].change));
	static_diff_release(&d);
}

static const struct {
	const char *name, *defines, *want;
} diff_rows[] = {
	{ "the same again", "", "" },
	{ "everything moved", "-DMOVED", "in_front:added" },
	{ "another constant", "-DCHANGED", "changes:changed" },
	{ "another callee", "-DOTHER_CALLEE", "calls_one:changed" },
	{ "another variable", "-DOTHER_DATA", "reads_one:changed" },
	{ "another string", "-DOTHER_TEXT", "says:changed" },
	{ "another constant, and everything moved", "-DMOVED -DCHANGED",
	  "in_front:added changes:changed" },
	{ "another callee, and everything moved", "-DMOVED -DOTHER_CALLEE",
	  "in_front:added calls_one:changed" },
	{ "another variable, and everything moved", "-DMOVED -DOTHER_DATA",
	  "in_front:added reads_one:changed" },
	{ "another string, and everything moved", "-DMOVED -DOTHER_TEXT",
	  "in_front:added says:changed" },
};

static void check_arch(const struct static_toolchain *t, bool linked)
{
	struct static_image *a = static_build_load(t, "", linked);

	for (size_t i = 0; i < NROWS(diff_rows); i++) {
		struct static_image *b = static_build_load(t, diff_rows[i].defines, linked);
		cleanup_str struct str got = STR_INIT;

		describe(a, b, &got);
		if (strcmp(got.buf, diff_rows[i].want) != 0)
			fail_msg("%s %s, %s: %s\ninput: %s\ngot:   %s\nwant:  %s", t->arch,
				 t->machine, linked ? "linked" : "object", diff_rows[i].name,
				 diff_rows[i].defines, got.buf, diff_rows[i].want);
		static_free(b);
	}
	static_free(a);
}

static void what_differs(void **state)
{
	int built = 0;

	(void)state;
	for (const struct static_toolchain *t = static_toolchains; t->arch; t++) {
		if (!static_have(t))
			continue;
		check_arch(t, true);
		check_arch(t, false);
		built++;
	}
	if (!built)
		skip();
}

static void same_code(void **state)
{
	static const struct {
		const char *name, *functions, *which;
		enum static_same want;
	} rows[] = {
		{ "none asked for", "", "", SS_IDENTICAL },
		{ "equal ones", "says loops switches", "", SS_IDENTICAL },
		{ "one differs", "says changes loops", "changes", SS_DIFFERENT },
		{ "one is missing", "says nothing changes", "nothing", SS_MISSING },
		{ "one is new", "in_front", "in_front", SS_MISSING },
	};
	struct static_image *a = static_build_load(&static_toolchains[0], "", true);
	struct static_image *b =
		static_build_load(&static_toolchains[0], "-DMOVED -DCHANGED", true);

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_strv struct strv names = STRV_INIT;
		const char *which = "";
		enum static_same got;

		strv_split(&names, rows[i].functions, " ");
		got = static_same_code(a, b, (const char *const *)names.v, names.n, &which);
		if (got != rows[i].want || strcmp(which, rows[i].which) != 0)
			fail_msg("%s\ninput: %s\ngot:   %d %s\nwant:  %d %s", rows[i].name,
				 rows[i].functions, (int)got, which, (int)rows[i].want,
				 rows[i].which);
	}
	static_free(b);
	static_free(a);
}

static void summary(void **state)
{
	struct static_image *a = static_build_load(&static_toolchains[0], "", true);
	struct static_image *b =
		static_build_load(&static_toolchains[0], "-DMOVED -DCHANGED", true);
	struct err e = ERR_INIT;
	struct static_diff d;

	(void)state;
	assert_int_equal(static_diff(a, b, &d, &e), 0);
	assert_int_equal(d.count[SC_ADDED], 1);
	assert_int_equal(d.count[SC_CODE], 1);
	assert_int_equal(d.same, a->nfn - 1);
	assert_true(d.grown > 0 && d.shrunk == 0);
	assert_true(d.d[0].bytes == d.grown && !d.d[0].a);
	static_diff_release(&d);
	assert_int_equal(static_diff(b, a, &d, &e), 0);
	assert_int_equal(d.count[SC_REMOVED], 1);
	assert_true(d.shrunk > 0 && d.grown == 0);
	static_diff_release(&d);
	static_free(b);
	static_free(a);
}

static void refused(void **state)
{
	static const struct {
		const char *name, *content, *want;
	} rows[] = {
		{ "missing", NULL, "cannot open '" },
		{ "empty", "", "it is not an ELF file" },
		{ "text", "#!/bin/sh\n", "it is not an ELF file" },
		{ "magic alone", "\177ELF", "it is not an ELF file" },
	};
	struct str dir = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *path = path_join(dir.buf, rows[i].name);

		err_clear(&e);
		if (rows[i].content)
			assert_int_equal(file_write(path, rows[i].content, strlen(rows[i].content),
						    &e),
					 0);
		assert_null(static_load(path, &e));
		if (e.kind != ERR_USAGE || !strstr(e.msg, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, e.msg, rows[i].want);
	}
	err_clear(&e);
	tree_remove(dir.buf, &e);
	str_release(&dir);
}

static void other_arch(void **state)
{
	struct static_image m[2] = { { .path = (char *)"a", .arch = "x86_64" },
				     { .path = (char *)"b", .arch = "s390x" } };
	struct err e = ERR_INIT;
	struct static_diff d;

	(void)state;
	assert_int_equal(static_diff(&m[0], &m[1], &d, &e), -1);
	assert_string_equal(e.msg, "cannot compare 'a' (x86_64) with 'b' (s390x)");
}

/* Without file_write(), which waits for the disk. */
static void write_bytes(const char *path, const unsigned char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* A damaged file may be refused or analysed, but it must not hurt: this is for the sanitizers. */
static void damaged(const struct static_toolchain *t, bool linked)
{
	static const unsigned char bits[] = { 1, 2, 4, 8, 16, 32, 64, 128 };
	cleanup_free char *path = static_build(t, "", linked);
	cleanup_free char *broken = xasprintf("%s.broken", path);
	cleanup_str struct str good = STR_INIT;
	struct err e = ERR_INIT;
	uint32_t seed = 1;

	assert_int_equal(file_read(path, 0, &good, &e), 0);
	for (int i = 0; i < 300; i++) {
		cleanup_free unsigned char *bytes = xmalloc(good.len);
		size_t len = i % 3 ? good.len : good.len * (size_t)i / 300;

		memcpy(bytes, good.buf, good.len);
		for (int k = 0; i % 3 && k < 1 + i / 20; k++) {
			seed = seed * 1664525 + 1013904223;
			/* every other one hits the section headers, which stand at the end */
			bytes[i % 2 ? good.len - 1 - (seed >> 8) % 600 : (seed >> 8) % good.len] ^=
				bits[seed >> 4 & 7];
		}
		err_clear(&e);
		write_bytes(broken, bytes, len);
		static_free(static_load(broken, &e));
	}
}

static void damage(void **state)
{
	(void)state;
	for (const struct static_toolchain *t = static_toolchains; t->arch; t++)
		if (static_have(t)) {
			damaged(t, true);
			damaged(t, false);
		}
}

static int clean(void **state)
{
	(void)state;
	static_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs), cmocka_unit_test(same_code),
		cmocka_unit_test(summary),      cmocka_unit_test(refused),
		cmocka_unit_test(other_arch),   cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
