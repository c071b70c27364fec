package mail

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	netmail "net/mail"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// sendInvitation sends an invitation or a reminder, unless it has become needless since it was enqueued.
func (m *Mailer) sendInvitation(ctx context.Context, id int64, j signing.InvitationMail) error {
	e, send, err := m.Signing.InvitationEnvelope(ctx, j)
	if err != nil || !send {
		return err
	}
	kind := "invitation"
	if j.Reminder {
		kind = "reminder"
	}
	err = m.deliver(ctx, id, kind, e)
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		if err := m.Signing.InvitationRefused(ctx, j); err != nil {
			return err
		}
		m.Log.LogAttrs(ctx, slog.LevelInfo, "mail_refused", slog.Int64("job", id), slog.Int("code", refusal.Code))
		return nil
	}
	return err
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
	Stop       string // the page that ends all invitations
}

// cover is a letter's call.
type cover struct {
	Lang, Dir, From, Salutation string
	Lines                       []string      // of the body, in the Markdown it was written in
	Body                        template.HTML // sanitised
}

func (m *Mailer) renderInvitation(id int64, kind string, e signing.Envelope, l letter.Letter, c content) ([]byte, error) {
	site := m.BaseURL + languagePrefix(c.L)
	c.Link = site + "/invitations/" + e.Token
	a := appeal{content: c, LetterURL: site + "/letters/" + l.Slug, Stop: site + "/unsubscribe/" + e.Unsubscribe}
	for _, o := range l.Leads {
		a.Leads = append(a.Leads, text.Shown.Line(o.Name(c.L.Code, i18n.Default)))
	}
	for _, x := range l.Edition.Text(c.Lang).Addressees {
		a.Addressees = append(a.Addressees, text.Shown.Line(strings.Trim(x.Line()+", "+x.Office, ", ")))
	}
	if l.Deadline.IsSet() {
		a.Deadline = c.L.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	a.Intro = c.L.T("mail.invitation.intro_plain")
	if len(a.Leads) == 1 {
		a.Intro = c.L.T("mail.invitation.intro", "From", a.Leads[0])
	}
	if kind == "reminder" {
		a.Intro = c.L.T("mail.reminder.intro")
	}
	if l.Call != nil {
		a.Contact, a.Email = text.Shown.Line(l.Call.Contact), text.Shown.Line(l.Call.Email)
		if kind == "invitation" {
			a.Call = m.cover(*l.Call)
		}
	}
	msg, err := m.compose(id, "invitation", e.Address, c.L, a)
	if err != nil {
		return nil, err
	}
	msg.Subject(text.Shown.Line(c.L.T("mail."+kind+".subject", "Title", c.Title)))
	if reply, err := netmail.ParseAddress(a.Email); err == nil {
		_ = msg.ReplyTo(reply.Address) // answers reach who asked; without, they reach the sender
	}
	m.unsubscribable(msg, e)
	return m.finish(msg)
}

// unsubscribable lets a mail program end mails of this kind by one press, without a page (RFC 8058).
func (m *Mailer) unsubscribable(msg *gomail.Msg, e signing.Envelope) {
	msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.BaseURL+"/unsubscribe/"+e.Unsubscribe+">")
	msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
}

func (m *Mailer) cover(call letter.Call) *cover {
	c := &cover{Lang: call.Language, Dir: i18n.Direction(call.Language), From: text.Shown.Line(call.From), Salutation: text.Shown.Line(call.Salutation)}
	plain := strings.ReplaceAll(pictureMark.ReplaceAllString(call.Body, "$1"), "](/", "]("+m.BaseURL+"/")
	for line := range strings.Lines(plain) {
		c.Lines = append(c.Lines, text.Shown.Line(line))
	}
	html := picture.ReplaceAllString(letter.RenderMarkdown(call.Body, nil), "")
	c.Body = template.HTML(strings.ReplaceAll(html, ` href="/`, ` href="`+template.HTMLEscapeString(m.BaseURL)+"/"))
	return c
}

// picture is one in sanitised HTML, pictureMark one in Markdown. None is sent: loading it would tell the server when the
// mail is read.
var (
	picture     = regexp.MustCompile(`<img [^>]*>`)
	pictureMark = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
)

// invitationLanguage returns the language of an invitation: the invited's, else the call's or the letter's.
func invitationLanguage(e signing.Envelope, l letter.Letter) string {
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
