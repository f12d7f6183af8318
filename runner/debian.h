/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debian packages without touching the system: a private apt configuration below the cache (own lists,
 * status and caches) that takes the mirror and the keyring from the machine's own apt sources. apt
 * verifies what it downloads; nothing is installed.
 */
#ifndef KDELTA_RUNNER_DEBIAN_H
#define KDELTA_RUNNER_DEBIAN_H

#include <stdbool.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

/* The machine's Debian archive. */
struct debian_mirror {
	char *uri;
	char *signed_by; /* file of the keyring, or NULL: apt's default keys */
};

void debian_mirror_release(struct debian_mirror *m);
/*
 * Find the archive in the text of one sources file: the entry for binary packages whose suites hold
 * @codename and whose URI's path ends in /debian. @deb822: the format of *.sources. Pure. Returns false, with @m
 * untouched, when there is none.
 */
bool debian_mirror_parse(const char *text, bool deb822, const char *codename,
			 struct debian_mirror *m);

/* As above, from this machine's own apt sources. */
int debian_mirror_find(const char *codename, struct debian_mirror *m, struct err *e);

/* VERSION_CODENAME of this machine; NULL when it has none. The caller frees. */
char *debian_codename(void);

/*
 * Download @package of @suite (NULL: the machine's own) for the architecture @deb into the folder @dest;
 * @path is the file. Fails with one line when there is no apt, no Debian mirror, no such package, or
 * when the mirror does not answer (every wait has a deadline).
 */
int debian_fetch(const char *package, const char *suite, const char *deb, const char *dest,
		 struct str *path, struct err *e);

/*
 * Download @packages of the machine's own backports, and what they need and the machine lacks, into the folder
 * @dest; @paths are the files. What matches one of the shell patterns @private counts as lacking. Fails like
 * debian_fetch(), also when there are no backports.
 */
int debian_fetch_closure(const struct strv *packages, const struct strv *private, const char *deb,
			 const char *dest, struct strv *paths, struct err *e);
/* dpkg's status file @status without the packages that match one of @patterns; was there any? Pure. */
bool debian_status_drop(const char *status, const struct strv *patterns, struct str *out);

/* What apt (or mmdebstrap) complains of: the first line that starts with "E: ", which says it best, else the last.
 * Pure. */
void apt_first_error(const char *text, struct str *out);

#endif
