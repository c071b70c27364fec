-- +goose Up
-- What a user of the desk wants to be written about, and what they were. Who has no row yet gets one with what holds at first.
CREATE TABLE notice (
  user_id {int} NOT NULL PRIMARY KEY REFERENCES user_account (id),
  work {key} NOT NULL, -- at_once, daily, none: what others did with the letters they write for
  counts {key} NOT NULL, -- at_once, daily, weekly, none: how many have signed them
  seen {int} NOT NULL, -- the last line of the trail that they were told of
  told_at {int} NOT NULL, -- µs
  counted TEXT NOT NULL, -- JSON: the count of each letter that they were told last
  counted_at {int} NOT NULL -- µs
) {strict};
