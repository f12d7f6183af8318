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
			"'%s' is no configuration folder: it has no suites/ (see KDELTA_CONFIGS)",
			dir);
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
	cleanup_free char *dir = slash ? xstrndup(l->file, (size_t)(slash - l->file)) :
					 xstrdup(".");

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

static int unknown_name(struct config *c, const struct config_kind *k, const char *name,
			struct err *e)
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

static void consider(const char *name, const char *key, const char **near, struct str *known)
{
	size_t d = distance(key, name);

	if (d <= 2 && (!*near || d < distance(key, *near)))
		*near = name;
	str_addf(known, "%s%s", known->len ? ", " : "", name);
}

static int unknown_key(const struct loader *l, const struct yaml *y, struct err *e)
{
	const char *near = NULL;
	cleanup_str struct str known = STR_INIT;

	if (l->kind->copy)
		consider("extends", y->key, &near, &known);
	for (const struct config_key *k = l->kind->keys; k->name; k++)
		consider(k->name, y->key, &near, &known);
	if (near)
		return yaml_key_err(l->file, y, e, "unknown key '%s' in %s; did you mean '%s'?",
				    y->key, l->kind->noun, near);
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

/* Beside a key that stands alone, others would say something that nobody reads. */
static int check_alone(struct loader *l, const struct yaml *root, struct err *e)
{
	for (size_t i = 0; i < root->n; i++)
		if (strcmp(root->child[i].key, l->kind->alone) &&
		    strcmp(root->child[i].key, "description"))
			return yaml_key_err(l->file, &root->child[i], e,
					    "'%s' cannot stand beside '%s': each of those has its own",
					    root->child[i].key, l->kind->alone);
	return 0;
}

static int check_required(struct loader *l, const struct yaml *root, struct err *e)
{
	if (l->kind->alone && yaml_get(root, l->kind->alone))
		return check_alone(l, root, e);
	/* what is extended has been checked itself */
	if (yaml_get(root, "extends"))
		return 0;
	for (const struct config_key *k = l->kind->keys; k->name; k++)
		if (k->required && !yaml_get(root, k->name))
			return yaml_err(l->file, root, e, "%s needs the key '%s'", l->kind->noun,
					k->name);
	return 0;
}

static struct config_head *load(struct config *c, const struct config_kind *kind, const char *name,
				const struct strv *chain, struct err *e);

static int cycle_error(const struct config_kind *kind, const struct strv *chain, const char *file,
		       struct err *e)
{
	cleanup_str struct str s = STR_INIT;
	cleanup_free char *last = name_of(file);

	for (size_t i = 0; i < chain->n; i++) {
		cleanup_free char *name = name_of(chain->v[i]);

		str_addf(&s, "%s → ", name);
	}
	str_add(&s, last);
	return err_set(e, ERR_USAGE, "'%s' goes round in a circle: %s",
		       kind->alone ? kind->alone : "extends", s.buf);
}

struct config_head *config_refer(struct loader *l, const struct config_kind *kind,
				 const struct yaml *y, struct err *e)
{
	cleanup_free char *path = NULL;
	struct config_head *h;

	if (y->type != YAML_SCALAR || !*y->text) {
		yaml_err(l->file, y, e, "expected the name of %s", kind->noun);
		return NULL;
	}
	if (is_path(y->text))
		path = beside_file(l, y->text);
	h = load(l->config, kind, path ? path : y->text, kind == l->kind ? l->chain : NULL, e);
	/* an error inside the other file begins with a place of its own */
	if (!h && e->msg[0] != '/')
		err_prefix(e, "%s:%d:%d", l->file, y->line, y->column);
	return h;
}

/* Start from what is extended, or from the defaults. */
static int start_values(struct loader *l, const struct yaml *root, struct config_head *h,
			struct err *e)
{
	const struct yaml *y = l->kind->copy ? yaml_get(root, "extends") : NULL;
	struct config_head *from;

	if (!y) {
		for (const struct config_key *k = l->kind->keys; k->name; k++)
			config_default(k, h);
		return 0;
	}
	from = config_refer(l, l->kind, y, e);
	if (!from)
		return -1;
	l->kind->copy(h, from);
	return 0;
}

static int read_object(struct loader *l, const struct yaml *root, struct config_head *h,
		       struct err *e)
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

static struct config_head *loaded(const struct config *c, const struct config_kind *kind,
				  const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->objects[i].kind == kind && !strcmp(c->objects[i].head->name, name))
			return c->objects[i].head;
	return NULL;
}

static void keep(struct config *c, const struct config_kind *kind, struct config_head *h)
{
	struct object *o = ARRAY_PUSH(c->objects, c->n, c->cap);

	o->kind = kind;
	o->head = h;
}

/* Runs are stored by name: two objects of one name would be one there. */
static int check_name(const struct config *c, const struct config_kind *kind, const char *file,
		      const char *name, struct err *e)
{
	const struct config_head *other = loaded(c, kind, name);

	if (!other)
		return 0;
	return err_set(e, ERR_USAGE, "'%s' needs another name, for '%s' is called '%s' too", file,
		       other->file, name);
}

static struct config_head *read_file(struct config *c, const struct config_kind *kind,
				     const char *file, const struct strv *chain, struct err *e)
{
	struct loader l = { .config = c, .kind = kind, .file = file, .chain = chain };
	cleanup_free char *name = name_of(file);
	struct yaml *root = yaml_load(file, e);
	struct config_head *h;
	int ret;

	if (!root)
		return NULL;
	h = xcalloc(1, kind->size);
	ret = read_object(&l, root, h, e);
	yaml_free(root);
	if (!ret)
		ret = check_name(c, kind, file, name, e);
	/* kept in any case: config_free() releases half-read ones too; only whole ones are found again */
	h->name = xstrdup(ret ? "" : name);
	h->file = xstrdup(file);
	if (!h->description)
		h->description = xstrdup("");
	keep(c, kind, h);
	return ret ? NULL : h;
}

static struct config_head *load(struct config *c, const struct config_kind *kind, const char *name,
				const struct strv *chain, struct err *e)
{
	cleanup_free char *folder = path_join(c->dir, kind->folder);
	cleanup_free char *leaf = xasprintf("%s.yaml", name);
	cleanup_free char *file = is_path(name) ? realpath(name, NULL) : path_join(folder, leaf);
	cleanup_free char *own_name = file ? name_of(file) : NULL;
	cleanup_strv struct strv longer = STRV_INIT;
	struct config_head *h = own_name ? loaded(c, kind, own_name) : NULL;

	/* what was read from elsewhere is known by its name from then on */
	if (h && (!is_path(name) || !strcmp(h->file, file)))
		return h;
	if (!file || !file_exists(file)) {
		unknown_name(c, kind, name, e);
		return NULL;
	}
	if (chain && strv_has(chain, file)) {
		cycle_error(kind, chain, file, e);
		return NULL;
	}
	if (chain)
		strv_push_all(&longer, chain);
	strv_push(&longer, file);
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
