// SPDX-License-Identifier: GPL-2.0
#include "results/store_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include "runner/base/str.h"

/* What a user can do something about, in words; anything else as SQLite says it. */
static const struct {
	int code; /* primary result code */
	const char *text;
} reasons[] = {
	{ SQLITE_READONLY, "it is read-only" },
	{ SQLITE_FULL, "the disk is full" },
	{ SQLITE_NOTADB, "the file is not a database" },
	{ SQLITE_CORRUPT, "the file is damaged" },
	{ SQLITE_BUSY, "another process keeps it locked" },
	{ SQLITE_LOCKED, "another process keeps it locked" },
};

static const char *reason_of(int code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return NULL;
}

int db_fail(struct store *s, struct err *e)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	int sys = sqlite3_system_errno(s->db);
	const char *text;

	/* a full disk may also show as an I/O error, of the shared-memory file for one */
	if (code == SQLITE_IOERR && (sys == ENOSPC || sys == EDQUOT))
		code = SQLITE_FULL;
	text = reason_of(code);
	if (text)
		return err_set(e, ERR_INFRA, "cannot use database '%s': %s", s->path, text);
	if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && sys)
		return err_set(e, ERR_INFRA, "cannot use database '%s': %s: %s", s->path,
			       sqlite3_errmsg(s->db), strerror(sys));
	return err_set(e, ERR_INFRA, "cannot use database '%s': %s", s->path,
		       sqlite3_errmsg(s->db));
}

static struct sqlite3_stmt *prepare(struct store *s, const char *sql, struct err *e)
{
	struct sqlite3_stmt *st;
	struct db_cached *c;

	for (size_t i = 0; i < s->ncache; i++)
		if (s->cache[i].sql == sql)
			return s->cache[i].st;
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL)) {
		db_fail(s, e);
		return NULL;
	}
	c = ARRAY_PUSH(s->cache, s->ncache, s->cache_cap);
	c->sql = sql;
	c->st = st;
	return st;
}

static int bind_text(struct sqlite3_stmt *st, int i, const char *text, const char *null)
{
	text = text ? text : null;
	return text ? sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC) : sqlite3_bind_null(st, i);
}

static int bind(struct sqlite3_stmt *st, const char *types, va_list ap)
{
	int ret = SQLITE_OK;
	const void *blob;

	for (int i = 1; *types && !ret; types++, i++) {
		switch (*types) {
		case 's':
			ret = bind_text(st, i, va_arg(ap, const char *), "");
			break;
		case 'n':
			ret = bind_text(st, i, va_arg(ap, const char *), NULL);
			break;
		case 'i':
			ret = sqlite3_bind_int64(st, i, va_arg(ap, long long));
			break;
		case 'f':
			ret = sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		case 'b':
			blob = va_arg(ap, const void *);
			ret = sqlite3_bind_blob64(st, i, blob ? blob : "", va_arg(ap, size_t),
						  SQLITE_STATIC);
			break;
		default:
			ret = SQLITE_MISUSE;
		}
	}
	return ret;
}

static struct sqlite3_stmt *query(struct store *s, struct err *e, const char *sql,
				  const char *types, va_list ap)
{
	struct sqlite3_stmt *st = prepare(s, sql, e);

	if (st && bind(st, types, ap)) {
		db_fail(s, e);
		db_done(st);
		return NULL;
	}
	return st;
}

struct sqlite3_stmt *db_query(struct store *s, struct err *e, const char *sql, const char *types,
			      ...)
{
	struct sqlite3_stmt *st;
	va_list ap;

	va_start(ap, types);
	st = query(s, e, sql, types, ap);
	va_end(ap);
	return st;
}

int db_next(struct store *s, struct sqlite3_stmt *st, struct err *e)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		db_fail(s, e);
	db_done(st);
	return code == SQLITE_DONE ? 0 : -1;
}

void db_done(struct sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

int db_run(struct store *s, struct err *e, const char *sql, const char *types, ...)
{
	struct sqlite3_stmt *st;
	va_list ap;
	int ret;

	va_start(ap, types);
	st = query(s, e, sql, types, ap);
	va_end(ap);
	if (!st)
		return -1;
	ret = db_next(s, st, e);
	if (ret > 0)
		db_done(st);
	return ret < 0 ? -1 : 0;
}

int db_lookup(struct store *s, struct err *e, struct sqlite3_stmt *st, long long *out)
{
	int ret = st ? db_next(s, st, e) : -1;

	if (ret <= 0)
		return ret ? -1 : 1;
	*out = db_int(st, 0);
	db_done(st);
	return 0;
}

long long db_last_id(struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

int db_changes(struct store *s)
{
	return sqlite3_changes(s->db);
}

long long db_int(struct sqlite3_stmt *st, int column)
{
	return sqlite3_column_int64(st, column);
}

double db_double(struct sqlite3_stmt *st, int column)
{
	return sqlite3_column_double(st, column);
}

char *db_text_or_null(struct sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return text ? xstrdup((const char *)text) : NULL;
}

char *db_text(struct sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return xstrdup(text ? (const char *)text : "");
}

int db_script(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) ? db_fail(s, e) : 0;
}

int db_begin(struct store *s, struct err *e)
{
	/* the write lock at once: a reader that turns writer cannot wait for it */
	return db_script(s, "BEGIN IMMEDIATE", e);
}

int db_end(struct store *s, int failed, struct err *e)
{
	if (!failed && !db_script(s, "COMMIT", e))
		return 0;
	/* SQLite has rolled back by itself after some errors, a full disk for one */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
