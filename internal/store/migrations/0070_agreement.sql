-- +goose Up
-- The next edition of a letter before the organisations that lead it: published once each has approved the very texts, or, where due_at is
-- set, by itself then if nobody has objected.
CREATE TABLE agreement (
  letter_id {int} NOT NULL PRIMARY KEY REFERENCES letter (id),
  number {int} NOT NULL,
  follows {key} NOT NULL,
  sums TEXT NOT NULL, -- SHA-256 of each text, as JSON by language
  digest {key} NOT NULL, -- of number, follows and sums: what is approved
  asked_by {int} NOT NULL, -- the user who wants it published
  asked_at {int} NOT NULL, -- µs
  due_at {int}, -- µs
  moved_by {int}, -- the user who has changed a text since, 0: the command line; NULL: nobody
  moved_many {bool} NOT NULL, -- several have
  moved_at {int} -- µs: when somebody did last
) {strict};
-- What each lead organisation says of it. An objection outlives the request: it stands until that organisation approves.
CREATE TABLE agreement_lead (
  letter_id {int} NOT NULL REFERENCES letter (id),
  organisation_id {int} NOT NULL REFERENCES organisation (id),
  approved {key} NOT NULL, -- the digest that it approved last, '' for none
  objected {key} NOT NULL, -- the digest that it objected to, '' for none
  sealed {bytes}, -- the words of the objection
  at {int} NOT NULL, -- µs
  PRIMARY KEY (letter_id, organisation_id)
) {strict};
-- The texts that were asked about, as long as the agreement waits: who approved them is shown what changed since.
CREATE TABLE agreement_text (
  letter_id {int} NOT NULL REFERENCES letter (id),
  digest {key} NOT NULL,
  language {key} NOT NULL,
  canonical TEXT NOT NULL,
  PRIMARY KEY (letter_id, digest, language)
) {strict};
-- How long lead organisations can object to a change that asks nothing of signers, in hours; 0: each has to approve it.
ALTER TABLE letter ADD COLUMN lead_wait {int} NOT NULL DEFAULT 24;
-- A link that a restore took back, and no editor: who speaks for a lead organisation gets another when it is asked.
ALTER TABLE reader ADD COLUMN lost {bool} NOT NULL DEFAULT FALSE;
