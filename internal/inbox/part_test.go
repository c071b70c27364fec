package inbox_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/testkit"
)

// allocated returns how many bytes were asked for while something ran.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever a mail is made of, no more than a few times its size is asked for to read it: a server that sorts two at once stands.
func TestSort_memory(t *testing.T) {
	const size = 10 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	mixed := "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n"
	reports := strings.Replace(mixed, "mixed;", "report; report-type=delivery-status;", 1)
	var deep strings.Builder
	deep.WriteString("From: a@x.example\r\n")
	for i := range 30 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=z%d\r\n\r\n--z%d\r\n", i, i)
	}
	for name, raw := range map[string]string{
		"a header without end":           fill("a:\r\n"),
		"a header of one line":           "From: a@x.example\r\nA: " + fill("x"),
		"the header of a part":           mixed + fill("a:\r\n") + "\r\nhello\r\n--z--\r\n",
		"that of a part within":          deep.String() + fill("a:\r\n"),
		"a header in every part":         mixed + fill(strings.Repeat("a:\r\n", 10_000)+"\r\nx\r\n--z\r\n"),
		"parts that cannot be read":      mixed + fill("?\r\n--z\r\n"),
		"boundaries that are none":       mixed + "Content-Type: text/plain\r\n\r\n" + fill("\r\n--zz"),
		"a status of nothing":            reports + "Content-Type: message/delivery-status\r\n\r\n" + fill("\r\n"),
		"many statuses":                  reports + fill("Content-Type: message/delivery-status\r\n\r\nAction: x\r\n\r\n"+strings.Repeat("a: b\r\n\r\n", 20_000)+"\r\n--z\r\n"),
		"the header of what is returned": mixed + "Content-Type: message/rfc822\r\n\r\n" + fill("a:\r\n"),
		"HTML":                           mixed + "Content-Type: text/html\r\n\r\n" + fill("<b a=1 "),
		"a file":                         mixed + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + fill("QUJD\r\n"),
	} {
		data := []byte(raw)
		asked := allocated(func() { inbox.Sort(data, "", known) })
		asked += allocated(func() { _, _, _ = inbox.ReadAttachment(data, 99) })
		if asked > 6*size {
			t.Errorf("%s: %d MiB were asked for to sort %d", name, asked>>20, size>>20)
		}
		asked = allocated(func() { _, _ = inbox.Read(t.Context(), "x.eml", data, testkit.Keys{}.Lookup) })
		if asked > 6*size {
			t.Errorf("%s: %d MiB were asked for to read %d", name, asked>>20, size>>20)
		}
	}
}

// Where a part begins and ends is a matter of whole lines, and one that cannot be read costs no other.
func TestSort_parts(t *testing.T) {
	for name, c := range map[string]struct {
		body, text string
		files      []string
	}{
		"none":                    {"hello\n", "", nil},
		"one":                     {"--b\n\nx\n--b--\n", "x", nil},
		"with what stands around": {"before\n--b\n\nx\n--b--\nafter\n--b\n\ny\n--b--\n", "x", nil},
		"spaces after":            {"--b  \n\nx\n--b-- \t\n", "x", nil},
		"no last line":            {"--b\n\nx\n", "x", nil},
		"a longer name":           {"--b\n\nx\n--bc\n\ny\n--b--\n", "x\n--bc\n\ny", nil},
		"within a line":           {"--b\n\nx --b\ny\n--b--\n", "x --b\ny", nil},
		"an empty one":            {"--b\n--b\n\nx\n--b--\n", "x", nil},
		"one that is damaged":     {"--b\n?\n\nx\n--b\n\ny\n--b--\n", "y", nil},
		"a type that is damaged":  {"--b\nContent-Type: application/pdf; name=a b\n\nx\n--b\n\ny\n--b--\n", "y", []string{"application/pdf"}},
		"an encoding of its own":  {"--b\nContent-Transfer-Encoding: x-rot13\n\nx\n--b--\n", "x", nil},
		"what is within has a name": {"--b\nContent-Type: multipart/mixed; boundary=bc\n\n--bc\n\nx\n--bc\nContent-Type: image/png\n\ny\n--bc--\n--b\n\nz\n--b--\n", "x\nz",
			[]string{"image/png"}},
	} {
		s := inbox.Sort([]byte("From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n"+c.body), "", known)
		var files []string
		for _, f := range s.Files {
			files = append(files, f.Type)
		}
		if s.Text != c.text || !slices.Equal(files, c.files) {
			t.Errorf("%s: %q %q, want %q %q", name, s.Text, files, c.text, c.files)
		}
	}
	data := []byte("From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x\n\nend\n\n--b--\n")
	if _, content, err := inbox.ReadAttachment(data, 1); err != nil || !bytes.Equal(content, []byte("end\r\n")) {
		t.Errorf("%q, %v: the line end before a boundary is the boundary's", content, err)
	}
}
