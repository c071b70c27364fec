-- +goose Up
-- Mails that came in. What they say is sealed under the instance's key: their rows are deleted, and no letter's key ends before they do.
CREATE TABLE incoming (
  id {int} NOT NULL PRIMARY KEY,
  tag {bytes} NOT NULL, -- keyed hash of its bytes and of whom it came for: the same mail, read again, is there already
  size {int} NOT NULL, -- bytes that are kept, 0 once they are destroyed
  whole {bool} NOT NULL, -- false: it was too large, and only its beginning is kept
  state {key} NOT NULL, -- new, waits, noted, done, taken, entered
  letter_id {int} NOT NULL, -- 0: of none that is known, or none of its editors' business
  what {key} NOT NULL, -- what it is, empty before it is sorted
  about {key} NOT NULL, -- which mail of ours it answers, or empty
  ref {int} NOT NULL, -- the delivery it answers, 0 for none
  became {int} NOT NULL, -- the list or the response that it went into, 0 for none
  sender {bytes} NOT NULL, -- tag of the mailbox it says it is from
  changed_at {int} NOT NULL, -- µs
  changed_by {int}, -- NULL: the server by itself
  sealed {bytes} NOT NULL -- whom it came for, and once it is sorted what a list shows of it; empty once destroyed
) {strict};
CREATE UNIQUE INDEX incoming_tag ON incoming (tag);
CREATE INDEX incoming_letter ON incoming (letter_id, state, id);
CREATE INDEX incoming_kept ON incoming (size) WHERE size > 0;
CREATE INDEX incoming_became ON incoming (became) WHERE became > 0;

-- Their bytes in pieces, which are written before the row that makes them a mail.
CREATE TABLE incoming_part (
  incoming_id {int} NOT NULL,
  number {int} NOT NULL,
  sealed {bytes} NOT NULL,
  PRIMARY KEY (incoming_id, number)
) {strict};

-- How many came of a kind on a day, UTC.
CREATE TABLE incoming_day (
  day {int} NOT NULL,
  what {key} NOT NULL, -- as bounce.confirmation
  n {int} NOT NULL,
  PRIMARY KEY (day, what)
) {without_rowid};

-- How the last look into the mailbox went.
CREATE TABLE inbox_look (
  id {int} NOT NULL PRIMARY KEY, -- 1
  at {int} NOT NULL, -- µs
  good_at {int} NOT NULL, -- µs: of the last that went well, 0 for none
  code {key} NOT NULL, -- what failed, or empty
  words {key} NOT NULL, -- of the server, without addresses
  waiting {int} NOT NULL -- mails that were left in the mailbox
) {strict};

ALTER TABLE response ADD COLUMN mail {int} NOT NULL DEFAULT 0; -- the mail that it came by
