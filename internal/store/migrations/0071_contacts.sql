-- +goose Up
-- Whom the press and the addressee's office can ask about a letter, as JSON; '' for nobody.
ALTER TABLE letter ADD COLUMN contacts TEXT NOT NULL DEFAULT '';
