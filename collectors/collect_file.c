// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

int collect_write(const char *path, const char *text, struct err *e)
{
	size_t len = strlen(text);
	/* a list of CPUs is cleared by an empty line, and appended to nothing: O_TRUNC, as a shell does */
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	n = write(fd, text, len);
	if (n < 0)
		err_errno(e, ERR_INFRA, "cannot write '%s' to '%s'", text, path);
	else if ((size_t)n != len)
		err_set(e, ERR_INFRA, "cannot write '%s' to '%s': took %zd bytes", text, path, n);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

int collect_write_at(const char *dir, const char *name, const char *text, struct err *e)
{
	cleanup_free char *path = path_join(dir, name);

	return collect_write(path, text, e);
}

int setting_change(struct setting *s, const char *path, const char *text, struct err *e)
{
	cleanup_str struct str was = STR_INIT;

	if (file_read(path, 4096, &was, e) || collect_write(path, text, e))
		return -1;
	s->path = xstrdup(path);
	s->was = str_detach(&was);
	return 0;
}

void setting_restore(struct setting *s)
{
	if (s->path)
		collect_write(s->path, s->was, NULL);
	free(s->path);
	free(s->was);
	*s = (struct setting){ 0 };
}
