// SPDX-License-Identifier: GPL-2.0
/* kdelta: finds the command, has its options parsed, prints what it failed with. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/command.h"
#include "runner/commands.h"

const struct command *const commands[] = {
	&command_doctor,  &command_list,    &command_build, &command_boot, &command_run,
	&command_compare, &command_latency, &command_show,  NULL,
};

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

static void print_overview(FILE *to)
{
	fprintf(to, "usage: kdelta COMMAND [options]\n\n"
		    "Did this change make the kernel slower, and am I sure?\n\n");
	for (const struct command *const *c = commands; *c; c++)
		fprintf(to, "  %-9s %s\n", (*c)->name, (*c)->summary);
	fprintf(to,
		"\n'kdelta help COMMAND' shows options and examples.\n"
		"Exit status: 0 nothing regressed, 1 a regression, 2 usage or configuration error, "
		"3 the infrastructure broke.\n");
}

/* A configuration error starts with file:line:column, which editors and people can follow as it is. */
static bool starts_with_place(const char *msg)
{
	const char *p = strchr(msg, ':');
	int numbers = 0;

	while (p && isdigit((unsigned char)p[1])) {
		p++;
		p += strspn(p, "0123456789");
		if (*p != ':')
			return false;
		numbers++;
	}
	return numbers == 2;
}

static int complain(const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "%s%s\n", starts_with_place(e->msg) ? "" : "kdelta: ", e->msg);
	return e->kind;
}

static int print_str(struct str *s)
{
	fputs(s->buf, stdout);
	str_release(s);
	return 0;
}

static int help(int argc, char **argv)
{
	struct str out = STR_INIT;
	const struct command *c;

	if (argc > 0 && !strcmp(argv[0], "--man")) {
		options_man(commands, &out);
		return print_str(&out);
	}
	if (argc == 0) {
		print_overview(stdout);
		return 0;
	}
	c = find(argv[0]);
	if (!c) {
		fprintf(stderr, "kdelta: unknown command '%s'; 'kdelta help' lists them\n",
			argv[0]);
		return ERR_USAGE;
	}
	options_help(c, &out);
	return print_str(&out);
}

static int run_command(const struct command *c, int argc, char **argv)
{
	cleanup_strv struct strv args = STRV_INIT;
	cleanup_strv struct strv rest = STRV_INIT;
	cleanup_free void *opts = xcalloc(1, c->size ? c->size : 1);
	struct err e = ERR_INIT;
	bool want_help = false;
	int status;

	if (options_parse(c, argc, argv, opts, &args, &rest, &want_help, &e))
		return complain(&e);
	if (want_help) {
		struct str out = STR_INIT;

		options_help(c, &out);
		return print_str(&out);
	}
	status = c->run(opts, &args, &rest, &e);
	return e.kind ? complain(&e) : status;
}

int main(int argc, char **argv)
{
	const struct command *c;
	int status;

	if (argc < 2) {
		print_overview(stderr);
		return ERR_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("kdelta " KDELTA_VERSION);
		return 0;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc - 2, argv + 2);
	c = find(argv[1]);
	if (!c) {
		fprintf(stderr, "kdelta: unknown command '%s'; 'kdelta help' lists them\n",
			argv[1]);
		return ERR_USAGE;
	}
	status = run_command(c, argc - 2, argv + 2);
	/* what could not be written was not shown: a full disk behind a redirection is an error */
	if (fflush(stdout) || ferror(stdout)) {
		perror("kdelta: cannot write to standard output");
		return ERR_INFRA;
	}
	return status;
}
