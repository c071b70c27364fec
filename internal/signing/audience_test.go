package signing_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// export makes an export and returns its id.
func (d *desk) export(a signing.Audience) int64 {
	d.t.Helper()
	if err := d.RequestExport(d.t.Context(), d.letter.ID, a, 0); err != nil {
		d.t.Fatal(err)
	}
	d.work("export.make")
	all, err := d.Exports(d.t.Context(), d.letter.ID)
	if err != nil || len(all) == 0 || !all[len(all)-1].Made {
		d.t.Fatalf("%+v, %v", all, err)
	}
	return all[len(all)-1].ID
}

// fetch returns the lines of an export.
func (d *desk) fetch(id int64) (names []string) {
	d.t.Helper()
	_, lines, err := d.FetchExport(d.t.Context(), d.letter.ID, id, "csv", 0)
	if err != nil {
		d.t.Fatal(err)
	}
	for x, err := range lines {
		if err != nil {
			d.t.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s %s %s", x.Kind, x.Name, x.Listing))
	}
	return names
}

var (
	qParts     = store.Q("test.export_parts", `SELECT COUNT(*) FROM export_part`)
	qFirstPart = store.Q("test.first_export_part", `SELECT sealed FROM export_part ORDER BY part LIMIT 1`)
)

// Each audience gets the names that it may see, sealed until then; who hides, withdraws or erases a name after an export was
// made is not in what is fetched.
func TestExport_showsEachAudienceWhatItMaySee(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.give("zoe@x.example", named("Zoe Public"))
		bo := d.give("bo@x.example", named("Bo Public"))
		cid := d.give("cid@x.example", named("Cid Addressee"), listed(signing.Addressee))
		d.give("org@x.example", named("Rep"), listed(signing.Coalition), as(verify.Organisation, "Hill Trust"))
		d.give("dan@x.example", named("Dan Counted"), listed(signing.Counted))
		d.give("held@x.example", named("Nоra Held")) // a Cyrillic letter
		d.sign("pending@x.example", named("Eve Pending"))
		d.publish()
		public, addressee, coalition := d.export(signing.ForPublic), d.export(signing.ForAddressee), d.export(signing.ForCoalition)
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
		if err := d.Relist(ctx, cid.Secret, d.own(cid.Secret)[0].ID, signing.Coalition); err != nil {
			t.Fatal(err)
		}
		if err := d.Withdraw(ctx, bo.Secret, d.own(bo.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"person Zoe Public public"}, d.fetch(addressee)); diff != "" {
			t.Errorf("after names were hidden and taken back (-want +got):\n%s", diff)
		}
		wantFault(t, d.RequestExport(ctx, d.letter.ID, "everybody", 0), "audience: export.audience")
		if err := d.DiscardExport(ctx, d.letter.ID, public, 0); err != nil {
			t.Fatal(err)
		}
		if n := d.count(qParts); n != 2 {
			t.Errorf("%d parts are left", n)
		}
		_, _, err := d.FetchExport(ctx, d.letter.ID, public, "csv", 0)
		wantFault(t, err, ": export.gone")
	})
}

// An export of several slices is whole and in order; it is destroyed after a week, and with the letter's other sealed data.
func TestExport_isWholeAndEnds(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var text strings.Builder
		text.WriteString("Name\n")
		for i := range 1203 {
			fmt.Fprintf(&text, "Anna %s Lund\n", words(i))
		}
		d.apply(d.plan(list(t, text.String())))
		d.publish()
		id := d.export(signing.ForCoalition)
		names := d.fetch(id)
		if len(names) != 1203 || d.count(qParts) != 3 {
			t.Fatalf("%d names in %d parts", len(names), d.count(qParts))
		}
		for i := 1; i < len(names); i++ {
			if names[i-1] >= names[i] {
				t.Fatalf("%s before %s", names[i-1], names[i])
			}
		}
		d.clock.Advance(signing.ExportFor + time.Minute)
		_, _, err := d.FetchExport(t.Context(), d.letter.ID, id, "csv", 0)
		wantFault(t, err, ": export.gone")
		d.exportsLeft(0)
		d.export(signing.ForCoalition)
		if err := d.letters.Close(t.Context(), d.letter.Slug, 0); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(letter.KeptAfterClose - 24*time.Hour)
		d.exportsLeft(0)
		d.export(signing.ForCoalition)
		d.exportsLeft(1)
		d.clock.Advance(25 * time.Hour)
		d.exportsLeft(0)
	})
}

func (d *desk) exportsLeft(want int) {
	d.t.Helper()
	if err := d.Retain(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	all, err := d.Exports(d.t.Context(), d.letter.ID)
	if n := d.count(qParts); err != nil || len(all) != want || want == 0 && n != 0 {
		d.t.Errorf("%d exports, %d parts, want %d: %v", len(all), n, want, err)
	}
}

func table(rows ...signing.Row) iter.Seq2[signing.Row, error] {
	return func(yield func(signing.Row, error) bool) {
		for _, r := range rows {
			if !yield(append(signing.Row{}, r...), nil) {
				return
			}
		}
	}
}

// What was typed is text in every program that opens the file: no formula, no markup, nothing that turns other cells around.
func TestTables_areTextOnly(t *testing.T) {
	rows := []signing.Row{{"Name", "Title"}, {"=cmd|'/C calc'!A1", "+1"}, {"شیرین‌بانو", "<b>&\"]]>"}, {"a\u202eb\u2067c", "x\x00y\x0bz"}, {" spaced ", ""}}
	var sheet, text bytes.Buffer
	if err := signing.WriteXLSX(&sheet, true, table(rows...)); err != nil {
		t.Fatal(err)
	}
	if err := signing.WriteCSVTable(&text, table(rows...)); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&sheet)
	if err != nil {
		t.Fatal(err)
	}
	got, err := book.GetRows("1")
	want := [][]string{{"Name", "Title"}, {"=cmd|'/C calc'!A1", "+1"}, {"شیرین‌بانو", "<b>&\"]]>"}, {"abc", "x\ufffdy\ufffdz"}, {" spaced "}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, cell := range []string{"A2", "B2"} {
		if formula, err := book.GetCellFormula("1", cell); formula != "" || err != nil {
			t.Errorf("%s is the formula %s, %v", cell, formula, err)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\ufeff"))).ReadAll()
	if err != nil || lines[1][0] != "'=cmd|'/C calc'!A1" || lines[1][1] != "'+1" || lines[3][0] != "abc" || lines[2][0] != "شیرین‌بانو" {
		t.Errorf("%q, %v", lines, err)
	}
}

// FuzzXLSX checks that whatever a cell holds comes back as text, or with replacements for what XML cannot hold.
func FuzzXLSX(f *testing.F) {
	f.Add("=1+1", "</t>")
	f.Add("\u202e\ufffe", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		var sheet bytes.Buffer
		if err := signing.WriteXLSX(&sheet, false, table(signing.Row{"x", a, b, "y"})); err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(&sheet)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := book.GetRows("1")
		if err != nil || len(rows) != 1 || len(rows[0]) != 4 || rows[0][0] != "x" || rows[0][3] != "y" {
			t.Errorf("%q, %v", rows, err)
		}
	})
}
