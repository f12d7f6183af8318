// SPDX-License-Identifier: GPL-2.0
/* A static busybox for the interactive boot. */
#include "runner/kernel.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/debian.h"
#include "runner/kernel_build.h"
#include "runner/paths.h"
#include "runner/source.h"

#define NATIVE_BUSYBOX "/bin/busybox"

/* A program without an interpreter needs no libraries. */
static bool is_static(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_elf, dynamic = false;
	GElf_Phdr ph;
	size_t n = 0;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	is_elf = elf && elf_kind(elf) == ELF_K_ELF && !elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n && is_elf; i++)
		dynamic |= gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_INTERP;
	elf_end(elf);
	close(fd);
	return is_elf && !dynamic;
}

static int fetch(const struct arch *a, const char *dir, const char *path, struct err *e)
{
	cleanup_str struct str deb = STR_INIT;

	if (debian_fetch("busybox-static", NULL, a->deb, dir, &deb, e))
		return err_prefix(e, "cannot get a busybox for %s", a->name);
	if (archive_take(deb.buf, "bin/busybox", path, e))
		return -1;
	if (chmod(path, 0755))
		return err_errno(e, ERR_INFRA, "cannot make '%s' executable", path);
	return tree_remove(deb.buf, e);
}

int busybox_fetch(const struct arch *a, struct str *path, struct err *e)
{
	cleanup_free char *dir = xasprintf("%s/busybox/%s", paths_cache(), a->name);
	cleanup_free char *file = path_join(dir, "busybox");
	cleanup_free char *lock = xasprintf("busybox-%s", a->name);
	int fd, ret = 0;

	if (a == arch_host() && is_static(NATIVE_BUSYBOX)) {
		str_add(path, NATIVE_BUSYBOX);
		return 0;
	}
	if (dir_make(dir, e))
		return -1;
	fd = build_lock(lock, NULL, "", e);
	if (fd < 0)
		return -1;
	if (!is_static(file))
		ret = fetch(a, dir, file, e);
	file_unlock(fd);
	if (!ret)
		str_add(path, file);
	return ret;
}
