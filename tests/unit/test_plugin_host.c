// SPDX-License-Identifier: GPL-2.0
/* What a boot with the QEMU plugin is told, from small ELF files; and the plugin's own arguments and symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/plugin.h"
#include "collectors/plugin_host.h"
#include "runner/base/file.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NAMES_MAX 256

/* ---- A kernel of a few symbols ---- */

enum { SECTION_NONE, SECTION_TEXT, SECTION_DATA, SECTION_NAMES, SECTION_SYMBOLS, SECTIONS };

static const struct small_symbol {
	const char *name;
	uint64_t addr;
	int type, section;
} small_symbols[] = {
	{ "_text", 0x1000, STT_NOTYPE, SECTION_TEXT },
	{ "first", 0x1010, STT_FUNC, SECTION_TEXT },
	{ "from_assembler", 0x1020, STT_NOTYPE, SECTION_TEXT },
	{ ".Llocal", 0x1024, STT_NOTYPE, SECTION_TEXT },
	{ "code.c", 0, STT_FILE, SHN_ABS },
	{ "some_data", 0x2000, STT_OBJECT, SECTION_DATA },
	{ "data_label", 0x2008, STT_NOTYPE, SECTION_DATA },
	{ "elsewhere", 0, STT_NOTYPE, SHN_UNDEF },
	{ "_end", 0x3000, STT_NOTYPE, SECTION_DATA },
};

struct small_elf {
	Elf64_Ehdr header;
	Elf64_Shdr section[SECTIONS];
	Elf64_Sym symbol[COUNT(small_symbols) + 1];
	char names[NAMES_MAX];
};

static void fill_symbols(struct small_elf *f)
{
	size_t used = 1;

	for (size_t i = 0; i < COUNT(small_symbols); i++) {
		const struct small_symbol *from = &small_symbols[i];
		Elf64_Sym *to = &f->symbol[i + 1];

		to->st_name = (Elf64_Word)used;
		to->st_value = from->addr;
		to->st_info = ELF64_ST_INFO(STB_GLOBAL, from->type);
		to->st_shndx = (Elf64_Section)from->section;
		strcpy(f->names + used, from->name);
		used += strlen(from->name) + 1;
	}
}

static void fill_elf(struct small_elf *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->header.e_ident, ELFMAG, SELFMAG);
	f->header.e_ident[EI_CLASS] = ELFCLASS64;
	f->header.e_ident[EI_DATA] = ELFDATA2LSB;
	f->header.e_ident[EI_VERSION] = EV_CURRENT;
	f->header.e_type = ET_EXEC;
	f->header.e_machine = EM_X86_64;
	f->header.e_version = EV_CURRENT;
	f->header.e_ehsize = sizeof(f->header);
	f->header.e_shoff = offsetof(struct small_elf, section);
	f->header.e_shentsize = sizeof(*f->section);
	f->header.e_shnum = SECTIONS;
	f->section[SECTION_TEXT] = (Elf64_Shdr){ .sh_type = SHT_NOBITS,
						 .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
						 .sh_addr = 0x1000,
						 .sh_size = 0x1000 };
	f->section[SECTION_DATA] = (Elf64_Shdr){ .sh_type = SHT_NOBITS,
						 .sh_flags = SHF_ALLOC | SHF_WRITE,
						 .sh_addr = 0x2000,
						 .sh_size = 0x1000 };
	f->section[SECTION_NAMES] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
						  .sh_offset = offsetof(struct small_elf, names),
						  .sh_size = sizeof(f->names) };
	f->section[SECTION_SYMBOLS] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
						    .sh_offset = offsetof(struct small_elf, symbol),
						    .sh_size = sizeof(f->symbol),
						    .sh_link = SECTION_NAMES,
						    .sh_info = 1,
						    .sh_addralign = 8,
						    .sh_entsize = sizeof(*f->symbol) };
	fill_symbols(f);
}

/* ---- The host's side ---- */

struct host_row {
	const char *name, *arch, *words, *config;
	const char *option; /* what QEMU is told */
	const char *symbols; /* the file, NULL: none */
	const char *error; /* instead */
};

#define BASE "CONFIG_X=y\nCONFIG_KERNEL_IMAGE_BASE=0x3FFE0000000\n"
#define S390_RANGES "kernel=0-2000,kernel=3ff60000000-3ffe0000000,kernel=3ffe0001000-3ffe0003000"
#define SYMBOLS "1000 _text\n1010 first\n1020 from_assembler\n3000 -\n"

static const struct host_row host_rows[] = {
	{ "windows alone need no symbols", "x86_64", "windows", "", "file=./plugin.so,out=counts",
	  NULL, NULL },
	{ "functions", "x86_64", "windows where=10 call=first", "",
	  "file=./plugin.so,out=counts,symbols=symbols,where=10,call=first", SYMBOLS, NULL },
	{ "excursions", "aarch64", "excursions=on", "",
	  "file=./plugin.so,out=counts,symbols=symbols,excursions=on", SYMBOLS, NULL },
	{ "s390x has ranges", "s390x", "windows", BASE, "file=./plugin.so,out=counts," S390_RANGES,
	  NULL, NULL },
	{ "s390x runs above where it is linked", "s390x", "where=1", BASE,
	  "file=./plugin.so,out=counts,symbols=symbols,where=1," S390_RANGES,
	  "3ffe0001000 _text\n3ffe0001010 first\n3ffe0001020 from_assembler\n3ffe0003000 -\n",
	  NULL },
	{ "s390x without a base", "s390x", "windows", "CONFIG_X=y\n", NULL, NULL,
	  "has no CONFIG_KERNEL_IMAGE_BASE=" },
};

struct world {
	char *dir, *object, *vmlinux, *config;
};

static void world_file(char **path, const char *dir, const char *name, const void *data, size_t len)
{
	struct err e = ERR_INIT;

	*path = path_join(dir, name);
	if (file_write(*path, data, len, &e))
		fail_msg("%s", e.msg);
}

static void world_make(struct world *w)
{
	struct str dir = STR_INIT;
	struct small_elf elf;
	struct err e = ERR_INIT;

	if (dir_temp(NULL, &dir, &e))
		fail_msg("%s", e.msg);
	w->dir = str_detach(&dir);
	fill_elf(&elf);
	world_file(&w->object, w->dir, "object.so", "x", 1);
	world_file(&w->vmlinux, w->dir, "vmlinux", &elf, sizeof(elf));
	world_file(&w->config, w->dir, "config", "", 0);
}

static void world_remove(struct world *w)
{
	tree_remove(w->dir, NULL);
	free(w->dir);
	free(w->object);
	free(w->vmlinux);
	free(w->config);
}

static void check_text(const char *name, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want))
		fail_msg("%s: %s: got '%s', wanted '%s'", name, what, got, want);
}

static void check_boot(const struct host_row *row, const struct plugin_boot *p)
{
	cleanup_str struct str option = STR_INIT, symbols = STR_INIT;
	struct err e = ERR_INIT;

	plugin_boot_option(p, &option);
	check_text(row->name, "option", option.buf, row->option);
	assert_int_equal(!p->symbols, !row->symbols);
	if (!row->symbols)
		return;
	assert_int_equal(file_read(p->symbols, 0, &symbols, &e), 0);
	check_text(row->name, "symbols", symbols.buf, row->symbols);
}

static void host_run(const struct world *w, const struct host_row *row)
{
	const struct plugin_kernel k = { row->arch, w->vmlinux, w->config };
	struct strv words = STRV_INIT;
	struct err e = ERR_INIT;
	struct plugin_boot p;
	int ret;

	assert_int_equal(file_write(w->config, row->config, strlen(row->config), &e), 0);
	strv_split(&words, row->words, " ");
	ret = plugin_boot_prepare(&p, w->object, &k, &words, w->dir, &e);
	if (row->error && (!ret || !strstr(e.msg, row->error)))
		fail_msg("%s: got %d '%s', wanted '%s'", row->name, ret, e.msg, row->error);
	if (!row->error && ret)
		fail_msg("%s: got '%s'", row->name, e.msg);
	if (!ret)
		check_boot(row, &p);
	plugin_boot_release(&p);
	strv_release(&words);
}

static void host_table(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	for (size_t i = 0; i < COUNT(host_rows); i++)
		host_run(&w, &host_rows[i]);
	world_remove(&w);
}

static void damaged_kernels(void **state)
{
	static const struct {
		const char *name;
		size_t keep; /* bytes of the file */
	} rows[] = {
		{ "empty", 0 },
		{ "no ELF", 3 },
		{ "header alone", sizeof(Elf64_Ehdr) },
		{ "symbols cut off", offsetof(struct small_elf, symbol) + 30 },
	};
	struct strv words = STRV_INIT;
	struct small_elf elf;
	struct world w;

	(void)state;
	world_make(&w);
	fill_elf(&elf);
	strv_push(&words, "where=1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct plugin_kernel k = { "x86_64", w.vmlinux, w.config };
		struct err e = ERR_INIT;
		struct plugin_boot p;

		assert_int_equal(file_write(w.vmlinux, (const char *)&elf, rows[i].keep, &e), 0);
		if (!plugin_boot_prepare(&p, w.object, &k, &words, w.dir, &e) ||
		    !strstr(e.msg, "cannot read the symbols of"))
			fail_msg("%s: got '%s'", rows[i].name, e.msg);
		plugin_boot_release(&p);
	}
	strv_release(&words);
	world_remove(&w);
}

static void missing_plugin(void **state)
{
	const struct plugin_kernel k = { "x86_64", "none", "none" };
	struct strv words = STRV_INIT;
	struct err e = ERR_INIT;
	struct plugin_boot p;

	(void)state;
	assert_int_equal(plugin_boot_prepare(&p, "/nonexistent.so", &k, &words, "/", &e), -1);
	assert_non_null(strstr(e.msg, "the QEMU plugin '/nonexistent.so' is not there"));
	plugin_boot_release(&p);
}

/* ---- The plugin's side ---- */

static void argument_rows(void **state)
{
	static const struct {
		const char *input, *want; /* "": accepted */
	} rows[] = {
		{ "out=f", "" },
		{ "out=f kernel=0-2000 kernel=ff-100 threads=multi excursions=off", "" },
		{ "out=f symbols=s where=1000 call=a call=b", "" },
		{ "symbols=s", "argument 'out=FILE' is missing" },
		{ "out=", "argument 'out=': the value is missing" },
		{ "out", "unknown argument 'out'" },
		{ "outs=f", "unknown argument 'outs=f'" },
		{ "out=f where=1", "where= and call= need symbols=FILE" },
		{ "out=f call=a", "where= and call= need symbols=FILE" },
		{ "out=f where=1001", "argument 'where=1001': expected a number from 0 to 1000" },
		{ "out=f where=1x", "argument 'where=1x': expected a number from 0 to 1000" },
		{ "out=f kernel=10", "argument 'kernel=10': expected LOW-HIGH in hexadecimal" },
		{ "out=f kernel=10-10",
		  "argument 'kernel=10-10': expected LOW-HIGH in hexadecimal" },
		{ "out=f kernel=-10", "argument 'kernel=-10': expected LOW-HIGH in hexadecimal" },
		{ "out=f excursions=1", "argument 'excursions=1': expected on or off" },
		{ "out=f threads=2", "argument 'threads=2': expected single or multi" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strv words = STRV_INIT;
		struct err e = ERR_INIT;
		struct plugin_args a;

		strv_split(&words, rows[i].input, " ");
		if (!plugin_args_parse(&a, (int)words.n, words.v, &e) != !*rows[i].want)
			fail_msg("'%s': got '%s', wanted '%s'", rows[i].input, e.msg, rows[i].want);
		if (*rows[i].want)
			check_text(rows[i].input, "error", e.msg, rows[i].want);
		plugin_args_release(&a);
		strv_release(&words);
	}
}

static void kernel_address_rows(void **state)
{
	static const struct {
		const char *input;
		uint64_t addr;
		bool want;
	} rows[] = {
		{ "out=f", 0x7fffffffffffffff, false },
		{ "out=f", 0x8000000000000000, true },
		{ "out=f kernel=0-2000 kernel=9000-9001", 0, true },
		{ "out=f kernel=0-2000 kernel=9000-9001", 0x1fff, true },
		{ "out=f kernel=0-2000 kernel=9000-9001", 0x2000, false },
		{ "out=f kernel=0-2000 kernel=9000-9001", 0x9000, true },
		{ "out=f kernel=0-2000 kernel=9000-9001", 0x8000000000000000, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strv words = STRV_INIT;
		struct err e = ERR_INIT;
		struct plugin_args a;

		strv_split(&words, rows[i].input, " ");
		assert_int_equal(plugin_args_parse(&a, (int)words.n, words.v, &e), 0);
		if (plugin_args_is_kernel(&a, rows[i].addr) != rows[i].want)
			fail_msg("'%s' 0x%llx: got %d, wanted %d", rows[i].input,
				 (unsigned long long)rows[i].addr, !rows[i].want, rows[i].want);
		plugin_args_release(&a);
		strv_release(&words);
	}
}

static void symbol_rows(void **state)
{
	static const struct {
		uint64_t addr;
		const char *want; /* NULL: none */
	} rows[] = {
		{ 0, NULL },         { 0xfff, NULL },      { 0x1000, "_text" },
		{ 0x100f, "_text" }, { 0x1010, "first" },  { 0x2fff, "from_assembler" },
		{ 0x3000, NULL },    { UINT64_MAX, NULL },
	};
	struct symbols s = SYMBOLS_INIT;
	struct err e = ERR_INIT;

	(void)state;
	/* in any order */
	assert_int_equal(symbols_parse(&s, "3000 -\n1010 first\n1000 _text\n1020 from_assembler",
				       &e),
			 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		long at = symbols_find(&s, rows[i].addr);
		const char *got = at < 0 ? NULL : s.v[at].name;

		if (!got != !rows[i].want || (got && strcmp(got, rows[i].want)))
			fail_msg("0x%llx: got '%s', wanted '%s'", (unsigned long long)rows[i].addr,
				 got ? got : "none", rows[i].want ? rows[i].want : "none");
	}
	assert_int_equal(symbols_named(&s, "first"), 1);
	assert_int_equal(symbols_named(&s, "-"), -1);
	symbols_release(&s);
}

static void bad_symbols(void **state)
{
	static const struct {
		const char *input, *want;
	} rows[] = {
		{ "10 a\nxyz b\n", "line 2: expected 'address name', got 'xyz b'" },
		{ "10\n", "line 1: expected 'address name', got '10'" },
		{ "10 \n", "line 1: expected 'address name', got '10 '" },
		{ "10 a\n\n", "line 2: expected 'address name', got ''" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct symbols s = SYMBOLS_INIT;
		struct err e = ERR_INIT;

		if (!symbols_parse(&s, rows[i].input, &e))
			fail_msg("'%s': accepted, wanted '%s'", rows[i].input, rows[i].want);
		check_text(rows[i].input, "error", e.msg, rows[i].want);
		symbols_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_table),          cmocka_unit_test(damaged_kernels),
		cmocka_unit_test(missing_plugin),      cmocka_unit_test(argument_rows),
		cmocka_unit_test(kernel_address_rows), cmocka_unit_test(symbol_rows),
		cmocka_unit_test(bad_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
