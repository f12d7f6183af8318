// SPDX-License-Identifier: GPL-2.0
/* Static evidence of a built kernel: the text of code, what is kept of it, and digests of workloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/kernel_static.h"
#include "tests/unit/static_build.h"

/* A file built with these options, its code as text. */
static void code_text(const char *defines, const char *const *names, struct str *out)
{
	struct static_image *m = static_build_load(&static_toolchains[0], defines, true);

	static_code_text(m, names, out);
	static_free(m);
}

static void text_of_code(void **state)
{
	static const struct {
		const char *name, *defines;
		const char *names[4]; /* none: all */
		bool equal; /* to the file without options */
	} rows[] = {
		{ "moved", "-DMOVED", { "changes", "calls_one", "says" }, true },
		{ "moved, all of it", "-DMOVED", { NULL }, false },
		{ "built again, all of it", "", { NULL }, true },
		{ "another constant", "-DCHANGED", { "calls_one", "changes" }, false },
		{ "another constant elsewhere", "-DCHANGED", { "calls_one", "says" }, true },
		{ "another callee", "-DOTHER_CALLEE", { "calls_one" }, false },
		{ "in neither", "-DMOVED", { "says", "no_such_function" }, true },
		{ "in one alone", "-DMOVED", { "says", "in_front" }, false },
	};

	(void)state;
	if (!static_have(&static_toolchains[0]))
		skip();
	for (size_t i = 0; i < NROWS(rows); i++) {
		const char *const *names = rows[i].names[0] ? rows[i].names : NULL;
		cleanup_str struct str a = STR_INIT;
		cleanup_str struct str b = STR_INIT;

		code_text("", names, &a);
		code_text(rows[i].defines, names, &b);
		if (!strcmp(a.buf, b.buf) != rows[i].equal || !a.len)
			fail_msg("%s: wanted %s\nA:\n%.300s\nB:\n%.300s", rows[i].name,
				 rows[i].equal ? "equal" : "different", a.buf, b.buf);
	}
}

struct world {
	struct str dir;
	struct kernel k;
	char *kept;
};

static struct world *world_new(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	str_init(&w->dir);
	assert_int_equal(dir_temp(NULL, &w->dir, NULL), 0);
	w->k.dir = w->dir.buf;
	w->k.vmlinux = static_build(&static_toolchains[0], "", true);
	w->kept = path_join(w->dir.buf, "static");
	strcpy(w->k.vmlinux_hash, "1234");
	return w;
}

static void world_free(struct world *w)
{
	tree_remove(w->dir.buf, NULL);
	str_release(&w->dir);
	free(w->k.vmlinux);
	free(w->kept);
	free(w);
}

static double figure(const struct world *w, const char *metric)
{
	struct err e = ERR_INIT;
	struct kernel_static s;
	double v = -1;

	if (kernel_static_load(&w->k, &s, &e))
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < s.n; i++)
		if (!strcmp(s.value[i].metric, metric))
			v = s.value[i].value;
	kernel_static_release(&s);
	return v;
}

/* What is kept is believed when it fits, and made anew when it does not. */
static void what_is_kept(void **state)
{
	static const struct {
		const char *name, *from, *to; /* a change of the kept file; from NULL: all of it */
		double want; /* functions; 0: as analysed */
	} rows[] = {
		{ "as it was", "", "", 0 },
		{ "believed", "value functions functions none ", "value functions functions none 9",
		  9 },
		{ "no number", "value functions functions none ",
		  "value functions functions none x", 0 },
		{ "no direction", "functions none", "functions up", 0 },
		{ "too few words", "value functions functions none", "value", 0 },
		{ "of another version", "kdelta-static 1", "kdelta-static 0", 0 },
		{ "of another vmlinux", "1234", "1235", 0 },
		{ "empty", NULL, "", 0 },
		{ "rubbish", NULL, "value\nvalue a b c d e f\n", 0 },
	};
	struct world *w;
	double functions;

	(void)state;
	if (!static_have(&static_toolchains[0]))
		skip();
	w = world_new();
	functions = figure(w, "functions");
	assert_true(functions > 10);
	for (size_t i = 0; i < NROWS(rows); i++) {
		double want = rows[i].want > 0 ? rows[i].want : functions, got;
		cleanup_str struct str text = STR_INIT;
		cleanup_str struct str changed = STR_INIT;
		const char *at;

		assert_int_equal(tree_remove(w->kept, NULL), 0);
		figure(w, "functions");
		assert_int_equal(file_read(w->kept, 0, &text, NULL), 0);
		at = rows[i].from ? strstr(text.buf, rows[i].from) : text.buf;
		assert_non_null(at);
		str_addmem(&changed, text.buf, (size_t)(at - text.buf));
		str_add(&changed, rows[i].to);
		/* a number that is replaced is replaced whole */
		at += rows[i].from ? strlen(rows[i].from) : strlen(at);
		if (rows[i].from && str_ends(rows[i].from, "none "))
			at += strcspn(at, "\n");
		str_add(&changed, at);
		assert_int_equal(file_write(w->kept, changed.buf, changed.len, NULL), 0);
		got = figure(w, "functions");
		if (got != want)
			fail_msg("%s: got %g, wanted %g", rows[i].name, got, want);
	}
	world_free(w);
}

static void no_kernel_to_analyse(void **state)
{
	struct kernel k = { .dir = (char *)"/nonexistent",
			    .vmlinux = (char *)"/nonexistent/vmlinux" };
	struct err e = ERR_INIT;
	struct kernel_static s;

	(void)state;
	assert_int_equal(kernel_static_load(&k, &s, &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/vmlinux"));
}

static const char *const two_functions[] = { "f", "g", NULL };

static void digests(void **state)
{
	static const struct {
		const char *name;
		bool functions;
		const char *a, *b; /* kept lines, separated by ';' */
		bool known, equal;
	} rows[] = {
		{ "equal", true, "code f f 1 aa;code g g 2 bb", "code f f 1 aa;code g g 2 bb", true,
		  true },
		{ "one differs", true, "code f f 1 aa;code g g 2 bb", "code f f 1 aa;code g g 2 bc",
		  true, false },
		{ "another function differs", true, "code f f 1 aa;code h h 1 aa",
		  "code f f 1 aa;code h h 1 ab", true, true },
		{ "a part more", true, "code f f 1 aa", "code f f 1 aa;code f f.cold 3 cc", true,
		  false },
		{ "missing in one", true, "code f f 1 aa;code g g -", "code f f 1 aa;code g g 2 bb",
		  true, false },
		{ "missing in both", true, "code f f 1 aa;code g g -", "code f f 1 aa;code g g -",
		  true, true },
		{ "none of them", true, "code f f -;code g g -", "code f f -;code g g -", false,
		  false },
		{ "names no functions", false, "code f f 1 aa", "code f f 1 aa", false, false },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		const char *texts[] = { rows[i].a, rows[i].b };
		const struct workload w = { .functions = rows[i].functions ? two_functions : NULL };
		char hex[2][HASH_HEX] = { "", "" };
		struct err e = ERR_INIT;
		bool known = true;

		for (int k = 0; k < 2; k++) {
			struct kernel_static s = { 0 };

			strv_split(&s.lines, texts[k], ";");
			assert_int_equal(kernel_static_code(&s, &w, NULL, hex[k], &known, &e), 0);
			kernel_static_release(&s);
		}
		if (known != rows[i].known || (known && !strcmp(hex[0], hex[1]) != rows[i].equal))
			fail_msg("%s: got known %d %s %s, wanted %d %d", rows[i].name, known,
				 hex[0], hex[1], rows[i].known, rows[i].equal);
	}
}

/* The module that measures is part of what is measured. */
static void digests_of_modules(void **state)
{
	static const char *const defines[] = { "", "", "-DCHANGED" };
	const struct workload w = { .functions = two_functions };
	char hex[3][HASH_HEX];
	struct err e = ERR_INIT;
	bool known;

	(void)state;
	if (!static_have(&static_toolchains[0]))
		skip();
	for (int i = 0; i < 3; i++) {
		cleanup_free char *ko = static_build(&static_toolchains[0], defines[i], false);
		struct kernel_static s = { 0 };

		strv_push(&s.lines, "code f f 1 aa");
		assert_int_equal(kernel_static_code(&s, &w, ko, hex[i], &known, &e), 0);
		assert_true(known);
		kernel_static_release(&s);
	}
	assert_string_equal(hex[0], hex[1]);
	assert_string_not_equal(hex[0], hex[2]);
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
		cmocka_unit_test(text_of_code),         cmocka_unit_test(what_is_kept),
		cmocka_unit_test(no_kernel_to_analyse), cmocka_unit_test(digests),
		cmocka_unit_test(digests_of_modules),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
