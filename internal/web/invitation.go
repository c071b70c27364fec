package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// demandLength is how many characters of a demand an invitation shows: the letter is one link away.
const demandLength = 240

func (s *Server) invitationPage(r *http.Request) (InvitationPage, error) {
	token := r.PathValue("token")
	v, err := s.signing.Invitation(r.Context(), token)
	if err != nil {
		return InvitationPage{}, err
	}
	l, err := s.cache.findByID(r.Context(), v.Letter)
	if err != nil {
		return InvitationPage{}, err
	}
	loc := visitOf(r).locale
	card, t := s.card(r, l), l.Edition.Text(loc.Code)
	p := InvitationPage{Base: s.base(r, loc.T("invitation.title")), Action: s.local(r, "/invitations/"+token), LetterTitle: card.Title,
		LetterURL: card.URL, Leads: card.Leads, To: card.To, Deadline: card.Deadline, Open: s.open(l), Reason: v.Reason,
		StopURL: s.local(r, "/unsubscribe/"+v.Unsubscribe)}
	if v.State != signing.Invited {
		p.Answer = string(v.State)
	}
	for _, d := range t.Demands {
		p.Demands = append(p.Demands, tagged(letter.Excerpt(strings.TrimSpace(d.Number+" "+d.Text), demandLength), t.Language))
	}
	if l.Call != nil {
		p.CallURL = s.local(r, "/letters/"+l.Slug+"/call")
	}
	if p.Open {
		p.Form = s.invitedForm(r, l, v, token)
	} else {
		p.ClosedText, p.NoMail = s.closedText(r, l)
	}
	p.NoIndex, p.Canonical, p.Path = true, "", "/invitations/"+token
	p.Languages = languagesOf(loc, p.Path)
	return p, nil
}

// invitedForm is the sign form with what the invitation says, so that little has to be typed.
func (s *Server) invitedForm(r *http.Request, l *cachedLetter, v signing.OwnInvitation, token string) SignForm {
	f := s.emptyForm(r, l)
	f.Name, f.Email, f.Organisation, f.Invitation = v.Name, v.Email, v.Organisation, token
	if v.Organisation == "" || l.SignOn != letter.SignOnBoth {
		return f
	}
	if f.Kind = string(verify.Organisation); v.Name != "" {
		f.Kind = string(signing.Both)
	}
	return f
}

// showInvitation is inert: link scanners open it, and nothing happens.
func (s *Server) showInvitation(w http.ResponseWriter, r *http.Request) error {
	p, err := s.invitationPage(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

// submitInvitation records an answer to the organisers. Scanners press buttons too, and keep no cookies: a browser that
// has none yet is given one and asked to press again.
func (s *Server) submitInvitation(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p, err := s.invitationPage(r)
	if err != nil {
		return err
	}
	if s.browser(r) == "" {
		s.setBrowser(w, r)
		p.Again, p.Reason = true, form.Get("reason")
		return render(w, http.StatusForbidden, p)
	}
	err = s.signing.Answer(r.Context(), r.PathValue("token"), signing.InvitationState(form.Get("do")), form.Get("reason"))
	if faults := fault.All(err); len(faults) > 0 && faults[0].Field == "reason" {
		p.Error, p.Reason = say(visitOf(r).locale, faults[0]), form.Get("reason")
		return render(w, statusOf[faults[0].Kind], p)
	}
	if err != nil {
		return err
	}
	if p, err = s.invitationPage(r); err != nil {
		return err
	}
	p.Told = true
	return render(w, http.StatusOK, p)
}

func (s *Server) unsubscribePage(r *http.Request) UnsubscribePage {
	loc, path := visitOf(r).locale, "/unsubscribe/"+r.PathValue("token")
	p := UnsubscribePage{Base: s.base(r, loc.T("unsubscribe.title")), Action: s.local(r, path)}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, languagesOf(loc, path)
	return p
}

// showUnsubscribe is inert.
func (s *Server) showUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := s.mailboxes.CheckUnsubscribe(r.PathValue("token")); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, s.unsubscribePage(r))
}

// submitUnsubscribe ends all invitations: at once when a mail program asks as RFC 8058 says, which no scanner does; from
// the page like every button that a scanner can press, with the second press.
func (s *Server) submitUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if err := s.mailboxes.CheckUnsubscribe(token); err != nil {
		return err
	}
	form, err := readAnyForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p := s.unsubscribePage(r)
	if form.Get("List-Unsubscribe") != "One-Click" && s.browser(r) == "" {
		s.setBrowser(w, r)
		p.Again = true
		return render(w, http.StatusForbidden, p)
	}
	if err := s.mailboxes.Unsubscribe(r.Context(), token); err != nil {
		return err
	}
	p.Done = true
	p.Title = p.L.T("unsubscribe.done_title")
	return render(w, http.StatusOK, p)
}

// readAnyForm reads a form in either encoding: RFC 8058 lets mail providers send multipart/form-data.
func readAnyForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return readForm(w, r)
	}
	form := url.Values{}
	parts := multipart.NewReader(http.MaxBytesReader(w, r.Body, maxFormBytes), params["boundary"])
	for range maxFormFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.encoding").Because(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.encoding").Because(err)
		}
		form.Add(part.FormName(), string(value))
	}
	return nil, fault.New(fault.TooLarge, "form.fields")
}
