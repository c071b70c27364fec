package account

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// How long a session lasts: since it was last used, since it began, and how long after a sign-in the user counts as just
// having proved who they are, which changing the ways in asks for (ASVS 5.0, 7.3 and 7.5.1).
const (
	SessionIdle  = 12 * time.Hour
	SessionLife  = 7 * 24 * time.Hour
	SessionFresh = 15 * time.Minute
)

// seenEvery is how finely it is kept when a session was last used.
const seenEvery = 5 * time.Minute

// Session is a user at work.
type Session struct {
	ID       int64
	User     User
	Members  []Member // the user's roles, by organisation
	ProvedAt time.Time
}

// RoleIn returns the mightiest role that the user has in one of the organisations.
func (x *Session) RoleIn(organisations ...Organisation) (role Role) {
	for _, m := range x.Members {
		for _, o := range organisations {
			if m.Organisation.ID == o.ID && m.Role.May(role) {
				role = m.Role
			}
		}
	}
	return role
}

// IsFresh reports whether the user has just proved who they are.
func (x *Session) IsFresh(now time.Time) bool { return now.Sub(x.ProvedAt) < SessionFresh }

// OpenSession is a session as its user sees it.
type OpenSession struct {
	ID               int64
	Agent            string
	CreatedAt, Seen  time.Time
	Current, Expired bool
}

type newborn struct {
	user   int64
	agent  string
	secret string
	hash   []byte
}

func newSession(user int64, agent string) newborn {
	secret, hash := newSecret()
	return newborn{user: user, agent: agent, secret: secret, hash: hash}
}

func (n newborn) insert(tx *store.Tx) error {
	now := tx.Now()
	_, err := tx.Exec(qInsertSession, store.NewID(now), n.hash, n.user, n.agent, now.UnixMicro(), now.UnixMicro(), now.UnixMicro())
	return err
}

// SignIn is what somebody gives to get in.
type SignIn struct {
	Email, Password string
	Code            string // of the authenticator app, or a recovery code
	Passkey         string // the browser's answer
	Ceremony        string // that it answers
	Agent           string // family of the browser, for the user's list of sessions
}

// Attempts that may be made for one address in a period; more are refused unread, whether there is such a user or not.
// Passkeys are not concerned: nobody can guess one.
const (
	attempts       = 20
	attemptsPeriod = 15 * time.Minute
)

// errSignIn is the one answer to everything that does not let in.
var errSignIn = fault.New(fault.Invalid, "sign_in").On("email")

// SignInWithPassword returns a new session's secret. A password wants a code of the app, or a recovery code in its place.
// Without a password a recovery code alone lets a user in who has passkeys only: it holds 80 random bits.
func (s *Service) SignInWithPassword(ctx context.Context, in SignIn) (secret string, err error) {
	tag := s.tag(in.Email)
	if !s.Unlimited {
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			n, err := tx.Exec(qAttempt, tag, tx.Now().UnixMicro()/attemptsPeriod.Microseconds(), attempts)
			if err == nil && n == 0 {
				err = fault.New(fault.Limited, "sign_in_often")
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	var user User
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		user, err = s.loadUser(tx, qFindUserByTag, tag)
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	hash := nobodysPassword
	if user.HasPassword {
		hash = user.password
	}
	right := isPassword(hash, in.Password) // always made, so that it takes as long for nobody
	var step int64
	code := -1
	switch {
	case user.ID == 0 || user.HasPassword && !right:
		return "", errSignIn
	case user.HasPassword:
		step = totpStep(user.totp, in.Code, s.DB.Now(), user.totpStep)
	}
	if step == 0 {
		if code = s.recoveryIndex(user.ID, user.round, user.used, in.Code); code < 0 {
			return "", errSignIn
		}
	}
	session := newSession(user.ID, in.Agent)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if step > 0 { // a code is good once
			if n, err := tx.Exec(qUseStep, step, user.ID, step); err != nil || n == 0 {
				return errors.Join(err, errSignIn)
			}
		} else {
			n, err := tx.Exec(qUseRecovery, int64(1)<<code, user.ID, user.round, user.used)
			if err != nil || n == 0 {
				return errors.Join(err, errSignIn)
			}
			if err := Record(tx, Entry{User: user.ID, Act: "recovery.used"}); err != nil {
				return err
			}
		}
		return session.insert(tx)
	})
	return session.secret, err
}

// Session returns whose session a cookie names, or a fault of kind Forbidden.
func (s *Service) Session(ctx context.Context, secret string) (x *Session, err error) {
	x = &Session{}
	now := s.DB.Now()
	var seen int64
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var user, created, proved int64
		err := tx.Row(qFindSession, seal.Hash(secret)).Scan(&x.ID, &user, &created, &proved, &seen)
		if errors.Is(err, store.ErrNoRow) || err == nil && expired(now, created, seen) {
			return fault.New(fault.Forbidden, "session")
		}
		if err != nil {
			return err
		}
		x.ProvedAt = time.UnixMicro(proved).UTC()
		if x.User, err = s.loadUser(tx, qFindUser, user); err != nil {
			return err
		}
		x.Members, err = memberships(tx, x.User)
		return err
	})
	if err != nil {
		return nil, err
	}
	if now.UnixMicro()-seen > seenEvery.Microseconds() {
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qSeeSession, now.UnixMicro(), x.ID)
			return err
		})
	}
	return x, err
}

// with scans one more column, the first.
type with struct {
	store.Row
	first any
}

func (w with) Scan(dest ...any) error { return w.Row.Scan(append([]any{w.first}, dest...)...) }

func expired(now time.Time, created, seen int64) bool {
	return now.UnixMicro()-seen > SessionIdle.Microseconds() || now.UnixMicro()-created > SessionLife.Microseconds()
}

// Sessions returns the user's sessions, the one last used first.
func (s *Service) Sessions(ctx context.Context, x *Session) (list []OpenSession, err error) {
	now := s.DB.Now()
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListSessions, func(row store.Row) (o OpenSession, err error) {
			var created, seen int64
			if err := row.Scan(&o.ID, &o.Agent, &created, &seen); err != nil {
				return o, err
			}
			o.CreatedAt, o.Seen, o.Current, o.Expired = time.UnixMicro(created).UTC(), time.UnixMicro(seen).UTC(), o.ID == x.ID, expired(now, created, seen)
			return o, nil
		}, x.User.ID)
		return err
	})
	return list, err
}

// EndSession ends one of the user's sessions.
func (s *Service) EndSession(ctx context.Context, x *Session, id int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qEndSession, id, x.User.ID)
		return err
	})
}

// EndOtherSessions ends all sessions of the user but this one.
func (s *Service) EndOtherSessions(ctx context.Context, x *Session) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qEndOtherSessions, x.User.ID, x.ID)
		return err
	})
}

// Restored makes the accounts of a backup safe to use: sessions and links that were good when it was made are not to come
// alive again. When the instance key is lost, nobody can be told from their address and no code can be checked: the users
// go, and the instance is set up anew.
func Restored(tx *store.Tx, lost bool) error {
	queries := []*store.Query{qEndAllSessions, qEndAllEnrolments}
	if lost {
		queries = append(queries, qForgetApprovals, qForgetPasskeys, qForgetMembers, qForgetUsers)
	}
	for _, q := range queries {
		if _, err := tx.Exec(q); err != nil {
			return err
		}
	}
	return nil
}

// Retain deletes what has run out: sessions, links, attempts, and what was counted of acts that passed alone.
func (s *Service) Retain(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		for q, bound := range map[*store.Query]int64{
			qRetainSessions: now.Add(-SessionIdle).UnixMicro(), qRetainSpent: now.UnixMicro(), qRetainEnrolments: now.UnixMicro(),
			qRetainAttempts: now.UnixMicro()/attemptsPeriod.Microseconds() - 1, qForgetAlone: now.Add(-AloneWithin).UnixMicro(),
		} {
			if _, err := tx.Exec(q, bound); err != nil {
				return err
			}
		}
		return nil
	})
}
