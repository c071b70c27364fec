package importer

import (
	"slices"
	"strings"
)

const (
	maxDemands    = 300   // bounds the list
	maxDemandText = 20000 // bytes of a demand that inner lists are added to
)

// What makes a list or a sentence one of demands, in words.
const (
	listHeadWords   = 8   // most of a heading of demands
	groupWords      = 20  // most of an item that only says who is asked
	introducedAbove = 2   // lines above a list of which one introduces it …
	besideListWords = 12  // … if what stands between has no more words than a heading or a name
	countedBehind   = 2   // words behind a number of which one says what is counted: "three simple things"
	goesOnWithin    = 4   // lines behind an item in which the next one follows
	fewestWords     = 5   // of a sentence that asks; what is shorter is a heading
	politeWords     = 4   // so of one that begins with "please"
	mostWords       = 150 // of such a sentence; what is longer is no sentence
)

// demandReader reads the demands of a body.
type demandReader struct {
	*reader
	lines   []line
	marks   []marker // of the lines; a heading is no item
	used    []bool   // lines that a list has taken
	form    Form
	names   []string // see ownNames
	demands []Demand
}

// readDemands finds the lists that a request introduces, and requests in prose. Names are what the letter's own side goes by.
func (r *reader) readDemands(body []line, form Form, names []string) []Demand {
	x := demandReader{reader: r, lines: body, used: make([]bool, len(body)), form: form, names: names}
	x.marks = r.markersOf(body)
	x.takeLists(x.introduced)
	if len(x.demands) == 0 && form == FormLetter {
		x.takeLists(x.implied)
	}
	for i := range body {
		if !x.used[i] && len(x.demands) < maxDemands {
			x.readProse(i)
		}
	}
	if len(x.demands) >= maxDemands {
		x.demands = x.demands[:maxDemands]
		r.warn("too_many", "What", "demands")
	}
	return x.demands
}

// markersOf returns the marks of lines. "First, …" is one only if a line nearby has the next ordinal or the one before.
func (r *reader) markersOf(lines []line) []marker {
	all := make([]marker, len(lines))
	for i, l := range lines {
		all[i] = readMarker(l.text, r.Ordinals)
	}
	marks := slices.Clone(all)
	for i, m := range all {
		near := slices.Concat(all[max(0, i-2):i], all[i+1:min(len(all), i+3)])
		if lines[i].level > 0 || m.kind == spelled && !slices.ContainsFunc(near, func(other marker) bool {
			return other.kind == spelled && (other.value == m.value+1 || other.value == m.value-1)
		}) {
			marks[i] = marker{}
		}
	}
	return marks
}

// takeLists takes the demands of the lists whose first item is introduced.
func (x *demandReader) takeLists(introduced func(i int) bool) {
	for i := 0; i < len(x.lines); i++ {
		if x.used[i] || x.marks[i].kind == noMarker || !introduced(i) {
			continue
		}
		end := x.takeList(i)
		if i > 0 {
			x.used[i-1] = true
		}
		i = end
	}
}

// implied reports whether the list at i says what must be done though nothing asks for it: "The treaty should:", or
// requests that are counted in words and nothing but them.
func (x *demandReader) implied(i int) bool {
	first, text := x.marks[i], x.lines[i].text
	if first.value > 1 || i == 0 {
		return false
	}
	if above := x.lines[i-1].text; strings.HasSuffix(above, ":") && x.obliges(fold(above)) {
		return true
	}
	behind := text[len(first.number):]
	return first.kind == numbered && strings.HasSuffix(text, "!") || first.kind == spelled && strings.ContainsAny(behind[:min(len(behind), 3)], ":：")
}

// introduced reports whether the lines above item i ask for what the list says.
func (x *demandReader) introduced(i int) bool {
	if x.marks[i].value > 1 {
		return false
	}
	for j := i - 1; j >= max(0, i-introducedAbove); j-- {
		above := x.lines[j]
		if x.isListHead(above) || x.asksForList(above.text) {
			return true
		}
		if x.isGroup(above) && (len(x.demands) > 0 || j > 0 && (x.asksForList(x.lines[j-1].text) || x.isListHead(x.lines[j-1]))) {
			return true
		}
		if j == i-1 && x.marks[j].kind == noMarker && wordCount(above.text) > besideListWords {
			return false
		}
	}
	return false
}

// isListHead reports whether a line is a heading of demands: "Our demands", «خواسته‌های ما».
func (r *reader) isListHead(l line) bool {
	folded := strings.Trim(fold(l.text), " :.-")
	return wordCount(folded) <= listHeadWords && r.ListHeads.starts(folded) &&
		(l.level > 0 || strings.HasSuffix(l.text, ":") || r.ListHeads.has(folded))
}

// asksForList reports whether the last sentence of a paragraph is a request that the list below goes on with.
func (x *demandReader) asksForList(text string) bool {
	all := sentences(text)
	if len(all) == 0 {
		return false
	}
	last := fold(all[len(all)-1])
	if strings.ContainsRune(".?!؟", lastRune(last)) && !x.Following.in(last) && !x.countsAsks(last) {
		return false
	}
	return x.asks(last) || x.ListHeads.in(last)
}

// countsAsks recognises "We ask three things of you.": a request that says how many follow.
func (r *reader) countsAsks(folded string) bool {
	fields := strings.Fields(folded)
	for i, f := range fields {
		behind := fields[i+1 : min(len(fields), i+1+countedBehind)]
		for _, w := range r.langs {
			counts := func(next string) bool { return w.Abstract.has(strings.Trim(next, ".,:;")) }
			if _, number := w.Numbers[strings.Trim(f, ".,:")]; number && slices.ContainsFunc(behind, counts) {
				return true
			}
		}
	}
	return false
}

// obliges reports whether a sentence that a list goes on with ends with what must be done: "The treaty should:".
func (r *reader) obliges(folded string) bool {
	folded = " " + strings.TrimRight(folded, ": ")
	return slices.ContainsFunc(r.Obliges, func(verb string) bool { return strings.HasSuffix(folded, " "+verb) })
}

// takeList takes the demands of the list that begins at i and returns its last item. Items of a list inside an item stay
// in its text; an item that only names who is asked introduces the items under it.
func (x *demandReader) takeList(i int) (end int) {
	last, depth, grouped := x.marks[i], x.lines[i].indent, false
	for at := i; at < len(x.lines); at++ {
		m := x.marks[at]
		if m.kind == noMarker {
			if !x.goesOn(at, last) {
				break
			}
			continue
		}
		switch nested := at > i && x.isNested(at, last, depth); {
		case nested && !grouped && len(x.demands) > 0:
			if d := &x.demands[len(x.demands)-1]; len(d.Text) < maxDemandText {
				d.Text += "\n" + x.lines[at].text
			}
		case nested:
			x.add(at)
		case at > i && (!m.follows(last) || m.sign != last.sign):
			return end
		default:
			last, grouped = m, x.isGroup(x.lines[at])
			if !grouped {
				x.add(at)
			}
		}
		x.used[at], end = true, at
	}
	return end
}

// isNested reports whether an item belongs to a list inside the last item: another kind of mark that begins anew, or a
// deeper indent.
func (x *demandReader) isNested(at int, last marker, depth int) bool {
	m, deeper := x.marks[at], x.lines[at].indent > depth+1
	switch {
	case m.kind == decimal && last.kind == numbered:
		return false
	case m.kind == bullet && last.kind == bullet:
		return m.sign != last.sign && x.lines[at].gap == 0 || deeper
	case m.kind == last.kind:
		return deeper && !m.follows(last)
	}
	return last.kind != bullet || x.lines[at].indent > depth
}

// isGroup reports whether an item only says who is asked: "A. To the government:".
func (r *reader) isGroup(l line) bool {
	folded := fold(l.text[readMarker(l.text, r.Ordinals).size:])
	return wordCount(l.text) <= groupWords && (l.level > 0 || strings.HasSuffix(folded, ":")) && r.To.starts(folded)
}

// goesOn looks past a paragraph inside a list for the item that goes on with it. An item below a colon begins another list.
func (x *demandReader) goesOn(at int, last marker) bool {
	if last.kind == bullet {
		return false
	}
	for j := at; j < min(len(x.lines), at+goesOnWithin); j++ {
		if m := x.marks[j]; m.kind == last.kind && m.follows(last) && !(j > 0 && strings.HasSuffix(x.lines[j-1].text, ":")) {
			return true
		}
	}
	return false
}

func (x *demandReader) add(at int) {
	if text := strings.TrimSpace(x.lines[at].text[x.marks[at].size:]); text != "" && len(x.demands) < maxDemands {
		x.demands = append(x.demands, Demand{Number: x.marks[at].number, Text: text})
	}
}

// readProse proposes the sentences of a paragraph that ask for something.
func (x *demandReader) readProse(i int) {
	l := x.lines[i]
	if l.level > 0 || i+1 < len(x.lines) && x.marks[i+1].kind != noMarker && x.asksForList(l.text) {
		return
	}
	fewest := x.ShortRequest
	if fewest == 0 {
		fewest = fewestWords
	}
	for _, s := range sentences(l.text[x.marks[i].size:]) {
		folded := fold(s)
		if n := wordCount(s); n < min(fewest, politeWords) || n < fewest && !x.asksPolitely(folded) || wordCount(folded) > mostWords {
			continue
		}
		if x.asks(folded) && !(x.form == FormCall && x.Signing.in(folded)) { // a call asks for nothing but the signature
			x.demands = append(x.demands, Demand{Text: trimQuotes(s), Unsure: true})
		}
	}
}
