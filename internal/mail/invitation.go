package mail

import (
	"context"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// invited is what an invitation or its reminder needs.
type invited struct {
	signing.Envelope
	reminder bool
}

// appeal is what the templates of an invitation see: the letter's call, or what there is to say without one.
type appeal struct {
	content
	Intro      string
	Call       *cover // nil without a call, and in a reminder, which is short
	Leads      []string
	Addressees []string
	Deadline   string
	Contact    string
	Email      string // of the contact
	LetterURL  string
	Document   string // the letter as a file
	Stop       string // the page that ends all invitations
}

// cover is a letter's call.
type cover struct {
	Lang, Dir, From, Salutation string
	Lines                       []string      // of the body, in the Markdown it was written in
	Body                        template.HTML // sanitised
}

// invitation asks somebody to sign, once more if it is a reminder.
func (m *Mailer) invitation(ctx context.Context, e invited) (page, error) {
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return page{}, err
	}
	c := m.contentOf(languageOf(e.Envelope, l), l)
	c.Link = m.pages(c.L) + "/invitations/" + e.Token
	a := appeal{content: c, Leads: leads(c.L, l), LetterURL: m.pages(c.L) + "/letters/" + l.Slug, Stop: m.pages(c.L) + "/unsubscribe/" + e.Unsubscribe}
	t := l.Edition.Text(c.Lang)
	a.Document = m.BaseURL + "/letters/" + l.Slug + "/editions/" + strconv.Itoa(l.Edition.Number) + "." + t.Language + ".pdf"
	for _, x := range t.Addressees {
		a.Addressees = append(a.Addressees, text.Shown.Line(strings.Trim(x.Line()+", "+x.Office, ", ")))
	}
	if l.Deadline.IsSet() {
		a.Deadline = c.L.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	p := page{to: e.Address, about: c, unsubscribe: e.Unsubscribe}
	switch {
	case e.reminder:
		p.subject, a.Intro = c.titled("mail.reminder.subject"), c.L.T("mail.reminder.intro")
	case len(a.Leads) == 1:
		p.subject, a.Intro = c.titled("mail.invitation.subject"), c.L.T("mail.invitation.intro", "From", a.Leads[0])
	default:
		p.subject, a.Intro = c.titled("mail.invitation.subject"), c.L.T("mail.invitation.intro_plain")
	}
	if l.Call != nil {
		a.Contact, a.Email = text.Shown.Line(l.Call.Contact), text.Shown.Line(l.Call.Email)
		if !e.reminder {
			a.Call = m.cover(*l.Call)
		}
	}
	if address, f := text.Email(a.Email); f == nil { // answers reach who asked; without, they reach the sender
		p.replyTo = address
	}
	p.data = a
	return p, nil
}

func (m *Mailer) cover(call letter.Call) *cover {
	c := &cover{Lang: call.Language, Dir: i18n.Direction(call.Language), From: text.Shown.Line(call.From), Salutation: text.Shown.Line(call.Salutation)}
	plain := strings.ReplaceAll(pictureMark.ReplaceAllString(call.Body, "$1"), "](/", "]("+m.BaseURL+"/")
	for line := range strings.Lines(plain) {
		c.Lines = append(c.Lines, text.Shown.Line(line))
	}
	html := picture.ReplaceAllString(letter.RenderMarkdown(call.Body), "")
	c.Body = template.HTML(strings.ReplaceAll(html, ` href="/`, ` href="`+template.HTMLEscapeString(m.BaseURL)+"/"))
	return c
}

// picture is one in sanitised HTML, pictureMark one in Markdown. None is sent: loading it would tell the server when the
// mail is read.
var (
	picture     = regexp.MustCompile(`<img [^>]*>`)
	pictureMark = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
)

// languageOf returns the language of a mail that its reader did not ask for: the reader's, else the call's or the letter's.
func languageOf(e signing.Envelope, l letter.Letter) string {
	codes := []string{e.Language}
	if l.Call != nil {
		codes = append(codes, l.Call.Language)
	}
	for _, code := range append(codes, l.Edition.Language) {
		if i18n.Find(code) != nil {
			return code
		}
	}
	return i18n.Default
}
