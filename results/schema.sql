-- SPDX-License-Identifier: GPL-2.0
--
-- The database of kdelta, version 5 (PRAGMA user_version). Times of day are Unix time in milliseconds,
-- durations are seconds, sizes are bytes. Texts that came from a measured kernel (release, command line,
-- metric, reason, info, console) are data of unknown honesty: any byte but NUL.
--
-- To look around, start with the views at the end:
--   SELECT * FROM v_boot WHERE run = 7;
--   SELECT * FROM v_boot_summary WHERE run = 7 AND metric = 'kmalloc.instructions';

PRAGMA application_id = 1801741676; -- "kdel"

-- A machine that ran kdelta, as it was: an upgrade makes a new row.
CREATE TABLE host (
	id INTEGER PRIMARY KEY,
	hostname TEXT NOT NULL,
	machine TEXT NOT NULL, -- architecture, as uname -m says it
	cpu_model TEXT NOT NULL,
	os TEXT NOT NULL, -- name and version of the distribution
	kernel_release TEXT NOT NULL, -- of the host's own kernel
	cpus INTEGER NOT NULL, -- online CPUs
	memory INTEGER NOT NULL, -- bytes
	UNIQUE (hostname, machine, cpu_model, os, kernel_release, cpus, memory)
) STRICT;

-- A built kernel. Hashes are SHA-256 in hex; empty where there is nothing to hash.
CREATE TABLE kernel (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE, -- hash of everything that went into the build
	arch TEXT NOT NULL,
	version TEXT NOT NULL, -- VERSION.PATCHLEVEL.SUBLEVEL of the source
	release TEXT NOT NULL, -- what uname -r of this kernel says
	source_id TEXT NOT NULL, -- hash that names the source tree
	patches_hash TEXT NOT NULL,
	config_hash TEXT NOT NULL, -- of the final .config
	compiler TEXT NOT NULL, -- first line of its --version
	linker TEXT NOT NULL,
	image_hash TEXT NOT NULL, -- of the boot image
	vmlinux_hash TEXT NOT NULL,
	text INTEGER NOT NULL, -- bytes, as size(1) counts vmlinux
	data INTEGER NOT NULL, -- bytes
	bss INTEGER NOT NULL, -- bytes
	image_size INTEGER NOT NULL -- bytes of the boot image
) STRICT;

-- What is counted in a kernel's vmlinux without running it; there when a run of it was told.
CREATE TABLE kernel_value (
	kernel_id INTEGER NOT NULL REFERENCES kernel (id) ON DELETE CASCADE,
	metric TEXT NOT NULL, -- text, functions, calls.preempt_schedule, …
	unit TEXT NOT NULL, -- bytes, functions, instructions, sites
	direction TEXT NOT NULL CHECK (direction IN ('none', 'lower', 'higher')), -- which is better
	seq INTEGER NOT NULL, -- place among the kernel's values, from 0
	value REAL NOT NULL, -- in the unit
	PRIMARY KEY (kernel_id, metric)
) STRICT, WITHOUT ROWID;

-- One call of `kdelta run`, resumed or not.
CREATE TABLE run (
	id INTEGER PRIMARY KEY,
	host_id INTEGER NOT NULL REFERENCES host (id),
	suite TEXT NOT NULL, -- its name
	description TEXT NOT NULL,
	plan TEXT NOT NULL, -- everything the run was told; resuming needs the same text
	baseline TEXT NOT NULL, -- the variant that the others are compared with
	kdelta_version TEXT NOT NULL,
	margin REAL NOT NULL CHECK (margin >= 0), -- equivalence margin, a fraction: 0.01 is 1 %
	seed TEXT NOT NULL, -- of the order of the boots: an unsigned 64-bit number in decimal
	boots INTEGER NOT NULL, -- blocks per target
	status TEXT NOT NULL, -- running until it ends; then what the end was
	started INTEGER NOT NULL, -- Unix time, ms
	ended INTEGER -- Unix time, ms; NULL: has not ended
) STRICT;

-- One variant on one target of a run, and the kernel it boots there.
CREATE TABLE run_variant (
	id INTEGER PRIMARY KEY,
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	target TEXT NOT NULL,
	variant TEXT NOT NULL,
	twin_of TEXT, -- the variant that this one repeats (A/A); NULL: none
	kernel_id INTEGER REFERENCES kernel (id), -- NULL: not known yet, or a target without kernels
	modules_hash TEXT NOT NULL DEFAULT '', -- SHA-256 of the workload modules, hex
	cmdline TEXT NOT NULL DEFAULT '', -- the complete command line it is booted with
	UNIQUE (run_id, target, variant)
) STRICT;

-- One boot of every variant on one target, in random order, close in time: the pairs of a comparison.
CREATE TABLE block (
	id INTEGER PRIMARY KEY,
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	target TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number >= 0), -- counts from 0 per target
	UNIQUE (run_id, target, number)
) STRICT;

-- The unit of statistics, of resuming and of moving between machines. What the guest said of itself
-- (release to cpus) and the durations are NULL or 0 until it has said so.
CREATE TABLE boot (
	id INTEGER PRIMARY KEY,
	run_variant_id INTEGER NOT NULL REFERENCES run_variant (id) ON DELETE CASCADE,
	block_id INTEGER NOT NULL REFERENCES block (id) ON DELETE CASCADE,
	position INTEGER NOT NULL CHECK (position >= 0), -- order in the block, from 0
	status TEXT NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'ok', 'broken')),
	reason TEXT, -- why it is broken; NULL otherwise
	accel TEXT NOT NULL DEFAULT '', -- tcg, kvm, fake
	qemu_version TEXT NOT NULL DEFAULT '', -- empty when QEMU did not boot it
	command TEXT NOT NULL DEFAULT '', -- the argument vector, quoted as for a shell
	console_path TEXT, -- file with the whole console log; NULL: not kept
	started INTEGER, -- Unix time, ms
	start_seconds REAL NOT NULL DEFAULT 0, -- start of the process to the guest's start line; 0: never
	run_seconds REAL NOT NULL DEFAULT 0, -- start line to end line
	total_seconds REAL NOT NULL DEFAULT 0, -- start of the process to its end
	release TEXT, -- uname -r in the guest
	machine TEXT, -- uname -m in the guest
	cmdline TEXT, -- /proc/cmdline in the guest
	cpus INTEGER, -- online CPUs in the guest
	UNIQUE (block_id, position),
	UNIQUE (block_id, run_variant_id)
) STRICT;
CREATE INDEX boot_by_run_variant ON boot (run_variant_id);

-- The last bytes of a boot's console.
CREATE TABLE boot_console (
	boot_id INTEGER PRIMARY KEY REFERENCES boot (id) ON DELETE CASCADE,
	tail BLOB NOT NULL
) STRICT;

-- Facts that the guest found worth storing: module hashes, PMU, and so on.
CREATE TABLE info (
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- place among the boot's facts, from 0
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (boot_id, seq)
) STRICT, WITHOUT ROWID;

-- Texts that belong to a round of a workload, to a workload, or to a boot: timelines, versions of tools, what
-- is not honoured, why a collector was left out.
CREATE TABLE note (
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- place among the boot's notes, from 0
	workload_id INTEGER REFERENCES workload (id) ON DELETE CASCADE, -- NULL: of the boot
	round INTEGER NOT NULL, -- -1: of the whole workload
	cpu INTEGER NOT NULL, -- -1: not of one CPU
	key TEXT NOT NULL,
	value TEXT NOT NULL, -- may have several lines
	PRIMARY KEY (boot_id, seq)
) STRICT, WITHOUT ROWID;

-- Files that a boot handed out whole: perf.data, logs.
CREATE TABLE artifact (
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	path TEXT NOT NULL, -- seen from the folder of the database
	size INTEGER NOT NULL, -- bytes
	sha256 TEXT NOT NULL, -- hex
	PRIMARY KEY (boot_id, workload_id, name)
) STRICT, WITHOUT ROWID;

-- A workload of a run, with one value for each of its parameters.
CREATE TABLE workload (
	id INTEGER PRIMARY KEY,
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	number INTEGER NOT NULL CHECK (number >= 0), -- place in the plan, from 0
	name TEXT NOT NULL,
	label TEXT NOT NULL, -- name and the parameters that tell it from its siblings
	params TEXT NOT NULL, -- all of them: "size=64 order=fifo"
	rounds INTEGER NOT NULL, -- measured rounds per boot
	UNIQUE (run_id, number)
) STRICT;

-- How a workload ended in a boot.
CREATE TABLE workload_state (
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	state TEXT NOT NULL CHECK (state IN ('ok', 'failed', 'broken', 'skipped')),
	reason TEXT NOT NULL, -- empty when ok
	PRIMARY KEY (boot_id, workload_id)
) STRICT, WITHOUT ROWID;

-- The code that a workload measures, in the kernel of a variant. Equal digests are equal code, wherever it
-- lies; a workload that names no functions has no row.
CREATE TABLE workload_code (
	run_variant_id INTEGER NOT NULL REFERENCES run_variant (id) ON DELETE CASCADE,
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	digest TEXT NOT NULL, -- SHA-256 of the functions' code and of the workload's module, hex
	PRIMARY KEY (run_variant_id, workload_id)
) STRICT, WITHOUT ROWID;

-- What a number means. Values of different evidence are different metrics and never compared.
CREATE TABLE metric (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	unit TEXT NOT NULL, -- of every value of this metric
	direction TEXT NOT NULL CHECK (direction IN ('none', 'lower', 'higher')), -- which is better
	evidence TEXT NOT NULL CHECK (evidence IN ('static', 'simulated', 'virtual', 'hardware',
						   'emulated-time')),
	UNIQUE (name, unit, direction, evidence)
) STRICT;

-- Metrics of a run's workload that a collector recorded; all others are the workload's own.
CREATE TABLE collected (
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	collector TEXT NOT NULL,
	-- 1: counts what need not happen; a boot in which the collector recorded something and not this had none of it
	sparse INTEGER NOT NULL DEFAULT 0 CHECK (sparse IN (0, 1)),
	PRIMARY KEY (workload_id, metric_id)
) STRICT, WITHOUT ROWID;

-- Every value as it was measured.
CREATE TABLE record (
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- place in what the boot said, from 0; shared with histogram
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	stat TEXT NOT NULL, -- what the value summarises within its round: mean, min, max, count, total
	round INTEGER NOT NULL, -- from 0
	cpu INTEGER NOT NULL, -- -1: not of one CPU
	value REAL NOT NULL, -- in the metric's unit
	PRIMARY KEY (boot_id, seq)
) STRICT, WITHOUT ROWID;

-- A distribution as it was measured. Bucket bounds are in the metric's unit.
CREATE TABLE histogram (
	id INTEGER PRIMARY KEY,
	boot_id INTEGER NOT NULL REFERENCES boot (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- as in record
	workload_id INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	round INTEGER NOT NULL, -- from 0
	cpu INTEGER NOT NULL, -- -1: not of one CPU
	sub INTEGER NOT NULL CHECK (sub BETWEEN 0 AND 8), -- 2^sub buckets per power of two
	UNIQUE (boot_id, seq)
) STRICT;

-- Samples in [lower, lower + width); the width follows from lower and sub: 1 below 2^sub, else
-- 2^(floor(log2(lower)) - sub).
CREATE TABLE histogram_bucket (
	histogram_id INTEGER NOT NULL REFERENCES histogram (id) ON DELETE CASCADE,
	lower INTEGER NOT NULL CHECK (lower >= 0), -- in the metric's unit
	count INTEGER NOT NULL CHECK (count > 0), -- samples
	PRIMARY KEY (histogram_id, lower)
) STRICT, WITHOUT ROWID;

-- One row per boot, names joined.
CREATE VIEW v_boot AS
SELECT run.id AS run, run.suite, rv.target, rv.variant, rv.twin_of, block.number AS block,
       boot.position, boot.id AS boot, boot.status, boot.reason, boot.accel, boot.qemu_version,
       kernel.release AS built_release, boot.release AS booted_release, boot.cmdline, boot.cpus,
       kernel.key AS kernel_key, host.hostname AS host,
       datetime(boot.started / 1000, 'unixepoch') AS started_utc,
       boot.start_seconds, boot.run_seconds, boot.total_seconds
  FROM boot
  JOIN run_variant AS rv ON rv.id = boot.run_variant_id
  JOIN block ON block.id = boot.block_id
  JOIN run ON run.id = rv.run_id
  JOIN host ON host.id = run.host_id
  LEFT JOIN kernel ON kernel.id = rv.kernel_id;

-- One row per value, names joined.
CREATE VIEW v_record AS
SELECT rv.run_id AS run, rv.target, rv.variant, block.number AS block, boot.id AS boot,
       boot.status AS boot_status, workload.label AS workload, ws.state AS workload_state,
       metric.name AS metric, record.stat, record.round, record.cpu, record.value, metric.unit,
       metric.direction, metric.evidence
  FROM record
  JOIN boot ON boot.id = record.boot_id
  JOIN run_variant AS rv ON rv.id = boot.run_variant_id
  JOIN block ON block.id = boot.block_id
  JOIN workload ON workload.id = record.workload_id
  JOIN metric ON metric.id = record.metric_id
  LEFT JOIN workload_state AS ws
    ON ws.boot_id = record.boot_id AND ws.workload_id = record.workload_id;

-- One row per histogram bucket, names joined.
CREATE VIEW v_histogram AS
SELECT rv.run_id AS run, rv.target, rv.variant, block.number AS block, boot.id AS boot,
       boot.status AS boot_status, workload.label AS workload, metric.name AS metric, h.round, h.cpu,
       b.lower, b.count, metric.unit, metric.evidence
  FROM histogram AS h
  JOIN histogram_bucket AS b ON b.histogram_id = h.id
  JOIN boot ON boot.id = h.boot_id
  JOIN run_variant AS rv ON rv.id = boot.run_variant_id
  JOIN block ON block.id = boot.block_id
  JOIN workload ON workload.id = h.workload_id
  JOIN metric ON metric.id = h.metric_id;

-- One row per round of what a comparison may use (boot ok, workload ok): what was recorded of no single CPU
-- (cpu -1) is the whole; where nothing was, CPUs are joined, by the mean, minimum or maximum for the stat of
-- that name, else by the sum.
CREATE VIEW v_round AS
SELECT rv.run_id AS run, rv.target, rv.variant, block.number AS block, boot.id AS boot,
       workload.number AS workload_number, workload.label AS workload, metric.id AS metric_id,
       metric.name AS metric, record.stat, record.round, metric.unit, metric.direction,
       metric.evidence,
       CASE record.stat
	WHEN 'mean' THEN ifnull(avg(record.value) FILTER (WHERE record.cpu = -1), avg(record.value))
	WHEN 'min' THEN ifnull(min(record.value) FILTER (WHERE record.cpu = -1), min(record.value))
	WHEN 'max' THEN ifnull(max(record.value) FILTER (WHERE record.cpu = -1), max(record.value))
	ELSE ifnull(sum(record.value) FILTER (WHERE record.cpu = -1), sum(record.value)) END AS value
  FROM run_variant AS rv
  JOIN boot ON boot.run_variant_id = rv.id AND boot.status = 'ok'
  JOIN block ON block.id = boot.block_id
  JOIN record ON record.boot_id = boot.id
  JOIN workload ON workload.id = record.workload_id
  JOIN workload_state AS ws
    ON ws.boot_id = record.boot_id AND ws.workload_id = record.workload_id AND ws.state = 'ok'
  JOIN metric ON metric.id = record.metric_id
 GROUP BY rv.run_id, rv.id, boot.id, workload.id, metric.id, record.stat, record.round;

-- One row per boot and metric: the number that comparisons use, the median of its rounds.
CREATE VIEW v_boot_summary AS
SELECT run, target, variant, block, boot, workload, metric, stat, avg(value) AS median,
       min(lowest) AS lowest, max(highest) AS highest, max(rounds) AS rounds, unit, direction, evidence
  FROM (SELECT *, row_number() OVER (PARTITION BY run, boot, workload_number, metric_id, stat
				     ORDER BY value) AS place,
		  count(*) OVER all_rounds AS rounds, min(value) OVER all_rounds AS lowest,
		  max(value) OVER all_rounds AS highest
	  FROM v_round
	WINDOW all_rounds AS (PARTITION BY run, boot, workload_number, metric_id, stat))
 WHERE place IN ((rounds + 1) / 2, (rounds + 2) / 2)
 GROUP BY run, boot, workload_number, metric_id, stat;
