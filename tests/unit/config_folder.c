// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/config_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"

static const struct {
	const char *name, *text;
} good[] = {
	{ "sources/s.yaml", "urls: [http://example.org/linux-7.3.tar.xz]\n" },
	{ "variants/base.yaml",
	  "description: as it is\nsource: s\nfragments: [common, \"{arch}\"]\n" },
	{ "targets/t.yaml", "arch: x86_64\nmachine: q35\nconsole: ttyS0\n" },
	{ "targets/f.yaml", "backend: fake\narch: s390x\nfake_records: ../records\n" },
	{ "suites/good.yaml", "variants: base\ntargets: t\nworkloads: [none]\n" },
	{ "kconfig/common.config", "CONFIG_64BIT=y\n" },
	{ "kconfig/x86_64.config", "CONFIG_PCI=y\n" },
	{ "patches/one/0001-a.patch", "--- a/x\n+++ b/x\n" },
	{ "records/base.records", "start\n" },
};

int config_folder_setup(void **state)
{
	struct config_folder *w = xcalloc(1, sizeof(*w));

	str_init(&w->dir);
	assert_int_equal(dir_temp(NULL, &w->dir, NULL), 0);
	for (size_t i = 0; i < NROWS(good); i++)
		config_folder_write(w, good[i].name, good[i].text);
	config_folder_reload(w);
	*state = w;
	return 0;
}

int config_folder_teardown(void **state)
{
	struct config_folder *w = *state;
	int failed = w->failed;

	config_free(w->config);
	assert_int_equal(tree_remove(w->dir.buf, NULL), 0);
	str_release(&w->dir);
	free(w);
	return failed ? -1 : 0;
}

void config_folder_write(const struct config_folder *w, const char *name, const char *text)
{
	cleanup_free char *path = path_join(w->dir.buf, name);
	cleanup_free char *dir = xstrndup(path, (size_t)(path_base(path) - path) - 1);

	assert_int_equal(dir_make(dir, NULL), 0);
	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

void config_folder_reload(struct config_folder *w)
{
	if (w->config)
		config_free(w->config);
	w->config = config_open(w->dir.buf, NULL);
	assert_non_null(w->config);
}

char *config_folder_short(const struct config_folder *w, const char *text)
{
	cleanup_free char *prefix = xasprintf("%s/", config_dir(w->config));
	struct str out = STR_INIT;
	const char *at;

	while ((at = strstr(text, prefix))) {
		str_addmem(&out, text, (size_t)(at - text));
		text = at + strlen(prefix);
	}
	str_add(&out, text);
	return str_detach(&out);
}

const void *config_folder_load(struct config_folder *w, const char *kind, const char *name,
			       struct err *e)
{
	if (!strcmp(kind, "sources"))
		return config_source(w->config, name, e);
	if (!strcmp(kind, "variants"))
		return config_variant(w->config, name, e);
	if (!strcmp(kind, "targets"))
		return config_target(w->config, name, e);
	return config_suite(w->config, name, e);
}

static void add_text(struct str *out, const char *key, const char *value)
{
	str_addf(out, "%s=%s\n", key, value ? value : "-");
}

static void add_list(struct str *out, const char *key, const struct strv *v)
{
	str_addf(out, "%s=", key);
	for (size_t i = 0; i < v->n; i++)
		str_addf(out, "%s%s", i ? "," : "", v->v[i]);
	str_addch(out, '\n');
}

static void dump_source(const struct source *s, struct str *out)
{
	add_text(out, "version", s->version);
	add_text(out, "git", s->git);
	add_text(out, "ref", s->ref);
	add_text(out, "path", s->path);
	add_text(out, "tarball", s->tarball);
	add_text(out, "package", s->package);
	add_text(out, "suite", s->suite);
	add_list(out, "urls", &s->urls);
	add_text(out, "sha256", s->sha256);
}

static void dump_variant(const struct variant *v, struct str *out)
{
	add_text(out, "source", v->source->name);
	add_list(out, "patches", &v->patches);
	add_text(out, "base_config", v->base_config);
	add_list(out, "fragments", &v->fragments);
	add_list(out, "options", &v->options);
	add_list(out, "cmdline", &v->cmdline);
	add_list(out, "archs", &v->archs);
}

static void dump_target(const struct target *t, struct str *out)
{
	add_text(out, "backend", t->backend);
	add_text(out, "arch", t->arch->name);
	add_text(out, "machine", t->machine);
	add_text(out, "cpu", t->cpu);
	add_text(out, "cpu_kvm", t->cpu_kvm);
	str_addf(out, "cpus=%d\nmemory=%d\naccel=%d\nicount=%d\nseed=%d\n", t->cpus, t->memory,
		 (int)t->accel, t->icount, t->seed);
	add_text(out, "console", t->console);
	add_text(out, "serial_device", t->serial_device);
	add_text(out, "rtc", t->rtc);
	add_list(out, "cmdline", &t->cmdline);
	add_list(out, "qemu_args", &t->qemu_args);
	str_addf(out, "boot_timeout=%d\noff_timeout=%d\nconsole_limit=%d\nfake_delay=%d\n",
		 t->boot_timeout, t->off_timeout, t->console_limit, t->fake_delay);
	add_text(out, "fake_records", t->fake_records);
}

static void dump_suite(const struct suite *s, struct str *out)
{
	if (s->suites.n)
		add_list(out, "suites", &s->suites);
	add_list(out, "variants", &s->variants);
	add_text(out, "baseline", s->baseline);
	add_list(out, "targets", &s->targets);
	str_addf(out, "twins=%d\nboots=%d\nmargin=%g\n", s->twins, s->boots, s->margin);
	for (size_t i = 0; i < s->nworkloads; i++) {
		const struct suite_workload *w = &s->workloads[i];

		str_addf(out, "workload=%s rounds=%d warmup=%d timeout=%d\n", w->label, w->rounds,
			 w->warmup, w->timeout);
		for (size_t k = 0; k < w->nparams; k++)
			str_addf(out, "param=%zu %s=%s\n", i, w->params[k].name,
				 w->params[k].value);
	}
	if (s->ncollectors)
		str_addf(out, "observe=%d\n", (int)s->observe);
	for (size_t i = 0; i < s->ncollectors; i++) {
		const struct suite_collector *c = &s->collectors[i];

		str_addf(out, "collector=%s", c->col->name);
		for (size_t k = 0; k < c->nparams; k++)
			str_addf(out, " %s='%s'", c->params[k].name, c->params[k].value);
		str_addch(out, '\n');
	}
}

void config_folder_dump(const char *kind, const void *object, struct str *out)
{
	const struct source *head = object; /* name, file and description come first in each */

	add_text(out, "name", head->name);
	add_text(out, "description", head->description);
	if (!strcmp(kind, "sources"))
		dump_source(object, out);
	else if (!strcmp(kind, "variants"))
		dump_variant(object, out);
	else if (!strcmp(kind, "targets"))
		dump_target(object, out);
	else
		dump_suite(object, out);
}

void config_folder_equal(struct config_folder *w, const char *row, const char *input,
			 const char *got, const char *want)
{
	if (!strcmp(got, want))
		return;
	print_error("%s\ninput: %s\ngot:   %s\nwant:  %s\n", row, input, got, want);
	w->failed++;
}

void config_folder_contains(struct config_folder *w, const char *row, const char *input,
			    const char *got, const char *want)
{
	if (strstr(got, want))
		return;
	print_error("%s\ninput: %s\ngot:   %s\nwant:  … %s …\n", row, input, got, want);
	w->failed++;
}
