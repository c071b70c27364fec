package intake

import (
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake/roster"
)

// Roster returns mails as a list of signatories, a line for each: its sender, and what the text says of them in lines such
// as "Organisation: River Watch". What else the text says is for somebody to read.
func Roster(f *inbox.File) *roster.Roster {
	r := &roster.Roster{SHA256: f.SHA256}
	for _, m := range f.Mails {
		e := roster.Labelled(m.Number, m.Text, m.Name)
		e.Sent, e.Subject, e.Text = m.At, m.Subject, m.Text
		e.Email, e.Language, e.Fault, e.Writer = m.Address, m.Language, m.Fault, roster.Claimed // whatever address the text gives
		switch m.Vouched {
		case inbox.Signed:
			e.Writer = roster.Sender
		case inbox.Altered:
			e.Notes = append(e.Notes, roster.NoteAltered)
		case inbox.Unknown:
			e.Notes = append(e.Notes, roster.NoteNoKey)
		}
		r.Entries = append(r.Entries, e)
	}
	return r
}
