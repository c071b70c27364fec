// Package mailbox owns what one mailbox may be sent: how many mails it may ask for itself and how many others may send it, from
// which letters it gets none any more, how its owner ends mails that nobody there has asked for, and the addresses that answers to
// what it is sent come back to.
//
// It promises that nobody is mailed without end, whoever types an address and however it is spelt; that what editors send does not
// use up the mails by which the owner signs; that whoever types addresses of one domain does not flood it; that it stores no address,
// but tags that mean nothing without the keys; that the link which ends mails works as long as the mail is kept; and that nobody can
// make up a return address. It must not know why a mail is sent nor what is in it.
package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// What is mailed to an address at most, by its owner and by editors each.
const (
	MailsAWeek = 3                  // for a letter in any Week
	mailsADay  = 5                  // on one day, UTC, over all letters
	Week       = 7 * 24 * time.Hour // after which an address has mails left again
)

// The reasons for which an address gets no mail of a letter any more. A refusal ends what others send it: whoever types the address again
// asks for their own mail, and gets it.
const (
	Disputed = "disputed" // its owner says that they did not ask for it
	Refused  = "refused"  // its server takes no mail for it
)

// Service keeps budgets, blocks and the ends of mails.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Unlimited bool   // lifts the budgets, for benchmarks and tests
	Inbox     string // the address that answers come to; "" while there is none

	flows Flows
}

// Box is a mailbox as one letter knows it.
type Box struct {
	Address text.Address
	Letter  store.LetterID

	service *Service
	key     *seal.LetterKey
}

// Of returns the mailbox of an address as the letter with this key knows it.
func (s *Service) Of(key *seal.LetterKey, l store.LetterID, a text.Address) Box {
	return Box{a, l, s, key}
}

// Tag stands for the address in the rows of the letter: the same address has the same, in whatever case it is typed.
func (b Box) Tag() []byte { return b.key.Tag(b.Address.Exact) }

// AnyTag stands for the mailbox in the rows of the letter: all spellings that reach it have the same.
func (b Box) AnyTag() []byte { return b.key.Tag("mailbox " + b.Address.Mailbox) }

// Spend takes one of the mails that the owner may ask for, and reports whether there was one left.
func (b Box) Spend(tx *store.Tx) (bool, error) { return b.spend(tx, b.Tag(), "mail ") }

// SpendForEditors takes one of the mails that editors may send to the mailbox, and reports whether there was one left.
func (b Box) SpendForEditors(tx *store.Tx) (bool, error) {
	return b.spend(tx, b.key.Tag("invited "+b.Address.Exact), "invited ")
}

// SpendReserved takes the one mail that the owner may start on each day, UTC, for the letter, whatever others have asked for, and
// reports whether it was left.
func (b Box) SpendReserved(tx *store.Tx) (bool, error) {
	now := tx.Now()
	n, err := tx.Exec(qSpendDay, now.Unix()/86400, b.key.Tag("reserved "+now.UTC().Format(time.DateOnly)+" "+b.Address.Mailbox), 1)
	return n > 0, err
}

// SpendForQuestions takes one of the mails by which editors may ask the mailbox about its held signatures. What else they send it
// leaves these, or an answer would tell whose such a signature is.
func (b Box) SpendForQuestions(tx *store.Tx) (bool, error) {
	return b.spend(tx, b.key.Tag("asked "+b.Address.Exact), "asked ")
}

// SpendForReceipt takes the one mail in any Week that says to a mailbox that its own has arrived, and reports whether it was left. All
// mailboxes together have so many a day.
func (s *Service) SpendForReceipt(tx *store.Tx, a text.Address) (bool, error) {
	now := tx.Now()
	n, err := tx.Exec(qSpendOnce, s.Keys.Tag("receipt of a mail", a.Mailbox), now.UnixMicro(), now.Add(-Week).UnixMicro())
	if err != nil || n == 0 {
		return false, err
	}
	n, err = tx.Exec(qSpendDay, now.Unix()/86400, s.Keys.Tag("receipts", now.UTC().Format(time.DateOnly)), receiptsADay)
	return n > 0, err
}

// receiptsADay bounds how many mails that nobody asked for answer those that come in.
const receiptsADay = 200

// spend takes a mail from the budget of the letter's week and from that of the instance's day. The day knows a mailbox without
// "+tag" and dots, or whoever types those would mail one person without end.
func (b Box) spend(tx *store.Tx, week []byte, day string) (bool, error) {
	if b.service.Unlimited {
		return true, nil
	}
	now := tx.Now()
	n, err := tx.Exec(qSpendWeek, b.Letter, week, now.UnixMicro(), now.Add(-Week).UnixMicro())
	if err != nil || n == 0 {
		return false, err
	}
	n, err = tx.Exec(qSpendDay, now.Unix()/86400, b.service.Keys.Tag(day+now.UTC().Format(time.DateOnly), b.Address.Mailbox), mailsADay)
	return n > 0, err
}

// Mailed reports whether the address was sent a mail that it, or whoever typed it, asked for within a Week.
func (b Box) Mailed(tx *store.Tx) (bool, error) {
	var latest int64
	err := tx.Row(qFindBudget, b.Letter, b.Tag()).Scan(&latest)
	if errors.Is(err, store.ErrNoRow) {
		return false, nil
	}
	return err == nil && latest > tx.Now().Add(-Week).UnixMicro(), err
}

// Block ends all mails of the letter to the address, for one of the reasons.
func (b Box) Block(tx *store.Tx, reason string) error {
	_, err := tx.Exec(qBlock, b.Letter, b.Tag(), reason, tx.Now().UnixMicro())
	return err
}

// Blocked returns the reason for which the address gets no mail of the letter any more, "" for none.
func (b Box) Blocked(ctx context.Context) (reason string, err error) {
	err = b.service.DB.Look(ctx, func(tx *store.Tx) error {
		reason, err = b.BlockedIn(tx)
		return err
	})
	return reason, err
}

// BlockedIn is Blocked within a transaction.
func (b Box) BlockedIn(tx *store.Tx) (reason string, err error) {
	err = tx.Row(qFindBlock, b.Letter, b.Tag()).Scan(&reason)
	if errors.Is(err, store.ErrNoRow) {
		return "", nil
	}
	return reason, err
}

// Reached ends a block by a refusal: the address's server takes mails again.
func (b Box) Reached(ctx context.Context) error {
	return b.service.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qReached, b.Letter, b.Tag())
		return err
	})
}

// Forget destroys what is known of the mails that the owner of an address asked for; tag is that of Box.Tag.
func Forget(tx *store.Tx, l store.LetterID, tag []byte) error {
	_, err := tx.Exec(qForgetBudget, l, tag)
	return err
}

// Retain deletes budgets past their use, and blocks: those that a server caused after so long, the others with the key of their
// letter.
func (s *Service) Retain(ctx context.Context, keep time.Duration) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(qForgetWeeks, now.Add(-Week).UnixMicro()); err != nil {
			return err
		}
		if _, err := tx.Exec(qForgetDays, now.Unix()/86400); err != nil {
			return err
		}
		_, err := tx.Exec(qForgetBlocks, now.Add(-keep).UnixMicro())
		return err
	})
}

// GiveUp deletes everything: the tags were made with keys that are lost.
func (s *Service) GiveUp(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, q := range []*store.Query{qGiveUpWeeks, qGiveUpDays, qGiveUpBlocks, qGiveUpUnsubscribed} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
}
