package desk

import (
	"net/http"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// HomePage is the desk: the user's letters and what is due.
type HomePage struct {
	page.Base
	MayWrite     bool
	RecoveryKept bool
	CanMail      bool
	Due          []DueView
	Letters      []LetterLine
}

// Template is its file.
func (HomePage) Template() string { return "desk/home" }

// DueView is something that waits for the user.
type DueView struct {
	Title     page.Tagged // of the letter
	URL, Text string
}

// LetterLine is a letter in the desk's list.
type LetterLine struct {
	URL                          string
	Title                        page.Tagged
	State, Deadline              string
	Due                          bool // the deadline is near
	Counted                      bool
	Organisations, Persons, Held int
	Approvals                    int
}

// dueSoon is how long before its deadline a letter is shown as due.
const dueSoon = 72 * time.Hour

// deadlineNear is how long before its deadline a letter is among what is due.
const deadlineNear = 14 * 24 * time.Hour

// ShowHome shows the user's letters and what is due.
func (h *Handlers) ShowHome(w http.ResponseWriter, r *http.Request, d *Visit) error {
	l := page.LocaleOf(r)
	p := HomePage{Base: h.base(r, d, l.T("desk.home.title")), RecoveryKept: d.User.RecoveryKept, CanMail: h.CanMail}
	var mine []account.Organisation
	for _, m := range d.Members {
		mine = append(mine, m.Organisation)
		p.MayWrite = p.MayWrite || m.Role.May(account.Editor)
	}
	letters, err := h.Letters.ListForDesk(r.Context(), mine)
	if err != nil {
		return err
	}
	for _, x := range letters {
		role := d.RoleIn(x.Leads...)
		t := x.Edition.Text(l.Code)
		v := LetterLine{URL: page.Local(r, "/desk/letters/"+x.Slug), Title: page.Tag(t.Name(), t.Language), State: string(page.StateOf(x, h.Now()))}
		if v.Title.Text == "" {
			v.Title = page.Tag(x.Slug, "")
		}
		if x.Deadline.IsSet() {
			v.Deadline = l.DateTime(x.Deadline.At, x.Deadline.Zone)
			v.Due = x.State == letter.Open && x.Deadline.At.Sub(h.Now()) < dueSoon
		}
		if x.State != letter.Draft && x.SignOn != letter.SignOnNone {
			counts, _, _, err := h.Roll.Summary(r.Context(), x.ID, 0)
			if err != nil {
				return err
			}
			v.Counted, v.Organisations, v.Persons = true, counts.Organisations, counts.Persons
		}
		w, err := h.waitsOf(r.Context(), x, role, d.Session)
		if err != nil {
			return err
		}
		v.Held, v.Approvals = w.Held, len(w.Waiting)
		p.Letters = append(p.Letters, v)
		p.Due = append(p.Due, h.dueOf(l, x, v, w)...)
	}
	if d.User.Operator { // how many mails go out tells who types an address whether it had some already
		if p.Due, err = h.mailDue(r, p.Due, page.Tag(l.T("desk.inbox.of_none"), l.Code)); err != nil {
			return err
		}
		mails, err := h.mails(r.Context(), l)
		if err != nil {
			return err
		}
		if mails.N > 0 {
			p.Due = append(p.Due, DueView{page.Tag(l.T("desk.mail.title"), l.Code), page.Local(r, "/desk/jobs"), l.N("desk.due.mails", mails.N)})
		}
	}
	return h.Render(w, http.StatusOK, p)
}

// mailDue adds the mails that belong to no letter and wait to what is due.
func (h *Handlers) mailDue(r *http.Request, due []DueView, title page.Tagged) ([]DueView, error) {
	n, err := h.Inbox.Waiting(r.Context(), 0)
	if err == nil && n > 0 {
		due = append(due, DueView{title, page.Local(r, "/desk/mail"), page.LocaleOf(r).N("desk.inbox.n", n)})
	}
	return due, err
}

// answersSoon is how many days before its day a demand is among what is due.
const answersSoon = 10

// dueOf returns what is due of a letter for somebody for whom so much waits.
func (h *Handlers) dueOf(l *i18n.Locale, x letter.Letter, v LetterLine, w waits) (list []DueView) {
	add := func(url, text string) { list = append(list, DueView{v.Title, url, text}) }
	if left := x.Deadline.At.Sub(h.Now()); x.State == letter.Open && x.Deadline.IsSet() && left > 0 && left < deadlineNear {
		add(v.URL, l.T("desk.due.deadline", "Deadline", v.Deadline))
	}
	for _, of := range []struct {
		n         int
		path, key string
	}{
		{w.Approvals, "", "desk.due.approvals"},
		{w.Held, "/signatures", "desk.home.held"},
		{w.Returned, "/deliveries", "desk.due.returned"},
		{w.Late, "/answers", "desk.due.late"},
		{w.Soon, "/answers", "desk.due.soon"},
		{w.Unread, "/answers", "desk.due.unread"},
		{w.Stated, "/statements", "desk.due.stated"},
		{w.Mails, "/mail", "desk.inbox.n"},
	} {
		if of.n > 0 {
			add(v.URL+of.path, l.N(of.key, of.n))
		}
	}
	if w.Agree {
		add(v.URL+"/agreement", l.T("desk.due.agree"))
	}
	return list
}
