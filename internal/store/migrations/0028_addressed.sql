-- +goose Up
-- Whom the current text of a published letter addresses, by the slug of their page.
CREATE TABLE letter_addressed (
  letter_id {int} NOT NULL,
  slug {key} NOT NULL,
  PRIMARY KEY (slug, letter_id)
) {strict};
CREATE INDEX letter_addressed_letter ON letter_addressed (letter_id);
