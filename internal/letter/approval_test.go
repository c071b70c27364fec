package letter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// paint is an act of this test: it writes a line of the trail for each coat.
type paint struct {
	Coats int `json:"coats"`
}

func (paint) Act() string { return "paint" }

// member joins Harbour in a role.
func member(t *testing.T, accounts *account.Service, owner *account.Session, role account.Role, name string) *account.Session {
	t.Helper()
	link, err := accounts.Enrolments.NewJoin(t.Context(), "harbour", role, name, name+"@harbour.example", owner.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	return enrolBy(t, accounts, link, account.Joining{Name: name, Email: name + "@harbour.example"})
}

// An act and the word that allows it are one transaction: who may not ask or decide changes nothing, and an act that fails,
// as one does whose process is killed, was not approved and waits on.
func TestApproval_isOneTransactionWithItsAct(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		accounts := account.New(d.DB, d.Keys)
		var broken error
		account.Register(accounts, account.Act[paint]{Ask: account.Reviewer, Decide: account.Editor,
			Alone: func(p paint) account.Share {
				if p.Coats == 1 {
					return account.Share{}
				}
				return account.Share{Takes: max(p.Coats, 1)}
			},
			Check: func(_ *store.Tx, _ letter.ID, p paint) error {
				if p.Coats < 1 {
					return fault.New(fault.Invalid, "form.encoding")
				}
				return nil
			},
			Again: func(a, waiting paint) *fault.Error {
				if a != waiting {
					return nil
				}
				return fault.New(fault.Conflict, "intake.asked")
			},
			Do: func(tx *store.Tx, l letter.ID, p paint, by int64) error {
				for range p.Coats {
					if err := account.Record(tx, account.Entry{User: by, Letter: l, Act: "test.painted"}); err != nil {
						return err
					}
				}
				return broken
			},
			Page: func(paint) string { return "/paint" }})
		ada := enrol(t, accounts, "ada@harbour.example")
		l := d.write(letter.Import{Text: *english("Open it."), Settings: letter.Settings{Leads: []string{"harbour"}}})
		painted := func(want int) {
			t.Helper()
			trail, err := accounts.Trail(ctx, 0, l.ID, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, e := range trail {
				if e.Act == "test.painted" {
					n++
				}
			}
			if n != want {
				t.Errorf("painted %d times, want %d", n, want)
			}
		}
		if waits, err := accounts.Approvals.Carry(ctx, l.ID, paint{2}, ada.User.ID); waits || err != nil {
			t.Errorf("the only member: %v, %v", waits, err)
		}
		painted(2)
		ben, rae, viv := member(t, accounts, ada, account.Editor, "ben"), member(t, accounts, ada, account.Reviewer, "rae"), member(t, accounts, ada, account.Viewer, "viv")
		if _, err := accounts.Approvals.Carry(ctx, l.ID, paint{1}, viv.User.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a viewer asks: %v", err)
		}
		if waits, err := accounts.Approvals.Carry(ctx, l.ID, paint{1}, rae.User.ID); waits || err != nil {
			t.Errorf("one coat: %v, %v", waits, err)
		}
		if waits, err := accounts.Approvals.Carry(ctx, l.ID, paint{3}, rae.User.ID); !waits || err != nil {
			t.Errorf("three coats: %v, %v", waits, err)
		}
		if _, err := accounts.Approvals.Carry(ctx, l.ID, paint{3}, ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		if _, err := accounts.Approvals.Carry(ctx, l.ID, paint{0}, ada.User.ID); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing is asked: %v", err)
		}
		painted(3)
		list, err := accounts.Approvals.Waiting(ctx, l.ID)
		if err != nil || len(list) != 1 || list[0].Asks != account.Proposed(paint{3}) || list[0].Page != "/paint" || list[0].AskedBy.ID != rae.User.ID {
			t.Fatalf("%+v, %v", list, err)
		}
		id := list[0].ID
		if err := accounts.Approvals.Decide(ctx, l.ID, id, rae.User.ID, true); !fault.Is(err, fault.Forbidden) {
			t.Errorf("who asked approves: %v", err)
		}
		if err := accounts.Approvals.Decide(ctx, l.ID, id, viv.User.ID, true); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a viewer approves: %v", err)
		}
		if broken = errors.New("killed"); !errors.Is(accounts.Approvals.Decide(ctx, l.ID, id, ben.User.ID, true), broken) {
			t.Error("the act's error is lost")
		}
		painted(3)
		if list, err = accounts.Approvals.Waiting(ctx, l.ID); err != nil || len(list) != 1 {
			t.Fatalf("an approved act is lost: %+v, %v", list, err)
		}
		if broken = nil; accounts.Approvals.Decide(ctx, l.ID, id, ben.User.ID, true) != nil {
			t.Error("it cannot be approved again")
		}
		painted(6)
		if waits, err := accounts.Approvals.Carry(ctx, l.ID, paint{4}, ada.User.ID); !waits || err != nil {
			t.Fatal(waits, err)
		}
		if list, err = accounts.Approvals.Waiting(ctx, l.ID); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		broken = fault.New(fault.Conflict, "letter.text_changed")
		if err := accounts.Approvals.Decide(ctx, l.ID, list[0].ID, ben.User.ID, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("the act's fault is lost: %v", err)
		}
		broken = nil
		if list, err = accounts.Approvals.Waiting(ctx, l.ID); err != nil || len(list) != 0 {
			t.Errorf("what can no longer be done waits on: %+v, %v", list, err)
		}
		painted(6)
		if err := accounts.Approvals.Decide(ctx, l.ID, id, ben.User.ID, true); !fault.Is(err, fault.Gone) {
			t.Errorf("decided twice: %v", err)
		}
		if waits, err := accounts.Approvals.Carry(ctx, l.ID, paint{2}, ben.User.ID); !waits || err != nil {
			t.Fatal(waits, err)
		}
		if list, err = accounts.Approvals.Waiting(ctx, l.ID); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if err := accounts.Approvals.Decide(ctx, l.ID, list[0].ID, ben.User.ID, false); err != nil { // may be taken back
			t.Error(err)
		}
		painted(6)
	})
}

// The checklist is looked at in the transaction that opens: what the page showed may have changed since.
func TestOpen_looksAtTheChecklistItself(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		accounts := account.New(d.DB, d.Keys)
		ada := enrol(t, accounts, "ada@harbour.example")
		d.write(letter.Import{Text: *english("Open it.")})
		if err := d.Open(ctx, slug, ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("without a lead: %v", err)
		}
		if _, err := d.Create(ctx, "blank", nil, letter.Settings{Leads: []string{"harbour"}}, ada.User.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Open(ctx, "blank", ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("without a text: %v", err)
		}
		d.set(letter.Settings{Leads: []string{"harbour"}})
		if err := d.Open(ctx, slug, ada.User.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Open(ctx, slug, ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened twice: %v", err)
		}
	})
}

// Nobody puts a letter into the mouth of an organisation that they do not speak for, takes it out of their own hands, or gives it
// a deadline that has passed; the operator's command line may.
func TestSettings_areOnesOwnToDecide(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		ada := enrol(t, account.New(d.DB, d.Keys), "ada@harbour.example")
		d.write(letter.Import{Text: *english("Open it."), Settings: letter.Settings{Leads: []string{"harbour"}},
			Organisations: []account.Organisation{{Slug: "lantern", Names: map[string]string{"en": "Lantern"}}}})
		past := letter.Deadline{At: d.DB.Now().Add(-time.Hour), Zone: time.UTC}
		for name, c := range map[string]struct {
			set   letter.Settings
			field string
		}{
			"a stranger leads":   {letter.Settings{Leads: []string{"harbour", "lantern"}}, "lead"},
			"nobody of us leads": {letter.Settings{Leads: []string{}}, "lead"},
			"yesterday":          {letter.Settings{Deadline: &past}, "day"},
		} {
			_, err := d.SetSettings(ctx, slug, c.set, ada.User.ID)
			if faults := fault.All(err); len(faults) != 1 || faults[0].Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := d.SetSettings(ctx, slug, c.set, 0); err != nil {
				t.Errorf("%s, on the command line: %v", name, err)
			}
			d.set(letter.Settings{Leads: []string{"harbour"}, Deadline: &letter.Deadline{}})
		}
		d.set(letter.Settings{Leads: []string{"harbour", "lantern"}})
		if _, err := d.SetSettings(ctx, slug, letter.Settings{Leads: []string{"lantern", "harbour"}}, ada.User.ID); err != nil {
			t.Errorf("a lead that consented: %v", err)
		}
	})
}

// Of members who ask for one thing at the same moment, one waits for a second and the others learn it.
func TestCarry_atOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		accounts := account.New(d.DB, d.Keys)
		account.Register(accounts, account.Act[paint]{Ask: account.Editor, Decide: account.Editor,
			Again: func(paint, paint) *fault.Error { return fault.New(fault.Conflict, "intake.asked") },
			Do:    func(*store.Tx, letter.ID, paint, int64) error { return errors.New("done without a second") }})
		ada := enrol(t, accounts, "ada@harbour.example")
		member(t, accounts, ada, account.Editor, "bo")
		l := d.write(letter.Import{Text: *english("Open it."), Settings: letter.Settings{Leads: []string{"harbour"}}})
		const rounds, asked = 20, 8
		for range rounds {
			start, errs := make(chan struct{}), make(chan error, asked)
			for range asked {
				go func() {
					<-start
					_, err := accounts.Approvals.Carry(ctx, l.ID, paint{2}, ada.User.ID)
					errs <- err
				}()
			}
			close(start)
			waits := 0
			for range asked {
				switch err := <-errs; {
				case err == nil:
					waits++
				case !fault.Is(err, fault.Conflict):
					t.Fatal(err)
				}
			}
			list, err := accounts.Approvals.Waiting(ctx, l.ID)
			if err != nil || waits != 1 || len(list) != 1 {
				t.Fatalf("%d answers that it waits, %d wait, %v", waits, len(list), err)
			}
			if err := accounts.Approvals.Decide(ctx, l.ID, list[0].ID, ada.User.ID, false); err != nil {
				t.Fatal(err)
			}
		}
	})
}
