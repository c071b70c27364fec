package mail_test

import (
	"html"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

// The mail that asks is in its reader's language, says who will see the name, and holds nothing that was read from the other.
func TestMail_asksForAConfirmation(t *testing.T) {
	o := onSQLite(t)
	asked := 0
	for _, l := range i18n.All() {
		for _, listing := range roll.Listings {
			list := &roster.Roster{SHA256: strings.Repeat("ab", 32), Entries: []roster.Entry{{Line: 1, Name: "Zarafshan Typed", Title: "Typed title",
				Email: l.Code + "." + string(listing) + "@example.org", Listing: string(listing), Writer: roster.Claimed, Language: l.Code}}}
			p, err := o.Intake.Plan(t.Context(), intake.Import{Letter: o.open, List: list, Basis: verify.ByReply, Listing: roll.Public})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Intake.Apply(t.Context(), p, nil); err != nil || p.Asked != 1 {
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
			for _, text := range []string{l.T("mail.reply.asked"), l.T("mail.reply.listing"), l.T("listing_hint." + string(listing)), l.T("mail.reply.link"),
				l.T("mail.reply.expires"), l.T("mail.reply.not_me"), l.T("mail.reply.why")} {
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
