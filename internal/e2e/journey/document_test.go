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

// Whoever reports on a letter takes one file along; an erased name is gone from it, and from the files that are kept.
func TestPress_fromTheLettersPage(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it runs at once")
	}
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	_, mail := a.Sign(t, c, testkit.SignForm("Wilmot Sedge", "wilmot@sedge.example"))
	secret := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(t)
	testkit.Eventually(t, "one person is counted", func() bool { return a.Counts(t) == testkit.Counts{Persons: 1} })
	address := testkit.Page + "/press.fa.zip"
	if page := c.Get("/fa" + testkit.Page); !strings.Contains(page.Body, `href="`+address+`"`) {
		t.Error("the letter's page leads to no press kit")
	}
	if page := c.Get("/fa" + testkit.Page + "/editions/1"); !strings.Contains(page.Body, `href="`+address+`"`) {
		t.Error("the current edition's page leads to no press kit")
	}
	files := map[string]string{}
	kit := c.Get(address).Body
	archive, err := zip.NewReader(strings.NewReader(kit), int64(len(kit)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(f.Name, testkit.Slug+"/")] = string(data)
	}
	if got := files["signed.fa.md"]; got != c.Get(testkit.Page+"/editions/1.fa.md").Body {
		t.Errorf("the signed file is %.100q", got)
	}
	if card := c.Get(testkit.Page + "/card.fa.png"); files["card.fa.png"] == "" || card.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture has %d bytes", len(files["card.fa.png"]))
	}
	for name, want := range map[string]string{"brief.fa.txt": a.URL + testkit.Page, "letter.fa.txt": "Wilmot Sedge", "letter.fa.pdf": "%PDF-", "letter.fa.docx": "PK"} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s does not say %q: %.300q", name, want, files[name])
		}
	}
	if strings.Contains(files["brief.fa.txt"], "Wilmot") {
		t.Error("the brief names a signatory")
	}
	kept := func() int {
		zips, _ := filepath.Glob(filepath.Join(a.Folder(), "cache", "*.press.fa.zip"))
		pictures, _ := filepath.Glob(filepath.Join(a.Folder(), "cache", "*.card.fa.png"))
		return len(zips) + len(pictures)
	}
	if bundle := c.Get(testkit.Page + "/bundle.zip"); bundle.Status != http.StatusOK || bundle.Body == kit || kept() != 2 {
		t.Errorf("beside the bundle %d files are kept, want 2", kept())
	}
	page := c.Post("/signature", testkit.Press("show", "secret", secret))
	if r := c.Post("/signature", testkit.Press("erase", "secret", secret, "id", page.SignatureID(t), "sure", "1")); r.Status != 200 {
		t.Fatalf("erasing was answered with %d", r.Status)
	}
	testkit.Eventually(t, "what may have the name is deleted", func() bool { return kept() == 0 })
}
