// SPDX-License-Identifier: GPL-2.0
/* Reading: what runs, boots, variants and workload states there are. */
#include <stdlib.h>
#include <string.h>

#include "results/store.h"
#include "results/store_db.h"

#define RUN_COLUMNS                                                                                \
	"SELECT run.id, suite, plan, baseline, description, status, hostname, cpu_model,"          \
	" kdelta_version, margin, seed, boots, started, ended,"                                    \
	" (SELECT count(*) FROM v_boot WHERE run = run.id AND v_boot.status = 'planned'),"         \
	" (SELECT count(*) FROM v_boot WHERE run = run.id AND v_boot.status = 'ok'),"              \
	" (SELECT count(*) FROM v_boot WHERE run = run.id AND v_boot.status = 'broken'),"          \
	" (SELECT count(*) FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"        \
	"  JOIN record ON record.boot_id = boot.id WHERE rv.run_id = run.id) +"                    \
	" (SELECT count(*) FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"        \
	"  JOIN histogram AS h ON h.boot_id = boot.id WHERE rv.run_id = run.id),"                  \
	" (SELECT count(DISTINCT boot.id) FROM run_variant AS rv"                                  \
	"  JOIN boot ON boot.run_variant_id = rv.id AND boot.status = 'ok'"                        \
	"  JOIN workload_state AS ws ON ws.boot_id = boot.id AND ws.state IN ('failed', 'broken')" \
	"  WHERE rv.run_id = run.id)"                                                              \
	" FROM run JOIN host ON host.id = run.host_id"

static void read_run(struct sqlite3_stmt *st, struct store_run_row *r)
{
	cleanup_free char *seed = db_text(st, 10);

	r->id = db_int(st, 0);
	r->suite = db_text(st, 1);
	r->plan = db_text(st, 2);
	r->baseline = db_text(st, 3);
	r->description = db_text(st, 4);
	r->status = db_text(st, 5);
	r->hostname = db_text(st, 6);
	r->cpu_model = db_text(st, 7);
	r->kdelta_version = db_text(st, 8);
	r->margin = db_double(st, 9);
	r->seed = strtoull(seed, NULL, 10);
	r->boots = (int)db_int(st, 11);
	r->started = db_int(st, 12);
	r->ended = db_int(st, 13);
	r->nplanned = db_int(st, 14);
	r->nok = db_int(st, 15);
	r->nbroken = db_int(st, 16);
	r->nrecords = db_int(st, 17);
	r->nunwell = db_int(st, 18);
}

void store_run_row_release(struct store_run_row *r)
{
	free(r->suite);
	free(r->plan);
	free(r->baseline);
	free(r->description);
	free(r->status);
	free(r->hostname);
	free(r->cpu_model);
	free(r->kdelta_version);
	memset(r, 0, sizeof(*r));
}

int store_run_get(struct store *s, long long run_id, struct store_run_row *out, struct err *e)
{
	struct sqlite3_stmt *st;
	int ret;

	memset(out, 0, sizeof(*out));
	st = db_query(s, e, RUN_COLUMNS " WHERE run.id = ?1 OR ?1 = 0 ORDER BY run.id DESC LIMIT 1",
		      "i", run_id);
	ret = st ? db_next(s, st, e) : -1;
	if (ret < 0)
		return -1;
	if (!ret && run_id)
		return err_set(e, ERR_USAGE, "no run %lld in '%s'", run_id, s->path);
	if (!ret)
		return err_set(e, ERR_INFRA, "no run in '%s' yet", s->path);
	read_run(st, out);
	db_done(st);
	return 0;
}

int store_runs(struct store *s, int max, struct store_run_row **rows, size_t *n, struct err *e)
{
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	st = db_query(s, e, RUN_COLUMNS " ORDER BY run.id DESC LIMIT ?", "i", (long long)max);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		read_run(st, ARRAY_PUSH(*rows, *n, cap));
	if (!ret)
		return 0;
	for (size_t i = 0; i < *n; i++)
		store_run_row_release(&(*rows)[i]);
	free(*rows);
	*rows = NULL;
	*n = 0;
	return -1;
}

int store_boots(struct store *s, long long run_id, const char *status, struct store_boot_row **rows,
		size_t *n, struct err *e)
{
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	/* blocks were inserted as the plan has them: target by target */
	st = db_query(s, e,
		      "SELECT boot.id, rv.target, rv.variant, boot.status, boot.reason, block.number,"
		      " boot.position FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"
		      " JOIN block ON block.id = boot.block_id"
		      " WHERE rv.run_id = ?1 AND (?2 IS NULL OR boot.status = ?2)"
		      " ORDER BY block.id, boot.position",
		      "in", run_id, status);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0) {
		struct store_boot_row *r = ARRAY_PUSH(*rows, *n, cap);

		r->id = db_int(st, 0);
		r->target = db_text(st, 1);
		r->variant = db_text(st, 2);
		r->status = db_text(st, 3);
		r->reason = db_text_or_null(st, 4);
		r->block = (int)db_int(st, 5);
		r->position = (int)db_int(st, 6);
	}
	if (!ret)
		return 0;
	store_boots_free(*rows, *n);
	*rows = NULL;
	*n = 0;
	return -1;
}

void store_boots_free(struct store_boot_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].target);
		free(rows[i].variant);
		free(rows[i].status);
		free(rows[i].reason);
	}
	free(rows);
}

/* accel and QEMU version: of the first boot that has ended. */
#define VARIANT_COLUMNS                                                                            \
	"SELECT rv.target, rv.variant, rv.twin_of, rv.cmdline, k.key, k.release, k.compiler,"      \
	" k.vmlinux_hash, k.text, k.image_size,"                                                   \
	" (SELECT accel FROM boot WHERE run_variant_id = rv.id AND status <> 'planned'"            \
	"  ORDER BY block_id LIMIT 1),"                                                            \
	" (SELECT qemu_version FROM boot WHERE run_variant_id = rv.id AND status <> 'planned'"     \
	"  ORDER BY block_id LIMIT 1)"                                                             \
	" FROM run_variant AS rv LEFT JOIN kernel AS k ON k.id = rv.kernel_id"

static void read_variant(struct sqlite3_stmt *st, struct store_variant_row *r)
{
	r->target = db_text(st, 0);
	r->variant = db_text(st, 1);
	r->twin_of = db_text_or_null(st, 2);
	r->cmdline = db_text(st, 3);
	r->kernel_key = db_text(st, 4);
	r->release = db_text(st, 5);
	r->compiler = db_text(st, 6);
	r->vmlinux_hash = db_text(st, 7);
	r->text = db_int(st, 8);
	r->image_size = db_int(st, 9);
	r->accel = db_text(st, 10);
	r->qemu_version = db_text(st, 11);
}

int store_variants(struct store *s, long long run_id, struct store_variant_row **rows, size_t *n,
		   struct err *e)
{
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	st = db_query(s, e, VARIANT_COLUMNS " WHERE rv.run_id = ? ORDER BY rv.id", "i", run_id);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		read_variant(st, ARRAY_PUSH(*rows, *n, cap));
	if (!ret)
		return 0;
	store_variants_free(*rows, *n);
	*rows = NULL;
	*n = 0;
	return -1;
}

void store_variants_free(struct store_variant_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].target);
		free(rows[i].variant);
		free(rows[i].twin_of);
		free(rows[i].cmdline);
		free(rows[i].kernel_key);
		free(rows[i].release);
		free(rows[i].compiler);
		free(rows[i].vmlinux_hash);
		free(rows[i].accel);
		free(rows[i].qemu_version);
	}
	free(rows);
}

int store_states(struct store *s, long long run_id, struct store_state_row **rows, size_t *n,
		 struct err *e)
{
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	st = db_query(s, e,
		      "SELECT rv.target, rv.variant, w.label, ws.state, ws.reason, block.number"
		      " FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"
		      " JOIN block ON block.id = boot.block_id"
		      " JOIN workload_state AS ws ON ws.boot_id = boot.id AND ws.state <> 'ok'"
		      " JOIN workload AS w ON w.id = ws.workload_id WHERE rv.run_id = ?"
		      " ORDER BY block.id, boot.position, w.number",
		      "i", run_id);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0) {
		struct store_state_row *r = ARRAY_PUSH(*rows, *n, cap);

		r->target = db_text(st, 0);
		r->variant = db_text(st, 1);
		r->label = db_text(st, 2);
		r->state = db_text(st, 3);
		r->reason = db_text(st, 4);
		r->block = (int)db_int(st, 5);
	}
	if (!ret)
		return 0;
	store_states_free(*rows, *n);
	*rows = NULL;
	*n = 0;
	return -1;
}

void store_states_free(struct store_state_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].target);
		free(rows[i].variant);
		free(rows[i].label);
		free(rows[i].state);
		free(rows[i].reason);
	}
	free(rows);
}
