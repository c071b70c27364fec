-- +goose Up
-- How many signatures the import leaves of a batch allow for.
ALTER TABLE signature_batch ADD COLUMN allowed {int} NOT NULL DEFAULT 0;
-- Held signatures from before there was a log need salts too, before they can be released.
INSERT INTO signature_unlogged (letter_id, id) SELECT letter_id, id FROM signature WHERE state = 'held';
-- A signature that its own signer has replaced is only erased again when the one in its place is.
ALTER TABLE erasure ADD COLUMN replaced_by {int} NOT NULL DEFAULT 0;
