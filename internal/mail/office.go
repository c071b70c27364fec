package mail

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/text"
)

// office is what the templates of a mail to an office see. None of it was typed with the office's link.
type office struct {
	content
	Says  string
	Lines []string
	Leads []string
}

// office asks an office for its own view, asks whether what was typed is from it, or tells it what became of what it stated.
func (m *Mailer) office(_ context.Context, e delivery.OfficeEnvelope) (page, error) {
	c := m.contentOf(e.Language, e.Letter)
	key := "mail.office." + e.Says
	until := c.L.DateTime(e.Until, time.UTC)
	o := office{content: c, Says: e.Says, Leads: leads(c.L, e.Letter)}
	o.Lines = []string{text.Shown.Line(c.L.T(key+".text", "Number", c.L.Digits(e.Number), "Until", until, "Date", c.L.Date(e.At)))}
	switch e.Says {
	case delivery.OfficeAsk:
		o.Link = m.pages(c.L) + "/office/" + e.Token
	case delivery.OfficeConfirm, delivery.OfficeWithdraw:
		o.Link = m.pages(c.L) + "/office/confirm/" + e.Token
	default:
		o.Link = m.pages(c.L) + "/letters/" + e.Letter.Slug + "/demands/" + e.Number
	}
	if e.Says == delivery.OfficeRefused {
		o.Lines = append(o.Lines, c.L.T("stated.reason."+string(e.Reason)))
	}
	return page{to: e.Address, about: c, subject: c.titled(key + ".subject"), data: o}, nil
}
