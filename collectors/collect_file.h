/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the running kernel, as collectors in the guest use them. */
#ifndef KDELTA_COLLECTORS_COLLECT_FILE_H
#define KDELTA_COLLECTORS_COLLECT_FILE_H

#include "runner/base/err.h"
#include "runner/base/str.h"

/* Write @text in one write(2); the kernel's answer is the error. */
int collect_write(const char *path, const char *text, struct err *e);
/* The same to "<dir>/<name>". */
int collect_write_at(const char *dir, const char *name, const char *text, struct err *e);

/* A setting of the kernel that a collector changes and gives back. */
struct setting {
	char *path; /* NULL: nothing was changed */
	char *was;
};

/* Remember what "<path>" holds and write @text. Nothing to restore when it fails. */
int setting_change(struct setting *s, const char *path, const char *text, struct err *e);
/* Best effort: there is nobody to tell. */
void setting_restore(struct setting *s);

#endif
