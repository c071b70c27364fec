package roll_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
)

func from(country string) func(*signing.Request) {
	return func(r *signing.Request) { r.Country = country }
}

// The numbers of hours, days and countries follow what is published, taken back, hidden, shown again and undone; nobody's
// country is counted who is not on the public list.
func TestGlance_followsThePublicList(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		ctx := t.Context()
		want := func(when string, countries []roll.Country, days []roll.Time) {
			t.Helper()
			d.Publish()
			c, err := d.Roll.Countries(ctx, d.Letter.ID)
			if diff := cmp.Diff(countries, c); diff != "" || err != nil {
				t.Errorf("%s: countries, %v (-want +got):\n%s", when, err, diff)
			}
			got, err := d.Roll.Daily(ctx, d.Letter.ID)
			if diff := cmp.Diff(days, got); diff != "" || err != nil {
				t.Errorf("%s: days, %v (-want +got):\n%s", when, err, diff)
			}
		}
		first := d.Clock.Now().Truncate(24 * time.Hour)
		ada := d.Give("ada@x.example", testkit.Named("Ada Wren"), from("NO"))
		bo := d.Give("bo@x.example", testkit.Named("Bo Ray"), from("NO"))
		d.Give("cid@x.example", testkit.Named("Cid Ash"))
		d.Give("hid@x.example", testkit.Named("Hid Den"), from("IR"), testkit.Listed(roll.Counted))
		d.Give("org@x.example", testkit.Named("Rep"), from("FR"), testkit.As(signing.Both, "Hill Trust"))
		want("published", []roll.Country{{Code: "FR", N: 2}, {Code: "NO", N: 2}, {Code: "", N: 1}}, []roll.Time{{At: first, Organisations: 1, Persons: 5}})
		if err := d.Signing.Receipts.Relist(ctx, ada.Secret, d.Own(ada.Secret)[0].ID, roll.Coalition); err != nil {
			t.Fatal(err)
		}
		if err := d.Signing.Receipts.Withdraw(ctx, bo.Secret, d.Own(bo.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		want("hidden and taken back", []roll.Country{{Code: "FR", N: 2}, {Code: "", N: 1}}, []roll.Time{{At: first, Organisations: 1, Persons: 4}})
		if err := d.Signing.Receipts.Relist(ctx, ada.Secret, d.Own(ada.Secret)[0].ID, roll.Public); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(24 * time.Hour)
		d.Give("cid@x.example", testkit.Named("Cid Ash"), from("SE")) // again: the earlier one is replaced
		b := d.Apply(d.Plan(testkit.List(t, "Name,Country\nDan Elm,SE\nEve Fir,SE\n")))
		second := first.AddDate(0, 0, 1)
		want("shown again, signed again and imported", []roll.Country{{Code: "SE", N: 3}, {Code: "FR", N: 2}, {Code: "NO", N: 1}},
			[]roll.Time{{At: first, Organisations: 1, Persons: 3}, {At: second, Persons: 3}})
		if _, _, err := d.Intake.Undo(ctx, d.Letter.ID, b.ID, nil); err != nil {
			t.Fatal(err)
		}
		want("undone", []roll.Country{{Code: "FR", N: 2}, {Code: "NO", N: 1}, {Code: "SE", N: 1}}, []roll.Time{{At: first, Organisations: 1, Persons: 3}, {At: second, Persons: 1}})
	})
}
