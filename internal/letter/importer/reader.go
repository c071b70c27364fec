package importer

import (
	"slices"
	"strings"
	"sync"
)

// reader knows the words of a letter's languages and keeps what it was unsure of. The phases of reading take lines and return
// what they find in them; they change nothing else.
type reader struct {
	*words            // of all languages of the letter together
	langs    []*words // each by itself, the letter's own first
	warnings []Warning
}

// vocabularies keeps the words that letters in a language are read with, by its tag.
var vocabularies sync.Map

// newReader returns a reader of letters in the language of a BCP 47 tag.
func newReader(language string) *reader {
	langs := languages(language)
	all, ok := vocabularies.Load(langs[0].Tag)
	if !ok {
		all, _ = vocabularies.LoadOrStore(langs[0].Tag, together(langs...))
	}
	return &reader{words: all.(*words), langs: langs}
}

func (r *reader) warn(key string, args ...any) {
	w := Warning{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if w.Args == nil {
			w.Args = map[string]any{}
		}
		w.Args[args[i].(string)] = args[i+1]
	}
	r.warnings = append(r.warnings, w)
}

// readLetter finds the parts of a letter and then what each part says. What a part does not say is looked for in the next one.
func readLetter(p page) *Draft {
	d := &Draft{Language: detect(p.lines)}
	if d.Language == "" { // its words do not tell
		d.Language = p.language
	}
	r := newReader(d.Language)
	r.warnOf(p, d.Language)
	lines, notes := takeNotes(r.withoutFurniture(p.lines))
	letter := r.split(lines)
	d.Salutation, d.SalutationLine = letter.salutation.words, letter.salutation.line
	d.Closing, d.ClosingLine = letter.closing.words, letter.closing.line

	head := r.readHead(letter)
	d.Sender, d.Addressees = head.sender, head.addressees
	from, to := r.readIntroduction(letter.intro)
	if d.Sender.IsZero() && from != "" {
		d.Sender.Name = from
		r.warn("sender_from_introduction")
	}
	reported := false // the addressee is known from a headline or a report alone
	if len(d.Addressees) == 0 {
		d.Addressees = r.addresseeIn(to, "addressee_from_introduction")
		reported = len(d.Addressees) > 0
	}
	date, body, tail := head.date, letter.body, letter.tail
	if date.asWritten == "" {
		date, body, tail = r.findDate(letter)
	}
	d.Date, d.DateAsWritten, d.Place = date.day, date.asWritten, date.place
	titles, body := r.readSubject(head.titles, body)
	d.Title, d.Subtitle = titles.title, titles.subtitle
	if len(d.Addressees) == 0 {
		d.Addressees = r.reportedAddressee(titles, letter.intro)
		reported = len(d.Addressees) > 0
	}
	d.Addressees = r.completeAddressees(d.Addressees, d.Salutation)

	signers, letterhead := r.readSigners(tail, d.Salutation, !d.Sender.IsZero())
	d.SignedBy, d.Sender = signers, r.addSender(d.Sender, letterhead, false)
	reported = reported && !slices.ContainsFunc(letter.intro, func(l line) bool { return strings.HasSuffix(l.text, ":") })
	switch d.Form = r.formOf(d, letter.intro, body, reported); d.Form {
	case FormCall:
		d.Addressees = r.calledAddressees(d.Addressees, d.Salutation, body)
	case FormArticle:
		d.SignedBy, d.Addressees = nil, nil
		if reported {
			d.Sender = Sender{}
		}
	}
	if d.Form != FormArticle {
		d.Demands = r.readDemands(body, d.Form, ownNames(d.Sender, d.SignedBy))
		last := r.readDeadline(d.Date, d.Form, head.lines, letter.intro, body, tail)
		d.Deadline, d.CloseOfBusiness = last.at, last.closeOfBusiness
	}
	d.Figures = r.readFigures(slices.Concat(letter.intro, body, notes))
	for i, a := range d.Addressees {
		d.Addressees[i].Before = r.honorificBefore(a.Name, head.lines)
	}
	d.Introduction, d.Body = markdown(letter.intro), markdown(slices.Concat(body, notes))
	if p.rest != "" {
		d.Body += "\n\n" + p.rest
		r.warn("too_many", "What", "lines")
	}
	d.Warnings = r.warnings
	return d
}

// warnOf says what is missing or unsure before a letter is read.
func (r *reader) warnOf(p page, language string) {
	if p.hidden > 0 {
		r.warn("hidden_characters", "Count", p.hidden)
	}
	for _, key := range p.warnings {
		r.warn(key)
	}
	switch {
	case language == "":
		r.warn("language_unknown")
	case r.Tag != language:
		r.warn("language_unread")
	}
}
