-- +goose Up
-- The public log: leaves that wait for their index, and the tree of those that have one.
DROP TABLE leaf_pending;
CREATE TABLE leaf_pending (
  letter_id {int} NOT NULL,
  phase {int} NOT NULL, -- in which order a batch takes them
  rank {int} NOT NULL, -- random: within a phase, the order tells nothing of their time
  subject {int} NOT NULL, -- the signature it is about, 0 for the letter
  leaf TEXT NOT NULL, -- its text; the target of an act is filled in when it gets its index
  PRIMARY KEY (letter_id, phase, rank, subject)
) {without_rowid};

-- One row. The checkpoint is that of the tree; what the public is shown follows when a batch is complete.
CREATE TABLE log_state (
  id {int} NOT NULL PRIMARY KEY,
  size {int} NOT NULL,
  root {bytes} NOT NULL,
  checkpoint TEXT NOT NULL, -- signed
  published_size {int} NOT NULL,
  published TEXT NOT NULL, -- signed
  published_at {int} NOT NULL
) {strict};

-- Tiles of hashes by level, and bundles of entries as level -1. A row grows in place until it is full.
CREATE TABLE log_tile (
  level {int} NOT NULL,
  n {int} NOT NULL,
  data {bytes} NOT NULL,
  PRIMARY KEY (level, n)
) {strict};

ALTER TABLE letter ADD COLUMN log_id {key} NOT NULL DEFAULT ''; -- 32 hex digits
UPDATE letter SET log_id = {random_hex};
ALTER TABLE letter ADD COLUMN close_logged {int}; -- when its close leaf was written
ALTER TABLE edition ADD COLUMN leaf_hash {bytes}; -- RecordHash of its leaf; NULL until it is published
ALTER TABLE signature ADD COLUMN leaf_index {int}; -- NULL until its sign leaf has an index
ALTER TABLE signature ADD COLUMN leaf_listing {key} NOT NULL DEFAULT ''; -- public or withheld, as its last leaf with an index says
CREATE INDEX signature_by_leaf ON signature (leaf_index) WHERE leaf_index IS NOT NULL;
ALTER TABLE signature_public ADD COLUMN salt {bytes}; -- opens the commitment of its leaf

-- What is sequenced joins what is shown when the checkpoint is published. outcome is 'counted' or the reason of an end.
DROP TABLE tally;
CREATE TABLE tally (
  letter_id {int} NOT NULL,
  edition {int} NOT NULL,
  kind {key} NOT NULL,
  withheld {bool} NOT NULL,
  basis {key} NOT NULL,
  outcome {key} NOT NULL,
  n {int} NOT NULL, -- as of the published checkpoint
  sequenced {int} NOT NULL,
  PRIMARY KEY (letter_id, edition, kind, withheld, basis, outcome)
) {without_rowid};
DROP TABLE publication;
CREATE TABLE publication (
  letter_id {int} NOT NULL PRIMARY KEY,
  sequenced_size {int} NOT NULL, -- size of the tree after the letter's last leaf
  size {int} NOT NULL, -- that its numbers are of, 0 before the first
  root {bytes} NOT NULL, -- of that size
  published_at {int} NOT NULL,
  recent TEXT NOT NULL -- JSON: up to twelve signature ids of each kind
) {strict};

-- Signatures from before there was a log. Each leaves this table when its leaf is written; new instances have none.
CREATE TABLE signature_unlogged (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {without_rowid};
INSERT INTO signature_unlogged (letter_id, id) SELECT letter_id, id FROM signature WHERE state IN ('new', 'listed');
UPDATE signature SET state = 'new' WHERE state = 'listed'; -- they count again once they are in the log
