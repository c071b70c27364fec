package letter_test

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/testkit"
)

// partners are a letter that two organisations lead: Harbour, with ada, and River Watch by the link of a reader.
type partners struct {
	*testkit.Desk
	ada   *account.Session
	river letter.Reader
}

const led = "quay"

func withPartners(t *testing.T, body func(t *testing.T, p *partners)) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		ctx := t.Context()
		p := &partners{Desk: d, ada: enrol(t, d.Accounts, "ada@harbour.example")}
		l := d.Write(letter.Import{Slug: led, Text: *english("The granary is shut.\n\n1) Open it."), Settings: letter.Settings{Leads: []string{"harbour"}}})
		now := d.Clock.Now()
		_, err := d.Letters.Circulations.Send(ctx, led, letter.Round{Readers: []letter.ReaderAddress{{Name: "River Watch", Email: "office@river.example"}},
			Language: "fr", Lead: true, Soft: now.Add(24 * time.Hour), Hard: now.Add(48 * time.Hour), Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		readers, err := d.Letters.Circulations.Readers(ctx, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		err = d.Letters.Circulations.JoinAsLead(ctx, readers[0], led, letter.Lead{SHA256: l.Edition.SHA256, Name: "River Watch", Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Letters.Open(ctx, led, p.ada.User.ID); err != nil {
			t.Fatal(err)
		}
		if readers, err = d.Letters.Circulations.Readers(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		p.river = readers[0]
		body(t, p)
	})
}

func (p *partners) letter() letter.Letter {
	p.T.Helper()
	l, err := p.Letters.Find(p.T.Context(), led)
	if err != nil {
		p.T.Fatal(err)
	}
	return l
}

// write changes the next edition's text.
func (p *partners) write(body string) (sha256 string) {
	p.T.Helper()
	e, _, err := p.Letters.Editions.Working(p.T.Context(), p.letter())
	if err != nil {
		p.T.Fatal(err)
	}
	if _, err := p.Letters.SaveText(p.T.Context(), led, *english(body), letter.FollowsCosmetic, e.Texts["en"].Revision(), p.ada.User.ID); err != nil {
		p.T.Fatal(err)
	}
	if e, _, err = p.Letters.Editions.Working(p.T.Context(), p.letter()); err != nil {
		p.T.Fatal(err)
	}
	return e.SHA256
}

// ask has the next edition put before the lead organisations.
func (p *partners) ask(follows letter.Follows) (waits bool) {
	p.T.Helper()
	e, _, err := p.Letters.Editions.Working(p.T.Context(), p.letter())
	if err != nil {
		p.T.Fatal(err)
	}
	waits, err = p.Accounts.Approvals.Carry(p.T.Context(), p.letter().ID, letter.NewEditionOf(e, follows, p.ada.User.ID), p.ada.User.ID)
	if err != nil {
		p.T.Fatal(err)
	}
	return waits
}

func (p *partners) agreement() letter.Agreement {
	p.T.Helper()
	a, err := p.Letters.Agreements.Find(p.T.Context(), p.letter())
	if err != nil {
		p.T.Fatal(err)
	}
	return a
}

// published fails the test unless so many editions are.
func (p *partners) published(want int) {
	p.T.Helper()
	if n := p.letter().Edition.Number; n != want {
		p.T.Errorf("edition %d is the letter's, want %d", n, want)
	}
}

const (
	second = "The granary is shut, and guarded.\n\n1) Open it."
	third  = "The granary is shut, and guarded.\n\n1) Open it now."
)

// No text is put under an organisation's name that it has not approved: a substantive edition is published by the last approval, of
// the very text. Published without, as it once was, this fails.
func TestAgreement_eachLeadApprovesTheVeryText(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		sha := p.write(second)
		if p.ask(letter.FollowsSubstantive) {
			t.Fatal("ada has no second member")
		}
		p.published(1)
		a := p.agreement()
		if a.Number != 2 || !a.Due.IsZero() || len(a.Leads) != 2 || !a.Leads[0].Approved || a.Leads[1].Approved || !a.Leads[1].Reached {
			t.Fatalf("%+v", a)
		}
		if n := p.Jobs("mail.lead"); n != 1 {
			t.Errorf("%d mails, want the partner's", n)
		}
		e, send, err := p.Letters.Agreements.Envelope(ctx, letter.LeadMail{Letter: p.letter().ID, Lead: a.Leads[1].Lead.ID, Reader: p.river.ID,
			Says: letter.SaysApprove, Number: 2, SHA256: sha})
		if err != nil || !send || e.Address != "office@river.example" || e.Language != "fr" || e.Token == "" {
			t.Errorf("%v %+v, %v", send, e, err)
		}
		known, asked, err := p.Letters.Agreements.Asks(ctx, p.letter(), a.Leads[1].Lead.ID)
		if err != nil || known != p.letter().Edition.Text("en").Canonical() || letter.Hash(asked) != sha {
			t.Errorf("%q, %q, %v", known, asked, err)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, p.letter().Edition.SHA256); !fault.Is(err, fault.Conflict) {
			t.Errorf("another text: %v", err)
		}
		stranger := p.river
		stranger.ID++
		if err := p.Letters.Agreements.ApproveAs(ctx, stranger, led, sha); err == nil {
			t.Error("somebody else approved for River Watch")
		}
		if err := p.Letters.Agreements.Approve(ctx, led, sha, p.ada.User.ID); err != nil { // for Harbour again
			t.Fatal(err)
		}
		p.published(1)
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, sha); err != nil {
			t.Fatal(err)
		}
		p.published(2)
		if p.agreement().Waits() {
			t.Error("it still waits")
		}
		if l := p.letter(); l.Edition.SHA256 != sha || l.Edition.Follows != letter.FollowsSubstantive {
			t.Errorf("%+v", l.Edition)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, sha); !fault.Is(err, fault.Gone) {
			t.Errorf("approved once more: %v", err)
		}
	})
}

// A word that is changed after an approval asks again by itself, about that word alone, and who approved the text before has not
// approved this one.
func TestAgreement_aChangedWordAsksAgain(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		lantern := account.Organisation{Slug: "lantern", Names: map[string]string{"en": "Lantern"}}
		p.Write(letter.Import{Slug: "other", Text: *english("Other."), Organisations: []account.Organisation{lantern}})
		p.Set(led, letter.Settings{Leads: []string{"harbour", "river-watch", "lantern"}}) // Lantern does not answer
		sha := p.write(second)
		p.ask(letter.FollowsSubstantive)
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, sha); err != nil {
			t.Fatal(err)
		}
		now := p.write(third)
		if err := p.Letters.Agreements.Approve(ctx, led, now, p.ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved a text that nobody was asked about: %v", err)
		}
		p.Clock.Advance(11 * time.Minute)
		p.Work("letter.moved")
		a := p.agreement()
		if a.Sums["en"] != now || a.Leads[1].Approved || !a.Leads[1].Before || a.Leads[2].Before || a.Leads[2].Reached {
			t.Fatalf("%+v", a)
		}
		known, asked, err := p.Letters.Agreements.Asks(ctx, p.letter(), a.Leads[1].Lead.ID)
		if err != nil || letter.Hash(known) != sha || letter.Hash(asked) != now {
			t.Errorf("shown %q and %q, %v", known, asked, err)
		}
		for says, want := range map[string]bool{letter.SaysChanged: true} {
			_, send, err := p.Letters.Agreements.Envelope(ctx, letter.LeadMail{Letter: p.letter().ID, Lead: a.Leads[1].Lead.ID, Reader: p.river.ID,
				Says: says, Number: 2, SHA256: now})
			if send != want || err != nil {
				t.Errorf("%s: %v, %v", says, send, err)
			}
		}
		if _, send, err := p.Letters.Agreements.Envelope(ctx, letter.LeadMail{Letter: p.letter().ID, Lead: a.Leads[1].Lead.ID, Reader: p.river.ID,
			Says: letter.SaysApprove, Number: 2, SHA256: sha}); send || err != nil {
			t.Errorf("the mail about the former text: %v, %v", send, err)
		}
		p.published(1)
	})
}

// A correction of form is published by itself after the time that the letter's settings name, unless a lead organisation objects: then
// it waits for its approval.
func TestAgreement_aCorrectionWaitsForObjections(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		p.write(second)
		p.ask(letter.FollowsCosmetic)
		if due := p.agreement().Due; !due.Equal(p.Clock.Now().Add(24 * time.Hour)) {
			t.Fatalf("due at %v", due)
		}
		p.Clock.Advance(23 * time.Hour)
		p.published(1)
		p.Clock.Advance(2 * time.Hour)
		p.Work("letter.agreed")
		p.published(2)

		sha := p.write(third)
		p.ask(letter.FollowsCosmetic)
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, sha, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a word: %v", err)
		}
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, sha, "Not *now*."); err != nil {
			t.Fatal(err)
		}
		if a := p.agreement(); !a.Due.IsZero() || a.Leads[1].Objection != "Not *now*." || a.Leads[1].ObjectedAt.IsZero() {
			t.Errorf("%+v", a)
		}
		p.Clock.Advance(48 * time.Hour)
		p.Work("letter.agreed")
		p.published(2)
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, sha); err != nil {
			t.Fatal(err)
		}
		p.published(3)

		p.Set(led, letter.Settings{LeadWait: new(0)})
		p.write(second)
		p.ask(letter.FollowsCosmetic)
		if a := p.agreement(); !a.Waits() || !a.Due.IsZero() {
			t.Errorf("%+v", a)
		}
		if err := p.Letters.Agreements.TakeBack(ctx, led, p.ada.User.ID); err != nil || p.agreement().Waits() {
			t.Errorf("taken back: %v", err)
		}
		p.published(3)
	})
}

// The command line publishes at once, and those whose names stand at the letter's head are told; nobody takes a partner off a
// published letter.
func TestAgreement_theCommandLineTells(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		p.write(second)
		p.ask(letter.FollowsSubstantive)
		before := p.Jobs("mail.lead")
		if _, err := p.Letters.Publish(ctx, led, letter.Publication{}); err != nil {
			t.Fatal(err)
		}
		p.published(2)
		if p.agreement().Waits() {
			t.Error("it still waits")
		}
		if n := p.Jobs("mail.lead") - before; n != 2 {
			t.Errorf("%d are told, want ada and River Watch", n)
		}
		_, err := p.Letters.SetSettings(ctx, led, letter.Settings{Leads: []string{"harbour"}}, p.ada.User.ID)
		if faults := fault.All(err); len(faults) != 1 || faults[0].Field != "lead" {
			t.Errorf("a partner is taken off: %v", err)
		}
	})
}
