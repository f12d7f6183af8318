/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of kernel_build(), for the kernel*.c files alone. In order:
 *
 *	request_init()		what is wanted: options, toolchain
 *	source_get()		the pristine tree
 *	request_hash()		… and with it the name of the request
 *	partial_prepare()	a patched tree with the nearest kernel's objects, and a checked .config
 *	make_kernel()		make
 *	kernel_measure(), kernel_save(), rename
 */
#ifndef KDELTA_RUNNER_KERNEL_BUILD_H
#define KDELTA_RUNNER_KERNEL_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/hash.h"
#include "runner/kconfig.h"
#include "runner/kernel.h"

/* Report a step; @p and its callback may be NULL. */
void build_step(const struct build_progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Take <cache>/locks/<name>; when it is taken say "waiting for <who>" and wait. A descriptor or -1. */
int build_lock(const char *name, const struct build_progress *p, const char *who, struct err *e);
/* <cache>/kernels, made when missing; NULL with @e set. Lives until the program ends. */
char *kernels_dir(void);

struct request {
	const struct variant *v;
	const struct arch *arch;
	struct kconfig wanted;
	char *compiler, *linker; /* first lines of --version */
	char *cc; /* what CC= is set to: through ccache; NULL: the kernel's own choice */
	char source_id[HASH_HEX];
	char hash[HASH_HEX]; /* request_hash() */
	char *partial; /* kernels/<hash>.partial */
	char *tree; /* <partial>/linux */
	char *log; /* <partial>/build.log */
};

int request_init(struct request *r, const struct variant *v, const struct arch *a, struct err *e);
int request_hash(struct request *r, struct err *e);
void request_release(struct request *r);
/* The kernel that this request led to, if it is still whole; else NULL. */
struct kernel *request_cached(const struct request *r);
int request_remember(const struct request *r, const char *key, struct err *e);

/* What is known of a partial kernel once its .config is final. */
struct partial {
	char key[HASH_HEX];
	char patches_hash[HASH_HEX];
	bool fresh; /* no objects of another kernel to start from */
	bool resumed; /* a killed build goes on */
	int log_fd; /* build.log, locked for as long as a make (or an orphan of one) writes to it */
};

/* Prepare or continue. @from_scratch: neither continue nor start from another kernel. */
int partial_prepare(const struct request *r, bool from_scratch, const struct build_progress *p,
		    struct partial *out, struct err *e);
void partial_release(struct partial *p);
/* Say in the partial for which variant it is; remove the idle ones of the same variant that are not @r's. */
int partial_sign(const struct request *r, struct err *e);
void partial_sweep(const struct request *r);

/* The finished kernel that needs the least to become this one: its folder, or NULL. Caller frees. */
char *kernel_nearest(const struct request *r, const struct strv *touched);
/* Lines of <kernel>/touched: files that its patches name. */
int touched_read(const char *dir, struct strv *out, struct err *e);

/* make_*: @log_fd takes the output; a failure is the first error in the log, with its path. @targets: one or
 * more, by spaces. */
void make_argv(const struct request *r, const char *tree, int jobs, struct strv *argv);
int make_config(const struct request *r, const char *targets, int log_fd, struct err *e);
int make_kernel(const struct request *r, const struct partial *part, int jobs,
		const struct build_progress *p, double *seconds, struct err *e);
/* End what a killed kdelta's make left running. Only while the log's lock shows that there is something. */
void make_end_orphans(const struct request *r);
void make_env(struct strv *env);
void make_targets(const struct arch *a, struct strv *argv);
/* The first compiler or linker error in a log, else its last line. Pure. */
void log_first_error(const char *text, struct str *out);
/* Seconds and objects of the newest earlier build of the same kind; 0: none. */
double build_time_last(const struct arch *a, bool fresh, long *objects);

struct kernel *kernel_new(const char *dir, const char *key, const struct arch *a);
/* NULL when the folder does not hold a whole kernel. */
struct kernel *kernel_load(const char *dir, const char *key);
/* Hashes and sizes of the finished files. */
int kernel_measure(struct kernel *k, struct err *e);
int kernel_save(const struct kernel *k, struct err *e);
/* text, data and bss as size(1) counts them. */
int elf_sizes(const char *path, long long *text, long long *data, long long *bss, struct err *e);

#endif
