package news

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// askedDays is for how many whole days what nobody confirms is kept; the mail says 72 hours, which never end later.
const askedDays = 3

// FollowMail asks whether somebody wants news of a letter.
type FollowMail struct {
	Letter letter.ID `json:"letter"`
	Asked  int64     `json:"asked"`
}

// Kind names the job.
func (FollowMail) Kind() string { return "mail.follow" }

// FollowedMail lists what a mailbox follows.
type FollowedMail struct {
	Letter   letter.ID `json:"letter"`
	Follower int64     `json:"follower"`
}

// Kind names the job.
func (FollowedMail) Kind() string { return "mail.followed" }

// followAsked is what is sealed of somebody who has still to confirm.
type followAsked struct {
	follower
	Token string `json:"token"`
}

// CanFollow reports whether anybody can begin to follow a letter: whether those who do are kept.
func (s *Service) CanFollow(l letter.Letter) bool {
	return l.State == letter.Open || l.State == letter.Closed && s.DB.Now().Before(l.ClosedAt.AddDate(0, KeptMonths, 0))
}

// Ask has the mail sent by which somebody confirms that they want news of a letter. Whoever types an address learns nothing of it: that it
// follows already, that it gets no more mails today, and that it is new are one answer.
func (s *Service) Ask(ctx context.Context, l letter.Letter, address, language string) error {
	a, wrong := text.ParseAddress(address)
	if wrong != nil {
		return fault.List{wrong.On("email")}
	}
	if !s.CanFollow(l) {
		return fault.New(fault.Conflict, "follow.over")
	}
	if i18n.Find(language) == nil {
		language = i18n.Default
	}
	key := s.Keys.FollowerKey(int64(l.ID))
	id := rand.Int64N(1<<62) + 1
	token := linkOf(key, l.ID, id, "asked")
	plain, err := json.Marshal(followAsked{follower{a.Exact, language, 1}, token})
	if err != nil {
		return err
	}
	sealed := key.Seal("follow_asked", id, plain)
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if left, err := s.Mailboxes.Of(key, l.ID, a).Spend(tx); err != nil || !left {
			return err
		}
		if _, err := tx.Exec(qInsertAsked, id, l.ID, seal.Hash(token), sealed, false, day(tx.Now())); err != nil {
			return err
		}
		return job.Enqueue(tx, FollowMail{l.ID, id})
	})
}

// askedRow is somebody who asked, as stored.
type askedRow struct {
	id        int64
	letter    letter.ID
	hash      []byte
	sealed    []byte
	confirmed bool
	day       int64
	issue     *int64 // the last mail that had gone when they confirmed; nil before
}

func scanAsked(row store.Row) (r askedRow, err error) {
	return r, row.Scan(&r.id, &r.letter, &r.hash, &r.sealed, &r.confirmed, &r.day, &r.issue)
}

func (s *Service) openAsked(r askedRow) (f followAsked, err error) {
	plain, err := s.Keys.FollowerKey(int64(r.letter)).Open("follow_asked", r.id, r.sealed)
	if err != nil {
		return f, fmt.Errorf("news: asked %d: %w", r.id, err)
	}
	return f, json.Unmarshal(plain, &f)
}

// Asking is what the mail to somebody who asked needs.
type Asking struct {
	Address, Language, Token string
	Letter                   letter.ID
	ID                       int64
}

// Asking returns what such a mail needs, false when it must not be sent any more.
func (s *Service) Asking(ctx context.Context, m FollowMail) (a Asking, send bool, err error) {
	var r askedRow
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		r, err = scanAsked(tx.Row(qFindAsked, m.Asked))
		return err
	})
	if errors.Is(err, store.ErrNoRow) {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	f, err := s.openAsked(r)
	return Asking{f.Address, f.Language, f.Token, m.Letter, m.Asked}, err == nil && !r.confirmed, err
}

// NotAsked forgets somebody whose server takes no mail.
func (s *Service) NotAsked(ctx context.Context, m FollowMail) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qDropAsked, m.Asked)
		return err
	})
}

// Confirming is what a link by which somebody confirms is about.
type Confirming struct {
	Letter    letter.ID
	Confirmed bool   // they follow from the next day on
	Follows   string // they do: the token of the link that shows and ends it; "" for not yet
}

// AskedOf returns it. It changes nothing: programs that look at mail follow links too.
func (s *Service) AskedOf(ctx context.Context, token string) (c Confirming, err error) {
	gone := fault.New(fault.Gone, "follow.link")
	l, id, made := s.readLink(token, "asked")
	if !made { // of before such a link said for itself that it was made here
		id, made = seal.TokenID(token)
	}
	if !made {
		return c, gone
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := scanAsked(tx.Row(qFindAsked, id))
		if errors.Is(err, store.ErrNoRow) && l != 0 {
			key, n := s.Keys.FollowerKey(int64(l)), 0
			follower := followerOf(key, id)
			if err := tx.Row(qHasFollower, l, follower).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				c = Confirming{l, true, tokenOf(key, l, follower)}
				return nil
			}
			return gone
		}
		if errors.Is(err, store.ErrNoRow) || err == nil && (subtle.ConstantTimeCompare(r.hash, seal.Hash(token)) != 1 ||
			!r.confirmed && day(tx.Now())-r.day > askedDays) {
			return gone
		}
		c = Confirming{Letter: r.letter, Confirmed: r.confirmed}
		return err
	})
	return c, err
}

// followerOf is the id of the follower that somebody who asked becomes: nobody without the key can tell one from the other.
func followerOf(key *seal.LetterKey, asked int64) int64 {
	return int64(binary.BigEndian.Uint64(key.Tag("follower of "+strconv.FormatInt(asked, 10)))>>2) + 1
}

// ConfirmAsked makes whoever has the link one who follows, from the next day on; no, no does not want any news.
func (s *Service) ConfirmAsked(ctx context.Context, token string, no bool) error {
	c, err := s.AskedOf(ctx, token)
	if err != nil {
		return err
	}
	if c.Follows != "" { // since the page was shown
		if no {
			return s.End(ctx, c.Follows)
		}
		return nil
	}
	_, id, made := s.readLink(token, "asked")
	if !made {
		id, _ = seal.TokenID(token)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		q, args := qConfirmAsked, []any{true, id}
		if no {
			q, args = qDropAsked, []any{id}
		}
		_, err := tx.Exec(q, args...)
		return err
	})
}

// Followed is a letter that somebody follows, as the link in their mails shows it.
type Followed struct {
	Letter   letter.ID
	Language string
	Follows  bool // still
}

// Followed returns what the link of a mail is about. It changes nothing.
func (s *Service) Followed(ctx context.Context, token string) (f Followed, err error) {
	l, id, err := s.ReadToken(token)
	if err != nil {
		return f, err
	}
	f.Letter = l
	x, err := s.find(ctx, l, id)
	if errors.Is(err, store.ErrNoRow) {
		return f, nil
	}
	f.Language, f.Follows = x.Language, err == nil
	return f, err
}

func (s *Service) find(ctx context.Context, l letter.ID, id int64) (f follower, err error) {
	var sealed []byte
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindFollower, l, id).Scan(&sealed) })
	if err != nil {
		return f, err
	}
	return openFollower(s.Keys.FollowerKey(int64(l)), id, sealed)
}

func openFollower(key *seal.LetterKey, id int64, sealed []byte) (f follower, err error) {
	plain, err := key.Open("follower", id, sealed)
	if err != nil {
		return f, fmt.Errorf("news: follower %d: %w", id, err)
	}
	return f, json.Unmarshal(plain, &f)
}

// SetLanguage has somebody who follows written to in another language.
func (s *Service) SetLanguage(ctx context.Context, token, language string) error {
	if i18n.Find(language) == nil {
		return fault.List{fault.New(fault.Invalid, "language").On("language")}
	}
	l, id, err := s.ReadToken(token)
	if err != nil {
		return err
	}
	f, err := s.find(ctx, l, id)
	if errors.Is(err, store.ErrNoRow) { // it has ended meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	f.Language = language
	sealed, err := s.sealed(l, id, f)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qResealFollower, sealed, l, id)
		return err
	})
}

func (s *Service) sealed(l letter.ID, id int64, f follower) ([]byte, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("news: seal a follower: %w", err)
	}
	return s.Keys.FollowerKey(int64(l)).Seal("follower", id, plain), nil
}

// AskAll has the mailbox of a link sent a list of all that it follows: whoever has one mail that was passed on learns of no other letter.
func (s *Service) AskAll(ctx context.Context, token string) error {
	l, id, err := s.ReadToken(token)
	if err != nil {
		return err
	}
	f, err := s.find(ctx, l, id)
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	a, wrong := text.ParseAddress(f.Address)
	if wrong != nil {
		return wrong
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if left, err := s.Mailboxes.Of(s.Keys.FollowerKey(int64(l)), l, a).Spend(tx); err != nil || !left {
			return err
		}
		return job.Enqueue(tx, FollowedMail{l, id})
	})
}

// EndAddress ends all that an address is sent without having asked for the very mail: what it follows, and what no mailbox gets any more that is
// taken off such mails. Whether there was any of it nobody is told.
func (s *Service) EndAddress(ctx context.Context, address string) error {
	if _, wrong := text.ParseAddress(address); wrong != nil {
		return wrong
	}
	var letters []letter.ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		letters, err = store.List(tx, qListFollowedLetters, scanID)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range letters {
		if err := s.DB.Update(ctx, func(tx *store.Tx) error { return s.Unfollow(tx, l, address) }); err != nil {
			return err
		}
	}
	return s.Mailboxes.UnsubscribeAddress(ctx, address)
}

// EndAsked ends all that somebody is sent who was asked whether they want news, and has answered that they want no mails.
// It reports false where nobody knows their address any more.
func (s *Service) EndAsked(ctx context.Context, m FollowMail) (ended bool, err error) {
	a, _, err := s.Asking(ctx, m)
	if err == nil && a.Address == "" { // they follow by now
		var f follower
		if f, err = s.find(ctx, m.Letter, followerOf(s.Keys.FollowerKey(int64(m.Letter)), m.Asked)); errors.Is(err, store.ErrNoRow) {
			return false, nil
		}
		a.Address = f.Address
	}
	if err == nil {
		err = s.NotAsked(ctx, m)
	}
	if err == nil {
		err = s.EndAddress(ctx, a.Address)
	}
	return err == nil, err
}

// All is what a mail that lists what a mailbox follows needs.
type All struct {
	Address, Language string
	Letters           []FollowedLink // the earliest letter first
}

// FollowedLink is a letter with the end of the link of one who follows it.
type FollowedLink struct {
	Letter letter.ID
	Token  string
}

// All returns it, false when the mailbox follows nothing any more.
func (s *Service) All(ctx context.Context, m FollowedMail) (all All, send bool, err error) {
	f, err := s.find(ctx, m.Letter, m.Follower)
	if errors.Is(err, store.ErrNoRow) {
		return all, false, nil
	}
	if err != nil {
		return all, false, err
	}
	a, wrong := text.ParseAddress(f.Address)
	if wrong != nil {
		return all, false, nil
	}
	all.Address, all.Language = f.Address, f.Language
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		all.Letters = nil
		letters, err := store.List(tx, qListFollowedLetters, scanID)
		if err != nil {
			return err
		}
		for _, l := range letters {
			key := s.Keys.FollowerKey(int64(l))
			var id int64
			var sealed []byte
			err := tx.Row(qFindFollowerByTag, l, boxTag(key, a)).Scan(&id, &sealed)
			if errors.Is(err, store.ErrNoRow) {
				continue
			}
			if err != nil {
				return err
			}
			x, err := openFollower(key, id, sealed)
			if err != nil {
				return err
			}
			if x.Address != f.Address { // it is one mailbox in most domains, and somebody else's in some
				continue
			}
			all.Letters = append(all.Letters, FollowedLink{l, tokenOf(key, l, id)})
		}
		return nil
	})
	return all, len(all.Letters) > 0, err
}

// join makes somebody who confirmed a follower, in the transaction that gathers those who ticked at signing, so that nothing tells one from the
// other. Who follows already stays the same row, which now stands whatever they sign; one that is of another form of the address may be of
// somebody else, and stays as it is. Who has said no meanwhile does not join. Who confirmed before a mail went and follows only now is sent it.
func (s *Service) join(tx *store.Tx, l letter.ID, x joining) error {
	if n, err := tx.Exec(qDropAsked, x.asked); err != nil || n == 0 {
		return err
	}
	var id int64
	var sealed []byte
	err := tx.Row(qFindFollowerByTag, l, x.tag).Scan(&id, &sealed)
	if errors.Is(err, store.ErrNoRow) {
		return s.begin(tx, l, x)
	}
	if err != nil {
		return err
	}
	known, err := openFollower(s.Keys.FollowerKey(int64(l)), id, sealed)
	if err != nil || known.Address != x.Address {
		return err
	}
	if sealed, err = s.sealed(l, id, x.follower); err == nil {
		_, err = tx.Exec(qResealFollower, sealed, l, id)
	}
	return err
}

// begin writes a follower, with the mails that went since they confirmed.
func (s *Service) begin(tx *store.Tx, l letter.ID, x joining) error {
	sealed, err := s.sealed(l, x.id, x.follower)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qFollow, l, x.id, x.tag, sealed, false); err != nil || x.issue == nil {
		return err
	}
	missed, err := store.List(tx, qListIssues, func(row store.Row) (n int, err error) { return n, row.Scan(&n) }, l, *x.issue)
	for _, number := range missed {
		if err == nil {
			err = job.Enqueue(tx, DigestMail{l, number, x.id})
		}
	}
	return err
}

// leave ends the news to a signer who signed without asking for any, unless they asked for them apart from signing.
func (s *Service) leave(tx *store.Tx, l letter.ID, tag []byte) error {
	var id int64
	var sealed []byte
	err := tx.Row(qFindFollowerByTag, l, tag).Scan(&id, &sealed)
	if errors.Is(err, store.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := openFollower(s.Keys.FollowerKey(int64(l)), id, sealed)
	if err != nil || f.Own == 1 {
		return err
	}
	_, err = tx.Exec(qRemoveFollower, l, id)
	return err
}

// joining is somebody who confirmed that they want news.
type joining struct {
	follower
	id    int64
	tag   []byte
	asked int64  // row of their asking
	issue *int64 // the last mail that had gone when they confirmed
}

// confirmed returns those who have confirmed that they want news of a letter.
func (s *Service) confirmed(ctx context.Context, l letter.ID) (list []joining, err error) {
	var rows []askedRow
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.List(tx, qListConfirmed, scanAsked, l, true, gatheredAtOnce)
		return err
	})
	key := s.Keys.FollowerKey(int64(l))
	for _, r := range rows {
		f, err := s.openAsked(r)
		if err != nil {
			return nil, err
		}
		a, wrong := text.ParseAddress(f.Address)
		if wrong != nil {
			continue
		}
		list = append(list, joining{follower: f.follower, id: followerOf(key, r.id), tag: boxTag(key, a), asked: r.id, issue: r.issue})
	}
	return list, err
}

// forgetAsked deletes those who have not confirmed in time, and those of letters whose followers are not kept.
func (s *Service) forgetAsked(ctx context.Context, now time.Time) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qForgetAsked, false, day(now)-askedDays); err != nil {
			return err
		}
		_, err := tx.Exec(qEndAsked)
		return err
	})
}
