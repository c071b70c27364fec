package roster

import (
	"regexp"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/text"
)

// headings are the folded headings of columns, in English, French, Persian and Arabic. A heading also matches when one of
// these stands before a remark: "Country (where you live)".
var headings = map[Field][]string{
	Name: {"name", "names", "full name", "your name", "signatory", "signatory name", "name of signatory", "signatories", "signer", "signed by", "signature name",
		"first and last name", "name and surname", "first name and surname", "display name", "individual", "person",
		"nom", "nom complet", "nom et prenom", "nom prenom", "prenom et nom", "prenom nom", "noms", "signataire", "nom du signataire", "signataires",
		"نام", "نام کامل", "نام و نام خانوادگی", "نام و نام خانوادگی امضاکننده", "امضاکننده", "امضا کننده", "اسم",
		"الاسم", "الاسم الکامل", "الاسم واللقب", "الاسم و اللقب", "اسم الموقع", "الموقع", "الموقعون"},
	Given:  {"first name", "given name", "given names", "forename", "forenames", "first", "prenom", "prenoms", "نام کوچک", "الاسم الاول", "الاسم الشخصی"},
	Family: {"last name", "family name", "surname", "last", "nom de famille", "نام خانوادگی", "فامیلی", "اسم العایله", "اللقب العایلی", "الکنیه", "اسم العاٸله"},
	Title: {"title", "role", "position", "job title", "occupation", "profession", "function", "titre", "fonction", "poste", "qualite", "metier",
		"سمت", "شغل", "عنوان", "حرفه", "مسیولیت", "الصفه", "المنصب", "المسمی الوظیفی", "المهنه", "الوظیفه"},
	Affiliation: {"affiliation", "institution", "institute", "university", "employer", "workplace", "institution affiliation", "etablissement", "rattachement", "employeur", "universite",
		"وابستگی", "محل کار", "موسسه", "دانشگاه", "نهاد", "الانتماء", "الانتماآ", "جهه العمل", "الجهه", "الموسسه التعلیمیه", "الجامعه"},
	Organisation: {"organisation", "organization", "organisation name", "organization name", "name of organisation", "name of organization", "org", "ngo", "group", "association", "signing organisation", "signing organization",
		"organisme", "nom de l organisation", "nom de l association", "ong", "سازمان", "نام سازمان", "تشکل", "انجمن", "المنظمه", "اسم المنظمه", "الموسسه", "الجمعیه"},
	Country: {"country", "country of residence", "nation", "residence", "location country", "pays", "pays de residence", "کشور", "کشور محل اقامت", "الدوله", "البلد", "بلد الاقامه"},
	Email: {"email", "e mail", "email address", "e mail address", "mail", "your email", "contact email", "adresse email", "adresse e mail", "courriel", "adresse electronique", "adresse mail",
		"ایمیل", "نشانی ایمیل", "ادرس ایمیل", "رایانامه", "پست الکترونیک", "البرید الالکترونی", "البرید", "الایمیل"},
	Listing: {"listing", "visibility", "show name", "public", "publish name", "display my name", "visibilite", "affichage", "publication", "نمایش", "نحوه نمایش", "نمایش نام", "الظهور", "اظهار الاسم", "العرض"},
	Kind:    {"kind", "type", "signing as", "signed as", "signatory type", "type de signataire", "genre de signataire", "نوع", "نوع امضا", "النوع", "نوع التوقیع"},
}

// listings are the folded words for who may see a name. "yes" answers "may we publish your name?".
var listings = map[string][]string{
	"public":    {"public", "yes", "y", "true", "1", "publish", "show", "oui", "publique", "visible", "عمومی", "اشکار", "بله", "آری", "علنی", "عام", "نعم"},
	"addressee": {"addressee", "addressee only", "recipient", "destinataire", "destinataire seulement", "گیرنده", "فقط گیرنده", "مخاطب", "المرسل الیه", "الجهه المخاطبه", "المخاطب"},
	"coalition": {"coalition", "organisers", "organizers", "lead organisations", "organisateurs", "ایتلاف", "سازمان دهندگان", "الایتلاف", "التحالف", "المنظمون"},
	"counted": {"counted", "counted only", "anonymous", "anonymously", "private", "hidden", "no", "n", "false", "0", "withheld", "confidential",
		"anonyme", "non", "prive", "cache", "confidentiel", "ناشناس", "بی نام", "خصوصی", "خیر", "نه", "محرمانه", "مجهول", "لا", "خاص", "سری", "بدون اسم"},
}

var kinds = map[string][]string{
	"person":       {"person", "individual", "people", "personne", "individu", "particulier", "شخص", "فرد", "حقیقی", "فردی", "فردا"},
	"organisation": {"organisation", "organization", "org", "ngo", "group", "association", "organisme", "ong", "سازمان", "نهاد", "حقوقی", "منظمه", "موسسه", "جمعیه"},
	"both":         {"both", "les deux", "هر دو", "کلاهما", "الاثنان"},
}

// folded maps each folded heading or word to what it means.
func folded[K ~string](words map[K][]string) map[string]K {
	meaning := map[string]K{}
	for key, list := range words {
		for _, w := range list {
			meaning[text.Fold(w)] = key
		}
	}
	return meaning
}

var (
	headingOf     = folded(headings)
	listingByWord = folded(listings)
	kindByWord    = folded(kinds)
)

var remark = regexp.MustCompile(`[(\[（*:].*$`)

// fieldOf returns what a heading names, "" if that is not known.
func fieldOf(heading string) Field {
	if len(heading) > 200 {
		return ""
	}
	if f, ok := headingOf[text.Fold(heading)]; ok {
		return f
	}
	return headingOf[text.Fold(remark.ReplaceAllString(heading, ""))]
}

func listingOf(cell string) string { return listingByWord[text.Fold(cell)] }

func kindOf(cell string) string { return kindByWord[text.Fold(cell)] }

// FieldsOf returns what each heading of a row names. In French and Persian one word is the name or the family name: it is
// the family name beside a given name, and the given name beside a family name.
func FieldsOf(cells []string) []Field {
	fields := make([]Field, len(cells))
	for i, cell := range cells {
		fields[i] = fieldOf(cell)
	}
	name := slices.Index(fields, Name)
	switch given, family := slices.Contains(fields, Given), slices.Contains(fields, Family); {
	case name < 0:
	case given && !family:
		fields[name] = Family
	case family && !given:
		fields[name] = Given
	}
	return fields
}

// findHeadings returns the row that holds the headings, -1 if there is none: the first that names a column of names and
// either another known column, or is all there is.
func findHeadings(rows []row) int {
	for at, r := range rows[:min(len(rows), headingRows)] {
		known, names := 0, false
		for _, f := range FieldsOf(r.cells) {
			if f != "" {
				known++
			}
			names = names || f == Name || f == Family || f == Organisation
		}
		alone := filled(r) == 1 && !looksLikeTitle(rows, at)
		if names && (known > 1 || alone) {
			return at
		}
	}
	return -1
}

// looksLikeTitle reports whether a row of one cell is a title above a table of several columns.
func looksLikeTitle(rows []row, at int) bool {
	return at+1 < len(rows) && filled(rows[at+1]) > 1
}

func filled(r row) (n int) {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// guessColumns reads a list without headings: one column of names, or names beside a column of addresses. Anything else
// is for the caller to name.
func guessColumns(rows []row) map[Field]int {
	width, addresses := 0, map[int]int{}
	for _, r := range rows {
		for i, c := range r.cells {
			if strings.TrimSpace(c) == "" {
				continue
			}
			width = max(width, i+1)
			if strings.Contains(c, "@") && !strings.Contains(strings.TrimSpace(c), " ") {
				addresses[i+1]++
			}
		}
	}
	switch {
	case width == 1 && addresses[1] == 0:
		return map[Field]int{Name: 1}
	case width == 2 && addresses[2] > len(rows)/2:
		return map[Field]int{Name: 1, Email: 2}
	case width == 2 && addresses[1] > len(rows)/2:
		return map[Field]int{Name: 2, Email: 1}
	}
	return nil
}
