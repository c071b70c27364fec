package importer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

func TestRead_htmlLines(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"breaks", "a<br>b<br><br>c", "a|b|c"},
		{"white space", "<p> a \n b\tc </p>", "a b c"},
		{"marks", "<p><b>a </b>b<i>c</i> <strong><em>d</em></strong></p>", "**a** b*c* ***d***"},
		{"links", `<p><a href="https://a.example/x(1)">a</a> <a href="javascript:alert(1)">b</a> <a href="/c">c</a> <a href="mailto:d@e.example">d</a>` +
			`</p>`, "[a](https://a.example/x%281%29) b c [d](mailto:d@e.example)"},
		{"escapes", "<p>2 * 3 &lt;b&gt; &amp;amp; a_b _c_ [^1]</p>", `2 \* 3 \<b> \&amp; a_b \_c\_ \[^1]`},
		{"heading", "<h2>a <b>b</b></h2>", "## a b"},
		{"start and type", `<ol start="3"><li>a<li>b</ol><ol type="A"><li>c</ol><ol type="i"><li>d<li value="4">e</ol>`, "3. a|4. b|A. c|i. d|iv. e"},
		{"nested lists", `<ul><li>a<ol><li>b</ol><li><p>c</p><p>d</p></ul>`, "- a|1. b|- c|d"},
		{"typed marks", `<ul><li>1) a<li>2) b</ul>`, "1) a|2) b"},
		{"quote", `<p>a<p>b<blockquote><p>c</blockquote>`, "a|b|> c"},
		{"raised", `<p>20 m<sup>2</sup> and 5<sup>th</sup></p>`, "20 m² and 5th"},
		{"footnote", `<p>a<sup><a href="#n1" id="r1">1</a></sup> b</p><p id="n1"><a href="#r1">1</a> note</p>`, "a[^1] b|[^1]: note"},
		{"starred footnote", `<p>a<a href="#n" name="r"><sup>*</sup></a></p><p><a name="n" href="#r">*</a> note</p>`, "a[^1]|[^1]: note"},
		{"link inside the page", `<p><a href="#part">Part 1</a></p><h2 id="part">Part</h2>`, "Part 1|## Part"},
		{"hidden", `<p>a</p><p hidden>b</p><p aria-hidden="true">c</p><div role="navigation">d</div><div class="sr-only">e</div><p>f</p>`, "a|f"},
		{"table", `<table><tr><td>a</td><td>b</td></tr><tr><td>To:</td><td><p>c</p></td></tr></table>`, "a | b|To: c"},
		{"columns", `<table><tr><td>a<br>b</td><td>c<br>d</td></tr></table>`, "a|b|c|d"},
		{"entities", "<p>a&nbsp;b&zwnj;c &eacute;&#8217;</p>", "a b\u200cc é’"},
		{"no words", "<p>a</p><hr><p>___</p><p><br></p><p>b</p>", "a|b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := strings.Split(importer.Shown("a.html", []byte(tt.page)), "\n")
			want := strings.Split(strings.ReplaceAll(tt.want, " | ", " ¦ "), "|")
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], " ¦ ", " | ")
			}
			if got := lines[:min(len(lines), len(want))]; !slices.Equal(got, want) || len(lines) > len(want) && lines[len(want)] != "" {
				t.Errorf("got %q, want %q", lines, want)
			}
		})
	}
}

// TestRead_htmlEncodings reads one page in the encodings that old pages declare.
func TestRead_htmlEncodings(t *testing.T) {
	const western = `<html><head><meta http-equiv="Content-Type" content="text/html; charset=CHARSET"></head><body><p>Dear Ms Müller,</p>` +
		`<p>We ask you to reopen the café – “now”.</p><p>Yours sincerely,</p><p>Zoë Brandt</p></body></html>`
	const arabic = `<html dir="rtl"><head><meta charset="CHARSET"></head><body><p>السيدة الوزيرة،</p><p>نطالب بفتح المدرسة.</p></body></html>`
	for name, encoding := range map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "iso-8859-15": charmap.ISO8859_15,
		"windows-1256": charmap.Windows1256} {
		page := western
		if name == "windows-1256" {
			page = arabic
		}
		if name == "iso-8859-15" { // it has neither dash nor quotes
			page = strings.NewReplacer("–", "-", "“", `"`, "”", `"`).Replace(page)
		}
		page = strings.ReplaceAll(page, "CHARSET", name)
		data, err := encoding.NewEncoder().String(page)
		if err != nil {
			t.Fatal(err)
		}
		want, got := importer.Shown("a.html", []byte(page)), importer.Shown("a.html", []byte(data))
		if got != want || got == "" {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// noteSign are the references to footnotes; a page may show them as bare digits, so all digits are left aside.
var noteSign = regexp.MustCompile(`\[\^\d\]:?|\p{Nd}`)

// TestRead_htmlShown checks that the lines of the sample pages are words that the pages show, apart from the marks of lists.
func TestRead_htmlShown(t *testing.T) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		z := html.NewTokenizer(strings.NewReader(string(source)))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			if token.Type == html.TextToken {
				shown.WriteString(token.Data)
			}
			for _, a := range token.Attr {
				if a.Key == "alt" {
					shown.WriteString(a.Val)
				}
			}
		}
		text := noteSign.ReplaceAllString(bare(shown.String()), "")
		for line := range strings.Lines(importer.Shown(name, source)) {
			line = strings.Trim(noteSign.ReplaceAllString(line, ""), "| \n")
			for cell := range strings.SplitSeq(line, " | ") {
				words := strings.Fields(linkTarget(cell))
				if len(words) > 1 && strings.HasSuffix(words[0], ".") || len(words) > 0 && strings.HasPrefix(words[0], "[^") {
					words = words[1:]
				}
				if shown := bare(strings.Join(words, " ")); !strings.Contains(text, shown) {
					t.Errorf("%s does not show %q", name, shown)
				}
			}
		}
	}
}
