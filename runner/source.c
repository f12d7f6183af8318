// SPDX-License-Identifier: GPL-2.0
#include "runner/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/base/tempdir.h"
#include "runner/debian.h"
#include "runner/kernel_build.h"
#include "runner/paths.h"

#define DOWNLOAD_DEADLINE_MS                                                                       \
	(3600 * 1000L) /* a stalled connection ends after 30 s, by the tool's own rule */

/*
 * One source on its way: @memo is the hash under which its id is remembered; @files is the list of a
 * folder, @tree git's object name.
 */
struct lookup {
	const struct source *s;
	char memo[HASH_HEX];
	char id[HASH_HEX];
	struct strv files;
	struct str tree;
};

static void lookup_release(struct lookup *l)
{
	strv_release(&l->files);
	str_release(&l->tree);
}

static char *tree_path(const char *id)
{
	return xasprintf("%s/src/%s", paths_cache(), id);
}

static bool memo_read(const char *memo, char id[HASH_HEX])
{
	cleanup_free char *path = xasprintf("%s/ids/%s", paths_cache(), memo);
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 256, &text, NULL) || text.len != HASH_HEX ||
	    strspn(text.buf, "0123456789abcdef") != HASH_HEX - 1)
		return false;
	memcpy(id, text.buf, HASH_HEX - 1);
	id[HASH_HEX - 1] = '\0';
	return true;
}

static int memo_write(const char *memo, const char *id, struct err *e)
{
	cleanup_free char *dir = xasprintf("%s/ids", paths_cache());
	cleanup_free char *path = path_join(dir, memo);
	cleanup_free char *text = xasprintf("%s\n", id);

	if (dir_make(dir, e))
		return -1;
	return file_write(path, text, strlen(text), e);
}

static void hash_of(char hex[HASH_HEX], const char *kind, const char *what)
{
	struct hash *h = hash_new();

	hash_add_str(h, kind);
	hash_add_str(h, what);
	hash_end(h, hex);
}

static int stamp_tarball(const char *path, char memo[HASH_HEX], struct err *e)
{
	struct stat st;
	struct hash *h;

	if (stat(path, &st))
		return err_errno(e, ERR_USAGE, "no source tarball '%s'", path);
	long long facts[] = { (long long)st.st_ino, st.st_size, st.st_mtim.tv_sec,
			      st.st_mtim.tv_nsec };

	h = hash_new();
	hash_add_str(h, "tarball");
	hash_add_str(h, path);
	hash_add(h, facts, sizeof(facts));
	hash_end(h, memo);
	return 0;
}

static void stamp_download(const struct source *s, char memo[HASH_HEX])
{
	struct hash *h = hash_new();

	hash_add_str(h, "download");
	hash_add_str(h, s->package);
	hash_add_str(h, s->suite);
	hash_add_str(h, s->version);
	hash_add_str(h, s->sha256);
	for (size_t i = 0; i < s->urls.n; i++)
		hash_add_str(h, s->urls.v[i]);
	hash_end(h, memo);
}

/* Fill the memo, and for git the id itself. */
static int lookup_begin(struct lookup *l, const struct source *s, struct err *e)
{
	*l = (struct lookup){ .s = s, .files = STRV_INIT, .tree = STR_INIT };
	if (s->git) {
		if (source_git_tree(s, &l->tree, e))
			return -1;
		hash_of(l->id, "git", l->tree.buf);
	} else if (s->path) {
		return source_path_scan(s->path, &l->files, l->memo, e);
	} else if (s->tarball) {
		return stamp_tarball(s->tarball, l->memo, e);
	} else {
		stamp_download(s, l->memo);
	}
	return 0;
}

static bool have_tree(const char *id)
{
	cleanup_free char *dir = tree_path(id);

	return dir_exists(dir);
}

static bool lookup_hit(struct lookup *l)
{
	return (l->s->git || memo_read(l->memo, l->id)) && have_tree(l->id);
}

/* The value of a "NAME = value" line of a Makefile's head. */
static int make_variable(const char *text, const char *name, long *out)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line;
	     line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, name, n) != 0)
			continue;
		const char *s = line + n + strspn(line + n, " \t");
		char *end;

		if (*s != '=')
			continue;
		*out = strtol(s + 1, &end, 10);
		if (end != s + 1 && *out >= 0 && *out < 10000)
			return 0;
	}
	return -1;
}

char *source_version(const char *tree, struct err *e)
{
	cleanup_free char *path = path_join(tree, "Makefile");
	cleanup_str struct str text = STR_INIT;
	long v, p, s;

	if (file_read(path, 4 << 20, &text, e))
		return NULL;
	if (make_variable(text.buf, "VERSION", &v) || make_variable(text.buf, "PATCHLEVEL", &p) ||
	    make_variable(text.buf, "SUBLEVEL", &s)) {
		err_set(e, ERR_USAGE,
			"no Linux tree: '%s' does not set VERSION, PATCHLEVEL and SUBLEVEL", path);
		return NULL;
	}
	return xasprintf("%ld.%ld.%ld", v, p, s);
}

/* "7.3" stands for every 7.3.x. */
static int check_version(const struct source *s, const char *dir, struct err *e)
{
	cleanup_free char *got = source_version(dir, e);
	size_t n = s->version ? strlen(s->version) : 0;

	if (!got)
		return -1;
	if (n && (strncmp(got, s->version, n) != 0 || (got[n] && got[n] != '.')))
		return err_set(e, ERR_USAGE, "source '%s' is Linux %s, expected %s", s->name, got,
			       s->version);
	return 0;
}

bool source_known(const struct source *s, char id[HASH_HEX])
{
	struct lookup l;
	bool known = !lookup_begin(&l, s, NULL) && lookup_hit(&l);

	if (known) {
		cleanup_free char *dir = tree_path(l.id);

		known = !check_version(s, dir, NULL);
		memcpy(id, l.id, HASH_HEX);
	}
	lookup_release(&l);
	return known;
}

/* Publish the finished folder @tmp as src/<id>, unless that content is there already. */
static int publish(const struct source *s, const char *tmp, const char *id, struct err *e)
{
	cleanup_free char *dir = tree_path(id);

	if (have_tree(id))
		return 0;
	if (check_version(s, tmp, e))
		return -1;
	if (chmod(tmp, 0755) || rename(tmp, dir))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", tmp);
	return 0;
}

static int check_sha256(const char *file, const char *want, struct err *e)
{
	char got[HASH_HEX];

	if (!want)
		return 0;
	if (hash_file(file, got, e))
		return -1;
	if (strcasecmp(got, want) != 0)
		return err_set(e, ERR_INFRA, "'%s' has sha256 %s, expected %s", file, got, want);
	return 0;
}

/* curl, or wget: with deadlines for connecting and for stalling. */
static int download_argv(const char *url, const char *to, struct strv *argv, struct err *e)
{
	cleanup_free char *curl = proc_which("curl");
	cleanup_free char *wget = proc_which("wget");

	if (curl)
		strv_split(argv,
			   "curl -fsSL --connect-timeout 20 --speed-limit 1024 --speed-time 30 "
			   "--proto =http,https -o",
			   " ");
	else if (wget)
		strv_split(argv, "wget -nv --timeout=20 --tries=2 -O", " ");
	else
		return err_set(e, ERR_INFRA,
			       "cannot fetch '%s': neither curl nor wget is installed", url);
	strv_push(argv, to);
	strv_push(argv, "--");
	strv_push(argv, url);
	return 0;
}

static int fetch_url(const struct source *s, const char *url, const char *downloads,
		     struct str *file, struct err *e)
{
	cleanup_free char *to = path_join(downloads, path_base(url));
	cleanup_free char *part = xasprintf("%s.%d.part", to, (int)getpid());
	cleanup_strv struct strv argv = STRV_INIT;
	struct proc p = PROC_INIT;
	cleanup_str struct str out = STR_INIT;

	if (!s->sha256 && !str_starts(url, "https://"))
		return err_set(e, ERR_INFRA, "'%s' is neither https nor verified by sha256", url);
	if (download_argv(url, part, &argv, e))
		return -1;
	p.argv = (const char *const *)argv.v;
	p.out = &out;
	p.deadline_ms = DOWNLOAD_DEADLINE_MS;
	if (proc_check(&p, e) || check_sha256(part, s->sha256, e)) {
		unlink(part);
		return -1;
	}
	if (rename(part, to))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", part);
	str_add(file, to);
	return 0;
}

/* The package, then every url; the errors of all of them are in the message when none works. */
static int fetch_file(const struct source *s, const struct build_progress *p, struct str *file,
		      struct err *e)
{
	cleanup_free char *downloads = xasprintf("%s/downloads", paths_cache());
	cleanup_str struct str why = STR_INIT;

	if (dir_make(downloads, e))
		return -1;
	if (s->package) {
		struct err one = ERR_INIT;

		build_step(p, "fetching package %s", s->package);
		if (!debian_fetch(s->package, s->suite, arch_host()->deb, downloads, file, &one))
			return 0;
		str_addf(&why, "%s", one.msg);
	}
	for (size_t i = 0; i < s->urls.n; i++) {
		struct err one = ERR_INIT;

		build_step(p, "fetching %s", s->urls.v[i]);
		if (!fetch_url(s, s->urls.v[i], downloads, file, &one))
			return 0;
		str_addf(&why, "%s%s", why.len ? "; " : "", one.msg);
	}
	return err_set(e, ERR_INFRA, "cannot get source '%s': %s", s->name,
		       why.len ? why.buf : "it names no git, path, tarball, package or urls");
}

static int take_archive(struct lookup *l, const char *file, const struct build_progress *p,
			const char *tmp, struct err *e)
{
	char sum[HASH_HEX];

	if (hash_file(file, sum, e))
		return -1;
	hash_of(l->id, "archive", sum);
	if (have_tree(l->id))
		return 0;
	build_step(p, "unpacking %s", path_base(file));
	return archive_unpack(file, -1, tmp, e);
}

/* Fill @tmp and the id. */
static int lookup_fetch(struct lookup *l, const struct build_progress *p, const char *tmp,
			struct err *e)
{
	const struct source *s = l->s;
	cleanup_str struct str file = STR_INIT;

	if (s->git) {
		build_step(p, "exporting %s of %s", s->ref ? s->ref : "HEAD", s->git);
		return source_git_export(s->git, l->tree.buf, tmp, e);
	}
	if (s->path) {
		build_step(p, "copying %s", s->path);
		return source_path_copy(s->path, &l->files, tmp, l->id, e);
	}
	if (s->tarball)
		return take_archive(l, s->tarball, p, tmp, e);
	if (fetch_file(s, p, &file, e))
		return -1;
	return take_archive(l, file.buf, p, tmp, e);
}

static int lookup_make(struct lookup *l, const struct build_progress *p, struct err *e)
{
	cleanup_free char *src = xasprintf("%s/src", paths_cache());
	struct tempdir tmp = { 0 };
	int ret;

	if (dir_make(src, e) || tempdir_make(&tmp, src, e))
		return -1;
	ret = lookup_fetch(l, p, tmp.path, e);
	if (!ret)
		ret = publish(l->s, tmp.path, l->id, e);
	if (!ret && !l->s->git)
		ret = memo_write(l->memo, l->id, e);
	tempdir_remove(&tmp);
	return ret;
}

/* One fetch at a time: the second process finds what the first one brought. */
static int lookup_get(struct lookup *l, const struct build_progress *p, struct err *e)
{
	int fd, ret = 0;

	if (lookup_hit(l))
		return 0;
	fd = build_lock("source", p, "another kdelta to fetch a source", e);
	if (fd < 0)
		return -1;
	if (!lookup_hit(l))
		ret = lookup_make(l, p, e);
	file_unlock(fd);
	return ret;
}

int source_get(const struct source *s, const struct build_progress *p, char id[HASH_HEX],
	       char **dir, struct err *e)
{
	struct lookup l;
	int ret = lookup_begin(&l, s, e);

	if (!ret)
		ret = lookup_get(&l, p, e);
	if (!ret) {
		cleanup_free char *tree = tree_path(l.id);

		ret = check_version(s, tree, e);
		if (!ret) {
			memcpy(id, l.id, HASH_HEX);
			*dir = xstrdup(tree);
		}
	}
	lookup_release(&l);
	return ret;
}
