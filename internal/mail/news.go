package mail

import (
	"context"
	"strconv"

	"github.com/undersigned/undersigned/internal/signing"
)

// extension is what the templates of a later deadline see.
type extension struct {
	content
	Deadline string
	Stop     string // the page that ends mails of this kind
}

// extension tells a signer who asked for news that the deadline was moved.
func (m *Mailer) extension(ctx context.Context, e signing.Envelope) (page, error) {
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return page{}, err
	}
	c := m.contentOf(languageOf(e, l), l)
	c.Link = m.pages(c.L) + "/letters/" + l.Slug
	deadline := ""
	if l.Deadline.IsSet() {
		deadline = c.L.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	return page{to: e.Address, about: c, subject: c.titled("mail.extension.subject"), unsubscribe: e.Unsubscribe,
		data: extension{c, deadline, m.pages(c.L) + "/unsubscribe/" + e.Unsubscribe}}, nil
}

// changedText is what the templates see that ask about a changed text.
type changedText struct {
	confirmation
	Changes string // the page that shows what changed
}

// changedText asks a signer whether they sign the changed text too.
func (m *Mailer) changedText(ctx context.Context, e signing.Envelope) (page, error) {
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return page{}, err
	}
	c := m.contentOf(e.Language, l)
	c.Link = m.pages(c.L) + "/confirm/" + e.Token
	changes := m.pages(c.L) + "/letters/" + l.Slug + "/editions/" + strconv.Itoa(e.Edition) + "/diff/" + strconv.Itoa(e.From)
	return page{to: e.Address, about: c, subject: c.titled("mail.text.subject"),
		data: changedText{confirmation{c, c.L.T("listing_hint." + string(e.Listing))}, changes}}, nil
}
