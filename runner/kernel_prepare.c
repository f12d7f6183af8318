// SPDX-License-Identifier: GPL-2.0
/* From a request to a tree that is patched, configured and ready for make. */
#include "runner/kernel_build.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/kernel_tree.h"
#include "runner/patch.h"
#include "runner/paths.h"

void partial_release(struct partial *p)
{
	if (p->log_fd >= 0)
		close(p->log_fd);
	p->log_fd = -1;
}

static int write_lines(const char *dir, const char *name, const struct strv *lines, struct err *e)
{
	cleanup_free char *path = path_join(dir, name);
	cleanup_str struct str text = STR_INIT;

	for (size_t i = 0; i < lines->n; i++)
		str_addf(&text, "%s\n", lines->v[i]);
	return file_write(path, text.buf, text.len, e);
}

int touched_read(const char *dir, struct strv *out, struct err *e)
{
	cleanup_free char *path = path_join(dir, "touched");
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 0, &text, e))
		return -1;
	strv_split(out, text.buf, "\n");
	return 0;
}

/* A child holds the log's lock through its standard output, so an orphan of a killed kdelta is waited for
 * before its files are touched. */
static int log_open(const struct request *r, const struct build_progress *p, struct err *e)
{
	int fd = open(r->log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", r->log);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	build_step(p, "ending the rest of a killed build");
	make_end_orphans(r);
	if (!flock(fd, LOCK_EX))
		return fd;
	err_errno(e, ERR_INFRA, "cannot lock '%s'", r->log);
	close(fd);
	return -1;
}

/* The machine's current boot: files that were not synced before a crash are not trusted. */
static void boot_id(struct str *out)
{
	file_read("/proc/sys/kernel/random/boot_id", 256, out, NULL);
	out->len = strcspn(out->buf, "\n");
	if (out->cap)
		out->buf[out->len] = '\0';
}

/* partial/prepared: "<boot id> <key> <patches hash> <fresh>". Written last, so with it all is prepared. */
static int prepared_write(const struct request *r, const struct partial *part, struct err *e)
{
	cleanup_free char *path = path_join(r->partial, "prepared");
	cleanup_str struct str text = STR_INIT;

	boot_id(&text);
	str_addf(&text, " %s %s %d\n", part->key, part->patches_hash, part->fresh);
	return file_write(path, text.buf, text.len, e);
}

static bool prepared_read(const struct request *r, struct partial *part)
{
	cleanup_free char *path = path_join(r->partial, "prepared");
	cleanup_str struct str text = STR_INIT, boot = STR_INIT;
	cleanup_strv struct strv words = STRV_INIT;

	if (!file_exists(path) || file_read(path, 4096, &text, NULL))
		return false;
	boot_id(&boot);
	strv_split(&words, text.buf, " \n");
	if (words.n != 4 || strcmp(words.v[0], boot.buf) != 0 ||
	    strlen(words.v[1]) != HASH_HEX - 1 || strlen(words.v[2]) != HASH_HEX - 1)
		return false;
	memcpy(part->key, words.v[1], HASH_HEX);
	memcpy(part->patches_hash, words.v[2], HASH_HEX);
	part->fresh = words.v[3][0] == '1';
	return true;
}

/* What the patches made of the files that they name; how they are written does not matter. */
static int hash_touched(const struct request *r, const struct strv *touched, char hex[HASH_HEX],
			struct err *e)
{
	struct hash *h = hash_new();
	int ret = 0;

	for (size_t i = 0; i < touched->n && !ret; i++) {
		cleanup_free char *path = path_join(r->tree, touched->v[i]);

		hash_add_str(h, touched->v[i]);
		if (file_exists(path))
			ret = hash_add_file(h, path, e);
	}
	hash_end(h, hex);
	return ret;
}

static int patch_tree(const struct request *r, const struct build_progress *p, struct strv *touched,
		      struct err *e)
{
	struct patch_series series = PATCH_SERIES_INIT;
	cleanup_free char *tmp = path_join(r->partial, "patches");
	int ret;

	if (!r->v->patches.n)
		return 0;
	build_step(p, "patching %s", r->v->name);
	ret = dir_make(tmp, e);
	if (!ret)
		ret = patch_series_open(&series, &r->v->patches, tmp, e);
	if (!ret)
		ret = patch_series_apply(&series, r->tree, touched, e);
	if (!ret)
		ret = tree_remove(tmp, e);
	patch_series_release(&series);
	return ret;
}

static int same_source(const char *near, const struct request *r)
{
	struct kernel *k = kernel_load(near, path_base(near));
	int same = k && !strcmp(k->source_id, r->source_id);

	kernel_free(k);
	return same;
}

/* Take over the objects of a finished kernel, and the times that make judges them by. */
static int start_from(const struct request *r, const char *near, const struct strv *touched,
		      struct err *e)
{
	cleanup_free char *old_tree = path_join(near, "linux");
	cleanup_free char *old_build = path_join(old_tree, "build");
	cleanup_free char *build = path_join(r->tree, "build");
	cleanup_strv struct strv files = STRV_INIT;

	if (touched_read(near, &files, e))
		return -1;
	strv_push_all(&files, touched);
	if (tree_carry(r->tree, old_tree, same_source(near, r) ? &files : NULL, e))
		return -1;
	if (tree_copy(old_build, build, e))
		return -1;
	return build_mend_paths(build, kernels_dir(), r->tree, e);
}

static int check_config(const struct request *r, const char *path, struct err *e)
{
	struct kconfig got = KCONFIG_INIT;
	cleanup_str struct str lost = STR_INIT;
	size_t n;

	if (kconfig_add_file(&got, path, e))
		return -1;
	n = kconfig_check(&r->wanted, &got, &lost);
	kconfig_release(&got);
	if (!n)
		return 0;
	return err_set(e, ERR_USAGE,
		       "variant '%s' for %s: %zu option%s did not survive olddefconfig: %s",
		       r->v->name, r->arch->name, n, n == 1 ? "" : "s", lost.buf);
}

static int configure(const struct request *r, int log_fd, struct err *e)
{
	cleanup_free char *path = path_join(r->tree, "build/.config");
	cleanup_str struct str text = STR_INIT;

	if (make_config(r, r->v->base_config ? r->v->base_config : "tinyconfig", log_fd, e) ||
	    file_read(path, 4 << 20, &text, e))
		return -1;
	kconfig_write(&r->wanted, &text);
	if (file_write(path, text.buf, text.len, e) || make_config(r, "olddefconfig", log_fd, e))
		return -1;
	return check_config(r, path, e);
}

/* Everything that decides what make will make. */
static int compute_key(const struct request *r, struct partial *part, struct err *e)
{
	cleanup_free char *path = path_join(r->tree, "build/.config");
	struct hash *h = hash_new();
	int ret;

	hash_add_str(h, "kernel 1");
	hash_add_str(h, r->source_id);
	hash_add_str(h, part->patches_hash);
	hash_add_str(h, r->arch->name);
	hash_add_str(h, r->compiler);
	hash_add_str(h, r->linker);
	ret = hash_add_file(h, path, e);
	hash_end(h, part->key);
	return ret;
}

static int write_wanted(const struct request *r, struct err *e)
{
	cleanup_free char *path = path_join(r->partial, "wanted");
	cleanup_str struct str text = STR_INIT;

	kconfig_write(&r->wanted, &text);
	return file_write(path, text.buf, text.len, e);
}

static int prepare(const struct request *r, bool from_scratch, const struct build_progress *p,
		   struct partial *part, struct err *e)
{
	cleanup_free char *src = xasprintf("%s/src/%s", paths_cache(), r->source_id);
	cleanup_strv struct strv touched = STRV_INIT;

	build_step(p, "preparing %s %s", r->v->name, r->arch->name);
	partial_sweep(r);
	if (partial_sign(r, e) || tree_link(src, r->tree, e) || patch_tree(r, p, &touched, e) ||
	    hash_touched(r, &touched, part->patches_hash, e) ||
	    write_lines(r->partial, "touched", &touched, e) || write_wanted(r, e))
		return -1;

	cleanup_free char *near = from_scratch ? NULL : kernel_nearest(r, &touched);
	part->fresh = !near;
	if (near && start_from(r, near, &touched, e))
		return -1;
	if (configure(r, part->log_fd, e) || compute_key(r, part, e))
		return -1;
	return prepared_write(r, part, e);
}

static int resume(const struct request *r, struct partial *part, const struct build_progress *p,
		  struct err *e)
{
	cleanup_free char *build = path_join(r->tree, "build");

	part->resumed = true;
	build_step(p, "continuing the build of %s %s", r->v->name, r->arch->name);
	if (ftruncate(part->log_fd, 0))
		return err_errno(e, ERR_INFRA, "cannot empty '%s'", r->log);
	return build_drop_unfinished(build, e);
}

int partial_prepare(const struct request *r, bool from_scratch, const struct build_progress *p,
		    struct partial *out, struct err *e)
{
	*out = (struct partial){ .log_fd = -1 };
	if (dir_make(r->partial, e))
		return -1;
	out->log_fd = log_open(r, p, e);
	if (out->log_fd < 0)
		return -1;
	if (!from_scratch && prepared_read(r, out))
		return resume(r, out, p, e);

	partial_release(out);
	if (tree_remove(r->partial, e) || dir_make(r->partial, e))
		return -1;
	out->log_fd = log_open(r, p, e);
	if (out->log_fd < 0)
		return -1;
	if (!prepare(r, from_scratch, p, out, e))
		return 0;
	tree_remove(r->tree, NULL); /* the log stays: the message may name it */
	return -1;
}
