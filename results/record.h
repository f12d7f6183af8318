/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record format, version 1: the one language that the guest program, kernel modules and collectors
 * speak to the host. libc alone, because the guest links it statically.
 *
 * A stream is lines of at most RECORD_LINE_MAX bytes:
 *
 *	word key=value key=value …\n
 *
 * A word or key is [a-z][a-z0-9_]*, a value is any bytes, percent-encoded: every byte outside
 * 0x21…0x7e and '%' itself is %XX. Fields are separated by one space, in any order. Unknown keys are
 * ignored, unknown words are an error, so that a newer guest is noticed.
 *
 *	kdelta     version=1                                   first line
 *	start      release= machine= cmdline= cpus=            what really booted
 *	info       key= value=                                 a fact worth storing (module hash, …)
 *	begin      w=                                          workload number w of the plan starts
 *	value      w= metric= unit= dir= ev= stat= round= cpu= value= [by=] [sparse=1]
 *	hist       w= metric= unit= dir= ev= round= cpu= sub= buckets=LOWER:COUNT,… [by=]
 *	note       w= round= cpu= key= value=                   a text that belongs to a round: a timeline, a version
 *	done       w= state=ok|failed|broken|skipped reason=   workload w has ended
 *	end        records=N                                   last line: N value and hist lines came before
 *
 * One workload runs at a time, each once, and values belong to the one that runs. A workload may be
 * broken or skipped without having begun. Metric, unit, key and the like have less than RECORD_NAME_MAX
 * bytes and are not empty; buckets ascend, start where bucket_lower() says and hold at least one sample.
 *
 * Info keys with a meaning: "fatal" ends the stream without an end line (the kernel is not the one that
 * was asked for, the plan cannot be read, a workload hangs in the kernel) and is the reason why the boot is
 * broken; "exit" is the exit status of the command of an exec plan.
 *
 * value is a decimal number, or NUM/DEN with two integers (kernel code has no floating point). round
 * counts from 0, and is -1 in a note that belongs to the whole workload; cpu is a CPU number or -1 for "not of
 * one CPU": the whole, of which values of single CPUs in the same round are parts. stat says what a value summarises
 * within its round: mean, min, max, count, total. dir: lower, higher (is better) or none.
 * ev (evidence): static, simulated, virtual, hardware, emulated-time. by names the collector that recorded it;
 * without it the workload itself did. sparse=1: the metric was found at run time and counts what need not happen; where
 * its collector recorded something else and not this, it is zero.
 *
 * A kernel module has no idea of w, round or ev; it writes
 *
 *	value      metric= stat= value= [cpu=] unit=ticks/op
 *	hist       metric= unit=ticks sub= buckets= [cpu=]
 *
 * and the guest program completes the line and converts ticks as the plan's clock says.
 */
#ifndef KDELTA_RESULTS_RECORD_H
#define KDELTA_RESULTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

#define RECORD_VERSION 1
#define RECORD_LINE_MAX 65536
#define RECORD_FIELDS_MAX 32
#define RECORD_BUCKETS_MAX 4096
#define RECORD_NAME_MAX 128

enum evidence {
	EV_STATIC,
	EV_SIMULATED,
	EV_VIRTUAL,
	EV_HARDWARE,
	EV_EMULATED_TIME,
	EV_COUNT,
};

enum direction {
	DIR_NONE, /* neither is better: a change is a change */
	DIR_LOWER,
	DIR_HIGHER,
	DIR_COUNT,
};

enum wl_state {
	WL_OK,
	WL_FAILED, /* ran, and what it checks was wrong */
	WL_BROKEN, /* could not be measured: a tool, a module, a crash */
	WL_SKIPPED, /* a declared need is not there */
	WL_COUNT,
};

/* Names as they stand in the format; *_parse returns -1 for an unknown name. */
const char *evidence_name(enum evidence ev);
int evidence_parse(const char *name);
const char *direction_name(enum direction dir);
int direction_parse(const char *name);
const char *wl_state_name(enum wl_state st);
int wl_state_parse(const char *name);

/* One split line. Strings point into @buf, decoded. */
struct fields {
	char *buf;
	const char *word;
	size_t n;
	struct {
		const char *key;
		const char *value;
	} f[RECORD_FIELDS_MAX];
};

/* Split one line (without its newline). Fails on anything outside the grammar, naming the column. A NUL
 * inside a decoded value is an error. */
int fields_parse(struct fields *f, const char *line, size_t len, struct err *e);
void fields_release(struct fields *f);
/* The value of a key, or NULL. */
const char *fields_get(const struct fields *f, const char *key);
/* Integer within [min, max]; fails with the key named when missing, not a number or out of range. */
int fields_int(const struct fields *f, const char *key, long long min, long long max,
	       long long *out, struct err *e);

/* Build lines: line_begin(&s, "value"); line_field(&s, "metric", "kmalloc"); …; line_end(&s). */
void line_begin(struct str *s, const char *word);
void line_field(struct str *s, const char *key, const char *value);
void line_fieldf(struct str *s, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void line_end(struct str *s);

/* "12.5", "-3e4" or "7/2" to a finite double; -1 when it is none (NaN, infinity, x/0, trailing text). */
int number_parse(const char *text, double *out);

/* Histogram bucket: counts samples in [lower, upper). The upper end follows from the lower one and sub:
 * log-linear buckets with 2^sub linear steps per power of two (HdrHistogram's shape); values below
 * 2^sub have width 1. */
struct bucket {
	uint64_t lower;
	uint64_t count;
};

/* Lower bound of the bucket that holds @v, and the width of that bucket. sub: 0…8. */
uint64_t bucket_lower(uint64_t v, unsigned int sub);
uint64_t bucket_width(uint64_t lower, unsigned int sub);

enum record_type { REC_VALUE, REC_HIST };

struct record {
	enum record_type type;
	int workload; /* number in the plan */
	char *metric;
	char *unit;
	char *stat; /* REC_VALUE */
	enum direction dir;
	enum evidence ev;
	int round;
	int cpu; /* -1: not of one CPU */
	char *by; /* the collector that recorded it; NULL: the workload itself */
	bool sparse; /* not recorded, though @by recorded something: zero */
	double value; /* REC_VALUE */
	unsigned int sub; /* REC_HIST */
	struct bucket *buckets;
	size_t nbuckets;
};

#define RECORD_NOTE_MAX 4096 /* bytes of a note's value */
#define RECORD_NOTES_MAX 10000 /* notes of one boot */

/* A text that belongs to a round, to a workload (round -1), or to the boot (workload -1: what the host adds). */
struct note {
	int workload;
	int round;
	int cpu; /* -1: not of one CPU */
	char *key, *value;
};

/* Everything one boot said. */
struct record_set {
	bool started; /* a start line was seen */
	bool ended; /* the end line was seen and its count is right */
	char *release, *machine, *cmdline;
	int cpus;
	struct {
		char *key, *value;
	} * info;
	size_t ninfo, info_cap;
	struct {
		int workload;
		enum wl_state state;
		char *reason;
	} * done;
	size_t ndone, done_cap;
	int running; /* workload that has begun and not ended, or -1 */
	struct record *rec;
	size_t nrec, rec_cap;
	struct note *note;
	size_t nnote, note_cap;
};

void record_set_init(struct record_set *rs);
void record_set_release(struct record_set *rs);
/*
 * Parse a whole stream. @nworkloads bounds w. Stops at the first bad line with "records line 7: …" in
 * @e and -1; what came before it is in @rs (a boot with a bad line is broken, but may be looked at).
 * A missing end line is not an error here: look at rs->ended. A last line without its newline is
 * dropped silently (the guest died while writing). More than @max_records value/hist lines is an error.
 */
int record_set_parse(struct record_set *rs, const char *text, size_t len, int nworkloads,
		     size_t max_records, struct err *e);
/*
 * Add what a collector outside of the guest has written: value, hist and note lines of any workload at any time,
 * info lines, done lines that take the place of the guest's where that was ok, and an end line with the number of
 * value and hist lines, without which it fails.
 */
int record_set_add(struct record_set *rs, const char *text, size_t len, int nworkloads,
		   size_t max_records, struct err *e);
/* Add a note of the host's own; silently not one more than RECORD_NOTES_MAX, and not more of @value than
 * RECORD_NOTE_MAX bytes. */
void record_set_note(struct record_set *rs, int workload, const char *key, const char *value);

#endif
