package importer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDemands bounds the list.
const maxDemands = 300

// maxDemandText bounds a demand that inner lists are added to.
const maxDemandText = 20000

// readDemands finds the lists that a request introduces, and requests in prose.
func (r *reader) readDemands() {
	used := make([]bool, len(r.body)) // lines that a list has taken
	r.takeLists(used, r.introduced)
	if len(r.draft.Demands) == 0 && r.draft.Form == FormLetter {
		r.takeLists(used, r.implied)
	}
	for i, l := range r.body {
		if !used[i] && len(r.draft.Demands) < maxDemands {
			r.proseDemands(i, l)
		}
	}
	if len(r.draft.Demands) >= maxDemands {
		r.draft.Demands = r.draft.Demands[:maxDemands]
		r.warn("too_many", "What", "demands")
	}
}

// takeLists adds the demands of the lists whose first item is introduced.
func (r *reader) takeLists(used []bool, introduced func(i int) bool) {
	for i := 0; i < len(r.body); i++ {
		if used[i] || r.marker(i).kind == noMarker || !introduced(i) {
			continue
		}
		end := r.takeList(i, used)
		used[max(0, i-1)] = used[max(0, i-1)] || i > 0
		i = end - 1
	}
}

// implied reports whether the list at i says what must be done though nothing asks for it: "The treaty should:", or
// requests that are counted in words and nothing but them.
func (r *reader) implied(i int) bool {
	first := r.marker(i)
	if first.value > 1 || i == 0 {
		return false
	}
	above := strings.TrimSpace(r.body[i-1].text)
	if strings.HasSuffix(above, ":") && r.obliges(fold(above)) {
		return true
	}
	if first.kind == numbered && strings.HasSuffix(r.body[i].text, "!") {
		return true
	}
	return first.kind == spelled && strings.ContainsAny(r.body[i].text[len(first.number):min(len(r.body[i].text), len(first.number)+3)], ":：")
}

// marker returns the mark of a line of the body. A heading is no item.
func (r *reader) marker(i int) marker {
	l := r.body[i]
	if l.level > 0 {
		return marker{}
	}
	m := readMarker(l.text, r.langs)
	if m.kind == spelled && !r.spelledList(i, m) {
		return marker{}
	}
	return m
}

// spelledList reports whether "First, …" begins or goes on with a list: a neighbour must have the next or last ordinal.
func (r *reader) spelledList(i int, m marker) bool {
	for _, j := range [...]int{i - 2, i - 1, i + 1, i + 2} {
		if j < 0 || j >= len(r.body) {
			continue
		}
		other := readMarker(r.body[j].text, r.langs)
		if other.kind == spelled && (other.value == m.value+1 || other.value == m.value-1) {
			return true
		}
	}
	return false
}

// introduced reports whether the line above item i asks for what the list says.
func (r *reader) introduced(i int) bool {
	first := r.marker(i)
	if first.value > 1 {
		return false
	}
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		above := r.body[j]
		if r.isListHead(above) {
			return true
		}
		if r.asksForList(above.text) {
			return true
		}
		if r.isGroup(above) && (len(r.draft.Demands) > 0 || j > 0 && (r.asksForList(r.body[j-1].text) || r.isListHead(r.body[j-1]))) {
			return true
		}
		if j == i-1 && r.marker(j).kind == noMarker && wordCount(above.text) > 12 {
			return false
		}
	}
	return false
}

// isListHead reports whether a line is a heading of demands: "Our demands", «خواسته‌های ما».
func (r *reader) isListHead(l line) bool {
	folded := strings.Trim(fold(l.text), " :.-")
	return wordCount(folded) <= 8 && (r.is(folded, func(w *words) []string { return w.listHeads }) ||
		r.starts(folded, func(w *words) []string { return w.listHeads }) != "" && (l.level > 0 || strings.HasSuffix(l.text, ":")))
}

// asksForList reports whether the last sentence of a paragraph is a request that the list below goes on with.
func (r *reader) asksForList(text string) bool {
	all := sentences(text)
	if len(all) == 0 {
		return false
	}
	last := fold(all[len(all)-1])
	open := !strings.HasSuffix(last, ".") && !strings.HasSuffix(last, "?") && !strings.HasSuffix(last, "!") && !strings.HasSuffix(last, "؟")
	if !open && !r.any(last, func(w *words) []string { return w.following }) && !r.countsAsks(last) {
		return false
	}
	return r.asks(last) || r.any(last, func(w *words) []string { return w.listHeads })
}

// countsAsks recognises "We ask three things of you.": a request that says how many follow.
func (r *reader) countsAsks(folded string) bool {
	fields := strings.Fields(folded)
	for i, f := range fields {
		word := strings.Trim(f, ".,:")
		for _, w := range r.langs {
			_, number := w.numbers[word]
			if number && word != "a" && word != "an" && i+1 < len(fields) && slices.ContainsFunc(fields[i+1:min(len(fields), i+3)], func(next string) bool {
				return slices.Contains(w.abstract, strings.Trim(next, ".,:;"))
			}) {
				return true
			}
		}
	}
	return false
}

// obliges reports whether a sentence that a list goes on with ends with what must be done: "The treaty should:".
func (r *reader) obliges(folded string) bool {
	folded = strings.TrimRight(folded, ": ")
	for _, w := range r.langs {
		for _, verb := range w.obliges {
			if rest, ok := strings.CutSuffix(folded, verb); ok && (rest == "" || strings.HasSuffix(rest, " ")) {
				return true
			}
		}
	}
	return false
}

// takeList adds the demands of the list that begins at i and returns where it ends. Items of a list inside an item stay
// in its text; an item that only names who is asked introduces the items under it.
func (r *reader) takeList(i int, used []bool) int {
	top := r.marker(i)
	last := top
	depth, grouped := r.body[i].indent, false
	end := i
	for at := i; at < len(r.body); at++ {
		m := r.marker(at)
		nested := m.kind != noMarker && at > i && r.isNested(at, m, last, depth)
		group := m.kind != noMarker && !nested && r.isGroup(r.body[at])
		switch {
		case m.kind == noMarker:
			next := r.nextItem(at, last)
			if next < 0 {
				return r.endList(used, end)
			}
			continue
		case nested && !grouped && len(r.draft.Demands) > 0:
			r.extendDemand(r.body[at])
		case nested:
			r.addDemand(r.body[at], m)
		case at > i && !m.follows(last):
			return r.endList(used, end)
		default:
			last, grouped = m, group
			if !group {
				r.addDemand(r.body[at], m)
			}
		}
		used[at], end = true, at
	}
	return r.endList(used, end)
}

func (r *reader) endList(used []bool, end int) int {
	used[end] = true
	return end + 1
}

// isNested reports whether an item belongs to a list inside the last item: another kind of mark that begins anew, or a
// deeper indent.
func (r *reader) isNested(at int, m, last marker, depth int) bool {
	if m.kind == decimal && last.kind == numbered {
		return false
	}
	if m.kind == bullet && last.kind == bullet && m.sign != last.sign {
		return true
	}
	if m.kind == last.kind {
		return r.body[at].indent > depth+1 && !m.follows(last) || m.kind == bullet && r.body[at].indent > depth+1
	}
	return last.kind != bullet || r.body[at].indent > depth
}

// isGroup reports whether an item only says who is asked: "A. To the government:".
func (r *reader) isGroup(l line) bool {
	m := readMarker(l.text, r.langs)
	if wordCount(l.text) > 20 {
		return false
	}
	text := fold(l.text[m.size:])
	return (strings.HasSuffix(text, ":") || l.level > 0) && r.starts(text, func(w *words) []string { return w.to }) != ""
}

// extendDemand adds an item of an inner list to the last demand.
func (r *reader) extendDemand(l line) {
	d := &r.draft.Demands[len(r.draft.Demands)-1]
	if len(d.Text) < maxDemandText {
		d.Text += "\n" + l.text
	}
}

// nextItem looks past a paragraph inside a list for the item that goes on with it, and returns -1 if there is none.
func (r *reader) nextItem(at int, last marker) int {
	if last.kind == bullet || last.kind == noMarker {
		return -1
	}
	for j := at; j < min(len(r.body), at+4); j++ {
		if m := r.marker(j); m.kind == last.kind && m.follows(last) && !r.introducesOther(j) {
			return j
		}
	}
	return -1
}

func (r *reader) introducesOther(j int) bool {
	return j > 0 && strings.HasSuffix(strings.TrimSpace(r.body[j-1].text), ":")
}

func (r *reader) addDemand(l line, m marker) {
	text := strings.TrimSpace(l.text[m.size:])
	if text == "" || len(r.draft.Demands) >= maxDemands {
		return
	}
	r.draft.Demands = append(r.draft.Demands, Demand{Number: m.number, Text: text})
}

// proseDemands proposes the sentences of a paragraph that ask for something.
func (r *reader) proseDemands(i int, l line) {
	if l.level > 0 || i+1 < len(r.body) && r.asksForList(l.text) && r.marker(i+1).kind != noMarker {
		return
	}
	for _, s := range sentences(l.text) {
		folded := fold(s)
		least := 5
		if r.langs[0] == &arabic { // which writes as one word what others write as two or three
			least = 3
		}
		if n := wordCount(s); n < min(least, 4) || n < least && !r.asksPolitely(folded) {
			continue
		}
		if wordCount(folded) > 150 || !r.asks(folded) || r.onlySigning(folded) {
			continue
		}
		r.draft.Demands = append(r.draft.Demands, Demand{Text: trimQuotes(s), Unsure: true})
	}
}

// onlySigning reports whether a sentence of a call asks for nothing but the signature.
func (r *reader) onlySigning(folded string) bool {
	return r.draft.Form == FormCall && r.any(folded, func(w *words) []string { return w.signing })
}

// asks reports whether a folded sentence is a request of the letter's own: in the first person, to "you", or by an
// organisation that speaks of itself by name.
func (r *reader) asks(folded string) bool {
	for _, w := range r.langs {
		for _, not := range w.notAsking {
			folded = strings.ReplaceAll(folded, not, "-")
		}
	}
	return r.asksAsWe(folded) || r.asksPolitely(folded) || r.any(folded, func(w *words) []string { return w.toYou }) || r.asksByName(folded)
}

// asksPolitely recognises "Please lift the rule."; what a letter only says to be polite is no request.
func (r *reader) asksPolitely(folded string) bool {
	word := r.starts(folded, func(w *words) []string { return w.please })
	return word != "" && r.starts(strings.TrimSpace(folded[len(word):]), func(w *words) []string { return w.politeOnly }) == ""
}

// asksAsWe finds a verb of request with "we", "I" or "the undersigned" before it, adverbs aside. Persian puts the person
// into the verb, so the verb is enough.
func (r *reader) asksAsWe(folded string) bool {
	for _, w := range r.langs {
		if hasAny(folded, w.requestNouns) && hasAny(folded, w.firstPerson) {
			return true
		}
		for _, verb := range w.requests {
			rest, from := folded, 0
			for {
				at := indexWord(rest, verb)
				if at < 0 {
					break
				}
				if len(w.senders) == 0 || r.subjectBefore(w, folded[:from+at]) {
					return true
				}
				_, size := utf8.DecodeRuneInString(rest[at:])
				from += at + size
				rest = rest[at+size:]
			}
		}
	}
	return false
}

// subjectBefore reports whether the words before a verb end with a sender.
func (r *reader) subjectBefore(w *words, before string) bool {
	if (strings.HasPrefix(before, "we, ") || strings.HasPrefix(before, "i, ")) && strings.HasSuffix(strings.TrimSpace(before), ",") {
		return true // "We, actors and musicians of the Orpheum, ask …"
	}
	before = before[max(0, len(before)-120):]
	fields := strings.Fields(before)
	for i := len(fields) - 1; i >= 0 && i >= len(fields)-8; i-- {
		word := strings.Trim(fields[i], ",;:()\"'.-")
		if slices.Contains(w.senders, word) {
			return true
		}
		if !slices.Contains(w.adverbs, word) && !strings.HasSuffix(word, "ly") && !(i < len(fields)-1 && strings.HasSuffix(fields[i], ",") && i > 0) {
			return false
		}
	}
	return false
}

// asksByName finds a reported verb whose subject is the sender or a signer, in full or as an acronym.
func (r *reader) asksByName(folded string) bool {
	for _, w := range r.langs {
		for _, verb := range w.reported {
			at := indexWord(folded, verb)
			if at == 0 && w == &arabic && r.namesItself(folded[len(verb):]) {
				return true
			}
			if at <= 0 {
				continue
			}
			subject := folded[:at]
			if before := strings.Fields(subject); nounBefore[before[len(before)-1]] { // « d'une demande simple »
				continue
			}
			for _, name := range r.ownNames() {
				if i := lastIndexWord(subject, name); i >= 0 && len(subject)-i-len(name) < 60 && !strings.ContainsAny(subject[i+len(name):], ".;") {
					return true
				}
			}
			if hasAny(strings.ToValidUTF8(subject[max(0, len(subject)-60):], ""), []string{"undersigned", "soussignés", "soussignées", "الموقعون", "الموقعین", "الموقعه"}) {
				return true
			}
		}
	}
	return false
}

// nounBefore are words before what is a noun and a verb of request alike.
var nounBefore = map[string]bool{"une": true, "d'une": true, "la": true, "cette": true, "notre": true, "sa": true, "leur": true, "toute": true, "simple": true, "à": true}

// namesItself reports whether the letter's own side is named soon: Arabic has the verb before its subject.
func (r *reader) namesItself(folded string) bool {
	return slices.ContainsFunc(r.ownNames(), func(name string) bool {
		at := indexWord(folded, name)
		return at >= 0 && at < 20
	})
}

// ownNames returns the folded names that the letter's own side goes by.
func (r *reader) ownNames() []string {
	var names []string
	add := func(name string) {
		for _, n := range append(acronyms(name), name) {
			if folded := fold(n); runeCount(folded) > 2 {
				names = append(names, folded)
			}
		}
	}
	add(r.draft.Sender.Name)
	for _, s := range r.draft.SignedBy[:min(len(r.draft.SignedBy), 20)] {
		add(s.Name)
		add(s.Organisation)
	}
	return append(names, "our organisation", "our organization", "this letter", "this petition", "our coalition", "the coalition",
		"notre association", "notre organisation", "notre collectif", "notre coalition", "nos associations", "nos organisations", "جمعیتنا", "منظمتنا", "منظماتنا", "جمعیاتنا")
}

func lastIndexWord(text, word string) int {
	last := -1
	for from := 0; ; {
		i := indexWord(text[from:], word)
		if i < 0 {
			return last
		}
		last = from + i
		from = last + len(word)
	}
}

// sentences splits a paragraph at stops that a space and no lower-case letter follow.
func sentences(text string) []string {
	var out []string
	text = strings.ToValidUTF8(text[:min(len(text), maxParagraph)], "")
	start := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if c != '.' && c != '!' && c != '?' && c != '؟' && c != '۔' {
			continue
		}
		end := i
		for end < len(text) && strings.ContainsRune("\"”’»')]", firstRune(text[end:])) {
			end += len(string(firstRune(text[end:])))
		}
		if end >= len(text) || text[end] == ' ' && !abbreviation(text[start:i], text[end+1:]) {
			out = append(out, strings.TrimSpace(text[start:end]))
			start, i = end, end
		}
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// abbreviation reports whether a stop ends an abbreviation: "Mr. X", "U.S. allies", "No. 5".
func abbreviation(before, after string) bool {
	next := firstRune(after)
	if next >= 'a' && next <= 'z' {
		return true
	}
	word := before[strings.LastIndexByte(before, ' ')+1:]
	word = strings.TrimLeft(word, openers)
	switch strings.ToLower(word) {
	case "mr.", "mrs.", "ms.", "dr.", "prof.", "no.", "st.", "hon.", "art.", "vs.", "jr.", "sr.", "rev.", "gen.", "col.", "lt.", "h.e.", "e.g.", "i.e.", "p.", "para.":
		return true
	}
	return len(word) == 2 && word[0] >= 'A' && word[0] <= 'Z' || strings.Count(word, ".") > 1 && len(word) <= 6
}
