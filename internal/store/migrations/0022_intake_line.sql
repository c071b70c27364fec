-- +goose Up
-- Lists that are added at the desk become signatures over a day, and nobody there learns of which lines they did not.
ALTER TABLE signature_batch ADD COLUMN next_at {int}; -- µs: when more lines are taken in, 0 once all are; NULL for a list of the command line

-- The lines of such lists that were taken in.
CREATE TABLE intake_line (
  letter_id {int} NOT NULL,
  batch_id {int} NOT NULL,
  line {int} NOT NULL,
  kind {key} NOT NULL,
  fate {bytes} NOT NULL, -- sealed: the signature or the submission that it became, or neither
  PRIMARY KEY (letter_id, batch_id, line, kind)
) {without_rowid};

-- By what such a line is found again in another list. That its signature is erased changes nothing here: which line it was is not known.
CREATE TABLE intake_taken (
  letter_id {int} NOT NULL,
  mailbox_tag {bytes} NOT NULL,
  tag {bytes} NOT NULL,
  kind {key} NOT NULL,
  batch_id {int} NOT NULL,
  PRIMARY KEY (letter_id, mailbox_tag, tag, kind, batch_id)
) {without_rowid};
