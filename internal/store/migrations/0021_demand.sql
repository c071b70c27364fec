-- +goose Up
-- A demand lives across editions: each edition's item of the list that it continues names it, and what is said about it stays.
CREATE TABLE demand_item (
  letter_id {int} NOT NULL,
  edition {int} NOT NULL,
  number {int} NOT NULL, -- as the item is written
  demand_id {int} NOT NULL,
  sure {bool} NOT NULL, -- an editor has said which demand it continues, or its words have
  PRIMARY KEY (letter_id, edition, number)
) {without_rowid};

-- What is known of a demand beside its text: by when, of whom, how urgent.
CREATE TABLE demand_fact (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  demand_id {int} NOT NULL,
  kind {key} NOT NULL, -- due, within, before, asked, actor or urgent
  value {key} NOT NULL,
  quote {key} NOT NULL, -- words of the demand that say so, '' where somebody has set it
  organisation_id {int}, -- that has set it; NULL with a quote, and for the command line
  set_at {int} NOT NULL -- µs
) {strict};
CREATE INDEX demand_fact_letter ON demand_fact (letter_id, demand_id, id);
