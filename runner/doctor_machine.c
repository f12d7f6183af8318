// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/doctor.h"
#include "runner/hostinfo.h"
#include "runner/paths.h"
#include "runner/target_qemu.h"

#define GIB (1024.0 * 1024 * 1024)
#define MEMORY_WANTED 2.0 /* GiB: linking a kernel beside one guest */
#define CACHE_WANTED 4.0 /* GiB: a source tree (1.5) and the objects of two small kernels */

static void cpus_and_memory(struct doctor *d)
{
	struct hostinfo h;
	double memory;

	hostinfo_init(&h, "");
	memory = (double)h.memory / GIB;
	doctor_add(d, FOUND_OK, "machine", "cpus", "%d x %s (%s)", h.cpus, h.cpu_model, h.machine);
	doctor_add(d, memory < MEMORY_WANTED ? FOUND_WARN : FOUND_OK, "machine", "memory",
		   "%.1f GiB%s", memory,
		   memory < MEMORY_WANTED ? "; building a kernel wants 2" : "");
	doctor_add(d, FOUND_OK, "machine", "system", "%s, Linux %s", h.os, h.kernel_release);
	hostinfo_release(&h);
}

/* The nearest folder that exists: the cache itself is made when it is first used. */
static char *existing(const char *path)
{
	char *p = xstrdup(path);
	char *slash;

	while (!dir_exists(p) && (slash = strrchr(p, '/')) && slash != p)
		*slash = '\0';
	return p;
}

static void disk(struct doctor *d)
{
	cleanup_free char *dir = existing(paths_cache());
	struct statvfs v;
	double free_gib;

	if (access(dir, W_OK)) {
		doctor_add(d, FOUND_MISSING, "machine", "cache", "cannot write '%s': %s", dir,
			   strerror(errno));
		return;
	}
	if (statvfs(dir, &v)) {
		doctor_add(d, FOUND_WARN, "machine", "cache", "'%s': %s", dir, strerror(errno));
		return;
	}
	free_gib = (double)v.f_bavail * (double)v.f_frsize / GIB;
	doctor_add(d, free_gib < CACHE_WANTED ? FOUND_WARN : FOUND_OK, "machine", "cache",
		   "%.1f GiB free for '%s'%s", free_gib, paths_cache(),
		   free_gib < CACHE_WANTED ? "; a first run wants 4" : "");
}

static void kvm_user(struct doctor *d)
{
	if (geteuid() == 0 && !qemu_user(ACCEL_KVM).uid)
		doctor_add(d, FOUND_WARN, "kvm", "user",
			   "the user nobody may not use /dev/kvm: with KVM, QEMU stays root");
}

/* The answer belongs to a machine type and CPU model; that of the host's plain target is asked for. */
static void kvm(struct doctor *d)
{
	const struct arch *a = arch_host();
	cleanup_free char *name = xasprintf("qemu-%s", a ? a->name : "none");
	cleanup_str struct str why = STR_INIT;
	struct err e = ERR_INIT;
	const struct target *t = config_target(d->config, name, &e);

	if (!t || t->accel != ACCEL_AUTO) {
		doctor_add(d, FOUND_WARN, "kvm", "kvm",
			   "no target '%s' with accel: auto to ask for", name);
		return;
	}
	switch (accel_known(t, &why)) {
	case ACCEL_KVM:
		doctor_add(d, FOUND_OK, "kvm", "kvm", "works: a guest was booted in it");
		kvm_user(d);
		return;
	case ACCEL_TCG:
		doctor_add(d, FOUND_WARN, "kvm", "kvm", "%s", why.buf);
		return;
	case ACCEL_AUTO:
		doctor_add(d, FOUND_WARN, "kvm", "kvm",
			   "/dev/kvm opens; not proven yet: the first boot of '%s' proves it",
			   name);
		kvm_user(d);
	}
}

static int counter_open(unsigned long long config)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = config,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static const char *counter_reason(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "this machine has no PMU, or it is hidden from this guest";
	case EACCES:
	case EPERM:
		return "not allowed; see /proc/sys/kernel/perf_event_paranoid";
	case ENOSYS:
		return "the host's kernel has no perf events";
	default:
		return strerror(error);
	}
}

static void pmu(struct doctor *d)
{
	static const struct {
		const char *name;
		unsigned long long config;
	} counters[] = {
		{ "cycles", PERF_COUNT_HW_CPU_CYCLES },
		{ "instructions", PERF_COUNT_HW_INSTRUCTIONS },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		int fd = counter_open(counters[i].config);

		if (fd < 0) {
			doctor_add(d, FOUND_WARN, "pmu", counters[i].name, "%s",
				   counter_reason(errno));
			continue;
		}
		close(fd);
		doctor_add(d, FOUND_OK, "pmu", counters[i].name, "can be counted");
	}
}

void doctor_machine(struct doctor *d)
{
	cpus_and_memory(d);
	disk(d);
	kvm(d);
	pmu(d);
}
