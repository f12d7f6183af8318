// SPDX-License-Identifier: GPL-2.0
/* Builds known code for the tests of static analysis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/config.h"
#include "tests/unit/static_build.h"

#define SOURCE "tests/fixtures/static/code.c"

const struct static_toolchain static_toolchains[] = {
	{ "x86_64", "", { "\tlock ", "\txchg +(%[a-z0-9]+,.*[(]|.*[(].*,%|%[a-z0-9]+,0x|.*,[(])" } },
	{ "aarch64",
	  "-march=armv8.1-a",
	  { "\t(ld(add|clr|eor|set|smax|smin|umax|umin)|swp|cas)[alpbh]*\t",
	    "\t(ld|st)(a|l)?x(r|p)[bh]?\t" } },
	{ "aarch64",
	  "-march=armv8-a -mno-outline-atomics",
	  { "\t(ld(add|clr|eor|set|smax|smin|umax|umin)|swp|cas)[alpbh]*\t",
	    "\t(ld|st)(a|l)?x(r|p)[bh]?\t" } },
	{ "s390x", "-march=z196", { "\tla(a|al|n|o|x)g?\t", "\tc(s|sy|sg|ds|dsy|dsg)\t" } },
	{ "s390x", "-march=z10", { "\tla(a|al|n|o|x)g?\t", "\tc(s|sy|sg|ds|dsy|dsg)\t" } },
	{ .arch = NULL },
};

static struct str folder = STR_INIT;
static int files;

static char *tool_name(const struct static_toolchain *t, const char *tool)
{
	return xasprintf("%s%s", arch_cross(arch_find(t->arch)), tool);
}

bool static_have(const struct static_toolchain *t)
{
	cleanup_free char *cc = tool_name(t, "gcc");
	cleanup_free char *path = proc_which(cc);

	if (!path)
		print_message("no '%s': %s is left out\n", cc, t->arch);
	return path;
}

static const char *new_file(struct str *path)
{
	struct err e = ERR_INIT;

	if (!folder.len && dir_temp(NULL, &folder, &e))
		fail_msg("%s", e.msg);
	str_addf(path, "%s/%d.o", folder.buf, files++);
	return path->buf;
}

char *static_build(const struct static_toolchain *t, const char *defines, bool linked)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct str path = STR_INIT;
	struct err e = ERR_INIT;
	struct proc p = PROC_INIT;

	strv_pushf(&argv, "%sgcc", arch_cross(arch_find(t->arch)));
	strv_split(&argv,
		   "-O2 -fno-pic -ffreestanding -fno-toplevel-reorder -fno-asynchronous-unwind-tables",
		   " ");
	strv_split(&argv, t->machine, " ");
	strv_split(&argv, defines, " ");
	strv_split(&argv,
		   linked ? "-DWHOLE -no-pie -nostdlib -static -Wl,-e,entry,--build-id=none" : "-c",
		   " ");
	strv_push(&argv, "-o");
	strv_push(&argv, new_file(&path));
	strv_push(&argv, SOURCE);
	p.argv = (const char *const *)argv.v;
	if (proc_check(&p, &e))
		fail_msg("%s", e.msg);
	return str_detach(&path);
}

struct static_image *static_build_load(const struct static_toolchain *t, const char *defines,
				       bool linked)
{
	cleanup_free char *path = static_build(t, defines, linked);
	struct err e = ERR_INIT;
	struct static_image *m = static_load(path, &e);

	if (!m)
		fail_msg("%s %s: %s", t->arch, defines, e.msg);
	return m;
}

void static_tool(const struct static_toolchain *t, const char *tool, const char *options,
		 const char *path, struct str *out)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct err e = ERR_INIT;
	struct proc_result r;
	struct proc p = PROC_INIT;

	strv_pushf(&argv, "%s%s", arch_cross(arch_find(t->arch)), tool);
	strv_split(&argv, options, " ");
	strv_push(&argv, path);
	p.argv = (const char *const *)argv.v;
	p.out = out;
	p.out_only = true;
	if (proc_run(&p, &r, &e) || r.status)
		fail_msg("%s failed: %s", argv.v[0], e.msg);
}

void static_clean(void)
{
	struct err e = ERR_INIT;

	if (folder.len && tree_remove(folder.buf, &e))
		print_error("%s\n", e.msg);
	str_release(&folder);
	files = 0;
}
