// SPDX-License-Identifier: GPL-2.0
/* Static counts against binutils: call sites, sizes and atomic instructions of known code. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/static_build.h"

/* Lines of @text that match an extended regular expression. */
static uint64_t count_lines(const char *text, const char *pattern)
{
	cleanup_strv struct strv lines = STRV_INIT;
	uint64_t n = 0;
	regex_t re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++)
		n += !regexec(&re, lines.v[i], 0, NULL, 0);
	regfree(&re);
	return n;
}

static void expect(const struct static_toolchain *t, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		fail_msg("%s %s: %s\ngot:  %llu\nwant: %llu", t->arch, t->machine, what,
			 (unsigned long long)got, (unsigned long long)want);
}

/* How the architectures write a call and a jump. */
#define CALL "\t(call|bl|brasl\t%r14,|bras\t%r14,)[ \t]*"
#define JUMP "\t(jmp|b|j|jg)[ \t]+"

static void call_sites(const struct static_toolchain *t)
{
	cleanup_free char *path = static_build(t, "", true);
	cleanup_str struct str dis = STR_INIT;
	struct err e = ERR_INIT;
	struct static_image *m = static_load(path, &e), *object;
	uint64_t calls, jumps;

	assert_non_null(m);
	static_tool(t, "objdump", "-d", path, &dis);
	assert_true(static_calls(m, "preempt_schedule_notrace", &calls, &jumps));
	expect(t, "calls, by hand", calls, 3);
	expect(t, "calls, objdump", calls,
	       count_lines(dis.buf, CALL "[^<]*<preempt_schedule_notrace>"));
	expect(t, "jumps, by hand", jumps, 1);
	expect(t, "jumps, objdump", jumps,
	       count_lines(dis.buf, JUMP "[^<]*<preempt_schedule_notrace>"));
	assert_true(static_calls(m, "callee", &calls, &jumps));
	expect(t, "callee, objdump", calls, count_lines(dis.buf, CALL "[^<]*<callee>"));

	object = static_build_load(t, "", false);
	assert_true(static_calls(object, "preempt_schedule_notrace", &calls, &jumps));
	expect(t, "calls by relocation", calls, 3);
	expect(t, "jumps by relocation", jumps, 1);
	assert_false(static_calls(object, "no_such_function", &calls, &jumps));
	expect(t, "no such function", calls + jumps, 0);
	static_free(object);
	static_free(m);
}

static const struct static_func *find(const struct static_image *m, const char *name)
{
	for (size_t i = 0; i < m->nfn; i++)
		if (!strcmp(m->fn[i].name, name))
			return &m->fn[i];
	return NULL;
}

static void sizes(const struct static_toolchain *t, bool linked)
{
	cleanup_free char *path = static_build(t, "", linked);
	cleanup_strv struct strv lines = STRV_INIT;
	cleanup_str struct str nm = STR_INIT;
	struct err e = ERR_INIT;
	struct static_image *m = static_load(path, &e);
	unsigned int seen = 0;

	assert_non_null(m);
	static_tool(t, "nm", "-S --defined-only", path, &nm);
	strv_split(&lines, nm.buf, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		unsigned long long addr, size;
		char type, name[128];

		if (sscanf(lines.v[i], "%llx %llx %c %127s", &addr, &size, &type, name) != 4)
			continue;
		if (type != 'T' && type != 't')
			continue;
		assert_non_null(find(m, name));
		expect(t, name, find(m, name)->size, size);
		seen++;
	}
	assert_true(seen >= 9);
	static_free(m);
}

static void sections(const struct static_toolchain *t)
{
	cleanup_free char *path = static_build(t, "", true);
	cleanup_strv struct strv lines = STRV_INIT;
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;
	struct static_image *m = static_load(path, &e);
	unsigned int seen = 0;

	assert_non_null(m);
	static_tool(t, "size", "-A -d", path, &text);
	strv_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < m->nsec; i++)
		for (size_t k = 0; k < lines.n; k++) {
			unsigned long long size;
			char name[128];

			if (sscanf(lines.v[k], "%127s %llu", name, &size) != 2 ||
			    strcmp(name, m->sec[i].name) != 0)
				continue;
			expect(t, name, m->sec[i].size, size);
			seen++;
		}
	expect(t, "sections", seen, m->nsec);
	static_free(m);
}

static void atomics(const struct static_toolchain *t)
{
	cleanup_free char *path = static_build(t, "", true);
	cleanup_str struct str dis = STR_INIT;
	struct err e = ERR_INIT;
	struct static_image *m = static_load(path, &e);
	uint64_t sum = 0, in_funcs = 0;

	assert_non_null(m);
	static_tool(t, "objdump", "-d", path, &dis);
	for (size_t i = 0; i < STATIC_CLASSES && t->atomics[i]; i++) {
		expect(t, m->class_name[i], m->class_count[i], count_lines(dis.buf, t->atomics[i]));
		sum += m->class_count[i];
	}
	assert_true(sum >= 4);
	for (size_t i = 0; i < m->nfn; i++)
		in_funcs += m->fn[i].atomics;
	expect(t, "atomics in functions", in_funcs, sum);
	expect(t, "all of them in atomics()", find(m, "atomics")->atomics, sum);
	static_free(m);
}

static void each_arch(void **state)
{
	int built = 0;

	(void)state;
	for (const struct static_toolchain *t = static_toolchains; t->arch; t++) {
		if (!static_have(t))
			continue;
		call_sites(t);
		sizes(t, true);
		sizes(t, false);
		sections(t);
		atomics(t);
		built++;
	}
	if (!built)
		skip();
}

static void figures(void **state)
{
	struct static_image *m = static_build_load(&static_toolchains[0], "", true);
	struct static_values v = STATIC_VALUES_INIT;
	struct strv calls = STRV_INIT;

	(void)state;
	strv_push(&calls, "callee");
	strv_push(&calls, "nobody");
	static_records(m, &calls, &v);
	assert_true(static_values_find(&v, "calls.preempt_schedule_notrace")->value == 3);
	assert_true(static_values_find(&v, "jumps.preempt_schedule_notrace")->value == 1);
	assert_true(static_values_find(&v, "calls.callee")->value > 3);
	assert_true(static_values_find(&v, "calls.nobody")->value == 0);
	assert_null(static_values_find(&v, "calls.preempt_schedule"));
	assert_true(static_values_find(&v, "text")->value == (double)m->size[SK_TEXT]);
	assert_string_equal(static_values_find(&v, "text")->unit, "bytes");
	static_values_release(&v);
	strv_release(&calls);
	static_free(m);
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
		cmocka_unit_test(each_arch),
		cmocka_unit_test(figures),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
