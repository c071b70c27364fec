package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

var aSecret = verify.Secret{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}

func TestSecret_golden(t *testing.T) {
	const text = "aaaqeayeaudaocajbifqydio74"
	if got := aSecret.String(); got != text {
		t.Errorf("the secret is written %q, want %q", got, text)
	}
	if got, err := verify.ParseSecret(text); err != nil || got != aSecret {
		t.Errorf("%q was read as %x, %v", text, got, err)
	}
}

func TestParseSecret_refuses(t *testing.T) {
	good := aSecret.String()
	for name, text := range map[string]string{
		"nothing":     "",
		"upper case":  strings.ToUpper(good),
		"25 letters":  good[:25],
		"27 letters":  good + "a",
		"34 letters":  good + "aaaaaaaa",
		"padding":     good + "======",
		"a digit 1":   "1" + good[1:],
		"a stray bit": good[:25] + "5",
		"a space":     " " + good,
		"a line":      good[:13] + "\n" + good[13:],
		"a LF":        good + "\n",
	} {
		if got, err := verify.ParseSecret(text); err == nil || got != (verify.Secret{}) {
			t.Errorf("%s: %q was read as %x, %v", name, text, got, err)
		}
	}
}

// hkdf is RFC 5869 for one block, written again.
func hkdf(secret []byte, info string) verify.Salt {
	mac := func(key, text []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(text)
		return h.Sum(nil)
	}
	return verify.Salt(mac(mac(make([]byte, 32), secret), append([]byte(info), 1)))
}

func TestSecret_salts(t *testing.T) {
	seen := map[verify.Salt]string{}
	for _, kind := range []verify.Kind{verify.Person, verify.Organisation} {
		record, contact := aSecret.Salts(kind)
		for purpose, salt := range map[string]verify.Salt{"record": record, "contact": contact} {
			info := "undersigned.log/v1 " + purpose + " " + string(kind)
			if want := hkdf(aSecret[:], info); salt != want {
				t.Errorf("%s: %x, want %x", info, salt, want)
			}
			if other := seen[salt]; other != "" {
				t.Errorf("%s and %s have one salt", info, other)
			}
			seen[salt] = info
		}
	}
}

var records = map[string]struct {
	record verify.Record
	text   string
}{
	"all":    {verify.Record{Name: "Ilva Marrow", Title: "Lecturer", Affiliation: "Varrow Reading Society", Country: "VU"}, "name Ilva Marrow\ntitle Lecturer\naffiliation Varrow Reading Society\ncountry VU\n"},
	"name":   {verify.Record{Name: "لاله نی‌نواز"}, "name لاله نی‌نواز\n"},
	"spaces": {verify.Record{Name: " <Ilva>  & \"M\" "}, "name  <Ilva>  & \"M\" \n"},
	"two":    {verify.Record{Name: "title Marrow", Country: "name X"}, "name title Marrow\ncountry name X\n"},
	"none":   {verify.Record{}, ""},
}

func TestRecord_golden(t *testing.T) {
	for name, x := range records {
		if diff := cmp.Diff(x.text, x.record.Text()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		got, err := verify.ParseRecord(x.text)
		if diff := cmp.Diff(x.record, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestParseRecord_refuses(t *testing.T) {
	for _, text := range []string{
		"name Ilva", "name Ilva\r\n", "name Ilva\n\n", "\nname Ilva\n", "name \n", "name\n", " name Ilva\n", "Name Ilva\n", "name Il\x00va\n",
		"name Il\u0085va\n", "name Il\tva\n", "name Il\x7fva\n", "name Il\xffva\n", "name Ilva\nname Ilva\n", "title X\nname Ilva\n",
		"name Ilva\ntitle \n", "name Ilva\nremark X\n", "name Ilva\ncountry VU\naffiliation X\n", "name Ilva\ncountry VU", "\n", "x",
	} {
		if got, err := verify.ParseRecord(text); err == nil || got != (verify.Record{}) {
			t.Errorf("%q was read as %v, %v", text, got, err)
		}
	}
}

func TestContact_golden(t *testing.T) {
	for _, x := range []struct {
		contact verify.Contact
		text    string
	}{
		{verify.Contact{Address: "ilva@marrow.example", Basis: verify.ByEmail, Day: "2030-02-28"}, "address ilva@marrow.example\nbasis email\nday 2030-02-28\n"},
		{verify.Contact{Basis: verify.ByPaper, Day: "2030-02-28", Source: hashOf("list"), Line: 17},
			"basis paper\nday 2030-02-28\nsource a330395cc0a53ad1207736546afff4735940937564bbf75ce1edad40780d9139\nline 17\n"},
	} {
		if diff := cmp.Diff(x.text, x.contact.Text()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// What is committed to is bound to its purpose and to its salt.
func TestCommit_isTheDocumentedHash(t *testing.T) {
	salt := verify.Salt{31: 7}
	record, contact := records["all"].record, verify.Contact{Basis: verify.ByPaper, Day: "2030-02-28"}
	for purpose, x := range map[string]struct {
		got  verify.Hash
		text string
	}{"record": {record.Commit(salt), record.Text()}, "contact": {contact.Commit(salt), contact.Text()}} {
		want := verify.Hash(sha256.Sum256([]byte("undersigned.log/v1 " + purpose + "\n" + string(salt[:]) + x.text)))
		if x.got != want {
			t.Errorf("%s: %s, want %s", purpose, x.got, want)
		}
	}
}

func TestOpening_check(t *testing.T) {
	salt, record := verify.Salt{1}, records["all"].record
	leaf := verify.Sign{Record: record.Commit(salt)}
	for name, x := range map[string]struct {
		opening verify.Opening
		want    string
	}{
		"right":        {verify.Opening{Record: record.Text(), Salt: salt[:]}, ""},
		"another name": {verify.Opening{Record: "name Ilva Harrow\n", Salt: salt[:]}, "the leaf commits to something else"},
		"another salt": {verify.Opening{Record: record.Text(), Salt: make([]byte, 32)}, "the leaf commits to something else"},
		"short salt":   {verify.Opening{Record: record.Text(), Salt: salt[:31]}, "a salt of 31 bytes"},
		"no salt":      {verify.Opening{Record: record.Text()}, "a salt of 0 bytes"},
		"no record":    {verify.Opening{Record: "Ilva Marrow", Salt: salt[:]}, "not the text of a record"},
	} {
		got, err := x.opening.Check(leaf)
		switch {
		case x.want == "" && (err != nil || got != record):
			t.Errorf("%s: %v, %v", name, got, err)
		case x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)):
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

func TestParseLetterID(t *testing.T) {
	if got, err := verify.ParseLetterID(one.String()); err != nil || got != one {
		t.Errorf("%s was read as %s, %v", one, got, err)
	}
	for _, text := range []string{"", "01", strings.ToUpper(one.String()), one.String() + "00", "x" + one.String()[1:], " " + one.String()[1:]} {
		if got, err := verify.ParseLetterID(text); err == nil || got != (verify.LetterID{}) {
			t.Errorf("%q was read as %s, %v", text, got, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, x := range records {
		f.Add(x.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := verify.ParseRecord(text); err == nil && r.Text() != text {
			t.Errorf("%q was read and is written %q", text, r.Text())
		}
	})
}

func FuzzParseSecret(f *testing.F) {
	f.Add(aSecret.String())
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := verify.ParseSecret(text); err == nil && s.String() != text {
			t.Errorf("%q was read and is written %q", text, s)
		}
	})
}
