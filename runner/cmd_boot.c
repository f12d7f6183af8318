// SPDX-License-Identifier: GPL-2.0
/*
 * kdelta boot: a shell, or one command, in a kernel of ours. What the command prints comes over a port of its
 * own and goes to standard output; the kernel's console stays out of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/record.h"
#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/commands.h"
#include "runner/guestplan.h"
#include "runner/image.h"
#include "runner/initramfs.h"
#include "runner/leftovers.h"
#include "runner/paths.h"
#include "runner/progress.h"
#include "runner/session.h"

struct boot_opts {
	const char *target;
	const char *image;
};

static volatile int cancel;

static void on_signal(int sig)
{
	(void)sig;
	cancel = 1;
}

struct boot {
	struct config *config;
	const struct variant *variant;
	const struct target *target;
	const struct target_ops *ops;
	const struct strv *args; /* of the command; empty: a shell */
	struct image image; /* file NULL: none was asked for */
	struct boot_disk disk;
	char *image_archive; /* follows the initramfs, or NULL */
	struct kernel *kernel;
	struct strv cmdline;
	struct tempdir dir; /* for the initramfs */
	char *initrd;
	struct progress progress;
};

static int resolve(struct boot *b, const char *variant, const char *target, struct err *e)
{
	cleanup_free char *native =
		xasprintf("qemu-%s", arch_host() ? arch_host()->name : "x86_64");

	b->config = config_open(paths_configs(), e);
	if (!b->config)
		return -1;
	b->variant = config_variant(b->config, variant, e);
	if (!b->variant)
		return -1;
	b->target = config_target(b->config, target ? target : native, e);
	if (!b->target)
		return -1;
	b->ops = target_ops(b->target);
	if (!b->ops || !b->ops->settle)
		return err_set(e, ERR_USAGE, "target '%s' is no machine to boot a kernel on",
			       b->target->name);
	if (!variant_has_arch(b->variant, b->target->arch))
		return err_set(e, ERR_USAGE, "variant '%s' is not for %s, which target '%s' is",
			       b->variant->name, b->target->arch->name, b->target->name);
	return b->ops->check(b->target, e);
}

static int get_kernel(struct boot *b, struct err *e)
{
	struct build_progress p = progress_build(&b->progress);
	struct build_options o = { 0 };
	cleanup_str struct str why = STR_INIT;

	b->kernel = kernel_find(b->variant, b->target->arch);
	if (!b->kernel)
		b->kernel = kernel_build(b->variant, b->target->arch, &o, &p, e);
	if (!b->kernel || b->ops->settle(b->target, b->kernel->image, &why, e))
		return -1;
	if (why.len)
		progress_step(&b->progress, "%s", why.buf);
	return session_cmdline(b->target, b->variant, &b->cmdline, e);
}

/* @packages: their names, with commas between them. */
static int get_image(struct boot *b, const char *packages, struct err *e)
{
	struct build_progress p = progress_build(&b->progress);
	cleanup_strv struct strv names = STRV_INIT;

	if (!packages)
		return 0;
	strv_split(&names, packages, ",");
	if (image_get(b->target->arch, &names, &p, &b->image, e))
		return -1;
	return image_attach(&b->image, b->target, &b->disk, &b->image_archive, e);
}

static int make_initramfs(struct boot *b, struct err *e)
{
	cleanup_str struct str busybox = STR_INIT;
	cleanup_str struct str plan = STR_INIT;
	struct initramfs fs = { .guest = paths_guest(b->target->arch), .plan = &plan };
	struct guestplan gp = {
		.mode = b->args->n ? "exec" : "shell",
		.release = b->kernel->release,
		.machine = b->target->arch->name,
		.disks = &b->disk,
		.ndisks = b->image.file ? 1 : 0,
		.args = b->args,
	};

	if (busybox_fetch(b->target->arch, &busybox, e))
		return -1;
	guestplan_write(&gp, &plan);
	fs.busybox = busybox.buf;
	fs.more = b->image_archive;
	leftovers_remove();
	if (tempdir_make(&b->dir, NULL, e))
		return -1;
	b->initrd = path_join(b->dir.path, "boot.cpio");
	return initramfs_write(&fs, b->initrd, e);
}

static const char *info(const struct record_set *rs, const char *key)
{
	for (size_t i = 0; i < rs->ninfo; i++)
		if (!strcmp(rs->info[i].key, key))
			return rs->info[i].value;
	return NULL;
}

/* The command's own status, or why there is none. */
static int outcome(const struct boot *b, const struct boot_result *r, struct err *e)
{
	const char *name = b->variant->name;
	struct record_set rs;
	const char *fatal, *code;
	struct err parse = ERR_INIT;
	int status = -1;

	record_set_init(&rs);
	record_set_parse(&rs, r->records.buf, r->records.len, 0, 0, &parse);
	fatal = info(&rs, "fatal");
	code = info(&rs, "exit");
	if (fatal)
		err_set(e, ERR_INFRA, "cannot boot '%s': %s", name, fatal);
	else if (r->status != BOOT_OK)
		err_set(e, ERR_INFRA, "cannot boot '%s': %s", name, r->reason);
	else if (parse.kind)
		err_set(e, ERR_INFRA, "cannot boot '%s': %s", name, parse.msg);
	else if (!b->args->n)
		status = 0;
	else if (!code)
		err_set(e, ERR_INFRA, "cannot boot '%s': the command's exit status did not come",
			name);
	else
		status = atoi(code) & 0xff;
	record_set_release(&rs);
	return status;
}

static void say_how_to_leave(struct boot *b)
{
	progress_end(&b->progress);
	fprintf(stderr,
		"%s %s on %s: 'exit' leaves the shell and switches the machine off, Ctrl-A x ends it at once\n",
		b->variant->name, b->kernel->release, b->target->name);
}

/* Only around the boot: a build that is interrupted just ends. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int boot_it(struct boot *b, struct err *e)
{
	struct boot_result r;
	struct boot_request q = {
		.target = b->target,
		.name = b->variant->name,
		.image = b->kernel->image,
		.initrd = b->initrd,
		.cmdline = &b->cmdline,
		.disks = &b->disk,
		.ndisks = b->image.file ? 1 : 0,
		.interactive = !b->args->n,
		.output_fd = b->args->n ? STDOUT_FILENO : 0,
	};
	int status = -1;

	if (q.interactive)
		say_how_to_leave(b);
	else
		progress_end(&b->progress);
	catch_signals();
	boot_result_init(&r);
	if (!b->ops->boot(&q, &cancel, &r, e))
		status = outcome(b, &r, e);
	boot_result_release(&r);
	return status;
}

static int boot_variant(struct boot *b, const char *variant, const struct boot_opts *o,
			struct err *e)
{
	/* without a terminal nobody could leave it */
	if (!b->args->n && !isatty(STDIN_FILENO))
		return err_set(e, ERR_USAGE, "a shell needs a terminal; give a command after '--'");
	if (resolve(b, variant, o->target, e) || get_image(b, o->image, e) || get_kernel(b, e) ||
	    make_initramfs(b, e))
		return -1;
	return boot_it(b, e);
}

static int cmd_boot(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	struct boot_opts *o = opts;
	struct boot b = { .args = rest, .cmdline = STRV_INIT };
	int status;

	progress_init(&b.progress);
	status = boot_variant(&b, args->v[0], o, e);
	tempdir_remove(&b.dir);
	free(b.initrd);
	strv_release(&b.cmdline);
	kernel_free(b.kernel);
	image_release(&b.image);
	free(b.image_archive);
	if (b.config)
		config_free(b.config);
	return status < 0 ? (int)e->kind : status;
}

static const struct option_desc boot_options[] = {
	{ .name = "target",
	  .letter = 't',
	  .type = OPT_STRING,
	  .arg = "T",
	  .offset = offsetof(struct boot_opts, target),
	  .help = "where to boot (default: qemu-<this machine's architecture>)" },
	{ .name = "image",
	  .letter = 'i',
	  .type = OPT_STRING,
	  .arg = "PKG,…",
	  .offset = offsetof(struct boot_opts, image),
	  .help = "make a root image of these Debian packages, and run the command inside it" },
	{ .name = NULL },
};

const struct command command_boot = {
	.name = "boot",
	.usage = "VARIANT [--target T] [--image PKG,…] [-- CMD [ARG…]]",
	.summary = "boot a variant into a shell, or run one command in it",
	.help = "Builds the kernel if need be and boots it with a busybox. Without a command there is a shell on "
		"this terminal; with one, its output is printed and its exit status is kdelta's own (status 2 "
		"or 3 with a message on standard error is kdelta's). The command gets no input. A root image of "
		"Debian packages holds the command with --image; a shell finds it in /image.",
	.examples =
		"kdelta boot base                                # a shell\n"
		"kdelta boot base --target qemu-s390x -- uname -a\n"
		"kdelta boot rt -- sh -c 'cat /sys/kernel/realtime; zcat /proc/config.gz | wc -l'\n"
		"kdelta boot base --image rt-tests -- hackbench -p -l 100",
	.options = boot_options,
	.min_args = 1,
	.max_args = 1,
	.rest = true,
	.size = sizeof(struct boot_opts),
	.run = cmd_boot,
};
