// SPDX-License-Identifier: GPL-2.0
/* What patches and git's complaints about them say. Pure. */
#include "runner/patch.h"

#include <stdlib.h>
#include <string.h>

/* Add the name between @s and @end, less its first component, as -p1 reads it. */
static void touch(struct strv *touched, const char *s, const char *end)
{
	const char *slash = memchr(s, '/', (size_t)(end - s));

	if (!slash || slash + 1 >= end || *s == '/')
		return;
	cleanup_free char *name = xstrndup(slash + 1, (size_t)(end - slash - 1));
	if (!strv_has(touched, name))
		strv_push(touched, name);
}

/* "diff --git a/x b/x": both names, so that a rename touches two files. */
static void touch_git_header(struct strv *touched, const char *s, const char *end)
{
	const char *space = s;

	while (space && space < end && strncmp(space, " b/", 3) != 0)
		space = memchr(space + 1, ' ', (size_t)(end - space - 1));
	if (!space || space >= end)
		return;
	touch(touched, s, space);
	touch(touched, space + 1, end);
}

/* "--- a/x", "+++ b/x", perhaps with a tab and a time. */
static void touch_plain_header(struct strv *touched, const char *line, const char *end)
{
	const char *tab;

	line += 4;
	tab = memchr(line, '\t', (size_t)(end - line));
	touch(touched, line, tab ? tab : end);
}

static const char *line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

/* A removed line "-- x" reads "--- x" too: a header is a pair with a hunk behind it. */
static bool is_plain_header(const char *line)
{
	const char *plus = line_end(line), *hunk;

	if (!*plus || !str_starts(line, "--- ") || !str_starts(++plus, "+++ "))
		return false;
	hunk = line_end(plus);
	return *hunk && str_starts(hunk + 1, "@@ ");
}

void patch_touched(const char *text, struct strv *touched)
{
	const char *end;

	for (const char *line = text; *line; line = *end ? end + 1 : end) {
		end = line_end(line);
		if (str_starts(line, "diff --git ")) {
			touch_git_header(touched, line + strlen("diff --git "), end);
		} else if (is_plain_header(line)) {
			touch_plain_header(touched, line, end);
			touch_plain_header(touched, end + 1, line_end(end + 1));
		}
	}
}

/* Text after @key up to the end of its line, or NULL. */
static char *after(const char *output, const char *key)
{
	const char *s = strstr(output, key);

	if (!s)
		return NULL;
	s += strlen(key);
	return xstrndup(s, strcspn(s, "\n"));
}

void patch_trouble(const char *output, struct str *out)
{
	cleanup_free char *failed = after(output, "error: patch failed: ");
	cleanup_free char *hunk = after(output, "Rejected hunk #");
	cleanup_free char *other = after(output, "error: ");
	char *colon = failed ? strrchr(failed, ':') : NULL;

	if (!colon) {
		str_add(out, other ? other : "git apply failed without a message");
		return;
	}
	*colon = '\0';
	if (hunk)
		str_addf(out, "%s: hunk #%d at line %s does not apply", failed, atoi(hunk),
			 colon + 1);
	else
		str_addf(out, "%s: hunk at line %s does not apply", failed, colon + 1);
}
