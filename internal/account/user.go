package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// User is somebody who can sign in.
type User struct {
	ID           int64
	Name, Email  string
	Operator     bool // may make organisations; no other right follows from it
	HasPassword  bool
	Passkeys     []Passkey
	RecoveryLeft int  // codes not used yet
	RecoveryKept bool // the user has written them down
	CreatedAt    time.Time

	handle      []byte
	credentials []webauthn.Credential
	password    string
	totp        []byte
	totpStep    int64
	round, used int64
}

// details is what is sealed of a user.
type details struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

const userTable = "user_account"

// newHandle returns a new user's handle. WebAuthn recommends 64 random bytes; 32 do not collide either.
func newHandle() []byte {
	handle := make([]byte, 32)
	rand.Read(handle)
	return handle
}

// loadUser reads a user with their passkeys, or a fault of kind NotFound.
func (s *Service) loadUser(tx *store.Tx, q *store.Query, key any) (User, error) {
	u, err := s.scanUser(tx.Row(q, key))
	if errors.Is(err, store.ErrNoRow) {
		return u, fault.New(fault.NotFound, "user.unknown")
	}
	if err != nil {
		return u, err
	}
	type stored struct {
		Passkey
		credential webauthn.Credential
	}
	keys, err := store.List(tx, qListPasskeys, func(row store.Row) (k stored, err error) {
		var id []byte
		var data string
		var created, used int64
		if err := row.Scan(&id, &data, &k.Name, &created, &used); err != nil {
			return k, err
		}
		k.ID, k.CreatedAt, k.UsedAt = base64.RawURLEncoding.EncodeToString(id), time.UnixMicro(created).UTC(), time.UnixMicro(used).UTC()
		return k, json.Unmarshal([]byte(data), &k.credential)
	}, u.ID)
	for _, k := range keys {
		u.Passkeys = append(u.Passkeys, k.Passkey)
		u.credentials = append(u.credentials, k.credential)
	}
	return u, err
}

func (s *Service) scanUser(row store.Row) (u User, err error) {
	var sealed []byte
	var password *string
	var totp *[]byte
	var created int64
	if err := row.Scan(&u.ID, &u.handle, &sealed, &u.Operator, &password, &totp, &u.totpStep, &u.round, &u.used, &u.RecoveryKept, &created); err != nil {
		return u, err
	}
	u.CreatedAt = time.UnixMicro(created).UTC()
	if password != nil && totp != nil {
		u.HasPassword, u.password = true, *password
		if u.totp, err = s.Keys.Open("totp", u.ID, *totp); err != nil {
			return u, err
		}
	}
	for i := range recoveryCodes {
		if u.used&(1<<i) == 0 {
			u.RecoveryLeft++
		}
	}
	var d details
	data, err := s.Keys.Open(userTable, u.ID, sealed)
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	u.Name, u.Email = d.Name, d.Email
	return u, err
}

func (s *Service) sealDetails(id int64, d details) ([]byte, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("account: details of a user: %w", err)
	}
	return s.Keys.Seal(userTable, id, data), nil
}

// CountUsers returns how many users there are; at 0 the instance waits to be set up.
func (s *Service) CountUsers(ctx context.Context) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountUsers).Scan(&n) })
	return n, err
}

// RecoveryCodes returns the codes of the user's round until they say that they keep them, then none.
func (s *Service) RecoveryCodes(u User) []string {
	if u.RecoveryKept {
		return nil
	}
	return s.recovery(u.ID, u.round)
}

// KeepRecoveryCodes says that the user has written the codes down: they are shown no more.
func (s *Service) KeepRecoveryCodes(ctx context.Context, u User) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qKeepRecovery, u.ID, u.round)
		return err
	})
}

// RenewRecoveryCodes makes all codes of the user worthless and shows new ones.
func (s *Service) RenewRecoveryCodes(ctx context.Context, u User) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qRenewRecovery, u.ID); err != nil {
			return err
		}
		return Record(tx, Entry{User: u.ID, Act: "recovery.renewed"})
	})
}

// SetPassword gives a user a password with an authenticator app, or others than before, and ends every other session.
func (s *Service) SetPassword(ctx context.Context, x *Session, password, app, code string) error {
	secret, step, err := s.checkApp(app, code)
	var faults fault.List
	if f, ok := errors.AsType[*fault.Error](err); ok {
		faults = append(faults, f)
	} else if err != nil {
		return err
	}
	if f := checkPassword(password, x.User.Name, x.User.Email); f != nil {
		faults = append(faults, f)
	}
	if len(faults) > 0 {
		return faults
	}
	hash := hashPassword(password)
	sealed := s.Keys.Seal("totp", x.User.ID, secret)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSetPassword, hash, sealed, step, x.User.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(qEndOtherSessions, x.User.ID, x.ID); err != nil {
			return err
		}
		return Record(tx, Entry{User: x.User.ID, Act: "password.set"})
	})
}

// checkApp returns the secret that a form brought back and the step of the code that proves that an app holds it.
func (s *Service) checkApp(app, code string) (secret []byte, step int64, err error) {
	if err := s.take("totp", app, &secret); err != nil {
		return nil, 0, err
	}
	if step = totpStep(secret, code, s.DB.Now(), 0); step == 0 {
		return nil, 0, fault.New(fault.Invalid, "code.app").On("code")
	}
	return secret, step, nil
}

// RemovePassword leaves the user's passkeys as the only way in.
func (s *Service) RemovePassword(ctx context.Context, x *Session) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := s.loadUser(tx, qLockUser, x.User.ID)
		if err != nil {
			return err
		}
		if len(u.Passkeys) == 0 {
			return fault.New(fault.Conflict, "user.last_way")
		}
		if _, err := tx.Exec(qRemovePassword, x.User.ID); err != nil {
			return err
		}
		return Record(tx, Entry{User: x.User.ID, Act: "password.removed"})
	})
}

// RemovePasskey takes one of the user's passkeys away, unless it is the only way in.
func (s *Service) RemovePasskey(ctx context.Context, x *Session, id string) error {
	key, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return fault.New(fault.NotFound, "passkey.unknown")
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := s.loadUser(tx, qLockUser, x.User.ID)
		if err != nil {
			return err
		}
		if len(u.Passkeys) < 2 && !u.HasPassword {
			return fault.New(fault.Conflict, "user.last_way")
		}
		n, err := tx.Exec(qRemovePasskey, key, x.User.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "passkey.unknown")
		}
		return Record(tx, Entry{User: x.User.ID, Act: "passkey.removed"})
	})
}
