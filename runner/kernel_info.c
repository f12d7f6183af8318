// SPDX-License-Identifier: GPL-2.0
/* Facts of a built kernel, and the file that keeps them: key=value lines. */
#include "runner/kernel_build.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

enum fact_type { FACT_TEXT, FACT_HASH, FACT_NUMBER, FACT_SECONDS };

static const struct fact {
	const char *name;
	enum fact_type type;
	size_t offset;
} facts[] = {
	{ "release", FACT_TEXT, offsetof(struct kernel, release) },
	{ "version", FACT_TEXT, offsetof(struct kernel, version) },
	{ "compiler", FACT_TEXT, offsetof(struct kernel, compiler) },
	{ "linker", FACT_TEXT, offsetof(struct kernel, linker) },
	{ "source_id", FACT_HASH, offsetof(struct kernel, source_id) },
	{ "patches_hash", FACT_HASH, offsetof(struct kernel, patches_hash) },
	{ "config_hash", FACT_HASH, offsetof(struct kernel, config_hash) },
	{ "image_hash", FACT_HASH, offsetof(struct kernel, image_hash) },
	{ "vmlinux_hash", FACT_HASH, offsetof(struct kernel, vmlinux_hash) },
	{ "text", FACT_NUMBER, offsetof(struct kernel, text) },
	{ "data", FACT_NUMBER, offsetof(struct kernel, data) },
	{ "bss", FACT_NUMBER, offsetof(struct kernel, bss) },
	{ "image_size", FACT_NUMBER, offsetof(struct kernel, image_size) },
	{ "build_seconds", FACT_SECONDS, offsetof(struct kernel, build_seconds) },
};

#define NFACTS (sizeof(facts) / sizeof(facts[0]))

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	free(k->dir);
	free(k->image);
	free(k->vmlinux);
	free(k->symvers);
	free(k->config);
	free(k->build);
	free(k->tree);
	free(k->release);
	free(k->version);
	free(k->compiler);
	free(k->linker);
	free(k);
}

struct kernel *kernel_new(const char *dir, const char *key, const struct arch *a)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	snprintf(k->key, sizeof(k->key), "%s", key);
	k->arch = a;
	k->dir = xstrdup(dir);
	k->tree = path_join(dir, "linux");
	k->build = path_join(k->tree, "build");
	k->image = path_join(k->build, a->image_path);
	k->vmlinux = path_join(k->build, "vmlinux");
	k->symvers = path_join(k->build, "Module.symvers");
	k->config = path_join(k->build, ".config");
	return k;
}

static void fact_write(const struct kernel *k, const struct fact *f, struct str *out)
{
	const char *at = (const char *)k + f->offset;

	switch (f->type) {
	case FACT_TEXT:
		str_addf(out, "%s=%s\n", f->name, *(char *const *)at);
		break;
	case FACT_HASH:
		str_addf(out, "%s=%s\n", f->name, at);
		break;
	case FACT_NUMBER:
		str_addf(out, "%s=%lld\n", f->name, *(const long long *)at);
		break;
	case FACT_SECONDS:
		str_addf(out, "%s=%.3f\n", f->name, *(const double *)at);
		break;
	}
}

static bool fact_read(struct kernel *k, const struct fact *f, const char *value)
{
	char *at = (char *)k + f->offset, *end;

	switch (f->type) {
	case FACT_TEXT:
		*(char **)at = xstrdup(value);
		return true;
	case FACT_HASH:
		if (strlen(value) != HASH_HEX - 1)
			return false;
		memcpy(at, value, HASH_HEX);
		return true;
	case FACT_NUMBER:
		errno = 0;
		*(long long *)at = strtoll(value, &end, 10);
		return end != value && !*end && !errno;
	case FACT_SECONDS:
		*(double *)at = strtod(value, &end);
		return end != value && !*end;
	}
	return false;
}

int kernel_save(const struct kernel *k, struct err *e)
{
	cleanup_free char *path = path_join(k->dir, "info");
	cleanup_str struct str text = STR_INIT;

	str_addf(&text, "arch=%s\n", k->arch->name);
	for (size_t i = 0; i < NFACTS; i++)
		fact_write(k, &facts[i], &text);
	return file_write(path, text.buf, text.len, e);
}

/* The value of a key among lines, or NULL. */
static const char *line_value(const struct strv *lines, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < lines->n; i++)
		if (!strncmp(lines->v[i], key, n) && lines->v[i][n] == '=')
			return lines->v[i] + n + 1;
	return NULL;
}

static bool kernel_is_whole(const struct kernel *k)
{
	return file_exists(k->image) && file_exists(k->vmlinux) && file_exists(k->symvers) &&
	       file_exists(k->config);
}

struct kernel *kernel_load(const char *dir, const char *key)
{
	cleanup_free char *path = path_join(dir, "info");
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;
	const char *name;
	struct kernel *k;
	bool ok = true;

	if (!file_exists(path) || file_read(path, 1 << 16, &text, NULL))
		return NULL;
	strv_split(&lines, text.buf, "\n");
	name = line_value(&lines, "arch");
	if (!name || !arch_find(name))
		return NULL;
	k = kernel_new(dir, key, arch_find(name));
	for (size_t i = 0; i < NFACTS && ok; i++) {
		const char *value = line_value(&lines, facts[i].name);

		ok = value && fact_read(k, &facts[i], value);
	}
	if (ok && kernel_is_whole(k))
		return k;
	kernel_free(k);
	return NULL;
}

/* size(1), Berkeley: what is code or read-only is text, other contents are data, the rest bss. */
static void count_section(const GElf_Shdr *s, long long *text, long long *data, long long *bss)
{
	if (!(s->sh_flags & SHF_ALLOC))
		return;
	if ((s->sh_flags & SHF_EXECINSTR) || !(s->sh_flags & SHF_WRITE))
		*text += (long long)s->sh_size;
	else if (s->sh_type != SHT_NOBITS)
		*data += (long long)s->sh_size;
	else
		*bss += (long long)s->sh_size;
}

int elf_sizes(const char *path, long long *text, long long *data, long long *bss, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf *elf;

	*text = *data = *bss = 0;
	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		while ((scn = elf_nextscn(elf, scn)))
			if (gelf_getshdr(scn, &shdr))
				count_section(&shdr, text, data, bss);
	elf_end(elf);
	close(fd);
	return *text ? 0 : err_set(e, ERR_INFRA, "'%s' is not an ELF file with sections", path);
}

int kernel_measure(struct kernel *k, struct err *e)
{
	cleanup_free char *release = path_join(k->build, "include/config/kernel.release");
	cleanup_str struct str text = STR_INIT;

	if (file_read(release, 4096, &text, e))
		return -1;
	k->release = xstrndup(text.buf, strcspn(text.buf, "\n"));
	k->image_size = file_size(k->image);
	if (!kernel_is_whole(k))
		return err_set(e, ERR_INFRA,
			       "make succeeded, but one of '%s', '%s', '%s' is missing", k->image,
			       k->vmlinux, k->symvers);
	if (hash_file(k->config, k->config_hash, e) || hash_file(k->image, k->image_hash, e) ||
	    hash_file(k->vmlinux, k->vmlinux_hash, e))
		return -1;
	return elf_sizes(k->vmlinux, &k->text, &k->data, &k->bss, e);
}
