-- +goose Up
ALTER TABLE letter ADD COLUMN continues {int} NOT NULL DEFAULT 0; -- the letter that it goes on with, 0 for none
ALTER TABLE delivery ADD COLUMN corrects {int}; -- an earlier entry that was wrong
ALTER TABLE delivery ADD COLUMN retracted_at {int}; -- µs: when it was taken back as a mistake
-- JSON: of an addressee who takes a letter up with somebody else, such as a special procedure of the United Nations with a State.
ALTER TABLE addressee ADD COLUMN communication TEXT NOT NULL DEFAULT '';

ALTER TABLE response ADD COLUMN also TEXT NOT NULL DEFAULT ''; -- JSON: other addressees that it answers for

-- Days that matter to a letter and that its text does not name, such as an anniversary.
CREATE TABLE letter_date (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  day {key} NOT NULL, -- YYYY-MM-DD
  label TEXT NOT NULL,
  yearly {bool} NOT NULL, -- it comes again each year
  PRIMARY KEY (letter_id, id)
) {strict};

-- Who else has asked for what a demand asks, and where such a thing was done.
CREATE TABLE earlier_call (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  demand_id {int} NOT NULL,
  kind {key} NOT NULL, -- call, precedent
  who TEXT NOT NULL,
  title TEXT NOT NULL,
  sent {key} NOT NULL, -- YYYY, YYYY-MM or YYYY-MM-DD, or empty
  published {key} NOT NULL, -- the same
  source TEXT NOT NULL, -- a web address
  PRIMARY KEY (letter_id, id)
) {strict};
