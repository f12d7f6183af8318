// SPDX-License-Identifier: GPL-2.0
/* The life of collectors around the rounds of a workload: what is called when, and what becomes of one that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/collector.h"
#include "workloads/workload.h"

static struct str calls; /* "a.setup a.start …" */
static const char *fails; /* "a.start": what breaks or skips */

static int step(struct collector_ctx *c, const char *name, struct err *e)
{
	cleanup_free char *what = xasprintf("%s.%s", c->col->name, name);

	str_addf(&calls, "%s%s", calls.len ? " " : "", what);
	if (!fails || strcmp(fails, what))
		return 0;
	return !strcmp(name, "setup") ? collector_skip(c, e, "no %s here", "such thing") :
					err_set(e, ERR_INFRA, "%s fell over", name);
}

static int set_up(struct collector_ctx *c, struct err *e)
{
	return step(c, "setup", e);
}

static int start(struct collector_ctx *c, struct err *e)
{
	return step(c, "start", e);
}

static int stop(struct collector_ctx *c, struct err *e)
{
	return step(c, "stop", e);
}

static int report(struct collector_ctx *c, struct err *e)
{
	recorder_value(&c->r, c->col->metrics, "count", -1, (double)collector_int(c, "n"));
	return step(c, "report", e);
}

static void tear_down(struct collector_ctx *c)
{
	step(c, "teardown", NULL);
}

static const struct param params[] = {
	{ .name = "n", .type = PARAM_INT, .min = 0, .max = 9, .def = "1" },
	{ .name = "on", .type = PARAM_BOOL, .def = "true" },
	{ .name = NULL },
};
static const struct metric metrics[] = {
	{ "a.n", "things", DIR_NONE, "" },
	{ .name = NULL },
};

#define COLLECTOR(NAME)                                                                            \
	{                                                                                          \
		.name = (NAME), .params = params, .metrics = metrics, .setup = set_up,             \
		.start = start, .stop = stop, .report = report, .teardown = tear_down              \
	}

static const struct collector a = COLLECTOR("a"), b = COLLECTOR("b");

/* Rounds of a workload with the collectors a and b, as the guest runs them: a warm-up and one that counts. */
static void run(const struct workload *w, struct str *out)
{
	static const char line[] = "params n=7 on=true";
	const struct guest_clock clock = { "time", "ns", EV_VIRTUAL, 1, 1 };
	size_t records = 0;
	struct fields f;
	struct workload_ctx c = {
		.w = w, .r = { .number = 2, .clock = &clock, .out = out, .records = &records }
	};
	const struct collector_choice chosen[] = { { &a, &f }, { &b, &f } };

	assert_int_equal(fields_parse(&f, line, strlen(line), NULL), 0);
	str_init(&calls);
	c.collectors = collectors_setup(chosen, 2, &c.r, "wl", NULL);
	for (c.r.round = -1; c.r.round < 1; c.r.round++) {
		if (!w->own_window)
			collectors_start(c.collectors, c.r.round);
		str_add(&calls, " |");
		w->round(&c, NULL);
		collectors_stop(c.collectors);
		collectors_report(c.collectors);
	}
	collectors_free(c.collectors);
	fields_release(&f);
}

static int round_plain(struct workload_ctx *c, struct err *e)
{
	(void)e;
	/* of no effect: the window is the framework's */
	wctx_window_close(c);
	wctx_window_open(c);
	return 0;
}

/* Closing first, opening twice: one window per round. */
static int round_own(struct workload_ctx *c, struct err *e)
{
	(void)e;
	wctx_window_close(c);
	wctx_window_open(c);
	wctx_window_open(c);
	str_add(&calls, " *");
	wctx_window_close(c);
	wctx_window_open(c);
	return 0;
}

static int round_blind(struct workload_ctx *c, struct err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static const struct workload plain = { .name = "wl", .round = round_plain };
static const struct workload own = { .name = "wl", .round = round_own, .own_window = true };
static const struct workload blind = { .name = "wl", .round = round_blind, .own_window = true };

#define SETUP "a.setup b.setup"
#define OPEN " a.start b.start |"
#define CLOSE " b.stop a.stop a.report b.report"
#define END " b.teardown a.teardown"
#define ROUND OPEN CLOSE
#define OWN " | a.start b.start *" CLOSE
#define VALUE(by)                                                                                  \
	"value w=2 metric=a.n unit=things dir=none ev=virtual round=0 cpu=-1 by=" by               \
	" stat=count value=7\n"
#define NOTE(what) "note w=2 round=-1 cpu=-1 key=collector." what "\n"

static void life(void **state)
{
	static const struct {
		const char *name;
		const struct workload *w;
		const char *fails, *calls, *out;
	} rows[] = {
		{ "all is well", &plain, NULL, SETUP ROUND ROUND END, VALUE("a") VALUE("b") },
		{ "a window of its own", &own, NULL, SETUP OWN OWN END, VALUE("a") VALUE("b") },
		{ "no window", &blind, NULL, SETUP " | a.teardown b.teardown |",
		  NOTE("broken value=a:%20the%20workload%20opened%20no%20window")
			  NOTE("broken value=b:%20the%20workload%20opened%20no%20window") },
		{ "one is skipped", &plain, "a.setup",
		  "a.setup a.teardown b.setup b.start | b.stop b.report"
		  " b.start | b.stop b.report b.teardown",
		  NOTE("skipped value=a:%20no%20such%20thing%20here") VALUE("b") },
		{ "one does not start", &plain, "b.start",
		  SETUP OPEN " a.stop a.report b.teardown a.start | a.stop a.report a.teardown",
		  NOTE("broken value=b:%20start%20fell%20over") VALUE("a") },
		{ "one does not stop", &own, "a.stop",
		  SETUP " | a.start b.start * b.stop a.stop a.teardown b.report"
			" | b.start * b.stop b.report b.teardown",
		  NOTE("broken value=a:%20stop%20fell%20over") VALUE("b") },
		{ "one cannot report", &plain, "b.report",
		  SETUP ROUND " b.teardown a.start | a.stop a.report a.teardown",
		  NOTE("broken value=b:%20report%20fell%20over") VALUE("a") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out = STR_INIT;

		fails = rows[i].fails;
		run(rows[i].w, &out);
		if (strcmp(calls.buf, rows[i].calls) || strcmp(out.buf, rows[i].out))
			fail_msg("%s:\ngot: %s\n%swanted: %s\n%s", rows[i].name, calls.buf, out.buf,
				 rows[i].calls, rows[i].out);
		str_release(&calls);
		str_release(&out);
	}
}

static void nobody_watches(void **state)
{
	struct workload_ctx c = { .w = &own };

	(void)state;
	str_init(&calls);
	round_own(&c, NULL);
	collectors_report(c.collectors);
	collectors_free(c.collectors);
	assert_string_equal(calls.buf, " *");
	str_release(&calls);
}

static void parameters(void **state)
{
	static const char line[] = "params n=-3 on=false";
	struct fields f;
	struct collector_ctx c = { .col = &a, .params = &f };

	(void)state;
	assert_int_equal(fields_parse(&f, line, strlen(line), NULL), 0);
	assert_int_equal(collector_int(&c, "n"), -3);
	assert_int_equal(collector_int(&c, "on"), 0);
	assert_string_equal(collector_str(&c, "on"), "false");
	fields_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life),
		cmocka_unit_test(nobody_watches),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
