// SPDX-License-Identifier: GPL-2.0
/*
 * The QEMU plugin (plugin.h): decides while a block is translated what has to be counted in it, and acts on
 * markers while it runs.
 *
 * Instructions are counted in runs: a run is as many instructions of a block as certainly execute once its
 * first one does, and gets one add. A block may be left early (a fault, an emulated device) only at the end of
 * a run, so that the counts are exact all the same.
 */
#include "collectors/plugin.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/plugin_counts.h"
#include "collectors/plugin_standin.h"
#include "collectors/plugin_window.h"
#include "collectors/qemu_api.h"
#include "kmods/kdelta_marker.h"

/* The REP instruction that a vCPU is in. */
struct repeat {
	uint64_t addr;
	uint64_t executed; /* all instructions of the vCPU after it was counted */
};

static struct {
	struct qemu_api api;
	struct plugin_args args;
	struct plugin_layout layout;
	struct symbols symbols;
	unsigned int vcpus;
	struct repeat *repeat; /* per vCPU */
	pthread_mutex_t lock; /* windows, stand-ins, excursions, out */
	struct windows *windows;
	struct standins *standins;
	struct excursions *excursions; /* NULL: not wanted */
	FILE *out;
	size_t records;
	size_t told; /* of the longest excursions */
} plugin = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void write_lines(const struct str *lines)
{
	fwrite(lines->buf, 1, lines->len, plugin.out);
	/* what is complete stays when QEMU is killed */
	fflush(plugin.out);
}

static void write_info(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void write_info(const char *key, const char *fmt, ...)
{
	cleanup_str struct str text = STR_INIT, line = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	line_begin(&line, "info");
	line_field(&line, "key", key);
	line_field(&line, "value", text.buf);
	line_end(&line);
	write_lines(&line);
}

/* ---- Windows ---- */

static void on_finished(const struct window_sums *s)
{
	cleanup_str struct str lines = STR_INIT;

	plugin.records += plugin_emit_window(&plugin.layout, s, &lines);
	for (unsigned int v = 0; plugin.excursions && v < plugin.vcpus; v++) {
		struct excursion_sums *x = excursion_take(plugin.excursions, s, v);

		if (x)
			plugin.records +=
				plugin_emit_excursions(&plugin.layout, s, x, &plugin.told, &lines);
		free(x);
	}
	write_lines(&lines);
}

static void on_broken(int w, const char *reason)
{
	cleanup_str struct str line = STR_INIT;

	line_begin(&line, "done");
	line_fieldf(&line, "w", "%d", w);
	line_field(&line, "state", wl_state_name(WL_BROKEN));
	line_field(&line, "reason", reason);
	line_end(&line);
	write_lines(&line);
}

/* The state stands among the counters, where a condition of translated code can see it. */
static void set_state(unsigned int vcpu, enum excursion_state state)
{
	counts_bump(vcpu, COUNTER_STATE, (uint64_t)state - counts_read(vcpu, COUNTER_STATE));
}

static void on_isolate(unsigned int vcpu, const struct window_sums *s, bool open, bool kernel)
{
	uint64_t now = counts_read(vcpu, COUNTER_KERNEL);

	set_state(vcpu, open ? excursion_open(plugin.excursions, vcpu, s, kernel, now) :
			       excursion_close(plugin.excursions, vcpu, now));
}

static void snapshot(unsigned int vcpu, uint64_t *out)
{
	standins_snapshot(plugin.standins, vcpu, out);
}

/* What a marker says, in the one pointer that a callback gets: payload, mode, event + 1. */
#define PACK_KERNEL 16
#define PACK_EVENT 17

/* A stand-in whose event no table has is counted as what it is made of. */
static void on_standin(unsigned int vcpu, unsigned int id, size_t event_plus_one)
{
	if (id & KDELTA_STANDIN_END)
		standins_end(plugin.standins, vcpu);
	else if (event_plus_one)
		standins_begin(plugin.standins, vcpu, COUNTER_EVENTS + event_plus_one - 1);
}

static void on_marker(unsigned int vcpu, void *udata)
{
	uintptr_t packed = (uintptr_t)udata;
	unsigned int payload = packed & 0xffff;

	pthread_mutex_lock(&plugin.lock);
	if (payload >> 13 == KDELTA_MARK_STANDIN)
		on_standin(vcpu, payload & 0x1fff, packed >> PACK_EVENT);
	else
		windows_mark(plugin.windows, vcpu, payload, packed >> PACK_KERNEL & 1);
	pthread_mutex_unlock(&plugin.lock);
}

/* ---- Execution ---- */

static uint64_t executed(unsigned int vcpu)
{
	return counts_read(vcpu, COUNTER_KERNEL) + counts_read(vcpu, COUNTER_USER);
}

static size_t mode_counter(uint64_t addr)
{
	return plugin_args_is_kernel(&plugin.args, addr) ? COUNTER_KERNEL : COUNTER_USER;
}

static size_t function_counter(uint64_t addr)
{
	return plugin.layout.functions + (size_t)(symbols_find(&plugin.symbols, addr) + 1);
}

/* QEMU starts a REP instruction once per element: count it when something else ran before. */
static void on_repeat(unsigned int vcpu, void *udata)
{
	uint64_t addr = (uintptr_t)udata;
	struct repeat *r;

	if (vcpu >= plugin.vcpus)
		return;
	r = &plugin.repeat[vcpu];
	if (r->addr == addr && r->executed == executed(vcpu))
		return;
	counts_bump(vcpu, mode_counter(addr), 1);
	if (plugin.layout.nfunctions && mode_counter(addr) == COUNTER_KERNEL)
		counts_bump(vcpu, function_counter(addr), 1);
	r->addr = addr;
	r->executed = executed(vcpu);
}

/* Symbol and mode in the one pointer that a callback gets. */
static void on_excursion_block(unsigned int vcpu, void *udata)
{
	intptr_t packed = (intptr_t)udata;
	uint64_t now;

	if (vcpu >= plugin.vcpus || !counts_read(vcpu, COUNTER_STATE))
		return;
	now = counts_read(vcpu, COUNTER_KERNEL);
	pthread_mutex_lock(&plugin.lock);
	if (!standins_open(plugin.standins, vcpu))
		set_state(vcpu,
			  excursion_block(plugin.excursions, vcpu, packed & 1, packed >> 1, now));
	pthread_mutex_unlock(&plugin.lock);
}

/* ---- Translation ---- */

/* Instructions of a block that execute together. */
struct run {
	struct qemu_plugin_insn *first;
	uint64_t addr;
	uint32_t n;
};

static void run_end(struct run *r)
{
	size_t mode;

	if (!r->n)
		return;
	mode = mode_counter(r->addr);
	counts_add(r->first, mode, r->n);
	if (plugin.layout.nfunctions && mode == COUNTER_KERNEL)
		counts_add(r->first, function_counter(r->addr), r->n);
	r->n = 0;
}

static void run_add(struct run *r, struct qemu_plugin_insn *insn, uint64_t addr)
{
	if (!r->n) {
		r->first = insn;
		r->addr = addr;
	}
	r->n++;
}

static void count_call(struct qemu_plugin_insn *insn, uint64_t addr)
{
	for (size_t i = 0; i < plugin.layout.ncalls; i++)
		if (plugin.layout.call[i].addr == addr)
			counts_add(insn, plugin.layout.calls + i, 1);
}

static void mark(struct qemu_plugin_insn *insn, uint64_t addr, int payload, int event)
{
	uintptr_t packed = (uintptr_t)payload;

	packed |= (uintptr_t)(mode_counter(addr) == COUNTER_KERNEL) << PACK_KERNEL;
	packed |= (uintptr_t)(event + 1) << PACK_EVENT;
	plugin.api.insn_exec_cb(insn, on_marker, QEMU_CB_NO_REGS, (void *)packed);
}

static void translate_insn(struct qemu_plugin_insn *insn, struct run *run)
{
	const struct event_arch *arch = plugin.layout.arch;
	uint8_t bytes[EVENT_INSN_MAX];
	size_t len = qemu_insn_bytes(&plugin.api, insn, bytes, sizeof(bytes));
	uint64_t addr = plugin.api.insn_vaddr(insn), shape = arch->shape(bytes, len);
	int event = event_match(arch, shape), payload = arch->marker(bytes, len);

	count_call(insn, addr);
	if (payload >= 0) {
		run_end(run);
		mark(insn, addr, payload, event);
		return;
	}
	if (event >= 0)
		counts_add(insn, COUNTER_EVENTS + (size_t)event, 1);
	if (arch->repeats(shape)) {
		run_end(run);
		plugin.api.insn_exec_cb(insn, on_repeat, QEMU_CB_NO_REGS, (void *)(uintptr_t)addr);
	} else {
		run_add(run, insn, addr);
		if (!arch->cannot_fault(shape))
			run_end(run);
	}
}

static void watch_excursions(struct qemu_plugin_tb *tb, uint64_t addr)
{
	bool kernel = mode_counter(addr) == COUNTER_KERNEL;
	intptr_t packed = symbols_find(&plugin.symbols, addr) * 2 + kernel;
	struct qemu_u64 state;

	if (!plugin.api.tb_exec_cond_cb) {
		plugin.api.tb_exec_cb(tb, on_excursion_block, QEMU_CB_NO_REGS, (void *)packed);
		return;
	}
	state = counts_operand(COUNTER_STATE);
	plugin.api.tb_exec_cond_cb(tb, on_excursion_block, QEMU_CB_NO_REGS,
				   kernel ? QEMU_COND_NE : QEMU_COND_EQ, state,
				   kernel ? EXCURSION_OFF : EXCURSION_KERNEL, (void *)packed);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = plugin.api.tb_n_insns(tb);
	struct run run = { .n = 0 };

	(void)id;
	counts_block(tb);
	if (plugin.excursions && n)
		watch_excursions(tb, plugin.api.insn_vaddr(plugin.api.tb_get_insn(tb, 0)));
	for (size_t i = 0; i < n; i++)
		translate_insn(plugin.api.tb_get_insn(tb, i), &run);
	run_end(&run);
}

/* ---- Life ---- */

static void on_exit_of_qemu(uint64_t id, void *udata)
{
	cleanup_str struct str line = STR_INIT;

	(void)id;
	(void)udata;
	pthread_mutex_lock(&plugin.lock);
	windows_end(plugin.windows);
	write_info("plugin.orphans", "%" PRIu64, windows_orphans(plugin.windows));
	line_begin(&line, "end");
	line_fieldf(&line, "records", "%zu", plugin.records);
	line_end(&line);
	write_lines(&line);
	pthread_mutex_unlock(&plugin.lock);
}

static int find_calls(struct err *e)
{
	struct plugin_layout *l = &plugin.layout;

	l->ncalls = plugin.args.calls.n;
	l->call = xcalloc(l->ncalls + 1, sizeof(*l->call));
	for (size_t i = 0; i < l->ncalls; i++) {
		long symbol = symbols_named(&plugin.symbols, plugin.args.calls.v[i]);

		if (symbol < 0)
			return err_set(e, ERR_USAGE, "the kernel has no function '%s'",
				       plugin.args.calls.v[i]);
		l->call[i].name = plugin.args.calls.v[i];
		l->call[i].addr = plugin.symbols.v[symbol].addr;
	}
	return 0;
}

static int make_layout(const struct qemu_info *info, struct err *e)
{
	struct plugin_layout *l = &plugin.layout;

	l->arch = event_arch_find(info->target_name);
	if (!l->arch)
		return err_set(e, ERR_USAGE, "architecture '%s' is not known", info->target_name);
	if (plugin.args.symbols && symbols_read(&plugin.symbols, plugin.args.symbols, e))
		return -1;
	if (find_calls(e))
		return -1;
	l->symbols = &plugin.symbols;
	l->where = plugin.args.where;
	l->nevents = event_counters(l->arch);
	l->calls = COUNTER_EVENTS + l->nevents;
	l->functions = l->calls + l->ncalls;
	l->nfunctions = l->where ? plugin.symbols.n + 1 : 0;
	l->counters = l->functions + l->nfunctions;
	return 0;
}

static bool is_threaded(void)
{
	bool known, threaded = qemu_is_threaded(&known);

	if (plugin.vcpus == 1)
		return false;
	if (known || plugin.args.threads == THREADS_UNKNOWN)
		return threaded || !known;
	return plugin.args.threads == THREADS_MULTI;
}

static void start_counting(bool threaded)
{
	struct counts_config counts = { .api = &plugin.api,
					.counters = plugin.layout.counters,
					.vcpus = plugin.vcpus,
					.threaded = threaded };
	struct standins_config standins = { .counters = plugin.layout.counters,
					    .vcpus = plugin.vcpus,
					    .snapshot = counts_snapshot,
					    .bump = counts_bump };
	struct windows_config windows = { .counters = plugin.layout.counters,
					  .vcpus = plugin.vcpus,
					  .snapshot = snapshot,
					  .finished = on_finished,
					  .broken = on_broken };

	counts_init(&counts);
	plugin.repeat = xcalloc(plugin.vcpus, sizeof(*plugin.repeat));
	if (plugin.args.excursions) {
		plugin.excursions = excursions_new(plugin.vcpus);
		windows.isolate = on_isolate;
	}
	plugin.standins = standins_new(&standins);
	plugin.windows = windows_new(&windows);
}

static int open_output(struct err *e)
{
	cleanup_str struct str line = STR_INIT;

	plugin.out = fopen(plugin.args.out, "we");
	if (!plugin.out)
		return err_errno(e, ERR_INFRA, "cannot write '%s'", plugin.args.out);
	line_begin(&line, "kdelta");
	line_fieldf(&line, "version", "%d", RECORD_VERSION);
	line_end(&line);
	write_lines(&line);
	return 0;
}

static int install(const struct qemu_info *info, int argc, char **argv, struct err *e)
{
	const char *missing = qemu_api_find(&plugin.api, info);
	bool threaded;

	if (missing)
		return err_set(e, ERR_INFRA, "this QEMU (plugin interface %d) has no %s",
			       info->version.cur, missing);
	if (!info->system_emulation || info->system.smp_vcpus < 1 ||
	    info->system.smp_vcpus > COUNTS_VCPUS_MAX)
		return err_set(e, ERR_INFRA, "not a machine with 1 to %d vCPUs", COUNTS_VCPUS_MAX);
	plugin.vcpus = (unsigned int)info->system.smp_vcpus;
	if (plugin_args_parse(&plugin.args, argc, argv, e) || make_layout(info, e) ||
	    open_output(e))
		return -1;
	threaded = is_threaded();
	/*
	 * QEMU 10.0 writes the number of the vCPU that translates into code that all vCPUs of a single
	 * thread share (accel/tcg/plugin-gen.c, gen_cpu_index()): counts would be mixed up, and what runs
	 * on vCPU 1 breaks.
	 */
	if (!threaded && plugin.vcpus > 1 && info->version.cur >= 4)
		return err_set(e, ERR_INFRA,
			       "this QEMU (plugin interface %d) mixes up vCPUs that share a thread, as under "
			       "icount; take one vCPU, no icount, or QEMU 7.2",
			       info->version.cur);
	start_counting(threaded);
	write_info("plugin.interface", "%d", info->version.cur);
	write_info("plugin.counters", "%s", counts_backend());
	write_info("plugin.threads", "%s", threaded ? "multi" : "single");
	return 0;
}

QEMU_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
				    char **argv);

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	struct err e = ERR_INIT;

	if (install(info, argc, argv, &e)) {
		fprintf(stderr, "kdelta-plugin: %s\n", e.msg);
		return -1;
	}
	plugin.api.on_translate(id, on_translate);
	plugin.api.on_exit(id, on_exit_of_qemu, NULL);
	return 0;
}
