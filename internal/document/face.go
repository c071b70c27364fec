package document

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
)

// fontFiles are Noto fonts as Debian has them, with their licence. They are not compressed: what a document needs is read from the
// program's file, and the rest never gets into memory.
//
//go:embed fonts/*.ttf fonts/OFL.txt
var fontFiles embed.FS

// The built-in fonts: for the scripts they have, regular, bold, italic.
var builtIn = []struct {
	scripts []language.Script
	names   [3]string
	scale   float64 // by which its letters are drawn larger, to look as large as the others
}{
	{nil, [3]string{"NotoSerif-Regular", "NotoSerif-Bold", "NotoSerif-Italic"}, 1},
	{[]language.Script{language.Arabic}, [3]string{"NotoNaskhArabic-Regular", "NotoNaskhArabic-Bold", "NotoNaskhArabic-Regular"}, 1.14},
	{[]language.Script{language.Hebrew}, [3]string{"NotoSerifHebrew-Regular", "NotoSerifHebrew-Bold", "NotoSerifHebrew-Regular"}, 1},
}

// fontFile is a font as it was read; it does not change.
type fontFile struct {
	name       string // for the document
	font       *font.Font
	upem       int
	bounds     [4]int // of all its glyphs
	ascent     int
	descent    int // below the line, a positive number
	glyf       []byte
	loca       []uint32
	advances   []uint16
	head, maxp []byte
}

func tag(name string) ot.Tag { return ot.MustNewTag(name) }

// readFont reads a font with outlines of the TrueType kind; others cannot be embedded.
func readFont(name string, loader *ot.Loader) (*fontFile, error) {
	f := &fontFile{name: name}
	var err error
	if f.font, err = font.NewFont(loader); err != nil {
		return nil, err
	}
	raw := map[string][]byte{}
	for _, table := range []string{"head", "maxp", "hhea", "hmtx", "loca", "glyf"} {
		if raw[table], err = loader.RawTable(tag(table)); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	f.head, f.maxp, f.glyf = raw["head"], raw["maxp"], raw["glyf"]
	if len(f.head) < 54 || len(f.maxp) < 32 || len(raw["hhea"]) < 36 {
		return nil, fmt.Errorf("a table is too short")
	}
	f.upem = int(uint16At(f.head, 18))
	for i := range f.bounds {
		f.bounds[i] = int(int16(uint16At(f.head, 36+2*i)))
	}
	f.ascent, f.descent = int(int16(uint16At(raw["hhea"], 4))), -int(int16(uint16At(raw["hhea"], 6)))
	glyphs, metrics := int(uint16At(f.maxp, 4)), int(uint16At(raw["hhea"], 34))
	if f.loca, err = tables.ParseLoca(raw["loca"], glyphs, uint16At(f.head, 50) == 1); err != nil {
		return nil, err
	}
	if f.upem == 0 || metrics == 0 || len(raw["hmtx"]) < 4*metrics {
		return nil, fmt.Errorf("no metrics")
	}
	f.advances = make([]uint16, glyphs)
	for i := range f.advances {
		f.advances[i] = uint16At(raw["hmtx"], 4*min(i, metrics-1))
	}
	return f, nil
}

func uint16At(b []byte, at int) uint16 { return uint16(b[at])<<8 | uint16(b[at+1]) }

// builtInFont reads one of the built-in fonts, once.
func builtInFont(name string) *fontFile {
	once, known := readOnce.Load(name)
	if !known { // it is asked for each character: only the first pays for a function
		once, _ = readOnce.LoadOrStore(name, sync.OnceValue(func() *fontFile {
			f, err := readBuiltIn(name)
			if err != nil {
				panic("document: " + name + ": " + err.Error()) // it is part of the program
			}
			return f
		}))
	}
	return once.(func() *fontFile)()
}

var readOnce sync.Map

func readBuiltIn(name string) (*fontFile, error) {
	file, err := fontFiles.Open("fonts/" + name + ".ttf")
	if err != nil {
		return nil, err
	}
	loader, err := ot.NewLoader(file.(ot.Resource)) // files that are embedded can be read anywhere
	if err != nil {
		return nil, err
	}
	return readFont(name, loader)
}

// machineFolders are where the fonts of a machine lie.
var machineFolders = []string{"/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts"}

// machineFonts are the fonts of this machine, looked at when a character is in none of ours.
type machineFonts struct {
	paths []string
	cmaps map[string]font.Cmap // nil for a file that is of no use
	files map[string]*fontFile
	found map[rune]*fontFile // nil for one that no font has
}

func (m *machineFonts) find(r rune) *fontFile {
	if f, known := m.found[r]; known {
		return f
	}
	if m.found == nil {
		m.found, m.cmaps, m.files = map[rune]*fontFile{}, map[string]font.Cmap{}, map[string]*fontFile{}
		m.paths = listFonts(machineFolders)
	}
	m.found[r] = nil
	for _, path := range m.paths {
		if cmap := m.cmap(path); cmap == nil {
			continue
		} else if _, has := cmap.Lookup(r); !has {
			continue
		}
		f, read := m.files[path]
		if !read {
			f = readFile(path)
			m.files[path] = f
		}
		if f != nil {
			m.found[r] = f
			break
		}
	}
	return m.found[r]
}

// listFonts returns the files of a machine's upright regular fonts, always in the same order.
func listFonts(folders []string) (paths []string) {
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			name := strings.ToLower(filepath.Base(path))
			if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".ttf") && !strings.Contains(name, "bold") && !strings.Contains(name, "italic") &&
				!strings.Contains(name, "oblique") && !strings.Contains(name, "mono") && !strings.Contains(name, "condensed") {
				paths = append(paths, path)
			}
			return nil // a folder that cannot be read has no fonts for us
		})
	}
	slices.SortFunc(paths, func(a, b string) int {
		serif := func(path string) int {
			if strings.Contains(filepath.Base(path), "Serif") {
				return 0
			}
			return 1
		}
		if d := serif(a) - serif(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return paths
}

func (m *machineFonts) cmap(path string) font.Cmap {
	if cmap, read := m.cmaps[path]; read {
		return cmap
	}
	m.cmaps[path] = nil
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	loader, err := ot.NewLoader(file)
	if err != nil || !loader.HasTable(tag("glyf")) {
		return nil
	}
	raw, err := loader.RawTable(tag("cmap"))
	if err != nil {
		return nil
	}
	table, _, err := tables.ParseCmap(raw)
	if err != nil {
		return nil
	}
	if cmap, _, err := font.ProcessCmap(table, tables.FPNone); err == nil {
		m.cmaps[path] = cmap
	}
	return m.cmaps[path]
}

func readFile(path string) *fontFile {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	loader, err := ot.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	f, err := readFont(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), loader)
	if err != nil {
		return nil
	}
	return f
}

// face is a font as one document uses it.
type face struct {
	*fontFile
	shape *harfbuzz.Font
	scale float64
	subset
}

// faces are the fonts of one document. Not for use by several goroutines.
type faces struct {
	used    []*face // in the order of their first use
	byFile  map[*fontFile]*face
	machine machineFonts
	buffer  *harfbuzz.Buffer
	missing map[rune]int
}

func newFaces() *faces {
	return &faces{byFile: map[*fontFile]*face{}, buffer: harfbuzz.NewBuffer(), missing: map[rune]int{}}
}

func (f *faces) of(file *fontFile) *face {
	x := f.byFile[file]
	if x == nil {
		x = &face{fontFile: file, shape: harfbuzz.NewFont(font.NewFace(file.font)), scale: 1}
		for _, b := range builtIn {
			if slices.Contains(b.names[:], file.name) {
				x.scale = b.scale
			}
		}
		x.subset.init(file)
		f.byFile[file] = x
		f.used = append(f.used, x)
	}
	return x
}

// choose returns the font for a character of a script: that of the character before it, if this is of no script of its own, else a
// built-in one, European digits being Latin always, else one of the machine. One that no font has is drawn as a box, and counted.
func (f *faces) choose(r rune, script language.Script, weight int, before *face) *face {
	if before != nil && !isStrong(r) && (r < '0' || r > '9') {
		if _, has := before.font.NominalGlyph(r); has || isInvisible(r) {
			return before
		}
	}
	first := 0
	for i, b := range builtIn {
		if isDigit := r >= '0' && r <= '9'; !isDigit && slices.Contains(b.scripts, script) {
			first = i
		}
	}
	for i := range builtIn {
		file := builtInFont(builtIn[(first+i)%len(builtIn)].names[weight])
		if _, has := file.font.NominalGlyph(r); has || isInvisible(r) {
			return f.of(file)
		}
	}
	if file := f.machine.find(r); file != nil {
		return f.of(file)
	}
	f.missing[r]++
	return f.of(builtInFont(builtIn[first].names[weight]))
}

// isStrong reports whether a character has a script of its own.
func isStrong(r rune) bool {
	s := language.LookupScript(r)
	return s != language.Common && s != language.Inherited && s != language.Unknown
}

// isInvisible reports whether a character shows nothing itself.
func isInvisible(r rune) bool {
	return r == '\n' || r == '\u00ad' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u206f' || r == '\ufeff'
}
