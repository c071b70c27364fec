package web

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
)

// A receipt through a stencil is, byte for byte, the page that its template gives, whatever a signer typed.
func TestStencil_isTheRenderedPage(t *testing.T) {
	pages := 0
	for _, locale := range i18n.All() {
		l := &cachedLetter{}
		for _, s := range samplePages(locale, wordsFor(locale.Code)) {
			p, ok := s.page.(ReceiptPage)
			if !ok {
				continue
			}
			for _, name := range []string{p.Name, `<script>alert("1")</script> & 'x'`, "", string(rune(holeSecret)) + "{{.Secret}}"} {
				for _, organisation := range []string{p.Organisation, "", "O\u2019Brien \"&\" <Co>"} {
					p.Name, p.Organisation = name, organisation
					want, err := renderBytes(p)
					if err != nil {
						t.Fatal(err)
					}
					got := httptest.NewRecorder()
					if err := l.renderReceipt(got, p); err != nil {
						t.Fatal(err)
					}
					if pages++; !bytes.Equal(got.Body.Bytes(), want) {
						t.Fatalf("%s, %q: the pages differ:\n%q\n%q", locale.Code, name, from(got.Body.String(), string(want)), from(string(want), got.Body.String()))
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
