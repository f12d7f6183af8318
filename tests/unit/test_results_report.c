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
#include <stdlib.h>
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
	    " (1 exact, 1 in the Holm correction, margin 1 %); 1 row more with --all\n");
	has("text", &out, "database: /data/kdelta.db\n");
	lacks("text", &out, "(max)");
	lacks("text", &out, "\033");
	/* the group is named once */
	assert_null(strstr(strstr(out.buf, "qemu-x86_64  kmalloc") + 1, "qemu-x86_64  kmalloc"));
}

/* Every format for a reader says over how many variants the correction went, where that is more than one. */
static void several_variants(void **state)
{
	static const char line[] =
		"(1 exact, 2 in the Holm correction over 2 variants, margin 1 %)";
	cleanup_str struct str text = STR_INIT, markdown = STR_INIT, json = STR_INIT;
	struct comparison c[2], *both[] = { &c[0], &c[1] };

	(void)state;
	fill(&c[0]);
	fill(&c[1]);
	compare_run_set(both, 2);
	report_comparison(&c[1], &context, REPORT_TEXT, &text);
	report_comparison(&c[1], &context, REPORT_MARKDOWN, &markdown);
	report_comparison(&c[1], &context, REPORT_JSON, &json);
	has("text", &text, line);
	has("markdown", &markdown, line);
	has("json", &json, "\"judged_variants\": 2,\n  \"judged\": 2,\n  \"judged_collected\": 0,");
	comparison_free(&c[0]);
	comparison_free(&c[1]);
}

/* Collectors stand below, each under its name, and only with what changed. */
static void collectors_below(void **state)
{
	struct report_context ctx = context;
	cleanup_str struct str out = STR_INIT, all = STR_INIT, json = STR_INIT, csv = STR_INIT;
	struct comparison c;
	struct pair *p;

	(void)state;
	fill(&c);
	p = add(&c, "irq.loc", "count", EV_SIMULATED);
	p->collector = xstrdup("interrupts");
	boots(&p->a, &p->na, 1, 1, 1);
	boots(&p->b, &p->nb, 3, 3, 3);
	p = add(&c, "irq.res", "count", EV_SIMULATED);
	p->collector = xstrdup("interrupts");
	boots(&p->a, &p->na, 1, 1, 1);
	boots(&p->b, &p->nb, 1, 1, 1);
	p = add(&c, "noise", "count", EV_VIRTUAL);
	p->collector = xstrdup("tr\x1b"
			       "ace");
	boots(&p->a, &p->na, 10, 20, 30);
	boots(&p->b, &p->nb, 20, 10, 25);
	compare_run(&c);
	report_comparison(&c, &ctx, REPORT_TEXT, &out);
	report_comparison(&c, &ctx, REPORT_JSON, &json);
	report_comparison(&c, &ctx, REPORT_CSV, &csv);
	ctx.all = true;
	report_comparison(&c, &ctx, REPORT_TEXT, &all);
	comparison_free(&c);
	has("text", &out,
	    "\nqemu-x86_64  kmalloc_bench size=64  collector interrupts\n  irq.loc (count)");
	lacks("text", &out, "irq.res");
	lacks("text", &out, "collector tr");
	has("text", &out,
	    "1 in the Holm correction, 1 of collectors in one of their own, margin 1 %); 3 rows more");
	has("all", &all, "irq.res");
	has("all", &all, "\nqemu-x86_64  kmalloc_bench size=64  collector tr?ace\n  noise");
	has("json", &json, "\"collector\": \"interrupts\"");
	has("json", &json, "\"collector\": null");
	has("csv", &csv, "identical_code,noise,collector\r\n");
	has("csv", &csv, ",0,0,interrupts\r\n");
	has("csv", &csv, ",0,0,\r\n");
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

/* What was compared and is not worth a row is not what could not be compared. */
static void nothing_to_show(void **state)
{
	static const struct report_context none = { 0 };
	cleanup_str struct str out = STR_INIT;
	struct comparison c;
	struct pair *p;

	(void)state;
	comparison_init(&c);
	p = add(&c, "operations", "count", EV_SIMULATED);
	p->dir = DIR_NONE;
	boots(&p->a, &p->na, 7, 7, 7);
	boots(&p->b, &p->nb, 7, 7, 7);
	compare_run(&c);
	report_comparison(&c, &none, REPORT_TEXT, &out);
	has("text", &out, "no change to show: --all shows what was compared");
	has("text", &out, "; 1 row more with --all");
	assert_null(strstr(out.buf, "nothing to compare"));
	comparison_free(&c);
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

static struct pair *add_row(struct comparison *c, const char *workload, const char *metric,
			    enum evidence ev, enum direction dir, double a, double b)
{
	struct pair *p = add(c, metric, ev == EV_STATIC ? "total" : "mean", ev);

	free(p->workload);
	p->workload = xstrdup(workload);
	p->dir = dir;
	boots(&p->a, &p->na, a, a, a);
	boots(&p->b, &p->nb, b, b, b);
	return p;
}

/* Which rows a reader gets without asking. */
static void shown_rows(void **state)
{
	static const struct {
		const char *workload, *metric;
		enum evidence ev;
		enum direction dir;
		double a, b;
		bool want;
	} rows[] = {
		{ "w", "operations", EV_SIMULATED, DIR_NONE, 5, 5, false },
		{ "w", "operations", EV_SIMULATED, DIR_NONE, 5, 6, true },
		{ "w", "cost", EV_SIMULATED, DIR_LOWER, 5, 5, true },
		{ "w", "events", EV_SIMULATED, DIR_LOWER, 0, 0, false },
		{ "w", "events", EV_SIMULATED, DIR_LOWER, 0, 1, true },
		{ "w", "events", EV_SIMULATED, DIR_LOWER, 1, 0, true },
		{ "w", "calls.x", EV_STATIC, DIR_LOWER, 5, 5, true },
		{ COMPARE_KERNEL, "text", EV_STATIC, DIR_LOWER, 5, 5, true },
		{ COMPARE_KERNEL, "text", EV_STATIC, DIR_LOWER, 5, 6, true },
		{ COMPARE_KERNEL, "texture", EV_STATIC, DIR_LOWER, 5, 6, false },
		{ COMPARE_KERNEL, "rodata", EV_STATIC, DIR_LOWER, 5, 6, false },
		{ COMPARE_KERNEL, "functions", EV_STATIC, DIR_NONE, 5, 6, true },
		{ COMPARE_KERNEL, "functions", EV_STATIC, DIR_NONE, 5, 5, false },
		{ COMPARE_KERNEL, "atomic.lock", EV_STATIC, DIR_LOWER, 5, 6, true },
		{ COMPARE_KERNEL, "calls.preempt_schedule_notrace", EV_STATIC, DIR_LOWER, 5, 4,
		  true },
		{ COMPARE_KERNEL, "calls.preempt_schedule_notrace_thunk", EV_STATIC, DIR_LOWER, 5,
		  4, true },
		{ COMPARE_KERNEL, "calls.preempt_schedule", EV_STATIC, DIR_LOWER, 5, 4, true },
		{ COMPARE_KERNEL, "calls.__cond_resched", EV_STATIC, DIR_LOWER, 5, 4, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report_context ctx = { .all = false };
		struct comparison c;
		bool got;

		comparison_init(&c);
		add_row(&c, rows[i].workload, rows[i].metric, rows[i].ev, rows[i].dir, rows[i].a,
			rows[i].b);
		compare_run(&c);
		got = report_shows(&c.pairs[0], &ctx);
		ctx.all = true;
		assert_true(report_shows(&c.pairs[0], &ctx));
		comparison_free(&c);
		if (got != rows[i].want)
			fail_msg("%s %s %g %g: got %d, wanted %d", rows[i].workload, rows[i].metric,
				 rows[i].a, rows[i].b, got, rows[i].want);
	}
}

static void set_boots(struct boot_value *v, const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v[i].boot = 10 + (long long)i;
		v[i].block = (int)i;
		v[i].value = values[i];
	}
}

/* Boots of the variant base that should agree, in words. */
static void disagreement_rows(void **state)
{
	static const struct {
		const char *name;
		enum evidence ev;
		size_t n;
		double v[8];
		const char *want; /* after the metric; NULL: no line */
	} rows[] = {
		{ "all agree", EV_SIMULATED, 3, { 5, 5, 5 }, NULL },
		{ "noise is no disagreement", EV_VIRTUAL, 3, { 5, 6, 5 }, NULL },
		{ "one is odd",
		  EV_SIMULATED,
		  4,
		  { 251.25, 251.25, 251.5, 251.25 },
		  ": base: boot 12 (block 2) 251.5 (+0.10 %), the others 251.25" },
		{ "a trifle",
		  EV_SIMULATED,
		  3,
		  { 1e6, 1e6, 1000001 },
		  ": base: boot 12 (block 2) 1000001 (+0.0001 %), the others 1000000" },
		{ "from zero",
		  EV_SIMULATED,
		  3,
		  { 0, 0, 2 },
		  ": base: boot 12 (block 2) 2, the others 0" },
		{ "four are odd",
		  EV_SIMULATED,
		  6,
		  { 4, 4, 5, 6, 7, 8 },
		  ": base: boot 12 (block 2) 5 (+25.00 %), boot 13 (block 3) 6 (+50.00 %), "
		  "boot 14 (block 4) 7 (+75.00 %) and 1 more, the others 4" },
		{ "each for itself",
		  EV_SIMULATED,
		  3,
		  { 4, 5, 6 },
		  ": base: every one of 3 boots says something else, from 4 to 6 (+50.00 %)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cleanup_strv struct strv lines = STRV_INIT;
		cleanup_free char *want = NULL;
		struct comparison c;
		struct pair *p;

		comparison_init(&c);
		c.a = xstrdup("base");
		c.b = xstrdup("new");
		p = add(&c, "m", "mean", rows[i].ev);
		p->a = xcalloc(rows[i].n, sizeof(*p->a));
		p->na = rows[i].n;
		set_boots(p->a, rows[i].v, rows[i].n);
		boots(&p->b, &p->nb, 7, 7, 7);
		compare_run(&c);
		report_disagreements(&c, &context, 4, &lines);
		comparison_free(&c);
		want = xasprintf("disagree: qemu-x86_64 kmalloc_bench size=64 m%s",
				 rows[i].want ? rows[i].want : "");
		if (lines.n != !!rows[i].want || (lines.n && strcmp(lines.v[0], want)))
			fail_msg("%s: got %zu '%s', wanted '%s'", rows[i].name, lines.n,
				 lines.n ? lines.v[0] : "", rows[i].want ? want : "");
	}
}

/* Boots that were made to differ in their phases may; it is said once, and not of each. */
static void random_phases(void **state)
{
	cleanup_str struct str text = STR_INIT, markdown = STR_INIT, json = STR_INIT;
	struct comparison c;
	struct pair *p;

	(void)state;
	comparison_init(&c);
	c.a = xstrdup("base");
	c.b = xstrdup("new");
	c.random_phases = true;
	p = add(&c, "m", "mean", EV_SIMULATED);
	boots(&p->a, &p->na, 7, 7, 8);
	boots(&p->b, &p->nb, 7, 7, 7);
	compare_run(&c);
	report_comparison(&c, &context, REPORT_TEXT, &text);
	report_comparison(&c, &context, REPORT_MARKDOWN, &markdown);
	report_comparison(&c, &context, REPORT_JSON, &json);
	has("text", &text, "  phases       random: counts");
	has("markdown", &markdown, "- phases: `random: counts");
	has("json", &json, "\"phases\": \"random\"");
	assert_null(strstr(text.buf, "disagree"));
	assert_null(strstr(markdown.buf, "disagree"));
	assert_null(c.pairs[0].note);
	comparison_free(&c);
}

/* Many lines are cut; JSON has all of them. */
static void many_disagree(void **state)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_str struct str markdown = STR_INIT;
	cleanup_str struct str json = STR_INIT;
	const json_t *row, *odd;
	struct comparison c;
	json_t *o;

	(void)state;
	comparison_init(&c);
	c.a = xstrdup("base");
	c.b = xstrdup("new");
	for (int i = 0; i < REPORT_DISAGREEMENTS + 3; i++) {
		struct pair *p = add(&c, "m", "mean", EV_SIMULATED);

		boots(&p->a, &p->na, 7, 7, 8);
		boots(&p->b, &p->nb, 7, 7, 7);
	}
	compare_run(&c);
	report_comparison(&c, &context, REPORT_TEXT, &text);
	report_comparison(&c, &context, REPORT_MARKDOWN, &markdown);
	report_comparison(&c, &context, REPORT_JSON, &json);
	comparison_free(&c);
	has("text", &text, "block 2 8 (+14.29 %), the others 7\n");
	has("text", &text, "disagree: and 3 more; --format json has all of them\n");
	has("markdown", &markdown, "- `disagree: and 3 more");
	o = json_loadb(json.buf, json.len, 0, NULL);
	assert_non_null(o);
	row = json_array_get(at(o, "comparisons"), REPORT_DISAGREEMENTS + 2);
	odd = at(at(row, "disagree"), "a");
	assert_true(json_is_null(at(at(row, "disagree"), "b")));
	assert_true(json_real_value(at(odd, "usual")) == 7);
	assert_int_equal(json_integer_value(at(odd, "usual_boots")), 2);
	assert_int_equal(json_array_size(at(odd, "boots")), 1);
	odd = json_array_get(at(odd, "boots"), 0);
	assert_int_equal(json_integer_value(at(odd, "block")), 2);
	assert_true(json_real_value(at(odd, "difference")) == 1);
	json_decref(o);
}

/* Identical code reads so in every format, and noise says that it is noise. */
static void identical_code(void **state)
{
	static const char *const want[][2] = {
		[REPORT_TEXT] = { "kmalloc_bench size=64  (identical code)\n",
				  "same: identical code: the difference is noise\n" },
		[REPORT_JSON] = { "\"identical_code\": true", "\"noise\": true" },
		[REPORT_CSV] = { ",1,0,\r\n", "identical code: the difference is noise,1,1,\r\n" },
		[REPORT_MARKDOWN] = { "same: identical code |",
				      "same: identical code: the difference is noise |" },
	};

	(void)state;
	for (int f = REPORT_TEXT; f <= REPORT_MARKDOWN; f++) {
		cleanup_str struct str out = STR_INIT;
		struct comparison c;
		struct pair *p;

		comparison_init(&c);
		c.a = xstrdup("base");
		c.b = xstrdup("new");
		for (int i = 0; i < 2; i++) {
			p = add(&c, i ? "equal" : "slower", "mean", i ? EV_SIMULATED : EV_HARDWARE);
			boots(&p->a, &p->na, 100, i ? 100 : 101, i ? 100 : 99);
			boots(&p->b, &p->nb, i ? 100 : 200, i ? 100 : 201, i ? 100 : 199);
			p->same_code = p->same_boot = true;
		}
		compare_run(&c);
		report_comparison(&c, &context, (enum report_format)f, &out);
		comparison_free(&c);
		has("identical", &out, want[f][0]);
		has("noise", &out, want[f][1]);
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
		cmocka_unit_test(the_table),          cmocka_unit_test(several_variants),
		cmocka_unit_test(collectors_below),   cmocka_unit_test(options_of_the_table),
		cmocka_unit_test(columns_line_up),    cmocka_unit_test(nothing_to_show),
		cmocka_unit_test(nothing_to_compare), cmocka_unit_test(json_reads_back),
		cmocka_unit_test(csv_has_equal_rows), cmocka_unit_test(markdown_has_equal_rows),
		cmocka_unit_test(clean_rows),         cmocka_unit_test(hostile_names),
		cmocka_unit_test(value_rows),         cmocka_unit_test(effect_rows),
		cmocka_unit_test(shown_rows),         cmocka_unit_test(disagreement_rows),
		cmocka_unit_test(random_phases),      cmocka_unit_test(many_disagree),
		cmocka_unit_test(identical_code),     cmocka_unit_test(format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
