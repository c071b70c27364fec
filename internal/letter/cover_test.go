package letter_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
)

// A cover says what it says itself, and where it is silent what holds for all; an address and the addressee's reference are one's own.
func TestCovers_fallBackOnWhatHoldsForAll(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		text := *english("1) Open the gate.")
		text.Addressees = []letter.Addressee{{Name: "Mara Lindqvist"}, {Office: "Harbour Board"}}
		l := d.write(letter.Import{Text: text, Publish: true})
		put := func(c letter.Cover, want string) {
			t.Helper()
			var got []string
			err := d.Covers.Put(ctx, l.Slug, c, 0)
			for _, x := range fault.All(err) {
				got = append(got, x.Field+":"+x.Key)
			}
			if strings.Join(got, " ") != want || want == "" && err != nil {
				t.Errorf("%+v: %v, want %q", c, err, want)
			}
		}
		put(letter.Cover{Ours: "HW/12", Subject: "The gate", Yours: "none of ours", Address: []string{"nowhere"}, CC: []string{"The Press"}, Date: "۲۰۳۰-۰۶-۳۰"}, "")
		put(letter.Cover{Addressee: 2, Yours: "B 7", Subject: " The\tgate of the board ", Address: []string{"Quay 1", "", "Almere"}}, "")
		put(letter.Cover{Addressee: 3, Ours: "x"}, "addressee:cover.addressee")
		put(letter.Cover{Addressee: -1, Ours: "x"}, "addressee:cover.addressee")
		put(letter.Cover{Date: "1405-03-09"}, "date:cover.date")
		put(letter.Cover{Date: "soon"}, "date:cover.date")
		put(letter.Cover{Language: "xx"}, "language:cover.language")
		put(letter.Cover{CC: strings.Split(strings.Repeat("a b ", 21), " ")}, "cc:cover.lines")
		put(letter.Cover{Text: strings.Repeat("word ", 2000)}, "text:cover.text")
		want := []letter.Cover{
			{Addressee: 1, Ours: "HW/12", Subject: "The gate", CC: []string{"The Press"}, Date: "2030-06-30"},
			{Addressee: 2, Ours: "HW/12", Subject: "The gate of the board", CC: []string{"The Press"}, Date: "2030-06-30", Yours: "B 7", Address: []string{"Quay 1", "Almere"}},
		}
		for _, w := range want {
			got, err := d.Covers.Find(ctx, l.ID, l.Edition, w.Addressee)
			if err != nil {
				t.Fatal(err)
			}
			got.For = ""
			if difference := cmp.Diff(w, got); difference != "" {
				t.Error(difference)
			}
		}
		// A cover goes with its addressee, wherever they stand in the next text, and with nobody else.
		e := l.Edition
		for _, x := range []struct {
			text []letter.Addressee
			want string
		}{{[]letter.Addressee{{Office: "Harbour Board"}, {Name: "Mara Lindqvist"}}, "B 7,"}, {[]letter.Addressee{{Name: "Mara Lindqvist"}}, ""}} {
			e.Texts = map[string]letter.Text{"en": {Language: "en", Addressees: x.text}}
			var got strings.Builder
			for i := range x.text {
				if i > 0 {
					got.WriteString(",")
				}
				c, err := d.Covers.Find(ctx, l.ID, e, i+1)
				if err != nil {
					t.Fatal(err)
				}
				got.WriteString(c.Yours)
			}
			if got.String() != x.want {
				t.Errorf("the references of the addressees are %q, want %q", got.String(), x.want)
			}
		}
		put(letter.Cover{Addressee: 2}, "")
		if list, err := d.Covers.List(ctx, l.ID, l.Edition); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v: one that says nothing is still there", list, err)
		}
	})
}

// A handwritten signature is sealed, belongs to a name, and ends with the letter's key.
func TestCovers_autographs(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		text := *english("1) Open the gate.")
		text.SignedBy = []letter.Signer{{Name: "Marit Oswin"}, {Name: "Tomas Brandt"}}
		l := d.write(letter.Import{Text: text, Publish: true})
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 90, 30))); err != nil {
			t.Fatal(err)
		}
		kept := func(e letter.Edition) (names []string) {
			t.Helper()
			list, err := d.Covers.Autographs(ctx, l.ID, e)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				if !bytes.Equal(a.Picture, picture.Bytes()) {
					t.Errorf("%s has another picture", a.Name)
				}
				names = append(names, a.Name)
			}
			return names
		}
		for _, x := range []struct {
			signer int
			data   []byte
			good   bool
		}{{2, picture.Bytes(), true}, {3, picture.Bytes(), false}, {0, picture.Bytes(), false}, {1, []byte("GIF89a"), false}, {1, make([]byte, letter.MaxPictureBytes+1), false}} {
			if err := d.Covers.PutAutograph(ctx, l.Slug, x.signer, x.data, 0); (err == nil) != x.good || err != nil && len(fault.All(err)) == 0 {
				t.Errorf("signer %d: %v", x.signer, err)
			}
		}
		if got := kept(l.Edition); len(got) != 1 || got[0] != "Tomas Brandt" {
			t.Errorf("kept for %q", got)
		}
		other := l.Edition
		other.Texts = map[string]letter.Text{"en": {Language: "en", SignedBy: []letter.Signer{{Name: "Marit Oswin"}, {Name: "Somebody Else"}}}}
		if got := kept(other); len(got) != 0 {
			t.Errorf("the signature of another stands with %q", got)
		}
		put := func(body string, follows letter.Follows) letter.Letter {
			t.Helper()
			text.Body = body
			return d.write(letter.Import{Slug: l.Slug, Text: text, Follows: follows, Publish: true})
		}
		if cosmetic := put("1) Open the gate, please.", letter.FollowsCosmetic); len(kept(cosmetic.Edition)) != 1 {
			t.Error("a cosmetic edition has lost it")
		}
		if other := put("1) Burn the gate down.", letter.FollowsSubstantive); len(kept(other.Edition)) != 0 {
			t.Error("somebody's hand stands under words that they never signed")
		}
		if err := d.Covers.PutAutograph(ctx, l.Slug, 2, picture.Bytes(), 0); err != nil {
			t.Fatal(err)
		}
		if got := kept(l.Edition); len(got) != 0 {
			t.Errorf("what was put under the second text stands under the first: %q", got)
		}
		if err := d.Covers.PutAutograph(ctx, l.Slug, 2, nil, 0); err != nil {
			t.Fatal(err)
		}
		if got := kept(l.Edition); len(got) != 0 {
			t.Errorf("it is still there: %q", got)
		}
	})
}

// What a text links to as a document is annexed to it.
func TestText_annexes(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	text := letter.Text{Format: letter.Format, Language: "en", Body: "See [the records (PDF)](/media/" + a + ") and [again](/media/" + a + ").\n\n1) Publish [them](/media/" + b +
		").\n\n`[code](/media/" + strings.Repeat("c", 64) + ")` [other](https://a.example/media/" + b + ") ![p](picture:" + strings.Repeat("d", 64) + ")"}
	want := []letter.Annex{{Name: "the records", Hash: a}, {Name: "them", Hash: b}}
	if difference := cmp.Diff(want, text.Annexes()); difference != "" {
		t.Error(difference)
	}
}
