package inbox

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/text"
)

// What stands above the mail that was answered, or below one's own words.
var (
	original   = regexp.MustCompile(`^[ \t]*(-{2,}[^-]{3,60}-{2,}|_{20,}|-{20,})[ \t]*$`)
	sender     = regexp.MustCompile(`(?i)^[ \t*]*(from|de|von|از|من|فرستنده|المرسل)[ \t\x{a0}*]*:`)
	headerOf   = regexp.MustCompile(`(?i)^[ \t*]*(sent|date|to|subject|envoyé|à|objet|gesendet|an|betreff|تاریخ|به|موضوع|ارسال|التاريخ|إلى|الموضوع)[ \t\x{a0}*]*:`)
	blanks     = regexp.MustCompile(`[ \t\r\n]+`)
	manyBlanks = regexp.MustCompile(`\n{3,}`)
)

// ownWords returns what the sender wrote: neither what is quoted, with the line that says whose it is, nor what follows the mark
// of a signature or the head of the mail that was answered.
func ownWords(source string) string {
	lines := strings.Split(text.Shown.Drop(text.LineEnds(source)), "\n")
	var kept []string
	for i, l := range lines {
		if bare := strings.TrimRight(l, " \t\u00a0"); bare == "--" || original.MatchString(l) || isHead(lines[i:]) {
			break
		}
		if !strings.HasPrefix(l, ">") {
			kept = append(kept, strings.TrimRight(l, " \t\u00a0"))
			continue
		}
		if i == 0 || !strings.HasPrefix(lines[i-1], ">") {
			kept = withoutAttribution(kept)
		}
	}
	out := strings.TrimSpace(manyBlanks.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"))
	if len(out) > maxText {
		out = strings.ToValidUTF8(out[:maxText], "")
	}
	return out
}

// isHead reports whether lines begin with the head that some programs put above what was answered: the sender, and soon after
// that two more fields of a mail.
func isHead(lines []string) bool {
	if !sender.MatchString(lines[0]) {
		return false
	}
	n := 0
	for _, l := range lines[1:min(6, len(lines))] {
		if headerOf.MatchString(l) {
			n++
		}
	}
	return n >= 2
}

// withoutAttribution drops the one or two lines above a quotation that say whose it is: in every language they end in a colon.
func withoutAttribution(lines []string) []string {
	n := len(lines)
	for n > 0 && lines[n-1] == "" {
		n--
	}
	if n == 0 || !strings.HasSuffix(lines[n-1], ":") && !strings.HasSuffix(lines[n-1], "：") {
		return lines
	}
	first := n - 1
	if first > 0 && lines[first-1] != "" && !strings.ContainsFunc(lines[first], unicode.IsDigit) {
		first-- // its beginning, with the date, stands on the line before
	}
	return lines[:first]
}

// textOfHTML returns the words of a mail that is HTML alone, a line for each block, without what programs mark as the mail that
// was answered.
func textOfHTML(source string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	z.SetMaxBuf(8 * maxText)
	unseen, quoted := "", 0
	for b.Len() < 2*maxText {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch {
		case unseen != "":
			if kind == html.EndTagToken && token.Data == unseen {
				unseen = ""
			}
		case kind == html.TextToken && quoted == 0:
			b.WriteString(blanks.ReplaceAllString(token.Data, " "))
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken || kind == html.EndTagToken:
			if kind != html.EndTagToken && isAnswered(token) {
				return b.String()
			}
			switch token.Data {
			case "script", "style", "head", "title", "template":
				if kind == html.StartTagToken {
					unseen = token.Data
				}
			case "blockquote":
				if kind == html.StartTagToken {
					quoted++
				} else {
					quoted = max(0, quoted-1)
				}
				b.WriteByte('\n')
			case "br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table", "hr":
				b.WriteByte('\n')
			case "td", "th":
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// isAnswered reports whether an element holds, or stands before, the mail that was answered.
func isAnswered(t html.Token) bool {
	for _, a := range t.Attr {
		switch {
		case a.Key == "class":
			for class := range strings.FieldsSeq(a.Val) {
				switch class {
				case "gmail_quote", "gmail_signature", "moz-cite-prefix", "moz-signature", "yahoo_quoted", "protonmail_quote":
					return true
				}
			}
		case a.Key == "id" && (a.Val == "divRplyFwdMsg" || a.Val == "appendonsend" || a.Val == "Signature"):
			return true
		}
	}
	return false
}
