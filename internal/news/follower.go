package news

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// KeptMonths is for how many months after its closing a letter's followers are kept at most; forms and mails say the number.
const KeptMonths = 12

const (
	gatheredAtOnce = 500       // signatures one transaction looks at
	settled        = time.Hour // after which no signature with an earlier id is committed any more
)

// follower is somebody who wants news of a letter, as it is sealed.
type follower struct {
	Address  string `json:"address"`
	Language string `json:"language"` // of the pages they used, or chose
	Own      int    `json:"own"`      // 1: they confirmed by a mail of its own, and need not have signed
}

// boxTag names a mailbox among the followers of a letter.
func boxTag(key *seal.LetterKey, a text.Address) []byte { return key.Tag("mailbox " + a.Mailbox) }

// Gather makes followers of the signers who ticked that they want news, and of those who confirmed so by a mail of its own, once a day for
// each letter: all of a day come in one batch, in an order that is drawn and under ids that are drawn, so that neither order nor time tell
// which signature a follower is of. From a day on which one signer alone asked for news, whoever compares two copies of the database can
// tell; nothing smaller can be made of one.
func (s *Service) Gather(ctx context.Context) error {
	today := day(s.DB.Now())
	var due []letter.ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		due, err = store.List(tx, qListUngathered, scanID, today)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range due { // a letter of which something cannot be read costs the others nothing
		for more := true; more; {
			var failed error
			if more, failed = s.gather(ctx, l, today); failed != nil {
				err = errors.Join(err, fmt.Errorf("news: letter %d: %w", l, failed))
			}
		}
	}
	return err
}

// gather looks at the next signatures of a letter, and reports whether there may be more.
func (s *Service) gather(ctx context.Context, l letter.ID, today int64) (more bool, err error) {
	var after, toldAfter int64
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindGathered, l).Scan(&after, &toldAfter) })
	if err != nil && !errors.Is(err, store.ErrNoRow) {
		return false, err
	}
	signers, err := s.Signing.Signers(ctx, l, after, gatheredAtOnce)
	if err != nil && !fault.Is(err, fault.Gone) {
		return false, err
	}
	more = len(signers) == gatheredAtOnce
	own, err := s.confirmed(ctx, l)
	if err != nil {
		return false, err
	}
	moreOwn := len(own) == gatheredAtOnce
	key, last := s.Keys.FollowerKey(int64(l)), after
	var rows []gathered
	for _, x := range signers {
		if x.ID >= store.IDAt(s.DB.Now().Add(-settled)) {
			more = false
			break
		}
		last = x.ID
		a, f := text.ParseAddress(x.Email)
		if f != nil { // it came with a list
			continue
		}
		plain, err := json.Marshal(follower{x.Email, x.Language, 0})
		if err != nil {
			return false, fmt.Errorf("news: seal a follower: %w", err)
		}
		r := gathered{of: x.ID, id: rand.Int64N(1<<62) + 1, tag: boxTag(key, a), follows: x.News, asked: x.Asked, short: x.ID <= toldAfter}
		r.sealed = key.Seal("follower", r.id, plain)
		// The last confirmed form of an address is what stands.
		rows = append(slices.DeleteFunc(rows, func(earlier gathered) bool { return bytes.Equal(earlier.tag, r.tag) }), r)
	}
	order := rand.Perm(len(rows) + len(own))
	written := true
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qBegin, l); err != nil {
			return err
		}
		late, busy, err := sentSince(tx, l, store.IDTime(after))
		if written = !busy; err != nil || busy {
			return err
		}
		done := int64(0)
		if !more && !moreOwn {
			done = today
		}
		if n, err := tx.Exec(qGathered, last, done, l, after); err != nil || n == 0 { // another process was first
			return err
		}
		standing, err := signing.Standing(tx, l, after, last)
		if err != nil {
			return err
		}
		for _, i := range order {
			if i >= len(rows) {
				err = s.join(tx, l, own[i-len(rows)])
			} else {
				err = s.put(tx, l, rows[i], after, standing[rows[i].of], late)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return (more || moreOwn) && written && err == nil, err
}

// gathered is what a signature says of news, ready to be written.
type gathered struct {
	of          int64 // the signature, which is not written
	id          int64
	tag, sealed []byte
	follows     bool
	asked       bool // it answers a question, and says of news what the signature before it said
	short       bool
}

// put writes it, unless the signature was ended or erased meanwhile. Who signed before a mail went and follows only now is sent it too.
// Of an answer to a question what the signature before it said stands, if that was among those up to after: it may have been ended since.
func (s *Service) put(tx *store.Tx, l letter.ID, r gathered, after int64, stands bool, late []sent) error {
	if r.asked {
		if seen, err := signing.SeenBefore(tx, l, r.of, after); err != nil || seen {
			return err
		}
	}
	if !r.follows || !stands {
		return s.leave(tx, l, r.tag)
	}
	n, err := tx.Exec(qFollow, l, r.id, r.tag, r.sealed, r.short)
	if err != nil || n == 0 {
		return err
	}
	for _, x := range late {
		if store.IDTime(r.of).Before(x.at) {
			if err := job.Enqueue(tx, DigestMail{l, x.number, r.id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// sent is a mail to the followers of a letter.
type sent struct {
	number int
	at     time.Time
}

// sentSince returns the mails that were sent since, and whether one of them is still being written: who becomes a follower then could be
// missed, or be sent it twice.
func sentSince(tx *store.Tx, l letter.ID, since time.Time) (list []sent, busy bool, err error) {
	list, err = store.List(tx, qListSent, func(row store.Row) (x sent, err error) {
		var at int64
		var done *int64
		err = row.Scan(&x.number, &at, &done)
		x.at, busy = time.UnixMicro(at), busy || done == nil
		return x, err
	}, l, since.UnixMicro())
	return list, busy, err
}

// Keeps reports whether the address of a signature is kept, or will be, so that its signer gets news of the letter.
func (s *Service) Keeps(ctx context.Context, o signing.Own) (keeps bool, err error) {
	l := o.Letter
	a, f := text.ParseAddress(o.Email)
	if f != nil {
		return false, nil
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var n int
		var after, toldAfter int64
		if err := tx.Row(qFindGathered, l).Scan(&after, &toldAfter); err != nil && !errors.Is(err, store.ErrNoRow) {
			return err
		}
		if keeps = o.Updates && o.ID > after; keeps && o.Asked {
			seen, err := signing.SeenBefore(tx, l, o.ID, after)
			if keeps = !seen; err != nil {
				return err
			}
		}
		if keeps {
			return nil
		}
		err := tx.Row(qCountTag, l, boxTag(s.Keys.FollowerKey(int64(l)), a)).Scan(&n)
		keeps = n > 0
		return err
	})
	return keeps, err
}

// Unfollow ends the news of a letter to an address, in the transaction that takes back or erases its signature, also where they would begin
// with the next batch.
func (s *Service) Unfollow(tx *store.Tx, l letter.ID, address string) error {
	a, f := text.ParseAddress(address)
	if f != nil {
		return nil
	}
	if _, err := tx.Exec(qUnfollow, l, boxTag(s.Keys.FollowerKey(int64(l)), a)); err != nil {
		return err
	}
	rows, err := store.List(tx, qListAsked, scanAsked, l)
	for _, r := range rows {
		asked, failed := s.openAsked(r)
		if b, f := text.ParseAddress(asked.Address); err != nil || failed != nil || f != nil || b.Mailbox != a.Mailbox {
			continue
		}
		_, err = tx.Exec(qDropAsked, r.id)
	}
	return err
}

// Followers counts those who are written to about a letter.
func (s *Service) Followers(ctx context.Context, l letter.ID) (n int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountFollowers, l).Scan(&n) })
	return n, err
}

// tokenPrefix tells the link that ends the news of one letter from the one that ends all that a mailbox did not ask for.
const tokenPrefix = "news-"

// tokenOf is the end of the link that ends a follower's news. It needs no row, so it works as long as the mail is kept.
func tokenOf(key *seal.LetterKey, l letter.ID, id int64) string {
	return tokenPrefix + linkOf(key, l, id, "link")
}

// linkOf is what names a row of a letter in a link that says for itself that it was made here.
func linkOf(key *seal.LetterKey, l letter.ID, id int64, use string) string {
	name := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(l)), uint64(id))
	return seal.Base32.EncodeToString(append(name, key.Tag(use+" "+strconv.FormatInt(id, 10))...))
}

// readLink reads it, false unless it was made here.
func (s *Service) readLink(link, use string) (l letter.ID, id int64, ok bool) {
	b, err := seal.Base32.DecodeString(link)
	if err != nil || len(b) != 16+seal.TagSize {
		return 0, 0, false
	}
	l, id = letter.ID(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	return l, id, subtle.ConstantTimeCompare([]byte(linkOf(s.Keys.FollowerKey(int64(l)), l, id, use)), []byte(link)) == 1
}

// IsToken reports whether a link ends the news of one letter.
func IsToken(token string) bool { return strings.HasPrefix(token, tokenPrefix) }

// ReadToken returns the letter and the follower of such a link, or a fault unless it was made here. It changes nothing.
func (s *Service) ReadToken(token string) (l letter.ID, id int64, err error) {
	if l, id, ok := s.readLink(strings.TrimPrefix(token, tokenPrefix), "link"); ok {
		return l, id, nil
	}
	return 0, 0, fault.New(fault.Gone, "unsubscribe.unknown")
}

// End ends the news of a link.
func (s *Service) End(ctx context.Context, token string) error {
	l, id, err := s.ReadToken(token)
	if err != nil {
		return err
	}
	return s.remove(ctx, l, id)
}

// Refused ends the news to an address that takes no mail.
func (s *Service) Refused(ctx context.Context, m DigestMail) error {
	return s.remove(ctx, m.Letter, m.Follower)
}

// EndAll ends all that a mailbox follows: it has said so by an answer to the list of that.
func (s *Service) EndAll(ctx context.Context, m FollowedMail) error {
	all, _, err := s.All(ctx, m)
	for _, x := range all.Letters {
		if err == nil {
			err = s.End(ctx, x.Token)
		}
	}
	return err
}

func (s *Service) remove(ctx context.Context, l letter.ID, id int64) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRemoveFollower, l, id)
		return err
	})
}

// Retain deletes the followers of letters that are archived or closed so long ago, and of those who were told no more than that their
// address goes with the letter's data key, once that is destroyed. It gathers before, since that needs the key.
func (s *Service) Retain(ctx context.Context) error {
	if _, err := s.DB.Repeat(ctx, qForgetShort); err != nil {
		return err
	}
	if err := s.forgetAsked(ctx, s.DB.Now()); err != nil {
		return err
	}
	_, err := s.DB.Repeat(ctx, qForgetFollowers, s.DB.Now().AddDate(0, -KeptMonths, 0).UnixMicro())
	return err
}

// GiveUp deletes all followers: what is sealed of them was sealed with a key that is lost.
func (s *Service) GiveUp(ctx context.Context) error {
	if err := s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qGiveUpAsked)
		return err
	}); err != nil {
		return err
	}
	_, err := s.DB.Repeat(ctx, qGiveUp)
	return err
}

func day(t time.Time) int64 { return t.Unix() / 86400 }

func scanID(row store.Row) (id letter.ID, err error) { return id, row.Scan(&id) }
