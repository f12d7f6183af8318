// SPDX-License-Identifier: GPL-2.0
/* Reading: what the boots of a run say of isolated CPUs, their rounds joined. */
#include <stdlib.h>
#include <string.h>

#include "results/store.h"
#include "results/store_db.h"

/* Boots and workloads that ended well. */
#define FROM_BOOTS                                                                                 \
	" FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id AND boot.status = 'ok'"  \
	" JOIN block ON block.id = boot.block_id"                                                  \
	" JOIN workload_state AS ws ON ws.boot_id = boot.id AND ws.state = 'ok'"                   \
	" JOIN workload AS w ON w.id = ws.workload_id"

/* What all queries begin with; the CPU follows. */
#define KEY_COLUMNS "rv.target, rv.variant, w.label, w.number, block.number, boot.id"
enum { TARGET, VARIANT, WORKLOAD, NUMBER, BLOCK, BOOT, CPU, FIRST };

/* Whose rows name isolated CPUs, and what belongs to them. */
#define METRICS                                                                                    \
	" AND (m.name IN ('gap', 'gap.max', 'spin.time', 'triggers', 'caller.latency')"            \
	" OR m.name GLOB 'trace.*' OR m.name GLOB 'window.isolated.*')"

/* sum() of integers fails the whole query where a guest claims more than 2^63 samples; exact up to 2^53. */
#define SAMPLES "CAST(min(total(b.count), 9e18) AS INTEGER)"

#define ORDER " ORDER BY rv.id, block.id, w.number"

/* The texts of a row's key live until key_release(). */
static void key_read(struct latency_key *k, struct sqlite3_stmt *st)
{
	k->target = db_text(st, TARGET);
	k->variant = db_text(st, VARIANT);
	k->workload = db_text(st, WORKLOAD);
	k->number = (int)db_int(st, NUMBER);
	k->block = (int)db_int(st, BLOCK);
	k->boot = db_int(st, BOOT);
	k->cpu = (int)db_int(st, CPU);
}

static void key_release(struct latency_key *k)
{
	free((char *)k->target);
	free((char *)k->variant);
	free((char *)k->workload);
}

static void take_value(struct latency *l, const struct latency_key *k, struct sqlite3_stmt *st)
{
	cleanup_free char *metric = db_text(st, FIRST);
	cleanup_free char *stat = db_text(st, FIRST + 1);
	cleanup_free char *evidence = db_text(st, FIRST + 2);

	latency_value(l, k, metric, stat, (enum evidence)evidence_parse(evidence),
		      db_double(st, FIRST + 3), db_double(st, FIRST + 4));
}

static void take_bucket(struct latency *l, const struct latency_key *k, struct sqlite3_stmt *st)
{
	cleanup_free char *metric = db_text(st, FIRST);
	cleanup_free char *evidence = db_text(st, FIRST + 1);

	latency_bucket(l, k, metric, (enum evidence)evidence_parse(evidence),
		       (unsigned int)db_int(st, FIRST + 2), (uint64_t)db_int(st, FIRST + 3),
		       (uint64_t)db_int(st, FIRST + 4));
}

static void take_note(struct latency *l, const struct latency_key *k, struct sqlite3_stmt *st)
{
	cleanup_free char *key = db_text(st, FIRST + 1);
	cleanup_free char *text = db_text(st, FIRST + 2);

	latency_note(l, k, (int)db_int(st, FIRST), key, text);
}

static int load(struct store *s, struct sqlite3_stmt *st, struct latency *l,
		void (*take)(struct latency *l, const struct latency_key *k,
			     struct sqlite3_stmt *st),
		struct err *e)
{
	int ret;

	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0) {
		struct latency_key k;

		key_read(&k, st);
		take(l, &k, st);
		key_release(&k);
	}
	return ret;
}

int store_load_latency(struct store *s, long long run_id, struct latency *out, struct err *e)
{
	if (load(s,
		 db_query(s, e,
			  "SELECT " KEY_COLUMNS ", r.cpu, m.name, r.stat, m.evidence,"
			  " sum(r.value), max(r.value)" FROM_BOOTS
			  " JOIN record AS r ON r.boot_id = boot.id AND r.workload_id = w.id"
			  " JOIN metric AS m ON m.id = r.metric_id WHERE rv.run_id = ?" METRICS
			  " GROUP BY boot.id, w.id, r.cpu, m.id, r.stat" ORDER,
			  "i", run_id),
		 out, take_value, e))
		return -1;
	if (load(s,
		 db_query(s, e,
			  "SELECT " KEY_COLUMNS ", h.cpu, m.name, m.evidence, h.sub, b.lower,"
			  " " SAMPLES FROM_BOOTS
			  " JOIN histogram AS h ON h.boot_id = boot.id AND h.workload_id = w.id"
			  " JOIN histogram_bucket AS b ON b.histogram_id = h.id"
			  " JOIN metric AS m ON m.id = h.metric_id WHERE rv.run_id = ?" METRICS
			  " GROUP BY boot.id, w.id, h.cpu, m.id, h.sub, b.lower" ORDER ", b.lower",
			  "i", run_id),
		 out, take_bucket, e))
		return -1;
	return load(s,
		    db_query(s, e,
			     "SELECT " KEY_COLUMNS ", n.cpu, n.round, n.key, n.value" FROM_BOOTS
			     " JOIN note AS n ON n.boot_id = boot.id AND n.workload_id = w.id"
			     " WHERE rv.run_id = ? AND n.key IN ('trace.timeline', 'isolation')" ORDER
			     ", n.seq",
			     "i", run_id),
		    out, take_note, e);
}
