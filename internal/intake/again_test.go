package intake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
)

// wait checks how many mails of the letter wait, and how many are kept at all.
func (d *desk) wait(of string, ids []int64, want ...bool) {
	d.T.Helper()
	if err := d.Inbox.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	for i, id := range ids {
		m, err := d.Inbox.Find(d.T.Context(), d.Letter.ID, id)
		if waits := err == nil && m.State == inbox.Waits && m.Became == 0; waits != want[i] {
			d.T.Errorf("%s: mail %d waits: %v, want %v (%s, %v)", of, i+1, waits, want[i], m.State, err)
		}
	}
}

// signOns takes mails in that ask to sign, one that does not, and one that no line can be made of, and proposes them as a list.
func (d *desk) signOns() (ids []int64, list int64) {
	d.T.Helper()
	d.Mailboxes.Inbox = "letters@varrow.example"
	d.Inbox.Lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("no DNS here") }
	to := "To: " + d.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: d.Letter.ID})
	for _, text := range []string{reply("I sign.\n", to), strings.ReplaceAll(reply("Who pays for it? I do not sign.\n", to), "mina", "yva"),
		strings.Replace(reply("We sign.\n", to), "<mina@river.example>", "<a@river.example>, b@river.example", 1)} {
		id, err := d.Inbox.Receive(d.T.Context(), inbox.Came{Raw: []byte(text)})
		if err != nil {
			d.T.Fatal(err)
		}
		ids = append(ids, id)
	}
	d.Work("inbox.sort")
	list, err := d.Intake.ProposeMails(d.T.Context(), d.Letter, ids, roll.Public, "", 1)
	if err != nil {
		d.T.Fatal(err)
	}
	return ids, list
}

// A mail is a line of a list only where that line is taken in: left out, it waits again at once, and nothing destroys it.
func TestProposeMails_leftOutWaitsAgain(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ids, list := d.signOns()
		d.wait("proposed", ids, false, false, false)
		if err := d.Intake.Skip(t.Context(), d.Letter.ID, list, []int{2}, 1); err != nil {
			t.Fatal(err)
		}
		p, plan, err := d.Intake.PlanProposal(t.Context(), d.Letter, list)
		if err != nil {
			t.Fatal(err)
		}
		if last := plan.Lines[len(plan.Lines)-1]; last.Line != 3 || last.Fault == nil {
			t.Fatalf("nothing shows what becomes of a mail that cannot be added: %+v", last)
		}
		if err := d.Intake.ApplyProposal(t.Context(), d.Letter.ID, list, p.Version, 2); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		d.wait("added", ids, false, true, true)
		d.Clock.Advance(25 * time.Hour)
		if err := d.Intake.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.wait("a day later", ids, false, true, true)
	})
}

func TestDiscard_mailsWaitAtOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ids, list := d.signOns()
		if err := d.Intake.Discard(t.Context(), d.Letter.ID, list, 1); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != len(ids) {
			t.Errorf("%d of %d wait, %v", n, len(ids), err)
		}
		d.wait("discarded", ids, true, true, true)
	})
}

// A list that is undone while it is taken in gives its mails back.
func TestUndo_mailsWaitAtOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ids, list := d.signOns()
		p, _, err := d.Intake.PlanProposal(t.Context(), d.Letter, list)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Intake.ApplyProposal(t.Context(), d.Letter.ID, list, p.Version, 2); err != nil {
			t.Fatal(err)
		}
		d.Work("intake.apply")
		if _, _, err := d.Intake.Undo(t.Context(), d.Letter.ID, list, nil); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != len(ids) {
			t.Errorf("%d of %d wait, %v", n, len(ids), err)
		}
	})
}
