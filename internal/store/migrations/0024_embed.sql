-- +goose Up
-- Sites that may show a letter in a frame, one a line.
ALTER TABLE letter ADD COLUMN embeds TEXT NOT NULL DEFAULT '';
