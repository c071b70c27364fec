package web

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stencil is a rendered page with holes for what differs from reader to reader: confirming is a hot path, and executing the
// template costs ten times what the confirmation does. A hole is one private-use character that was rendered as text; what
// is put into it is escaped as text.
type stencil struct {
	parts []string // between the holes
	holes []rune
}

// firstHole begins a range of private-use characters that no message, title or organisation of a letter has: a page that
// has one is not taken apart.
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
	var b strings.Builder
	for i, hole := range s.holes {
		b.WriteString(s.parts[i])
		b.WriteString(plus.Replace(template.HTMLEscapeString(text(hole))))
	}
	b.WriteString(s.parts[len(s.parts)-1])
	return []byte(b.String())
}

// plus is what html/template escapes beside what its function of that name does.
var plus = strings.NewReplacer("+", "&#43;")

// The holes of a receipt page.
const (
	holeName = firstHole + iota
	holeOrganisation
	holePromise                     // and the next, for the second signature
	holeSecret  = firstHole + 0x100 // and those after it, one for each character
)

// receiptKey is what the page around the holes depends on, beside the letter. The times change once a minute.
type receiptKey struct {
	prefix, locale, text, kind, listing string
	appears, promisedBy                 string
	held, again, named, organised       bool
	promises, secret                    int
}

// hollow returns the page with holes, and the key that it depends on.
func (p ReceiptPage) hollow() (ReceiptPage, receiptKey) {
	key := receiptKey{p.Prefix, p.L.Code, p.TextLanguage, p.Kind, p.Listing, p.Appears, p.PromisedBy, p.Held, p.Again, p.Name != "", p.Organisation != "", len(p.Promises), len(p.Secret)}
	hole := func(into *string, r rune) {
		if *into != "" {
			*into = string(r)
		}
	}
	hole(&p.Name, holeName)
	hole(&p.Organisation, holeOrganisation)
	promises := make([]string, len(p.Promises))
	for i := range promises {
		promises[i] = string(rune(holePromise + i))
	}
	p.Promises = promises
	secret := make([]rune, len(p.Secret))
	for i := range secret {
		secret[i] = rune(holeSecret + i)
	}
	p.Secret = string(secret)
	return p, key
}

// text returns what stands in a hole.
func (p ReceiptPage) text(hole rune) string {
	switch {
	case hole == holeName:
		return p.Name
	case hole == holeOrganisation:
		return p.Organisation
	case hole >= holeSecret:
		return p.Secret[hole-holeSecret : hole-holeSecret+1]
	default:
		return p.Promises[hole-holePromise]
	}
}

// renderReceipt writes a receipt page through the stencil of its letter.
func (l *cachedLetter) renderReceipt(w http.ResponseWriter, p ReceiptPage) error {
	hollow, key := p.hollow()
	l.mu.Lock()
	s := l.receipts[key]
	l.mu.Unlock()
	if s == nil {
		body, err := renderBytes(hollow)
		if err != nil {
			return err
		}
		s = newStencil(body)
		l.mu.Lock()
		if l.receipts == nil || len(l.receipts) >= maxPages {
			l.receipts = map[receiptKey]*stencil{}
		}
		l.receipts[key] = s
		l.mu.Unlock()
	}
	body := s.fill(p.text)
	w.Header().Set("Content-Type", htmlType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
	return nil
}
