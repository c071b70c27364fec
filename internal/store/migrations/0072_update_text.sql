-- +goose Up
-- An update in further languages, beside the one that it was written in.
CREATE TABLE letter_update_text (
  letter_id {int} NOT NULL REFERENCES letter (id),
  number {int} NOT NULL,
  language {key} NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL, -- Markdown
  PRIMARY KEY (letter_id, number, language)
) {strict};
