package mail

import (
	"context"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
)

// editor returns one of those who may write for a letter, false when they no longer may.
func (m *Mailer) editor(ctx context.Context, l letter.ID, user int64) (account.User, bool, error) {
	editors, err := m.Accounts.Organisations.Editors(ctx, l)
	if at := slices.IndexFunc(editors, func(u account.User) bool { return u.ID == user }); at >= 0 {
		return editors[at], true, err
	}
	return account.User{}, false, err
}

// tellEditors has a mail written to each of those who may write for a letter that has closed.
func (m *Mailer) tellEditors(ctx context.Context, _ int64, j letter.Ended) error {
	editors, err := m.Accounts.Organisations.Editors(ctx, j.Letter)
	if err != nil || len(editors) == 0 {
		return err
	}
	return m.Accounts.DB.Update(ctx, func(tx *store.Tx) error {
		for _, u := range editors {
			key := "summary " + strconv.FormatInt(int64(j.Letter), 36) + " " + strconv.FormatInt(u.ID, 36)
			if err := job.EnqueueUnique(tx, tx.Now(), key, summaryMail{j.Letter, u.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// summaryMail tells an editor how a letter closed.
type summaryMail struct {
	Letter letter.ID `json:"letter"`
	User   int64     `json:"user"`
}

// Kind names the job.
func (summaryMail) Kind() string { return "mail.summary" }

// closed is what a mail about a letter that has closed needs.
type closed struct {
	letter   letter.Letter
	language string
	address  string
	counts   roll.Counts
	held     int
	waiting  waiting
}

// closed is the envelope of a summary.
func (m *Mailer) closed(ctx context.Context, j summaryMail) (c closed, send bool, err error) {
	u, there, err := m.editor(ctx, j.Letter, j.User)
	if err != nil || !there {
		return c, false, err
	}
	if c.letter, err = m.letter(ctx, j.Letter); err != nil {
		return c, false, err
	}
	c.address, c.language = u.Email, c.letter.Edition.Language
	if c.counts, _, _, err = m.Roll.Summary(ctx, j.Letter, 0); err != nil {
		return c, false, err
	}
	if c.held, err = m.Signing.Holds.Count(ctx, j.Letter); err != nil {
		return c, false, err
	}
	st, err := m.Deliveries.Standing(ctx, c.letter, delivery.ForEditors)
	if err != nil {
		return c, false, err
	}
	c.waiting, err = m.waiting(ctx, j.Letter, st)
	return c, err == nil, err
}

// summary is what the templates of a summary see.
type summary struct {
	content
	Organisations, Persons string
	Held                   string // "" when nothing waits to be decided
	Waiting                []string
	DeskURL                string
}

// summary tells an editor how many signed and what is still to be done.
func (m *Mailer) summary(_ context.Context, e closed) (page, error) {
	c := m.contentOf(e.language, e.letter)
	data := summary{
		content:       c,
		Organisations: c.L.N("mail.summary.organisations", e.counts.Organisations),
		Persons:       c.L.N("mail.summary.persons", e.counts.Persons),
		Waiting:       e.waiting.lines(c.L),
		DeskURL:       m.pages(c.L) + "/desk/letters/" + e.letter.Slug,
	}
	if e.held > 0 {
		data.Held = c.L.N("mail.summary.held", e.held)
	}
	return page{to: e.address, about: c, subject: c.titled("mail.summary.subject"), data: data}, nil
}
