package public

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
)

// A receipt through a stencil is, byte for byte, the page that its template gives, whatever a signer typed, and no page has
// anything of the reader before.
func TestStencil_isTheRenderedPage(t *testing.T) {
	renderer := page.NewRenderer(os.DirFS("../templates"))
	pages := 0
	for _, locale := range i18n.All() {
		l := &cachedLetter{rendered: func(int) {}}
		for state, p := range receiptSamples(locale) {
			fill := func(r signing.Receipt) ReceiptPage {
				p.Name, p.Organisation, p.Secret, p.Promises = r.Name, r.Organisation, r.Secret, r.Promises
				return p
			}
			for i, name := range []string{p.Name, `<script>alert("1")</script> & 'x'`, "", string(rune(holeSecret)) + "{{.Secret}}"} {
				for _, organisation := range []string{p.Organisation, "", "O\u2019Brien \"&\" <Co>"} {
					r := signing.Receipt{Shown: signing.Shown{Name: name, Organisation: organisation}, Secret: strings.Repeat(string(rune('a'+i)), 26),
						Promises: []string{"a+b/c= <" + name + ">", "second"}[:1+i%2]}
					key := receiptKey{text: state, named: name != "", organised: organisation != "", promises: len(r.Promises)}
					got, err := l.receipt(renderer, key, r, fill)
					if err != nil {
						t.Fatal(err)
					}
					want, err := renderer.Bytes(fill(r))
					if err != nil {
						t.Fatal(err)
					}
					if pages++; !bytes.Equal(got, want) {
						t.Fatalf("%s, %q: the pages differ:\n%q\n%q", locale.Code, name, from(string(got), string(want)), from(string(want), string(got)))
					}
				}
			}
		}
		if len(l.receipts) == 0 || len(l.receipts) > 36 {
			t.Errorf("%s: %d stencils", locale.Code, len(l.receipts))
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages compared", pages)
	}
}

// receiptSamples are receipts in their several states.
func receiptSamples(l *i18n.Locale) map[string]ReceiptPage {
	base := page.Base{L: l, Assets: page.NewAssets(os.DirFS("../static")), Site: "Open Letters", Title: l.T("receipt.title"), Path: "/receipt"}
	p := ReceiptPage{Base: base, LetterTitle: page.Tag("Open the granaries", "en"), LetterURL: "/letters/x", TextLanguage: l.Language("ur"), Kind: "both",
		Name: "Ada Lindqvist", Organisation: "Harbour Association", Listing: "counted", Secret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Appears: "14:20",
		SignatureURL: "/signature", Share: Share{URL: "https://letters.example/letters/x"}, Withheld: true, PromisedBy: "tomorrow"}
	held, again := p, p
	held.Held, again.Again = true, true
	return map[string]ReceiptPage{"receipt": p, "held": held, "again": again}
}

// from returns a from where b differs.
func from(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return strings.ToValidUTF8(a[max(0, i-40):min(len(a), i+80)], "?")
}
