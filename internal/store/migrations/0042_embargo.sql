-- +goose Up
-- A delivery under embargo becomes public when its job says so, which waits for a clock that is believed, and not because a clock does.
ALTER TABLE delivery ADD COLUMN embargo {int}; -- µs: until when nobody is to know of it
UPDATE delivery SET embargo = public_at, public_at = NULL
WHERE NOT logged AND public_at = (SELECT MAX(due_at) FROM job WHERE kind = 'delivery.lift' AND args LIKE '%:' || delivery.id || '}');
