-- +goose Up
-- What signers are told or asked by mail, and how far its mails are enqueued.
CREATE TABLE announcement (
  letter_id {int} NOT NULL,
  kind {key} NOT NULL, -- extension or text
  subject {int} NOT NULL, -- the deadline in µs, or the number of the edition
  created_at {int} NOT NULL, -- µs
  after_id {int} NOT NULL, -- the last signature that is dealt with
  mails {int} NOT NULL,
  done_at {int}, -- µs; NULL while there are more
  PRIMARY KEY (letter_id, kind, subject)
) {without_rowid};

-- The submission by which a signer is asked to sign a changed text: it goes when the signature ends.
ALTER TABLE signature ADD COLUMN asked_id {int} NOT NULL DEFAULT 0;
