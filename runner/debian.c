// SPDX-License-Identifier: GPL-2.0
#include "runner/debian.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/paths.h"

#define SOURCES_LIST "/etc/apt/sources.list"
#define SOURCES_PARTS "/etc/apt/sources.list.d"
#define UPDATE_DEADLINE_MS (180 * 1000L)
#define DOWNLOAD_DEADLINE_MS                                                                       \
	(3600 * 1000L) /* a stalled connection ends much earlier, by apt's own timeout */

void debian_mirror_release(struct debian_mirror *m)
{
	free(m->uri);
	free(m->signed_by);
	m->uri = m->signed_by = NULL;
}

static bool is_debian_uri(const char *uri)
{
	size_t n = strlen(uri);

	while (n && uri[n - 1] == '/')
		n--;
	return n > 7 && !strncmp(uri + n - 7, "/debian", 7);
}

static bool mirror_take(struct debian_mirror *m, const char *uri, const char *signed_by)
{
	m->uri = xstrdup(uri);
	m->signed_by = signed_by && signed_by[0] == '/' ? xstrdup(signed_by) : NULL;
	return true;
}

/* deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] URI SUITE COMPONENT… */
static bool parse_list_line(const char *line, const char *codename, struct debian_mirror *m)
{
	cleanup_strv struct strv w = STRV_INIT;
	const char *signed_by = NULL;
	size_t i = 1;
	bool in_options;

	strv_split(&w, line, " \t\r");
	if (w.n < 3 || strcmp(w.v[0], "deb") != 0)
		return false;
	for (in_options = w.v[1][0] == '['; in_options && i < w.n; i++) {
		char *option = w.v[i] + strspn(w.v[i], "[");
		size_t len = strcspn(option, "]");

		in_options = !option[len];
		option[len] = '\0';
		if (str_starts(option, "signed-by="))
			signed_by = option + strlen("signed-by=");
	}
	if (i + 1 >= w.n || !is_debian_uri(w.v[i]) || strcmp(w.v[i + 1], codename) != 0)
		return false;
	return mirror_take(m, w.v[i], signed_by);
}

/* The fields of a deb822 stanza that matter. */
struct stanza {
	struct strv types, uris, suites, signed_by;
	bool disabled;
};

static void stanza_release(struct stanza *s)
{
	strv_release(&s->types);
	strv_release(&s->uris);
	strv_release(&s->suites);
	strv_release(&s->signed_by);
	memset(s, 0, sizeof(*s));
}

static bool stanza_take(struct stanza *s, const char *codename, struct debian_mirror *m)
{
	bool found = false;

	if (!s->disabled && strv_has(&s->types, "deb") && strv_has(&s->suites, codename))
		for (size_t i = 0; i < s->uris.n && !found; i++)
			if (is_debian_uri(s->uris.v[i]))
				found = mirror_take(m, s->uris.v[i],
						    s->signed_by.n ? s->signed_by.v[0] : NULL);
	stanza_release(s);
	return found;
}

/* One line of a stanza; returns the list that a following indented line continues. */
static struct strv *stanza_line(struct stanza *s, const char *line)
{
	const struct {
		const char *key;
		struct strv *list;
	} fields[] = {
		{ "Types:", &s->types },
		{ "URIs:", &s->uris },
		{ "Suites:", &s->suites },
		{ "Signed-By:", &s->signed_by },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t n = strlen(fields[i].key);

		if (strncasecmp(line, fields[i].key, n) != 0)
			continue;
		strv_split(fields[i].list, line + n, " \t\r");
		return fields[i].list;
	}
	if (!strncasecmp(line, "Enabled:", 8)) {
		const char *value = line + 8 + strspn(line + 8, " \t");

		s->disabled = !strncasecmp(value, "no", 2) || !strncasecmp(value, "false", 5);
	}
	return NULL;
}

static bool parse_deb822(const struct strv *lines, const char *codename, struct debian_mirror *m)
{
	struct stanza s = { 0 };
	struct strv *list = NULL;

	for (size_t i = 0; i < lines->n; i++) {
		const char *line = lines->v[i];

		if (line[0] == '#')
			continue;
		if (!line[strspn(line, " \t\r")]) {
			if (stanza_take(&s, codename, m))
				return true;
			list = NULL;
		} else if (line[0] == ' ' || line[0] == '\t') {
			if (list)
				strv_split(list, line, " \t\r");
		} else {
			list = stanza_line(&s, line);
		}
	}
	return stanza_take(&s, codename, m);
}

/* Unlike strv_split() this keeps empty lines: they end a stanza. */
static void split_lines(struct strv *lines, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		strv_pushf(lines, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

bool debian_mirror_parse(const char *text, bool deb822, const char *codename,
			 struct debian_mirror *m)
{
	cleanup_strv struct strv lines = STRV_INIT;

	split_lines(&lines, text);
	if (deb822)
		return parse_deb822(&lines, codename, m);
	for (size_t i = 0; i < lines.n; i++)
		if (parse_list_line(lines.v[i], codename, m))
			return true;
	return false;
}

char *debian_codename(void)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;
	const char *key = "VERSION_CODENAME=";

	if (file_read("/etc/os-release", 1 << 16, &text, NULL))
		return NULL;
	strv_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *value = lines.v[i] + strlen(key);

		if (!str_starts(lines.v[i], key))
			continue;
		value += *value == '"';
		return xstrndup(value, strcspn(value, "\""));
	}
	return NULL;
}

static bool mirror_from_file(const char *path, const char *codename, struct debian_mirror *m)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 1 << 20, &text, NULL))
		return false;
	return debian_mirror_parse(text.buf, str_ends(path, ".sources"), codename, m);
}

static int mirror_find(const char *codename, struct debian_mirror *m, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (mirror_from_file(SOURCES_LIST, codename, m))
		return 0;
	if (dir_exists(SOURCES_PARTS))
		dir_list(SOURCES_PARTS, NULL, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(SOURCES_PARTS, names.v[i]);

		if (!str_ends(path, ".list") && !str_ends(path, ".sources"))
			continue;
		if (mirror_from_file(path, codename, m))
			return 0;
	}
	return err_set(e, ERR_INFRA, "no Debian archive for '%s' in %s or %s", codename,
		       SOURCES_LIST, SOURCES_PARTS);
}

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

static int apt_configure(struct apt *a, const struct debian_mirror *m, const char *suite,
			 const char *deb, struct err *e)
{
	static const char *const folders[] = { "lists/partial", "cache/archives/partial" };
	cleanup_str struct str text = STR_INIT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		cleanup_free char *path = path_join(a->dir, folders[i]);

		if (dir_make(path, e))
			return -1;
	}
	str_addf(&text, "deb [arch=%s%s%s] %s %s main\n", deb, m->signed_by ? " signed-by=" : "",
		 m->signed_by ? m->signed_by : "", m->uri, suite);
	if (apt_write(a, "sources.list", text.buf, e) || apt_write(a, "status", "", e))
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

/* apt's first "E: " (or "Err:") line says it best; the last line says only that something failed. */
static int apt_failed(const char *verb, const struct str *out, const struct proc_result *r,
		      struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;

	if (r->timed_out)
		return err_set(e, ERR_INFRA, "apt-get %s: no end after %.0f s", verb, r->seconds);
	strv_split(&lines, out->buf, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (str_starts(lines.v[i], "E: "))
			return err_set(e, ERR_INFRA, "apt-get %s: %s", verb, lines.v[i] + 3);
	return err_set(e, ERR_INFRA, "apt-get %s: %s", verb,
		       lines.n ? lines.v[lines.n - 1] : "exited without a message");
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
	cleanup_str struct str tmp = STR_INIT;
	int ret;

	if (dir_make(dest, e) || dir_temp(dest, &tmp, e))
		return -1;
	ret = apt_run(a, update, NULL, UPDATE_DEADLINE_MS, e);
	if (!ret)
		ret = apt_run(a, download, tmp.buf, DOWNLOAD_DEADLINE_MS, e);
	if (!ret)
		ret = move_package(tmp.buf, dest, path, e);
	tree_remove(tmp.buf, NULL);
	return ret;
}

static int debian_fetch_locked(const char *package, const char *suite, const char *deb,
			       const struct debian_mirror *m, const char *dest, struct str *path,
			       struct err *e)
{
	struct apt a = { .dir = xasprintf("%s/apt/%s-%s", paths_cache(), suite, deb),
			 .env = STRV_INIT };
	cleanup_free char *lock = xasprintf("%s.lock", a.dir);
	int fd = -1, ret = -1;

	if (!dir_make(a.dir, e))
		fd = file_lock(lock, -1, e);
	if (fd >= 0 && !apt_configure(&a, m, suite, deb, e))
		ret = apt_download(&a, package, dest, path, e);
	if (fd >= 0)
		file_unlock(fd);
	apt_release(&a);
	return ret;
}

int debian_fetch(const char *package, const char *suite, const char *deb, const char *dest,
		 struct str *path, struct err *e)
{
	struct debian_mirror m = { 0 };
	cleanup_free char *apt = proc_which("apt-get");
	cleanup_free char *codename = debian_codename();
	int ret;

	if (!apt || !codename)
		return err_set(e, ERR_INFRA,
			       "cannot fetch package '%s': this is not a Debian machine", package);
	ret = mirror_find(codename, &m, e);
	if (!ret)
		ret = debian_fetch_locked(package, suite ? suite : codename, deb, &m, dest, path,
					  e);
	if (ret)
		err_prefix(e, "cannot fetch package '%s' of '%s' for %s", package,
			   suite ? suite : codename, deb);
	debian_mirror_release(&m);
	return ret;
}
