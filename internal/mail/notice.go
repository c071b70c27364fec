package mail

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// noticeMail tells a user of the desk what others did with their letters, and how many have signed.
type noticeMail struct {
	User   int64     `json:"user"`
	After  int64     `json:"after"` // lines of the trail
	UpTo   int64     `json:"up_to"`
	Counts []counted `json:"counts,omitempty"`
}

// counted is how the count of a letter has grown since the user was told last.
type counted struct {
	Letter letter.ID `json:"letter"`
	Was    int       `json:"was"`
	Now    int       `json:"now"`
}

// Kind names the job.
func (noticeMail) Kind() string { return "mail.notice" }

// Notify has those written to who write for letters and for whom the time has come: about what others did, and the counts. Only what
// the public log says is counted.
func (m *Mailer) Notify(ctx context.Context) error {
	notices, err := m.Accounts.Notices.List(ctx)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if failed := m.notify(ctx, n); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (m *Mailer) notify(ctx context.Context, n account.Notice) error {
	now, mail, changed := m.Accounts.DB.Now(), noticeMail{User: n.User, After: n.Seen, UpTo: n.Seen}, n.Seen == 0 || n.Counted == nil
	if n.Work != account.Never && n.Work.Due(n.ToldAt, now) {
		news, last, err := m.Accounts.Notices.News(ctx, n.User, n.Seen, 0)
		if err != nil {
			return err
		}
		if len(news) > 0 {
			mail.UpTo, n.ToldAt = last, now
		}
		changed = changed || last > n.Seen
		n.Seen = last
	}
	if n.Counts != account.Never && n.Counts.Due(n.CountedAt, now) || n.Counted == nil {
		grown, all, err := m.grown(ctx, n)
		if err != nil {
			return err
		}
		if n.Counted != nil && n.Counts != account.Never {
			mail.Counts = grown
		}
		if changed = changed || len(grown) > 0; len(grown) > 0 || n.Counted == nil {
			n.Counted, n.CountedAt = all, now
		}
	}
	if !changed {
		return nil
	}
	return m.Accounts.DB.Update(ctx, func(tx *store.Tx) error {
		if mail.UpTo > mail.After || len(mail.Counts) > 0 {
			if err := job.Enqueue(tx, mail); err != nil {
				return err
			}
		}
		return n.Put(tx)
	})
}

// grown returns the letters of a user whose count is another than they were told, and the counts of all that can be signed.
func (m *Mailer) grown(ctx context.Context, n account.Notice) (grown []counted, all map[letter.ID]int, err error) {
	ids, err := m.Accounts.Notices.Letters(ctx, n.User)
	if err != nil {
		return nil, nil, err
	}
	all = map[letter.ID]int{}
	for _, id := range ids {
		l, err := m.Letters.ByID(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if l.State == letter.Draft || l.SignOn == letter.SignOnNone {
			continue
		}
		counts, _, _, err := m.Roll.Summary(ctx, id, 0)
		if err != nil {
			return nil, nil, err
		}
		if all[id] = counts.Organisations + counts.Persons; all[id] != n.Counted[id] {
			grown = append(grown, counted{id, n.Counted[id], all[id]})
		}
	}
	return grown, all, nil
}

// noticed is what such a mail needs.
type noticed struct {
	address string
	parts   []noticedOf
}

// noticedOf is what is said of one letter.
type noticedOf struct {
	letter letter.Letter
	acts   []account.Entry
	counts counted
}

// noticed is its envelope, false when the user writes for none of the letters any more.
func (m *Mailer) noticed(ctx context.Context, j noticeMail) (e noticed, send bool, err error) {
	news, _, err := m.Accounts.Notices.News(ctx, j.User, j.After, max(j.UpTo, 1))
	if err != nil {
		return e, false, err
	}
	of := func(id letter.ID) (*noticedOf, error) {
		for i := range e.parts {
			if e.parts[i].letter.ID == id {
				return &e.parts[i], nil
			}
		}
		u, there, err := m.editor(ctx, id, j.User)
		if err != nil || !there {
			return nil, err
		}
		l, err := m.Letters.FindByID(ctx, id)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		e.address = u.Email
		e.parts = append(e.parts, noticedOf{letter: l})
		return &e.parts[len(e.parts)-1], err
	}
	for _, x := range news {
		part, err := of(x.Letter)
		if err != nil {
			return e, false, err
		}
		if part != nil {
			part.acts = append(part.acts, x)
		}
	}
	for _, c := range j.Counts {
		part, err := of(c.Letter)
		if err != nil {
			return e, false, err
		}
		if part != nil {
			part.counts = c
		}
	}
	return e, len(e.parts) > 0, nil
}

// noticeOf is what the templates of a notice see.
type noticeOf struct {
	content
	Parts      []noticePart
	AccountURL string
}

// noticePart is one letter in a notice.
type noticePart struct {
	Title    string
	TitleDir string
	Lang     string
	Lines    []string
	URL      string
}

// notice says what happened at the desk, in the words of the trail, letter by letter.
func (m *Mailer) notice(_ context.Context, e noticed) (page, error) {
	language := e.parts[0].letter.Edition.Language
	if i18n.Find(language) == nil {
		language = i18n.Default
	}
	c := m.contentOf(language, e.parts[0].letter)
	d := noticeOf{content: c, AccountURL: m.pages(c.L) + "/desk/account"}
	for _, x := range e.parts {
		of := m.contentOf(language, x.letter)
		p := noticePart{Title: of.Title, TitleDir: of.TitleDir, Lang: of.Lang, URL: m.pages(c.L) + "/desk/letters/" + x.letter.Slug}
		for i := 0; i < len(x.acts); {
			n := 1
			for i+n < len(x.acts) && x.acts[i+n].Act == x.acts[i].Act {
				n++
			}
			says := c.L.T("mail.notice." + x.acts[i].Act)
			if n > 1 {
				says = c.L.T("mail.notice.times", "Says", says, "Number", c.L.Number(n))
			}
			p.Lines = append(p.Lines, says)
			i += n
		}
		if x.counts.Now != x.counts.Was {
			p.Lines = append(p.Lines, c.L.T("mail.notice.counts", "Now", c.L.Number(x.counts.Now), "Was", c.L.Number(x.counts.Was)))
		}
		d.Parts = append(d.Parts, p)
	}
	return page{to: e.address, about: c, subject: c.titled("mail.notice.subject"), data: d}, nil
}
