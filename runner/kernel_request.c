// SPDX-License-Identifier: GPL-2.0
/* What is asked for, and under which name. */
#include "runner/kernel_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/patch.h"
#include "runner/paths.h"

char *kernels_dir(void)
{
	static char *dir;

	if (!dir)
		dir = xasprintf("%s/kernels", paths_cache());
	return dir;
}

void build_step(const struct build_progress *p, const char *fmt, ...)
{
	cleanup_str struct str text = STR_INIT;
	va_list ap;

	if (!p || !p->step)
		return;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	p->step(p->arg, text.buf);
}

int build_lock(const char *name, const struct build_progress *p, const char *who, struct err *e)
{
	cleanup_free char *dir = xasprintf("%s/locks", paths_cache());
	cleanup_free char *path = path_join(dir, name);
	int fd;

	if (dir_make(dir, e))
		return -1;
	fd = file_lock(path, 0, NULL);
	if (fd >= 0)
		return fd;
	build_step(p, "waiting for %s", who);
	return file_lock(path, -1, e);
}

/* It becomes an argument of make, so it must be the name of a configuration and nothing else. */
static int check_config_target(const struct variant *v, const char *s, struct err *e)
{
	for (size_t i = 0; s[i]; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
		    !(i && strchr("_-.", s[i])))
			return err_set(e, ERR_USAGE,
				       "base_config of '%s': '%s' is not a make target", v->name,
				       s);
	if (!str_ends(s, "config"))
		return err_set(e, ERR_USAGE, "base_config of '%s': '%s' does not end in 'config'",
			       v->name, s);
	return 0;
}

static int check_base_config(const struct variant *v, struct err *e)
{
	cleanup_strv struct strv targets = STRV_INIT;

	if (!v->base_config)
		return 0;
	strv_split(&targets, v->base_config, " ");
	if (!targets.n)
		return err_set(e, ERR_USAGE, "base_config of '%s' is empty", v->name);
	for (size_t i = 0; i < targets.n; i++)
		if (check_config_target(v, targets.v[i], e))
			return -1;
	return 0;
}

static int collect_options(struct request *r, struct err *e)
{
	const struct variant *v = r->v;
	cleanup_strv struct strv fragments = STRV_INIT;

	if (variant_fragments(v, r->arch, &fragments, e))
		return -1;
	for (size_t i = 0; i < fragments.n; i++)
		if (kconfig_add_file(&r->wanted, fragments.v[i], e))
			return -1;
	for (size_t i = 0; i < v->options.n; i++)
		if (kconfig_add_line(&r->wanted, v->options.v[i], v->file ? v->file : v->name, 0,
				     e))
			return -1;
	return 0;
}

/* First line of "<cross><tool> --version". */
static int tool_version(const struct arch *a, const char *tool, char **out, struct err *e)
{
	cleanup_free char *name = xasprintf("%s%s", arch_cross(a), tool);
	const char *argv[] = { name, "--version", NULL };
	int dash = (int)strlen(a->cross) - 1;

	*out = proc_first_line(argv);
	if (*out)
		return 0;
	return err_set(e, ERR_INFRA, "cannot build for %s: no '%s' (Debian package: %s-%.*s)",
		       a->name, name, strcmp(tool, "gcc") ? "binutils" : "gcc", dash, a->cross);
}

int request_init(struct request *r, const struct variant *v, const struct arch *a, struct err *e)
{
	cleanup_free char *ccache = proc_which("ccache");

	memset(r, 0, sizeof(*r));
	r->v = v;
	r->arch = a;
	if (!variant_has_arch(v, a))
		return err_set(e, ERR_USAGE, "variant '%s' is not for %s", v->name, a->name);
	if (check_base_config(v, e) || collect_options(r, e) ||
	    tool_version(a, "gcc", &r->compiler, e) || tool_version(a, "ld", &r->linker, e))
		return -1;
	if (ccache)
		r->cc = xasprintf("ccache %sgcc", arch_cross(a));
	return 0;
}

/* Patches go in as they are on disk; the key is made of what they do. */
int request_hash(struct request *r, struct err *e)
{
	cleanup_str struct str options = STR_INIT;
	struct hash *h = hash_new();
	int ret;

	hash_add_str(h, "request 1");
	hash_add_str(h, r->source_id);
	hash_add_str(h, r->arch->name);
	hash_add_str(h, r->compiler);
	hash_add_str(h, r->linker);
	hash_add_str(h, r->v->base_config);
	kconfig_write(&r->wanted, &options);
	hash_add_str(h, options.buf);
	ret = patch_hash(&r->v->patches, h, e);
	hash_end(h, r->hash);
	if (ret)
		return ret;

	r->partial = xasprintf("%s/%s.partial", kernels_dir(), r->hash);
	r->tree = path_join(r->partial, "linux");
	r->log = path_join(r->partial, "build.log");
	return 0;
}

void request_release(struct request *r)
{
	kconfig_release(&r->wanted);
	free(r->compiler);
	free(r->linker);
	free(r->cc);
	free(r->partial);
	free(r->tree);
	free(r->log);
}

static char *request_file(const struct request *r)
{
	return xasprintf("%s/requests/%s", paths_cache(), r->hash);
}

struct kernel *request_cached(const struct request *r)
{
	cleanup_free char *path = request_file(r);
	cleanup_str struct str key = STR_INIT;

	if (file_read(path, 256, &key, NULL) || key.len != HASH_HEX ||
	    strspn(key.buf, "0123456789abcdef") != HASH_HEX - 1)
		return NULL;
	key.buf[HASH_HEX - 1] = '\0';

	cleanup_free char *dir = path_join(kernels_dir(), key.buf);
	return kernel_load(dir, key.buf);
}

int request_remember(const struct request *r, const char *key, struct err *e)
{
	cleanup_free char *path = request_file(r);
	cleanup_free char *dir = xasprintf("%s/requests", paths_cache());
	cleanup_free char *text = xasprintf("%s\n", key);

	if (dir_make(dir, e))
		return -1;
	return file_write(path, text, strlen(text), e);
}
