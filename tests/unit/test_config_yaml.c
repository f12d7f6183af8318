// SPDX-License-Identifier: GPL-2.0
/* YAML: the tree with its places, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/str.h"
#include "runner/yaml.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct place {
	char *dir, *file;
};

static int setup(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	struct str dir = STR_INIT;

	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	p->dir = str_detach(&dir);
	p->file = path_join(p->dir, "f.yaml");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	tree_remove(p->dir, NULL);
	free(p->dir);
	free(p->file);
	free(p);
	return 0;
}

static struct yaml *load(const struct place *p, const char *text, size_t len, struct err *e)
{
	FILE *f = fopen(p->file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return yaml_load(p->file, e);
}

/* "{key@1:1=text@1:6 list@2:1=[a@2:8]}" */
static void describe(const struct yaml *y, struct str *out)
{
	const char *brackets = y->type == YAML_MAP ? "{}" : "[]";

	if (y->type == YAML_SCALAR) {
		str_addf(out, "%s@%d:%d", y->text, y->line, y->column);
		return;
	}
	str_addch(out, brackets[0]);
	for (size_t i = 0; i < y->n; i++) {
		const struct yaml *c = &y->child[i];

		if (i)
			str_addch(out, ' ');
		if (c->key)
			str_addf(out, "%s@%d:%d=", c->key, c->key_line, c->key_column);
		describe(c, out);
	}
	str_addch(out, brackets[1]);
}

static void trees(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "scalars", "a: 1\nbee:  two words\n", "{a@1:1=1@1:4 bee@2:1=two words@2:7}" },
		{ "no value is where its key is", "a:\nb: 1\n", "{a@1:1=@1:1 b@2:1=1@2:4}" },
		{ "quotes", "a: \"1 # 2\"\n'b': 'it''s'\n", "{a@1:1=1 # 2@1:4 b@2:1=it's@2:6}" },
		{ "flow list", "a: [x, y]\n", "{a@1:1=[x@1:5 y@1:8]}" },
		{ "block list", "a:\n  - x\n  - y\n", "{a@1:1=[x@2:5 y@3:5]}" },
		{ "list of maps", "w:\n  - k: {size: [1, 2]}\n  - none\n",
		  "{w@1:1=[{k@2:5={size@2:9=[1@2:16 2@2:19]}} none@3:5]}" },
		{ "empty list", "a: []\n", "{a@1:1=[]}" },
		{ "empty map", "a: {}\n", "{a@1:1={}}" },
		{ "comments", "# one\na: 1 # two\n", "{a@2:1=1@2:4}" },
		{ "folded lines", "a: one\n  two\n", "{a@1:1=one two@1:4}" },
		{ "not only ASCII", "a: grün → rot\n", "{a@1:1=grün → rot@1:4}" },
		{ "byte order mark",
		  "\xef\xbb\xbf"
		  "a: 1\n",
		  "{a@1:1=1@1:4}" },
		{ "line ends of elsewhere", "a: 1\r\nb: 2\r\n", "{a@1:1=1@1:4 b@2:1=2@2:4}" },
		{ "start of the document", "---\na: 1\n...\n", "{a@2:1=1@2:4}" },
		{ "no newline at the end", "a: 1", "{a@1:1=1@1:4}" },
		{ "an escape that is text", "a: \"\\u00e4\"\n", "{a@1:1=ä@1:4}" },
	};

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;
		struct err e = ERR_INIT;
		struct yaml *y = load(*state, rows[i].text, strlen(rows[i].text), &e);

		if (y)
			describe(y, &got);
		yaml_free(y);
		if (!y || strcmp(got.buf, rows[i].want))
			fail_msg("%s\ninput: %s\ngot:   %s%s\nwant:  %s", rows[i].name,
				 rows[i].text, got.buf, e.msg, rows[i].want);
	}
}

static void check_refused(const struct place *p, const char *name, const char *text, size_t len,
			  const char *want)
{
	struct err e = ERR_INIT;
	struct yaml *y = load(p, text, len, &e);
	cleanup_free char *full = xasprintf("%s:%s", p->file, want);

	if (y || e.kind != ERR_USAGE || strcmp(e.msg, full)) {
		yaml_free(y);
		fail_msg("%s\ninput: %.200s\ngot:   %s (kind %d)\nwant:  %s", name, text,
			 y ? "(accepted)" : e.msg, (int)e.kind, full);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "nothing", "", "1:1: expected a map of keys and values" },
		{ "a comment", "# a: 1\n", "1:1: expected a map of keys and values" },
		{ "a list", "- a\n", "1:1: expected a map of keys and values" },
		{ "a word", "word\n", "1:1: expected a map of keys and values" },
		{ "a key twice", "a: 1\nb: 2\na: 3\n",
		  "3:1: key 'a' stands twice; the first is on line 1" },
		{ "twice, further down", "x:\n  a: 1\n  a: 2\n",
		  "3:3: key 'a' stands twice; the first is on line 2" },
		{ "an alias", "a: &x 1\nb: *x\n",
		  "2:4: aliases ('*name') are not understood here" },
		{ "a merge key", "a: &x {c: 1}\nb:\n  <<: *x\n",
		  "3:7: aliases ('*name') are not understood here" },
		{ "a tag", "a: !x 1\n", "1:1: tags ('!name') are not understood here" },
		{ "a tag of a list", "b: 1\na: !x [1]\n",
		  "2:1: tags ('!name') are not understood here" },
		{ "a tag on the top", "!x\na: 1\n", "1:1: tags ('!name') are not understood here" },
		{ "a tag on a key", "!x a: 1\n", "1:4: a key must be a plain word" },
		{ "a line break in a key", "\"a\\nb\": 1\n", "1:1: a key must be a plain word" },
		{ "a list as a key", "? [a]\n: 1\n", "1:1: a key must be a plain word" },
		{ "an open list", "a: [1, 2\n", "2:1: flow sequence without a closing bracket" },
		{ "an open quote", "a: \"1\n", "1:5: double-quoted scalar without closing quote" },
		{ "a tab", "\ta: 1\n", "1:1: invalid tab as indendation in a mapping" },
		{ "a NUL by escape", "a: \"x\\0y\"\n", "1:4: a control character in a value" },
		{ "an ESC by escape", "a: \"\\e[2J\"\n", "1:4: a control character in a value" },
		{ "an ESC", "a: 1\nb: \x1b[2J\n", "2:4: byte 0x1b is no UTF-8 text" },
		{ "half a character", "a: gr\xc3\n", "1:6: byte 0xc3 is no UTF-8 text" },
		{ "an overlong character", "a: \xc0\xaf\n", "1:4: byte 0xc0 is no UTF-8 text" },
		{ "a lone continuation", "a: \x80\n", "1:4: byte 0x80 is no UTF-8 text" },
		{ "a character cut by the end", "a: \xe2\x86", "1:4: byte 0xe2 is no UTF-8 text" },
		{ "a second document", "a: 1\n---\nb: 2\n",
		  "1:1: expected one document, and a second one follows" },
		{ "rubbish after the end", "a: 1\n...\n[\n",
		  "4:1: flow sequence without a closing bracket" },
	};

	for (size_t i = 0; i < NROWS(rows); i++)
		check_refused(*state, rows[i].name, rows[i].text, strlen(rows[i].text),
			      rows[i].want);
	check_refused(*state, "a NUL", "a: 1\0b: 2\n", 10, "1:5: byte 0x00 is no UTF-8 text");
}

static void repeat(struct str *out, const char *text, int n)
{
	for (int i = 0; i < n; i++)
		str_add(out, text);
}

/* Small files that would cost much. */
static void limits(void **state)
{
	const struct place *p = *state;
	cleanup_str struct str deep = STR_INIT, bomb = STR_INIT, many = STR_INIT, list = STR_INIT;
	cleanup_str struct str big = STR_INIT;
	struct err e = ERR_INIT;

	str_add(&deep, "a: ");
	repeat(&deep, "[", 16);
	repeat(&deep, "]", 16);
	check_refused(p, "nested lists", deep.buf, deep.len,
		      "1:1: nested more than 16 levels deep");
	str_reset(&deep);
	str_add(&deep, "a: ");
	repeat(&deep, "[", 100000);
	check_refused(p, "very deep", deep.buf, deep.len, "1:66: Max depth (64) exceeded");
	str_add(&bomb, "a: &a [x, x, x, x]\n");
	for (int c = 'b'; c < 'z'; c++)
		str_addf(&bomb, "%c: &%c [*%c, *%c, *%c]\n", c, c, c - 1, c - 1, c - 1);
	check_refused(p, "a bomb", bomb.buf, bomb.len,
		      "2:8: aliases ('*name') are not understood here");
	for (int i = 0; i < 4097; i++) {
		str_addf(&many, "k%d: 1\n", i);
		str_addf(&list, "%s%d", i ? ", " : "a: [", i);
	}
	str_add(&list, "]\n");
	check_refused(p, "many keys", many.buf, many.len, "1:1: more than 4096 entries");
	check_refused(p, "a long list", list.buf, list.len, "1:1: more than 4096 entries");
	repeat(&big, "# 0123456789\n", 90000);
	assert_null(load(p, big.buf, big.len, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.msg, "larger than 1048576 bytes"));
}

static void missing_file(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_null(yaml_load("/nonexistent/x.yaml", &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.msg, "'/nonexistent/x.yaml'"));
}

/* Whatever a damaged file says: a tree, or one line with a place. */
static void damaged(void **state)
{
	static const char good[] = "# c\ndescription: a \"b\"\nlist: [1, {k: v}, \"x\\n\"]\n"
				   "map:\n  - none\n  - deep: {size: [64, 512], order: mixed}\n";
	static const char replacements[] = "\0\n\t \"'[]{}:,-#&*!|>%@`?\\\x80\xff";
	const struct place *p = *state;
	cleanup_free char *prefix = xasprintf("%s:", p->file);

	for (size_t i = 0; i + 1 < sizeof(good); i++) {
		for (size_t k = 0; k + 1 < sizeof(replacements); k++) {
			char text[sizeof(good)];
			struct err e = ERR_INIT;
			struct yaml *y;

			memcpy(text, good, sizeof(good));
			text[i] = replacements[k];
			y = load(p, text, sizeof(good) - 1, &e);
			if (!y && (!str_starts(e.msg, prefix) || strchr(e.msg, '\n')))
				fail_msg("byte %zu as 0x%02x: '%s'", i, (unsigned char)text[i],
					 e.msg);
			yaml_free(y);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(trees, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test(missing_file),
		cmocka_unit_test_setup_teardown(damaged, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
