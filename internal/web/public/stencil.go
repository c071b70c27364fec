package public

import (
	"html/template"
	"strings"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// stencil is a rendered page with holes for what differs from reader to reader: confirming is a hot path, and executing the
// template costs ten times what the confirmation does. A hole is one private-use character that was rendered as text; what
// is put into it is escaped as text.
type stencil struct {
	parts []string // between the holes
	holes []rune
}

// firstHole begins a range of private-use characters that no message, title or organisation of a letter should have: a page
// that has one of its own is rendered each time.
const (
	firstHole = 0xF0000
	lastHole  = 0xF0FFF
)

func newStencil(page []byte) *stencil {
	s := &stencil{}
	start := 0
	for i, r := range string(page) {
		if r >= firstHole && r <= lastHole {
			s.parts, s.holes = append(s.parts, string(page[start:i])), append(s.holes, r)
			start = i + utf8.RuneLen(r)
		}
	}
	s.parts = append(s.parts, string(page[start:]))
	return s
}

// fill returns the page with a text in each hole.
func (s *stencil) fill(text func(hole rune) string) []byte {
	size := 0
	for _, part := range s.parts {
		size += len(part)
	}
	b := make([]byte, 0, size+1024)
	for i, hole := range s.holes {
		b = append(append(b, s.parts[i]...), text(hole)...)
	}
	return append(b, s.parts[len(s.parts)-1]...)
}

// escape writes text as html/template does, which escapes one character more than its function of that name.
func escape(text string) string {
	return strings.ReplaceAll(template.HTMLEscapeString(text), "+", "&#43;")
}

// The holes of a receipt page.
const (
	holeName = firstHole + iota
	holeOrganisation
	holePromise                     // and the next, for the second signature
	holeSecret  = firstHole + 0x100 // and those after it, one for each character
)

// receiptKey is what the page around the holes depends on, beside the letter. The times change once a minute.
type receiptKey struct {
	prefix, locale                string
	text                          string // language
	informed                      string // words of the form: one for each language and set of lead organisations
	kind                          verify.Kind
	listing                       roll.Listing
	appears, promisedBy           int64 // Unix minutes
	held, again, named, organised bool
	promises                      int
}

// holds reports whether the page has each hole of a receipt once, and no other.
func (s *stencil) holds(r signing.Receipt) bool {
	want := map[rune]bool{}
	if r.Name != "" {
		want[holeName] = true
	}
	if r.Organisation != "" {
		want[holeOrganisation] = true
	}
	for i := range r.Promises {
		want[rune(holePromise+i)] = true
	}
	for i := range r.Secret {
		want[rune(holeSecret+i)] = true
	}
	for _, hole := range s.holes {
		if !want[hole] {
			return false
		}
		delete(want, hole)
	}
	return len(want) == 0
}

// hollow returns a receipt with holes in place of what only its reader sees.
func hollow(r signing.Receipt) signing.Receipt {
	if r.Name != "" {
		r.Name = string(rune(holeName))
	}
	if r.Organisation != "" {
		r.Organisation = string(rune(holeOrganisation))
	}
	promises := make([]string, len(r.Promises))
	for i := range promises {
		promises[i] = string(rune(holePromise + i))
	}
	r.Promises = promises
	secret := make([]rune, len(r.Secret))
	for i := range secret {
		secret[i] = rune(holeSecret + i)
	}
	r.Secret = string(secret)
	return r
}

// receipt returns a receipt's page through the stencil of its letter; fill makes the page of a receipt.
func (l *cachedLetter) receipt(x *page.Renderer, key receiptKey, r signing.Receipt, fill func(signing.Receipt) ReceiptPage) ([]byte, error) {
	l.mu.Lock()
	s := l.receipts[key]
	l.mu.Unlock()
	if s == nil {
		body, err := x.Bytes(fill(hollow(r)))
		if err != nil {
			return nil, err
		}
		if s = newStencil(body); !s.holds(r) {
			return x.Bytes(fill(r)) // a text of the letter has such a character of its own
		}
		l.mu.Lock()
		if l.receipts == nil || len(l.receipts) >= maxPages {
			l.receipts = map[receiptKey]*stencil{}
		}
		l.receipts[key] = s
		l.mu.Unlock()
		l.rendered(len(body))
	}
	name, organisation := escape(r.Name), escape(r.Organisation)
	return s.fill(func(hole rune) string {
		switch {
		case hole == holeName:
			return name
		case hole == holeOrganisation:
			return organisation
		case hole >= holeSecret:
			return r.Secret[hole-holeSecret : hole-holeSecret+1] // letters and digits
		default:
			return escape(r.Promises[hole-holePromise])
		}
	}), nil
}
