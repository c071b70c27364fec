-- +goose Up
-- Organisations sign with a mandate where their letter asks for one.
ALTER TABLE letter ADD COLUMN mandate {bool} NOT NULL DEFAULT FALSE;

-- Of an organisation's name, spelling aside, under the letter's data key: the same one is not counted from two addresses.
ALTER TABLE signature_sealed ADD COLUMN name_tag {bytes};
CREATE INDEX signature_sealed_by_name ON signature_sealed (letter_id, name_tag) WHERE name_tag IS NOT NULL;

-- Organisations that are known to sign from a domain or an address. Tags are under the instance key.
CREATE TABLE mandate (
  name_tag {bytes} NOT NULL, -- of the name, spelling aside
  from_tag {bytes} NOT NULL, -- of the domain, or of the whole address where that is shared by many
  lead_id {int} NOT NULL, -- the lead organisation that vouched; 0: the domain's own record said so
  created_at {int} NOT NULL,
  PRIMARY KEY (name_tag, from_tag, lead_id)
) {without_rowid};

-- Lead organisations that vouch for the mandate of a held signature.
CREATE TABLE voucher (
  letter_id {int} NOT NULL,
  signature_id {int} NOT NULL,
  organisation_id {int} NOT NULL,
  user_id {int} NOT NULL,
  created_at {int} NOT NULL,
  PRIMARY KEY (letter_id, signature_id, organisation_id)
) {without_rowid};
