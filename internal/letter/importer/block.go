package importer

import (
	"slices"
	"strings"
	"unicode"
)

// headKind is what a block of the head is about.
type headKind int

const (
	unknownBlock headKind = iota
	titleBlock
	senderBlock
	addresseeBlock
	ignoredBlock
)

// headBlock is some lines of the head that belong together.
type headBlock struct {
	kind  headKind
	lines []line
	sure  bool // a label says what it is
	dated bool // the date stands above it
}

// readHead finds title, subtitle, sender, addressees and date in the lines above the salutation.
func (r *reader) readHead() {
	r.takeRepeats()
	r.splitLetterheads()
	blocks := r.headBlocks()
	r.classify(blocks)
	r.settle(blocks)
	for _, b := range blocks {
		switch b.kind {
		case titleBlock:
			r.addTitle(b)
		case senderBlock:
			r.addSender(b)
		case addresseeBlock:
			r.addAddressees(b)
		case unknownBlock:
			for _, l := range b.lines {
				r.warn("line_not_understood", "Text", l.text)
			}
		}
	}
}

// splitLetterheads makes lines of a letterhead on one line: "Clean Rivers · 12 Mill Lane · Ashby".
func (r *reader) splitLetterheads() {
	var out []line
	for _, l := range r.head {
		parts := letterheadSigns.Split(l.text, 12)
		if emailAddress.MatchString(l.text) {
			parts = letterheadDashes.Split(l.text, 12)
		}
		if len(parts) < 2 || !slices.ContainsFunc(parts, func(p string) bool { return isContact(p) || r.isPlace(p) }) || slices.ContainsFunc(parts, func(p string) bool { return wordCount(p) > 10 }) {
			out = append(out, l)
			continue
		}
		for i, part := range parts {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			one := line{text: part, source: part, indent: l.indent}
			if i == 0 {
				one.gap = l.gap
			}
			out = append(out, one)
		}
	}
	r.head = out
}

// headBlocks groups the head at blank lines, labels and dates, and at names with honorifics where it has no blank lines.
// Dates and invocations are taken out.
func (r *reader) headBlocks() []headBlock {
	var blocks []headBlock
	open, dated := false, false
	spaced := len(r.head) > 0 && slices.ContainsFunc(r.head[1:], func(l line) bool { return l.gap > 0 })
	add := func(kind headKind, sure bool, lines ...line) {
		blocks = append(blocks, headBlock{kind: kind, sure: sure, lines: lines, dated: dated})
	}
	for _, l := range r.head {
		if l.gap > 0 {
			open = false
		}
		if r.takeDateLine(l) {
			open, dated = false, true
			continue
		}
		if r.isInvocation(l.text) || r.isOnlyHonorific(l.text) {
			open = open && len(blocks) > 0 && blocks[len(blocks)-1].sure && len(blocks[len(blocks)-1].lines) == 0
			continue
		}
		previous := len(blocks) - 1
		if previous >= 0 && r.titleGoesOn(blocks[previous], l) {
			blocks[previous].lines = append(blocks[previous].lines, l)
			continue
		}
		if kind, rest, ok := r.headLabel(l.text); ok {
			if r.isOnlyHonorific(rest) {
				rest = ""
			}
			attention := kind == addresseeBlock && r.starts(fold(l.text), func(w *words) []string { return w.attentions }) != ""
			if attention && !open && previous >= 0 && rest != "" && r.honorific(rest) == "" && !r.hasRole(rest) && !r.isPerson(rest) {
				continue // "Attention: Legal Department" below an address
			}
			if open && attention && blocks[previous].kind == unknownBlock {
				blocks[previous].kind = addresseeBlock
				blocks[previous].lines = append(blocks[previous].lines, line{text: rest, source: rest})
				continue
			}
			open = kind != titleBlock && kind != ignoredBlock
			add(kind, true)
			if rest != "" {
				blocks[len(blocks)-1].lines = []line{{text: rest, source: rest}}
			}
			continue
		}
		switch {
		case previous >= 0 && len(blocks[previous].lines) == 0 && blocks[previous].sure && blocks[previous].kind != ignoredBlock:
			open = true
		case open && !blocks[previous].sure && r.opensBlock(blocks[previous], l, spaced):
			open = false
		}
		if open && previous >= 0 {
			blocks[previous].lines = append(blocks[previous].lines, l)
			continue
		}
		add(unknownBlock, false, l)
		open = l.level == 0
	}
	return blocks
}

// opensBlock reports whether a line begins something new though no blank line stands above it.
func (r *reader) opensBlock(b headBlock, l line, spaced bool) bool {
	if l.level > 0 {
		return true
	}
	last := b.lines[len(b.lines)-1]
	titled := len(b.lines) == 1 && r.isTitle(last) && !(spaced && r.isLetterhead(last))
	if r.honorific(l.text) != "" && (!spaced || titled) {
		return titled || len(b.lines) > 1 || !r.hasRole(b.lines[0].text) || r.honorific(b.lines[0].text) != ""
	}
	if isContact(l.text) || r.isPlace(l.text) && !r.namesLetter(last.text) {
		return false
	}
	return titled || r.isTitle(l) && !r.isTitle(last)
}

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

// blockRules say what a block is about; the first that holds decides.
var blockRules = []struct {
	kind  headKind
	holds func(shape) bool
}{
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

// classify decides on the blocks without label, the last first, because what follows a letterhead tells it from the
// address of who is written to.
func (r *reader) classify(blocks []headBlock) {
	for i, b := range slices.Backward(blocks) {
		if b.kind != unknownBlock {
			continue
		}
		s := r.shapeOf(blocks, i)
		for _, rule := range blockRules {
			if rule.holds(s) {
				blocks[i].kind = rule.kind
				break
			}
		}
	}
}

func (r *reader) shapeOf(blocks []headBlock, i int) (s shape) {
	b := blocks[i]
	first := b.lines[0].text
	name, _, _ := cutComma(first)
	bare := fold(r.withoutHonorifics(name))
	s.single = len(b.lines) == 1
	s.dated = b.dated
	s.title = r.isTitle(b.lines[0])
	s.proper = r.isProper(first)
	s.heads = r.isLetterhead(b.lines[0]) && i+1 < len(blocks) && (hasContact(blocks[i+1].lines) || slices.ContainsFunc(blocks[i+1].lines, func(l line) bool { return r.isPlace(l.text) })) && blocks[i+1].kind != addresseeBlock
	s.public = r.any(fold(first), func(w *words) []string { return w.authorities })
	s.honorific = r.honorific(first) != "" && wordCount(first) <= 25 || !s.single && r.honorific(b.lines[1].text) != "" && r.beginsOffice(first)
	s.office = r.isOfficeBlock(b)
	s.signs = wordCount(bare) > 1 && r.isSigner(bare)
	s.saluted = r.sharesName(first)
	places := 0
	for j, l := range b.lines {
		s.contact = s.contact || isContact(l.text)
		if r.isPlace(l.text) {
			places++
			s.address = s.address || j > 0
		}
	}
	s.places = places*2 >= len(b.lines) && places > 0
	for j, other := range blocks {
		s.headed = s.headed || j < i && !other.sure && len(other.lines) > 1 && slices.ContainsFunc(other.lines[1:], func(l line) bool { return isContact(l.text) || r.isPlace(l.text) })
		switch {
		case j > i && (other.kind == addresseeBlock || other.kind == unknownBlock && len(other.lines) > 1):
			s.follows = true
		case j < i && (other.kind == addresseeBlock || other.kind == unknownBlock && len(other.lines) > 1 && (r.honorific(other.lines[0].text) != "" || r.isOfficeBlock(other))):
			s.answered = true
		}
	}
	return s
}

// isLetterhead reports whether a line in capitals is the name of an organisation rather than a title.
func (r *reader) isLetterhead(l line) bool {
	return l.level == 0 && isCapitals(l.text) && r.hasBody(l.text) && !r.namesLetter(l.text) && !r.hasVerbLook(l.text) && wordCount(l.text) <= 9
}

// isOfficeBlock reports whether a block begins with an office, or with a name whose office follows it.
func (r *reader) isOfficeBlock(b headBlock) bool {
	first := b.lines[0].text
	if r.isEntry(first) || r.isOfficeAndName(first) {
		return true
	}
	if r.draft.Salutation == "" || wordCount(first) > 14 || r.hasVerbLook(first) {
		return false
	}
	if r.beginsOffice(first) {
		return len(b.lines) > 1 || r.isProper(first) || firstRune(first) >= 0x590
	}
	if len(b.lines) == 1 {
		return r.hasRole(first) && r.isProper(first) && firstRune(first) < 0x590 && !r.hasBody(first)
	}
	second := b.lines[1].text
	return r.isProper(first) && r.hasRole(second) && !r.isPlace(second) && !r.hasBody(first) || r.hasRole(first) && !r.hasBody(first) && r.isProper(first)
}

// beginsOffice reports whether a line begins with a word of an office: "The Minister …", «وزیر …».
func (r *reader) beginsOffice(text string) bool {
	fields := strings.Fields(fold(text))
	if len(fields) > 0 && (fields[0] == "the" || r.langs[0] == &french && (fields[0] == "le" || fields[0] == "la" || fields[0] == "les")) {
		fields = fields[1:]
	}
	if len(fields) > 0 && r.langs[0] == &french {
		fields[0] = strings.TrimPrefix(fields[0], "l'")
	}
	return len(fields) > 0 && r.is(strings.Trim(fields[0], ","), func(w *words) []string { return w.roles })
}

// isOfficeAndName reports whether a line is an office and a name with an honorific: «وزیر علوم، جناب آقای …».
func (r *reader) isOfficeAndName(text string) bool {
	office, name, ok := cutComma(text)
	return ok && r.beginsOffice(office) && r.honorific(name) != "" && wordCount(text) <= 20
}

// isProper reports whether a line looks like a name: its words have capitals, small words aside. A script without
// capitals tells nothing, so a line of it does not look like one.
func (r *reader) isProper(text string) bool {
	if wordCount(text) > 14 || endsSentence(strings.TrimRight(text, ":.")) {
		return false
	}
	for f := range strings.FieldsSeq(text) {
		word := strings.Trim(f, "(),.;:'\"“”‘’&/-–")
		first := firstRune(word)
		if word == "" || startsUpper(word) || unicode.IsDigit(first) {
			continue
		}
		folded := fold(word)
		if first >= 0x590 || !r.is(folded, func(w *words) []string { return w.ofWords }) && !r.is(folded, func(w *words) []string { return w.particles }) {
			return false
		}
	}
	return true
}

// isSigner reports whether a folded name begins a line below the closing.
func (r *reader) isSigner(name string) bool {
	return slices.ContainsFunc(r.tail[:min(len(r.tail), 40)], func(l line) bool {
		return strings.HasPrefix(fold(r.withoutHonorifics(l.text)), name)
	})
}

// sharesName reports whether a line has a name of the salutation.
func (r *reader) sharesName(text string) bool {
	folded := fold(text)
	for _, a := range r.saluted() {
		if fields := strings.Fields(fold(a.Name)); len(fields) > 0 && has(folded, fields[len(fields)-1]) {
			return true
		}
	}
	return false
}

// hasVerbLook reports whether a line reads like a headline rather than an office.
func (r *reader) hasVerbLook(text string) bool {
	return strings.ContainsAny(text, "!?؟:") || endsSentence(text)
}

// settle decides on blocks that the words alone left open, from what stands around them.
func (r *reader) settle(blocks []headBlock) {
	sender := slices.IndexFunc(blocks, func(b headBlock) bool { return b.kind == senderBlock })
	for i := sender - 1; i >= 0 && sender > 0; i-- {
		if blocks[i].kind == ignoredBlock {
			continue
		}
		if blocks[i].kind != unknownBlock || !r.isNameLike(blocks[i].lines) {
			break
		}
		blocks[i].kind = senderBlock
	}
	if slices.ContainsFunc(blocks, func(b headBlock) bool { return b.kind == titleBlock && b.sure }) {
		first := &blocks[0] // the name of the sender, set as a heading above the subject
		if first.kind == titleBlock && !first.sure && sender < 0 && len(first.lines) == 1 && wordCount(first.lines[0].text) <= 9 && !r.hasVerbLook(first.lines[0].text) && r.hasBody(first.lines[0].text) && !r.namesLetter(first.lines[0].text) {
			first.kind, sender = senderBlock, 0
		}
	}
	titled := slices.ContainsFunc(blocks, func(b headBlock) bool { return b.kind == titleBlock && !b.sure })
	answered := false
	for i := range blocks {
		b := &blocks[i]
		answered = answered || b.kind == addresseeBlock
		if b.kind != unknownBlock || len(b.lines) == 0 {
			continue
		}
		wide := wordCount(b.lines[0].text) >= 3 && !r.isQuestioned(b.lines[0].text)
		named := r.isNameLike(b.lines) && r.draft.Salutation != "" && (r.isProper(b.lines[0].text) || firstRune(b.lines[0].text) >= 0x590)
		switch {
		case i > 0 && blocks[i-1].kind == titleBlock && len(b.lines) <= 2 && (wide || b.lines[0].level > 0):
			b.kind = titleBlock
		case i+1 < len(blocks) && blocks[i+1].kind == titleBlock && !blocks[i+1].sure && len(b.lines) == 1 && wide && !r.isProper(b.lines[0].text) && !(firstRune(b.lines[0].text) >= 0x590 && r.isNameLike(b.lines)):
			b.kind = titleBlock
		case answered && len(b.lines) <= 2 && wide:
			b.kind, titled = titleBlock, true
		case !titled && len(b.lines) <= 3 && !named && (wide || b.lines[0].level > 0):
			b.kind, titled = titleBlock, true
		case sender < 0 && named && r.hasBody(b.lines[0].text):
			b.kind, sender = senderBlock, i
		case !titled && (wide || b.lines[0].level > 0):
			b.kind, titled = titleBlock, true
		}
	}
	r.settleAddresses(blocks)
}

// isQuestioned reports whether a line is a question with its answer, which is no title.
func (r *reader) isQuestioned(text string) bool { return strings.Contains(text, "? ") }

// settleAddresses gives an address that stands between addressee and salutation to the addressee: a letterhead stands
// above, unless it is the only one.
func (r *reader) settleAddresses(blocks []headBlock) {
	for i := 1; i < len(blocks); i++ {
		if blocks[i].kind == senderBlock && !blocks[i].sure && blocks[i-1].kind == addresseeBlock && !hasContact(blocks[i].lines) {
			blocks[i-1].lines = append(blocks[i-1].lines, blocks[i].lines...)
			blocks[i].kind = ignoredBlock
		}
	}
}

func hasContact(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool { return isContact(l.text) })
}
