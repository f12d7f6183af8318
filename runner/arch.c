// SPDX-License-Identifier: GPL-2.0
/*
 * The one table of architecture facts that code needs; facts about machines stand in configs/targets/.
 *
 * tick_ns: what get_cycles() counts under QEMU's TCG with -icount, in nanoseconds of virtual time.
 *  x86_64   TSC: cpu_get_tsc() returns the virtual clock itself, so 1 tick = 1 ns
 *           (QEMU 7.2, softmmu/icount.c: icount_get() shifted by the icount shift).
 *  aarch64  CNTVCT_EL0 at 1 GHz, which is asked for: QEMU's own rate is 62.5 MHz or 1 GHz, by CPU model and
 *           version, and 16 ns are too coarse beside a shift that leaves the timer tick rare.
 *  s390x    TOD clock: bit 51 is a microsecond, so 4096 ticks = 1000 ns, 1 tick = 125/512 ns
 *           (z/Architecture Principles of Operation, "Timing"; QEMU hw/s390x/tod.c).
 *
 * smp_icount_since: found by booting. s390x: 7.2 spins when the second CPU starts; 10.0 boots. Said of 9 too.
 *
 * cmdline_max: COMMAND_LINE_SIZE of the kernel's arch/ARCH/include/[uapi/]asm/setup.h; s390 has a configurable
 * size since 5.15, and older kernels took 896 bytes.
 */
#include <string.h>
#include <sys/utsname.h>

#include "runner/config.h"

const struct arch archs[] = {
	{
		.name = "x86_64",
		.karch = "x86",
		.deb = "amd64",
		.cross = "x86_64-linux-gnu-",
		.image_target = "bzImage",
		.image_path = "arch/x86/boot/bzImage",
		.qemu = "qemu-system-x86_64",
		.qemu_package = "qemu-system-x86",
		.disk = "virtio-blk-pci",
		.cmdline_max = 2047,
		.tick_ns_num = 1,
		.tick_ns_den = 1,
		.tick_is_cycles = true,
	},
	{
		.name = "aarch64",
		.karch = "arm64",
		.deb = "arm64",
		.cross = "aarch64-linux-gnu-",
		.image_target = "Image",
		.image_path = "arch/arm64/boot/Image",
		.qemu = "qemu-system-aarch64",
		.qemu_package = "qemu-system-arm",
		.disk = "virtio-blk-pci",
		.cmdline_max = 2047,
		.tick_ns_num = 1,
		.tick_pin = "cntfrq=1000000000",
		.tick_ns_den = 1,
	},
	{
		.name = "s390x",
		.karch = "s390",
		.deb = "s390x",
		.cross = "s390x-linux-gnu-",
		.image_target = "bzImage",
		.image_path = "arch/s390/boot/bzImage",
		.qemu = "qemu-system-s390x",
		.qemu_package = "qemu-system-s390x",
		.disk = "virtio-blk-ccw",
		.smp_icount_since = 900,
		.cmdline_max = 895,
		.tick_ns_num = 125,
		.tick_ns_den = 512,
	},
	{ .name = NULL },
};

const struct arch *arch_find(const char *name)
{
	for (const struct arch *a = archs; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

const struct arch *arch_host(void)
{
	struct utsname u;

	return uname(&u) ? NULL : arch_find(u.machine);
}

const char *arch_cross(const struct arch *a)
{
	return a == arch_host() ? "" : a->cross;
}
