package verify_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

var (
	one   = verify.LetterID{0: 0x01, 15: 0xfe}
	two   = verify.LetterID{0: 0x02, 15: 0xfd}
	three = verify.LetterID{0: 0x03, 15: 0xfc}
)

// hashOf is a hash that a test can name.
func hashOf(name string) verify.Hash { return sha256.Sum256([]byte(name)) }

// golden has a leaf of every form. Servers have signed such texts: who changes one changes the format.
var golden = map[string]struct {
	leaf verify.Leaf
	text string
}{
	"first edition": {verify.Edition{Letter: one, Number: 1, Texts: []verify.Text{{Language: "en", SHA256: hashOf("en")}}},
		`undersigned.log/v1 edition
letter 010000000000000000000000000000fe
number 1
text en dbd3a49d0d906b4ed9216b73330d2fb080ef2f758c12f3885068222e5e17151c
`},
	"later edition": {verify.Edition{Letter: one, Number: 2, Previous: hashOf("1"), Follows: verify.Substantive,
		Texts: []verify.Text{{Language: "en", SHA256: hashOf("en")}, {Language: "fa", SHA256: hashOf("fa")}, {Language: "pt-BR", SHA256: hashOf("pt")}}},
		`undersigned.log/v1 edition
letter 010000000000000000000000000000fe
number 2
follows a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s= substantive
text en dbd3a49d0d906b4ed9216b73330d2fb080ef2f758c12f3885068222e5e17151c
text fa 3097e26b7f3cbdb920765a6c3d2ba94985e465cccb0664c62cec43fdc7544670
text pt-BR e75b11da693d7bb5273985dcf9f02729455da7e7c80e54a0615e00ec2ae76d8e
`},
	"sign": {verify.Sign{Letter: one, Edition: hashOf("1"), Kind: verify.Person, Listing: verify.Public, Basis: verify.ByEmail, Day: "2030-02-28",
		Record: hashOf("record"), Contact: hashOf("contact")},
		`undersigned.log/v1 sign
letter 010000000000000000000000000000fe
edition a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=
kind person
listing public
basis email
day 2030-02-28
record cM6HH4o9P7RJvDw6zmVHzvAt/HT/5I2RJTKnJL/b5bk=
contact CT59X9uqz6kkSIYbEQdbP7pTKgfZRbSaRJGSUvXoMK0=
`},
	"relist": {verify.Relist{Letter: one, Target: 1234567, Listing: verify.Withheld},
		`undersigned.log/v1 relist
letter 010000000000000000000000000000fe
target 1234567
listing withheld
`},
	"withdraw": {verify.Withdraw{Letter: one, Target: 0, Reason: verify.Undone, Day: "2032-02-29"},
		`undersigned.log/v1 withdraw
letter 010000000000000000000000000000fe
target 0
reason import
day 2032-02-29
`},
	"deadline": {verify.Deadline{Letter: one, At: time.Date(2030, 6, 30, 17, 0, 0, 0, time.UTC)},
		`undersigned.log/v1 deadline
letter 010000000000000000000000000000fe
at 2030-06-30T17:00:00Z
`},
	"no deadline": {verify.Deadline{Letter: one},
		`undersigned.log/v1 deadline
letter 010000000000000000000000000000fe
at none
`},
	"import": {verify.Import{Letter: one, N: 40, SHA256: hashOf("list")},
		`undersigned.log/v1 import
letter 010000000000000000000000000000fe
n 40
sha256 a330395cc0a53ad1207736546afff4735940937564bbf75ce1edad40780d9139
`},
	"close": {verify.Close{Letter: one, Size: 3000, Beacon: 99},
		`undersigned.log/v1 close
letter 010000000000000000000000000000fe
size 3000
beacon 99
`},
	"deliver": {verify.Deliver{Letter: one, Size: 3001, Organisations: 1, Persons: 20, Withheld: 3, Imported: 9007199254740992,
		Files: [][32]byte{hashOf("b"), hashOf("a")}},
		`undersigned.log/v1 deliver
letter 010000000000000000000000000000fe
size 3001
count organisations 1
count persons 20
count withheld 3
count imported 9007199254740992
file 3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d
file ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
`},
	"deliver nothing": {verify.Deliver{Letter: one, Size: 3001},
		`undersigned.log/v1 deliver
letter 010000000000000000000000000000fe
size 3001
count organisations 0
count persons 0
count withheld 0
count imported 0
`},
}

func TestFormat_golden(t *testing.T) {
	for name, g := range golden {
		if diff := cmp.Diff(g.text, string(verify.Format(g.leaf))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParse_golden(t *testing.T) {
	for name, g := range golden {
		leaf, err := verify.Parse([]byte(g.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(g.leaf, leaf); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if leaf.Of() != one {
			t.Errorf("%s is of letter %s", name, leaf.Of())
		}
	}
}

// Every value of a set has the word that the log has for it.
func TestParse_allValues(t *testing.T) {
	sign, withdraw := golden["sign"].text, golden["withdraw"].text
	later := golden["later edition"].text
	for _, x := range []struct{ text, key, words string }{
		{sign, "kind person", "person organisation"},
		{sign, "listing public", "public withheld"},
		{sign, "basis email", "email domain reply paper import voucher"},
		{withdraw, "reason import", "signer erasure reaffirmed duplicate fraud moderation import"},
		{later, "substantive", "cosmetic substantive translation"},
	} {
		key, _, two := strings.Cut(x.key, " ")
		for word := range strings.SplitSeq(x.words, " ") {
			with := word
			if two {
				with = key + " " + word
			}
			if _, err := verify.Parse([]byte(strings.Replace(x.text, x.key, with, 1))); err != nil {
				t.Errorf("%s: %v", with, err)
			}
		}
	}
}

// replaced has texts of leaves with one thing in them that no leaf has.
var replaced = []struct{ leaf, old, with string }{
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v2 sign"},
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v1  sign"},
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v1 Sign"},
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v1 vouch"},
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v1 withdraw"},
	{"sign", "undersigned.log/v1 sign", "undersigned.log/v1 "},
	{"sign", "letter 01", "letter 0A"},
	{"sign", "letter 01", "letter 0"},
	{"sign", "letter 01", "letter 0001"},
	{"sign", "letter 01", "letter 0x"},
	{"sign", "letter 01", "letter  01"},
	{"sign", "letter 01", "Letter 01"},
	{"sign", "letter 01", "letter\t01"},
	{"sign", "edition a4", "edition b4=="},
	{"sign", "W0s=", "W0s"},
	{"sign", "W0s=", "W0t="}, // a bit that the hash has no place for
	{"sign", "W0s=", "W0s=="},
	{"sign", "W0s=", "W0s=\r"},
	{"sign", "/OGda4BO/", "_OGda4BO_"},
	{"sign", "kind person", "kind persons"},
	{"sign", "kind person", "kind Person"},
	{"sign", "kind person", "kind person "},
	{"sign", "kind person", "kind "},
	{"sign", "kind person", "kind"},
	{"sign", "kind person", "kind organisation person"},
	{"sign", "listing public", "listing coalition"},
	{"sign", "basis email", "basis phone"},
	{"sign", "basis email", "basis"},
	{"sign", "2030-02-28", "2030-02-29"}, // no leap year
	{"sign", "2030-02-28", "2030-2-28"},
	{"sign", "2030-02-28", "2030-13-28"},
	{"sign", "2030-02-28", "2030-02-28T00:00:00Z"},
	{"sign", "2030-02-28", "30-02-28"},
	{"sign", "2030-02-28", "0000-02-28"},
	{"sign", "2030-02-28", "2030/02/28"},
	{"sign", "2030-02-28", "۲۰۳۰-۰۲-۲۸"},
	{"sign", "record cM", "record \x00M"},
	{"relist", "1234567", "+1234567"},
	{"relist", "1234567", "01234567"},
	{"relist", "1234567", "-1"},
	{"relist", "1234567", "1_234_567"},
	{"relist", "1234567", "1e6"},
	{"relist", "1234567", "0x10"},
	{"relist", "1234567", "1234567.0"},
	{"relist", "1234567", "9007199254740993"},
	{"relist", "1234567", "9223372036854775808"},
	{"relist", "1234567", ""},
	{"relist", "listing withheld", "listing counted"},
	{"withdraw", "reason import", "reason other"},
	{"withdraw", "reason import", "reason undone"},
	{"withdraw", "target 0", "target -0"},
	{"withdraw", "target 0", "target 00"},
	{"deadline", "17:00:00Z", "17:00:00+00:00"},
	{"deadline", "17:00:00Z", "19:00:00+02:00"},
	{"deadline", "17:00:00Z", "17:00:00.000Z"},
	{"deadline", "17:00:00Z", "17:00:00,5Z"},
	{"deadline", "17:00:00Z", "17:00Z"},
	{"deadline", "17:00:00Z", "7:00:00Z"},
	{"deadline", "17:00:00Z", "24:00:00Z"},
	{"deadline", "17:00:00Z", "17:00:60Z"},
	{"deadline", "17:00:00Z", "17:00:00z"},
	{"deadline", "17:00:00Z", "17:00:00"},
	{"deadline", "2030-06-30T", "2030-06-31T"},
	{"deadline", "2030-06-30T", "0000-06-30T"},
	{"deadline", "2030-06-30T", "2030-06-30 "},
	{"deadline", "2030-06-30T", "2030-06-30t"},
	{"deadline", "2030-06-30T17:00:00Z", "0001-01-01T00:00:00Z"}, // the zero time is "none"
	{"no deadline", "none", "None"},
	{"no deadline", "none", "null"},
	{"import", "n 40", "n +40"},
	{"import", "n 40", "n 040"},
	{"import", "n 40", "n -40"},
	{"import", "sha256 a3", "sha256 A3"},
	{"import", "sha256 a3", "sha256 a"},
	{"import", "sha256 a3", "sha256 a3a3"},
	{"import", "sha256 a3", "sha256 g3"},
	{"close", "size 3000", "size -3000"},
	{"close", "size 3000", "size 03000"},
	{"close", "beacon 99", "beacon"},
	{"first edition", "number 1", "number 0"},
	{"first edition", "number 1", "number 2"}, // that follows none
	{"first edition", "number 1", "number 1\nfollows a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s= cosmetic"},
	{"first edition", "text en", "text EN"},
	{"first edition", "text en", "text e"},
	{"first edition", "text en", "text engl"},
	{"first edition", "text en", "text en-"},
	{"first edition", "text en", "text en_GB"},
	{"first edition", "text en", "text ../en"},
	{"first edition", "text en", "text  en"},
	{"first edition", "text en", "text en-abcdefghi"},
	{"first edition", "text en", "text en-a-b-c-d"},
	{"first edition", "text en dbd3", "text en DBD3"},
	{"first edition", "text en dbd3", "text dbd3"},
	{"later edition", "number 2", "number 1"},
	{"later edition", "number 2", "number +2"},
	{"later edition", " substantive", ""},
	{"later edition", " substantive", " "},
	{"later edition", " substantive", " other"},
	{"later edition", " substantive", "  substantive"},
	{"later edition", " substantive", " substantive cosmetic"},
	{"later edition", "text fa", "text en"}, // twice
	{"later edition", "text fa", "text zz"}, // out of order
	{"deliver", "count persons 20", "count persons"},
	{"deliver", "count persons 20", "count people 20"},
	{"deliver", "count persons 20", "count organisations 20"},
	{"deliver", "count persons 20", "count  persons 20"},
	{"deliver", "count persons 20", "count persons 020"},
	{"deliver", "count persons 20", "count persons -20"},
	{"deliver", "count persons 20", "count persons 20 20"},
	{"deliver", "9007199254740992", "9007199254740993"},
	{"deliver", "file 3e", "file 3E"},
	{"deliver", "file 3e", "file fe"}, // out of order
	{"deliver", "file 3e", "files 3e"},
	{"deliver nothing", "count imported 0", "count imported 0\nfile"},
	{"deliver nothing", "count imported 0", "count imported 0\nfile 3e"},
	{"deliver nothing", "count imported 0", "count imported 0\nremark none"},
}

func TestParse_refusesOtherValues(t *testing.T) {
	for _, x := range replaced {
		text := golden[x.leaf].text
		if !strings.Contains(text, x.old) {
			t.Fatalf("the %s leaf has no %q", x.leaf, x.old)
		}
		if leaf, err := verify.Parse([]byte(strings.Replace(text, x.old, x.with, 1))); err == nil {
			t.Errorf("%s with %q in place of %q was read as %v", x.leaf, x.with, x.old, leaf)
		}
	}
}

// mutations returns texts that differ from a leaf's in its lines or its bytes, so that none of them is a leaf.
func mutations(text string) map[string]string {
	list := map[string]string{
		"nothing":               "",
		"a byte order mark":     "\ufeff" + text,
		"no last LF":            strings.TrimSuffix(text, "\n"),
		"a byte more":           text + "x",
		"an empty line more":    text + "\n",
		"a line more":           text + "remark none\n",
		"a leaf more":           text + text,
		"CRLF":                  strings.ReplaceAll(text, "\n", "\r\n"),
		"CR":                    strings.ReplaceAll(text, "\n", "\r"),
		"U+2028":                strings.ReplaceAll(text, "\n", "\u2028"),
		"tabs":                  strings.ReplaceAll(text, " ", "\t"),
		"no-break spaces":       strings.ReplaceAll(text, " ", "\u00a0"),
		"two spaces":            strings.ReplaceAll(text, " ", "  "),
		"upper case":            strings.ToUpper(text),
		"cut":                   text[:len(text)/2],
		"UTF-16":                strings.ReplaceAll(text, "", "\x00"),
		"padded to 4,097 bytes": text + strings.Repeat("\n", verify.MaxLeaf+1-len(text)),
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	join := func(parts ...[]string) string {
		var all strings.Builder
		for _, p := range parts {
			all.WriteString(strings.Join(p, ""))
		}
		return all.String()
	}
	for i, line := range lines {
		at := func(what string) string { return fmt.Sprintf("%s line %d", what, i) }
		// Some leaves have any number of these, so one fewer is another leaf.
		if !strings.HasPrefix(line, "file ") && (!strings.HasPrefix(line, "text ") || strings.Count(text, "\ntext ") == 1) {
			list[at("without")] = join(lines[:i], lines[i+1:])
		}
		list[at("twice")] = join(lines[:i+1], lines[i:])
		list[at("an empty line before")] = join(lines[:i], []string{"\n"}, lines[i:])
		list[at("indented")] = join(lines[:i], []string{" "}, lines[i:])
		list[at("another key in")] = join(lines[:i], []string{"x"}, lines[i:])
		if i > 0 {
			list[at("swapped")] = join(lines[:i-1], []string{line, lines[i-1]}, lines[i+1:])
		}
		for name, c := range map[string]string{"space": " ", "NUL": "\x00", "tab": "\t", "CR": "\r", "escape": "\x1b", "DEL": "\x7f", "C1": "\u0085",
			"last C1": "\u009f", "bad UTF-8": "\xff", "cut UTF-8": "\xc2", "surrogate": "\xed\xa0\x80", "direction": "\u202e", "wide": "１"} {
			list[at(name+" at the end of")] = join(lines[:i], []string{strings.TrimSuffix(line, "\n") + c + "\n"}, lines[i+1:])
			list[at(name+" at the head of")] = join(lines[:i], []string{c}, lines[i:])
		}
	}
	return list
}

func TestParse_refusesChangedLines(t *testing.T) {
	refused := 0
	for leaf, g := range golden {
		for name, text := range mutations(g.text) {
			if got, err := verify.Parse([]byte(text)); err == nil {
				t.Errorf("%s, %s: was read as %v", leaf, name, got)
			}
			refused++
		}
	}
	t.Logf("%d texts", refused)
}

func TestParse_sizeOfALeaf(t *testing.T) {
	of := func(size int) []byte {
		d := verify.Deliver{Letter: one}
		for len(verify.Format(d)) <= size-70 {
			d.Files = append(d.Files, [32]byte{byte(len(d.Files))})
		}
		for _, n := range []*int{&d.Organisations, &d.Persons, &d.Withheld, &d.Imported} {
			for len(verify.Format(d)) < size && *n < 1e14 {
				*n = *n*10 + 1
			}
		}
		return verify.Format(d)
	}
	largest, tooLarge := of(verify.MaxLeaf), of(verify.MaxLeaf+1)
	if _, err := verify.Parse(largest); err != nil || len(largest) != verify.MaxLeaf {
		t.Errorf("a leaf of %d bytes: %v", len(largest), err)
	}
	if _, err := verify.Parse(tooLarge); err == nil || !strings.Contains(err.Error(), "leaf of 4097 bytes") {
		t.Errorf("a leaf of %d bytes: %v", len(tooLarge), err)
	}
}

// An error says which statement it was and what is wrong with it.
func TestParse_saysWhatIsWrong(t *testing.T) {
	for _, x := range []struct{ leaf, old, with, want string }{
		{"sign", "kind person", "kind robot", `sign leaf: unknown value "robot"`},
		{"sign", "kind person\n", "", `sign leaf: line "kind" is missing`},
		{"sign", "undersigned", "somebody", "leaf: not of undersigned.log/v1"},
		{"sign", "v1 sign", "v1 vote", `leaf: unknown statement "vote"`},
		{"sign", "letter 01", "letter 1", `is not a letter id of 32 hexadecimal digits`},
		{"sign", "email", "\x00", "leaf: a control character"},
		{"sign", "email", "\xff", "leaf: not UTF-8"},
		{"relist", "1234567", "007", "relist leaf: not written as it must be"},
		{"later edition", "text fa", "text zz", "edition leaf: texts are not sorted"},
		{"close", "beacon 99", "beacon 99\nbeacon 99", "close leaf: lines after the last"},
	} {
		_, err := verify.Parse([]byte(strings.Replace(golden[x.leaf].text, x.old, x.with, 1)))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q in place of %q: %v, want %q", x.with, x.old, err, x.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.text))
	}
	for _, x := range replaced {
		f.Add([]byte(strings.Replace(golden[x.leaf].text, x.old, x.with, 1)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		leaf, err := verify.Parse(text)
		if err != nil {
			return
		}
		if got := verify.Format(leaf); string(got) != string(text) {
			t.Errorf("%q was read and is written %q", text, got)
		}
	})
}
