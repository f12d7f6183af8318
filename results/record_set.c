// SPDX-License-Identifier: GPL-2.0
/* A whole stream: order of the lines, and what each of them must hold. All of it is untrusted. */
#include "results/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 65536
#define ROUNDS_MAX 1000000
#define INFO_MAX 1024
#define SUB_MAX 8

/* mean, min, max, count, total: the only summaries there are, so that a newer guest is noticed */
static const char *const stat_names[] = { "mean", "min", "max", "count", "total" };

struct reader {
	struct record_set *rs;
	int nworkloads;
	size_t max_records;
	bool greeted;
	bool collector; /* record_set_add() */
	size_t first; /* of its records */
	bool ended;
};

struct word {
	const char *name;
	int (*take)(struct reader *r, const struct fields *f, struct err *e);
};

void record_set_init(struct record_set *rs)
{
	memset(rs, 0, sizeof(*rs));
	rs->running = -1;
}

static void record_release(struct record *r)
{
	free(r->metric);
	free(r->unit);
	free(r->stat);
	free(r->by);
	free(r->buckets);
}

void record_set_release(struct record_set *rs)
{
	free(rs->release);
	free(rs->machine);
	free(rs->cmdline);
	for (size_t i = 0; i < rs->ninfo; i++) {
		free(rs->info[i].key);
		free(rs->info[i].value);
	}
	free(rs->info);
	for (size_t i = 0; i < rs->ndone; i++)
		free(rs->done[i].reason);
	free(rs->done);
	for (size_t i = 0; i < rs->nrec; i++)
		record_release(&rs->rec[i]);
	free(rs->rec);
	for (size_t i = 0; i < rs->nnote; i++) {
		free(rs->note[i].key);
		free(rs->note[i].value);
	}
	free(rs->note);
	record_set_init(rs);
}

/* The value of a key that must be there, not empty, and shorter than @max. */
static const char *text_of(const struct fields *f, const char *key, size_t max, struct err *e)
{
	const char *text = fields_get(f, key);

	if (!text)
		err_set(e, ERR_INFRA, "'%s' is missing", key);
	else if (!*text)
		err_set(e, ERR_INFRA, "'%s' is empty", key);
	else if (strlen(text) >= max)
		err_set(e, ERR_INFRA, "'%s' has %zu bytes, at most %zu are allowed", key,
			strlen(text), max - 1);
	else
		return text;
	return NULL;
}

static int choice_of(const struct fields *f, const char *key, int (*parse)(const char *), int *out,
		     struct err *e)
{
	const char *text = text_of(f, key, RECORD_NAME_MAX, e);

	if (!text)
		return -1;
	*out = parse(text);
	if (*out < 0)
		return err_set(e, ERR_INFRA, "'%s' has an unknown value", key);
	return 0;
}

static int workload_of(const struct reader *r, const struct fields *f, int *w, struct err *e)
{
	long long v;

	if (!r->nworkloads)
		return err_set(e, ERR_INFRA, "the plan has no workloads");
	if (fields_int(f, "w", 0, r->nworkloads - 1, &v, e))
		return -1;
	*w = (int)v;
	return 0;
}

static bool is_done(const struct record_set *rs, int w)
{
	for (size_t i = 0; i < rs->ndone; i++)
		if (rs->done[i].workload == w)
			return true;
	return false;
}

static int take_kdelta(struct reader *r, const struct fields *f, struct err *e)
{
	long long version;

	if (r->greeted)
		return err_set(e, ERR_INFRA, "'kdelta' stands only in the first line");
	if (fields_int(f, "version", RECORD_VERSION, RECORD_VERSION, &version, e))
		return err_prefix(e, "record format");
	r->greeted = true;
	return 0;
}

static int take_start(struct reader *r, const struct fields *f, struct err *e)
{
	const char *release = text_of(f, "release", RECORD_NAME_MAX, e);
	const char *machine = text_of(f, "machine", RECORD_NAME_MAX, e);
	const char *cmdline = fields_get(f, "cmdline");
	long long cpus;

	if (r->rs->started)
		return err_set(e, ERR_INFRA, "a second start");
	if (!release || !machine)
		return -1;
	if (!cmdline)
		return err_set(e, ERR_INFRA, "'cmdline' is missing");
	if (fields_int(f, "cpus", 1, CPUS_MAX, &cpus, e))
		return -1;
	r->rs->release = xstrdup(release);
	r->rs->machine = xstrdup(machine);
	r->rs->cmdline = xstrdup(cmdline);
	r->rs->cpus = (int)cpus;
	r->rs->started = true;
	return 0;
}

static int take_info(struct reader *r, const struct fields *f, struct err *e)
{
	const char *key = text_of(f, "key", RECORD_NAME_MAX, e);
	const char *value = fields_get(f, "value");
	struct record_set *rs = r->rs;

	if (!key)
		return -1;
	if (!value)
		return err_set(e, ERR_INFRA, "'value' is missing");
	if (rs->ninfo == INFO_MAX)
		return err_set(e, ERR_INFRA, "more than %d info lines", INFO_MAX);
	ARRAY_PUSH(rs->info, rs->ninfo, rs->info_cap);
	rs->info[rs->ninfo - 1].key = xstrdup(key);
	rs->info[rs->ninfo - 1].value = xstrdup(value);
	return 0;
}

static int take_begin(struct reader *r, const struct fields *f, struct err *e)
{
	int w = -1;

	if (workload_of(r, f, &w, e))
		return -1;
	if (!r->rs->started)
		return err_set(e, ERR_INFRA, "workload %d begins before the start line", w);
	if (r->rs->running >= 0)
		return err_set(e, ERR_INFRA, "workload %d begins while %d runs", w, r->rs->running);
	if (is_done(r->rs, w))
		return err_set(e, ERR_INFRA, "workload %d begins a second time", w);
	r->rs->running = w;
	return 0;
}

/* What value and hist lines have in common; the caller releases @out when this fails. */
static int take_common(struct reader *r, const struct fields *f, struct record *out, struct err *e)
{
	const char *metric = text_of(f, "metric", RECORD_NAME_MAX, e);
	const char *unit = text_of(f, "unit", RECORD_NAME_MAX, e);
	const char *by = fields_get(f, "by");
	long long round, cpu, sparse = 0;
	int dir = DIR_NONE, ev = EV_STATIC;

	if (!metric || !unit || workload_of(r, f, &out->workload, e))
		return -1;
	if (!r->collector && out->workload != r->rs->running)
		return err_set(e, ERR_INFRA, "workload %d is not running", out->workload);
	if (r->rs->nrec >= r->max_records)
		return err_set(e, ERR_INFRA, "more than %zu records", r->max_records);
	if (choice_of(f, "dir", direction_parse, &dir, e) ||
	    choice_of(f, "ev", evidence_parse, &ev, e) ||
	    fields_int(f, "round", 0, ROUNDS_MAX - 1, &round, e) ||
	    fields_int(f, "cpu", -1, CPUS_MAX - 1, &cpu, e))
		return -1;
	if (by && !text_of(f, "by", RECORD_NAME_MAX, e))
		return -1;
	if (fields_get(f, "sparse") && fields_int(f, "sparse", 0, 1, &sparse, e))
		return -1;
	out->by = by ? xstrdup(by) : NULL;
	out->sparse = by && sparse;
	out->metric = xstrdup(metric);
	out->unit = xstrdup(unit);
	out->dir = (enum direction)dir;
	out->ev = (enum evidence)ev;
	out->round = (int)round;
	out->cpu = (int)cpu;
	return 0;
}

static bool is_stat(const char *name)
{
	for (size_t i = 0; i < sizeof(stat_names) / sizeof(*stat_names); i++)
		if (!strcmp(stat_names[i], name))
			return true;
	return false;
}

static int fill_value(struct reader *r, const struct fields *f, struct record *out, struct err *e)
{
	const char *value = fields_get(f, "value");
	const char *stat;

	if (take_common(r, f, out, e))
		return -1;
	stat = text_of(f, "stat", RECORD_NAME_MAX, e);
	if (!stat)
		return -1;
	if (!is_stat(stat))
		return err_set(e, ERR_INFRA, "'stat' has an unknown value");
	if (!value)
		return err_set(e, ERR_INFRA, "'value' is missing");
	if (number_parse(value, &out->value))
		return err_set(e, ERR_INFRA, "'value' is not a finite number");
	out->stat = xstrdup(stat);
	return 0;
}

static int keep(struct reader *r, struct record *rec, int failed)
{
	if (failed) {
		record_release(rec);
		return -1;
	}
	*ARRAY_PUSH(r->rs->rec, r->rs->nrec, r->rs->rec_cap) = *rec;
	return 0;
}

static int take_value(struct reader *r, const struct fields *f, struct err *e)
{
	struct record rec = { .type = REC_VALUE };

	return keep(r, &rec, fill_value(r, f, &rec, e));
}

/* Digits up to @sep; SQLite's integers are signed, so that is where the range ends. */
static int take_number(const char **p, char sep, uint64_t *out)
{
	char *end;

	if (**p < '0' || **p > '9')
		return -1;
	errno = 0;
	*out = strtoull(*p, &end, 10);
	if (errno || *out > INT64_MAX || *end != sep)
		return -1;
	*p = end;
	return 0;
}

static int take_bucket(const char **p, struct bucket *b)
{
	if (take_number(p, ':', &b->lower))
		return -1;
	(*p)++;
	return take_number(p, strchr(*p, ',') ? ',' : '\0', &b->count);
}

static int add_bucket(struct record *out, const struct bucket *b, uint64_t *total, struct err *e)
{
	size_t n = out->nbuckets;

	if (n == RECORD_BUCKETS_MAX)
		return err_set(e, ERR_INFRA, "more than %d buckets", RECORD_BUCKETS_MAX);
	if (bucket_lower(b->lower, out->sub) != b->lower)
		return err_set(e, ERR_INFRA, "no bucket starts at %" PRIu64, b->lower);
	if (n && b->lower <= out->buckets[n - 1].lower)
		return err_set(e, ERR_INFRA, "bucket %" PRIu64 " is out of order", b->lower);
	if (!b->count || b->count > INT64_MAX - *total)
		return err_set(e, ERR_INFRA, "bucket %" PRIu64 " has an impossible count",
			       b->lower);
	*total += b->count;
	out->buckets[out->nbuckets++] = *b;
	return 0;
}

static int fill_buckets(struct record *out, const char *p, struct err *e)
{
	uint64_t total = 0;
	size_t commas = 0;

	for (const char *q = p; *q; q++)
		commas += *q == ',';
	if (commas >= RECORD_BUCKETS_MAX)
		return err_set(e, ERR_INFRA, "more than %d buckets", RECORD_BUCKETS_MAX);
	out->buckets = xcalloc(commas + 1, sizeof(*out->buckets));
	while (*p) {
		struct bucket b;

		if (take_bucket(&p, &b))
			return err_set(e, ERR_INFRA, "'buckets': expected LOWER:COUNT,...");
		if (add_bucket(out, &b, &total, e))
			return -1;
		if (*p == ',' && !*++p)
			return err_set(e, ERR_INFRA, "'buckets' ends in a comma");
	}
	return 0;
}

static int fill_hist(struct reader *r, const struct fields *f, struct record *out, struct err *e)
{
	const char *buckets = fields_get(f, "buckets");
	long long sub;

	if (!buckets)
		return err_set(e, ERR_INFRA, "'buckets' is missing");
	if (take_common(r, f, out, e) || fields_int(f, "sub", 0, SUB_MAX, &sub, e))
		return -1;
	out->sub = (unsigned int)sub;
	return fill_buckets(out, buckets, e);
}

static int take_hist(struct reader *r, const struct fields *f, struct err *e)
{
	struct record rec = { .type = REC_HIST };

	return keep(r, &rec, fill_hist(r, f, &rec, e));
}

static void add_note(struct record_set *rs, const struct note *where, const char *key,
		     const char *value)
{
	struct note *n = ARRAY_PUSH(rs->note, rs->nnote, rs->note_cap);

	*n = *where;
	n->key = xstrdup(key);
	n->value = xstrndup(value, RECORD_NOTE_MAX);
}

/* The value of a note that may be empty, but not long. */
static const char *note_value(const struct fields *f, struct err *e)
{
	const char *value = fields_get(f, "value");

	if (!value)
		err_set(e, ERR_INFRA, "'value' is missing");
	else if (strlen(value) > RECORD_NOTE_MAX)
		err_set(e, ERR_INFRA, "'value' has %zu bytes, at most %d are allowed",
			strlen(value), RECORD_NOTE_MAX);
	else
		return value;
	return NULL;
}

static int take_note(struct reader *r, const struct fields *f, struct err *e)
{
	const char *key = text_of(f, "key", RECORD_NAME_MAX, e);
	const char *value = key ? note_value(f, e) : NULL;
	struct note where = { 0 };
	long long round, cpu;

	if (!value || workload_of(r, f, &where.workload, e))
		return -1;
	if (!r->collector && where.workload != r->rs->running)
		return err_set(e, ERR_INFRA, "workload %d is not running", where.workload);
	if (r->rs->nnote >= RECORD_NOTES_MAX)
		return err_set(e, ERR_INFRA, "more than %d notes", RECORD_NOTES_MAX);
	if (fields_int(f, "round", -1, ROUNDS_MAX - 1, &round, e) ||
	    fields_int(f, "cpu", -1, CPUS_MAX - 1, &cpu, e))
		return -1;
	where.round = (int)round;
	where.cpu = (int)cpu;
	add_note(r->rs, &where, key, value);
	return 0;
}

void record_set_note(struct record_set *rs, int workload, const char *key, const char *value)
{
	const struct note where = { .workload = workload, .round = -1, .cpu = -1 };

	if (rs->nnote < RECORD_NOTES_MAX)
		add_note(rs, &where, key, value);
}

/* A collector knows better than the guest that a workload was not measured well. What went wrong already is the
 * reason, and a window that was left open then follows from it. */
static void replace_done(struct record_set *rs, int w, enum wl_state state, const char *reason)
{
	size_t i;

	for (i = 0; i < rs->ndone; i++)
		if (rs->done[i].workload == w)
			break;
	if (i == rs->ndone)
		ARRAY_PUSH(rs->done, rs->ndone, rs->done_cap);
	else if (rs->done[i].state != WL_OK)
		return;
	free(rs->done[i].reason);
	rs->done[i].workload = w;
	rs->done[i].state = state;
	rs->done[i].reason = xstrdup(reason);
}

static int take_done(struct reader *r, const struct fields *f, struct err *e)
{
	const char *reason = fields_get(f, "reason");
	struct record_set *rs = r->rs;
	int w = -1, state = WL_OK;

	if (workload_of(r, f, &w, e) || choice_of(f, "state", wl_state_parse, &state, e))
		return -1;
	if (r->collector) {
		replace_done(rs, w, (enum wl_state)state, reason ? reason : "");
		return 0;
	}
	/* a workload may be broken or skipped before it has begun; ok needs evidence that it ran */
	if (rs->running != w &&
	    (rs->running >= 0 || state == WL_OK || !rs->started || is_done(rs, w)))
		return err_set(e, ERR_INFRA, "workload %d is not running", w);
	ARRAY_PUSH(rs->done, rs->ndone, rs->done_cap);
	rs->done[rs->ndone - 1].workload = w;
	rs->done[rs->ndone - 1].state = (enum wl_state)state;
	rs->done[rs->ndone - 1].reason = xstrdup(reason ? reason : "");
	rs->running = -1;
	return 0;
}

static int take_end(struct reader *r, const struct fields *f, struct err *e)
{
	long long records;

	if (fields_int(f, "records", 0, INT64_MAX, &records, e))
		return -1;
	if (r->collector) {
		r->ended = true;
		if ((unsigned long long)records == r->rs->nrec - r->first)
			return 0;
		return err_set(e, ERR_INFRA, "%lld records were sent, %zu arrived", records,
			       r->rs->nrec - r->first);
	}
	if (!r->rs->started)
		return err_set(e, ERR_INFRA, "end without a start line");
	if (r->rs->running >= 0)
		return err_set(e, ERR_INFRA, "end while workload %d runs", r->rs->running);
	if ((unsigned long long)records != r->rs->nrec)
		return err_set(e, ERR_INFRA, "%lld records were sent, %zu arrived", records,
			       r->rs->nrec);
	r->rs->ended = true;
	return 0;
}

static const struct word words[] = {
	{ "kdelta", take_kdelta }, { "start", take_start }, { "info", take_info },
	{ "begin", take_begin },   { "value", take_value }, { "hist", take_hist },
	{ "note", take_note },     { "done", take_done },   { "end", take_end },
};

static int take_fields(struct reader *r, const struct fields *f, struct err *e)
{
	if (!r->greeted && strcmp(f->word, "kdelta") != 0)
		return err_set(e, ERR_INFRA, "expected 'kdelta version=%d' first", RECORD_VERSION);
	if (r->collector ? r->ended : r->rs->ended)
		return err_set(e, ERR_INFRA, "a line after the end");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].name, f->word))
			return words[i].take(r, f, e);
	return err_set(e, ERR_INFRA, "unknown word '%s'", f->word);
}

static int take_line(struct reader *r, const char *line, size_t len, struct err *e)
{
	struct fields f;
	int ret;

	if (fields_parse(&f, line, len, e))
		return -1;
	ret = take_fields(r, &f, e);
	fields_release(&f);
	return ret;
}

static int parse(struct reader *r, const char *text, size_t len, const char *what, struct err *e)
{
	const char *end = text + len;
	size_t number = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		if (!newline)
			break;
		number++;
		if (take_line(r, text, (size_t)(newline - text), e))
			return err_prefix(e, "%s line %zu", what, number);
		text = newline + 1;
	}
	return 0;
}

int record_set_parse(struct record_set *rs, const char *text, size_t len, int nworkloads,
		     size_t max_records, struct err *e)
{
	struct reader r = { .rs = rs, .nworkloads = nworkloads, .max_records = max_records };

	return parse(&r, text, len, "records", e);
}

int record_set_add(struct record_set *rs, const char *text, size_t len, int nworkloads,
		   size_t max_records, struct err *e)
{
	struct reader r = { .rs = rs,
			    .nworkloads = nworkloads,
			    .max_records = max_records,
			    .collector = true,
			    .first = rs->nrec };

	if (parse(&r, text, len, "counts", e))
		return -1;
	return r.ended ? 0 : err_set(e, ERR_INFRA, "counts: the end line did not come");
}
