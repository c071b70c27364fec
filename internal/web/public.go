package web

import (
	"net/http"
	"net/netip"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

const listedLetters = 100 // on the front page

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	letters, next, err := s.listLetters(r)
	if err != nil {
		return err
	}
	p := HomePage{Base: s.base(r, s.o.Site)}
	p.Feed = s.feedOfAll(r)
	if next != "" {
		p.OlderURL = s.local(r, "/?before="+next)
	}
	for _, l := range letters {
		if card := s.card(r, l); s.state(l) == letter.Open {
			p.Open = append(p.Open, card)
		} else {
			p.Closed = append(p.Closed, card)
		}
	}
	return render(w, http.StatusOK, p)
}

// listLetters returns the published letters that the request asks for, newest first, and where the older ones begin.
func (s *Server) listLetters(r *http.Request) (list []*cachedLetter, next string, err error) {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 36, 64) // rubbish begins with the newest
	letters, err := s.letters.List(r.Context(), letter.ID(before), listedLetters+1)
	if err != nil {
		return nil, "", err
	}
	if len(letters) > listedLetters {
		letters = letters[:listedLetters]
		next = strconv.FormatInt(int64(letters[listedLetters-1].ID), 36)
	}
	for _, x := range letters {
		l, err := s.cache.find(r.Context(), x.Slug)
		if err != nil {
			return nil, "", err
		}
		list = append(list, l)
	}
	return list, next, nil
}

func (s *Server) showCall(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.Call == nil {
		return fault.New(fault.NotFound, "page.unknown")
	}
	c, loc := l.Call, visitOf(r).locale
	heading := c.Title
	if heading == "" {
		heading = l.Edition.Text(loc.Code).Name()
	}
	p := CallPage{Base: s.base(r, heading), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug),
		SignURL: s.local(r, "/letters/"+l.Slug) + "#sign", Lang: c.Language, Dir: i18n.Direction(c.Language), Heading: heading, From: c.From,
		Salutation: c.Salutation, Body: trustedHTML(c.Body, nil, c.Language), Contact: c.Contact, Email: c.Email, Open: s.open(l)}
	if l.Deadline.IsSet() {
		p.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	return render(w, http.StatusOK, p)
}

func (s *Server) showOrganisation(w http.ResponseWriter, r *http.Request) error {
	o, err := s.letters.Directory.Find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	view := s.organisationView(r, o, loc.Code)
	p := OrganisationPage{Base: s.base(r, view.Name.Text), Organisation: view}
	letters, err := s.letters.ListLedBy(r.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, x := range letters {
		l, err := s.cache.find(r.Context(), x.Slug)
		if err != nil {
			return err
		}
		p.Letters = append(p.Letters, s.card(r, l))
	}
	return render(w, http.StatusOK, p)
}

func (s *Server) showAbout(w http.ResponseWriter, r *http.Request) error {
	return render(w, http.StatusOK, AboutPage{Base: s.base(r, visitOf(r).locale.T("about.title")), Operator: s.o.Operator, Contact: s.o.Contact})
}

func (s *Server) showPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := s.letters.Media.Find(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Length", strconv.Itoa(len(p.Data)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+p.Hash+`"`)
	if p.Type == letter.PDF { // never shown within the site: a document can hold more than words
		h.Set("Content-Disposition", `attachment; filename="`+p.Hash[:12]+`.pdf"`)
	}
	_, _ = w.Write(p.Data)
	return nil
}

// showMailbox shows caught mails to this machine only: their links confirm whatever was signed in the demonstration.
func (s *Server) showMailbox(w http.ResponseWriter, r *http.Request) error {
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !from.Addr().Unmap().IsLoopback() {
		return fault.New(fault.NotFound, "page.unknown")
	}
	loc := visitOf(r).locale
	p := MailboxPage{Base: s.base(r, loc.T("mailbox.title"))}
	p.NoIndex = true
	for _, m := range s.o.Catcher.Mails() {
		p.Mails = append(p.Mails, CaughtMail{To: m.To, Subject: m.Subject, Text: m.Text, At: m.At, Lang: m.Language,
			Dir: i18n.Direction(m.Language), Links: m.Links})
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

func (s *Server) showRobots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /confirm/\nDisallow: /*/confirm/\nDisallow: /circulation/\nDisallow: /invitations/\nDisallow: /*/invitations/\nDisallow: /unsubscribe/\nDisallow: /*/unsubscribe/\nDisallow: /*/circulation/\nDisallow: /signature\nDisallow: /*/signature\n"))
	return nil
}

func (s *Server) showHealth(w http.ResponseWriter, _ *http.Request) error {
	_, _ = w.Write([]byte("ok\n"))
	return nil
}

func (s *Server) showReady(w http.ResponseWriter, r *http.Request) error {
	if err := s.o.Ready(r.Context()); err != nil {
		return fault.New(fault.Unavailable, "busy").Because(err)
	}
	_, _ = w.Write([]byte("ready\n"))
	return nil
}
