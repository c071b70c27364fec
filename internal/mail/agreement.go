package mail

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
)

// leading is what a mail to one who speaks for a lead organisation needs.
type leading struct {
	letter.LeadEnvelope
	says    string
	address string
}

// leading is the envelope of a mail about a letter's next edition. It goes to who ended mails, too: their organisation's name stands
// at the letter's head.
func (m *Mailer) leading(ctx context.Context, j letter.LeadMail) (e leading, send bool, err error) {
	e.says = j.Says
	if e.LeadEnvelope, send, err = m.Letters.Agreements.Envelope(ctx, j); err != nil || !send {
		return e, false, err
	}
	if e.address = e.Address; j.User == 0 {
		return e, true, nil
	}
	u, there, err := m.editor(ctx, j.Letter, j.User)
	e.address = u.Email
	return e, there, err
}

// nextText is what the templates of a mail about a letter's next edition see.
type nextText struct {
	content
	Says    string // in a sentence
	Follows string // what it asks of signers
	Due     string // when it is published by itself, in a sentence; ""
	Press   string // what the link is for
}

// agreement tells a lead organisation of the letter's next text, and leads to where it approves or objects.
func (m *Mailer) agreement(_ context.Context, e leading) (page, error) {
	c := m.contentOf(e.Language, e.Letter)
	c.Link = m.pages(c.L) + "/desk/letters/" + e.Letter.Slug + "/agreement"
	if e.Token != "" {
		c.Link = m.pages(c.L) + "/circulation/" + e.Token
	}
	data := nextText{content: c, Says: c.L.T("mail.agreement." + e.says + ".says"), Press: c.L.T("mail.agreement.look")}
	if e.says == letter.SaysApprove || e.says == letter.SaysChanged {
		data.Press = c.L.T("mail.agreement.press")
		data.Follows = c.L.T("follows.as_" + string(e.Agreement.Follows))
		if due := e.Agreement.Due; !due.IsZero() {
			data.Due = c.L.T("agreement.due", "Time", c.L.DateTime(due, e.Letter.Deadline.Zone))
		}
	}
	return page{template: "agreement", to: e.address, about: c, subject: c.titled("mail.agreement." + e.says + ".subject"), data: data}, nil
}
