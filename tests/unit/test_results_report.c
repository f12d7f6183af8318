// SPDX-License-Identifier: GPL-2.0
/* Reports: the same verdicts in four formats, and nothing of the guest's in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/report.h"
#include "results/report_format.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct pair *add(struct comparison *c, const char *metric, const char *stat,
			enum evidence ev)
{
	struct pair *p = ARRAY_PUSH(c->pairs, c->n, c->cap);

	p->target = xstrdup("qemu-x86_64");
	p->workload = xstrdup("kmalloc_bench size=64");
	p->metric = xstrdup(metric);
	p->stat = xstrdup(stat);
	p->unit = xstrdup("instructions/op");
	p->dir = DIR_LOWER;
	p->ev = ev;
	return p;
}

static void boots(struct boot_value **v, size_t *n, double a, double b, double c)
{
	const double values[] = { a, b, c };

	*v = xcalloc(COUNT(values), sizeof(**v));
	for (*n = 0; *n < COUNT(values); (*n)++) {
		(*v)[*n].block = (int)*n;
		(*v)[*n].value = values[*n];
	}
}

/* base against b: an exact change, an exact maximum, noise, a clock, and a metric that B lacks. */
static void fill(struct comparison *c)
{
	struct pair *p;

	comparison_init(c);
	c->a = xstrdup("base");
	c->b = xstrdup("init-on-alloc");
	p = add(c, "kmalloc.instructions", "mean", EV_SIMULATED);
	boots(&p->a, &p->na, 100.25, 100.25, 100.25);
	boots(&p->b, &p->nb, 150.375, 150.375, 150.375);
	p = add(c, "kmalloc.instructions", "max", EV_SIMULATED);
	boots(&p->a, &p->na, 200, 200, 200);
	boots(&p->b, &p->nb, 200, 200, 200);
	p = add(c, "kfree.cycles", "mean", EV_VIRTUAL);
	boots(&p->a, &p->na, 100, 130, 90);
	boots(&p->b, &p->nb, 120, 100, 110);
	p = add(c, "kfree.time", "mean", EV_EMULATED_TIME);
	boots(&p->a, &p->na, 1, 1, 1);
	boots(&p->b, &p->nb, 2, 2, 2);
	p = add(c, "faults", "total", EV_HARDWARE);
	boots(&p->a, &p->na, 1, 1, 1);
	compare_run(c);
}

static const struct report_context context = {
	.suite = "demo",
	.host = "box",
	.cpu_model = "A CPU",
	.db = "/data/kdelta.db",
	.run_id = 7,
	.kernel_a = "7.3.4, gcc 12.2.0, build 1a2b3c4d",
	.kernel_b = "7.3.4, gcc 12.2.0, build 1a2b3c4d",
	.cmdline_a = "quiet",
	.cmdline_b = "quiet init_on_alloc=1",
	.machine = "qemu-x86_64 (QEMU 7.2.22, tcg)",
	.boots_ok = 5,
	.boots_broken = 1,
};

static void has(const char *what, const struct str *s, const char *want)
{
	if (strstr(s->buf, want))
		return;
	/* fail_msg() cuts long texts */
	fprintf(stderr, "%s\n", s->buf);
	fail_msg("%s: got the above, wanted '%s' in it", what, want);
}

static void lacks(const char *what, const struct str *s, const char *want)
{
	if (!strstr(s->buf, want))
		return;
	fprintf(stderr, "%s\n", s->buf);
	fail_msg("%s: got the above, wanted no '%s' in it", what, want);
}

static void the_table(void **state)
{
	static const char want[] =
		"run 7 of suite 'demo': init-on-alloc against base\n"
		"  A            base: 7.3.4, gcc 12.2.0, build 1a2b3c4d\n"
		"               quiet\n"
		"  B            init-on-alloc: 7.3.4, gcc 12.2.0, build 1a2b3c4d\n"
		"               quiet init_on_alloc=1\n"
		"  host         box, A CPU\n"
		"  machine      qemu-x86_64 (QEMU 7.2.22, tcg)\n"
		"  boots        5 ok, 1 broken\n"
		"  evidence     simulated: instructions and events counted in an emulated machine\n"
		"  evidence     virtual: time and PMU counts in a KVM guest\n"
		"  evidence     hardware: time and PMU counts on a real machine\n"
		"  evidence     emulated-time: clocks of an emulated machine: shown, not judged\n"
		"\n";
	cleanup_str struct str out = STR_INIT;
	struct comparison c;

	(void)state;
	fill(&c);
	report_comparison(&c, &context, REPORT_TEXT, &out);
	comparison_free(&c);
	if (strncmp(out.buf, want, strlen(want)))
		fail_msg("got\n%s\nwanted\n%s", out.buf, want);
	has("text", &out,
	    "qemu-x86_64  kmalloc_bench size=64\n"
	    "  kmalloc.instructions  instructions/op  simulated      100.25  150.375   +50.00 %");
	has("text", &out, "exact                 worse\n");
	has("text", &out, "undecided: about ");
	has("text", &out, "shown: emulated time is never judged\n");
	has("text", &out, "faults (total)");
	has("text", &out, "missing: B has no value\n");
	has("text", &out,
	    "4 comparisons: 1 worse, 1 undecided, 1 shown, 1 missing"
	    " (1 exact, 1 in the Holm correction, margin 1 %)\n");
	has("text", &out, "database: /data/kdelta.db\n");
	lacks("text", &out, "(max)");
	lacks("text", &out, "\033");
	/* the group is named once */
	assert_null(strstr(strstr(out.buf, "qemu-x86_64  kmalloc") + 1, "qemu-x86_64  kmalloc"));
}

static void options_of_the_table(void **state)
{
	struct report_context ctx = context;
	cleanup_str struct str out = STR_INIT;
	struct comparison c;

	(void)state;
	fill(&c);
	ctx.all = true;
	ctx.colour = true;
	ctx.width = 60;
	report_comparison(&c, &ctx, REPORT_TEXT, &out);
	comparison_free(&c);
	has("all", &out, "kmalloc.instructions (max)");
	has("all", &out, "5 comparisons: 1 worse, 1 same");
	has("colour", &out, "\033[31mworse\033[0m");
	has("narrow", &out, "simulated\n");
}

/* All columns of a row end where those of the heading do. */
static void columns_line_up(void **state)
{
	cleanup_str struct str out = STR_INIT;
	const char *head, *row;
	struct comparison c;

	(void)state;
	fill(&c);
	report_comparison(&c, &context, REPORT_TEXT, &out);
	comparison_free(&c);
	head = strstr(out.buf, "\n  metric") + 1;
	row = strstr(out.buf, "\n  kmalloc.instructions") + 1;
	assert_int_equal(strstr(head, "evidence") - head, strstr(row, "simulated") - row);
	assert_int_equal(strstr(head, " effect") + 7 - head, strstr(row, "+50.00 %") + 8 - row);
	assert_int_equal(strstr(head, "verdict") - head, strstr(row, "worse") - row);
}

static void nothing_to_compare(void **state)
{
	static const struct report_context none = { 0 };
	struct comparison c;

	(void)state;
	comparison_init(&c);
	compare_run(&c);
	for (int f = REPORT_TEXT; f <= REPORT_MARKDOWN; f++) {
		cleanup_str struct str out = STR_INIT;

		report_comparison(&c, &none, (enum report_format)f, &out);
		assert_true(out.len > 0 && out.buf[out.len - 1] == '\n');
		if (f == REPORT_TEXT)
			has("text", &out, "nothing to compare");
	}
	comparison_free(&c);
}

static const json_t *at(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!v)
		fail_msg("no '%s' in the JSON", name);
	return v;
}

static void json_reads_back(void **state)
{
	cleanup_str struct str out = STR_INIT;
	const json_t *rows, *row;
	struct comparison c;
	json_error_t error;
	json_t *o;

	(void)state;
	fill(&c);
	c.pairs[4].b_max = INFINITY;
	report_comparison(&c, &context, REPORT_JSON, &out);
	comparison_free(&c);
	o = json_loadb(out.buf, out.len, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s in\n%s", error.text, out.buf);
	assert_int_equal(json_integer_value(at(o, "run")), 7);
	assert_string_equal(json_string_value(at(at(o, "b"), "cmdline")), "quiet init_on_alloc=1");
	assert_true(json_is_true(at(o, "regressed")));
	rows = at(o, "comparisons");
	/* extremes are in it without being asked for */
	assert_int_equal(json_array_size(rows), 5);
	row = json_array_get(rows, 0);
	assert_string_equal(json_string_value(at(row, "verdict")), "worse");
	assert_true(json_is_true(at(row, "exact")));
	assert_true(json_real_value(at(at(row, "b"), "median")) == 150.375);
	assert_int_equal(json_array_size(at(at(row, "a"), "boots")), 3);
	assert_true(json_is_null(at(row, "low")));
	row = json_array_get(rows, 2);
	assert_true(json_real_value(at(row, "low")) < json_real_value(at(row, "high")));
	assert_true(json_integer_value(at(row, "more_boots")) > 0);
	row = json_array_get(rows, 4);
	assert_true(json_is_null(at(at(row, "b"), "max")));
	assert_true(json_is_null(at(at(row, "b"), "median")));
	json_decref(o);
}

static size_t fields_of(const char *line)
{
	bool quoted = false;
	size_t n = 1;

	for (; *line && (quoted || *line != '\r'); line++) {
		if (*line == '"')
			quoted = !quoted;
		n += !quoted && *line == ',';
	}
	return n;
}

static void csv_has_equal_rows(void **state)
{
	cleanup_str struct str out = STR_INIT;
	size_t lines = 0, columns;
	struct comparison c;

	(void)state;
	fill(&c);
	c.pairs[0].workload[0] = ',';
	c.pairs[0].workload[1] = '"';
	report_comparison(&c, &context, REPORT_CSV, &out);
	comparison_free(&c);
	columns = fields_of(out.buf);
	for (const char *p = out.buf; *p; p = strstr(p, "\r\n") + 2, lines++)
		if (fields_of(p) != columns)
			fail_msg("line %zu has %zu fields, wanted %zu:\n%s", lines, fields_of(p),
				 columns, p);
	assert_int_equal(lines, 6);
	has("csv", &out,
	    "7,base,init-on-alloc,qemu-x86_64,\",\"\"alloc_bench size=64\",kmalloc.instructions,"
	    "mean,instructions/op,lower,simulated,worse,1,1,100.25,100.25,100.25,3,150.375,");
	lacks("csv", &out, "nan");
	lacks("csv", &out, "inf");
}

static void markdown_has_equal_rows(void **state)
{
	cleanup_str struct str out = STR_INIT;
	cleanup_strv struct strv notes = STRV_INIT;
	struct report_context ctx = context;
	size_t rows = 0;
	struct comparison c;

	(void)state;
	fill(&c);
	c.pairs[0].metric[0] = '|';
	c.pairs[0].metric[1] = '`';
	strv_push(&notes, "broken: boot 3: <script>");
	ctx.footnotes = &notes;
	report_comparison(&c, &ctx, REPORT_MARKDOWN, &out);
	comparison_free(&c);
	for (const char *p = strstr(out.buf, "\n|"); p; p = strstr(p + 1, "\n|"), rows++) {
		size_t bars = 0;

		for (const char *q = p + 1; *q != '\n'; q++)
			bars += *q == '|' && q[-1] != '\\';
		if (bars != 11)
			fail_msg("%zu bars, wanted 11:%s", bars, p);
	}
	assert_int_equal(rows, 6);
	has("markdown", &out, "`\\|'alloc.instructions`");
	has("markdown", &out, "\n- `broken: boot 3: <script>`\n");
}

static void clean_rows(void **state)
{
	static const struct {
		const char *input, *want;
	} rows[] = {
		{ "plain ~", "plain ~" },
		{ "\x1b[31mred\x07", "?[31mred?" },
		{ "a\nb\tc\rd\x7f", "a?b?c?d?" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "c1 \xc2\x9b"
		  "31m",
		  "c1 ??31m" },
		{ "cut \xe2\x82", "cut ??" },
		{ "overlong \xc0\xaf", "overlong ??" },
		{ "overlong \xe0\x82\xa9", "overlong ???" },
		{ "surrogate \xed\xa0\x80", "surrogate ???" },
		{ "beyond \xf4\x90\x80\x80", "beyond ????" },
		{ "alone \x80\xff", "alone ??" },
		{ "turned \xe2\x80\xae"
		  "x",
		  "turned ???x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cleanup_str struct str out = STR_INIT;

		report_clean(rows[i].input, &out);
		if (strcmp(out.buf, rows[i].want))
			fail_msg("row %zu: got '%s', wanted '%s'", i, out.buf, rows[i].want);
	}
}

/* Whatever the guest calls its metrics, what goes out are lines of printable text. */
static void hostile_names(void **state)
{
	(void)state;
	for (int f = REPORT_TEXT; f <= REPORT_MARKDOWN; f++) {
		cleanup_str struct str out = STR_INIT;
		cleanup_strv struct strv notes = STRV_INIT;
		struct report_context ctx = context;
		struct comparison c;

		fill(&c);
		memcpy(c.pairs[0].metric, "\x1b]0;x\x07\r\n\xff", 9);
		memcpy(c.pairs[0].unit, "\x9b\x1b\x08\x01", 4);
		strv_push(&notes, "broken: \x1b[2J\nnext");
		ctx.footnotes = &notes;
		report_comparison(&c, &ctx, (enum report_format)f, &out);
		comparison_free(&c);
		for (size_t i = 0; i < out.len; i++) {
			unsigned char ch = (unsigned char)out.buf[i];
			bool end = ch == '\n' || (ch == '\r' && f == REPORT_CSV);

			if (!end && (ch < 0x20 || ch > 0x7e))
				fail_msg("format %d: byte 0x%02x at %zu", f, ch, i);
		}
		lacks("hostile", &out, "\r\n?");
	}
}

static void value_rows(void **state)
{
	static const struct {
		enum evidence ev;
		double a, b;
		const char *want_a, *want_b;
	} rows[] = {
		{ EV_SIMULATED, 100, 150.25, "100", "150.25" },
		{ EV_SIMULATED, 0, 0.0001, "0", "0.0001" },
		{ EV_SIMULATED, 1234567890.1234, 0.00001234, "1234567890.1234", "1.234e-05" },
		{ EV_SIMULATED, 100.00001, 100.00002, "100.00001", "100.00002" },
		{ EV_STATIC, 18874368, 18874369, "18874368", "18874369" },
		{ EV_VIRTUAL, 12345.678, 1.23456789, "12346", "1.2346" },
		{ EV_VIRTUAL, 123456789, 0.00123456789, "123456789", "0.0012346" },
		{ EV_VIRTUAL, -0.5, 0, "-0.50000", "0.0000" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cleanup_str struct str a = STR_INIT;
		cleanup_str struct str b = STR_INIT;
		struct pair p = { .ev = rows[i].ev, .a_mid = rows[i].a, .b_mid = rows[i].b };

		p.exact = rows[i].ev == EV_SIMULATED || rows[i].ev == EV_STATIC;
		report_sides(&p, &a, &b);
		if (strcmp(a.buf, rows[i].want_a) || strcmp(b.buf, rows[i].want_b))
			fail_msg("row %zu: got '%s' '%s', wanted '%s' '%s'", i, a.buf, b.buf,
				 rows[i].want_a, rows[i].want_b);
	}
}

static void effect_rows(void **state)
{
	static const struct {
		bool ratio;
		double effect, low, high;
		const char *want, *interval;
	} rows[] = {
		{ true, 1, 0.99, 1.01, "0 %", "[-1.00 %, +1.00 %]" },
		{ true, 1.5, 1.4, 1.6, "+50.00 %", "[+40.00 %, +60.00 %]" },
		{ true, 1.000004, 1, 1.00001, "+0.0004 %", "[0 %, +0.001 %]" },
		{ true, 12.5, 9, 17, "12.5x", "[9x, 17x]" },
		{ true, 0.02, 0.01, 0.04, "0.02x", "[0.01x, 0.04x]" },
		{ false, -3.5, -4, 0, "-3.5", "[-4, 0]" },
		{ false, NAN, NAN, NAN, "-", "-" },
		{ true, 1.5, NAN, NAN, "+50.00 %", "-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cleanup_str struct str effect = STR_INIT;
		cleanup_str struct str interval = STR_INIT;
		struct pair p = {
			.is_ratio = rows[i].ratio,
			.effect = rows[i].effect,
			.low = rows[i].low,
			.high = rows[i].high,
		};

		report_effect(&p, p.effect, &effect);
		report_interval(&p, &interval);
		if (strcmp(effect.buf, rows[i].want) || strcmp(interval.buf, rows[i].interval))
			fail_msg("row %zu: got '%s' '%s', wanted '%s' '%s'", i, effect.buf,
				 interval.buf, rows[i].want, rows[i].interval);
	}
}

static void format_names(void **state)
{
	(void)state;
	assert_int_equal(report_format_parse("text"), REPORT_TEXT);
	assert_int_equal(report_format_parse("json"), REPORT_JSON);
	assert_int_equal(report_format_parse("csv"), REPORT_CSV);
	assert_int_equal(report_format_parse("markdown"), REPORT_MARKDOWN);
	assert_int_equal(report_format_parse("html"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(options_of_the_table),
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(nothing_to_compare),
		cmocka_unit_test(json_reads_back),
		cmocka_unit_test(csv_has_equal_rows),
		cmocka_unit_test(markdown_has_equal_rows),
		cmocka_unit_test(clean_rows),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(value_rows),
		cmocka_unit_test(effect_rows),
		cmocka_unit_test(format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
