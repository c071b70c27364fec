package letter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// circulate sends the draft to whom the list names.
func (d *desk) circulate(list string, lead bool) int {
	d.t.Helper()
	readers, err := letter.ParseReaders(list)
	if err != nil {
		d.t.Fatal(err)
	}
	now := d.clock.Now()
	n, err := d.Circulations.Send(d.t.Context(), slug, letter.Round{Readers: readers, Language: "en", Lead: lead, Soft: now.Add(24 * time.Hour), Hard: now.Add(48 * time.Hour), Zone: time.UTC})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// mails counts the mails that wait.
func (d *desk) mails() (n int64) {
	d.t.Helper()
	err := d.DB.View(d.t.Context(), func(tx *store.Tx) error {
		counts, err := job.Counts(tx)
		for _, c := range counts {
			n += c.Waiting
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// reader returns a reader by place, with the token of their link.
func (d *desk) reader(l letter.Letter, i int) (r letter.Reader, token string) {
	d.t.Helper()
	list, err := d.Circulations.Readers(d.t.Context(), l.ID)
	if err != nil || len(list) <= i {
		d.t.Fatalf("%d readers, %v", len(list), err)
	}
	e, send, err := d.Circulations.Envelope(d.t.Context(), letter.ReaderMail{Reader: list[i].ID, Says: letter.SaysRead})
	if err != nil {
		d.t.Fatal(err)
	}
	if !send && !list[i].Withdrawn {
		d.t.Fatal("the mail is not sent")
	}
	return list[i], e.Token
}

const twoParagraphs = "The granary is shut.\n\nForty families wait.\n\n1. Open it.\n2. Say when."

func TestCirculation_fromTheFirstMailToTheOpening(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for _, o := range []string{"lantern", "quay"} {
			if err := d.Directory.Put(ctx, account.Organisation{Slug: o, Names: map[string]string{"en": strings.ToUpper(o[:1]) + o[1:]}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Create(ctx, slug, nil, letter.Settings{Leads: []string{"lantern"}}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Circulations.Send(ctx, slug, letter.Round{Hard: d.clock.Now().Add(time.Hour), Zone: time.UTC}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a letter without a text: %v", err)
		}
		l := d.write(letter.Import{Text: *english(twoParagraphs), Settings: letter.Settings{Leads: []string{"lantern"}}})
		const list = "River Watch <office@river.example>\nStone Law Clinic, desk@stone.example\n\nRiver Watch again <OFFICE@river.example>"
		if n := d.circulate(list, false); n != 2 {
			t.Errorf("sent to %d", n)
		}
		if n := d.circulate(list, false); n != 0 || d.mails() != 2 {
			t.Errorf("the form twice: sent to %d, %d mails", n, d.mails())
		}
		river, token := d.reader(l, 0)
		found, of, err := d.Circulations.ReaderOf(ctx, token)
		if err != nil || found.ID != river.ID || found.Name != "River Watch" || of.Edition.SHA256 != l.Edition.SHA256 {
			t.Errorf("%+v, %v", found, err)
		}
		for _, bad := range []string{"", "x", token[:44] + "a", strings.Repeat("a", 45)} {
			if _, _, err := d.Circulations.ReaderOf(ctx, bad); !fault.Is(err, fault.Gone) && bad != token {
				t.Errorf("%q: %v", bad, err)
			}
		}
		// Remarks stay with their paragraph.
		families := letter.Paragraphs(*english(twoParagraphs))[2]
		if families.Quote != "Forty families wait." {
			t.Fatalf("%+v", families)
		}
		for range 2 {
			if err := d.Circulations.RemarkAs(ctx, river, slug, "en", families.Anchor, "Who counted them?"); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Circulations.RemarkAs(ctx, river, slug, "en", "0000", "Nowhere"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a paragraph that is not there: %v", err)
		}
		if err := d.Circulations.RemarkAs(ctx, river, slug, "en", families.Anchor, " \n"); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing said: %v", err)
		}
		l = d.write(letter.Import{Text: *english("A first line.\n\n" + twoParagraphs)})
		remarks, err := d.Circulations.Remarks(ctx, l.ID, l.Edition)
		if err != nil || len(remarks) != 1 || remarks[0].Place != 3 || remarks[0].Gone || remarks[0].Text != "Who counted them?" || remarks[0].Reader != river.ID {
			t.Errorf("%+v, %v", remarks, err)
		}
		l = d.write(letter.Import{Text: *english("The granary is shut.\n\nFifty families wait.")})
		if remarks, err = d.Circulations.Remarks(ctx, l.ID, l.Edition); err != nil || !remarks[0].Gone || remarks[0].Quote != "Forty families wait." {
			t.Errorf("%+v, %v", remarks, err)
		}
		// Answers.
		if err := d.Circulations.AnswerAs(ctx, river, slug, "perhaps", "", true); len(fault.All(err)) != 2 {
			t.Errorf("%v", err)
		}
		if err := d.Circulations.AnswerAs(ctx, river, slug, letter.In, "River Watch International", true); err != nil {
			t.Fatal(err)
		}
		if river, _ = d.reader(l, 0); river.Answer != letter.In || !river.Named || river.Name != "River Watch International" || river.AnsweredAt.IsZero() {
			t.Errorf("%+v", river)
		}
		// A link that is taken back opens nothing; another opens for the same reader.
		stone, old := d.reader(l, 1)
		if err := d.Circulations.Tend(ctx, slug, stone.ID, letter.WithdrawLink, 0, 0); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Circulations.ReaderOf(ctx, old); !fault.Is(err, fault.Gone) {
			t.Errorf("a link that was taken back: %v", err)
		}
		if n := d.circulate(list, false); n != 1 {
			t.Errorf("asked again: %d", n)
		}
		if again, token := d.reader(l, 1); again.ID != stone.ID || token == old || again.Withdrawn {
			t.Errorf("%+v", again)
		}
		for range 2 {
			if err := d.Circulations.Tend(ctx, slug, stone.ID, letter.SendAgain, 1, 0); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.mails(); n != 4 {
			t.Errorf("%d mails", n)
		}
		for mails := 2; mails < 5; mails++ {
			if err := d.Circulations.Tend(ctx, slug, stone.ID, letter.SendAgain, mails, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Circulations.Tend(ctx, slug, stone.ID, letter.SendAgain, 5, 0); !fault.Is(err, fault.Limited) {
			t.Errorf("a sixth mail: %v", err)
		}
		// The hash is mailed once for a text.
		if err := d.Circulations.Freeze(ctx, slug, strings.Repeat("0", 64), 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("another text: %v", err)
		}
		for range 2 {
			if err := d.Circulations.Freeze(ctx, slug, l.Edition.SHA256, 0); err != nil {
				t.Fatal(err)
			}
		}
		c, err := d.Circulations.Find(ctx, l.ID)
		if err != nil || !c.Frozen(l.Edition) || d.mails() != 9 {
			t.Errorf("%+v, %v, %d mails", c, err, d.mails())
		}
		if changed := d.write(letter.Import{Text: *english("Another.")}); !c.Lifted(changed.Edition) {
			t.Error("a change does not lift the freeze")
		}
		if _, send, err := d.Circulations.Envelope(ctx, letter.ReaderMail{Reader: river.ID, Says: letter.SaysFrozen, SHA256: strings.Repeat("1", 64)}); send || err != nil {
			t.Errorf("a freeze that was replaced is mailed: %v", err)
		}
		// At the end nothing is taken any more.
		d.clock.Advance(49 * time.Hour)
		if err := d.Circulations.RemarkAs(ctx, river, slug, "en", "whole", "Late"); !fault.Is(err, fault.Conflict) {
			t.Errorf("after the end: %v", err)
		}
		if err := d.Circulations.AnswerAs(ctx, river, slug, letter.In, "River Watch", false); !fault.Is(err, fault.Conflict) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestLead_byConsentAndOnlyForItself(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		accounts := account.New(d.DB, d.Keys)
		if err := d.Directory.Put(ctx, account.Organisation{Slug: "lantern", Names: map[string]string{"en": "Lantern"}}); err != nil {
			t.Fatal(err)
		}
		ada := enrol(t, accounts, "ada@lantern.example") // owns Harbour
		l := d.write(letter.Import{Text: *english(twoParagraphs), Settings: letter.Settings{Leads: []string{"harbour"}}})
		d.circulate("River Watch <office@river.example>\nStone <desk@stone.example>", false)
		river, _ := d.reader(l, 0)
		consent := letter.Lead{SHA256: l.Edition.SHA256, Name: "River Watch", Language: "en"}
		if err := d.Circulations.JoinAsLead(ctx, river, slug, consent); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody asked: %v", err)
		}
		for range 2 {
			if err := d.Circulations.Tend(ctx, slug, river.ID, letter.AskToLead, 0, ada.User.ID); err != nil {
				t.Fatal(err)
			}
		}
		if n := d.mails(); n != 3 {
			t.Errorf("%d mails", n)
		}
		for name, bad := range map[string]letter.Lead{
			"another text":               {SHA256: strings.Repeat("0", 64), Name: "River Watch"},
			"no name":                    {SHA256: l.Edition.SHA256, Name: " "},
			"one with members":           {SHA256: l.Edition.SHA256, Name: "HARBOUR"},
			"a slug without a session":   {SHA256: l.Edition.SHA256, Organisation: "lantern"},
			"a slug of another's":        {SHA256: l.Edition.SHA256, Organisation: "lantern", By: ada},
			"a slug that does not exist": {SHA256: l.Edition.SHA256, Organisation: "nobody", By: ada},
		} {
			if err := d.Circulations.JoinAsLead(ctx, river, slug, bad); len(fault.All(err)) == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := d.Circulations.JoinAsLead(ctx, river, slug, consent); err != nil {
			t.Fatal(err)
		}
		l, err := d.Find(ctx, slug)
		if err != nil || len(l.Leads) != 2 || l.Leads[1].Name("en", "") != "River Watch" || l.Leads[1].Slug != "river-watch" {
			t.Fatalf("%+v, %v", l.Leads, err)
		}
		if missing, err := d.Circulations.Unapproved(ctx, l, l.Edition.SHA256, ada.User.ID); err != nil || len(missing) != 0 {
			t.Errorf("%+v, %v", missing, err)
		}
		// A change of the text wants another approval, without which a user opens nothing.
		l = d.write(letter.Import{Text: *english("Changed.")})
		missing, err := d.Circulations.Unapproved(ctx, l, l.Edition.SHA256, ada.User.ID)
		if err != nil || len(missing) != 1 || missing[0].Slug != "river-watch" {
			t.Errorf("%+v, %v", missing, err)
		}
		found := letter.Checklist(l, l.Edition, letter.Circulation{}, missing, d.clock.Now())
		if i := slices.IndexFunc(found, func(f letter.Finding) bool { return f.Key == "approval" }); i < 0 || !found[i].Blocks {
			t.Errorf("%+v", found)
		}
		if _, err := d.Publish(ctx, slug, letter.Publication{By: ada.User.ID}); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened without: %v", err)
		}
		if err := d.Circulations.Approve(ctx, slug, l.Edition.SHA256, *ada); err != nil { // for Harbour, not for the other
			t.Fatal(err)
		}
		if missing, err := d.Circulations.Unapproved(ctx, l, l.Edition.SHA256, 0); err != nil || len(missing) != 1 {
			t.Errorf("%+v, %v", missing, err)
		}
		river, _ = d.reader(l, 0)
		if err := d.Circulations.JoinAsLead(ctx, river, slug, letter.Lead{SHA256: l.Edition.SHA256}); err != nil {
			t.Fatal(err)
		}
		// Who declines leads no more, and may be asked and consent again.
		if err := d.Circulations.AnswerAs(ctx, river, slug, letter.Declined, "River Watch", false); err != nil {
			t.Fatal(err)
		}
		if l, err = d.Find(ctx, slug); err != nil || len(l.Leads) != 1 {
			t.Errorf("%+v, %v", l.Leads, err)
		}
		consent.SHA256 = l.Edition.SHA256
		if err := d.Circulations.JoinAsLead(ctx, river, slug, consent); err != nil { // into the entry that is there
			t.Fatal(err)
		}
		// Who is taken off the leads does not come back unasked.
		d.set(letter.Settings{Leads: []string{"harbour"}})
		if err := d.Circulations.JoinAsLead(ctx, river, slug, consent); !fault.Is(err, fault.Forbidden) {
			t.Errorf("after being taken off: %v", err)
		}
		if err := d.Circulations.Tend(ctx, slug, river.ID, letter.AskToLead, 0, ada.User.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Circulations.JoinAsLead(ctx, river, slug, consent); err != nil {
			t.Fatal(err)
		}
		if l, err = d.Publish(ctx, slug, letter.Publication{By: ada.User.ID}); err != nil || l.State != letter.Open || len(l.Leads) != 2 {
			t.Fatalf("%+v, %v", l.Leads, err)
		}
		if _, send, err := d.Circulations.Envelope(ctx, letter.ReaderMail{Reader: river.ID, Says: letter.SaysRead}); send || err != nil {
			t.Errorf("a mail about a draft that is open: %v", err)
		}
	})
}

func enrol(t *testing.T, accounts *account.Service, email string) *account.Session {
	t.Helper()
	link, err := accounts.Enrolments.NewSetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return enrolBy(t, accounts, link, account.Joining{Name: "Ada", Email: email, Organisation: "Harbour"})
}

// enrolBy enrols somebody by a link.
func enrolBy(t *testing.T, accounts *account.Service, link string, j account.Joining) *account.Session {
	t.Helper()
	app, err := accounts.NewApp("Undersigned")
	if err != nil {
		t.Fatal(err)
	}
	j.Language, j.Password, j.App, j.Code = "en", "a lantern on the quay", app.Sealed, codeOf(t, app.Secret, accounts.DB.Now())
	secret, err := accounts.Enrolments.Enrol(t.Context(), link, j)
	if err != nil {
		t.Fatal(err)
	}
	x, err := accounts.Session(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What readers are called, where they are reached and what they say is nowhere in the clear, and goes.
func TestCirculation_sealedAndForgotten(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		l := d.write(letter.Import{Text: *english(twoParagraphs)})
		d.circulate("Secret Reading Circle <whisper@circle.example>", true)
		reader, token := d.reader(l, 0)
		if err := d.Circulations.RemarkAs(ctx, reader, slug, "en", "whole", "Between us alone"); err != nil {
			t.Fatal(err)
		}
		var dump strings.Builder
		if err := d.DB.Dump(ctx, &dump); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(dump.String(), "On the granary") {
			t.Fatal("the search finds nothing at all")
		}
		for _, secret := range []string{"Secret Reading", "whisper", "circle.example", "Between us", token} {
			if strings.Contains(dump.String(), secret) {
				t.Errorf("%q is stored in the clear", secret)
			}
		}
		if err := d.DB.Update(ctx, letter.Restored); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Circulations.ReaderOf(ctx, token); !fault.Is(err, fault.Gone) {
			t.Errorf("a link of a backup: %v", err)
		}
		d.circulate("Secret Reading Circle <whisper@circle.example>", false)
		if again, _ := d.reader(l, 0); again.ID != reader.ID {
			t.Errorf("%+v", again)
		}
		d.clock.Advance(48*time.Hour + letter.KeptAfterClose - time.Minute)
		if _, err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Circulations.Readers(ctx, l.ID); err != nil || len(list) != 1 {
			t.Errorf("%d readers, %v", len(list), err)
		}
		d.clock.Advance(2 * time.Minute)
		if _, err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		list, err := d.Circulations.Readers(ctx, l.ID)
		if err != nil || len(list) != 0 {
			t.Errorf("%d readers, %v", len(list), err)
		}
		if _, _, err := d.Circulations.ReaderOf(ctx, token); !fault.Is(err, fault.Gone) {
			t.Errorf("%v", err)
		}
	})
}

func TestParseReaders_saysWhichLine(t *testing.T) {
	got, err := letter.ParseReaders("River, Law & Order <a@b.example>\r\n\"Quay\"; c@d.example\nدیده‌بان فانوس\te@f.example")
	want := []letter.ReaderAddress{{Name: "River, Law & Order", Email: "a@b.example"}, {Name: "Quay", Email: "c@d.example"}, {Name: "دیده‌بان فانوس", Email: "e@f.example"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = letter.ParseReaders("River <a@b.example>\nalone@b.example\n\nQuay <nowhere>")
	if faults := fault.All(err); len(faults) != 2 || faults[0].Field != "readers" || faults[1].Pairs()[1] != 4 {
		t.Errorf("%v", err)
	}
}

func FuzzParseReaders(f *testing.F) {
	for _, s := range []string{"River <a@b.example>", "a,b@c.example\n;;", "<>", "x\u202e <a@b.example>", "\x00<a@b.c>,<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		readers, err := letter.ParseReaders(list)
		for _, x := range readers {
			if err != nil || x.Name == "" || !strings.Contains(x.Email, "@") || strings.ContainsAny(x.Name+x.Email, "\r\n\x00\u202e") {
				t.Errorf("%+v, %v", x, err)
			}
		}
	})
}

func TestParagraphs_keepTheirAnchors(t *testing.T) {
	text := letter.Text{Language: "en", Title: "T", Body: "One.\n\n## Two\n\n1. Open it.\n2. Say when.\n\nThree.[^1]\n\n[^1]: A note.", Demands: []letter.Demand{{Number: "1", Text: "Open it.", InBody: true}, {Number: "3", Text: "Pay <b>."}}}
	list := letter.Paragraphs(text)
	var quotes []string
	for i, p := range list {
		if p.Number != i || p.Anchor == "" || i > 0 && p.HTML == "" || strings.Contains(p.HTML, "<b>") {
			t.Errorf("%+v", p)
		}
		quotes = append(quotes, p.Quote)
	}
	if len(list) != 8 || quotes[6] != "3 Pay <b>." || quotes[2] != "Two" {
		t.Errorf("%q", quotes)
	}
	text.Body = "Zero.\n\n" + text.Body
	if moved := letter.Paragraphs(text); moved[4].Anchor != list[3].Anchor {
		t.Error("an anchor follows the place")
	}
}

func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
