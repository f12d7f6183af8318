// SPDX-License-Identifier: GPL-2.0
/* Sources, variants and targets: the values that need more than a table row. */
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/config_keys.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static char *copy_text(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static int one_string(const struct loader *l, const struct yaml *y, struct err *e)
{
	if (y->type != YAML_SCALAR || !*y->text)
		return yaml_err(l->file, y, e, "expected one string");
	return 0;
}

/* Sources. */

int source_parse_path(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct source *s = object;
	char **at = !strcmp(y->key, "git")  ? &s->git :
		    !strcmp(y->key, "path") ? &s->path :
					      &s->tarball;
	cleanup_free char *home = NULL;

	if (one_string(l, y, e))
		return -1;
	if (str_starts(y->text, "~/"))
		home = path_join(getenv("HOME") ? getenv("HOME") : "/", y->text + 2);
	*at = beside_file(l, home ? home : y->text);
	if (!file_exists(*at) && !dir_exists(*at))
		return yaml_err(l->file, y, e, "there is no '%s'", *at);
	return 0;
}

/* They become arguments of other programs, which must not take them for options. */
static int check_words(const struct loader *l, const struct yaml *root, const struct source *s,
		       struct err *e)
{
	const struct yaml *urls = yaml_get(root, "urls");

	if (s->package &&
	    (!strchr(ALNUM, s->package[0]) || s->package[strspn(s->package, ALNUM "+-.")]))
		return yaml_err(l->file, yaml_get(root, "package"), e,
				"'%s' is no name of a package", s->package);
	if (s->suite && (!strchr(ALNUM, s->suite[0]) || s->suite[strspn(s->suite, ALNUM "-_./")]))
		return yaml_err(l->file, yaml_get(root, "suite"), e, "'%s' is no name of a suite",
				s->suite);
	if (s->ref && s->ref[0] == '-')
		return yaml_err(l->file, yaml_get(root, "ref"), e, "'%s' is no name of a commit",
				s->ref);
	for (size_t i = 0; i < s->urls.n; i++)
		if (!str_starts(s->urls.v[i], "https://") && !str_starts(s->urls.v[i], "http://"))
			return yaml_err(l->file, yaml_item(urls, i), e,
					"'%s': expected https://… or http://…", s->urls.v[i]);
	return 0;
}

int source_finish(struct loader *l, const struct yaml *root, void *object, struct err *e)
{
	const struct source *s = object;
	int ways = !!s->git + !!s->path + !!s->tarball + (s->package || s->urls.n);

	if (check_words(l, root, s, e))
		return -1;
	if (ways != 1)
		return yaml_err(
			l->file, root, e,
			"a source needs one of 'git', 'path', 'tarball', or 'package' and 'urls'");
	if (!s->git != !s->ref)
		return yaml_err(l->file, root, e, "'git' and 'ref' go together");
	if (!s->package != !s->suite)
		return yaml_err(l->file, root, e, "'package' and 'suite' go together");
	if (s->sha256 && (strlen(s->sha256) != 64 || strspn(s->sha256, "0123456789abcdef") != 64))
		return yaml_err(l->file, yaml_get(root, "sha256"), e,
				"'sha256': expected 64 hexadecimal digits");
	return 0;
}

void source_release(void *object)
{
	struct source *s = object;

	free(s->version);
	free(s->git);
	free(s->ref);
	free(s->path);
	free(s->tarball);
	free(s->package);
	free(s->suite);
	free(s->sha256);
	strv_release(&s->urls);
}

/* Variants. */

int variant_parse_source(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct variant *v = object;

	v->source = (const struct source *)config_refer(l, &kind_source, y, e);
	return v->source ? 0 : -1;
}

/* Beside the file first, for a user's own series; then among the shipped ones. */
static char *find_patches(const struct loader *l, const char *name)
{
	char *p = beside_file(l, name);

	if (!file_exists(p) && !dir_exists(p)) {
		cleanup_free char *shipped = path_join(config_dir(l->config), "patches");

		free(p);
		p = path_join(shipped, name);
	}
	return p;
}

int variant_parse_patches(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct variant *v = object;

	for (size_t i = 0; i < yaml_items(y); i++) {
		const struct yaml *item = yaml_item(y, i);
		cleanup_free char *path = NULL;

		if (one_string(l, item, e))
			return -1;
		path = find_patches(l, item->text);
		if (!file_exists(path) && !dir_exists(path))
			return yaml_err(
				l->file, item, e,
				"there are no patches '%s', neither beside this file nor in patches/",
				item->text);
		if (strv_has(&v->patches, path))
			return yaml_err(l->file, item, e, "patches '%s' stand twice", item->text);
		strv_push(&v->patches, path);
	}
	return 0;
}

static char *fragment_path(const char *pattern, const char *arch)
{
	struct str out = STR_INIT;
	const char *hole;

	while ((hole = strstr(pattern, "{arch}"))) {
		str_addf(&out, "%.*s%s", (int)(hole - pattern), pattern, arch);
		pattern = hole + strlen("{arch}");
	}
	str_add(&out, pattern);
	return str_detach(&out);
}

int variant_parse_fragments(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct variant *v = object;

	for (size_t i = 0; i < yaml_items(y); i++) {
		const struct yaml *item = yaml_item(y, i);
		cleanup_free char *folder = path_join(config_dir(l->config), "kconfig");
		cleanup_free char *leaf = NULL;
		cleanup_free char *path = NULL;

		if (one_string(l, item, e))
			return -1;
		leaf = xasprintf("%s.config", item->text);
		path = path_join(folder, leaf);
		/* one with {arch} is checked when the architecture is known */
		if (!strstr(path, "{arch}") && !file_exists(path))
			return yaml_err(l->file, item, e, "there is no fragment '%s'", path);
		if (strv_has(&v->fragments, path))
			return yaml_err(l->file, item, e, "fragment '%s' stands twice", item->text);
		strv_push(&v->fragments, path);
	}
	return 0;
}

static int arch_item(const struct loader *l, const struct yaml *item, const struct arch **out,
		     struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	if (one_string(l, item, e))
		return -1;
	*out = arch_find(item->text);
	if (*out)
		return 0;
	for (const struct arch *a = archs; a->name; a++)
		str_addf(&known, "%s%s", known.len ? ", " : "", a->name);
	return yaml_err(l->file, item, e, "unknown architecture '%s'; expected one of %s",
			item->text, known.buf);
}

int variant_parse_archs(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct variant *v = object;

	/* an extending variant narrows or widens: its own list counts */
	strv_release(&v->archs);
	for (size_t i = 0; i < yaml_items(y); i++) {
		const struct arch *a;

		if (arch_item(l, yaml_item(y, i), &a, e))
			return -1;
		if (strv_has(&v->archs, a->name))
			return yaml_err(l->file, yaml_item(y, i), e, "'%s' stands twice", a->name);
		strv_push(&v->archs, a->name);
	}
	return 0;
}

static bool is_option(const char *word)
{
	size_t n = strspn(word, ALNUM "_");

	return str_starts(word, "CONFIG_") && n > strlen("CONFIG_") && word[n] == '=' &&
	       word[n + 1];
}

int variant_finish(struct loader *l, const struct yaml *root, void *object, struct err *e)
{
	const struct yaml *own = yaml_get(root, "options");

	(void)object;
	/* what is extended has been checked itself */
	for (size_t i = 0; own && i < yaml_items(own); i++) {
		cleanup_strv struct strv words = STRV_INIT;

		strv_split(&words, yaml_item(own, i)->text, " \t\n");
		for (size_t k = 0; k < words.n; k++)
			if (!is_option(words.v[k]))
				return yaml_err(l->file, yaml_item(own, i), e,
						"option '%s': expected CONFIG_NAME=value",
						words.v[k]);
	}
	return 0;
}

void variant_copy(void *to, const void *from)
{
	struct variant *t = to;
	const struct variant *f = from;

	t->source = f->source;
	t->base_config = copy_text(f->base_config);
	strv_push_all(&t->patches, &f->patches);
	strv_push_all(&t->fragments, &f->fragments);
	strv_push_all(&t->options, &f->options);
	strv_push_all(&t->cmdline, &f->cmdline);
	strv_push_all(&t->archs, &f->archs);
}

void variant_release(void *object)
{
	struct variant *v = object;

	free(v->base_config);
	strv_release(&v->patches);
	strv_release(&v->fragments);
	strv_release(&v->options);
	strv_release(&v->cmdline);
	strv_release(&v->archs);
}

bool variant_has_arch(const struct variant *v, const struct arch *a)
{
	return !v->archs.n || strv_has(&v->archs, a->name);
}

static bool same_strings(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return a->n == b->n;
}

bool variant_same_build(const struct variant *a, const struct variant *b)
{
	return a->source == b->source && !strcmp(a->base_config, b->base_config) &&
	       same_strings(&a->patches, &b->patches) &&
	       same_strings(&a->fragments, &b->fragments) && same_strings(&a->options, &b->options);
}

int variant_fragments(const struct variant *v, const struct arch *a, struct strv *out,
		      struct err *e)
{
	for (size_t i = 0; i < v->fragments.n; i++) {
		cleanup_free char *path = fragment_path(v->fragments.v[i], a->name);

		if (!file_exists(path))
			return err_set(e, ERR_USAGE, "variant '%s': there is no fragment '%s'",
				       v->name, path);
		strv_push(out, path);
	}
	return 0;
}

/* Targets. */

int target_parse_arch(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct target *t = object;

	return arch_item(l, y, &t->arch, e);
}

int target_parse_records(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct target *t = object;

	if (one_string(l, y, e))
		return -1;
	free(t->fake_records);
	t->fake_records = beside_file(l, y->text);
	if (!dir_exists(t->fake_records))
		return yaml_err(l->file, y, e, "there is no folder '%s'", t->fake_records);
	return 0;
}

int target_finish(struct loader *l, const struct yaml *root, void *object, struct err *e)
{
	const struct target *t = object;

	if (!strcmp(t->backend, "fake")) {
		if (!t->fake_records)
			return yaml_err(l->file, root, e,
					"backend fake needs the key 'fake_records'");
		return 0;
	}
	if (!t->machine)
		return yaml_err(l->file, root, e, "backend qemu needs the key 'machine'");
	if (!t->console)
		return yaml_err(l->file, root, e, "backend qemu needs the key 'console'");
	return 0;
}

void target_copy(void *to, const void *from)
{
	struct target *t = to;
	const struct target *f = from;

	*t = *f;
	t->name = t->file = t->description = NULL;
	t->backend = copy_text(f->backend);
	t->qemu = copy_text(f->qemu);
	t->machine = copy_text(f->machine);
	t->cpu = copy_text(f->cpu);
	t->cpu_kvm = copy_text(f->cpu_kvm);
	t->console = copy_text(f->console);
	t->serial_device = copy_text(f->serial_device);
	t->rtc = copy_text(f->rtc);
	t->fake_records = copy_text(f->fake_records);
	t->cmdline = (struct strv)STRV_INIT;
	t->qemu_args = (struct strv)STRV_INIT;
	t->plugin = (struct strv)STRV_INIT;
	strv_push_all(&t->cmdline, &f->cmdline);
	strv_push_all(&t->qemu_args, &f->qemu_args);
	strv_push_all(&t->plugin, &f->plugin);
}

void target_release(void *object)
{
	struct target *t = object;

	free(t->backend);
	free(t->qemu);
	free(t->machine);
	free(t->cpu);
	free(t->cpu_kvm);
	free(t->console);
	free(t->serial_device);
	free(t->rtc);
	free(t->fake_records);
	strv_release(&t->cmdline);
	strv_release(&t->qemu_args);
	strv_release(&t->plugin);
}
