package letter

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Canonical returns the file that signatures are bound to: UTF-8 in NFC, LF, no trailing blanks, one final LF. It holds
// title, addressees, place and date, salutation, body, the demands that do not stand in the body, closing, and who signed
// the text, each as its author wrote it and nothing of ours, so that a translation has no word of another language.
func (t Text) Canonical() string {
	var b strings.Builder
	block := func(lines ...string) {
		var kept []string
		for _, line := range lines {
			if line = clean(line); line != "" {
				kept = append(kept, line)
			}
		}
		if len(kept) > 0 {
			b.WriteString(strings.Join(kept, "\\\n")) // a Markdown hard break
			b.WriteString("\n\n")
		}
	}
	if t.Title != "" {
		block("# " + clean(t.Title))
	}
	if t.Subtitle != "" {
		block("*" + clean(t.Subtitle) + "*")
	}
	for _, a := range t.Addressees {
		block(append([]string{a.Line(), a.Office}, a.Address...)...)
	}
	block(joinWith(", ", t.Place, t.Date))
	block(t.Salutation)
	if body := CleanMarkdown(t.Body); body != "" {
		b.WriteString(body + "\n\n")
	}
	for _, d := range t.Demands {
		if !d.InBody {
			block(joinWith(". ", strings.TrimRight(d.Number, ".)- "), d.Text))
		}
	}
	block(t.Closing)
	for _, s := range t.SignedBy {
		block(s.Name, s.Role, s.Organisation)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// tidy returns the text as its canonical file has it, so that a page cannot show what is not signed.
func (t Text) tidy() Text {
	for _, line := range []*string{&t.Title, &t.Subtitle, &t.Place, &t.Date, &t.Salutation, &t.Closing, &t.Translator} {
		*line = clean(*line)
	}
	t.Introduction, t.Body = CleanMarkdown(t.Introduction), CleanMarkdown(t.Body)
	t.Addressees, t.Demands, t.SignedBy = slices.Clone(t.Addressees), slices.Clone(t.Demands), slices.Clone(t.SignedBy)
	for i, a := range t.Addressees {
		address := slices.Clone(a.Address)
		for j, line := range address {
			address[j] = clean(line)
		}
		t.Addressees[i] = Addressee{Before: clean(a.Before), Name: clean(a.Name), Office: clean(a.Office), Address: address}
	}
	for i, d := range t.Demands {
		t.Demands[i].Number, t.Demands[i].Text = clean(d.Number), clean(d.Text)
	}
	for i, s := range t.SignedBy {
		t.SignedBy[i] = Signer{clean(s.Name), clean(s.Role), clean(s.Organisation)}
	}
	return t
}

// Hash returns the lower-case hex SHA-256 of a canonical file, as sha256sum prints it.
func Hash(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

func joinWith(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}

// clean returns one line of plain text: NFC, no control or direction-override characters, single blanks.
func clean(s string) string {
	s = lineBreaks.Replace(strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(norm.NFC.String(strings.Map(keepVisible, s))), " ")
}

// lineBreaks makes every sign for the end of a line an LF; a paragraph separator ends a paragraph.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n\n")

// CleanMarkdown returns Markdown in NFC with LF line ends, no trailing blanks, no control or direction-override characters
// and at most one blank line between blocks.
func CleanMarkdown(s string) string {
	s = lineBreaks.Replace(strings.ToValidUTF8(s, ""))
	var b strings.Builder
	blank := 0
	for line := range strings.SplitSeq(norm.NFC.String(strings.Map(keepVisible, s)), "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" {
			blank++
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat("\n", min(blank, 1)+1))
		}
		blank = 0
		b.WriteString(line)
	}
	return b.String()
}

// keepVisible drops the characters that can hide or reorder text: controls, the bidirectional embeddings, overrides and
// isolates, zero-width blanks, the byte order mark and the tag characters. Line feed, tab, ZWNJ and ZWJ stay: scripts need
// the last two.
func keepVisible(r rune) rune {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return r
	case r < 0x20, r >= 0x7f && r < 0xa0,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c,
		r == 0xad, r == 0x200b, r >= 0x2060 && r <= 0x2064, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f, r == 0xfffd:
		return -1
	}
	return r
}
