package roll_test

import (
	"bytes"
	"encoding/csv"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/undersigned/undersigned/internal/roll"
)

func table(rows ...roll.Row) iter.Seq2[roll.Row, error] {
	return func(yield func(roll.Row, error) bool) {
		for _, r := range rows {
			if !yield(append(roll.Row{}, r...), nil) {
				return
			}
		}
	}
}

// What was typed is text in every program that opens the file: no formula, no markup, nothing that turns other cells around.
func TestTables_areTextOnly(t *testing.T) {
	rows := []roll.Row{{"Name", "Title"}, {"=cmd|'/C calc'!A1", "+1"}, {"شیرین‌بانو", "<b>&\"]]>"}, {"a\u202eb\u2067c", "x\x00y\x0bz"}, {" spaced ", ""}}
	var sheet, text bytes.Buffer
	if err := roll.WriteXLSX(&sheet, true, table(rows...)); err != nil {
		t.Fatal(err)
	}
	if err := roll.WriteCSVTable(&text, table(rows...)); err != nil {
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
		if err := roll.WriteXLSX(&sheet, false, table(roll.Row{"x", a, b, "y"})); err != nil {
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
