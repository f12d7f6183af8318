// SPDX-License-Identifier: GPL-2.0
#include "runner/hostinfo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/file.h"

/* The value of the first line that starts with one of @keys, after @sep; quotes are dropped. */
static char *first_value(const char *path, const char *const *keys, char sep)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 0, &text, NULL))
		return NULL;
	for (const char *const *key = keys; *key; key++) {
		const char *line = text.buf;

		for (; line; line = strchr(line, '\n')) {
			const char *v;
			size_t n;

			line += *line == '\n';
			if (!str_starts(line, *key))
				continue;
			v = line + strlen(*key);
			n = strcspn(v, "\n");
			v = memchr(v, sep, n);
			if (!v)
				continue;
			v += 1 + strspn(v + 1, " \t\"");
			return xstrndup(v, strcspn(v, "\"\n"));
		}
	}
	return NULL;
}

static char *cpu_model(const struct utsname *u)
{
	/* x86, s390, and arm64 where the firmware says it */
	static const char *const keys[] = { "model name", "processor 0", "CPU part", NULL };
	char *v = first_value("/proc/cpuinfo", keys, ':');

	return v ? v : xstrdup(u->machine);
}

static char *os_name(void)
{
	static const char *const keys[] = { "PRETTY_NAME", NULL };
	char *v = first_value("/etc/os-release", keys, '=');

	return v ? v : xstrdup("unknown");
}

void hostinfo_init(struct hostinfo *h)
{
	struct utsname u;

	uname(&u);
	h->hostname = xstrdup(u.nodename);
	h->machine = xstrdup(u.machine);
	h->kernel_release = xstrdup(u.release);
	h->cpu_model = cpu_model(&u);
	h->os = os_name();
	h->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	h->memory = (long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

void hostinfo_release(struct hostinfo *h)
{
	free(h->hostname);
	free(h->machine);
	free(h->cpu_model);
	free(h->os);
	free(h->kernel_release);
	memset(h, 0, sizeof(*h));
}
