package operate

import (
	"net/http"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// former are the hashes of the published texts of testdata/format-1, as they were signed.
var former = map[string]string{
	"1.en": "83dd7de2c8120eb6f9ee257ec5901f4ec19e846ac943e1bec2dd329bbbb6c0ca",
	"2.en": "83dd7de2c8120eb6f9ee257ec5901f4ec19e846ac943e1bec2dd329bbbb6c0ca",
	"2.fa": "1c863820afc3b1a6faa9fc3d7b9016989d14d8ef159f75051c449f2d269577aa",
}

// An instance from before format 2 keeps its published texts byte for byte, with their page; the file they were read from changes
// nothing; what was not published yet is written anew, each demand once; and the next edition is of the new format.
func TestUpgrade_fromFormat1(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine, func(o *app.Options) { o.Instance = earlier(t, engine, "testdata/format-1") })
		ctx, c := t.Context(), a.Client(t)
		for name, sum := range former {
			if got := letter.Hash(c.Get("/letters/granary/editions/" + name + ".md").Body); got != sum {
				t.Errorf("%s is another file now: %s", name, got)
			}
		}
		if page := c.Get("/letters/granary"); page.Status != http.StatusOK || !strings.Contains(page.Body, `id="demand-3" class="demand"`) {
			t.Errorf("the page of format 1: %d, %s", page.Status, page.Body)
		}
		a.Publish(t)
		if report := testkit.Audit(t, a.URL); !report.OK() {
			t.Errorf("%+v", report)
		}
		unshown, err := a.Letters.Editions.Unshown(ctx)
		if err != nil || len(unshown) != 1 || unshown[0].Slug != "well" || !strings.Contains(unshown[0].Words, "give up every claim") {
			t.Errorf("signed and not shown: %+v, %v", unshown, err)
		}

		gate, err := a.Letters.Find(ctx, "gate")
		if err != nil {
			t.Fatal(err)
		}
		if text := gate.Edition.Text("en"); text.Format != letter.Format || !strings.Contains(text.Body, "1. the gate\n2. the path") ||
			!strings.Contains(text.Body, "1) open the gate by noon;\n2) say who holds the key.") || len(text.Demands) != 2 {
			t.Errorf("the draft: %+v", text)
		}
		granary, err := a.Letters.Find(ctx, "granary")
		if err != nil {
			t.Fatal(err)
		}
		next, begun, err := a.Letters.Editions.Working(ctx, granary)
		if text := next.Text("en"); err != nil || !begun || text.Format != letter.Format || !strings.Contains(text.Body, "\n1) publish") {
			t.Errorf("the next edition: %+v, %v", text, err)
		}
		if text := next.Text("fa"); text.SHA256 != former["2.fa"] {
			t.Errorf("a translation that nobody touched is another: %+v", text)
		}
		if err := a.Letters.Editions.Renew(ctx); err != nil {
			t.Error(err)
		}
		if again, err := a.Letters.Find(ctx, "gate"); err != nil || again.Version != gate.Version {
			t.Errorf("renewed twice: version %d, then %d, %v", gate.Version, again.Version, err)
		}

		if err := a.Letters.Editions.Discard(ctx, "granary", 0); err != nil {
			t.Fatal(err)
		}
		read := func(change func(string) string) letter.Import {
			data := []byte(change(string(testkit.LetterSource(t, "en"))))
			draft, err := importer.Read("granary.en.md", data)
			if err != nil {
				t.Fatal(err)
			}
			return letter.Import{Slug: "granary", Text: letter.TextOf(draft, false), Follows: letter.FollowsCosmetic, Publish: true}
		}
		if _, changed, err := a.Letters.Import(ctx, read(func(s string) string { return s })); changed || err != nil {
			t.Errorf("the file that edition 1 was read from: changed %v, %v", changed, err)
		}
		l, changed, err := a.Letters.Import(ctx, read(func(s string) string { return strings.Replace(s, "forty-one", "forty-two", 1) }))
		if err != nil || !changed || l.Edition.Number != 3 || l.Edition.Text("en").Format != letter.Format {
			t.Fatalf("the next edition: %+v, %v, %v", l.Edition, changed, err)
		}
		a.Publish(t)
		file := c.Get("/letters/granary/editions/3.en.md").Body
		if letter.Hash(file) != l.Edition.SHA256 || strings.Count(file, "let observers sit") != 1 || !strings.Contains(file, "\n3) let observers sit") {
			t.Errorf("edition 3: %s", file)
		}
		testkit.Eventually(t, "the page of edition 3", func() bool {
			return strings.Contains(c.Get("/letters/granary").Body, `<li value="3" id="demand-3" class="demand">`)
		})
		if report := testkit.Audit(t, a.URL); !report.OK() {
			t.Errorf("%+v", report)
		}
		for name, sum := range former {
			if got := letter.Hash(c.Get("/letters/granary/editions/" + name + ".md").Body); got != sum {
				t.Errorf("%s is another file after edition 3: %s", name, got)
			}
		}
	})
}
