package mail

import (
	"context"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// invited is what an invitation or its reminder needs.
type invited struct {
	invitation.Envelope
	reminder bool
}

// appeal is what the templates of an invitation see: the letter's call, or what there is to say without one.
type appeal struct {
	content
	From       string // who asks
	Intro      string
	Words      string // of theirs to this one reader, "" for none
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
	c := m.contentOf(languageOf(e.Envelope.Envelope, l), l)
	c.Link = m.pages(c.L) + "/invitations/" + e.Token
	a := appeal{content: c, From: from(c, l, e.Lead), Leads: leads(c.L, l), LetterURL: m.pages(c.L) + "/letters/" + l.Slug,
		Stop: m.pages(c.L) + "/unsubscribe/" + e.Unsubscribe}
	t := l.Edition.Text(c.Lang)
	a.Document = m.BaseURL + "/letters/" + l.Slug + "/editions/" + strconv.Itoa(l.Edition.Number) + "." + t.Language + ".pdf"
	for _, x := range t.Addressees {
		a.Addressees = append(a.Addressees, text.Shown.Line(strings.Trim(x.Line()+", "+x.Office, ", ")))
	}
	if l.Deadline.IsSet() {
		a.Deadline = c.L.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	p := page{to: e.Address, about: c, unsubscribe: e.Unsubscribe}
	says := "mail.invitation."
	if e.reminder {
		says = "mail.reminder."
	} else {
		a.Words = text.Shown.Line(e.Words)
	}
	p.subject = text.Shown.Line(c.L.T(says+"subject", "From", a.From, "Title", c.Title))
	a.Intro = c.L.T(says+"intro", "From", a.From)
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

// from returns the name of who asks: the lead organisation with an id, else the letter's first, else the site.
func from(c content, l letter.Letter, lead int64) string {
	i := slices.IndexFunc(l.Leads, func(o account.Organisation) bool { return o.ID == lead })
	if len(l.Leads) == 0 {
		return c.Site
	}
	return leads(c.L, l)[max(i, 0)]
}

// Preview is a mail as it will be sent.
type Preview struct{ Language, To, Subject, Text string }

// PreviewInvitation returns the mail to somebody whom a member is about to invite; its links are made when it is sent.
func (m *Mailer) PreviewInvitation(ctx context.Context, l letter.ID, v invitation.Invitee, by int64) (Preview, error) {
	e, err := m.Invitations.Draft(ctx, l, v, by)
	if err != nil {
		return Preview{}, err
	}
	p, err := m.invitation(ctx, invited{e, false})
	if err != nil {
		return Preview{}, err
	}
	var plain strings.Builder
	err = textTemplates.ExecuteTemplate(&plain, "invitation.txt", p.data)
	return Preview{p.about.L.Code, p.to, p.subject, plain.String()}, err
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
