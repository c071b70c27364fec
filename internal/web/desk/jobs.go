package desk

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/web/page"
)

// JobsPage is the work in the background that needs attention.
type JobsPage struct {
	page.Base
	Form   page.Form
	Action string
	Mails  MailView
	Inbox  InboxView
	Failed []FailedView
}

// InboxView is how what comes in is.
type InboxView struct {
	Came    []string // how many of what in the last 30 days
	Bounced int      // confirmations that did not arrive
	Sorting int      // that nobody has looked at yet what they are
	Full    bool
	NotRead string // since when the mailbox cannot be read, in words
	Words   string // of its server
}

// inboxView puts into words how what comes in is.
func (h *Handlers) inboxView(ctx context.Context, l *i18n.Locale) (v InboxView, err error) {
	health, err := h.Inbox.Health(ctx)
	if err != nil {
		return v, err
	}
	look, err := h.Inbox.LastLook(ctx)
	if err != nil {
		return v, err
	}
	v.Full, v.Bounced, v.Sorting = health.Full, health.Unasked(), health.States[inbox.New]
	for _, name := range slices.Sorted(maps.Keys(health.Came)) {
		what, about, ok := strings.Cut(name, ".")
		words := l.T("desk.inbox.what." + what)
		if ok {
			words += " · " + l.T("desk.inbox.about."+about)
		}
		v.Came = append(v.Came, words+": "+l.Number(health.Came[name]))
	}
	if look.Code != "" {
		since := look.GoodAt
		if since.IsZero() {
			since = look.At
		}
		v.NotRead, v.Words = l.T("desk.inbox.not_read", "Time", l.DateTime(since, time.UTC)), look.Words
	}
	return v, nil
}

// Template is its file.
func (JobsPage) Template() string { return "desk/jobs" }

// FailedView is a job that has failed.
type FailedView struct {
	ID, Kind, Code, Next string // Next is "" for one that was given up
	Tries                int
}

// MailView is how the mails of the instance are; it is about no letter and no address.
type MailView struct {
	Waiting, Done string
	PutOff        int // confirmations that wait, since too many were asked for at their domain
	N             int // failing
	Failing       []FailureView
	Troubles      []TroubleView
}

// TroubleView is why mails wait, as the relay says it.
type TroubleView struct {
	Words string // of the relay; "" where Text says it
	Text  string // beside them, or in their place
	Since string // and how many wait
}

// FailureView is how many mails of a kind fail in a way.
type FailureView struct{ Kind, Code, N string }

// failedShown is how many jobs that need attention a page shows.
const failedShown = 100

// mails puts into words how the mails are.
func (h *Handlers) mails(ctx context.Context, l *i18n.Locale) (v MailView, err error) {
	health, err := h.Jobs.Health(ctx, "mail")
	if err != nil {
		return v, err
	}
	troubles, err := mail.Troubles(ctx, h.Jobs.DB)
	if err != nil {
		return v, err
	}
	v = MailView{Waiting: l.Number(health.Waiting), Done: l.Number(health.Done), PutOff: h.Mailboxes.PutOff()}
	if health.More {
		v.Waiting = l.T("desk.mail.more", "Count", v.Waiting)
	}
	for _, t := range troubles {
		text := l.T("desk.mail.answers")
		switch {
		case t.Code == mail.NoTLS:
			text = l.T("desk.mail.no_tls")
		case t.Words == "":
			text = l.T("desk.mail.away")
		}
		v.Troubles = append(v.Troubles, TroubleView{Words: t.Words, Text: text, Since: l.N("desk.mail.since", t.Mails, "Time", l.DateTime(t.Since, time.UTC))})
	}
	for _, f := range health.Failing {
		v.N += f.N
		v.Failing = append(v.Failing, FailureView{Kind: f.Kind, Code: f.Code, N: l.Number(f.N)})
	}
	return v, nil
}

// ShowJobs shows what failed in the background.
func (h *Handlers) ShowJobs(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.jobsPage(w, r, d, nil)
}

func (h *Handlers) jobsPage(w http.ResponseWriter, r *http.Request, d *Visit, err error) error {
	loc := page.LocaleOf(r)
	p := JobsPage{Base: h.base(r, d, loc.T("desk.jobs.title")), Form: page.NewForm(r, url.Values{}, err), Action: page.Local(r, "/desk/jobs")}
	var failed error
	if p.Mails, failed = h.mails(r.Context(), loc); failed != nil {
		return failed
	}
	if p.Inbox, failed = h.inboxView(r.Context(), loc); failed != nil {
		return failed
	}
	list, failed := h.Jobs.Failed(r.Context(), failedShown)
	if failed != nil {
		return failed
	}
	for _, f := range list {
		v := FailedView{ID: strconv.FormatInt(f.ID, 36), Kind: f.Kind, Code: f.Code, Tries: f.Attempts}
		if !f.Next.IsZero() {
			v.Next = loc.DateTime(f.Next, time.UTC)
		}
		p.Failed = append(p.Failed, v)
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitJobs has a failed job tried again.
func (h *Handlers) SubmitJobs(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	if v.Get("do") == "again" {
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		err = h.Accounts.TryAgain(r.Context(), id, d.User.ID)
	} else {
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		return h.jobsPage(w, r, d, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/jobs", "again")
}
