package importer

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// words is what a language says for the parts of a letter: the rules look their words up here and know none themselves.
// Lists and keys are folded (see fold), so that every way of writing a word needs one entry; patterns are regular expressions
// for text as it is written, and join those of all languages. A field that a language leaves out recognises nothing.
type words struct {
	Tag       string
	Neighbour string  // tag of the language whose words stand in letters of this one
	Stop      phrases // the commonest words, to recognise the language

	// Words around names and offices.

	Articles       phrases // before names and offices: "the"
	ArticleStays   phrases // words that such an article belongs to: "The Honourable"
	OfficeArticles phrases // before an office only: « la ministre »
	JoinedArticle  string  // written joined to its noun: «ال»
	ElidedArticles phrases // joined to the next word by an apostrophe: « l' »
	Elisions       phrases // all words that are
	ElidedOfs      phrases // those that say of what an office is
	Possessives    phrases // endings of a possessor: "'s"
	Ofs            phrases // small words that say of what an office is
	OfficeOfs      phrases // other words that do
	RankOfs        phrases // behind "President": the word is an office there and no honorific
	OfWords        phrases // words after which a name or office goes on
	Honorifics     phrases // before a name
	WithStop       phrases // honorifics that are one only with a stop: "He." is no pronoun
	AfterName      phrases // honorifics behind a name or an office
	Postnominals   phrases // behind a name
	Roles          phrases // words of an office
	CallingEndings phrases // endings of words for what a person does: "violinist"
	Bodies         phrases // words of an organisation's name
	Authorities    phrases // words of an institution that is written to
	Places         phrases // words of an address
	NotNames       phrases // common words, which no person is called
	Particles      phrases // lower-case words inside a person's name
	Ands           phrases // between two names or two offices
	Conjunction    phrases // between two people in one salutation
	KeepStop       phrases // abbreviations whose stop is part of a name: "Inc."
	Abbreviations  phrases // those inside a sentence, with their stops
	NameFollows    bool    // a name may follow its office without a comma, also behind an honorific
	OfficeFirst    bool    // an office and a comma may stand before the name of a signer

	// Dates.

	Months         map[string]time.Month   // of the Gregorian calendar
	MonthsWithYear phrases                 // those that are one only before a year
	MonthSuffixes  phrases                 // may stand behind the name of a month
	Solar          map[string]int          // months of the Solar Hijri calendar
	Lunar          phrases                 // months of the lunar one, whose dates are not read
	Days           map[string]int          // of a month, in words
	Weekdays       map[string]time.Weekday // full and short names
	DateWith       phrases                 // words that stand beside the letter's date
	PageDates      phrases                 // begin a line that says when a page was published or changed
	DayFirst       dateWords               // of a date that begins with the number of the day
	MonthFirst     dateWords               // of one that begins with the month
	DaySpelled     dateWords               // of one whose day is a word
	LunarDay       dateWords               // of one in the lunar calendar
	HijriSign      string                  // behind a year of a Hijri calendar
	SolarSign      string                  // behind that: it is the solar one
	LunarSign      string                  // or the lunar one
	LunarYears     bool                    // a Hijri date in numbers is one of the lunar calendar
	SmallMonths    bool                    // months are written without a capital
	TownArticles   phrases                 // begin names of towns: « Le Havre »

	// The lines of a head.

	Titles       phrases // a line that begins with one is a title
	InnerTitles  phrases // so is one of four words with one anywhere
	LetterWords  phrases // so is one of four words with one and with one of OfWords
	LetterTitles phrases // titles that name a letter, so that an article does not begin with them
	LetterTo     phrases // before the addressee in a title or an introduction
	TitledTo     phrases // before the addressee in one of LetterTitles
	Statements   phrases // titles that name a statement
	Subjects     phrases // labels of the subject
	References   phrases // first words of a line with a file number
	Invocation   phrases // lines above a letter that are no part of it
	Bylines      phrases // before the author of an article
	OwnBylines   phrases // those that stand for an author
	To, From     phrases // labels of addressee and sender, or their first words
	Attentions   phrases // those of the person at an institution
	Addresses    phrases // labels of an address
	PhoneLabels  string  // pattern of what stands before a telephone number
	WebLabels    string  // pattern of what stands before a web address

	// The salutation, and what introduces a letter.

	Salutations phrases // a line that begins with one is a salutation
	Vocatives   phrases // so is a short line that begins with one and ends with a comma or a colon
	Endearments phrases // or that ends with one
	Greetings   phrases // first words of the salutation that are not the person
	Again       phrases // first words of a second salutation
	Polite      phrases // words around a name or office in a salutation
	Editors     phrases // in a salutation: the letter is to a newspaper
	Peers       phrases // in the salutation of a call: those who may sign
	PeersAlone  phrases // those of them that are a greeting too, and stand for peers only alone
	GreetsBelow bool    // the greeting stands on a line below the vocative
	Formal      bool    // set forms: see isSalutation, findProse, isBehalfLine
	Wrote       phrases // "wrote an open letter to": what stands between sender and addressee
	Times       phrases // "today": between sender and verb
	WroteEnd    phrases // what ends the addressee in such a sentence
	RoleOfs     phrases // those that an office goes on with: "Rapporteur on"
	Clauses     phrases // what ends it behind a comma
	CommaEnds   bool    // a comma alone ends it, if no office follows

	// Closing and signatures.

	Closings         phrases
	CommaClosings    phrases // those that are one only before a comma
	ClosingStarts    phrases // first words of a closing of a few words with a comma
	ClosingSentences phrases // first words of a closing that is a whole sentence
	ClosingFormulas  phrases // words anywhere in such a sentence
	ClosingWords     int     // how long one may be, if longer than others
	Copies           phrases // first words of what follows the signatures: copies, enclosures, contacts
	CopyStarts       phrases // those that need no colon
	Signed           phrases // labels of the list of those who signed
	LooseSigned      phrases // those that need a colon, or to be a heading
	SignMarks        phrases // stand before a name that was signed by hand
	NoSignature      phrases // stand for one
	Represented      phrases // first words of a line that says who speaks for the signer above
	Behalf           phrases // before the organisation that somebody signs for
	BehalfNames      phrases // so before a name with a capital
	BehalfLines      phrases // first words, with a capital, of a line that names it
	BehalfInside     phrases // words anywhere in such a line
	NameHeaders      phrases // heads of the columns of a table of signatories
	RoleHeaders      phrases
	BodyHeaders      phrases
	Headers          phrases // those of other columns

	// Requests.

	Requests      phrases // verbs of a request in the first person
	RequestNouns  phrases // a request with one of FirstPerson in its sentence
	FirstPerson   phrases
	Reported      phrases // verbs of a request in the third person
	NounBefore    phrases // words before one of Reported that is a noun
	VerbFirst     bool    // such a verb stands before its subject
	ToYou         phrases // requests that name no sender
	NotAsking     phrases // what a sentence says that it does not ask
	Please        phrases // first word of an imperative
	PoliteOnly    phrases // what follows it in a sentence that asks for nothing
	ShortRequest  int     // words of the shortest sentence that asks, if shorter than others
	Obliges       phrases // ends a line whose list says what must be done
	Adverbs       phrases // may stand between sender and verb
	AdverbEndings phrases
	Senders       phrases // "the undersigned"; none where the verb says who asks
	Subject       phrases // those that a clause about the sender may follow: "We, teachers of Ashby, …"
	Undersigned   phrases // those that ask in the third person
	OwnNames      phrases // "our organisation"
	ListHeads     phrases // whole headings of a list of demands
	Following     phrases // tell that a list comes though the sentence ends
	Ordinals      map[string]int
	Readers       phrases // speaks to the reader
	Signing       phrases // asks for a signature

	// The last day to sign.

	Deadlines  phrases // tell that a date is the last day to sign
	LastDays   phrases // those that tell it without a word of signing
	Untils     phrases // before a date that is a last day
	EndOfDay   phrases // close of business
	OwnReply   phrases // the date is for the addressee's answer
	Noons      phrases
	Hour       string         // pattern of an hour with its word: hour, minute, half of the day; for folded text
	HourWords  string         // pattern of words behind an hour
	Afternoons map[string]int // words of the half of the day, with the hour before which twelve are added
	Mornings   phrases        // those before noon that count twelve as nothing
	Zones      map[string]zone
	NotZones   phrases // names of zones that are common words of the language

	// What a web page puts around a letter.

	Furniture      phrases // whole lines, or first words of short lines
	FurnitureAlone phrases // those that are furniture wherever they stand alone
	FurnitureIn    phrases // words that occur in nothing but furniture
	LinkLists      phrases // headings of lists of other pages

	// Numbers.

	Qualifiers    map[string]Qualifier
	After         map[string]Qualifier // behind the number: "or more"
	WithoutEnd    phrases              // qualifiers whose stop ends no clause: "approx."
	Between       phrases              // open a range
	RangeTo       phrases              // stand between the ends of a range
	RisesFrom     phrases              // before the first of two numbers that are no range: "from 106 to 304"
	Rises         phrases              // verbs without which one of RisesAfter says nothing
	RisesAfter    phrases              // so, behind one of Rises: « passé de 106 à 304 »
	Joiners       phrases              // between two numbers of one kind
	Fillers       phrases              // may stand between qualifier and number
	Numbers       map[string]float64   // zero to ninety, and hundreds written as one word
	Ones          phrases              // one before a word of Scales: "a hundred"
	Halves        phrases              // half of what follows
	Elevens       phrases              // one, before ten
	Scales        map[string]float64   // hundred, thousand, …
	Alone         phrases              // those that are a number without one before them
	ManyOf        map[string]float64   // tens, dozens, thousands
	ManyOfs       phrases              // between two of them: "tens of thousands"
	LooseMany     phrases              // those of ManyOf that count only before one of ManyOfs
	Several       phrases              // before a word of Scales that counts loosely
	Roundly       map[string]float64   // one word for about a number: « une centaine »
	RoundlyOne    phrases              // before such a word
	Duals         map[string]float64   // one word for two of something
	NumberAnd     phrases              // between the words of a number
	AndUnits      phrases              // units that it may join to tens
	DigitsAnd     phrases              // between a scale and digits: «۳ هزار و ۵۰۰»
	JoinedAnd     string               // an "and" written joined to the next word; units stand before tens then
	LooseSuffixes phrases              // suffixes of a number that may be written apart
	Percent       phrases
	NotCounts     phrases // before a number that counts nothing: article, resolution, flight
	Abstract      phrases // behind a small number in words that states nothing: "two reasons"
	Ages          phrases // behind a number: -year-old
	AgeOf         phrases // before an age, two words
	AgeLimits     phrases // before an age that ends a clause: "under 12"
	HourAt        phrases // before an hour in words that ends a clause: "at six"
	OutOf         phrases // between the numbers of a ratio, two words
	OneIn         phrases // so, one word: "one in five"
	OneThingIn    phrases // so, with a noun behind the first: "one child in six"
	Counted       phrases // behind a number that looks like a year but counts
	LeadsTo       phrases // before a number that counts, at the end of a clause: "killed 7."
	OnlyCounted   phrases // number words that mean something else unless one of Counted follows
	NotLast       phrases // those that mean something else at the end of a clause

	DecimalComma bool // a comma is the decimal sign, and spaces or stops set thousands apart
}

// dateWords are patterns of what stands in a date beside day, month and year, for folded text.
type dateWords struct {
	Ending string // behind the number of the day: "st"
	Of     string // between day and month
	Year   string // between month and year
}

// phrases are words, or words that belong together.
type phrases []string

// has reports whether the folded text is one of the phrases.
func (p phrases) has(folded string) bool { return slices.Contains(p, folded) }

// in reports whether one of the phrases stands in the folded text as whole words.
func (p phrases) in(folded string) bool {
	return slices.ContainsFunc(p, func(phrase string) bool { return hasWord(folded, phrase) })
}

// leading returns the longest phrase that the folded text begins with as whole words, or "".
func (p phrases) leading(folded string) (longest string) {
	for _, phrase := range p {
		if len(phrase) <= len(longest) {
			continue
		}
		if rest, ok := strings.CutPrefix(folded, phrase); ok && !isWordRune(firstRune(rest)) {
			longest = phrase
		}
	}
	return longest
}

// starts reports whether the folded text begins with one of the phrases as whole words.
func (p phrases) starts(folded string) bool { return p.leading(folded) != "" }

// lead reports whether one of the phrases is the first word of several.
func (p phrases) lead(folded string) bool {
	first, _, more := strings.Cut(folded, " ")
	return more && p.has(first)
}

// ends reports whether the text ends with one of the phrases.
func (p phrases) ends(text string) bool {
	return slices.ContainsFunc(p, func(ending string) bool { return strings.HasSuffix(text, ending) })
}

// trimEnd removes one of the phrases from the end of a word.
func (p phrases) trimEnd(word string) string {
	for _, ending := range p {
		word = strings.TrimSuffix(word, ending)
	}
	return word
}

// label splits "To: Mr X" at the label; ok is false if the line does not begin with one of the phrases and a colon.
func (p phrases) label(text string) (rest string, ok bool) {
	at := strings.IndexAny(text, ":：")
	if at <= 0 || at > maxLabel || !p.has(strings.Trim(fold(text[:at]), " .")) {
		return "", false
	}
	return strings.TrimSpace(strings.TrimLeft(text[at:], ":： ")), true
}

// maxLabel is where the colon behind a label stands at most, in bytes; behind more words it belongs to a sentence.
const maxLabel = 80

// cut removes one of the phrases and the space behind it from the start of a text, as it is or with a capital.
func (p phrases) cut(text string) (rest string, ok bool) {
	for _, phrase := range p {
		for _, form := range [...]string{phrase, capital(phrase)} {
			if rest, ok := strings.CutPrefix(text, form+" "); ok {
				return rest, true
			}
		}
	}
	return text, false
}

// cutElided removes one of the phrases, which end with an apostrophe, from the start of a text.
func (p phrases) cutElided(text string) (rest string, ok bool) {
	at := strings.IndexAny(text, "'’")
	if at < 0 || !p.has(text[:at]+"'") {
		return text, false
	}
	_, size := utf8.DecodeRuneInString(text[at:])
	return text[at+size:], true
}

// tables returns the languages that letters are read in. They are built when the first letter is read.
var tables = sync.OnceValue(func() []*words { return []*words{english(), persian(), french(), arabic()} })

// everywhere returns the words of all languages. Names, dates and some numbers are written in the language they come from,
// so their words mean the same in a letter of any language.
var everywhere = sync.OnceValue(func() *words { return together(tables()...) })

// together returns the words of several tables as one. Lists are joined; of maps the last entry counts, of what is neither
// the first that is set.
func together(all ...*words) *words {
	joined := &words{}
	into := reflect.ValueOf(joined).Elem()
	for _, w := range all {
		for i := range into.NumField() {
			to, from := into.Field(i), reflect.ValueOf(w).Elem().Field(i)
			switch to.Kind() {
			case reflect.Slice:
				to.Set(reflect.AppendSlice(to, from))
			case reflect.Map:
				if to.IsNil() {
					to.Set(reflect.MakeMap(to.Type()))
				}
				for key, value := range from.Seq2() {
					to.SetMapIndex(key, value)
				}
			default:
				if to.IsZero() {
					to.Set(from)
				}
			}
		}
	}
	return joined
}

// anyOf returns a pattern of what any language says in a field.
func anyOf(field func(*words) string) string {
	var all []string
	for _, w := range tables() {
		if pattern := field(w); pattern != "" {
			all = append(all, pattern)
		}
	}
	return "(?:" + strings.Join(all, "|") + ")"
}

// alternation returns the phrases as a pattern, the longest first.
func alternation(p phrases) string {
	quoted := make([]string, len(p))
	for i, phrase := range p {
		quoted[i] = regexp.QuoteMeta(phrase)
	}
	slices.SortFunc(quoted, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return strings.Join(quoted, "|")
}

func keys[V any](m map[string]V) phrases { return slices.Collect(maps.Keys(m)) }
