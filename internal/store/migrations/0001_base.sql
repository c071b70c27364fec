-- +goose Up
-- What every instance has before it has a letter.

-- Facts about this instance: fingerprints of its keys, the origin of its log.
CREATE TABLE instance (
	key   {key} NOT NULL PRIMARY KEY,
	value {bytes} NOT NULL
) {strict};

-- Durable background work (package job). A finished job is deleted; a dead one has no run_at.
CREATE TABLE job (
	id       {int} NOT NULL PRIMARY KEY,
	kind     {key} NOT NULL,
	key      {key},            -- two jobs with one key are the same work
	args     TEXT NOT NULL,    -- JSON, ids only
	attempts {int} NOT NULL,   -- claims so far; 0 = never started
	due_at   {int} NOT NULL,   -- when it was first to run, µs
	run_at   {int},            -- not before; while it runs, the end of its lease
	error    TEXT              -- code of the last failure; NULL while it runs
) {strict};

CREATE INDEX job_kind_run_at ON job (kind, run_at) WHERE run_at IS NOT NULL;
CREATE UNIQUE INDEX job_key_waiting ON job (key) WHERE key IS NOT NULL AND attempts = 0;
CREATE INDEX job_key ON job (key) WHERE key IS NOT NULL;
