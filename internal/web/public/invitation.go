package public

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// InvitationPage is where the link of an invitation leads: who asks, what for, and the sign form with what is known of
// the invited. It is inert: only its forms act.
type InvitationPage struct {
	page.Base
	limits
	Action      string
	LetterTitle page.Tagged
	LetterURL   string
	CallURL     string // "" without a call
	Leads       []page.Tagged
	To          []page.Tagged
	Demands     []page.Tagged // their beginnings
	Deadline    string        // "" if none
	Open        bool          // can be signed now
	NoMail      bool          // the instance cannot send mail, so it offers no form
	ClosedText  string        // why it cannot be signed, when Open is false
	Form        SignForm
	Answering   page.Form // the answer to the organisers, which comes back when it is wrong
	Answer      string    // what the invited told: visited, considering, declined; "" for nothing yet
	Told        bool      // this press was recorded
	Again       bool      // the press must be repeated
	StopURL     string
}

// Template is its file.
func (InvitationPage) Template() string { return "public/invitation" }

// Answers are the buttons by which the invited tell the organisers.
func (InvitationPage) Answers() []string { return []string{"visited", "considering", "declined"} }

// demandLength is how many characters of a demand an invitation shows: the letter is one link away.
const demandLength = 240

func (h *Handlers) invitationPage(r *http.Request) (InvitationPage, error) {
	token := r.PathValue("token")
	v, err := h.Invitations.Find(r.Context(), token)
	if err != nil {
		return InvitationPage{}, err
	}
	l, err := h.cache.findByID(r.Context(), v.Letter)
	if err != nil {
		return InvitationPage{}, err
	}
	loc := page.LocaleOf(r)
	card, t := h.card(r, l), l.Edition.Text(loc.Code)
	p := InvitationPage{Base: h.Base(r, loc.T("invitation.title")), Action: page.Local(r, "/invitations/"+token), LetterTitle: card.Title,
		LetterURL: card.URL, Leads: card.Leads, To: card.To, Deadline: card.Deadline, Open: h.open(l), Answering: page.Form{Values: url.Values{"reason": {v.Reason}}},
		StopURL: page.Local(r, "/unsubscribe/"+v.Unsubscribe)}
	if v.State != invitation.Invited {
		p.Answer = string(v.State)
	}
	for _, d := range t.Demands {
		p.Demands = append(p.Demands, page.Tag(letter.Excerpt(strings.TrimSpace(d.Number+" "+d.Text), demandLength), t.Language))
	}
	if l.Call != nil {
		p.CallURL = page.Local(r, "/letters/"+l.Slug+"/call")
	}
	if p.Open {
		p.Form = h.invitedForm(r, l, v, token)
	} else {
		p.ClosedText, p.NoMail = h.closedText(r, l)
	}
	p.NoIndex, p.Canonical, p.Path = true, "", "/invitations/"+token
	p.Languages = page.LanguagesOf(loc, p.Path)
	return p, nil
}

// invitedForm is the sign form with what the invitation says, so that little has to be typed.
func (h *Handlers) invitedForm(r *http.Request, l *cachedLetter, v invitation.Own, token string) SignForm {
	f := h.emptyForm(r, l)
	for field, text := range map[string]string{"name": v.Name, "email": v.Email, "organisation": v.Organisation, "invitation": token} {
		f.Values.Set(field, text)
	}
	switch {
	case v.Organisation == "" || l.SignOn != letter.SignOnBoth:
	case v.Name == "":
		f.Values.Set("kind", string(verify.Organisation))
	default:
		f.Values.Set("kind", string(signing.Both))
	}
	return f
}

// ShowInvitation is inert: link scanners open it, and nothing happens.
func (h *Handlers) ShowInvitation(w http.ResponseWriter, r *http.Request) error {
	p, err := h.invitationPage(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, p)
}

// SubmitInvitation records an answer to the organisers. Scanners press buttons too, and keep no cookies: a browser that
// has none yet is given one and asked to press again.
func (h *Handlers) SubmitInvitation(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p, err := h.invitationPage(r)
	if err != nil {
		return err
	}
	if h.firstPress(w, r) {
		p.Again, p.Answering = true, page.NewForm(r, form, nil)
		return h.Render(w, http.StatusForbidden, p)
	}
	err = h.Invitations.Answer(r.Context(), r.PathValue("token"), invitation.State(form.Get("do")), form.Get("reason"))
	if page.ComesBack(err) {
		p.Answering = page.NewForm(r, form, err)
		return h.Render(w, page.Status(err), p)
	}
	if err != nil {
		return err
	}
	if p, err = h.invitationPage(r); err != nil {
		return err
	}
	p.Told = true
	return h.Render(w, http.StatusOK, p)
}
