package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
)

// deadlineNear is how long before its deadline a letter is among what is due.
const deadlineNear = 14 * 24 * time.Hour

// failedShown is how many jobs that need attention a page shows.
const failedShown = 100

// dueOf returns what is due of a letter for somebody who deals with it.
func (s *Server) dueOf(l *i18n.Locale, x letter.Letter, v DeskLetter, role account.Role, waiting []account.Approval, user int64) (list []DueView) {
	add := func(url, text string) { list = append(list, DueView{v.Title, url, text}) }
	if left := x.Deadline.At.Sub(s.o.Now()); x.State == letter.Open && x.Deadline.IsSet() && left > 0 && left < deadlineNear {
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

// mailView puts into words how the mails are.
func mailView(l *i18n.Locale, h job.Health) MailView {
	v := MailView{Waiting: l.Number(h.Waiting), Done: l.Number(h.Done)}
	if h.More {
		v.Waiting = l.T("desk.mail.more", "Count", v.Waiting)
	}
	for _, f := range h.Failing {
		v.N += f.N
		v.Failing = append(v.Failing, FailureView{Kind: f.Kind, Code: f.Code, N: l.Number(f.N)})
	}
	return v
}

func (s *Server) showJobs(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.jobsPage(w, r, d, nil)
}

func (s *Server) jobsPage(w http.ResponseWriter, r *http.Request, d *deskVisit, err error) error {
	loc := visitOf(r).locale
	p := JobsPage{Base: s.deskBase(r, d, loc.T("desk.jobs.title")), Form: s.deskForm(r, url.Values{}, err), Action: s.local(r, "/desk/jobs")}
	health, failed := s.o.Jobs.Health(r.Context(), "mail")
	if failed != nil {
		return failed
	}
	p.Mails = mailView(loc, health)
	list, failed := s.o.Jobs.Failed(r.Context(), failedShown)
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
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitJobs(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	if v.Get("do") == "again" {
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		err = s.accounts.TryAgain(r.Context(), id, d.User.ID)
	} else {
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		return s.jobsPage(w, r, d, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/jobs", "again")
}
