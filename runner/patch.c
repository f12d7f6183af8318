// SPDX-License-Identifier: GPL-2.0
#include "runner/patch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"

#define PATCH_MAX ((size_t)64 << 20)
#define GIT_DEADLINE_MS (120 * 1000L)

void patch_series_release(struct patch_series *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].file);
	}
	free(s->v);
	*s = (struct patch_series)PATCH_SERIES_INIT;
}

static void patch_series_add(struct patch_series *s, char *name, const char *file)
{
	struct patch *p = ARRAY_PUSH(s->v, s->n, s->cap);

	p->name = name;
	p->file = xstrdup(file);
}

/* quilt's series: one file per line, options like -p1 and comments after it. */
static int series_files(const char *dir, const char *series, struct strv *files, struct err *e)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;

	if (file_read(series, 1 << 20, &text, e))
		return -1;
	strv_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		char *line = lines.v[i] + strspn(lines.v[i], " \t");

		line[strcspn(line, " \t\r#")] = '\0';
		if (!line[0])
			continue;
		cleanup_free char *path = path_join(dir, line);
		if (!file_exists(path))
			return err_set(e, ERR_USAGE, "%s: no patch '%s'", series, line);
		strv_push(files, path);
	}
	return 0;
}

static int folder_files(const char *dir, struct strv *files, struct err *e)
{
	cleanup_free char *series = path_join(dir, "series");
	cleanup_strv struct strv names = STRV_INIT;

	if (file_exists(series))
		return series_files(dir, series, files, e);
	if (dir_list(dir, ".patch", &names, e))
		return -1;
	if (!names.n)
		return err_set(e, ERR_USAGE,
			       "no patches in '%s': neither a series file nor *.patch", dir);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);

		strv_push(files, path);
	}
	return 0;
}

int patch_files(const struct strv *entries, struct strv *files, struct err *e)
{
	for (size_t i = 0; i < entries->n; i++) {
		const char *path = entries->v[i];

		if (dir_exists(path)) {
			if (folder_files(path, files, e))
				return -1;
		} else if (file_exists(path)) {
			strv_push(files, path);
		} else {
			return err_set(e, ERR_USAGE, "no patches '%s': no such file or folder",
				       path);
		}
	}
	return 0;
}

int patch_hash(const struct strv *entries, struct hash *h, struct err *e)
{
	cleanup_strv struct strv files = STRV_INIT;

	if (patch_files(entries, &files, e))
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (hash_add_file(h, files.v[i], e))
			return -1;
	return 0;
}

/* git must see neither the user's settings nor a repository around the tree. */
static void git_env(const char *dir, struct strv *env)
{
	static const char *const clean[] = {
		"GIT_DIR",    "GIT_WORK_TREE",         "GIT_INDEX_FILE",
		"GIT_PREFIX", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"LC_ALL=C",
	};
	cleanup_free char *real = realpath(dir, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;

	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		strv_push(env, clean[i]);
	if (slash)
		strv_pushf(env, "GIT_CEILING_DIRECTORIES=%.*s", (int)(slash - real), real);
}

/* Run git in @dir with @input on standard input; @out gets both outputs. Returns the exit status or -1. */
static int git_run(const char *const *argv, const char *dir, const char *input, struct str *out,
		   struct err *e)
{
	cleanup_strv struct strv env = STRV_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;
	int ret;

	git_env(dir, &env);
	p.argv = argv;
	p.env = &env;
	p.cwd = dir;
	p.out = out;
	p.deadline_ms = GIT_DEADLINE_MS;
	if (input) {
		p.in_fd = open(input, O_RDONLY | O_CLOEXEC);
		if (p.in_fd < 0)
			return err_errno(e, ERR_INFRA, "cannot open '%s'", input);
	}
	ret = proc_run(&p, &r, e);
	if (input)
		close(p.in_fd);
	return ret ? -1 : r.status;
}

static char *subject_of(const char *mailinfo)
{
	const char *s = strstr(mailinfo, "Subject: ");

	if (!s)
		return NULL;
	s += strlen("Subject: ");
	return xstrndup(s, strcspn(s, "\n"));
}

/* One message of an mbox: mailinfo undoes the transfer encoding. One without a diff is a cover letter. */
static int add_message(struct patch_series *s, const char *mbox, const char *dir,
		       const char *number, struct err *e)
{
	cleanup_free char *mail = path_join(dir, number);
	cleanup_free char *diff = xasprintf("%s/%s.patch", dir, number);
	cleanup_free char *message = xasprintf("%s/%s.message", dir, number);
	const char *argv[] = { "git", "mailinfo", message, diff, NULL };
	cleanup_str struct str out = STR_INIT, text = STR_INIT;
	cleanup_strv struct strv touched = STRV_INIT;
	int status = git_run(argv, dir, mail, &out, e);

	if (status < 0)
		return -1;
	if (status)
		return err_set(e, ERR_USAGE, "cannot read message %s of mbox '%s': %s", number,
			       mbox, out.buf);
	if (file_read(diff, PATCH_MAX, &text, e))
		return -1;
	patch_touched(text.buf, &touched);
	if (!touched.n)
		return 0;
	cleanup_free char *subject = subject_of(out.buf);
	patch_series_add(s, xasprintf("%s: %s", path_base(mbox), subject ? subject : number), diff);
	return 0;
}

static int add_mbox(struct patch_series *s, const char *mbox, const char *dir, struct err *e)
{
	cleanup_free char *option = xasprintf("-o%s", dir);
	const char *argv[] = { "git", "mailsplit", option, "--", mbox, NULL };
	cleanup_strv struct strv names = STRV_INIT;
	cleanup_str struct str out = STR_INIT;
	size_t before = s->n;
	int status;

	if (dir_make(dir, e))
		return -1;
	status = git_run(argv, dir, NULL, &out, e);
	if (status < 0)
		return -1;
	if (status)
		return err_set(e, ERR_USAGE, "cannot split mbox '%s': %s", mbox, out.buf);
	if (dir_list(dir, NULL, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (add_message(s, mbox, dir, names.v[i], e))
			return -1;
	if (s->n == before)
		return err_set(e, ERR_USAGE, "no patches in mbox '%s'", mbox);
	return 0;
}

static bool is_mbox(const char *path)
{
	char head[5] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		close(fd);
	return n == sizeof(head) && !memcmp(head, "From ", sizeof(head));
}

int patch_series_open(struct patch_series *s, const struct strv *entries, const char *tmp,
		      struct err *e)
{
	for (size_t i = 0; i < entries->n; i++) {
		const char *entry = entries->v[i];
		struct strv one = { .v = (char **)&entry, .n = 1, .cap = 0 };
		cleanup_strv struct strv files = STRV_INIT;
		cleanup_free char *dir = xasprintf("%s/mbox.%zu", tmp, i);

		if (patch_files(&one, &files, e))
			return -1;
		if (!dir_exists(entry) && is_mbox(entry)) {
			if (add_mbox(s, entry, dir, e))
				return -1;
			continue;
		}
		for (size_t f = 0; f < files.n; f++)
			patch_series_add(s, xstrdup(path_base(files.v[f])), files.v[f]);
	}
	return 0;
}

/* Apply again, piece by piece, only to learn what does not fit. */
static int patch_explain(const struct patch *p, const char *tree, struct err *e)
{
	const char *argv[] = { "git",   "apply", "--reject", "--verbose", "--whitespace=nowarn",
			       p->file, NULL };
	cleanup_str struct str out = STR_INIT, why = STR_INIT;

	if (git_run(argv, tree, NULL, &out, e) < 0)
		return -1;
	patch_trouble(out.buf, &why);
	return err_set(e, ERR_USAGE, "cannot apply patch '%s': %s", p->name, why.buf);
}

static int patch_apply(const struct patch *p, const char *tree, struct err *e)
{
	const char *argv[] = { "git", "apply", "--whitespace=nowarn", p->file, NULL };
	cleanup_str struct str out = STR_INIT;
	int status = git_run(argv, tree, NULL, &out, e);

	return status > 0 ? patch_explain(p, tree, e) : status;
}

int patch_series_apply(const struct patch_series *s, const char *tree, struct strv *touched,
		       struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		cleanup_str struct str text = STR_INIT;

		if (file_read(s->v[i].file, PATCH_MAX, &text, e) || patch_apply(&s->v[i], tree, e))
			return -1;
		patch_touched(text.buf, touched);
	}
	strv_sort(touched);
	return 0;
}
