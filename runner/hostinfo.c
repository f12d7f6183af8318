// SPDX-License-Identifier: GPL-2.0
#include "runner/hostinfo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/file.h"

/* What stands behind "<key> <sep>" in the first line that has it and says something; to the end of the line. */
static char *value_of(const char *text, const char *key, char sep)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *v;

		line += *line == '\n';
		if (!str_starts(line, key))
			continue;
		v = line + strlen(key);
		v += strspn(v, " \t");
		if (*v != sep)
			continue;
		v += 1 + strspn(v + 1, " \t");
		if (*v && *v != '\n')
			return xstrndup(v, strcspn(v, "\n"));
	}
	return NULL;
}

/* Of arm64, which names a designer and a number (MIDR_EL1, Arm Architecture Reference Manual), and no model. */
static char *arm_model(const char *cpuinfo)
{
	cleanup_free char *implementer = value_of(cpuinfo, "CPU implementer", ':');
	cleanup_free char *part = value_of(cpuinfo, "CPU part", ':');

	if (!implementer || !part)
		return NULL;
	return xasprintf("implementer %s, part %s", implementer, part);
}

static char *cpu_model(const char *root, const char *machine)
{
	cleanup_free char *path = xasprintf("%s/proc/cpuinfo", root);
	cleanup_str struct str text = STR_INIT;
	char *v;

	if (file_read(path, 0, &text, NULL))
		return xstrdup(machine);
	v = value_of(text.buf, "model name", ':'); /* x86 */
	if (!v)
		v = value_of(text.buf, "processor 0", ':'); /* s390 */
	if (!v)
		v = arm_model(text.buf);
	return v ? v : xstrdup(machine);
}

/* A value of os-release(5): a word of a shell, with or without quotes. Changes @v. */
static void unquote(char *v)
{
	char quote = *v == '"' || *v == '\'' ? *v : '\0';
	char *to = v;

	for (char *from = v + (quote != '\0'); *from && *from != quote; from++) {
		if (*from == '\\' && quote != '\'' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

static char *os_name(const char *root)
{
	/* the second where there is no first: os-release(5) */
	static const char *const files[] = { "etc/os-release", "usr/lib/os-release" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		cleanup_free char *path = xasprintf("%s/%s", root, files[i]);
		cleanup_str struct str text = STR_INIT;
		cleanup_free char *v = NULL;

		if (file_read(path, 0, &text, NULL))
			continue;
		v = value_of(text.buf, "PRETTY_NAME", '=');
		if (v)
			unquote(v);
		return xstrdup(v && *v ? v : "Linux"); /* the default: os-release(5) */
	}
	return xstrdup("unknown");
}

void hostinfo_init(struct hostinfo *h, const char *root)
{
	struct utsname u;

	uname(&u);
	h->hostname = xstrdup(u.nodename);
	h->machine = xstrdup(u.machine);
	h->kernel_release = xstrdup(u.release);
	h->cpu_model = cpu_model(root, u.machine);
	h->os = os_name(root);
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
