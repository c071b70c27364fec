package importer_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

// mostMemory is what reading one file may allocate at most, live or not.
const mostMemory = 256 << 20

// hostile are files that ask for more time or memory than a letter does, by name.
func hostile(t testing.TB) map[string][]byte {
	t.Helper()
	limit := func(unit string) string { return strings.Repeat(unit, importer.Limit/len(unit)) }
	stored := func(body string, others map[string]string) []byte {
		return packAs(t, zip.Store, docxParts(body, others))
	}
	part := func(unit string) []byte { return stored(strings.Repeat(unit, 4_000_000/len(unit)), nil) }
	var entries bytes.Buffer
	for i := range 100_000 { // a directory of a hundred thousand entries and nothing behind them
		name := fmt.Sprintf("%06d", i)
		entries.WriteString("PK\x01\x02" + strings.Repeat("\x00", 24) + "\x06\x00" + strings.Repeat("\x00", 16) + name)
	}
	size := entries.Len()
	entries.WriteString("PK\x05\x06\x00\x00\x00\x00\xa0\x86\xa0\x86" + string([]byte{byte(size), byte(size >> 8), byte(size >> 16), 0}) +
		strings.Repeat("\x00", 6))
	noise := make([]byte, 3<<20)
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = 'a' + byte(state>>24)%26
	}
	return map[string][]byte{
		"deep.html":       []byte(limit("<div>")),
		"items.html":      []byte("<ul>" + strings.Repeat("<li>a", 58_000)),
		"million.html":    []byte("<ul>" + strings.Repeat("<li>", 1_000_000)),
		"table.html":      []byte("<table>" + strings.Repeat("<tr><td>a<td>b", 19_000)),
		"tables.html":     []byte(strings.Repeat("<table><tr><td>a", 120) + strings.Repeat("<p>b", 58_000)),
		"formatting.html": []byte(strings.Repeat("<b><p>", 29_000)),
		"anchors.html":    []byte(strings.Repeat(`<a href="#a">1</a>`, 29_000) + `<p id="a">x`),
		"notes.html":      []byte(strings.Repeat(`<sup><a href="#a" id="b">1</a></sup>`, 14_000) + `<p id="a">x`),
		"classes.html":    []byte(`<p class="` + limit("a-")[:3<<20] + `">x`),
		"nested.html":     []byte(strings.Repeat("<div>", 450) + strings.Repeat("<p>word</p>", 29_000)),
		"lists.html":      []byte(strings.Repeat("<ul><li>", 200) + strings.Repeat("<li>a", 58_000)),
		"entities.html":   []byte(limit("&amp;")),
		"words.html":      []byte(limit("we call on you to act ")),
		"paragraphs.html": []byte(strings.Repeat("<p>We urge you to act now.", 58_000)),
		"breaks.html":     []byte(strings.Repeat("a<br>", 58_000)),
		"stars.html":      []byte(limit("*_[`")),
		"pre.html":        []byte("<pre>" + limit("a\n")),
		"items.docx":      part(item("1", "0", "a")),
		"runs.docx":       stored("<w:p>"+strings.Repeat("<w:r><w:t>a</w:t></w:r>", 160_000)+"</w:p>", nil),
		"paragraphs.docx": part("<w:p/>"),
		"cells.docx":      stored("<w:tbl><w:tr>"+strings.Repeat("<w:tc>"+p("a")+"</w:tc>", 50_000)+"</w:tr></w:tbl>", nil),
		"rows.docx":       stored("<w:tbl>"+strings.Repeat("<w:tr><w:tc>"+p("a")+"</w:tc></w:tr>", 40_000)+"</w:tbl>", nil),
		"boxes.docx":      part(`<w:p><w:r><w:txbxContent>` + p("a") + `</w:txbxContent></w:r></w:p>`),
		"tables.docx":     stored(strings.Repeat("<w:tbl><w:tr><w:tc>", 80)+p("a")+strings.Repeat("</w:tc></w:tr></w:tbl>", 80), nil),
		"words.docx":      stored(p(string(noise)), nil),
		"attributes.docx": stored("<w:p "+strings.Repeat(`a="" `, 800_000)+"/>", nil),
		"bomb.docx":       docx(t, p(strings.Repeat("a", 7<<20)), nil),
		"styles.docx": stored(p("a"), map[string]string{"styles": "<w:styles " + wordSpace + ">" +
			strings.Repeat(`<w:style w:styleId="a"><w:basedOn w:val="a"/></w:style>`, 60_000) + "</w:styles>"}),
		"entries.docx": entries.Bytes(),
	}
}

// TestRead_hostile checks that no file costs more memory than it may. Times are for the benchmark to say; a file that takes
// half a minute here has found a rule that is not linear.
func TestRead_hostile(t *testing.T) {
	if testing.Short() {
		t.Skip("reads large files")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	for name, data := range hostile(t) {
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		stop := watchHeap()
		start := time.Now()
		draft, err := importer.Read(name, data)
		took := time.Since(start)
		used := int64(stop()) - int64(before.HeapAlloc)
		if draft == nil && len(fault.All(err)) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if used > mostMemory {
			t.Errorf("%s used %d MB", name, used>>20)
		}
		if took > 30*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if testing.Verbose() {
			t.Logf("%-16s %8s %4d MB %v", name, took.Round(time.Millisecond), used>>20, err)
		}
	}
}

// watchHeap follows the heap until stop, which returns the most that it was.
func watchHeap() (stop func() uint64) {
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		var peak uint64
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-done:
				most <- peak
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-most
	}
}

// BenchmarkRead_hostile says what each of the hostile files costs; none should take a second.
func BenchmarkRead_hostile(b *testing.B) {
	for name, data := range hostile(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = importer.Read(name, data)
			}
		})
	}
}
