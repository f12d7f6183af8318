// SPDX-License-Identifier: GPL-2.0
/* Is this the kernel that was asked for? A boot of another one measures nothing. */
#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

#include "runner/base/file.h"
#include "workloads/guest.h"

#define MODULES "/modules"
#define MODULE_MAX (32 << 20)
#define CMDLINE_MAX 65536

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define OWN_ELFDATA ELFDATA2MSB
#else
#define OWN_ELFDATA ELFDATA2LSB
#endif

bool cmdline_has(const char *cmdline, const char *token)
{
	size_t n = strlen(token);

	for (const char *p = cmdline; n && (p = strstr(p, token)); p++) {
		bool starts = p == cmdline || p[-1] == ' ';
		bool ends = !p[n] || p[n] == ' ' || p[n] == '\n';

		if (starts && ends)
			return true;
	}
	return false;
}

/* Section @index of an ELF file, its extent checked against @len (SHT_NOBITS has none). */
static int section_at(const char *elf, size_t len, size_t index, Elf64_Shdr *out)
{
	Elf64_Ehdr h;
	size_t at;

	memcpy(&h, elf, sizeof(h));
	if (h.e_shentsize != sizeof(*out) || index >= h.e_shnum || h.e_shoff > len)
		return -1;
	at = h.e_shoff + index * sizeof(*out);
	if (at > len || len - at < sizeof(*out))
		return -1;
	memcpy(out, elf + at, sizeof(*out));
	if (out->sh_type == SHT_NOBITS)
		out->sh_size = 0;
	return out->sh_offset > len || out->sh_size > len - out->sh_offset ? -1 : 0;
}

static bool section_named(const char *elf, const Elf64_Shdr *names, const Elf64_Shdr *s,
			  const char *name)
{
	size_t n = strlen(name) + 1;

	return s->sh_name <= names->sh_size && names->sh_size - s->sh_name >= n &&
	       !memcmp(elf + names->sh_offset + s->sh_name, name, n);
}

static int find_section(const char *elf, size_t len, const char *name, Elf64_Shdr *out)
{
	Elf64_Shdr names;
	Elf64_Ehdr h;

	memcpy(&h, elf, sizeof(h));
	if (section_at(elf, len, h.e_shstrndx, &names))
		return -1;
	for (size_t i = 0; i < h.e_shnum; i++)
		if (!section_at(elf, len, i, out) && section_named(elf, &names, out, name))
			return 0;
	return -1;
}

static bool is_own_elf(const char *elf, size_t len)
{
	return len >= sizeof(Elf64_Ehdr) && !memcmp(elf, ELFMAG, SELFMAG) &&
	       elf[EI_CLASS] == ELFCLASS64 && elf[EI_DATA] == OWN_ELFDATA;
}

int module_vermagic(const char *elf, size_t len, struct str *out, struct err *e)
{
	static const char key[] = "vermagic=";
	const char *p, *end, *nul;
	Elf64_Shdr info;

	if (!is_own_elf(elf, len))
		return err_set(e, ERR_INFRA, "not an ELF file of this machine");
	if (find_section(elf, len, ".modinfo", &info))
		return err_set(e, ERR_INFRA, "no .modinfo section");
	p = elf + info.sh_offset;
	end = p + info.sh_size;
	for (; p < end && (nul = memchr(p, '\0', (size_t)(end - p))); p = nul + 1) {
		if (!str_starts(p, key))
			continue;
		str_add(out, p + strlen(key));
		return 0;
	}
	return err_set(e, ERR_INFRA, "no vermagic");
}

static int check_module(const char *name, const char *release, struct err *e)
{
	cleanup_free char *path = path_join(MODULES, name);
	cleanup_str struct str elf = STR_INIT, magic = STR_INIT;
	size_t n = strlen(release);

	if (file_read(path, MODULE_MAX, &elf, e))
		return -1;
	if (module_vermagic(elf.buf, elf.len, &magic, e))
		return err_prefix(e, "module '%s'", name);
	if (strncmp(magic.buf, release, n) || magic.buf[n] != ' ')
		return err_set(e, ERR_INFRA, "module '%s' is for '%s', wanted release '%s'", name,
			       magic.buf, release);
	return 0;
}

static int check_modules(const char *release, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (!dir_exists(MODULES))
		return 0;
	if (dir_list(MODULES, ".ko", &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (check_module(names.v[i], release, e))
			return -1;
	return 0;
}

static int check_tokens(const struct strv *tokens, struct err *e)
{
	cleanup_str struct str cmdline = STR_INIT;

	if (file_read("/proc/cmdline", CMDLINE_MAX, &cmdline, e))
		return -1;
	for (size_t i = 0; i < tokens->n; i++)
		if (!cmdline_has(cmdline.buf, tokens->v[i]))
			return err_set(e, ERR_INFRA, "'%s' is not in the kernel's command line",
				       tokens->v[i]);
	return 0;
}

int guest_check(const struct guest_plan *p, struct err *e)
{
	struct utsname u;

	if (uname(&u))
		return err_errno(e, ERR_INFRA, "cannot ask uname");
	if (p->release && strcmp(p->release, u.release))
		return err_set(e, ERR_INFRA, "kernel release is '%s', wanted '%s'", u.release,
			       p->release);
	if (p->machine && strcmp(p->machine, u.machine))
		return err_set(e, ERR_INFRA, "machine is '%s', wanted '%s'", u.machine, p->machine);
	return check_tokens(&p->tokens, e) || check_modules(u.release, e) ? -1 : 0;
}
