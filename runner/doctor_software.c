// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/doctor.h"
#include "runner/paths.h"
#include "runner/qemu.h"

/* Programs that are not of one architecture, and what goes wrong without them. */
static const struct tool {
	const char *name;
	enum finding_state lack;
	const char *why;
} tools[] = {
	{ "make", FOUND_MISSING, "builds kernels" },
	{ "ld", FOUND_MISSING, "builds kernels" },
	{ "flex", FOUND_MISSING, "builds kernels" },
	{ "bison", FOUND_MISSING, "builds kernels" },
	{ "bc", FOUND_MISSING, "builds kernels" },
	{ "perl", FOUND_MISSING, "builds kernels" },
	{ "git", FOUND_MISSING, "applies patches" },
	{ "xz", FOUND_MISSING, "unpacks sources" },
	{ "ccache", FOUND_WARN, "without it a second variant costs a whole build" },
	{ "apt-get", FOUND_WARN, "without it sources come from kernel.org or from the user" },
	{ "curl", FOUND_WARN, "without it sources cannot come from kernel.org" },
	{ "mmdebstrap", FOUND_WARN,
	  "without it there are no root images, which stress-ng, perf and kbuild need" },
	{ "tar2sqfs", FOUND_WARN,
	  "without it there are no root images (package squashfs-tools-ng)" },
};

static void examine_tools(struct doctor *d)
{
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		cleanup_free char *path = proc_which(tools[i].name);

		doctor_add(d, path ? FOUND_OK : tools[i].lack, "tool", tools[i].name, "%s",
			   path ? path : tools[i].why);
	}
}

static void examine_compiler(struct doctor *d, const struct arch *a)
{
	cleanup_free char *cc = xasprintf("%sgcc", arch_cross(a));
	const char *const argv[] = { cc, "--version", NULL };
	cleanup_free char *line = proc_first_line(argv);

	if (line)
		doctor_add(d, FOUND_OK, "compiler", a->name, "%s", line);
	else
		doctor_add(d, doctor_lack(d, a), "compiler", a->name, "no '%s'", cc);
}

static void examine_guest(struct doctor *d, const struct arch *a)
{
	if (file_exists(paths_guest(a)))
		doctor_add(d, FOUND_OK, "guest", a->name, "%s", paths_guest(a));
	else
		doctor_add(d, doctor_lack(d, a), "guest", a->name,
			   "no '%s': kdelta was built without this architecture's compiler",
			   paths_guest(a));
}

static void plugin_words(const struct qemu_program *p, struct str *out)
{
	const char *limit = qemu_plugin_limit(qemu_version_number(p->version));
	struct err e = ERR_INIT;

	if (!file_exists(paths_plugin()))
		return;
	if (qemu_takes_plugin(p, paths_plugin(), &e))
		str_addf(out, "; refuses the plugin: %s", e.msg);
	else
		str_addf(out, "; takes the plugin%s%s", limit ? ", but " : "", limit ? limit : "");
}

static void qemu_line(struct doctor *d, const struct arch *a, const struct qemu_program *p)
{
	cleanup_free char *name = xasprintf("%s%s", a->name, p->root ? " (private)" : "");
	const char *limit = qemu_limit(a, qemu_version_number(p->version));
	cleanup_str struct str plugin = STR_INIT;

	plugin_words(p, &plugin);
	doctor_add(d, limit ? FOUND_WARN : FOUND_OK, "emulator", name, "%s %s; %s%s", a->qemu,
		   p->version, limit ? limit : "several CPUs repeat under icount", plugin.buf);
}

/* The system's and the private one, and whether the latter would help. */
static void examine_qemu(struct doctor *d, const struct arch *a)
{
	struct qemu_program p;
	bool lacks = true;

	if (qemu_find_system(a, &p)) {
		lacks = qemu_limit(a, qemu_version_number(p.version));
		qemu_line(d, a, &p);
		qemu_program_release(&p);
	} else {
		doctor_add(d, doctor_lack(d, a), "emulator", a->name, "no '%s'", a->qemu);
	}
	if (qemu_find_private(a, &p)) {
		qemu_line(d, a, &p);
		qemu_program_release(&p);
	} else if (lacks) {
		d->wants_qemu = true;
	}
}

/* Names of installed packages and of what they provide; false where there is no dpkg. */
static bool installed_packages(struct strv *out)
{
	static const char *const argv[] = { "dpkg-query", "-W", "-f",
					    "${db:Status-Status} ${Package} ${Provides}\n", NULL };
	cleanup_str struct str text = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;

	p.argv = argv;
	p.out = &text;
	p.out_only = true;
	p.out_max = (size_t)16 << 20;
	p.deadline_ms = 30000;
	if (proc_run(&p, &r, NULL) || r.status)
		return false;
	for (char *line = text.buf, *nl; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		if (str_starts(line, "installed "))
			strv_split(out, line + strlen("installed "), " ,");
	}
	strv_sort(out);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_installed(const struct strv *have, const char *package)
{
	return have->n && bsearch(&package, have->v, have->n, sizeof(char *), by_name);
}

/* Cross tools towards this machine's own architecture: gcc-x86-64-linux-gnu, libc6-dev-amd64-cross. */
static bool is_own_cross(const char *package)
{
	const struct arch *host = arch_host();
	cleanup_free char *gcc = NULL;
	cleanup_free char *libc = NULL;

	if (!host)
		return false;
	gcc = xasprintf("gcc-%.*s", (int)strlen(host->cross) - 1, host->cross);
	for (char *p = gcc; *p; p++)
		if (*p == '_')
			*p = '-';
	libc = xasprintf("libc6-dev-%s-cross", host->deb);
	return !strcmp(package, gcc) || !strcmp(package, libc);
}

static bool is_for_runs(const char *purpose)
{
	static const char *const purposes[] = { "run", "build", "kernel", "cross" };

	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (!strcmp(purpose, purposes[i]))
			return true;
	return false;
}

/* A line of packages.txt: package, purpose, reason. */
static void examine_package(struct doctor *d, const struct strv *have, const char *line)
{
	cleanup_strv struct strv words = STRV_INIT;
	const char *reason;

	strv_split(&words, line, " \t");
	if (words.n < 2 || words.v[0][0] == '#' || is_installed(have, words.v[0]))
		return;
	if (!is_for_runs(words.v[1]) || is_own_cross(words.v[0]))
		return;
	reason = words.n > 2 ? strstr(line, words.v[2]) : "";
	doctor_add(d, FOUND_WARN, "package", words.v[0], "%s", reason);
	strv_push(&d->install, words.v[0]);
}

static void examine_packages(struct doctor *d)
{
	cleanup_free char *path = path_join(paths_configs(), "packages.txt");
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;
	cleanup_strv struct strv have = STRV_INIT;

	if (!file_exists(path) || file_read(path, 1 << 20, &text, NULL))
		return;
	if (!installed_packages(&have)) {
		doctor_add(d, FOUND_WARN, "package", "dpkg",
			   "not a Debian system: packages cannot be looked up");
		return;
	}
	strv_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n; i++)
		examine_package(d, &have, lines.v[i]);
	if (!d->install.n)
		doctor_add(d, FOUND_OK, "package", "all",
			   "everything that kdelta uses is installed");
}

void doctor_software(struct doctor *d)
{
	for (const struct arch *a = archs; a->name; a++)
		examine_compiler(d, a);
	for (const struct arch *a = archs; a->name; a++)
		examine_qemu(d, a);
	for (const struct arch *a = archs; a->name; a++)
		examine_guest(d, a);
	examine_tools(d);
	examine_packages(d);
}
