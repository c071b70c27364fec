package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// Due reports whether the time has come again since a moment.
func (r Rhythm) Due(last, now time.Time) bool {
	switch r {
	case AtOnce:
		return true
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

// maxTold is how many lines a notice has; the desk has the rest.
const maxTold = 50

var (
	qListNotices = store.Q("notice.list", `
		SELECT DISTINCT m.user_id, n.work, n.counts, n.seen, n.told_at, n.counted, n.counted_at
		FROM member m LEFT JOIN notice n ON n.user_id = m.user_id WHERE m.role IN ('owner', 'editor') ORDER BY m.user_id`)
	qFindNotice = store.Q("notice.find", `SELECT user_id, work, counts, seen, told_at, counted, counted_at FROM notice WHERE user_id = $1`)
	qPutNotice  = store.Q("notice.put", `
		INSERT INTO notice (user_id, work, counts, seen, told_at, counted, counted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (user_id) DO UPDATE SET work = excluded.work, counts = excluded.counts, seen = excluded.seen, told_at = excluded.told_at,
			counted = excluded.counted, counted_at = excluded.counted_at`)
	qListNews = store.Q("audit.list_news", `
		SELECT a.id, a.at, a.user_id, a.act, a.object, a.letter_id FROM audit a
		WHERE a.id > $1 AND a.id <= $2 AND a.letter_id IN (
			SELECT l.letter_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
			WHERE m.user_id = $3 AND m.role IN ('owner', 'editor'))
		ORDER BY a.id LIMIT 1000`)
	qLastEntry = store.Q("audit.last", `SELECT COALESCE(max(id), 0) FROM audit`)
	qListOwn   = store.Q("member.list_letters", `
		SELECT DISTINCT l.letter_id FROM letter_lead l JOIN member m ON m.organisation_id = l.organisation_id
		WHERE m.user_id = $1 AND m.role IN ('owner', 'editor') ORDER BY l.letter_id`)
)

// Notices are what users of the desk are written about.
type Notices struct{ accounts *Service }

// List returns the notices of all who write for a letter somewhere. Who is new is told of nothing that was before.
func (ns Notices) List(ctx context.Context) (list []Notice, err error) {
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		var last int64
		if err := tx.Row(qLastEntry).Scan(&last); err != nil {
			return err
		}
		now := tx.Now()
		list, err = store.List(tx, qListNotices, func(row store.Row) (Notice, error) { return scanNotice(row, last, now) })
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
	var last int64
	if err := tx.Row(qLastEntry).Scan(&last); err != nil {
		return Notice{}, err
	}
	n, err := scanNotice(tx.Row(qFindNotice, user), last, tx.Now())
	if errors.Is(err, store.ErrNoRow) {
		return Notice{User: user, Work: WorkRhythms[0], Counts: CountRhythms[0], Seen: last, ToldAt: tx.Now(), CountedAt: tx.Now()}, nil
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
		if n.Counts == Never {
			n.Counted = nil // they are told of what comes from now on
		}
		n.Work, n.Counts = work, counts
		return n.Put(tx)
	})
}

// Put keeps up to where a user was told.
func (n Notice) Put(tx *store.Tx) error {
	counted, err := json.Marshal(n.Counted)
	if err != nil {
		return fmt.Errorf("account: encode notice: %w", err)
	}
	_, err = tx.Exec(qPutNotice, n.User, n.Work, n.Counts, n.Seen, n.ToldAt.UnixMicro(), string(counted), n.CountedAt.UnixMicro())
	return err
}

// News returns what others did with the letters that a user writes for, after a line of the trail and up to another, 0 for the newest,
// and the last line that was looked at.
func (ns Notices) News(ctx context.Context, user, after, upTo int64) (news []Entry, last int64, err error) {
	if upTo == 0 {
		upTo = 1<<63 - 1
	}
	err = ns.accounts.DB.View(ctx, func(tx *store.Tx) error {
		news, last = nil, after
		for e, err := range store.Each(tx, qListNews, scanNews, after, upTo, user) {
			if err != nil {
				return err
			}
			last = e.ID
			if e.User != user && slices.Contains(Told, e.Act) && len(news) < maxTold {
				news = append(news, e)
			}
		}
		return nil
	})
	return news, last, err
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

func scanNotice(row store.Row, last int64, now time.Time) (n Notice, err error) {
	var work, counts, counted *string
	var seen, told, at *int64
	if err := row.Scan(&n.User, &work, &counts, &seen, &told, &counted, &at); err != nil {
		return n, err
	}
	if work == nil {
		return Notice{User: n.User, Work: WorkRhythms[0], Counts: CountRhythms[0], Seen: last, ToldAt: now, CountedAt: now}, nil
	}
	n.Work, n.Counts, n.Seen = Rhythm(*work), Rhythm(*counts), *seen
	n.ToldAt, n.CountedAt = time.UnixMicro(*told).UTC(), time.UnixMicro(*at).UTC()
	if err := json.Unmarshal([]byte(*counted), &n.Counted); err != nil {
		return n, fmt.Errorf("account: notice of %d: %w", n.User, err)
	}
	return n, nil
}
