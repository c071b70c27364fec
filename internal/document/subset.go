package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// subset is what a document embeds of a font. A code of the document is a drawing together with the characters it stands for, so that
// what is copied out of it is what was written: one drawing may stand for several texts, and a text may be drawn in several ways.
type subset struct {
	file   *fontFile
	codes  map[codeKey]uint16
	list   []code
	whole  map[uint16]uint16 // a glyph of the font to its number in the subset
	glyphs map[string]uint16 // the same of several, or one that is moved
	parts  [][]part          // by that number
}

// part is a glyph of the font, moved, in its units.
type part struct {
	glyph  uint16
	dx, dy int16
}

type code struct {
	glyph uint16 // of the subset
	width int    // in thousandths of the size
	text  string
}

type codeKey struct {
	glyph uint16
	width int
	text  string
}

const blank = 1 // the glyph of a subset that shows nothing

func (s *subset) init(file *fontFile) {
	s.file, s.codes, s.whole, s.glyphs = file, map[codeKey]uint16{}, map[uint16]uint16{}, map[string]uint16{}
	s.parts = [][]part{{{0, 0, 0}}, nil}
	s.list = []code{{}} // code 0 is that of a missing glyph
}

func (s *subset) code(glyph uint16, width int, text string) uint16 {
	key := codeKey{glyph, width, text}
	c, known := s.codes[key]
	if !known && len(s.list) < 0xffff {
		c = uint16(len(s.list))
		s.codes[key] = c
		s.list = append(s.list, code(key))
	}
	return c
}

func (s *subset) glyph(parts []part) uint16 {
	if len(parts) == 1 && parts[0].dx == 0 && parts[0].dy == 0 {
		g, known := s.whole[parts[0].glyph]
		if !known {
			g = uint16(len(s.parts))
			s.whole[parts[0].glyph] = g
			s.parts = append(s.parts, slices.Clone(parts))
		}
		return g
	}
	key := make([]byte, 0, 32)
	for _, p := range parts {
		key = append(key, byte(p.glyph>>8), byte(p.glyph), byte(p.dx>>8), byte(p.dx), byte(p.dy>>8), byte(p.dy))
	}
	g, known := s.glyphs[string(key)]
	if !known {
		g = uint16(len(s.parts))
		s.glyphs[string(key)] = g
		s.parts = append(s.parts, slices.Clone(parts))
	}
	return g
}

func (s *subset) milli(units int) int {
	if units < 0 {
		return -((-units*1000 + s.file.upem/2) / s.file.upem)
	}
	return (units*1000 + s.file.upem/2) / s.file.upem
}

// encode returns the codes for a cluster, from left to right. From right to left, a cluster of several characters is as many codes,
// the drawing with the first and an empty one for each of the others to its left: readers of documents turn such text around code by
// code.
func (s *subset) encode(dst []uint16, parts []part, advance int, text []rune, rtl bool) []uint16 {
	if len(parts) == 1 && parts[0].dx == 0 && parts[0].dy == 0 && (!rtl || len(text) == 1) {
		return append(dst, s.code(s.glyph(parts), s.milli(int(s.file.advances[parts[0].glyph])), string(text)))
	}
	if !rtl || len(text) == 1 {
		return append(dst, s.code(s.glyph(parts), s.milli(advance), string(text)))
	}
	each := advance / len(text)
	for i := len(text) - 1; i > 0; i-- {
		dst = append(dst, s.code(blank, s.milli(each), string(text[i])))
	}
	moved := slices.Clone(parts)
	for i := range moved {
		moved[i].dx -= int16(each * (len(text) - 1))
	}
	return append(dst, s.code(s.glyph(moved), s.milli(advance-each*(len(text)-1)), string(text[0])))
}

// outline returns the glyf entry of a glyph of the font, without its instructions.
func (s *subset) outline(glyph uint16) []byte {
	f := s.file
	if int(glyph)+1 >= len(f.loca) || f.loca[glyph+1] <= f.loca[glyph] || int(f.loca[glyph+1]) > len(f.glyf) {
		return nil
	}
	data := f.glyf[f.loca[glyph]:f.loca[glyph+1]]
	if len(data) < 10 {
		return nil
	}
	contours := int(int16(uint16At(data, 0)))
	if contours >= 0 {
		end := 10 + 2*contours
		if len(data) < end+2 {
			return nil
		}
		code := end + 2 + int(uint16At(data, end))
		if len(data) < code {
			return nil
		}
		return slices.Concat(data[:end], []byte{0, 0}, data[code:])
	}
	out := slices.Clone(data[:10])
	for at := 10; at+4 <= len(data); {
		flags := uint16At(data, at)
		size := 4 + 2
		if flags&1 != 0 {
			size += 2
		}
		switch {
		case flags&8 != 0:
			size += 2
		case flags&0x40 != 0:
			size += 4
		case flags&0x80 != 0:
			size += 8
		}
		if at+size > len(data) {
			return nil
		}
		out = binary.BigEndian.AppendUint16(out, flags&^0x100)
		out = binary.BigEndian.AppendUint16(out, s.glyph([]part{{uint16At(data, at+2), 0, 0}}))
		out = append(out, data[at+4:at+size]...)
		if at += size; flags&0x20 == 0 {
			break
		}
	}
	return out
}

// composed returns the glyf entry of several glyphs as one.
func (s *subset) composed(parts []part) []byte {
	f := s.file
	var bounds [4]int16
	var records []byte
	for _, p := range parts {
		if o := s.outline(p.glyph); len(o) >= 10 {
			b := [4]int16{int16(uint16At(o, 2)) + p.dx, int16(uint16At(o, 4)) + p.dy, int16(uint16At(o, 6)) + p.dx, int16(uint16At(o, 8)) + p.dy}
			if records == nil {
				bounds = b
			}
			bounds = [4]int16{min(bounds[0], b[0]), min(bounds[1], b[1]), max(bounds[2], b[2]), max(bounds[3], b[3])}
			records = binary.BigEndian.AppendUint16(records, 1|2|0x20)
			records = binary.BigEndian.AppendUint16(records, s.glyph([]part{{p.glyph, 0, 0}}))
			records = binary.BigEndian.AppendUint16(records, uint16(p.dx))
			records = binary.BigEndian.AppendUint16(records, uint16(p.dy))
			records[len(records)-8+1] |= 0x20
		}
	}
	if records == nil || f == nil {
		return nil
	}
	records[len(records)-8+1] &^= 0x20 // no more follow the last
	out := []byte{0xff, 0xff}
	for _, b := range bounds {
		out = binary.BigEndian.AppendUint16(out, uint16(b))
	}
	return append(out, records...)
}

// truetype returns the font with the glyphs of the subset alone.
func (s *subset) truetype() []byte {
	var glyf []byte
	loca := []byte{0, 0, 0, 0}
	var hmtx []byte
	for i := 0; i < len(s.parts); i++ { // parts of parts are added while it goes
		var entry []byte
		switch parts := s.parts[i]; {
		case len(parts) == 1 && parts[0].dx == 0 && parts[0].dy == 0:
			entry = s.outline(parts[0].glyph)
		case len(parts) > 0:
			entry = s.composed(parts)
		}
		glyf = append(glyf, entry...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		advance := uint16(0)
		if len(s.parts[i]) > 0 {
			advance = s.file.advances[s.parts[i][0].glyph]
		}
		side := uint16(0)
		if len(entry) >= 4 {
			side = uint16At(entry, 2)
		}
		hmtx = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(hmtx, advance), side)
	}
	n := uint16(len(s.parts))
	head, maxp, hhea := slices.Clone(s.file.head), slices.Clone(s.file.maxp), make([]byte, 36)
	copy(head[8:12], []byte{0, 0, 0, 0})
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(maxp[4:], n)
	for _, at := range []int{14, 16, 18, 20, 22, 24, 26} { // nothing of a program is left
		binary.BigEndian.PutUint16(maxp[at:], 0)
	}
	binary.BigEndian.PutUint16(maxp[14:], 1)
	binary.BigEndian.PutUint16(maxp[28:], 64) // components
	binary.BigEndian.PutUint16(maxp[30:], 8)  // and how deep
	binary.BigEndian.PutUint32(hhea, 0x00010000)
	binary.BigEndian.PutUint16(hhea[4:], uint16(s.file.ascent))
	binary.BigEndian.PutUint16(hhea[6:], uint16(-s.file.descent))
	binary.BigEndian.PutUint16(hhea[10:], uint16(s.file.upem))
	binary.BigEndian.PutUint16(hhea[34:], n)
	return sfnt([]string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}, [][]byte{glyf, head, hhea, hmtx, loca, maxp})
}

// sfnt puts tables into a font file.
func sfnt(names []string, tables [][]byte) []byte {
	var out bytes.Buffer
	n := len(names)
	_ = binary.Write(&out, binary.BigEndian, []uint16{1, 0, uint16(n), 64, 2, uint16(n*16 - 64)}) // of six tables
	at := 12 + 16*n
	for i, name := range names {
		out.WriteString(name)
		_ = binary.Write(&out, binary.BigEndian, []uint32{sum(tables[i]), uint32(at), uint32(len(tables[i]))})
		at += (len(tables[i]) + 3) &^ 3
	}
	for _, table := range tables {
		out.Write(table)
		out.Write(make([]byte, -len(table)&3))
	}
	font := out.Bytes()
	for i, name := range names {
		if name == "head" {
			at := binary.BigEndian.Uint32(font[12+16*i+8:])
			binary.BigEndian.PutUint32(font[at+8:], 0xB1B0AFBA-sum(font))
		}
	}
	return font
}

func sum(table []byte) (total uint32) {
	for i := 0; i < len(table); i += 4 {
		var word [4]byte
		copy(word[:], table[i:])
		total += binary.BigEndian.Uint32(word[:])
	}
	return total
}

// unicodeMap is the ToUnicode stream: which characters each code stands for.
func (s *subset) unicodeMap() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for start := 1; start < len(s.list); start += 100 {
		end := min(start+100, len(s.list))
		fmt.Fprintf(&b, "%d beginbfchar\n", end-start)
		for i := start; i < end; i++ {
			fmt.Fprintf(&b, "<%04X> <", i)
			for _, unit := range utf16.Encode([]rune(s.list[i].text)) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// widths is the W array.
func (s *subset) widths() string {
	var b strings.Builder
	b.WriteString("[0 [")
	for i, c := range s.list {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(&b, c.width)
	}
	b.WriteString("]]")
	return b.String()
}

// glyphMap is the CIDToGIDMap stream.
func (s *subset) glyphMap() (out []byte) {
	for _, c := range s.list {
		out = binary.BigEndian.AppendUint16(out, c.glyph)
	}
	return out
}
