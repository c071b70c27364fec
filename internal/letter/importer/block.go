package importer

import (
	"slices"
	"strings"
)

// shape is what a block of the head looks like, by itself and by what stands around it.
type shape struct {
	single    bool // one line
	heads     bool // an organisation in capitals above its address
	title     bool // a title by its words or looks
	honorific bool // a name with an honorific stands first, or second below an office
	office    bool // it begins with an office, or with a name and its office
	contact   bool // it has a mail or web address or a telephone
	address   bool // lines below its first look like an address
	places    bool // half of its lines or more do
	public    bool // it begins with a body that is written to rather than writes
	signs     bool // its first line stands among the signatures
	saluted   bool // its first line has a name that the salutation has
	dated     bool // the date stands above it
	follows   bool // another addressee or address stands below it
	headed    bool // a letterhead stands above it
	answered  bool // an addressee stands above it
	proper    bool // it looks like a name rather than a headline
}

type blockRule struct {
	kind  headKind
	holds func(shape) bool
}

// blockRules say what a block is about; the first that holds decides.
var blockRules = []blockRule{
	{senderBlock, func(s shape) bool { return s.heads && (s.follows || s.contact) }},
	{titleBlock, func(s shape) bool { return s.title && !s.contact && !(s.address && s.proper) }},
	{addresseeBlock, func(s shape) bool { return s.saluted && s.honorific }},
	{senderBlock, func(s shape) bool { return s.signs && !s.saluted && (s.contact || s.address) }},
	{senderBlock, func(s shape) bool { return s.contact && (s.follows || !s.honorific && !s.office) }},
	{senderBlock, func(s shape) bool { return s.follows && s.address && !s.honorific && !s.office }},
	{titleBlock, func(s shape) bool { return s.single && s.answered && !s.proper && !s.honorific && !s.places }},
	{addresseeBlock, func(s shape) bool { return s.honorific || s.office }},
	{addresseeBlock, func(s shape) bool { return s.address && (s.public || s.dated || s.headed) }},
	{senderBlock, func(s shape) bool { return s.places }},
	{senderBlock, func(s shape) bool { return s.address }},
}

// How many words tell what a block of the head is about.
const (
	officeLineWords = 14 // most of an office, or of a name; what is longer is a headline
	officeNameWords = 20 // most of an office and a name on one line
	honoredWords    = 25 // most of a line that an honorific begins
	bodyNameWords   = 9  // most of the name of an organisation
	shortNameWords  = 3  // of a name that need not have a word of an organisation
	wideWords       = 3  // least of a title
	comparedSigners = 40 // lines of the signatures that a name is compared with
)

// classify decides on the blocks without label, the last first, because what follows a letterhead tells it from the
// address of who is written to.
func (x *headReader) classify() {
	for i := range slices.Backward(x.blocks) {
		b := &x.blocks[i]
		if b.kind != unknownBlock {
			continue
		}
		s := x.shapeOf(i)
		if rule := slices.IndexFunc(blockRules, func(rule blockRule) bool { return rule.holds(s) }); rule >= 0 {
			b.kind = blockRules[rule].kind
		}
	}
}

func (x *headReader) shapeOf(i int) (s shape) {
	b := x.blocks[i]
	first := b.lines[0].text
	name, _, _ := cutComma(first)
	bare := fold(x.withoutHonorifics(name))
	s.single = len(b.lines) == 1
	s.dated = b.dated
	s.title = x.isTitle(b.lines[0])
	s.proper = x.isProper(first)
	if i+1 < len(x.blocks) && x.isLetterhead(b.lines[0]) {
		below := x.blocks[i+1]
		s.heads = below.kind != addresseeBlock && x.hasAddress(below.lines)
	}
	s.public = x.Authorities.in(fold(first))
	s.honorific = x.honorific(first) != "" && wordCount(first) <= honoredWords ||
		!s.single && x.honorific(b.lines[1].text) != "" && x.beginsOffice(first)
	s.office = x.isOfficeBlock(b)
	s.signs = wordCount(bare) > 1 && x.isSigner(bare)
	s.saluted = x.sharesName(first)
	places := 0
	for j, l := range b.lines {
		s.contact = s.contact || isContact(l.text)
		if x.isPlace(l.text) {
			places++
			s.address = s.address || j > 0
		}
	}
	s.places = places*2 >= len(b.lines) && places > 0
	for j, other := range x.blocks {
		several := other.kind == unknownBlock && len(other.lines) > 1
		switch {
		case j > i:
			s.follows = s.follows || other.kind == addresseeBlock || several
		case j < i:
			s.headed = s.headed || !other.sure && len(other.lines) > 1 && x.hasAddress(other.lines[1:])
			s.answered = s.answered || other.kind == addresseeBlock || several && (x.honorific(other.lines[0].text) != "" || x.isOfficeBlock(other))
		}
	}
	return s
}

// hasAddress reports whether one of the lines is part of an address or a contact.
func (r *reader) hasAddress(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool { return isContact(l.text) || r.isPlace(l.text) })
}

func hasContact(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool { return isContact(l.text) })
}

// isLetterhead reports whether a line in capitals is the name of an organisation rather than a title.
func (r *reader) isLetterhead(l line) bool {
	return l.level == 0 && isCapitals(l.text) && r.hasBody(l.text) && !r.namesLetter(l.text) && !isHeadline(l.text) &&
		wordCount(l.text) <= bodyNameWords
}

// isHeadline reports whether a line reads like a headline rather than a name or an office.
func isHeadline(text string) bool { return strings.ContainsAny(text, "!?؟:") || endsSentence(text) }

// isOfficeBlock reports whether a block begins with an office, or with a name whose office follows it.
func (x *headReader) isOfficeBlock(b headBlock) bool {
	first := b.lines[0].text
	if x.isEntry(first) || x.isOfficeAndName(first) {
		return true
	}
	if !x.greeted || wordCount(first) > officeLineWords || isHeadline(first) {
		return false
	}
	if x.beginsOffice(first) {
		return len(b.lines) > 1 || x.isProper(first) || caseless(first)
	}
	if !x.isProper(first) || x.hasBody(first) {
		return false
	}
	if len(b.lines) == 1 {
		return x.hasRole(first) && !caseless(first)
	}
	second := b.lines[1].text
	return x.hasRole(first) || x.hasRole(second) && !x.isPlace(second)
}

// isSigner reports whether a folded name begins a line below the closing.
func (x *headReader) isSigner(name string) bool {
	return slices.ContainsFunc(x.tail[:min(len(x.tail), comparedSigners)], func(l line) bool {
		return strings.HasPrefix(fold(x.withoutHonorifics(l.text)), name)
	})
}

// sharesName reports whether a line has the last name of somebody in the salutation.
func (x *headReader) sharesName(text string) bool {
	folded := fold(text)
	return slices.ContainsFunc(x.people, func(a Addressee) bool {
		fields := strings.Fields(fold(a.Name))
		return len(fields) > 0 && hasWord(folded, fields[len(fields)-1])
	})
}

// settle decides on blocks that the words alone left open, from what stands around them.
func (x *headReader) settle() {
	blocks := x.blocks
	is := func(kind headKind, sure bool) func(headBlock) bool {
		return func(b headBlock) bool { return b.kind == kind && b.sure == sure }
	}
	sender := slices.IndexFunc(blocks, func(b headBlock) bool { return b.kind == senderBlock })
	for i := sender - 1; i >= 0; i-- {
		if blocks[i].kind == ignoredBlock {
			continue
		}
		if blocks[i].kind != unknownBlock || !x.isNameLike(blocks[i].lines) {
			break
		}
		blocks[i].kind = senderBlock
	}
	if sender < 0 && slices.ContainsFunc(blocks, is(titleBlock, true)) && is(titleBlock, false)(blocks[0]) && x.isSenderHeading(blocks[0].lines) {
		blocks[0].kind, sender = senderBlock, 0
	}
	titled := slices.ContainsFunc(blocks, is(titleBlock, false))
	answered := false
	for i := range blocks {
		b := &blocks[i]
		answered = answered || b.kind == addresseeBlock
		if b.kind != unknownBlock || len(b.lines) == 0 {
			continue
		}
		first := b.lines[0]
		wide := wordCount(first.text) >= wideWords && !isQuestioned(first.text)
		titleLike := wide || first.level > 0
		alike := x.isNameLike(b.lines)
		named := alike && x.greeted && (x.isProper(first.text) || caseless(first.text))
		above := i+1 < len(blocks) && is(titleBlock, false)(blocks[i+1])
		switch {
		case i > 0 && blocks[i-1].kind == titleBlock && len(b.lines) <= 2 && titleLike:
			b.kind = titleBlock
		case above && len(b.lines) == 1 && wide && !x.isProper(first.text) && !(caseless(first.text) && alike):
			b.kind = titleBlock
		case answered && len(b.lines) <= 2 && wide, !titled && len(b.lines) <= 3 && !named && titleLike:
			b.kind, titled = titleBlock, true
		case sender < 0 && named && x.hasBody(first.text):
			b.kind, sender = senderBlock, i
		case !titled && titleLike:
			b.kind, titled = titleBlock, true
		}
	}
	x.settleAddresses()
}

// isSenderHeading reports whether a title above a labelled subject is the name of the sender, set as a heading.
func (r *reader) isSenderHeading(lines []line) bool {
	text := lines[0].text
	return len(lines) == 1 && wordCount(text) <= bodyNameWords && !isHeadline(text) && r.hasBody(text) && !r.namesLetter(text)
}

// isQuestioned reports whether a line is a question with its answer, which is no title.
func isQuestioned(text string) bool { return strings.Contains(text, "? ") }

// isNameLike reports whether lines look like the name of an organisation: short, no end of a sentence, no title.
func (r *reader) isNameLike(lines []line) bool {
	for _, l := range lines {
		if wordCount(l.text) > bodyNameWords || endsSentence(l.text) || r.isTitle(l) {
			return false
		}
	}
	first := lines[0].text
	return len(lines) <= 3 && (isAcronym(first) || r.hasBody(first) || len(lines) > 1 && r.hasBody(lines[1].text) || wordCount(first) <= shortNameWords)
}

// settleAddresses gives an address that stands between addressee and salutation to the addressee: a letterhead stands
// above, unless it is the only one.
func (x *headReader) settleAddresses() {
	for i := 1; i < len(x.blocks); i++ {
		address, above := &x.blocks[i], &x.blocks[i-1]
		if address.kind == senderBlock && !address.sure && above.kind == addresseeBlock && !hasContact(address.lines) {
			above.lines = append(above.lines, address.lines...)
			address.kind = ignoredBlock
		}
	}
}
