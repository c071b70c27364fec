package roster

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/undersigned/undersigned/internal/text"
)

// The words of headings that name a thing. What a heading names is told by which of them it has, whatever stands around them.
var (
	nameWords = wordsOf(`name names fullname nom noms signatory signatories signer signers signataire signataires by par
		نام نامم نامت نامتان نامها اسم اسمم اسمتان اسمت کننده کنندگان امضاکننده امضاکنندگان ~اسم اسمک اسمکم اسمی اسماء ~اسماء ~موقع ~موقعون ~موقعین`)
	personWords = wordsOf(`individual individuals person persons people personne personnes participant participants شخص ~شخص`)
	givenWords  = wordsOf(`first given forename forenames prenom prenoms کوچک ~اول ~شخصی`)
	familyWords = wordsOf(`last family surname surnames famille خانوادگی فامیلی فامیل ~عائلة ~عائلی ~لقب ~کنیة`)
	// orderWords say which name only beside the word for it: "last" is also what was changed last.
	orderWords = wordsOf(`first given last family famille ~اول ~شخصی`)
	titleWords = wordsOf(`title titles role position job occupation profession function titre fonction poste qualite metier
		سمت شغل عنوان حرفه مسئولیت ~صفة ~منصب ~مسمى ~وظیفی ~مهنة ~وظیفة`)
	affiliationWords = wordsOf(`affiliat* institution institutions institute university employer workplace company etablissement rattachement employeur
	universite
		entreprise وابستگی کار موسسه دانشگاه نهاد شرکت ~انتماء ~جهة ~عمل ~تعلیمیة ~جامعة`)
	organisationWords = wordsOf(`organisation organization organisations organizations org orgs ngo ngos group association associations organisme
	organismes ong collectif
		سازمان تشکل انجمن ~منظمة المؤسسة ~جمعیة`)
	countryWords = wordsOf(`country nation residence pays کشور ~دولة ~بلد`)
	mailWords    = wordsOf(`email emails mail courriel courriels electronique ایمیل رایانامه الکترونیک ~بريد ~ایمیل ~الکترونی`)
	kindWords    = wordsOf(`kind type genre نوع ~نوع`)
	signedWords  = wordsOf(`signing signed`)
	contactWords = wordsOf(`contact contacts representative* representant* referent interlocut* رابط نماینده ~ممثل ~مندوب`)
	// standWords say of a person that they may sign for others.
	standWords = wordsOf(`authorised authorized autorise autorisee responsible responsable مجاز ~مخول`)
	// chosenWords are of names that people go by.
	chosenWords = wordsOf(`preferred chosen pen pseudo* alias nickname usage prefere مستعار ~مستعار`)
	andWords    = wordsOf(`and or et ou و یا او`)
	// besideWords make a thing another one: an organisation's website is no organisation.
	besideWords = wordsOf(`city town ville commune date dates time timestamp horodatage phone telephone tel mobile website web url site link lien size
	number numero
		no nr id zip postal postcode code address adresse street rue signature signatures initials comment comments remark remarks notes note message
		reason logo
		description age gender newsletter updates donation amount many members
		شهر تاریخ زمان تلفن موبایل همراه سایت نشانی آدرس امضا امضاء شماره ردیف توضیحات پیام ~مدینة ~تاریخ ~وقت ~هاتف ~جوال ~توقیع ~رقم ~ملاحظات ~رسالة`)
	// fillers say nothing of what a heading names.
	fillers = wordsOf(`the a an of your my our his her their full complete in please enter write print printed as it you legal preferred s is for what who
		signed submitted signature signing to be le la les l du de des d un une votre vos mon ma mes notre complet complets entier en veuillez indiquer
		signe
		کامل شما خود من لطفا را امضا ~کامل ~ثلاثی ~رباعی`)
)

// A meaning is what a heading names.
type meaning struct {
	field   Field
	contact bool // a person who is there to be written to
	shown   bool // a name as it is to be shown
	unsure  bool // a name that may be the one to be shown, or may not
	named   bool // an organisation, by the word "name": it is whom the list is of
}

var remark = regexp.MustCompile(`[(\[（*:?؟].*$`)

// meaningOf reads a heading: what stands before a remark, as in "Country (where you live)", or else all of it.
func meaningOf(heading string) meaning {
	if len(heading) > 200 {
		return meaning{}
	}
	head := wordsIn(remark.ReplaceAllString(heading, ""))
	all := wordsIn(heading)
	m := meaningOfWords(head)
	if m.field == "" && len(all) > len(head) {
		m = meaningOfWords(all)
	}
	if m.field == Name && !m.contact {
		back := hideWords.in(all) || showWords.in(all) && notWords.in(all)
		m.shown = !back && (isShownName(head) || len(all) > len(head)) && showWords.in(all)
		m.unsure = back || !m.shown && (showWords.in(all) || chosenWords.in(all))
	} else if m.field == "" {
		m.unsure = chosenWords.in(all) && cover(all, chosenWords, nameWords, fillers)
	}
	return m
}

func meaningOfWords(list []string) meaning {
	name, and := nameWords.in(list), andWords.in(list)
	organisation := organisationWords.in(list)
	switch {
	case mailWords.in(list):
		return meaning{field: Email}
	case kindWords.in(list) && !organisation, signedWords.in(list) && slices.Contains(list, "as"):
		return meaning{field: Kind}
	case contactWords.in(list) && cover(list, contactWords, nameWords, personWords, givenWords, familyWords, fillers, organisationWords, andWords, titleWords):
		if titleWords.in(list) && !name {
			return meaning{field: Title}
		}
		return meaning{field: Name, contact: true}
	case standWords.in(list) && (name || personWords.in(list)) && cover(list, standWords, nameWords, personWords, fillers):
		return meaning{field: Name, contact: true}
	case cover(list, nameWords, personWords, givenWords, familyWords, fillers, andWords):
		return meaning{field: nameOf(list, name, and)}
	case name && titleWords.in(list) && cover(list, nameWords, titleWords, fillers, andWords):
		return meaning{field: Name}
	case isShownName(list) && !organisation && !titleWords.in(list) && !affiliationWords.in(list):
		return meaning{field: Name}
	case besideWords.in(list):
	case titleWords.in(list):
		return meaning{field: Title}
	case affiliationWords.in(list) && !(slices.Contains(list, "نام") && organisation):
		return meaning{field: Affiliation}
	case organisation && name && and && cover(list, nameWords, organisationWords, fillers, andWords):
		return meaning{field: Name}
	case organisation:
		return meaning{field: Organisation, named: name || signedWords.in(list)}
	case countryWords.in(list):
		return meaning{field: Country}
	}
	return meaning{}
}

// nameOf tells the parts of a name apart in a heading that is about nothing else.
func nameOf(list []string, name, and bool) Field {
	given, family := givenWords.in(list), familyWords.in(list)
	ordered := name || len(list) == 1 || !cover(list, orderWords, fillers)
	switch {
	case given && family, family && name && and, name && slices.ContainsFunc(list, func(w string) bool { return strings.HasPrefix(w, "prenom") }):
		return Name
	case family && ordered:
		return Family
	case given && ordered:
		return Given
	case name || personWords.in(list):
		return Name
	}
	return ""
}

// FieldsOf returns what each heading of a row names. In French and Persian one word is the name or the family name: it is
// the family name beside a given name, and the given name beside a family name.
func FieldsOf(cells []string) []Field {
	meanings := meaningsOf(cells)
	fields := make([]Field, len(meanings))
	for i, m := range meanings {
		fields[i] = m.field
	}
	return fields
}

func meaningsOf(cells []string) []meaning {
	list := make([]meaning, len(cells))
	for i, cell := range cells {
		if list[i] = meaningOf(cell); list[i].field == "" && consentOf(cell) > unasked {
			list[i].field = Listing
		}
	}
	has := func(f Field) bool { return slices.ContainsFunc(list, func(m meaning) bool { return m.field == f }) }
	name := slices.IndexFunc(list, func(m meaning) bool { return m.field == Name && !m.contact && !m.shown })
	switch given, family := has(Given), has(Family); {
	case name < 0:
	case given && !family:
		list[name].field = Family
	case family && !given:
		list[name].field = Given
	}
	return list
}

// findHeadings returns the row that holds the headings, -1 if there is none: the first that names a column of names and either
// another known column, or is all there is, or stands above nothing like itself.
func findHeadings(rows []row) int {
	for at, r := range rows[:min(len(rows), headingRows)] {
		known, names, plain := 0, false, false
		for i, f := range FieldsOf(r.cells) {
			if f != "" {
				known++
			}
			if (f == Name || f == Family || f == Organisation) && isHeading(r.cells[i]) {
				names = true
				plain = plain || isPlainHeading(rows[at:], i+1)
			}
		}
		alone := filled(r) == 1
		switch {
		case !names:
		case known > 1, alone && !looksLikeTitle(rows, at), plain && !alone && !slices.ContainsFunc(r.cells, isData):
			return at
		}
	}
	return -1
}

// isHeading reports whether a cell is nothing but the words of headings, or asks for something.
func isHeading(cell string) bool {
	return strings.ContainsAny(cell, "?؟*") || cover(wordsIn(remark.ReplaceAllString(cell, "")), nameWords, personWords, givenWords, familyWords, titleWords,
		affiliationWords, organisationWords, countryWords, mailWords, kindWords, signedWords, contactWords, andWords, besideWords, fillers)
}

// isPlainHeading reports whether a cell of the first row has the very word for a name or an organisation and does not come again below
// it, as what a line says of its signatory does.
func isPlainHeading(rows []row, number int) bool {
	list := wordsIn(rows[0].cell(number))
	if !nameWords.in(list) && !organisationWords.in(list) {
		return false
	}
	folded := strings.Join(list, " ")
	return !slices.ContainsFunc(rows[1:min(len(rows), headingRows)], func(r row) bool { return text.Fold(r.cell(number)) == folded })
}

// isData reports whether a cell holds what no heading does.
func isData(cell string) bool {
	return strings.Contains(cell, "@") || strings.ContainsFunc(cell, unicode.IsDigit) && !strings.ContainsFunc(cell, unicode.IsLetter)
}

// isHeadingRow reports whether the first row of a list whose columns are named by number is of headings all the same.
func isHeadingRow(r row) bool {
	return !slices.ContainsFunc(r.cells, isData) && slices.ContainsFunc(r.cells, func(cell string) bool {
		list := wordsIn(cell)
		return nameWords.in(list) && meaningOf(cell).field != "" || cover(list, besideWords, fillers) && besideWords.in(list) && !noWords.has(list[0])
	})
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
