package journey

import (
	"archive/zip"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// textOf returns what a reader of a document gets to read.
func textOf(t *testing.T, answer testkit.Answer) string {
	t.Helper()
	if answer.Status != http.StatusOK || answer.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(answer.Body, "%PDF-") {
		t.Fatalf("the document is answered with %d %s", answer.Status, answer.Header.Get("Content-Type"))
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, []byte(answer.Body), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wordOf returns what a word processor finds in a document.
func wordOf(t *testing.T, answer testkit.Answer) string {
	t.Helper()
	if kind := answer.Header.Get("Content-Type"); answer.Status != http.StatusOK || kind != document.DOCX.MediaType() {
		t.Fatalf("the document is answered with %d %s", answer.Status, kind)
	}
	z, err := zip.NewReader(strings.NewReader(answer.Body), int64(len(answer.Body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A reader takes the letter along as a document, in each of its languages, with who has signed by then; whoever is erased is gone from
// it, and from the files that are kept of it.
func TestDocument_fromTheLettersPage(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it runs at once")
	}
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		_, mail := a.Sign(t, c, testkit.SignForm("Wilmot Sedge", "wilmot@sedge.example"))
		secret := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(t)
		testkit.Eventually(t, "one person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1} })
		address := testkit.Page + "/editions/1.en.pdf"
		if page := c.Get(testkit.Page); !strings.Contains(page.Body, `href="`+address+`"`) {
			t.Error("the letter's page leads to no document")
		}
		first := c.Get(address)
		text := textOf(t, first)
		for _, want := range []string{"Wilmot Sedge", "1 person", a.URL + testkit.Page} {
			if !strings.Contains(text, want) {
				t.Errorf("the document does not say %q:\n%s", want, text)
			}
		}
		tag := first.Header.Get("ETag")
		testkit.Eventually(t, "the same document is not sent again", func() bool { // one more checkpoint may make another of it
			again := c.Get(address, "If-None-Match", tag)
			tag = again.Header.Get("ETag")
			return again.Status == http.StatusNotModified
		})
		if persian := c.Get(testkit.Page + "/editions/1.fa.pdf"); !strings.Contains(textOf(t, persian), "دیده‌بان دادگاه فانوس") {
			t.Error("the Persian document has another text")
		}
		word := c.Get(testkit.Page + "/editions/1.en.docx")
		if names := wordOf(t, word); !strings.Contains(names, "Wilmot Sedge") {
			t.Errorf("the document for Word does not name who signed:\n%s", names)
		}
		if page := c.Get(testkit.Page, "Accept-Language", "fr"); !strings.Contains(page.Body, `href="`+testkit.Page+`/editions/1.en.docx`) ||
			strings.Count(page.Body, "\u00a0ko, ") != 2 { // a page that was made after the documents says how large they are
			t.Error("the letter's page does not lead to two documents of a size")
		}
		kept := func() []string {
			files, _ := filepath.Glob(filepath.Join(a.Folder(), "cache", "*.en.*"))
			return files
		}
		if len(kept()) != 2 {
			t.Errorf("kept are %q", kept())
		}

		page := c.Post("/signature", testkit.Press("show", "secret", secret))
		if r := c.Post("/signature", testkit.Press("erase", "secret", secret, "id", page.SignatureID(t), "sure", "1")); r.Status != 200 {
			t.Fatalf("erasing was answered with %d", r.Status)
		}
		testkit.Eventually(t, "the documents that have the name are deleted", func() bool { return len(kept()) == 0 })
		if text := textOf(t, c.Get(address)); strings.Contains(text, "Wilmot") {
			t.Errorf("the erased name is in the document:\n%s", text)
		}

		if names := wordOf(t, c.Get(testkit.Page+"/editions/1.en.docx")); strings.Contains(names, "Wilmot") {
			t.Errorf("the erased name is in the document for Word:\n%s", names)
		}

		for _, path := range []string{"1.de.pdf", "9.en.pdf", "1.de.docx", "9.en.docx", ".docx", "x.en.pdf", "1..pdf", ".pdf", "1.pdf", "1.%2e%2e.pdf"} {
			if r := c.Get(testkit.Page + "/editions/" + path); r.Status != http.StatusNotFound {
				t.Errorf("%s is answered with %d", path, r.Status)
			}
		}
	})
}
