// SPDX-License-Identifier: GPL-2.0
#include "collectors/pfm_encode.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_perf_spec.h"

struct encoder {
	const char *pmu, *arch, *host;
	bool started; /* libpfm4, which is started when the first event needs it */
	struct err *e;
};

/* "name", "name:u": the length of the name, and the levels behind it; 0 when something else is behind. */
static size_t split_mode(const char *event, struct perf_spec *s)
{
	size_t len = strcspn(event, ":");
	const char *mode = event[len] ? event + len + 1 : "uk";

	if (!*mode || strspn(mode, "uk") != strlen(mode))
		return 0;
	s->user = strchr(mode, 'u') != NULL;
	s->kernel = strchr(mode, 'k') != NULL;
	return len;
}

static bool encode_generic(const char *event, struct perf_spec *s)
{
	const struct perf_generic *g = split_mode(event, s) ? perf_generic_find(event) : NULL;

	if (!g)
		return false;
	s->type = g->type;
	s->config = g->config;
	strcpy(s->unit, g->unit);
	return true;
}

static bool encode_raw(const char *event, struct perf_spec *s)
{
	size_t len = split_mode(event, s);
	char *end;

	if (*event != 'r' || len < 2 || strspn(event + 1, "0123456789abcdefABCDEF") != len - 1)
		return false;
	errno = 0;
	s->type = PERF_TYPE_RAW;
	s->config = strtoull(event + 1, &end, 16);
	strcpy(s->unit, "events");
	return !errno;
}

/* A PMU that the library does not know is not forced: it goes on with what it finds in this machine. */
static bool pmu_present(const char *name)
{
	pfm_pmu_t i;

	pfm_for_all_pmus(i)
	{
		pfm_pmu_info_t info = { .size = sizeof(info) };

		if (pfm_get_pmu_info(i, &info) == PFM_SUCCESS && info.is_present &&
		    !strcmp(info.name, name))
			return true;
	}
	return false;
}

/* LIBPFM_FORCE_PMU is read when the library starts: libpfm(3), "ENVIRONMENT VARIABLES". */
static int start_library(struct encoder *enc)
{
	bool forced = strcmp(enc->pmu, "auto") != 0;
	int ret;

	if (enc->started)
		return 0;
	if (forced)
		setenv("LIBPFM_FORCE_PMU", enc->pmu, 1);
	ret = pfm_initialize();
	if (forced)
		unsetenv("LIBPFM_FORCE_PMU");
	if (ret != PFM_SUCCESS)
		return err_set(enc->e, ERR_USAGE, "libpfm4 does not start with the PMU '%s': %s",
			       enc->pmu, pfm_strerror(ret));
	enc->started = true;
	if (forced && !pmu_present(enc->pmu))
		return err_set(
			enc->e, ERR_USAGE,
			"libpfm4 of this %s machine knows no PMU '%s'; its names are those of libpfm4's documentation, as 'skl'",
			enc->host, enc->pmu);
	return 0;
}

/* What the library's answer means for whoever wrote the event. */
static int refuse(struct encoder *enc, const char *event, int why)
{
	if (!strcmp(enc->pmu, "auto"))
		return err_set(
			enc->e, ERR_USAGE,
			"event '%s' is neither a generic one nor one of this machine's PMU (%s); 'pmu' names another PMU, and rHEX a raw event",
			event, pfm_strerror(why));
	return err_set(enc->e, ERR_USAGE, "event '%s' is no event of the PMU '%s': %s", event,
		       enc->pmu, pfm_strerror(why));
}

static int encode_pfm(struct encoder *enc, const char *event, struct perf_spec *s)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	pfm_perf_encode_arg_t arg = { .attr = &attr, .size = sizeof(arg) };
	int ret;

	if (strcmp(enc->arch, enc->host))
		return err_set(
			enc->e, ERR_USAGE,
			"event '%s' is no generic one, and libpfm4 of this %s machine knows no PMU of %s; give its number as rHEX",
			event, enc->host, enc->arch);
	if (start_library(enc))
		return -1;
	ret = pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (ret != PFM_SUCCESS)
		return refuse(enc, event, ret);
	/* libpfm4's "mg": of all that a specification has no place for, the one thing that it lets through */
	if (attr.exclude_host)
		return err_set(
			enc->e, ERR_USAGE,
			"event '%s' counts guests of the machine alone, of which there are none; leave 'mg' out",
			event);
	s->type = attr.type;
	s->config = attr.config;
	s->config1 = attr.config1;
	s->config2 = attr.config2;
	s->user = !attr.exclude_user;
	s->kernel = !attr.exclude_kernel;
	strcpy(s->unit, "events");
	return 0;
}

static int encode_one(struct encoder *enc, const char *event, struct str *out)
{
	struct perf_spec s = { .type = 0 };
	size_t len = strlen(event);

	if (!len || len >= sizeof(s.name) || strpbrk(event, "@;{}"))
		return err_set(enc->e, ERR_USAGE,
			       "'%s' is no event: expected a name of less than %d characters",
			       event, PERF_NAME_MAX);
	memcpy(s.name, event, len + 1);
	if (!encode_generic(event, &s) && !encode_raw(event, &s) && encode_pfm(enc, event, &s))
		return -1;
	perf_spec_write(&s, out);
	return 0;
}

/* The events of one group, or one event. */
static int encode_group(struct encoder *enc, const char *text, size_t len, struct str *out)
{
	cleanup_free char *group = xasprintf("%.*s", (int)len, text);
	char *next = group, *event;

	while ((event = strsep(&next, ","))) {
		if (encode_one(enc, event, out))
			return -1;
		if (next)
			str_addch(out, ',');
	}
	return 0;
}

static int encode_all(struct encoder *enc, const char *events, struct str *out)
{
	for (const char *p = events;; p++) {
		bool braces = *p == '{';
		size_t len = strcspn(p += braces, braces ? "}" : ",");

		if (braces && !p[len])
			return err_set(enc->e, ERR_USAGE, "'%s': a group has no '}'", events);
		if (encode_group(enc, p, len, out))
			return -1;
		p += len + braces;
		if (!*p)
			return 0;
		if (*p != ',')
			return err_set(enc->e, ERR_USAGE, "'%s': expected ',' before '%s'", events,
				       p);
		str_addch(out, ';');
	}
}

static int check_number(const struct str *out, const char *events, struct err *e)
{
	cleanup_free struct perf_specs *all = xcalloc(1, sizeof(*all));
	struct err why = ERR_INIT;

	if (!perf_specs_parse(out->buf, all, &why))
		return 0;
	return err_set(e, ERR_USAGE, "'%s': %s", events, why.msg);
}

int pfm_encode(const char *events, const char *pmu, const char *arch, const char *host,
	       struct str *out, struct err *e)
{
	struct encoder enc = { .pmu = pmu, .arch = arch, .host = host, .e = e };
	int ret = encode_all(&enc, events, out);

	if (enc.started)
		pfm_terminate();
	return ret ? -1 : check_number(out, events, e);
}
