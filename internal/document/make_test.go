package document_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/letter"
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

// The document of an audience names who may be seen by it, carries a number of its own, and stays out of reach of whoever tries names.
func TestMake_forAnAudience(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		d.Give("a@varrow.example", testkit.Named("Ana Public"))
		d.Give("b@varrow.example", testkit.Named("Boris Addressee"), testkit.Listed(roll.Addressee))
		d.Give("c@varrow.example", testkit.Named("Cora Coalition"), testkit.Listed(roll.Coalition))
		d.Give("d@varrow.example", testkit.Named("Dana Counted"), testkit.Listed(roll.Counted))
		if _, err := d.Signing.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := d.Letter.Edition.Text(d.Letter.Edition.Language)
		text.SignedBy = []letter.Signer{{Name: "Marit Oswin"}}
		d.Write(letter.Import{Slug: d.Letter.Slug, Text: text, Follows: letter.FollowsCosmetic, Publish: true})
		var hand bytes.Buffer
		if err := png.Encode(&hand, image.NewGray(image.Rect(0, 0, 90, 30))); err != nil {
			t.Fatal(err)
		}
		if err := d.Letters.Covers.PutAutograph(t.Context(), d.Letter.Slug, 1, hand.Bytes(), 0); err != nil {
			t.Fatal(err)
		}
		for audience, want := range map[roll.Audience][4]bool{
			roll.ForPublic: {true}, roll.ForAddressee: {true, true}, roll.ForCoalition: {true, true, true},
		} {
			var pdfs [2][]byte
			for i := range pdfs {
				var err error
				if pdfs[i], err = d.Documents.Write(t.Context(), document.PDF, func() (*document.Document, error) {
					return d.Documents.Make(t.Context(), document.Wanted{Slug: d.Letter.Slug, Audience: audience, BaseURL: "https://letters.example"})
				}); err != nil {
					t.Fatal(err)
				}
			}
			if same := bytes.Equal(pdfs[0], pdfs[1]); same != (audience == roll.ForPublic) {
				t.Errorf("%s: made twice, the same bytes: %v", audience, same)
			}
			file := filepath.Join(t.TempDir(), "letter.pdf")
			if err := os.WriteFile(file, pdfs[0], 0o600); err != nil {
				t.Fatal(err)
			}
			text, err := exec.Command("pdftotext", file, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			if pictures := bytes.Count(pdfs[0], []byte("/Subtype /Image")); (pictures > 0) != (audience == roll.ForAddressee) { // the letter has no other
				t.Errorf("%s: %d handwritten signatures", audience, pictures)
			}
			for i, name := range []string{"Ana Public", "Boris Addressee", "Cora Coalition", "Dana Counted"} {
				if got := strings.Contains(string(text), name); got != want[i] {
					t.Errorf("%s: %s is there: %v", audience, name, got)
				}
			}
		}
		if _, err := d.Documents.Make(t.Context(), document.Wanted{Slug: d.Letter.Slug, Audience: roll.ForPublic, Addressee: 9}); err == nil {
			t.Error("a cover for an addressee that the letter has not")
		}
	})
}

// Whoever has the hash of a document for the addressee and knows all of it but one name cannot find that name by trying.
func TestMake_hashTellsNoName(t *testing.T) {
	in := func(copied, name string) document.Input {
		text := letter.Text{Format: letter.Format, Language: "en", Title: "T", Body: "B."}
		e := letter.Edition{Number: 1, Language: "en", Texts: map[string]letter.Text{"en": text}}
		return document.Input{Letter: letter.Letter{Slug: "t", SignOn: letter.SignOnBoth, Edition: e}, Edition: e, Language: "en", Audience: roll.ForAddressee, Copy: copied,
			Counts: roll.Counts{Persons: 1}, Names: []roll.Signatory{{Kind: verify.Person, Record: verify.Record{Name: name}, Basis: verify.ByEmail}}}
	}
	hash := func(i document.Input) [32]byte {
		var b bytes.Buffer
		if _, err := document.Make(i).WritePDF(&b); err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b.Bytes())
	}
	found := func(logged [32]byte) (who string) {
		for i := range 200 {
			if name := fmt.Sprintf("Person %d", i); hash(in("", name)) == logged {
				who = name
			}
		}
		return who
	}
	if who := found(hash(in(document.NewCopy(), "Person 150"))); who != "" {
		t.Errorf("%s was found", who)
	}
	if who := found(hash(in("", "Person 150"))); who != "Person 150" { // the control: without its number it is found
		t.Errorf("without a number %q was found", who)
	}
}

// One is made at a time. Who waits for a turn does not wait longer than whoever asked for it.
func TestService_makesOneAtATime(t *testing.T) {
	var s document.Service
	ended, end := context.WithCancel(t.Context())
	end()
	waits := func() bool {
		_, err := s.Write(ended, document.PDF, func() (*document.Document, error) {
			t.Error("two are made at a time")
			return nil, errors.ErrUnsupported
		})
		return errors.Is(err, context.Canceled)
	}
	for range 2 { // the second time after one that failed
		err := s.Do(t.Context(), func() error {
			for range 20 { // of two ways that are open, one is taken at random
				if !waits() {
					t.Fatal("it did not wait")
				}
			}
			return errors.ErrUnsupported
		})
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
}
