#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make does nothing the second time; what is installed works from there.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$root" || exit 3
unset MAKEFLAGS MAKELEVEL MFLAGS KDELTA_CONFIGS

want 0 make
want 0 make
says_not "$out" '^  (CC|LD|AR|GEN) '
want 0 make install DESTDIR="$TEST_TMP/root" PREFIX=/usr/local
installed=$TEST_TMP/root/usr/local
for file in bin/kdelta share/man/man1/kdelta.1 share/kdelta/configs/suites/demo.yaml \
	share/kdelta/kmods/kmalloc_bench.c share/kdelta/kmods/Kbuild \
	"lib/kdelta/guest/$(uname -m)/kdelta-guest"; do
	[[ -s $installed/$file ]] || fail "'$file' was not installed"
done
cd / || exit 3
want 0 "$installed/bin/kdelta" list suites
says "$out" 'demo'
want 0 "$installed/bin/kdelta" run demo --dry-run
