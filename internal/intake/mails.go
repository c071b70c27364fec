package intake

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

// ProposeMails keeps mails that came in for a letter as a list, as Propose does one that was read from a file. They wait again when that list
// is thrown away.
func (s *Service) ProposeMails(ctx context.Context, l letter.Letter, ids []int64, listing roll.Listing, kind verify.Kind, by int64) (id int64, err error) {
	if len(ids) == 0 {
		return 0, fault.New(fault.Invalid, "intake.no_mails")
	}
	if len(ids) > MaxLines {
		return 0, fault.New(fault.TooLarge, "intake.long", "Limit", MaxLines)
	}
	ids = slices.Clone(ids)
	slices.Sort(ids) // as they came
	ids = slices.Compact(ids)
	var mails []inbox.Incoming
	sum := sha256.New()
	for _, of := range ids {
		m, err := s.Inbox.Find(ctx, l.ID, of)
		if err != nil {
			return 0, err
		}
		mails = append(mails, m)
		_ = binary.Write(sum, binary.BigEndian, of)
	}
	list := Roster(inbox.FileOf(mails))
	list.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s.Propose(ctx, Import{Letter: l, List: list, Basis: verify.ByReply, Listing: listing, Kind: kind, Mails: ids}, by)
}

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
