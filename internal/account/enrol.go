package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// EnrolmentKind says what a link lets somebody do.
type EnrolmentKind string

// The kinds of enrolment.
const (
	SetUp EnrolmentKind = "setup" // become the operator of an instance that has no user yet
	Join  EnrolmentKind = "join"  // become a member of an organisation
	Reset EnrolmentKind = "reset" // get in again after every way in was lost
)

// How long the links are good.
const (
	setUpFor = 7 * 24 * time.Hour
	joinFor  = 7 * 24 * time.Hour
	resetFor = 24 * time.Hour
)

// Enrolment is a link by which somebody becomes a user, joins an organisation, or gets in again. It is good once.
type Enrolment struct {
	ID           int64
	Kind         EnrolmentKind
	Organisation Organisation // of a Join
	Role         Role         // of a Join
	Name, Email  string       // whom it is for, as far as is known
	Expires      time.Time

	user int64
}

// NewSetUp returns the secret of the link that makes the operator; those made before are worth nothing any more. It is ""
// once there is a user.
func (links Enrolments) NewSetUp(ctx context.Context) (secret string, err error) {
	made, hash := newSecret()
	err = links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		secret = ""
		var n int
		if err := tx.Row(qCountUsers).Scan(&n); err != nil || n > 0 {
			return err
		}
		secret = made
		if _, err := tx.Exec(qEndSetups); err != nil {
			return err
		}
		return links.accounts.insertEnrolment(tx, hash, Enrolment{Kind: SetUp}, nil, 0, setUpFor)
	})
	return secret, err
}

// NewJoin returns the secret of a link by which somebody joins an organisation. by is who makes it, 0 for the command line.
func (links Enrolments) NewJoin(ctx context.Context, organisation string, role Role, name, email string, by int64) (secret string, err error) {
	var faults fault.List
	if !slices.Contains(Roles, role) {
		faults = append(faults, fault.New(fault.Invalid, "role").On("role"))
	}
	email, f := ParseEmail(email)
	if f != nil {
		faults = append(faults, f)
	}
	if len(faults) > 0 {
		return "", faults
	}
	secret, hash := newSecret()
	err = links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		o, err := Find(tx, organisation)
		if err != nil {
			return err
		}
		if err := Record(tx, Entry{User: by, Organisation: o.ID, Act: "member.invited", Object: string(role)}); err != nil {
			return err
		}
		return links.accounts.insertEnrolment(tx, hash, Enrolment{Kind: Join, Role: role, Name: name, Email: email}, &o.ID, by, joinFor)
	})
	return secret, err
}

// NewReset returns the secret of a link by which a user gets in again. Only the operator's command line makes one.
func (links Enrolments) NewReset(ctx context.Context, email string) (secret string, err error) {
	secret, hash := newSecret()
	err = links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := links.accounts.loadUser(tx, qFindUserByTag, links.accounts.tag(email))
		if err != nil {
			return err
		}
		if err := Record(tx, Entry{User: u.ID, Act: "reset.made"}); err != nil {
			return err
		}
		return links.accounts.insertEnrolment(tx, hash, Enrolment{Kind: Reset, Name: u.Name, Email: u.Email, user: u.ID}, nil, 0, resetFor)
	})
	return secret, err
}

func (s *Service) insertEnrolment(tx *store.Tx, hash []byte, e Enrolment, organisation *int64, by int64, lasts time.Duration) error {
	now := tx.Now()
	id := store.NewID(now)
	data, err := json.Marshal(details{e.Name, e.Email})
	if err != nil {
		return err
	}
	var role *string
	var user, author *int64
	if e.Role != Nobody {
		role = new(string(e.Role))
	}
	if e.user != 0 {
		user = &e.user
	}
	if by != 0 {
		author = &by
	}
	_, err = tx.Exec(qInsertEnrolment, id, hash, e.Kind, organisation, role, user, s.Keys.Seal("enrolment", id, data), author,
		now.UnixMicro(), now.Add(lasts).UnixMicro())
	return err
}

// Find returns what a link is for, or a fault of kind Gone.
func (links Enrolments) Find(ctx context.Context, secret string) (e Enrolment, err error) {
	err = links.accounts.DB.View(ctx, func(tx *store.Tx) error {
		e, err = links.accounts.enrolment(tx, secret)
		return err
	})
	return e, err
}

func (s *Service) enrolment(tx *store.Tx, secret string) (e Enrolment, err error) {
	var organisation, user *int64
	var role *string
	var sealed []byte
	var expires int64
	err = tx.Row(qFindEnrolment, seal.Hash(secret)).Scan(&e.ID, &e.Kind, &organisation, &role, &user, &sealed, &expires)
	if errors.Is(err, store.ErrNoRow) || err == nil && tx.Now().UnixMicro() > expires {
		return e, fault.New(fault.Gone, "enrolment")
	}
	if err != nil {
		return e, err
	}
	e.Expires = time.UnixMicro(expires).UTC()
	if role != nil {
		e.Role = Role(*role)
	}
	if user != nil {
		e.user = *user
	}
	if err := s.openEnrolment(&e, sealed); err != nil {
		return e, err
	}
	if organisation != nil {
		e.Organisation, err = scanOrganisation(tx.Row(qLoadOrganisation, *organisation))
	}
	return e, err
}

func (s *Service) openEnrolment(e *Enrolment, sealed []byte) error {
	var d details
	data, err := s.Keys.Open("enrolment", e.ID, sealed)
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	e.Name, e.Email = d.Name, d.Email
	return err
}

// List returns the links by which people were asked to join an organisation and have not yet.
func (links Enrolments) List(ctx context.Context, organisation int64) (list []Enrolment, err error) {
	err = links.accounts.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListEnrolments, func(row store.Row) (e Enrolment, err error) {
			var sealed []byte
			var expires int64
			if err := row.Scan(&e.ID, &e.Role, &sealed, &expires); err != nil {
				return e, err
			}
			e.Kind, e.Expires = Join, time.UnixMicro(expires).UTC()
			return e, links.accounts.openEnrolment(&e, sealed)
		}, organisation)
		return err
	})
	return list, err
}

// End takes back a link by which somebody was asked to join an organisation.
func (links Enrolments) End(ctx context.Context, organisation, id, by int64) error {
	return links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qEndEnrolmentOf, id, organisation)
		if err != nil || n == 0 {
			return err
		}
		return Record(tx, Entry{User: by, Organisation: organisation, Act: "member.uninvited"})
	})
}

// Joining is what somebody gives who follows a link.
type Joining struct {
	Name, Email  string
	Organisation string // the first one's name, of a SetUp
	Language     string // of that name
	Password     string
	App          string // that the form brought back, and a code of it
	Code         string
	Passkey      string // the browser's answer
	Ceremony     string // that it answers
	Agent        string
}

// Enrol makes the user that a link allows, or lets them in again with new ways in, and returns a new session's secret.
// A SetUp makes the first organisation and its owner too.
func (links Enrolments) Enrol(ctx context.Context, link string, j Joining) (secret string, err error) {
	e, err := links.Find(ctx, link)
	if err != nil {
		return "", err
	}
	w, err := links.accounts.check(e, j)
	if err != nil {
		return "", err
	}
	err = links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		if n, err := tx.Exec(qEndEnrolment, e.ID); err != nil || n == 0 { // somebody else was quicker
			return errors.Join(err, fault.New(fault.Gone, "enrolment"))
		}
		if w.passkey != nil {
			if err := spend(tx, w.passkey.challenge); err != nil {
				return err
			}
		}
		if e.Kind == Reset {
			return links.accounts.resetUser(tx, e.user, w)
		}
		return links.accounts.insertUser(tx, e, w)
	})
	return w.session.secret, err
}

// Accept makes a user who is signed in already a member of the organisation that the link is for.
func (links Enrolments) Accept(ctx context.Context, link string, x *Session) error {
	return links.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := links.accounts.enrolment(tx, link)
		if err != nil {
			return err
		}
		if e.Kind != Join {
			return fault.New(fault.Gone, "enrolment")
		}
		if n, err := tx.Exec(qEndEnrolment, e.ID); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Gone, "enrolment"))
		}
		return putMember(tx, e.Organisation.ID, x.User.ID, e.Role, x.User.ID, "member.joined")
	})
}

// ways are a new user, or new ways in of one, checked.
type ways struct {
	id           int64
	name, email  string
	organisation Organisation
	handle       []byte
	passkey      *made
	password     *string
	totp         *[]byte
	step         int64
	session      newborn
}

// check reads what was typed, all of it, so that every field that is wrong is said at once.
func (s *Service) check(e Enrolment, j Joining) (w ways, err error) {
	var faults fault.List
	add := func(err error) error {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			faults = append(faults, f)
			return nil
		}
		return err
	}
	w.id, w.handle = store.NewID(s.DB.Now()), newHandle()
	if e.Kind == Reset {
		w.id, w.name, w.email = e.user, e.Name, e.Email
	} else {
		var f *fault.Error
		if w.name, f = parseName(j.Name); f != nil {
			faults = append(faults, f)
		}
		if w.email, f = ParseEmail(j.Email); f != nil {
			faults = append(faults, f)
		}
	}
	if e.Kind == SetUp {
		name, f := parseName(j.Organisation)
		if f != nil {
			f = fault.New(fault.Invalid, "organisation.name_empty")
			if name != "" {
				f = fault.New(fault.Invalid, "name.characters")
			}
			faults = append(faults, f.On("organisation"))
		}
		w.organisation = Organisation{Slug: i18n.Slug(name, "organisation"), Names: map[string]string{j.Language: name}}
	}
	if j.Passkey != "" {
		m, err := s.checkNewPasskey(j.Ceremony, j.Passkey)
		if err := add(err); err != nil {
			return w, err
		}
		w.passkey, w.handle = &m, m.handle
	} else {
		if f := checkPassword(j.Password, w.name, w.email, j.Organisation); f != nil {
			faults = append(faults, f)
		}
		secret, step, err := s.checkApp(j.App, j.Code)
		if err := add(err); err != nil {
			return w, err
		}
		w.step = step
		if len(faults) == 0 {
			w.password, w.totp = new(hashPassword(j.Password)), new(s.Keys.Seal("totp", w.id, secret))
		}
	}
	if len(faults) > 0 {
		return w, faults
	}
	w.session = newSession(w.id, j.Agent)
	return w, nil
}

func (s *Service) insertUser(tx *store.Tx, e Enrolment, w ways) error {
	if e.Kind == SetUp {
		var n int
		if err := tx.Row(qCountUsers).Scan(&n); err != nil || n > 0 {
			return errors.Join(err, fault.New(fault.Gone, "enrolment"))
		}
	}
	sealed, err := s.sealDetails(w.id, details{w.name, w.email})
	if err != nil {
		return err
	}
	n, err := tx.Exec(qInsertUser, w.id, w.handle, s.tag(w.email), sealed, e.Kind == SetUp, w.password, w.totp, w.step, false, tx.Now().UnixMicro())
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.List{fault.New(fault.Conflict, "user.taken").On("email")}
	}
	if w.passkey != nil {
		if err := w.passkey.insert(tx, w.id, ""); err != nil {
			return err
		}
	}
	organisation := e.Organisation.ID
	role, act := e.Role, "member.joined"
	if e.Kind == SetUp {
		o, err := Find(tx, w.organisation.Slug) // in the directory already, when letters were imported before
		if fault.Is(err, fault.NotFound) {
			if err := Put(tx, w.organisation); err != nil {
				return err
			}
			o, err = Find(tx, w.organisation.Slug)
		}
		if err != nil {
			return err
		}
		organisation, role, act = o.ID, Owner, "instance.set_up"
	}
	if err := putMember(tx, organisation, w.id, role, w.id, act); err != nil {
		return err
	}
	return w.session.insert(tx)
}

// resetUser replaces every way in of a user by the new one and ends all their sessions.
func (s *Service) resetUser(tx *store.Tx, id int64, w ways) error {
	u, err := s.loadUser(tx, qLockUser, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qRemovePasskeys, id); err != nil {
		return err
	}
	if _, err := tx.Exec(qSetPassword, w.password, w.totp, w.step, id); err != nil {
		return err
	}
	if w.passkey != nil {
		if string(w.handle) != string(u.handle) {
			return errPasskey
		}
		if err := w.passkey.insert(tx, id, ""); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(qRenewRecovery, id); err != nil {
		return err
	}
	if _, err := tx.Exec(qEndOtherSessions, id, int64(0)); err != nil {
		return err
	}
	if err := Record(tx, Entry{User: id, Act: "reset.used"}); err != nil {
		return err
	}
	return w.session.insert(tx)
}
