package importer_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

// readHostile reads what a fuzzer made: it may be refused, but only as a fault, and costs no more than a letter may.
func readHostile(t *testing.T, name string, data []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	draft, err := importer.Read(name, data)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err != nil {
		if draft != nil || len(fault.All(err)) == 0 {
			t.Fatalf("not a fault: %v", err)
		}
		return
	}
	if _, err := json.Marshal(draft); err != nil {
		t.Fatal(err)
	}
	if took > 5*time.Second {
		t.Fatalf("took %s", took)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > mostMemory && len(data) < 1<<20 {
		t.Fatalf("allocated %d MB", used>>20)
	}
	for _, field := range []string{draft.Title, draft.Salutation, draft.Closing} {
		if strings.ContainsAny(field, "\n\x00") {
			t.Fatalf("a field of two lines: %q", field)
		}
	}
}

func FuzzHTML(f *testing.F) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	for _, s := range []string{
		"<meta charset=windows-1256>\xd3\xe1\xc7\xe3", "\xff\xfe<\x00p\x00", "<sup><a href='#a'>1</a></sup><p id=a>x", "<table><td><table><td>a",
		"<ol start=9999999 type=i><li value=-1>a<ol><li>b", "<pre>a\nb", "<p>&#0;&#x202e;&zwnj;", "<blockquote><h1>x<li>y", "<a name=a href=#a>1</a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readHostile(t, "a.html", data)
		if !bytes.ContainsAny(data, "\x60\\[]") { // markup that bare does not undo
			checkStandsInSource(t, "a.html", data)
		}
	})
}

// FuzzDOCX changes the parts of documents, and the packed bytes themselves.
func FuzzDOCX(f *testing.F) {
	for _, data := range documents(f) {
		parts := unpack(f, data)
		f.Add(parts["word/document.xml"], parts["word/styles.xml"], parts["word/numbering.xml"], parts["word/footnotes.xml"],
			parts["word/_rels/document.xml.rels"], parts["word/header1.xml"], uint32(0), byte(0))
		f.Add(parts["word/document.xml"], "", "", "", "", "", uint32(len(data)/2), byte(0x41))
	}
	f.Fuzz(func(t *testing.T, document, styles, numbers, notes, links, header string, at uint32, change byte) {
		data := pack(t, map[string]string{
			"word/document.xml": document, "word/styles.xml": styles, "word/numbering.xml": numbers, "word/footnotes.xml": notes,
			"word/endnotes.xml": notes, "word/_rels/document.xml.rels": links, "word/header1.xml": header,
		})
		if at > 0 && change != 0 {
			data[int(at)%len(data)] ^= change
		}
		readHostile(t, "a.docx", data)
	})
}

// unpack returns the parts of a zip file.
func unpack(t testing.TB, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[file.Name] = string(part)
	}
	return parts
}
