package letter_test

import (
	"context"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
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
		_, err := d.Letters.Circulations.Send(ctx, led, letter.Round{Readers: []letter.ReaderAddress{{Name: "River Watch", Email: "office@river.example"}, {Name: "Olive Press", Email: "olive@press.example"}},
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

// until does what is due until it is so.
func (p *partners) until(so func() bool) {
	p.T.Helper()
	runner := job.NewRunner(p.DB, nil, job.Options{})
	p.Register(runner)
	ctx, cancel := context.WithCancel(p.T.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	testkit.Eventually(p.T, "what is due is done", so)
	cancel()
	if err := <-ended; err != nil {
		p.T.Error(err)
	}
}

// reader returns somebody else who was sent the draft.
func (p *partners) reader(address string) letter.Reader {
	p.T.Helper()
	readers, err := p.Letters.Circulations.Readers(p.T.Context(), p.letter().ID)
	if err != nil {
		p.T.Fatal(err)
	}
	for _, r := range readers {
		if r.Email == address {
			return r
		}
	}
	p.T.Fatalf("no reader %s", address)
	return letter.Reader{}
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
			Says: letter.SaysApprove, Number: 2, Digest: a.Digest})
		if err != nil || !send || e.Address != "office@river.example" || e.Language != "fr" || e.Token == "" {
			t.Errorf("%v %+v, %v", send, e, err)
		}
		changes, working, err := p.Letters.Agreements.Asks(ctx, p.letter(), a, a.Leads[1].Lead.ID)
		if err != nil || working || len(changes) != 1 || changes[0].Known != p.letter().Edition.Text("en").Canonical() || letter.Hash(changes[0].Asked) != sha {
			t.Errorf("%+v, %v", changes, err)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, sha); !fault.Is(err, fault.Conflict) {
			t.Errorf("another text: %v", err)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.reader("olive@press.example"), led, a.Digest); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a reader who leads nothing approves: %v", err)
		}
		if err := p.Letters.Agreements.Approve(ctx, led, a.Digest, p.ada.User.ID); err != nil { // for Harbour again
			t.Fatal(err)
		}
		p.published(1)
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, a.Digest); err != nil {
			t.Fatal(err)
		}
		p.published(2)
		if p.agreement().Waits() {
			t.Error("it still waits")
		}
		if l := p.letter(); l.Edition.SHA256 != sha || l.Edition.Follows != letter.FollowsSubstantive {
			t.Errorf("%+v", l.Edition)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, a.Digest); !fault.Is(err, fault.Gone) {
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
		first := p.agreement().Digest
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, first); err != nil {
			t.Fatal(err)
		}
		now := p.write(third)
		if err := p.Letters.Agreements.Approve(ctx, led, first, p.ada.User.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved a text that nobody was asked about: %v", err)
		}
		p.Clock.Advance(11 * time.Minute)
		p.Work("letter.moved")
		a := p.agreement()
		if a.Sums["en"] != now || a.Leads[1].Approved || !a.Leads[1].Before || a.Leads[2].Before || a.Leads[2].Reached {
			t.Fatalf("%+v", a)
		}
		changes, _, err := p.Letters.Agreements.Asks(ctx, p.letter(), a, a.Leads[1].Lead.ID)
		if err != nil || len(changes) != 1 || letter.Hash(changes[0].Known) != sha || letter.Hash(changes[0].Asked) != now {
			t.Errorf("shown %+v, %v", changes, err)
		}
		if _, send, err := p.Letters.Agreements.Envelope(ctx, letter.LeadMail{Letter: p.letter().ID, Lead: a.Leads[1].Lead.ID, Reader: p.river.ID,
			Says: letter.SaysChanged, Number: 2, Digest: a.Digest}); !send || err != nil {
			t.Errorf("the mail about the change: %v, %v", send, err)
		}
		if _, send, err := p.Letters.Agreements.Envelope(ctx, letter.LeadMail{Letter: p.letter().ID, Lead: a.Leads[1].Lead.ID, Reader: p.river.ID,
			Says: letter.SaysApprove, Number: 2, Digest: first}); send || err != nil {
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

		p.write(third)
		p.ask(letter.FollowsCosmetic)
		digest := p.agreement().Digest
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, digest, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a word: %v", err)
		}
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, digest, "Not *now*."); err != nil {
			t.Fatal(err)
		}
		if a := p.agreement(); !a.Due.IsZero() || a.Leads[1].Objection != "Not *now*." || a.Leads[1].ObjectedAt.IsZero() {
			t.Errorf("%+v", a)
		}
		p.Clock.Advance(48 * time.Hour)
		p.Work("letter.agreed")
		p.published(2)
		// Taken back and asked again, what they object to stands.
		if err := p.Letters.Agreements.TakeBack(ctx, led, p.ada.User.ID); err != nil {
			t.Fatal(err)
		}
		mails := p.Jobs("mail.lead")
		p.ask(letter.FollowsCosmetic)
		if a := p.agreement(); !a.Due.IsZero() || a.Leads[1].Objection == "" {
			t.Errorf("asked again: %+v", a)
		}
		if n := p.Jobs("mail.lead") - mails; n != 1 {
			t.Errorf("%d mails about it", n)
		}
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, digest, "Still not."); err != nil {
			t.Fatal(err)
		}
		if n := p.Jobs("mail.lead") - mails; n != 1 {
			t.Errorf("%d mails: an objection is told once", n)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, digest); err != nil {
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

// What is approved is every text and what is declared, not the authoritative text alone, and this request, not one that was taken back.
func TestAgreement_coversTranslationsAndWhatIsDeclared(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		translate := func(text letter.Text) {
			e, _, err := p.Letters.Editions.Working(ctx, p.letter())
			if err != nil {
				t.Fatal(err)
			}
			base := ""
			if now, there := e.Texts[text.Language]; there {
				base = now.Revision()
			}
			if _, err := p.Letters.SaveText(ctx, led, text, letter.FollowsTranslation, base, p.ada.User.ID); err != nil {
				t.Fatal(err)
			}
		}
		translate(*persian("یک"))
		p.ask(letter.FollowsTranslation)
		p.published(1) // its authoritative text is what they approved before; it still waits
		if a := p.agreement(); a.Due.IsZero() || a.Leads[1].Approved {
			t.Fatalf("%+v", a)
		}
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, p.agreement().Digest); err != nil {
			t.Fatal(err)
		}
		p.published(2)

		p.write(second)
		p.ask(letter.FollowsSubstantive)
		a := p.agreement()
		translate(*persian("دو"))
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, a.Digest); !fault.Is(err, fault.Conflict) {
			t.Errorf("a translation was changed: %v", err)
		}
		p.Clock.Advance(5 * time.Minute)
		translate(*persian("سه"))
		p.Clock.Advance(11 * time.Minute)
		p.Work("letter.moved")
		again := p.agreement()
		if again.Digest == a.Digest || again.Leads[1].Approved {
			t.Fatalf("%+v", again)
		}
		// A declaration that asks more is another request.
		if err := p.Letters.Agreements.TakeBack(ctx, led, p.ada.User.ID); err != nil {
			t.Fatal(err)
		}
		p.ask(letter.FollowsCosmetic)
		if err := p.Letters.Agreements.ApproveAs(ctx, p.river, led, again.Digest); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved as something else: %v", err)
		}
		// A text that cannot be published is put before nobody.
		e, _, err := p.Letters.Editions.Working(ctx, p.letter())
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Accounts.Approvals.Carry(ctx, p.letter().ID, letter.NewEditionOf(e, letter.FollowsTranslation, p.ada.User.ID), p.ada.User.ID)
		if faults := fault.All(err); len(faults) != 1 || faults[0].Key != "edition.only_translation" {
			t.Errorf("%v", err)
		}
	})
}

// What a restore, a lost key or a stopped server leaves publishes nothing by itself, and breaks no page.
func TestAgreement_afterABreak(t *testing.T) {
	withPartners(t, func(t *testing.T, p *partners) {
		ctx := t.Context()
		p.write(second)
		p.ask(letter.FollowsCosmetic)
		p.Clock.Advance(40 * time.Hour) // the server was down
		p.until(func() bool { return p.agreement().Due.After(p.Clock.Now()) })
		p.published(1)
		if err := p.DB.Update(ctx, letter.Restored); err != nil {
			t.Fatal(err)
		}
		if a := p.agreement(); !a.Due.IsZero() || !a.Leads[1].Reached {
			t.Errorf("after a restore: %+v", a)
		}
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, p.agreement().Digest, "No."); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a link that the restore took back: %v", err)
		}
		p.write(third)
		p.Clock.Advance(11 * time.Minute)
		p.Work("letter.moved") // they are asked again, by a link that is made anew
		if r := p.reader("office@river.example"); r.Withdrawn {
			t.Error("nobody can answer for River Watch")
		}
		if err := p.Letters.Agreements.ObjectAs(ctx, p.river, led, p.agreement().Digest, "No."); err != nil {
			t.Fatal(err)
		}
		// An editor takes the link back, and it stays so.
		if err := p.Letters.Circulations.Tend(ctx, led, p.river.ID, letter.WithdrawLink, 0, p.ada.User.ID); err != nil {
			t.Fatal(err)
		}
		p.write(second)
		p.Clock.Advance(11 * time.Minute)
		p.Work("letter.moved")
		if r := p.reader("office@river.example"); !r.Withdrawn {
			t.Error("a link that an editor took back is alive again")
		}
		if err := p.Letters.RenewKeys(ctx); err != nil {
			t.Fatal(err)
		}
		if a := p.agreement(); a.Waits() {
			t.Errorf("%+v", a)
		}
		if list, err := p.Letters.Circulations.Readers(ctx, p.letter().ID); err != nil || len(list) > 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}
