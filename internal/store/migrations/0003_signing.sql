-- +goose Up
-- A submission that waits for its confirmation. Its token carries the id, so nothing random is indexed here.
CREATE TABLE pending (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  edition {int} NOT NULL,
  language {key} NOT NULL,
  kind {key} NOT NULL,
  token_hash {bytes} NOT NULL,
  browser_hash {bytes} NOT NULL,
  sealed {bytes} NOT NULL,
  tries {int} NOT NULL, -- wrong codes typed
  mails {int} NOT NULL, -- confirmation mails asked for
  codes {int} NOT NULL, -- fresh codes mailed
  fresh_hash {bytes}, -- of the last fresh code
  fresh_until {int},
  confirmed_at {int},
  disputed_at {int},
  expires_at {int} NOT NULL
) {strict};
CREATE INDEX pending_by_expiry ON pending (expires_at);

CREATE TABLE signature (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  kind {key} NOT NULL,
  edition {int} NOT NULL,
  language {key} NOT NULL,
  listing {key} NOT NULL,
  basis {key} NOT NULL,
  state {key} NOT NULL,
  reason {key} NOT NULL, -- why held, withdrawn or removed; else ''
  mailbox_tag {bytes} NOT NULL, -- of the address without plus and dots: finds possible duplicates
  tag {bytes} NOT NULL,
  secret_hash {bytes}, -- NULL once erased
  pending_id {int} NOT NULL, -- the submission it came from, gone with an erasure
  created_at {int} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {without_rowid};
CREATE UNIQUE INDEX signature_by_tag ON signature (letter_id, mailbox_tag, tag, kind);
CREATE INDEX signature_by_secret ON signature (secret_hash);
CREATE INDEX signature_held ON signature (letter_id, id) WHERE state = 'held';

CREATE TABLE signature_public (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  kind {key} NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  affiliation TEXT NOT NULL,
  country {key} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {without_rowid};

CREATE TABLE signature_sealed (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  sealed {bytes} NOT NULL,
  PRIMARY KEY (letter_id, id)
) {without_rowid};

-- The published list in its order, and the words it is searched by; written when a signature joins the count.
CREATE TABLE signature_list (
  letter_id {int} NOT NULL,
  kind {key} NOT NULL,
  sort_key {bytes} NOT NULL,
  id {int} NOT NULL,
  PRIMARY KEY (letter_id, kind, sort_key, id)
) {without_rowid};

CREATE TABLE signature_word (
  letter_id {int} NOT NULL,
  kind {key} NOT NULL,
  word {key} NOT NULL,
  id {int} NOT NULL,
  PRIMARY KEY (letter_id, kind, word, id)
) {without_rowid};

-- Acts that are durable and not yet published, in an order that tells nothing of their time.
CREATE TABLE leaf_pending (
  letter_id {int} NOT NULL,
  phase {int} NOT NULL, -- 1 sign, 2 relist and withdraw: an act on a signature follows its signing
  rank {int} NOT NULL, -- random
  signature_id {int} NOT NULL,
  act {key} NOT NULL,
  detail {key} NOT NULL, -- of a relist the new listing, of a withdrawal the reason
  PRIMARY KEY (letter_id, phase, rank, signature_id, act)
) {without_rowid};

CREATE TABLE tally (
  letter_id {int} NOT NULL,
  edition {int} NOT NULL,
  kind {key} NOT NULL,
  withheld {bool} NOT NULL,
  basis {key} NOT NULL,
  outcome {key} NOT NULL, -- counted, withdrawn, removed
  n {int} NOT NULL,
  PRIMARY KEY (letter_id, edition, kind, withheld, basis, outcome)
) {without_rowid};

-- When the counts of a letter were last published, and who joined last.
CREATE TABLE publication (
  letter_id {int} NOT NULL PRIMARY KEY,
  published_at {int} NOT NULL,
  recent TEXT NOT NULL -- JSON: up to twelve signature ids of each kind
) {strict};

-- Mails sent to an address for one letter: the times of the last three.
CREATE TABLE mail_budget (
  letter_id {int} NOT NULL,
  tag {bytes} NOT NULL,
  latest {int} NOT NULL,
  second {int} NOT NULL,
  third {int} NOT NULL,
  PRIMARY KEY (letter_id, tag)
) {without_rowid};

-- Mails sent to an address on one day over all letters.
CREATE TABLE mail_day (
  day {int} NOT NULL, -- days since 1970-01-01 UTC
  tag {bytes} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (day, tag)
) {without_rowid};

-- Addresses a letter must not mail: refused by their server, or "this was not me".
CREATE TABLE mail_block (
  letter_id {int} NOT NULL,
  tag {bytes} NOT NULL,
  reason {key} NOT NULL,
  created_at {int} NOT NULL,
  PRIMARY KEY (letter_id, tag)
) {without_rowid};
