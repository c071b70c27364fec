package mail

import (
	"context"
	"errors"
	"log/slog"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
)

// draft is what a mail says of a text that is not public yet.
type draft struct {
	Soft, Hard string // until when answers are asked for, and taken
	SHA256     string // of the frozen text
	Number     int    // of the edition that it is to become
	Asks       string // what for, unless the mail tells the hash
	Stop       string // the page that ends mails of this kind
}

// sendReader sends somebody who reads a draft their link, or the hash of the text that was frozen.
func (m *Mailer) sendReader(ctx context.Context, id int64, j letter.ReaderMail) error {
	e, send, err := m.Letters.Circulations.Envelope(ctx, j)
	if err != nil || !send {
		return err
	}
	unsubscribe := ""
	if j.Says != letter.SaysFrozen { // that one they were promised
		may, token, err := m.Signing.MayInvite(ctx, e.Address)
		if err != nil || !may {
			return err
		}
		unsubscribe = token
	}
	err = m.hand(ctx, e.Address, func() ([]byte, error) { return m.renderReader(id, j.Says, e, unsubscribe) })
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		m.Log.LogAttrs(ctx, slog.LevelInfo, "mail_refused", slog.Int64("job", id), slog.Int("code", refusal.Code))
		return m.Letters.Circulations.Refused(ctx, j.Reader)
	}
	return err
}

func (m *Mailer) renderReader(id int64, says string, e letter.ReaderEnvelope, unsubscribe string) ([]byte, error) {
	c := m.contentOf(e.Language, e.Letter)
	c.Link = m.BaseURL + languagePrefix(c.L) + "/circulation/" + e.Token
	c.Draft = &draft{Soft: c.L.DateTime(e.Circulation.Soft, e.Circulation.Zone), Hard: c.L.DateTime(e.Circulation.Hard, e.Circulation.Zone),
		SHA256: e.Circulation.FrozenSHA256, Number: e.Letter.Edition.Number}
	if unsubscribe != "" {
		c.Draft.Asks = c.L.T("mail." + says + ".asked")
		c.Draft.Stop = m.BaseURL + languagePrefix(c.L) + "/unsubscribe/" + unsubscribe
	}
	template := "circulation"
	if says == letter.SaysFrozen {
		template = says
	}
	msg, err := m.compose(id, template, e.Address, c.L, c)
	if err != nil {
		return nil, err
	}
	msg.Subject(c.L.T("mail." + says + ".subject"))
	if unsubscribe != "" {
		m.unsubscribable(msg, signing.Envelope{Unsubscribe: unsubscribe})
	}
	return m.finish(msg)
}
