/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command: one file cmd_<name>.c, one descriptor, one line in main.c. Options stand in one table per
 * command, from which come parsing, --help and the man page. Parsing is pure (options.c).
 * Only commands print; deep code fills a struct err.
 */
#ifndef KDELTA_RUNNER_COMMAND_H
#define KDELTA_RUNNER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

enum opt_type { OPT_FLAG, OPT_INT, OPT_U64, OPT_STRING, OPT_LIST, OPT_ENUM };

struct option_desc {
	const char *name; /* long name without "--"; NULL ends the table */
	char letter; /* or 0 */
	enum opt_type type;
	const char *arg; /* placeholder: FILE, N */
	long long min, max; /* OPT_INT */
	const char *const *choices; /* OPT_ENUM */
	size_t offset; /* into the command's option struct: bool, int, uint64_t, const char *, struct strv */
	const char *help;
};

struct command {
	const char *name;
	const char *usage; /* "SUITE [options]" */
	const char *summary; /* one line */
	const char *help; /* paragraph(s) */
	const char *examples; /* lines, each a command and what it does */
	const struct option_desc *options; /* or NULL */
	int min_args, max_args; /* positional; max -1: any */
	bool rest; /* "--" and what follows it go to @rest untouched */
	size_t size; /* of the option struct, zeroed before parsing */
	/* Returns the exit status. On failure fills @e and returns its kind. */
	int (*run)(void *opts, const struct strv *args, const struct strv *rest, struct err *e);
};

extern const struct command *const commands[]; /* NULL-terminated, in main.c */

/* argv without program and command name. ERR_USAGE on anything that is not in the table. @help is set when
 * --help was asked for. */
int options_parse(const struct command *c, int argc, char *const *argv, void *opts,
		  struct strv *args, struct strv *rest, bool *help, struct err *e);
/* The optional argument RUN: its number, 0 without one. */
int run_argument(const struct strv *args, long long *id, struct err *e);
void options_help(const struct command *c, struct str *out);
void options_man(const struct command *const *all, struct str *out); /* troff, for kdelta.1 */

/* Is standard output a terminal that wants colour (NO_COLOR unset, TERM not dumb)? */
bool term_colour(void);
/* Columns of the terminal that is open as @fd; 0: it is none, or does not say. */
int term_width(int fd);

#endif
