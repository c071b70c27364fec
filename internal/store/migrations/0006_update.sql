-- +goose Up
-- Dated articles about a letter: what has happened since it was published.
CREATE TABLE letter_update (
  letter_id {int} NOT NULL REFERENCES letter (id),
  number {int} NOT NULL, -- from 1; a removed one is not given again
  language {key} NOT NULL,
  title TEXT NOT NULL, -- '' once removed
  body TEXT NOT NULL, -- Markdown
  at {int} NOT NULL, -- the day it is dated
  PRIMARY KEY (letter_id, number)
) {strict};
