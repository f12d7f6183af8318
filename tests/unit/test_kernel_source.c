// SPDX-License-Identifier: GPL-2.0
/* Sources: archives that are good, damaged and hostile; git; folders; the order of places to look. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/kernel_tree.h"
#include "runner/paths.h"
#include "runner/source.h"

#define MAKEFILE "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n"
#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct world {
	struct str dir;
	struct source source;
};

static int world_setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	str_init(&w->dir);
	assert_int_equal(tree_remove(paths_cache(), NULL), 0);
	assert_int_equal(dir_temp(NULL, &w->dir, NULL), 0);
	w->source.name = (char *)"linux";
	w->source.version = (char *)"7.3";
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	tree_remove(w->dir.buf, NULL);
	str_release(&w->dir);
	strv_release(&w->source.urls);
	free(w);
	return 0;
}

/* A member of a test archive: a file, or with @link a symbolic ('s') or hard ('h') link. */
struct member {
	const char *name, *content;
	char link;
};

static void add_member(struct archive *a, const char *name, const char *content, size_t len,
		       char link)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, link == 's' ? AE_IFLNK : AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 1000, 0);
	if (link == 's')
		archive_entry_set_symlink(entry, content);
	else if (link == 'h')
		archive_entry_set_hardlink(entry, content);
	else
		archive_entry_set_size(entry, (la_int64_t)len);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	if (!link)
		assert_int_equal(archive_write_data(a, content, len), (la_ssize_t)len);
	archive_entry_free(entry);
}

static void write_tar(const char *path, const struct member *members)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_xz(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (; members->name; members++)
		add_member(a, members->name, members->content, strlen(members->content),
			   members->link);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

/* Put the file @inner under the name @as into a package as Debian makes them. */
static void write_deb(const char *path, const char *inner, const char *as)
{
	cleanup_free char *data = xasprintf("%s.data.tar.xz", path);
	cleanup_str struct str content = STR_INIT, tar = STR_INIT;
	struct archive *a = archive_write_new();

	assert_int_equal(file_read(inner, 0, &content, NULL), 0);
	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_xz(a);
	assert_int_equal(archive_write_open_filename(a, data), ARCHIVE_OK);
	add_member(a, as, content.buf, content.len, 0);
	archive_write_close(a);
	archive_write_free(a);

	assert_int_equal(file_read(data, 0, &tar, NULL), 0);
	a = archive_write_new();
	archive_write_set_format_ar_svr4(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	add_member(a, "debian-binary", "2.0\n", 4, 0);
	add_member(a, "data.tar.xz", tar.buf, tar.len, 0);
	archive_write_close(a);
	archive_write_free(a);
}

static const struct member good[] = {
	{ "linux-7.3/Makefile", MAKEFILE, 0 },
	{ "linux-7.3/mm/slub.c", "int slub;\n", 0 },
	{ "linux-7.3/mm/link.c", "slub.c", 's' },
	{ "linux-7.3/mm/hard.c", "linux-7.3/mm/slub.c", 'h' },
	{ NULL, NULL, 0 },
};

static char *read_file(const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);
	struct str text = STR_INIT;

	assert_int_equal(file_read(path, 0, &text, NULL), 0);
	return str_detach(&text);
}

static void check_tree(const char *dir)
{
	static const char *const same[] = { "mm/slub.c", "mm/link.c", "mm/hard.c" };
	cleanup_free char *makefile = read_file(dir, "Makefile");
	cleanup_free char *version = source_version(dir, NULL);

	assert_string_equal(makefile, MAKEFILE);
	assert_string_equal(version, "7.3.4");
	for (size_t i = 0; i < NROWS(same); i++) {
		cleanup_free char *text = read_file(dir, same[i]);

		assert_string_equal(text, "int slub;\n");
	}
}

static char *get(struct world *w, char id[HASH_HEX])
{
	struct err e = ERR_INIT;
	char *dir = NULL;

	if (source_get(&w->source, NULL, id, &dir, &e))
		fail_msg("source: %s", e.msg);
	return dir;
}

static void get_fails(struct world *w, const char *want)
{
	struct err e = ERR_INIT;
	char id[HASH_HEX], *dir = NULL;

	assert_int_equal(source_get(&w->source, NULL, id, &dir, &e), -1);
	assert_null(dir);
	if (!strstr(e.msg, want))
		fail_msg("got:  %s\nwant: %s", e.msg, want);
}

static void a_tarball_is_unpacked_once(void **state)
{
	struct world *w = *state;
	cleanup_free char *tarball = path_join(w->dir.buf, "linux.tar.xz");
	char id[HASH_HEX], again[HASH_HEX];

	write_tar(tarball, good);
	w->source.tarball = tarball;
	assert_false(source_known(&w->source, id));
	cleanup_free char *dir = get(w, id);
	check_tree(dir);
	assert_true(source_known(&w->source, again));
	assert_string_equal(id, again);

	w->source.version = (char *)"6.12";
	assert_false(source_known(&w->source, again));
	get_fails(w, "source 'linux' is Linux 7.3.4, expected 6.12");
}

static void a_package_holds_a_tarball(void **state)
{
	struct world *w = *state;
	cleanup_free char *tarball = path_join(w->dir.buf, "linux.tar.xz");
	cleanup_free char *deb = path_join(w->dir.buf, "linux.deb");
	cleanup_free char *dir = path_join(w->dir.buf, "out");
	cleanup_free char *taken = path_join(w->dir.buf, "taken");
	struct err e = ERR_INIT;

	write_tar(tarball, good);
	write_deb(deb, tarball, "./usr/src/linux-source-7.3.tar.xz");
	assert_int_equal(dir_make(dir, NULL), 0);
	if (archive_unpack(deb, -1, dir, &e))
		fail_msg("%s", e.msg);
	check_tree(dir);

	write_deb(deb, tarball, "./bin/busybox");
	assert_int_equal(archive_unpack(deb, -1, dir, &e), -1);
	assert_non_null(strstr(e.msg, "no usr/src/linux-source-*.tar.* in"));
	assert_int_equal(archive_take(deb, "bin/busybox", taken, NULL), 0);
	assert_int_equal(file_size(taken), file_size(tarball));
}

static void hostile_archives_are_refused(void **state)
{
	static const struct {
		const char *name;
		struct member members[3];
	} rows[] = {
		{ "climbs", { { "linux/../../escaped", "x", 0 } } },
		{ "climbs at the end", { { "linux/..", "x", 0 } } },
		{ "absolute", { { "/tmp/kdelta-escaped", "x", 0 } } },
		{ "behind a link", { { "linux/up", "..", 's' }, { "linux/up/escaped", "x", 0 } } },
		{ "hard link outside", { { "linux/passwd", "../../../etc/passwd", 'h' } } },
		{ "absolute hard link", { { "linux/passwd", "/etc/passwd", 'h' } } },
	};
	struct world *w = *state;
	cleanup_free char *tarball = path_join(w->dir.buf, "evil.tar.xz");
	cleanup_free char *dir = path_join(w->dir.buf, "box/out");
	cleanup_free char *escaped = path_join(w->dir.buf, "box/escaped");

	for (size_t i = 0; i < NROWS(rows); i++) {
		struct err e = ERR_INIT;

		write_tar(tarball, rows[i].members);
		assert_int_equal(dir_make(dir, NULL), 0);
		if (!archive_unpack(tarball, -1, dir, &e))
			fail_msg("%s: was unpacked", rows[i].name);
		if (file_exists(escaped) || file_exists("/tmp/kdelta-escaped"))
			fail_msg("%s: escaped", rows[i].name);
		tree_remove(dir, NULL);
	}
}

static void damaged_archives_leave_nothing(void **state)
{
	struct world *w = *state;
	cleanup_free char *tarball = path_join(w->dir.buf, "linux.tar.xz");
	cleanup_free char *src = path_join(paths_cache(), "src");
	cleanup_strv struct strv names = STRV_INIT;

	write_tar(tarball, good);
	assert_int_equal(truncate(tarball, file_size(tarball) / 2), 0);
	w->source.tarball = tarball;
	get_fails(w, "cannot unpack");
	assert_int_equal(file_write(tarball, "plain text\n", 11, NULL), 0);
	get_fails(w, "cannot unpack");
	w->source.tarball = (char *)"/nowhere.tar.xz";
	get_fails(w, "no source tarball '/nowhere.tar.xz'");
	assert_int_equal(dir_list(src, NULL, &names, NULL), 0);
	assert_int_equal(names.n, 0);
}

static void git(const char *repo, const char *args)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct str out = STR_INIT;
	struct proc p = PROC_INIT;
	struct err e = ERR_INIT;

	strv_split(&argv, "git -c user.name=x -c user.email=x -c init.defaultBranch=main", " ");
	strv_split(&argv, args, " ");
	p.argv = (const char *const *)argv.v;
	p.cwd = repo;
	p.out = &out;
	if (proc_check(&p, &e))
		fail_msg("%s", e.msg);
	str_release(&out);
}

static void write_in(const char *dir, const char *name, const char *text)
{
	cleanup_free char *path = path_join(dir, name);

	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

static char *make_repo(struct world *w)
{
	char *repo = path_join(w->dir.buf, "repo");

	assert_int_equal(dir_make(repo, NULL), 0);
	write_in(repo, "Makefile", MAKEFILE);
	write_in(repo, "slub.c", "int slub;\n");
	write_in(repo, ".gitignore", "*.o\n");
	git(repo, "init -q");
	git(repo, "add .");
	git(repo, "commit -q -m one");
	return repo;
}

static void a_git_ref_is_its_tree(void **state)
{
	struct world *w = *state;
	cleanup_free char *repo = make_repo(w);
	char one[HASH_HEX], two[HASH_HEX], again[HASH_HEX];

	w->source.git = repo;
	w->source.ref = (char *)"main";
	cleanup_free char *first = get(w, one);
	write_in(repo, "slub.c", "int uncommitted;\n");
	assert_true(source_known(&w->source, again));
	git(repo, "commit -q -a -m two");
	assert_false(source_known(&w->source, again));
	cleanup_free char *second = get(w, two);
	cleanup_free char *old_text = read_file(first, "slub.c");
	cleanup_free char *new_text = read_file(second, "slub.c");

	assert_string_equal(old_text, "int slub;\n");
	assert_string_equal(new_text, "int uncommitted;\n");
	w->source.ref = (char *)"main~1";
	assert_true(source_known(&w->source, again));
	assert_string_equal(again, one);
	w->source.ref = (char *)"no-such-branch";
	get_fails(w, "cannot find 'no-such-branch' in '");
	w->source.git = (char *)"/nowhere";
	get_fails(w, "no git repository '/nowhere'");
}

/* Objects of a build in place stay out; work that is not committed is in. */
static void a_work_tree_is_what_git_does_not_ignore(void **state)
{
	struct world *w = *state;
	cleanup_free char *repo = make_repo(w);
	char one[HASH_HEX], two[HASH_HEX];

	write_in(repo, "slub.o", "object");
	write_in(repo, ".config", "CONFIG_X=y\n");
	write_in(repo, "new.c", "int new;\n");
	w->source.path = repo;
	cleanup_free char *dir = get(w, one);
	cleanup_free char *object = path_join(dir, "slub.o");
	cleanup_free char *text = read_file(dir, "new.c");

	assert_string_equal(text, "int new;\n");
	assert_false(file_exists(object));
	write_in(repo, "slub.o", "another object");
	assert_true(source_known(&w->source, two));
	assert_string_equal(one, two);
	write_in(repo, "new.c", "int old;\n");
	assert_false(source_known(&w->source, two));
}

static void a_folder_is_its_content(void **state)
{
	struct world *w = *state;
	cleanup_free char *folder = path_join(w->dir.buf, "folder");
	char one[HASH_HEX], two[HASH_HEX];

	w->source.path = folder;
	get_fails(w, "no source tree '");
	assert_int_equal(dir_make(folder, NULL), 0);
	write_in(folder, "README", "no Makefile\n");
	get_fails(w, "Makefile");
	write_in(folder, "Makefile", "all:\n");
	get_fails(w, "does not set VERSION, PATCHLEVEL and SUBLEVEL");
	write_in(folder, "Makefile", MAKEFILE);
	free(get(w, one));
	write_in(folder, "Makefile", MAKEFILE); /* a new time, the old content */
	free(get(w, two));
	assert_string_equal(one, two);
	write_in(folder, ".config", "");
	get_fails(w, "was built in place: run `make mrproper` there first");
}

static void every_place_that_failed_is_named(void **state)
{
	struct world *w = *state;

	get_fails(w, "it names no git, path, tarball, package or urls");
	strv_push(&w->source.urls, "http://127.0.0.1:9/linux-7.3.tar.xz");
	get_fails(w,
		  "'http://127.0.0.1:9/linux-7.3.tar.xz' is neither https nor verified by sha256");
	strv_push(&w->source.urls, "https://127.0.0.1:9/linux-7.3.tar.xz");
	get_fails(w, "sha256; ");
}

/* The same content by another file is the same tree. */
static void another_file_with_the_same_content_is_the_same_tree(void **state)
{
	struct world *w = *state;
	cleanup_free char *tarball = path_join(w->dir.buf, "linux.tar.xz");
	char id[HASH_HEX], again[HASH_HEX];

	write_tar(tarball, good);
	w->source.tarball = tarball;
	free(get(w, id));
	assert_int_equal(unlink(tarball), 0);
	assert_false(source_known(&w->source, again));
	write_tar(tarball, good);
	assert_false(source_known(&w->source, again)); /* another file until it was looked into */
	free(get(w, again));
	assert_string_equal(id, again);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(a_tarball_is_unpacked_once),
		WORLD(a_package_holds_a_tarball),
		WORLD(hostile_archives_are_refused),
		WORLD(damaged_archives_leave_nothing),
		WORLD(a_git_ref_is_its_tree),
		WORLD(a_work_tree_is_what_git_does_not_ignore),
		WORLD(a_folder_is_its_content),
		WORLD(every_place_that_failed_is_named),
		WORLD(another_file_with_the_same_content_is_the_same_tree),
	};
	struct str cache = STR_INIT;
	int failed;

	if (dir_temp(NULL, &cache, NULL))
		return 1;
	setenv("XDG_CACHE_HOME", cache.buf, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tree_remove(cache.buf, NULL);
	str_release(&cache);
	return failed;
}
