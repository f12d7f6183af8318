// SPDX-License-Identifier: GPL-2.0
#include "runner/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/kernel_build.h"
#include "runner/paths.h"
#include "runner/source.h"

/* Move the finished partial to its key. An entry that is already there gives way only to `force`. */
static int publish(const struct request *r, const struct partial *part, const char *dir,
		   struct err *e)
{
	cleanup_free char *old = xasprintf("%s.old.%d", dir, (int)getpid());
	cleanup_free char *prepared = path_join(r->partial, "prepared");

	unlink(prepared);
	if (syncfs(part->log_fd)) /* even after a crash an entry is whole or not there */
		return err_errno(e, ERR_INFRA, "cannot write '%s'", r->partial);
	if (dir_exists(dir) && rename(dir, old))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", dir);
	if (rename(r->partial, dir))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", r->partial);
	return tree_remove(old, e);
}

/* Facts are taken in the partial folder, so that the entry is complete when it appears. */
static int describe(const struct request *r, const struct partial *part, double seconds,
		    struct err *e)
{
	struct kernel *k = kernel_new(r->partial, part->key, r->arch);
	int ret;

	k->version = source_version(r->tree, e);
	k->compiler = xstrdup(r->compiler);
	k->linker = xstrdup(r->linker);
	memcpy(k->source_id, r->source_id, HASH_HEX);
	memcpy(k->patches_hash, part->patches_hash, HASH_HEX);
	k->build_seconds = seconds;
	ret = !k->version || kernel_measure(k, e) || kernel_save(k, e) ? -1 : 0;
	kernel_free(k);
	return ret;
}

static struct kernel *make_and_publish(const struct request *r, const struct partial *part,
				       const char *dir, const struct build_options *o,
				       const struct build_progress *p, struct err *e)
{
	struct kernel *k;
	double seconds = 0;

	build_step(p, "building %s %s", r->v->name, r->arch->name);
	if (make_kernel(r, part, o->jobs, p, &seconds, e) || describe(r, part, seconds, e) ||
	    publish(r, part, dir, e) || request_remember(r, part->key, e))
		return NULL;
	k = kernel_load(dir, part->key);
	if (!k)
		err_set(e, ERR_INFRA, "kernel '%s' is damaged", dir);
	return k;
}

/* The configuration is final: is there a kernel of this key? Another request may have led to it. */
static struct kernel *build_key(const struct request *r, const struct partial *part,
				const struct build_options *o, const struct build_progress *p,
				struct err *e)
{
	cleanup_free char *dir = path_join(kernels_dir(), part->key);
	cleanup_free char *lock = xasprintf("kernel-%s", part->key);
	int fd = build_lock(lock, p, "another kdelta that builds this kernel", e);
	struct kernel *k;

	if (fd < 0)
		return NULL;
	k = o->force ? NULL : kernel_load(dir, part->key);
	if (!k)
		k = make_and_publish(r, part, dir, o, p, e);
	else if (request_remember(r, part->key, e) || tree_remove(r->partial, e)) {
		kernel_free(k);
		k = NULL;
	}
	file_unlock(fd);
	return k;
}

static struct kernel *build_request(const struct request *r, const struct build_options *o,
				    const struct build_progress *p, struct err *e)
{
	cleanup_free char *name = xasprintf("request-%s", r->hash);
	struct kernel *k = o->force ? NULL : request_cached(r);
	struct partial part;
	int fd;

	if (k)
		return k;
	fd = build_lock(name, p, "another kdelta that builds this variant", e);
	if (fd < 0)
		return NULL;
	k = o->force ? NULL : request_cached(r);
	if (!k && !dir_make(kernels_dir(), e)) {
		if (!partial_prepare(r, o->force, p, &part, e))
			k = build_key(r, &part, o, p, e);
		partial_release(&part);
	}
	file_unlock(fd);
	return k;
}

struct kernel *kernel_build(const struct variant *v, const struct arch *a,
			    const struct build_options *o, const struct build_progress *p,
			    struct err *e)
{
	cleanup_free char *src = NULL;
	struct request r;
	struct kernel *k = NULL;

	if (!request_init(&r, v, a, e) && !source_get(v->source, p, r.source_id, &src, e) &&
	    !request_hash(&r, e))
		k = build_request(&r, o, p, e);
	request_release(&r);
	return k;
}

struct kernel *kernel_find(const struct variant *v, const struct arch *a)
{
	struct request r;
	struct kernel *k = NULL;

	if (!request_init(&r, v, a, NULL) && source_known(v->source, r.source_id) &&
	    !request_hash(&r, NULL))
		k = request_cached(&r);
	request_release(&r);
	return k;
}

void command_list_release(struct command_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		strv_release(&l->v[i]);
	free(l->v);
	*l = (struct command_list){ 0 };
}

static struct strv *add_make(const struct request *r, int jobs, struct command_list *out)
{
	struct strv *argv = ARRAY_PUSH(out->v, out->n, out->cap);

	make_argv(r, r->tree, jobs, argv);
	return argv;
}

/* Without a source the name of the folder is not known yet. */
static int name_request(struct request *r, struct err *e)
{
	if (source_known(r->v->source, r->source_id))
		return request_hash(r, e);
	r->tree = xasprintf("%s/<request>.partial/linux", kernels_dir());
	return 0;
}

int kernel_commands(const struct variant *v, const struct arch *a, const struct build_options *o,
		    struct command_list *out, double *estimate, struct err *e)
{
	struct request r;
	struct kernel *k = o->force ? NULL : kernel_find(v, a);
	int ret = 0;
	long objects;

	*estimate = 0;
	if (k) {
		kernel_free(k);
		return 0;
	}
	ret = request_init(&r, v, a, e);
	if (!ret)
		ret = name_request(&r, e);
	if (!ret) {
		struct strv none = STRV_INIT;
		cleanup_free char *near = o->force ? NULL : kernel_nearest(&r, &none);

		strv_split(add_make(&r, 1, out), v->base_config ? v->base_config : "tinyconfig",
			   " ");
		strv_push(add_make(&r, 1, out), "olddefconfig");
		make_targets(a, add_make(&r, o->jobs, out));
		*estimate = build_time_last(a, !near, &objects);
	}
	request_release(&r);
	return ret;
}
