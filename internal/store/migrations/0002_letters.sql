-- +goose Up
CREATE TABLE organisation (
  id {int} NOT NULL PRIMARY KEY,
  slug {key} NOT NULL UNIQUE,
  details TEXT NOT NULL, -- JSON of account.Organisation
  created_at {int} NOT NULL
) {strict};

CREATE TABLE media (
  hash {key} NOT NULL PRIMARY KEY, -- hex SHA-256 of data
  type TEXT NOT NULL,
  width {int} NOT NULL,
  height {int} NOT NULL,
  data {bytes} NOT NULL,
  created_at {int} NOT NULL
) {strict};

CREATE TABLE letter (
  id {int} NOT NULL PRIMARY KEY,
  slug {key} NOT NULL UNIQUE,
  state {key} NOT NULL,
  sign_on {key} NOT NULL,
  protected {bool} NOT NULL,
  edition {int} NOT NULL, -- the current published one, 0 for none
  deadline_at {int},
  deadline_zone TEXT NOT NULL,
  close_of_business {bool} NOT NULL,
  call TEXT, -- JSON of letter.Call
  data_key {bytes}, -- wrapped under the instance key; NULL once destroyed
  version {int} NOT NULL,
  created_at {int} NOT NULL,
  opened_at {int},
  closed_at {int}
) {strict};
CREATE INDEX letter_by_state ON letter (state, opened_at);

CREATE TABLE letter_lead (
  letter_id {int} NOT NULL REFERENCES letter (id),
  rank {int} NOT NULL,
  organisation_id {int} NOT NULL REFERENCES organisation (id),
  PRIMARY KEY (letter_id, rank)
) {strict};
CREATE INDEX letter_lead_by_organisation ON letter_lead (organisation_id);

CREATE TABLE edition (
  letter_id {int} NOT NULL REFERENCES letter (id),
  number {int} NOT NULL,
  follows {key} NOT NULL,
  language {key} NOT NULL,
  sha256 {key} NOT NULL,
  published_at {int}, -- NULL while it is the draft
  PRIMARY KEY (letter_id, number)
) {strict};

CREATE TABLE edition_text (
  letter_id {int} NOT NULL,
  number {int} NOT NULL,
  language {key} NOT NULL,
  content TEXT NOT NULL, -- JSON of letter.Text
  canonical TEXT NOT NULL, -- the file that is signed
  sha256 {key} NOT NULL,
  PRIMARY KEY (letter_id, number, language),
  FOREIGN KEY (letter_id, number) REFERENCES edition (letter_id, number)
) {strict};
