-- +goose Up
-- What the desk shows of a letter at a glance, counted as signatures are published: nothing there reads all signatures.
CREATE TABLE signature_hour (
  letter_id {int} NOT NULL,
  hour {int} NOT NULL, -- in which they were given; hours since 1970-01-01 UTC
  kind {key} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (letter_id, hour, kind)
) {without_rowid};
INSERT INTO signature_hour (letter_id, hour, kind, n)
SELECT letter_id, created_at / 3600000000, kind, COUNT(*) FROM signature
WHERE state = 'listed' AND leaf_index IS NOT NULL GROUP BY letter_id, created_at / 3600000000, kind;

-- Countries of those on the public list: what others said of theirs is sealed.
CREATE TABLE signature_country (
  letter_id {int} NOT NULL,
  country {key} NOT NULL, -- '' for those who said none
  n {int} NOT NULL,
  PRIMARY KEY (letter_id, country)
) {without_rowid};
INSERT INTO signature_country (letter_id, country, n)
SELECT l.letter_id, u.country, COUNT(*) FROM signature_list l
JOIN signature_public u ON u.letter_id = l.letter_id AND u.id = l.id GROUP BY l.letter_id, u.country;

-- How many jobs were done in an hour.
CREATE TABLE job_done (
  hour {int} NOT NULL, -- since 1970-01-01 UTC
  kind {key} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (hour, kind)
) {without_rowid};
CREATE INDEX job_failed ON job (id) WHERE error IS NOT NULL;

-- Under the letter's key: the domain of a submission's address, to notice many from one. Forgotten after 48 hours; NULL for large providers.
ALTER TABLE pending ADD COLUMN domain_tag {bytes};
CREATE INDEX pending_by_domain ON pending (letter_id, domain_tag, confirmed_at) WHERE domain_tag IS NOT NULL AND confirmed_at IS NOT NULL;
