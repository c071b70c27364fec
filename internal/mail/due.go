package mail

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// dueMail tells an editor what is due of a letter on a day.
type dueMail struct {
	Letter letter.ID `json:"letter"`
	User   int64     `json:"user"`
	Day    string    `json:"day"`
}

// Kind names the job.
func (dueMail) Kind() string { return "mail.due" }

// tellDue has a mail written to each of those who may write for a letter of which something is due.
func (m *Mailer) tellDue(ctx context.Context, _ int64, j delivery.Due) error {
	editors, err := m.Accounts.Organisations.Editors(ctx, j.Letter)
	if err != nil || len(editors) == 0 {
		return err
	}
	return m.Accounts.DB.Update(ctx, func(tx *store.Tx) error {
		for _, u := range editors {
			key := "due " + j.Day + " " + strconv.FormatInt(int64(j.Letter), 36) + " " + strconv.FormatInt(u.ID, 36)
			if err := job.EnqueueUnique(tx, tx.Now(), key, dueMail{j.Letter, u.ID, j.Day}); err != nil {
				return err
			}
		}
		return nil
	})
}

// dueOf is what a mail about what is due needs.
type dueOf struct {
	letter   letter.Letter
	address  string
	day      time.Time
	standing delivery.Standing
	waiting  waiting
}

// waiting is what came in by mail or was stated by offices, and waits for an editor.
type waiting struct{ stated, mails int }

func (m *Mailer) waiting(ctx context.Context, l letter.ID, st delivery.Standing) (w waiting, err error) {
	w.stated = st.Held()
	w.mails, err = m.Inbox.Waiting(ctx, l)
	return w, err
}

// lines puts what waits into words.
func (w waiting) lines(l *i18n.Locale) (lines []string) {
	if w.stated > 0 {
		lines = append(lines, l.N("desk.due.stated", w.stated))
	}
	if w.mails > 0 {
		lines = append(lines, l.N("desk.inbox.n", w.mails))
	}
	return lines
}

// due is the envelope of such a mail, false when nothing is due any more.
func (m *Mailer) due(ctx context.Context, j dueMail) (e dueOf, send bool, err error) {
	u, there, err := m.editor(ctx, j.Letter, j.User)
	if err != nil || !there {
		return e, false, err
	}
	if e.letter, err = m.letter(ctx, j.Letter); err != nil {
		return e, false, err
	}
	if e.day, err = time.Parse(time.DateOnly, j.Day); err != nil {
		return e, false, err
	}
	e.address = u.Email
	e.standing, err = m.Deliveries.Standing(ctx, e.letter, delivery.ForEditors)
	if err != nil || len(e.standing.On(j.Day))+len(e.standing.StatedOn(j.Day)) == 0 {
		return e, false, err
	}
	e.waiting, err = m.waiting(ctx, j.Letter, e.standing)
	return e, true, err
}

// dueNow is what its templates see.
type dueNow struct {
	content
	Intro   string
	Lines   []string
	Waiting []string
	Next    string
	DeskURL string
}

// dueSoon says what is due, and where each stands.
func (m *Mailer) dueSoon(_ context.Context, e dueOf) (page, error) {
	language := e.letter.Edition.Language
	if i18n.Find(language) == nil {
		language = i18n.Default
	}
	c := m.contentOf(language, e.letter)
	d := dueNow{content: c, Intro: c.L.T("mail.due.intro", "Date", c.L.Date(e.day)), Waiting: e.waiting.lines(c.L),
		Next: c.L.T("mail.due.next"), DeskURL: m.pages(c.L) + "/desk/letters/" + e.letter.Slug + "/answers"}
	day := e.day.Format(time.DateOnly)
	found, stated := e.standing.On(day), e.standing.StatedOn(day)
	if len(found) == 0 {
		d.Next, d.DeskURL = c.L.T("mail.due.look"), m.pages(c.L)+"/desk/letters/"+e.letter.Slug+"/statements"
	}
	for _, x := range e.standing.Demands {
		for _, cell := range found[x.Number] {
			to, _ := e.standing.Find(cell.Addressee)
			d.Lines = append(d.Lines, text.Shown.Line(c.L.T("mail.due.line", "Number", c.L.Digits(x.Number), "Name", to.Called(), "Stands", cell.Line(c.L))))
		}
	}
	for _, x := range e.standing.Demands {
		for _, y := range stated[x.Number] {
			to, _ := e.standing.Find(y.Addressee)
			d.Lines = append(d.Lines, text.Shown.Line(c.L.T("mail.due.stated", "Number", c.L.Digits(x.Number), "Name", to.Called())))
		}
	}
	slices.Sort(d.Lines)
	return page{to: e.address, about: c, subject: text.Shown.Line(c.L.T("mail.due.subject", "Date", c.L.Date(e.day), "Title", c.Title)), data: d}, nil
}
