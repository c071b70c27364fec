package roster_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake/roster"
)

// sheet writes rows as an XLSX file.
func sheet(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, cells := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t *testing.T, name, text string) *roster.Roster {
	t.Helper()
	r, err := roster.Read(name, []byte(text), nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

func TestRead_recognisesHeadingsInFourLanguages(t *testing.T) {
	entry := roster.Entry{Line: 2, Name: "Ann Lee", Title: "Teacher", Affiliation: "Vale School", Country: "FR", Email: "ann@vale.example"}
	for language, heading := range map[string]string{
		"English":             "Full name,Position,Affiliation,Country,E-mail",
		"English, remarks":    "Your name (as it should appear)*,Job title,Institution / affiliation,Country of residence,Email address:",
		"French":              "Nom complet,Fonction,Établissement,Pays,Courriel",
		"French, capitals":    "NOM ET PRÉNOM,TITRE,RATTACHEMENT,PAYS,ADRESSE E-MAIL",
		"Persian":             "نام و نام خانوادگی,سمت,محل کار,کشور,ایمیل",
		"Persian, Arab. keys": "نام و نام خانوادگي,شغل,دانشگاه,كشور,رایانامه",
		"Arabic":              "الاسم الكامل,المنصب,جهة العمل,الدولة,البريد الإلكتروني",
	} {
		r := read(t, "list.csv", heading+"\nAnn Lee,Teacher,Vale School,France,ann@vale.example\n")
		if diff := cmp.Diff([]roster.Entry{entry}, r.Entries); diff != "" || len(r.Ignored) > 0 {
			t.Errorf("%s: ignored %q (-want +got):\n%s", language, r.Ignored, diff)
		}
	}
}

func TestRead_namesInTwoColumns(t *testing.T) {
	for heading, want := range map[string]string{
		"First name,Last name": "Ann Lee", "Prénom,Nom": "Ann Lee", "Nom,Prénom": "Lee Ann", "نام,نام خانوادگی": "Ann Lee", "نام خانوادگی,نام": "Lee Ann",
	} {
		if got := read(t, "list.csv", heading+"\nAnn,Lee\n").Entries[0].Name; got != want {
			t.Errorf("%s: %q, want %q", heading, got, want)
		}
	}
}

func TestRead_dialects(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("Name\tCountry\r\nZoë \"Z\" Ash\tIrland\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want roster.Entry
	}{
		"semicolons":       {"Name;Country;Remark\nAsh, Zoë;IRL;a;b\n", roster.Entry{Line: 2, Name: "Ash, Zoë", Country: "IE"}},
		"tabs in UTF-16":   {utf16, roster.Entry{Line: 2, Name: `Zoë "Z" Ash`, Notes: []roster.Note{roster.NoteCountry}}},
		"bars":             {"Name|Country\nZoë|ایرلند\n", roster.Entry{Line: 2, Name: "Zoë", Country: "IE"}},
		"BOM":              {"\ufeffName,Country\nZoë,IE\n", roster.Entry{Line: 2, Name: "Zoë", Country: "IE"}},
		"sep= of Excel":    {"sep=;\r\nName;Title\r\nZoë;A, B\r\n", roster.Entry{Line: 3, Name: "Zoë", Title: "A, B"}},
		"title above":      {"Signatures as of May,,\n,,\nName,Title,Listing\nZoë,Cook,anonymous\n", roster.Entry{Line: 4, Name: "Zoë", Title: "Cook", Listing: "counted"}},
		"line in a cell":   {"Name,Affiliation\n\"Zoë\nAsh\",\"Two\nlines\"\nB,\n", roster.Entry{Line: 2, Name: "Zoë Ash", Affiliation: "Two lines"}},
		"one column":       {"Zoë Ash\nBo Ray\n", roster.Entry{Line: 1, Name: "Zoë Ash"}},
		"headed column":    {"Signatories\nZoë Ash\n", roster.Entry{Line: 2, Name: "Zoë Ash"}},
		"name and address": {"Zoë Ash,zoe@ash.example\nBo Ray,bo@ray.example\n", roster.Entry{Line: 1, Name: "Zoë Ash", Email: "zoe@ash.example"}},
		"hidden marks":     {"Name\n\u202bزویی اش\u202c\u200f\n", roster.Entry{Line: 2, Name: "زویی اش", Notes: []roster.Note{roster.NoteHidden}}},
		"formula as text":  {"Name,Title\n'=Zoë,=1+1\n", roster.Entry{Line: 2, Name: "=Zoë", Title: "=1+1"}},
		"odd listing":      {"Name,Public\nZoë,perhaps\n", roster.Entry{Line: 2, Name: "Zoë", Listing: "counted", Notes: []roster.Note{roster.NoteListing}}},
		"organisation":     {"Organisation,Type,Pays\nFen Trust,NGO,États-Unis d’Amérique\n", roster.Entry{Line: 2, Organisation: "Fen Trust", Kind: "organisation", Country: "US"}},
		"stray quote":      {"Name,Title\nZoë \"the Ash\" Bell,\"Dr\" of law\n", roster.Entry{Line: 2, Name: `Zoë "the Ash" Bell`, Title: `Dr" of law`}},
	} {
		r, err := roster.Read("list.csv", []byte(c.text), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, r.Entries[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRead_xlsx(t *testing.T) {
	data := sheet(t, []any{"Open letter"}, nil, []any{"Timestamp", "Name", "Role", "Country"}, []any{46000.5, "شیرین «ش» نوری", "=HYPERLINK(1)", "کانادا"},
		nil, []any{1, "Anna 🌹 Lee", true, "CAN"})
	r, err := roster.Read("list.xlsx", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &roster.Roster{Sheet: "Sheet1", Ignored: []string{"Timestamp"},
		Columns: []roster.Column{{Number: 2, Heading: "Name", Field: roster.Name}, {Number: 3, Heading: "Role", Field: roster.Title}, {Number: 4, Heading: "Country", Field: roster.Country}},
		Entries: []roster.Entry{{Line: 4, Name: "شیرین «ش» نوری", Title: "=HYPERLINK(1)", Country: "CA"}, {Line: 6, Name: "Anna 🌹 Lee", Title: "TRUE", Country: "CA"}}}
	if diff := cmp.Diff(want, r, cmpopts.IgnoreFields(roster.Roster{}, "SHA256")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRead_columnsByNumber(t *testing.T) {
	r, err := roster.Read("list.csv", []byte("x,y,z\nAnn,Lee,FR\n"), map[roster.Field]int{roster.Given: 1, roster.Family: 2, roster.Country: 3})
	if err != nil || r.Entries[1].Name != "Ann Lee" || r.Entries[1].Country != "FR" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRead_refuses(t *testing.T) {
	many := strings.Repeat("n\n", roster.MaxRows+2)
	for name, c := range map[string]struct {
		file string
		data []byte
		key  string
	}{
		"no file":         {"a.csv", nil, "roster.empty"},
		"headings only":   {"a.csv", []byte("Name,Country\n\n ,\n"), "roster.empty"},
		"unknown columns": {"a.csv", []byte("a,b,c\n1,2,3\n"), "roster.columns"},
		"not UTF-8":       {"a.csv", []byte("Name\nZo\xeb\n"), "roster.encoding"},
		"binary":          {"a.csv", []byte("Name\x00"), "import.binary"},
		"too many lines":  {"a.csv", []byte(many), "roster.rows"},
		"too large":       {"a.csv", make([]byte, roster.Limit+1), "import.too_large"},
		"another format":  {"a.pdf", []byte("%PDF-1.7"), "roster.format"},
		"old Excel":       {"a.xlsx", []byte("\xd0\xcf\x11\xe0"), "roster.not_xlsx"},
		"broken zip":      {"a.xlsx", []byte("PK\x03\x04rubbish"), "roster.not_xlsx"},
		"a zip of text":   {"a.xlsx", zipOf(t, map[string]string{"a.txt": "hello"}), "roster.not_xlsx"},
		"a bomb":          {"a.xlsx", zipOf(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat("0", 30<<20)}), "roster.bomb"},
	} {
		_, err := roster.Read(c.file, c.data, nil)
		faults := fault.All(err)
		if len(faults) != 1 || faults[0].Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
}

// TestRead_everyLineOfWhatSpreadsheetsWrite writes odd names as CSV and XLSX and wants them back.
func TestRead_everyLineOfWhatSpreadsheetsWrite(t *testing.T) {
	names := []string{`O"Brien "Bo"`, "=SUM(A1)", "+1 Ann", "-Ann", "@ann", "a,b;c|d", "Nguyễn Văn An", "محمد علی‌رضا", "عبد الله", "Тарас", "Ελένη", "山田 太郎", "שרה", "अनिता", "Zoë\u00a0Ash"}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	rows := [][]any{{"Name", "Title"}}
	if err := w.Write([]string{"Name", "Title"}); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := w.Write([]string{n, "x"}); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []any{n, "x"})
	}
	w.Flush()
	for file, data := range map[string][]byte{"a.csv": text.Bytes(), "a.xlsx": sheet(t, rows...)} {
		r, err := roster.Read(file, data, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range names {
			want := strings.ReplaceAll(n, "\u00a0", " ")
			if r.Entries[i].Name != want || r.Entries[i].Line != i+2 {
				t.Errorf("%s: line %d %q, want %q", file, r.Entries[i].Line, r.Entries[i].Name, want)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString("Name,Title,Country\n")
	rows := [][]any{{"Name", "Title", "Country"}}
	for i := range 10_000 {
		fmt.Fprintf(&text, "Ann %d Lee,Teacher,France\n", i)
		rows = append(rows, []any{fmt.Sprintf("Ann %d Lee", i), "Teacher", "France"})
	}
	for name, data := range map[string][]byte{"csv": []byte(text.String()), "xlsx": sheet(b, rows...), "small.xlsx": sheet(b, rows[:3]...)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := roster.Read("list."+name, data, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
