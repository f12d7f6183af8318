// SPDX-License-Identifier: GPL-2.0
/* kdelta show: one run as it was (boots, kernels, what went wrong), or the list of runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "results/report.h"
#include "results/store.h"
#include "runner/commands.h"
#include "runner/paths.h"

#define LIST_MAX 50

struct show_opts {
	const char *db;
	bool list;
};

static void add_time(struct str *out, long long ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char buf[32];

	localtime_r(&t, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	str_add(out, buf);
}

static void run_line(const struct store_run_row *r, struct str *out)
{
	str_addf(out, "run %lld  ", r->id);
	add_time(out, r->started);
	str_addf(out, "  %s  %s  %lld ok, %lld broken, %lld planned, %lld records\n", r->suite,
		 r->status, r->nok, r->nbroken, r->nplanned, r->nrecords);
}

static int list_runs(struct store *s, struct str *out, struct err *e)
{
	struct store_run_row *rows;
	size_t n;

	if (store_runs(s, LIST_MAX, &rows, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		run_line(&rows[i], out);
		store_run_row_release(&rows[i]);
	}
	free(rows);
	if (!n)
		str_add(out, "no runs yet\n");
	return 0;
}

static int show_variants(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_variant_row *rows;
	size_t n;

	if (store_variants(s, id, &rows, &n, e))
		return -1;
	str_add(out, "\nvariants:\n");
	for (size_t i = 0; i < n; i++) {
		const struct store_variant_row *v = &rows[i];

		str_addf(out, "  %s on %s: %s, %s, build %.8s, text %lld bytes\n", v->variant,
			 v->target, v->release, v->compiler, v->kernel_key, v->text);
		str_addf(out, "    command line: %s\n", v->cmdline);
	}
	store_variants_free(rows, n);
	return 0;
}

static int show_boots(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_boot_row *rows;
	size_t n;

	if (store_boots(s, id, NULL, &rows, &n, e))
		return -1;
	str_add(out, "\nboots:\n");
	for (size_t i = 0; i < n; i++)
		str_addf(out, "  %lld  %s block %d.%d  %s  %s%s%s\n", rows[i].id, rows[i].target,
			 rows[i].block, rows[i].position, rows[i].variant, rows[i].status,
			 rows[i].reason ? ": " : "", rows[i].reason ? rows[i].reason : "");
	store_boots_free(rows, n);
	return 0;
}

static int show_states(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_state_row *rows;
	size_t n;

	if (store_states(s, id, &rows, &n, e))
		return -1;
	if (n)
		str_add(out, "\nworkloads that did not end well:\n");
	for (size_t i = 0; i < n; i++)
		str_addf(out, "  %s: %s in '%s' on %s, block %d: %s\n", rows[i].state,
			 rows[i].label, rows[i].variant, rows[i].target, rows[i].block,
			 rows[i].reason ? rows[i].reason : "");
	store_states_free(rows, n);
	return 0;
}

static int show_run(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_run_row r;

	if (store_run_get(s, id, &r, e))
		return -1;
	run_line(&r, out);
	str_addf(out,
		 "  %s\n  baseline %s, seed %llu, %d blocks per target, kdelta %s\n  on %s (%s)\n",
		 r.description, r.baseline, (unsigned long long)r.seed, r.boots, r.kdelta_version,
		 r.hostname, r.cpu_model);
	id = r.id;
	store_run_row_release(&r);
	if (show_variants(s, id, out, e) || show_boots(s, id, out, e) || show_states(s, id, out, e))
		return -1;
	return 0;
}

/* Text from the guest is in the reasons: nothing of it may steer a terminal. */
static void print_safe(struct str *s)
{
	char *line, *rest = s->buf;

	while ((line = strsep(&rest, "\n"))) {
		cleanup_str struct str clean = STR_INIT;

		report_clean(line, &clean);
		printf("%s%s", clean.buf, rest ? "\n" : "");
	}
}

static int parse_run(const struct strv *args, long long *id, struct err *e)
{
	char *end;

	*id = 0;
	if (!args->n)
		return 0;
	*id = strtoll(args->v[0], &end, 10);
	if (*end || *id < 1)
		return err_set(e, ERR_USAGE,
			       "'%s' is not the number of a run; 'kdelta show --list' lists them",
			       args->v[0]);
	return 0;
}

static int cmd_show(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	const struct show_opts *o = opts;
	cleanup_str struct str out = STR_INIT;
	struct store *s;
	long long id;
	int ret;

	(void)rest;
	if (parse_run(args, &id, e))
		return (int)e->kind;
	s = store_open(o->db ? o->db : paths_db(), true, e);
	if (!s)
		return (int)e->kind;
	ret = o->list ? list_runs(s, &out, e) : show_run(s, id, &out, e);
	store_close(s);
	print_safe(&out);
	return ret ? (int)e->kind : 0;
}

static const struct option_desc show_options[] = {
	{ .name = "list",
	  .letter = 'l',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct show_opts, list),
	  .help = "list the newest runs instead" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct show_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = NULL },
};

const struct command command_show = {
	.name = "show",
	.usage = "[RUN] [options]",
	.summary = "one run: its boots, kernels, and what went wrong",
	.help = "Shows a run (default: the newest) as it was stored.",
	.examples = "kdelta show\n"
		    "kdelta show 3\n"
		    "kdelta show --list",
	.options = show_options,
	.max_args = 1,
	.size = sizeof(struct show_opts),
	.run = cmd_show,
};
