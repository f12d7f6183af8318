// SPDX-License-Identifier: GPL-2.0
/* Writing: a run with everything it plans. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "results/store.h"
#include "results/store_db.h"

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int put_host(struct store *s, const struct store_host *h, long long *id, struct err *e)
{
	if (db_run(s, e,
		   "INSERT INTO host (hostname, machine, cpu_model, os, kernel_release, cpus, memory)"
		   " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		   "sssssii", h->hostname, h->machine, h->cpu_model, h->os, h->kernel_release,
		   (long long)h->cpus, h->memory))
		return -1;
	return db_lookup(s, e,
			 db_query(s, e,
				  "SELECT id FROM host WHERE hostname = ? AND machine = ? AND"
				  " cpu_model = ? AND os = ? AND kernel_release = ? AND cpus = ? AND"
				  " memory = ?",
				  "sssssii", h->hostname, h->machine, h->cpu_model, h->os,
				  h->kernel_release, (long long)h->cpus, h->memory),
			 id);
}

static int put_run(struct store *s, const struct store_run *r, long long host, long long *id,
		   struct err *e)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	if (db_run(s, e,
		   "INSERT INTO run (host_id, suite, description, plan, baseline, kdelta_version,"
		   " margin, seed, boots, status, started)"
		   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)",
		   "isssssfsii", host, r->suite, r->description, r->plan, r->baseline,
		   r->kdelta_version, r->margin, seed, (long long)r->boots, now_ms()))
		return -1;
	*id = db_last_id(s);
	return 0;
}

static int put_workloads(struct store *s, long long run, const struct store_workload *w, size_t n,
			 struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (db_run(s, e,
			   "INSERT INTO workload (run_id, number, name, label, params, rounds)"
			   " VALUES (?, ?, ?, ?, ?, ?)",
			   "iisssi", run, (long long)i, w[i].name, w[i].label, w[i].params,
			   (long long)w[i].rounds))
			return -1;
	return 0;
}

static int put_boot(struct store *s, long long run, const struct store_boot_plan *b, struct err *e)
{
	if (db_run(s, e,
		   "INSERT INTO run_variant (run_id, target, variant, twin_of) VALUES (?, ?, ?, ?)"
		   " ON CONFLICT DO NOTHING",
		   "issn", run, b->target, b->variant, b->twin_of) ||
	    db_run(s, e,
		   "INSERT INTO block (run_id, target, number) VALUES (?, ?, ?)"
		   " ON CONFLICT DO NOTHING",
		   "isi", run, b->target, (long long)b->block))
		return -1;
	return db_run(s, e,
		      "INSERT INTO boot (run_variant_id, block_id, position)"
		      " SELECT rv.id, block.id, ?5 FROM run_variant AS rv, block"
		      " WHERE rv.run_id = ?1 AND rv.target = ?2 AND rv.variant = ?3"
		      " AND block.run_id = ?1 AND block.target = ?2 AND block.number = ?4",
		      "issii", run, b->target, b->variant, (long long)b->block,
		      (long long)b->position);
}

int store_run_create(struct store *s, const struct store_run *r, const struct store_host *h,
		     const struct store_workload *w, size_t nw, const struct store_boot_plan *b,
		     size_t nb, long long *run_id, struct err *e)
{
	long long host;
	int ret;

	if (db_begin(s, e))
		return -1;
	ret = put_host(s, h, &host, e) || put_run(s, r, host, run_id, e) ||
	      put_workloads(s, *run_id, w, nw, e);
	for (size_t i = 0; !ret && i < nb; i++)
		ret = put_boot(s, *run_id, &b[i], e);
	return db_end(s, ret, e);
}

static int put_kernel(struct store *s, const struct store_kernel *k, long long *id, struct err *e)
{
	if (db_run(s, e,
		   "INSERT INTO kernel (key, arch, version, release, source_id, patches_hash,"
		   " config_hash, compiler, linker, image_hash, vmlinux_hash, text, data, bss,"
		   " image_size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		   " ON CONFLICT (key) DO NOTHING",
		   "sssssssssssiiii", k->key, k->arch, k->version, k->release, k->source_id,
		   k->patches_hash, k->config_hash, k->compiler, k->linker, k->image_hash,
		   k->vmlinux_hash, k->text, k->data, k->bss, k->image_size))
		return -1;
	return db_lookup(s, e, db_query(s, e, "SELECT id FROM kernel WHERE key = ?", "s", k->key),
			 id);
}

/* Figures follow from the key: what is there already is what would be written. */
static int put_values(struct store *s, long long kernel, const struct store_kernel *k,
		      struct err *e)
{
	for (size_t i = 0; i < k->nvalues; i++) {
		const struct store_value *v = &k->values[i];

		if (db_run(s, e,
			   "INSERT INTO kernel_value (kernel_id, metric, unit, direction, seq, value)"
			   " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			   "isssif", kernel, v->metric, v->unit, direction_name(v->dir),
			   (long long)i, v->value))
			return -1;
	}
	return 0;
}

int store_run_kernel(struct store *s, long long run_id, const char *target, const char *variant,
		     const struct store_kernel *k, const char *cmdline, struct err *e)
{
	long long id;
	int ret;

	if (db_begin(s, e))
		return -1;
	ret = put_kernel(s, k, &id, e) || put_values(s, id, k, e) ||
	      db_run(s, e,
		     "UPDATE run_variant SET kernel_id = ?, modules_hash = ?, cmdline = ?"
		     " WHERE run_id = ? AND target = ? AND variant = ?",
		     "ississ", id, k->modules_hash, cmdline, run_id, target, variant);
	if (!ret && !db_changes(s))
		ret = err_set(e, ERR_INFRA, "run %lld in '%s' has no variant '%s' on '%s'", run_id,
			      s->path, variant, target);
	return db_end(s, ret, e);
}

int store_run_code(struct store *s, long long run_id, const char *target, const char *variant,
		   int number, const char *digest, struct err *e)
{
	if (db_run(s, e,
		   "INSERT INTO workload_code (run_variant_id, workload_id, digest)"
		   " SELECT rv.id, w.id, ?5 FROM run_variant AS rv, workload AS w"
		   " WHERE rv.run_id = ?1 AND rv.target = ?2 AND rv.variant = ?3"
		   " AND w.run_id = ?1 AND w.number = ?4"
		   " ON CONFLICT DO UPDATE SET digest = excluded.digest",
		   "issis", run_id, target, variant, (long long)number, digest))
		return -1;
	if (!db_changes(s))
		return err_set(e, ERR_INFRA,
			       "run %lld in '%s' has no variant '%s' on '%s' with a workload %d",
			       run_id, s->path, variant, target, number);
	return 0;
}

int store_run_finish(struct store *s, long long run_id, const char *status, struct err *e)
{
	if (db_run(s, e, "UPDATE run SET status = ?, ended = ? WHERE id = ?", "sii", status,
		   now_ms(), run_id))
		return -1;
	if (!db_changes(s))
		return err_set(e, ERR_INFRA, "no run %lld in '%s'", run_id, s->path);
	return 0;
}
