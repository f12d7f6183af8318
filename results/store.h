/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The database: the only user of sqlite3.h. Schema, units and views: results/schema.sql.
 *
 * WAL, STRICT tables, foreign keys, user_version migrations. One transaction per boot: a boot is there with
 * all of its records or it is still `planned`. Every boot of a run is inserted as `planned` when the run is
 * created, so resuming is "boot what is still planned". Several processes may write to one database (busy
 * timeout 30 s). All functions return 0 or -1 with @e set (ERR_INFRA; the database path in quotes).
 */
#ifndef KDELTA_RESULTS_STORE_H
#define KDELTA_RESULTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/compare.h"
#include "results/latency.h"
#include "results/record.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct store;

/* Open or create, migrate. @readonly: never creates, never migrates; a newer schema is an error. */
struct store *store_open(const char *path, bool readonly, struct err *e);
void store_close(struct store *s);

struct store_host {
	const char *hostname, *machine, *cpu_model, *os, *kernel_release;
	int cpus;
	long long memory; /* bytes */
};

/* A figure of a kernel's vmlinux. */
struct store_value {
	const char *metric, *unit;
	enum direction dir;
	double value;
};

struct store_kernel { /* one row per key; a second put of the same key returns the same id */
	const char *key, *arch, *version, *release, *source_id, *patches_hash, *config_hash;
	const char *compiler, *linker, *image_hash, *vmlinux_hash, *modules_hash;
	long long text, data, bss, image_size; /* bytes */
	const struct store_value *values; /* or NULL; a kernel that has some keeps them */
	size_t nvalues;
};

struct store_run {
	const char *suite; /* name */
	const char *plan; /* canonical text of everything the run was told; resuming compares it */
	const char *description;
	const char *baseline;
	const char *kdelta_version;
	double margin;
	uint64_t seed;
	int boots; /* blocks per target */
};

/* One boot of the plan, as it is inserted. */
struct store_boot_plan {
	const char *target, *variant;
	const char *twin_of; /* the variant it repeats (A/A), or NULL */
	int block; /* counts from 0, per target */
	int position; /* order in the block, from 0 */
};

struct store_workload {
	const char *name, *label, *params; /* params: "size=64 order=fifo …", all of them */
	int rounds;
};

/* Create the run with all its planned boots and workloads, in one transaction. */
int store_run_create(struct store *s, const struct store_run *r, const struct store_host *h,
		     const struct store_workload *w, size_t nw, const struct store_boot_plan *b,
		     size_t nb, long long *run_id, struct err *e);
/* Attach the kernel a (target, variant) of the run boots, and its complete command line. */
int store_run_kernel(struct store *s, long long run_id, const char *target, const char *variant,
		     const struct store_kernel *k, const char *cmdline, struct err *e);
/* The digest of the code that workload @number of the run measures in this variant's kernel. A second put
 * replaces the first: a resumed run may have built its modules anew. */
int store_run_code(struct store *s, long long run_id, const char *target, const char *variant,
		   int number, const char *digest, struct err *e);

/* A file that a boot handed out. */
struct store_artifact {
	int workload; /* number in the plan */
	char *name, *path; /* path: seen from the folder of the database */
	long long size; /* bytes */
	char sha256[65]; /* hex */
};

/* What a finished boot was, to be stored with its records. */
struct store_boot {
	const char *status; /* ok, broken */
	const char *reason; /* NULL when ok */
	const char *accel, *qemu_version, *command; /* command: the argument vector, quoted */
	const char *console_path; /* where the whole log is kept, or NULL */
	const char *console; /* tail; any bytes */
	size_t console_len;
	long long started; /* Unix time, ms */
	double start_seconds, run_seconds, total_seconds;
	const struct store_artifact *artifacts;
	size_t nartifacts;
};

/* One transaction: status, records, histograms, notes, workload states, artifacts, console. Fails, changing nothing, when
 * the boot is not `planned` any more. */
int store_boot_finish(struct store *s, long long boot_id, const struct store_boot *b,
		      const struct record_set *rs, struct err *e);
int store_run_finish(struct store *s, long long run_id, const char *status, struct err *e);

struct store_boot_row {
	long long id;
	char *target, *variant, *status, *reason;
	int block, position;
};
/* Boots of a run in the order of target, block, position; @status NULL: all. Free with …_free. */
int store_boots(struct store *s, long long run_id, const char *status, struct store_boot_row **rows,
		size_t *n, struct err *e);
void store_boots_free(struct store_boot_row *rows, size_t n);

struct store_run_row {
	long long id;
	char *suite, *plan, *baseline, *description, *status, *hostname, *cpu_model,
		*kdelta_version;
	double margin;
	uint64_t seed;
	int boots;
	long long started, ended; /* Unix time, ms; ended 0: not ended */
	long long nplanned, nok, nbroken, nrecords;
	long long nunwell; /* boots that are ok, with a workload that failed or is broken */
};
/* @run_id 0: the newest. "no run 7 in '…'" when there is none, as ERR_USAGE. */
int store_run_get(struct store *s, long long run_id, struct store_run_row *out, struct err *e);
void store_run_row_release(struct store_run_row *r);
int store_runs(struct store *s, int max, struct store_run_row **rows, size_t *n, struct err *e);

/* One (target, variant) of a run. */
struct store_variant_row {
	char *target, *variant, *twin_of, *cmdline, *kernel_key, *release, *compiler, *vmlinux_hash;
	char *accel, *qemu_version; /* of its first finished boot, or "" */
	long long text, image_size;
};
int store_variants(struct store *s, long long run_id, struct store_variant_row **rows, size_t *n,
		   struct err *e);
void store_variants_free(struct store_variant_row *rows, size_t n);

/* Workload states that are not ok, for `show` and the comparison's footnotes. */
struct store_state_row {
	char *target, *variant, *label, *state, *reason;
	int block;
};
int store_states(struct store *s, long long run_id, struct store_state_row **rows, size_t *n,
		 struct err *e);
void store_states_free(struct store_state_row *rows, size_t n);

/* Notes of a run's boots, in the order of its boots and of what each said. */
struct store_note_row {
	long long boot;
	char *target, *variant, *status; /* of the boot */
	char *label; /* of the workload; "" for a note of the boot */
	char *key, *value;
	int workload; /* number in the plan, -1: of the boot */
	int block, round, cpu;
};
/* @key NULL: all. */
int store_notes(struct store *s, long long run_id, const char *key, struct store_note_row **rows,
		size_t *n, struct err *e);
void store_notes_free(struct store_note_row *rows, size_t n);

struct store_artifact_row {
	long long boot;
	char *target, *variant, *label;
	int block;
	struct store_artifact a;
};
/* In the order of the run's boots; the paths are complete here. */
int store_artifacts(struct store *s, long long run_id, struct store_artifact_row **rows, size_t *n,
		    struct err *e);
void store_artifacts_free(struct store_artifact_row *rows, size_t n);
/* The folder of the database: what paths of artifacts are seen from. The caller frees. */
char *store_folder(const char *path);

/*
 * Load the samples of one run for comparison: for every (target, workload, metric, stat, evidence, cpu
 * summed out) the boots of @a and @b, each boot summarised over its rounds as the metric says (median).
 * Behind them, per target, the figures of both kernels as pairs of the workload COMPARE_KERNEL, evidence
 * static, where both have some: a figure that one kernel alone has (calls of a function) is 0 in the other.
 * The caller frees with comparison_free().
 */
int store_load_pairs(struct store *s, long long run_id, const char *a, const char *b,
		     struct comparison *out, struct err *e);

/* Everything that latency.h is made from, of boots and workloads that ended well. @out is initialized. */
int store_load_latency(struct store *s, long long run_id, struct latency *out, struct err *e);

/* PRAGMA integrity_check; -1 when it is not ok. */
int store_check(struct store *s, struct err *e);

#endif
