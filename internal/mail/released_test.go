package mail_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// The signer of a held signature is told that it counts, in their language and without what was typed; not who has taken it back.
func TestReleased_tellsTheSigner(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		held := func(address, language string) (secret string, id int64) {
			pending, err := o.Signing.Sign(ctx, signing.Request{Letter: o.open, Edition: 1, Browser: browser, Lang: language, Email: address, Consent: true,
				Shown: signing.Shown{Kind: verify.Person, Name: "Typed Nаme", Listing: roll.Public}, IsCountry: i18n.IsCountry}) // Cyrillic а
			if err != nil {
				t.Fatal(err)
			}
			e, _, err := o.Signing.Envelope(ctx, pending)
			if err != nil {
				t.Fatal(err)
			}
			r, err := o.Signing.Confirm(ctx, e.Token, browser, "", signing.Shown{})
			if err != nil || r.Held == "" {
				t.Fatalf("%q, %v", r.Held, err)
			}
			own, err := o.Signing.Receipts.Find(ctx, r.Secret)
			if err != nil {
				t.Fatal(err)
			}
			return r.Secret, own[0].ID
		}
		tell := func(id int64) []message {
			before := len(o.relay.taken())
			if err := o.DeliverReleased(ctx, 99, signing.ReleasedMail{Letter: o.open.ID, Signature: id}); err != nil {
				t.Fatal(err)
			}
			return o.relay.taken()[before:]
		}
		for _, l := range i18n.All() {
			_, id := held(l.Code+"@example.org", l.Code)
			if sent := tell(id); len(sent) != 0 {
				t.Errorf("%s: told while it is held", l.Code)
			}
			if _, err := o.Signing.Holds.Release(ctx, o.open.ID, id, 0); err != nil {
				t.Fatal(err)
			}
			sent := tell(id)
			if len(sent) != 1 || len(sent[0].to) != 1 || sent[0].to[0] != l.Code+"@example.org" {
				t.Fatalf("%s: %d mails", l.Code, len(sent))
			}
			header, plain, rich := read(t, sent[0].raw)
			if header.Get("Content-Language") != l.Code || !strings.Contains(plain, l.T("mail.released.text")) || strings.Contains(plain+rich, "Typed") ||
				!strings.Contains(plain, "/signature\n") {
				t.Errorf("%s: %s", l.Code, plain)
			}
		}
		secret, id := held("gone@example.org", "en")
		_, err := o.Signing.Holds.Release(ctx, o.open.ID, id, 0)
		if err := errors.Join(err, o.Signing.Receipts.Withdraw(ctx, secret, id)); err != nil {
			t.Fatal(err)
		}
		if sent := tell(id); len(sent) != 0 {
			t.Error("who has taken it back is told that it counts")
		}
	})
}
