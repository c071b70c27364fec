package importer

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
)

// What a packed document may be. Only the parts that hold text are unpacked, pictures never.
const (
	maxEntries   = 5_000
	maxPart      = 4 << 20   // unpacked bytes of one part
	maxUnpacked  = 512 << 20 // that all entries claim together
	maxRatio     = 200       // of unpacked to packed, beyond the first megabyte
	maxPartDepth = 256       // elements inside one another
)

// oleMagic begins old Word documents, and new ones that a password protects.
const oleMagic = "\xd0\xcf\x11\xe0"

// readDOC takes a .docx that was named .doc; what really is one is too old.
func readDOC(data []byte) (page, error) {
	if !bytes.HasPrefix(data, []byte("PK")) {
		return page{}, fault.New(fault.Invalid, "import.old_word")
	}
	return readDOCX(data)
}

// readDOCX is the front for documents of Word, as any word processor writes them.
func readDOCX(data []byte) (page, error) {
	a, err := openArchive(data)
	if err != nil {
		return page{}, err
	}
	main := a.mainPart()
	d := &document{archive: a, main: main, links: map[string]string{}, parts: map[string]string{}, labels: map[string]string{}, marked: map[string]string{}}
	for _, load := range [...]func() error{d.readRelations, d.readStyles, d.readNumbering} {
		if err := load(); err != nil {
			return page{}, err
		}
	}
	part, err := a.part(main)
	if err != nil {
		return page{}, err
	}
	if part == nil {
		return page{}, fault.New(fault.Invalid, "import.not_docx")
	}
	body := &wordBody{document: d, flow: flow{noBreaks: true, made: d.isMade()}}
	if err := body.read(main, part); err != nil {
		return page{}, err
	}
	for _, kind := range [...]string{"footnotes", "endnotes"} {
		if err := body.readNotes(kind); err != nil {
			return page{}, err
		}
	}
	p, err := body.flow.page()
	if err != nil {
		return page{}, err
	}
	head, err := d.letterhead(&p)
	if err != nil {
		return page{}, err
	}
	if len(p.lines) > 0 && len(head) > 0 {
		for i := range head {
			head[i].at = 0
		}
		p.lines[0].gap = 1
		p.lines = slices.Concat(head, p.lines)
	}
	if d.changed {
		p.warnings = append(p.warnings, "changes_tracked")
	}
	if d.commented {
		p.warnings = append(p.warnings, "comments_left_out")
	}
	return p, nil
}

// archive is an opened zip file whose parts are known by name.
type archive struct {
	files map[string]*zip.File
}

// openArchive checks what the directory of the archive says before anything is unpacked.
func openArchive(data []byte) (*archive, error) {
	if bytes.HasPrefix(data, []byte(oleMagic)) {
		return nil, fault.New(fault.Invalid, "import.old_word")
	}
	if bytes.Count(data, []byte("PK\x01\x02")) > maxEntries {
		return nil, fault.New(fault.Invalid, "import.too_complex")
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) || r == nil {
		return nil, fault.New(fault.Invalid, "import.not_docx")
	}
	a := &archive{files: map[string]*zip.File{}}
	var total uint64
	for _, f := range r.File {
		if f.UncompressedSize64 > maxUnpacked {
			return nil, fault.New(fault.TooLarge, "import.unpacked", "Limit", maxUnpacked)
		}
		total += f.UncompressedSize64
		if _, ok := a.files[f.Name]; !ok {
			a.files[f.Name] = f
		}
	}
	if total > maxUnpacked {
		return nil, fault.New(fault.TooLarge, "import.unpacked", "Limit", maxUnpacked)
	}
	return a, nil
}

// part unpacks a part; it is nil if there is none of that name. Names are only looked up, never made a path.
func (a *archive) part(name string) ([]byte, error) {
	f := a.files[name]
	if f == nil {
		return nil, nil
	}
	if f.UncompressedSize64 > maxPart || f.UncompressedSize64 > 1<<20+maxRatio*f.CompressedSize64 {
		return nil, fault.New(fault.TooLarge, "import.unpacked", "Limit", maxPart)
	}
	broken := fault.New(fault.Invalid, "import.part", "Part", name)
	r, err := f.Open()
	if err != nil {
		return nil, broken
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxPart+1))
	switch {
	case len(data) > maxPart:
		return nil, fault.New(fault.TooLarge, "import.unpacked", "Limit", maxPart)
	case err != nil, bytes.Contains(data, []byte("<!DOCTYPE")), bytes.Contains(data, []byte("<!ENTITY")):
		return nil, broken
	}
	return data, nil
}

// parse reads a part into a struct; a part that is missing leaves it empty.
func (a *archive) parse(name string, into any) error {
	data, err := a.part(name)
	if err != nil || data == nil {
		return err
	}
	if err := xml.Unmarshal(data, into); err != nil {
		return fault.New(fault.Invalid, "import.part", "Part", name)
	}
	return nil
}

// relations are what a part refers to.
type relations struct {
	Relation []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
		Mode   string `xml:"TargetMode,attr"`
	} `xml:"Relationship"`
}

// mainPart returns the name of the part that holds the text.
func (a *archive) mainPart() string {
	var rels relations
	if a.parse("_rels/.rels", &rels) == nil {
		for _, r := range rels.Relation {
			if name := partName("", r.Target); strings.HasSuffix(r.Type, "/officeDocument") && a.files[name] != nil {
				return name
			}
		}
	}
	return "word/document.xml"
}

// partName returns the name of a part that is named from inside a folder.
func partName(folder, target string) string {
	if rooted, ok := strings.CutPrefix(target, "/"); ok {
		return path.Clean(rooted)
	}
	return path.Join(folder, target)
}

// document is what the parts beside the text say about it.
type document struct {
	archive   *archive
	main      string
	links     map[string]string // addresses of links, by id
	parts     map[string]string // names of parts, by kind and by id
	styles    map[string]wordStyle
	spacing   wordSpacing // of a paragraph whose style says nothing
	numbers   numbering
	labels    map[string]string // of footnotes, by kind and id
	marked    map[string]string // and of those that a bookmark is around, by its name
	headers   map[string]string // ids of the headers, by kind
	margins   []margin          // of all headers and footers
	firstPage bool              // the first page has a header of its own
	changed   bool
	commented bool
}

// readRelations takes in links and the names of the other parts.
func (d *document) readRelations() error {
	folder := path.Dir(d.main)
	var rels relations
	if err := d.archive.parse(path.Join(folder, "_rels", path.Base(d.main)+".rels"), &rels); err != nil {
		return err
	}
	for _, r := range rels.Relation {
		kind := path.Base(r.Type)
		switch {
		case kind == "hyperlink" && r.Mode == "External":
			d.links[r.ID] = r.Target
		case r.Mode == "External": // pictures and templates elsewhere are never fetched
		default:
			d.parts[kind] = partName(folder, r.Target)
			d.parts[r.ID] = d.parts[kind]
		}
	}
	for _, kind := range [...]string{"styles", "numbering", "footnotes", "endnotes"} {
		if d.parts[kind] == "" {
			d.parts[kind] = path.Join(folder, kind+".xml")
		}
	}
	return nil
}

// letterheadWords is how many words a header has at most that is a letterhead; a longer one is a notice.
const letterheadWords = 60

// letterhead returns the lines of the first page's header, without page numbers, and leaves out those of other headers and footers.
func (d *document) letterhead(p *page) (head []line, err error) {
	id := d.headers["default"]
	if d.firstPage {
		id = d.headers["first"]
	}
	seen := map[string]bool{"": true, d.main: true}
	for _, m := range d.margins {
		name := d.parts[m.ID]
		if seen[name] {
			continue
		}
		seen[name] = true
		part, err := d.archive.part(name)
		if err != nil {
			return nil, err
		}
		margin := &wordBody{document: d, header: true}
		if err := margin.read(name, part); err != nil {
			return nil, err
		}
		top, err := margin.flow.page()
		if err != nil {
			return nil, err
		}
		words := 0
		for _, l := range top.lines {
			words += wordCount(l.text)
		}
		if m.ID == id && words <= letterheadWords && !slices.ContainsFunc(top.lines, isProse) {
			head = top.lines
			continue
		}
		for _, l := range top.lines {
			p.leave(0, l.text, Around)
		}
	}
	return head, nil
}
