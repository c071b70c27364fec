package mail_test

import (
	"html"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/signing/roster"
	"github.com/undersigned/undersigned/verify"
)

// What a mail says of its sender becomes a line of a list, which says who wrote it.
func TestReceived_isALineOfAList(t *testing.T) {
	k := keys{}
	for name, c := range map[string]struct {
		mail string
		want roster.Entry
	}{
		"nothing but the sender": {plainReply, roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed}},
		"signed by its domain":   {k.signed(t, "river.example", plainReply), roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Sender}},
		"changed on its way": {k.signed(t, "river.example", plainReply) + "-- \r\nA list\r\n", roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed,
			Notes: []roster.Note{roster.NoteAltered}}},
		"no key": {k.signed(t, "river.example", strings.Replace(plainReply, "From: ", "X: y\nFrom: ", 1), func(o *dkim.SignOptions) { o.Selector = "gone" }),
			roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed, Notes: []roster.Note{roster.NoteNoKey}}},
		"an organisation": {reply("We sign.\n\nOrganisation: River Watch\nCountry: Kenya\n"), roster.Entry{Name: "Mina Farahani", Organisation: "River Watch", Country: "KE",
			Kind: "organisation", Writer: roster.Claimed}},
		"a form": {reply("Name: M. Farahani\n* Title: Director\nAffiliation: Vale School\nOrganisation: River Watch\nE-mail: other@x.example\nListing: anonymous\nName: Another\nDear: all\n"),
			roster.Entry{Name: "M. Farahani", Title: "Director", Affiliation: "Vale School", Organisation: "River Watch", Listing: "counted", Writer: roster.Claimed}},
		"in Persian": {reply("نام: مینا\nنام خانوادگی: فراهانی\nکشور: ایران\n", "Content-Type: text/plain; charset=utf-8"),
			roster.Entry{Name: "مینا فراهانی", Country: "IR", Language: "fa", Writer: roster.Claimed}},
		"in French": {reply("Je signe.\nPrénom : Mina\nNom : Farahani\n", "Content-Type: text/plain; charset=utf-8", "Content-Language: fr-CA, en"), roster.Entry{Name: "Mina Farahani", Language: "fr", Writer: roster.Claimed}},
	} {
		f, err := mail.Read(t.Context(), "x.eml", []byte(c.mail), k.lookup)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Line, c.want.Email = 1, "mina@river.example"
		got := f.Roster().Entries[0]
		if c.want.Language == "" {
			c.want.Language = got.Language // a form is in no language
		}
		if !slices.Equal(got.Notes, c.want.Notes) {
			t.Errorf("%s: notes %q, want %q", name, got.Notes, c.want.Notes)
		}
		if got.Notes, c.want.Notes = nil, nil; !equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for text, key := range map[string]string{reply("I am away.\n", "Auto-Submitted: auto-replied"): "reply.automatic", "From: a@x.example, b@x.example\n\nx\n": "reply.sender"} {
		f, err := mail.Read(t.Context(), "x.eml", []byte(text), k.lookup)
		if err != nil {
			t.Fatal(err)
		}
		if e := f.Roster().Entries[0]; e.Fault == nil || e.Fault.Key != key {
			t.Errorf("%+v, want %s", e, key)
		}
	}
}

func equal(a, b roster.Entry) bool {
	return a.Line == b.Line && a.Name == b.Name && a.Title == b.Title && a.Affiliation == b.Affiliation && a.Organisation == b.Organisation && a.Email == b.Email &&
		a.Country == b.Country && a.Listing == b.Listing && a.Kind == b.Kind && a.Writer == b.Writer && a.Language == b.Language && a.Fault == b.Fault
}

// The mail that asks is in its reader's language, says who will see the name, and holds nothing that was read from the other.
func TestMail_asksForAConfirmation(t *testing.T) {
	o := onSQLite(t)
	asked := 0
	for _, l := range i18n.All() {
		for _, listing := range roll.Listings {
			list := &roster.Roster{SHA256: strings.Repeat("ab", 32), Entries: []roster.Entry{{Line: 1, Name: "Zarafshan Typed", Title: "Typed title",
				Email: l.Code + "." + string(listing) + "@example.org", Listing: string(listing), Writer: roster.Claimed, Language: l.Code}}}
			p, err := o.Signing.PlanImport(t.Context(), signing.Import{Letter: o.open, List: list, Basis: verify.ByReply, Listing: roll.Public})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Signing.ApplyImport(t.Context(), p, nil); err != nil || p.Asked != 1 {
				t.Fatalf("%d asked, %v", p.Asked, err)
			}
			asked++
		}
	}
	stop := o.sending()
	for deadline := time.Now().Add(30 * time.Second); len(o.relay.taken()) < asked && time.Now().Before(deadline); {
		runtime.Gosched() // the jobs run in goroutines of their own
	}
	stop()
	byAddress := map[string]message{}
	for _, m := range o.relay.taken() {
		byAddress[m.to[0]] = m
	}
	for _, l := range i18n.All() {
		for _, listing := range roll.Listings {
			m, ok := byAddress[l.Code+"."+string(listing)+"@example.org"]
			if !ok {
				t.Fatalf("%s, %s: no mail", l.Code, listing)
			}
			_, plain, rich := read(t, m.raw)
			for _, text := range []string{l.T("mail.reply.asked"), l.T("mail.reply.listing"), l.T("listing_hint." + string(listing)), l.T("mail.reply.link"), l.T("mail.reply.expires"),
				l.T("mail.reply.not_me"), l.T("mail.reply.why")} {
				if !strings.Contains(plain, text) || !strings.Contains(rich, html.EscapeString(text)) {
					t.Errorf("%s, %s: the mail does not say %q:\n%s", l.Code, listing, text, plain)
				}
			}
			if links := linkLine.FindAllString(plain, -1); len(links) != 1 || !strings.Contains(links[0], "/confirm/") {
				t.Errorf("links %q", links)
			}
			if strings.Contains(plain+rich, "Typed") || regexp.MustCompile(`\b[0-9]{6}\b`).MatchString(plain) {
				t.Errorf("what was read stands in the mail, or a code:\n%s", plain)
			}
		}
	}
}
