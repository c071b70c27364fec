-- +goose Up
-- Who a letter goes to. What the letter says of them stands in its text; here is what is known beside.
CREATE TABLE addressee (
  letter_id {int} NOT NULL,
  number {int} NOT NULL, -- counts those of a letter from 1, and stays
  slug {key} NOT NULL, -- of their page; addressees of several letters that have the same slug are one there
  role {key} NOT NULL, -- asked, cc, through
  name TEXT NOT NULL,
  office TEXT NOT NULL,
  holders TEXT NOT NULL, -- JSON: who held the office from when to when
  email TEXT NOT NULL, -- of the office, shown to editors alone
  members {int} NOT NULL, -- of a group that is counted as one, 0 for one
  reason TEXT NOT NULL, -- why they are asked, of one who is not in the text
  rule TEXT NOT NULL, -- JSON: within how many days they have to answer, by which rule
  statement TEXT NOT NULL, -- JSON: what they want to have said
  PRIMARY KEY (letter_id, number)
) {strict};
CREATE INDEX addressee_slug ON addressee (slug, letter_id, number);

CREATE TABLE delivery (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL,
  kind {key} NOT NULL, -- first, reminder, follow_up, reply, correction
  channel {key} NOT NULL, -- email, post, hand, form, portal, public
  state {key} NOT NULL, -- of an email: waiting, handed, refused, bounced; else empty
  at {int} NOT NULL, -- µs
  edition {int} NOT NULL,
  note TEXT NOT NULL,
  tracking TEXT NOT NULL, -- never public
  public_at {int}, -- µs: from when on everybody may know of it; NULL for never
  logged {bool} NOT NULL,
  made_by {int},
  created_at {int} NOT NULL
) {strict};
CREATE INDEX delivery_letter ON delivery (letter_id, id);

CREATE TABLE delivery_file (
  letter_id {int} NOT NULL,
  delivery_id {int} NOT NULL,
  number {int} NOT NULL,
  role {key} NOT NULL, -- pack: what was handed over; proof: that it was
  name TEXT NOT NULL,
  type {key} NOT NULL,
  made {bool} NOT NULL, -- the letter for the addressee, as the server makes it
  copy {key} NOT NULL, -- drawn at random, hex; empty for a public file
  commitment {key} NOT NULL, -- hex SHA-256 of the copy number, if there is one, and the file
  made_at {int} NOT NULL, -- µs: when its bytes were made, or came
  content {bytes} NOT NULL, -- sealed; empty once a name that may stand in it was taken away
  PRIMARY KEY (letter_id, delivery_id, number)
) {strict};

CREATE TABLE response (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL,
  kind {key} NOT NULL,
  at {int} NOT NULL, -- µs: received
  written {key} NOT NULL, -- day on it, or empty
  sender TEXT NOT NULL,
  reference TEXT NOT NULL,
  until {key} NOT NULL, -- day that an extension names, or empty
  forwarded {int} NOT NULL, -- addressee that it was passed on to, or 0
  language {key} NOT NULL,
  excerpt TEXT NOT NULL, -- as it is published
  file_name TEXT NOT NULL,
  file_type {key} NOT NULL,
  file_sha256 {key} NOT NULL,
  original {bytes}, -- sealed
  copy_name TEXT NOT NULL,
  copy_type {key} NOT NULL,
  copy_sha256 {key} NOT NULL,
  public_copy {bytes}, -- the file without the names that are nobody's business
  state {key} NOT NULL, -- private, published, taken_down
  decided_at {int}, -- µs: when it was published or taken down
  made_by {int},
  created_at {int} NOT NULL
) {strict};
CREATE INDEX response_letter ON response (letter_id, id);

-- What is known of one demand asked of one addressee. Rows are never changed: one that is wrong is corrected by another.
CREATE TABLE cell_entry (
  id {int} NOT NULL PRIMARY KEY,
  letter_id {int} NOT NULL,
  addressee {int} NOT NULL,
  demand_id {int} NOT NULL,
  said {key} NOT NULL, -- what they said, or empty
  outcome {key} NOT NULL, -- what came of it, or empty
  at {key} NOT NULL, -- day
  evidence TEXT NOT NULL,
  note TEXT NOT NULL,
  corrects {int}, -- an earlier entry
  made_by {int},
  created_at {int} NOT NULL
) {strict};
CREATE INDEX cell_entry_letter ON cell_entry (letter_id, id);

CREATE TABLE exhibit (
  sha256 {key} NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  type {key} NOT NULL,
  size {int} NOT NULL,
  content {bytes} NOT NULL,
  created_at {int} NOT NULL
) {strict};

-- What editors were told about what is due: so many days before it, less than 0 for after.
CREATE TABLE delivery_reminder (
  letter_id {int} NOT NULL,
  due {key} NOT NULL, -- day
  days {int} NOT NULL,
  PRIMARY KEY (letter_id, due, days)
) {strict};
