// SPDX-License-Identifier: GPL-2.0
/* Is it the kernel that was asked for: command line, vermagic, lines of the kernel log. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/guest.h"
#include "workloads/phase.h"

static void test_cmdline(void **state)
{
	static const struct {
		const char *cmdline, *token;
		bool want;
	} rows[] = {
		{ "quiet panic=-1\n", "quiet", true },
		{ "quiet panic=-1\n", "panic=-1", true },
		{ "quiet panic=-1\n", "panic", false },
		{ "quiet panic=-1\n", "panic=-", false },
		{ "quiet panic=-1\n", "uiet", false },
		{ "xquiet quiet", "quiet", true },
		{ "quietx quiet x", "quiet", true },
		{ "", "quiet", false },
		{ "quiet", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (cmdline_has(rows[i].cmdline, rows[i].token) != rows[i].want)
			fail_msg("'%s' in '%s': got %d, wanted %d", rows[i].token, rows[i].cmdline,
				 !rows[i].want, rows[i].want);
}

/* A module of two sections, laid out by hand: header, .modinfo, section names, section headers. */
struct module {
	Elf64_Ehdr h;
	char info[64];
	char names[32];
	Elf64_Shdr s[3];
};

static void module_make(struct module *m)
{
	static const char info[] = "license=GPL\0vermagic=7.3.4 SMP mod_unload \0name=x";
	static const char names[] = "\0.modinfo\0.shstrtab";

	memset(m, 0, sizeof(*m));
	memcpy(m->h.e_ident, ELFMAG, SELFMAG);
	m->h.e_ident[EI_CLASS] = ELFCLASS64;
	m->h.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB :
									    ELFDATA2MSB;
	m->h.e_shoff = offsetof(struct module, s);
	m->h.e_shentsize = sizeof(m->s[0]);
	m->h.e_shnum = 3;
	m->h.e_shstrndx = 2;
	memcpy(m->info, info, sizeof(info));
	memcpy(m->names, names, sizeof(names));
	m->s[1] = (Elf64_Shdr){ .sh_name = 1,
				.sh_type = SHT_PROGBITS,
				.sh_offset = offsetof(struct module, info),
				.sh_size = sizeof(info) };
	m->s[2] = (Elf64_Shdr){ .sh_name = 10,
				.sh_type = SHT_STRTAB,
				.sh_offset = offsetof(struct module, names),
				.sh_size = sizeof(names) };
}

static void good(struct module *m)
{
	(void)m;
}

static void wrong_magic(struct module *m)
{
	m->h.e_ident[0] = 'x';
}

static void other_class(struct module *m)
{
	m->h.e_ident[EI_CLASS] = ELFCLASS32;
}

static void other_order(struct module *m)
{
	m->h.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
}

static void headers_outside(struct module *m)
{
	m->h.e_shoff = sizeof(*m) - 8;
}

static void headers_wrap(struct module *m)
{
	m->h.e_shoff = UINT64_MAX - 8;
}

static void names_outside(struct module *m)
{
	m->h.e_shstrndx = 3;
}

static void section_outside(struct module *m)
{
	m->s[1].sh_offset = sizeof(*m);
}

static void section_wraps(struct module *m)
{
	m->s[1].sh_size = UINT64_MAX;
}

static void name_outside(struct module *m)
{
	m->s[1].sh_name = 0xffffffff;
}

static void info_unterminated(struct module *m)
{
	m->s[1].sh_size = 30;
}

static void no_vermagic(struct module *m)
{
	m->info[12] = 'V';
}

static void info_is_nobits(struct module *m)
{
	m->s[1].sh_type = SHT_NOBITS;
}

static void test_vermagic(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct module *m);
		const char *want; /* the vermagic, or the error */
		int ret;
	} rows[] = {
		{ "good", good, "7.3.4 SMP mod_unload ", 0 },
		{ "wrong magic", wrong_magic, "not an ELF file of this machine", -1 },
		{ "32 bit", other_class, "not an ELF file of this machine", -1 },
		{ "other byte order", other_order, "not an ELF file of this machine", -1 },
		{ "headers outside", headers_outside, "no .modinfo section", -1 },
		{ "headers wrap", headers_wrap, "no .modinfo section", -1 },
		{ "names outside", names_outside, "no .modinfo section", -1 },
		{ "section outside", section_outside, "no .modinfo section", -1 },
		{ "section wraps", section_wraps, "no .modinfo section", -1 },
		{ "name outside", name_outside, "no .modinfo section", -1 },
		{ "unterminated", info_unterminated, "no vermagic", -1 },
		{ "no vermagic", no_vermagic, "no vermagic", -1 },
		{ "nothing in the file", info_is_nobits, "no vermagic", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out = STR_INIT;
		struct err e = ERR_INIT;
		struct module m;
		const char *got;
		int ret;

		module_make(&m);
		rows[i].spoil(&m);
		ret = module_vermagic((const char *)&m, sizeof(m), &out, &e);
		got = ret ? e.msg : out.buf;
		if (ret != rows[i].ret || strcmp(got, rows[i].want))
			fail_msg("%s: got %d '%s', wanted %d '%s'", rows[i].name, ret, got,
				 rows[i].ret, rows[i].want);
		str_release(&out);
	}
}

/* Any prefix of a module is an error or the truth, never a read outside (ASan looks). */
static void test_vermagic_cut(void **state)
{
	struct module m;

	(void)state;
	module_make(&m);
	for (size_t len = 0; len < sizeof(m); len++) {
		struct str out = STR_INIT;
		struct err e = ERR_INIT;
		char *copy = xmalloc(len);

		memcpy(copy, &m, len);
		assert_int_equal(module_vermagic(copy, len, &out, &e), -1);
		free(copy);
		str_release(&out);
	}
}

static void test_kmsg(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "ours", "3,512,585411,-;kmod: size 0 is under 1\n", "size 0 is under 1" },
		{ "with a dictionary", "3,512,585411,-;kmod: no\n SUBSYSTEM=x\n DEVICE=y\n", "no" },
		{ "of another", "3,512,585411,-;kmodx: no\n", NULL },
		{ "in the middle", "3,512,585411,-;about kmod: no\n", NULL },
		{ "name in the prefix", "kmod: ,1,1,-;no\n", NULL },
		{ "no prefix", "kmod: no\n", NULL },
		{ "empty", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char record[128];
		const char *got;

		snprintf(record, sizeof(record), "%s", rows[i].input);
		got = kmsg_message(record, strlen(record), "kmod");
		if (!got != !rows[i].want || (got && strcmp(got, rows[i].want)))
			fail_msg("%s: got '%s', wanted '%s'", rows[i].name, got ? got : "(none)",
				 rows[i].want ? rows[i].want : "(none)");
	}
}

static void test_phase_parse(void **state)
{
	static const struct {
		const char *cmdline;
		unsigned int want;
	} rows[] = {
		{ "quiet kdelta.phase=7\n", 7 },
		{ "kdelta.phase=7 quiet\n", 7 },
		{ "kdelta.phase=2147483647", 2147483647 },
		{ "quiet\n", 0 },
		{ "", 0 },
		{ "xkdelta.phase=7", 0 },
		{ "kdelta.phase=x", 0 },
		{ "kdelta.phase=", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (phase_parse(rows[i].cmdline) != rows[i].want)
			fail_msg("'%s': got %u, wanted %u", rows[i].cmdline,
				 phase_parse(rows[i].cmdline), rows[i].want);
}

/* What is drawn covers its range evenly: 6000 draws in ten equal parts, 600 each, standard deviation 23. */
static void test_phase_draw(void **state)
{
	size_t ns[10] = { 0 }, pages[10] = { 0 };
	struct phase p = phase_draw(0, 1, 2);

	(void)state;
	assert_int_equal(p.ns + p.pages, 0);
	for (unsigned int phase = 1; phase <= 100; phase++) {
		for (int w = 0; w < 10; w++) {
			for (int round = -1; round < 5; round++) {
				struct phase again = phase_draw(phase, w, round);

				p = phase_draw(phase, w, round);
				assert_true(p.ns == again.ns && p.pages == again.pages);
				assert_true(p.ns < PHASE_NS && p.pages < PHASE_PAGES);
				ns[p.ns * 10 / PHASE_NS]++;
				pages[p.pages * 10 / PHASE_PAGES]++;
			}
		}
	}
	for (size_t i = 0; i < 10; i++) {
		assert_in_range(ns[i], 480, 720);
		assert_in_range(pages[i], 400, 800); /* the parts have six or seven numbers */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),      cmocka_unit_test(test_vermagic),
		cmocka_unit_test(test_vermagic_cut), cmocka_unit_test(test_kmsg),
		cmocka_unit_test(test_phase_parse),  cmocka_unit_test(test_phase_draw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
