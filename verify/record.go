package verify

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SaltSize is the length of a salt in bytes.
const SaltSize = 32

// Salt is what makes a commitment hide its text; 256 bits.
type Salt [SaltSize]byte

// Secret is a receipt secret: 128 random bits that only the signer keeps. The salts of a signature follow from it.
type Secret [16]byte

var secretEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String returns the secret as signers see it: 26 characters of base32 (RFC 4648) in lower case.
func (s Secret) String() string { return secretEncoding.EncodeToString(s[:]) }

// ParseSecret reads what String returns.
func ParseSecret(text string) (s Secret, err error) {
	b, err := secretEncoding.DecodeString(text)
	if err != nil || len(b) != len(s) || Secret(b).String() != text {
		return s, errors.New("a receipt secret has 26 letters and digits")
	}
	return Secret(b), nil
}

// Salts returns the salts of both commitments: HKDF-SHA-256 (RFC 5869) of the secret, without salt, with the info
// "undersigned.log/v1 record KIND" and "… contact KIND". The kind is in it because one secret can be that of two signatures,
// a person's and an organisation's, and what opens one must not help to guess the other.
func (s Secret) Salts(kind Kind) (record, contact Salt) {
	return s.salt("record", kind), s.salt("contact", kind)
}

func (s Secret) salt(purpose string, kind Kind) Salt {
	key, _ := hkdf.Key(sha256.New, s[:], nil, prefix+purpose+" "+string(kind), SaltSize) // fails for lengths it cannot give
	return Salt(key)
}

// Record is what is published about a signer, or would be if the listing were public. Its text is "key SP value" lines like
// those of a leaf, in the order of the fields, empty ones left out; in Unicode NFC.
type Record struct {
	Name        string `json:"name"`            // of the person, or of the organisation
	Title       string `json:"title,omitempty"` // of a person, for identification only, as the next
	Affiliation string `json:"affiliation,omitempty"`
	Country     string `json:"country,omitempty"` // ISO 3166-1 alpha-2
}

// Text returns the lines.
func (r Record) Text() string {
	var w writer
	w.optional("name", r.Name)
	w.optional("title", r.Title)
	w.optional("affiliation", r.Affiliation)
	w.optional("country", r.Country)
	return string(w.b)
}

// ParseRecord reads what Text returns, and nothing else.
func ParseRecord(text string) (Record, error) {
	r := &reader{rest: text}
	rec := Record{r.optional("name"), r.optional("title"), r.optional("affiliation"), r.optional("country")}
	if rec.Text() != text || checkLines(text+"\n") != nil {
		return Record{}, errors.New("not the text of a record")
	}
	return rec, nil
}

// Commit returns the commitment of a sign leaf's record line.
func (r Record) Commit(salt Salt) Hash { return commit("record", salt, r.Text()) }

// Contact is how a signer was reached. It is never published; an auditor who draws a sample is shown it with its salt, and
// since it is fixed in the log nobody can put a better address in its place then.
type Contact struct {
	Address string // confirmed mail address; "" for an import without
	Basis   Basis
	Day     string   // YYYY-MM-DD, as in the leaf
	Source  [32]byte // SHA-256 of the file that an import came from; zero for others
	Line    int      // of that file, from 1
}

// Text returns the lines.
func (c Contact) Text() string {
	var w writer
	w.optional("address", c.Address)
	w.line("basis", string(c.Basis))
	w.line("day", c.Day)
	if c.Source != [32]byte{} {
		w.line("source", hex.EncodeToString(c.Source[:]))
		w.line("line", strconv.Itoa(c.Line))
	}
	return string(w.b)
}

// Commit returns the commitment of a sign leaf's contact line.
func (c Contact) Commit(salt Salt) Hash { return commit("contact", salt, c.Text()) }

// commit is SHA-256("undersigned.log/v1 PURPOSE\n" ‖ salt ‖ text).
func commit(purpose string, salt Salt, text string) Hash {
	b := make([]byte, 0, 512)
	b = append(append(b, prefix...), purpose...)
	b = append(append(append(b, '\n'), salt[:]...), text...)
	return sha256.Sum256(b)
}

func (w *writer) optional(key, value string) {
	if value != "" {
		w.line(key, value)
	}
}

// optional returns the value of the next line if it has the key.
func (r *reader) optional(key string) string {
	if !strings.HasPrefix(r.rest, key+" ") {
		return ""
	}
	return r.take(key)
}

// Opening says what a sign leaf commits to. A log has one line of JSON for each of its sign leaves; without Record and Salt
// it says that the name is not public, or is not any more.
type Opening struct {
	Index  int64  `json:"index"`
	Record string `json:"record,omitempty"` // the text of a Record
	Salt   []byte `json:"salt,omitempty"`
}

// Check opens the record of the sign leaf with the same index.
func (o Opening) Check(leaf Sign) (Record, error) {
	r, err := ParseRecord(o.Record)
	switch {
	case err != nil:
		return r, err
	case len(o.Salt) != SaltSize:
		return r, fmt.Errorf("a salt of %d bytes", len(o.Salt))
	case r.Commit(Salt(o.Salt)) != leaf.Record:
		return r, errors.New("the leaf commits to something else")
	}
	return r, nil
}
