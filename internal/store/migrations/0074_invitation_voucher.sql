-- +goose Up
-- A member gives their lead organisation's word for those whom other leads have invited, up to the last one they saw.
CREATE TABLE invitation_voucher (
  letter_id {int} NOT NULL,
  user_id {int} NOT NULL,
  last_id {int} NOT NULL, -- of the invitations
  at {int} NOT NULL, -- µs
  PRIMARY KEY (letter_id, user_id)
) {without_rowid};

-- A word that was given for an address, by inviting it, says nothing of others at its domain.
ALTER TABLE voucher ADD COLUMN invited {bool} NOT NULL DEFAULT FALSE;
