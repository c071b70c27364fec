// Package mail owns what is sent by mail: which kinds of mails there are (kinds.go), how each is rendered in its reader's
// language and sent by SMTP, and who is told what became of it.
//
// It promises that a mail holds no text typed by a signer, that its Message-ID follows from its job, so that a mail sent
// twice after a crash is recognised as one, that a temporary failure is tried again and a permanent one does what the kind says.
// It must not know pages, nor anything of a signature but what its envelope says.
package mail

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	netmail "net/mail"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

//go:embed templates
var files embed.FS

var (
	htmlTemplates = template.Must(template.ParseFS(files, "templates/*.html"))
	textTemplates = texttemplate.Must(texttemplate.ParseFS(files, "templates/*.txt"))
)

// Transport takes a rendered message for one recipient. *SMTP and *Catcher are its implementations.
type Transport interface {
	Send(ctx context.Context, from, to string, message []byte) error
}

// Mailer renders and sends the mails of an instance.
type Mailer struct {
	Transport   Transport
	Mailboxes   *mailbox.Service
	Roll        *roll.Service
	Signing     *signing.Service
	Invitations *invitation.Service
	News        *news.Service
	Letters     *letter.Service
	Accounts    *account.Service
	Deliveries  *delivery.Service
	Inbox       *inbox.Service
	Sign        *DKIM // nil sends unsigned
	Site        string
	From        string // address of the sender
	BaseURL     string
	Workers     int
	Rate        int // mails a second, 0 for no limit
	Log         *slog.Logger

	mu     sync.Mutex
	next   time.Time               // when the next mail may be sent; guarded by mu
	last   letter.Letter           // the one of the last mail; guarded by mu
	read   time.Time               // when last was read; guarded by mu
	issues map[issueKey]issueItems // what mails to followers tell; guarded by mu
	said   map[string]time.Time    // when the log was told last of a relay's answer; guarded by mu

	pace  pace
	takes atomic.Bool // the relay has taken a mail since it took none, and the database knows
}

// Register hands the kinds of mail to the runner.
func (m *Mailer) Register(r *job.Runner) {
	workers := m.Workers
	if m.Rate > 0 {
		workers = min(workers, 10*m.Rate) // nobody waits longer than ten seconds for a turn
	}
	gate := &job.Gate{Wait: m.pace.wait}
	for _, k := range m.kinds() {
		k.handle(m, r, workers, gate)
	}
	job.Handle(r, m.tellEditors, job.Limit(1))
	job.Handle(r, m.tellDue, job.Limit(1))
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

// hand gives the transport a mail when its turn has come. It is called only for what is sent: jobs that are settled take
// nobody's turn.
func (m *Mailer) hand(ctx context.Context, id int64, p page) error {
	if err := m.wait(ctx); err != nil {
		return err
	}
	message, err := m.render(id, p)
	if err != nil {
		return job.Dead(job.Code("render", err))
	}
	may, tries := m.pace.enter(ctx)
	if !may {
		return job.Later(0) // the gate is shut meanwhile
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < submitTimeout/2 { // it waited for long, and must not be cut off while it is handed over
		m.pace.leave(tries)
		return job.Later(0)
	}
	return m.settle(ctx, id, p.to, tries, m.Transport.Send(ctx, m.returnPath(p), p.to, message))
}

// returnPath is where notices about a mail go (RFC 5321, 4.4): to an address that tells which mail it is.
func (m *Mailer) returnPath(p page) string {
	switch back := m.Mailboxes.ReturnAddress(p.back); {
	case p.replied:
		return ""
	case back == "" || p.back.Sent == 0:
		return m.From
	default:
		return back
	}
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

// page is a mail before it is rendered.
type page struct {
	to    string  // an address
	about content // what every template sees
	data  any     // what those of this mail see: about, alone or within more

	template    string // "" for that of its kind
	subject     string // "" for that of its template
	replyTo     string // the address that answers reach, "" for the sender's
	unsubscribe string // the token that ends mails of this kind, "" if they cannot be ended
	back        mailbox.Return
	replied     bool   // a machine answers somebody by it, so nothing may come back of it (RFC 3834)
	repliesTo   string // the id of the message that was answered, with <>, "" for one that has none

	personal bool   // somebody wrote it, or had it written, to this one reader
	sender   string // whose name it bears, "" for the site's
	thread   thread
	files    []attached
}

// thread names a mail, and the one that it goes on from, where there are several to one reader.
type thread struct{ id, after string }

// attached is a file that goes with a mail.
type attached struct {
	name, contentType string
	data              []byte
}

// content is what the templates of every mail see.
type content struct {
	L        *i18n.Locale
	Site     string
	Title    string // of the letter
	Lang     string // of the title
	TitleDir string
	Link     string // where the mail leads
}

// Kept is for how many days what is sealed outlives a letter, in words.
func (c content) Kept() string { return c.L.N("counts.days_n", letter.KeptDays) }

// contentOf is what every mail about a letter holds, in a language.
func (m *Mailer) contentOf(language string, l letter.Letter) content {
	locale := i18n.Find(language)
	if locale == nil {
		locale = i18n.Find(i18n.Default)
	}
	title := l.Edition.Text(language)
	return content{L: locale, Site: text.Shown.Line(m.Site), Title: text.Shown.Line(title.Name()), Lang: title.Language, TitleDir: i18n.Direction(title.Language)}
}

// about is contentOf for a letter that is to be read first.
func (m *Mailer) about(ctx context.Context, language string, id letter.ID) (content, error) {
	l, err := m.letter(ctx, id)
	if err != nil {
		return content{}, err
	}
	return m.contentOf(language, l), nil
}

// leads are the names of a letter's lead organisations in a language.
func leads(locale *i18n.Locale, l letter.Letter) (names []string) {
	for _, o := range l.Leads {
		names = append(names, text.Shown.Line(o.Name(locale.Code, i18n.Default)))
	}
	return names
}

// titled is a subject that names the letter.
func (c content) titled(key string) string { return text.Shown.Line(c.L.T(key, "Title", c.Title)) }

// pages is the address under which the site's pages are in a language.
func (m *Mailer) pages(l *i18n.Locale) string {
	if l.Code == i18n.Default {
		return m.BaseURL
	}
	return m.BaseURL + "/" + l.Code
}

// render returns a mail as it is sent, signed if the instance signs.
func (m *Mailer) render(id int64, p page) ([]byte, error) {
	var plain, rich, out bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&plain, p.template+".txt", p.data); err != nil {
		return nil, fmt.Errorf("mail: %s.txt: %w", p.template, err)
	}
	if err := htmlTemplates.ExecuteTemplate(&rich, p.template+".html", p.data); err != nil {
		return nil, fmt.Errorf("mail: %s.html: %w", p.template, err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent()) // which library writes the mail is nobody's business
	sender := m.Site
	if p.sender != "" {
		sender = p.sender
	}
	msg.FromMailAddress(&netmail.Address{Name: text.Shown.Line(sender), Address: m.From})
	if err := msg.To(p.to); err != nil {
		return nil, fmt.Errorf("mail: to: %w", err)
	}
	if answers := m.answersTo(p); len(answers) > 0 {
		msg.ReplyToMailAddress(answers...)
	}
	msg.Subject(p.subject)
	msg.SetDateWithValue(time.UnixMilli(m.Signing.DB.Now().UnixMilli()))
	if p.thread.id == "" {
		p.thread.id = "job." + strconv.FormatInt(id, 36) // the same each time a job is tried
	}
	msg.SetMessageIDWithValue(messageID(p.thread.id, m.From))
	if p.thread.after != "" {
		after := "<" + messageID(p.thread.after, m.From) + ">"
		msg.SetGenHeader(gomail.HeaderInReplyTo, after)
		msg.SetGenHeader(gomail.HeaderReferences, after)
	}
	if p.repliesTo != "" {
		msg.SetGenHeader(gomail.HeaderInReplyTo, p.repliesTo)
		msg.SetGenHeader(gomail.HeaderReferences, p.repliesTo)
	}
	switch {
	case p.replied:
		msg.SetGenHeader("Auto-Submitted", "auto-replied")
	case !p.personal:
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	msg.SetGenHeader(gomail.HeaderContentLang, p.about.L.Code)
	if p.unsubscribe != "" { // a mail program can end these mails by one press, without a page (RFC 8058)
		ways := "<" + m.BaseURL + "/unsubscribe/" + p.unsubscribe + ">"
		if ends := p.back; ends.Sent != 0 && m.Mailboxes.Inbox != "" {
			ends.Ends = true
			ways += ", <mailto:" + m.Mailboxes.ReturnAddress(ends) + "?subject=unsubscribe>"
		}
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, ways)
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, plain.String())
	msg.AddAlternativeString(gomail.TypeTextHTML, rich.String())
	for _, f := range p.files {
		if err := msg.AttachReader(f.name, bytes.NewReader(f.data), gomail.WithFileContentType(gomail.ContentType(f.contentType))); err != nil {
			return nil, fmt.Errorf("mail: attach: %w", err)
		}
	}
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("mail: write: %w", err)
	}
	if m.Sign == nil {
		return out.Bytes(), nil
	}
	return m.Sign.sign(out.Bytes())
}

// answersTo are the addresses that answers to a mail reach: the person it names, and the inbox, so that nothing is lost to either.
func (m *Mailer) answersTo(p page) (to []*netmail.Address) {
	if p.replyTo != "" {
		to = append(to, &netmail.Address{Address: p.replyTo})
	}
	if back := m.Mailboxes.ReturnAddress(p.back); back != "" && p.back.Sent != 0 {
		to = append(to, &netmail.Address{Address: back})
	}
	return to
}

// messageID is the name of a mail on the sender's domain.
func messageID(name, from string) string {
	return name + "@" + from[strings.LastIndexByte(from, '@')+1:]
}
