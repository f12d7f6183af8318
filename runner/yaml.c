// SPDX-License-Identifier: GPL-2.0
#include "runner/yaml.h"

#include <ctype.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/str.h"

#define SIZE_MAX_FILE ((size_t)1 << 20)
#define DEPTH_MAX 16
#define CHILDREN_MAX 4096 /* of one list or map; looking for a key twice is quadratic */

static int place_err(const char *path, int line, int column, struct err *e, const char *fmt,
		     va_list ap) __attribute__((format(printf, 5, 0)));

static int place_err(const char *path, int line, int column, struct err *e, const char *fmt,
		     va_list ap)
{
	cleanup_str struct str s = STR_INIT;

	str_addv(&s, fmt, ap);
	return err_set(e, ERR_USAGE, "%s:%d:%d: %s", path, line, column, s.buf);
}

int yaml_err(const char *path, const struct yaml *y, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	place_err(path, y->line, y->column, e, fmt, ap);
	va_end(ap);
	return -1;
}

int yaml_key_err(const char *path, const struct yaml *y, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	place_err(path, y->key ? y->key_line : y->line, y->key ? y->key_column : y->column, e, fmt,
		  ap);
	va_end(ap);
	return -1;
}

static void release(struct yaml *y)
{
	for (size_t i = 0; i < y->n; i++)
		release(&y->child[i]);
	free(y->child);
	free(y->text);
	free(y->key);
}

void yaml_free(struct yaml *y)
{
	if (!y)
		return;
	release(y);
	free(y);
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->child[i].key && !strcmp(map->child[i].key, key))
			return &map->child[i];
	return NULL;
}

struct convert {
	const char *path;
	struct err *e;
	int depth;
};

static int convert(struct convert *c, struct fy_node *n, struct yaml *out);

/* libfyaml's mark stands behind the quote of a quoted scalar and the '*' of an alias. */
static int behind_mark(struct fy_node *n, struct fy_token *t)
{
	enum fy_scalar_style style = fy_token_scalar_style(t);

	return fy_node_is_alias(n) || style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static void scalar_place(struct fy_node *n, int *line, int *column)
{
	struct fy_token *t = fy_node_get_scalar_token(n);
	const struct fy_mark *m = t ? fy_token_start_mark(t) : NULL;

	/* an empty value has no token: it is where its key is */
	if (m || !*line) {
		*line = m ? m->line + 1 : 1;
		*column = m ? m->column + 1 - behind_mark(n, t) : 1;
	}
}

/* Escapes as "\0" and "\e" make characters that no value needs: a NUL would hide what follows it from
 * every later check, others would reach the terminal with the message. */
static char *scalar_text(struct fy_node *n)
{
	size_t len = 0;
	const char *p = fy_node_get_scalar(n, &len);

	for (size_t i = 0; p && i < len; i++)
		if (iscntrl((unsigned char)p[i]) && p[i] != '\n' && p[i] != '\t')
			return NULL;
	return xstrndup(p ? p : "", len);
}

static int convert_scalar(struct convert *c, struct fy_node *n, struct yaml *out)
{
	out->type = YAML_SCALAR;
	scalar_place(n, &out->line, &out->column);
	if (fy_node_is_alias(n))
		return yaml_err(c->path, out, c->e, "aliases ('*name') are not understood here");
	out->text = scalar_text(n);
	if (!out->text)
		return yaml_err(c->path, out, c->e, "a control character in a value");
	return 0;
}

static struct yaml *new_child(struct convert *c, struct yaml *out)
{
	if (out->n < CHILDREN_MAX)
		return ARRAY_PUSH(out->child, out->n, out->cap);
	yaml_err(c->path, out, c->e, "more than %d entries", CHILDREN_MAX);
	return NULL;
}

static int convert_list(struct convert *c, struct fy_node *n, struct yaml *out)
{
	void *it = NULL;
	struct fy_node *item;

	out->type = YAML_LIST;
	while ((item = fy_node_sequence_iterate(n, &it))) {
		struct yaml *child = new_child(c, out);

		/* an item that is an empty list has no place of its own */
		if (!child)
			return -1;
		child->line = out->line;
		child->column = out->column;
		if (convert(c, item, child))
			return -1;
	}
	return 0;
}

static int convert_pair(struct convert *c, struct fy_node_pair *pair, struct yaml *out)
{
	struct fy_node *key = fy_node_pair_key(pair);
	struct fy_node *value = fy_node_pair_value(pair);
	struct yaml *child;

	if (!key || !fy_node_is_scalar(key))
		return yaml_err(c->path, out, c->e, "a key must be a plain word");
	child = new_child(c, out);
	if (!child)
		return -1;
	scalar_place(key, &child->key_line, &child->key_column);
	child->key = scalar_text(key);
	if (!child->key || strpbrk(child->key, "\n\t") || fy_node_is_alias(key) ||
	    fy_node_get_tag(key, NULL))
		return yaml_key_err(c->path, child, c->e, "a key must be a plain word");
	for (size_t i = 0; i + 1 < out->n; i++)
		if (!strcmp(out->child[i].key, child->key))
			return yaml_key_err(c->path, child, c->e,
					    "key '%s' stands twice; the first is on line %d",
					    child->key, out->child[i].key_line);
	child->line = child->key_line;
	child->column = child->key_column;
	if (!value) {
		child->text = xstrdup("");
		return 0;
	}
	return convert(c, value, child);
}

static int convert_map(struct convert *c, struct fy_node *n, struct yaml *out)
{
	void *it = NULL;
	struct fy_node_pair *pair;

	out->type = YAML_MAP;
	while ((pair = fy_node_mapping_iterate(n, &it)))
		if (convert_pair(c, pair, out))
			return -1;
	return 0;
}

static int convert(struct convert *c, struct fy_node *n, struct yaml *out)
{
	int ret;

	if (!out->line)
		out->line = out->column = 1;
	if (fy_node_get_tag(n, NULL))
		return yaml_err(c->path, out, c->e, "tags ('!name') are not understood here");
	if (c->depth >= DEPTH_MAX)
		return yaml_err(c->path, out, c->e, "nested more than %d levels deep", DEPTH_MAX);
	c->depth++;
	if (fy_node_is_sequence(n))
		ret = convert_list(c, n, out);
	else if (fy_node_is_mapping(n))
		ret = convert_map(c, n, out);
	else
		ret = convert_scalar(c, n, out);
	c->depth--;
	/* a list or map is where its first child is */
	if (out->type != YAML_SCALAR && out->n) {
		out->line = out->child[0].key ? out->child[0].key_line : out->child[0].line;
		out->column = out->child[0].key ? out->child[0].key_column : out->child[0].column;
	}
	return ret;
}

static void syntax_error(const char *path, struct fy_diag *diag, struct err *e)
{
	void *it = NULL;
	const struct fy_diag_error *d = fy_diag_errors_iterate(diag, &it);
	const char *msg = d && d->msg ? d->msg : "expected a map of keys and values";

	/* libfyaml counts from 0 in marks and from 1 in collected errors */
	err_set(e, ERR_USAGE, "%s:%d:%d: %.*s", path, d ? d->line : 1, d ? d->column : 1,
		(int)strcspn(msg, "\n"), msg);
}

static struct yaml *convert_document(const char *path, struct fy_document *doc, struct err *e)
{
	struct convert c = { .path = path, .e = e };
	struct fy_node *root = fy_document_root(doc);
	struct yaml *y;

	if (!root || !fy_node_is_mapping(root)) {
		err_set(e, ERR_USAGE, "%s:1:1: expected a map of keys and values", path);
		return NULL;
	}
	y = xcalloc(1, sizeof(*y));
	if (convert(&c, root, y)) {
		yaml_free(y);
		return NULL;
	}
	return y;
}

/* What follows a "---" would be dropped without a word. */
static int check_end(const char *path, struct fy_parser *fyp, struct fy_diag *diag, struct err *e)
{
	struct fy_document *second = fy_parse_load_document(fyp);

	if (second) {
		fy_parse_document_destroy(fyp, second);
		return err_set(e, ERR_USAGE,
			       "%s:1:1: expected one document, and a second one follows", path);
	}
	if (!fy_parser_get_stream_error(fyp))
		return 0;
	syntax_error(path, diag, e);
	return -1;
}

static struct yaml *parse(const char *path, const struct str *text, struct fy_diag *diag,
			  struct err *e)
{
	/* duplicate keys are found by convert_pair(), which can name both places */
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS,
				    .diag = diag };
	struct fy_parser *fyp = fy_parser_create(&cfg);
	struct fy_document *doc;
	struct yaml *y = NULL;

	if (!fyp || fy_parser_set_string(fyp, text->buf, text->len)) {
		err_set(e, ERR_INFRA, "cannot start the YAML parser");
	} else if (!(doc = fy_parse_load_document(fyp))) {
		syntax_error(path, diag, e);
	} else {
		y = convert_document(path, doc, e);
		fy_parse_document_destroy(fyp, doc);
		if (y && check_end(path, fyp, diag, e)) {
			yaml_free(y);
			y = NULL;
		}
	}
	fy_parser_destroy(fyp);
	return y;
}

/* How many bytes the character at @p takes; 0: it is no UTF-8, or no text. */
static size_t char_size(const unsigned char *p, size_t left)
{
	size_t n = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : 4;

	if (n == 1)
		return iscntrl(*p) && !strchr("\t\n\r", *p) ? 0 : 1;
	if (*p < 0xc2 || *p > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* libfyaml 0.7 ends the file at a byte that is no text, and calls what was before it the whole. */
static int check_text(const char *path, const struct str *text, struct err *e)
{
	const unsigned char *p = (const unsigned char *)text->buf;
	int line = 1, column = 1;

	for (size_t i = 0, n; i < text->len; i += n) {
		n = p[i] ? char_size(p + i, text->len - i) : 0;
		if (!n)
			return err_set(e, ERR_USAGE, "%s:%d:%d: byte 0x%02x is no UTF-8 text", path,
				       line, column, p[i]);
		column = p[i] == '\n' ? 1 : column + 1;
		line += p[i] == '\n';
	}
	return 0;
}

struct yaml *yaml_load(const char *path, struct err *e)
{
	struct fy_diag_cfg dcfg;
	struct fy_diag *diag;
	cleanup_str struct str text = STR_INIT;
	struct yaml *y;

	if (file_read(path, SIZE_MAX_FILE, &text, e)) {
		e->kind = ERR_USAGE;
		return NULL;
	}
	if (check_text(path, &text, e))
		return NULL;
	fy_diag_cfg_default(&dcfg);
	dcfg.fp = NULL;
	dcfg.colorize = false;
	diag = fy_diag_create(&dcfg);
	if (!diag) {
		err_set(e, ERR_INFRA, "cannot start the YAML parser");
		return NULL;
	}
	fy_diag_set_collect_errors(diag, true);
	y = parse(path, &text, diag, e);
	fy_diag_destroy(diag);
	return y;
}
