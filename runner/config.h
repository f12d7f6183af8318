/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration: YAML files in, structs out. Parsing is pure: no exit, nothing printed, nothing started.
 *
 * A configuration folder has sources/ variants/ targets/ suites/ (one YAML file each, named by its file
 * name without ".yaml"), kconfig/ (fragments) and patches/ (series). Every key of every kind stands in
 * one table (config_keys.c), from which come parsing, ranges, units, defaults and the reference.
 *
 * Every error is one line "file:line:column: …" that says what was expected, kind ERR_USAGE.
 *
 * Objects are loaded on demand by name and belong to the struct config until config_free().
 */
#ifndef KDELTA_RUNNER_CONFIG_H
#define KDELTA_RUNNER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "collectors/collector.h"
#include "runner/base/err.h"
#include "runner/base/str.h"
#include "workloads/workload.h"

/* One architecture, a row of the table in arch.c. */
struct arch {
	const char *name; /* kdelta's: x86_64, aarch64, s390x (uname -m) */
	const char *karch; /* ARCH= of the kernel's Makefile: x86, arm64, s390 */
	const char *deb; /* Debian's name: amd64, arm64, s390x */
	const char *cross; /* CROSS_COMPILE prefix when not native, "s390x-linux-gnu-" */
	const char *image_target; /* make target: bzImage, Image */
	const char *image_path; /* below the build folder: arch/x86/boot/bzImage */
	const char *qemu; /* qemu-system-s390x */
	const char *qemu_package; /* the Debian package that has it, where QEMU is new enough */
	const char *disk; /* QEMU's virtio-blk device for its default machine: virtio-blk-pci */
	int smp_icount_since; /* QEMU that boots several CPUs under icount, major × 100 + minor; 0: any */
	unsigned int cmdline_max; /* bytes that the kernel accepts (s390 896, else 2048) */
	/* get_cycles() under -icount: nanoseconds = ticks × num / den (sources in arch.c) */
	long long tick_ns_num, tick_ns_den;
	const char *tick_pin; /* option of QEMU's -cpu that fixes that rate under TCG, or NULL */
	bool tick_is_cycles; /* get_cycles() is a counter of CPU cycles on real machines (x86 TSC) */
};

extern const struct arch archs[]; /* ends with name == NULL */
const struct arch *arch_find(const char *name);
const struct arch *arch_host(void);
/* CROSS_COMPILE for building for @a on this machine: "" when native. */
const char *arch_cross(const struct arch *a);

/* Where a kernel tree comes from. Exactly one of git, path, tarball or package/url is used. */
struct source {
	char *name, *file, *description;
	char *version; /* "7.3": checked against the tree's Makefile (VERSION.PATCHLEVEL) */
	char *git, *ref; /* a developer's own tree: a repository and what to check out */
	char *path; /* an unpacked tree */
	char *tarball; /* a local tarball */
	char *package, *suite; /* Debian: linux-source-7.3, trixie-backports */
	struct strv urls; /* tarballs of the same version, tried in order */
	char *sha256; /* of the tarball from urls, or NULL */
};

/* A kernel by name: with `extends:` already merged in (lists appended, scalars replaced). */
struct variant {
	char *name, *file, *description;
	const struct source *source;
	struct strv patches; /* absolute paths: folders of *.patch, or mbox files; in order */
	char *base_config; /* make targets that start the configuration: "tinyconfig", "defconfig mod2noconfig" */
	struct strv
		fragments; /* absolute paths; "{arch}" is replaced by the caller of variant_fragments */
	struct strv options; /* "CONFIG_X=y", "CONFIG_X=n", inline */
	struct strv cmdline; /* tokens for the kernel command line */
	struct strv archs; /* empty: all */
};

/* What to do where no QEMU can run several CPUs under icount. */
enum smp { SMP_OPTIONAL, SMP_REQUIRED };

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* Where kernels boot, `extends:` merged in. */
struct target {
	char *name, *file, *description;
	char *backend; /* qemu, fake */
	const struct arch *arch;
	char *machine; /* q35, virt, s390-ccw-virtio, with options */
	char *cpu; /* CPU model under TCG */
	char *cpu_kvm; /* CPU model under KVM */
	char *qemu; /* auto, system, private, or the path of a program */
	int cpus;
	enum smp smp;
	int memory; /* MiB */
	enum accel accel;
	char *console; /* console= device: ttyS0, ttyAMA0 */
	char *serial_device; /* virtio-serial bus device: virtio-serial-pci, virtio-serial-ccw */
	int icount; /* -icount shift, or -1: off */
	char *rtc; /* -rtc base when icount is on */
	int seed; /* -seed when icount is on */
	struct strv cmdline; /* tokens for every kernel that boots here */
	struct strv qemu_args; /* further arguments, one per item */
	struct strv
		plugin; /* what the QEMU plugin is to count ("windows", "where=10", …); empty: no plugin */
	int boot_timeout; /* s, start of QEMU to the guest's start line */
	int off_timeout; /* s, end line to the end of QEMU */
	int console_limit; /* KiB, more is a flood */
	char *fake_records; /* absolute folder of canned records (backend fake) */
	int fake_delay; /* ms per fake boot */
};

struct suite_param {
	const char *name; /* points into the descriptor */
	char *value;
};

/* One workload with one value for every parameter (sweeps are expanded). */
struct suite_workload {
	const struct workload *w;
	char *label; /* "kmalloc_bench size=64 order=fifo": name and the parameters that were given */
	struct suite_param *params; /* complete, in descriptor order */
	size_t nparams;
	int rounds, warmup;
	int timeout; /* s, for all rounds together */
};

/* One collector of a suite; it watches every workload. */
struct suite_collector {
	const struct collector *col;
	struct suite_param *params; /* complete, in descriptor order */
	size_t nparams;
};

/* In which boots the collectors that disturb what they measure take part. */
enum observe {
	OBSERVE_TOGETHER, /* in all */
	OBSERVE_APART, /* in boots of their own: each variant once more, as "<variant>-observed" */
};

/* Where in the kernel's cycles (timer ticks, batches of pages) the rounds of a boot begin. */
enum phases {
	PHASES_FIXED, /* where they happen to */
	PHASES_RANDOM, /* elsewhere in each round of each boot */
};

struct suite {
	char *name, *file, *description;
	/* Names of the suites that it is made of, each a run of its own; then there is nothing below. Empty: a plain
	 * suite. A part has no parts. */
	struct strv suites;
	struct strv variants; /* names */
	char *baseline; /* one of variants */
	bool twins; /* boot the baseline once more per block, as "<baseline>-twin" (A/A) */
	int canary; /* > 0: and once more as "<baseline>-canary", every workload's `canary` set to this */
	struct strv targets; /* names */
	int boots; /* blocks per target */
	double margin; /* equivalence margin, 0.01 = 1 % */
	struct suite_workload *workloads;
	size_t nworkloads;
	struct suite_collector *collectors;
	size_t ncollectors;
	enum observe observe;
	enum phases phases;
};

struct config;

/* @dir: the configuration folder. Fails when it is not one. */
struct config *config_open(const char *dir, struct err *e);
void config_free(struct config *c);
const char *config_dir(const struct config *c);

/* Each returns NULL with @e set. A name that contains '/' or ends in ".yaml" is a path. An unknown name
 * lists the names that exist. */
const struct source *config_source(struct config *c, const char *name, struct err *e);
const struct variant *config_variant(struct config *c, const char *name, struct err *e);
const struct target *config_target(struct config *c, const char *name, struct err *e);
const struct suite *config_suite(struct config *c, const char *name, struct err *e);

/* kind: "sources", "variants", "targets", "suites": the names that exist, sorted. */
int config_names(struct config *c, const char *kind, struct strv *out, struct err *e);
/* The `description:` of an object (never NULL once it is loaded; "" when it has none). */
const char *config_description(struct config *c, const char *kind, const char *name, struct err *e);

bool variant_has_arch(const struct variant *v, const struct arch *a);
/* Do they differ in name and command line alone? */
bool variant_same_build(const struct variant *a, const struct variant *b);
/* Fragment paths for one architecture; a missing file is an error that names it. */
int variant_fragments(const struct variant *v, const struct arch *a, struct strv *out,
		      struct err *e);

/* The reference of all keys, as Markdown, for docs/reference.md. */
void config_reference(struct str *out);

#endif
