-- +goose Up
-- When an editor said that an email had arrived which a notice said had not; NULL: nobody did.
ALTER TABLE delivery ADD COLUMN arrived_at {int};

-- When an office was sent the mail by which it takes a statement back, µs; link_id is then the link that asked for it.
ALTER TABLE office_statement ADD COLUMN left_at {int};

-- How often sorting a mail was begun: what kills whoever reads it is not read for ever. And ref of a mail that is none of the editors'
-- business is the letter that it is about.
ALTER TABLE incoming ADD COLUMN tries {int} NOT NULL DEFAULT 0;
CREATE INDEX incoming_sender ON incoming (sender, letter_id);
CREATE INDEX incoming_ref ON incoming (ref) WHERE ref > 0;
