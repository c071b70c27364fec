package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Rhythm is how often somebody wants to be written to about something.
type Rhythm string

// The rhythms.
const (
	Never  Rhythm = "none"
	AtOnce Rhythm = "at_once"
	Daily  Rhythm = "daily"
	Weekly Rhythm = "weekly"
)

// WorkRhythms and CountRhythms are what a user can choose for each; the first holds where they have not chosen.
var (
	WorkRhythms  = []Rhythm{Daily, AtOnce, Never}
	CountRhythms = []Rhythm{Never, AtOnce, Daily, Weekly}
)

// Due reports whether the time has come again since a moment. At once is a quarter of an hour at most: what comes together is one mail.
func (r Rhythm) Due(last, now time.Time) bool {
	switch r {
	case AtOnce:
		return now.Sub(last) >= 15*time.Minute
	case Daily:
		return now.Sub(last) >= 24*time.Hour
	case Weekly:
		return now.Sub(last) >= 7*24*time.Hour
	}
	return false
}

// Notice is what a user of the desk wants to be written about, and up to where they were.
type Notice struct {
	User      int64
	Work      Rhythm // what others did with the letters that they write for
	Counts    Rhythm // how many have signed those
	Seen      int64  // the last line of the trail that they were told of
	ToldAt    time.Time
	Counted   map[store.LetterID]int // what they were told last
	CountedAt time.Time
}

// Told are the acts of the trail that those who write for a letter are written about, if others did them.
var Told = []string{"remark.made", "reader.answered", "lead.joined", "lead.left", "lead.approved", "lead.objected", "approval.asked", "approval.given",
	"approval.refused", "edition.published", "edition.not_published", "letter.opened", "letter.not_opened", "letter.closed"}

// maxTold is how many lines a notice has, and one more says that there are others; the desk has them.
const maxTold = 50

// settled is how old a line of the trail has to be before somebody is told of it: another transaction may still commit an earlier one.
const settled = time.Minute

var (
	qListNotices = store.Q("notice.list", `
		SELECT DISTINCT m.user_id, n.work, n.counts, n.seen, n.told_at, n.counted, n.counted_at
		FROM member m LEFT JOIN notice n ON n.user_id = m.user_id WHERE m.role IN ('owner', 'editor') ORDER BY m.user_id`)
	qFindNotice = store.Q("notice.find", `SELECT user_id, work, counts, seen, told_at, counted, counted_at FROM notice WHERE user_id = $1`)
	qPutNotice  = store.Q("notice.put", `
		INSERT INTO notice (user_id, work, counts, seen, told_at, counted, counted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (user_id) DO UPDATE SET work = excluded.work, counts = excluded.counts, seen = excluded.seen, told_at = excluded.told_at,
			counted = excluded.counted, counted_at = excluded.counted_at`)
	// Up to where somebody was told, whatever they have chosen meanwhile.
	qTold = store.Q("notice.told", `
		INSERT INTO notice (user_id, work, counts, seen, told_at, counted, counted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (user_id) DO UPDATE SET seen = excluded.seen, told_at = excluded.told_at, counted = excluded.counted, counted_at = excluded.counted_at`)
	qListNews = store.Q("audit.list_news", `
		SELECT a.id, a.at, a.user_id, a.act, a.object, a.letter_id FROM audit a
		WHERE a.id > $1 AND a.id < $2 AND (a.user_id IS NULL OR a.user_id <> $3) AND a.act IN ('`+strings.Join(Told, "', '")+`') AND a.letter_id IN (
			SELECT l.letter_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
			WHERE m.user_id = $3 AND m.role IN ('owner', 'editor'))
		ORDER BY a.id LIMIT $4`)
	qListOwn = store.Q("member.list_letters", `
		SELECT DISTINCT l.letter_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
		WHERE m.user_id = $1 AND m.role IN ('owner', 'editor') ORDER BY l.letter_id`)
)

// Notices are what users of the desk are written about.
type Notices struct{ accounts *Service }

// List returns the notices of all who write for a letter somewhere. Who is new is told of nothing that was before.
func (ns Notices) List(ctx context.Context) (list []Notice, err error) {
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		list, err = store.List(tx, qListNotices, func(row store.Row) (Notice, error) { return scanNotice(row, now) })
		return err
	})
	return list, err
}

// Of returns the notice of a user.
func (ns Notices) Of(ctx context.Context, user int64) (n Notice, err error) {
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		n, err = ns.of(tx, user)
		return err
	})
	return n, err
}

func (ns Notices) of(tx *store.Tx, user int64) (Notice, error) {
	n, err := scanNotice(tx.Row(qFindNotice, user), tx.Now())
	if errors.Is(err, store.ErrNoRow) {
		return fresh(user, tx.Now()), nil
	}
	return n, err
}

// Choose sets what a user wants to be written about.
func (ns Notices) Choose(ctx context.Context, user int64, work, counts Rhythm) error {
	if !slices.Contains(WorkRhythms, work) || !slices.Contains(CountRhythms, counts) {
		return fault.New(fault.Invalid, "form.encoding")
	}
	return ns.accounts.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := ns.of(tx, user)
		if err != nil {
			return err
		}
		if n.Work == Never { // they are told of what comes from now on
			n.Seen = store.IDAt(tx.Now())
		}
		if n.Counts == Never {
			n.Counted = nil
		}
		n.Work, n.Counts = work, counts
		return n.put(tx, qPutNotice)
	})
}

// Told keeps up to where a user was told. What they have chosen meanwhile stays.
func (n Notice) Told(tx *store.Tx) error { return n.put(tx, qTold) }

func (n Notice) put(tx *store.Tx, q *store.Query) error {
	counted, err := json.Marshal(n.Counted)
	if err != nil {
		return fmt.Errorf("account: encode notice: %w", err)
	}
	_, err = tx.Exec(q, n.User, n.Work, n.Counts, n.Seen, n.ToldAt.UnixMicro(), string(counted), n.CountedAt.UnixMicro())
	return err
}

// News returns what others did with the letters that a user writes for, after a line of the trail and before another, 0 for as far as
// the trail is settled; it returns that bound too, and whether there is more than is returned.
func (ns Notices) News(ctx context.Context, user, after, before int64) (news []Entry, bound int64, more bool, err error) {
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		if bound = before; bound == 0 {
			bound = store.IDAt(tx.Now().Add(-settled))
		}
		if news, err = store.List(tx, qListNews, scanNews, after, bound, user, maxTold+1); err != nil {
			return err
		}
		if more = len(news) > maxTold; more {
			news = news[:maxTold]
		}
		return nil
	})
	return news, bound, more, err
}

// Letters returns the letters that a user writes for.
func (ns Notices) Letters(ctx context.Context, user int64) (ids []store.LetterID, err error) {
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		ids, err = store.List(tx, qListOwn, func(row store.Row) (id store.LetterID, err error) { return id, row.Scan(&id) }, user)
		return err
	})
	return ids, err
}

func scanNews(row store.Row) (e Entry, err error) {
	var at int64
	var user, letter *int64
	if err := row.Scan(&e.ID, &at, &user, &e.Act, &e.Object, &letter); err != nil {
		return e, err
	}
	if user != nil {
		e.User = *user
	}
	e.At, e.Letter = time.UnixMicro(at).UTC(), store.LetterID(*letter)
	return e, nil
}

// fresh is the notice of who has not chosen, and was told of nothing yet: what was before is not told.
func fresh(user int64, now time.Time) Notice {
	return Notice{User: user, Work: WorkRhythms[0], Counts: CountRhythms[0], Seen: store.IDAt(now), ToldAt: now, CountedAt: now}
}

func scanNotice(row store.Row, now time.Time) (n Notice, err error) {
	var work, counts, counted *string
	var seen, told, at *int64
	if err := row.Scan(&n.User, &work, &counts, &seen, &told, &counted, &at); err != nil {
		return n, err
	}
	if work == nil {
		return fresh(n.User, now), nil
	}
	n.Work, n.Counts, n.Seen = Rhythm(*work), Rhythm(*counts), *seen
	n.ToldAt, n.CountedAt = time.UnixMicro(*told).UTC(), time.UnixMicro(*at).UTC()
	if err := json.Unmarshal([]byte(*counted), &n.Counted); err != nil {
		return n, fmt.Errorf("account: notice of %d: %w", n.User, err)
	}
	return n, nil
}
