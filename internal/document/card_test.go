package document

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
)

func drawCard(t testing.TB, in Input) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := MakeCard(in).WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil || m.Bounds() != image.Rect(0, 0, CardWidth, CardHeight) {
		t.Fatalf("%v, %v", m.Bounds(), err)
	}
	return m
}

func counted(in Input, organisations, persons int) Input {
	in.Counts.Organisations, in.Counts.Persons = organisations, persons
	return in
}

func titled(title string) letter.Text {
	text := everything()
	text.Title = title
	return text
}

func TestCard_isTheSameTwice(t *testing.T) {
	in := counted(led(inputOf(everything())), 3, 4)
	var first, again bytes.Buffer
	if err := errors.Join(MakeCard(in).WritePNG(&first), MakeCard(in).WritePNG(&again)); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Errorf("the same card has other bytes: %v", err)
	}
}

func TestCard_looksAsItDid(t *testing.T) {
	texts := samples(t)
	looksAs(t, "card.fr", drawCard(t, counted(led(inputOf(texts["../cli/samples/river.fr.md"])), 27, 12345)))
	looksAs(t, "card.fa", drawCard(t, counted(led(inputOf(texts["../cli/samples/river.fa.md"])), 27, 12345)))
	looksAs(t, "card.long", drawCard(t, counted(led(inputOf(titled(strings.Repeat("A title that goes on about the water of the river, ", 12)))), 1, 0)))
}

// Whatever a letter is called and whoever leads it, nothing runs into the edges of its picture, and the band keeps its colour.
func TestCard_ofBadInput(t *testing.T) {
	long := strings.Repeat("longname", 38)[:300]
	leads := func(logo string, names ...string) (list []account.Organisation) {
		for _, name := range names {
			list = append(list, account.Organisation{Names: map[string]string{"en": name}, Logo: logo})
		}
		return list
	}
	logos := map[string][]byte{"dot": pngOf(1, 1), "wide": pngOf(6000, 12), "tall": pngOf(12, 3000), "huge": pngOf(20000, 3000), "broken": []byte("no picture"),
		"absent": nil}
	for name, text := range map[string]letter.Text{"no title": titled(""), "a word of 300": titled(long), "many words": titled(strings.Repeat("word ", 400)),
		"right to left": titled(strings.Repeat("رودخانه ", 90)), "mixed": titled("\u202e" + strings.Repeat("River رود ۱۲ (אבג) ", 20)), "no font": titled("東京 の 水")} {
		for logo := range logos {
			in := counted(inputOf(text), 98765432, 123456789)
			in.Letter.Leads, in.Picture = leads(logo, strings.Repeat("Watch of the Harbour ", 15), long, "Bench"), func(hash string) []byte { return logos[hash] }
			in.BaseURL = "https://" + long + ".example"
			m := drawCard(t, in)
			for _, edge := range []image.Rectangle{image.Rect(0, 0, cardMargin-8, CardHeight), image.Rect(CardWidth-cardMargin+8, 0, CardWidth, CardHeight),
				image.Rect(0, 0, CardWidth, 16), image.Rect(0, CardHeight-10, CardWidth, CardHeight)} {
				for y := edge.Min.Y; y < edge.Max.Y; y++ {
					for x := edge.Min.X; x < edge.Max.X; x++ {
						if m.At(x, y) != m.At(0, y) {
							t.Fatalf("%s, logo %s: something stands at %d, %d", name, logo, x, y)
						}
					}
				}
			}
		}
	}
}

// A text that is too long ends at a word.
func TestCard_cutsAtAWord(t *testing.T) {
	p := newPainter(false)
	lines := p.fit([]stretch{{"To ", look{size: 30}}, {strings.Repeat("Minister ", 80), look{size: 30}}}, 500, 100, 0.8)
	text := string(lines[0].text)
	if heightOf(lines) > 100 || !strings.HasPrefix(text, "To Minister ") || !strings.HasSuffix(text, " Minister…") {
		t.Errorf("%d lines, %q", len(lines), text)
	}
	for _, l := range lines {
		if l.width > 500 {
			t.Errorf("a line is %f wide", l.width)
		}
	}
	if whole := p.fit([]stretch{{"Harbourmasters of the lower river", look{size: 76}}}, 500, 300, 0.5); whole[0].tall == 76 || strings.Contains(string(whole[0].text), "…") {
		t.Errorf("what would do in smaller letters is %q at %f", string(whole[0].text), whole[0].tall)
	}
}

// Nothing is said of signatures that are not taken, and of kinds of which there are none.
func TestCard_counts(t *testing.T) {
	in := counted(inputOf(everything()), 0, 1)
	if c := MakeCard(in); len(c.Counts) != 1 || c.Counts[0] != (CardCount{"1", "person"}) || c.Site != "letters.example" || c.To[0] != "Ms Tessa Varn, Minister for Water" {
		t.Errorf("%+v", c)
	}
	in.Letter.SignOn = letter.SignOnNone
	if c := MakeCard(in); len(c.Counts) != 0 {
		t.Errorf("%+v", c.Counts)
	}
}

// What fits stands within its place, and all of it or a beginning that says it is one.
func FuzzFit(f *testing.F) {
	f.Add("A title", "To", 500, false)
	f.Add("عنوان \u202e 12 donaudampfschifffahrt", "خطاب به", 90, true)
	f.Fuzz(func(t *testing.T, words, label string, width int, rtl bool) {
		p := newPainter(rtl)
		width = 60 + (width&0x3ff)*2
		lines := p.fit([]stretch{{label, look{size: 30}}, {words, look{size: 40}}}, float64(width), 3*40*p.lead, 0.5)
		if heightOf(lines) > 3*40*p.lead+0.01 {
			t.Errorf("%d lines of %q", len(lines), words)
		}
		if drawn := string(lines[0].text); len(lines) > 0 && lines[len(lines)-1].end == len(lines[0].clusters) && !strings.HasSuffix(drawn, "…") &&
			len([]rune(drawn)) != len([]rune(label+words)) {
			t.Errorf("%q became %q", words, drawn)
		}
	})
}
