// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing trusts the guest: what it may send, changed at random in thousands of ways. Whatever comes out is within its
 * bounds, an error is one line, and the sanitized build finds no byte read beyond an end. The numbers follow from
 * a seed, so that a failure comes again; KDELTA_MUTATIONS=N makes N changes of each text instead of a few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency.h"
#include "results/record.h"
#include "results/report_latency.h"
#include "runner/base/file.h"
#include "runner/compare_run.h"
#include "runner/target.h"
#include "tests/unit/store_fixture.h"
#include "workloads/random.h"

#define RECORDS "tests/fixtures/pipeline/records"
#define CONSOLES "tests/fixtures/consoles"
#define WORKLOADS 4
#define RECORDS_LIMIT 1000

static uint64_t state_of_random = 1;

static size_t below(size_t n)
{
	return random_below(&state_of_random, n);
}

static int mutations(int few)
{
	const char *n = getenv("KDELTA_MUTATIONS");

	return n ? atoi(n) : few;
}

/* What parsers stumble over: ends, separators, signs, the largest numbers, what only looks like a number. */
static const char *const pieces[] = {
	"",
	" ",
	"\n",
	"=",
	"%",
	"%0",
	"%00",
	"%zz",
	":",
	",",
	"/",
	"-",
	"-1",
	"0",
	"1/0",
	"nan",
	"inf",
	"1e308",
	"-0.0",
	"0x10",
	"9223372036854775807",
	"-9223372036854775808",
	"18446744073709551616",
	"\xff",
	"\xe2\x80\xae",
	"\x1b[2J",
	"w=",
	"w=99",
	"cpu=",
	"round=",
	"end",
	"note",
	"hist",
	"begin",
	"done",
	"sparse=",
	"key=",
	"value=",
};

static void replace(struct str *s, size_t at, size_t len, const char *with, size_t with_len)
{
	cleanup_str struct str tail = STR_INIT;

	str_addmem(&tail, s->buf + at + len, s->len - at - len);
	s->len = at;
	str_addmem(s, with, with_len);
	str_addmem(s, tail.buf, tail.len);
}

/* A byte, a piece, a part taken out, a part doubled, or the end cut off. */
static void mutate_once(struct str *s)
{
	size_t at = below(s->len), len = below(s->len - at < 40 ? s->len - at : 40);
	const char *piece = pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
	cleanup_free char *part = xstrndup(s->buf + at, len);

	switch (below(6)) {
	case 0:
		replace(s, at, s->len > 0, (char[]){ (char)below(256) }, 1);
		break;
	case 1:
		replace(s, at, 0, piece, strlen(piece));
		break;
	case 2:
		replace(s, at, len, piece, strlen(piece));
		break;
	case 3:
		replace(s, at, len, "", 0);
		break;
	case 4:
		replace(s, below(s->len), 0, part, strlen(part));
		break;
	default:
		if (!below(8))
			replace(s, at, s->len - at, "", 0);
	}
}

static void mutate(const struct str *from, struct str *to)
{
	to->len = 0;
	str_addmem(to, from->buf, from->len);
	for (size_t n = 1 + below(4); n; n--)
		mutate_once(to);
}

/* An exact copy on the heap: what is read beyond its end is seen. */
static char *exact(const struct str *s)
{
	char *copy = malloc(s->len ? s->len : 1);

	assert_non_null(copy);
	memcpy(copy, s->buf, s->len);
	return copy;
}

static void check_error(int ret, const struct err *e)
{
	assert_true(ret == 0 || ret == -1);
	assert_true(!ret == !e->msg[0]);
	for (const char *p = e->msg; *p; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_name(const char *name)
{
	assert_true(name[0] && strlen(name) < RECORD_NAME_MAX);
}

static void check_record(const struct record *r)
{
	assert_in_range(r->workload, 0, WORKLOADS - 1);
	assert_true(r->round >= 0 && r->cpu >= -1);
	check_name(r->metric);
	check_name(r->unit);
	if (r->type == REC_VALUE) {
		check_name(r->stat);
		assert_true(isfinite(r->value));
	}
	for (size_t i = 0; i < r->nbuckets; i++) {
		assert_true(r->buckets[i].count > 0);
		assert_true(bucket_lower(r->buckets[i].lower, r->sub) == r->buckets[i].lower);
		assert_true(!i || r->buckets[i].lower > r->buckets[i - 1].lower);
	}
}

static void check_set(const struct record_set *rs)
{
	assert_true(rs->nrec <= RECORDS_LIMIT && rs->nnote <= RECORD_NOTES_MAX);
	assert_in_range(rs->running + 1, 0, WORKLOADS);
	for (size_t i = 0; i < rs->nrec; i++)
		check_record(&rs->rec[i]);
	for (size_t i = 0; i < rs->nnote; i++) {
		check_name(rs->note[i].key);
		assert_true(strlen(rs->note[i].value) <= RECORD_NOTE_MAX);
	}
}

static void parse(const struct str *text, const struct str *collected)
{
	cleanup_free char *copy = exact(text), *more = exact(collected);
	struct err e = ERR_INIT;
	struct record_set rs;

	record_set_init(&rs);
	check_error(record_set_parse(&rs, copy, text->len, WORKLOADS, RECORDS_LIMIT, &e), &e);
	check_set(&rs);
	err_clear(&e);
	check_error(record_set_add(&rs, more, collected->len, WORKLOADS, RECORDS_LIMIT, &e), &e);
	check_set(&rs);
	record_set_release(&rs);
}

static void for_each_file(const char *folder, void (*f)(const struct str *text))
{
	cleanup_strv struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	if (dir_list(folder, "", &names, &e))
		fail_msg("%s", e.msg);
	assert_true(names.n > 0);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(folder, names.v[i]);
		cleanup_str struct str text = STR_INIT;

		if (file_read(path, 1 << 20, &text, &e))
			fail_msg("%s", e.msg);
		f(&text);
	}
}

static void mutate_records(const struct str *text)
{
	cleanup_str struct str boot = STR_INIT, collected = STR_INIT;

	for (int n = mutations(300); n; n--) {
		mutate(text, &boot);
		mutate(text, &collected);
		parse(&boot, &collected);
	}
}

static void test_records(void **state)
{
	static const char rest[] =
		"kdelta version=1\nstart release=7.3 machine=x86_64 cmdline=a%20b cpus=2\n"
		"info key=module value=abc\nbegin w=0\n"
		"value w=0 metric=m unit=ns dir=lower ev=virtual stat=mean round=0 cpu=-1 value=7/2 by=c sparse=1\n"
		"hist w=0 metric=h unit=ns dir=lower ev=virtual round=0 cpu=1 sub=3 buckets=1:2,8:1,16:3\n"
		"note w=0 round=0 cpu=1 key=gaps value=cpu%201%20100%20ns\n"
		"done w=0 state=ok\ndone w=1 state=skipped reason=no%20PMU\nend records=2\n";
	cleanup_str struct str text = STR_INIT;

	(void)state;
	str_add(&text, rest);
	mutate_records(&text);
	for_each_file(RECORDS, mutate_records);
}

static void mutate_console(const struct str *text)
{
	cleanup_str struct str console = STR_INIT, tail = STR_INIT;

	for (int n = mutations(10); n; n--) {
		cleanup_free char *copy = NULL, *trouble = NULL;
		bool fatal;

		mutate(text, &console);
		copy = exact(&console);
		trouble = console_trouble(copy, console.len, &fatal);
		assert_null(trouble ? strpbrk(trouble, "\n\r\033") : NULL);
		tail.len = 0;
		console_tail(&console, 4, &tail);
		assert_null(memchr(tail.buf, '\n', tail.len));
	}
}

static void test_consoles(void **state)
{
	(void)state;
	for_each_file(CONSOLES, mutate_console);
}

/* --- what was accepted, stored, judged and shown --- */

/* A boot that an isolated CPU was watched in; its metrics are those that kdelta latency knows. */
static const char watched[] = STREAM_HEAD VALUE("k", "mean", "0", "-1", "10") VALUE("k", "mean",
										    "1", "-1", "12")
	VALUE("gap.max", "max", "0", "1",
	      "900") VALUE("spin.time", "total", "0", "1",
			   "1e6") VALUE("triggers", "count", "0", "-1",
					"20") VALUE("trace.interruption.timer", "count", "0", "1",
						    "3") VALUE("trace.stolen.timer", "total", "0",
							       "1", "700")
		VALUE("window.isolated.excursions", "count", "0", "1",
		      "4") "hist w=0 metric=gap unit=ns dir=lower ev=emulated-time round=0 cpu=1 sub=3 buckets=1:2,16:3\n"
			   "hist w=0 metric=caller.latency unit=ns dir=lower ev=emulated-time round=0 cpu=-1 sub=3 buckets=8:9\n"
			   "note w=0 round=0 cpu=1 key=trace.timeline value=gap_ns=900%0a100%20irq%20timer\n"
			   "note w=0 round=-1 cpu=1 key=isolation value=no%20nohz_full\n" STREAM_TAIL;

/* As a terminal, a file or a browser may be shown it. */
static void check_shown(const struct str *text)
{
	cleanup_strv struct strv lines = STRV_INIT;

	strv_split(&lines, text->buf, "\r\n");
	assert_true(lines.n > 0);
	for (size_t i = 0; i < lines.n; i++) {
		cleanup_str struct str clean = STR_INIT;

		report_clean(lines.v[i], &clean);
		assert_string_equal(clean.buf, lines.v[i]);
	}
}

static void check_json(const struct str *text)
{
	json_error_t error;
	json_t *json = json_loads(text->buf, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("line %d: %s", error.line, error.text);
	json_decref(json);
}

/* A change that the parser takes. */
static void accepted(const struct str *from, struct record_set *rs)
{
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;

	for (;;) {
		record_set_init(rs);
		mutate(from, &text);
		if (!record_set_parse(rs, text.buf, text.len, EXAMPLE_WORKLOADS, RECORDS_LIMIT, &e))
			return;
		record_set_release(rs);
	}
}

static void fill_boots(struct fixture *f, struct store *s, long long run)
{
	cleanup_str struct str text = STR_INIT;

	str_add(&text, watched);
	for (long long i = 1; i <= EXAMPLE_BOOTS; i++) {
		struct record_set rs;

		accepted(&text, &rs);
		ok(f, store_boot_finish(s, (run - 1) * EXAMPLE_BOOTS + i, &example_ok, &rs, &f->e));
		record_set_release(&rs);
	}
}

static void compare_all(struct fixture *f, struct store *s, const struct store_run_row *run)
{
	struct compare_options o = { .db = f->path, .all = true };
	struct comparison c;

	ok(f, compare_run_load(s, run, "base", "init", &c, &f->e));
	compare_run(&c);
	for (o.format = REPORT_TEXT; o.format <= REPORT_MARKDOWN; o.format++) {
		cleanup_str struct str out = STR_INIT;

		ok(f, compare_run_report(s, run, &c, &o, &out, &f->e));
		check_shown(&out);
		if (o.format == REPORT_JSON)
			check_json(&out);
	}
	comparison_free(&c);
}

static void latency_all(struct fixture *f, struct store *s, const struct store_run_row *run)
{
	cleanup_str struct str text = STR_INIT, json = STR_INIT;
	struct report_context ctx = { .suite = run->suite, .db = f->path, .run_id = run->id };
	struct latency l;

	latency_init(&l, NULL, 0, run->baseline, run->margin);
	ok(f, store_load_latency(s, run->id, &l, &f->e));
	latency_judge(&l);
	report_latency_text(&l, &ctx, &text);
	check_shown(&text);
	report_latency_json(&l, &ctx, &json);
	check_shown(&json);
	check_json(&json);
	latency_free(&l);
}

static void test_reports(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	for (int n = mutations(20); n; n--) {
		struct store_run_row run;
		long long id = must_create(f, s);

		fill_boots(f, s, id);
		ok(f, store_run_get(s, id, &run, &f->e));
		compare_all(f, s, &run);
		latency_all(f, s, &run);
		store_run_row_release(&run);
	}
	ok(f, store_check(s, &f->e));
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_consoles),
		TEST(test_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
