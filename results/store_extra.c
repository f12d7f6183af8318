// SPDX-License-Identifier: GPL-2.0
/* Reading: what boots said beside their numbers, and the files that they handed out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store.h"
#include "results/store_db.h"

static void read_note(struct sqlite3_stmt *st, struct store_note_row *r)
{
	r->boot = db_int(st, 0);
	r->target = db_text(st, 1);
	r->variant = db_text(st, 2);
	r->status = db_text(st, 3);
	r->block = (int)db_int(st, 4);
	r->label = db_text(st, 5);
	r->workload = (int)db_int(st, 6);
	r->round = (int)db_int(st, 7);
	r->cpu = (int)db_int(st, 8);
	r->key = db_text(st, 9);
	r->value = db_text(st, 10);
}

int store_notes(struct store *s, long long run_id, const char *key, struct store_note_row **rows,
		size_t *n, struct err *e)
{
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	st = db_query(s, e,
		      "SELECT boot.id, rv.target, rv.variant, boot.status, block.number, w.label,"
		      " ifnull(w.number, -1), note.round, note.cpu, note.key, note.value"
		      " FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"
		      " JOIN block ON block.id = boot.block_id JOIN note ON note.boot_id = boot.id"
		      " LEFT JOIN workload AS w ON w.id = note.workload_id"
		      " WHERE rv.run_id = ?1 AND (?2 IS NULL OR note.key = ?2)"
		      " ORDER BY block.id, boot.position, note.seq",
		      "in", run_id, key);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		read_note(st, ARRAY_PUSH(*rows, *n, cap));
	if (!ret)
		return 0;
	store_notes_free(*rows, *n);
	*rows = NULL;
	*n = 0;
	return -1;
}

void store_notes_free(struct store_note_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].target);
		free(rows[i].variant);
		free(rows[i].status);
		free(rows[i].label);
		free(rows[i].key);
		free(rows[i].value);
	}
	free(rows);
}

char *store_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static void read_artifact(struct sqlite3_stmt *st, const char *folder, struct store_artifact_row *r)
{
	cleanup_free char *path = db_text(st, 7);
	cleanup_free char *digest = db_text(st, 9);

	r->boot = db_int(st, 0);
	r->target = db_text(st, 1);
	r->variant = db_text(st, 2);
	r->block = (int)db_int(st, 3);
	r->label = db_text(st, 4);
	r->a.workload = (int)db_int(st, 5);
	r->a.name = db_text(st, 6);
	r->a.path = xasprintf("%s/%s", folder, path);
	r->a.size = db_int(st, 8);
	snprintf(r->a.sha256, sizeof(r->a.sha256), "%s", digest);
}

int store_artifacts(struct store *s, long long run_id, struct store_artifact_row **rows, size_t *n,
		    struct err *e)
{
	cleanup_free char *folder = store_folder(s->path);
	struct sqlite3_stmt *st;
	size_t cap = 0;
	int ret;

	*rows = NULL;
	*n = 0;
	st = db_query(s, e,
		      "SELECT boot.id, rv.target, rv.variant, block.number, w.label, w.number, a.name,"
		      " a.path, a.size, a.sha256"
		      " FROM run_variant AS rv JOIN boot ON boot.run_variant_id = rv.id"
		      " JOIN block ON block.id = boot.block_id JOIN artifact AS a ON a.boot_id = boot.id"
		      " JOIN workload AS w ON w.id = a.workload_id WHERE rv.run_id = ?"
		      " ORDER BY block.id, boot.position, w.number, a.name",
		      "i", run_id);
	if (!st)
		return -1;
	while ((ret = db_next(s, st, e)) > 0)
		read_artifact(st, folder, ARRAY_PUSH(*rows, *n, cap));
	if (!ret)
		return 0;
	store_artifacts_free(*rows, *n);
	*rows = NULL;
	*n = 0;
	return -1;
}

void store_artifacts_free(struct store_artifact_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].target);
		free(rows[i].variant);
		free(rows[i].label);
		free(rows[i].a.name);
		free(rows[i].a.path);
	}
	free(rows);
}
