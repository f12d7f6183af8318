// SPDX-License-Identifier: GPL-2.0
#include "runner/paths.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

#ifndef PREFIX
#define PREFIX "/usr/local"
#endif

/* Filled once; the strings live as long as the program. */
static struct {
	char *configs, *kmods, *guests, *plugin, *cache, *data, *db;
} paths;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The folder of the running program; "." when /proc does not say. */
static char *program_dir(void)
{
	char buf[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", buf, sizeof(buf) - 1);
	char *slash;

	if (n < 0)
		return xstrdup(".");
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (slash && slash != buf)
		*slash = '\0';
	return xstrdup(buf);
}

static char *xdg(const char *env, const char *below_home)
{
	const char *dir = getenv(env);
	const char *home = getenv("HOME");

	/* the XDG specification: a relative path there is to be ignored */
	if (dir && dir[0] == '/')
		return xasprintf("%s/kdelta", dir);
	return xasprintf("%s/%s/kdelta", home && *home ? home : "/", below_home);
}

/* Absolute, for paths end up in messages and in the database. */
static char *absolute(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

static void find_own_files(void)
{
	cleanup_free char *dir = program_dir();
	cleanup_free char *top = xasprintf("%s/..", dir);
	cleanup_free char *kmods = xasprintf("%s/kmods", top);
	cleanup_free char *configs = xasprintf("%s/configs", top);
	cleanup_free char *installed = xasprintf("%s/share/kdelta/configs", top);
	cleanup_free char *share = NULL;

	if (dir_exists(kmods) && dir_exists(configs)) {
		paths.configs = absolute(configs);
		paths.kmods = absolute(kmods);
		paths.guests = xasprintf("%s/guest", dir);
		paths.plugin = xasprintf("%s/kdelta-plugin.so", dir);
		return;
	}
	/* beside an installed program first, so that a moved tree (DESTDIR) works too */
	share = dir_exists(installed) ? absolute(top) : xstrdup(PREFIX);
	paths.configs = xasprintf("%s/share/kdelta/configs", share);
	paths.kmods = xasprintf("%s/share/kdelta/kmods", share);
	paths.guests = xasprintf("%s/lib/kdelta/guest", share);
	paths.plugin = xasprintf("%s/lib/kdelta/kdelta-plugin.so", share);
}

static void replace(char **path, const char *env)
{
	const char *v = getenv(env);

	if (!v || !*v)
		return;
	free(*path);
	*path = absolute(v);
}

static void init(void)
{
	find_own_files();
	replace(&paths.configs, "KDELTA_CONFIGS");
	replace(&paths.kmods, "KDELTA_KMODS");
	replace(&paths.guests, "KDELTA_GUESTS");
	paths.cache = xdg("XDG_CACHE_HOME", ".cache");
	paths.data = xdg("XDG_DATA_HOME", ".local/share");
	paths.db = xasprintf("%s/kdelta.db", paths.data);
}

const char *paths_configs(void)
{
	pthread_once(&once, init);
	return paths.configs;
}

const char *paths_kmods(void)
{
	pthread_once(&once, init);
	return paths.kmods;
}

const char *paths_plugin(void)
{
	pthread_once(&once, init);
	return paths.plugin;
}

const char *paths_guest(const struct arch *a)
{
	static char *per_arch[8];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	size_t i = (size_t)(a - archs);

	pthread_once(&once, init);
	pthread_mutex_lock(&lock);
	if (!per_arch[i])
		per_arch[i] = xasprintf("%s/%s/kdelta-guest", paths.guests, a->name);
	pthread_mutex_unlock(&lock);
	return per_arch[i];
}

const char *paths_cache(void)
{
	pthread_once(&once, init);
	return paths.cache;
}

const char *paths_data(void)
{
	pthread_once(&once, init);
	return paths.data;
}

const char *paths_db(void)
{
	pthread_once(&once, init);
	return paths.db;
}
