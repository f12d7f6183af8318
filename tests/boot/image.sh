#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Root images: programs of Debian packages run in our kernels, on every architecture; and what is said when one cannot
# be made. The packages are those that tools.sh needs: there is one image per architecture.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

packages=(rt-tests stress-ng linux-perf)
inside='uname -m; test -x /usr/bin/hackbench && touch /x; cat /proc/1/comm; perf --version | cut -c 1-4; exit 7'
for arch in x86_64 aarch64 s390x; do
	[[ $arch == s390x ]] && rtla='' || rtla=rtla, # workloads/rtla.c: who has it
	want 7 "$kdelta" boot base --target "qemu-$arch" --image "$rtla$(IFS=,; echo "${packages[*]}")" -- sh -c "$inside"
	equal "output on $arch" "$(grep -v touch <"$out" | tr '\n' ' ')" "$arch init perf "
	says "$out" "^touch: cannot touch '/x': Read-only file system"
done

# a second boot takes it from the cache: nothing is made, nothing is asked of the network
http_proxy=http://127.0.0.1:1 want 0 "$kdelta" boot base --target qemu-s390x --image linux-perf,stress-ng,rt-tests,rt-tests -- true
says_not "$errors" 'making a root image'

# in memory, where instructions are counted: two boots do the same, whatever the host's disk does
for i in 1 2; do
	want 0 "$kdelta" boot base --target qemu-aarch64-icount --image rtla,rt-tests,stress-ng,linux-perf -- \
		sh -c 'hackbench -p -g 1 -l 5; cat /proc/uptime /proc/interrupts'
	cp "$out" "$TEST_TMP/boot$i"
done
says "$out" '^Time: [0-9.]+$'
cmp "$TEST_TMP/boot1" "$TEST_TMP/boot2" >"$out" || fail "two boots differ"

want 2 "$kdelta" boot base --image 'Rt-Tests' -- true
says "$errors" "^kdelta: 'Rt-Tests' is not the name of a Debian package"

# nothing of a failure stays, and the kernel was not built for it
export XDG_CACHE_HOME=$TEST_TMP/cache
want 3 "$kdelta" boot base --target qemu-s390x --image kdelta-no-such-package -- true
says "$errors" '^kdelta: cannot make a root image for s390x: mmdebstrap: Unable to locate package kdelta-no-such-package'
equal "what is left of it" "$(ls "$XDG_CACHE_HOME/kdelta/images")" ""

http_proxy=http://127.0.0.1:1 want 3 "$kdelta" boot base --target qemu-s390x --image rt-tests -- true
says "$errors" '^kdelta: cannot make a root image for s390x: mmdebstrap: .*127\.0\.0\.1'

mkdir "$TEST_TMP/bin"
ln -s /usr/sbin/* /usr/bin/* "$TEST_TMP/bin" 2>/dev/null
rm "$TEST_TMP/bin/mmdebstrap"
PATH=$TEST_TMP/bin want 3 "$kdelta" boot base --target qemu-s390x --image rt-tests -- true
says "$errors" "^kdelta: cannot make a root image: no 'mmdebstrap' \(Debian package: mmdebstrap; 'make setup' installs it\)"
equal "lines of the last error" "$(grep -c ^kdelta: "$errors")" 1
