-- +goose Up
-- A letter can be handed over before it is published, and published by itself at an instant.
ALTER TABLE letter ADD COLUMN fixed_at {int}; -- µs: since when the text of a draft is what was handed over
ALTER TABLE letter ADD COLUMN publish_at {int}; -- µs: when a draft is published by itself
ALTER TABLE letter ADD COLUMN publish_zone {key} NOT NULL DEFAULT 'UTC'; -- in which that was chosen
