package desk

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// waits is what of a letter waits for somebody who deals with it. What they may not deal with is zero.
type waits struct {
	Waiting   []account.Approval
	Approvals int              // of these, that others than the one who looks have asked for
	Agreement letter.Agreement // the next edition before the lead organisations
	Agree     bool             // one that who looks writes for has not answered
	Held      int              // signatures
	Late      int              // cells past their day
	Soon      int              // cells whose day is near
	Unread    int              // responses that nobody has published or laid aside
	Returned  int              // addressees whose last delivery came back
	Stated    int              // statements of offices that nobody has looked at
	Mails     int              // that came in
	Delivered bool
}

// waitsOf finds out what of a letter waits for somebody with a role.
func (h *Handlers) waitsOf(ctx context.Context, l letter.Letter, role account.Role, x *account.Session) (w waits, err error) {
	if w.Waiting, err = h.Accounts.Approvals.Waiting(ctx, l.ID); err != nil {
		return w, err
	}
	if role.May(account.Reviewer) && l.State != letter.Draft {
		if w.Held, err = h.Signing.Holds.Count(ctx, l.ID); err != nil {
			return w, err
		}
	}
	if !role.May(account.Editor) {
		return w, nil
	}
	for _, a := range w.Waiting {
		if a.AskedBy.ID != x.User.ID {
			w.Approvals++
		}
	}
	if w.Agreement, err = h.Letters.Agreements.Find(ctx, l); err != nil {
		return w, err
	}
	w.Agree = asked(x, l, w.Agreement)
	if w.Mails, err = h.Inbox.Waiting(ctx, l.ID); err != nil || !l.Fixed() {
		return w, err
	}
	st, err := h.Deliveries.Standing(ctx, l, delivery.ForEditors)
	w.Soon, w.Late = st.Soon(h.Now(), answersSoon)
	for _, came := range st.Responses {
		if came.State == delivery.Private && came.Kind != delivery.OutOfOffice {
			w.Unread++
		}
	}
	w.Stated, w.Returned = st.Held(), len(st.Returned())
	w.Delivered = slices.ContainsFunc(st.Deliveries, delivery.Delivery.Arrived)
	return w, err
}

// menu is what every page of a letter has above its content: where the letter is in its life, what comes next, and all its pages.
func (h *Handlers) menu(r *http.Request, d *Visit) *page.LetterNav {
	loc, l, w := page.LocaleOf(r), d.Letter, d.waits
	t := l.Edition.Text(loc.Code)
	n := &page.LetterNav{Title: page.Tag(t.Name(), t.Language), URL: page.Local(r, "/desk/letters/"+l.Slug)}
	if n.Title.Text == "" {
		n.Title = page.Tag(l.Slug, "")
	}
	here := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/desk/letters/"+l.Slug), "/")
	room, _, _ := strings.Cut(here, "/")
	source := "texts/" + l.Edition.Language
	if room == "texts" && strings.HasPrefix(here+"/", source+"/") {
		room = source
	} else if room == "addressees" {
		room = "deliveries"
	} else if room == "updates" {
		room = "news"
	}
	edits, counted, public := d.Role.May(account.Editor), l.SignOn != letter.SignOnNone, l.State != letter.Draft
	add := func(may bool, key, path string, waiting int) {
		if may {
			n.Items = append(n.Items, page.NavItem{Text: loc.T("desk.menu." + key), URL: strings.TrimSuffix(n.URL+"/"+path, "/"), Current: path == room, Waits: waiting})
		}
	}
	add(true, "overview", "", w.Approvals)
	add(edits, "text", source, 0)
	add(true, "translations", "texts", 0)
	add(edits && !public, "partners", "circulation", 0)
	agree := 0
	if w.Agree {
		agree = 1
	}
	add(edits && (w.Agreement.Waits() || public && len(l.Leads) > 1), "agreement", "agreement", agree)
	add(edits && l.Fixed(), "demands", "demands", 0)
	add(d.Role.May(account.Reviewer) && public && counted, "signatures", "signatures", w.Held)
	add(edits && public && counted, "invitations", "invitations", 0)
	add(edits && public && counted, "lists", "intake", 0)
	add(edits && public, "news", "news", 0)
	add(edits, "documents", "documents", 0)
	add(edits && public && counted, "exports", "exports", 0)
	add(edits, "delivery", "deliveries", w.Returned)
	add(edits && l.Fixed(), "answers", "answers", w.Unread+w.Late)
	add(edits && public, "statements", "statements", w.Stated)
	add(edits, "mail", "mail", w.Mails)
	add(edits, "settings", "settings", 0)
	add(true, "history", "trail", 0)
	n.Steps = stepsOf(r, l, w.Delivered)
	if edits {
		n.Next = d.next(r, n.URL)
	}
	if n.Next != nil && (n.Next.URL == n.URL+"/"+here || strings.HasPrefix(n.Next.URL, n.URL+"#") && here == "") {
		n.Next = nil // this is the page
	}
	return n
}

// stepsOf are the steps of a letter's life, in which the first that is not done is where it stands.
func stepsOf(r *http.Request, l letter.Letter, delivered bool) (steps []page.NavStep) {
	public, ended := l.State != letter.Draft, l.State == letter.Closed || l.State == letter.Archived
	add := func(key string, done bool) {
		steps = append(steps, page.NavStep{Text: page.LocaleOf(r).T("desk.step." + key), Done: done})
	}
	add("draft", l.Fixed())
	add("partners", l.Fixed())
	if l.SignOn == letter.SignOnNone {
		add("publish", public)
	} else {
		add("open", ended)
		add("close", ended)
	}
	add("deliver", delivered)
	add("follow", l.State == letter.Archived)
	if at := slices.IndexFunc(steps, func(s page.NavStep) bool { return !s.Done }); at >= 0 {
		steps[at].Current = true
	}
	return steps
}

// next is the one thing that an editor does next, nil for nothing.
func (d *Visit) next(r *http.Request, url string) *page.Link {
	l, w := d.Letter, d.waits
	to := func(key, path string) *page.Link {
		loc := page.LocaleOf(r)
		return &page.Link{Text: page.Tag(loc.T("desk.next."+key), loc.Code), URL: url + path}
	}
	switch {
	case w.Approvals > 0:
		return to("approve", "#approvals")
	case w.Agree:
		return to("agree", "/agreement")
	case l.State == letter.Draft && !l.Fixed() && l.Edition.Text(l.Edition.Language).Body == "":
		return to("write", "/texts/"+l.Edition.Language)
	case l.State == letter.Draft:
		return to("open", "#check-title")
	case w.Held > 0:
		return to("vet", "/signatures")
	case w.Returned > 0: // an office that never got the letter does not answer it
		return to("deliver_again", "/deliveries")
	case w.Stated > 0: // everybody is told when it waits for long
		return to("stated", "/statements")
	case l.State == letter.Open:
		return to("invite", "/invitations")
	case !w.Delivered:
		return to("deliver", "/deliveries")
	case w.Unread > 0:
		return to("read", "/answers")
	case w.Mails > 0:
		return to("mail", "/mail")
	case l.State == letter.Closed:
		return to("follow", "/answers")
	}
	return nil
}
