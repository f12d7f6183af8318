// SPDX-License-Identifier: GPL-2.0
/*
 * event_bench: executes exactly `count` of one instruction inside a window, on an operand that
 * nobody else uses, with interrupts off. What a counter of that instruction says must be `count`.
 *
 * With all_cpus, every CPU does it in a window of its own while all the others are in theirs, CPU n
 * with (n + 1) * count instructions, so that counts that leak from one CPU to another are seen.
 *
 * `loop` executes 3 * count instructions and nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#endif

#include "kdelta_bench.h"
#include "kdelta_marker.h"

#define COUNT_MAX 10000000

static char *event = "loop";
module_param(event, charp, 0444);
MODULE_PARM_DESC(event,
		 "instruction to execute, by the plugin's name; loop: a loop of known length");

static unsigned int count = 1000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how often");

static bool all_cpus;
module_param(all_cpus, bool, 0444);
MODULE_PARM_DESC(all_cpus, "on every CPU at the same time, (CPU number + 1) times count");

static bool leave_open;
module_param(leave_open, bool, 0444);
MODULE_PARM_DESC(leave_open, "leave a window open, which has to be noticed");

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that the writer of \"run\" must be on");

/* What the instructions work on; the table is for those that change an entry of one. */
struct scratch {
	u64 table[512];
	u32 word[2];
} __aligned(PAGE_SIZE);

static struct scratch *scratch;

/* The formatter knows neither macros of statements nor the operands of asm. */
/* clang-format off */
#define OP(id, body)								\
	static noinline void op_##id(struct scratch *s, unsigned long n)	\
	{									\
		while (n--)							\
			body;							\
	}

#if defined(CONFIG_X86)

#define LOOP_ASM "1: nop\n\tdec %0\n\tjnz 1b"

static bool has_invpcid(void)
{
	return boot_cpu_has(X86_FEATURE_INVPCID);
}

static bool has_tsc_aux(void)
{
	return boot_cpu_has(X86_FEATURE_RDTSCP);
}

OP(lock, asm volatile("lock addl $1,%0" : "+m"(s->word[0]) : : "cc", "memory"))
OP(invlpg, asm volatile("invlpg (%0)" : : "r"(s) : "memory"))
OP(mfence, asm volatile("mfence" : : : "memory"))

static noinline void op_invpcid(struct scratch *s, unsigned long n)
{
	struct {
		u64 pcid, addr;
	} desc = { 0, (u64)s };

	while (n--)
		asm volatile("invpcid %0,%1" : : "m"(desc), "r"(0UL) : "memory");
}

static noinline void op_cr3_write(struct scratch *s, unsigned long n)
{
	unsigned long cr3;

	asm volatile("mov %%cr3,%0" : "=r"(cr3));
	while (n--)
		asm volatile("mov %0,%%cr3" : : "r"(cr3) : "memory");
}

/* The CPU's own number, as the kernel keeps it there for RDTSCP. */
static noinline void op_wrmsr(struct scratch *s, unsigned long n)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_TSC_AUX));
	while (n--)
		asm volatile("wrmsr" : : "a"(lo), "d"(hi), "c"(MSR_TSC_AUX) : "memory");
}

#elif defined(CONFIG_S390)

#define LOOP_ASM "1: nopr %%r7\n\taghi %0,-1\n\tjnz 1b"

/* Page and segment tables are given by their absolute address; the entry is that of address 0. */
#define PTE(local)									\
	({ asm volatile("ipte %0,%1,0,%2"						\
			: : "a"(__pa(s->table)), "a"(0UL), "i"(local) : "memory"); })
#define SEGMENT(local)									\
	({ asm volatile("idte %0,0,%1,%2"						\
			: : "a"(__pa(s->table)), "a"(0UL), "i"(local) : "cc", "memory"); })

OP(ipte_global, PTE(0))
OP(ipte_local, PTE(1))
/* A stand-in, made of two single ones. */
#define PTE_RANGE()									\
	({ KDELTA_MARK(KDELTA_MARK_STANDIN, KDELTA_STANDIN_IPTE_RANGE);			\
	   PTE(0);									\
	   PTE(0);									\
	   KDELTA_MARK(KDELTA_MARK_STANDIN, KDELTA_STANDIN_IPTE_RANGE | KDELTA_STANDIN_END); })

OP(ipte_range, PTE_RANGE())
OP(idte_global, SEGMENT(0))
OP(idte_local, SEGMENT(1))
OP(ptlb, asm volatile("ptlb" : : : "memory"))
OP(sske_quiescing, asm volatile("sske %0,%1" : : "d"(0), "a"(__pa(s)) : "memory"))
OP(sske, asm volatile(".insn rrf,0xb22b0000,%0,%1,8,0" : : "d"(0), "a"(__pa(s)) : "memory"))
OP(laa, asm volatile("laa %%r0,%1,%0" : "+QS"(s->word[0]) : "d"(1) : "0", "cc", "memory"))
OP(cs, asm volatile("cs %%r0,%%r0,%0" : "+Q"(s->word[0]) : : "0", "cc", "memory"))
OP(mviy, asm volatile("mviy %0,1" : "=QS"(*(u8 *)s->word) : : "memory"))

/* Compare and swap zero with zero, then purge. */
#define SWAP(insn)								\
	do {									\
		union register_pair r = { .even = 0, .odd = 0 };		\
		unsigned long addr = (unsigned long)s->word | 1;		\
										\
		asm volatile(insn " %0,%1"					\
			     : "+&d"(r.pair) : "d"(addr) : "cc", "memory");	\
	} while (0)

OP(csp, SWAP("csp"))
OP(cspg, SWAP("cspg"))

/* Ask this CPU itself how it is. */
static noinline void op_sigp_sense(struct scratch *s, unsigned long n)
{
	unsigned long self = stap();

	while (n--)
		asm volatile("sigp %%r0,%0,1" : : "d"(self) : "0", "cc", "memory");
}

#elif defined(CONFIG_ARM64)

#define LOOP_ASM "1: nop\n\tsubs %0,%0,#1\n\tb.ne 1b"

/* The page of the scratch, in the kernel's address space. */
#define PAGE_OF(s) (((unsigned long)(s) >> 12) & GENMASK_ULL(43, 0))

OP(tlbi_broadcast, asm volatile("tlbi vae1is,%0" : : "r"(PAGE_OF(s)) : "memory"))
OP(tlbi_local, asm volatile("tlbi vae1,%0" : : "r"(PAGE_OF(s)) : "memory"))
OP(dsb, asm volatile("dsb ish" : : : "memory"))
OP(load_exclusive, asm volatile("ldxr w0,%0" : : "Q"(s->word[0]) : "x0", "memory"))
OP(store_exclusive, asm volatile("stxr w0,w1,%0" : "=Q"(s->word[0]) : : "x0", "memory"))
OP(lse_atomic, asm volatile(".arch_extension lse\n\tldadd w0,w1,%0"
			    : "+Q"(s->word[0]) : : "x1", "memory"))

static bool has_lse(void)
{
	return cpu_have_named_feature(ATOMICS);
}

static noinline void op_ttbr1_write(struct scratch *s, unsigned long n)
{
	u64 ttbr1 = read_sysreg(ttbr1_el1);

	while (n--)
		asm volatile("msr ttbr1_el1,%0" : : "r"(ttbr1) : "memory");
	isb();
}

static noinline void op_ttbr0_write(struct scratch *s, unsigned long n)
{
	u64 ttbr0 = read_sysreg(ttbr0_el1);

	while (n--)
		asm volatile("msr ttbr0_el1,%0" : : "r"(ttbr0) : "memory");
	isb();
}

#endif
/* clang-format on */

struct op {
	const char *name;
	void (*run)(struct scratch *s, unsigned long n);
	bool (*has)(void); /* NULL: every CPU has it */
};

static const struct op ops[] = {
#if defined(CONFIG_X86)
	{ "lock", op_lock },
	{ "invlpg", op_invlpg },
	{ "invpcid", op_invpcid, has_invpcid },
	{ "cr3_write", op_cr3_write },
	{ "wrmsr", op_wrmsr, has_tsc_aux },
	{ "mfence", op_mfence },
#elif defined(CONFIG_S390)
	{ "ipte.range", op_ipte_range },
	{ "ipte.global", op_ipte_global },
	{ "ipte.local", op_ipte_local },
	{ "idte.global", op_idte_global },
	{ "idte.local", op_idte_local },
	{ "csp", op_csp },
	{ "cspg", op_cspg },
	{ "ptlb", op_ptlb },
	{ "sske.quiescing", op_sske_quiescing },
	{ "sske", op_sske },
	{ "sigp.sense", op_sigp_sense },
	{ "laa", op_laa },
	{ "cs", op_cs },
	{ "mviy", op_mviy },
#elif defined(CONFIG_ARM64)
	{ "tlbi.broadcast", op_tlbi_broadcast },
	{ "tlbi.local", op_tlbi_local },
	{ "dsb", op_dsb },
	{ "lse_atomic", op_lse_atomic, has_lse },
	{ "load_exclusive", op_load_exclusive },
	{ "store_exclusive", op_store_exclusive },
	{ "ttbr0_write", op_ttbr0_write },
	{ "ttbr1_write", op_ttbr1_write },
#endif
};

/* NULL: the loop. */
static const struct op *op;
static struct dentry *dir;
static DEFINE_MUTEX(lock);
static u64 executed;
static atomic_t arrived;

/* The count is in a register before the window opens: only the loop is between the markers. */
static noinline void run_loop(unsigned long n)
{
	asm volatile("" : "+r"(n));
	kdelta_open(KDELTA_WINDOW_EVENTS);
	asm volatile(LOOP_ASM : "+r"(n) : : "cc", "memory");
	kdelta_close(KDELTA_WINDOW_EVENTS);
}

static void run_one(unsigned long n)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!op) {
		run_loop(n);
	} else {
		kdelta_open(KDELTA_WINDOW_EVENTS);
		op->run(scratch, n);
		kdelta_close(KDELTA_WINDOW_EVENTS);
	}
	local_irq_restore(flags);
}

/* Nobody goes on before everybody's window is open, nor closes it before all are done. */
static void meet(int round)
{
	atomic_inc(&arrived);
	while (atomic_read(&arrived) < round * (int)num_online_cpus())
		cpu_relax();
}

static void run_together(void *unused)
{
	unsigned long n = (smp_processor_id() + 1) * (unsigned long)count;

	kdelta_open(KDELTA_WINDOW_EVENTS);
	meet(1);
	op->run(scratch + smp_processor_id(), n);
	meet(2);
	kdelta_close(KDELTA_WINDOW_EVENTS);
}

static u64 run_all(void)
{
	u64 cpus;

	cpus_read_lock();
	cpus = num_online_cpus();
	atomic_set(&arrived, 0);
	on_each_cpu(run_together, NULL, 1);
	cpus_read_unlock();
	return cpus * (cpus + 1) / 2 * count;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	int err;

	if (current->nr_cpus_allowed != 1 || raw_smp_processor_id() != cpu) {
		pr_err("the round must run on CPU %d alone\n", cpu);
		return -EINVAL;
	}
	err = mutex_lock_interruptible(&lock);
	if (err)
		return err;
	if (leave_open)
		kdelta_open_machine(KDELTA_WINDOW_EVENTS);
	if (all_cpus) {
		executed = run_all();
	} else {
		run_one(count);
		executed = count;
	}
	mutex_unlock(&lock);
	return len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int result_show(struct seq_file *m, void *unused)
{
	struct kdelta_value v = { .metric = "executed",
				  .stat = "count",
				  .unit = "events",
				  .cpu = -1,
				  .num = executed,
				  .den = 1 };

	kdelta_value_show(m, &v);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int find_op(void)
{
	size_t i;

	if (!strcmp(event, "loop"))
		return 0;
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(event, ops[i].name))
			op = &ops[i];
	if (!op) {
		pr_err("event '%s' is none that this architecture has\n", event);
		return -EINVAL;
	}
	if (op->has && !op->has()) {
		pr_err("this CPU has no %s\n", event);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int check_params(void)
{
	if (!count || count > COUNT_MAX) {
		pr_err("count %u is not from 1 to %u\n", count, COUNT_MAX);
		return -EINVAL;
	}
	if (all_cpus && !op) {
		pr_err("all_cpus needs an event other than loop\n");
		return -EINVAL;
	}
	return 0;
}

static int __init event_bench_init(void)
{
	int err = find_op();

	if (!err)
		err = check_params();
	if (err)
		return err;
	scratch = alloc_pages_exact(nr_cpu_ids * sizeof(*scratch), GFP_KERNEL | __GFP_ZERO);
	if (!scratch)
		return -ENOMEM;
	dir = kdelta_dir("event_bench");
	if (IS_ERR(dir)) {
		free_pages_exact(scratch, nr_cpu_ids * sizeof(*scratch));
		return PTR_ERR(dir);
	}
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	return 0;
}

static void __exit event_bench_exit(void)
{
	debugfs_remove_recursive(dir);
	free_pages_exact(scratch, nr_cpu_ids * sizeof(*scratch));
}

module_init(event_bench_init);
module_exit(event_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: an exact number of one instruction");
