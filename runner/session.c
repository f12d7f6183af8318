// SPDX-License-Identifier: GPL-2.0
#include "runner/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/derive.h"
#include "runner/guestplan.h"
#include "runner/initramfs.h"
#include "runner/leftovers.h"
#include "runner/paths.h"
#include "runner/session_image.h"
#include "runner/session_needs.h"
#include "workloads/phase.h"

#define RECORDS_MAX 1000000 /* value and hist lines of one boot */

int session_cmdline(const struct target *t, const struct variant *v, struct strv *out,
		    struct err *e)
{
	size_t len = 1 + PHASE_TOKEN_MAX;

	if (t->console)
		strv_pushf(out, "console=%s", t->console);
	/* a panic ends the boot at once */
	strv_push(out, "panic=-1");
	/* warnings and worse: a splat breaks a boot, the rest of the log is noise between measurements */
	strv_push(out, "loglevel=5");
	strv_push_all(out, &t->cmdline);
	strv_push_all(out, &v->cmdline);
	for (size_t i = 0; i < out->n; i++)
		len += strlen(out->v[i]) + 1;
	if (len > t->arch->cmdline_max)
		return err_set(e, ERR_USAGE,
			       "the kernel command line of '%s' on '%s' has %zu bytes, %s takes %u",
			       v->name, t->name, len, t->arch->name, t->arch->cmdline_max);
	return 0;
}

static int arm_init(struct session *s, struct session_arm *a, const struct plan_arm *pa,
		    struct err *e)
{
	a->plan = pa;
	a->ops = target_ops(pa->target);
	if (!a->ops)
		return err_set(e, ERR_USAGE, "target '%s' has the unknown backend '%s'",
			       pa->target->name, pa->target->backend);
	needs_init(s, a);
	if (derive_check(s->plan->suite, pa->target->arch, e))
		return -1;
	if (a->ops->clock(pa->target, &a->clock, e))
		return -1;
	return session_cmdline(pa->target, pa->variant, &a->cmdline, e);
}

static bool makes_artifacts(const struct plan *p)
{
	for (size_t i = 0; i < p->nworkloads; i++)
		if (p->suite->workloads[p->workloads[i]].w->artifacts)
			return true;
	for (size_t i = 0; i < p->suite->ncollectors; i++)
		if (p->suite->collectors[i].col->artifacts)
			return true;
	return false;
}

int session_init(struct session *s, const struct plan *p, const char *log_dir, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->plan = p;
	s->artifacts = makes_artifacts(p);
	s->log_dir = log_dir ? xstrdup(log_dir) : NULL;
	s->arms = xcalloc(p->narms, sizeof(*s->arms));
	for (size_t i = 0; i < p->narms; i++)
		if (arm_init(s, &s->arms[i], &p->arms[i], e))
			return -1;
	return 0;
}

static bool same_kernel(const struct session_arm *a, const struct session_arm *b)
{
	return variant_same_build(a->plan->variant, b->plan->variant) &&
	       a->plan->target->arch == b->plan->target->arch;
}

/* Arms that differ in the command line alone share the build: a twin must be the same bits. */
static int arm_kernel(struct session *s, size_t i, const struct build_options *o,
		      const struct build_progress *p, struct err *e)
{
	struct session_arm *a = &s->arms[i];

	for (size_t j = 0; j < i; j++) {
		if (s->arms[j].kernel && same_kernel(a, &s->arms[j])) {
			a->kernel = s->arms[j].kernel;
			return 0;
		}
	}
	a->kernel = kernel_find(a->plan->variant, a->plan->target->arch);
	if (!a->kernel)
		a->kernel = kernel_build(a->plan->variant, a->plan->target->arch, o, p, e);
	a->kernel_owned = true;
	return a->kernel ? 0 : -1;
}

static int add_module(const char *dir, const char *name, struct strv *out, struct hash *h,
		      struct err *e)
{
	cleanup_free char *path = NULL;

	if (!name)
		return 0;
	path = xasprintf("%s/%s.ko", dir, name);
	if (strv_has(out, path))
		return 0;
	strv_push(out, path);
	return hash_add_file(h, path, e);
}

/* The .ko files of the chosen workloads, each once. */
static int collect_modules(struct session *s, struct session_arm *a, const char *dir,
			   struct strv *out, struct err *e)
{
	struct hash *h = hash_new();
	int ret = 0;

	for (size_t i = 0; !ret && i < s->plan->nworkloads; i++) {
		const struct workload *w = needs_workload(s, i);

		if (!a->skip[i])
			ret = add_module(dir, w->module, out, h, e) ||
			      add_module(dir, w->other_module, out, h, e);
	}
	hash_end(h, a->modules_hash);
	if (!out->n)
		a->modules_hash[0] = '\0';
	return ret ? -1 : 0;
}

static bool needs_modules(const struct session *s, const struct session_arm *a)
{
	for (size_t i = 0; i < s->plan->nworkloads; i++)
		if (needs_workload(s, i)->module && !a->skip[i])
			return true;
	return false;
}

static void write_guestplan(const struct session *s, const struct session_arm *a, struct str *out)
{
	cleanup_strv struct strv tokens = STRV_INIT;
	struct guestplan gp = {
		.mode = "run",
		.release = a->kernel->release,
		.machine = a->kernel->arch->name,
		.tokens = &tokens,
		.clock = &a->clock,
		.workloads = s->plan->suite->workloads,
		.chosen = s->plan->workloads,
		.skip = a->skip,
		.nchosen = s->plan->nworkloads,
		.collectors = s->plan->suite->collectors,
		.skip_collector = a->skip_collector,
		.ncollectors = s->plan->suite->ncollectors,
		.arch = a->plan->target->arch,
		.canary = a->plan->canary,
		.disks = a->disks,
		.ndisks = a->ndisks,
	};

	strv_push_all(&tokens, &a->plan->target->cmdline);
	strv_push_all(&tokens, &a->plan->variant->cmdline);
	guestplan_write(&gp, out);
}

static int arm_initramfs(struct session *s, size_t i, struct err *e)
{
	struct session_arm *a = &s->arms[i];
	cleanup_str struct str dir = STR_INIT;
	cleanup_str struct str plan = STR_INIT;
	cleanup_strv struct strv modules = STRV_INIT;
	struct initramfs fs = { .plan = &plan, .modules = &modules };

	if (needs_modules(s, a) && kernel_modules(a->kernel, paths_kmods(), &dir, e))
		return -1;
	if (collect_modules(s, a, dir.buf, &modules, e))
		return -1;
	write_guestplan(s, a, &plan);
	fs.guest = paths_guest(a->plan->target->arch);
	fs.more = a->image_archive;
	a->initrd = xasprintf("%s/%zu.cpio", s->dir.path, i);
	return initramfs_write(&fs, a->initrd, e);
}

/* Is it the first arm on its target? What is said of a target is said once. */
static bool first_on_target(const struct session *s, const struct session_arm *a)
{
	for (const struct session_arm *p = s->arms; p < a; p++)
		if (p->plan->target == a->plan->target)
			return false;
	return true;
}

/* What only a boot can tell, once there is a kernel; the scale of the guest's clock follows from it. */
static int arm_settle(const struct session *s, struct session_arm *a,
		      const struct build_progress *p, struct err *e)
{
	cleanup_str struct str why = STR_INIT;

	if (!a->ops->settle)
		return 0;
	if (a->ops->settle(a->plan->target, a->kernel->image, &why, e))
		return -1;
	if (why.len && p && p->step && first_on_target(s, a))
		p->step(p->arg, why.buf);
	return a->ops->clock(a->plan->target, &a->clock, e);
}

/* What the plugin has to know of this kernel. */
static int arm_plugin(struct session *s, size_t i, struct err *e)
{
	struct session_arm *a = &s->arms[i];
	const struct plugin_kernel k = { .arch = a->kernel->arch->name,
					 .vmlinux = a->kernel->vmlinux,
					 .config = a->kernel->config };
	cleanup_free char *dir = NULL;

	if (!a->plan->target->plugin.n)
		return 0;
	dir = xasprintf("%s/plugin-%zu", s->dir.path, i);
	if (dir_make(dir, e))
		return -1;
	return plugin_boot_prepare(&a->plugin, paths_plugin(), &k, &a->plan->target->plugin, dir,
				   e);
}

static bool is_fake(const struct session_arm *a)
{
	return !strcmp(a->plan->target->backend, "fake");
}

int session_prepare(struct session *s, const struct build_options *o,
		    const struct build_progress *p, struct err *e)
{
	/* a target that cannot boot here is found before minutes go into a kernel */
	for (size_t i = 0; i < s->plan->narms; i++)
		if (s->arms[i].ops->check(s->arms[i].plan->target, e))
			return -1;
	leftovers_remove();
	if (tempdir_make(&s->dir, NULL, e))
		return -1;
	if (images_prepare(s, p, e))
		return -1;
	for (size_t i = 0; i < s->plan->narms; i++) {
		struct session_arm *a = &s->arms[i];

		if (is_fake(a))
			continue;
		if (arm_kernel(s, i, o, p, e) || needs_kernel(s, a, e) || arm_settle(s, a, p, e))
			return -1;
		if (images_attach(s, a, e) || arm_initramfs(s, i, e) || arm_plugin(s, i, e))
			return -1;
	}
	return 0;
}

void session_release(struct session *s)
{
	for (size_t i = 0; s->arms && i < s->plan->narms; i++) {
		struct session_arm *a = &s->arms[i];

		if (a->kernel_owned)
			kernel_free(a->kernel);
		strv_release(&a->cmdline);
		free(a->initrd);
		plugin_boot_release(&a->plugin);
		images_release(a);
		needs_release(s, a);
	}
	free(s->arms);
	tempdir_remove(&s->dir);
	free(s->log_dir);
	memset(s, 0, sizeof(*s));
}

void session_request(const struct session *s, size_t arm, int block, struct boot_request *q)
{
	const struct session_arm *a = &s->arms[arm];

	*q = (struct boot_request){
		.target = a->plan->target,
		.name = a->plan->name,
		.block = block,
		.image = a->kernel ? a->kernel->image : NULL,
		.initrd = a->initrd,
		.cmdline = &a->cmdline,
		.phase = plan_phase(s->plan, arm, block),
		.plugin = a->plugin.object ? &a->plugin : NULL,
		.artifacts = s->artifacts ? "artifacts" : NULL,
		.disks = a->disks,
		.ndisks = a->ndisks,
		.run_timeout = s->plan->run_timeout,
	};
}

static const char *info_get(const struct record_set *rs, const char *key)
{
	for (size_t i = 0; i < rs->ninfo; i++)
		if (!strcmp(rs->info[i].key, key))
			return rs->info[i].value;
	return NULL;
}

/* A boot is ok on positive evidence alone: the machine ended well and its stream is whole. */
static void classify(struct session_boot *b, const struct err *parse_error)
{
	const char *fatal = info_get(&b->records, "fatal");

	b->status = "broken";
	if (fatal)
		b->reason = xstrdup(fatal);
	else if (b->result.status != BOOT_OK)
		b->reason = xstrdup(b->result.reason ? b->result.reason : "no reason given");
	else if (parse_error->kind)
		b->reason = xstrdup(parse_error->msg);
	else if (!b->records.ended)
		b->reason = xstrdup("the end marker did not come");
	else
		b->status = "ok";
}

static long long unix_ms(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (long long)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

int session_boot(const struct session *s, const struct plan_boot *b, const char *log_name,
		 const volatile int *cancel, struct session_boot *out, struct err *e)
{
	const struct session_arm *a = &s->arms[b->arm];
	struct boot_request q;
	struct err parse = ERR_INIT;

	memset(out, 0, sizeof(*out));
	boot_result_init(&out->result);
	record_set_init(&out->records);
	session_request(s, b->arm, b->block, &q);
	if (s->log_dir) {
		out->console_log = xasprintf("%s/%s.log", s->log_dir, log_name);
		q.console_log = out->console_log;
	}
	if (q.artifacts) {
		out->artifacts = xasprintf("%s/%s.tar", s->dir.path, log_name);
		q.artifacts = out->artifacts;
	}
	out->started = unix_ms();
	if (a->ops->boot(&q, cancel, &out->result, e))
		return -1;
	record_set_parse(&out->records, out->result.records.buf, out->result.records.len,
			 (int)s->plan->nworkloads, RECORDS_MAX, &parse);
	if (q.plugin && !parse.kind)
		record_set_add(&out->records, out->result.counts.buf, out->result.counts.len,
			       (int)s->plan->nworkloads, RECORDS_MAX, &parse);
	classify(out, &parse);
	needs_report(s, a, &out->records);
	images_report(a, &out->records);
	return 0;
}

void session_boot_release(struct session_boot *b)
{
	boot_result_release(&b->result);
	record_set_release(&b->records);
	free(b->reason);
	free(b->console_log);
	if (b->artifacts)
		unlink(b->artifacts);
	free(b->artifacts);
	memset(b, 0, sizeof(*b));
}
