// Package invitation owns who is asked to sign a letter, and reminded: lists of invitees, the links they get, what they answer
// the organisers, and the moments before the deadline at which those who have not answered are asked once more.
//
// It promises that an address is asked once, and reminded only at the planned moments, within what its mailbox may be sent; and
// that nothing an editor sees or counts tells whether somebody signed whose listing hides the name. It must not know pages or
// how mail is sent.
package invitation

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// State says what became of an invitation, as its letter's editors may know it: Signed is shown only where the
// listing lets the coalition see the name. Who signed and is counted only shows as one who has not answered.
type State string

// The states of an invitation, in the order in which they follow.
const (
	Invited     State = "invited"
	Visited     State = "visited" // the invited told that they have read it
	Considering State = "considering"
	Declined    State = "declined"
	Signed      State = "signed"
)

// States are all states, in that order.
var States = []State{Invited, Visited, Considering, Declined, Signed}

const (
	// ADay is how many a letter may send on one day.
	ADay = 2000

	// MaxReason is how many characters of a reason who declines may give.
	MaxReason = 600

	// atOnce is how many invitations one transaction stores: each is about four rows (DESIGN.md 5).
	atOnce = 100

	mailRefused = "refused" // by the server of the address
)

// Service holds the use cases around invitations.
type Service struct {
	DB        *store.DB
	Letters   *letter.Service
	Mailboxes *mailbox.Service
}

// Invitation is an invitation as its letter's editors see it.
type Invitation struct {
	ID                                  int64
	Name, Email, Organisation, Language string
	State                               State
	Reason                              string // of one who declined, if they gave any
	Bounced                             bool   // the address's server takes no mail for it
	By                                  int64  // the member who invited, 0 for the command line
	At                                  time.Time
}

// guest is what is sealed in the row of an invitation.
type guest struct {
	Name         string `json:"name,omitempty"`
	Email        string `json:"email"`
	Organisation string `json:"organisation,omitempty"`
	Language     string `json:"language,omitempty"`
	Words        string `json:"words,omitempty"`
	Reason       string `json:"reason,omitempty"`
}

func (g guest) seal(key *seal.LetterKey, id int64) ([]byte, error) {
	text, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("invitation: seal an invitation: %w", err)
	}
	return key.Seal("invitation", id, text), nil
}

func (v invitation) open(key *seal.LetterKey) (g guest, err error) {
	text, err := key.Open("invitation", v.id, v.sealed)
	if err != nil {
		return g, fmt.Errorf("invitation: invitation %d: %w", v.id, err)
	}
	return g, json.Unmarshal(text, &g)
}

// Invite stores invitations and enqueues the mail of each, and returns those that were invited to the letter before. An
// address that signed already, or that takes no invitations, is stored like every other and gets no mail: neither what
// this returns nor the list of invitations tells which these are.
func (s *Service) Invite(ctx context.Context, id letter.ID, invitees []Invitee, by int64) (before []Invitee, err error) {
	l, err := s.Letters.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case l.State == letter.Draft:
		return nil, fault.New(fault.Conflict, "letter.draft")
	case !l.AcceptsSignatures(s.DB.Now()):
		return nil, l.Refusal()
	}
	key, err := s.Letters.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	drafts, err := s.drafts(key, id, invitees)
	if err != nil {
		return nil, err
	}
	if drafts, before, err = s.uninvited(ctx, id, drafts); err != nil {
		return nil, err
	}
	for slice := range slices.Chunk(drafts, atOnce) {
		var late []Invitee // invited by somebody else at this moment
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			late = nil
			for _, d := range slice {
				n, err := tx.Exec(qInsert, id, d.id, d.box.Tag(), d.box.AnyTag(), d.sealed, by)
				if err != nil {
					return err
				}
				if n == 0 {
					late = append(late, d.Invitee)
				} else if err := s.enqueue(tx, id, d); err != nil {
					return err
				}
			}
			n := len(slice) - len(late)
			if n > 0 {
				if err := account.Record(tx, account.Entry{User: by, Letter: id, Act: "invitation.sent", Object: strconv.Itoa(n)}); err != nil {
					return err
				}
			}
			return s.spend(tx, id, n)
		})
		if err != nil {
			return before, err
		}
		before = append(before, late...)
	}
	return before, nil
}

// draft is an invitation that is not stored yet.
type draft struct {
	Invitee
	id     int64
	box    mailbox.Box
	sealed []byte
}

// drafts checks all invitees before any is stored. One that stands twice in the list is there once.
func (s *Service) drafts(key *seal.LetterKey, l letter.ID, invitees []Invitee) (drafts []draft, err error) {
	if len(invitees) > MaxInvitees {
		return nil, fault.New(fault.TooLarge, "roster.rows", "Limit", MaxInvitees).On("invitees")
	}
	seen := map[string]bool{}
	for _, v := range invitees {
		v, a, f := v.check()
		if f != nil {
			return nil, f
		}
		if seen[a.Exact] {
			continue
		}
		seen[a.Exact] = true
		d := draft{Invitee: v, id: store.NewID(s.DB.Now()), box: s.Mailboxes.Of(key, l, a)}
		g := guest{Name: v.Name, Email: v.Email, Organisation: v.Organisation, Language: v.Language, Words: v.Words}
		if d.sealed, err = g.seal(key, d.id); err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// uninvited returns the drafts whose address the letter has not invited, and the others; a fault when they are more than
// the day allows, so that a long list is not half invited.
func (s *Service) uninvited(ctx context.Context, l letter.ID, drafts []draft) (fresh []draft, before []Invitee, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		fresh, before = nil, nil
		for _, d := range drafts {
			var n int
			if err := tx.Row(qHas, l, d.box.Tag()).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				before = append(before, d.Invitee)
			} else {
				fresh = append(fresh, d)
			}
		}
		var today int
		if err := tx.Row(qCountDay, l, tx.Now().Unix()/86400).Scan(&today); err != nil {
			return err
		}
		if today+len(fresh) > ADay && !s.Mailboxes.Unlimited {
			return errLimit(today)
		}
		return nil
	})
	return fresh, before, err
}

func errLimit(today int) error {
	return fault.New(fault.Limited, "invitation.limit", "Limit", ADay, "Left", max(ADay-today, 0)).On("invitees")
}

// spend takes invitations from the day's.
func (s *Service) spend(tx *store.Tx, l letter.ID, n int) error {
	if n == 0 || s.Mailboxes.Unlimited {
		return nil
	}
	spent, err := tx.Exec(qSpendDay, l, tx.Now().Unix()/86400, n, ADay)
	if err == nil && spent == 0 {
		return errLimit(ADay) // others invited at the same moment
	}
	return err
}

// enqueue enqueues the mail of an invitation: now, or when the address has mails left again.
func (s *Service) enqueue(tx *store.Tx, l letter.ID, d draft) error {
	mail, err := d.box.SpendForEditors(tx)
	if err != nil {
		return err
	}
	at := tx.Now()
	if !mail {
		at = at.Add(mailbox.Week)
	}
	return job.EnqueueAt(tx, at, Mail{Letter: l, Invitation: d.id})
}

// List returns a letter's invitations in the order in which they were made, after the id, at most limit; those
// that show a state, or all where that is "".
func (s *Service) List(ctx context.Context, l letter.ID, state State, after int64, limit int) (list []Invitation, err error) {
	key, err := s.Letters.Key(ctx, l)
	if err != nil {
		return nil, fault.Except(err, fault.Gone)
	}
	type shown struct {
		invitation
		state State
	}
	var rows []shown
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.List(tx, qList, func(row store.Row) (v shown, err error) {
			return v, row.Scan(append(v.fields(), &v.state)...)
		}, l, after, string(state), limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		g, err := v.open(key)
		if err != nil {
			return nil, err
		}
		if v.state != Declined {
			g.Reason = "" // of an answer that was changed since
		}
		list = append(list, Invitation{ID: v.id, Name: g.Name, Email: g.Email, Organisation: g.Organisation, Language: g.Language,
			State: v.state, Reason: g.Reason, Bounced: v.mail == mailRefused, By: v.by, At: store.IDTime(v.id)})
	}
	return list, nil
}

// Count returns how many of a letter's invitations show each state.
func (s *Service) Count(ctx context.Context, l letter.ID) (counts map[State]int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		counts = map[State]int{}
		type count struct {
			state State
			n     int
		}
		for c, err := range store.Each(tx, qCount, func(row store.Row) (c count, err error) { return c, row.Scan(&c.state, &c.n) }, l) {
			if err != nil {
				return err
			}
			counts[c.state] = c.n
		}
		return nil
	})
	return counts, err
}

// Withdraw takes an invitation back and forgets whom it was for. Its link no longer works, and no further mail
// is sent; the address can be invited again.
func (s *Service) Withdraw(ctx context.Context, l letter.ID, id, by int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qRemove, l, id)
		if err == nil && n == 0 {
			return fault.New(fault.NotFound, "invitation.unknown")
		}
		if err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "invitation.withdrawn"})
	})
}

// tokenOf returns the token of an invitation's link: letter ‖ id ‖ tag of the id under the letter's data key. It
// is derived, so it is stored nowhere, and ends with the key.
func tokenOf(key *seal.LetterKey, l letter.ID, id int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(l))
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	return seal.Base32.EncodeToString(append(b, key.Tag(fmt.Sprintf("invitation %d", id))...))
}

const tokenBytes = 8 + 8 + seal.TagSize

// readToken returns the invitation that a token names, before it is known whether the token is true.
func readToken(token string) (l letter.ID, id int64, ok bool) {
	b, err := seal.Base32.DecodeString(token)
	if err != nil || len(b) != tokenBytes {
		return 0, 0, false
	}
	return letter.ID(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:])), true
}

func isToken(key *seal.LetterKey, l letter.ID, id int64, token string) bool {
	return subtle.ConstantTimeCompare([]byte(tokenOf(key, l, id)), []byte(token)) == 1
}

// IDOf returns the id of the invitation whose link a form was sent by, 0 when the token is of none to this letter: that is no
// reason to refuse a signature.
func (s *Service) IDOf(ctx context.Context, l letter.ID, token string) (int64, error) {
	_, id, ok := readToken(token)
	if !ok {
		return 0, nil
	}
	key, err := s.Letters.Key(ctx, l)
	if err != nil || !isToken(key, l, id, token) {
		return 0, fault.Except(err, fault.Gone)
	}
	return id, nil
}

// Answered notes, in the transaction of a signature that was given by the link of an invitation, the tags of its address.
func (s *Service) Answered(tx *store.Tx, l letter.ID, id int64, mailbox, exact []byte) error {
	_, err := tx.Exec(qSetSigner, mailbox, exact, l, id)
	return err
}

// Forget forgets, in the transaction that erases a signature, the address it came from: who erased one is not reminded of it.
func (s *Service) Forget(tx *store.Tx, l letter.ID, signature int64) error {
	_, err := tx.Exec(qForgetSigner, seal.NoTag(), seal.NoTag(), l, signature)
	return err
}

// open finds the invitation of a link.
func (s *Service) open(ctx context.Context, token string) (v invitation, g guest, key *seal.LetterKey, err error) {
	unknown := fault.New(fault.Gone, "invitation.unknown")
	l, id, ok := readToken(token)
	if !ok {
		return v, g, nil, unknown
	}
	key, err = s.Letters.Key(ctx, l)
	if errors.Is(err, store.ErrNoRow) || fault.Is(err, fault.Gone) || fault.Is(err, fault.NotFound) {
		return v, g, nil, unknown
	}
	if err != nil {
		return v, g, nil, err
	}
	if !isToken(key, l, id, token) {
		return v, g, nil, unknown
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		v, err = scan(tx.Row(qFind, l, id))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		return v, g, nil, unknown
	}
	if err != nil {
		return v, g, nil, err
	}
	g, err = v.open(key)
	return v, g, key, err
}

// Own is an invitation as whoever has its link sees it. It does not say whether they signed.
type Own struct {
	Letter                    letter.ID
	Name, Email, Organisation string
	State                     State
	Reason                    string
	Unsubscribe               string // token of the link that ends all invitations
}

// Find returns what a link's page shows. It changes nothing.
func (s *Service) Find(ctx context.Context, token string) (Own, error) {
	v, g, _, err := s.open(ctx, token)
	if err != nil {
		return Own{}, err
	}
	a, f := text.ParseAddress(g.Email)
	if f != nil {
		return Own{}, f
	}
	return Own{Letter: v.letter, Name: g.Name, Email: g.Email, Organisation: g.Organisation, State: v.state,
		Reason: g.Reason, Unsubscribe: s.Mailboxes.UnsubscribeToken(a)}, nil
}

// Answer records what the invited tell the organisers: Visited, Considering, or Declined with a reason if they like.
func (s *Service) Answer(ctx context.Context, token string, state State, reason string) error {
	v, g, key, err := s.open(ctx, token)
	if err != nil {
		return err
	}
	l, err := s.Letters.ByID(ctx, v.letter)
	if err != nil {
		return err
	}
	if !l.AcceptsSignatures(s.DB.Now()) {
		return l.Refusal()
	}
	switch state {
	case Visited:
		return s.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qSetVisited, v.letter, v.id)
			return err
		})
	case Considering, Declined:
	default:
		return fault.New(fault.Invalid, "invitation.answer").On("do")
	}
	var f *fault.Error
	if g.Reason, f = text.Line("reason", reason, MaxReason); f != nil {
		return f
	}
	sealed, err := g.seal(key, v.id)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qSetAnswer, state, sealed, v.letter, v.id)
		return err
	})
}

// Retain deletes the invitations of letters whose data key was destroyed, and what was counted on days that are over.
func (s *Service) Retain(ctx context.Context) error {
	var spent []letter.ID // also those whose purge an earlier run did not finish
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		spent, err = store.List(tx, qListUnpurged, func(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range spent {
		if _, err := s.DB.Repeat(ctx, qPurge, l); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qForgetDays, tx.Now().Unix()/86400)
		return err
	})
}

// GiveUp deletes every invitation: they were sealed with keys that are lost.
func (s *Service) GiveUp(ctx context.Context) error {
	_, err := s.DB.Repeat(ctx, qGiveUp)
	return err
}
