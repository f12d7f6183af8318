// SPDX-License-Identifier: GPL-2.0
/* Writing: one finished boot, with everything it said, in one transaction. */
#include <string.h>

#include "results/store.h"
#include "results/store_db.h"

/* Ids that are asked for again and again. A guest may invent any number of metrics: what does not fit is
 * looked up in the database each time. */
#define METRICS_MAX 64

struct writer {
	struct store *s;
	long long boot, run;
	const struct record_set *rs;
	size_t nmetrics;
	struct {
		const struct record *like;
		long long id;
	} metric[METRICS_MAX];
};

static bool same_metric(const struct record *a, const struct record *b)
{
	return a->dir == b->dir && a->ev == b->ev && !strcmp(a->metric, b->metric) &&
	       !strcmp(a->unit, b->unit);
}

static int put_metric(struct store *s, const struct record *r, long long *id, struct err *e)
{
	const char *dir = direction_name(r->dir), *ev = evidence_name(r->ev);

	if (db_run(s, e,
		   "INSERT INTO metric (name, unit, direction, evidence) VALUES (?, ?, ?, ?)"
		   " ON CONFLICT DO NOTHING",
		   "ssss", r->metric, r->unit, dir, ev))
		return -1;
	return db_lookup(s, e,
			 db_query(s, e,
				  "SELECT id FROM metric WHERE name = ? AND unit = ? AND"
				  " direction = ? AND evidence = ?",
				  "ssss", r->metric, r->unit, dir, ev),
			 id);
}

static int metric_id(struct writer *w, const struct record *r, long long *id, struct err *e)
{
	for (size_t i = 0; i < w->nmetrics; i++) {
		if (same_metric(w->metric[i].like, r)) {
			*id = w->metric[i].id;
			return 0;
		}
	}
	if (put_metric(w->s, r, id, e))
		return -1;
	if (w->nmetrics < METRICS_MAX) {
		w->metric[w->nmetrics].like = r;
		w->metric[w->nmetrics++].id = *id;
	}
	return 0;
}

static int workload_id(struct writer *w, int number, long long *id, struct err *e)
{
	int ret = db_lookup(w->s, e,
			    db_query(w->s, e,
				     "SELECT id FROM workload WHERE run_id = ? AND number = ?",
				     "ii", w->run, (long long)number),
			    id);

	if (ret > 0)
		err_set(e, ERR_INFRA, "run %lld in '%s' has no workload %d", w->run, w->s->path,
			number);
	return ret;
}

static int put_value(struct writer *w, const struct record *r, size_t seq, long long workload,
		     long long metric, struct err *e)
{
	return db_run(w->s, e,
		      "INSERT INTO record (boot_id, seq, workload_id, metric_id, stat, round, cpu, value)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		      "iiiisiif", w->boot, (long long)seq, workload, metric, r->stat,
		      (long long)r->round, (long long)r->cpu, r->value);
}

static int put_histogram(struct writer *w, const struct record *r, size_t seq, long long workload,
			 long long metric, struct err *e)
{
	long long id;

	if (db_run(w->s, e,
		   "INSERT INTO histogram (boot_id, seq, workload_id, metric_id, round, cpu, sub)"
		   " VALUES (?, ?, ?, ?, ?, ?, ?)",
		   "iiiiiii", w->boot, (long long)seq, workload, metric, (long long)r->round,
		   (long long)r->cpu, (long long)r->sub))
		return -1;
	id = db_last_id(w->s);
	for (size_t i = 0; i < r->nbuckets; i++)
		if (db_run(w->s, e,
			   "INSERT INTO histogram_bucket (histogram_id, lower, count) VALUES (?, ?, ?)",
			   "iii", id, (long long)r->buckets[i].lower,
			   (long long)r->buckets[i].count))
			return -1;
	return 0;
}

static int put_collector(struct writer *w, const struct record *r, long long workload,
			 long long metric, struct err *e)
{
	if (!r->by)
		return 0;
	return db_run(w->s, e,
		      "INSERT INTO collected (workload_id, metric_id, collector, sparse)"
		      " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		      "iisi", workload, metric, r->by, (long long)r->sparse);
}

static int put_records(struct writer *w, struct err *e)
{
	long long workload = 0, metric;
	int number = -1;

	for (size_t i = 0; i < w->rs->nrec; i++) {
		const struct record *r = &w->rs->rec[i];

		if (r->workload != number && workload_id(w, r->workload, &workload, e))
			return -1;
		number = r->workload;
		if (metric_id(w, r, &metric, e) || put_collector(w, r, workload, metric, e))
			return -1;
		if (r->type == REC_VALUE ? put_value(w, r, i, workload, metric, e) :
					   put_histogram(w, r, i, workload, metric, e))
			return -1;
	}
	return 0;
}

static int put_states(struct writer *w, struct err *e)
{
	for (size_t i = 0; i < w->rs->ndone; i++) {
		long long workload;

		if (workload_id(w, w->rs->done[i].workload, &workload, e))
			return -1;
		/* the host adds what it left out after what the guest said, and knows better */
		if (db_run(w->s, e,
			   "INSERT INTO workload_state (boot_id, workload_id, state, reason)"
			   " VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
			   " SET state = excluded.state, reason = excluded.reason",
			   "iiss", w->boot, workload, wl_state_name(w->rs->done[i].state),
			   w->rs->done[i].reason))
			return -1;
	}
	return 0;
}

static int put_info(struct writer *w, struct err *e)
{
	for (size_t i = 0; i < w->rs->ninfo; i++)
		if (db_run(w->s, e,
			   "INSERT INTO info (boot_id, seq, key, value) VALUES (?, ?, ?, ?)",
			   "iiss", w->boot, (long long)i, w->rs->info[i].key, w->rs->info[i].value))
			return -1;
	return 0;
}

static int put_notes(struct writer *w, struct err *e)
{
	for (size_t i = 0; i < w->rs->nnote; i++) {
		const struct note *n = &w->rs->note[i];
		long long workload = 0;

		if (n->workload >= 0 && workload_id(w, n->workload, &workload, e))
			return -1;
		if (db_run(w->s, e,
			   "INSERT INTO note (boot_id, seq, workload_id, round, cpu, key, value)"
			   " VALUES (?, ?, nullif(?, 0), ?, ?, ?, ?)",
			   "iiiiiss", w->boot, (long long)i, workload, (long long)n->round,
			   (long long)n->cpu, n->key, n->value))
			return -1;
	}
	return 0;
}

static int put_artifacts(struct writer *w, const struct store_boot *b, struct err *e)
{
	for (size_t i = 0; i < b->nartifacts; i++) {
		const struct store_artifact *a = &b->artifacts[i];
		long long workload;

		if (workload_id(w, a->workload, &workload, e))
			return -1;
		if (db_run(w->s, e,
			   "INSERT INTO artifact (boot_id, workload_id, name, path, size, sha256)"
			   " VALUES (?, ?, ?, ?, ?, ?)",
			   "iissis", w->boot, workload, a->name, a->path, a->size, a->sha256))
			return -1;
	}
	return 0;
}

static int put_console(struct writer *w, const struct store_boot *b, struct err *e)
{
	if (!b->console || !b->console_len)
		return 0;
	return db_run(w->s, e, "INSERT INTO boot_console (boot_id, tail) VALUES (?, ?)", "ib",
		      w->boot, (const void *)b->console, b->console_len);
}

static int put_booted(struct writer *w, struct err *e)
{
	if (!w->rs->started)
		return 0;
	return db_run(w->s, e,
		      "UPDATE boot SET release = ?, machine = ?, cmdline = ?, cpus = ? WHERE id = ?",
		      "sssii", w->rs->release, w->rs->machine, w->rs->cmdline,
		      (long long)w->rs->cpus, w->boot);
}

/* Takes the boot out of the planned ones: who comes second fails. */
static int claim(struct writer *w, const struct store_boot *b, struct err *e)
{
	if (db_run(w->s, e,
		   "UPDATE boot SET status = ?, reason = ?, accel = ?, qemu_version = ?, command = ?,"
		   " console_path = ?, started = ?, start_seconds = ?, run_seconds = ?,"
		   " total_seconds = ? WHERE id = ? AND status = 'planned'",
		   "snsssnifffi", b->status, b->reason, b->accel, b->qemu_version, b->command,
		   b->console_path, b->started, b->start_seconds, b->run_seconds, b->total_seconds,
		   w->boot))
		return -1;
	if (!db_changes(w->s))
		return err_set(e, ERR_INFRA, "boot %lld in '%s' is not planned any more", w->boot,
			       w->s->path);
	return 0;
}

static int run_of_boot(struct writer *w, struct err *e)
{
	int ret = db_lookup(w->s, e,
			    db_query(w->s, e,
				     "SELECT rv.run_id FROM boot JOIN run_variant AS rv"
				     " ON rv.id = boot.run_variant_id WHERE boot.id = ?",
				     "i", w->boot),
			    &w->run);

	if (ret > 0)
		err_set(e, ERR_INFRA, "no boot %lld in '%s'", w->boot, w->s->path);
	return ret;
}

int store_boot_finish(struct store *s, long long boot_id, const struct store_boot *b,
		      const struct record_set *rs, struct err *e)
{
	struct writer w = { .s = s, .boot = boot_id, .rs = rs };
	int ret;

	if (db_begin(s, e))
		return -1;
	ret = run_of_boot(&w, e) || claim(&w, b, e) || put_booted(&w, e) || put_records(&w, e) ||
	      put_states(&w, e) || put_info(&w, e) || put_notes(&w, e) || put_artifacts(&w, b, e) ||
	      put_console(&w, b, e);
	return db_end(s, ret, e);
}
