// SPDX-License-Identifier: GPL-2.0
#include "workloads/dirt.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096 /* on every architecture here */
#define MODULE_FILE "/sys/kernel/debug/kdelta/drain_trigger/touch"
#define BLOCK_DEVICE "/dev/vda"

static int open_file(struct dirty *d, const char *path, int flags, struct err *e)
{
	d->fd = open(path, flags | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	return 0;
}

static int map_page(struct dirty *d, struct err *e)
{
	d->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (d->page != MAP_FAILED)
		return 0;
	d->page = NULL;
	return err_errno(e, ERR_INFRA, "cannot map a page");
}

/* tmpfs: shmem_get_folio_gfp() in mm/shmem.c adds the new folio with folio_add_lru(). */
static int tmpfs_open(struct dirty *d, struct err *e)
{
	return map_page(d, e) ? -1 : open_file(d, "/tmp", O_TMPFILE | O_RDWR, e);
}

/* Truncating drains this CPU's batches, so it has to come first (__folio_batch_release() in mm/folio.c). */
static int tmpfs_make(struct dirty *d)
{
	if (ftruncate(d->fd, 0))
		return -1;
	return pwrite(d->fd, d->page, PAGE, 0) == PAGE ? 0 : -1;
}

/* Zapping the page drains too, and the fault adds a new folio (do_anonymous_page() in mm/memory.c). */
static int fault_again(struct dirty *d, int advice)
{
	if (madvise(d->page, PAGE, advice))
		return -1;
	*(volatile char *)d->page = 1;
	return 0;
}

static int fault_make(struct dirty *d)
{
	return fault_again(d, MADV_DONTNEED);
}

/* mlock() itself ends with a drain; a fault in a locked mapping does not (folio_add_lru_vma() in mm/folio.c). */
static int mlock_open(struct dirty *d, struct err *e)
{
	if (map_page(d, e))
		return -1;
	if (mlock2(d->page, PAGE, MLOCK_ONFAULT))
		return err_errno(e, ERR_INFRA, "cannot lock a page");
	return 0;
}

static int mlock_make(struct dirty *d)
{
	return fault_again(d, MADV_DONTNEED_LOCKED);
}

/* Every system call with a path takes an object of names_cache and puts it back (getname() in fs/namei.c). */
static int slab_make(struct dirty *d)
{
	(void)d;
	return access("/", F_OK);
}

static int module_open(struct dirty *d, struct err *e)
{
	return open_file(d, MODULE_FILE, O_WRONLY, e);
}

static int module_make(struct dirty *d)
{
	return write(d->fd, "1", 1) == 1 ? 0 : -1;
}

static int file_open(struct dirty *d, struct err *e)
{
	if (map_page(d, e) || open_file(d, BLOCK_DEVICE, O_RDONLY, e))
		return -1;
	/* one page at a time: readahead would fill the batch, and a full one drains itself */
	if (posix_fadvise(d->fd, 0, 0, POSIX_FADV_RANDOM))
		return err_set(e, ERR_INFRA, "cannot advise on '%s'", BLOCK_DEVICE);
	return 0;
}

static int file_make(struct dirty *d)
{
	return pread(d->fd, d->page, PAGE, 0) == PAGE ? 0 : -1;
}

static const struct dirt dirts[] = {
	{ .name = "none" },
	{ .name = "tmpfs", .open = tmpfs_open, .make = tmpfs_make },
	{ .name = "fault", .open = map_page, .make = fault_make },
	{ .name = "mlock", .open = mlock_open, .make = mlock_make },
	{ .name = "slab", .make = slab_make },
	{ .name = "module", .open = module_open, .make = module_make },
	{ .name = "file", .open = file_open, .make = file_make },
};

const char *const dirt_names[] = {
	"none", "tmpfs", "fault", "mlock", "slab", "module", "file", NULL
};

const struct dirt *dirt_find(const char *name)
{
	for (size_t i = 0; i < sizeof(dirts) / sizeof(dirts[0]); i++)
		if (!strcmp(dirts[i].name, name))
			return &dirts[i];
	return NULL;
}

int dirty_open(struct dirty *d, const struct dirt *how, struct err *e)
{
	*d = (struct dirty){ .how = how, .fd = -1 };
	if (!how->open || !how->open(d, e))
		return 0;
	dirty_close(d);
	return -1;
}

int dirty_make(struct dirty *d, struct err *e)
{
	if (!d->how->make || !d->how->make(d))
		return 0;
	return err_errno(e, ERR_INFRA, "cannot make the CPU's caches dirty by '%s'", d->how->name);
}

void dirty_close(struct dirty *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->page)
		munmap(d->page, PAGE);
	d->fd = -1;
	d->page = NULL;
}
