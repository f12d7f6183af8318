/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small configuration folder for tests: source tree, variant base, targets fake, qemu and s390, suite one;
 * a test puts its own files on top.
 */
#ifndef KDELTA_TESTS_CONFIG_WORLD_H
#define KDELTA_TESTS_CONFIG_WORLD_H

#include "runner/base/str.h"
#include "runner/config.h"

struct config_world {
	char *top; /* temporary; configs/, tree/ and records/ are in it */
	char *dir; /* <top>/configs */
};

void config_world_init(struct config_world *w);
void config_world_release(struct config_world *w);
/* Write configs/<name>; "../tree/Makefile" reaches the rest. */
void config_world_put(const struct config_world *w, const char *name, const char *text);
void config_world_remove(const struct config_world *w, const char *name);
struct config *config_world_open(const struct config_world *w);
/* @text without the name of the folder: what a test can write down. The caller frees. */
char *config_world_strip(const struct config_world *w, const char *text);
/* Does @got equal @want? A '*' at the end of @want stands for anything. */
bool config_world_like(const char *got, const char *want);
/* "a,b,c" */
void config_world_join(const struct strv *v, struct str *out);

#endif
