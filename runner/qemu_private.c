// SPDX-License-Identifier: GPL-2.0
/* A QEMU of the distribution's own, in the cache: fetched, unpacked, started. */
#include "runner/qemu.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/debian.h"
#include "runner/paths.h"
#include "runner/source.h"

/* Folders of firmware below the root. */
static const char *const firmware[] = { "usr/share/qemu", "usr/share/seabios" };

/* Folders of libraries below the root, as "usr/lib/x86_64-linux-gnu". */
static void library_dirs(const char *root, struct strv *out)
{
	static const char *const parents[] = { "usr/lib", "lib" };

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		cleanup_free char *parent = path_join(root, parents[i]);
		cleanup_strv struct strv names = STRV_INIT;

		if (!dir_exists(parent) || dir_list(parent, NULL, &names, NULL))
			continue;
		for (size_t j = 0; j < names.n; j++)
			if (!fnmatch("*-linux-gnu*", names.v[j], 0))
				strv_pushf(out, "%s/%s", parents[i], names.v[j]);
	}
}

/* @root: by which name the QEMU process gets there. */
static void firmware_args(const char *root, struct strv *argv)
{
	for (size_t i = 0; i < sizeof(firmware) / sizeof(firmware[0]); i++) {
		strv_push(argv, "-L");
		strv_pushf(argv, "%s/%s", root, firmware[i]);
	}
}

static void library_env(const char *real, const char *root, struct strv *env)
{
	cleanup_strv struct strv dirs = STRV_INIT;
	cleanup_str struct str path = STR_INIT;

	library_dirs(real, &dirs);
	for (size_t i = 0; i < dirs.n; i++)
		str_addf(&path, "%s%s/%s", i ? ":" : "", root, dirs.v[i]);
	if (path.len)
		strv_pushf(env, "LD_LIBRARY_PATH=%s", path.buf);
}

static void set_program(const struct qemu_program *p, struct strv *argv)
{
	free(argv->v[0]);
	argv->v[0] = xstrdup(p->path);
}

int qemu_launch(const struct qemu_program *p, struct strv *argv, struct proc *proc,
		struct qemu_launch *l, struct err *e)
{
	cleanup_free char *root = NULL;

	set_program(p, argv);
	if (p->root) {
		l->fd = open(p->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (l->fd < 0)
			return err_errno(e, ERR_INFRA, "cannot open '%s'", p->root);
		root = xasprintf("/proc/self/fd/%d", l->fd);
		firmware_args(root, argv);
		library_env(p->root, root, &l->env);
		proc->env = &l->env;
		proc->dir_fd = l->fd;
		proc->file = p->path + strlen(p->root) + 1;
	}
	proc->argv = (const char *const *)argv->v;
	return 0;
}

void qemu_launch_release(struct qemu_launch *l)
{
	if (l->fd >= 0)
		close(l->fd);
	strv_release(&l->env);
	l->fd = -1;
}

void qemu_show(const struct qemu_program *p, struct strv *argv)
{
	set_program(p, argv);
	if (p->root)
		firmware_args(p->root, argv);
}

/* Does the newest private one do everything, for every architecture? */
static bool is_there(struct str *version)
{
	for (const struct arch *a = archs; a->name; a++) {
		struct qemu_program p;
		bool good;

		if (!qemu_find_private(a, &p))
			return false;
		good = !qemu_limit(a, qemu_version_number(p.version));
		str_reset(version);
		str_add(version, p.version);
		qemu_program_release(&p);
		if (!good)
			return false;
	}
	return true;
}

/* Programs of a newer C library do not run with this machine's loader. */
static int check_packages(const struct strv *debs, struct err *e)
{
	for (size_t i = 0; i < debs->n; i++)
		if (str_starts(path_base(debs->v[i]), "libc6_"))
			return err_set(e, ERR_INFRA, "it needs a newer C library ('%s')",
				       path_base(debs->v[i]));
	return 0;
}

static int unpack(const char *dir, const char *root, struct err *e)
{
	/* firmware too: QEMU wants the one that it was packaged with */
	static const char mine[] = "qemu-* seabios ipxe-qemu";
	cleanup_strv struct strv packages = STRV_INIT;
	cleanup_strv struct strv private = STRV_INIT;
	cleanup_strv struct strv debs = STRV_INIT;

	for (const struct arch *a = archs; a->name; a++)
		strv_push(&packages, a->qemu_package);
	strv_split(&private, mine, " ");
	if (dir_make(root, e) ||
	    debian_fetch_closure(&packages, &private, arch_host() ? arch_host()->deb : "", dir,
				 &debs, e) ||
	    check_packages(&debs, e))
		return -1;
	for (size_t i = 0; i < debs.n; i++)
		if (archive_unpack_package(debs.v[i], root, e))
			return -1;
	return 0;
}

/* What was unpacked has to run here, and to be better than what made us fetch it. */
static int examine(const char *root, struct str *version, struct err *e)
{
	for (const struct arch *a = archs; a->name; a++) {
		struct qemu_program p = { .path = xasprintf("%s/usr/bin/%s", root, a->qemu),
					  .root = xstrdup(root) };
		const char *limit = NULL;

		qemu_ask_version(&p);
		if (!p.version)
			err_set(e, ERR_INFRA, "its '%s' does not run here", a->qemu);
		else if ((limit = qemu_limit(a, qemu_version_number(p.version))))
			err_set(e, ERR_INFRA, "the archive's newest is %s, and that %s", p.version,
				limit);
		str_reset(version);
		str_add(version, p.version ? p.version : "");
		qemu_program_release(&p);
		if (!version->len || limit)
			return -1;
	}
	return 0;
}

static int publish(const char *root, const char *version, struct err *e)
{
	cleanup_free char *to = xasprintf("%s/qemu/%s", paths_cache(), version);

	if (tree_remove(to, e))
		return -1;
	return rename(root, to) ? err_errno(e, ERR_INFRA, "cannot rename '%s'", root) : 0;
}

static int fetch_locked(const char *dir, struct str *version, struct err *e)
{
	cleanup_free char *root = NULL;
	struct tempdir tmp = { 0 };
	int ret;

	if (is_there(version))
		return 0;
	if (tempdir_make(&tmp, dir, e))
		return -1;
	root = path_join(tmp.path, "root");
	ret = unpack(tmp.path, root, e) || examine(root, version, e) ||
			      publish(root, version->buf, e) ?
		      -1 :
		      0;
	tempdir_remove(&tmp);
	return ret;
}

int qemu_fetch(struct str *version, struct err *e)
{
	cleanup_free char *dir = path_join(paths_cache(), "qemu");
	cleanup_free char *lock = xasprintf("%s.lock", dir);
	int fd, ret;

	if (dir_make(dir, e))
		return -1;
	fd = file_lock(lock, -1, e);
	if (fd < 0)
		return -1;
	ret = fetch_locked(dir, version, e);
	file_unlock(fd);
	return ret ? err_prefix(e, "cannot fetch a private QEMU") : 0;
}
