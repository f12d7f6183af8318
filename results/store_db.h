/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to store*.c: one SQLite connection with its prepared statements, and errors in kdelta's words.
 *
 * A statement is prepared once per connection and found again by the address of its text, so @sql must be
 * a constant. Bindings are given as a string of types with one argument each:
 *
 *	's' const char *	text; NULL binds ''
 *	'n' const char *	text; NULL binds NULL
 *	'i' long long		exactly this type: cast
 *	'f' double
 *	'b' const void *, size_t	blob
 *
 * Bound memory must live until the statement has run.
 */
#ifndef KDELTA_RESULTS_STORE_DB_H
#define KDELTA_RESULTS_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/err.h"

struct sqlite3;
struct sqlite3_stmt;

struct db_cached {
	const char *sql;
	struct sqlite3_stmt *st;
};

struct store {
	struct sqlite3 *db;
	char *path;
	struct db_cached *cache;
	size_t ncache, cache_cap;
};

/* What SQLite last complained about, as "cannot use database '…': the disk is full". Returns -1. */
int db_fail(struct store *s, struct err *e);

/* Run a statement that returns no rows. */
int db_run(struct store *s, struct err *e, const char *sql, const char *types, ...);
/* Start a query; NULL with @e set. Step with db_next() until it returns 0 or -1, or end with db_done(). */
struct sqlite3_stmt *db_query(struct store *s, struct err *e, const char *sql, const char *types,
			      ...);
/* 1: a row; 0: no more; -1: @e set. After 0 and -1 the query has ended. */
int db_next(struct store *s, struct sqlite3_stmt *st, struct err *e);
void db_done(struct sqlite3_stmt *st);

/* The first column of the first row as an integer: 0 and @out, 1 when there is no row, -1 with @e set. */
int db_lookup(struct store *s, struct err *e, struct sqlite3_stmt *st, long long *out);

long long db_last_id(struct store *s);
int db_changes(struct store *s);

long long db_int(struct sqlite3_stmt *st, int column);
double db_double(struct sqlite3_stmt *st, int column);
char *db_text(struct sqlite3_stmt *st, int column); /* "" for NULL; the caller frees */
char *db_text_or_null(struct sqlite3_stmt *st, int column);

/* Several statements that need no bindings. */
int db_script(struct store *s, const char *sql, struct err *e);
int db_begin(struct store *s, struct err *e);
/* Commit, or roll back when @failed or when the commit itself fails. Returns 0 or -1. */
int db_end(struct store *s, int failed, struct err *e);

/* One step of the schema: brings a database of version @to - 1 to version @to. */
struct migration {
	int to;
	const char *sql;
};

struct schema {
	int version; /* what @create makes */
	const char *create; /* a new database */
	const struct migration *steps; /* ascending in @to */
	size_t nsteps;
};

/*
 * Bring the open database to the version of @schema in one transaction: all steps or none. A database
 * that is newer, or that is not kdelta's, is an error. @readonly: only checks.
 */
int store_migrate(struct store *s, const struct schema *schema, bool readonly, struct err *e);

/* store_open() with a schema of the caller's; how the tests migrate. */
struct store *store_open_schema(const char *path, const struct schema *schema, bool readonly,
				struct err *e);

#endif
