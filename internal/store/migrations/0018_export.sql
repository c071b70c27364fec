-- +goose Up
-- Lists of signatories that were made for an audience, to be fetched for some days.
CREATE TABLE export (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  audience {key} NOT NULL, -- public, addressee, coalition
  made_by {int}, -- who had it made
  lines {int}, -- NULL while it is being made
  created_at {int} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {strict};
CREATE INDEX export_by_age ON export (created_at);

CREATE TABLE export_part (
  letter_id {int} NOT NULL,
  export_id {int} NOT NULL,
  part {int} NOT NULL,
  sealed {bytes} NOT NULL, -- JSON: up to 500 signatories
  PRIMARY KEY (letter_id, export_id, part)
) {strict};
