// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/schema_sql.h"
#include "results/store.h"
#include "results/store_db.h"
#include "runner/base/file.h"

#define BUSY_MS 30000
#define APPLICATION_ID 1801741676 /* "kdel", as schema.sql sets it */
#define SCHEMA_VERSION 5

/* What each table is for stands in schema.sql, which is the newest version. */
static const struct migration steps[] = {
	{ 2, "CREATE TABLE kernel_value ("
	     " kernel_id INTEGER NOT NULL REFERENCES kernel (id) ON DELETE CASCADE,"
	     " metric TEXT NOT NULL, unit TEXT NOT NULL,"
	     " direction TEXT NOT NULL CHECK (direction IN ('none', 'lower', 'higher')),"
	     " seq INTEGER NOT NULL, value REAL NOT NULL,"
	     " PRIMARY KEY (kernel_id, metric)) STRICT, WITHOUT ROWID;"
	     "CREATE TABLE workload_code ("
	     " run_variant_id INTEGER NOT NULL REFERENCES run_variant (id) ON DELETE CASCADE,"
	     " workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,"
	     " digest TEXT NOT NULL,"
	     " PRIMARY KEY (run_variant_id, workload_id)) STRICT, WITHOUT ROWID" },
	{ 3,
	  "CREATE TABLE note ("
	  " boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,"
	  " seq INTEGER NOT NULL,"
	  " workload_id INTEGER REFERENCES workload (id) ON DELETE CASCADE,"
	  " round INTEGER NOT NULL, cpu INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
	  " PRIMARY KEY (boot_id, seq)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE artifact ("
	  " boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,"
	  " workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,"
	  " name TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,"
	  " PRIMARY KEY (boot_id, workload_id, name)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE collected ("
	  " workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,"
	  " metric_id INTEGER NOT NULL REFERENCES metric (id),"
	  " collector TEXT NOT NULL,"
	  " PRIMARY KEY (workload_id, metric_id)) STRICT, WITHOUT ROWID" },
	/* a sum over CPUs held the whole of cpu -1 and its parts */
	{ 4,
	  "DROP VIEW v_round;"
	  "CREATE VIEW v_round AS"
	  " SELECT rv.run_id AS run, rv.target, rv.variant, block.number AS block, boot.id AS boot,"
	  " workload.number AS workload_number, workload.label AS workload, metric.id AS metric_id,"
	  " metric.name AS metric, record.stat, record.round, metric.unit, metric.direction,"
	  " metric.evidence,"
	  " CASE record.stat"
	  " WHEN 'mean' THEN ifnull(avg(record.value) FILTER (WHERE record.cpu = -1), avg(record.value))"
	  " WHEN 'min' THEN ifnull(min(record.value) FILTER (WHERE record.cpu = -1), min(record.value))"
	  " WHEN 'max' THEN ifnull(max(record.value) FILTER (WHERE record.cpu = -1), max(record.value))"
	  " ELSE ifnull(sum(record.value) FILTER (WHERE record.cpu = -1), sum(record.value)) END AS value"
	  " FROM run_variant AS rv"
	  " JOIN boot ON boot.run_variant_id = rv.id AND boot.status = 'ok'"
	  " JOIN block ON block.id = boot.block_id"
	  " JOIN record ON record.boot_id = boot.id"
	  " JOIN workload ON workload.id = record.workload_id"
	  " JOIN workload_state AS ws"
	  " ON ws.boot_id = record.boot_id AND ws.workload_id = record.workload_id AND ws.state = 'ok'"
	  " JOIN metric ON metric.id = record.metric_id"
	  " GROUP BY rv.run_id, rv.id, boot.id, workload.id, metric.id, record.stat, record.round" },
	/* of older runs nobody knows */
	{ 5, "ALTER TABLE collected ADD COLUMN sparse INTEGER NOT NULL DEFAULT 0"
	     " CHECK (sparse IN (0, 1))" },
};

static const struct schema schema = {
	.version = SCHEMA_VERSION,
	.create = schema_sql,
	.steps = steps,
	.nsteps = sizeof(steps) / sizeof(*steps),
};

static int read_int(struct store *s, const char *sql, long long *out, struct err *e)
{
	return db_lookup(s, e, db_query(s, e, sql, ""), out);
}

static int set_version(struct store *s, int version, struct err *e)
{
	cleanup_free char *sql = xasprintf("PRAGMA user_version = %d", version);

	return db_script(s, sql, e);
}

static int run_steps(struct store *s, const struct schema *sc, int from, struct err *e)
{
	for (size_t i = 0; i < sc->nsteps; i++)
		if (sc->steps[i].to > from && db_script(s, sc->steps[i].sql, e))
			return err_prefix(e, "cannot bring the schema to version %d",
					  sc->steps[i].to);
	return set_version(s, sc->version, e);
}

/* Version of what is there; 0 for an empty file. */
static int check_version(struct store *s, const struct schema *sc, int *version, struct err *e)
{
	long long user, app, tables;

	/* the tables first: another process may be making them, and who sees them then sees whose they are */
	if (read_int(s, "SELECT count(*) FROM sqlite_schema", &tables, e) ||
	    read_int(s, "PRAGMA application_id", &app, e) ||
	    read_int(s, "PRAGMA user_version", &user, e))
		return -1;
	if (tables && app != APPLICATION_ID)
		return err_set(e, ERR_INFRA, "cannot use database '%s': it is not kdelta's",
			       s->path);
	if (user > sc->version)
		return err_set(
			e, ERR_INFRA,
			"cannot use database '%s': it has schema version %lld, this kdelta knows %d",
			s->path, user, sc->version);
	*version = tables ? (int)user : 0;
	return 0;
}

int store_migrate(struct store *s, const struct schema *sc, bool readonly, struct err *e)
{
	int version = 0, ret;

	if (check_version(s, sc, &version, e))
		return -1;
	if (version == sc->version)
		return 0;
	if (readonly)
		return err_set(e, ERR_INFRA,
			       "cannot read database '%s': it has schema version %d, and %d is needed "
			       "(the next 'kdelta run' into it brings it there)",
			       s->path, version, sc->version);
	if (db_begin(s, e))
		return -1;
	/* another process may have been here first */
	ret = check_version(s, sc, &version, e);
	if (!ret && !version)
		ret = db_script(s, sc->create, e) || set_version(s, sc->version, e);
	else if (!ret && version < sc->version)
		ret = run_steps(s, sc, version, e);
	return db_end(s, ret, e);
}

/*
 * Turning a new file into WAL needs the file alone and does not wait for it: two processes that create a
 * database at the same time would refuse each other.
 */
static int set_wal(struct store *s, struct err *e)
{
	int code = SQLITE_BUSY;

	for (int waited = 0; waited < BUSY_MS; waited += 20) {
		code = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((code & 0xff) != SQLITE_BUSY)
			break;
		sqlite3_sleep(20);
	}
	return code ? db_fail(s, e) : 0;
}

static int set_up(struct store *s, const struct schema *sc, bool readonly, struct err *e)
{
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if (!readonly && set_wal(s, e))
		return -1;
	/* a boot that was reported as stored survives a power cut too: one fsync per boot is nothing */
	if (db_script(s,
		      "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF",
		      e))
		return -1;
	return store_migrate(s, sc, readonly, e);
}

/*
 * SQLite cannot read a WAL database in a folder where it may not make the shared-memory file. When nobody
 * has left a log either, nobody has it open, and it can be read as it stands.
 */
static bool stands_still(const char *path)
{
	cleanup_free char *wal = xasprintf("%s-wal", path);
	cleanup_free char *copy = xstrdup(path);
	char *slash = strrchr(copy, '/');

	if (slash)
		slash[slash == copy] = '\0';
	return !file_exists(wal) && access(slash ? copy : ".", W_OK);
}

static char *uri_of(const char *path, const char *query)
{
	struct str s = STR_INIT;

	/* "./" takes their meaning from the names that SQLite keeps for itself, ":memory:" and "" */
	str_add(&s, *path == '/' ? "file://" : "file:./");
	for (; *path; path++)
		str_addf(&s, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
	str_add(&s, query);
	return str_detach(&s);
}

static int open_db(struct store *s, bool readonly, struct err *e)
{
	bool still = readonly && stands_still(s->path);
	cleanup_free char *uri = uri_of(s->path, still ? "?immutable=1" : "");
	int flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	if (readonly && access(s->path, F_OK))
		return err_set(e, ERR_INFRA, "cannot open database '%s': %s", s->path,
			       strerror(errno));
	/* SQLite would fall back to reading, and then say of the log beside it that there is no such file */
	if (!readonly && !access(s->path, F_OK) && access(s->path, W_OK))
		return err_errno(e, ERR_INFRA, "cannot write to database '%s'", s->path);
	if (sqlite3_open_v2(uri, &s->db, flags | SQLITE_OPEN_URI, NULL))
		return db_fail(s, e);
	return 0;
}

struct store *store_open_schema(const char *path, const struct schema *sc, bool readonly,
				struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(path);
	if (!open_db(s, readonly, e) && !set_up(s, sc, readonly, e))
		return s;
	store_close(s);
	return NULL;
}

struct store *store_open(const char *path, bool readonly, struct err *e)
{
	return store_open_schema(path, &schema, readonly, e);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->ncache; i++)
		sqlite3_finalize(s->cache[i].st);
	free(s->cache);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

int store_check(struct store *s, struct err *e)
{
	struct sqlite3_stmt *st = db_query(s, e, "PRAGMA integrity_check(1)", "");
	cleanup_free char *text = NULL;

	if (!st || db_next(s, st, e) < 0)
		return -1;
	text = db_text(st, 0);
	db_done(st);
	if (strcmp(text, "ok") != 0)
		return err_set(e, ERR_INFRA, "database '%s' is damaged: %s", s->path, text);
	return 0;
}
