package document

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// Pixels of a card: the shape in which services show a picture beside a link.
const (
	CardWidth  = 1200
	CardHeight = 630
)

// Card is a letter as one picture, which other sites show beside a link to it.
type Card struct {
	Language string
	Title    string
	To       []string // a line for each addressee
	Leads    []string
	Logo     []byte // of the first lead; nil for none
	Counts   []CardCount
	Site     string // name of the host

	words *i18n.Locale
}

// CardCount is how many of a kind have signed, in words.
type CardCount struct{ Number, Kind string }

// MakeCard makes the card of an edition. A kind of which nobody has signed is left out.
func MakeCard(in Input) *Card {
	t := in.Edition.Text(in.Language)
	c := &Card{Language: t.Language, Title: t.Name(), words: wordsFor(t.Language)}
	for _, a := range t.Addressees {
		parts := slices.DeleteFunc([]string{a.Line(), a.Office}, func(part string) bool { return part == "" })
		if len(parts) > 0 {
			c.To = append(c.To, strings.Join(parts, commaOf(t.Language)))
		}
	}
	for i, o := range in.Letter.Leads {
		c.Leads = append(c.Leads, o.Name(t.Language, i18n.Default))
		if i == 0 && o.Logo != "" {
			c.Logo = in.Picture(o.Logo)
		}
	}
	if in.Letter.SignOn != letter.SignOnNone {
		c.count(in.Counts.Organisations, "counts.organisations")
		c.count(in.Counts.Persons, "counts.persons")
	}
	if u, err := url.Parse(in.BaseURL); err == nil {
		c.Site = u.Host
	}
	return c
}

func (c *Card) count(n int, kind string) {
	if n > 0 {
		c.Counts = append(c.Counts, CardCount{c.words.Number(n), c.words.N(kind, n)})
	}
}

// The colours are those of the letter's page; white is the paper, since most logos are drawn for it.
var (
	inkColour    = color.RGBA{0x1d, 0x1c, 0x19, 0xff}
	softColour   = color.RGBA{0x5a, 0x56, 0x4c, 0xff}
	accentColour = color.RGBA{0x23, 0x41, 0x8c, 0xff}
	ruleColour   = color.RGBA{0xd9, 0xd4, 0xc7, 0xff}
)

// Where things stand on a card.
const (
	cardMargin = 72.0
	cardInner  = CardWidth - 2*cardMargin
	cardHead   = 84.0 // height of the logo and of the names beside it
	cardBand   = 116.0
)

// WritePNG draws the card. What is too long is drawn smaller, and then cut at a word.
func (c *Card) WritePNG(w io.Writer) error {
	p := newPainter(i18n.Direction(c.Language) == "rtl")
	p.fill(image.Rect(0, 0, CardWidth, CardHeight), color.White)
	p.fill(image.Rect(0, CardHeight-cardBand, CardWidth, CardHeight), accentColour)
	text := func(size float64, bold bool, words ...string) stretch { // each keeps its own direction
		if len(words) > 1 {
			words = slices.Clone(words)
			for i := range words {
				words[i] = i18n.FSI + words[i] + i18n.PDI
			}
		}
		return stretch{strings.Join(words, " · "), look{size: size, bold: bold, language: c.Language}}
	}
	top := 44.0
	if x := p.logo(c.Logo, top); len(c.Leads) > 0 {
		lines := p.fit([]stretch{text(30, false, c.Leads...)}, cardInner-x, cardHead, 0.8)
		p.column(lines, x, top+(cardHead-heightOf(lines))/2, softColour)
	}
	rule := top + cardHead + 18
	if len(c.Leads) == 0 {
		rule = 30
	} else {
		p.fill(image.Rect(cardMargin, int(rule), CardWidth-cardMargin, int(rule)+2), ruleColour)
	}

	to := []textLine{}
	if len(c.To) > 0 {
		label := stretch{c.words.T("card.to") + "\u00a0 ", look{size: 30, language: c.words.Code}}
		to = p.fit([]stretch{label, text(30, true, c.To...)}, cardInner, 2*30*p.lead, 0.85)
	}
	room := CardHeight - cardBand - rule - 40
	title := p.fit([]stretch{text(76, true, c.Title)}, cardInner, room-heightOf(to)-16, 0.5)
	y := rule + 20 + (room-heightOf(title)-16-heightOf(to))/2
	p.column(title, 0, y, inkColour)
	p.column(to, 0, y+heightOf(title)+16, softColour)

	var counts []stretch
	for i, n := range c.Counts {
		if i > 0 {
			counts = append(counts, stretch{"\u2003", look{size: 34, language: c.words.Code}})
		}
		counts = append(counts, stretch{n.Number, look{size: 56, bold: true, language: c.words.Code}},
			stretch{"\u00a0" + n.Kind, look{size: 32, language: c.words.Code}})
	}
	taken := 0.0
	if len(counts) > 0 {
		lines := p.fit(counts, cardInner*0.72, 56*p.lead, 0.55) // on one line
		p.column(lines, 0, CardHeight-cardBand/2-heightOf(lines)/2, color.White)
		taken = lines[0].width + 40
	}
	if c.Site != "" {
		site := p.fit([]stretch{{c.Site, look{size: 26, language: "en"}}}, cardInner-taken, 26*p.lead, 0.6)
		p.column(site, cardInner-site[0].width, CardHeight-cardBand/2-heightOf(site)/2, color.White)
	}
	return png.Encode(w, p.picture)
}

// painter draws lines of text and pictures with pixels. All is placed from the side on which lines begin.
type painter struct {
	typesetter
	picture  *image.RGBA
	raster   *vector.Rasterizer
	outlines map[*face]*font.Face
	rtl      bool
	lead     float64
}

func newPainter(rtl bool) *painter {
	p := &painter{typesetter: typesetter{faces: newFaces()}, picture: image.NewRGBA(image.Rect(0, 0, CardWidth, CardHeight)),
		raster: vector.NewRasterizer(CardWidth, CardHeight), outlines: map[*face]*font.Face{}, rtl: rtl, lead: 1.2}
	if rtl {
		p.lead = 1.45
	}
	return p
}

func (p *painter) fill(r image.Rectangle, c color.Color) {
	draw.Draw(p.picture, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// logo draws a logo at a height and returns where what is beside it begins; it draws none that is unreadable or a dot.
func (p *painter) logo(data []byte, top float64) float64 {
	if data == nil {
		return 0
	}
	pixels, w, h, err := readPicture(data)
	if err != nil || min(w, h) < 8 {
		return 0
	}
	from := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(from.Pix[4*i:], append(pixels[3*i:3*i+3:3*i+3], 0xff))
	}
	scale := min(300/float64(w), cardHead/float64(h), 2)
	width, height := max(int(float64(w)*scale), 1), max(int(float64(h)*scale), 1)
	x := int(cardMargin)
	if p.rtl {
		x = CardWidth - int(cardMargin) - width
	}
	y := int(top) + (int(cardHead)-height)/2
	draw.CatmullRom.Scale(p.picture, image.Rect(x, y, x+width, y+height), from, from.Bounds(), draw.Src, nil)
	return float64(width) + 28
}

func heightOf(lines []textLine) (height float64) {
	for _, l := range lines {
		height += l.height()
	}
	return height
}

// fit breaks text into lines within a width and a height: smaller, down to a part of its size, if it is too much, and if that does not
// do, without what follows a word that ends with an ellipsis.
func (p *painter) fit(text []stretch, width, height, smallest float64) []textLine {
	for scale := 1.0; ; scale -= 0.05 {
		smaller := slices.Clone(text)
		for i := range smaller {
			smaller[i].size *= max(scale, smallest)
		}
		set := p.set(smaller, p.rtl, p.lead)
		lines := set.lines(width)
		if heightOf(lines) <= height && !set.cutsWords(lines) {
			return lines
		}
		if scale <= smallest {
			return p.cut(smaller, lines, width, height)
		}
	}
}

// cutsWords reports whether a line begins within a word.
func (p *passage) cutsWords(lines []textLine) bool {
	return slices.ContainsFunc(lines[1:], func(l textLine) bool {
		return l.start < len(p.clusters) && !p.clusters[l.start].breaks && !p.clusters[l.start-1].ends && !p.clusters[l.start-1].blank
	})
}

// cut leaves out the end of the last stretch, so that the lines that are left have the height.
func (p *painter) cut(text []stretch, lines []textLine, width, height float64) []textLine {
	n := len(lines)
	for n > 1 && heightOf(lines[:n]) > height {
		n--
	}
	if n == len(lines) {
		return lines
	}
	set, last := lines[0].passage, len(text)-1
	words := []rune(text[last].text)
	before := len(set.text) - len(words) // characters of the other stretches
	for _, atWord := range []bool{true, false} {
		for i := lines[n-1].end; i > lines[n-1].start; i-- {
			if at := set.clusters[i].start - before; at > 0 && (set.clusters[i].breaks || !atWord) {
				text[last].text = strings.TrimRight(string(words[:at]), " \u00a0\t\n,;:·،؛") + "…"
				if shorter := p.set(text, p.rtl, p.lead).lines(width); len(shorter) <= n {
					return shorter
				}
			}
		}
	}
	return lines[:n]
}

// column draws lines below each other, from a distance to the side on which they begin.
func (p *painter) column(lines []textLine, from, top float64, c color.Color) {
	for _, l := range lines {
		x := cardMargin + from
		if p.rtl {
			x = CardWidth - cardMargin - from - l.width
		}
		p.line(l, x, top+l.height()/2+0.32*l.tall)
		top += l.height()
	}
	p.raster.Draw(p.picture, p.picture.Bounds(), image.NewUniform(c), image.Point{})
	p.raster.Reset(CardWidth, CardHeight)
}

// line adds the outlines of a line's glyphs to what is drawn next.
func (p *painter) line(l textLine, x, base float64) {
	for _, piece := range l.pieces() {
		pen := x + piece.x
		for _, c := range piece.clusters {
			unit := c.look.size * c.face.scale / float64(c.face.upem)
			if controls(l.text[c.start:c.end]) {
				continue
			}
			for _, part := range c.parts {
				p.glyph(c.face, part.glyph, pen+float64(part.dx)*unit, base-float64(part.dy)*unit, unit)
			}
			pen += c.width
		}
	}
}

func (p *painter) glyph(f *face, glyph uint16, x, y, unit float64) {
	if p.outlines[f] == nil {
		p.outlines[f] = font.NewFace(f.font)
	}
	outline, _ := p.outlines[f].GlyphDataOutline(font.GID(glyph)) // a glyph without one shows nothing
	at := func(point ot.SegmentPoint) (float32, float32) {
		return float32(x + float64(point.X)*unit), float32(y - float64(point.Y)*unit)
	}
	for _, s := range outline.Segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		switch s.Op {
		case ot.SegmentOpMoveTo:
			p.raster.ClosePath()
			p.raster.MoveTo(ax, ay)
		case ot.SegmentOpLineTo:
			p.raster.LineTo(ax, ay)
		case ot.SegmentOpQuadTo:
			p.raster.QuadTo(ax, ay, bx, by)
		case ot.SegmentOpCubeTo: // only fonts that cannot be embedded have them, and those are not read
			panic(fmt.Sprintf("document: %s has a cubic outline", f.name))
		}
	}
	p.raster.ClosePath()
}
