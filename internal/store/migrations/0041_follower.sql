-- +goose Up
-- Who wants news of a letter. Nothing here refers to a signature: ids are random, rows come in shuffled batches once a day, and no row has
-- a time. What is sealed, and the tag, are under a key of the letter that is for this alone.
CREATE TABLE follower (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  tag {bytes} NOT NULL, -- of the mailbox
  sealed {bytes} NOT NULL, -- address and language
  short {bool} NOT NULL, -- they were told that the address goes with the letter's data key
  PRIMARY KEY (letter_id, id),
  UNIQUE (letter_id, tag)
) {without_rowid};

-- How far the news of a letter are.
CREATE TABLE news (
  letter_id {int} NOT NULL PRIMARY KEY,
  version {int} NOT NULL, -- of the letter, when it was looked at last; 0 before
  looked_day {int} NOT NULL, -- days since 1970-01-01 UTC
  gathered_day {int} NOT NULL, -- on which signers who want news became followers last
  after_id {int} NOT NULL, -- the last signature that was looked at for it
  told_after {int} NOT NULL, -- the last signature that was given before signers were told how long a follower is kept
  issue {int} NOT NULL, -- number of the last mail to followers
  sent_at {int} NOT NULL -- µs; of that, 0 for none
) {strict};
INSERT INTO news (letter_id, version, looked_day, gathered_day, after_id, told_after, issue, sent_at)
SELECT l.id, 0, 0, 0, 0, COALESCE((SELECT MAX(s.id) FROM signature s WHERE s.letter_id = l.id), 0), 0, 0 FROM letter l;

-- What is known of a letter that followers are told of when it changes.
CREATE TABLE news_fact (
  letter_id {int} NOT NULL,
  about {key} NOT NULL,
  value {key} NOT NULL,
  changed_at {int} NOT NULL, -- µs
  issue {int}, -- the mail that tells of it; 0: known before, none; -1: waits for an editor; NULL: waits for the next mail
  PRIMARY KEY (letter_id, about)
) {without_rowid};
CREATE INDEX news_fact_waiting ON news_fact (letter_id) WHERE issue IS NULL;

-- The mails to followers, and how far each is enqueued.
CREATE TABLE news_issue (
  letter_id {int} NOT NULL,
  number {int} NOT NULL,
  created_at {int} NOT NULL, -- µs
  after_id {int} NOT NULL, -- the last follower that is dealt with
  mails {int} NOT NULL,
  done_at {int}, -- µs; NULL while there are more
  PRIMARY KEY (letter_id, number)
) {without_rowid};

-- A later deadline is told with the news.
DELETE FROM job WHERE kind IN ('letter.extended', 'mail.extension') OR kind = 'announce' AND args LIKE '%"extension"%';
