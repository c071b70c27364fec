package handout_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// made makes a handout and returns its id.
func (d *desk) made(a roll.Audience) int64 {
	d.T.Helper()
	if err := d.Handouts.Request(d.T.Context(), d.Letter.ID, a, 0); err != nil {
		d.T.Fatal(err)
	}
	d.Work("export.make")
	all, err := d.Handouts.List(d.T.Context(), d.Letter.ID)
	if err != nil || len(all) == 0 || !all[len(all)-1].Made {
		d.T.Fatalf("%+v, %v", all, err)
	}
	return all[len(all)-1].ID
}

// fetch returns the lines of a handout.
func (d *desk) fetch(id int64) (names []string) {
	d.T.Helper()
	_, lines, err := d.Handouts.Fetch(d.T.Context(), d.Letter.ID, id, "csv", 0)
	if err != nil {
		d.T.Fatal(err)
	}
	for x, err := range lines {
		if err != nil {
			d.T.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s %s %s", x.Kind, x.Name, x.Listing))
	}
	return names
}

// opened returns what lies sealed of a handout's first part.
func (d *desk) opened(id int64) string {
	d.T.Helper()
	key, err := d.Letters.Key(d.T.Context(), d.Letter.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	var sealed []byte
	if err := d.DB.View(d.T.Context(), func(tx *store.Tx) error { return tx.Row(qPartOf, id).Scan(&sealed) }); err != nil {
		d.T.Fatal(err)
	}
	text, err := key.Open(fmt.Sprintf("export_part %d", id), 0, sealed)
	if err != nil {
		d.T.Fatal(err)
	}
	return string(text)
}

var (
	qPartOf    = store.Q("test.export_part_of", `SELECT sealed FROM export_part WHERE export_id = $1 AND part = 0`)
	qParts     = store.Q("test.export_parts", `SELECT COUNT(*) FROM export_part`)
	qFirstPart = store.Q("test.first_export_part", `SELECT sealed FROM export_part ORDER BY part LIMIT 1`)
)

// Each audience gets the names that it may see, sealed until then; who hides, withdraws or erases a name after a handout was
// made is not in what is fetched.
func TestHandout_showsEachAudienceWhatItMaySee(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.Give("zoe@x.example", testkit.Named("Zoe Public"))
		bo := d.Give("bo@x.example", testkit.Named("Bo Public"))
		cid := d.Give("cid@x.example", testkit.Named("Cid Addressee"), testkit.Listed(roll.Addressee))
		d.Give("org@x.example", testkit.Named("Rep"), testkit.Listed(roll.Coalition), testkit.As(verify.Organisation, "Hill Trust"))
		d.Give("dan@x.example", testkit.Named("Dan Counted"), testkit.Listed(roll.Counted))
		d.Give("held@x.example", testkit.Named("Nоra Held")) // a Cyrillic letter
		d.Submit("pending@x.example", testkit.Named("Eve Pending"))
		d.Publish()
		public, addressee, coalition := d.made(roll.ForPublic), d.made(roll.ForAddressee), d.made(roll.ForCoalition)
		for id, want := range map[int64][]string{
			public:    {"person Bo Public public", "person Zoe Public public"},
			addressee: {"person Bo Public public", "person Cid Addressee addressee", "person Zoe Public public"},
			coalition: {"organisation Hill Trust coalition", "person Bo Public public", "person Cid Addressee addressee", "person Zoe Public public"},
		} {
			if diff := cmp.Diff(want, d.fetch(id)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		var sealed []byte
		if err := d.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qFirstPart).Scan(&sealed) }); err != nil || bytes.Contains(sealed, []byte("Public")) {
			t.Errorf("a part is not sealed: %v", err)
		}
		if err := d.Signing.Receipts.Relist(ctx, cid.Secret, d.Own(cid.Secret)[0].ID, roll.Coalition); err != nil {
			t.Fatal(err)
		}
		if err := d.Signing.Receipts.Withdraw(ctx, bo.Secret, d.Own(bo.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"person Zoe Public public"}, d.fetch(addressee)); diff != "" {
			t.Errorf("after names were hidden and taken back (-want +got):\n%s", diff)
		}
		if !strings.Contains(d.opened(addressee), "Bo Public") {
			t.Error("the sealed part is found to be without who is in it: the search is broken")
		}
		if err := d.Handouts.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		if text := d.opened(addressee); strings.Contains(text, "Bo Public") || strings.Contains(text, "Cid") || !strings.Contains(text, "Zoe Public") {
			t.Errorf("after names were hidden and taken back, there lies %s", text)
		}
		testkit.WantFault(t, d.Handouts.Request(ctx, d.Letter.ID, "everybody", 0), "audience: export.audience")
		if err := d.Handouts.Discard(ctx, d.Letter.ID, public, 0); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(qParts); n != 2 {
			t.Errorf("%d parts are left", n)
		}
		_, _, err := d.Handouts.Fetch(ctx, d.Letter.ID, public, "csv", 0)
		testkit.WantFault(t, err, ": export.gone")
	})
}

// A handout of several slices is whole and in order; it is destroyed after a week, and with the letter's other sealed data.
func TestHandout_isWholeAndEnds(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var text strings.Builder
		text.WriteString("Name\n")
		for i := range 1203 {
			fmt.Fprintf(&text, "Anna %s Lund\n", testkit.Words(i))
		}
		d.Apply(d.Plan(testkit.List(t, text.String())))
		d.Publish()
		id := d.made(roll.ForCoalition)
		names := d.fetch(id)
		if len(names) != 1203 || d.Count(qParts) != 3 {
			t.Fatalf("%d names in %d parts", len(names), d.Count(qParts))
		}
		for i := 1; i < len(names); i++ {
			if names[i-1] >= names[i] {
				t.Fatalf("%s before %s", names[i-1], names[i])
			}
		}
		d.Clock.Advance(handout.KeptFor + time.Minute)
		_, _, err := d.Handouts.Fetch(t.Context(), d.Letter.ID, id, "csv", 0)
		testkit.WantFault(t, err, ": export.gone")
		d.left(0)
		d.made(roll.ForCoalition)
		if err := d.Letters.Close(t.Context(), d.Letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(letter.KeptAfterClose - 24*time.Hour)
		d.left(0)
		d.made(roll.ForCoalition)
		d.left(1)
		d.Clock.Advance(25 * time.Hour)
		d.left(0)
	})
}

func (d *desk) left(want int) {
	d.T.Helper()
	if err := d.Retain(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
	all, err := d.Handouts.List(d.T.Context(), d.Letter.ID)
	if n := d.Count(qParts); err != nil || len(all) != want || want == 0 && n != 0 {
		d.T.Errorf("%d handouts, %d parts, want %d: %v", len(all), n, want, err)
	}
}
