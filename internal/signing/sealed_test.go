package signing

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/verify"
)

// What is sealed in databases keeps its keys: these texts are of the first version.
func TestSealed_isReadAsItWasWritten(t *testing.T) {
	const typed = `"name":"Mina","email":"m@example.org","title":"Dr","affiliation":"Hospital","organisation":"River Watch","country":"FR","listing":"coalition","updates":true`
	who := signer{Shown{Name: "Mina", Title: "Dr", Affiliation: "Hospital", Organisation: "River Watch", Country: "FR", Listing: roll.Coalition}, "m@example.org", true, nil}
	ticked := who
	ticked.Informed = &Informed{Words: "A may write.", By: []string{"a"}, Day: "2026-05-31"}
	for _, c := range []struct {
		text      string
		got, want any
	}{
		{`{` + typed + `,"secret":"s","token":"t","fresh":"123456","by":17,"promised":"person","asked":true,"invitation":4}`, new(submission),
			&submission{signer: who, Secret: "s", Token: "t", Fresh: "123456", PromiseBy: 17, Promised: verify.Person, Asked: true, Invitation: 4}},
		{`{` + typed + `,"domain":"river.example","day":"2026-06-01","source":"ab","line":3,"salts":{"record":"AQ==","contact":"Ag=="}}`, new(particulars),
			&particulars{signer: who, Domain: "river.example", Day: "2026-06-01", Source: "ab", Line: 3, Salts: &salts{[]byte{1}, []byte{2}}}},
		{`{` + typed + `,"informed":{"words":"A may write.","by":["a"],"day":"2026-05-31"}}`, new(particulars), &particulars{signer: ticked}},
		{`{"email":"","listing":"public"}`, new(particulars), &particulars{signer: signer{Shown: Shown{Listing: roll.Public}}}},
	} {
		unexported := cmp.AllowUnexported(submission{}, particulars{}, signer{})
		if err := json.Unmarshal([]byte(c.text), c.got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, c.got, unexported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
		var again, before map[string]any // and an older program reads what this one writes
		text, err := json.Marshal(c.got)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.text), &before); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, again); diff != "" {
			t.Errorf("written again (-before +now):\n%s", diff)
		}
	}
}
