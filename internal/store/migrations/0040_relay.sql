-- +goose Up
-- What the mail relay answers where it does not take a mail, in its own words without any address.
CREATE TABLE relay_answer (
  code {key} NOT NULL PRIMARY KEY, -- under which jobs fail for it
  words {key} NOT NULL,
  since {int} NOT NULL, -- µs; when it began
  latest {int} NOT NULL, -- µs
  n {int} NOT NULL, -- so often since then
  stops {bool} NOT NULL, -- it stopped all mails, and none has gone since
  one {bool} NOT NULL -- it is about single mailboxes, which nobody here can mend
) {strict};
