// SPDX-License-Identifier: GPL-2.0
#include "runner/run_plan.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/hostinfo.h"
#include "runner/kernel_static.h"
#include "runner/paths.h"
#include "runner/session_image.h"

#define BOOT_ESTIMATE 5.0 /* s: a small kernel under TCG, with a short workload */

/* A suite that its name finds by the name, one from elsewhere by its path: --resume asks for it again. */
static const char *suite_reference(const struct suite *s)
{
	cleanup_free char *named = xasprintf("%s/suites/%s.yaml", paths_configs(), s->name);

	return strcmp(s->file, named) ? s->file : s->name;
}

static void params_text(const struct suite_param *params, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s%s=%s", i ? " " : "", params[i].name, params[i].value);
}

static struct store_workload *workload_rows(const struct plan *p, struct str *params)
{
	struct store_workload *rows = xcalloc(p->nworkloads, sizeof(*rows));

	for (size_t i = 0; i < p->nworkloads; i++) {
		const struct suite_workload *w = &p->suite->workloads[p->workloads[i]];

		params_text(w->params, w->nparams, &params[i]);
		rows[i] = (struct store_workload){
			.name = w->w->name,
			.label = w->label,
			.params = params[i].buf,
			.rounds = w->rounds,
		};
	}
	return rows;
}

static struct store_boot_plan *boot_rows(const struct plan *p)
{
	struct store_boot_plan *rows = xcalloc(p->norder, sizeof(*rows));

	for (size_t i = 0; i < p->norder; i++) {
		const struct plan_boot *b = &p->order[i];
		const struct plan_arm *a = &p->arms[b->arm];

		rows[i] = (struct store_boot_plan){
			.target = a->target->name,
			.variant = a->name,
			.twin_of = a->twin_of,
			.block = b->block,
			.position = b->position,
		};
	}
	return rows;
}

int run_plan_store(struct store *s, const struct plan *p, const char *text, long long *run_id,
		   struct err *e)
{
	struct hostinfo host;
	struct str *params = xcalloc(p->nworkloads, sizeof(*params));
	struct store_workload *wl;
	struct store_boot_plan *boots = boot_rows(p);
	struct store_run run = {
		.suite = suite_reference(p->suite),
		.plan = text,
		.description = p->suite->description,
		.baseline = p->suite->baseline,
		.kdelta_version = KDELTA_VERSION,
		.margin = p->suite->margin,
		.seed = p->seed,
		.boots = p->boots,
	};
	struct store_host h;
	int ret;

	for (size_t i = 0; i < p->nworkloads; i++)
		str_init(&params[i]);
	wl = workload_rows(p, params);
	hostinfo_init(&host, "");
	h = (struct store_host){
		.hostname = host.hostname,
		.machine = host.machine,
		.cpu_model = host.cpu_model,
		.os = host.os,
		.kernel_release = host.kernel_release,
		.cpus = host.cpus,
		.memory = host.memory,
	};
	ret = store_run_create(s, &run, &h, wl, p->nworkloads, boots, p->norder, run_id, e);
	hostinfo_release(&host);
	for (size_t i = 0; i < p->nworkloads; i++)
		str_release(&params[i]);
	free(params);
	free(wl);
	free(boots);
	return ret;
}

/* The fake target replays what some kernel once said; the row says so instead of naming one. */
static const struct store_kernel fake_kernel = {
	.key = "fake",
	.arch = "",
	.version = "",
	.release = "fake",
	.source_id = "",
	.patches_hash = "",
	.config_hash = "",
	.compiler = "",
	.linker = "",
	.image_hash = "",
	.vmlinux_hash = "",
	.modules_hash = "",
};

static struct store_kernel kernel_row(const struct session_arm *a)
{
	const struct kernel *k = a->kernel;

	if (!k)
		return fake_kernel;
	return (struct store_kernel){
		.key = k->key,
		.arch = k->arch->name,
		.version = k->version,
		.release = k->release,
		.source_id = k->source_id,
		.patches_hash = k->patches_hash,
		.config_hash = k->config_hash,
		.compiler = k->compiler,
		.linker = k->linker,
		.image_hash = k->image_hash,
		.vmlinux_hash = k->vmlinux_hash,
		.modules_hash = a->modules_hash,
		.text = k->text,
		.data = k->data,
		.bss = k->bss,
		.image_size = k->image_size,
	};
}

/* What each workload measures in this kernel. The modules are there: the initramfs was made of them. */
static int store_code(struct store *s, long long run_id, const struct session *session,
		      const struct session_arm *a, const struct kernel_static *ks, struct err *e)
{
	const struct plan *p = session->plan;
	cleanup_str struct str dir = STR_INIT;

	for (size_t i = 0; i < p->nworkloads; i++) {
		const struct workload *w = p->suite->workloads[p->workloads[i]].w;
		cleanup_free char *ko = NULL;
		char digest[HASH_HEX];
		bool known;

		if (!w->functions || a->skip[i])
			continue;
		if (w->module && !dir.len && kernel_modules(a->kernel, paths_kmods(), &dir, e))
			return -1;
		ko = w->module ? xasprintf("%s/%s.ko", dir.buf, w->module) : NULL;
		if (kernel_static_code(ks, w, ko, digest, &known, e))
			return -1;
		if (known && store_run_code(s, run_id, a->plan->target->name, a->plan->name, (int)i,
					    digest, e))
			return -1;
	}
	return 0;
}

static int store_arm(struct store *s, long long run_id, const struct session *session,
		     const struct session_arm *a, struct err *e)
{
	struct store_kernel row = kernel_row(a);
	cleanup_str struct str cmdline = STR_INIT;
	struct kernel_static ks = { 0 };
	int ret;

	if (a->kernel && kernel_static_load(a->kernel, &ks, e))
		return -1;
	row.values = ks.value;
	row.nvalues = ks.n;
	strv_quote(&a->cmdline, &cmdline);
	ret = store_run_kernel(s, run_id, a->plan->target->name, a->plan->name, &row, cmdline.buf,
			       e);
	if (!ret && a->kernel)
		ret = store_code(s, run_id, session, a, &ks, e);
	kernel_static_release(&ks);
	return ret;
}

int run_plan_store_kernels(struct store *s, long long run_id, const struct session *session,
			   struct err *e)
{
	for (size_t i = 0; i < session->plan->narms; i++)
		if (store_arm(s, run_id, session, &session->arms[i], e))
			return -1;
	return 0;
}

static void print_head(const struct plan *p, struct str *out)
{
	str_addf(out, "suite %s%s%s\n", p->suite->name, *p->suite->description ? ": " : "",
		 p->suite->description);
	str_addf(out,
		 "seed %llu, %d blocks per target, baseline %s, margin %g %%%s\n\nworkloads:\n",
		 (unsigned long long)p->seed, p->boots, p->suite->baseline, p->suite->margin * 100,
		 p->suite->phases == PHASES_RANDOM ? ", random phases" : "");
	for (size_t i = 0; i < p->nworkloads; i++) {
		const struct suite_workload *w = &p->suite->workloads[p->workloads[i]];

		str_addf(out, "  %s (%d rounds, %d warm-up, at most %d s)\n", w->label, w->rounds,
			 w->warmup, w->timeout);
	}
}

static void print_collectors(const struct suite *s, struct str *out)
{
	if (s->ncollectors)
		str_add(out, "\ncollectors:\n");
	for (size_t i = 0; i < s->ncollectors; i++) {
		const struct suite_collector *c = &s->collectors[i];
		bool apart = s->observe == OBSERVE_APART && c->col->disturbs;

		str_addf(out, "  %s%s", c->col->name, c->nparams ? " " : "");
		params_text(c->params, c->nparams, out);
		str_addf(out, ", in %s\n", apart ? "boots of VARIANT-observed" : "every boot");
	}
}

static void print_order(const struct plan *p, struct str *out)
{
	const struct plan_arm *last = NULL;
	int block = -1;

	str_add(out, "\nboots:");
	for (size_t i = 0; i < p->norder; i++) {
		const struct plan_boot *b = &p->order[i];
		const struct plan_arm *a = &p->arms[b->arm];

		if (!last || a->target != last->target || b->block != block)
			str_addf(out, "\n  %s block %d:", a->target->name, b->block);
		last = a;
		block = b->block;
		str_addf(out, " %s", a->name);
	}
	str_add(out, "\n");
}

/* The earlier arm whose build arm @i shares, or NULL. */
static const struct plan_arm *shares_build(const struct plan *p, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (p->arms[j].target->arch == p->arms[i].target->arch &&
		    variant_same_build(p->arms[j].variant, p->arms[i].variant))
			return &p->arms[j];
	return NULL;
}

/* One kernel: the commands that would build it, or that it is there. */
static int print_build(const struct session_arm *a, struct str *out, double *seconds, struct err *e)
{
	struct build_options bo = { 0 };
	struct command_list list = { 0 };
	struct kernel *k = kernel_find(a->plan->variant, a->plan->target->arch);
	double estimate = 0;
	int ret;

	str_addf(out, "\nkernel %s for %s:\n", a->plan->variant->name, a->plan->target->arch->name);
	if (k) {
		str_addf(out, "  built already: %s %.8s\n", k->release, k->key);
		kernel_free(k);
		return 0;
	}
	ret = kernel_commands(a->plan->variant, a->plan->target->arch, &bo, &list, &estimate, e);
	for (size_t i = 0; !ret && i < list.n; i++) {
		str_add(out, "  ");
		strv_quote(&list.v[i], out);
		str_addch(out, '\n');
	}
	command_list_release(&list);
	*seconds += estimate;
	return ret;
}

/* What the plugin is told of this kernel; of one that is not built yet only what the target says. */
static int plugin_for_print(const struct session_arm *a, const struct kernel *k,
			    struct plugin_boot *out, struct err *e)
{
	const struct target *t = a->plan->target;
	struct tempdir dir = { 0 };
	int ret;

	if (!k) {
		out->object = xstrdup(paths_plugin());
		strv_push_all(&out->args, &t->plugin);
		return 0;
	}
	if (tempdir_make(&dir, NULL, e))
		return -1;
	ret = plugin_boot_prepare(out, paths_plugin(),
				  &(struct plugin_kernel){ .arch = k->arch->name,
							   .vmlinux = k->vmlinux,
							   .config = k->config },
				  &t->plugin, dir.path, e);
	tempdir_remove(&dir);
	return ret;
}

/* With the image's real name when it is built, and the name that it will have in the build folder otherwise. */
static int print_boot(const struct session *s, size_t i, struct str *out, struct err *e)
{
	const struct session_arm *a = &s->arms[i];
	struct kernel *k = kernel_find(a->plan->variant, a->plan->target->arch);
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_free char *initrd = xasprintf("RUN/%zu.cpio", i);
	struct plugin_boot plugin = { 0 };
	struct boot_request q;
	int ret = 0;

	session_request(s, i, 0, &q);
	q.image = k ? k->image : a->plan->target->arch->image_path;
	q.initrd = initrd;
	if (a->plan->target->plugin.n) {
		ret = plugin_for_print(a, k, &plugin, e);
		q.plugin = &plugin;
	}
	if (!ret)
		ret = a->ops->argv(&q, &argv, e);
	plugin_boot_release(&plugin);
	str_addf(out, "\nboot %s on %s:\n  ", a->plan->name, a->plan->target->name);
	strv_quote(&argv, out);
	str_addch(out, '\n');
	kernel_free(k);
	return ret;
}

static void print_estimate(const struct plan *p, double seconds, struct str *out)
{
	long s = (long)seconds;

	str_addf(out, "estimate: %zu boot%s, about ", p->norder, p->norder == 1 ? "" : "s");
	if (s < 3600)
		str_addf(out, "%ld min %ld s", s / 60, s % 60);
	else
		str_addf(out, "%ld h %ld min", s / 3600, s / 60 % 60);
	str_add(out, " in all, one boot at a time\n");
}

int run_plan_print(const struct plan *p, struct session *session, struct str *out, struct err *e)
{
	double seconds = (double)p->norder * BOOT_ESTIMATE;

	print_head(p, out);
	print_collectors(p->suite, out);
	print_order(p, out);
	if (images_show(session, out, e))
		return -1;
	for (size_t i = 0; i < p->narms; i++) {
		const struct plan_arm *shared = shares_build(p, i);

		if (!strcmp(p->arms[i].target->backend, "fake"))
			continue;
		if (shared && shared->variant != p->arms[i].variant)
			str_addf(out, "\nkernel %s for %s: the build of %s\n",
				 p->arms[i].variant->name, p->arms[i].target->arch->name,
				 shared->variant->name);
		if (!shared && print_build(&session->arms[i], out, &seconds, e))
			return -1;
	}
	for (size_t i = 0; i < p->narms; i++)
		if (print_boot(session, i, out, e))
			return -1;
	str_addf(out, "\nRUN is a temporary folder of the run.\n");
	print_estimate(p, seconds, out);
	return 0;
}
