// SPDX-License-Identifier: GPL-2.0
/* The record format: numbers, lines, buckets, and whole streams, good and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/record.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void number_rows(void **state)
{
	static const struct {
		const char *input;
		int ret;
		double want;
	} rows[] = {
		{ "0", 0, 0 },
		{ "12.5", 0, 12.5 },
		{ "-3e4", 0, -30000 },
		{ ".5", 0, 0.5 },
		{ "7/2", 0, 3.5 },
		{ "-7/2", 0, -3.5 },
		{ "18446744073709551615/1", 0, 18446744073709551615.0 },
		{ "9007199254740993/9007199254740993", 0, 1 },
		{ "", -1, 0 },
		{ "+1", -1, 0 },
		{ " 1", -1, 0 },
		{ "1 ", -1, 0 },
		{ "0x10", -1, 0 },
		{ "nan", -1, 0 },
		{ "inf", -1, 0 },
		{ "1e999", -1, 0 },
		{ "1/0", -1, 0 },
		{ "1/", -1, 0 },
		{ "/2", -1, 0 },
		{ "1/-2", -1, 0 },
		{ "1.5/2", -1, 0 },
		{ "1/2/3", -1, 0 },
		{ "18446744073709551616/1", -1, 0 },
		{ "--1", -1, 0 },
		{ "-", -1, 0 },
		{ ".", -1, 0 },
		{ "e5", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double got = 0;
		int ret = number_parse(rows[i].input, &got);

		if (ret != rows[i].ret || (!ret && got != rows[i].want))
			fail_msg("'%s': got %d %.17g, wanted %d %.17g", rows[i].input, ret, got,
				 rows[i].ret, rows[i].want);
	}
}

static void bucket_rows(void **state)
{
	static const struct {
		uint64_t v;
		unsigned int sub;
		uint64_t lower, width;
	} rows[] = {
		{ 0, 0, 0, 1 },
		{ 1, 0, 1, 1 },
		{ 7, 0, 4, 4 },
		{ 7, 3, 7, 1 },
		{ 8, 3, 8, 1 },
		{ 15, 3, 15, 1 },
		{ 16, 3, 16, 2 },
		{ 17, 3, 16, 2 },
		{ 31, 3, 30, 2 },
		{ 32, 3, 32, 4 },
		{ 1000, 3, 960, 64 },
		{ 255, 8, 255, 1 },
		{ 513, 8, 512, 2 },
		{ UINT64_MAX, 3, UINT64_C(15) << 60, UINT64_C(1) << 60 },
		{ UINT64_MAX, 0, UINT64_C(1) << 63, UINT64_C(1) << 63 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t lower = bucket_lower(rows[i].v, rows[i].sub);
		uint64_t width = bucket_width(lower, rows[i].sub);

		if (lower != rows[i].lower || width != rows[i].width)
			fail_msg("v %llu sub %u: got %llu + %llu, wanted %llu + %llu",
				 (unsigned long long)rows[i].v, rows[i].sub,
				 (unsigned long long)lower, (unsigned long long)width,
				 (unsigned long long)rows[i].lower,
				 (unsigned long long)rows[i].width);
	}
}

/* Every bucket begins where the one before it ends. */
static void buckets_leave_no_gap(void **state)
{
	(void)state;
	for (unsigned int sub = 0; sub <= 8; sub++) {
		uint64_t v = 0;

		for (int i = 0; i < 5000 && v < UINT64_C(1) << 40; i++) {
			assert_int_equal(bucket_lower(v, sub), v);
			if (v)
				assert_true(bucket_lower(v - 1, sub) < v);
			v += bucket_width(v, sub);
		}
	}
}

static void names_go_both_ways(void **state)
{
	(void)state;
	for (int i = 0; i < EV_COUNT; i++)
		assert_int_equal(evidence_parse(evidence_name((enum evidence)i)), i);
	for (int i = 0; i < DIR_COUNT; i++)
		assert_int_equal(direction_parse(direction_name((enum direction)i)), i);
	for (int i = 0; i < WL_COUNT; i++)
		assert_int_equal(wl_state_parse(wl_state_name((enum wl_state)i)), i);
	assert_int_equal(evidence_parse("cycles"), -1);
	assert_int_equal(direction_parse(""), -1);
	assert_int_equal(wl_state_parse("OK"), -1);
}

static void field_errors(void **state)
{
	static const struct {
		const char *input, *want;
	} rows[] = {
		{ "", "column 1: expected a word" },
		{ " word", "column 1: expected a word" },
		{ "Word", "column 1: expected a word" },
		{ "word ", "column 6: expected a key" },
		{ "word  a=1", "column 6: expected a key" },
		{ "word a", "column 7: expected '='" },
		{ "word a=1 b", "column 11: expected '='" },
		{ "word 1=a", "column 6: expected a key" },
		{ "word a=%", "column 8: expected two hex digits after '%'" },
		{ "word a=%4", "column 8: expected two hex digits after '%'" },
		{ "word a=%zz", "column 8: expected two hex digits after '%'" },
		{ "word a=%00", "column 8: a value cannot hold a NUL byte" },
		{ "word a=\x01", "column 8: unprintable byte, expected it percent-encoded" },
		{ "word a=\xc3", "column 8: unprintable byte, expected it percent-encoded" },
		{ "word a=1\r", "column 9: unprintable byte, expected it percent-encoded" },
		{ "word\ta=1", "column 5: expected a space" },
		{ "word a=1 a=2", "column 11: key given twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct fields f;
		int ret = fields_parse(&f, rows[i].input, strlen(rows[i].input), &e);

		if (!ret || strcmp(e.msg, rows[i].want))
			fail_msg("'%s': got %d '%s', wanted '%s'", rows[i].input, ret, e.msg,
				 rows[i].want);
	}
}

static void too_many_fields(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct err e = ERR_INIT;
	struct fields f;

	(void)state;
	str_add(&s, "word");
	for (int i = 0; i < RECORD_FIELDS_MAX; i++)
		str_addf(&s, " k%d=%d", i, i);
	assert_int_equal(fields_parse(&f, s.buf, s.len, &e), 0);
	assert_string_equal(fields_get(&f, "k31"), "31");
	fields_release(&f);
	str_add(&s, " more=1");
	assert_int_equal(fields_parse(&f, s.buf, s.len, &e), -1);
	assert_non_null(strstr(e.msg, "too many fields"));
}

static void long_line(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct err e = ERR_INIT;
	struct fields f;

	(void)state;
	str_add(&s, "word a=");
	while (s.len < RECORD_LINE_MAX)
		str_addch(&s, 'x');
	assert_int_equal(fields_parse(&f, s.buf, s.len, &e), 0);
	fields_release(&f);
	str_addch(&s, 'x');
	assert_int_equal(fields_parse(&f, s.buf, s.len, &e), -1);
	assert_string_equal(e.msg, "line of 65537 bytes, at most 65536 are allowed");
}

/* Whatever bytes go into a field come out of it. */
static void values_survive(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct err e = ERR_INIT;
	struct fields f;
	char all[256];

	(void)state;
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	line_begin(&s, "word");
	line_field(&s, "all", all);
	line_field(&s, "none", "");
	line_fieldf(&s, "number", "%d/%d", 7, 2);
	line_end(&s);
	assert_int_equal(s.buf[s.len - 1], '\n');
	assert_null(memchr(s.buf, '\n', s.len - 1));
	assert_int_equal(fields_parse(&f, s.buf, s.len - 1, &e), 0);
	assert_string_equal(f.word, "word");
	assert_string_equal(fields_get(&f, "all"), all);
	assert_string_equal(fields_get(&f, "none"), "");
	assert_string_equal(fields_get(&f, "number"), "7/2");
	assert_null(fields_get(&f, "nothing"));
	fields_release(&f);
}

static void integer_rows(void **state)
{
	static const struct {
		const char *input;
		int ret;
		long long want;
	} rows[] = {
		{ "w a=-1", 0, -1 },  { "w a=10", 0, 10 },   { "w a=007", 0, 7 },
		{ "w a=11", -1, 0 },  { "w a=-2", -1, 0 },   { "w a=", -1, 0 },
		{ "w a=+1", -1, 0 },  { "w a=%201", -1, 0 }, { "w a=1x", -1, 0 },
		{ "w a=-", -1, 0 },   { "w b=1", -1, 0 },    { "w a=99999999999999999999", -1, 0 },
		{ "w a=1e1", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct fields f;
		long long got = 0;
		int ret;

		assert_int_equal(fields_parse(&f, rows[i].input, strlen(rows[i].input), &e), 0);
		ret = fields_int(&f, "a", -1, 10, &got, &e);
		if (ret != rows[i].ret || (!ret && got != rows[i].want))
			fail_msg("'%s': got %d %lld '%s', wanted %d %lld", rows[i].input, ret, got,
				 e.msg, rows[i].ret, rows[i].want);
		if (ret)
			assert_non_null(strstr(e.msg, "'a'"));
		fields_release(&f);
	}
}

#define HELLO "kdelta version=1\n"
#define START HELLO "start release=7.3.4 machine=x86_64 cmdline=quiet%20x=1 cpus=2\n"
#define BEGIN START "begin w=0\n"
#define HEAD "w=0 metric=m unit=ns dir=lower ev=virtual round=0 cpu=-1 "
#define VALUE "value " HEAD "stat=mean value="
#define HIST "hist " HEAD "sub=3 buckets="
#define NOTE "note w=0 round=-1 cpu=-1 "
#define DONE "done w=0 state=ok reason=\n"

/* want: NULL when the stream is good, else the error. */
static const struct stream {
	const char *name, *input, *want;
	size_t nrec;
	bool ended;
} streams[] = {
	/* clang-format off */
	{ "empty", "",
	  NULL, 0, false },
	{ "whole", BEGIN VALUE "1.5\n" HIST "1:2,16:3\n" DONE "end records=2\n",
	  NULL, 2, true },
	{ "no records", START "end records=0\n",
	  NULL, 0, true },
	{ "cut in the end line", BEGIN VALUE "1\n" DONE "end records=1",
	  NULL, 1, false },
	{ "cut in a value", BEGIN VALUE "12",
	  NULL, 0, false },
	{ "unknown key", BEGIN "value new=1 " HEAD "stat=min value=1\n",
	  NULL, 1, false },
	{ "empty histogram", BEGIN HIST "\n",
	  NULL, 1, false },
	{ "skipped without begin", START "done w=1 state=skipped reason=no%20PMU\nend records=0\n",
	  NULL, 0, true },
	{ "no greeting", "start release=7 machine=m cmdline= cpus=1\n",
	  "records line 1: expected 'kdelta version=1' first", 0, false },
	{ "newer version", "kdelta version=2\n",
	  "records line 1: record format: 'version': expected an integer from 1 to 1, got '2'", 0, false },
	{ "greeting twice", HELLO HELLO,
	  "records line 2: 'kdelta' stands only in the first line", 0, false },
	{ "unknown word", START "sample w=0\n",
	  "records line 3: unknown word 'sample'", 0, false },
	{ "empty line", START "\n",
	  "records line 3: column 1: expected a word", 0, false },
	{ "start twice", START "start release=7 machine=m cmdline= cpus=1\n",
	  "records line 3: a second start", 0, false },
	{ "start without cpus", HELLO "start release=7 machine=m cmdline=\n",
	  "records line 2: 'cpus' is missing", 0, false },
	{ "begin before start", HELLO "begin w=0\n",
	  "records line 2: workload 0 begins before the start line", 0, false },
	{ "begin inside", BEGIN "begin w=1\n",
	  "records line 4: workload 1 begins while 0 runs", 0, false },
	{ "begin again", BEGIN DONE "begin w=0\n",
	  "records line 5: workload 0 begins a second time", 0, false },
	{ "w too big", START "begin w=2\n",
	  "records line 3: 'w': expected an integer from 0 to 1, got '2'", 0, false },
	{ "w negative", START "begin w=-1\n",
	  "records line 3: 'w': expected an integer from 0 to 1, got '-1'", 0, false },
	{ "value outside", START VALUE "1\n",
	  "records line 3: workload 0 is not running", 0, false },
	{ "not a number", BEGIN VALUE "nan\n",
	  "records line 4: 'value' is not a finite number", 0, false },
	{ "by zero", BEGIN VALUE "1/0\n",
	  "records line 4: 'value' is not a finite number", 0, false },
	{ "unknown stat", BEGIN "value " HEAD "stat=p99 value=1\n",
	  "records line 4: 'stat' has an unknown value", 0, false },
	{ "unknown evidence",
	  BEGIN "value w=0 metric=m unit=u dir=lower ev=x stat=mean round=0 cpu=0 value=1\n",
	  "records line 4: 'ev' has an unknown value", 0, false },
	{ "cpu too big",
	  BEGIN "value w=0 metric=m unit=u dir=none ev=static stat=mean round=0 cpu=65536 value=1\n",
	  "records line 4: 'cpu': expected an integer from -1 to 65535, got '65536'", 0, false },
	{ "round negative",
	  BEGIN "value w=0 metric=m unit=u dir=none ev=static stat=mean round=-1 cpu=0 value=1\n",
	  "records line 4: 'round': expected an integer from 0 to 999999, got '-1'", 0, false },
	{ "no metric", BEGIN "value w=0 metric= unit=u\n",
	  "records line 4: 'metric' is empty", 0, false },
	{ "bucket off the grid", BEGIN HIST "17:1\n",
	  "records line 4: no bucket starts at 17", 0, false },
	{ "buckets out of order", BEGIN HIST "16:1,8:1\n",
	  "records line 4: bucket 8 is out of order", 0, false },
	{ "bucket twice", BEGIN HIST "8:1,8:1\n",
	  "records line 4: bucket 8 is out of order", 0, false },
	{ "bucket without samples", BEGIN HIST "8:0\n",
	  "records line 4: bucket 8 has an impossible count", 0, false },
	{ "counts beyond 2^63", BEGIN HIST "1:9223372036854775807,2:1\n",
	  "records line 4: bucket 2 has an impossible count", 0, false },
	{ "bucket negative", BEGIN HIST "-1:1\n",
	  "records line 4: 'buckets': expected LOWER:COUNT,...", 0, false },
	{ "bucket without count", BEGIN HIST "1\n",
	  "records line 4: 'buckets': expected LOWER:COUNT,...", 0, false },
	{ "bucket and a comma", BEGIN HIST "1:1,\n",
	  "records line 4: 'buckets' ends in a comma", 0, false },
	{ "sub too big", BEGIN "hist " HEAD "sub=9 buckets=\n",
	  "records line 4: 'sub': expected an integer from 0 to 8, got '9'", 0, false },
	{ "of a collector", BEGIN "value by=trace " HEAD "stat=min value=1\n",
	  NULL, 1, false },
	{ "of a collector without a name", BEGIN "value by= " HEAD "stat=min value=1\n",
	  "records line 4: 'by' is empty", 0, false },
	{ "sparse", BEGIN "value by=trace sparse=1 " HEAD "stat=min value=1\n", NULL, 1, false },
	{ "more than sparse", BEGIN "value by=trace sparse=2 " HEAD "stat=min value=1\n",
	  "records line 4: 'sparse': expected an integer from 0 to 1, got '2'", 0, false },
	{ "a note", BEGIN NOTE "key=k value=\n" NOTE "key=k value=a%0Ab\n" DONE "end records=0\n",
	  NULL, 0, true },
	{ "note outside", START NOTE "key=k value=v\n",
	  "records line 3: workload 0 is not running", 0, false },
	{ "note without a key", BEGIN NOTE "value=v\n",
	  "records line 4: 'key' is missing", 0, false },
	{ "note without a value", BEGIN NOTE "key=k\n",
	  "records line 4: 'value' is missing", 0, false },
	{ "note of no round", BEGIN "note w=0 round=-2 cpu=0 key=k value=v\n",
	  "records line 4: 'round': expected an integer from -1 to 999999, got '-2'", 0, false },
	{ "note of the boot", BEGIN "note w=-1 round=-1 cpu=-1 key=k value=v\n",
	  "records line 4: 'w': expected an integer from 0 to 1, got '-1'", 0, false },
	{ "done without begin", START "done w=0 state=ok\n",
	  "records line 3: workload 0 is not running", 0, false },
	{ "done twice", BEGIN DONE "done w=0 state=broken\n",
	  "records line 5: workload 0 is not running", 0, false },
	{ "done of another", BEGIN "done w=1 state=broken\n",
	  "records line 4: workload 1 is not running", 0, false },
	{ "unknown state", BEGIN "done w=0 state=fine\n",
	  "records line 4: 'state' has an unknown value", 0, false },
	{ "end too early", BEGIN "end records=0\n",
	  "records line 4: end while workload 0 runs", 0, false },
	{ "end with a wrong count", BEGIN VALUE "1\n" DONE "end records=2\n",
	  "records line 6: 2 records were sent, 1 arrived", 1, false },
	{ "after the end", START "end records=0\ninfo key=a value=b\n",
	  "records line 4: a line after the end", 0, true },
	{ "too many records", BEGIN VALUE "1\n" VALUE "2\n" VALUE "3\n" VALUE "4\n",
	  "records line 7: more than 3 records", 3, false },
	{ "escape in an error", START "begin w=%1b[31m\n",
	  "records line 3: 'w': expected an integer from 0 to 1, got '?[31m'", 0, false },
	/* clang-format on */
};

static void stream_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		const struct stream *t = &streams[i];
		struct err e = ERR_INIT;
		struct record_set rs;
		int ret;

		record_set_init(&rs);
		ret = record_set_parse(&rs, t->input, strlen(t->input), 2, 3, &e);
		if (ret != (t->want ? -1 : 0) || strcmp(e.msg, t->want ? t->want : "") ||
		    rs.nrec != t->nrec || rs.ended != t->ended)
			fail_msg("%s: input '%s': got '%s' %zu %d, wanted '%s' %zu %d", t->name,
				 t->input, e.msg, rs.nrec, rs.ended, t->want ? t->want : "",
				 t->nrec, t->ended);
		record_set_release(&rs);
	}
}

static void stream_content(void **state)
{
	static const char input[] = START
		"info key=ko value=%1b\nbegin w=1\n"
		"value w=1 metric=k.i unit=i/op dir=higher ev=simulated stat=max round=4 cpu=1 value=7/2\n"
		"hist w=1 metric=h unit=ns dir=none ev=emulated-time round=0 cpu=-1 sub=3 buckets=1:2,16:3\n"
		"note w=1 round=4 cpu=1 key=trace.timeline value=gap_ns=9%0A+0%20irq\n"
		"done w=1 state=failed reason=lost%20count\nbegin w=0\n";
	struct err e = ERR_INIT;
	struct record_set rs;

	(void)state;
	record_set_init(&rs);
	assert_int_equal(record_set_parse(&rs, input, strlen(input), 2, 9, &e), 0);
	assert_true(rs.started);
	assert_string_equal(rs.release, "7.3.4");
	assert_string_equal(rs.machine, "x86_64");
	assert_string_equal(rs.cmdline, "quiet x=1");
	assert_int_equal(rs.cpus, 2);
	assert_int_equal(rs.ninfo, 1);
	assert_string_equal(rs.info[0].key, "ko");
	assert_string_equal(rs.info[0].value, "\x1b");
	assert_int_equal(rs.running, 0);
	assert_int_equal(rs.ndone, 1);
	assert_int_equal(rs.done[0].state, WL_FAILED);
	assert_string_equal(rs.done[0].reason, "lost count");
	assert_int_equal(rs.nrec, 2);
	assert_int_equal(rs.rec[0].type, REC_VALUE);
	assert_int_equal(rs.rec[0].workload, 1);
	assert_string_equal(rs.rec[0].metric, "k.i");
	assert_string_equal(rs.rec[0].unit, "i/op");
	assert_string_equal(rs.rec[0].stat, "max");
	assert_int_equal(rs.rec[0].dir, DIR_HIGHER);
	assert_int_equal(rs.rec[0].ev, EV_SIMULATED);
	assert_int_equal(rs.rec[0].round, 4);
	assert_int_equal(rs.rec[0].cpu, 1);
	assert_true(rs.rec[0].value == 3.5);
	assert_int_equal(rs.nnote, 1);
	assert_int_equal(rs.note[0].workload, 1);
	assert_int_equal(rs.note[0].round, 4);
	assert_int_equal(rs.note[0].cpu, 1);
	assert_string_equal(rs.note[0].key, "trace.timeline");
	assert_string_equal(rs.note[0].value, "gap_ns=9\n+0 irq");
	assert_int_equal(rs.rec[1].type, REC_HIST);
	assert_int_equal(rs.rec[1].sub, 3);
	assert_int_equal(rs.rec[1].nbuckets, 2);
	assert_int_equal(rs.rec[1].buckets[1].lower, 16);
	assert_int_equal(rs.rec[1].buckets[1].count, 3);
	record_set_release(&rs);
}

/* A cut stream is never a whole one, and a flipped bit does no harm. */
/* One byte, one note too many is an error; what the host adds is cut, or left out. */
static void notes_are_bounded(void **state)
{
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;
	struct record_set rs;

	(void)state;
	record_set_init(&rs);
	str_add(&text, BEGIN);
	for (int i = 0; i < RECORD_NOTES_MAX; i++)
		str_addf(&text, NOTE "key=k value=%0*d\n", i ? 1 : RECORD_NOTE_MAX, i);
	assert_int_equal(record_set_parse(&rs, text.buf, text.len, 1, 1, &e), 0);
	assert_int_equal(rs.nnote, RECORD_NOTES_MAX);
	assert_int_equal(strlen(rs.note[0].value), RECORD_NOTE_MAX);
	record_set_note(&rs, -1, "host", "one too many");
	assert_int_equal(rs.nnote, RECORD_NOTES_MAX);
	record_set_release(&rs);

	str_add(&text, NOTE "key=k value=v\n");
	assert_int_equal(record_set_parse(&rs, text.buf, text.len, 1, 1, &e), -1);
	assert_non_null(strstr(e.msg, "more than 10000 notes"));
	record_set_release(&rs);

	err_clear(&e);
	str_reset(&text);
	str_add(&text, BEGIN);
	str_addf(&text, NOTE "key=k value=%0*d\n", RECORD_NOTE_MAX + 1, 0);
	assert_int_equal(record_set_parse(&rs, text.buf, text.len, 1, 1, &e), -1);
	assert_string_equal(e.msg,
			    "records line 4: 'value' has 4097 bytes, at most 4096 are allowed");
	record_set_note(&rs, -1, "host", text.buf);
	assert_int_equal(rs.nnote, 1);
	assert_int_equal(rs.note[0].workload, -1);
	assert_int_equal(strlen(rs.note[0].value), RECORD_NOTE_MAX);
	record_set_release(&rs);
}

static void damaged_streams(void **state)
{
	static const char good[] = BEGIN VALUE "1.5\n" HIST "1:2,16:3\n" DONE "end records=2\n";
	char bad[sizeof(good)];

	(void)state;
	for (size_t len = 0; len < sizeof(good) - 1; len++) {
		struct record_set rs;

		record_set_init(&rs);
		assert_int_equal(record_set_parse(&rs, good, len, 2, 9, NULL), 0);
		assert_false(rs.ended);
		record_set_release(&rs);
	}
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct record_set rs;

			memcpy(bad, good, sizeof(good));
			bad[i] = (char)(bad[i] ^ (1 << bit));
			record_set_init(&rs);
			record_set_parse(&rs, bad, sizeof(bad) - 1, 2, 9, NULL);
			for (size_t j = 0; j < rs.nrec; j++)
				assert_true(isfinite(rs.rec[j].value));
			record_set_release(&rs);
		}
	}
}

static void many_buckets(void **state)
{
	cleanup_str struct str s = STR_INIT;
	struct err e = ERR_INIT;
	struct record_set rs;
	uint64_t v = 0;

	(void)state;
	str_add(&s, BEGIN "hist " HEAD "sub=8 buckets=");
	for (int i = 0; i <= RECORD_BUCKETS_MAX; i++, v += bucket_width(v, 8))
		str_addf(&s, "%s%llu:1", i ? "," : "", (unsigned long long)v);
	str_add(&s, "\n");
	record_set_init(&rs);
	assert_int_equal(record_set_parse(&rs, s.buf, s.len, 1, 9, &e), -1);
	assert_string_equal(e.msg, "records line 4: more than 4096 buckets");
	record_set_release(&rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_rows),
		cmocka_unit_test(bucket_rows),
		cmocka_unit_test(buckets_leave_no_gap),
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(field_errors),
		cmocka_unit_test(too_many_fields),
		cmocka_unit_test(long_line),
		cmocka_unit_test(values_survive),
		cmocka_unit_test(integer_rows),
		cmocka_unit_test(stream_rows),
		cmocka_unit_test(stream_content),
		cmocka_unit_test(notes_are_bounded),
		cmocka_unit_test(damaged_streams),
		cmocka_unit_test(many_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
