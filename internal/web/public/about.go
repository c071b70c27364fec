package public

import (
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AboutPage says what this server is and what it does with data.
type AboutPage struct {
	page.Base
	Operator string // who runs the instance, as configured
	Contact  string
}

// Template is its file.
func (AboutPage) Template() string { return "public/about" }

// ShowAbout says what this server is and what it does with data.
func (h *Handlers) ShowAbout(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, http.StatusOK, AboutPage{Base: h.Base(r, page.LocaleOf(r).T("about.title")), Operator: h.Operator, Contact: h.Contact})
}

// ShowPicture sends a picture or document of a letter.
func (h *Handlers) ShowPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Letters.Media.Find(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", page.Immutable)
	if p.Type == letter.PDF { // never shown within the site: a document can hold more than words
		w.Header().Set("Content-Disposition", `attachment; filename="`+p.Hash[:12]+`.pdf"`)
	}
	page.Serve(w, r, p.Type, `"`+p.Hash+`"`, p.Data)
	return nil
}

// MailboxPage shows the mails that the demonstration caught.
type MailboxPage struct {
	page.Base
	Mails []CaughtMail
}

// Template is its file.
func (MailboxPage) Template() string { return "public/mailbox" }

// CaughtMail is one mail of the demonstration's mailbox.
type CaughtMail struct {
	To, Subject, Text string
	At                time.Time
	Lang, Dir         string
	Links             []string
}

// mailLine is one line of a caught mail; Link says that it is one of the mail's links.
type mailLine struct {
	Text string
	Link bool
}

// Lines returns the mail's text line by line.
func (m CaughtMail) Lines() []mailLine {
	var lines []mailLine
	for line := range strings.Lines(m.Text) {
		text := strings.TrimRight(line, "\r\n")
		link := slices.Contains(m.Links, strings.TrimSpace(text))
		if link {
			text = strings.TrimSpace(text)
		}
		lines = append(lines, mailLine{Text: text, Link: link})
	}
	return lines
}

// ShowMailbox shows caught mails to this machine only: their links confirm whatever was signed in the demonstration.
func (h *Handlers) ShowMailbox(w http.ResponseWriter, r *http.Request) error {
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !from.Addr().Unmap().IsLoopback() {
		return fault.New(fault.NotFound, "page.unknown")
	}
	loc := page.LocaleOf(r)
	p := MailboxPage{Base: h.Base(r, loc.T("mailbox.title"))}
	p.NoIndex = true
	for _, m := range h.Catcher.Mails() {
		p.Mails = append(p.Mails, CaughtMail{To: m.To, Subject: m.Subject, Text: m.Text, At: m.At, Lang: m.Language,
			Dir: i18n.Direction(m.Language), Links: m.Links})
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, p)
}

// robots keeps search engines away from links that were mailed, and from the page that asks for a secret.
const robots = `User-agent: *
Disallow: /confirm/
Disallow: /*/confirm/
Disallow: /circulation/
Disallow: /invitations/
Disallow: /*/invitations/
Disallow: /unsubscribe/
Disallow: /*/unsubscribe/
Disallow: /*/circulation/
Disallow: /signature
Disallow: /*/signature
`

// ShowRobots tells search engines what to leave alone.
func (h *Handlers) ShowRobots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", page.Plain)
	_, _ = io.WriteString(w, robots)
	return nil
}

// ShowHealth answers while the process lives.
func (h *Handlers) ShowHealth(w http.ResponseWriter, _ *http.Request) error {
	_, _ = w.Write([]byte("ok\n"))
	return nil
}

// ShowReady answers a machine whether somebody can sign: the database answers, and takes writes.
func (h *Handlers) ShowReady(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", page.Plain)
	w.Header().Set("Cache-Control", "no-store")
	if h.Ready(r.Context()) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("not ready: the database does not answer\n"))
		return nil
	}
	_, _ = w.Write([]byte("ready\n"))
	return nil
}
