// SPDX-License-Identifier: GPL-2.0
#include "runner/leftovers.h"

#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/config.h"
#include "runner/paths.h"

/* Folders of the cache in which something is made before it gets its name. */
static const char *const cache_folders[] = { "downloads", "qemu", "src" };

void leftovers_remove(void)
{
	tempdir_sweep(NULL);
	for (size_t i = 0; i < sizeof(cache_folders) / sizeof(cache_folders[0]); i++) {
		cleanup_free char *dir = path_join(paths_cache(), cache_folders[i]);

		tempdir_sweep(dir);
	}
	for (const struct arch *a = archs; a->name; a++) {
		cleanup_free char *dir = xasprintf("%s/busybox/%s", paths_cache(), a->name);

		tempdir_sweep(dir);
	}
}
