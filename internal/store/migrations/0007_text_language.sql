-- +goose Up
-- The language of the text that the signer had before them; language is that of the page, in which mails are written.
ALTER TABLE pending ADD COLUMN text_language {key} NOT NULL DEFAULT '';
ALTER TABLE signature ADD COLUMN text_language {key} NOT NULL DEFAULT '';
