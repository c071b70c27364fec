-- +goose Up
-- A letter's text before it is published: who is asked to read it, what they say of it, and which lead organisations approve it.
CREATE TABLE circulation (
	letter_id     {int} NOT NULL PRIMARY KEY REFERENCES letter (id),
	soft_at       {int} NOT NULL, -- until when answers are asked for
	hard_at       {int} NOT NULL, -- no answer and no remark is taken after it
	zone          TEXT NOT NULL,
	started_at    {int} NOT NULL,
	frozen_sha256 {key} NOT NULL, -- of the authoritative file that was frozen last, '' for none
	frozen_at     {int}
) {strict};

-- Who was sent a link of their own. The link's token carries the id, so nothing random is indexed here.
CREATE TABLE reader (
	id              {int} NOT NULL PRIMARY KEY,
	letter_id       {int} NOT NULL REFERENCES letter (id),
	tag             {bytes} NOT NULL, -- of the address
	token_hash      {bytes} NOT NULL,
	sealed          {bytes} NOT NULL, -- name, address, token
	language        {key} NOT NULL,
	mails           {int} NOT NULL,   -- how often the link was sent
	refused         {bool} NOT NULL,  -- the address takes no mail
	answer          {key} NOT NULL,   -- '' considering in declined
	named           {bool} NOT NULL,  -- the other readers may see who this is
	lead_asked      {bool} NOT NULL,
	organisation_id {int} REFERENCES organisation (id), -- that it speaks for as a lead, by consent
	invited_at      {int} NOT NULL,
	answered_at     {int},
	withdrawn_at    {int}, -- the link is worth nothing any more
	UNIQUE (letter_id, tag)
) {strict};

CREATE TABLE remark (
	id          {int} NOT NULL PRIMARY KEY,
	letter_id   {int} NOT NULL REFERENCES letter (id),
	reader_id   {int} REFERENCES reader (id),
	user_id     {int}, -- of a remark from the desk
	language    {key} NOT NULL, -- of the text
	place       {int} NOT NULL, -- number of the paragraph when it was made, from 1; 0 is the whole letter
	anchor      {key} NOT NULL, -- hash of that paragraph
	sealed      {bytes} NOT NULL, -- the remark, and how the paragraph began
	made_at     {int} NOT NULL,
	resolved_by {int},
	resolved_at {int}
) {strict};
CREATE INDEX remark_by_letter ON remark (letter_id, id);

-- The text that each lead organisation approved last.
CREATE TABLE lead_approval (
	letter_id       {int} NOT NULL REFERENCES letter (id),
	organisation_id {int} NOT NULL REFERENCES organisation (id),
	sha256          {key} NOT NULL,
	user_id         {int}, -- NULL: by the link of a reader
	approved_at     {int} NOT NULL,
	PRIMARY KEY (letter_id, organisation_id)
) {strict};
