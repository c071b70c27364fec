package importer_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"golang.org/x/text/unicode/norm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is a draft with what its JSON leaves out.
type golden struct {
	*importer.Draft
	Introduction    string `json:"introduction,omitzero"`
	Body            string `json:"body"`
	DateAsWritten   string `json:"date_as_written,omitzero"`
	Place           string `json:"place,omitzero"`
	CloseOfBusiness bool   `json:"close_of_business,omitzero"`
}

func samples(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.txt", "*.md", "*.html"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 16 {
		t.Fatalf("%d samples", len(names))
	}
	return names
}

func TestRead_samples(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			draft, err := importer.Read(name, source)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(golden{draft, draft.Introduction, draft.Body, draft.DateAsWritten, draft.Place, draft.CloseOfBusiness}, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name+".json", append(got, '\n'))
			checkStandsInSource(t, name, source)
		})
	}
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// checkStandsInSource checks the promise that every string of a draft stands in the source: white space, markup and the way of
// composing letters aside.
func checkStandsInSource(t *testing.T, name string, source []byte) {
	t.Helper()
	draft, err := importer.Read(name, source)
	if err != nil {
		return
	}
	if ext := filepath.Ext(name); ext != ".txt" && ext != ".md" {
		source = []byte(importer.Shown(name, source))
	}
	text := bare(norm.NFC.String(string(source)))
	check := func(field, s string) {
		if !strings.Contains(text, bare(s)) {
			t.Errorf("%s is not in the source: %q", field, s)
		}
	}
	for _, d := range []*string{&draft.Date, &draft.Deadline, &draft.Language} {
		*d = "" // read from the source, not taken from it
	}
	draft.Form, draft.Warnings = "", nil
	for i := range draft.LeftOut {
		draft.LeftOut[i].Why = ""
	}
	for i := range draft.Figures {
		draft.Figures[i].Qualifier = ""
	}
	for paragraph := range strings.SplitSeq(draft.Body+"\n"+draft.Introduction, "\n") {
		if strings.Trim(paragraph, "|- ") != "" { // below the head of a table
			check("Body", paragraph)
		}
	}
	draft.Body, draft.Introduction = "", ""
	eachString(reflect.ValueOf(*draft), "Draft", check)
}

// eachString visits every string inside v.
func eachString(v reflect.Value, path string, visit func(path, s string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			eachString(v.Index(i), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachString(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	}
}

// bare removes white space, markup, and characters that show nothing.
func bare(s string) string {
	if at := strings.Index(s, "]("); at >= 0 {
		s = linkTarget(s)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' || strings.ContainsRune("*_#>`[]\\", r) {
			return -1
		}
		return r
	}, s)
}

// linkTarget removes the target of every link.
func linkTarget(s string) string {
	for {
		before, rest, ok := strings.Cut(s, "](")
		if !ok {
			return s
		}
		_, after, _ := strings.Cut(rest, ")")
		s = before + after
	}
}

// TestRead_inventsNothing cuts the samples at many places and checks the promise on each piece.
func TestRead_inventsNothing(t *testing.T) {
	for _, name := range samples(t) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(source); at += 307 {
			for _, piece := range [][]byte{source[:at], source[at:]} {
				checkStandsInSource(t, name, bytes.ToValidUTF8(piece, nil))
				if draft, err := importer.Read(name, piece); err == nil && filepath.Ext(name) == ".txt" {
					for _, l := range lost(draft, written(t, name, piece)) {
						t.Errorf("%s lost %s", name, l)
					}
				}
			}
		}
	}
}

func TestRead_refuses(t *testing.T) {
	tests := []struct {
		name, file string
		data       []byte
		kind       fault.Kind
		key        string
		offset     any
	}{
		{"empty", "a.txt", nil, fault.Invalid, "import.empty", nil},
		{"white space", "a.txt", []byte(" \n\t\n"), fault.Invalid, "import.empty", nil},
		{"a million blank lines", "a.md", bytes.Repeat([]byte("\n"), 1_000_000), fault.Invalid, "import.empty", nil},
		{"a byte too many", "a.txt", bytes.Repeat([]byte("a"), importer.Limit+1), fault.TooLarge, "import.too_large", nil},
		{"windows-1252", "a.txt", []byte("Dear Jos\xe9,"), fault.Invalid, "import.not_utf8", 8},
		{"windows-1256", "a.txt", []byte("\xd3\xe1\xc7\xe3"), fault.Invalid, "import.not_utf8", 0},
		{"NUL", "a.txt", []byte("Dear\x00Sir"), fault.Invalid, "import.binary", 4},
		{"zip", "a.txt", []byte("PK\x03\x04rest"), fault.Invalid, "import.binary", 0},
		{"pdf", "a.md", []byte("%PDF-1.7"), fault.Invalid, "import.binary", 0},
		{"half UTF-16", "a.txt", []byte("\xff\xfeD\x00e"), fault.Invalid, "import.not_utf8", 4},
		{"lone surrogate", "a.txt", []byte("\xff\xfe\x00\xd8"), fault.Invalid, "import.not_utf8", 2},
		{"extension", "a.exe", []byte("Dear Sir"), fault.Invalid, "import.format", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			draft, err := importer.Read(tt.file, tt.data)
			faults := fault.All(err)
			if draft != nil || len(faults) != 1 {
				t.Fatalf("got %v, %v", draft, err)
			}
			if faults[0].Kind != tt.kind || faults[0].Key != tt.key || faults[0].Args["Offset"] != tt.offset {
				t.Errorf("got %v %v", faults[0], faults[0].Args)
			}
		})
	}
}

func TestRead_utf16(t *testing.T) {
	const text = "Dear Ms Rowe,\r\n\r\nWe ask you to open the gate at Møllevej. 𝄞 was played.\r\n\r\nYours sincerely,\r\n\r\nBo Lind"
	want, err := importer.Read("a.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, order := range map[string][2]int{"little endian": {0, 8}, "big endian": {8, 0}} {
		data := []byte{0xff, 0xfe}
		if order[0] == 8 {
			data = []byte{0xfe, 0xff}
		}
		for _, unit := range utf16.Encode([]rune(text)) {
			data = append(data, byte(unit>>order[0]), byte(unit>>order[1]))
		}
		got, err := importer.Read("a.txt", data)
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRead_hiddenCharacters(t *testing.T) {
	draft, err := importer.Read("a.txt", []byte("Dear \u202eMs Rowe\u202c,\n\nوقتی که می\u200cخواهیم \x07bell.\n"))
	if err != nil {
		t.Fatal(err)
	}
	if draft.Salutation != "Dear Ms Rowe" || !strings.Contains(draft.Body, "می\u200cخواهیم bell") {
		t.Errorf("got %q, %q", draft.Salutation, draft.Body)
	}
	if len(draft.Warnings) == 0 || !strings.Contains(draft.Warnings[len(draft.Warnings)-1].String()+draft.Warnings[0].String(), "3 control") {
		t.Errorf("got %v", draft.Warnings)
	}
}

// slowSize is a 32nd of what Read takes: a rule that is linear has read it before a quadratic one has begun.
const slowSize = importer.Limit / 32

// slow is a source that would be slow for rules that look at a line again and again.
var slow = map[string]string{
	"one word":           strings.Repeat("a", slowSize),
	"one line":           strings.Repeat("we call on you to act ", slowSize/22),
	"numbers":            strings.Repeat("11:11 ", slowSize/6),
	"figures":            strings.Repeat("1 and ", slowSize/6),
	"short lines":        strings.Repeat("ab\n", slowSize/3),
	"short paragraphs":   strings.Repeat("ab\n\n", slowSize/4),
	"items":              strings.Repeat("- ab\n", slowSize/5),
	"stars":              strings.Repeat("*", slowSize),
	"star words":         strings.Repeat("*a ", slowSize/3),
	"brackets":           strings.Repeat("[", slowSize),
	"links":              strings.Repeat("[a](", slowSize/4),
	"bold lines":         strings.Repeat("**a\n", slowSize/4),
	"honorifics":         strings.Repeat("Mr ", slowSize/3),
	"quotes":             strings.Repeat("> ", slowSize/2),
	"dates":              strings.Repeat("1 May 2020\n", slowSize/11),
	"signatures":         "Dear Sir,\n\nPlease act.\n\nSigned:\n" + strings.Repeat("Bo Lind, Chair, Lake Union\n", slowSize/28),
	"stops":              strings.Repeat(". ", slowSize/2),
	"requests":           strings.Repeat("We urge you to act now please. ", slowSize/31),
	"wrapped":            strings.Repeat(strings.Repeat("word ", 14)+"\n", slowSize/71),
	"salutation and all": "Dear Sir, " + strings.Repeat("a b ", slowSize/4),
	"persian":            strings.Repeat("می خواهیم ", slowSize/20),
	"deadline":           strings.Repeat("sign by 1 May 2020 deadline. ", slowSize/29),
	"spelled":            strings.Repeat("First, a\n", slowSize/9),
	"zero width":         strings.Repeat("\u200c", slowSize/3) + "a",
	"combining marks":    "a" + strings.Repeat("\u0301", slowSize/2-1),
	"html comments":      strings.Repeat("<!--", slowSize/4),
	"numbered in order":  "We ask you to:\n" + strings.Repeat("1. a\n2. b\n", slowSize/11),
}

func TestRead_inTime(t *testing.T) {
	for name, source := range slow {
		readsIn(t, name, source, 10*time.Second)
	}
	readsIn(t, "as much as Read takes", strings.Repeat(slow["wrapped"], 32), 20*time.Second)
}

func readsIn(t *testing.T, name, source string, limit time.Duration) {
	t.Helper()
	files := []string{"a.txt"}
	if strings.ContainsAny(source, "*[<>-") { // markup, which the other front takes apart
		files = append(files, "a.md")
	}
	for _, file := range files {
		start := time.Now()
		if _, err := importer.Read(file, []byte(source)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > limit {
			t.Errorf("%s %s took %s", name, file, took)
		} else if testing.Verbose() && took > limit/10 {
			t.Logf("%s %s took %s", name, file, took)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range samples(f) {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		start := time.Now()
		for _, file := range []string{"a.txt", "a.md"} {
			draft, err := importer.Read(file, source)
			if err != nil {
				if len(fault.All(err)) == 0 {
					t.Fatalf("not a fault: %v", err)
				}
				continue
			}
			if _, err := json.Marshal(draft); err != nil {
				t.Fatal(err)
			}
			if !strings.ContainsAny(string(source), "\x60<\\[") { // markup that bare does not undo
				checkStandsInSource(t, file, source)
			}
			if plain := utf8.Valid(source) && !bytes.ContainsFunc(source, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' }); plain && file == "a.txt" {
				for _, l := range lost(draft, written(t, "a.md", source)) {
					t.Errorf("lost %s", l)
				}
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %s", took)
		}
	})
}
