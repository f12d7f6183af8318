// SPDX-License-Identifier: GPL-2.0
#include "runner/qemu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/paths.h"

#define ASK_MS 20000

void qemu_program_release(struct qemu_program *p)
{
	free(p->path);
	free(p->root);
	free(p->version);
	*p = (struct qemu_program){ 0 };
}

int qemu_version_number(const char *version)
{
	int major, minor;

	if (!version || sscanf(version, "%d.%d", &major, &minor) != 2 || major < 0 ||
	    major > 10000 || minor < 0 || minor > 99)
		return 0;
	return major * 100 + minor;
}

static bool can_smp_icount(const struct arch *a, int version)
{
	return version >= a->smp_icount_since;
}

const char *qemu_limit(const struct arch *a, int version)
{
	return can_smp_icount(a, version) ?
		       NULL :
		       "does not get 2 CPUs through a boot under icount (QEMU 9 does)";
}

static int ask(const struct qemu_program *p, const struct strv *args, struct str *out,
	       struct proc_result *r, struct err *e)
{
	struct qemu_launch l = QEMU_LAUNCH_INIT;
	cleanup_strv struct strv argv = STRV_INIT;
	struct proc proc = PROC_INIT;
	int ret;

	strv_push(&argv, p->path);
	strv_push_all(&argv, args);
	proc.out = out;
	proc.deadline_ms = ASK_MS;
	ret = qemu_launch(p, &argv, &proc, &l, e) || proc_run(&proc, r, e) ? -1 : 0;
	qemu_launch_release(&l);
	return ret;
}

/* "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)" */
void qemu_ask_version(struct qemu_program *program)
{
	cleanup_str struct str out = STR_INIT;
	cleanup_strv struct strv args = STRV_INIT;
	struct proc_result r;
	const char *p;

	strv_push(&args, "--version");
	if (ask(program, &args, &out, &r, NULL) || r.status)
		return;
	p = strstr(out.buf, "version ");
	if (!p)
		return;
	p += strlen("version ");
	program->version = xstrndup(p, strspn(p, "0123456789."));
}

/* It takes tens of milliseconds, and every boot wants to know. */
static void known_version(struct qemu_program *p)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct {
		char path[512], version[32];
	} known[8];
	static size_t n;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n && !p->version; i++)
		if (!strcmp(known[i].path, p->path))
			p->version = xstrdup(known[i].version);
	if (!p->version) {
		qemu_ask_version(p);
		if (p->version && n < sizeof(known) / sizeof(known[0]) &&
		    strlen(p->path) < sizeof(known[n].path) &&
		    strlen(p->version) < sizeof(known[n].version)) {
			strcpy(known[n].path, p->path);
			strcpy(known[n++].version, p->version);
		}
	}
	pthread_mutex_unlock(&lock);
}

/* Takes the program over when it is one. */
static bool take(struct qemu_program *p, const char *path, const char *root)
{
	*p = (struct qemu_program){ .path = xstrdup(path), .root = root ? xstrdup(root) : NULL };
	known_version(p);
	if (p->version)
		return true;
	qemu_program_release(p);
	return false;
}

char *qemu_version(const char *program)
{
	struct qemu_program p;
	char *version;

	if (!take(&p, program, NULL))
		return NULL;
	version = xstrdup(p.version);
	qemu_program_release(&p);
	return version;
}

bool qemu_find_system(const struct arch *a, struct qemu_program *p)
{
	return take(p, a->qemu, NULL);
}

bool qemu_find_private(const struct arch *a, struct qemu_program *p)
{
	cleanup_free char *dir = path_join(paths_cache(), "qemu");
	cleanup_strv struct strv names = STRV_INIT;
	const char *newest = NULL;

	if (!dir_exists(dir) || dir_list(dir, NULL, &names, NULL))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (qemu_version_number(names.v[i]) >= (newest ? qemu_version_number(newest) : 1))
			newest = names.v[i];
	if (!newest)
		return false;
	cleanup_free char *root = path_join(dir, newest);
	cleanup_free char *path = xasprintf("%s/usr/bin/%s", root, a->qemu);
	return file_exists(path) && take(p, path, root);
}

/*
 * From 9.2 on, plugin code of vCPUs that share a thread takes one for the other (collectors/plugin.c refuses to be
 * loaded there).
 */
#define PLUGIN_SMP_ICOUNT_BEFORE 902

const char *qemu_plugin_limit(int version)
{
	return version < PLUGIN_SMP_ICOUNT_BEFORE ?
		       NULL :
		       "mixes up 2 CPUs when the plugin counts under icount (9.1 and older do not)";
}

/* Why this version cannot do what @t asks for; NULL when it can. */
static const char *lack(const struct target *t, int version)
{
	if (t->icount < 0 || t->cpus < 2)
		return NULL;
	if (t->plugin.n && qemu_plugin_limit(version))
		return qemu_plugin_limit(version);
	return qemu_limit(t->arch, version);
}

static bool can(const struct target *t, const struct qemu_program *p)
{
	return !lack(t, qemu_version_number(p->version));
}

static bool is_named(const struct target *t, const char *name)
{
	return !strcmp(t->qemu ? t->qemu : "auto", name);
}

/* The first that can; else the first that is there. */
static bool pick(const struct target *t, struct qemu_program *p)
{
	struct qemu_program second = { 0 };
	bool found = false;

	if (t->qemu && strchr(t->qemu, '/'))
		return take(p, t->qemu, NULL);
	if (!is_named(t, "private"))
		found = qemu_find_system(t->arch, p);
	if (is_named(t, "system") || (found && can(t, p)) || !qemu_find_private(t->arch, &second))
		return found;
	if (!found || can(t, &second)) {
		qemu_program_release(p);
		*p = second;
		return true;
	}
	qemu_program_release(&second);
	return true;
}

static int no_qemu(const struct target *t, struct err *e)
{
	if (is_named(t, "private"))
		return err_set(e, ERR_INFRA,
			       "target '%s' needs a private QEMU; 'kdelta doctor --fetch-qemu' "
			       "fetches it",
			       t->name);
	return err_set(e, ERR_INFRA,
		       "target '%s' needs '%s', which is not installed ('kdelta doctor' names the "
		       "package)",
		       t->name, t->qemu && strchr(t->qemu, '/') ? t->qemu : t->arch->qemu);
}

static int fall_back(struct qemu_choice *c, struct err *e)
{
	struct target *t = &c->target;
	int version = qemu_version_number(c->program.version);

	c->why = xasprintf("%s %s %s%s", t->arch->qemu, c->program.version, lack(t, version),
			   t->plugin.n || !qemu_limit(t->arch, version) ?
				   "" :
				   "; 'kdelta doctor --fetch-qemu' fetches one that does");
	if (t->smp == SMP_OPTIONAL) {
		c->less = xasprintf("1 CPU instead of %d", t->cpus);
		t->cpus = 1;
		return 0;
	}
	if (!t->plugin.n)
		return err_set(e, ERR_INFRA, "target '%s' needs its %d CPUs (smp: required): %s",
			       t->name, t->cpus, c->why);
	c->less = xstrdup("no icount");
	t->icount = -1;
	return 0;
}

int qemu_choose(const struct target *t, struct qemu_choice *c, struct err *e)
{
	*c = (struct qemu_choice){ .target = *t };
	if (!pick(t, &c->program))
		return no_qemu(t, e);
	if (can(t, &c->program) || !fall_back(c, e))
		return 0;
	qemu_choice_release(c);
	return -1;
}

int qemu_icount(const struct target *t)
{
	struct qemu_choice c;
	int icount;

	if (t->icount < 0 || qemu_choose(t, &c, NULL))
		return t->icount;
	icount = c.target.icount;
	qemu_choice_release(&c);
	return icount;
}

void qemu_choice_release(struct qemu_choice *c)
{
	qemu_program_release(&c->program);
	free(c->less);
	free(c->why);
	c->less = c->why = NULL;
}

/*
 * Plugins are loaded before devices are made: a device that does not exist ends QEMU at once, and which of the
 * two it complains about is the answer.
 */
int qemu_takes_plugin(const struct qemu_program *p, const char *object, struct err *e)
{
	static const char device[] = "no-such-device";
	cleanup_strv struct strv args = STRV_INIT;
	cleanup_str struct str out = STR_INIT;
	struct proc_result r;

	strv_split(&args, "-machine none -display none -nodefaults -accel tcg -plugin", " ");
	strv_pushf(&args, "%s,out=/dev/null", object);
	strv_push(&args, "-device");
	strv_push(&args, device);
	if (ask(p, &args, &out, &r, e))
		return -1;
	if (strstr(out.buf, device))
		return 0;
	if (!out.len)
		return err_set(e, ERR_INFRA, "no answer");
	return err_set(e, ERR_INFRA, "%.*s", (int)strcspn(out.buf, "\n"), out.buf);
}
