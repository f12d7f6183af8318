// SPDX-License-Identifier: GPL-2.0
#include "runner/image.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/debian.h"
#include "runner/kernel_build.h"
#include "runner/paths.h"
#include "runner/source.h"

/* Another number where image_filter() would make another image of the same packages. */
#define IMAGE_FORMAT "image 1"
#define MANIFEST_MAX ((size_t)4 << 20)
#define BOOTSTRAP_DEADLINE_MS (1800 * 1000L)
/* Makes /bin, /lib and the like links into /usr, as packages of Debian 12 and later expect. */
#define MERGED_USR "/usr/share/mmdebstrap/hooks/merged-usr"

const char *const image_kconfig[] = { "CONFIG_VIRTIO_BLK=y", "CONFIG_SQUASHFS=y",
				      "CONFIG_SQUASHFS_ZSTD=y", NULL };

/* In every image: what scripts and popen(3) need. */
static const char *const base_packages[] = { "coreutils", "dash" };

static const struct tool {
	const char *name, *package;
} tools[] = {
	{ "mmdebstrap", "mmdebstrap" },
	{ "tar2sqfs", "squashfs-tools-ng" },
	{ "apt-get", "apt" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What an image is asked for by. */
struct want {
	const struct arch *arch;
	char *suite;
	struct strv packages; /* sorted, each once, with those of every image */
	char hash[HASH_HEX];
};

static char *images_dir(void)
{
	return xasprintf("%s/images", paths_cache());
}

void image_release(struct image *im)
{
	free(im->file);
	strv_release(&im->wanted);
	strv_release(&im->manifest);
	memset(im, 0, sizeof(*im));
}

int image_check(struct err *e)
{
	for (size_t i = 0; i < COUNT(tools); i++) {
		cleanup_free char *path = proc_which(tools[i].name);

		if (!path)
			return err_set(
				e, ERR_INFRA,
				"cannot make a root image: no '%s' (Debian package: %s; 'make setup' installs it)",
				tools[i].name, tools[i].package);
	}
	return 0;
}

/* As Debian Policy 5.6.7 spells names; what else stands there would become an option of mmdebstrap. */
static bool is_package_name(const char *s)
{
	size_t len = strlen(s);

	if (len < 2 || !isalnum((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
		    !strchr("+-.", s[i]))
			return false;
	return true;
}

static void push_once(struct strv *v, const char *text)
{
	if (!strv_has(v, text))
		strv_push(v, text);
}

static void want_hash(struct want *w)
{
	struct hash *h = hash_new();

	hash_add_str(h, IMAGE_FORMAT);
	hash_add_str(h, w->arch->deb);
	hash_add_str(h, w->suite);
	for (size_t i = 0; i < w->packages.n; i++)
		hash_add_str(h, w->packages.v[i]);
	hash_end(h, w->hash);
}

static int want_init(struct want *w, const struct arch *a, const struct strv *packages,
		     struct err *e)
{
	*w = (struct want){ .arch = a, .suite = debian_codename(), .packages = STRV_INIT };
	if (!w->suite)
		return err_set(e, ERR_INFRA,
			       "cannot make a root image: this is not a Debian machine");
	for (size_t i = 0; i < packages->n; i++) {
		if (!is_package_name(packages->v[i]))
			return err_set(e, ERR_USAGE, "'%s' is not the name of a Debian package",
				       packages->v[i]);
		push_once(&w->packages, packages->v[i]);
	}
	for (size_t i = 0; i < COUNT(base_packages); i++)
		push_once(&w->packages, base_packages[i]);
	strv_sort(&w->packages);
	want_hash(w);
	return 0;
}

static void want_release(struct want *w)
{
	free(w->suite);
	strv_release(&w->packages);
}

static char *request_path(const struct want *w)
{
	return xasprintf("%s/images/requests/%s", paths_cache(), w->hash);
}

/* The image of this key, if it is whole. */
static bool image_load(const char *key, const struct want *w, struct image *im)
{
	cleanup_free char *dir = images_dir();
	cleanup_free char *manifest = xasprintf("%s/%s/manifest", dir, key);
	cleanup_str struct str text = STR_INIT;

	memset(im, 0, sizeof(*im));
	im->file = xasprintf("%s/%s/root.squashfs", dir, key);
	if (file_size(im->file) > 0 && !file_read(manifest, MANIFEST_MAX, &text, NULL)) {
		memcpy(im->key, key, HASH_HEX);
		strv_push_all(&im->wanted, &w->packages);
		strv_split(&im->manifest, text.buf, "\n");
		return true;
	}
	image_release(im);
	return false;
}

static bool request_load(const struct want *w, struct image *im)
{
	cleanup_free char *path = request_path(w);
	cleanup_str struct str key = STR_INIT;

	memset(im, 0, sizeof(*im));
	if (file_read(path, 256, &key, NULL) || key.len != HASH_HEX ||
	    strspn(key.buf, "0123456789abcdef") != HASH_HEX - 1)
		return false;
	key.buf[HASH_HEX - 1] = '\0';
	return image_load(key.buf, w, im);
}

static int request_save(const struct want *w, const char *key, struct err *e)
{
	cleanup_free char *path = request_path(w);
	cleanup_free char *dir = xasprintf("%s/images/requests", paths_cache());
	cleanup_free char *text = xasprintf("%s\n", key);

	if (dir_make(dir, e))
		return -1;
	return file_write(path, text, strlen(text), e);
}

static void join(const struct strv *v, const char *sep, struct str *out)
{
	for (size_t i = 0; i < v->n; i++)
		str_addf(out, "%s%s", i ? sep : "", v->v[i]);
}

static void bootstrap_argv(const struct want *w, const struct debian_mirror *m, const char *tar,
			   struct strv *argv)
{
	cleanup_str struct str packages = STR_INIT;

	join(&w->packages, ",", &packages);
	strv_push(argv, "mmdebstrap");
	strv_push(argv, "--variant=extract");
	strv_push(argv, "--format=tar");
	strv_pushf(argv, "--architectures=%s", w->arch->deb);
	strv_pushf(argv, "--include=%s", packages.buf);
	strv_push(argv, "--hook-dir=" MERGED_USR);
	strv_push(argv, "--skip=output/dev");
	/* the names of what apt fetched are the manifest */
	strv_push(argv, "--skip=cleanup/apt/cache");
	strv_push(argv, "--aptopt=Acquire::Retries \"1\"");
	strv_push(argv, "--aptopt=Acquire::http::Timeout \"20\"");
	strv_push(argv, "--aptopt=Acquire::https::Timeout \"20\"");
	strv_push(argv, w->suite);
	strv_push(argv, tar);
	strv_pushf(argv, "deb%s%s%s %s %s main", m->signed_by ? " [signed-by=" : "",
		   m->signed_by ? m->signed_by : "", m->signed_by ? "]" : "", m->uri, w->suite);
}

static int find_bootstrap(const struct want *w, const char *tar, struct strv *argv, struct err *e)
{
	struct debian_mirror m = { 0 };

	if (image_check(e) || debian_mirror_find(w->suite, &m, e))
		return -1;
	bootstrap_argv(w, &m, tar, argv);
	debian_mirror_release(&m);
	return 0;
}

static int bootstrap(const struct want *w, const char *tar, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT, env = STRV_INIT;
	cleanup_str struct str out = STR_INIT, why = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;

	if (find_bootstrap(w, tar, &argv, e))
		return -1;
	strv_push(&env, "LC_ALL=C");
	strv_push(&env, "SOURCE_DATE_EPOCH=0");
	p.argv = (const char *const *)argv.v;
	p.env = &env;
	p.out = &out;
	p.deadline_ms = BOOTSTRAP_DEADLINE_MS;
	if (proc_run(&p, &r, e))
		return -1;
	if (r.timed_out)
		return err_set(e, ERR_INFRA, "mmdebstrap: no end after %.0f s", r.seconds);
	if (!r.status)
		return 0;
	apt_first_error(out.buf, &why);
	return err_set(e, ERR_INFRA, "mmdebstrap: %s", why.buf);
}

static void image_key(const struct want *w, const struct strv *manifest, char key[HASH_HEX])
{
	struct hash *h = hash_new();

	hash_add_str(h, w->hash);
	for (size_t i = 0; i < manifest->n; i++)
		hash_add_str(h, manifest->v[i]);
	hash_end(h, key);
}

static int manifest_write(const char *dir, const struct strv *manifest, struct err *e)
{
	cleanup_free char *path = path_join(dir, "manifest");
	cleanup_str struct str text = STR_INIT;

	join(manifest, "\n", &text);
	str_addch(&text, '\n');
	return file_write(path, text.buf, text.len, e);
}

/* Whole or not at all. QEMU's user opens the file by a link in the boot's own folder. */
static int publish(const char *dir, const char *file, const char *key, struct err *e)
{
	cleanup_free char *images = images_dir();
	cleanup_free char *to = path_join(images, key);

	if (chmod(file, 0444))
		return err_errno(e, ERR_INFRA, "cannot make '%s' readable", file);
	if (tree_remove(to, e))
		return -1;
	if (rename(dir, to))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", dir);
	return 0;
}

/* In @dir, a temporary folder beside its final place. */
static int make_in(const struct want *w, const char *dir, struct image *im, struct err *e)
{
	cleanup_free char *raw = path_join(dir, "raw.tar");
	cleanup_free char *tar = path_join(dir, "root.tar");
	cleanup_free char *file = path_join(dir, "root.squashfs");
	cleanup_strv struct strv manifest = STRV_INIT;
	char key[HASH_HEX];

	if (bootstrap(w, raw, e) || image_filter(raw, tar, &manifest, e))
		return -1;
	if (!manifest.n)
		return err_set(e, ERR_INFRA, "mmdebstrap: left no package in apt's cache");
	image_key(w, &manifest, key);
	if (image_squash(tar, file, e) || tree_remove(raw, e) || tree_remove(tar, e) ||
	    manifest_write(dir, &manifest, e) || publish(dir, file, key, e) ||
	    request_save(w, key, e))
		return -1;
	return image_load(key, w, im) ? 0 :
					err_set(e, ERR_INFRA, "the image '%s' is not whole", key);
}

static int make(const struct want *w, const struct build_progress *p, struct image *im,
		struct err *e)
{
	/* the lock is ours: so is the folder, with what a killed kdelta left in it */
	cleanup_free char *dir = xasprintf("%s/images/%s.partial", paths_cache(), w->hash);
	int ret;

	if (image_check(e) || tree_remove(dir, e) || dir_make(dir, e))
		return -1;
	build_step(p, "making a root image for %s (%zu packages and what they need)", w->arch->name,
		   w->packages.n);
	ret = make_in(w, dir, im, e);
	tree_remove(dir, NULL);
	return ret ? err_prefix(e, "cannot make a root image for %s", w->arch->name) : 0;
}

int image_get(const struct arch *a, const struct strv *packages, const struct build_progress *p,
	      struct image *im, struct err *e)
{
	cleanup_free char *lock = NULL;
	struct want w;
	int fd, ret = -1;

	memset(im, 0, sizeof(*im));
	if (want_init(&w, a, packages, e)) {
		want_release(&w);
		return -1;
	}
	lock = xasprintf("image-%s", w.hash);
	fd = build_lock(lock, p, "another kdelta that makes this image", e);
	if (fd >= 0) {
		ret = request_load(&w, im) ? 0 : make(&w, p, im, e);
		file_unlock(fd);
	}
	want_release(&w);
	return ret;
}

bool image_find(const struct arch *a, const struct strv *packages, struct image *im)
{
	struct want w;
	bool found;

	memset(im, 0, sizeof(*im));
	found = !want_init(&w, a, packages, NULL) && request_load(&w, im);
	want_release(&w);
	return found;
}

int image_command(const struct arch *a, const struct strv *packages, struct strv *argv,
		  struct err *e)
{
	struct want w;
	int ret = want_init(&w, a, packages, e) || find_bootstrap(&w, "root.tar", argv, e) ? -1 : 0;

	want_release(&w);
	return ret;
}

const char *image_version(const struct image *im, const char *package)
{
	size_t len = strlen(package);

	for (size_t i = 0; i < im->manifest.n; i++)
		if (!strncmp(im->manifest.v[i], package, len) && im->manifest.v[i][len] == '=')
			return im->manifest.v[i] + len + 1;
	return NULL;
}
