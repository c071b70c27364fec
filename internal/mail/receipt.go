package mail

import (
	"context"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/text"
)

// receipt is what its templates see. Nothing of what the mail says is in it: it may be from anybody.
type receipt struct {
	content
	Confirms bool // they have answered the mail by which they are to confirm
}

// receipt says to whoever wrote that their mail has arrived, and that a machine says so.
func (m *Mailer) receipt(_ context.Context, i inbox.Incoming) (page, error) {
	locale := i18n.Find(i.Sorted.Language)
	if locale == nil {
		locale = i18n.Find(i18n.Default)
	}
	c := content{L: locale, Site: text.Shown.Line(m.Site)}
	return page{to: i.Sorted.Address, about: c, repliesTo: i.Sorted.ReplyID,
		data: receipt{c, i.Sorted.To.Sent == mailbox.Confirmation || i.Sorted.To.Sent == mailbox.Following}}, nil
}
