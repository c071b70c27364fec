package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
)

const (
	listedLetters = 100 // on the front page
	pageOfNames   = 100 // in a signatory list
)

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	letters, err := s.letters.List(r.Context(), listedLetters)
	if err != nil {
		return err
	}
	p := HomePage{Base: s.base(r, s.o.Site)}
	for _, x := range letters {
		l, err := s.cache.find(r.Context(), x.Slug)
		if err != nil {
			return err
		}
		if card := s.card(r, l); s.state(l) == letter.Open {
			p.Open = append(p.Open, card)
		} else {
			p.Closed = append(p.Closed, card)
		}
	}
	return render(w, http.StatusOK, p)
}

func (s *Server) showSignatories(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.SignOn == letter.SignOnNone {
		return fault.New(fault.NotFound, "page.unknown")
	}
	q := r.URL.Query()
	kind := signing.Kind(q.Get("kind"))
	if kind != signing.Organisation && kind != signing.Person {
		if kind = signing.Person; l.SignOn == letter.SignOnOrganisations || l.Counts.Persons == 0 && l.Counts.Organisations > 0 {
			kind = signing.Organisation
		}
	}
	query := q.Get("q")
	if len(query) > 4*signing.MaxName {
		query = ""
	}
	page, err := s.signing.List(r.Context(), l.ID, kind, query, q.Get("after"), pageOfNames)
	if err == nil && query != "" && !q.Has("kind") && len(page.Signatories) == 0 && kind == signing.Person {
		kind = signing.Organisation // a name was asked for, not a kind
		page, err = s.signing.List(r.Context(), l.ID, kind, query, "", pageOfNames)
	}
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	path := "/letters/" + l.Slug + "/signatories"
	link := func(kind signing.Kind, after string) string {
		v := url.Values{"kind": {string(kind)}}
		if query != "" {
			v.Set("q", query)
		}
		if after != "" {
			v.Set("after", after)
		}
		return s.local(r, path+"?"+v.Encode())
	}
	p := SignatoriesPage{Base: s.base(r, loc.T("signatories.title")), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug),
		Kind: string(kind), PersonsURL: link(signing.Person, ""), OrgsURL: link(signing.Organisation, ""), Query: query,
		Counts: headline(l.Counts)}
	for _, x := range page.Signatories {
		p.Entries = append(p.Entries, signatoryView(loc, x))
	}
	if page.Next != "" {
		p.NextURL = link(kind, page.Next)
	}
	if q.Get("after") != "" {
		p.FirstURL = link(kind, "")
	}
	if !l.Counts.PublishedAt.IsZero() {
		p.AsOf = loc.DateTime(l.Counts.PublishedAt, time.UTC)
	}
	return render(w, http.StatusOK, p)
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
	o, err := s.letters.Organisation(r.Context(), r.PathValue("slug"))
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
	p, err := s.letters.FindPicture(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Length", strconv.Itoa(len(p.Data)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+p.Hash+`"`)
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
	for _, m := range s.o.Mailbox.Mails() {
		p.Mails = append(p.Mails, CaughtMail{To: m.To, Subject: m.Subject, Text: m.Text, At: m.At, Lang: m.Language,
			Dir: i18n.Direction(m.Language), Links: m.Links})
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

func (s *Server) showRobots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /confirm/\nDisallow: /*/confirm/\nDisallow: /signature\nDisallow: /*/signature\n"))
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

// letterDocument is the public JSON of a letter.
type letterDocument struct {
	Slug       string             `json:"slug"`
	Title      string             `json:"title"`
	Subtitle   string             `json:"subtitle,omitempty"`
	State      letter.State       `json:"state"`
	SignOn     letter.SignOn      `json:"sign_on"`
	Edition    editionDocument    `json:"edition"`
	Addressees []letter.Addressee `json:"addressees"`
	Demands    []demandDocument   `json:"demands"`
	Deadline   string             `json:"deadline,omitempty"`
	Counts     countsDocument     `json:"counts"`
	Checkpoint checkpointDocument `json:"checkpoint"`
}

type editionDocument struct {
	Number    int      `json:"number"`
	SHA256    string   `json:"sha256"`
	Languages []string `json:"languages"`
	Published string   `json:"published"`
}

type demandDocument struct {
	Number string `json:"number,omitempty"`
	Text   string `json:"text"`
	Status string `json:"status"`
}

type countsDocument struct {
	Organisations int `json:"organisations"`
	Persons       int `json:"persons"`
	Withheld      int `json:"withheld"`
	Imported      int `json:"imported"`
	Withdrawn     int `json:"withdrawn"`
	Removed       int `json:"removed"`
	Earlier       int `json:"earlier"`
}

type checkpointDocument struct {
	Size int    `json:"size"`
	Root string `json:"root"`
}

// emptyRoot is the root of a log without leaves (RFC 6962, 2.1): the hash of nothing.
const emptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func documentOf(l *cachedLetter) letterDocument {
	t := l.Edition.Text(l.Edition.Language)
	d := letterDocument{Slug: l.Slug, Title: t.Name(), Subtitle: t.Subtitle, State: l.State, SignOn: l.SignOn,
		Edition: editionDocument{Number: l.Edition.Number, SHA256: l.Edition.SHA256, Languages: l.Edition.Languages(),
			Published: l.Edition.PublishedAt.Format(time.RFC3339)},
		Addressees: t.Addressees, Demands: []demandDocument{},
		Counts: countsDocument{Organisations: l.Counts.Organisations, Persons: l.Counts.Persons, Withheld: l.Counts.Withheld,
			Imported: l.Counts.Imported, Withdrawn: l.Counts.Withdrawn, Removed: l.Counts.Removed, Earlier: l.Counts.Earlier},
		Checkpoint: checkpointDocument{Root: emptyRoot}}
	if d.Addressees == nil {
		d.Addressees = []letter.Addressee{}
	}
	for _, x := range t.Demands {
		d.Demands = append(d.Demands, demandDocument{Number: x.Number, Text: x.Text, Status: "no_answer"})
	}
	if l.Deadline.IsSet() {
		d.Deadline = l.Deadline.At.Format(time.RFC3339)
	}
	return d
}

func letterJSON(l *cachedLetter) ([]byte, error) { return encodeJSON(documentOf(l)) }

func (s *Server) listLettersJSON(w http.ResponseWriter, r *http.Request) error {
	letters, err := s.letters.List(r.Context(), listedLetters)
	if err != nil {
		return err
	}
	list := []letterDocument{}
	for _, x := range letters {
		l, err := s.cache.find(r.Context(), x.Slug)
		if err != nil {
			return err
		}
		list = append(list, documentOf(l))
	}
	return writeJSON(w, map[string]any{"letters": list})
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := encodeJSON(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
	return nil
}
