-- +goose Up
-- What an import was told: an interrupted one goes on with it, whatever it is told then.
ALTER TABLE signature_batch ADD COLUMN listing {key} NOT NULL DEFAULT 'counted';
ALTER TABLE signature_batch ADD COLUMN kind {key} NOT NULL DEFAULT '';
