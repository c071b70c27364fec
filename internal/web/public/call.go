package public

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/web/page"
)

// CallPage is the cover note that asks possible signers.
type CallPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	DocumentURL string // the letter as a file
	SignURL     string
	Lang, Dir   string
	Heading     string
	From        string
	Salutation  string
	Body        template.HTML
	Contact     string
	Email       string
	AnswerTo    string // the letter's own address, "" for none
	Deadline    string
	Open        bool
}

// Template is its file.
func (CallPage) Template() string { return "public/call" }

// ShowCall shows the cover note that asks possible signers.
func (h *Handlers) ShowCall(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.Call == nil {
		return fault.New(fault.NotFound, "page.unknown")
	}
	c, loc := l.Call, page.LocaleOf(r)
	heading := c.Title
	if heading == "" {
		heading = l.Edition.Text(loc.Code).Name()
	}
	p := CallPage{Base: h.Base(r, heading), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug),
		SignURL: page.Local(r, "/letters/"+l.Slug) + "#sign", Lang: c.Language, Dir: i18n.Direction(c.Language), Heading: heading, From: c.From,
		Salutation: c.Salutation, Body: page.Markdown(c.Body, c.Language), Contact: c.Contact, Email: c.Email, Open: h.open(l)}
	p.DocumentURL = "/letters/" + l.Slug + "/editions/" + strconv.Itoa(l.Edition.Number) + "." + l.Edition.Prefer(c.Language) + ".pdf"
	if l.Deadline.IsSet() {
		p.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	if p.Open {
		p.AnswerTo = h.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: l.ID})
	}
	return h.Render(w, http.StatusOK, p)
}
