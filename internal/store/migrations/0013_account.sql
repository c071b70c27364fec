-- +goose Up
-- Who may use the editors' desk, and what they did there.

CREATE TABLE user_account (
	id              {int} NOT NULL PRIMARY KEY,
	handle          {bytes} NOT NULL UNIQUE, -- random; what passkeys call the user
	tag             {bytes} NOT NULL UNIQUE, -- of the address, under the instance key
	details         {bytes} NOT NULL,        -- sealed: name, address
	operator        {bool} NOT NULL,
	password        TEXT,                    -- argon2id, PHC string
	totp            {bytes},                 -- sealed: secret of the authenticator app
	totp_step       {int} NOT NULL,          -- the last one used: a code is good once
	recovery_round  {int} NOT NULL,          -- codes are derived from it
	recovery_used   {int} NOT NULL,          -- bit n: code n is used
	recovery_kept   {bool} NOT NULL,         -- the user says so; the codes are shown no more
	created_at      {int} NOT NULL
) {strict};

CREATE TABLE passkey (
	id         {bytes} NOT NULL PRIMARY KEY, -- chosen by the authenticator
	user_id    {int} NOT NULL REFERENCES user_account (id),
	credential TEXT NOT NULL, -- JSON of webauthn.Credential
	name       TEXT NOT NULL,
	created_at {int} NOT NULL,
	used_at    {int} NOT NULL
) {strict};
CREATE INDEX passkey_by_user ON passkey (user_id);

CREATE TABLE session (
	id         {int} NOT NULL PRIMARY KEY,
	hash       {bytes} NOT NULL UNIQUE, -- SHA-256 of the cookie
	user_id    {int} NOT NULL REFERENCES user_account (id),
	agent      TEXT NOT NULL, -- family of browser and system, nothing finer
	created_at {int} NOT NULL,
	proved_at  {int} NOT NULL, -- when the user last proved who they are
	seen_at    {int} NOT NULL
) {strict};
CREATE INDEX session_by_user ON session (user_id);

-- Challenges and attempts that may not come again.
CREATE TABLE spent (
	hash  {bytes} NOT NULL PRIMARY KEY,
	until {int} NOT NULL
) {strict};
CREATE TABLE attempt (
	tag    {bytes} NOT NULL, -- of an address, under the instance key
	period {int} NOT NULL,
	n      {int} NOT NULL,
	PRIMARY KEY (tag, period)
) {strict};

CREATE TABLE member (
	organisation_id {int} NOT NULL REFERENCES organisation (id),
	user_id         {int} NOT NULL REFERENCES user_account (id),
	role            {key} NOT NULL,
	created_at      {int} NOT NULL,
	PRIMARY KEY (organisation_id, user_id)
) {strict};
CREATE INDEX member_by_user ON member (user_id);

-- Links by which somebody becomes a user, joins an organisation, or gets in again.
CREATE TABLE enrolment (
	id              {int} NOT NULL PRIMARY KEY,
	hash            {bytes} NOT NULL UNIQUE,
	kind            {key} NOT NULL, -- setup join reset
	organisation_id {int} REFERENCES organisation (id), -- of a join
	role            {key},
	user_id         {int} REFERENCES user_account (id), -- of a reset
	details         {bytes} NOT NULL, -- sealed: whom it is for
	created_by      {int},
	created_at      {int} NOT NULL,
	expires_at      {int} NOT NULL
) {strict};
CREATE INDEX enrolment_by_organisation ON enrolment (organisation_id);

CREATE TABLE audit (
	id              {int} NOT NULL PRIMARY KEY,
	at              {int} NOT NULL,
	user_id         {int}, -- NULL: the command line, or the server by itself
	organisation_id {int},
	letter_id       {int},
	act             {key} NOT NULL,
	object          TEXT NOT NULL -- what it was done to; never a signer
) {strict};
CREATE INDEX audit_by_organisation ON audit (organisation_id, id);
CREATE INDEX audit_by_letter ON audit (letter_id, id);

-- Acts that wait for a second member.
CREATE TABLE approval (
	id         {int} NOT NULL PRIMARY KEY,
	letter_id  {int} NOT NULL REFERENCES letter (id),
	act        {key} NOT NULL,
	request    TEXT NOT NULL, -- JSON: all that the act needs, no personal data
	asked_by   {int} NOT NULL REFERENCES user_account (id),
	asked_at   {int} NOT NULL,
	decided_by {int} REFERENCES user_account (id),
	decided_at {int},
	approved   {bool}
) {strict};
CREATE INDEX approval_by_letter ON approval (letter_id, id);
