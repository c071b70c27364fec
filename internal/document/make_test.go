package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// The document of the public names who chose that, and counts the others.
func TestMake_namesWhoIsPublic(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Give("a@varrow.example", testkit.Named("Ana Public"))
		d.Give("b@varrow.example", testkit.Named("Boris Addressee"), testkit.Listed(roll.Addressee))
		d.Give("c@varrow.example", testkit.Named("Cora Coalition"), testkit.Listed(roll.Coalition))
		d.Give("d@varrow.example", testkit.Named("Dana Counted"), testkit.Listed(roll.Counted))
		d.Give("e@bridge.example", testkit.Named("Edda Representative"), testkit.As(verify.Organisation, "Bridge Society"))
		if _, err := d.Signing.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		made, err := d.Documents.Make(t.Context(), document.Wanted{Slug: d.Letter.Slug, Audience: roll.ForPublic, BaseURL: "https://letters.example"})
		if err != nil {
			t.Fatal(err)
		}
		var pdf bytes.Buffer
		if _, err := made.WritePDF(&pdf); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "letter.pdf")
		if err := os.WriteFile(file, pdf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := exec.Command("pdftotext", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Ana Public", "Bridge Society", "1 organisation, 4 people", "3 of the signatures counted show no public name", "The bridge is unsafe."} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%q is not in the document:\n%s", want, text)
			}
		}
		for _, secret := range []string{"Boris", "Cora", "Dana", "Edda", "varrow.example"} {
			if strings.Contains(string(text), secret) || bytes.Contains(pdf.Bytes(), []byte(secret)) {
				t.Errorf("%q is in the document", secret)
			}
		}
	})
}
