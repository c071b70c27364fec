// Package mail owns what is sent by mail and what comes by mail: it renders a mail in its reader's language, sends it by SMTP,
// and tells whom it concerns what became of it; it reads files of mails that somebody was sent.
//
// It promises that a mail holds no text typed by a signer, that its Message-ID follows from its job, so that a mail sent
// twice after a crash is recognised as one, that a temporary failure is tried again and a permanent one marks the address. Of
// what is read it promises bounds, and that only the domain of a sender's address vouches for it, of the very words it returns.
// It must not know pages, nor anything of a signature but what its envelope says.
package mail

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	text "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
)

//go:embed templates
var files embed.FS

var (
	htmlTemplates = template.Must(template.ParseFS(files, "templates/*.html"))
	textTemplates = text.Must(text.ParseFS(files, "templates/*.txt"))
)

// Transport takes a rendered message for one recipient. *SMTP and *Mailbox are its implementations.
type Transport interface {
	Send(ctx context.Context, from, to string, message []byte) error
}

// Refusal is a permanent answer of the recipient's server to this address or message.
type Refusal struct{ Code int }

func (r *Refusal) Error() string { return "mail refused with code " + strconv.Itoa(r.Code) }

// Mailer renders and sends the mails of an instance.
type Mailer struct {
	Transport Transport
	Roll      *roll.Service
	Signing   *signing.Service
	Letters   *letter.Service
	Accounts  *account.Service
	Sign      *DKIM // nil sends unsigned
	Site      string
	From      string // address of the sender
	BaseURL   string
	Workers   int
	Rate      int // mails a second, 0 for no limit
	Log       *slog.Logger

	mu   sync.Mutex
	next time.Time     // when the next mail may be sent; guarded by mu
	last letter.Letter // the one of the last mail; guarded by mu
	read time.Time     // when last was read; guarded by mu
}

// Register hands the kinds of mail to the runner.
func (m *Mailer) Register(r *job.Runner) {
	workers := m.Workers
	if m.Rate > 0 {
		workers = min(workers, 10*m.Rate) // nobody waits longer than ten seconds for a turn
	}
	job.Handle(r, func(ctx context.Context, id int64, j signing.ConfirmMail) error {
		return m.send(ctx, id, j.Pending, "confirm")
	}, job.Limit(workers))
	job.Handle(r, func(ctx context.Context, id int64, j signing.ReplyMail) error {
		return m.send(ctx, id, j.Pending, "reply")
	}, job.Limit(workers))
	job.Handle(r, func(ctx context.Context, id int64, j signing.CodeMail) error {
		return m.send(ctx, id, j.Pending, "code")
	}, job.Limit(workers))
	job.Handle(r, m.sendReader, job.Limit(workers))
	job.Handle(r, func(ctx context.Context, id int64, j signing.RefusedMail) error {
		e, send, err := m.Signing.EnvelopeOf(ctx, j.Letter, j.Signature)
		if err != nil || !send {
			return err
		}
		err = m.deliver(ctx, id, "refused", e)
		if _, ok := errors.AsType[*Refusal](err); ok {
			return nil // there is nothing else to tell them
		}
		return err
	}, job.Limit(workers))
	job.Handle(r, m.sendInvitation, job.Limit(workers))
	job.Handle(r, m.sendExtension, job.Limit(workers))
	job.Handle(r, m.sendText, job.Limit(workers))
	job.Handle(r, m.sendQuestion, job.Limit(workers))
	job.Handle(r, m.tellEditors, job.Limit(1))
	job.Handle(r, m.sendSummary, job.Limit(workers))
}

// wait returns when the rate lets one more mail go.
func (m *Mailer) wait(ctx context.Context) error {
	if m.Rate <= 0 {
		return nil
	}
	m.mu.Lock()
	now := time.Now()
	turn := m.next
	if turn.Before(now) {
		turn = now
	}
	m.next = turn.Add(time.Second / time.Duration(m.Rate))
	m.mu.Unlock()
	timer := time.NewTimer(time.Until(turn))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Mailer) send(ctx context.Context, id, pending int64, kind string) error {
	e, send, err := m.Signing.Envelope(ctx, pending)
	if err != nil || !send {
		return err
	}
	err = m.deliver(ctx, id, kind, e)
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		if err := m.Signing.Refused(ctx, pending); err != nil {
			return err
		}
		m.Log.LogAttrs(ctx, slog.LevelInfo, "mail_refused", slog.Int64("job", id), slog.Int("code", refusal.Code))
		return nil
	}
	if err == nil && kind != "code" && e.Late {
		return m.Signing.Accepted(ctx, pending)
	}
	return err
}

// deliver renders a mail of a kind and hands it over.
func (m *Mailer) deliver(ctx context.Context, id int64, kind string, e signing.Envelope) error {
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return err
	}
	if e.Unsubscribe != "" {
		e.Language = invitationLanguage(e, l)
	}
	return m.hand(ctx, e.Address, func() ([]byte, error) { return m.render(id, kind, e, l) })
}

// hand gives the transport a mail when its turn has come. It is called only for what is sent: jobs that are settled take
// nobody's turn.
func (m *Mailer) hand(ctx context.Context, to string, render func() ([]byte, error)) error {
	if err := m.wait(ctx); err != nil {
		return err
	}
	message, err := render()
	if err != nil {
		return job.Dead(job.Code("render", err))
	}
	if err := m.Transport.Send(ctx, m.From, to, message); err != nil {
		return job.Code(failure(err), err)
	}
	return nil
}

// editor returns one of those who may write for a letter, false when they no longer may.
func (m *Mailer) editor(ctx context.Context, l letter.ID, user int64) (account.User, bool, error) {
	editors, err := m.Accounts.Editors(ctx, int64(l))
	if at := slices.IndexFunc(editors, func(u account.User) bool { return u.ID == user }); at >= 0 {
		return editors[at], true, err
	}
	return account.User{}, false, err
}

// letter returns a letter as it was within the last second: most mails in a row are about one.
func (m *Mailer) letter(ctx context.Context, id letter.ID) (letter.Letter, error) {
	now := time.Now()
	m.mu.Lock()
	l, read := m.last, m.read
	m.mu.Unlock()
	if l.ID == id && now.Sub(read) < time.Second {
		return l, nil
	}
	l, err := m.Letters.FindByID(ctx, id)
	if err == nil {
		m.mu.Lock()
		m.last, m.read = l, now
		m.mu.Unlock()
	}
	return l, err
}

// content is what the templates of a mail see.
type content struct {
	L        *i18n.Locale
	Site     string
	Title    string // of the letter
	Lang     string // of the title
	TitleDir string
	Link     string
	Code     string
	Listing  string // who will see the name, in a sentence
	Draft    *draft // of a mail about a draft
}

func (m *Mailer) render(id int64, kind string, e signing.Envelope, l letter.Letter) ([]byte, error) {
	c := m.contentOf(e.Language, l)
	c.Code = e.Code
	locale := c.L
	switch kind {
	case "confirm", "reply":
		c.Link = m.BaseURL + languagePrefix(locale) + "/confirm/" + e.Token
		c.Listing = locale.T("listing_hint." + string(e.Listing))
	case "refused":
		c.Link = m.BaseURL + languagePrefix(locale) + "/signature"
	case "extension", "text":
		return m.renderNews(id, kind, e, l, c)
	case "invitation", "reminder":
		return m.renderInvitation(id, kind, e, l, c)
	}
	msg, err := m.compose(id, kind, e.Address, c.L, c)
	if err != nil {
		return nil, err
	}
	msg.Subject(locale.T("mail." + kind + ".subject"))
	return m.finish(msg)
}

// contentOf is what every mail about a letter holds, in a language.
func (m *Mailer) contentOf(language string, l letter.Letter) content {
	locale := i18n.Find(language)
	if locale == nil {
		locale = i18n.Find(i18n.Default)
	}
	title := l.Edition.Text(language)
	return content{L: locale, Site: line(m.Site), Title: line(title.Name()), Lang: title.Language, TitleDir: i18n.Direction(title.Language)}
}

// compose returns a message whose parts are those of a template, all but its subject.
func (m *Mailer) compose(id int64, file, address string, locale *i18n.Locale, data any) (*gomail.Msg, error) {
	var plain, rich bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&plain, file+".txt", data); err != nil {
		return nil, fmt.Errorf("mail: %s.txt: %w", file, err)
	}
	if err := htmlTemplates.ExecuteTemplate(&rich, file+".html", data); err != nil {
		return nil, fmt.Errorf("mail: %s.html: %w", file, err)
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(&netmail.Address{Name: line(m.Site), Address: m.From})
	if err := msg.To(address); err != nil {
		return nil, fmt.Errorf("mail: to: %w", err)
	}
	msg.SetDateWithValue(time.UnixMilli(m.Signing.DB.Now().UnixMilli()))
	msg.SetMessageIDWithValue(messageID(id, m.From))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderContentLang, locale.Code)
	msg.SetBodyString(gomail.TypeTextPlain, plain.String())
	msg.AddAlternativeString(gomail.TypeTextHTML, rich.String())
	return msg, nil
}

// finish writes a message as it is sent, signed if the instance signs.
func (m *Mailer) finish(msg *gomail.Msg) ([]byte, error) {
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("mail: write: %w", err)
	}
	if m.Sign == nil {
		return out.Bytes(), nil
	}
	return m.Sign.sign(out.Bytes())
}

// messageID is the same each time a job is tried.
func messageID(id int64, from string) string {
	return "job." + strconv.FormatInt(id, 36) + "@" + from[strings.LastIndexByte(from, '@')+1:]
}

func languagePrefix(l *i18n.Locale) string {
	if l.Code == i18n.Default {
		return ""
	}
	return "/" + l.Code
}
