// SPDX-License-Identifier: GPL-2.0
/* kdelta latency: what a run says of its isolated CPUs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/report_latency.h"
#include "results/store.h"
#include "runner/commands.h"
#include "runner/paths.h"
#include "runner/run_facts.h"

#define THRESHOLDS_MAX 16

struct latency_opts {
	const char *db;
	const char *format;
	struct strv threshold;
};

/* "10us" in ns. */
static int parse_threshold(const char *text, uint64_t *out, struct err *e)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (errno || *text < '0' || *text > '9' || !n || n > INT64_MAX / units[i].ns)
			break;
		*out = n * units[i].ns;
		return 0;
	}
	return err_set(e, ERR_USAGE, "'%s' is no threshold; it reads like 500ns, 10us, 1ms", text);
}

static int parse_thresholds(const struct strv *v, uint64_t *out, struct err *e)
{
	if (v->n > THRESHOLDS_MAX)
		return err_set(e, ERR_USAGE, "%zu thresholds, at most %d are allowed", v->n,
			       THRESHOLDS_MAX);
	for (size_t i = 0; i < v->n; i++)
		if (parse_threshold(v->v[i], &out[i], e))
			return -1;
	return 0;
}

static int render(struct store *s, const struct store_run_row *run, struct latency *l,
		  const struct latency_opts *o, struct str *out, struct err *e)
{
	struct report_context ctx = {
		.suite = run->suite,
		.host = run->hostname,
		.cpu_model = run->cpu_model,
		.db = o->db,
		.run_id = run->id,
	};
	struct run_facts f;
	int ret = run_facts_load(s, run->id, &f, e);

	if (!ret) {
		run_facts_tell(&f, NULL, NULL);
		ctx.machine = f.machine.buf;
		ctx.boots_ok = f.ok;
		ctx.boots_broken = f.broken;
		ctx.footnotes = &f.footnotes;
		if (o->format && !strcmp(o->format, "json"))
			report_latency_json(l, &ctx, out);
		else
			report_latency_text(l, &ctx, out);
	}
	run_facts_release(&f);
	return ret;
}

static int report(struct store *s, long long id, const struct latency_opts *o, struct str *out,
		  struct err *e)
{
	uint64_t threshold[THRESHOLDS_MAX];
	struct store_run_row run;
	struct latency l;
	int ret;

	if (parse_thresholds(&o->threshold, threshold, e) || store_run_get(s, id, &run, e))
		return -1;
	latency_init(&l, threshold, o->threshold.n, run.baseline, run.margin);
	ret = store_load_latency(s, run.id, &l, e);
	if (!ret) {
		latency_judge(&l);
		ret = render(s, &run, &l, o, out, e);
	}
	latency_free(&l);
	store_run_row_release(&run);
	return ret;
}

static int cmd_latency(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	struct latency_opts *o = opts;
	struct store *s = NULL;
	long long id;
	int ret = -1;

	(void)rest;
	o->db = o->db ? o->db : paths_db();
	if (!run_argument(args, &id, e) && (s = store_open(o->db, true, e)))
		ret = report(s, id, o, &out, e);
	store_close(s);
	strv_release(&o->threshold);
	if (ret)
		return (int)e->kind;
	fputs(out.buf, stdout);
	return 0;
}

static const char *const formats[] = { "text", "json", NULL };

static const struct option_desc latency_options[] = {
	{ .name = "threshold",
	  .letter = 't',
	  .type = OPT_LIST,
	  .arg = "TIME",
	  .offset = offsetof(struct latency_opts, threshold),
	  .help = "count gaps that are at least this long; may be given several times (default: 1us, 10us, "
		  "100us, 1ms)" },
	{ .name = "format",
	  .type = OPT_ENUM,
	  .arg = "F",
	  .choices = formats,
	  .offset = offsetof(struct latency_opts, format),
	  .help = "text, json" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct latency_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = NULL },
};

const struct command command_latency = {
	.name = "latency",
	.usage = "[RUN] [options]",
	.summary = "what disturbs the isolated CPUs of a run, how often, and for how long",
	.help = "Reports, for every variant, target and isolated CPU of a run (default: the newest): gaps and their "
		"tail, interruptions by cause with who sent them, the time they stole, worst cases with their "
		"timeline, what the caller of a trigger waited, and each variant against the baseline. The boot is "
		"the unit of every interval. Under emulation without instruction counting, times are shown and are "
		"no performance result; counts are.",
	.examples = "kdelta latency\n"
		    "kdelta latency 3 --threshold 5us --threshold 50us\n"
		    "kdelta latency 3 --format json | jq .",
	.options = latency_options,
	.max_args = 1,
	.size = sizeof(struct latency_opts),
	.run = cmd_latency,
};
