-- +goose Up
-- A link by which the office of an addressee states its own view of what is asked of it.
CREATE TABLE office_link (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL,
  email TEXT NOT NULL, -- of the office when it was asked; another one on record ends the link
  language {key} NOT NULL,
  token_hash {bytes} NOT NULL,
  token {bytes} NOT NULL, -- sealed, for its mail
  mails {int} NOT NULL, -- that were asked for with it
  turned {bool} NOT NULL, -- the office's server took no mail
  created_at {int} NOT NULL, -- µs
  expires_at {int} NOT NULL, -- µs
  ended_at {int} -- µs: when an editor took it back
) {strict};
CREATE INDEX office_link_letter ON office_link (letter_id, id);

-- What an office stated of one demand that is asked of it. What it said before stays beside.
CREATE TABLE office_statement (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL,
  demand_id {int} NOT NULL,
  link_id {int} NOT NULL, -- through which it came; 0: an editor entered what came by post
  position {key} NOT NULL,
  language {key} NOT NULL,
  at {int} NOT NULL, -- µs: when the office confirmed it, or when it came
  state {key} NOT NULL, -- typed, held, published, refused, withdrawn
  reason {key} NOT NULL, -- why it was refused
  decided_at {int}, -- µs
  body {bytes}, -- sealed: its text and evidence, until it is decided about
  text TEXT NOT NULL, -- as published
  evidence TEXT NOT NULL, -- as published
  file_name TEXT NOT NULL,
  file_type {key} NOT NULL,
  file_sha256 {key} NOT NULL,
  file {bytes}, -- sealed
  token_hash {bytes}, -- of the mail that confirms it, or that takes it back
  token {bytes}, -- sealed, for that mail
  created_at {int} NOT NULL -- µs
) {strict};
CREATE INDEX office_statement_letter ON office_statement (letter_id, id);
CREATE INDEX office_statement_link ON office_statement (link_id, state);
