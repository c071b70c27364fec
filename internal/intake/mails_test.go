package intake_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/testkit"
)

const plainReply = `From: Mina Farahani <mina@river.example>
To: office@letters.example
Subject: Re: Open the granary ledgers
Date: Tue, 12 Nov 2030 10:00:00 +0100
Message-ID: <one@river.example>

Please add my name to the letter.
`

// reply is a mail with another body, and fields of its header before that of the sender.
func reply(body string, fields ...string) string {
	return strings.Join(append(fields, "From: Mina Farahani <mina@river.example>"), "\n") + "\n\n" + body
}

// What a mail says of its sender becomes a line of a list, which says who wrote it.
func TestRoster_aMailIsALineOfAList(t *testing.T) {
	k := testkit.Keys{}
	for name, c := range map[string]struct {
		mail string
		want roster.Entry
	}{
		"nothing but the sender": {plainReply, roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed}},
		"signed by its domain":   {k.Signed(t, "river.example", plainReply), roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Sender}},
		"changed on its way": {k.Signed(t, "river.example", plainReply) + "-- \r\nA list\r\n",
			roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed, Notes: []roster.Note{roster.NoteAltered}}},
		"no key": {k.Signed(t, "river.example", strings.Replace(plainReply, "From: ", "X: y\nFrom: ", 1), func(o *dkim.SignOptions) { o.Selector = "gone" }),
			roster.Entry{Name: "Mina Farahani", Language: "en", Writer: roster.Claimed, Notes: []roster.Note{roster.NoteNoKey}}},
		"an organisation": {reply("We sign.\n\nOrganisation: River Watch\nCountry: Kenya\n"), roster.Entry{
			Name: "Mina Farahani", Organisation: "River Watch", Country: "KE",
			Kind: "organisation", Writer: roster.Claimed}},
		"a form": {reply("Name: M. Farahani\n* Title: Director\nAffiliation: Vale School\nOrganisation: River Watch\n" +
			"E-mail: other@x.example\nListing: anonymous\nName: Another\nDear: all\n"),
			roster.Entry{Name: "M. Farahani", Title: "Director", Affiliation: "Vale School", Organisation: "River Watch", Listing: "counted", Writer: roster.Claimed}},
		"in Persian": {reply("نام: مینا\nنام خانوادگی: فراهانی\nکشور: ایران\n", "Content-Type: text/plain; charset=utf-8"),
			roster.Entry{Name: "مینا فراهانی", Country: "IR", Language: "fa", Writer: roster.Claimed}},
		"in French": {reply("Je signe.\nPrénom : Mina\nNom : Farahani\n", "Content-Type: text/plain; charset=utf-8", "Content-Language: fr-CA, en"),
			roster.Entry{Name: "Mina Farahani", Language: "fr", Writer: roster.Claimed}},
	} {
		f, err := inbox.Read(t.Context(), "x.eml", []byte(c.mail), k.Lookup)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Line, c.want.Email = 1, "mina@river.example"
		got := intake.Roster(f).Entries[0]
		if c.want.Language == "" {
			c.want.Language = got.Language // a form is in no language
		}
		if !slices.Equal(got.Notes, c.want.Notes) {
			t.Errorf("%s: notes %q, want %q", name, got.Notes, c.want.Notes)
		}
		if got.Notes, c.want.Notes = nil, nil; !sameEntry(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for text, key := range map[string]string{reply("I am away.\n", "Auto-Submitted: auto-replied"): "reply.automatic",
		"From: a@x.example, b@x.example\n\nx\n": "reply.sender"} {
		f, err := inbox.Read(t.Context(), "x.eml", []byte(text), k.Lookup)
		if err != nil {
			t.Fatal(err)
		}
		if e := intake.Roster(f).Entries[0]; e.Fault == nil || e.Fault.Key != key {
			t.Errorf("%+v, want %s", e, key)
		}
	}
}

func sameEntry(a, b roster.Entry) bool {
	return a.Line == b.Line && a.Name == b.Name && a.Title == b.Title && a.Affiliation == b.Affiliation && a.Organisation == b.Organisation &&
		a.Email == b.Email &&
		a.Country == b.Country && a.Listing == b.Listing && a.Kind == b.Kind && a.Writer == b.Writer && a.Language == b.Language && a.Fault == b.Fault
}
