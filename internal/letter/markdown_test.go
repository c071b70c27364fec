package letter_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

const picture = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var (
	allowedElements = strings.Fields("html head body p br em strong del h1 h2 h3 h4 h5 h6 ul ol li blockquote code pre hr table thead tbody tr th td sup figure figcaption cite div img a")
	allowedLink     = regexp.MustCompile(`^(https?://|mailto:|#|/|\?|[^:/?#]*([/?#]|$))`)
)

// unsafe returns what in the HTML could run, load or hide something.
func unsafe(t testing.TB, source string) (found []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(allowedElements, n.Data) {
			found = append(found, "<"+n.Data+">")
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "src" && strings.HasPrefix(a.Val, "/media/") && n.Data == "img":
			case a.Key == "href" && n.Data == "a" && allowedLink.MatchString(a.Val):
			case slices.Contains([]string{"alt", "loading", "id", "class", "role", "start", "align", "rel"}, a.Key):
			default:
				found = append(found, n.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return found
}

var attacks = []string{
	"<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
	"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))", "[x](\\x01javascript:alert(1))", "[x](<javascript:alert(1)>)",
	"[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "[x](file:///etc/passwd)", "<javascript:alert(1)>", "![x](javascript:alert(1))", "![x](https://evil.example/p.png)",
	"![x](data:image/svg+xml;base64,AAAA)", "![x\" onerror=\"alert(1)](picture:" + picture + ")", "![x](picture:" + picture + " \"a\\\" onload=\\\"alert(1) | <b onclick=x>\")",
	"![x](/media/" + picture + ")", "![x](picture:../../etc/passwd)", "<iframe src=//evil.example></iframe>", "<a href=\"x\" onclick=\"y\">z</a>", "<style>*{display:none}</style>",
	"<form action=/x><input name=email></form>", "<meta http-equiv=refresh content=0>", "<base href=//evil.example>", "<math><mi//xlink:href=\"data:x\">", "<p style=position:fixed>",
	"[a]: javascript:alert(1)\n\n[a]", "[x](https://a.example \"\\\" onmouseover=\\\"alert(1)\")", "`<script>`", "```html\n<script>\n```", "~~~\" onclick=x\ncode\n~~~", "[^1]\n\n[^1]: <script>x</script> [y](javascript:z)",
	"[^\"><script>]\n\n[^\"><script>]: x", "| a |\n|--|\n| <script>x</script> |", "- [ ] <b onfocus=x>", "<!--><script>alert(1)</script>-->", "<![CDATA[<script>]]>", "<?php x ?>", "\x00<script>", "<scr\x00ipt>",
	"www.example.com/\"onclick=x", "http://a.example/<script>", "<a@b.example\" onclick=x>", "# <script>\n===", "a\u2028<script>", "[x](//evil.example)", "&lt;script&gt;", "{{.}}", "[x](mailto:a@b.example?body=%0d%0aBcc)",
}

func TestRenderMarkdown_nothingRunsOrLoads(t *testing.T) {
	for _, attack := range attacks {
		for _, source := range []string{attack, "1. " + attack, "> " + attack, "Words " + attack + " words"} {
			out := letter.Text{Body: source, Demands: []letter.Demand{{Text: attack}}}.HTML()
			if found := unsafe(t, out); len(found) > 0 {
				t.Errorf("%q renders %q: %q", source, out, found)
			}
		}
	}
	if len(unsafe(t, "<svg onload=x><img src=//evil.example>")) < 2 {
		t.Error("the check itself finds nothing")
	}
}

func TestRenderMarkdown_keepsWhatLettersNeed(t *testing.T) {
	for source, want := range map[string][]string{
		"Seven died.[^1]\n\n[^1]: The [report](https://a.example/r)": {`<sup id="fnref:1"><a href="#fn:1" class="footnote-ref" role="doc-noteref"`, `id="fn:1"`, `href="https://a.example/r"`},
		"3. Open it.\n4. *Publish* the records.":                     {`<ol start="3">`, `<li id="demand-2" class="demand">`},
		"- Open it.\n\n1. Open it.":                                  {`<li id="demand-1" class="demand">`},
		"![Empty shelves](picture:" + picture + " \"The granary in May | Photo: A. Lund\")": {"<figure><img src=\"/media/" + picture + "\" alt=\"Empty shelves\" loading=\"lazy\">",
			"<figcaption>The granary in May <cite>Photo: A. Lund</cite></figcaption></figure>"},
		"![Elsewhere](https://a.example/p.png)": {`<a href="https://a.example/p.png"`, ">Elsewhere</a>"},
		"| a | b |\n|:--|--:|\n| 1 | 2 |":       {`<td align="right">2</td>`},
		"«متن» ~~old~~ a\\\nb":                  {"«متن» <del>old</del> a<br>"},
	} {
		out := letter.Text{Body: source, Demands: []letter.Demand{{Text: "Open it"}, {Text: "Publish the records."}}}.HTML()
		for _, part := range want {
			if !strings.Contains(strings.ReplaceAll(out, "\n", ""), part) {
				t.Errorf("%q renders %q without %q", source, out, part)
			}
		}
		if n := strings.Count(out, `id="demand-1"`); n > 1 {
			t.Errorf("%q: the anchor stands %d times", source, n)
		}
	}
}

func FuzzRenderMarkdown(f *testing.F) {
	for _, attack := range attacks {
		f.Add(attack)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<12 {
			return
		}
		out := letter.Text{Body: source, Demands: []letter.Demand{{Text: source}}}.HTML()
		if found := unsafe(t, out); len(found) > 0 {
			t.Errorf("%q renders %q: %q", source, out, found)
		}
	})
}

func FuzzCleanMarkdown(f *testing.F) {
	for _, s := range []string{"a\r\nb", "e\u0301", "a\u202e\u0301b", "\u2028\u2029", " \t\n x \n\n\n y", "\xff", "A\u030a\u200b\u0301", "\u0085\v\f", "ᄒ\u200bᅡ\u2060ᆫ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := letter.CleanMarkdown(s)
		if letter.CleanMarkdown(got) != got || !norm.NFC.IsNormalString(got) {
			t.Errorf("%q becomes %q, which becomes %q", s, got, letter.CleanMarkdown(got))
		}
		if strings.ContainsAny(got, "\r\v\f\u0085\u2028\u2029\u202e\u2066\ufeff\x00") || strings.Contains(got, "\n\n\n") || strings.Contains(got, " \n") ||
			strings.HasSuffix(got, "\n") || strings.HasPrefix(got, "\n") {
			t.Errorf("%q becomes %q", s, got)
		}
		text := letter.Text{Title: s, Body: s, Closing: s, Demands: []letter.Demand{{Text: s}}}
		if file := text.Canonical(); !strings.HasSuffix(file, "\n") || strings.HasSuffix(file, "\n\n") || !norm.NFC.IsNormalString(file) {
			t.Errorf("%q has the canonical file %q", s, file)
		}
	})
}

func TestDiff_marksWhatChanged(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"# A\n\nThe granary is empty.\n\nSame.\n\nGone entirely today.\n", "# A\n\nThe granary was empty.\n\nSame.\n\nA wholly other sentence stands here.\n\nNew.\n",
			"A\nThe granary [-is][+was] empty.\nSame.\n[-Gone entirely today.]\n[+A wholly other sentence stands here.]\n[+New.]\n"},
		{"2) **Open** the [records](https://a.example), all 504 of them.", "2) **Open** the [records](https://a.example), all 512 of them.",
			"2) Open the records, all [-504][+512] of them.\n"},
		{"Open the [records](https://a.example).", "Open the [records](https://b.example).",
			"Open the [-[records](https://a.example).][+[records](https://b.example).]\n"}, // or the change would not be seen
		{"1) Open it.\n2) Close it.", "1) Open it.\n3) Close it.", "1) Open it. [-2)][+3)] Close it.\n"},
		{"Anna Lund\\\nChair", "Anna Lund\\\nTreasurer", "Anna Lund [-Chair][+Treasurer]\n"},
		{"[^1]: A note of 3 May.", "[^1]: A note of 4 May.", "1 A note of [-3][+4] May.\n"},
		{"one *two* three", "one two three", "one [-*two*][+two] three\n"},
	} {
		var b strings.Builder
		for _, p := range letter.Diff(c.from, c.to) {
			b.WriteString(marked(p))
		}
		if got := b.String(); got != c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
}

// marked writes a paragraph of a difference with what went and what came in brackets.
func marked(p letter.DiffParagraph) string {
	var b strings.Builder
	for i, s := range p.Spans {
		switch {
		case s.Kind == letter.DiffRemoved:
			b.WriteString(strings.Repeat(" ", min(i, 1)) + "[-" + s.Text + "]")
		case s.Kind == letter.DiffAdded && i > 0 && p.Spans[i-1].Kind == letter.DiffRemoved:
			b.WriteString("[+" + s.Text + "]")
		case s.Kind == letter.DiffAdded:
			b.WriteString(strings.Repeat(" ", min(i, 1)) + "[+" + s.Text + "]")
		default:
			b.WriteString(strings.Repeat(" ", min(i, 1)) + s.Text)
		}
	}
	return b.String() + "\n"
}

// What went and what stayed is the one text, what stayed and what came the other.
func TestDiff_givesBothTextsBack(t *testing.T) {
	long := strings.Repeat("word other ", 3000)
	for _, pair := range [][2]string{{"", ""}, {"a", ""}, {"", "a"}, {"a\n\nb\n\nc", "c\n\na\n\nb"}, {long + "x", "y " + long}, {"a b c d", "d c b a"}} {
		var texts [2][]string
		for _, p := range letter.Diff(pair[0], pair[1]) {
			for _, s := range p.Spans {
				if s.Kind != letter.DiffAdded {
					texts[0] = append(texts[0], s.Text)
				}
				if s.Kind != letter.DiffRemoved {
					texts[1] = append(texts[1], s.Text)
				}
			}
		}
		for i, got := range texts {
			if strings.Join(strings.Fields(strings.Join(got, " ")), " ") != strings.Join(strings.Fields(pair[i]), " ") {
				t.Errorf("%.40q: %.60q came back", pair[i], got)
			}
		}
	}
}

func TestSlug_isAlwaysASlug(t *testing.T) {
	for title, want := range map[string]string{"On the Granary!": "on-the-granary", "Élodie & Łukasz": "elodie-ukasz", "  --A1--  b": "a1-b", "انبار": "", "": "", "12": "",
		strings.Repeat("granary ", 20): "granary-granary-granary-granary-granary-granary-granary"} {
		got := i18n.Slug(title, "letter")
		if !letter.IsSlug(got) || want != "" && got != want || got != i18n.Slug(title, "letter") || len(got) > 60 {
			t.Errorf("SlugOf(%q) = %q, want %q", title, got, want)
		}
	}
	if i18n.Slug("انبار", "letter") == i18n.Slug("پل", "letter") {
		t.Error("two titles have one slug")
	}
}

func TestParseDeadline_inItsPlace(t *testing.T) {
	tehran, _ := time.LoadLocation("Asia/Tehran")
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, c := range []struct {
		text     string
		zone     *time.Location
		business bool
		want     string
	}{
		{"2026-12-10", nil, false, "2026-12-10T23:59:59Z"}, {"2026-12-10", tehran, false, "2026-12-10T20:29:59Z"}, {"2026-12-10", tehran, true, "2026-12-10T13:30:00Z"},
		{"2026-03-29", berlin, false, "2026-03-29T21:59:59Z"}, {"2026-10-25", berlin, true, "2026-10-25T16:00:00Z"}, {"2026-12-10T12:00:00+03:30", nil, false, "2026-12-10T08:30:00Z"},
		{"2026-12-10T12:00:00.5Z", tehran, true, "2026-12-10T12:00:00Z"},
	} {
		d, err := letter.ParseDeadline(c.text, c.zone, c.business)
		if got := d.At.Format(time.RFC3339); err != nil || got != c.want || d.At.Location() != time.UTC || d.Zone == nil {
			t.Errorf("%s in %v: %s, %v; want %s", c.text, c.zone, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "tomorrow", "2026-02-30", "2026-12-10T25:00:00Z", "10.12.2026", "2026-12-10 "} {
		if d, err := letter.ParseDeadline(bad, nil, false); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is read as %v", bad, d)
		}
	}
}

// bomb is a small PNG that says it has so many pixels.
func bomb(width, height uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	z.Write(make([]byte, 1<<20))
	z.Close()
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, 8, 2, 0, 0, 0)), chunk("IDAT", pixels.Bytes()), chunk("IEND", nil))
}

func TestPutPicture_takesPicturesWithinBounds(t *testing.T) {
	small := image.NewGray(image.Rect(0, 0, 3, 2))
	var asPNG, asJPEG, asGIF bytes.Buffer
	png.Encode(&asPNG, small)
	jpeg.Encode(&asJPEG, small, nil)
	gif.Encode(&asGIF, small, nil)
	desks(t, func(t *testing.T, d *desk) {
		for kind, data := range map[string][]byte{"image/png": asPNG.Bytes(), "image/jpeg": asJPEG.Bytes(), "image/gif": asGIF.Bytes()} {
			hash, err := d.Media.PutPicture(t.Context(), data)
			if again, err := d.Media.PutPicture(t.Context(), data); err != nil || again != hash {
				t.Errorf("%s twice: %s, %v", kind, again, err)
			}
			p, err2 := d.Media.Find(t.Context(), hash)
			if err != nil || err2 != nil || p.Type != kind || p.Width != 3 || p.Height != 2 || !bytes.Equal(p.Data, data) {
				t.Errorf("%s: %v, %v, %+v", kind, err, err2, p)
			}
		}
		for name, data := range map[string][]byte{"bomb": bomb(40_000, 40_000), "huge bomb": bomb(1<<31-1, 1<<31-1), "empty": nil, "svg": []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"),
			"html": []byte("<html>"), "cut": asPNG.Bytes()[:20], "webp": []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")} {
			if _, err := d.Media.PutPicture(t.Context(), data); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := d.Media.PutPicture(t.Context(), append(asPNG.Bytes(), make([]byte, letter.MaxPictureBytes)...)); !fault.Is(err, fault.TooLarge) {
			t.Errorf("too many bytes: %v", err)
		}
		if _, err := d.Media.Find(t.Context(), picture); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown picture: %v", err)
		}
	})
}
