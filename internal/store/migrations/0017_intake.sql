-- +goose Up
-- Lists of signatories that were read in at the desk and wait to be added.
CREATE TABLE intake (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  lines {int} NOT NULL,
  skip TEXT NOT NULL, -- JSON: numbers of lines that are left out
  version {int} NOT NULL, -- grows when what would be added changes: a second member approves one of them
  state {key} NOT NULL, -- read, approved, failed
  reason {key} NOT NULL, -- of one that failed
  approved_by {int}, -- who had it added
  created_at {int} NOT NULL,
  sealed {bytes} NOT NULL, -- the list, packed
  PRIMARY KEY (letter_id, id)
) {strict};
CREATE INDEX intake_by_age ON intake (created_at);
