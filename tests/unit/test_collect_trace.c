// SPDX-License-Identifier: GPL-2.0
/* What a trace says: lines, interruptions, timelines; recorded traces of each architecture, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/collect_osnoise.h"
#include "collectors/collect_trace.h"
#include "runner/base/file.h"

#define FIXTURES "tests/fixtures/collect/"

/* Rows are lines of a trace: the formatter would tear them apart. */
// clang-format off
/* The watched task is "spin", 100, on CPU 3. A name stands right-aligned in 16 columns. */
#define LINE(task, cpu, flags, us, event) task " [00" #cpu "] " flags "     1." us ": " event "\n"
#define SPIN(flags, us, event) LINE("            spin-100    ", 3, flags, us, event)
#define WORKER(flags, us, event) LINE("     kworker/3:1-52     ", 3, flags, us, event)
#define IDLE(flags, us, event) LINE("          <idle>-0      ", 3, flags, us, event)
#define SHELL(flags, us, event) LINE("              sh-60     ", 0, flags, us, event)

#define SWITCH(prev, pid, state, next, next_pid)                                                   \
	"sched_switch: prev_comm=" prev " prev_pid=" pid " prev_prio=120 prev_state=" state        \
	" ==> next_comm=" next " next_pid=" next_pid " next_prio=120"
#define TO_WORKER SWITCH("spin", "100", "R", "kworker/3:1", "52")
#define FROM_WORKER SWITCH("kworker/3:1", "52", "I", "spin", "100")
#define START(work, function) "workqueue_execute_start: work struct " work ": function " function
#define QUEUE(work, function)                                                                      \
	"workqueue_queue_work: work struct=" work " function=" function                            \
	" workqueue=events req_cpu=3 cpu=3"
#define WAKE(task, pid) "sched_waking: comm=" task " pid=" pid " prio=120 target_cpu=003"
#define SEND(place, callback) "ipi_send_cpu: cpu=3 callsite=" place " callback=" callback
#define EXPIRE(function) "hrtimer_expire_entry: hrtimer=0000000011111111 function=" function " now=1"
#define TIMER_IRQ "irq_handler_entry: irq=11 name=arch_timer"
#define FORK                                                                                       \
	LINE("            spin-100    ", 0, ".....", "000001",                                     \
	     "sched_process_fork: comm=spin pid=100 child_comm=spin child_pid=101")

static const struct {
	const char *name, *text, *want;
} rows[] = {
	{ "nothing", "", "" },
	{ "an interrupt that runs no timer", SPIN("d.h..", "000010", TIMER_IRQ)
		SPIN("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled"),
	  "1.000010 5 us irq:arch_timer\n" },
	{ "a timer says what its interrupt was for, the first one that expires",
	  SPIN("d.h..", "000010", TIMER_IRQ) SPIN("d.h..", "000011", EXPIRE("tick_nohz_handler"))
	  SPIN("d.h..", "000012", "hrtimer_expire_exit: hrtimer=0000000011111111")
	  SPIN("d.h..", "000013", EXPIRE("hrtick"))
	  SPIN("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled"),
	  "1.000010 5 us tick:tick_nohz_handler\n" },
	{ "a timer before its handler, as on s390, and the softirq after it",
	  SPIN("d.h..", "000010", EXPIRE("tick_nohz_handler"))
	  SPIN("d.h..", "000011", "softirq_raise: vec=9 [action=RCU]")
	  SPIN("d.h..", "000012", "hrtimer_expire_exit: hrtimer=0000000011111111")
	  SPIN("d.h..", "000020", "irq_handler_entry: irq=0 name=EXT")
	  SPIN("d.h..", "000021", "irq_handler_exit: irq=0 ret=handled")
	  SPIN("..s..", "000030", "softirq_entry: vec=9 [action=RCU]")
	  SPIN("..s..", "000040", "softirq_exit: vec=9 [action=RCU]"),
	  "1.000010 30 us tick:tick_nohz_handler\n" },
	{ "a softirq that nobody raised in an interrupt is one of its own",
	  SPIN("d.h..", "000010", TIMER_IRQ)
	  SPIN("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  SPIN("..s..", "000030", "softirq_entry: vec=9 [action=RCU]")
	  SPIN("..s..", "000040", "softirq_exit: vec=9 [action=RCU]"),
	  "1.000010 5 us irq:arch_timer\n1.000030 10 us softirq:RCU\n" },
	{ "a softirq follows the interrupt that raised it, and once",
	  SPIN("d.h..", "000010", TIMER_IRQ)
	  SPIN("d.h..", "000011", "softirq_raise: vec=9 [action=RCU]")
	  SPIN("d.h..", "000012", "softirq_raise: vec=1 [action=TIMER]")
	  SPIN("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  SPIN("..s..", "000020", "softirq_entry: vec=1 [action=TIMER]")
	  SPIN("..s..", "000025", "softirq_exit: vec=1 [action=TIMER]")
	  SPIN("..s..", "000030", "softirq_entry: vec=9 [action=RCU]")
	  SPIN("..s..", "000040", "softirq_exit: vec=9 [action=RCU]")
	  SPIN("..s..", "003000", "softirq_entry: vec=9 [action=RCU]")
	  SPIN("..s..", "003001", "softirq_exit: vec=9 [action=RCU]"),
	  "1.000010 30 us irq:arch_timer\n1.003000 1 us softirq:RCU\n" },
	{ "two interrupts with the task between them are two",
	  SPIN("d.h..", "000010", "reschedule_entry: vector=253")
	  SPIN("d.h..", "000012", "reschedule_exit: vector=253")
	  SPIN("d.h..", "000020", "reschedule_entry: vector=253")
	  SPIN("d.h..", "000025", "reschedule_exit: vector=253"),
	  "1.000010 2 us ipi:reschedule <- unknown\n1.000020 5 us ipi:reschedule <- unknown\n" },
	{ "but one where the kernel is not left between them",
	  SPIN("d....", "000005", "user_exit: ")
	  SPIN("d.h..", "000010", "reschedule_entry: vector=253")
	  SPIN("d.h..", "000012", "reschedule_exit: vector=253")
	  SPIN("d.h..", "000020", "local_timer_entry: vector=236")
	  SPIN("d.h..", "000025", "local_timer_exit: vector=236")
	  SPIN("d....", "000030", "user_enter: "),
	  "1.000005 25 us ipi:reschedule <- unknown\n" },
	{ "a call from another CPU, and the place it came from",
	  SHELL("d..3.", "000001", "csd_queue_cpu: cpu=3 callsite=generic_exec_single+0x60/0x208 func=flush_it csd=00000000aa")
	  SHELL("d..3.", "000002", SEND("generic_exec_single+0x60/0x208", "generic_smp_call_function_single_interrupt+0x0/0x10"))
	  SPIN("d.h..", "000010", "call_function_single_entry: vector=251")
	  SPIN("d.h..", "000011", "csd_function_entry: func=flush_it, csd=00000000aa")
	  SPIN("d.h..", "000012", "csd_function_exit: func=flush_it, csd=00000000aa")
	  SPIN("d.h..", "000013", "call_function_single_exit: vector=251"),
	  "1.000010 3 us ipi:flush_it <- generic_exec_single+0x60\n" },
	{ "its own part of a call of all CPUs is no IPI, and says nothing of the tick before",
	  SPIN("d.h..", "000010", "local_timer_entry: vector=236")
	  SPIN("d.h..", "000013", "local_timer_exit: vector=236")
	  SPIN("d..1.", "000020", "csd_function_entry: func=flush_it, csd=0000000000")
	  SPIN("d..1.", "000025", "csd_function_exit: func=flush_it, csd=0000000000"),
	  "1.000010 3 us tick:local_timer\n" },
	{ "an IPI to a mask of CPUs, and one that is not for CPU 3",
	  SHELL("d..3.", "000001", "ipi_send_cpu: cpu=2 callsite=wrong+0x1/0x2 callback=0x0")
	  SHELL("d..3.", "000002", "ipi_send_cpumask: cpumask=00000000,0000000a callsite=right+0x1/0x2 callback=0x0")
	  SPIN("d.h..", "000010", "ipi_entry: (Rescheduling interrupts)")
	  SPIN("d.h..", "000013", "ipi_exit: (Rescheduling interrupts)"),
	  "1.000010 3 us ipi:reschedule <- right+0x1\n" },
	{ "the function of an irq_work is its callback",
	  SHELL("d..3.", "000001", SEND("irq_work_queue+0x30/0x50", "nohz_full_kick_func+0x0/0x60"))
	  SPIN("d.h..", "000010", "irq_work_entry: vector=246")
	  SPIN("d.h..", "000013", "irq_work_exit: vector=246"),
	  "1.000010 3 us ipi:nohz_full_kick_func <- irq_work_queue+0x30\n" },
	{ "an IPI on a line that others share (s390)",
	  SHELL("d..3.", "000001", SEND("resched_curr+0x8/0x10", "0x0"))
	  SPIN("d.h..", "000010", "irq_handler_entry: irq=0 name=EXT")
	  SPIN("d.h..", "000013", "irq_handler_exit: irq=0 ret=handled")
	  SPIN("d.h..", "000020", "irq_handler_entry: irq=0 name=EXT")
	  SPIN("d.h..", "000023", "irq_handler_exit: irq=0 ret=handled"),
	  "1.000010 3 us ipi:reschedule <- resched_curr+0x8\n1.000020 3 us irq:EXT\n" },
	{ "a work item tells more than the IPI and the thread that it needs, and the first more than the second",
	  SHELL("d..2.", "000001", QUEUE("00000000bb", "drain"))
	  SHELL("d..2.", "000001", WAKE("kworker/3:1", "52"))
	  SPIN("d.h..", "000010", "reschedule_entry: vector=253")
	  SPIN("dNh..", "000012", "reschedule_exit: vector=253") SPIN("d..2.", "000020", TO_WORKER)
	  WORKER(".....", "000021", START("00000000bb", "drain"))
	  WORKER(".....", "000022", START("00000000cc", "wq_barrier_func"))
	  WORKER("d..2.", "000040", FROM_WORKER),
	  "1.000010 30 us work:drain <- sh:workqueue_queue_work\n" },
	{ "a work item that an interrupt queued",
	  IDLE("d.s..", "000001", QUEUE("00000000bb", "vmstat_update"))
	  SPIN("d..2.", "000020", TO_WORKER)
	  WORKER(".....", "000021", START("00000000bb", "vmstat_update"))
	  WORKER("d..2.", "000040", FROM_WORKER),
	  "1.000020 20 us work:vmstat_update <- softirq:workqueue_queue_work\n" },
	{ "a thread and who woke it",
	  SHELL("d..2.", "000001", WAKE("migration/3", "35"))
	  SPIN("d..2.", "000020", SWITCH("spin", "100", "R+", "migration/3", "35"))
	  LINE("     migration/3-35     ", 3, "d..2.", "000030", SWITCH("migration/3", "35", "S", "spin", "100")),
	  "1.000020 10 us thread:migration <- sh:sched_waking\n" },
	{ "a task that goes to sleep is not interrupted, nor is the idle CPU",
	  SPIN("d..2.", "000020", SWITCH("spin", "100", "S", "swapper/3", "0"))
	  IDLE("d.h..", "000030", TIMER_IRQ)
	  IDLE("d.h..", "000031", "irq_handler_exit: irq=11 ret=handled")
	  IDLE("d..2.", "000040", SWITCH("swapper/3", "0", "R", "spin", "100")),
	  "" },
	{ "a switch that was asked for and did not come is no part of the sleep after it",
	  SPIN("d.h..", "000010", TIMER_IRQ)
	  SPIN("dNh..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  SPIN("d..2.", "003000", SWITCH("spin", "100", "S", "kworker/3:1", "52")),
	  "1.000010 5 us irq:arch_timer\n" },
	{ "nor is an interrupt that was over long before a watched task left the CPU to another",
	  FORK SPIN("d.h..", "000010", TIMER_IRQ)
	  SPIN("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  SPIN("d..2.", "003000", SWITCH("spin", "100", "S", "spin", "101")),
	  "1.000010 5 us irq:arch_timer\n" },
	{ "a switch from one watched task to another is part of the interrupt that asked for it",
	  FORK SPIN("d.h..", "000010", TIMER_IRQ)
	  SPIN("dNh..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  SPIN("d..2.", "000020", SWITCH("spin", "100", "R", "spin", "101")),
	  "1.000010 10 us irq:arch_timer\n" },
	{ "what another task suffers is not counted",
	  WORKER("d.h..", "000010", TIMER_IRQ)
	  WORKER("d.h..", "000015", "irq_handler_exit: irq=11 ret=handled"),
	  "" },
	{ "a child is watched, a stranger with a number of its own is not",
	  FORK
	  SHELL(".....", "000002", "sched_process_fork: comm=sh pid=60 child_comm=sh child_pid=102")
	  LINE("            spin-101    ", 3, "d.h..", "000010", TIMER_IRQ)
	  LINE("            spin-101    ", 3, "d.h..", "000015", "irq_handler_exit: irq=11 ret=handled")
	  LINE("              sh-102    ", 3, "d.h..", "000020", TIMER_IRQ)
	  LINE("              sh-102    ", 3, "d.h..", "000025", "irq_handler_exit: irq=11 ret=handled"),
	  "1.000010 5 us irq:arch_timer\n" },
	{ "its own fault and system call, where leaving user space is traced",
	  SPIN("d....", "000010", "user_exit: ")
	  SPIN("d....", "000011", "page_fault_user: address=0x1 ip=0x2 error_code=0x6")
	  SPIN("d....", "000020", "user_enter: ") SPIN("d....", "000030", "user_exit: ")
	  SPIN(".....", "000031", "sys_enter: NR 110 (0, 0, 0, 0, 0, 0)")
	  SPIN("d....", "000035", "user_enter: ") SPIN("d....", "000040", "user_exit: ")
	  SPIN("d....", "000041", "user_enter: "),
	  "1.000010 10 us fault:page_fault\n1.000030 5 us syscall:110\n1.000040 1 us other:kernel\n" },
	{ "an NMI says how long it took",
	  SPIN("d.Z..", "000010", "nmi_handler: perf_event_nmi_handler() delta_ns: 4000 handled: 1"),
	  "1.000006 4 us nmi:perf_event_nmi_handler\n" },
	{ "the window's end cuts off what it cannot know",
	  SPIN("d..2.", "000020", TO_WORKER) WORKER(".....", "000021", START("00000000bb", "drain")), "" },
	{ "exits without entries, entries without exits, deeper than there are interrupts",
	  SPIN("d.h..", "000010", "local_timer_exit: vector=236")
	  SPIN("d.h..", "000011", TIMER_IRQ) SPIN("d.h..", "000011", TIMER_IRQ)
	  SPIN("d.h..", "000011", TIMER_IRQ) SPIN("d.h..", "000011", TIMER_IRQ)
	  SPIN("d.h..", "000011", TIMER_IRQ) SPIN("d.h..", "000011", TIMER_IRQ)
	  SPIN("d.h..", "000011", TIMER_IRQ) SPIN("d.h..", "000011", TIMER_IRQ)
	  SPIN("d.h..", "000011", TIMER_IRQ) SPIN("d.h..", "000011", EXPIRE("deep"))
	  SPIN("d....", "000020", "user_enter: "),
	  "1.000011 9 us other:kernel\n" },
	{ "a woken task whose name looks like the rest of its line",
	  SHELL("d..2.", "000001", WAKE("x pid=9 target_cpu=001", "52"))
	  SPIN("d..2.", "000020", SWITCH("spin", "100", "R", "x", "52"))
	  LINE("               x-52     ", 3, "d..2.", "000030", SWITCH("x", "52", "S", "spin", "100")),
	  "1.000020 10 us thread:x <- sh:sched_waking\n" },
	{ "a name that looks like the rest of a line",
	  LINE("  ==> next_pid=1-100    ", 3, "d..2.", "000020",
	       SWITCH(" ==> next_pid=1", "100", "R", "prev_state=S", "52"))
	  LINE("    prev_state=S-52     ", 3, "d..2.", "000030", SWITCH("prev_state=S", "52", "S", "spin", "100")),
	  "1.000020 10 us thread:prev_state=S <- unknown\n" },
};
// clang-format on

static void print_stays(const struct trace *t, pid_t pid, struct str *out)
{
	static struct cpus watched;
	struct trace_stays s = { 0 };

	memset(&watched, 0, sizeof(watched));
	watched.has[3] = true;
	trace_attribute(t, &watched, &pid, 1, &s);
	for (size_t i = 0; i < s.n; i++) {
		const struct trace_stay *v = &s.v[i];

		assert_int_equal(v->cpu, 3);
		str_addf(out, "%llu.%06llu %llu us %s:%s%s%s\n",
			 (unsigned long long)(v->start / 1000000000),
			 (unsigned long long)(v->start / 1000 % 1000000),
			 (unsigned long long)(v->length / 1000), trace_kind_name(v->kind), v->what,
			 *v->sender ? " <- " : "", v->sender);
	}
	trace_stays_release(&s);
}

static void expect(const char *name, const char *got, const char *want)
{
	if (strcmp(got, want))
		fail_msg("%s\n--- got\n%s--- wanted\n%s", name, got, want);
}

static void test_attribution(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_str struct str got = STR_INIT;
		struct trace t;

		trace_parse(&t, rows[i].text, strlen(rows[i].text));
		if (t.strange)
			fail_msg("%s: %zu lines are strange", rows[i].name, t.strange);
		print_stays(&t, 100, &got);
		expect(rows[i].name, got.buf, rows[i].want);
		trace_release(&t);
	}
}

static const char *const archs[] = { "x86_64", "aarch64", "s390x" };

static void read_fixture(const char *name, const char *arch, const char *suffix, struct str *out)
{
	cleanup_free char *path = xasprintf(FIXTURES "%s%s%s", name, arch, suffix);
	struct err e = ERR_INIT;

	if (file_read(path, 0, out, &e))
		fail_msg("%s", e.msg);
}

/* A shell dirtied the CPU of a spinning one, drained it twice, and moved there itself. */
static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		cleanup_str struct str text = STR_INIT, want = STR_INIT, got = STR_INIT;
		struct trace t;
		int pid = 0;

		read_fixture("trace.", archs[i], "", &text);
		read_fixture("trace.", archs[i], ".want", &want);
		assert_int_equal(sscanf(text.buf, "# watched pid %d", &pid), 1);
		trace_parse(&t, text.buf, text.len);
		assert_int_equal(t.strange, 0);
		print_stays(&t, pid, &got);
		expect(archs[i], got.buf, want.buf);
		trace_release(&t);
	}
}

/* Whatever a trace holds, and wherever it is cut: no line is believed that is none, and nothing breaks. */
static void test_torn(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (size_t i = 0; i < 600; i++) {
		cleanup_str struct str text = STR_INIT, out = STR_INIT;
		struct trace t;

		read_fixture("trace.", archs[i % 3], "", &text);
		for (size_t n = 0; n < 200; n++) {
			size_t at;

			seed = seed * 1103515245 + 12345;
			at = (seed >> 8) % text.len;
			seed = seed * 1103515245 + 12345;
			text.buf[at] = n % 2 ? (char)(seed >> 16) : "0 \n:=+"[(seed >> 16) % 6];
		}
		trace_parse(&t, text.buf, text.len - i);
		for (size_t n = 0; n < t.n; n++)
			assert_in_range(t.v[n].cpu, 0, CPUS_MAX - 1);
		print_stays(&t, 59, &out);
		trace_timeline(&t, 3, t.n ? t.v[t.n / 2].ns : 0, UINT64_MAX, 4096, &out);
		trace_release(&t);
	}
}

// clang-format off
static const struct {
	const char *name, *text;
	size_t events, strange;
} lines[] = {
	{ "comments and empty lines", "# tracer: nop\n\n#\n", 0, 0 },
	{ "an event that is in no table", SPIN(".....", "000001", "kmalloc: call_site=x"), 1, 0 },
	{ "a line that was cut off", "            spin-100     [003] d.h..     1.0000", 0, 0 },
	{ "no line of an event", "hello\n", 0, 1 },
	{ "what the kernel says of lost events", "CPU:3 [LOST 12 EVENTS]\n", 0, 1 },
	{ "no event", "            spin-100     [003] d.h..     1.000001: \n", 0, 1 },
	{ "no number of a process", "            spin-x       [003] d.h..     1.000001: a: b\n", 0, 1 },
	{ "a CPU that cannot be", "            spin-100     [9999] d.h..     1.000001: a: b\n", 0, 1 },
	{ "a time that cannot be", "            spin-100     [003] d.h..  99999999999.000001: a: b\n", 0, 1 },
	{ "a name with a line in it", "        spin\n           -100     [003] d.h..     1.000001: a: b\n", 0, 2 },
	{ "a name like a line", " x-1 [001] ..:  -100     [003] d.h..     1.000001: a: b\n", 1, 0 },
};
// clang-format on

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct trace t;

		trace_parse(&t, lines[i].text, strlen(lines[i].text));
		if (t.n != lines[i].events || t.strange != lines[i].strange)
			fail_msg("%s: %zu events and %zu strange lines, wanted %zu and %zu",
				 lines[i].name, t.n, t.strange, lines[i].events, lines[i].strange);
		trace_release(&t);
	}
}

static void test_one_line(void **state)
{
	static const char text[] = SHELL("dNh3.", "793347", QUEUE("00000000bb", "drain"));
	struct cpus targets;
	struct trace t;
	char value[8];

	(void)state;
	trace_parse(&t, text, strlen(text));
	assert_int_equal(t.n, 1);
	assert_string_equal(t.v[0].comm, "sh");
	assert_string_equal(t.v[0].flags, "dNh3.");
	assert_int_equal(t.v[0].pid, 60);
	assert_int_equal(t.v[0].cpu, 0);
	assert_int_equal(t.v[0].ns, 1793347000);
	assert_string_equal(t.v[0].event->name, "workqueue_queue_work");
	assert_true(trace_value(&t.v[0], "function=", value, sizeof(value)));
	assert_string_equal(value, "drain");
	assert_true(trace_value(&t.v[0], "struct=", value, sizeof(value)));
	assert_string_equal(value, "0000000");
	assert_false(trace_value(&t.v[0], "nothing=", value, sizeof(value)));
	trace_targets(&t.v[0], &targets);
	assert_true(targets.has[3]);
	assert_int_equal(cpus_count(&targets), 1);
	trace_release(&t);
}

// clang-format off
static const char drained[] =
	SHELL("d..2.", "000001", QUEUE("00000000bb", "drain")) SHELL("d..2.", "000002", "kmalloc: x")
		SPIN("d..2.", "000020", TO_WORKER)
			WORKER(".....", "000021", START("00000000bb", "drain"))
				WORKER("d..2.", "000040", FROM_WORKER) SPIN("d.h..", "000900", TIMER_IRQ);

static const struct {
	const char *name;
	uint64_t start, length;
	size_t max;
	const char *want;
} timelines[] = {
	{ "what was sent, and what came", 1000019500, 21000, 4096,
	  "gap_ns=21000 at_ns=1000019500\n"
	  "-18500 cpu0 sh workqueue_queue_work work struct=00000000bb function=drain workqueue=events req_cpu=3 cpu=3\n"
	  "+500 sched_switch prev_comm=spin prev_pid=100 prev_prio=120 prev_state=R ==> next_comm=kworker/3:1 next_pid=52 next_prio=120\n"
	  "+1500 workqueue_execute_start work struct 00000000bb: function drain\n"
	  "+20500 sched_switch prev_comm=kworker/3:1 prev_pid=52 prev_prio=120 prev_state=I ==> next_comm=spin next_pid=100 next_prio=120\n" },
	{ "more than there is room for", 1000019500, 21000, 300,
	  "gap_ns=21000 at_ns=1000019500\n"
	  "-18500 cpu0 sh workqueue_queue_work work struct=00000000bb function=drain workqueue=events req_cpu=3 cpu=3\n"
	  "and 3 more events\n" },
	{ "a gap that the kernel knows nothing of", 1500000000, 1000, 4096,
	  "gap_ns=1000 at_ns=1500000000\nnothing of this kernel: the machine itself stood still\n" },
};
// clang-format on

static void test_timeline(void **state)
{
	struct trace t;

	(void)state;
	trace_parse(&t, drained, strlen(drained));
	assert_int_equal(t.n, 6);
	for (size_t i = 0; i < sizeof(timelines) / sizeof(timelines[0]); i++) {
		cleanup_str struct str got = STR_INIT;

		trace_timeline(&t, 3, timelines[i].start, timelines[i].length, timelines[i].max,
			       &got);
		expect(timelines[i].name, got.buf, timelines[i].want);
		assert_true(got.len <= timelines[i].max);
	}
	trace_release(&t);
}

/* Recorded on x86_64 and s390x: 40 gaps, a switch to the stopper thread, interrupts of both. */
static void test_osnoise(void **state)
{
	static const struct noise_source want[] = {
		{ "irq.reschedule", 3, 1, 857450, 857450 },
		{ "irq.call_function", 3, 1, 3284, 3284 },
		{ "thread.migration", 3, 1, 2327002, 2327002 },
		{ "irq.EXT", 3, 6, 4248 + 3685 + 7961 + 8103 + 4136 + 4287, 8103 },
		{ "softirq.RCU", 3, 2, 15784 + 70485, 70485 },
	};
	cleanup_str struct str text = STR_INIT;
	struct noise n = { 0 };

	(void)state;
	read_fixture("osnoise", "", "", &text);
	noise_parse(&n, text.buf, text.len);
	assert_int_equal(n.n, 6);
	assert_string_equal(n.v[0].name, "gap");
	assert_int_equal((int)n.v[0].count, 40);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(n.v[i + 1].name, want[i].name);
		assert_int_equal(n.v[i + 1].cpu, want[i].cpu);
		assert_int_equal((int)n.v[i + 1].count, (int)want[i].count);
		assert_int_equal((int)n.v[i + 1].total, (int)want[i].total);
		assert_int_equal((int)n.v[i + 1].max, (int)want[i].max);
	}
	noise_parse(&n, "", 0);
	assert_int_equal(n.n, 6);
	assert_int_equal((int)n.v[1].total, 0);
	noise_release(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attribution), cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_torn),        cmocka_unit_test(test_lines),
		cmocka_unit_test(test_one_line),    cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_osnoise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
