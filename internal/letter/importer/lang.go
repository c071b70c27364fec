package importer

import (
	"strings"
	"time"
	"unicode"
)

// words is what a language says for the parts of a letter. All entries are folded (see fold), so that every way of
// writing a word needs one entry.
type words struct {
	tag  string
	stop []string // the commonest words, to recognise the language

	months   map[string]time.Month   // of the Gregorian calendar
	solar    map[string]int          // months of the Solar Hijri calendar
	lunar    []string                // months of the lunar one, whose dates are not read
	days     map[string]int          // of a month, in words
	weekdays map[string]time.Weekday // full and short names
	dateWith []string                // words that stand beside the letter's date

	smallMonths bool // months are written without a capital

	titles       []string // a line with one of these is a title
	letterTitles []string // those that name a letter, so that an article does not begin with them
	statements   []string // those that name a statement
	subjects     []string // labels of the subject
	references   []string // first words of a line with a file number
	invocation   []string // lines above a letter that are no part of it
	to, from     []string // labels of addressee and sender, or their first words
	attentions   []string // those of the person at an institution
	addresses    []string // labels of an address
	copies       []string // first words of what follows the signatures: copies, enclosures, contacts

	salutations []string // a line that begins with one is a salutation
	vocatives   []string // so is a short line that begins with one and ends with a comma or a colon
	endearments []string // or that ends with one
	greetings   []string // first words of the salutation that are not the person
	polite      []string // words around a name or office in a salutation

	closings         []string
	closingStarts    []string // first words of a closing of a few words with a comma
	closingSentences []string // first words of a closing that is a whole sentence
	closingFormulas  []string // words anywhere in such a sentence
	closingWords     int      // how long one may be, 24 if it is not said
	represented      []string // first words of a line that says who speaks for the signer above
	behalf           []string // before the organisation that somebody signs for
	signed           []string // labels of the list of those who signed
	honorifics       []string // before a name
	afterName        []string // honorifics behind a name or an office
	postnominals     []string // behind a name
	roles            []string // words of an office
	bodies           []string // words of an organisation's name
	authorities      []string // words of an institution that is written to
	places           []string // words of an address
	ofWords          []string // words after which a name or office goes on
	notNames         []string // common words, which no person is called
	particles        []string // lower-case words inside a person's name
	wrote            []string // "wrote an open letter to": what stands between sender and addressee
	times            []string // "today": between sender and verb
	wroteEnd         []string // what ends the addressee in such a sentence
	conjunction      []string // between two people in one salutation
	peers            []string // in the salutation of a call: those who may sign

	requests     []string // verbs of a request in the first person
	requestNouns []string // a request with one of firstPerson in its sentence
	firstPerson  []string
	reported     []string // verbs of a request in the third person
	toYou        []string // requests that name no sender
	notAsking    []string // what a sentence says that it does not ask
	please       []string // first word of an imperative
	politeOnly   []string // what follows it in a sentence that asks for nothing
	obliges      []string // ends a line whose list says what must be done
	adverbs      []string // may stand between sender and verb
	senders      []string // "the undersigned"
	listHeads    []string // whole headings of a list of demands
	following    []string // tell that a list comes though the sentence ends
	ordinals     map[string]int
	readers      []string // speaks to the reader
	signing      []string // asks for a signature
	deadlines    []string // tell that a date is the last day to sign
	untils       []string // before a date that is a last day
	endOfDay     []string // close of business
	ownReply     []string // the date is for the addressee's answer
	furniture    []string // whole lines, or first words of short lines, of a web page
	linkLists    []string // headings of lists of other pages
	furnitureIn  []string // words that occur in nothing but furniture

	qualifiers map[string]Qualifier
	after      map[string]Qualifier // behind the number: "or more"
	between    []string             // open a range
	rangeTo    []string             // stand between the ends of a range
	fillers    []string             // may stand between qualifier and number
	numbers    map[string]float64   // zero to ninety, and hundreds written as one word
	scales     map[string]float64   // hundred, thousand, …
	alone      []string             // those that are a number without one before them
	manyOf     map[string]float64   // tens, dozens, thousands
	roundly    map[string]float64   // one word for about a number: « une centaine »
	duals      map[string]float64   // one word for two of something
	numberAnd  string               // between the words of a number
	percent    []string
	notCounts  []string // before a number that counts nothing: article, resolution, flight
	abstract   []string // behind a small number in words that states nothing: "two reasons"
	headers    []string // of a table of signatories
	ages       []string // behind a number: -year-old
	counted    []string // behind a number that looks like a year but counts
	leadsTo    []string // before a number that counts, at the end of a clause: "killed 7."
	bylines    []string // before the author of an article

	decimalComma bool // a comma is the decimal sign, and spaces or stops set thousands apart
}

// tables are the languages that letters are read in.
var tables = []*words{&english, &persian, &french, &arabic}

// scripts tell a language by letters that only it, or mostly it, uses.
var scripts = []struct {
	tag     string
	letters string
}{
	{"ckb", "ۆێڕڵە"}, {"ur", "ٹڈڑےںہھ"}, {"fa", "پچژگکی"}, {"ar", "ةىكيإأ"},
	{"uk", "іїєґ"}, {"ru", "ыэёъ"}, {"sr", "ђћџљњј"},
}

// latinStops recognise languages that are not read, so that they are at least named.
var latinStops = []struct {
	tag   string
	words string
}{
	{"de", "der die das und ist nicht mit für wir sie den von zu eine"},
	{"es", "el la los las que de en por para con una del es y"},
	{"pt", "o a os as que de em por para com uma do da não"},
	{"it", "il la gli che di per con una del della non sono è e"},
	{"nl", "de het een en van is niet met voor wij dat zijn op te"},
	{"tr", "ve bir bu için ile olarak olan daha çok biz siz değil da de"},
	{"sv", "och att det som en på är av för med till den inte vi"},
	{"pl", "i w na z do nie się że jest oraz przez dla o od"},
}

// otherScripts name the language of a script that one language mostly uses.
var otherScripts = []struct {
	tag   string
	table *unicode.RangeTable
}{
	{"ja", unicode.Hiragana}, {"zh", unicode.Han}, {"ko", unicode.Hangul}, {"he", unicode.Hebrew}, {"el", unicode.Greek},
	{"hi", unicode.Devanagari}, {"th", unicode.Thai}, {"hy", unicode.Armenian}, {"ka", unicode.Georgian},
}

// sampled is how much of a text is looked at to tell its language.
const sampled = 64 << 10

// Language returns the BCP 47 tag of the language that most of a text is in, "" if it cannot tell.
func Language(text string) string { return detect([]line{{text: text}}) }

// detect returns the BCP 47 tag of the language that most of the text is in, "" if it cannot tell.
func detect(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		if b.Len() > sampled {
			break
		}
		b.WriteString(l.text[:min(len(l.text), sampled)])
		b.WriteByte(' ')
	}
	text := b.String()
	var latin, arabic, cyrillic int
	other := make([]int, len(otherScripts))
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
			arabic++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		case r > 0x370 && unicode.IsLetter(r):
			for i, o := range otherScripts {
				if unicode.Is(o.table, r) {
					other[i]++
				}
			}
		}
	}
	for i, n := range other {
		if n > max(latin, arabic, cyrillic) {
			return otherScripts[i].tag
		}
	}
	switch {
	case arabic > latin && arabic > cyrillic:
		return byLetters(text, []string{"ckb", "ur", "fa", "ar"}, "fa")
	case cyrillic > latin:
		return byLetters(text, []string{"uk", "sr", "ru"}, "ru")
	}
	return byStops(text)
}

// byLetters picks the language whose own letters occur most, with stop words to tell Persian from Arabic. Letters of Kurdish
// and Urdu occur in nothing else, while these use Persian ones too.
func byLetters(text string, among []string, otherwise string) string {
	best, most := otherwise, 0
	own := func(letters string) (n int) {
		for _, r := range text {
			if strings.ContainsRune(letters, r) {
				n++
			}
		}
		return n
	}
	for _, s := range scripts {
		for _, tag := range among {
			if s.tag != tag {
				continue
			}
			n := own(s.letters)
			if (s.tag == "ckb" || s.tag == "ur") && n*25 > len(text)/2 { // a letter of Arabic script has two bytes
				return s.tag
			}
			if n > most {
				best, most = tag, n
			}
		}
	}
	if best == "fa" || best == "ar" {
		folded := fold(text)
		fa := countWords(folded, "است که را این برای از با های شده")
		ar := countWords(folded, "فی من علی الی التی الذی هذا ان عن")
		switch {
		case ar > fa:
			return "ar"
		case fa > ar:
			return "fa"
		}
	}
	return best
}

func byStops(text string) string {
	folded := fold(text)
	best, most := "", 0
	consider := func(tag, words string) {
		if n := countWords(folded, words); n > most {
			best, most = tag, n
		}
	}
	consider("en", strings.Join(english.stop, " "))
	consider("fr", strings.Join(french.stop, " "))
	for _, l := range latinStops {
		consider(l.tag, l.words)
	}
	if most < 2 {
		return ""
	}
	return best
}

// countWords counts how many words of the folded text are in the list.
func countWords(folded, list string) int {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	n := 0
	for w := range strings.FieldsSeq(folded) {
		if set[strings.Trim(w, ".,;:!?()\"'")] {
			n++
		}
	}
	return n
}

// languages returns the tables to read a letter with: its own first, then those of the languages whose words stand in it
// when it gives a date, a name or an address as they are written elsewhere. Words mean something else in a neighbour
// language, so French is read in French letters only and Arabic in Arabic ones.
func languages(tag string) []*words {
	switch tag {
	case "fr":
		return []*words{&french, &english}
	case "ar":
		return []*words{&arabic, &english}
	case "fa":
		return []*words{&persian, &english}
	}
	return []*words{&english, &persian}
}
