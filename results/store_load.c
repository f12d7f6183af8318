// SPDX-License-Identifier: GPL-2.0
/* Reading: samples, summarised per boot, as pairs for the comparison. */
#include <stdlib.h>
#include <string.h>

#include "results/stats.h"
#include "results/store.h"
#include "results/store_db.h"

/* Columns of the query below. */
enum {
	TARGET,
	WORKLOAD_NUMBER,
	WORKLOAD,
	METRIC_ID,
	METRIC,
	STAT,
	UNIT,
	DIRECTION,
	EVIDENCE,
	VARIANT,
	BOOT,
	BLOCK,
	VALUE
};

/* The rounds of one boot, and where their summary goes. */
struct loader {
	struct comparison *out;
	const char *a, *b;
	char *target; /* these four tell one pair from the next */
	long long workload, metric;
	char *stat;
	struct pair *pair;
	long long boot; /* 0: none yet */
	char *variant;
	int block;
	double *round;
	size_t nround, round_cap;
	size_t acap, bcap; /* of the arrays in @pair */
};

static void push_value(struct boot_value **v, size_t *n, size_t *cap, int block, double value)
{
	struct boot_value *bv = ARRAY_PUSH(*v, *n, *cap);

	bv->block = block;
	bv->value = value;
}

/* A variant may be compared with itself: then the boot stands on both sides. */
static void end_boot(struct loader *l)
{
	double value;

	if (!l->nround)
		return;
	value = stats_median(l->round, l->nround);
	if (!strcmp(l->variant, l->a))
		push_value(&l->pair->a, &l->pair->na, &l->acap, l->block, value);
	if (!strcmp(l->variant, l->b))
		push_value(&l->pair->b, &l->pair->nb, &l->bcap, l->block, value);
	l->nround = 0;
	l->boot = 0;
	free(l->variant);
	l->variant = NULL;
}

static bool same_text(const char *have, struct sqlite3_stmt *st, int column)
{
	cleanup_free char *text = db_text(st, column);

	return have && !strcmp(have, text);
}

static bool same_pair(const struct loader *l, struct sqlite3_stmt *st)
{
	return l->pair && l->workload == db_int(st, WORKLOAD_NUMBER) &&
	       l->metric == db_int(st, METRIC_ID) && same_text(l->stat, st, STAT) &&
	       same_text(l->target, st, TARGET);
}

static void begin_pair(struct loader *l, struct sqlite3_stmt *st)
{
	cleanup_free char *direction = db_text(st, DIRECTION);
	cleanup_free char *evidence = db_text(st, EVIDENCE);
	struct pair *p = ARRAY_PUSH(l->out->pairs, l->out->n, l->out->cap);

	p->target = db_text(st, TARGET);
	p->workload = db_text(st, WORKLOAD);
	p->metric = db_text(st, METRIC);
	p->stat = db_text(st, STAT);
	p->unit = db_text(st, UNIT);
	/* the schema allows no other names */
	p->dir = (enum direction)direction_parse(direction);
	p->ev = (enum evidence)evidence_parse(evidence);
	l->pair = p;
	l->target = p->target;
	l->stat = p->stat;
	l->workload = db_int(st, WORKLOAD_NUMBER);
	l->metric = db_int(st, METRIC_ID);
	l->acap = 0;
	l->bcap = 0;
}

static void take_round(struct loader *l, struct sqlite3_stmt *st)
{
	bool same = same_pair(l, st);

	if (!same || l->boot != db_int(st, BOOT))
		end_boot(l);
	if (!same)
		begin_pair(l, st);
	if (!l->boot) {
		l->boot = db_int(st, BOOT);
		l->block = (int)db_int(st, BLOCK);
		l->variant = db_text(st, VARIANT);
	}
	*ARRAY_PUSH(l->round, l->nround, l->round_cap) = db_double(st, VALUE);
}

int store_load_pairs(struct store *s, long long run_id, const char *a, const char *b,
		     struct comparison *out, struct err *e)
{
	struct loader l = { .out = out, .a = a, .b = b };
	struct sqlite3_stmt *st;
	int ret;

	st = db_query(s, e,
		      "SELECT target, workload_number, workload, metric_id, metric, stat, unit,"
		      " direction, evidence, variant, boot, block, value FROM v_round AS r"
		      " WHERE run = ?1 AND variant IN (?2, ?3)"
		      " ORDER BY (SELECT min(id) FROM run_variant AS rv WHERE rv.run_id = ?1"
		      "  AND rv.target = r.target), workload_number, metric_id,"
		      " instr('mean total count min max', stat), block, boot, round",
		      "iss", run_id, a, b);
	if (!st)
		return -1;
	free(out->a);
	free(out->b);
	out->a = xstrdup(a);
	out->b = xstrdup(b);
	while ((ret = db_next(s, st, e)) > 0)
		take_round(&l, st);
	end_boot(&l);
	free(l.round);
	free(l.variant);
	return ret;
}
