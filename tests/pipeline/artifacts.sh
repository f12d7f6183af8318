#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Files that boots send: kept beside the database, listed, offered for comparison; what is hostile is said and left out.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cp -r "$fixtures/pipeline" "$TEST_TMP/pipeline"
export KDELTA_CONFIGS=$TEST_TMP/pipeline/configs
records=$TEST_TMP/pipeline/records
db=$TEST_TMP/results/t.db
mkdir -p "$TEST_TMP/tree/folder"
cd "$TEST_TMP/tree" || fail "no folder"

pack()
{
	tar --format=ustar -P -cf "$@"
}

head -c 3000 /dev/zero | tr '\0' a >w0-perf.data
echo log >w0-log
ln -s /etc/passwd w0-link
echo out >"$TEST_TMP/outside"
pack "$records/base.artifacts" w0-perf.data w0-log
echo other >w0-perf.data
# a way out, a link, a workload that is not in the plan, a folder; and what comes between is kept
pack "$records/same.artifacts" ../outside "$TEST_TMP/outside" w0-link w0-perf.data --transform 's/w0-log/w7-log/' w0-log folder
# of the second boot half is missing
head -c 700 "$records/same.artifacts" >"$records/same-1.artifacts"

want 0 "$kdelta" run profiles --db "$db" --seed 1
db_whole
equal "boots" "$(boots 1 ok)" 4
equal "artifacts" "$(sql "SELECT v.variant, v.block, a.name, a.size FROM artifact AS a JOIN v_boot AS v ON v.boot = a.boot_id
	ORDER BY 1, 2, 3" | tr '\n' ' ')" "base|0|log|4 base|0|perf.data|3000 base|1|log|4 base|1|perf.data|3000 same|0|perf.data|6 "
sql 'SELECT sha256 || "  " || path FROM artifact' >"$TEST_TMP/sums"
(cd "$TEST_TMP/results" && sha256sum --quiet -c "$TEST_TMP/sums") || fail "a file is not what its digest says"
equal "files beside the database" "$(cd "$TEST_TMP/results" && find artifacts -type f | sort)" \
	"$(sql 'SELECT path FROM artifact ORDER BY 1')"
equal "everything in that folder" "$(find "$TEST_TMP/results/artifacts" ! -type f ! -type d)" ""
for why in "'../outside': not a name" "'$TEST_TMP/outside': not a name" "'w0-link': not a regular file" "'w7-log': not a name"; do
	[[ $(sql "SELECT count(DISTINCT value) FROM note WHERE key = 'artifacts' AND instr(value, '${why//\'/\'\'}')") == 1 ]] ||
		fail "no note of $why: $(sql "SELECT value FROM note WHERE key = 'artifacts'")"
done
equal "notes of the boot whose archive is cut" "$(sql "SELECT count(*) FROM note JOIN v_boot ON boot = boot_id
	WHERE variant = 'same' AND block = 1 AND key = 'artifacts'")" 2

want 0 "$kdelta" show --db "$db"
says "$out" "boot [0-9]+ 'base' on fake, none: .*/artifacts/1/[0-9]+/w0-perf\.data \(3000 bytes, sha256 [0-9a-f]{12}\)"
want 0 "$kdelta" compare base same --db "$db"
says "$out" "^perf diff $TEST_TMP/results/artifacts/1/[0-9]+/w0-perf\.data $TEST_TMP/results/artifacts/1/[0-9]+/w0-perf\.data$"
says "$out" "^artifacts: 'w0-link': not a regular file$"
equal "offers" "$(grep -c '^perf diff' "$out")" 1

# without a collector that makes files nobody asks for them
want 1 "$kdelta" run quick --db "$db" --only variant=base --only variant=same --only variant=slower
equal "artifacts of a suite that makes none" "$(sql 'SELECT count(*) FROM artifact JOIN v_boot ON boot = boot_id WHERE run = 2')" 0

# a folder that cannot be written is an error that says so, and the boot stays planned
rm -rf "$TEST_TMP/results"
mkdir -p "$TEST_TMP/results"
echo a file >"$TEST_TMP/results/artifacts"
want 3 "$kdelta" run profiles --db "$db"
says "$errors" "artifacts"
says "$errors" "go on with: kdelta run --resume 1"
rm "$TEST_TMP/results/artifacts"
want 0 "$kdelta" run --resume 1 --db "$db"
equal "boots" "$(boots 1 ok)" 4
equal "artifacts" "$(sql 'SELECT count(*) FROM artifact')" 5
