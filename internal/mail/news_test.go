package mail_test

import (
	"mime"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What signers and editors are written about a letter, in every language; every link stands alone on its line and is in both
// parts, and only news can be ended by one press.
func TestNews_inTheReadersLanguage(t *testing.T) {
	o := onSQLite(t)
	o.calls(nil)
	if _, err := o.Letters.Updates.Add(t.Context(), o.open.Slug, letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "The keys were found", Body: "In a drawer."}}, 0); err != nil {
		t.Fatal(err)
	}
	deadline := strconv.FormatInt(o.open.Deadline.At.UnixMicro(), 10)
	for _, l := range i18n.All() {
		token := strings.Repeat("a", 45)
		digest := news.Digest{Language: l.Code, Address: "a@example.org", Stop: "news-" + strings.Repeat("b", 52)}
		var items []mail.NewsItem
		for _, f := range []news.Fact{{About: news.AboutText, Value: "3"}, {About: news.AboutDeadline, Value: deadline}, {About: news.AboutSoon, Value: deadline},
			{About: news.AboutUpdate + " 1"}, {About: news.AboutUpdate + " 7"}, {About: news.AboutClosed}} { // the last two are not so
			in, err := mail.NewsItems(t.Context(), o.Letters, o.Deliveries, l, o.open, []news.Fact{f}, "https://varrow.example")
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, in...)
		}
		text := signing.Envelope{Letter: o.open.ID, Language: l.Code, Address: "a@example.org", Token: token, Listing: roll.Counted, Edition: 3, From: 1}
		for kind, make := range map[string]func() ([]byte, error){
			"news": func() ([]byte, error) { return o.RenderNews(digest, o.open, items) },
			"text": func() ([]byte, error) { return o.RenderText(text) },
			"question": func() ([]byte, error) {
				return o.RenderQuestion(signing.Envelope{Letter: o.open.ID, Language: l.Code, Address: "a@example.org"},
					"Which of your two offices signs?", "ada@lantern.example")
			},
			"summary": func() ([]byte, error) {
				return o.RenderSummary(l, o.open, roll.Counts{Organisations: 2, Persons: 11}, 3)
			},
		} {
			raw, err := make()
			if err != nil {
				t.Fatal(err)
			}
			header, plain, rich := read(t, raw)
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			if err != nil {
				t.Fatal(err)
			}
			links := 0
			for line := range strings.Lines(plain) {
				if line = strings.TrimSpace(line); strings.Contains(line, "://") {
					links++
					if !strings.HasPrefix(line, "https://varrow.example/") || strings.ContainsAny(line, " \u2066\u2067\u2068\u2069") ||
						!strings.Contains(rich, `href="`+line+`"`) {
						t.Errorf("%s, %s: the link %q", l.Code, kind, line)
					}
				}
			}
			if want := map[string]int{"news": 6, "text": 2, "summary": 1, "question": 1}[kind]; links != want {
				t.Errorf("%s, %s: %d links, want %d in\n%s", l.Code, kind, links, want, plain)
			}
			if (header.Get("List-Unsubscribe") != "") != (kind == "news") || (header.Get("Reply-To") != "") != (kind == "question") {
				t.Errorf("%s, %s: List-Unsubscribe %q", l.Code, kind, header.Get("List-Unsubscribe"))
			}
			golden(t, "news/"+kind+"."+l.Code+".txt", "Subject: "+subject+"\n\n"+plain)
		}
	}
}

// What was told of a delivery that then came back is left out of the mails that are still to go.
func TestNews_notOfWhatCameBack(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		a, err := d.Deliveries.PutAddressee(t.Context(), d.Letter.Slug, delivery.AddresseeChange{Office: new("Ministry of Bridges"), Role: new(delivery.Asks),
			Email: new("office@bridges.example")}, 0)
		if err != nil {
			t.Fatal(err)
		}
		x, err := d.Deliveries.Deliver(t.Context(), d.Letter.Slug, delivery.HandOver{Addressee: a.Number, Channel: delivery.ByEmail}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Deliveries.Went(t.Context(), x.ID, delivery.Handed, nil); err != nil {
			t.Fatal(err)
		}
		told := func() int {
			t.Helper()
			facts := []news.Fact{{About: news.AboutDelivery + " " + delivery.ID(x.ID)}}
			items, err := mail.NewsItems(t.Context(), d.Letters, d.Deliveries, i18n.Find("en"), d.Letter, facts, "https://varrow.example")
			if err != nil {
				t.Fatal(err)
			}
			return len(items)
		}
		if told() != 1 {
			t.Error("a delivery is no news")
		}
		if err := d.Deliveries.MarkBounced(t.Context(), d.Letter.Slug, x.ID, 0); err != nil {
			t.Fatal(err)
		}
		if told() != 0 {
			t.Error("a delivery that came back is told of as one that arrived")
		}
	})
}
