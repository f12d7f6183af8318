# SPDX-License-Identifier: GPL-2.0
# kdelta: `make help` lists the targets. GNU make, one Makefile.
#
# Nothing here may need a compiler or pkg-config while the file is read: `make demo` and `make test` start on
# machines that have neither, install them, and start make again.

VERSION = 0.1.0

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

PREFIX ?= /usr/local
DESTDIR ?=
V ?= 0
SANITIZE ?= 0

ifeq ($(origin CC),default)
CC = gcc
endif
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
JOBS := $(shell nproc 2>/dev/null || echo 1)

Q = $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-8s%s\n' $(1) '$(2)')
submake = $(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

# ---- Flags -----------------------------------------------------------------------------------------

ifeq ($(SANITIZE),1)
B := build-asan
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
B := build
SANITIZERS :=
endif

PACKAGES := \
	capstone \
	gsl \
	jansson \
	libarchive \
	libcrypto \
	libelf \
	libfyaml \
	sqlite3

WARNINGS := \
	-Wall \
	-Wextra \
	-Werror \
	-Wshadow \
	-Wstrict-prototypes \
	-Wmissing-prototypes

DEFINES := \
	-D_GNU_SOURCE \
	-DKDELTA_VERSION='"$(VERSION)"'

KDELTA_CFLAGS = -std=gnu11 $(WARNINGS) $(DEFINES) -I. -I$(B)

# Asked for once, and only when something is compiled or linked.
package_cflags = $(eval package_cflags := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(package_cflags)
package_libs = $(eval package_libs := $$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(package_libs)

HOST_CC = $(CC) $(KDELTA_CFLAGS) $(CFLAGS) $(SANITIZERS)
# libpfm4 has no file for pkg-config.
HOST_LIBS = $(package_libs) -lpfm -pthread -lm
HOST_LD = $(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS)
GUEST_FLAGS = $(KDELTA_CFLAGS) $(CFLAGS) -ffunction-sections -fdata-sections
GUEST_LDFLAGS = -static -Wl,--gc-sections

# ---- What is built ---------------------------------------------------------------------------------

GUEST_SRC := \
	$(wildcard workloads/*.c) \
	$(wildcard results/record*.c) \
	$(wildcard results/hist*.c) \
	$(wildcard results/param*.c) \
	$(wildcard collectors/collect*.c) \
	$(wildcard runner/base/*.c)

HOST_SRC := \
	$(wildcard runner/base/*.c) \
	$(wildcard runner/*.c) \
	$(wildcard results/*.c) \
	$(wildcard collectors/static*.c) \
	$(wildcard collectors/collect*.c) \
	$(wildcard collectors/pfm*.c) \
	$(filter-out workloads/guest%,$(wildcard workloads/*.c)) \
	$(wildcard collectors/plugin_host*.c)

# What QEMU loads; its parts that know nothing of QEMU are tested like everything else.
PLUGIN_SRC := \
	$(filter-out collectors/plugin_host%,$(wildcard collectors/plugin*.c)) \
	$(wildcard collectors/events*.c) \
	runner/base/err.c \
	runner/base/file.c \
	runner/base/str.c \
	results/hist.c \
	results/record.c

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_SHARED_SRC := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
BENCH_SRC := $(wildcard tests/bench/bench_*.c)

object = $(patsubst %.c,$(B)/obj/%.o,$(1))

HOST_OBJ := $(call object,$(HOST_SRC))
LIB_OBJ := $(filter-out $(B)/obj/runner/main.o,$(HOST_OBJ))
# Tests may also link what runs only in the guest; from an archive only what a test names is taken.
GUEST_TEST_OBJ := $(call object,$(wildcard workloads/guest*.c)) \
	$(call object,$(filter collectors/plugin_% collectors/events%,$(PLUGIN_SRC)))
UNIT_OBJ := $(call object,$(UNIT_SRC))
UNIT_SHARED_OBJ := $(call object,$(UNIT_SHARED_SRC))
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
BENCH_BIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(BENCH_SRC))

# ---- Guest programs: one per architecture whose compiler is here -----------------------------------

ARCHS := x86_64 aarch64 s390x
HOST_ARCH := $(shell uname -m)
arch_cc = $(if $(filter $(HOST_ARCH),$(1)),$(CC),$(1)-linux-gnu-gcc)
arch_has_cc = $(shell command -v $(firstword $(call arch_cc,$(1))) 2>/dev/null)
GUEST_ARCHS := $(foreach a,$(ARCHS),$(if $(call arch_has_cc,$(a)),$(a)))
LEFT_OUT := $(filter-out $(GUEST_ARCHS),$(ARCHS))
GUESTS := $(foreach a,$(GUEST_ARCHS),$(B)/guest/$(a)/kdelta-guest)

.PHONY: all setup demo test test-unit test-pipeline test-boot test-full lint bench install clean help tests FORCE

all: $(B)/kdelta $(B)/kdelta-plugin.so $(GUESTS) $(B)/kdelta.1
	$(if $(LEFT_OUT),@echo "left out: the guest program for $(LEFT_OUT) (no compiler: 'make setup' installs it)")

tests: $(UNIT_BIN)

# ---- Stamps ----------------------------------------------------------------------------------------

# A stamp holds the flags; one that says something else than this invocation is out of date.
FLAGS_TEXT := $(CC) $(KDELTA_CFLAGS) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) $(PACKAGES)
ifneq ($(file <$(B)/flags),$(FLAGS_TEXT))
$(B)/flags: FORCE
endif
$(B)/flags: | $(B)/tools
	$(file >$@,$(FLAGS_TEXT))
	@:

# The prefix is in one object alone: `make install PREFIX=…` need not build everything again.
$(B)/obj/runner/paths.o: DEFINES += -DPREFIX='"$(PREFIX)"'
$(B)/obj/runner/paths.o: $(B)/prefix
ifneq ($(file <$(B)/prefix),$(PREFIX))
$(B)/prefix: FORCE
endif
$(B)/prefix: | $(B)/tools
	$(file >$@,$(PREFIX))
	@:

# Which objects there are: a removed source has to leave the program too.
OBJECTS_TEXT := $(HOST_SRC) $(GUEST_SRC) $(UNIT_SHARED_SRC) $(PLUGIN_SRC)
ifneq ($(file <$(B)/objects),$(OBJECTS_TEXT))
$(B)/objects: FORCE
endif
$(B)/objects: | $(B)/tools
	$(file >$@,$(OBJECTS_TEXT))
	@:

# One clear line instead of a screen of compiler errors.
$(B)/tools:
	@for tool in $(firstword $(CC)) $(PKG_CONFIG); do command -v $$tool >/dev/null || \
		{ echo "make: '$$tool' is missing; 'make setup' installs what is needed" >&2; exit 1; }; done
	@$(PKG_CONFIG) --exists --print-errors $(PACKAGES) || \
		{ echo "make: libraries are missing; 'make setup' installs what is needed" >&2; exit 1; }
	@mkdir -p $(B) && touch $@

# ---- Rules -----------------------------------------------------------------------------------------

$(B)/gen/schema_sql.h: results/schema.sql Makefile
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q){ echo 'static const char schema_sql[] ='; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' -e 's/.*/	"&\\n"/' $<; echo '	;'; } > $@

# A generated header must be there before the first compilation, when no dependency file names it yet.
$(B)/obj/%.o: %.c $(B)/flags | $(B)/gen/schema_sql.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(package_cflags) -MMD -MP -c -o $@ $<

$(B)/libkdelta.a: $(LIB_OBJ) $(B)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsT $@ $(LIB_OBJ)

$(B)/libguest.a: $(GUEST_TEST_OBJ) $(UNIT_SHARED_OBJ) $(B)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsT $@ $(GUEST_TEST_OBJ) $(UNIT_SHARED_OBJ)

# Linked beside and renamed: a program that runs is never half of something.
$(B)/kdelta: $(HOST_OBJ) $(B)/objects $(B)/flags
	$(call say,LD,$@)
	$(Q)$(HOST_LD) -o $@.new $(HOST_OBJ) $(HOST_LIBS) && mv -f $@.new $@

$(B)/plugin/%.o: %.c $(B)/flags
	$(call say,CC,$< (plugin))
	@mkdir -p $(@D)
	$(Q)$(CC) $(KDELTA_CFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c -o $@ $<

$(B)/kdelta-plugin.so: $(PLUGIN_SRC:%.c=$(B)/plugin/%.o) $(B)/objects
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $(filter %.o,$^) -pthread

$(B)/kdelta.1: $(B)/kdelta
	$(call say,MAN,$@)
	$(Q)$(B)/kdelta help --man > $@

$(B)/tests/%: $(B)/obj/tests/unit/%.o $(B)/libkdelta.a $(B)/libguest.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(HOST_LD) -o $@ $< $(B)/libguest.a $(B)/libkdelta.a $(B)/libguest.a $(HOST_LIBS) -lcmocka

$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libkdelta.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(HOST_LD) -o $@ $< $(B)/libkdelta.a $(HOST_LIBS)

define guest_rules
$(B)/guest/$(1)/obj/%.o: %.c $(B)/flags
	$$(call say,CC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$(call arch_cc,$(1)) $$(GUEST_FLAGS) -MMD -MP -c -o $$@ $$<

$(B)/guest/$(1)/kdelta-guest: $(patsubst %.c,$(B)/guest/$(1)/obj/%.o,$(GUEST_SRC)) $(B)/objects
	$$(call say,LD,$$@)
	$$(Q)$(call arch_cc,$(1)) $$(GUEST_LDFLAGS) -o $$@.new $$(filter %.o,$$^) && mv -f $$@.new $$@
endef
$(foreach a,$(GUEST_ARCHS),$(eval $(call guest_rules,$(a))))

# A QEMU for what the installed one cannot do. Where the archive has none, the tests of it test the fallback.
fetch_qemu = $(B)/kdelta doctor --fetch-qemu || echo "(going on: targets fall back, and say so)"

# ---- The whole way ---------------------------------------------------------------------------------

# What each purpose installs stands in configs/packages.txt.
setup:
	@runner/setup.sh $(if $(DRY_RUN),--dry-run) run build kernel cross test lint docs
	@runner/setup_qemu.sh $(if $(DRY_RUN),--dry-run) $(QEMU)
	$(if $(filter private,$(QEMU)),$(if $(DRY_RUN),,$(Q)$(submake) $(B)/kdelta && $(B)/kdelta doctor --fetch-qemu))

demo:
	@runner/setup.sh run build kernel
	@$(submake) all
	@$(B)/kdelta run demo || { status=$$?; \
		[ $$status -eq 1 ] || exit $$status; \
		echo "(exit status 1 of kdelta: a variant costs more, which the demonstration is about)"; }

test:
	@runner/setup.sh run build kernel cross test
	@$(submake) all tests
	@$(submake) SANITIZE=1 all tests
	@$(fetch_qemu)
	@tests/run

test-unit:
	@$(submake) tests
	@$(submake) SANITIZE=1 tests
	@tests/run unit

test-pipeline:
	@$(submake) all
	@$(submake) SANITIZE=1 all
	@tests/run pipeline

test-boot:
	@$(submake) all
	@$(fetch_qemu)
	@tests/run boot

# What takes minutes or hours: real work and stress on emulated machines, every step of every series.
test-full:
	@$(submake) all
	@$(fetch_qemu)
	@tests/run full

lint:
	@tests/lint/run

bench: all $(BENCH_BIN)
	@tests/bench/bench.sh

# ---- Installing ------------------------------------------------------------------------------------

SHARE = $(DESTDIR)$(PREFIX)/share/kdelta
DATA := $(shell find configs kmods -type f ! -name '.*' 2>/dev/null | sort)

install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(INSTALL) -D -m 755 $(B)/kdelta $(DESTDIR)$(PREFIX)/bin/kdelta
	$(Q)$(INSTALL) -D -m 755 $(B)/kdelta-plugin.so $(DESTDIR)$(PREFIX)/lib/kdelta/kdelta-plugin.so
	$(Q)$(INSTALL) -D -m 644 $(B)/kdelta.1 $(DESTDIR)$(PREFIX)/share/man/man1/kdelta.1
	$(Q)for a in $(GUEST_ARCHS); do $(INSTALL) -D -m 755 $(B)/guest/$$a/kdelta-guest \
		$(DESTDIR)$(PREFIX)/lib/kdelta/guest/$$a/kdelta-guest || exit 1; done
	$(Q)for f in $(DATA); do $(INSTALL) -D -m 644 $$f $(SHARE)/$$f || exit 1; done

clean:
	$(Q)rm -rf build build-asan

help:
	@echo "make                build $(B)/kdelta and the guest programs"
	@echo "make setup          install every package kdelta can use (DRY_RUN=1: only say what);"
	@echo "                    QEMU=private fetches a newer QEMU into the cache, QEMU=system installs it"
	@echo "make demo           install what is missing, build, and run the demonstration"
	@echo "make test           install what is missing and run every test"
	@echo "make test-unit      only the unit tests, normal and sanitized"
	@echo "make test-pipeline  only the tests on the fake target"
	@echo "make test-boot      only the tests that boot kernels"
	@echo "make test-full      only the tests that take minutes or hours, which make test leaves out"
	@echo "make lint           formatting, static analysis, include directions"
	@echo "make bench          kdelta's own overhead, as ratios"
	@echo "make install        to DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)"
	@echo "make clean          remove build/ and build-asan/ (the kernel cache stays)"
	@echo
	@echo "V=1 shows commands; SANITIZE=1 builds with ASan and UBSan into build-asan/."

-include $(patsubst %.o,%.d,$(HOST_OBJ) $(UNIT_OBJ) $(UNIT_SHARED_OBJ) $(GUEST_TEST_OBJ))
-include $(PLUGIN_SRC:%.c=$(B)/plugin/%.d)
-include $(patsubst %.c,$(B)/obj/%.d,$(BENCH_SRC))
-include $(foreach a,$(GUEST_ARCHS),$(patsubst %.c,$(B)/guest/$(a)/obj/%.d,$(GUEST_SRC)))
