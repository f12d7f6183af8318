// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_host.h"

#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

/* What is taken from vmlinux. */
struct image {
	uint64_t shift; /* what the running kernel's addresses are above those of vmlinux */
	uint64_t text, end; /* _text, _end, as in vmlinux */
	struct str *functions; /* lines for the plugin, or NULL */
};

static bool is_code(Elf *elf, const GElf_Sym *sym)
{
	Elf_Scn *scn = elf_getscn(elf, sym->st_shndx);
	GElf_Shdr header;

	return scn && gelf_getshdr(scn, &header) && header.sh_flags & SHF_EXECINSTR;
}

static void take_symbol(Elf *elf, const GElf_Sym *sym, const char *name, struct image *im)
{
	int type = GELF_ST_TYPE(sym->st_info);

	if (!strcmp(name, "_text"))
		im->text = sym->st_value;
	else if (!strcmp(name, "_end"))
		im->end = sym->st_value;
	/* functions of assembler files often have no type; local labels start with a dot */
	if (!im->functions || !*name || *name == '.' || (type != STT_FUNC && type != STT_NOTYPE))
		return;
	if (is_code(elf, sym))
		str_addf(im->functions, "%" PRIx64 " %s\n", (uint64_t)sym->st_value + im->shift,
			 name);
}

static int take_table(Elf *elf, Elf_Scn *scn, const GElf_Shdr *header, struct image *im)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	if (!data)
		return -1;
	for (size_t i = 1; i < n; i++) {
		GElf_Sym sym;
		const char *name;

		if (!gelf_getsym(data, (int)i, &sym))
			return -1;
		name = elf_strptr(elf, header->sh_link, sym.st_name);
		if (name && sym.st_shndx != SHN_UNDEF)
			take_symbol(elf, &sym, name, im);
	}
	return 0;
}

static int take_elf(Elf *elf, struct image *im)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_SYMTAB)
			return take_table(elf, scn, &header, im);
	return -1;
}

static int image_read(const char *vmlinux, struct image *im, struct err *e)
{
	int fd = open(vmlinux, O_RDONLY | O_CLOEXEC), ret;
	Elf *elf;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", vmlinux);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ret = elf ? take_elf(elf, im) : -1;
	elf_end(elf);
	close(fd);
	if (ret || !im->end)
		return err_set(e, ERR_INFRA, "cannot read the symbols of '%s'", vmlinux);
	return 0;
}

/*
 * s390: user and kernel addresses are of one range. The kernel runs CONFIG_KERNEL_IMAGE_BASE above where it is
 * linked (arch/s390/boot/startup.c, with nokaslr), modules within 2 GiB below that base, and the way back to
 * user space ends in the lowcore, which is the first 8 KiB.
 */
static int s390_base(const char *config, uint64_t *base, struct err *e)
{
	static const char option[] = "CONFIG_KERNEL_IMAGE_BASE=";
	cleanup_str struct str text = STR_INIT;
	const char *p;

	if (file_read(config, 0, &text, e))
		return -1;
	p = strstr(text.buf, option);
	if (!p)
		return err_set(e, ERR_INFRA, "'%s' has no %s", config, option);
	*base = strtoull(p + strlen(option), NULL, 16);
	return 0;
}

static void s390_ranges(struct plugin_boot *p, const struct image *im)
{
	uint64_t base = im->shift;

	strv_push(&p->args, "kernel=0-2000");
	strv_pushf(&p->args, "kernel=%" PRIx64 "-%" PRIx64, base - (UINT64_C(1) << 31), base);
	strv_pushf(&p->args, "kernel=%" PRIx64 "-%" PRIx64, base + im->text, base + im->end);
}

static bool needs_symbols(const struct strv *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->v[i], "windows"))
			return true;
	return false;
}

static int prepare(struct plugin_boot *p, const struct plugin_kernel *k, const char *dir,
		   bool symbols, struct err *e)
{
	bool s390 = !strcmp(k->arch, "s390x");
	cleanup_str struct str functions = STR_INIT;
	struct image im = { .functions = symbols ? &functions : NULL };

	if (!s390 && !symbols)
		return 0;
	if (s390 && s390_base(k->config, &im.shift, e))
		return -1;
	if (image_read(k->vmlinux, &im, e))
		return -1;
	if (s390)
		s390_ranges(p, &im);
	if (!symbols)
		return 0;
	str_addf(&functions, "%" PRIx64 " -\n", im.end + im.shift);
	p->symbols = path_join(dir, PLUGIN_SYMBOLS);
	return file_write(p->symbols, functions.buf, functions.len, e);
}

int plugin_boot_prepare(struct plugin_boot *p, const char *object, const struct plugin_kernel *k,
			const struct strv *words, const char *dir, struct err *e)
{
	*p = (struct plugin_boot){ .args = STRV_INIT };
	if (!file_exists(object))
		return err_set(e, ERR_INFRA, "the QEMU plugin '%s' is not there ('make' builds it)",
			       object);
	p->object = xstrdup(object);
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->v[i], "windows"))
			strv_push(&p->args, words->v[i]);
	return prepare(p, k, dir, needs_symbols(words), e);
}

void plugin_boot_release(struct plugin_boot *p)
{
	free(p->object);
	free(p->symbols);
	strv_release(&p->args);
	*p = (struct plugin_boot){ .args = STRV_INIT };
}

void plugin_boot_option(const struct plugin_boot *p, struct str *out)
{
	str_addf(out, "file=./%s,out=%s", PLUGIN_OBJECT, PLUGIN_OUTPUT);
	if (p->symbols)
		str_addf(out, ",symbols=%s", PLUGIN_SYMBOLS);
	for (size_t i = 0; i < p->args.n; i++)
		str_addf(out, ",%s", p->args.v[i]);
}
