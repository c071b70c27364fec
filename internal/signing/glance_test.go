package signing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/signing"
)

func from(country string) func(*signing.Request) {
	return func(r *signing.Request) { r.Country = country }
}

// The numbers of hours, days and countries follow what is published, taken back, hidden, shown again and undone; nobody's
// country is counted who is not on the public list.
func TestGlance_followsThePublicList(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		want := func(when string, countries []signing.Country, days []signing.Time) {
			t.Helper()
			d.publish()
			c, err := d.Countries(ctx, d.letter.ID)
			if diff := cmp.Diff(countries, c); diff != "" || err != nil {
				t.Errorf("%s: countries, %v (-want +got):\n%s", when, err, diff)
			}
			got, err := d.Daily(ctx, d.letter.ID)
			if diff := cmp.Diff(days, got); diff != "" || err != nil {
				t.Errorf("%s: days, %v (-want +got):\n%s", when, err, diff)
			}
		}
		first := d.clock.Now().Truncate(24 * time.Hour)
		ada := d.give("ada@x.example", named("Ada Wren"), from("NO"))
		bo := d.give("bo@x.example", named("Bo Ray"), from("NO"))
		d.give("cid@x.example", named("Cid Ash"))
		d.give("hid@x.example", named("Hid Den"), from("IR"), listed(signing.Counted))
		d.give("org@x.example", named("Rep"), from("FR"), as(signing.Both, "Hill Trust"))
		want("published", []signing.Country{{Code: "FR", N: 2}, {Code: "NO", N: 2}, {Code: "", N: 1}}, []signing.Time{{At: first, Organisations: 1, Persons: 5}})
		if err := d.Relist(ctx, ada.Secret, d.own(ada.Secret)[0].ID, signing.Coalition); err != nil {
			t.Fatal(err)
		}
		if err := d.Withdraw(ctx, bo.Secret, d.own(bo.Secret)[0].ID); err != nil {
			t.Fatal(err)
		}
		want("hidden and taken back", []signing.Country{{Code: "FR", N: 2}, {Code: "", N: 1}}, []signing.Time{{At: first, Organisations: 1, Persons: 4}})
		if err := d.Relist(ctx, ada.Secret, d.own(ada.Secret)[0].ID, signing.Public); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(24 * time.Hour)
		d.give("cid@x.example", named("Cid Ash"), from("SE")) // again: the earlier one is replaced
		b := d.apply(d.plan(list(t, "Name,Country\nDan Elm,SE\nEve Fir,SE\n")))
		second := first.AddDate(0, 0, 1)
		want("shown again, signed again and imported", []signing.Country{{Code: "SE", N: 3}, {Code: "FR", N: 2}, {Code: "NO", N: 1}},
			[]signing.Time{{At: first, Organisations: 1, Persons: 3}, {At: second, Persons: 3}})
		if _, _, err := d.UndoImport(ctx, d.letter.ID, b.ID, nil); err != nil {
			t.Fatal(err)
		}
		want("undone", []signing.Country{{Code: "FR", N: 2}, {Code: "NO", N: 1}, {Code: "SE", N: 1}}, []signing.Time{{At: first, Organisations: 1, Persons: 3}, {At: second, Persons: 1}})
	})
}
