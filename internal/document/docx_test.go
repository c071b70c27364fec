package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

func writeWord(t testing.TB, d *Document) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	report, err := d.WriteDOCX(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// partsOf unpacks a document, and fails the test if a word processor would find it broken: each part is well-formed and of a kind that
// the package states, and whatever a part refers to is there.
func partsOf(t testing.TB, docx []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(data)
	}
	var types struct {
		Default []struct {
			Extension string `xml:"Extension,attr"`
		}
		Override []struct {
			PartName string `xml:"PartName,attr"`
		}
	}
	if err := xml.Unmarshal([]byte(parts["[Content_Types].xml"]), &types); err != nil {
		t.Fatal(err)
	}
	known, endings := map[string]bool{}, map[string]bool{}
	for _, x := range types.Override {
		known[strings.TrimPrefix(x.PartName, "/")] = true
		if parts[strings.TrimPrefix(x.PartName, "/")] == "" {
			t.Errorf("the package has no %s", x.PartName)
		}
	}
	for _, x := range types.Default {
		endings[x.Extension] = true
	}
	for name, data := range parts {
		ending := strings.TrimPrefix(path.Ext(name), ".")
		if !known[name] && (!endings[ending] || ending == "xml" && name != "[Content_Types].xml") {
			t.Errorf("nothing says what %s is", name)
		}
		if ending == "xml" || ending == "rels" {
			checkPart(t, name, data, parts)
		}
	}
	return parts
}

// checkPart reads a part to its end and looks up what it refers to.
func checkPart(t testing.TB, name, data string, parts map[string]string) {
	t.Helper()
	var relations struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
			Type   string `xml:"Type,attr"`
		}
	}
	there := map[string]bool{}
	folder := path.Dir(name)
	if file := parts[path.Join(folder, "_rels", path.Base(name)+".rels")]; file != "" {
		if err := xml.Unmarshal([]byte(file), &relations); err != nil {
			t.Error(err)
		}
		for _, r := range relations.Relationship {
			there[r.ID] = true
			if r.Mode == "External" && !strings.HasSuffix(r.Type, "/hyperlink") {
				t.Errorf("%s fetches %s", name, r.Target)
			}
			if r.Mode != "External" && parts[path.Join(folder, r.Target)] == "" {
				t.Errorf("%s refers to %s", name, r.Target)
			}
		}
	}
	styles, notes := parts["word/styles.xml"], parts["word/footnotes.xml"]
	used := map[string]bool{}
	for d := xml.NewDecoder(strings.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch {
			case strings.HasSuffix(a.Name.Space, "/relationships") && !there[a.Value]:
				t.Errorf("%s: <%s> refers to %q", name, start.Name.Local, a.Value)
			case slices.Contains([]string{"pStyle", "rStyle", "tblStyle", "basedOn"}, start.Name.Local) && !strings.Contains(styles, `w:styleId="`+a.Value+`"`):
				t.Errorf("%s: no style %q", name, a.Value)
			case start.Name.Local == "footnoteReference" && !strings.Contains(notes, `<w:footnote w:id="`+a.Value+`">`):
				t.Errorf("%s: no note %q", name, a.Value)
			case start.Name.Local == "numId" && !strings.Contains(parts["word/numbering.xml"], `<w:num w:numId="`+a.Value+`">`):
				t.Errorf("%s: no list %q", name, a.Value)
			case (start.Name.Local == "docPr" || start.Name.Local == "bookmarkStart" || start.Name.Local == "footnoteReference") && a.Name.Local == "id":
				if used[start.Name.Local+a.Value] {
					t.Errorf("%s: two of <%s> have the id %s", name, start.Name.Local, a.Value)
				}
				used[start.Name.Local+a.Value] = true
			}
		}
	}
}

// A letter that was written as a document of Word and is read from it is the same letter: what was added is left out, as one piece each.
func TestDOCX_readsBackAsTheSameLetter(t *testing.T) {
	all, same := samples(t), 0
	for file, text := range all {
		in := signed(led(inputOf(text)), 12)
		text = in.Edition.Texts[in.Language]
		docx, _ := writeWord(t, Make(in))
		partsOf(t, docx)
		draft, err := importer.Read("letter.docx", docx)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		back := letter.TextOf(draft, true).Renewed()
		difference := cmp.Diff(text.Canonical(), back.Canonical())
		if difference == "" && back.Language == text.Language {
			same++
		} else if strings.Contains(file, "cli/samples") {
			t.Errorf("%s in %s:\n%s", file, back.Language, difference)
		} else if os.Getenv("SEE") != "" {
			t.Logf("%s in %s:\n%s", file, back.Language, difference)
		}
		added := 0
		for _, left := range draft.LeftOut {
			if left.Why == importer.Added {
				added++
			}
		}
		if want := 3; added != want && strings.Contains(file, "cli/samples") {
			t.Errorf("%s: %d pieces are left out as added, want %d", file, added, want)
		}
	}
	t.Logf("%d of %d", same, len(all))
}

var _ = fmt.Sprint
var _ = filepath.Join
