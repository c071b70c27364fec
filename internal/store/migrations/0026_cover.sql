-- +goose Up
-- What goes with a letter to one who gets it, beside the words that are signed.
CREATE TABLE letter_cover (
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL, -- counts those of the edition from 1; 0 holds for all
  sealed {bytes} NOT NULL, -- JSON, with the instance's key
  PRIMARY KEY (letter_id, addressee)
) {strict};

-- The handwritten signatures of those who signed the text itself. They are shown to addressees only.
CREATE TABLE letter_autograph (
  letter_id {int} NOT NULL,
  signer {int} NOT NULL, -- counts them in the authoritative text from 1
  sealed {bytes} NOT NULL, -- the picture, the name that it belongs to and the text that it stands under
  PRIMARY KEY (letter_id, signer)
) {strict};
