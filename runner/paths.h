/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are. The program finds its own files beside itself (build/kdelta in a checkout) or below
 * PREFIX (installed); the environment overrides: KDELTA_CONFIGS, KDELTA_KMODS and KDELTA_GUESTS (folders),
 * XDG_CACHE_HOME, XDG_DATA_HOME. All return strings that live until the program ends.
 */
#ifndef KDELTA_RUNNER_PATHS_H
#define KDELTA_RUNNER_PATHS_H

#include "runner/config.h"

const char *paths_configs(void); /* configs/ */
const char *paths_kmods(void); /* kmods/ */
const char *paths_guest(const struct arch *a); /* the static guest program for @a */
const char *paths_plugin(void); /* the QEMU plugin */
const char *paths_cache(void); /* $XDG_CACHE_HOME/kdelta */
const char *paths_data(void); /* $XDG_DATA_HOME/kdelta */
const char *paths_db(void); /* <data>/kdelta.db */

#endif
