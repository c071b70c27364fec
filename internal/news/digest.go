package news

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// Fact is something that is public of a letter, of which followers are told when it is new or has changed.
type Fact struct {
	About string // one of the abouts, with what it is about after a space: "delivery 3f", "status 2 1"
	Value string // how it is; "" for what only is
}

// What facts are about.
const (
	AboutText     = "text"     // the number of the edition whose text is to be signed
	AboutDeadline = "deadline" // µs
	AboutSoon     = "soon"     // the same, once it is near
	AboutClosed   = "closed"   // when, µs
	AboutUpdate   = "update"   // its number; told when an editor says so
	AboutDelivery = "delivery" // its id: a letter was handed over
	AboutResponse = "response" // its id: something came back
	AboutStatus   = "status"   // demand and addressee: where a demand stands
	AboutStated   = "stated"   // its id: an office stated its own view of a demand
)

// Of returns what the fact is about, and its parts.
func (f Fact) Of() (about string, parts []string) {
	fields := strings.Fields(f.About)
	return fields[0], fields[1:]
}

const (
	oneMailWithin = 24 * time.Hour     // no more than one mail about a letter within
	gathering     = 2 * time.Minute    // what happens together is told together
	soonBefore    = 3 * 24 * time.Hour // a deadline that is so near
)

// The issues that are no mail.
const (
	known = 0  // before anybody followed, or not worth a mail
	held  = -1 // an editor says when
)

// DigestMail tells a follower what has happened with a letter.
type DigestMail struct {
	Letter   letter.ID `json:"letter"`
	Issue    int       `json:"issue"`
	Follower int64     `json:"follower"`
}

// Kind names the job.
func (DigestMail) Kind() string { return "mail.news" }

// issue is the job that writes to the followers of a letter.
type issue struct {
	Letter letter.ID `json:"letter"`
	Number int       `json:"number"`
}

// Kind names the job.
func (issue) Kind() string { return "news.issue" }

// Look notes what is new about letters that have changed, or that the day has changed, and has followers written to. What it finds is
// compared with what it found before, so nothing that happens is missed, nothing is told twice, and what was taken back in the meantime is
// not told. It is safe to run at any time and in several processes.
func (s *Service) Look(ctx context.Context) error {
	today := day(s.DB.Now())
	var changed, waiting []letter.ID
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		changed, err = store.List(tx, qListChanged, scanID, today)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error // a letter of which something cannot be read costs the others nothing
	for _, l := range changed {
		if err := s.look(ctx, l, today); err != nil {
			failed = append(failed, fmt.Errorf("news: letter %d: %w", l, err))
		}
	}
	err = s.DB.View(ctx, func(tx *store.Tx) (err error) {
		now := tx.Now()
		waiting, err = store.List(tx, qListWaiting, scanID, now.Add(-gathering).UnixMicro(), now.Add(-oneMailWithin).UnixMicro(), now.UnixMicro())
		return err
	})
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, l := range waiting {
		if err := s.issue(ctx, l); err != nil {
			failed = append(failed, fmt.Errorf("news: letter %d: %w", l, err))
		}
	}
	return errors.Join(failed...)
}

// look compares what is public of a letter with what is known.
func (s *Service) look(ctx context.Context, id letter.ID, today int64) error {
	l, err := s.Letters.FindByID(ctx, id)
	if err != nil {
		return fault.Except(err, fault.NotFound)
	}
	facts, err := s.facts(ctx, l)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(qBegin, id); err != nil {
			return err
		}
		var before int64
		if err := tx.Row(qFindVersion, id).Scan(&before); err != nil {
			return err
		}
		old := map[string]string{}
		for f, err := range store.Each(tx, qListFacts, scanFact, id) {
			if err != nil {
				return err
			}
			old[f.About] = f.Value
		}
		for _, f := range facts {
			value, there := old[f.About]
			if there && value == f.Value {
				continue
			}
			if _, err := tx.Exec(qPutFact, id, f.About, f.Value, now.UnixMicro(), f.toTell(before == 0, value)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(qLooked, l.Version, today, id)
		return err
	})
}

// toTell returns the issue that a new or changed fact begins with: nil to be told with the next mail.
func (f Fact) toTell(first bool, was string) *int64 {
	about, _ := f.Of()
	earlier := false
	if about == AboutDeadline && was != "" {
		before, _ := strconv.ParseInt(was, 10, 64)
		now, _ := strconv.ParseInt(f.Value, 10, 64)
		earlier = now <= before
	}
	switch {
	case about == AboutUpdate:
		return new(int64(held))
	case first, earlier:
		return new(int64(known))
	}
	return nil
}

// facts returns what is public of a letter now.
func (s *Service) facts(ctx context.Context, l letter.Letter) (facts []Fact, err error) {
	editions, err := s.Letters.Editions.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	facts = append(facts, Fact{AboutText, strconv.Itoa(letter.LastText(editions).Number)})
	now := s.DB.Now()
	if at := strconv.FormatInt(l.Deadline.At.UnixMicro(), 10); l.AcceptsSignatures(now) && l.Deadline.IsSet() {
		facts = append(facts, Fact{AboutDeadline, at})
		if l.Deadline.At.Sub(now) < soonBefore {
			facts = append(facts, Fact{AboutSoon, at})
		}
	}
	if l.State == letter.Closed || l.State == letter.Archived {
		facts = append(facts, Fact{AboutClosed, strconv.FormatInt(l.ClosedAt.UnixMicro(), 10)})
	}
	updates, err := s.Letters.Updates.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range updates {
		facts = append(facts, Fact{AboutUpdate + " " + strconv.Itoa(u.Number), ""})
	}
	became, err := s.Became(ctx, l)
	return append(facts, became...), err
}

// issue has what waits of a letter written to its followers, unless another process was first.
func (s *Service) issue(ctx context.Context, l letter.ID) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		var waiting int
		if err := tx.Row(qCountWaiting, l).Scan(&waiting); err != nil || waiting == 0 {
			return err
		}
		n, err := tx.Exec(qNextIssue, now.UnixMicro(), l, now.Add(-oneMailWithin).UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		var number int
		if err := tx.Row(qFindIssue, l).Scan(&number); err != nil {
			return err
		}
		if _, err := tx.Exec(qTell, number, l); err != nil {
			return err
		}
		if _, err := tx.Exec(qInsertIssue, l, number, now.UnixMicro()); err != nil {
			return err
		}
		return job.Enqueue(tx, issue{l, number})
	})
}

// issueAll has every follower written to. The place it has come to is written with the mails, so that nobody is written to twice.
func (s *Service) issueAll(ctx context.Context, j issue) error {
	for {
		var after int64
		var ids []int64
		err := s.DB.View(ctx, func(tx *store.Tx) error {
			if err := tx.Row(qFindIssued, j.Letter, j.Number).Scan(&after); err != nil {
				return err
			}
			var err error
			ids, err = store.List(tx, qListFollowers, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) }, j.Letter, after, gatheredAtOnce)
			return err
		})
		if errors.Is(err, store.ErrNoRow) {
			return nil // it is done
		}
		if err != nil {
			return err
		}
		more := len(ids) == gatheredAtOnce
		err = s.DB.Update(ctx, func(tx *store.Tx) error {
			last, done := after, (*int64)(nil)
			if len(ids) > 0 {
				last = ids[len(ids)-1]
			}
			if !more {
				done = new(tx.Now().UnixMicro())
			}
			n, err := tx.Exec(qMoveIssue, last, len(ids), done, j.Letter, j.Number, after)
			if err != nil || n == 0 {
				return err
			}
			for _, id := range ids {
				if err := job.Enqueue(tx, DigestMail{j.Letter, j.Number, id}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || !more {
			return err
		}
	}
}

// Digest is what a mail to a follower needs.
type Digest struct {
	Address, Language string
	Stop              string // token of the link that ends the news, and of the page that shows what is followed
	Own               bool   // they follow by a mail of its own and need not have signed
}

// Envelope returns what a mail to a follower needs, false when it must not be sent any more.
func (s *Service) Envelope(ctx context.Context, m DigestMail) (d Digest, send bool, err error) {
	var sealed []byte
	err = s.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindFollower, m.Letter, m.Follower).Scan(&sealed) })
	if errors.Is(err, store.ErrNoRow) {
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	key := s.Keys.FollowerKey(int64(m.Letter))
	f, err := openFollower(key, m.Follower, sealed)
	if err != nil {
		return d, false, err
	}
	d = Digest{Address: f.Address, Language: f.Language, Stop: tokenOf(key, m.Letter, m.Follower), Own: f.Own == 1}
	if d.Own { // they asked for it since, whatever else they want no more of
		return d, true, nil
	}
	send, _, err = s.Mailboxes.MayInvite(ctx, f.Address)
	return d, send, err
}

// Told returns what a mail to followers tells of, in the order in which it happened; of a deadline that is later and near, that it is near.
func (s *Service) Told(ctx context.Context, l letter.Letter, number int) (facts []Fact, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		facts, err = store.List(tx, qListTold, scanFact, l.ID, number)
		return err
	})
	if err != nil {
		return nil, err
	}
	soon := slices.ContainsFunc(facts, func(f Fact) bool { return f.About == AboutSoon })
	return slices.DeleteFunc(facts, func(f Fact) bool {
		return f.About == AboutDeadline && soon
	}), nil
}

// AskedAbout reports whether the signers of a letter were asked about an edition: those of its followers who signed are not told of it again.
func (s *Service) AskedAbout(ctx context.Context, l letter.ID, edition string) (bool, error) {
	list, err := s.List(ctx, l)
	return slices.ContainsFunc(list, func(a Announcement) bool { return a.Kind == TextChanged && strconv.FormatInt(a.Subject, 10) == edition }), err
}

// Next returns what the next mail tells of, as far as is known.
func (s *Service) Next(ctx context.Context, l letter.ID) (facts []Fact, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		facts, err = store.List(tx, qListNext, scanFact, l)
		return err
	})
	return facts, err
}

// HeldUpdates returns the numbers of the updates that followers were not written about.
func (s *Service) HeldUpdates(ctx context.Context, l letter.ID) (numbers []int, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		numbers = nil
		for f, err := range store.Each(tx, qListHeld, scanFact, l) {
			if err != nil {
				return err
			}
			if about, parts := f.Of(); about == AboutUpdate {
				n, _ := strconv.Atoi(parts[0])
				numbers = append(numbers, n)
			}
		}
		return nil
	})
	slices.Sort(numbers)
	return numbers, err
}

// TellUpdate has followers written to about an update with the next mail; by is who says so, 0 on the command line. It returns how many
// they are now.
func (s *Service) TellUpdate(ctx context.Context, l letter.Letter, number int, by int64) (followers int, err error) {
	if _, err := s.Letters.Updates.Find(ctx, l.ID, number); err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qBegin, l.ID); err != nil {
			return err
		}
		var version int64
		if err := tx.Row(qFindVersion, l.ID).Scan(&version); err != nil { // what looks at the same time would hold the update again
			return err
		}
		n, err := tx.Exec(qRelease, l.ID, AboutUpdate+" "+strconv.Itoa(number), tx.Now().UnixMicro())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "announcement.made")
		}
		if err := account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: "news.update", Object: strconv.Itoa(number)}); err != nil {
			return err
		}
		return tx.Row(qCountFollowers, l.ID).Scan(&followers)
	})
	return followers, err
}

// TestMail shows an editor, in their own mailbox, the mail about an update as followers would get it.
type TestMail struct {
	Letter   letter.ID `json:"letter"`
	User     int64     `json:"user"`
	Update   int       `json:"update"`
	Language string    `json:"language"`
}

// Kind names the job.
func (TestMail) Kind() string { return "mail.news_test" }

// Test sends a TestMail; the trail has no line of it.
func (s *Service) Test(ctx context.Context, m TestMail) error {
	if _, err := s.Letters.Updates.Find(ctx, m.Letter, m.Update); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error { return job.Enqueue(tx, m) })
}

func scanFact(row store.Row) (f Fact, err error) { return f, row.Scan(&f.About, &f.Value) }
