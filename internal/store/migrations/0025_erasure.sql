-- +goose Up
-- Whether somebody was erased since is asked every few seconds.
CREATE INDEX erasure_at ON erasure (letter_id, at);
