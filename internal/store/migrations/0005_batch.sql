-- +goose Up
-- Lists of signatories that were imported, each a batch that can be undone.
CREATE TABLE signature_batch (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  basis {key} NOT NULL,
  source TEXT NOT NULL, -- where the list comes from, as the public is told
  sha256 {key} NOT NULL, -- hex, of the file
  added {int} NOT NULL, -- signatures so far
  state {key} NOT NULL, -- applying, applied, undoing, undone
  created_at {int} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {without_rowid};

-- Which line of the file became which signature: an import that was interrupted goes on, and an undo knows what to undo.
CREATE TABLE signature_batch_line (
  letter_id {int} NOT NULL,
  batch_id {int} NOT NULL,
  line {int} NOT NULL,
  kind {key} NOT NULL,
  signature_id {int} NOT NULL,
  PRIMARY KEY (letter_id, batch_id, line, kind)
) {without_rowid};
