-- +goose Up
-- What else was taken away of signatures: who withdrew, or hid a name, does not come back with a backup either.
ALTER TABLE erasure RENAME TO erasure_before;
CREATE TABLE erasure (
  letter_id {int} NOT NULL,
  signature_id {int} NOT NULL,
  what {key} NOT NULL, -- '' everything; the reason of its end; the listing that it was hidden under
  at {int} NOT NULL, -- µs
  pending_id {int} NOT NULL, -- the submission it came from, 0 for one of an import
  replaced_by {int} NOT NULL, -- the signature that its signer put in its place, 0 for none
  PRIMARY KEY (letter_id, signature_id, what, at)
) {without_rowid};
INSERT INTO erasure (letter_id, signature_id, what, at, pending_id, replaced_by)
SELECT letter_id, signature_id, '', at, pending_id, replaced_by FROM erasure_before;
DROP TABLE erasure_before;
-- A line of a batch may be a submission whose sender is asked to confirm, in place of a signature.
ALTER TABLE signature_batch_line ADD COLUMN pending_id {int} NOT NULL DEFAULT 0;
