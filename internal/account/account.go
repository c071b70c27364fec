// Package account owns the instance's directory of organisations, and who may speak for them: users, how they prove who
// they are, their sessions, their roles, what they did, and what waits for a second of them.
//
// It promises one entry per organisation, named in as many languages as its members give, and reused by every letter it
// leads or signs; that nobody becomes a user without a link that somebody made; that an address alone never lets anybody
// in; that names and addresses of users are sealed; and that a session ends when it is ended. It must not know letters'
// texts, signatures or pages.
package account

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Service holds the use cases around accounts.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Passkeys  *webauthn.WebAuthn // nil where browsers offer none: see RelyingParty
	Lookup    LookupTXT          // asks the DNS
	Unlimited bool               // lifts the limit of attempts, for tests

	Enrolments    Enrolments
	Organisations Organisations
	Approvals     Approvals
	Notices       Notices

	acts map[string]act // by name; not written to once requests are served
}

// Enrolments are the links by which somebody becomes a user.
type Enrolments struct{ accounts *Service }

// Organisations are the entries of the directory, and who may act for them.
type Organisations struct{ accounts *Service }

// Approvals are the acts on letters that may want a second member.
type Approvals struct{ accounts *Service }

// New returns the use cases over a database, and over the keys that what is sealed in it needs.
func New(db *store.DB, keys *seal.Keys) *Service {
	s := &Service{DB: db, Keys: keys, acts: map[string]act{}}
	s.Enrolments, s.Organisations, s.Approvals, s.Notices = Enrolments{s}, Organisations{s}, Approvals{s}, Notices{s}
	return s
}

// Role says what a member may do for an organisation.
type Role string

// The roles. Each may what the ones after it may.
const (
	Owner    Role = "owner"    // members, the organisation's entry
	Editor   Role = "editor"   // write, open, invite, import, close
	Reviewer Role = "reviewer" // remarks, approvals, held signatures
	Viewer   Role = "viewer"   // where letters stand; no personal data
	Nobody   Role = ""
)

// Roles are the roles that can be given, the mightiest first.
var Roles = []Role{Owner, Editor, Reviewer, Viewer}

// May reports whether who has this role may do what needs the other.
func (r Role) May(need Role) bool { return r.rank() >= need.rank() }

func (r Role) rank() int {
	for i, role := range Roles {
		if r == role {
			return len(Roles) - i
		}
	}
	return 0
}

// Member is a user's role in an organisation.
type Member struct {
	Organisation Organisation
	User         User
	Role         Role
}

// newSecret returns a random value for a link or cookie, and the hash by which it is found.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, seal.Hash(secret)
}

// envelope is state that a form carries from the page that was shown to the answer that is sent.
type envelope struct {
	Expires time.Time
	State   json.RawMessage
}

// carried is how long a form may stay open.
const carried = 30 * time.Minute

// carry seals state into a form. It opens again for the purpose only, and not later than in half an hour.
func (s *Service) carry(purpose string, state any) (string, error) {
	data, err := json.Marshal(state)
	if err != nil {
		return "", err
	}
	data, err = json.Marshal(envelope{s.DB.Now().Add(carried), data})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.Keys.Seal("form "+purpose, 0, data)), nil
}

// take opens what a form brings back.
func (s *Service) take(purpose, sealed string, state any) error {
	var e envelope
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil {
		data, err = s.Keys.Open("form "+purpose, 0, data)
	}
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err == nil {
		err = json.Unmarshal(e.State, state)
	}
	if err != nil || s.DB.Now().After(e.Expires) {
		return fault.New(fault.Gone, "form.expired")
	}
	return nil
}

// spend marks a value that may be used once, and fails when it was used before.
func spend(tx *store.Tx, value string) error {
	n, err := tx.Exec(qSpend, seal.Hash(value), tx.Now().Add(carried).UnixMicro())
	if err == nil && n == 0 {
		err = fault.New(fault.Gone, "form.expired")
	}
	return err
}

// ParseEmail returns an address as typed, without white space around it.
func ParseEmail(typed string) (string, *fault.Error) {
	if strings.TrimSpace(typed) == "" {
		return "", fault.New(fault.Invalid, "user.email_empty").On("email")
	}
	email, f := text.Email(typed)
	if f != nil {
		return "", fault.New(fault.Invalid, "email.bad").On("email")
	}
	return email, nil
}

// tag finds a user by address, whatever its case.
func (s *Service) tag(email string) []byte {
	return s.Keys.Tag("user", text.FoldEmail(email))
}

// maxName bounds the names of users, in characters.
const maxName = 100

func parseName(typed string) (string, *fault.Error) {
	name, f := text.Line("name", typed, maxName)
	switch {
	case f != nil:
		return "", f
	case name == "":
		return "", fault.New(fault.Invalid, "user.name_empty").On("name")
	}
	return name, nil
}
