package signing_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

func TestConfirm_byMatchCodeInAnyDigits(t *testing.T) {
	persian := strings.NewReplacer("0", "۰", "1", "۱", "2", "۲", "3", "۳", "4", "۴", "5", "۵", "6", "۶", "7", "۷", "8", "۸", "9", "۹")
	arabic := strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "4", "٤", "5", "٥", "6", "٦", "7", "٧", "8", "٨", "9", "٩")
	desks(t, func(t *testing.T, d *desk) {
		for name, write := range map[string]func(string) string{
			"latin":   func(s string) string { return s },
			"persian": persian.Replace,
			"arabic":  arabic.Replace,
			"grouped": func(s string) string { return " " + s[:3] + "-" + s[3:] + "\u200f" },
		} {
			id := d.Submit(name + "@example.org")
			w, err := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Signing.Confirm(t.Context(), d.Token(id), "phone", write(w.Code), signing.Shown{Name: "Somebody Else"}); err != nil {
				t.Errorf("%s digits: %v", name, err)
			}
		}
		d.Publish()
		if got := d.Names(verify.Person, "somebody", 10); len(got) != 0 {
			t.Error("the match code let a name be corrected; only the owner of the mailbox may")
		}
	})
}

// wrong returns a code that is not the pending row's.
func (d *desk) wrong(id int64) string {
	d.T.Helper()
	w, err := d.Signing.Waiting(d.T.Context(), id, testkit.BrowserCookie)
	if err != nil {
		d.T.Fatal(err)
	}
	return string('0'+('9'-w.Code[0])) + w.Code[1:]
}

func TestConfirm_neverWithoutCookieOrCode(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		for _, code := range []string{"", "12345", "1234567", "abcdef", "<script>", strings.Repeat("1", 10_000)} {
			_, err := d.Signing.Confirm(t.Context(), token, "", code, signing.Shown{})
			testkit.WantFault(t, err, "code: code.missing")
		}
		for _, bad := range []string{"", "x", token[:len(token)-1] + "x", token + "a", strings.ToUpper(token)} {
			if _, err := d.Signing.Confirm(t.Context(), bad, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
				t.Errorf("token %q: %v, want Gone", bad, err)
			}
		}
		if n := d.Signatures(); n != 0 {
			t.Fatalf("%d signatures", n)
		}
		if r := d.Press(token); r.Secret == "" {
			t.Error("the human did not succeed after the scanners")
		}
	})
}

func TestConfirm_fiveTriesALink(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		token, wrong := d.Token(id), d.wrong(id)
		for i := range 5 {
			_, err := d.Signing.Confirm(t.Context(), token, "phone", wrong, signing.Shown{})
			testkit.WantFault(t, err, "code: code.wrong")
			if got := fault.All(err)[0].Args["Left"]; got != 4-i {
				t.Errorf("try %d: %v tries left, want %d", i+1, got, 4-i)
			}
		}
		w, _ := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
		_, err := d.Signing.Confirm(t.Context(), token, "phone", w.Code, signing.Shown{})
		testkit.WantFault(t, err, "code: code.spent")
		if r := d.Press(token); r.Secret == "" {
			t.Error("the browser that signed cannot confirm any more")
		}
	})
}

func TestConfirm_triesMadeAtOnceAreCountedToo(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		token, wrong := d.Token(id), d.wrong(id)
		var mu sync.Mutex
		told := map[string]int{}
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				_, err := d.Signing.Confirm(t.Context(), token, "phone", wrong, signing.Shown{})
				mu.Lock()
				defer mu.Unlock()
				for _, f := range fault.All(err) {
					told[f.Key]++
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[string]int{"code.wrong": 5, "code.spent": 25}, told); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}

func TestConfirm_aRightCodeSpendsNoTry(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		w, _ := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
		token := d.Token(id)
		for i := range 8 {
			if _, err := d.Signing.Confirm(t.Context(), token, "phone", w.Code, signing.Shown{}); err != nil {
				t.Fatalf("replay %d: %v", i, err)
			}
		}
	})
}

func TestConfirm_byMailedCodeForTenMinutesAndTwiceALink(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		fresh := func() string {
			t.Helper()
			if err := d.Signing.MailCode(ctx, token); err != nil {
				t.Fatal(err)
			}
			e, _, err := d.Signing.Envelope(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return e.Code
		}
		first := fresh()
		d.Clock.Advance(10 * time.Minute)
		_, err := d.Signing.Confirm(ctx, token, "phone", first, signing.Shown{})
		testkit.WantFault(t, err, "code: code.wrong")
		second := fresh()
		if third := fresh(); third != second || d.Jobs("mail.code") != 2 {
			t.Errorf("a third code was mailed")
		}
		if c, err := d.Signing.Confirmation(ctx, token, "phone"); err != nil || c.CodesLeft || c.Known || c.Name != "M… F…" {
			t.Errorf("Confirmation = %+v, %v; want a masked name and no codes left", c, err)
		}
		r, err := d.Signing.Confirm(ctx, token, "phone", second, signing.Shown{Name: "Mina Farahani-Lund", Title: "Dr", Listing: roll.Counted})
		if err != nil || r.Name != "Mina Farahani-Lund" || r.Listing != roll.Counted {
			t.Errorf("Confirm = %+v, %v; want what the mailbox's owner put right", r, err)
		}
		if own := d.Own(r.Secret); own[0].Title != "Dr" || own[0].Listing != roll.Counted {
			t.Errorf("stored %+v", own[0])
		}
	})
}

func TestConfirm_correctionsAreCheckedLikeTheForm(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		if err := d.Signing.MailCode(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		e, _, _ := d.Signing.Envelope(t.Context(), id)
		_, err := d.Signing.Confirm(t.Context(), token, "phone", e.Code, signing.Shown{Name: "x\u202e", Affiliation: strings.Repeat("a", 301)})
		testkit.WantFault(t, err, "name: name.characters", "affiliation: affiliation.long")
	})
}

func TestConfirm_withinTwentyFourHoursOfTheDeadline(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		deadline := letter.Deadline{At: d.Clock.Now().Add(time.Hour), Zone: time.UTC}
		d.Letter = d.Set(d.Letter.Slug, letter.Settings{Deadline: &deadline})
		early, late := d.Token(d.Submit("early@example.org")), d.Token(d.Submit("late@example.org"))
		d.Clock.Advance(25*time.Hour - time.Second)
		if err := d.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		first := d.Press(early)
		d.Clock.Advance(2 * time.Second)
		for range 2 { // before and after the letter was closed
			_, err := d.Signing.Confirm(t.Context(), late, testkit.BrowserCookie, "", signing.Shown{})
			if !fault.Is(err, fault.Gone) {
				t.Errorf("confirmed after the grace: %v", err)
			}
			if err := d.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if again := d.Press(early); again.Secret != first.Secret {
			t.Error("a replay after the close shows another receipt")
		}
	})
}

func TestConfirm_replayShowsTheSameReceipt(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
			token := d.Token(d.Submit(string(kind)+"@example.org", testkit.As(kind, "River Watch "+string(kind))))
			if diff := cmp.Diff(d.Press(token), d.Press(token)); diff != "" {
				t.Errorf("%s (-first +second):\n%s", kind, diff)
			}
		}
		held := d.Token(d.Submit("held@example.org", testkit.Named("Pаul Smith"))) // Cyrillic а
		if diff := cmp.Diff(d.Press(held), d.Press(held)); diff != "" {
			t.Errorf("held (-first +second):\n%s", diff)
		}
	})
}

func TestConfirm_atOnceGivesOneSignature(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for round := range 5 {
			token := d.Token(d.Submit(strings.Repeat("a", round+1)+"@example.org", testkit.As(signing.Both, "River Watch")))
			secrets := make([]string, 8)
			var wg sync.WaitGroup
			for i := range secrets {
				wg.Go(func() {
					r, err := d.Signing.Confirm(t.Context(), token, testkit.BrowserCookie, "", signing.Shown{})
					if err != nil {
						t.Error(err)
					}
					secrets[i] = r.Secret
				})
			}
			wg.Wait()
			for _, s := range secrets {
				if s != secrets[0] {
					t.Fatalf("receipts differ: %q", secrets)
				}
			}
		}
		if n := d.Signatures(); n != 10 {
			t.Errorf("%d signatures, want 10", n)
		}
		if c := d.Counts(); c.Persons != 5 || c.Organisations != 5 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestConfirm_twoLinksOfOneAddressAtOnceCountOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		tokens := []string{d.Token(d.Submit("mina@example.org")), d.Token(d.Submit("MINA@example.org", testkit.Listed(roll.Counted))), d.Token(d.Submit("mina@EXAMPLE.org"))}
		var wg sync.WaitGroup
		for _, token := range tokens {
			wg.Go(func() {
				if _, err := d.Signing.Confirm(t.Context(), token, testkit.BrowserCookie, "", signing.Shown{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if c := d.Counts(); c.Persons != 1 || c.Withdrawn != 0 || d.Signatures() != 3 {
			t.Errorf("counts %+v, %d rows; want one that counts, of three acts", c, d.Signatures())
		}
	})
}

// A link says beforehand that its signature takes the place of another: one of the same letter, address and kind that stands.
func TestConfirmation_ofASignatureThatIsReplaced(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		replaces := func(email string, options ...func(*signing.Request)) bool {
			t.Helper()
			c, err := d.Signing.Confirmation(t.Context(), d.Token(d.Submit(email, options...)), testkit.BrowserCookie)
			if err != nil {
				t.Fatal(err)
			}
			return c.Replaces
		}
		if replaces("shared@example.org") {
			t.Error("nobody has signed")
		}
		token := d.Token(d.Submit("shared@example.org"))
		d.Press(token)
		if c, err := d.Signing.Confirmation(t.Context(), token, testkit.BrowserCookie); err != nil || c.Replaces {
			t.Errorf("a link replaces its own signature: %+v, %v", c, err)
		}
		if !replaces("shared@example.org", testkit.Named("Second Partner")) || !replaces("shared@example.org", testkit.As(signing.Both, "River Watch")) {
			t.Error("a second person of the mailbox is not told")
		}
		if replaces("shared@example.org", testkit.As(verify.Organisation, "River Watch")) || replaces("other@example.org") {
			t.Error("another kind or address replaces it")
		}
	})
}

func TestConfirm_bothIsTwoSignaturesOneMailOneSecret(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		r := d.Give("office@example.org", testkit.As(signing.Both, "River Watch"))
		own := d.Own(r.Secret)
		if len(own) != 2 || own[0].Kind != verify.Organisation || own[1].Kind != verify.Person || d.Jobs("mail.confirm") != 1 {
			t.Fatalf("%d signatures %+v, %d mails", len(own), own, d.Jobs("mail.confirm"))
		}
		if c := d.Counts(); c.Persons != 1 || c.Organisations != 1 {
			t.Errorf("counts %+v", c)
		}
		if got := d.Names(verify.Organisation, "", 5); !cmp.Equal(got, []string{"River Watch"}) {
			t.Errorf("organisations %q", got)
		}
	})
}

func TestConfirm_variantsOfAMailboxAreHeldNotRefused(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		first := d.Give("mina.farahani@gmail.com")
		for _, variant := range []string{"mina.farahani+2@gmail.com", "minafarahani@googlemail.com", "m.i.n.a.farahani@gmail.com"} {
			if r := d.Give(variant); r.Held != signing.HeldDuplicate {
				t.Errorf("%s: held %q", variant, r.Held)
			}
		}
		if r := d.Give("mina+office@example.org"); r.Held != "" {
			t.Errorf("the first of its mailbox is held: %q", r.Held)
		}
		if r := d.Give("minafarahani+org@gmail.com", testkit.As(verify.Organisation, "River Watch")); r.Held != "" {
			t.Errorf("the only organisation of its mailbox is held: %q", r.Held)
		}
		if again := d.Give("mina.farahani@gmail.com"); again.Held != "" || !again.Again {
			t.Errorf("the counted one, signed again, is held for its variants: %+v", again)
		} else if _, err := d.Signing.Receipts.Find(t.Context(), first.Secret); !fault.Is(err, fault.Forbidden) {
			t.Errorf("its old secret: %v", err)
		}
		if c := d.Counts(); c.Persons != 2 || c.Organisations != 1 {
			t.Errorf("counts %+v; want the held ones left out", c)
		}
	})
}

func TestConfirm_anOrganisationThatLooksLikeAnotherIsHeld(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for name, want := range map[string]string{
			"Peace Office":  "", // itself
			"PEACE OFFICE":  "",
			"Peace  Öffice": "", // the same folded words
			"دفتر صلح":      "",
			"Peace Off1ce":  signing.HeldLookAlike,
			"PeaceOffice":   signing.HeldLookAlike,
			"Peаce Office":  signing.HeldLookAlike, // Cyrillic а
			"دفتر صلح‌":     "",
			"River Watch":   "",
			"Peace Offices": "",
			"Piece Office":  "",
			"دفترصلح":       signing.HeldLookAlike,
		} {
			d.Clock.Advance(time.Second)
			r := d.Give(fmt.Sprintf("office%x@example.org", crc32.ChecksumIEEE([]byte(name))), testkit.As(verify.Organisation, name))
			if r.Held != want {
				t.Errorf("%q: held %q, want %q", name, r.Held, want)
			}
		}
		if r := d.Give("a@example.org", testkit.Named("Peace Off1ce")); r.Held != "" {
			t.Error("a person's name was compared with the directory")
		}
	})
}

func TestDispute_withoutCookieOrCodeOnlyEndsTheMails(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		gone, err := d.Signing.Dispute(ctx, token, "", "")
		if err != nil || gone {
			t.Fatalf("Dispute = %v, %v", gone, err)
		}
		if _, send, err := d.Signing.Envelope(ctx, id); send || err != nil {
			t.Errorf("a mail would still be sent (%v)", err)
		}
		if c, err := d.Signing.Confirmation(ctx, token, "phone"); err != nil || !c.Disputed || c.CodesLeft {
			t.Errorf("Confirmation = %+v, %v", c, err)
		}
		if err := d.Signing.MailCode(ctx, token); err != nil || d.Jobs("mail.code") != 0 {
			t.Errorf("a code was mailed after the dispute (%v)", err)
		}
		d.Clock.Advance(23 * time.Hour)
		if r := d.Press(token); r.Secret == "" {
			t.Error("a scanner's dispute took the signature from its signer")
		}
		disputed := d.Token(d.Submit("other@example.org"))
		if _, err := d.Signing.Dispute(ctx, disputed, "", ""); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(24*time.Hour + time.Second)
		if _, err := d.Signing.Confirm(ctx, disputed, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
			t.Errorf("confirmed a day after the dispute: %v", err)
		}
	})
}

func TestDispute_withCookieOrCodeEndsItAtOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		byCookie, id := d.Token(d.Submit("a@example.org")), d.Submit("b@example.org")
		byCode := d.Token(id)
		w, _ := d.Signing.Waiting(ctx, id, testkit.BrowserCookie)
		if _, err := d.Signing.Dispute(ctx, byCookie, "", ""); err != nil { // a scanner came first
			t.Fatal(err)
		}
		if _, err := d.Signing.Dispute(ctx, byCode, "phone", d.wrong(id)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a wrong code disputes: %v", err)
		}
		for token, by := range map[string][2]string{byCookie: {testkit.BrowserCookie, ""}, byCode: {"phone", w.Code}} {
			if gone, err := d.Signing.Dispute(ctx, token, by[0], by[1]); err != nil || !gone {
				t.Errorf("Dispute = %v, %v", gone, err)
			}
			if _, err := d.Signing.Confirm(ctx, token, testkit.BrowserCookie, "", signing.Shown{}); !fault.Is(err, fault.Gone) {
				t.Errorf("confirmed after it: %v", err)
			}
		}
		if n := d.Count(qCountPending); n != 0 {
			t.Errorf("%d submissions left", n)
		}
	})
}

func TestDispute_byTheMailboxsOwnerEndsAllMailsOfTheLetter(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		id := d.Submit("mina@example.org")
		token := d.Token(id)
		if err := d.Signing.MailCode(ctx, token); err != nil {
			t.Fatal(err)
		}
		e, _, _ := d.Signing.Envelope(ctx, id)
		if gone, err := d.Signing.Dispute(ctx, token, "phone", e.Code); err != nil || !gone {
			t.Fatalf("Dispute = %v, %v", gone, err)
		}
		d.Clock.Advance(60 * 24 * time.Hour) // the letter is still open
		if err := d.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		if _, send, err := d.Signing.Envelope(ctx, d.Submit("mina@example.org")); send || err != nil {
			t.Errorf("a mail is sent to who said no (%v)", err)
		}
		d.Letter = d.Open("another")
		d.Token(d.Submit("mina@example.org"))
	})
}

func TestDispute_aConfirmedSignatureStays(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		token := d.Token(d.Submit("mina@example.org"))
		d.Press(token)
		for _, by := range []string{testkit.BrowserCookie, ""} {
			if _, err := d.Signing.Dispute(t.Context(), token, by, ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("Dispute = %v, want Conflict", err)
			}
		}
		if c := d.Counts(); c.Persons != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestConfirm_afterTheSubmissionWentAcknowledgesNothing(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for round := range 20 { // whoever is first, an acknowledged signature exists and a disputed one does not
			token := d.Token(d.Submit(strings.Repeat("b", round+1) + "@example.org"))
			before := d.Signatures()
			var confirmed, disputed error
			var wg sync.WaitGroup
			wg.Go(func() {
				_, confirmed = d.Signing.Confirm(t.Context(), token, testkit.BrowserCookie, "", signing.Shown{})
			})
			wg.Go(func() { _, disputed = d.Signing.Dispute(t.Context(), token, testkit.BrowserCookie, "") })
			wg.Wait()
			if stored := d.Signatures() > before; stored != (confirmed == nil) || stored == (disputed == nil) {
				t.Fatalf("stored %v, Confirm %v, Dispute %v", stored, confirmed, errors.Unwrap(disputed))
			}
		}
	})
}
