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
	around   map[int]bool // lines, by id, that belong to the page around the letter
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
	return &reader{words: all.(*words), langs: langs, around: map[int]bool{}}
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
	for i := range p.lines {
		p.lines[i].id = i + 1
	}
	r := newReader(d.Language)
	d.Deadline = r.propertyDeadline(p.deadline)
	if p.isMade() {
		r.warnOf(p, d.Language)
		r.readMade(d, &p)
		return d
	}
	if r.warnOf(p, d.Language); r.unread(p, d.Language) {
		r.readUnread(d, &p)
		return d
	}
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
	letter.body = slices.Concat(head.rest, letter.body)
	date, body, tail := head.date, letter.body, letter.tail
	if date.asWritten == "" {
		date, body, tail = r.findDate(letter)
	}
	if date.asWritten == "" && head.paged.text != "" {
		date = r.dating(head.paged)
	}
	d.Date, d.DateAsWritten, d.Place = date.day, date.asWritten, date.place
	titles, body := r.readSubject(head.titles, body)
	d.Title, d.Subtitle = titles.title, titles.subtitle
	if len(d.Addressees) == 0 {
		d.Addressees = r.reportedAddressee(titles, letter.intro)
		reported = len(d.Addressees) > 0
	}
	d.Addressees = r.completeAddressees(d.Addressees, d.Salutation)

	signatures := r.readSigners(tail, d.Salutation, !d.Sender.IsZero())
	d.SignedBy, d.Sender = signatures.signers, r.addSender(d.Sender, signatures.letterhead, false)
	below := slices.Concat(signatures.below, notes)
	reported = reported && !slices.ContainsFunc(letter.intro, func(l line) bool { return strings.HasSuffix(l.text, ":") })
	switch d.Form = r.formOf(d, letter.intro, body, reported); d.Form {
	case FormCall:
		d.Addressees = r.calledAddressees(d.Addressees, d.Salutation, body)
	case FormArticle:
		if d.Addressees = nil; !signatures.labelled { // its last lines
			d.SignedBy, below, tail = nil, slices.Concat(tail, notes), nil
		}
		if reported {
			d.Sender = Sender{}
		}
	}
	if d.Form != FormArticle {
		d.Demands = r.readDemands(body, d.Form, ownNames(d.Sender, d.SignedBy))
		last := r.readDeadline(d.Deadline, d.Date, d.Form, head.lines, letter.intro, body, tail)
		d.Deadline, d.CloseOfBusiness = last.at, last.closeOfBusiness
	}
	r.warnOfMoved(below, tail)
	d.Figures = r.readFigures(slices.Concat(letter.intro, body, notes))
	kept := slices.Concat(letter.intro, body, below)
	for i, a := range d.Addressees {
		d.Addressees[i].Before = r.honorificBefore(a, head.lines)
	}
	if d.Introduction = markdown(letter.intro); d.Introduction != "" {
		r.warn("introduction", "Text", letter.intro[0].text)
	}
	r.finish(d, &p, slices.Concat(body, below), kept)
	return d
}

// movedWords is how many words of what is moved a warning names.
const movedWords = 8

// warnOfMoved says what of the lines below the signatures becomes the end of the body. Footnotes of Markdown are shown there anyway.
func (r *reader) warnOfMoved(below, tail []line) {
	for _, l := range below {
		if len(tail) > 0 && l.id > tail[0].id && !strings.HasPrefix(l.source, "[^") {
			words := strings.Fields(l.text)
			r.warn("below_signatures", "Text", strings.Join(words[:min(len(words), movedWords)], " "))
			return
		}
	}
}

// finish writes the body, and says what the draft does not hold of the lines that were not kept as they are.
func (r *reader) finish(d *Draft, p *page, body, kept []line) {
	d.Body = markdown(body)
	if p.rest != "" {
		d.Body = strings.TrimSpace(d.Body + "\n\n" + p.rest)
		r.warn("too_many", "What", "lines")
	}
	p.account(r, d, body, kept)
	d.Warnings, d.LeftOut = r.warnings, p.leftOut
}

// leastUnread is how many words a text has at least in which a language that is read would be recognised.
const leastUnread = 30

// unread reports whether a letter is in a language that has no words here.
func (r *reader) unread(p page, language string) bool {
	if language != "" {
		return r.Tag != language
	}
	n := 0
	for _, l := range p.lines {
		if n += wordCount(l.text); n >= leastUnread {
			return true
		}
	}
	return false
}

// readUnread reads a letter whose words say nothing: a title and a date are taken from where they stand and how they look, all else
// is the body, and its numbered lists may be demands.
func (r *reader) readUnread(d *Draft, p *page) {
	if d.Language == "" {
		r.warn("language_unread")
	}
	lines, notes := takeNotes(p.lines)
	d.Form = FormLetter
	if len(lines) > 1 {
		if first := lines[0]; first.level > 0 || lines[1].gap > 0 && !isProse(first) && !endsWithComma(first.text) && !isDated(first) {
			d.Title, lines = first.text, lines[1:]
		}
	}
	date, body, _ := r.findDate(parts{body: lines})
	d.Date, d.DateAsWritten, d.Place = date.day, date.asWritten, date.place
	x := demandReader{reader: r, lines: body, used: make([]bool, len(body)), marks: r.markersOf(body)}
	x.takeLists(func(i int) bool { return x.marks[i].kind == numbered && x.marks[i].value == 1 })
	for _, demand := range x.demands {
		demand.Unsure = true
		d.Demands = append(d.Demands, demand)
	}
	d.Figures = r.readFigures(body)
	body = slices.Concat(body, notes)
	r.finish(d, p, body, body)
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
