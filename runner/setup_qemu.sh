#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup_qemu.sh [--dry-run] [no|private|system]
#
# s390x guests with several CPUs repeat exactly with QEMU 9 and later alone. Where the installed one is older:
#
#	(nothing)	says that there is a choice
#	no		says nothing: such targets get one CPU
#	private		says what 'kdelta doctor --fetch-qemu' is about to do: fetch the QEMU of the distribution's
#			backports into kdelta's cache; nothing is installed
#	system		installs that QEMU, from a list of package sources that is made for this call alone; the
#			machine's own package sources stay as they are
#
# Exit status: 0 done or nothing to do, 2 usage, 3 it could not be installed (what to do by hand is printed).

set -u
packages=(qemu-system-x86 qemu-system-arm qemu-system-s390x)
sources=${KDELTA_APT_SOURCES:-/etc/apt}
wanted=9

usage()
{
	echo "usage: runner/setup_qemu.sh [--dry-run] [no|private|system]" >&2
	exit 2
}

installed_version()
{
	qemu-system-s390x --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p'
}

by_hand()
{
	echo "setup: $1. To install a newer QEMU by hand, add the suite '$codename-backports' and:" >&2
	echo "    apt-get install -t $codename-backports ${packages[*]}" >&2
	exit 3
}

# with_backports FILE: a sources file that also names the backports wherever it names the release.
with_backports()
{
	case $1 in
	*.sources) sed -E "/^[Ss]uites:/s/(^|[[:space:]])$codename([[:space:]]|\$)/\1$codename $codename-backports\2/" "$1" ;;
	*) sed -E "/^deb[[:space:]].*\/debian\/?[[:space:]]+${codename}[[:space:]]/{p;s/([[:space:]])${codename}([[:space:]])/\1$codename-backports\2/}" "$1" ;;
	esac
}

copy_sources()
{
	local file name

	mkdir -p "$tmp/parts" "$tmp/lists/partial"
	for file in "$sources"/sources.list "$sources"/sources.list.d/*.list "$sources"/sources.list.d/*.sources; do
		[[ -e $file ]] || continue
		name=${file##*/}
		[[ $name != sources.list ]] || name=main.list
		with_backports "$file" >"$tmp/parts/$name"
	done
	grep -rqs "$codename-backports" "$tmp/parts" || by_hand "no package source of '$codename' that has backports"
}

become_root()
{
	if [[ $(id -u) == 0 ]]; then
		return 0
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 && -t 2 ]]; }; then
		echo sudo
	else
		return 1
	fi
}

install_system()
{
	local root apt

	command -v apt-get >/dev/null || by_hand "this is not a Debian system"
	root=$(become_root) || by_hand "not root, and sudo is not possible"
	echo "setup: $verb install ${packages[*]} of $codename-backports;"
	echo "setup: the machine's package sources stay as they are"
	tmp=$(mktemp -d) || exit 3
	trap 'rm -rf "$tmp"' EXIT
	copy_sources
	[[ -z $dry_run ]] || return 0
	# apt gives up root to download: it must get into the folder
	chmod 755 "$tmp"
	apt=(apt-get -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$tmp/parts"
		-o "Dir::State::Lists=$tmp/lists" -o DPkg::Lock::Timeout=300)
	if ! $root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" update -q </dev/null ||
		! $root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -q -y --no-install-recommends \
			-t "$codename-backports" "${packages[@]}" </dev/null; then
		by_hand "apt-get failed"
	fi
}

dry_run=
verb=will
if [[ ${1:-} == --dry-run ]]; then
	dry_run=1
	verb=would
	shift
fi
choice=${1:-}
[[ $# -le 1 && " no private system " == *" ${choice:-no} "* ]] || usage
[[ ${KDELTA_SETUP:-yes} != no && $choice != no ]] || exit 0
version=$(installed_version)
[[ ${version:-0} -lt $wanted ]] || exit 0
codename=$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release)

case $choice in
'')
	echo "setup: QEMU ${version:-(none)} is installed; s390x with several CPUs under icount needs $wanted."
	echo "setup: 'make setup QEMU=private' fetches a newer one into kdelta's cache (about 30 MB),"
	echo "setup: 'make setup QEMU=system' installs it; without, such targets get 1 CPU, and say so"
	;;
private)
	echo "setup: $verb fetch the QEMU of $codename-backports into kdelta's cache; installs nothing"
	;;
system) install_system ;;
esac
