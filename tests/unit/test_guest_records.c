// SPDX-License-Identifier: GPL-2.0
/* What becomes of a module's lines, and what PID 1 lets a workload say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "workloads/guest.h"

static const struct metric metrics[] = {
	{ "m", "ticks/op", DIR_LOWER, "" },
	{ "b", "ticks", DIR_NONE, "" },
	{ "p.ins", "instructions/op", DIR_LOWER, "" },
	{ "p.cyc", "cycles/op", DIR_LOWER, "" },
	{ "n", "events", DIR_HIGHER, "" },
	{ "rate", "1/s", DIR_LOWER, "" },
	{ "t", "ns", DIR_LOWER, "" },
	{ .name = NULL },
};

static const struct param params[] = {
	{ .name = "size", .type = PARAM_INT },
	{ .name = "on", .type = PARAM_BOOL },
	{ .name = "off", .type = PARAM_BOOL },
	{ .name = NULL },
};

static const struct workload wl = { .name = "wl", .params = params, .metrics = metrics };

static const struct guest_clock simulated = { "instructions", "instructions", EV_SIMULATED, 1, 2 };
static const struct guest_clock emulated = { "time", "ns", EV_EMULATED_TIME, 16, 1 };
static const struct guest_clock virtual = { "cycles", "cycles", EV_VIRTUAL, 1, 1 };

/* The lines of @text as recorded in round @round of workload 2, or the error. */
static void convert(const struct guest_clock *clock, int round, const char *text, struct str *out)
{
	struct str dir = STR_INIT, lines = STR_INIT;
	size_t records = 0, newlines = 0;
	struct err e = ERR_INIT;
	struct workload_ctx c = { .w = &wl,
				  .r = { .number = 2,
					 .round = round,
					 .clock = clock,
					 .out = &lines,
					 .records = &records } };
	char *path;

	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	path = path_join(dir.buf, "result");
	assert_int_equal(file_write(path, text, strlen(text), &e), 0);
	if (wctx_module_results(&c, path, &e)) {
		str_add(out, strstr(e.msg, "result:"));
	} else {
		str_addmem(out, lines.buf, lines.len);
		for (size_t i = 0; i < lines.len; i++)
			newlines += lines.buf[i] == '\n';
		assert_int_equal(records, newlines);
	}
	tree_remove(dir.buf, &e);
	free(path);
	str_release(&dir);
	str_release(&lines);
}

#define VALUE(ev, metric, unit, dir, rest)                                                         \
	"value w=2 metric=" metric " unit=" unit " dir=" dir " ev=" ev " round=1 " rest "\n"

static const struct {
	const char *name;
	const struct guest_clock *clock;
	const char *input, *want;
} line_rows[] = {
	{ "ticks are converted", &simulated,
	  "value metric=m stat=mean value=7/2 unit=ticks/op cpu=3\n",
	  VALUE("simulated", "m.instructions", "instructions/op", "lower",
		"cpu=3 stat=mean value=1.75") },
	{ "ticks of emulated time", &emulated, "value metric=m stat=min value=-3/1 unit=ticks/op\n",
	  VALUE("emulated-time", "m.time", "ns/op", "lower", "cpu=-1 stat=min value=-48") },
	{ "an emulator's PMU counts instructions when it counts them all", &simulated,
	  "value metric=p.ins stat=mean value=5 unit=instructions/op\n"
	  "value metric=p.cyc stat=mean value=5 unit=cycles/op\n",
	  VALUE("simulated", "p.ins", "instructions/op", "lower", "cpu=-1 stat=mean value=5") },
	{ "an emulator's PMU without icount says nothing", &emulated,
	  "value metric=p.ins stat=mean value=5 unit=instructions/op\n"
	  "value metric=p.cyc stat=mean value=5 unit=cycles/op\n",
	  "" },
	{ "a PMU of hardware counts both", &virtual,
	  "value metric=p.ins stat=mean value=5 unit=instructions/op\n"
	  "value metric=p.cyc stat=mean value=5 unit=cycles/op\n",
	  VALUE("virtual", "p.ins", "instructions/op", "lower", "cpu=-1 stat=mean value=5")
		  VALUE("virtual", "p.cyc", "cycles/op", "lower", "cpu=-1 stat=mean value=5") },
	{ "events are exact without a clock", &emulated,
	  "value metric=n stat=count value=5 unit=events\n",
	  VALUE("simulated", "n", "events", "higher", "cpu=-1 stat=count value=5") },
	{ "events per second need a clock", &emulated,
	  "value metric=rate stat=mean value=5 unit=1/s\n",
	  VALUE("emulated-time", "rate", "1/s", "lower", "cpu=-1 stat=mean value=5") },
	{ "times under icount are no times of a machine", &simulated,
	  "value metric=t stat=max value=5 unit=ns\n",
	  VALUE("emulated-time", "t", "ns", "lower", "cpu=-1 stat=max value=5") },
	{ "times are not", &emulated, "value metric=t stat=max value=5 unit=ns\n",
	  VALUE("emulated-time", "t", "ns", "lower", "cpu=-1 stat=max value=5") },
	{ "buckets that fall together are added", &simulated,
	  "hist metric=b unit=ticks sub=3 cpu=0 buckets=0:1,1:2,2:3,16:4,18:5,4096:6\n",
	  "hist w=2 metric=b.instructions unit=instructions dir=none ev=simulated round=1 "
	  "cpu=0 sub=3 buckets=0:3,1:3,8:4,9:5,2048:6\n" },
	{ "buckets that drift apart keep their counts", &emulated,
	  "hist metric=b unit=ticks sub=3 buckets=1:2,100:1\n",
	  "hist w=2 metric=b.time unit=ns dir=none ev=emulated-time round=1 "
	  "cpu=-1 sub=3 buckets=16:2,1536:1\n" },
	{ "no buckets", &simulated, "hist metric=b unit=ticks sub=3 buckets=\n",
	  "hist w=2 metric=b.instructions unit=instructions dir=none ev=simulated round=1 "
	  "cpu=-1 sub=3 buckets=\n" },
	{ "huge bucket", &emulated,
	  "hist metric=b unit=ticks sub=0 buckets=9223372036854775808:1\n",
	  "hist w=2 metric=b.time unit=ns dir=none ev=emulated-time round=1 "
	  "cpu=-1 sub=0 buckets=9223372036854775808:1\n" },
	{ "empty file", &simulated, "", "" },
	{ "unknown metric", &simulated, "value metric=q stat=mean value=1 unit=ticks\n",
	  "result:1: metric 'q' in 'ticks' is unknown here" },
	{ "other unit", &simulated, "value metric=m stat=mean value=1 unit=ticks\n",
	  "result:1: metric 'm' in 'ticks' is unknown here" },
	{ "no number", &simulated, "value metric=n stat=mean value=x unit=events\n",
	  "result:1: 'value': expected a number, got 'x'" },
	{ "divided by zero", &simulated, "value metric=n stat=mean value=1/0 unit=events\n",
	  "result:1: 'value': expected a number, got '1/0'" },
	{ "no stat", &simulated, "value metric=n value=1 unit=events\n",
	  "result:1: 'stat' is missing" },
	{ "negative bucket", &simulated, "hist metric=b unit=ticks sub=3 buckets=-1:1\n",
	  "result:1: expected LOWER:COUNT, got '-1:1'" },
	{ "half a bucket", &simulated, "hist metric=b unit=ticks sub=3 buckets=1:1,5\n",
	  "result:1: expected LOWER:COUNT, got '5'" },
	{ "falling buckets", &simulated, "hist metric=b unit=ticks sub=3 buckets=99:1,5:1\n",
	  "result:1: buckets are not in rising order" },
	{ "sub out of range", &simulated, "hist metric=b unit=ticks sub=9 buckets=1:1\n",
	  "result:1: 'sub': expected an integer from 0 to 8, got '9'" },
	{ "cpu out of range", &simulated, "value metric=n stat=count value=1 unit=events cpu=-2\n",
	  "result:1: 'cpu': expected an integer from -1 to 4095, got '-2'" },
	{ "other word", &simulated, "value metric=n stat=count value=1 unit=events\ndone\n",
	  "result:2: expected value or hist, got 'done'" },
	{ "line without its end", &simulated, "value metric=n", "result:1: line without an end" },
};

static void test_module_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++) {
		struct str got = STR_INIT;

		convert(line_rows[i].clock, 1, line_rows[i].input, &got);
		if (strcmp(got.buf, line_rows[i].want))
			fail_msg("%s:\ninput: %sgot: '%s'\nwanted: '%s'", line_rows[i].name,
				 line_rows[i].input, got.buf, line_rows[i].want);
		str_release(&got);
	}
}

static void test_warmup_is_silent(void **state)
{
	struct str got = STR_INIT;

	(void)state;
	convert(&simulated, -1, "value metric=n stat=count value=5 unit=events\n", &got);
	assert_string_equal(got.buf, "");
	str_release(&got);
}

static void test_own_values(void **state)
{
	struct str lines = STR_INIT;
	size_t records = 0;
	struct workload_ctx c = {
		.w = &wl, .r = { .clock = &simulated, .out = &lines, .records = &records }
	};

	(void)state;
	c.r.round = -1;
	wctx_value(&c, "n", "count", -1, 3);
	c.r.round = 0;
	wctx_value(&c, "n", "count", 1, 0.1);
	assert_string_equal(lines.buf, "value w=0 metric=n unit=events dir=higher ev=simulated "
				       "round=0 cpu=1 stat=count value=0.10000000000000001\n");
	assert_int_equal(records, 1);
	str_release(&lines);
}

/* What the third round is the first to see was zero in the two before it; a round of warming up has none before. */
static void test_sparse(void **state)
{
	static const struct metric n = { "n", "events", DIR_NONE, "" };
	struct str out = STR_INIT;
	size_t records = 0;
	struct recorder r = { .number = 2, .round = 2, .by = "x", .clock = &emulated, .out = &out };

	(void)state;
	r.records = &records;
	recorder_sparse(&r, &n, "count", 3, 7, true);
	assert_string_equal(out.buf,
			    "value w=2 metric=n unit=events dir=none ev=simulated round=0 cpu=3"
			    " by=x sparse=1 stat=count value=0\n"
			    "value w=2 metric=n unit=events dir=none ev=simulated round=1 cpu=3"
			    " by=x sparse=1 stat=count value=0\n"
			    "value w=2 metric=n unit=events dir=none ev=simulated round=2 cpu=3"
			    " by=x sparse=1 stat=count value=7\n");
	assert_int_equal(records, 3);
	str_reset(&out);
	recorder_sparse(&r, &n, "count", 3, 8, false);
	assert_string_equal(out.buf,
			    "value w=2 metric=n unit=events dir=none ev=simulated round=2 cpu=3"
			    " by=x sparse=1 stat=count value=8\n");
	for (r.round = -2; r.round < 0; r.round++)
		recorder_sparse(&r, &n, "count", 3, 1, true);
	assert_int_equal(records, 4);
	recorder_sparse(&r, &n, "count", 3, 1, true);
	assert_int_equal(records, 5);
	str_release(&out);
}

static void test_params(void **state)
{
	static const char line[] = "params size=-64 on=true off=false";
	struct fields f;
	struct workload_ctx c = { .w = &wl, .params = &f };

	(void)state;
	assert_int_equal(fields_parse(&f, line, strlen(line), NULL), 0);
	assert_int_equal(wctx_int(&c, "size"), -64);
	assert_int_equal(wctx_int(&c, "on"), 1);
	assert_int_equal(wctx_int(&c, "off"), 0);
	assert_string_equal(wctx_str(&c, "size"), "-64");
	fields_release(&f);
}

static void test_write(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(wctx_write("/dev/null", "1", &e), 0);
	assert_int_equal(wctx_write("/dev/full", "1", &e), -1);
	assert_string_equal(e.msg, "cannot write '1' to '/dev/full': No space left on device");
	err_clear(&e);
	assert_int_equal(wctx_write("/nonexistent/x", "1", &e), -1);
	assert_string_equal(e.msg, "cannot open '/nonexistent/x': No such file or directory");
}

/* Notes of a round are silent in a warm-up, facts never. */
static void test_notes(void **state)
{
	struct str lines = STR_INIT;
	size_t records = 0;
	struct workload_ctx c = {
		.w = &wl,
		.r = { .number = 2, .clock = &simulated, .out = &lines, .records = &records }
	};

	(void)state;
	c.r.round = -1;
	wctx_note(&c, 3, "timeline", "lost");
	recorder_fact(&c.r, "version", "1 2");
	c.r.round = 4;
	wctx_note(&c, 3, "timeline", "+1 irq");
	recorder_fact(&c.r, "version", "");
	assert_string_equal(lines.buf, "note w=2 round=-1 cpu=-1 key=version value=1%202\n"
				       "note w=2 round=4 cpu=3 key=timeline value=+1%20irq\n"
				       "note w=2 round=-1 cpu=-1 key=version value=\n");
	assert_int_equal(records, 0);
	str_release(&lines);
}

/* What a child may say: lines of its own workload, and its done line as the last. */
static void test_take_lines(void **state)
{
	static const struct {
		const char *name, *input, *want;
		size_t records;
		bool done;
	} rows[] = {
		{ "whole", "value w=1 a=b\nhist w=1\ndone w=1 state=ok\n",
		  "value w=1 a=b\nhist w=1\ndone w=1 state=ok\n", 2, true },
		{ "notes are no records", "note w=1 key=a\nvalue w=1 a=b\ndone w=1 state=ok\n",
		  "note w=1 key=a\nvalue w=1 a=b\ndone w=1 state=ok\n", 1, true },
		{ "a note on another workload", "note w=2 key=a\ndone w=1 state=ok\n", "", 0,
		  false },
		{ "nothing", "", "", 0, false },
		{ "died before the end", "value w=1 a=b\nval", "value w=1 a=b\n", 1, false },
		{ "another workload", "value w=2 a=b\ndone w=1 state=ok\n", "", 0, false },
		{ "another word", "end records=0\ndone w=1 state=ok\n", "", 0, false },
		{ "garbage", "\001\002\n", "", 0, false },
		{ "something behind the end", "done w=1 state=ok\nvalue w=1\n",
		  "done w=1 state=ok\n", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out = STR_INIT;
		size_t records = 0;
		bool done =
			guest_take_lines(rows[i].input, strlen(rows[i].input), 1, &out, &records);

		if (done != rows[i].done || records != rows[i].records ||
		    strcmp(out.buf, rows[i].want))
			fail_msg("%s: got %d, %zu records, '%s', wanted %d, %zu, '%s'",
				 rows[i].name, done, records, out.buf, rows[i].done,
				 rows[i].records, rows[i].want);
		str_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module_lines), cmocka_unit_test(test_warmup_is_silent),
		cmocka_unit_test(test_own_values),   cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_params),       cmocka_unit_test(test_write),
		cmocka_unit_test(test_take_lines),   cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
