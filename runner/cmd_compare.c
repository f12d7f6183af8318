// SPDX-License-Identifier: GPL-2.0
/* kdelta compare: two variants of one run, judged. */
#include <stdio.h>

#include "runner/commands.h"
#include "runner/compare_run.h"
#include "runner/paths.h"

struct compare_opts {
	const char *db;
	int run;
	const char *format;
	bool all;
};

static int compare(const struct compare_opts *o, const char *a, const char *b, struct str *out,
		   bool *regressed, struct err *e)
{
	struct compare_options co = { .db = o->db ? o->db : paths_db(), .all = o->all };
	struct store *s = store_open(co.db, true, e);
	struct store_run_row run;
	int ret;

	if (!s)
		return -1;
	co.format = (enum report_format)report_format_parse(o->format ? o->format : "text");
	ret = store_run_get(s, o->run, &run, e);
	if (!ret) {
		ret = compare_run_report(s, &run, a, b, &co, out, regressed, e);
		store_run_row_release(&run);
	}
	store_close(s);
	return ret;
}

static int cmd_compare(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	bool regressed = false;

	(void)rest;
	if (compare(opts, args->v[0], args->v[1], &out, &regressed, e))
		return (int)e->kind;
	fputs(out.buf, stdout);
	return regressed ? 1 : 0;
}

static const char *const formats[] = { "text", "json", "csv", "markdown", NULL };

static const struct option_desc compare_options_table[] = {
	{ .name = "run",
	  .type = OPT_INT,
	  .arg = "RUN",
	  .min = 1,
	  .max = 2147483647,
	  .offset = offsetof(struct compare_opts, run),
	  .help = "which run (default: the newest)" },
	{ .name = "format",
	  .type = OPT_ENUM,
	  .arg = "F",
	  .choices = formats,
	  .offset = offsetof(struct compare_opts, format),
	  .help = "text, json, csv, markdown" },
	{ .name = "all",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct compare_opts, all),
	  .help = "every statistic of every metric, not the summary alone" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct compare_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = NULL },
};

const struct command command_compare = {
	.name = "compare",
	.usage = "A B [options]",
	.summary = "judge variant B against variant A",
	.help = "Compares two variants of one run: effect with its 95 % interval, and a verdict (same, better, "
		"worse, changed, undecided). Counts that agree in all boots are compared exactly. Exit status 1 "
		"when something got worse.",
	.examples = "kdelta compare base init-on-alloc\n"
		    "kdelta compare base rt --run 3 --format markdown   # for a cover letter\n"
		    "kdelta compare base rt --format json --all | jq .",
	.options = compare_options_table,
	.min_args = 2,
	.max_args = 2,
	.size = sizeof(struct compare_opts),
	.run = cmd_compare,
};
