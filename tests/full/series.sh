#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tests/full/series.sh [SERIES…]
#
# Every folder of configs/patches, one patch at a time: checkpatch finds no error, it applies, and the kernel builds on
# every architecture that the patch touches, without a warning that was not there before: with the usual warnings, and
# for the files that the series touches with W=1. One line per step. With the options of a variant that has the series
# last, and in one more step, when all patches are there, without those that the series brings; what such a variant needs
# before the series is applied first.
#
# Each architecture starts from a copy of the kernel `base`, which kdelta builds when it is not there, and then compiles
# what a patch changes. All is done in a folder of kdelta's cache that is removed in the end, or by the next one when this
# one was killed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
configs=${KDELTA_CONFIGS:-$root/configs}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kdelta
bad=0

# As runner/arch.c: ARCH of the kernel's Makefile, CROSS_COMPILE where it is not this machine's.
declare -A karch=([x86_64]=x86 [aarch64]=arm64 [s390x]=s390)
declare -A cross=([x86_64]=x86_64-linux-gnu- [aarch64]=aarch64-linux-gnu- [s390x]=s390x-linux-gnu-)
cross[$(uname -m)]=

# items VARIANT KEY: of a list, one a line, those of what it extends first. Plain YAML: [a, b], one word, or "- a" lines.
items()
{
	local file=$configs/variants/$1.yaml from

	from=$(awk '$1 == "extends:" { print $2 }' "$file")
	[[ -z $from ]] || items "$from" "$2"
	awk -v key="$2:" '
		{ sub(/(^|[ \t])#.*/, "") }
		/^[^ -]/ { inside = $1 == key; sub(/^[^:]*:/, "") }
		inside { gsub(/[][",]/, " "); sub(/^ *- /, ""); for (i = 1; i <= NF; i++) print $i }' "$file"
}

# The patches of a series in their order, as runner/patch.c finds them.
files()
{
	local folder=$configs/patches/$1

	if [[ -e $folder/series ]]; then
		grep -v '^#' "$folder/series" | awk -v folder="$folder/" 'NF { print folder $1 }'
	else
		printf '%s\n' "$folder"/*.patch
	fi
}

# Options that the patches bring, "CONFIG_X=y" a line.
brought()
{
	sed -n 's/^+\(menu\)\?config \([A-Z0-9_]*\)$/CONFIG_\2=y/p' "$@" | sort -u
}

# The variant to build a series with: it has the series last and the most of what it brings on. Of several the one with
# the fewest options, the most of them on, the shortest name.
variant_of()
{
	local file name options

	for file in "$configs"/variants/*.yaml; do
		name=$(basename "$file" .yaml)
		[[ $(items "$name" patches | tail -n 1) == "$1" ]] || continue
		options=$(items "$name" options)
		echo "-$(grep -cxFf <(brought "${patches[@]}") <<<"$options") $(grep -c . <<<"$options")" \
			"-$(grep -c '=y$' <<<"$options") ${#name} $name"
	done | sort -n -k 1,1 -k 2,2 -k 3,3 -k 4,4 | awk 'NR == 1 { print $5 }'
}

# concerns ARCH PATCH…: can they change its kernel? They cannot when all is in folders of arch/ of others.
concerns()
{
	local arch=$1

	shift
	sed -n 's,^+++ b/,,p' "$@" | grep -Ev '^Documentation/|^MAINTAINERS$' | grep -Eq "^arch/${karch[$arch]}/|^[^a]|^a[^r]"
}

# kmake WORDS…: in $tree, as kdelta calls make, so that it does the least and both use what the other has compiled.
kmake()
{
	CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 LC_ALL=C \
		make -C "$tree" "-j$(nproc)" O=build "ARCH=${karch[$arch]}" "CROSS_COMPILE=${cross[$arch]}" \
		"CC=$ccache${cross[$arch]}gcc" LOCALVERSION= 'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970' \
		KBUILD_BUILD_USER=kdelta KBUILD_BUILD_HOST=kdelta KBUILD_BUILD_VERSION=1 "$@"
}

# configure on|off: the small configuration with the options of $variant; off: without those that $patches bring.
configure()
{
	local name

	kmake tinyconfig >"$log" 2>&1 || return 1
	while read -r name; do
		cat "$configs/kconfig/${name/\{arch\}/$arch}.config"
	done < <(items "$variant" fragments) >>"$tree/build/.config"
	items "$variant" options >>"$tree/build/.config"
	[[ $1 == on ]] || brought "${patches[@]}" | sed 's/=y$/=n/' >>"$tree/build/.config"
	kmake olddefconfig >>"$log" 2>&1
}

# Warnings in the output of make, without the numbers of their lines.
warnings()
{
	grep -aiE '(^|: )warning: ' "$1" | sed -E 's/:[0-9]+(:[0-9]+)?:/:/g' | sort -u
}

# The first error of the last make.
error()
{
	grep -aE -m 1 'error:|Error:|undefined reference|\*\*\* ' "$log"
}

# compile on|off: everything with the usual warnings, and what $series touches with W=1. All warnings go to $work/found,
# the first error to standard output.
compile()
{
	local words

	# what an earlier step was made of and this one is not must not be taken for a part of it
	(cd "$tree/build" && rm -f "${objects[@]}")
	if ! configure "$1" || ! kmake vmlinux modules >"$log" 2>&1; then
		error
		return 1
	fi
	warnings "$log" >"$work/found"
	mapfile -t words < <(cd "$tree/build" && ls -d -- "${objects[@]}" 2>/dev/null)
	[[ ${#objects[@]} -gt 0 && ${#words[@]} -gt 0 ]] || return 0
	if ! kmake W=1 "${words[@]}" >"$log" 2>&1; then
		error
		return 1
	fi
	warnings "$log" >>"$work/found"
}

# line STATUS WHAT START TEXT: of one step; TEXT is what was found.
line()
{
	local word=ok

	[[ $1 == 0 ]] || word=FAIL bad=$((bad + 1))
	printf '%-4s  %-72s %4d s\n' "$word" "$2" $((SECONDS - $3))
	[[ -z $4 ]] || head -n 20 <<<"$4" | sed 's/^/      | /'
}

# step on|off WHAT: is it built, and without a warning that is not in $work/known?
step()
{
	local start=$SECONDS found status

	found=$(compile "$1")
	status=$?
	if [[ $status == 0 ]]; then
		found=$(sort -u "$work/found" | comm -23 - "$work/known")
		[[ -z $found ]] || status=1
	fi
	line $status "$2" $start "$found"
}

style()
{
	local patch found start

	for patch in "${patches[@]}"; do
		start=$SECONDS
		found=$(cd "$pristine" && perl scripts/checkpatch.pl --no-summary --terse - <"$patch" | grep -F ': ERROR: ')
		line $((${#found} > 0)) "$series: checkpatch ${patch##*/}" $start "$found"
	done
}

# apply PATCH…: to $tree, without fuzz, as runner/patch.c does. git replaces files, so that hard links are no harm.
apply()
{
	GIT_CEILING_DIRECTORIES=$work git -C "$tree" apply --whitespace=nowarn "$@" 2>&1
}

# A copy of the kernel base in $tree; its sources by link, what make writes to by copy.
fresh()
{
	rm -rf "$tree"
	mkdir "$tree"
	find "$base/linux" -mindepth 1 -maxdepth 1 ! -name build -exec cp -al -t "$tree" {} + &&
		cp -a "$base/linux/build" "$tree" && warnings "$base/build.log" >"$work/known"
}

# Is $arch one that $variant is for, so that it has the options there?
has_options()
{
	local only

	only=$(items "$variant" archs)
	[[ -z $only ]] || grep -qx "$arch" <<<"$only"
}

# With all patches: are the options there that $variant wants, and what is it without?
options()
{
	local found start=$SECONDS

	found=$(items "$variant" options | grep '=y$' | grep -vxFf "$tree/build/.config" | sed 's/$/ did not survive/')
	line $((${#found} > 0)) "$series on $arch: options of $variant" $start "$found"
	step off "$series on $arch: options off"
}

# All steps of $series on $arch.
steps()
{
	local patch what found n=0 before base

	base=$("$kdelta" build base --arch "$arch" 2>>"$log" | sed 's/.*, //')
	[[ -d $base/linux/build ]] || fail "cannot build base for $arch"
	pristine=$base/linux
	[[ $arch != "${archs[0]}" ]] || style
	fresh || fail "cannot copy '$base'"
	mapfile -t before < <(items "$variant" patches | sed '$d' | while read -r name; do files "$name"; done)
	found=$([[ ${#before[@]} == 0 ]] || apply "${before[@]}") || fail "what $series needs does not apply: $found"
	found=$(compile on) || fail "what $series needs is not built: $found"
	sort -u "$work/found" -o "$work/known" "$work/known"
	for patch in "${patches[@]}"; do
		n=$((n + 1))
		what="$series $n/${#patches[@]} on $arch: $(basename "$patch" .patch | cut -c 6-45)"
		found=$(apply "$patch") || {
			line 1 "$what: does not apply" $SECONDS "$found"
			return
		}
		! concerns "$arch" "$patch" || step on "$what"
	done
	! has_options || options
}

# one SERIES
one()
{
	local series=$1 variant arch archs patches objects

	mapfile -t patches < <(files "$series")
	variant=$(variant_of "$series")
	[[ -n $variant ]] || fail "no variant has the patches '$series' last"
	mapfile -t archs < <(for arch in x86_64 aarch64 s390x; do ! concerns $arch "${patches[@]}" || echo $arch; done)
	mapfile -t objects < <(sed -n 's,^+++ b/\(.*\)\.[cS]$,\1.o,p' "${patches[@]}" | sort -u)
	for arch in "${archs[@]}"; do
		steps
	done
}

# A shell reads a script while it runs it: all of it is read before anything starts, whoever edits it meanwhile.
main()
{
	local folder series

	[[ $# -gt 0 ]] || for folder in "$configs"/patches/*/; do
		set -- "$@" "$(basename "$folder")"
	done
	[[ $# -gt 0 ]] || skip "there is no series"
	for series in "$@"; do
		one "$series"
	done
	rm -f "$out" "$errors"
	[[ $bad == 0 ]] || fail "$bad steps are not as they should be"
}

# What others left that were killed: whoever works in such a folder has it locked.
sweep()
{
	local folder fd

	for folder in "$cache"/kdelta-series.??????; do
		[[ -d $folder ]] || continue
		exec {fd}<"$folder"
		! flock -n "$fd" || rm -rf "$folder"
		exec {fd}<&-
	done
}

mkdir -p "$cache"
sweep
work=$(mktemp -d "$cache/kdelta-series.XXXXXX") && exec {owned}<"$work" || exit 3
if ! flock -n "$owned" || [[ ! -d $work ]]; then
	fail "another test took '$work' for a left-over"
fi
trap 'rm -rf "$work" "$TEST_TMP"' EXIT
# what is tested stays the same meanwhile
cp -r "$configs" "$work/configs" && configs=$work/configs
tree=$work/linux
log=$work/log
ccache=$(command -v ccache >/dev/null && echo 'ccache ')
main "$@"
exit
