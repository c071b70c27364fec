package roster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake/roster"
)

// refusal is the key of the fault by which a list is refused, "" if it is read.
func refusal(t *testing.T, text string, columns map[roster.Field]int) (*roster.Roster, string) {
	t.Helper()
	r, err := roster.Read("list.csv", []byte(text), columns)
	if err == nil {
		return r, ""
	}
	faults := fault.All(err)
	if len(faults) != 1 {
		t.Fatalf("not for a user: %v", err)
	}
	return nil, faults[0].Key
}

// A column that asks whether the name may be shown decides that, in which words ever.
func TestRead_consent(t *testing.T) {
	const public, kept, whole = "public", "counted", ""
	for heading, want := range map[string][2]string{ // who sees the name after yes, and after no
		"May we publish your name?":                             {public, kept},
		"Can your name be shown publicly?":                      {public, kept},
		"I agree that my name is published":                     {public, kept},
		"Consent to publication":                                {public, kept},
		"OK to list your name on the website":                   {public, kept},
		"Public":                                                {public, kept},
		"Can we use your name?":                                 {public, kept},
		"I consent to the use of my name":                       {public, kept},
		"May we list your organisation publicly?":               {public, kept},
		"Anonymous":                                             {kept, whole},
		"Would you like to remain anonymous?":                   {kept, whole},
		"Please do not publish my name":                         {kept, whole},
		"Keep my name private":                                  {kept, whole},
		"Opt out of public listing":                             {kept, whole},
		"Can we share your name?":                               {public, kept},
		"Withhold name":                                         {kept, whole},
		"I don't want my name to appear":                        {kept, whole},
		"Hide name (y/n)":                                       {kept, whole},
		"Souhaitez-vous rester anonyme ?":                       {kept, whole},
		"Anonymat":                                              {kept, whole},
		"Ne pas publier mon nom":                                {kept, whole},
		"Acceptez-vous que votre nom soit publié ?":             {public, kept},
		"J’autorise la publication de mon nom":                  {public, kept},
		"Afficher mon nom":                                      {public, kept},
		"آیا می‌خواهید نامتان منتشر شود؟":                       {public, kept},
		"آیا مایلید ناشناس بمانید؟":                             {kept, whole},
		"موافقم که نامم نمایش داده شود":                         {public, kept},
		"نامم منتشر نشود":                                       {kept, whole},
		"هل توافق على نشر اسمك؟":                                {public, kept},
		"هل تريد البقاء مجهول الهوية؟":                          {kept, whole},
		"عدم نشر الاسم":                                         {kept, whole},
		"May we publish your name? (If not, you are anonymous)": {public, kept},
	} {
		for i, answers := range [][]string{{"Yes", "oui", "بله", "نعم", "TRUE", "x", "Yes, I do"}, {"No", "Non", "خیر", "لا", "false", "Non merci"}} {
			for _, answer := range answers {
				r, key := refusal(t, "Name,City,\""+heading+"\"\nAda Lunt,Vessen,\""+answer+"\"\n", nil)
				if key != "" {
					t.Errorf("%s: %s", heading, key)
				} else if got := r.Entries[0].Listing; got != want[i] || r.Entries[0].Name != "Ada Lunt" {
					t.Errorf("%s %s: %q, want %q", heading, answer, got, want[i])
				}
			}
		}
	}
	for heading, cell := range map[string]string{"May we publish your name?": "", "Show my name": "-", "Listing": "keep me anonymous",
		"Visibility": "Please do not publish",
		"Show":       "Cannot be published", "Appear": "Yes, to the addressee only", "List me": "I cannot agree",
		"Publish": "Yes, but anonymously", "Affichage": "perhaps", "Public or anonymous?": "anonymous", "Consent": "I want to stay anonymous"} {
		r, key := refusal(t, fmt.Sprintf("Name,%q\nAda Lunt,%q\nBo Ray,%q\n", heading, cell, cell), nil)
		if key != "" || r.Entries[0].Listing != kept {
			t.Errorf("%s %q: %q %+v", heading, cell, key, r)
		}
	}
}

// What may be about the name and is not clear stops the import, until somebody says which column tells.
func TestRead_consentThatIsUnclear(t *testing.T) {
	for _, headings := range []string{"Consent", "I agree", "Do you want to be public or anonymous?", "I do not wish to be anonymous",
		"Should your name be left out?",
		"Cannot be published", "Can't show", "Won't be public", "Nobody may see my name publicly", "Are you unhappy to be listed publicly?",
		"Keep me off the public list", "Visible to signatories only", "Visible to signatories", "Show only to the addressee?", "Non publiable",
		"Non-publication", "Interdiction de publier", "Retirer de la liste publique", "نامم را منتشر نکن", "حذف از فهرست عمومی",
		"از انتشار خودداری شود", "أرفض نشر اسمي", "ممنوع النشر", "Nobody may use my name", "Name privacy", "Unlisted", "Incognito?",
		"Show my name,Anonymous", "Name to be published?", "Autorisation", "Privacy", "رضایت", "موافق"} {
		text := "Name,Email," + headings + "\nAda Lunt,ada@x.example,Yes,Yes\n"
		if _, key := refusal(t, text, nil); key != "roster.consent" {
			t.Errorf("%s: %q", headings, key)
		}
		if r, key := refusal(t, text, map[roster.Field]int{roster.Listing: 3}); key != "" || r.Entries[0].Listing != "public" {
			t.Errorf("%s, named: %q, %+v", headings, key, r)
		}
		if r, key := refusal(t, text, map[roster.Field]int{roster.Listing: 0}); key != "" || r.Entries[0].Listing != "" {
			t.Errorf("%s, none: %q, %+v", headings, key, r)
		}
	}
}

// Cells that may keep names back stop the import whatever stands above them.
func TestRead_consentInCells(t *testing.T) {
	for text, refused := range map[string]bool{
		"Name,Ward\nAda Lunt,Yes\nBo Ray,No\nCy Moe,\n":                                          true,
		"Name,Quartier\nAda Lunt,Oui\n":                                                          true,
		"نام,محله\nشیرین نوری,بله\nآرش نوری,خیر\n":                                               true,
		"Name,Notes\nAda Lunt,\nBo Ray,do not publish\nCy Moe,from the mill\n":                   true,
		"Name,Ward\nAda Lunt,North\nBo Ray,anonymous\n":                                          true,
		"Name,Ward\nAda Lunt,North\nBo Ray,No\nCy Moe,South\n":                                   false,
		"Name,Signature\nAda Lunt,x\nBo Ray,x\n":                                                 false,
		"Name,Remarks\nAda Lunt,Those who hide the plans of our river from all who live there\n": false,
	} {
		if _, key := refusal(t, text, nil); (key == "roster.consent") != refused || !refused && key != "" {
			t.Errorf("%s: %q", text, key)
		}
		if r, key := refusal(t, text, map[roster.Field]int{roster.Listing: 0}); key != "" || r.Entries[0].Listing != "" {
			t.Errorf("%s, none: %q, %+v", text, key, r)
		}
	}
}

// Of two names the one that is to be shown is the name.
func TestRead_shownNames(t *testing.T) {
	for _, heading := range []string{"Display name", "Published name", "Name to be published", "How should your name appear?", "Nom à afficher",
		"Nom affiché", "نام نمایشی", "الاسم المعروض", "Name (will be published)"} {
		for _, text := range []string{"Full name,City," + heading + "\nAda Lunt,Vessen,A. L.\n", heading + ",Legal name,City\nA. L.,Ada Lunt,Vessen\n",
			"First name,Last name," + heading + "\nAda,Lunt,A. L.\n", heading + ",Prénom,Nom\nA. L.,Ada,Lunt\n"} {
			if r, key := refusal(t, text, nil); key != "" || r.Entries[0].Name != "A. L." || r.Entries[0].Listing != "" {
				t.Errorf("%s: %q %+v", text, key, r)
			}
		}
	}
	for _, headings := range []string{"Legal name,Preferred name", "Full name,Pseudonym", "Full name (will not be published),Name"} {
		if _, key := refusal(t, headings+"\nAda Lunt,A. L.\n", nil); key != "roster.consent" {
			t.Errorf("%s: %q", headings, key)
		}
	}
}

// What only looks like a question about the name is none.
func TestRead_noConsent(t *testing.T) {
	for heading, cell := range map[string]string{"I agree to receive the newsletter": "No",
		"Email (will not be published)": "b@x.example",
		"Signature":                     "x", "May we contact you?": "No", "I accept the privacy policy": "yes", "Affiliation (for public listing)": "Mill",
		"Preferred language": "Dutch", "Subscribe to updates": "no"} {
		r, key := refusal(t, fmt.Sprintf("Full name,Country,%q\nAda Lunt,Chad,%q\n", heading, cell), nil)
		if key != "" || r.Entries[0].Listing != "" || r.Entries[0].Name != "Ada Lunt" {
			t.Errorf("%s: %q %+v", heading, key, r)
		}
	}
}

// A column of names is read whatever stands beside it, and headings are nobody.
func TestRead_namesBesideUnknownColumns(t *testing.T) {
	for heading, number := range map[string]int{"Name,City": 1, "Name,City,Date": 1, "No.,Name,Signature": 2, "Nom,Ville": 1,
		"N°,Nom et prénom,Signature": 2, "ردیف,نام,امضا": 2,
		"الرقم,الاسم,التوقيع": 2, "Your full name *,Where do you live?": 1, "#,Signatory,Ward,Initials": 2, "Name (print),Postcode": 1} {
		cells := []string{"1", "Vessen", "v", "w"}
		cells[number-1] = "Ada Lunt"
		line := strings.Join(cells[:strings.Count(heading, ",")+1], ",")
		r, key := refusal(t, heading+"\n"+line+"\n", nil)
		if key != "" || len(r.Entries) != 1 || r.Entries[0].Name != "Ada Lunt" {
			t.Errorf("%s: %q %+v", heading, key, r)
		}
	}
	for _, heading := range []string{"Participant's name here,City", "Wer,Date", "Qui,Ville"} {
		r, key := refusal(t, heading+"\nAda Lunt,Vessen\n", map[roster.Field]int{roster.Name: 1})
		if key != "" || len(r.Entries) != 1 || r.Entries[0].Name != "Ada Lunt" {
			t.Errorf("%s, named: %q %+v", heading, key, r)
		}
	}
	for _, text := range []string{"Ada Lunt,River Association,Chad\nBo Ray,Vale University,Chad\n", "Ada Lunt,individual\nBo Ray,individual\n"} {
		if r, key := refusal(t, text, nil); key != "roster.columns" {
			t.Errorf("%s: %q %+v", text, key, r)
		}
	}
}

// Words for nothing are nothing, sums are no signatories, and a name that is kept back is no name.
func TestRead_rowsThatAreNobody(t *testing.T) {
	for _, blank := range []string{"-", "—", "N/A", "n.a.", "none", "self", "Aucune", "néant", "ندارد", "لا يوجد", "..."} {
		r, _ := refusal(t, fmt.Sprintf("Name,Title,Organisation,Country,Email\nAda Lunt,%[1]s,%[1]s,%[1]s,%[1]s\n", blank), nil)
		if e := r.Entries[0]; e.Title+e.Organisation+e.Country+e.Email != "" || len(e.Notes) > 0 {
			t.Errorf("%s: %+v", blank, e)
		}
	}
	for _, sum := range []string{"TOTAL", "Total: 3", "Grand total 12", "and 15 others", "et 12 autres…", "+ 4 more", "and many others",
		"Nombre de signataires : 12", "15 signatures",
		"مجموع: ۳", "و ۱۵ نفر دیگر", "المجموع ٣", "و15 آخرون", "وآخرون ١٢", "Sous-total", "and 15 others from Chad", "Name"} {
		for _, heading := range []string{"Name", "Organisation"} {
			if sum == "Name" && heading != "Name" {
				continue
			}
			r, _ := refusal(t, heading+",Country\nRiver Watch,Chad\n\""+sum+"\","+map[bool]string{true: "Country"}[sum == "Name"]+"\n", nil)
			if e := r.Entries[1]; e.Fault == nil || e.Fault.Key != "roster.no_signatory" {
				t.Errorf("%s %s: %+v", heading, sum, e)
			}
		}
	}
	for _, word := range []string{"Anonymous", "ANONYME", "ناشناس", "مجهول", "Anonymous signatory", "(anonymous)", "Name withheld", "بی‌نام",
		"Anonymous 2", "prefers to remain anonymous",
		"Un signataire anonyme"} {
		r, _ := refusal(t, "Name,Listing\n"+word+",public\n", nil)
		if e := r.Entries[0]; !e.Unnamed || e.Listing != "counted" || !slices.Contains(e.Notes, roster.NoteUnnamed) {
			t.Errorf("%s: %+v", word, e)
		}
	}
	for typed, want := range map[string]string{"1. Ada Lunt": "Ada Lunt", "12) Ada Lunt": "Ada Lunt", "۳- شیرین نوری": "شیرین نوری",
		"(4) Ada Lunt": "Ada Lunt", "• Ada Lunt": "Ada Lunt",
		"-Ann": "-Ann", "Sum Li": "Sum Li", "Thomas More": "Thomas More", "Anonymous Coward-Lee": "Anonymous Coward-Lee", "Total Ann": "Total Ann",
		"Selfa None": "Selfa None"} {
		r, _ := refusal(t, "Name\n"+typed+"\n", nil)
		if e := r.Entries[0]; e.Name != want || e.Fault != nil || e.Unnamed {
			t.Errorf("%s: %+v", typed, e)
		}
	}
	r, _ := refusal(t, "Organisation,Country\n1. River Watch,\n2. Hill Watch,\n", nil)
	s, _ := refusal(t, "Organisation,Country\n1. FC Vessen,\nHill Watch,\n", nil)
	if r.Entries[0].Organisation != "River Watch" || s.Entries[0].Organisation != "1. FC Vessen" {
		t.Errorf("%+v %+v", r.Entries[0], s.Entries[0])
	}
}

// Organisations sign, and who stands for them is shown nowhere.
func TestRead_contactPersons(t *testing.T) {
	for headings, of := range map[string]bool{"org_name,name,email": true, "Name of your organization,Your name and title,Email": true,
		"Nom de l'organisation,Nom,Courriel": true,
		"Organisation,Contact person,Email":  true, "Organization Name,First name,Last name": true, "نام سازمان,نام نماینده,ایمیل": true,
		"اسم المنظمة,الاسم,البريد":          true,
		"Organisation,Authorised signatory": true, "Signing organisation,Signatory": true,
		"Organisation,Person responsible": true, "NGO,Representative,Email": true, "Name of institution,Contact name,Email": true,
		"Name,Organisation,Email": false,
		"Organisation,Name,Email": false} {
		r, key := refusal(t, headings+"\nRiver Watch,Ada Lunt,ada@x.example\n", nil)
		if key != "" || r.OfOrganisations != of || of && r.Entries[0].Organisation != "River Watch" {
			t.Errorf("%s: %q %+v", headings, key, r)
		}
	}
}

// Spreadsheets of other systems end their lines and write their letters as these do.
func TestReadIn_otherSystems(t *testing.T) {
	r := read(t, "mac.csv", "Name,Title\rAda Lunt,\"Cook,\rbaker\"\rBo Ray,\r")
	if len(r.Entries) != 2 || r.Entries[0].Title != "Cook, baker" || r.Entries[1].Name != "Bo Ray" {
		t.Errorf("%+v", r.Entries)
	}
	for encoding, c := range map[string]struct {
		page *charmap.Charmap
		name string
	}{"windows-1252": {charmap.Windows1252, "Zoë d’Été-Müller"}, "windows-1256": {charmap.Windows1256, "محمد عبد الله"},
		"windows-1250": {charmap.Windows1250, "Łucja Dvořáček"},
		"windows-1251": {charmap.Windows1251, "Тарас Гриценко"}, "macintosh": {charmap.Macintosh, "René Éluard"}} {
		data, err := c.page.NewEncoder().Bytes([]byte("Name,Title\nAda Lunt,x\n" + c.name + ",\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, refused := roster.Read("list.csv", data, nil)
		if faults := fault.All(refused); len(faults) != 1 || faults[0].Key != "roster.encoding" || faults[0].Args["Encoding"] != encoding {
			t.Errorf("%s: %v", encoding, refused)
		}
		if shown := roster.Preview(data, encoding); len(shown) != 3 || !strings.Contains(shown[0], c.name) {
			t.Errorf("%s: %q", encoding, shown)
		}
		r, err := roster.ReadIn(encoding, "list.csv", data, nil)
		if err != nil || r.Entries[1].Name != c.name {
			t.Errorf("%s: %+v, %v", encoding, r, err)
		}
	}
}
