// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runner/command.h"

static const struct option_desc *find_long(const struct command *c, const char *name, size_t len)
{
	for (const struct option_desc *o = c->options; o && o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct option_desc *find_letter(const struct command *c, char letter)
{
	for (const struct option_desc *o = c->options; o && o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

static int set_int(const struct option_desc *o, const char *value, int *out, struct err *e)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (errno || end == value || *end || v < o->min || v > o->max)
		return err_set(e, ERR_USAGE, "'--%s %s': expected a number from %lld to %lld",
			       o->name, value, o->min, o->max);
	*out = (int)v;
	return 0;
}

static int set_u64(const struct option_desc *o, const char *value, uint64_t *out, struct err *e)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	/* the database keeps it as a signed number */
	if (errno || value[0] < '0' || value[0] > '9' || *end || *out > INT64_MAX)
		return err_set(e, ERR_USAGE, "'--%s %s': expected a number from 0 to %lld", o->name,
			       value, (long long)INT64_MAX);
	return 0;
}

static int check_enum(const struct option_desc *o, const char *value, struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	for (const char *const *c = o->choices; *c; c++) {
		if (!strcmp(*c, value))
			return 0;
		str_addf(&known, "%s%s", known.len ? ", " : "", *c);
	}
	return err_set(e, ERR_USAGE, "'--%s %s': expected one of %s", o->name, value, known.buf);
}

static int set_value(const struct option_desc *o, const char *value, void *opts, struct err *e)
{
	void *at = (char *)opts + o->offset;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_INT:
		return set_int(o, value, at, e);
	case OPT_U64:
		return set_u64(o, value, at, e);
	case OPT_ENUM:
		if (check_enum(o, value, e))
			return -1;
		*(const char **)at = value;
		return 0;
	case OPT_STRING:
		*(const char **)at = value;
		return 0;
	case OPT_LIST:
		strv_push(at, value);
		return 0;
	}
	return err_set(e, ERR_USAGE, "option '--%s' has no known type", o->name);
}

struct cursor {
	int argc, i;
	char *const *argv;
};

/* The value of an option: attached ("--boots=3", "-j3") or the next argument. */
static int take_value(const struct option_desc *o, const char *attached, struct cursor *cur,
		      void *opts, struct err *e)
{
	if (o->type == OPT_FLAG) {
		if (attached)
			return err_set(e, ERR_USAGE, "option '--%s' takes no value", o->name);
		return set_value(o, NULL, opts, e);
	}
	if (!attached) {
		if (cur->i + 1 >= cur->argc)
			return err_set(e, ERR_USAGE, "option '--%s' needs a value: %s", o->name,
				       o->arg ? o->arg : "VALUE");
		attached = cur->argv[++cur->i];
	}
	return set_value(o, attached, opts, e);
}

static int parse_option(const struct command *c, struct cursor *cur, void *opts, bool *help,
			struct err *e)
{
	const char *arg = cur->argv[cur->i];
	const char *eq = strchr(arg, '=');
	const struct option_desc *o;

	if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
		*help = true;
		return 0;
	}
	if (arg[1] == '-') {
		size_t len = eq ? (size_t)(eq - arg) - 2 : strlen(arg) - 2;

		o = find_long(c, arg + 2, len);
		if (o)
			return take_value(o, eq ? eq + 1 : NULL, cur, opts, e);
	} else {
		o = find_letter(c, arg[1]);
		if (o)
			return take_value(o, arg[2] ? arg + 2 : NULL, cur, opts, e);
	}
	return err_set(e, ERR_USAGE, "unknown option '%s'; 'kdelta help %s' lists them", arg,
		       c->name);
}

static int check_count(const struct command *c, const struct strv *args, struct err *e)
{
	int n = (int)args->n;

	if (n >= c->min_args && (c->max_args < 0 || n <= c->max_args))
		return 0;
	return err_set(e, ERR_USAGE, "usage: kdelta %s %s", c->name, c->usage);
}

int run_argument(const struct strv *args, long long *id, struct err *e)
{
	char *end;

	*id = 0;
	if (!args->n)
		return 0;
	*id = strtoll(args->v[0], &end, 10);
	if (*end || *id < 1)
		return err_set(e, ERR_USAGE,
			       "'%s' is not the number of a run; 'kdelta show --list' lists them",
			       args->v[0]);
	return 0;
}

int options_parse(const struct command *c, int argc, char *const *argv, void *opts,
		  struct strv *args, struct strv *rest, bool *help, struct err *e)
{
	struct cursor cur = { .argc = argc, .argv = argv };

	*help = false;
	for (; cur.i < argc; cur.i++) {
		const char *arg = argv[cur.i];

		if (!strcmp(arg, "--")) {
			for (cur.i++; cur.i < argc; cur.i++)
				strv_push(c->rest ? rest : args, argv[cur.i]);
		} else if (arg[0] == '-' && arg[1]) {
			if (parse_option(c, &cur, opts, help, e))
				return -1;
		} else {
			strv_push(args, arg);
		}
	}
	return *help ? 0 : check_count(c, args, e);
}

static void option_head(const struct option_desc *o, struct str *out)
{
	if (o->letter)
		str_addf(out, "-%c, ", o->letter);
	str_addf(out, "--%s", o->name);
	if (o->type != OPT_FLAG)
		str_addf(out, " %s", o->arg ? o->arg : "VALUE");
}

#define HELP_COLUMN 24
#define HELP_WIDTH 92

/* Words of @text in lines of at most HELP_WIDTH, each indented by @indent; the first starts at @at. */
static void wrap(const char *text, size_t indent, size_t at, struct str *out)
{
	size_t column = at;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > indent && column + n + 1 > HELP_WIDTH) {
			str_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			str_addch(out, ' ');
			column++;
		}
		str_addmem(out, text, n);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	str_addch(out, '\n');
}

/* Of UTF-8: bytes that begin a character. */
static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void help_option(const struct option_desc *o, struct str *out)
{
	cleanup_str struct str head = STR_INIT;
	size_t width;

	option_head(o, &head);
	width = characters(head.buf);
	if (width + 4 <= HELP_COLUMN)
		str_addf(out, "  %s%*s", head.buf, (int)(HELP_COLUMN - 2 - width), "");
	else
		str_addf(out, "  %s\n%*s", head.buf, HELP_COLUMN, "");
	wrap(o->help, HELP_COLUMN, HELP_COLUMN, out);
}

static void add_examples(const struct command *c, const char *prefix, struct str *out)
{
	cleanup_strv struct strv lines = STRV_INIT;

	strv_split(&lines, c->examples ? c->examples : "", "\n");
	for (size_t i = 0; i < lines.n; i++)
		str_addf(out, "%s%s\n", prefix, lines.v[i]);
}

void options_help(const struct command *c, struct str *out)
{
	static const struct option_desc help = { .name = "help",
						 .letter = 'h',
						 .help = "show this" };

	str_addf(out, "usage: kdelta %s %s\n\n", c->name, c->usage);
	wrap(c->help, 0, 0, out);
	str_add(out, "\noptions:\n");
	for (const struct option_desc *o = c->options; o && o->name; o++)
		help_option(o, out);
	help_option(&help, out);
	if (c->examples) {
		str_add(out, "\nexamples:\n");
		add_examples(c, "  ", out);
	}
}

/* troff reads '-' as a hyphen, a '.' or '\'' that begins a line as a request, and '\' as an escape. */
static void man_text(const char *text, struct str *out)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && (*text == '.' || *text == '\''))
			str_add(out, "\\&");
		begins = *text == '\n';
		if (*text == '-')
			str_add(out, "\\-");
		else if (*text == '\\')
			str_add(out, "\\e");
		else
			str_addch(out, *text);
	}
	str_addch(out, '\n');
}

static void man_command(const struct command *c, struct str *out)
{
	cleanup_str struct str head = STR_INIT;
	cleanup_str struct str examples = STR_INIT;

	str_addf(&head, "kdelta %s %s", c->name, c->usage);
	str_add(out, ".SS ");
	man_text(head.buf, out);
	man_text(c->help, out);
	for (const struct option_desc *o = c->options; o && o->name; o++) {
		cleanup_str struct str opt = STR_INIT;

		option_head(o, &opt);
		str_add(out, ".TP\n.B ");
		man_text(opt.buf, out);
		man_text(o->help, out);
	}
	if (!c->examples)
		return;
	str_add(out, ".PP\nExamples:\n.PP\n.nf\n");
	add_examples(c, "", &examples);
	for (const char *p = examples.buf; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		cleanup_free char *line = xstrndup(p, strcspn(p, "\n"));

		man_text(line, out);
	}
	str_add(out, ".fi\n");
}

void options_man(const struct command *const *all, struct str *out)
{
	str_add(out,
		".TH KDELTA 1 \"\" \"kdelta " KDELTA_VERSION "\" \"User Commands\"\n"
		".SH NAME\nkdelta \\- did this change make the kernel slower, and am I sure?\n"
		".SH SYNOPSIS\n.B kdelta\n.I COMMAND\n[options]\n"
		".SH DESCRIPTION\nkdelta builds and boots Linux kernel variants, runs workloads on them, "
		"keeps every sample in SQLite and says which differences are real.\n"
		".SH COMMANDS\n");
	for (const struct command *const *c = all; *c; c++)
		man_command(*c, out);
	str_add(out,
		".SH EXIT STATUS\n0: nothing regressed. 1: a regression. 2: usage or configuration error. "
		"3: the infrastructure broke (a build, a boot, a tool).\n"
		".SH ENVIRONMENT\n.TP\n.B XDG_CACHE_HOME\nsources, kernels and images (kdelta/ below it)\n"
		".TP\n.B XDG_DATA_HOME\nthe database and console logs (kdelta/ below it)\n"
		".TP\n.B KDELTA_CONFIGS\nthe configuration folder\n"
		".TP\n.B NO_COLOR\nno colours\n");
}

bool term_colour(void)
{
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

int term_width(int fd)
{
	struct winsize ws;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &ws) || !ws.ws_col)
		return 0;
	return ws.ws_col;
}
