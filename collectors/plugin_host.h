/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host side of the QEMU plugin: what a boot has to be told, made once per kernel and target.
 *
 *	plugin_boot_prepare → QEMU with `-plugin` plugin_boot_option() → its output into record_set_add()
 *	→ plugin_boot_release
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_HOST_H
#define KDELTA_COLLECTORS_PLUGIN_HOST_H

#include "runner/base/err.h"
#include "runner/base/str.h"

/* Names in the folder that QEMU runs in. */
#define PLUGIN_OBJECT "plugin.so"
#define PLUGIN_SYMBOLS "symbols"
#define PLUGIN_OUTPUT "counts"

struct plugin_boot {
	char *object; /* host path of the plugin */
	char *symbols; /* host path of the functions' file, or NULL */
	struct strv args; /* for the plugin, but out= and symbols= */
};

struct plugin_kernel {
	const char *arch; /* kdelta's name */
	const char *vmlinux, *config; /* paths */
};

/*
 * @words: the arguments that a target asks for, "where=10", "call=NAME", "excursions=on", and "windows", which
 * asks for nothing more. @dir: where the functions' file may be written. Fails when the plugin is not there.
 */
int plugin_boot_prepare(struct plugin_boot *p, const char *object, const struct plugin_kernel *k,
			const struct strv *words, const char *dir, struct err *e);
void plugin_boot_release(struct plugin_boot *p);
/* The value of QEMU's -plugin. */
void plugin_boot_option(const struct plugin_boot *p, struct str *out);

#endif
