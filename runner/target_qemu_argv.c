// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "collectors/plugin_host.h"
#include "runner/target_qemu.h"
#include "workloads/artifact.h"
#include "workloads/phase.h"

static void push2(struct strv *out, const char *option, const char *value)
{
	strv_push(out, option);
	strv_push(out, value);
}

/* Nothing that was not asked for: no devices, no network, no monitor, and a sandbox around the rest. */
static void base_args(const struct target *t, struct strv *out)
{
	strv_push(out, t->arch->qemu);
	strv_push(out, "-nodefaults");
	strv_push(out, "-no-user-config");
	push2(out, "-display", "none");
	push2(out, "-nic", "none");
	push2(out, "-monitor", "none");
	strv_push(out, "-no-reboot");
	push2(out, "-sandbox",
	      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void machine_args(const struct target *t, enum accel accel, struct strv *out)
{
	push2(out, "-machine", t->machine);
	push2(out, "-accel", accel == ACCEL_KVM ? "kvm" : "tcg");
	strv_push(out, "-cpu");
	if (accel == ACCEL_KVM)
		strv_push(out, t->cpu_kvm);
	else
		strv_pushf(out, "%s%s%s", t->cpu, t->arch->tick_pin ? "," : "",
			   t->arch->tick_pin ? t->arch->tick_pin : "");
	strv_push(out, "-smp");
	strv_pushf(out, "%d", t->cpus);
	strv_push(out, "-m");
	strv_pushf(out, "%dM", t->memory);
}

/* Virtual time as a function of executed instructions, and every source of chance fixed. */
static void icount_args(const struct target *t, struct strv *out)
{
	if (t->icount < 0)
		return;
	strv_push(out, "-icount");
	strv_pushf(out, "shift=%d,sleep=off", t->icount);
	strv_push(out, "-rtc");
	strv_pushf(out, "base=%s,clock=vm", t->rtc);
	strv_push(out, "-seed");
	strv_pushf(out, "%d", t->seed);
}

static void kernel_args(const struct boot_request *q, const char *image, const char *initrd,
			struct strv *out)
{
	cleanup_str struct str append = STR_INIT;

	for (size_t i = 0; q->cmdline && i < q->cmdline->n; i++)
		str_addf(&append, "%s%s", i ? " " : "", q->cmdline->v[i]);
	if (q->phase)
		str_addf(&append, " " PHASE_TOKEN "%u", q->phase);
	push2(out, "-kernel", image);
	if (initrd)
		push2(out, "-initrd", initrd);
	push2(out, "-append", append.buf);
}

static void port_args(struct strv *out, const char *id, const char *path, const char *name)
{
	strv_push(out, "-chardev");
	strv_pushf(out, "file,id=%s,path=%s", id, path);
	strv_push(out, "-device");
	strv_pushf(out, "virtserialport,chardev=%s,name=%s", id, name);
}

/*
 * Files, for their writes are synchronous with the vCPU; and without an ioeventfd the virtio queue is worked
 * off in the vCPU's own exit. Both are needed for a boot that repeats to the last instruction.
 */
static void channel_args(const struct boot_request *q, struct strv *out)
{
	strv_push(out, "-chardev");
	/* mux gives the user a key that ends a hung machine: Ctrl-A x */
	if (q->interactive)
		strv_push(out, "stdio,id=con,mux=on,signal=off");
	else
		strv_pushf(out, "file,id=con,path=%s", QEMU_CONSOLE);
	push2(out, "-serial", "chardev:con");
	strv_push(out, "-device");
	strv_pushf(out, "%s,ioeventfd=off", q->target->serial_device);
	port_args(out, "rec", QEMU_RECORDS, "kdelta.records");
	if (q->output_fd)
		port_args(out, "out", QEMU_OUTPUT, "kdelta.output");
	if (q->artifacts)
		port_args(out, "art", QEMU_ARTIFACTS, ARTIFACT_PORT);
}

/* The name of a file inside an option: a comma is doubled (QEMU's qemu-options, "-drive"). */
static void add_name(struct str *option, const char *name)
{
	for (; *name; name++)
		str_add(option, (const char[]){ *name, *name == ',' ? ',' : '\0', '\0' });
}

static void disk_args(const struct boot_request *q, struct strv *out)
{
	for (size_t i = 0; i < q->ndisks; i++) {
		cleanup_str struct str drive = STR_INIT;

		if (!q->disks[i].serial)
			continue;
		str_addf(&drive, "if=none,id=disk%zu,format=raw,readonly=on,file=", i);
		add_name(&drive, q->disks[i].file);
		push2(out, "-drive", drive.buf);
		strv_push(out, "-device");
		strv_pushf(out, "%s,drive=disk%zu,serial=%s,ioeventfd=off", q->target->arch->disk,
			   i, q->disks[i].serial);
	}
}

/* There is nothing to count where the instructions run on the host's CPU. */
static void plugin_args(const struct boot_request *q, enum accel accel, struct strv *out)
{
	cleanup_str struct str option = STR_INIT;

	if (!q->plugin || accel == ACCEL_KVM)
		return;
	plugin_boot_option(q->plugin, &option);
	push2(out, "-plugin", option.buf);
}

void qemu_argv(const struct boot_request *q, enum accel accel, const char *image,
	       const char *initrd, struct strv *out)
{
	base_args(q->target, out);
	machine_args(q->target, accel, out);
	icount_args(q->target, out);
	kernel_args(q, image, initrd, out);
	channel_args(q, out);
	disk_args(q, out);
	plugin_args(q, accel, out);
	strv_push_all(out, &q->target->qemu_args);
}
