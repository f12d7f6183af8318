// SPDX-License-Identifier: GPL-2.0
/* Objects on demand: find the file, read it by its kind's table, keep it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/config_keys.h"

struct object {
	const struct config_kind *kind;
	struct config_head *head; /* the object; its first members are the head */
};

struct config {
	char *dir;
	struct object *objects;
	size_t n, cap;
};

struct config *config_open(const char *dir, struct err *e)
{
	cleanup_free char *suites = path_join(dir, kind_suite.folder);
	struct config *c;
	char *real;

	if (!dir_exists(suites)) {
		err_set(e, ERR_USAGE,
			"'%s' is no configuration folder: it has no suites/ (see KDELTA_CONFIGS)", dir);
		return NULL;
	}
	real = realpath(dir, NULL);
	c = xcalloc(1, sizeof(*c));
	c->dir = real ? real : xstrdup(dir);
	return c;
}

void config_free(struct config *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct config_head *h = c->objects[i].head;

		c->objects[i].kind->release(h);
		free(h->name);
		free(h->file);
		free(h->description);
		free(h);
	}
	free(c->objects);
	free(c->dir);
	free(c);
}

const char *config_dir(const struct config *c)
{
	return c->dir;
}

static const struct config_kind *kind_of(const char *folder)
{
	for (const struct config_kind *const *k = config_kinds; *k; k++)
		if (!strcmp((*k)->folder, folder))
			return *k;
	return NULL;
}

int config_names(struct config *c, const char *kind, struct strv *out, struct err *e)
{
	cleanup_free char *dir = path_join(c->dir, kind);
	cleanup_strv struct strv files = STRV_INIT;

	if (!dir_exists(dir))
		return 0;
	if (dir_list(dir, ".yaml", &files, e))
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		files.v[i][strlen(files.v[i]) - strlen(".yaml")] = '\0';
		strv_push(out, files.v[i]);
	}
	/* again: "a-b" comes after "a", but "a-b.yaml" before "a.yaml" */
	strv_sort(out);
	return 0;
}

char *beside_file(const struct loader *l, const char *name)
{
	const char *slash = strrchr(l->file, '/');
	cleanup_free char *dir = slash ? xstrndup(l->file, (size_t)(slash - l->file)) : xstrdup(".");

	return path_join(dir, name);
}

static bool is_path(const char *name)
{
	return strchr(name, '/') || str_ends(name, ".yaml");
}

/* The name of an object is the name of its file. */
static char *name_of(const char *file)
{
	char *name = xstrdup(path_base(file));

	if (str_ends(name, ".yaml"))
		name[strlen(name) - strlen(".yaml")] = '\0';
	return name;
}

static int unknown_name(struct config *c, const struct config_kind *k, const char *name, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;
	cleanup_str struct str known = STR_INIT;

	if (is_path(name))
		return err_set(e, ERR_USAGE, "there is no file '%s'", name);
	if (config_names(c, k->folder, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		str_addf(&known, "%s%s", i ? ", " : "", names.v[i]);
	return err_set(e, ERR_USAGE, "'%s' is not %s; there are: %s", name, k->noun,
		       known.len ? known.buf : "none");
}

/* Levenshtein's distance, for short words; big when either is long. */
static size_t distance(const char *a, const char *b)
{
	size_t row[33], n = strlen(b);

	if (n > 32 || strlen(a) > 32)
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown_key(const struct loader *l, const struct yaml *y, struct err *e)
{
	const struct config_key *near = NULL;
	cleanup_str struct str known = STR_INIT;

	for (const struct config_key *k = l->kind->keys; k->name; k++) {
		size_t d = distance(y->key, k->name);

		if (d <= 2 && (!near || d < distance(y->key, near->name)))
			near = k;
		str_addf(&known, "%s%s", known.len ? ", " : "", k->name);
	}
	if (near)
		return yaml_key_err(l->file, y, e, "unknown key '%s' in %s; did you mean '%s'?", y->key,
				    l->kind->noun, near->name);
	return yaml_key_err(l->file, y, e, "unknown key '%s' in %s; it takes: %s", y->key,
			    l->kind->noun, known.buf);
}

static const struct config_key *key_of(const struct config_kind *kind, const char *name)
{
	for (const struct config_key *k = kind->keys; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

static bool is_extends(const struct loader *l, const struct yaml *y)
{
	return l->kind->copy && !strcmp(y->key, "extends");
}

static int read_key(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	const struct config_key *k = key_of(l->kind, y->key);

	if (is_extends(l, y))
		return 0;
	if (!k)
		return unknown_key(l, y, e);
	if (k->type == KEY_SPECIAL)
		return k->parse(l, y, object, e);
	return config_value(l->file, k, y, object, e);
}

static int check_required(struct loader *l, const struct yaml *root, struct err *e)
{
	/* what is extended has been checked itself */
	if (yaml_get(root, "extends"))
		return 0;
	for (const struct config_key *k = l->kind->keys; k->name; k++)
		if (k->required && !yaml_get(root, k->name))
			return yaml_err(l->file, root, e, "%s needs the key '%s'", l->kind->noun, k->name);
	return 0;
}

static struct config_head *load(struct config *c, const struct config_kind *kind, const char *name,
				const struct strv *chain, struct err *e);

static int cycle_error(const struct strv *chain, const char *name, const char *file,
		       const struct yaml *y, struct err *e)
{
	cleanup_str struct str s = STR_INIT;

	for (size_t i = 0; i < chain->n; i++)
		str_addf(&s, "%s → ", chain->v[i]);
	str_add(&s, name);
	return yaml_err(file, y, e, "'extends' goes round in a circle: %s", s.buf);
}

/* Start from what is extended, or from the defaults. */
static int start_values(struct loader *l, const struct yaml *root, struct config_head *h, struct err *e)
{
	const struct yaml *y = l->kind->copy ? yaml_get(root, "extends") : NULL;
	struct config_head *from;

	if (!y) {
		for (const struct config_key *k = l->kind->keys; k->name; k++)
			config_default(k, h);
		return 0;
	}
	if (y->type != YAML_SCALAR || !*y->text)
		return yaml_err(l->file, y, e, "'extends': expected the name of %s", l->kind->noun);
	if (strv_has(l->chain, y->text))
		return cycle_error(l->chain, y->text, l->file, y, e);
	from = load(l->config, l->kind, y->text, l->chain, e);
	if (!from) {
		if (!strchr(e->msg, ':') || str_starts(e->msg, "'"))
			err_prefix(e, "%s:%d:%d", l->file, y->line, y->column);
		return -1;
	}
	l->kind->copy(h, from);
	return 0;
}

static int read_object(struct loader *l, const struct yaml *root, struct config_head *h, struct err *e)
{
	if (start_values(l, root, h, e))
		return -1;
	for (size_t i = 0; i < root->n; i++)
		if (read_key(l, &root->child[i], h, e))
			return -1;
	if (check_required(l, root, e))
		return -1;
	return l->kind->finish(l, root, h, e);
}

static void keep(struct config *c, const struct config_kind *kind, struct config_head *h)
{
	struct object *o = ARRAY_PUSH(c->objects, c->n, c->cap);

	o->kind = kind;
	o->head = h;
}

static struct config_head *read_file(struct config *c, const struct config_kind *kind, const char *file,
				     const struct strv *chain, struct err *e)
{
	struct loader l = { .config = c, .kind = kind, .file = file, .chain = chain };
	struct yaml *root = yaml_load(file, e);
	struct config_head *h;
	int ret;

	if (!root)
		return NULL;
	h = xcalloc(1, kind->size);
	ret = read_object(&l, root, h, e);
	yaml_free(root);
	h->name = name_of(file);
	h->file = xstrdup(file);
	if (!h->description)
		h->description = xstrdup("");
	/* kept in any case: config_free() releases half-read ones too; only whole ones are found again */
	keep(c, kind, h);
	if (ret) {
		h->name[0] = '\0';
		return NULL;
	}
	return h;
}

static struct config_head *load(struct config *c, const struct config_kind *kind, const char *name,
				const struct strv *chain, struct err *e)
{
	cleanup_free char *folder = path_join(c->dir, kind->folder);
	cleanup_free char *leaf = xasprintf("%s.yaml", name);
	cleanup_free char *file = is_path(name) ? realpath(name, NULL) : path_join(folder, leaf);
	cleanup_strv struct strv longer = STRV_INIT;

	if (!file || !file_exists(file)) {
		unknown_name(c, kind, name, e);
		return NULL;
	}
	for (size_t i = 0; i < c->n; i++)
		if (c->objects[i].kind == kind && *c->objects[i].head->name &&
		    !strcmp(c->objects[i].head->file, file))
			return c->objects[i].head;
	if (chain)
		strv_push_all(&longer, chain);
	strv_push(&longer, name);
	return read_file(c, kind, file, &longer, e);
}

const struct source *config_source(struct config *c, const char *name, struct err *e)
{
	return (const struct source *)load(c, &kind_source, name, NULL, e);
}

const struct variant *config_variant(struct config *c, const char *name, struct err *e)
{
	return (const struct variant *)load(c, &kind_variant, name, NULL, e);
}

const struct target *config_target(struct config *c, const char *name, struct err *e)
{
	return (const struct target *)load(c, &kind_target, name, NULL, e);
}

const struct suite *config_suite(struct config *c, const char *name, struct err *e)
{
	return (const struct suite *)load(c, &kind_suite, name, NULL, e);
}

const char *config_description(struct config *c, const char *kind, const char *name, struct err *e)
{
	const struct config_kind *k = kind_of(kind);
	const struct config_head *h = k ? load(c, k, name, NULL, e) : NULL;

	return h ? h->description : NULL;
}
