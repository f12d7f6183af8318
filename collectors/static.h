/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Static evidence: what can be counted in a vmlinux, a module or any other ELF file of one of kdelta's
 * architectures without running it. Pure analysis of one file; nothing is started, nothing is printed.
 *
 *	struct static_image *a = static_load("vmlinux", e);
 *	static_calls(a, "preempt_schedule_notrace", &calls, &jumps);
 *	struct static_diff d;
 *	static_diff(a, b, &d);
 *	…
 *	static_diff_release(&d);
 *	static_free(a);
 *
 * static_load() may run in several threads at once, each with a file of its own.
 *
 * The hash of a function says whether two functions are the same code, wherever they lie. Every field of
 * an instruction that holds an address (branch and call targets, PC-relative and absolute operands,
 * relocations) is replaced by what lies there: the offset for a target inside the function, else the
 * symbol and the offset in it, and for what has no symbol (string literals, jump tables) its content. So
 * a function that only moved keeps its hash, and one that calls another function gets a new one. Numbers
 * that the compiler appends to static data ("__key.7") are left out, because they count what comes
 * earlier in the file.
 *
 * Where it errs, it calls equal code different, in a few functions of a kernel: those that compute with
 * addresses (physical addresses, sizes of sections), and those that use an object that is the first of its
 * section in one build alone, because there the linker script's name for the section stands for it.
 */
#ifndef KDELTA_COLLECTORS_STATIC_H
#define KDELTA_COLLECTORS_STATIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/record.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

/* What a section is for; every section that is loaded belongs to one kind. */
enum static_kind {
	SK_TEXT, /* executable, stays */
	SK_RODATA, /* not written */
	SK_DATA,
	SK_PERCPU, /* one CPU's copy */
	SK_BSS,
	SK_INIT, /* given back after the boot: .init*, .exit*, alternatives */
	SK_COUNT,
};

const char *static_kind_name(enum static_kind k);

struct static_section {
	char *name;
	enum static_kind kind;
	bool code;
	uint64_t size; /* bytes */
};

#define STATIC_CLASSES 3

struct static_func {
	char *name;
	char *file; /* source file of a local symbol, "" for a global one */
	int ordinal; /* counts functions that have name and file in common */
	bool external; /* defined elsewhere (modules): no code, only called */
	uint64_t addr, size;
	uint64_t hash; /* of the code, without addresses */
	uint32_t insns;
	uint32_t calls; /* direct calls in it */
	uint32_t atomics; /* atomic instructions in it */
	uint32_t called; /* direct calls to it, in the whole file */
	uint32_t jumped; /* direct jumps to it from other functions (tail calls) */
};

struct static_alias { /* every name of every function, sorted by name */
	char *name;
	size_t func;
};

struct static_image {
	char *path;
	const char *arch; /* kdelta's name: x86_64, aarch64, s390x */
	bool relocatable; /* a module or object file */
	uint64_t size[SK_COUNT]; /* bytes per kind */
	struct static_section *sec;
	size_t nsec;
	struct static_func *fn; /* sorted by name, file, ordinal */
	size_t nfn;
	struct static_alias *alias;
	size_t nalias;
	uint64_t insns;
	uint64_t undecoded; /* bytes in code sections that are no known instruction */
	/* Atomic instructions by class; the names stand in the architecture's row, NULL: unused. */
	const char *class_name[STATIC_CLASSES];
	uint64_t class_count[STATIC_CLASSES];
};

/* NULL with @e set: no ELF file, no symbols, an architecture that kdelta does not know, a damaged file. */
struct static_image *static_load(const char *path, struct err *e);
void static_free(struct static_image *m);

/* Direct calls of and jumps to the functions of this name. false: the file has no such function. */
bool static_calls(const struct static_image *m, const char *name, uint64_t *calls, uint64_t *jumps);
/* The preemption helpers whose call sites are counted when nobody asks for others; NULL-terminated. */
extern const char *const static_default_calls[];

/* One figure of a whole file, ready for a record of evidence "static", stat "total", cpu -1. */
struct static_value {
	char *metric; /* "text", "atomic.lock", "calls.preempt_schedule" */
	const char *unit; /* "bytes", "functions", "instructions", "sites" */
	enum direction dir;
	double value;
};

struct static_values {
	struct static_value *v;
	size_t n, cap;
};

#define STATIC_VALUES_INIT                                                                         \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

/* Append all figures of @m. @calls: functions to count in addition to the default set, or NULL; the
 * default ones are left out where the file does not have them. */
void static_records(const struct static_image *m, const struct strv *calls,
		    struct static_values *out);
void static_values_release(struct static_values *v);
const struct static_value *static_values_find(const struct static_values *v, const char *metric);

enum static_change { SC_ADDED, SC_REMOVED, SC_GROWN, SC_SHRUNK, SC_CODE, SC_COUNT };

const char *static_change_name(enum static_change c);

struct static_delta {
	const struct static_func *a, *b; /* NULL: added or removed; they belong to the images */
	enum static_change change;
	long long bytes; /* b - a */
};

struct static_diff {
	struct static_delta *d; /* the most bytes first; SC_CODE (same size, other code) last */
	size_t n, cap;
	size_t count[SC_COUNT];
	size_t same; /* functions with equal code */
	long long grown, shrunk; /* bytes gained and lost, both positive */
};

/* Both of one architecture (ERR_USAGE otherwise). @out points into both images: release it before them. */
int static_diff(const struct static_image *a, const struct static_image *b, struct static_diff *out,
		struct err *e);
void static_diff_release(struct static_diff *d);

enum static_same { SS_IDENTICAL, SS_DIFFERENT, SS_MISSING };

/*
 * Is the code of all the named functions equal in both? Only their own code: what they call is compared
 * by name, so name the callees that matter too. @which, when not NULL, is the first that is not equal
 * (SS_DIFFERENT) or that one of the files does not have (SS_MISSING).
 */
enum static_same static_same_code(const struct static_image *a, const struct static_image *b,
				  const char *const *names, size_t n, const char **which);

/*
 * The code of the named functions (NULL-terminated; NULL: all of the file) as text: one line "name size hash"
 * per function, parts that the compiler split off ("name.part.0", "name.cold") included, and "name -" for a
 * name that the file does not have. Equal texts are equal code in the sense of static_same_code().
 */
void static_code_text(const struct static_image *m, const char *const *names, struct str *out);

#endif
