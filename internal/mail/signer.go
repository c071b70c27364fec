package mail

import (
	"context"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// confirmation is what the templates see that ask for a confirmation.
type confirmation struct {
	content
	Listing  string // who will see the name, in a sentence
	Informed string // words by which the lead organisations may write to the signer, "" unless they were ticked
}

// toConfirm asks whoever has signed, or is said to have, to confirm it.
func (m *Mailer) toConfirm(ctx context.Context, e signing.Envelope) (page, error) {
	c, err := m.about(ctx, e.Language, e.Letter)
	if err != nil {
		return page{}, err
	}
	c.Link = m.pages(c.L) + "/confirm/" + e.Token
	return page{to: e.Address, about: c, data: confirmation{c, c.L.T("listing_hint." + string(e.Listing)), text.Shown.Line(e.Informed)}}, nil
}

// turn holds a confirmation back while too many are asked for at its domain, unless the owner of the mailbox asks.
func (m *Mailer) turn(j signing.ConfirmMail, e signing.Envelope) time.Duration {
	a, f := text.ParseAddress(e.Address)
	if f != nil || e.Owner {
		return 0
	}
	return m.Mailboxes.Turn(j.Pending, a)
}

// accepted has the hours to confirm run from now on if the mail waited for long, and ends a block by an earlier refusal.
func (m *Mailer) accepted(ctx context.Context, pending int64, e signing.Envelope) error {
	if !e.Late && !e.Again {
		return nil
	}
	return m.Signing.Accepted(ctx, pending, e)
}

// code is what the templates of a code see.
type code struct {
	content
	Code string
}

// freshCode sends the code by which a browser other than the signer's can confirm.
func (m *Mailer) freshCode(ctx context.Context, e signing.Envelope) (page, error) {
	c, err := m.about(ctx, e.Language, e.Letter)
	if err != nil {
		return page{}, err
	}
	return page{to: e.Address, about: c, data: code{c, e.Code}}, nil
}

// decided tells a signer what became of a signature that was held.
func (m *Mailer) decided(ctx context.Context, e signing.Envelope) (page, error) {
	c, err := m.about(ctx, e.Language, e.Letter)
	if err != nil {
		return page{}, err
	}
	c.Link = m.pages(c.L) + "/signature"
	return page{to: e.Address, about: c, data: c}, nil
}

// asked is what a question to the signer of a held signature needs.
type asked struct {
	signing.Envelope
	text     string
	answerTo string // the address of who asks
}

// asked is the envelope of a question. The answer reaches who asks; until then they do not know whom they have asked.
func (m *Mailer) asked(ctx context.Context, j signing.QuestionMail) (a asked, send bool, err error) {
	if a.Envelope, a.text, send, err = m.Signing.Holds.Question(ctx, j); err != nil || !send {
		return a, false, err
	}
	asker, there, err := m.editor(ctx, a.Letter, j.User)
	a.answerTo = asker.Email
	return a, there, err // without an asker nobody would get the answer
}

// question is what the templates of a question see.
type question struct {
	content
	From  string   // the organisations of who asks
	Lines []string // of the question
}

// question asks a signer something about a held signature.
func (m *Mailer) question(ctx context.Context, a asked) (page, error) {
	l, err := m.letter(ctx, a.Letter)
	if err != nil {
		return page{}, err
	}
	c := m.contentOf(a.Language, l)
	c.Link = m.pages(c.L) + "/signature"
	var lines []string
	for typed := range strings.Lines(a.text) {
		lines = append(lines, text.Shown.Line(typed))
	}
	return page{to: a.Address, about: c, subject: c.titled("mail.question.subject"), replyTo: a.answerTo,
		data: question{c, strings.Join(leads(c.L, l), ", "), lines}}, nil
}
