package roster

import (
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/text"
)

// The words of columns that say who may see a name, and of their cells.
var (
	showWords = wordsOf(`publi* display* show shown list listed listing listings appear* visib* affich* apparai* apparait figurer
		نمایش نمایشی منتشر انتشار عمومی علنی آشکار ~نشر نشره ینشر ننشر تنشر تنشروا علنا ~ظهور یظهر تظهر اظهار ~عرض یعرض نعرض تعرض ~معروض ~عام`)
	hideWords = wordsOf(`anon anonym* hide hidden withh* private privately confident* conceal* omit* masque* masqu* cache cachee cacher secret*
		ناشناس گمنام محرمانه پنهان مخفی خصوصی ~مجهول مجهولا مجهولة ~سری سریة سریا اخفاء کتمان حجب`)
	agreeWords = wordsOf(`consent* agree agreed agreement permission* permit* allow allowed accept* authoris* authoriz* autoris* accord consens*
	permet*
		رضایت موافق* اجازه مجاز اوافق توافق* نوافق یوافق تسمح* اسمح ~سماح ~اذن`)
	refuseWords = wordsOf(`disagree refuse refused decline* oppose مخالفم مخالف ارفض رفض`)
	useWords    = wordsOf(`use used using share shared partager include included add added mention* utiliser utilise inclure citer استفاده ذکر استخدام ذکره`)
	notWords    = wordsOf(`not don dont doesn out remove* exclu* oppose* object refuse* never without ne pas sans jamais rather
		 عدم لا بدون نشود نکنید نکنند نباشد نمی دون`)
	// topicWords are of other things that people agree to.
	topicWords = wordsOf(`newsletter* mailing update updates mail email emails courriel* contact* recontact* news informed inform policy politique terms
	conditions data
		donnees rgpd gdpr subscribe infolettre nouvelles خبرنامه اخبار تماس شرایط ~نشرة ~بریدیة ~شروط ~تواصل`)
	// askWords are of questions that yes answers; none of them turns its sense.
	askWords = wordsOf(`may can could should would will shall do does be been are am i we me us that this it ok okay on in at website site web page online
		letter petition statement want wish like happy willing glad give y n please thanks sure course merci
		puis pouvons peut peuvent peux pouvez etre sera soit est ce que qu je j nous vous voulez veux souhaitez souhaite desirez sur dans pour au liste
		lettre web
		ایا می خواهید خواهم مایلید مایلم توانیم توان شود داده باشد کنیم کنید کنم که در به با بر روی وب سایت وبسایت فهرست نامه است هستم هستید دارم دارید
		هل علی ان یتم فی ترید تریدین ارید ترغب یمکن یمکننا یجوز لنا نا موقعنا قایمه قائمة`)
	// othersWords are of people who alone may see a name.
	othersWords = wordsOf(`signatories signers signataires کنندگان امضاکنندگان ~موقعون ~موقعین`)
	ifWords     = wordsOf(`if otherwise si sinon اگر اذا والا`)
	howWords    = wordsOf(`as how comme comment چگونه چطور آن‌گونه کیف کما`)
	toWords     = wordsOf(`to as how a comme tel telle`)
	// shownWords tell a name that is shown from another.
	shownWords = wordsOf(`display displayed public published listed affiche publie نمایشی ~معروض`)
	// neutralWords head columns whose cells say all by themselves.
	neutralWords = wordsOf(`listing visibility visibilite affichage publication نمایش نحوه ~ظهور ~عرض`)
	yesWords     = wordsOf(`yes y true 1 x ok oui o vrai بله آری نعم اجل`)
	noWords      = wordsOf(`no n false 0 non faux خیر نه لا کلا`)
)

// listings are the folded words for who may see a name.
var listings = folded(map[string][]string{
	"public": {"public", "publish", "show", "publique", "visible", "عمومی", "اشکار", "علنی", "عام"},
	"addressee": {"addressee", "addressee only", "recipient", "destinataire", "destinataire seulement", "گیرنده", "فقط گیرنده", "مخاطب", "المرسل الیه",
		"الجهه المخاطبه", "المخاطب"},
	"coalition": {"coalition", "organisers", "organizers", "lead organisations", "organisateurs", "ایتلاف", "سازمان دهندگان", "الایتلاف", "التحالف",
		"المنظمون"},
	"counted": {"counted", "counted only", "prive", "privee", "بی نام", "خاص", "بدون اسم"},
})

var kinds = folded(map[string][]string{
	"person": {"person", "individual", "people", "personne", "individu", "particulier", "شخص", "فرد", "حقیقی", "فردی", "فردا"},
	"organisation": {"organisation", "organization", "org", "ngo", "group", "association", "organisme", "ong", "سازمان", "نهاد", "حقوقی", "منظمه",
		"موسسه", "جمعیه"},
	"both": {"both", "les deux", "هر دو", "کلاهما", "الاثنان"},
})

// folded maps each folded word to what it means.
func folded(words map[string][]string) map[string]string {
	meaning := map[string]string{}
	for key, list := range words {
		for _, w := range list {
			meaning[text.Fold(w)] = key
		}
	}
	return meaning
}

func kindOf(cell string) string { return kinds[text.Fold(cell)] }

// consent is what a heading asks about the name.
type consent int

const (
	unasked consent = iota
	asked           // about the name, in words that are not understood
	says            // its cells say it by themselves
	shows           // yes shows the name
	hides           // yes keeps it back
)

// consentOf reads what a heading asks, a sentence at a time. Sentences that contradict one another are not understood.
func consentOf(heading string) consent {
	found := unasked
	for part := range strings.FieldsFuncSeq(heading, func(r rune) bool { return strings.ContainsRune("?؟.:;؛([\n", r) }) {
		list := wordsIn(part)
		if len(list) == 0 || ifWords.has(list[0]) {
			continue
		}
		switch c := consentIn(list); {
		case c == unasked:
		case found == unasked || found == asked:
			found = c
		case c != found && c != asked:
			return asked
		}
	}
	return found
}

func consentIn(list []string) consent {
	name, show, hide, not := nameWords.in(list), showWords.in(list), hideWords.in(list), notWords.in(list)
	switch {
	case show && hide, hide && not:
		return asked
	case hide:
		return hides
	case show && isShownName(list), show && topicWords.in(list) && !name:
		return unasked
	case show && cover(list, neutralWords):
		return says
	case show && not:
		return hides
	case show && asksPlainly(list):
		return shows
	case show:
		return asked
	case !agreeWords.in(list) && !slices.Contains(list, "privacy"):
		return unasked
	case name && asksPlainly(list):
		return shows
	case !name && topicWords.in(list):
		return unasked
	}
	return asked
}

// asksPlainly reports whether all words of a heading are known to ask for the name to be shown: among others any may deny it, as
// "nobody" and "off" do.
func asksPlainly(list []string) bool {
	return !othersWords.in(list) && !(organisationWords.in(list) && toWords.in(list)) &&
		cover(list, showWords, nameWords, useWords, agreeWords, organisationWords, askWords, fillers)
}

// isShownName reports whether a heading is of the name itself, as it is shown: "Name as it should appear", "Display name".
func isShownName(list []string) bool {
	first := slices.IndexFunc(list, func(w string) bool { return !fillers.has(w) })
	if first < 0 || !nameWords.in(list) {
		return false
	}
	return howWords.in(list) && showWords.in(list) || nameWords.has(list[first]) && toWords.in(list[first:]) ||
		len(list) == 2 && (shownWords.has(list[0]) || nameWords.has(list[0]) && shownWords.has(list[1]))
}

// An answer is what a cell says to a question.
type answer int

const (
	silence answer = iota
	yes
	no
	odd // it is not understood
)

// answerOf reads a cell of a column that says who may see a name: a listing, or an answer.
func answerOf(cell string) (listing string, a answer) {
	folded := text.Fold(cell)
	list := strings.Fields(folded)
	if listing, ok := listings[folded]; ok {
		return listing, silence
	}
	not := notWords.in(list)
	switch {
	case isBlank(cell):
		return "", silence
	case strings.ContainsAny(cell, "✓✔☑✅"):
		return "", yes
	case strings.ContainsAny(cell, "✗✘❌☐"):
		return "", no
	case len(list) == 0:
		return "", odd
	case yesWords.has(list[0]) && len(list) == 1:
		return "", yes
	case noWords.has(list[0]) && len(list) == 1:
		return "", no
	case hideWords.in(list) && (not || noWords.has(list[0])):
		return "", odd
	case hideWords.in(list):
		return "counted", silence
	case showWords.in(list) && (not || noWords.has(list[0])):
		return "counted", silence
	case yesWords.has(list[0]) && asksPlainly(list[1:]):
		return "", yes
	case noWords.has(list[0]) || refuseWords.in(list):
		return "", no
	case showWords.in(list) && asksPlainly(list):
		return "public", silence
	case agreeWords.in(list) && not:
		return "", no
	case agreeWords.in(list) && asksPlainly(list):
		return "", yes
	}
	return "", odd
}

// listingOf returns who may see the name by a cell of a column, "" for whom the whole list says, and a note where the cell keeps
// the name back without saying so.
func (c consent) listingOf(cell string) (string, Note) {
	listing, a := answerOf(cell)
	switch {
	case listing != "":
		return listing, ""
	case a == yes && c == hides, a == no && c != hides:
		return "counted", ""
	case a == yes:
		return "public", ""
	case a == no:
		return "", "" // is not kept back
	case a == silence && c != shows:
		return "", ""
	case a == silence:
		return "counted", NoteUnanswered
	}
	return "counted", NoteListing // nobody's name is shown because of a word that is not understood
}

// answers reports whether most of a column's cells are answers, and whether some of them say nothing without their question.
func answers(rows []row, number int) (most, bare bool) {
	n, all := 0, 0
	for _, r := range rows {
		listing, a := answerOf(r.cell(number))
		if listing == "" && a == silence {
			continue
		}
		if all++; a != odd {
			n++
		}
		bare = bare || a == yes || a == no
	}
	return n > all/2, bare
}

// mayKeepBack reports whether the cells of a column whose heading is not known may keep names back: most of them are yes or no, or
// some say it themselves.
func mayKeepBack(heading []string, rows []row, number int) bool {
	n, all := 0, 0
	for _, r := range rows {
		cell := r.cell(number)
		listing, a := answerOf(cell)
		if listing != "" && listing != "public" && len(wordsIn(cell)) <= maxSaying {
			return true
		}
		if listing == "" && a == silence {
			continue
		}
		if all++; (a == yes || a == no) && (len(rows) > 1 || !isNumber(strings.TrimSpace(cell))) {
			n++
		}
	}
	return n > all/2 && (n > 1 || n == len(rows)) && !isOther(heading)
}

// maxSaying is how many words a cell that keeps a name back may have: longer ones are remarks on something else.
const maxSaying = 8

// isOther reports whether a heading is of a known thing that people say yes and no to, and not of the name.
func isOther(list []string) bool {
	return !showWords.in(list) && (topicWords.in(list) || cover(list, besideWords, fillers))
}
