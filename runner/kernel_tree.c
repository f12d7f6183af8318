// SPDX-License-Identifier: GPL-2.0
#include "runner/kernel_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"

/* Returns 0 or -1 with errno. */
static int copy_bytes(int in, int out)
{
	char buf[65536];
	ssize_t n;

	if (!ioctl(out, FICLONE, in))
		return 0;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(out, buf + done, (size_t)(n - done));
			if (w < 0)
				return -1;
		}
	return n < 0 ? -1 : 0;
}

static int copy_open_files(int in, int out, bool times)
{
	struct stat st;

	if (fstat(in, &st) || copy_bytes(in, out) || fchmod(out, st.st_mode & 07777))
		return -1;
	if (times) {
		struct timespec ts[2] = { st.st_atim, st.st_mtim };

		return futimens(out, ts);
	}
	return 0;
}

static int copy_regular(const char *from, const char *to, bool times, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out, bad;

	if (in < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bad = out < 0 || copy_open_files(in, out, times);
	if (bad)
		err_errno(e, ERR_INFRA, "cannot write '%s'", to);
	close(in);
	if (out >= 0 && close(out) && !bad)
		bad = err_errno(e, ERR_INFRA, "cannot write '%s'", to) != 0;
	return bad ? -1 : 0;
}

int tree_copy_file(const char *from, const char *to, struct err *e)
{
	return copy_regular(from, to, true, e);
}

static int copy_symlink(const char *from, const char *to, struct err *e)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return err_errno(e, ERR_INFRA, "cannot read '%s'", from);
	target[n] = '\0';
	if (symlink(target, to))
		return err_errno(e, ERR_INFRA, "cannot make '%s'", to);
	return 0;
}

static int link_file(const char *from, const char *to, struct err *e)
{
	if (!link(from, to))
		return 0;
	if (errno == EXDEV || errno == EMLINK || errno == EPERM || errno == EOPNOTSUPP)
		return copy_regular(from, to, true, e);
	return err_errno(e, ERR_INFRA, "cannot link '%s'", to);
}

static int replicate_entry(const FTSENT *f, const char *to, bool links, struct err *e)
{
	switch (f->fts_info) {
	case FTS_D:
		if (mkdir(to, 0755) && errno != EEXIST)
			return err_errno(e, ERR_INFRA, "cannot make '%s'", to);
		return 0;
	case FTS_F:
		return links ? link_file(f->fts_accpath, to, e) :
			       copy_regular(f->fts_accpath, to, true, e);
	case FTS_SL:
	case FTS_SLNONE:
		return copy_symlink(f->fts_accpath, to, e);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = f->fts_errno;
		return err_errno(e, ERR_INFRA, "cannot read '%s'", f->fts_path);
	default:
		return 0;
	}
}

static FTS *tree_walk(const char *root, struct err *e)
{
	char *const roots[] = { (char *)root, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	if (!fts)
		err_errno(e, ERR_INFRA, "cannot read '%s'", root);
	return fts;
}

static int replicate(const char *from, const char *to, bool links, struct err *e)
{
	FTS *fts = tree_walk(from, e);
	size_t skip = strlen(from);
	FTSENT *f;
	int ret = fts ? 0 : -1;

	while (!ret && (f = fts_read(fts))) {
		cleanup_free char *path = xasprintf("%s%s", to, f->fts_path + skip);

		ret = replicate_entry(f, path, links, e);
	}
	if (fts)
		fts_close(fts);
	return ret;
}

int tree_link(const char *from, const char *to, struct err *e)
{
	return replicate(from, to, true, e);
}

int tree_copy(const char *from, const char *to, struct err *e)
{
	return replicate(from, to, false, e);
}

static bool same_bytes(const char *a, const char *b)
{
	FILE *fa = fopen(a, "re"), *fb = fopen(b, "re");
	bool same = fa && fb;
	char x[16384], y[16384];
	size_t n = 1;

	while (same && n) {
		n = fread(x, 1, sizeof(x), fa);
		same = fread(y, 1, sizeof(y), fb) == n && !memcmp(x, y, n) && !ferror(fa);
	}
	if (fa)
		fclose(fa);
	if (fb)
		fclose(fb);
	return same;
}

/* Give @path the present time without touching the pristine file that it may be a link to. */
static int freshen(const char *path, struct err *e)
{
	cleanup_free char *tmp = xasprintf("%s.kdelta", path);

	unlink(tmp);
	if (copy_regular(path, tmp, false, e))
		return -1;
	if (rename(tmp, path))
		return err_errno(e, ERR_INFRA, "cannot rename '%s'", tmp);
	return 0;
}

static int adopt(const char *path, const char *old, struct err *e)
{
	if (unlink(path))
		return err_errno(e, ERR_INFRA, "cannot remove '%s'", path);
	return link_file(old, path, e);
}

static int carry_file(const char *path, const char *old, struct err *e)
{
	struct stat st, was;

	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return 0; /* deleted by a patch: make notices a missing file by itself */
	if (lstat(old, &was) || !S_ISREG(was.st_mode))
		return freshen(path, e);
	if (st.st_ino == was.st_ino && st.st_dev == was.st_dev)
		return 0;
	if (st.st_size == was.st_size && st.st_mode == was.st_mode && same_bytes(path, old))
		return adopt(path, old, e);
	return freshen(path, e);
}

static int carry_all(const char *tree, const char *old, struct err *e)
{
	FTS *fts = tree_walk(tree, e);
	size_t skip = strlen(tree);
	FTSENT *f;
	int ret = fts ? 0 : -1;

	while (!ret && (f = fts_read(fts))) {
		cleanup_free char *was = xasprintf("%s%s", old, f->fts_path + skip);

		if (f->fts_info == FTS_F)
			ret = carry_file(f->fts_path, was, e);
	}
	if (fts)
		fts_close(fts);
	return ret;
}

int tree_carry(const char *tree, const char *old, const struct strv *files, struct err *e)
{
	if (!files)
		return carry_all(tree, old, e);
	for (size_t i = 0; i < files->n; i++) {
		cleanup_free char *path = path_join(tree, files->v[i]);
		cleanup_free char *was = path_join(old, files->v[i]);

		if (carry_file(path, was, e))
			return -1;
	}
	return 0;
}

/* Replace "<kernels>/<any>/linux" by @tree; true when anything changed. */
static bool replace_paths(const char *text, const char *kernels, const char *tree, struct str *out)
{
	size_t n = strlen(kernels);
	bool changed = false;
	const char *hit;

	while ((hit = strstr(text, kernels))) {
		const char *name = hit + n + (hit[n] == '/');
		const char *end = name + strcspn(name, "/ \t\n'\":()");
		bool is_tree = hit[n] == '/' && end > name && str_starts(end, "/linux");

		str_addmem(out, text, (size_t)(hit - text));
		text = is_tree ? end + strlen("/linux") : hit + n;
		str_add(out, is_tree ? tree : kernels);
		changed |= is_tree;
	}
	str_add(out, text);
	return changed;
}

static int mend_file(const FTSENT *f, const char *kernels, const char *tree, struct err *e)
{
	struct timespec ts[2] = { f->fts_statp->st_atim, f->fts_statp->st_mtim };
	cleanup_str struct str text = STR_INIT, out = STR_INIT;

	if (file_read(f->fts_path, 0, &text, e))
		return -1;
	if (!replace_paths(text.buf, kernels, tree, &out) || !strcmp(text.buf, out.buf))
		return 0;
	if (file_write(f->fts_path, out.buf, out.len, e))
		return -1;
	if (utimensat(AT_FDCWD, f->fts_path, ts, 0))
		return err_errno(e, ERR_INFRA, "cannot set the time of '%s'", f->fts_path);
	return 0;
}

static bool is_cmd_file(const FTSENT *f)
{
	return f->fts_info == FTS_F && f->fts_name[0] == '.' && str_ends(f->fts_name, ".cmd");
}

int build_mend_paths(const char *build, const char *kernels, const char *tree, struct err *e)
{
	cleanup_free char *tools = path_join(build, "tools");
	FTSENT *f;
	FTS *fts;
	int ret = 0;

	if (!dir_exists(tools))
		return 0;
	fts = tree_walk(tools, e);
	if (!fts)
		return -1;
	while (!ret && (f = fts_read(fts)))
		if (is_cmd_file(f))
			ret = mend_file(f, kernels, tree, e);
	fts_close(fts);
	return ret;
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static void drop_if_unfinished(const FTSENT *f)
{
	int dir = (int)(f->fts_pathlen - f->fts_namelen);
	int name = (int)f->fts_namelen - (int)strlen(".") - (int)strlen(".cmd");
	cleanup_free char *output = xasprintf("%.*s%.*s", dir, f->fts_path, name, f->fts_name + 1);
	struct stat st;

	if (!lstat(output, &st) && is_newer(&st.st_mtim, &f->fts_statp->st_mtim))
		unlink(output);
}

int build_drop_unfinished(const char *build, struct err *e)
{
	FTS *fts;
	FTSENT *f;

	if (!dir_exists(build))
		return 0;
	fts = tree_walk(build, e);
	if (!fts)
		return -1;
	while ((f = fts_read(fts)))
		if (is_cmd_file(f) && f->fts_namelen > strlen("..cmd"))
			drop_if_unfinished(f);
	fts_close(fts);
	return 0;
}
