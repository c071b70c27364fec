-- +goose Up
-- How many mails had gone to the followers of the letter when somebody confirmed: those that go until they are one of them are sent to them,
-- too. NULL for not confirmed.
ALTER TABLE follow_asked ADD COLUMN issue {int};
