package mail

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// sendExtension tells a signer who asked for news that the deadline was moved.
func (m *Mailer) sendExtension(ctx context.Context, id int64, j signing.ExtensionMail) error {
	e, send, err := m.Signing.ExtensionEnvelope(ctx, j)
	if err != nil || !send {
		return err
	}
	return unlessRefused(m.deliver(ctx, id, "extension", e))
}

// sendText asks a signer whether they sign the changed text too.
func (m *Mailer) sendText(ctx context.Context, id int64, j signing.TextMail) error {
	e, send, err := m.Signing.Envelope(ctx, j.Pending)
	if err != nil || !send {
		return err
	}
	e.From = j.From
	return unlessRefused(m.deliver(ctx, id, "text", e))
}

// question is what the templates of a question to a signer see.
type question struct {
	content
	From  string   // the organisation of who asks
	Lines []string // of the question
}

// sendQuestion asks a signer something about a held signature. The answer reaches who asks; until then they do not know whom
// they have asked.
func (m *Mailer) sendQuestion(ctx context.Context, id int64, j signing.QuestionMail) error {
	e, text, send, err := m.Signing.Question(ctx, j)
	if err != nil || !send {
		return err
	}
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return err
	}
	asker, there, err := m.editor(ctx, e.Letter, j.User)
	if err != nil || !there { // nobody would get the answer
		return err
	}
	return unlessRefused(m.hand(ctx, e.Address, func() ([]byte, error) { return m.renderQuestion(id, e, l, text, asker.Email) }))
}

func (m *Mailer) renderQuestion(id int64, e signing.Envelope, l letter.Letter, text, answerTo string) ([]byte, error) {
	q := question{content: m.contentOf(e.Language, l)}
	for _, o := range l.Leads {
		q.From = strings.TrimPrefix(q.From+", "+line(o.Name(q.L.Code, i18n.Default)), ", ")
	}
	for typed := range strings.Lines(text) {
		q.Lines = append(q.Lines, line(typed))
	}
	q.Link = m.BaseURL + languagePrefix(q.L) + "/signature"
	msg, err := m.compose(id, "question", e.Address, q.L, q)
	if err != nil {
		return nil, err
	}
	if err := msg.ReplyTo(answerTo); err != nil {
		return nil, err
	}
	msg.Subject(line(q.L.T("mail.question.subject", "Title", q.Title)))
	return m.finish(msg)
}

// unlessRefused forgets a refusal: these mails ask for nothing that has to arrive.
func unlessRefused(err error) error {
	if _, ok := errors.AsType[*Refusal](err); ok {
		return nil
	}
	return err
}

// news is what the templates of these mails see.
type news struct {
	content
	Deadline  string
	LetterURL string
	Changes   string // the page that shows what changed in the text
	Stop      string // the page that ends mails of this kind
}

func (m *Mailer) renderNews(id int64, kind string, e signing.Envelope, l letter.Letter, c content) ([]byte, error) {
	site := m.BaseURL + languagePrefix(c.L)
	n := news{content: c, LetterURL: site + "/letters/" + l.Slug}
	n.Link = n.LetterURL
	if l.Deadline.IsSet() {
		n.Deadline = c.L.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	if kind == "text" {
		n.Link = site + "/confirm/" + e.Token
		n.Changes = n.LetterURL + "/editions/" + strconv.Itoa(e.Edition) + "/diff/" + strconv.Itoa(e.From)
		n.Listing = c.L.T("listing_hint." + string(e.Listing))
	} else {
		n.Stop = site + "/unsubscribe/" + e.Unsubscribe
	}
	msg, err := m.compose(id, kind, e.Address, c.L, n)
	if err != nil {
		return nil, err
	}
	msg.Subject(line(c.L.T("mail."+kind+".subject", "Title", c.Title)))
	if e.Unsubscribe != "" {
		m.unsubscribable(msg, e)
	}
	return m.finish(msg)
}

// summaryMail tells an editor how a letter closed.
type summaryMail struct {
	Letter letter.ID `json:"letter"`
	User   int64     `json:"user"`
}

// Kind names the job.
func (summaryMail) Kind() string { return "mail.summary" }

// tellEditors makes a mail to each of those who may write for a letter that has closed.
func (m *Mailer) tellEditors(ctx context.Context, _ int64, j letter.Ended) error {
	editors, err := m.Accounts.Editors(ctx, int64(j.Letter))
	if err != nil || len(editors) == 0 {
		return err
	}
	return m.Accounts.DB.Update(ctx, func(tx *store.Tx) error {
		for _, u := range editors {
			key := "summary " + strconv.FormatInt(int64(j.Letter), 36) + " " + strconv.FormatInt(u.ID, 36)
			if err := job.EnqueueUnique(tx, tx.Now(), key, summaryMail{j.Letter, u.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// summary is what the templates of a summary see.
type summary struct {
	content
	Organisations, Persons string
	Held                   string // "" when nothing waits to be decided
	DeskURL                string
}

// sendSummary tells an editor how many signed and what is still to be done.
func (m *Mailer) sendSummary(ctx context.Context, id int64, j summaryMail) error {
	u, there, err := m.editor(ctx, j.Letter, j.User)
	if err != nil || !there {
		return err
	}
	l, err := m.letter(ctx, j.Letter)
	if err != nil {
		return err
	}
	counts, _, _, err := m.Roll.Summary(ctx, j.Letter, 0)
	if err != nil {
		return err
	}
	held, err := m.Signing.CountHeld(ctx, j.Letter)
	if err != nil {
		return err
	}
	return unlessRefused(m.hand(ctx, u.Email, func() ([]byte, error) { return m.renderSummary(id, l.Edition.Language, l, u.Email, counts, held) }))
}

func (m *Mailer) renderSummary(id int64, language string, l letter.Letter, address string, counts roll.Counts, held int) ([]byte, error) {
	x := summary{content: m.contentOf(language, l)}
	x.Organisations, x.Persons = x.L.N("mail.summary.organisations", counts.Organisations), x.L.N("mail.summary.persons", counts.Persons)
	x.DeskURL = m.BaseURL + languagePrefix(x.L) + "/desk/letters/" + l.Slug
	if held > 0 {
		x.Held = x.L.N("mail.summary.held", held)
	}
	msg, err := m.compose(id, "summary", address, x.L, x)
	if err != nil {
		return nil, err
	}
	msg.Subject(line(x.L.T("mail.summary.subject", "Title", x.Title)))
	return m.finish(msg)
}
