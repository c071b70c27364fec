package mail

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
)

// reading is what a mail to somebody who reads a draft needs.
type reading struct {
	letter.ReaderEnvelope
	says        string
	unsubscribe string // "" for the mail that holds the hash
}

// reading is the envelope of a reader, to whom nothing goes that they were not promised once they have ended all mails.
func (m *Mailer) reading(ctx context.Context, j letter.ReaderMail) (r reading, send bool, err error) {
	r.says = j.Says
	if r.ReaderEnvelope, send, err = m.Letters.Circulations.Envelope(ctx, j); err != nil || !send || j.Says == letter.SaysFrozen {
		return r, send, err
	}
	send, r.unsubscribe, err = m.Mailboxes.MayInvite(ctx, r.Address)
	return r, send, err
}

// draft is what the templates of a mail about a text see that is not public yet.
type draft struct {
	content
	Asks       string // what for, unless the mail tells the hash
	Soft, Hard string // until when answers are asked for, and taken
	SHA256     string // of the frozen text
	Number     int    // of the edition that it is to become
	Stop       string // the page that ends mails of this kind
}

// circulation sends somebody who reads a draft their link, or the hash of the text that was frozen.
func (m *Mailer) circulation(_ context.Context, r reading) (page, error) {
	c := m.contentOf(r.Language, r.Letter)
	c.Link = m.pages(c.L) + "/circulation/" + r.Token
	p := page{to: r.Address, about: c, subject: c.L.T("mail." + r.says + ".subject"), unsubscribe: r.unsubscribe}
	if r.says == letter.SaysFrozen {
		p.template = "frozen"
		p.data = draft{content: c, SHA256: r.Circulation.FrozenSHA256, Number: r.Letter.Edition.Number}
		return p, nil
	}
	p.data = draft{content: c, Asks: c.L.T("mail." + r.says + ".asked"), Stop: m.pages(c.L) + "/unsubscribe/" + r.unsubscribe,
		Soft: c.L.DateTime(r.Circulation.Soft, r.Circulation.Zone), Hard: c.L.DateTime(r.Circulation.Hard, r.Circulation.Zone)}
	return p, nil
}
