// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/commands.h"
#include "runner/doctor.h"
#include "runner/leftovers.h"
#include "runner/paths.h"
#include "runner/qemu.h"
#include "runner/target.h"

struct doctor_opts {
	bool forget, fetch_qemu;
	const char *format;
};

static const char *colour_of(enum finding_state s)
{
	static const char *const codes[] = { "\033[32m", "\033[33m", "\033[31m" };

	return codes[s];
}

/* Columns for the longest name. */
static int name_width(const struct doctor *d)
{
	size_t width = 0;

	for (size_t i = 0; i < d->n; i++)
		if (strlen(d->f[i].name) > width)
			width = strlen(d->f[i].name);
	return (int)width;
}

static void print_finding(const struct finding *f, int width, bool colour)
{
	printf("  %s%-8s%s%-*s %s\n", colour ? colour_of(f->state) : "",
	       finding_state_name(f->state), colour ? "\033[0m" : "", width, f->name, f->text);
}

static void print_install(const struct doctor *d)
{
	if (!d->install.n)
		return;
	printf("\nto install what is missing:\n  apt-get install --no-install-recommends");
	for (size_t i = 0; i < d->install.n; i++)
		printf(" %s", d->install.v[i]);
	printf("\n");
}

static void print_fetch(const struct doctor *d)
{
	if (d->wants_qemu)
		printf("\nfor a QEMU that does more, in the cache, nothing installed:\n"
		       "  kdelta doctor --fetch-qemu\n");
}

static void print_text(const struct doctor *d)
{
	const char *section = "";
	bool colour = term_colour();
	int width = name_width(d);

	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(section, d->f[i].section))
			printf("%s%s\n", i ? "\n" : "", d->f[i].section);
		section = d->f[i].section;
		print_finding(&d->f[i], width, colour);
	}
	print_install(d);
	print_fetch(d);
	printf("\n%s\n", doctor_well(d) ?
				 "the shipped suites can run here" :
				 "the shipped suites cannot run here: see 'missing' above");
}

/* What programs print about themselves need not be UTF-8. */
static json_t *text_or_empty(const char *text)
{
	json_t *j = json_string(text);

	return j ? j : json_string("");
}

static json_t *finding_json(const struct finding *f)
{
	json_t *j = json_object();

	json_object_set_new(j, "section", json_string(f->section));
	json_object_set_new(j, "name", text_or_empty(f->name));
	json_object_set_new(j, "state", json_string(finding_state_name(f->state)));
	json_object_set_new(j, "text", text_or_empty(f->text));
	return j;
}

static void print_json(const struct doctor *d)
{
	json_t *findings = json_array();
	json_t *install = json_array();
	json_t *top = json_object();
	char *text;

	for (size_t i = 0; i < d->n; i++)
		json_array_append_new(findings, finding_json(&d->f[i]));
	for (size_t i = 0; i < d->install.n; i++)
		json_array_append_new(install, text_or_empty(d->install.v[i]));
	json_object_set_new(top, "ok", json_boolean(doctor_well(d)));
	json_object_set_new(top, "findings", findings);
	json_object_set_new(top, "install", install);
	text = json_dumps(top, JSON_INDENT(2));
	puts(text);
	free(text);
	json_decref(top);
}

static int fetch_qemu(struct err *e)
{
	cleanup_str struct str version = STR_INIT;

	leftovers_remove();
	if (qemu_fetch(&version, e))
		return (int)e->kind;
	printf("QEMU %s is in the cache; targets take it where the system's cannot do what they ask for\n",
	       version.buf);
	return 0;
}

static int cmd_doctor(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	const struct doctor_opts *o = opts;
	struct config *c;
	struct doctor d;
	int status;

	(void)args;
	(void)rest;
	if (o->fetch_qemu)
		return fetch_qemu(e);
	if (o->forget && accel_forget(e))
		return (int)e->kind;
	c = config_open(paths_configs(), e);
	if (!c)
		return (int)e->kind;
	status = doctor_examine(&d, c, e) ? (int)e->kind : ERR_NONE;
	if (!status) {
		if (o->format && !strcmp(o->format, "json"))
			print_json(&d);
		else
			print_text(&d);
		status = doctor_well(&d) ? 0 : ERR_INFRA;
	}
	doctor_release(&d);
	config_free(c);
	return status;
}

static const char *const formats[] = { "text", "json", NULL };

static const struct option_desc doctor_options[] = {
	{ .name = "forget",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct doctor_opts, forget),
	  .help = "forget whether KVM works; the next boot proves it again" },
	{ .name = "fetch-qemu",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct doctor_opts, fetch_qemu),
	  .help = "fetch the newest QEMU of the distribution's backports into the cache; installs nothing" },
	{ .name = "format",
	  .type = OPT_ENUM,
	  .arg = "F",
	  .choices = formats,
	  .offset = offsetof(struct doctor_opts, format),
	  .help = "text, json" },
	{ .name = NULL },
};

const struct command command_doctor = {
	.name = "doctor",
	.usage = "[options]",
	.summary = "what this machine can and cannot measure, and why",
	.help = "Looks at the machine, its compilers, emulators, KVM, performance counters and packages, and says "
		"for every target what kind of truth its numbers are. Changes nothing and boots nothing, but for --fetch-qemu and --forget. Exit "
		"status 0 when the shipped suites can run here, 3 when something they need is missing.",
	.examples = "kdelta doctor\n"
		    "kdelta doctor --format json\n"
		    "kdelta doctor --fetch-qemu  # several CPUs under icount on s390x need QEMU 9\n"
		    "kdelta doctor --forget      # after the host's KVM was repaired",
	.options = doctor_options,
	.size = sizeof(struct doctor_opts),
	.run = cmd_doctor,
};
