#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# percpu_bench on three architectures: what leaf functions execute, what they execute it with, and that no operation
# is lost while threads are moved between CPUs.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
leaf='batch=100 iterations=3'
operations=300

# of TARGET METRIC LABEL: what the workload of this label has, on all CPUs together
of()
{
	sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE target = '$1' AND metric = '$2' AND cpu = -1
		AND workload = 'percpu_bench $3'"
}

# leaf_is TARGET OPERATION INSTRUCTIONS: with the return, which the empty leaf of the subtracted loop has too
leaf_is()
{
	local label="${2//,/ } $leaf" full empty

	full=$(of "$1" window.percpu.instructions "$label")
	empty=$(of "$1" window.percpu_empty.instructions "$label")
	[[ $full && $empty ]] || fail "nothing was counted for '$label' on $1"
	equal "instructions of '$label' on $1" "$((full - empty))" "$((($3 - 1) * operations))"
}

want 3 "$kdelta" run percpu-bench --db "$db"
db_whole

# Instructions along the path that is executed, counted by hand in what objdump -d shows of leaf_this_cpu_inc_8 and
# the others in percpu_bench.ko, built with gcc 12.2 and binutils 2.40 for Linux 7.3.4 and the shipped configuration.
# For s390x's inc and add_return of 8 bytes also the kernel's own change log has 7 and 8.
while read -r target operation instructions; do
	leaf_is "$target" "$operation" "$instructions"
done <<'END'
qemu-x86_64-count op=inc,form=leaf 2
qemu-x86_64-count op=add_return,form=leaf 4
qemu-x86_64-count op=xchg,form=leaf 6
qemu-x86_64-count op=cmpxchg,form=leaf 3
qemu-x86_64-count op=inc,width=1,form=leaf 2
qemu-x86_64-count op=inc,kind=ptr,form=leaf 3
qemu-aarch64-count op=inc,form=leaf 24
qemu-aarch64-count op=cmpxchg,form=leaf 32
qemu-s390x-count op=inc,form=leaf 7
qemu-s390x-count op=add_return,form=leaf 8
qemu-s390x-count op=cmpxchg,form=leaf 16
qemu-s390x-count op=inc,width=1,form=leaf 29
END

# The instructions that an operation is made of. On s390x every preempt_enable() of a cmpxchg has a LAA too.
while read -r target operation event each; do
	equal "$event of $operation on $target" "$(of "$target" "window.percpu.$event" "${operation//,/ } $leaf")" \
		"$((each * operations))"
done <<'END'
qemu-x86_64-count op=inc,form=leaf lock 0
qemu-aarch64-count op=inc,form=leaf load_exclusive 1
qemu-aarch64-count op=inc,form=leaf store_exclusive 1
qemu-aarch64-count op=inc,kind=raw,form=leaf load_exclusive 0
qemu-s390x-count op=inc,form=leaf mviy 2
qemu-s390x-count op=inc,form=leaf laa 0
qemu-s390x-count op=add_return,form=leaf mviy 2
qemu-s390x-count op=add_return,form=leaf laa 1
qemu-s390x-count op=cmpxchg,form=leaf cs 1
qemu-s390x-count op=cmpxchg,form=leaf laa 1
END
want 0 "$kdelta" run percpu-lse --db "$db"
for operation in inc cmpxchg; do
	equal "lse_atomic of $operation" "$(of lse-aarch64 window.percpu.lse_atomic "op=$operation form=leaf $leaf")" \
		"$operations"
done

# What has to be right was right: 2 CPUs, each thread moved 50 times; only what was spoilt has failed.
for target in qemu-{x86_64,aarch64,s390x}-count; do
	equal "moved threads on $target" "$(sql "SELECT count(*) FROM v_record WHERE target = '$target'
		AND metric = 'migrations' AND value = 100")" 4
	equal "operations of all CPUs on $target" "$(of "$target" operations 'op=add width=2 cpus=all iterations=3')" 6000
	equal "objects of two CPUs on $target" \
		"$(of "$target" operations 'op=alloc cpus=all size=24 batch=50 iterations=10')" 1000
done
equal "failed workloads" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'failed'")" 6
equal "noticed by the sum" "$(sql "SELECT count(*) FROM workload_state WHERE reason LIKE '%got 0x91, wanted 0x11%'")" 3
equal "noticed in the objects" "$(sql "SELECT count(*) FROM workload_state WHERE reason LIKE '%is not zero on CPU 0%'")" 3
equal "impossible operations" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'broken'
	AND reason LIKE '%there is no this_cpu ''cmpxchg'' of 16 bytes%'")" 3
