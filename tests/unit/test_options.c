// SPDX-License-Identifier: GPL-2.0
/* Command lines: what is understood, what is refused, and that help and man page tell all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/command.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct opts {
	bool dry_run;
	int boots;
	uint64_t seed;
	const char *db;
	struct strv only;
	const char *format, *image;
};

static const char *const formats[] = { "text", "json", NULL };

static const struct option_desc descs[] = {
	{ "dry-run", 'n', OPT_FLAG, NULL, 0, 0, NULL, offsetof(struct opts, dry_run),
	  "start nothing" },
	{ "boots", 'b', OPT_INT, "N", 1, 10000, NULL, offsetof(struct opts, boots),
	  "boots per target" },
	{ "seed", 0, OPT_U64, "N", 0, 0, NULL, offsetof(struct opts, seed), "seed of the order" },
	{ "db", 'd', OPT_STRING, "FILE", 0, 0, NULL, offsetof(struct opts, db),
	  "'.' and \\ and -- in one line that is long enough to be broken into two by whoever prints it" },
	{ "only", 0, OPT_LIST, NULL, 0, 0, NULL, offsetof(struct opts, only),
	  "leave the others out" },
	{ "image", 0, OPT_STRING, "PKG,…", 0, 0, NULL, offsetof(struct opts, image),
	  "a character of three bytes" },
	{ "format", 'f', OPT_ENUM, "FORMAT", 0, 0, formats, offsetof(struct opts, format),
	  "text, json" },
	{ .name = NULL },
};

static const struct command with_rest = {
	.name = "test",
	.usage = "SUITE [options] [-- CMD…]",
	.summary = "a test",
	.help = ".starts with a dot, has a \\ and a - in it\n'and a second line with a quote",
	.examples = "kdelta test a --boots 3     three boots\n.kdelta test b              one",
	.options = descs,
	.min_args = 1,
	.max_args = 2,
	.rest = true,
	.size = sizeof(struct opts),
};

static void join(const char *key, const struct strv *v, struct str *out)
{
	for (size_t i = 0; i < v->n; i++)
		str_addf(out, "%s%s%s", i ? "," : key, i ? "" : "=", v->v[i]);
	str_add(out, v->n ? " " : "");
}

/* What came out of a command line, whose arguments stand between ' '; "~" stands for an empty one, and "~x" for " x". */
static char *parse(const struct command *c, const char *line)
{
	cleanup_strv struct strv words = STRV_INIT, args = STRV_INIT, rest = STRV_INIT;
	struct opts o = { 0 };
	struct err e = ERR_INIT;
	struct str out = STR_INIT;
	bool help = false;

	strv_split(&words, line, " ");
	for (size_t i = 0; i < words.n; i++)
		for (char *p = words.v[i]; *p; p++)
			*p = *p == '~' ? (p[1] ? ' ' : '\0') : *p;
	if (options_parse(c, (int)words.n, words.v, &o, &args, &rest, &help, &e)) {
		assert_int_equal(e.kind, ERR_USAGE);
		str_add(&out, e.msg);
		strv_release(&o.only);
		return str_detach(&out);
	}
	if (help)
		str_add(&out, "help ");
	join("args", &args, &out);
	join("rest", &rest, &out);
	if (o.dry_run)
		str_add(&out, "dry ");
	if (o.boots)
		str_addf(&out, "boots=%d ", o.boots);
	if (o.seed)
		str_addf(&out, "seed=%llu ", (unsigned long long)o.seed);
	if (o.db)
		str_addf(&out, "db=%s ", o.db);
	join("only", &o.only, &out);
	if (o.format)
		str_addf(&out, "format=%s ", o.format);
	strv_release(&o.only);
	return str_detach(&out);
}

static void rows(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} table[] = {
		{ "one argument", "a", "args=a " },
		{ "two arguments", "a b", "args=a,b " },
		{ "none", "", "usage: kdelta test SUITE [options] [-- CMD…]" },
		{ "three", "a b c", "usage: kdelta test SUITE [options] [-- CMD…]" },
		{ "a flag", "a --dry-run", "args=a dry " },
		{ "a letter before", "-n a", "args=a dry " },
		{ "a flag with a value", "a --dry-run=1", "option '--dry-run' takes no value" },
		{ "a letter with a value", "a -nx", "option '--dry-run' takes no value" },
		{ "a number apart", "a --boots 3", "args=a boots=3 " },
		{ "a number attached", "a --boots=3", "args=a boots=3 " },
		{ "a letter, apart", "a -b 3", "args=a boots=3 " },
		{ "a letter, attached", "a -b3", "args=a boots=3 " },
		{ "the last counts", "a -b3 --boots=4", "args=a boots=4 " },
		{ "the least", "a -b 1", "args=a boots=1 " },
		{ "the most", "a -b 10000", "args=a boots=10000 " },
		{ "less", "a -b 0", "'--boots 0': expected a number from 1 to 10000" },
		{ "more", "a -b 10001", "'--boots 10001': expected a number from 1 to 10000" },
		{ "a word", "a -b x", "'--boots x': expected a number from 1 to 10000" },
		{ "a tail", "a -b 3x", "'--boots 3x': expected a number from 1 to 10000" },
		{ "an empty value", "a --boots=", "'--boots ': expected a number from 1 to 10000" },
		{ "an empty argument", "a --boots ~",
		  "'--boots ': expected a number from 1 to 10000" },
		{ "too long for any number", "a -b 99999999999999999999",
		  "'--boots 99999999999999999999': expected a number from 1 to 10000" },
		{ "no value", "a --boots", "option '--boots' needs a value: N" },
		{ "no value for a list", "a --only", "option '--only' needs a value: VALUE" },
		{ "a seed", "a --seed 9223372036854775807", "args=a seed=9223372036854775807 " },
		{ "a seed the database cannot keep", "a --seed 9223372036854775808",
		  "'--seed 9223372036854775808': expected a number from 0 to 9223372036854775807" },
		{ "a negative seed", "a --seed -1",
		  "'--seed -1': expected a number from 0 to 9223372036854775807" },
		{ "a negative seed behind a blank", "a --seed ~-18446744073709551615",
		  "'--seed  -18446744073709551615': expected a number from 0 to "
		  "9223372036854775807" },
		{ "a string", "a --db x=y", "args=a db=x=y " },
		{ "a string with '='", "a --db=x=y", "args=a db=x=y " },
		{ "a string like an option", "a --db -n", "args=a db=-n " },
		{ "an empty string", "a --db=", "args=a db= " },
		{ "a list", "a --only x --only=y", "args=a only=x,y " },
		{ "a choice", "a -f json", "args=a format=json " },
		{ "no choice", "a -f xml", "'--format xml': expected one of text, json" },
		{ "an unknown option", "a --boot 3",
		  "unknown option '--boot'; 'kdelta help test' lists them" },
		{ "a longer name", "a --bootss=3",
		  "unknown option '--bootss=3'; 'kdelta help test' lists them" },
		{ "an unknown letter", "a -x",
		  "unknown option '-x'; 'kdelta help test' lists them" },
		{ "no name", "a --=3", "unknown option '--=3'; 'kdelta help test' lists them" },
		{ "a dash is an argument", "-", "args=- " },
		{ "help", "--help", "help " },
		{ "help by letter, anywhere", "a b c -h", "help args=a,b,c " },
		{ "help as a value", "a --db --help", "args=a db=--help " },
		{ "rest", "a -- uname -a -- b", "args=a rest=uname,-a,--,b " },
		{ "nothing behind --", "a --", "args=a " },
		{ "an option behind --", "a -- --help", "args=a rest=--help " },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(table); i++) {
		cleanup_free char *got = parse(&with_rest, table[i].input);

		if (strcmp(got, table[i].want) != 0)
			fail_msg("%s\ninput: %s\ngot:   %s\nwant:  %s", table[i].name,
				 table[i].input, got, table[i].want);
	}
}

static void no_rest(void **state)
{
	struct command c = with_rest;
	cleanup_free char *got = NULL, *bare = NULL, *any = NULL;

	(void)state;
	c.rest = false;
	got = parse(&c, "a -- -n");
	assert_string_equal(got, "args=a,-n ");
	c.options = NULL;
	bare = parse(&c, "a --dry-run");
	assert_string_equal(bare, "unknown option '--dry-run'; 'kdelta help test' lists them");
	c.max_args = -1;
	any = parse(&c, "a b c d");
	assert_string_equal(any, "args=a,b,c,d ");
}

static void contains(const char *text, const char *want)
{
	if (!strstr(text, want))
		fail_msg("want: %s\nin:\n%s", want, text);
}

static void help_tells_all(void **state)
{
	cleanup_str struct str out = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;

	(void)state;
	options_help(&with_rest, &out);
	contains(out.buf, "usage: kdelta test SUITE [options] [-- CMD…]\n");
	contains(out.buf, "\n  -n, --dry-run         start nothing\n");
	contains(out.buf, "\n  -b, --boots N         boots per target\n");
	contains(out.buf, "\n  --only VALUE          leave the others out\n");
	contains(out.buf, "\n  --image PKG,…         a character of three bytes\n");
	contains(out.buf, "\n  -h, --help            show this\n");
	contains(out.buf, "  kdelta test a --boots 3     three boots\n");
	for (const struct option_desc *o = descs; o->name; o++) {
		cleanup_free char *name = xasprintf("--%s", o->name);

		contains(out.buf, name);
	}
	strv_split(&lines, out.buf, "\n");
	for (size_t i = 0; i < lines.n; i++)
		assert_in_range(strlen(lines.v[i]), 1, 100);
}

/* No line of text may be taken for a request, and every escape is one that troff knows. */
static void man_is_troff(void **state)
{
	static const struct command *const all[] = { &with_rest, NULL };
	static const char *const requests[] = { ".TH ", ".SH ", ".SS ", ".TP", ".B ",
						".I ",  ".PP",  ".nf",  ".fi", NULL };
	cleanup_str struct str out = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;

	(void)state;
	options_man(all, &out);
	contains(out.buf, "\\-\\-boots N");
	contains(out.buf, "\\&.starts with a dot, has a \\e and a \\- in it\n");
	strv_split(&lines, out.buf, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *l = lines.v[i];
		bool known = *l != '.' && *l != '\'';

		for (const char *const *r = requests; *r; r++)
			known = known || str_starts(l, *r);
		if (!known)
			fail_msg("'%s' is taken for a request", l);
		for (const char *p = strchr(l, '\\'); p; p = strchr(p + 2, '\\'))
			assert_non_null(strchr("-e&", p[1]));
	}
}

static void man_formats(void **state)
{
	static const struct command *const all[] = { &with_rest, NULL };
	const char *argv[] = { "groff", "-man", "-Tutf8", "-ww", "-K", "utf8", NULL, NULL };
	cleanup_str struct str page = STR_INIT, dir = STR_INIT, out = STR_INIT;
	cleanup_free char *groff = proc_which("groff"), *file = NULL;
	struct proc p = PROC_INIT;
	struct proc_result r;
	struct err e = ERR_INIT;

	(void)state;
	if (!groff)
		skip();
	options_man(all, &page);
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	file = path_join(dir.buf, "kdelta.1");
	assert_int_equal(file_write(file, page.buf, page.len, &e), 0);
	argv[6] = file;
	p.argv = argv;
	p.out = &out;
	p.deadline_ms = 30000;
	assert_int_equal(proc_run(&p, &r, &e), 0);
	assert_int_equal(r.status, 0);
	if (strstr(out.buf, "troff:"))
		fail_msg("groff says:\n%s", out.buf);
	contains(out.buf, ".starts with");
	contains(out.buf, "'and a");
	contains(out.buf, ".kdelta test b ");
	tree_remove(dir.buf, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),           cmocka_unit_test(no_rest),
		cmocka_unit_test(help_tells_all), cmocka_unit_test(man_is_troff),
		cmocka_unit_test(man_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
