#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh [--dry-run] PURPOSE…
#
# Installs the packages of configs/packages.txt that serve the purposes and are missing. Says what it will do
# first; package sources stay as they are. Exit status: 0 everything is there, 2 usage, 3 something is
# missing and could not be installed (the exact command is printed then).
#
# It has to run on a machine that has nothing but a shell and a package manager.

set -u
cd "$(dirname "$0")/.." || exit 3
list=configs/packages.txt

usage()
{
	echo "usage: runner/setup.sh [--dry-run] run|build|kernel|cross|test|lint|docs…" >&2
	exit 2
}

# Debian's name for this machine's architecture.
native_arch()
{
	dpkg --print-architecture
}

# Cross tools for the machine's own architecture do not exist and are not needed.
is_needed()
{
	case $(native_arch):$1 in
	amd64:gcc-x86-64-linux-gnu | amd64:libc6-dev-amd64-cross) return 1 ;;
	arm64:gcc-aarch64-linux-gnu | arm64:libc6-dev-arm64-cross) return 1 ;;
	s390x:gcc-s390x-linux-gnu | s390x:libc6-dev-s390x-cross) return 1 ;;
	esac
	return 0
}

# Lines "package purpose reason" of the wanted purposes.
wanted()
{
	local package purpose reason

	grep -v '^#' $list | while read -r package purpose reason; do
		[[ -n $package && " $* " == *" $purpose "* ]] && echo "$package $purpose $reason"
	done
}

# Names of installed packages, and of what they provide, one per line.
installed()
{
	# shellcheck disable=SC2016 # the format is dpkg's
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
		sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr -d ',' | tr -s ' ' '\n'
}

missing()
{
	local have package rest

	have=$'\n'$(installed)$'\n'
	wanted "$@" | while read -r package rest; do
		[[ $have == *$'\n'$package$'\n'* ]] || ! is_needed "$package" || echo "$package $rest"
	done
}

# How to become root: "" when we are, "sudo" or "sudo -n"; fails when there is no way.
become_root()
{
	if [[ $(id -u) == 0 ]]; then
		return 0
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		echo "sudo -n"
	elif command -v sudo >/dev/null && [[ -t 0 && -t 2 ]]; then
		echo sudo
	else
		return 1
	fi
}

# Does apt know where to get every package? Lists may be missing (a container) or old.
all_known()
{
	local package

	for package in "$@"; do
		apt-cache showpkg "$package" 2>/dev/null |
			sed -n '/^\(Versions\|Reverse Provides\):/{n;p}' | grep -q . || return 1
	done
}

# A list that is a few days old names files that the mirror no longer has: one update, then try again.
install()
{
	local root=$1 env="DEBIAN_FRONTEND=noninteractive"
	local -a apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)

	shift
	if all_known "$@" &&
		$root env $env "${apt[@]}" install -y --no-install-recommends "$@" </dev/null; then
		return 0
	fi
	$root env $env "${apt[@]}" update </dev/null &&
		$root env $env "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
}

by_hand()
{
	echo "setup: $1. Please install by hand:" >&2
	echo "    apt-get install --no-install-recommends ${packages[*]}" >&2
	exit 3
}

# Not Debian: people of other systems know their package names better than we do.
other_system()
{
	echo "setup: this is not a Debian system; please install what these Debian packages hold:" >&2
	wanted "$@" | while read -r package purpose reason; do
		printf '    %-22s %-7s %s\n' "$package" "$purpose" "$reason" >&2
	done
	echo "setup: then run 'make' (or 'make KDELTA_SETUP=no demo')" >&2
	exit 3
}

dry_run=
if [[ ${1:-} == --dry-run ]]; then
	dry_run=1
	shift
fi
[[ $# -gt 0 ]] || usage
for purpose in "$@"; do
	[[ " run build kernel cross test lint docs " == *" $purpose "* ]] || usage
done
[[ ${KDELTA_SETUP:-yes} != no ]] || exit 0
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	other_system "$@"
fi

lines=$(missing "$@")
[[ -n $lines ]] || exit 0
mapfile -t packages < <(cut -d' ' -f1 <<<"$lines")

echo "setup: these packages are missing:"
while read -r package purpose reason; do
	printf '    %-22s %-7s %s\n' "$package" "$purpose" "$reason"
done <<<"$lines"
root=$(become_root) || by_hand "not root, and sudo is not possible"
echo "setup: ${dry_run:+would run} ${root:+$root }apt-get install --no-install-recommends ${packages[*]}"
[[ -z $dry_run ]] || exit 0

install "$root" "${packages[@]}" || by_hand "apt-get failed"
lines=$(missing "$@")
[[ -z $lines ]] || by_hand "still missing after apt-get: $(cut -d' ' -f1 <<<"$lines" | tr '\n' ' ')"
