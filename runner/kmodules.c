// SPDX-License-Identifier: GPL-2.0
/* Workload modules: built in a copy of kmods/, of which only the .ko files are kept. */
#include "runner/kernel.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/kernel_build.h"
#include "runner/kernel_tree.h"
#include "runner/paths.h"

#define MODULES_DEADLINE_MS (600 * 1000L)

static bool is_module_source(const char *name)
{
	return str_ends(name, ".c") || str_ends(name, ".h") || str_ends(name, ".S") ||
	       !strcmp(name, "Kbuild") || !strcmp(name, "Makefile");
}

/* Names of the source files, and the hash of names and contents. */
static int scan_sources(const char *kmods, struct strv *files, char hex[HASH_HEX], struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;
	struct hash *h;
	int ret = 0;

	if (dir_list(kmods, NULL, &names, e))
		return -1;
	h = hash_new();
	for (size_t i = 0; i < names.n && !ret; i++) {
		cleanup_free char *path = path_join(kmods, names.v[i]);

		if (!is_module_source(names.v[i]))
			continue;
		strv_push(files, names.v[i]);
		hash_add_str(h, names.v[i]);
		ret = hash_add_file(h, path, e);
	}
	hash_end(h, hex);
	if (!ret && !strv_has(files, "Kbuild"))
		return err_set(e, ERR_INFRA, "no Kbuild file in '%s'", kmods);
	return ret;
}

static int copy_sources(const char *kmods, const struct strv *files, const char *to, struct err *e)
{
	if (tree_remove(to, e) || dir_make(to, e))
		return -1;
	for (size_t i = 0; i < files->n; i++) {
		cleanup_free char *src = path_join(kmods, files->v[i]);
		cleanup_free char *dst = path_join(to, files->v[i]);

		if (tree_copy_file(src, dst, e))
			return -1;
	}
	return 0;
}

static int keep_modules(const char *dir, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;
	size_t kept = 0;

	if (dir_list(dir, NULL, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);

		if (str_ends(names.v[i], ".ko"))
			kept++;
		else if (tree_remove(path, e))
			return -1;
	}
	return kept ? 0 : err_set(e, ERR_INFRA, "make left no module in '%s'", dir);
}

static int modules_failed(const struct kernel *k, const char *log, const struct proc_result *res,
			  struct err *e)
{
	cleanup_str struct str text = STR_INIT, why = STR_INIT;

	if (file_read_tail(log, (size_t)4 << 20, &text, e))
		return -1;
	log_first_error(text.buf, &why);
	return err_set(e, ERR_INFRA, "cannot build the workload modules for '%s': %s (log: %s)",
		       k->release, res->timed_out ? "no end within the deadline" : why.buf, log);
}

static int make_modules(const struct kernel *k, const char *dir, const char *log, struct err *e)
{
	struct request r = { .arch = k->arch };
	cleanup_strv struct strv argv = STRV_INIT, env = STRV_INIT;
	struct proc p = PROC_INIT;
	struct proc_result res;
	int ret, fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", log);
	make_argv(&r, k->tree, 0, &argv);
	strv_pushf(&argv, "M=%s", dir);
	strv_push(&argv, "modules");
	make_env(&env);
	p.argv = (const char *const *)argv.v;
	p.env = &env;
	p.out_fd = p.err_fd = fd;
	p.deadline_ms = MODULES_DEADLINE_MS;
	ret = proc_run(&p, &res, e);
	close(fd);
	if (!ret && (res.status || res.timed_out))
		ret = modules_failed(k, log, &res, e);
	return ret;
}

static int build_modules(const struct kernel *k, const char *kmods, const struct strv *files,
			 const char *dir, struct err *e)
{
	cleanup_free char *tmp = xasprintf("%s.partial", dir);
	cleanup_free char *log = xasprintf("%s.log", dir);

	if (copy_sources(kmods, files, tmp, e) || make_modules(k, tmp, log, e) ||
	    keep_modules(tmp, e))
		return -1;
	return rename(tmp, dir) ? err_errno(e, ERR_INFRA, "cannot rename '%s'", tmp) : 0;
}

int kernel_modules(const struct kernel *k, const char *kmods, struct str *dir, struct err *e)
{
	cleanup_free char *base = xasprintf("%s/modules", paths_cache());
	cleanup_strv struct strv files = STRV_INIT;
	char hash[HASH_HEX];
	int fd, ret = 0;

	if (scan_sources(kmods, &files, hash, e) || dir_make(base, e))
		return -1;
	cleanup_free char *name = xasprintf("%s-%s", k->key, hash);
	cleanup_free char *path = path_join(base, name);
	cleanup_free char *lock = xasprintf("modules-%s", name);

	fd = build_lock(lock, NULL, "", e);
	if (fd < 0)
		return -1;
	if (!dir_exists(path))
		ret = build_modules(k, kmods, &files, path, e);
	file_unlock(fd);
	if (!ret)
		str_add(dir, path);
	return ret;
}
