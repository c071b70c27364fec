-- +goose Up
-- What one member of a letter's leads has done of the acts that only so many of pass without a second within a month.
CREATE TABLE act_alone (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  act {key} NOT NULL,
  at {int} NOT NULL, -- µs
  n {int} NOT NULL -- of how many; less than 0 for what a second member has allowed beside
) {strict};
CREATE INDEX act_alone_letter ON act_alone (letter_id, act, at);
