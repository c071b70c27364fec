-- +goose Up
-- Who asked on the page of a letter to be told when something happens, until they have confirmed by mail and join the followers with the
-- batch of a day. Ids are drawn and there is a day and no time, as with the followers.
CREATE TABLE follow_asked (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  token_hash {bytes} NOT NULL,
  sealed {bytes} NOT NULL, -- address, language, token of the mail
  confirmed {bool} NOT NULL,
  day {int} NOT NULL -- days since 1970-01-01 UTC
) {strict};
CREATE INDEX follow_asked_letter ON follow_asked (letter_id, confirmed);
