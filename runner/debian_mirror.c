// SPDX-License-Identifier: GPL-2.0
/* Where this machine gets its Debian packages from. */
#include "runner/debian.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runner/base/file.h"

#define SOURCES_LIST "/etc/apt/sources.list"
#define SOURCES_PARTS "/etc/apt/sources.list.d"

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

int debian_mirror_find(const char *codename, struct debian_mirror *m, struct err *e)
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
