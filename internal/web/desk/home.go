package desk

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// HomePage is the desk: the user's letters and what is due.
type HomePage struct {
	page.Base
	Operator     bool
	MayWrite     bool
	RecoveryKept bool
	CanMail      bool
	Due          []DueView
	Letters      []LetterLine
	Mails        *MailView // nil for those who do not run the server: how many go out tells who types an address whether it had some already
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
	p := HomePage{Base: h.base(r, d, l.T("desk.home.title")), Operator: d.User.Operator, RecoveryKept: d.User.RecoveryKept, CanMail: h.CanMail}
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
		if role.May(account.Reviewer) && x.State != letter.Draft {
			held, err := h.Signing.Holds.Count(r.Context(), x.ID)
			if err != nil {
				return err
			}
			v.Held = held
		}
		waiting, err := h.Accounts.Approvals.Waiting(r.Context(), x.ID)
		if err != nil {
			return err
		}
		v.Approvals = len(waiting)
		p.Letters = append(p.Letters, v)
		p.Due = append(p.Due, h.dueOf(l, x, v, role, waiting, d.User.ID)...)
		if role.May(account.Editor) && x.Fixed() {
			due, err := h.answersDue(r, x, v)
			if err != nil {
				return err
			}
			p.Due = append(p.Due, due...)
		}
	}
	if p.Operator {
		mails, err := h.mails(r.Context(), l)
		if err != nil {
			return err
		}
		if p.Mails = &mails; mails.N > 0 {
			p.Due = append(p.Due, DueView{page.Tag(l.T("desk.mail.title"), l.Code), page.Local(r, "/desk/jobs"), l.N("desk.due.mails", p.Mails.N)})
		}
	}
	return h.Render(w, http.StatusOK, p)
}

// answersSoon is how many days before its day a demand is among what is due.
const answersSoon = 10

// answersDue returns what is due of the demands of a letter, and of what came back.
func (h *Handlers) answersDue(r *http.Request, x letter.Letter, v LetterLine) (list []DueView, err error) {
	st, err := h.Deliveries.Standing(r.Context(), x, delivery.ForEditors)
	soon, late := st.Soon(h.Now(), answersSoon)
	unread := 0
	for _, came := range st.Responses {
		if came.State == delivery.Private && came.Kind != delivery.OutOfOffice {
			unread++
		}
	}
	for key, n := range map[string]int{"desk.due.late": late, "desk.due.soon": soon, "desk.due.unread": unread} {
		if n > 0 {
			list = append(list, DueView{v.Title, v.URL + "/answers", page.LocaleOf(r).N(key, n)})
		}
	}
	slices.SortFunc(list, func(a, b DueView) int { return strings.Compare(a.Text, b.Text) })
	return list, err
}

// dueOf returns what is due of a letter for somebody who deals with it.
func (h *Handlers) dueOf(l *i18n.Locale, x letter.Letter, v LetterLine, role account.Role, waiting []account.Approval, user int64) (list []DueView) {
	add := func(url, text string) { list = append(list, DueView{v.Title, url, text}) }
	if left := x.Deadline.At.Sub(h.Now()); x.State == letter.Open && x.Deadline.IsSet() && left > 0 && left < deadlineNear {
		add(v.URL, l.T("desk.due.deadline", "Deadline", v.Deadline))
	}
	if role.May(account.Editor) {
		others := 0
		for _, a := range waiting {
			if a.AskedBy.ID != user {
				others++
			}
		}
		if others > 0 {
			add(v.URL, l.N("desk.due.approvals", others))
		}
	}
	if v.Held > 0 {
		add(v.URL+"/signatures", l.N("desk.home.held", v.Held))
	}
	return list
}
