-- +goose Up
-- Whether the sign form of a letter offers the consent that its lead organisations write to the signer about their own work.
ALTER TABLE letter ADD COLUMN informed {bool} NOT NULL DEFAULT FALSE;
