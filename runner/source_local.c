// SPDX-License-Identifier: GPL-2.0
/* Trees of the user's own: a folder, or a commit of a repository. */
#include "runner/source.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/kernel_tree.h"

#define LIST_MAX ((size_t)256 << 20)
#define GIT_DEADLINE_MS (120 * 1000L)

/* Run git in @repo and capture what it prints; a failure is git's own message. */
static int git_output(const char *repo, const char *const *argv, struct str *out, struct err *e)
{
	struct strv env = STRV_INIT;
	struct proc p = PROC_INIT;
	int ret;

	strv_push(&env, "GIT_DIR");
	strv_push(&env, "GIT_WORK_TREE");
	strv_push(&env, "LC_ALL=C");
	p.argv = argv;
	p.env = &env;
	p.cwd = repo;
	p.out = out;
	p.out_max = LIST_MAX;
	p.out_only = true;
	p.deadline_ms = GIT_DEADLINE_MS;
	ret = proc_check(&p, e);
	strv_release(&env);
	return ret;
}

/* Everything that git tracks or would track: no objects of a build in place, but uncommitted work. */
static int list_work_tree(const char *path, struct strv *files, struct err *e)
{
	const char *argv[] = { "git",      "ls-files",           "-z", "--cached",
			       "--others", "--exclude-standard", NULL };
	cleanup_str struct str out = STR_INIT;

	if (git_output(path, argv, &out, e))
		return -1;
	for (size_t at = 0; at < out.len; at += strlen(out.buf + at) + 1)
		strv_push(files, out.buf + at);
	return 0;
}

static int list_folder(const char *path, struct strv *files, struct err *e)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t skip = strlen(path) + 1;
	FTSENT *f;

	if (!fts)
		return err_errno(e, ERR_INFRA, "cannot read '%s'", path);
	while ((f = fts_read(fts)))
		if (f->fts_info != FTS_D && f->fts_info != FTS_DP && f->fts_pathlen > skip)
			strv_push(files, f->fts_path + skip);
	fts_close(fts);
	return 0;
}

static void stamp_file(struct hash *h, const char *path, const char *name)
{
	cleanup_free char *full = path_join(path, name);
	struct stat st;

	if (lstat(full, &st))
		return;
	long long facts[] = { st.st_mode, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec };

	hash_add_str(h, name);
	hash_add(h, facts, sizeof(facts));
}

int source_path_scan(const char *path, struct strv *files, char stamp[HASH_HEX], struct err *e)
{
	cleanup_free char *git = path_join(path, ".git");
	cleanup_free char *config = path_join(path, ".config");
	cleanup_free char *real = realpath(path, NULL);
	struct hash *h;

	if (!real || !dir_exists(real))
		return err_set(e, ERR_USAGE, "no source tree '%s': no such folder", path);
	if (access(git, F_OK) && file_exists(config))
		return err_set(e, ERR_USAGE,
			       "source tree '%s' was built in place: run `make mrproper` there first",
			       path);
	if (access(git, F_OK) ? list_folder(real, files, e) : list_work_tree(real, files, e))
		return -1;
	strv_sort(files);
	h = hash_new();
	hash_add_str(h, real);
	for (size_t i = 0; i < files->n; i++)
		stamp_file(h, real, files->v[i]);
	hash_end(h, stamp);
	return 0;
}

/* Parents of @dir/@name; @made remembers the last one, for files come sorted. */
static int make_parent(const char *dir, const char *name, struct str *made, struct err *e)
{
	const char *slash = strrchr(name, '/');
	cleanup_free char *parent =
		xasprintf("%s/%.*s", dir, slash ? (int)(slash - name) : 0, name);

	if (!strcmp(parent, made->buf))
		return 0;
	str_reset(made);
	str_add(made, parent);
	return dir_make(parent, e);
}

static int copy_link(const char *from, const char *to, struct hash *h, struct err *e)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return err_errno(e, ERR_INFRA, "cannot read '%s'", from);
	target[n] = '\0';
	hash_add_str(h, target);
	return symlink(target, to) ? err_errno(e, ERR_INFRA, "cannot make '%s'", to) : 0;
}

/* The copy is hashed and not the original, which may be edited at this moment. */
static int copy_entry(const char *from, const char *to, const char *name, struct hash *h,
		      struct err *e)
{
	struct stat st;

	if (lstat(from, &st))
		return errno == ENOENT ? 0 : err_errno(e, ERR_INFRA, "cannot read '%s'", from);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0;
	hash_add_str(h, name);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, h, e);
	hash_add_str(h, st.st_mode & 0100 ? "x" : "-");
	if (tree_copy_file(from, to, e))
		return -1;
	return hash_add_file(h, to, e);
}

int source_path_copy(const char *path, const struct strv *files, const char *dir, char id[HASH_HEX],
		     struct err *e)
{
	cleanup_str struct str made = STR_INIT;
	struct hash *h = hash_new();
	int ret = 0;

	hash_add_str(h, "folder");
	for (size_t i = 0; i < files->n && !ret; i++) {
		cleanup_free char *from = path_join(path, files->v[i]);
		cleanup_free char *to = path_join(dir, files->v[i]);

		ret = make_parent(dir, files->v[i], &made, e);
		if (!ret)
			ret = copy_entry(from, to, files->v[i], h, e);
	}
	hash_end(h, id);
	return ret;
}

int source_git_tree(const struct source *s, struct str *tree, struct err *e)
{
	const char *ref = s->ref ? s->ref : "HEAD";
	cleanup_free char *spec = xasprintf("%s^{tree}", ref);
	const char *argv[] = { "git", "rev-parse", "--verify", "--end-of-options", spec, NULL };

	if (!dir_exists(s->git))
		return err_set(e, ERR_USAGE, "no git repository '%s': no such folder", s->git);
	if (git_output(s->git, argv, tree, e))
		return err_prefix(e, "cannot find '%s' in '%s'", ref, s->git);
	tree->len = strcspn(tree->buf, "\n");
	tree->buf[tree->len] = '\0';
	return 0;
}

/* After the end of its output git has nothing left to do but exit. */
static int git_reap(pid_t pid, bool failed, struct err *e)
{
	double end = proc_now() + 10;
	struct proc_result r = { 0 };

	if (failed) {
		proc_stop(pid, 0, NULL);
		return -1;
	}
	while (!proc_poll(pid, &r)) {
		if (proc_now() > end) {
			proc_stop(pid, 0, NULL);
			return err_set(e, ERR_INFRA, "git archive did not exit");
		}
		poll(NULL, 0, 5);
	}
	return r.status ? err_set(e, ERR_INFRA, "git archive failed with status %d", r.status) : 0;
}

int source_git_export(const char *repo, const char *tree, const char *dir, struct err *e)
{
	const char *argv[] = { "git", "archive", "--format=tar", tree, NULL };
	struct proc p = PROC_INIT;
	int fds[2], ret;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	p.argv = argv;
	p.cwd = repo;
	p.out_fd = fds[1];
	ret = proc_start(&p, &pid, e);
	close(fds[1]);
	if (!ret) {
		ret = archive_unpack(NULL, fds[0], dir, e);
		ret = git_reap(pid, ret != 0, e);
	}
	close(fds[0]);
	return ret;
}
