package web

import (
	"bytes"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
)

// A receipt through a stencil is, byte for byte, the page that its template gives, whatever a signer typed, and no page has
// anything of the reader before.
func TestStencil_isTheRenderedPage(t *testing.T) {
	pages := 0
	for _, locale := range i18n.All() {
		l := &cachedLetter{rendered: func(int) {}}
		for _, s := range samplePages(locale, wordsFor(locale.Code)) {
			p, ok := s.page.(ReceiptPage)
			if !ok {
				continue
			}
			page := func(r signing.Receipt) ReceiptPage {
				p.Name, p.Organisation, p.Secret, p.Promises = r.Name, r.Organisation, r.Secret, r.Promises
				return p
			}
			for i, name := range []string{p.Name, `<script>alert("1")</script> & 'x'`, "", string(rune(holeSecret)) + "{{.Secret}}"} {
				for _, organisation := range []string{p.Organisation, "", "O\u2019Brien \"&\" <Co>"} {
					r := signing.Receipt{Shown: signing.Shown{Name: name, Organisation: organisation}, Secret: strings.Repeat(string(rune('a'+i)), 26),
						Promises: []string{"a+b/c= <" + name + ">", "second"}[:1+i%2]}
					key := receiptKey{text: s.name, named: name != "", organised: organisation != "", promises: len(r.Promises)}
					got, err := l.receipt(key, r, page)
					if err != nil {
						t.Fatal(err)
					}
					want, err := renderBytes(page(r))
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

// from returns a from where b differs.
func from(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return strings.ToValidUTF8(a[max(0, i-40):min(len(a), i+80)], "?")
}
