// SPDX-License-Identifier: GPL-2.0
#include "collectors/events.h"

#include <string.h>

static bool never_repeats(uint64_t shape)
{
	(void)shape;
	return false;
}

const struct event_arch event_archs[] = {
	{
		.name = "x86_64",
		.events = x86_events,
		.shape = x86_shape,
		.cannot_fault = x86_cannot_fault,
		.repeats = x86_repeats,
		.marker = x86_marker,
	},
	{
		.name = "s390x",
		.events = s390_events,
		.shape = s390_shape,
		.cannot_fault = s390_cannot_fault,
		.repeats = never_repeats,
		.marker = s390_marker,
	},
	{
		.name = "aarch64",
		.events = arm64_events,
		.shape = arm64_shape,
		.cannot_fault = arm64_cannot_fault,
		.repeats = never_repeats,
		.marker = arm64_marker,
	},
	{ .name = NULL },
};

const struct event_arch *event_arch_find(const char *name)
{
	for (const struct event_arch *a = event_archs; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

static bool starts_counter(const struct event_arch *a, const struct event *ev)
{
	return ev == a->events || strcmp(ev->name, ev[-1].name);
}

size_t event_counters(const struct event_arch *a)
{
	size_t n = 0;

	for (const struct event *ev = a->events; ev->name; ev++)
		n += starts_counter(a, ev);
	return n;
}

int event_match(const struct event_arch *a, uint64_t shape)
{
	int counter = -1;

	for (const struct event *ev = a->events; ev->name; ev++) {
		counter += starts_counter(a, ev);
		if ((shape & ev->mask) == ev->value)
			return counter;
	}
	return -1;
}

const struct event *event_of_counter(const struct event_arch *a, size_t counter)
{
	for (const struct event *ev = a->events; ev->name; ev++)
		if (starts_counter(a, ev) && !counter--)
			return ev;
	return NULL;
}
