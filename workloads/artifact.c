// SPDX-License-Identifier: GPL-2.0
#include "workloads/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/str.h"
#include "workloads/port.h"

#define BLOCK 512
#define WAIT_MS 1000
/* Processes of the guest take turns here: a port can be open once. */
#define LOCK "/artifacts.lock"

/* POSIX.1-2017, pax, "ustar Interchange Format". Numbers are octal digits and a NUL. */
struct ustar {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char linkname[100];
	char magic[6], version[2];
	char uname[32], gname[32];
	char devmajor[8], devminor[8];
	char prefix[155];
	char pad[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK, "a header is one block");

bool artifact_name_ok(const char *name)
{
	size_t n =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return n && n <= ARTIFACT_NAME_MAX && !name[n];
}

/* The sum of all bytes, with the checksum itself read as blanks. */
static void checksum(struct ustar *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned int sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
}

static void fill_header(struct ustar *h, int number, const char *name, long long size)
{
	memset(h, 0, sizeof(*h));
	snprintf(h->name, sizeof(h->name), "w%d-%s", number, name);
	memcpy(h->mode, "0000644", 8);
	memcpy(h->uid, "0000000", 8);
	memcpy(h->gid, "0000000", 8);
	snprintf(h->size, sizeof(h->size), "%011llo", size);
	/* no time of day: a simulated boot repeats to the last byte */
	memcpy(h->mtime, "00000000000", 12);
	h->type = '0';
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	checksum(h);
}

/* The next bytes of the file; behind its end, NULs. Returns how many, -1 when it cannot be read. */
static ssize_t next_bytes(int in, char *buf, size_t max, long long at, bool *shrunk)
{
	ssize_t n = *shrunk ? 0 : pread(in, buf, max, at);

	if (n)
		return n;
	*shrunk = true;
	memset(buf, 0, max);
	return (ssize_t)max;
}

static int append_content(int out, int in, long long size, struct err *e)
{
	static char buf[65536];
	bool shrunk = false;
	ssize_t n;

	for (long long at = 0; at < size; at += n) {
		size_t want = size - at < (long long)sizeof(buf) ? (size_t)(size - at) :
								   sizeof(buf);

		n = next_bytes(in, buf, want, at, &shrunk);
		if (n < 0)
			return err_errno(e, ERR_INFRA, "cannot read it");
		if (port_write(out, buf, (size_t)n))
			return err_errno(e, ERR_INFRA, "cannot write it");
	}
	memset(buf, 0, BLOCK);
	if (port_write(out, buf, (size_t)((BLOCK - size % BLOCK) % BLOCK)))
		return err_errno(e, ERR_INFRA, "cannot write it");
	if (!shrunk)
		return 0;
	err_set(e, ERR_INFRA, "it became shorter meanwhile");
	return 1;
}

int artifact_append(int out, int number, const char *name, int in, long long size, struct err *e)
{
	struct ustar header;

	fill_header(&header, number, name, size);
	if (port_write(out, (const char *)&header, sizeof(header)))
		return err_errno(e, ERR_INFRA, "cannot write it");
	return append_content(out, in, size, e);
}

/* What the file of the lock holds: how much was sent, and whether somebody was killed at it. */
struct sent {
	int64_t bytes;
	int32_t files;
	int32_t cut;
};

static int check_room(const struct sent *s, long long size, struct err *e)
{
	if (s->cut)
		return err_set(e, ERR_INFRA, "an earlier one was cut off");
	if (s->files >= ARTIFACTS_MAX)
		return err_set(e, ERR_INFRA, "%d were sent already", s->files);
	if (size > ARTIFACT_MAX - s->bytes)
		return err_set(e, ERR_INFRA,
			       "it has %lld bytes, and %lld of the boot's %lld are left", size,
			       ARTIFACT_MAX - (long long)s->bytes, ARTIFACT_MAX);
	return 0;
}

/* Returns 0, or -1 when the file does not take it: then nothing may be sent. */
static int note_sent(int lock, const struct sent *s, struct err *e)
{
	if (pwrite(lock, s, sizeof(*s), 0) == (ssize_t)sizeof(*s))
		return 0;
	return err_errno(e, ERR_INFRA, "cannot write '%s'", LOCK);
}

static int send_locked(int lock, int number, const char *name, int in, struct err *e)
{
	struct sent sent = { 0 };
	struct stat st;
	int port, ret;

	if (fstat(in, &st) || pread(lock, &sent, sizeof(sent), 0) < 0)
		return err_errno(e, ERR_INFRA, "cannot read it");
	if (check_room(&sent, st.st_size, e))
		return -1;
	port = port_open(ARTIFACT_PORT, WAIT_MS, e);
	if (port < 0)
		return -1;
	sent.cut = 1;
	ret = note_sent(lock, &sent, e);
	if (!ret)
		ret = artifact_append(port, number, name, in, st.st_size, e);
	close(port);
	if (ret < 0)
		return -1;
	sent.cut = 0;
	sent.files++;
	sent.bytes += st.st_size;
	return note_sent(lock, &sent, e) || ret ? -1 : 0;
}

int artifact_send(int number, const char *name, const char *path, struct err *e)
{
	int lock, in, ret = -1;

	if (!artifact_name_ok(name))
		return err_set(e, ERR_INFRA, "cannot send '%s': '%s' is no name of an artifact",
			       path, name);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_errno(e, ERR_INFRA, "cannot send '%s'", path);
	lock = file_lock(LOCK, -1, e);
	if (lock >= 0) {
		ret = send_locked(lock, number, name, in, e);
		file_unlock(lock);
	}
	close(in);
	return ret ? err_prefix(e, "cannot send '%s'", path) : 0;
}
