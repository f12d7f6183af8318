// SPDX-License-Identifier: GPL-2.0
#include "runner/debian.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/base/tempdir.h"
#include "runner/paths.h"

#define DPKG_STATUS "/var/lib/dpkg/status"
#define STATUS_MAX ((size_t)64 << 20)
#define UPDATE_DEADLINE_MS (180 * 1000L)
#define DOWNLOAD_DEADLINE_MS                                                                       \
	(3600 * 1000L) /* a stalled connection ends much earlier, by apt's own timeout */

/* The private apt: a folder below the cache and the environment that makes apt use it. */
struct apt {
	char *dir;
	struct strv env;
};

static void apt_release(struct apt *a)
{
	free(a->dir);
	strv_release(&a->env);
}

static int apt_write(const struct apt *a, const char *name, const char *text, struct err *e)
{
	cleanup_free char *path = path_join(a->dir, name);

	return file_write(path, text, strlen(text), e);
}

/* @status: what counts as installed, in dpkg's format. */
static int apt_configure(struct apt *a, const struct debian_mirror *m, const struct strv *suites,
			 const char *deb, const char *status, struct err *e)
{
	static const char *const folders[] = { "lists/partial", "cache/archives/partial" };
	cleanup_str struct str text = STR_INIT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		cleanup_free char *path = path_join(a->dir, folders[i]);

		if (dir_make(path, e))
			return -1;
	}
	for (size_t i = 0; i < suites->n; i++)
		str_addf(&text, "deb [arch=%s%s%s] %s %s main\n", deb,
			 m->signed_by ? " signed-by=" : "", m->signed_by ? m->signed_by : "",
			 m->uri, suites->v[i]);
	if (apt_write(a, "sources.list", text.buf, e) || apt_write(a, "status", status, e))
		return -1;

	str_reset(&text);
	str_addf(&text, "Dir::Etc::SourceList \"%s/sources.list\";\n", a->dir);
	str_add(&text, "Dir::Etc::SourceParts \"/dev/null\";\n");
	str_addf(&text, "Dir::State::Lists \"%s/lists\";\n", a->dir);
	str_addf(&text, "Dir::State::status \"%s/status\";\n", a->dir);
	str_addf(&text, "Dir::Cache \"%s/cache\";\n", a->dir);
	str_addf(&text, "APT::Architecture \"%s\";\nAPT::Architectures { \"%s\"; };\n", deb, deb);
	str_add(&text, "APT::Sandbox::User \"root\";\n"); /* _apt may not enter the cache folder */
	str_add(&text, "Acquire::Languages \"none\";\nAcquire::Retries \"1\";\n");
	str_add(&text, "Acquire::http::Timeout \"20\";\nAcquire::https::Timeout \"20\";\n");
	if (apt_write(a, "apt.conf", text.buf, e))
		return -1;

	strv_pushf(&a->env, "APT_CONFIG=%s/apt.conf", a->dir);
	strv_push(&a->env, "LC_ALL=C");
	return 0;
}

void apt_first_error(const char *text, struct str *out)
{
	cleanup_strv struct strv lines = STRV_INIT;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		if (!str_starts(lines.v[i], "E: "))
			continue;
		str_add(out, lines.v[i] + 3);
		return;
	}
	str_add(out, lines.n ? lines.v[lines.n - 1] : "exited without a message");
}

static int apt_failed(const char *verb, const struct str *out, const struct proc_result *r,
		      struct err *e)
{
	cleanup_str struct str why = STR_INIT;

	if (r->timed_out)
		return err_set(e, ERR_INFRA, "apt-get %s: no end after %.0f s", verb, r->seconds);
	apt_first_error(out->buf, &why);
	return err_set(e, ERR_INFRA, "apt-get %s: %s", verb, why.buf);
}

static int apt_run(const struct apt *a, const char *const *argv, const char *cwd, long deadline_ms,
		   struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;

	p.argv = argv;
	p.env = &a->env;
	p.cwd = cwd;
	p.out = &out;
	p.deadline_ms = deadline_ms;
	if (proc_run(&p, &r, e))
		return -1;
	return r.status || r.timed_out ? apt_failed(argv[1], &out, &r, e) : 0;
}

static int move_package(const char *from_dir, const char *dest, struct str *path, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (dir_list(from_dir, ".deb", &names, e))
		return -1;
	if (names.n != 1)
		return err_set(e, ERR_INFRA, "apt-get download: left %zu files instead of one",
			       names.n);
	cleanup_free char *from = path_join(from_dir, names.v[0]);
	cleanup_free char *to = path_join(dest, names.v[0]);
	if (rename(from, to))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", from);
	str_add(path, to);
	return 0;
}

/* apt-get chooses the file's name, so it downloads into an empty folder and the one file is moved out. */
static int apt_download(const struct apt *a, const char *package, const char *dest,
			struct str *path, struct err *e)
{
	const char *update[] = { "apt-get", "update", "-q", "--error-on=any", NULL };
	const char *download[] = { "apt-get", "download", "-q", package, NULL };
	struct tempdir tmp = { 0 };
	int ret;

	if (dir_make(dest, e) || tempdir_make(&tmp, dest, e))
		return -1;
	ret = apt_run(a, update, NULL, UPDATE_DEADLINE_MS, e);
	if (!ret)
		ret = apt_run(a, download, tmp.path, DOWNLOAD_DEADLINE_MS, e);
	if (!ret)
		ret = move_package(tmp.path, dest, path, e);
	tempdir_remove(&tmp);
	return ret;
}

/* What both ways of fetching have in common. */
struct fetch {
	const struct strv *suites;
	const char *deb, *dest;
	const char *package; /* this one alone … */
	const struct strv *packages, *private; /* … or these, with what they need */
	struct str *path;
	struct strv *paths;
};

bool debian_status_drop(const char *status, const struct strv *patterns, struct str *out)
{
	bool dropped = false;

	while (*status) {
		const char *end = strstr(status, "\n\n");
		size_t len = end ? (size_t)(end - status) + 2 : strlen(status);
		cleanup_free char *name = NULL;
		bool drop = false;

		if (str_starts(status, "Package: "))
			name = xstrndup(status + 9, strcspn(status + 9, "\n"));
		for (size_t i = 0; name && i < patterns->n && !drop; i++)
			drop = !fnmatch(patterns->v[i], name, 0);
		if (!drop)
			str_addmem(out, status, len);
		dropped = dropped || drop;
		status += len;
	}
	return dropped;
}

static int move_packages(const char *from_dir, const char *dest, struct strv *paths, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (dir_list(from_dir, ".deb", &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *from = path_join(from_dir, names.v[i]);
		cleanup_free char *to = path_join(dest, names.v[i]);

		if (rename(from, to))
			return err_errno(e, ERR_INFRA, "cannot rename '%s'", from);
		strv_push(paths, to);
	}
	return 0;
}

/* The last of @suites is preferred; apt itself never gets to dpkg. */
static int apt_download_all(const struct apt *a, const struct fetch *f, struct err *e)
{
	const char *update[] = { "apt-get", "update", "-q", "--error-on=any", NULL };
	cleanup_free char *archives = path_join(a->dir, "cache/archives");
	cleanup_strv struct strv install = STRV_INIT;

	strv_split(&install, "apt-get install -q -y --download-only --no-install-recommends -t",
		   " ");
	strv_push(&install, f->suites->v[f->suites->n - 1]);
	strv_push_all(&install, f->packages);
	if (dir_make(f->dest, e) || apt_run(a, update, NULL, UPDATE_DEADLINE_MS, e) ||
	    apt_run(a, (const char *const *)install.v, NULL, DOWNLOAD_DEADLINE_MS, e))
		return -1;
	return move_packages(archives, f->dest, f->paths, e);
}

static int fetch_configured(struct apt *a, const struct fetch *f, const struct debian_mirror *m,
			    struct err *e)
{
	cleanup_str struct str installed = STR_INIT;
	cleanup_str struct str status = STR_INIT;

	if (f->package) {
		if (apt_configure(a, m, f->suites, f->deb, "", e))
			return -1;
		return apt_download(a, f->package, f->dest, f->path, e);
	}
	if (file_read(DPKG_STATUS, STATUS_MAX, &installed, e))
		return -1;
	debian_status_drop(installed.buf, f->private, &status);
	if (apt_configure(a, m, f->suites, f->deb, status.buf, e))
		return -1;
	return apt_download_all(a, f, e);
}

static int fetch_locked(const struct fetch *f, const struct debian_mirror *m, struct err *e)
{
	struct apt a = { .dir = xasprintf("%s/apt/%s-%s%s", paths_cache(),
					  f->suites->v[f->suites->n - 1], f->deb,
					  f->package ? "" : "-closure"),
			 .env = STRV_INIT };
	cleanup_free char *lock = xasprintf("%s.lock", a.dir);
	int fd = -1, ret = -1;

	if (!dir_make(a.dir, e))
		fd = file_lock(lock, -1, e);
	if (fd >= 0)
		ret = fetch_configured(&a, f, m, e);
	if (fd >= 0)
		file_unlock(fd);
	apt_release(&a);
	return ret;
}

static int fetch_from(const char *codename, const struct fetch *f, struct err *e)
{
	struct debian_mirror m = { 0 };
	int ret = debian_mirror_find(codename, &m, e);

	if (!ret)
		ret = fetch_locked(f, &m, e);
	debian_mirror_release(&m);
	return ret;
}

/* NULL, with @e set, where there is no apt. */
static char *need_debian(const char *package, struct err *e)
{
	cleanup_free char *apt = proc_which("apt-get");
	char *codename = debian_codename();

	if (apt && codename)
		return codename;
	free(codename);
	err_set(e, ERR_INFRA, "cannot fetch package '%s': this is not a Debian machine", package);
	return NULL;
}

int debian_fetch(const char *package, const char *suite, const char *deb, const char *dest,
		 struct str *path, struct err *e)
{
	cleanup_free char *codename = need_debian(package, e);
	cleanup_strv struct strv suites = STRV_INIT;
	struct fetch f = {
		.suites = &suites, .deb = deb, .dest = dest, .package = package, .path = path
	};

	if (!codename)
		return -1;
	strv_push(&suites, suite ? suite : codename);
	if (fetch_from(codename, &f, e))
		return err_prefix(e, "cannot fetch package '%s' of '%s' for %s", package,
				  suites.v[0], deb);
	return 0;
}

int debian_fetch_closure(const struct strv *packages, const struct strv *private, const char *deb,
			 const char *dest, struct strv *paths, struct err *e)
{
	cleanup_free char *codename = need_debian(packages->v[0], e);
	cleanup_strv struct strv suites = STRV_INIT;
	struct fetch f = { .suites = &suites,
			   .deb = deb,
			   .dest = dest,
			   .packages = packages,
			   .private = private,
			   .paths = paths };

	if (!codename)
		return -1;
	strv_push(&suites, codename);
	strv_pushf(&suites, "%s-backports", codename);
	if (fetch_from(codename, &f, e))
		return err_prefix(e, "cannot fetch package '%s' of '%s'", packages->v[0],
				  suites.v[1]);
	return 0;
}
