// SPDX-License-Identifier: GPL-2.0
/* Sources, variants and targets: every key, its ranges and units, and what is said about a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "tests/unit/config_folder.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define URLS "urls: [http://example.org/x.tar]\n"
#define QEMU "arch: x86_64\nmachine: q35\nconsole: ttyS0\n"
#define FAKE "backend: fake\narch: x86_64\nfake_records: ../records\n"
#define SECONDS " s (or with a unit: s m min h)"

struct row {
	const char *name, *kind, *input, *want;
};

/* Write the input as <kind>/x.yaml and load it: the object's dump, or the error. */
static char *load_x(struct config_folder *w, const char *kind, const char *input)
{
	cleanup_free char *file = xasprintf("%s/x.yaml", kind);
	cleanup_str struct str dump = STR_INIT;
	struct err e = ERR_INIT;
	const void *object;

	config_folder_write(w, file, input);
	config_folder_reload(w);
	object = config_folder_load(w, kind, "x", &e);
	if (!object) {
		assert_int_equal(e.kind, ERR_USAGE);
		return config_folder_short(w, e.msg);
	}
	assert_int_equal(e.kind, ERR_NONE);
	config_folder_dump(kind, object, &dump);
	return config_folder_short(w, dump.buf);
}

static void values(void **state)
{
	static const struct row rows[] = {
		{ "name", "sources", URLS, "name=x\n" },
		{ "no description", "sources", URLS, "description=\n" },
		{ "description", "sources",
		  "description: \"a: b | c × \\\"d\\\" 'e' %s # f\"\n" URLS,
		  "description=a: b | c × \"d\" 'e' %s # f\n" },
		{ "version", "sources", "version: 7.3\n" URLS, "version=7.3\n" },
		{ "git and ref", "sources", "git: ../patches\nref: v7.3\n",
		  "git=sources/../patches\nref=v7.3\n" },
		{ "path", "sources", "path: ../patches\n", "\npath=sources/../patches\n" },
		{ "tarball", "sources", "tarball: ../kconfig/common.config\nsha256: " SHA "\n",
		  "tarball=sources/../kconfig/common.config\n" },
		{ "package and suite", "sources", "package: linux-source-7.3\nsuite: sid\n",
		  "package=linux-source-7.3\nsuite=sid\n" },
		{ "urls", "sources",
		  "urls: [http://a.example/1, https://b.example/2]\nsha256: " SHA "\n",
		  "urls=http://a.example/1,https://b.example/2\nsha256=" SHA "\n" },
		{ "one url", "sources", "urls: http://a.example/1\n", "urls=http://a.example/1\n" },
		{ "package and urls", "sources", "package: l\nsuite: sid\n" URLS, "package=l\n" },

		{ "defaults", "variants", "source: s\n",
		  "source=s\npatches=\nbase_config=tinyconfig\nfragments=\noptions=\ncmdline=\narchs=\n" },
		{ "base_config", "variants", "source: s\nbase_config: defconfig\n",
		  "base_config=defconfig\n" },
		{ "patches of the folder", "variants", "source: s\npatches: one\n",
		  "patches=patches/one\n" },
		{ "patches beside the file", "variants",
		  "source: s\npatches: [../patches/one/0001-a.patch]\n",
		  "patches=variants/../patches/one/0001-a.patch\n" },
		{ "fragments", "variants", "source: s\nfragments: [common, '{arch}']\n",
		  "fragments=kconfig/common.config,kconfig/{arch}.config\n" },
		{ "options", "variants",
		  "source: s\noptions: [CONFIG_A=y CONFIG_B=n, CONFIG_C=7]\n",
		  "options=CONFIG_A=y,CONFIG_B=n,CONFIG_C=7\n" },
		{ "cmdline as words", "variants", "source: s\ncmdline: a=1  b\n",
		  "cmdline=a=1,b\n" },
		{ "cmdline as a list", "variants", "source: s\ncmdline: [a=1, b]\n",
		  "cmdline=a=1,b\n" },
		{ "an empty list", "variants", "source: s\ncmdline: []\n", "cmdline=\n" },
		{ "archs", "variants", "source: s\narchs: [s390x, x86_64]\n",
		  "archs=s390x,x86_64\n" },

		{ "defaults", "targets", QEMU,
		  "backend=qemu\narch=x86_64\nmachine=q35\ncpu=max\ncpu_kvm=host\ncpus=2\nmemory=512\n"
		  "accel=0\nicount=-1\nseed=1\nconsole=ttyS0\nserial_device=virtio-serial-pci\n"
		  "rtc=2026-01-01T00:00:00\ncmdline=\nqemu_args=\nboot_timeout=120\noff_timeout=20\n"
		  "console_limit=4096\nfake_delay=0\nfake_records=-\n" },
		{ "fake", "targets", FAKE, "backend=fake\n" },
		{ "fake_records", "targets", FAKE, "fake_records=targets/../records\n" },
		{ "fake_delay", "targets", FAKE "fake_delay: 250\n", "fake_delay=250\n" },
		{ "fake_delay in ms", "targets", FAKE "fake_delay: 250ms\n", "fake_delay=250\n" },
		{ "fake_delay in s", "targets", FAKE "fake_delay: 1.5s\n", "fake_delay=1500\n" },
		{ "cpu", "targets", QEMU "cpu: Haswell,-x2apic\n", "cpu=Haswell,-x2apic\n" },
		{ "cpu_kvm", "targets", QEMU "cpu_kvm: max\n", "cpu_kvm=max\n" },
		{ "cpus", "targets", QEMU "cpus: 512\n", "cpus=512\n" },
		{ "memory", "targets", QEMU "memory: 64\n", "memory=64\n" },
		{ "memory in M", "targets", QEMU "memory: 100M\n", "memory=100\n" },
		{ "memory in MiB", "targets", QEMU "memory: 100 MiB\n", "memory=100\n" },
		{ "memory in G", "targets", QEMU "memory: 1G\n", "memory=1024\n" },
		{ "memory in GiB", "targets", QEMU "memory: 1.5 GiB\n", "memory=1536\n" },
		{ "accel", "targets", QEMU "accel: tcg\n", "accel=2\n" },
		{ "serial_device", "targets", QEMU "serial_device: x\n", "serial_device=x\n" },
		{ "icount", "targets", QEMU "icount: 10\nrtc: 2000-01-01\nseed: 0\n",
		  "icount=10\nseed=0\nconsole=ttyS0\nserial_device=virtio-serial-pci\nrtc=2000-01-01\n" },
		{ "cmdline", "targets", QEMU "cmdline: [nokaslr quiet, a]\n",
		  "cmdline=nokaslr,quiet,a\n" },
		{ "qemu_args stay whole", "targets", QEMU "qemu_args: [-device, 'a b']\n",
		  "qemu_args=-device,a b\n" },
		{ "boot_timeout in s", "targets", QEMU "boot_timeout: 90s\n", "boot_timeout=90\n" },
		{ "boot_timeout in min", "targets", QEMU "boot_timeout: 2min\n",
		  "boot_timeout=120\n" },
		{ "boot_timeout in m", "targets", QEMU "boot_timeout: 2m\n", "boot_timeout=120\n" },
		{ "boot_timeout in h", "targets", QEMU "boot_timeout: 24h\n",
		  "boot_timeout=86400\n" },
		{ "off_timeout", "targets", QEMU "off_timeout: 5\n", "off_timeout=5\n" },
		{ "console_limit in K", "targets", QEMU "console_limit: 64K\n",
		  "console_limit=64\n" },
		{ "console_limit in MiB", "targets", QEMU "console_limit: 2MiB\n",
		  "console_limit=2048\n" },
	};

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *got = load_x(*state, rows[i].kind, rows[i].input);

		config_folder_contains(*state, rows[i].name, rows[i].input, got, rows[i].want);
	}
}

static const struct row error_rows[] = {
	{ "nothing of a source", "sources", "version: 7.3\n",
	  "sources/x.yaml:1:1: a source needs one of 'git', 'path', 'tarball', or 'package' and "
	  "'urls'" },
	{ "two of a source", "sources", "path: ../patches\n" URLS,
	  "sources/x.yaml:1:1: a source needs one of 'git', 'path', 'tarball', or 'package' and "
	  "'urls'" },
	{ "git without ref", "sources", "git: ../patches\n",
	  "sources/x.yaml:1:1: 'git' and 'ref' go together" },
	{ "ref without git", "sources", "ref: a\n" URLS,
	  "sources/x.yaml:1:1: 'git' and 'ref' go together" },
	{ "package without suite", "sources", "package: l\n",
	  "sources/x.yaml:1:1: 'package' and 'suite' go together" },
	{ "a path that is not there", "sources", "path: ../none\n",
	  "sources/x.yaml:1:7: there is no 'sources/../none'" },
	{ "a path that is a list", "sources", "path: [a]\n",
	  "sources/x.yaml:1:8: expected one string" },
	{ "a short sha256", "sources", "sha256: 12\n" URLS,
	  "sources/x.yaml:1:9: 'sha256': expected 64 hexadecimal digits" },
	{ "an upper case sha256", "sources", URLS "sha256: A" SHA "\n",
	  "sources/x.yaml:2:9: 'sha256': expected 64 hexadecimal digits" },
	{ "a file as a url", "sources", "urls: [http://a.example/1, /etc/passwd]\n",
	  "sources/x.yaml:1:28: '/etc/passwd': expected https://… or http://…" },
	{ "an option as a ref", "sources", "git: ../patches\nref: --upload-pack=x\n",
	  "sources/x.yaml:2:6: '--upload-pack=x' is no name of a commit" },
	{ "an option as a package", "sources", "package: -x\nsuite: sid\n",
	  "sources/x.yaml:1:10: '-x' is no name of a package" },
	{ "extends of a source", "sources", "extends: s\n",
	  "sources/x.yaml:1:1: unknown key 'extends' in a source; it takes: description, version, "
	  "git, ref, path, tarball, package, suite, urls, sha256" },
	{ "an empty string", "sources", "version:\n" URLS,
	  "sources/x.yaml:1:1: 'version' is empty: expected a string" },
	{ "a list for a string", "sources", "version: [7.3]\n" URLS,
	  "sources/x.yaml:1:11: 'version': expected one value, not a list" },
	{ "a map for a string", "sources", "version: {a: 1}\n" URLS,
	  "sources/x.yaml:1:11: 'version': expected one value, not a map" },
	{ "a map in a list", "sources", "urls: [{a: 1}]\n",
	  "sources/x.yaml:1:9: 'urls': expected a string or a list of strings" },

	{ "no source", "variants", "\ncmdline: a\n",
	  "variants/x.yaml:2:1: a variant needs the key 'source'" },
	{ "an unknown source", "variants", "source: t\n",
	  "variants/x.yaml:1:9: 't' is not a source; there are: s, x" },
	{ "a misspelled key", "variants", "source: s\ncmdlien: a\n",
	  "variants/x.yaml:2:1: unknown key 'cmdlien' in a variant; did you mean 'cmdline'?" },
	{ "a misspelled extends", "variants", "extend: base\n",
	  "variants/x.yaml:1:1: unknown key 'extend' in a variant; did you mean 'extends'?" },
	{ "a merge key", "variants", "source: s\n<<: {cmdline: a}\n",
	  "variants/x.yaml:2:1: unknown key '<<' in a variant; it takes: extends, description, "
	  "source, patches, base_config, fragments, options, cmdline, archs" },
	{ "missing patches", "variants", "source: s\npatches: [one, two]\n",
	  "variants/x.yaml:2:16: there are no patches 'two', neither beside this file nor in "
	  "patches/" },
	{ "patches twice", "variants", "source: s\npatches: [one, one]\n",
	  "variants/x.yaml:2:16: patches 'one' stand twice" },
	{ "a missing fragment", "variants", "source: s\nfragments:\n  - common\n  - nowhere\n",
	  "variants/x.yaml:4:5: there is no fragment 'kconfig/nowhere.config'" },
	{ "a fragment twice", "variants", "source: s\nfragments: [common, common]\n",
	  "variants/x.yaml:2:21: fragment 'common' stands twice" },
	{ "an arch twice", "variants", "source: s\narchs: [x86_64, x86_64]\n",
	  "variants/x.yaml:2:17: 'x86_64' stands twice" },
	{ "an unknown arch", "variants", "source: s\narchs: [amd64]\n",
	  "variants/x.yaml:2:9: unknown architecture 'amd64'; expected one of x86_64, aarch64, "
	  "s390x" },
	{ "no option", "variants", "source: s\noptions: [CONFIG_A=y, B=y]\n",
	  "variants/x.yaml:2:23: option 'B=y': expected CONFIG_NAME=value" },
	{ "an option without value", "variants", "source: s\noptions: CONFIG_A=\n",
	  "variants/x.yaml:2:10: option 'CONFIG_A=': expected CONFIG_NAME=value" },

	{ "no arch", "targets", "machine: q35\nconsole: ttyS0\n",
	  "targets/x.yaml:1:1: a target needs the key 'arch'" },
	{ "no machine", "targets", "arch: x86_64\nconsole: ttyS0\n",
	  "targets/x.yaml:1:1: backend qemu needs the key 'machine'" },
	{ "no console", "targets", "arch: x86_64\nmachine: q35\n",
	  "targets/x.yaml:1:1: backend qemu needs the key 'console'" },
	{ "no records", "targets", "backend: fake\narch: x86_64\n",
	  "targets/x.yaml:1:1: backend fake needs the key 'fake_records'" },
	{ "missing records", "targets", "backend: fake\narch: x86_64\nfake_records: nowhere\n",
	  "targets/x.yaml:3:15: there is no folder 'targets/nowhere'" },
	{ "an unknown backend", "targets", "backend: xen\narch: x86_64\n",
	  "targets/x.yaml:1:10: 'xen' for 'backend': expected one of qemu, fake" },
	{ "an unknown accel", "targets", QEMU "accel: hvf\n",
	  "targets/x.yaml:4:8: 'hvf' for 'accel': expected one of auto, kvm, tcg" },
	{ "no cpus", "targets", QEMU "cpus: 0\n",
	  "targets/x.yaml:4:7: '0' for 'cpus': expected a whole number from 1 to 512" },
	{ "too many cpus", "targets", QEMU "cpus: 513\n",
	  "targets/x.yaml:4:7: '513' for 'cpus': expected a whole number from 1 to 512" },
	{ "half a cpu", "targets", QEMU "cpus: 1.5\n",
	  "targets/x.yaml:4:7: '1.5' for 'cpus': expected a whole number from 1 to 512" },
	{ "a word for a number", "targets", QEMU "cpus: two\n",
	  "targets/x.yaml:4:7: 'two' for 'cpus': expected a whole number from 1 to 512" },
	{ "hexadecimal", "targets", QEMU "cpus: 0x2\n",
	  "targets/x.yaml:4:7: '0x2' for 'cpus': expected a whole number from 1 to 512" },
	{ "an exponent", "targets", QEMU "cpus: 1e1\n",
	  "targets/x.yaml:4:7: '1e1' for 'cpus': expected a whole number from 1 to 512" },
	{ "nan", "targets", QEMU "cpus: nan\n",
	  "targets/x.yaml:4:7: 'nan' for 'cpus': expected a whole number from 1 to 512" },
	{ "a list for a number", "targets", QEMU "cpus: [1]\n",
	  "targets/x.yaml:4:8: 'cpus': expected one value, not a list" },
	{ "a unit where none is", "targets", QEMU "cpus: 2M\n",
	  "targets/x.yaml:4:7: '2M' for 'cpus': expected a whole number from 1 to 512" },
	{ "little memory", "targets", QEMU "memory: 63M\n",
	  "targets/x.yaml:4:9: '63M' for 'memory': expected a whole number from 64 to 1048576 MiB "
	  "(or with a unit: M MiB G GiB)" },
	{ "much memory", "targets", QEMU "memory: 1025G\n",
	  "targets/x.yaml:4:9: '1025G' for 'memory': expected a whole number from 64 to 1048576 MiB "
	  "(or with a unit: M MiB G GiB)" },
	{ "memory in seconds", "targets", QEMU "memory: 512s\n",
	  "targets/x.yaml:4:9: '512s' for 'memory': expected a whole number from 64 to 1048576 MiB "
	  "(or with a unit: M MiB G GiB)" },
	{ "a time in MiB", "targets", QEMU "boot_timeout: 5M\n",
	  "targets/x.yaml:4:15: '5M' for 'boot_timeout': expected a whole number from 1 to "
	  "86400" SECONDS },
	{ "a time of 0", "targets", QEMU "off_timeout: 0\n",
	  "targets/x.yaml:4:14: '0' for 'off_timeout': expected a whole number from 1 to "
	  "3600" SECONDS },
	{ "a time too long", "targets", QEMU "off_timeout: 2h\n",
	  "targets/x.yaml:4:14: '2h' for 'off_timeout': expected a whole number from 1 to "
	  "3600" SECONDS },
	{ "console_limit", "targets", QEMU "console_limit: 15\n",
	  "targets/x.yaml:4:16: '15' for 'console_limit': expected a whole number from 16 to "
	  "1048576 KiB (or with a unit: K KiB M MiB)" },
	{ "icount", "targets", QEMU "icount: -2\n",
	  "targets/x.yaml:4:9: '-2' for 'icount': expected a whole number from -1 to 10" },
	{ "seed", "targets", QEMU "seed: 2147483648\n",
	  "targets/x.yaml:4:7: '2147483648' for 'seed': expected a whole number from 0 to "
	  "2147483647" },
	{ "fake_delay", "targets", FAKE "fake_delay: -1\n",
	  "targets/x.yaml:4:13: '-1' for 'fake_delay': expected a whole number from 0 to 3600000 ms "
	  "(or with a unit: ms s)" },
	{ "words in a list in a list", "targets", QEMU "cmdline: [[a]]\n",
	  "targets/x.yaml:4:12: 'cmdline': expected a string or a list of strings" },
	{ "an empty item", "targets", QEMU "qemu_args: [-s, '']\n",
	  "targets/x.yaml:4:17: 'qemu_args': expected a string or a list of strings" },
};

static void errors(void **state)
{
	for (size_t i = 0; i < NROWS(error_rows); i++) {
		cleanup_free char *got = load_x(*state, error_rows[i].kind, error_rows[i].input);

		config_folder_equal(*state, error_rows[i].name, error_rows[i].input, got,
				    error_rows[i].want);
	}
}

/* Files written one after the other, then x is loaded. */
struct family {
	const char *name, *kind;
	const char *files[5][2];
	const char *x, *want;
};

static void check_family(struct config_folder *w, const struct family *f)
{
	cleanup_free char *got = NULL;

	for (size_t i = 0; f->files[i][0]; i++)
		config_folder_write(w, f->files[i][0], f->files[i][1]);
	got = load_x(w, f->kind, f->x);
	config_folder_contains(w, f->name, f->x, got, f->want);
	/* every error has its place once */
	if (strstr(f->want, ".yaml:") && !strstr(f->want, "there are:"))
		assert_ptr_equal(strstr(got, ".yaml:"), strstr(got, strstr(f->want, ".yaml:")));
}

static const struct family extends_rows[] = {
	{ "lists are appended to",
	  "variants",
	  { { "variants/a.yaml", "source: s\ncmdline: a\noptions: CONFIG_A=y\n" } },
	  "extends: a\ncmdline: [b]\n",
	  "options=CONFIG_A=y\ncmdline=a,b\n" },
	{ "single values are replaced",
	  "variants",
	  { { "variants/a.yaml", "source: s\nbase_config: defconfig\n" } },
	  "extends: a\nbase_config: allnoconfig\n",
	  "base_config=allnoconfig\n" },
	{ "values are kept",
	  "variants",
	  { { "variants/a.yaml", "source: s\nbase_config: defconfig\npatches: one\n" } },
	  "cmdline: a\nextends: a\n",
	  "source=s\npatches=patches/one\nbase_config=defconfig\n" },
	{ "architectures are replaced",
	  "variants",
	  { { "variants/a.yaml", "source: s\narchs: [s390x, x86_64]\n" } },
	  "extends: a\narchs: x86_64\n",
	  "archs=x86_64\n" },
	{ "descriptions are not taken over",
	  "variants",
	  { { "variants/a.yaml", "source: s\ndescription: of a\n" } },
	  "extends: a\n",
	  "description=\n" },
	{ "the source may change",
	  "variants",
	  { { "sources/r.yaml", URLS } },
	  "extends: base\nsource: r\n",
	  "source=r\n" },
	{ "three of them",
	  "variants",
	  { { "variants/a.yaml", "source: s\ncmdline: a\n" },
	    { "variants/b.yaml", "extends: a\ncmdline: b\n" },
	    { "variants/c.yaml", "extends: b\ncmdline: c\n" } },
	  "extends: c\ncmdline: d\n",
	  "cmdline=a,b,c,d\n" },
	{ "a target",
	  "targets",
	  { { NULL, NULL } },
	  "extends: t\nmemory: 1G\ncmdline: a\nqemu_args: -s\n",
	  "machine=q35\ncpu=max\ncpu_kvm=host\ncpus=2\nmemory=1024\n" },
	{ "a target's lists",
	  "targets",
	  { { "targets/a.yaml", QEMU "cmdline: a\nqemu_args: [-s]\nplugin: windows\n" } },
	  "extends: a\ncmdline: b\nqemu_args: [-S]\n",
	  "cmdline=a,b\nqemu_args=-s,-S\n" },
	{ "a target turned fake",
	  "targets",
	  { { NULL, NULL } },
	  "extends: t\nbackend: fake\nfake_records: ../records\n",
	  "backend=fake\n" },
	{ "by path, beside the file",
	  "variants",
	  { { "mine/a.yaml", "source: s\ncmdline: a\n" } },
	  "extends: ../mine/a.yaml\n",
	  "cmdline=a\n" },
	{ "itself",
	  "variants",
	  { { NULL, NULL } },
	  "extends: x\n",
	  "variants/x.yaml:1:10: 'extends' goes round in a circle: x → x" },
	{ "a cycle of three",
	  "variants",
	  { { "variants/a.yaml", "extends: b\n" }, { "variants/b.yaml", "extends: x\n" } },
	  "extends: a\n",
	  "variants/b.yaml:1:10: 'extends' goes round in a circle: x → a → b → x" },
	{ "a cycle by path",
	  "variants",
	  { { "variants/a.yaml", "extends: ./x.yaml\n" } },
	  "extends: a\n",
	  "variants/a.yaml:1:10: 'extends' goes round in a circle: x → a → x" },
	{ "missing",
	  "variants",
	  { { NULL, NULL } },
	  "extends: nobody\n",
	  "variants/x.yaml:1:10: 'nobody' is not a variant; there are: base, x" },
	{ "missing, by path",
	  "variants",
	  { { NULL, NULL } },
	  "extends: ./no:body.yaml\n",
	  "variants/x.yaml:1:10: there is no file 'variants/./no:body.yaml'" },
	{ "no name",
	  "variants",
	  { { NULL, NULL } },
	  "extends: [base]\n",
	  "variants/x.yaml:1:11: expected the name of a variant" },
	{ "an error in what is extended",
	  "variants",
	  { { "variants/a.yaml", "source: s\n\narchs: vax\n" } },
	  "extends: a\n",
	  "variants/a.yaml:3:8: unknown architecture 'vax'" },
	{ "an error two files away",
	  "variants",
	  { { "variants/a.yaml", "extends: b\n" },
	    { "variants/b.yaml", "source: q\n" },
	    { "sources/q.yaml", "pth: a\n" } },
	  "extends: a\n",
	  "sources/q.yaml:1:1: unknown key 'pth' in a source" },
	{ "a syntax error in what is extended",
	  "variants",
	  { { "variants/a.yaml", "source: [\n" } },
	  "extends: a\n",
	  "variants/a.yaml:2:1: " },
	{ "an added option is checked",
	  "variants",
	  { { NULL, NULL } },
	  "extends: base\noptions: X\n",
	  "variants/x.yaml:2:10: option 'X': expected CONFIG_NAME=value" },
	{ "patches that came with what is extended",
	  "variants",
	  { { "variants/a.yaml", "source: s\npatches: one\n" } },
	  "extends: a\npatches: one\n",
	  "variants/x.yaml:2:10: patches 'one' stand twice" },
	{ "a source by path",
	  "variants",
	  { { "mine/q.yaml", URLS } },
	  "source: ../mine/q.yaml\n",
	  "source=q\n" },
	{ "a source by a missing path",
	  "variants",
	  { { NULL, NULL } },
	  "source: ../mine/q.yaml\n",
	  "variants/x.yaml:1:9: there is no file 'variants/../mine/q.yaml'" },
};

static void extends(void **state)
{
	for (size_t i = 0; i < NROWS(extends_rows); i++) {
		/* each in a folder of its own: the files of the others are no part of the answer */
		void *w;

		assert_int_equal(config_folder_setup(&w), 0);
		check_family(w, &extends_rows[i]);
		((struct config_folder *)*state)->failed += ((struct config_folder *)w)->failed;
		config_folder_teardown(&w);
	}
}

static void names_and_paths(void **state)
{
	static const struct {
		const char *name, *input, *want; /* want NULL: it is found */
	} rows[] = {
		{ "a name", "base", NULL },
		{ "an unknown name", "bas", "'bas' is not a variant; there are: base" },
		{ "nothing", "", "'' is not a variant; there are: base" },
		{ "a file that is not there", "./none.yaml", "there is no file './none.yaml'" },
		{ "a name with the suffix is a path", "none.yaml", "there is no file 'none.yaml'" },
		{ "a folder", "/", "there is no file '/'" },
	};
	struct config_folder *w = *state;
	cleanup_free char *path = path_join(w->dir.buf, "variants/base.yaml");
	struct err e = ERR_INIT;

	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct variant *v = config_variant(w->config, rows[i].input, &e);

		config_folder_equal(w, rows[i].name, rows[i].input, v ? v->name : e.msg,
				    rows[i].want ? rows[i].want : "base");
		err_clear(&e);
	}
	/* by name and by path it is one object */
	assert_ptr_equal(config_variant(w->config, path, &e),
			 config_variant(w->config, "base", &e));
}

/* Runs are stored by name: two files of one name would be one there. */
static void one_name(void **state)
{
	struct config_folder *w = *state;
	cleanup_free char *path = path_join(w->dir.buf, "mine/base.yaml");
	cleanup_free char *got = NULL;
	struct err e = ERR_INIT;

	config_folder_write(w, "mine/base.yaml", "source: s\n");
	assert_non_null(config_variant(w->config, "base", &e));
	assert_null(config_variant(w->config, path, &e));
	got = config_folder_short(w, e.msg);
	config_folder_equal(
		w, "the second of a name", path, got,
		"'mine/base.yaml' needs another name, for 'variants/base.yaml' is called 'base' too");
}

/* What could not be read is not found half-read the next time. */
static void second_try(void **state)
{
	struct config_folder *w = *state;

	config_folder_write(w, "variants/x.yaml", "source: s\ncmdline: a\narchs: vax\n");
	for (int i = 0; i < 3; i++) {
		struct err e = ERR_INIT;

		assert_null(config_variant(w->config, "x", &e));
		assert_non_null(strstr(e.msg, "x.yaml:3:8: "));
	}
}

static void listing(void **state)
{
	struct config_folder *w = *state;
	cleanup_strv struct strv names = STRV_INIT, none = STRV_INIT;
	struct err e = ERR_INIT;

	config_folder_write(w, "variants/base-rt.yaml", "extends: base\n");
	config_folder_write(w, "variants/note.txt", "");
	assert_int_equal(config_names(w->config, "variants", &names, &e), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "base");
	assert_string_equal(names.v[1], "base-rt");
	assert_int_equal(config_names(w->config, "nothing", &none, &e), 0);
	assert_int_equal(none.n, 0);
	assert_string_equal(config_description(w->config, "variants", "base", &e), "as it is");
	assert_string_equal(config_description(w->config, "variants", "base-rt", &e), "");
	assert_null(config_description(w->config, "variants", "x", &e));
}

static void no_folder(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_null(config_open("/nonexistent", &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.msg, "'/nonexistent' is no configuration folder: it has no suites/ "
				   "(see KDELTA_CONFIGS)");
}

static void fragments(void **state)
{
	static const struct {
		const char *name, *input, *arch, *want;
	} rows[] = {
		{ "both", "fragments: [common, '{arch}']", "x86_64",
		  "kconfig/common.config kconfig/x86_64.config " },
		{ "inside a name", "fragments: 'on-{arch}-{arch}'", "s390x",
		  "kconfig/on-s390x-s390x.config " },
		{ "none", "cmdline: a", "x86_64", "" },
		{ "missing for this architecture", "fragments: '{arch}'", "aarch64",
		  "variant 'x': there is no fragment 'kconfig/aarch64.config'" },
	};
	struct config_folder *w = *state;

	config_folder_write(w, "kconfig/on-s390x-s390x.config", "CONFIG_A=y\n");
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *text = xasprintf("source: s\n%s\n", rows[i].input);
		cleanup_strv struct strv paths = STRV_INIT;
		cleanup_str struct str all = STR_INIT;
		cleanup_free char *got = NULL;
		struct err e = ERR_INIT;
		const struct variant *v;

		config_folder_write(w, "variants/x.yaml", text);
		config_folder_reload(w);
		v = config_variant(w->config, "x", &e);
		assert_non_null(v);
		if (variant_fragments(v, arch_find(rows[i].arch), &paths, &e))
			str_add(&all, e.msg);
		else
			for (size_t k = 0; k < paths.n; k++)
				str_addf(&all, "%s ", paths.v[k]);
		got = config_folder_short(w, all.buf);
		config_folder_equal(w, rows[i].name, rows[i].input, got, rows[i].want);
	}
}

static void same_build(void **state)
{
	static const struct {
		const char *name, *input;
		bool want;
	} rows[] = {
		{ "nothing else", "extends: base\n", true },
		{ "another command line", "extends: base\ncmdline: a\n", true },
		{ "other architectures", "extends: base\narchs: x86_64\n", true },
		{ "an option", "extends: base\noptions: CONFIG_A=y\n", false },
		{ "a patch", "extends: base\npatches: one\n", false },
		{ "another start", "extends: base\nbase_config: defconfig\n", false },
		{ "fewer fragments", "source: s\nfragments: common\n", false },
		{ "fragments in another order", "source: s\nfragments: ['{arch}', common]\n",
		  false },
		{ "another source", "extends: base\nsource: r\n", false },
	};
	struct config_folder *w = *state;

	config_folder_write(w, "sources/r.yaml", URLS);
	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct variant *v, *base;
		struct err e = ERR_INIT;

		config_folder_write(w, "variants/x.yaml", rows[i].input);
		config_folder_reload(w);
		v = config_variant(w->config, "x", &e);
		base = config_variant(w->config, "base", &e);
		assert_non_null(v);
		config_folder_equal(w, rows[i].name, rows[i].input,
				    variant_same_build(v, base) ? "same" : "differs",
				    rows[i].want ? "same" : "differs");
		assert_int_equal(variant_same_build(base, v), variant_same_build(v, base));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(values),    config_folder_test(errors),
		config_folder_test(extends),   config_folder_test(names_and_paths),
		config_folder_test(one_name),  config_folder_test(second_try),
		config_folder_test(listing),   config_folder_test(no_folder),
		config_folder_test(fragments), config_folder_test(same_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
