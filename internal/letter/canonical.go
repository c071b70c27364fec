package letter

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/text"
)

// Canonical returns the file that signatures are bound to: UTF-8 in NFC, LF, no trailing blanks, one final LF. It holds
// title, addressees, place and date, salutation, body, the demands that do not stand in the body (of format 1), closing, and who
// signed the text, each as its author wrote it and nothing of ours, so that a translation has no word of another language.
func (t Text) Canonical() string {
	var b strings.Builder
	block := func(lines ...string) {
		var kept []string
		for _, line := range lines {
			if line = text.Written.Line(line); line != "" {
				kept = append(kept, line)
			}
		}
		if len(kept) > 0 {
			b.WriteString(strings.Join(kept, "\\\n")) // a Markdown hard break
			b.WriteString("\n\n")
		}
	}
	if t.Title != "" {
		block("# " + text.Written.Line(t.Title))
	}
	if t.Subtitle != "" {
		block("*" + text.Written.Line(t.Subtitle) + "*")
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
		*line = text.Written.Line(*line)
	}
	t.Introduction, t.Body = CleanMarkdown(t.Introduction), CleanMarkdown(t.Body)
	t.Addressees, t.Demands, t.SignedBy = slices.Clone(t.Addressees), slices.Clone(t.Demands), slices.Clone(t.SignedBy)
	for i, a := range t.Addressees {
		address := slices.Clone(a.Address)
		for j, line := range address {
			address[j] = text.Written.Line(line)
		}
		t.Addressees[i] = Addressee{Before: text.Written.Line(a.Before), Name: text.Written.Line(a.Name), Office: text.Written.Line(a.Office), Address: address}
	}
	for i, d := range t.Demands {
		t.Demands[i].Number, t.Demands[i].Text = text.Written.Line(d.Number), text.Written.Line(d.Text)
	}
	if t.Format >= 2 {
		t.Body = notesLast(t.Body)
		t.Demands = t.demands()
	}
	for i, s := range t.SignedBy {
		t.SignedBy[i] = Signer{text.Written.Line(s.Name), text.Written.Line(s.Role), text.Written.Line(s.Organisation)}
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

// CleanMarkdown returns Markdown in NFC with LF line ends, no trailing blanks, no control or direction-override characters
// and at most one blank line between blocks.
func CleanMarkdown(s string) string {
	s = norm.NFC.String(text.Written.Drop(text.LineEnds(strings.ToValidUTF8(s, ""))))
	var b strings.Builder
	blank := 0
	for line := range strings.SplitSeq(s, "\n") {
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
