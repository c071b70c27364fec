-- +goose Up
-- Signatures of which everything that could tell whose they were was destroyed: a backup is older than some of these, and
-- what it brings back is destroyed again. Ids only; rows are never deleted.
CREATE TABLE erasure (
  letter_id {int} NOT NULL,
  signature_id {int} NOT NULL,
  pending_id {int} NOT NULL, -- the submission it came from, 0 for one of an import
  at {int} NOT NULL, -- µs
  PRIMARY KEY (letter_id, signature_id)
) {without_rowid};
