// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/config_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"

static const struct {
	const char *name, *text;
} files[] = {
	{ "../tree/Makefile", "VERSION = 7\n" },
	{ "../records/base.records", "start\nend records=0\n" },
	{ "kconfig/common.config", "CONFIG_SMP=y\n" },
	{ "kconfig/x86_64.config", "CONFIG_PCI=y\n" },
	{ "patches/series/0001-a.patch", "--- a/Makefile\n" },
	{ "patches/one.mbox", "From 0\n" },
	{ "sources/tree.yaml", "description: a tree\npath: ../../tree\n" },
	{ "variants/base.yaml", "description: the base\n"
				"source: tree\n"
				"fragments: [common, \"{arch}\"]\n"
				"options: CONFIG_A=y CONFIG_B=n\n"
				"cmdline: quiet\n" },
	{ "targets/fake.yaml", "backend: fake\narch: x86_64\nfake_records: ../../records\n" },
	{ "targets/qemu.yaml",
	  "arch: x86_64\nmachine: q35\nconsole: ttyS0\ncmdline: [a=1, b=2]\n" },
	{ "targets/s390.yaml", "arch: s390x\nmachine: s390-ccw-virtio\nconsole: ttyS0\n" },
	{ "suites/one.yaml", "variants: base\ntargets: fake\nworkloads: [none]\n" },
};

void config_world_put(const struct config_world *w, const char *name, const char *text)
{
	cleanup_free char *path = path_join(w->dir, name);
	cleanup_free char *parent = xstrndup(path, (size_t)(path_base(path) - path));
	struct err e = ERR_INIT;
	FILE *f;

	if (dir_make(parent, &e))
		fail_msg("%s", e.msg);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

void config_world_remove(const struct config_world *w, const char *name)
{
	cleanup_free char *path = path_join(w->dir, name);

	assert_int_equal(unlink(path), 0);
}

void config_world_init(struct config_world *w)
{
	cleanup_str struct str top = STR_INIT;
	struct err e = ERR_INIT;

	if (dir_temp(NULL, &top, &e))
		fail_msg("%s", e.msg);
	/* messages name real paths, and the folder for temporary files may be a link */
	w->top = realpath(top.buf, NULL);
	assert_non_null(w->top);
	w->dir = path_join(w->top, "configs");
	if (dir_make(w->dir, &e))
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		config_world_put(w, files[i].name, files[i].text);
}

void config_world_release(struct config_world *w)
{
	tree_remove(w->top, NULL);
	free(w->top);
	free(w->dir);
}

struct config *config_world_open(const struct config_world *w)
{
	struct err e = ERR_INIT;
	struct config *c = config_open(w->dir, &e);

	if (!c)
		fail_msg("%s", e.msg);
	return c;
}

char *config_world_strip(const struct config_world *w, const char *text)
{
	struct str out = STR_INIT;
	size_t len = strlen(w->dir);

	while (*text) {
		if (!strncmp(text, w->dir, len) && text[len] == '/')
			text += len + 1;
		else
			str_addch(&out, *text++);
	}
	return str_detach(&out);
}

bool config_world_like(const char *got, const char *want)
{
	size_t n = strlen(want);

	return n && want[n - 1] == '*' ? !strncmp(got, want, n - 1) : !strcmp(got, want);
}

void config_world_join(const struct strv *v, struct str *out)
{
	for (size_t i = 0; i < v->n; i++)
		str_addf(out, "%s%s", i ? "," : "", v->v[i]);
}
