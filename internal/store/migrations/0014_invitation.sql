-- +goose Up
-- Somebody who was asked to sign a letter. The link's token is derived from the letter's data key and stored nowhere.
-- "Signed" is no state of a row: it is read from the signature, so that one that is counted only shows in nothing here.
CREATE TABLE invitation (
  letter_id {int} NOT NULL,
  id {int} NOT NULL,
  tag {bytes} NOT NULL, -- of the address that was invited
  signer_mailbox_tag {bytes} NOT NULL, -- with signer_tag: of the address whose signature answers it; that one, unless another signed by the link
  signer_tag {bytes} NOT NULL,
  sealed {bytes} NOT NULL, -- name, address, organisation, language, reason for declining
  state {key} NOT NULL, -- invited, visited, considering or declined, as the invited told
  mail {key} NOT NULL, -- why there is no further mail: refused (by the address's server) or stopped; else ''
  invited_by {int} NOT NULL, -- member, 0 for the command line
  PRIMARY KEY (letter_id, id)
) {without_rowid};
CREATE UNIQUE INDEX invitation_by_tag ON invitation (letter_id, tag);
CREATE INDEX invitation_by_signer ON invitation (letter_id, signer_tag);

-- Invitations to a letter on one day.
CREATE TABLE invitation_day (
  letter_id {int} NOT NULL,
  day {int} NOT NULL, -- days since 1970-01-01 UTC
  n {int} NOT NULL,
  PRIMARY KEY (letter_id, day)
) {without_rowid};

-- When those who have not answered are reminded; a letter without a row has the usual plan.
CREATE TABLE reminder_plan (
  letter_id {int} NOT NULL PRIMARY KEY,
  days {key} NOT NULL -- before the deadline, "7,2"; '' for never
) {strict};

-- A reminder that was begun: how far its mails are enqueued.
CREATE TABLE reminder (
  letter_id {int} NOT NULL,
  at {int} NOT NULL, -- µs; its moment
  after_id {int} NOT NULL, -- the last invitation that is dealt with
  done_at {int}, -- µs; NULL while there are more
  PRIMARY KEY (letter_id, at)
) {without_rowid};

-- Addresses that take no invitation to any letter: tags under the instance key, of the mailbox.
CREATE TABLE unsubscribed (
  tag {bytes} NOT NULL PRIMARY KEY
) {without_rowid};
