package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Passkey is a key that an authenticator holds for a user.
type Passkey struct {
	ID        string // base64url
	Name      string // given by the user
	CreatedAt time.Time
	UsedAt    time.Time
}

// RelyingParty returns what passkeys are made for: the base URL's host. It is nil where browsers refuse them: without TLS
// except on localhost, and for bare IP addresses (WebAuthn 5.1.3 wants a valid domain).
func RelyingParty(baseURL, site string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	if host := u.Hostname(); net.ParseIP(host) != nil || u.Scheme != "https" && host != "localhost" {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: site, RPOrigins: []string{baseURL},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired},
		AttestationPreference: protocol.PreferNoAttestation})
}

// Ceremony is what a page needs to ask the browser for a passkey.
type Ceremony struct {
	Options string // JSON for navigator.credentials
	Sealed  string // the form brings it back
}

// holder is a user as the library wants one.
type holder struct {
	handle      []byte
	name        string
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.handle }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// NewPasskey begins making a passkey, for a user or, when that is nil, for somebody who is about to become one under a new
// handle. The zero Ceremony says that passkeys are not offered here.
func (s *Service) NewPasskey(u *User, site string) (c Ceremony, err error) {
	if s.Passkeys == nil {
		return c, nil
	}
	h := holder{handle: newHandle(), name: site}
	if u != nil {
		h = holder{handle: u.handle, name: u.Name, credentials: u.credentials}
	}
	options, state, err := s.Passkeys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
	if err != nil {
		return c, fmt.Errorf("account.NewPasskey: %w", err)
	}
	return s.ceremony("passkey new", options.Response, state)
}

// PasskeyFor begins making a passkey for whom a link is for.
func (s *Service) PasskeyFor(ctx context.Context, e Enrolment, site string) (c Ceremony, err error) {
	if e.Kind != Reset {
		return s.NewPasskey(nil, site)
	}
	var u User
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		u, err = s.loadUser(tx, qFindUser, e.user)
		return err
	})
	if err != nil {
		return c, err
	}
	u.credentials = nil // what was lost may be made anew
	return s.NewPasskey(&u, site)
}

// AskPasskey begins a sign-in with any passkey that the browser holds for this site.
func (s *Service) AskPasskey() (c Ceremony, err error) {
	if s.Passkeys == nil {
		return c, nil
	}
	options, state, err := s.Passkeys.BeginDiscoverableLogin()
	if err != nil {
		return c, fmt.Errorf("account.AskPasskey: %w", err)
	}
	return s.ceremony("passkey ask", options.Response, state)
}

func (s *Service) ceremony(purpose string, options, state any) (c Ceremony, err error) {
	data, err := json.Marshal(options)
	if err != nil {
		return c, err
	}
	c.Options = string(data)
	c.Sealed, err = s.carry(purpose, state)
	return c, err
}

// made is a passkey that an answer proves.
type made struct {
	challenge  string
	handle     []byte
	credential webauthn.Credential
}

// checkNewPasskey reads the browser's answer to NewPasskey.
func (s *Service) checkNewPasskey(sealed, answer string) (m made, err error) {
	if s.Passkeys == nil {
		return m, errPasskey
	}
	var state webauthn.SessionData
	if err := s.take("passkey new", sealed, &state); err != nil {
		return m, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return m, errPasskey
	}
	credential, err := s.Passkeys.CreateCredential(holder{handle: state.UserID}, state, parsed)
	if err != nil {
		return m, errPasskey
	}
	return made{state.Challenge, state.UserID, *credential}, nil
}

var errPasskey = fault.New(fault.Invalid, "passkey.failed").On("passkey")

// SignInWithPasskey reads the browser's answer to AskPasskey and returns a new session's secret.
func (s *Service) SignInWithPasskey(ctx context.Context, in SignIn) (secret string, err error) {
	if s.Passkeys == nil {
		return "", errPasskey
	}
	var state webauthn.SessionData
	if err := s.take("passkey ask", in.Ceremony, &state); err != nil {
		return "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(in.Passkey))
	if err != nil {
		return "", errPasskey
	}
	var user User
	find := func(_, handle []byte) (webauthn.User, error) {
		err := s.DB.View(ctx, func(tx *store.Tx) error {
			user, err = s.loadUser(tx, qFindUserByHandle, handle)
			return err
		})
		return holder{user.handle, user.Name, user.credentials}, err
	}
	_, credential, err := s.Passkeys.ValidatePasskeyLogin(find, state, parsed)
	if err != nil || credential.Authenticator.CloneWarning {
		return "", errPasskey
	}
	data, err := json.Marshal(credential)
	if err != nil {
		return "", err
	}
	session := newSession(user.ID, in.Agent)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := spend(tx, state.Challenge); err != nil {
			return err
		}
		if n, err := tx.Exec(qUsePasskey, string(data), tx.Now().UnixMicro(), credential.ID); err != nil || n == 0 {
			return errors.Join(err, errPasskey) // taken away meanwhile
		}
		return session.insert(tx)
	})
	return session.secret, err
}

// AddPasskey gives a user another passkey.
func (s *Service) AddPasskey(ctx context.Context, x *Session, sealed, answer, name string) error {
	m, err := s.checkNewPasskey(sealed, answer)
	if err != nil {
		return err
	}
	if string(m.handle) != string(x.User.handle) {
		return errPasskey
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := spend(tx, m.challenge); err != nil {
			return err
		}
		if err := m.insert(tx, x.User.ID, name); err != nil {
			return err
		}
		return Record(tx, Entry{User: x.User.ID, Act: "passkey.added"})
	})
}

// maxPasskeyName bounds the name of a passkey, in characters.
const maxPasskeyName = 60

func (m made) insert(tx *store.Tx, user int64, name string) error {
	data, err := json.Marshal(m.credential)
	if err != nil {
		return err
	}
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > maxPasskeyName {
		name = string([]rune(name)[:maxPasskeyName])
	}
	now := tx.Now().UnixMicro()
	n, err := tx.Exec(qInsertPasskey, m.credential.ID, user, string(data), name, now, now)
	if err == nil && n == 0 {
		err = errPasskey
	}
	return err
}
