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
	VALUE,
	SAME_CODE,
	SAME_BOOT,
	COLLECTOR,
	SPARSE
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

static void push_value(struct boot_value **v, size_t *n, size_t *cap, struct boot_value value)
{
	*ARRAY_PUSH(*v, *n, *cap) = value;
}

/* A variant may be compared with itself: then the boot stands on both sides. */
static void end_boot(struct loader *l)
{
	struct boot_value value = { .boot = l->boot, .block = l->block };

	if (!l->nround)
		return;
	value.value = stats_median(l->round, l->nround);
	if (!strcmp(l->variant, l->a))
		push_value(&l->pair->a, &l->pair->na, &l->acap, value);
	if (!strcmp(l->variant, l->b))
		push_value(&l->pair->b, &l->pair->nb, &l->bcap, value);
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
	p->same_code = db_int(st, SAME_CODE);
	p->same_boot = db_int(st, SAME_BOOT);
	p->collector = db_text_or_null(st, COLLECTOR);
	p->sparse = db_int(st, SPARSE);
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

/* What the boots of an arm have besides (runner/plan.h). */
#define BESIDES_SQL                                                                                \
	"CASE WHEN variant GLOB '*-observed' THEN 'collectors'"                                    \
	" WHEN twin_of IS NOT NULL AND variant GLOB '*-canary' THEN 'no-ops' ELSE '' END"

/* Per target and workload: is the measured code of ?2 and ?3 known and equal? Per target: were they booted alike?
 * Per workload and metric: whose is it? */
#define CODE_SQL                                                                                   \
	"WITH code AS MATERIALIZED (SELECT rv.target AS on_target, w.number,"                      \
	"  count(*) = 1 + (?2 <> ?3) AND count(DISTINCT wc.digest) = 1 AS same"                    \
	"  FROM run_variant AS rv JOIN workload_code AS wc ON wc.run_variant_id = rv.id"           \
	"  JOIN workload AS w ON w.id = wc.workload_id"                                            \
	"  WHERE rv.run_id = ?1 AND rv.variant IN (?2, ?3) GROUP BY rv.target, w.number),"         \
	" booted AS MATERIALIZED (SELECT target AS on_target, min(id) AS place,"                   \
	"  count(DISTINCT cmdline || ' ' || " BESIDES_SQL ")"                                      \
	"  FILTER (WHERE variant IN (?2, ?3)) = 1 AS same"                                         \
	"  FROM run_variant WHERE run_id = ?1 GROUP BY target),"                                   \
	" watched AS MATERIALIZED (SELECT number, metric_id, collector, sparse"                    \
	"  FROM collected JOIN workload ON id = workload_id WHERE run_id = ?1)"

static int load_rounds(struct store *s, long long run_id, const char *a, const char *b,
		       struct comparison *out, struct err *e)
{
	struct loader l = { .out = out, .a = a, .b = b };
	struct sqlite3_stmt *st;
	int ret;

	st = db_query(
		s, e,
		CODE_SQL
		"SELECT target, workload_number, workload, r.metric_id, metric, stat, unit,"
		" direction, evidence, variant, boot, block, value, code.same, booted.same, collector,"
		" sparse"
		" FROM v_round AS r JOIN booted ON booted.on_target = target"
		" LEFT JOIN code ON code.on_target = target AND code.number = workload_number"
		" LEFT JOIN watched ON watched.number = workload_number"
		"  AND watched.metric_id = r.metric_id"
		" WHERE run = ?1 AND variant IN (?2, ?3)"
		" ORDER BY booted.place, collector IS NOT NULL, workload_number, collector, r.metric_id,"
		" instr('mean total count min max', stat), block, boot, round",
		"iss", run_id, a, b);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		take_round(&l, st);
	end_boot(&l);
	free(l.round);
	free(l.variant);
	return ret;
}

static struct boot_value *one_value(double value)
{
	struct boot_value *v = xcalloc(1, sizeof(*v));

	v->value = value;
	return v;
}

static void take_figure(struct comparison *out, struct sqlite3_stmt *st)
{
	struct pair *p = ARRAY_PUSH(out->pairs, out->n, out->cap);
	cleanup_free char *direction = db_text(st, 3);

	p->target = db_text(st, 0);
	p->workload = xstrdup(COMPARE_KERNEL);
	p->metric = db_text(st, 1);
	p->stat = xstrdup("total");
	p->unit = db_text(st, 2);
	p->dir = (enum direction)direction_parse(direction);
	p->ev = EV_STATIC;
	p->a = one_value(db_double(st, 4));
	p->b = one_value(db_double(st, 5));
	p->na = p->nb = 1;
}

static int load_figures(struct store *s, long long run_id, const char *a, const char *b,
			struct comparison *out, struct err *e)
{
	struct sqlite3_stmt *st;
	int ret;

	st = db_query(s, e,
		      "SELECT ra.target, v.metric, v.unit, v.direction,"
		      " total(v.value) FILTER (WHERE v.kernel_id = ra.kernel_id),"
		      " total(v.value) FILTER (WHERE v.kernel_id = rb.kernel_id)"
		      " FROM run_variant AS ra"
		      " JOIN run_variant AS rb ON rb.run_id = ra.run_id AND rb.target = ra.target"
		      " JOIN kernel_value AS v ON v.kernel_id IN (ra.kernel_id, rb.kernel_id)"
		      " WHERE ra.run_id = ?1 AND ra.variant = ?2 AND rb.variant = ?3"
		      " AND EXISTS (SELECT 1 FROM kernel_value WHERE kernel_id = ra.kernel_id)"
		      " AND EXISTS (SELECT 1 FROM kernel_value WHERE kernel_id = rb.kernel_id)"
		      " GROUP BY ra.id, v.metric, v.unit, v.direction"
		      " ORDER BY ra.id, min(v.seq), v.metric",
		      "iss", run_id, a, b);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		take_figure(out, st);
	return ret;
}

int store_load_pairs(struct store *s, long long run_id, const char *a, const char *b,
		     struct comparison *out, struct err *e)
{
	free(out->a);
	free(out->b);
	out->a = xstrdup(a);
	out->b = xstrdup(b);
	if (load_rounds(s, run_id, a, b, out, e))
		return -1;
	return load_figures(s, run_id, a, b, out, e);
}
