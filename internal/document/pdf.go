package document

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// pdfFile writes the objects of a PDF 1.7 file: streams as they come, all others together in compressed streams.
type pdfFile struct {
	out    io.Writer
	hash   hash.Hash // of all that was written: the file's name for itself
	at     int64
	places []place // by number of object
	packed []packedObject
	zip    *zlib.Writer
	err    error
}

// place is where an object is: at a byte of the file, or in a stream of objects.
type place struct {
	at     int64
	stream int // number of the stream of objects, 0 for none
	index  int
}

type packedObject struct {
	id   int
	body string
}

// packSize is how many objects one stream of them holds.
const packSize = 200

func newPDF(out io.Writer) *pdfFile {
	f := &pdfFile{out: out, hash: sha256.New(), places: make([]place, 1), zip: zlib.NewWriter(io.Discard)}
	f.write([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))
	return f
}

func (f *pdfFile) write(b []byte) {
	if f.err == nil {
		_, f.err = f.out.Write(b)
		_, _ = f.hash.Write(b)
		f.at += int64(len(b))
	}
}

// number reserves the number of an object.
func (f *pdfFile) number() int {
	f.places = append(f.places, place{})
	return len(f.places) - 1
}

// object writes an object that is no stream.
func (f *pdfFile) object(id int, body string) {
	f.packed = append(f.packed, packedObject{id, body})
	if len(f.packed) == packSize {
		f.pack()
	}
}

func (f *pdfFile) pack() {
	if len(f.packed) == 0 {
		return
	}
	var heads, bodies bytes.Buffer
	id := f.number()
	for i, o := range f.packed {
		fmt.Fprintf(&heads, "%d %d ", o.id, bodies.Len())
		bodies.WriteString(o.body)
		bodies.WriteByte('\n')
		f.places[o.id] = place{stream: id, index: i}
	}
	n := len(f.packed)
	f.packed = f.packed[:0]
	f.stream(id, fmt.Sprintf("/Type /ObjStm /N %d /First %d", n, heads.Len()), append(heads.Bytes(), bodies.Bytes()...))
}

// stream writes an object with data.
func (f *pdfFile) stream(id int, dict string, data []byte) {
	var b bytes.Buffer
	f.zip.Reset(&b)
	_, _ = f.zip.Write(data)
	_ = f.zip.Close() // a buffer does not fail
	f.places[id] = place{at: f.at}
	f.write(fmt.Appendf(nil, "%d 0 obj\n<<%s /Filter /FlateDecode /Length %d>>\nstream\n", id, strings.TrimPrefix(dict, " "), b.Len()))
	f.write(b.Bytes())
	f.write([]byte("\nendstream\nendobj\n"))
}

// close ends the file.
func (f *pdfFile) close(root, info int) error {
	f.pack()
	id := f.number()
	f.places[id] = place{at: f.at}
	var table []byte
	for i, p := range f.places {
		switch {
		case i == 0:
			table = append(table, 0, 0, 0, 0, 0, 0xff, 0xff)
		case p.stream > 0:
			table = append(binary.BigEndian.AppendUint32(append(table, 2), uint32(p.stream)), byte(p.index>>8), byte(p.index))
		default:
			table = append(binary.BigEndian.AppendUint32(append(table, 1), uint32(p.at)), 0, 0)
		}
	}
	name := f.hash.Sum(nil)[:16]
	start := f.at
	f.stream(id, fmt.Sprintf("/Type /XRef /Size %d /W [1 4 2] /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>]", len(f.places), root, info, name, name), table)
	f.write(fmt.Appendf(nil, "startxref\n%d\n%%%%EOF\n", start))
	return f.err
}

// textString is a string for readers.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	b.WriteByte('>')
	return b.String()
}

// plainString is a string of ASCII, such as an address.
func plainString(s string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(')')
	return b.String()
}

// num writes a measure.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// element is a node of the tree that says what the marks on the pages are.
type element struct {
	id     int
	kind   string
	parent *element
	kids   []string
	lang   string
	alt    string
	actual string // the text, where its marks do not stand in the order of reading
	more   string
}

func (e *element) add(f *pdfFile, kind string) *element {
	c := &element{id: f.number(), kind: kind, parent: e}
	e.kids = append(e.kids, strconv.Itoa(c.id)+" 0 R")
	return c
}

func (e *element) dict() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<</Type /StructElem /S /%s /P %d 0 R", e.kind, e.parent.id)
	if e.lang != "" {
		b.WriteString(" /Lang " + plainString(e.lang))
	}
	if e.alt != "" {
		b.WriteString(" /Alt " + textString(e.alt))
	}
	if e.actual != "" {
		b.WriteString(" /ActualText " + textString(e.actual))
	}
	b.WriteString(e.more)
	b.WriteString(" /K [" + strings.Join(e.kids, " ") + "]>>")
	return b.String()
}
