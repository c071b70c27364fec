-- +goose Up
-- The next edition of a letter before the organisations that lead it: published once each has approved the very text, or, where due_at is
-- set, by itself then if nobody has objected.
CREATE TABLE agreement (
  letter_id {int} NOT NULL PRIMARY KEY REFERENCES letter (id),
  number {int} NOT NULL,
  follows {key} NOT NULL,
  sums TEXT NOT NULL, -- SHA-256 of each text, as JSON by language
  asked_by {int} NOT NULL, -- the user who wants it published
  asked_at {int} NOT NULL, -- µs
  due_at {int} -- µs
) {strict};
-- What a lead organisation has against a text. Who approves a text has nothing against it.
CREATE TABLE lead_objection (
  letter_id {int} NOT NULL REFERENCES letter (id),
  organisation_id {int} NOT NULL REFERENCES organisation (id),
  sha256 {key} NOT NULL,
  sealed {bytes} NOT NULL, -- the words
  objected_at {int} NOT NULL, -- µs
  PRIMARY KEY (letter_id, organisation_id)
) {strict};
-- The texts that lead organisations were asked about, as long as their agreement waits: who approved one is shown what changed since.
CREATE TABLE agreement_text (
  letter_id {int} NOT NULL REFERENCES letter (id),
  sha256 {key} NOT NULL,
  canonical TEXT NOT NULL,
  PRIMARY KEY (letter_id, sha256)
) {strict};
-- How long lead organisations can object to a change that asks nothing of signers, in hours; 0: each has to approve it.
ALTER TABLE letter ADD COLUMN lead_wait {int} NOT NULL DEFAULT 24;
