package document

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// The levels of the Unicode Bidirectional Algorithm (UAX #9) and the order in which a line shows its characters. x/text has the
// algorithm, but gives away runs of one direction without their levels, so that a number within a phrase within a sentence cannot be put
// in its place.

// maxDepth is that of BD2.
const maxDepth = 125

// autoLevel asks for the level of a paragraph by its first strong character, P2 and P3.
const autoLevel = -1

// levelsOf returns the level of each character of a paragraph, 0 or 1 being that of its sentences.
func levelsOf(text []rune, base int) []uint8 {
	p := bidiParagraph{text: text, class: make([]bidi.Class, len(text)), levels: make([]uint8, len(text)), matching: make([]int, len(text))}
	plain := true
	for i, r := range text {
		properties, _ := bidi.LookupRune(r)
		p.class[i] = properties.Class()
		switch p.class[i] {
		case bidi.L, bidi.EN, bidi.ES, bidi.ET, bidi.CS, bidi.WS, bidi.ON, bidi.NSM, bidi.BN, bidi.S, bidi.B:
		default:
			plain = false
		}
	}
	if plain && base <= 0 {
		return p.levels
	}
	p.matchIsolates()
	if base == autoLevel {
		base = p.firstStrong(0, len(text))
	}
	p.base = uint8(base)
	original := slices.Clone(p.class)
	p.explicit()
	for _, sequence := range p.sequences(original) {
		p.weak(sequence)
		p.brackets(sequence, original)
		p.neutral(sequence)
		for _, i := range sequence.at { // I1, I2
			switch c := p.class[i]; {
			case p.levels[i]%2 == 0 && c == bidi.R:
				p.levels[i]++
			case p.levels[i]%2 == 0 && (c == bidi.AN || c == bidi.EN):
				p.levels[i] += 2
			case p.levels[i]%2 == 1 && (c == bidi.L || c == bidi.EN || c == bidi.AN):
				p.levels[i]++
			}
		}
	}
	for i, c := range original { // what X9 leaves out is where the one before it is
		if isRemoved(c) {
			if p.levels[i] = p.base; i > 0 {
				p.levels[i] = p.levels[i-1]
			}
		}
	}
	for i, c := range original { // L1, for separators
		if c == bidi.S || c == bidi.B {
			p.levels[i] = p.base
			levelBlanks(original[:i], p.levels[:i], p.base)
		}
	}
	return p.levels
}

// levelBlanks gives the white space that ends a part of a line the level of its paragraph: L1.
func levelBlanks(class []bidi.Class, levels []uint8, base uint8) {
	for i, c := range slices.Backward(class) {
		if c != bidi.WS && !isIsolate(c) && c != bidi.PDI && !isRemoved(c) {
			return
		}
		levels[i] = base
	}
}

// visual returns the places of a line's characters in the order in which they stand from left to right, by their levels: L2. The line
// ends where its white space begins: whoever calls has given that the level of the paragraph.
func visual(levels []uint8) []int {
	order := make([]int, len(levels))
	highest, lowest := uint8(0), uint8(255)
	for i, l := range levels {
		order[i] = i
		highest = max(highest, l)
		if l%2 == 1 {
			lowest = min(lowest, l)
		}
	}
	for level := int(highest); level >= int(lowest); level-- {
		for i := 0; i < len(levels); i++ {
			start := i
			for i < len(levels) && int(levels[i]) >= level {
				i++
			}
			slices.Reverse(order[start:i])
		}
	}
	return order
}

type bidiParagraph struct {
	text     []rune
	class    []bidi.Class
	levels   []uint8
	matching []int // of an isolate's beginning its end, and the other way round; -1 for one that has none
	base     uint8
}

func isIsolate(c bidi.Class) bool { return c == bidi.LRI || c == bidi.RLI || c == bidi.FSI }

func isRemoved(c bidi.Class) bool {
	return c == bidi.LRE || c == bidi.RLE || c == bidi.LRO || c == bidi.RLO || c == bidi.PDF || c == bidi.BN
}

// matchIsolates is BD9.
func (p *bidiParagraph) matchIsolates() {
	var open []int
	for i, c := range p.class {
		p.matching[i] = -1
		switch {
		case isIsolate(c):
			open = append(open, i)
		case c == bidi.PDI && len(open) > 0:
			from := open[len(open)-1]
			open = open[:len(open)-1]
			p.matching[from], p.matching[i] = i, from
		case c == bidi.B:
			open = nil
		}
	}
}

// firstStrong is P2 and P3.
func (p *bidiParagraph) firstStrong(start, end int) int {
	for i := start; i < end; i++ {
		switch c := p.class[i]; {
		case c == bidi.L:
			return 0
		case c == bidi.R || c == bidi.AL:
			return 1
		case c == bidi.B:
			return 0
		case isIsolate(c):
			if p.matching[i] < 0 {
				return 0
			}
			i = p.matching[i]
		}
	}
	return 0
}

type embedding struct {
	level    uint8
	override bidi.Class // ON for none
	isolate  bool
}

// explicit is X1 to X8.
func (p *bidiParagraph) explicit() {
	stack := []embedding{{p.base, bidi.ON, false}}
	overIsolates, overEmbeddings, isolates := 0, 0, 0
	for i, c := range p.class {
		last := stack[len(stack)-1]
		rtl := c == bidi.RLE || c == bidi.RLO || c == bidi.RLI
		if c == bidi.FSI {
			end := p.matching[i]
			if end < 0 {
				end = len(p.text)
			}
			rtl = p.firstStrong(i+1, end) == 1
		}
		next := last.level + 2 - last.level%2 // the next even one
		if rtl {
			next = last.level + 1 + last.level%2
		}
		switch {
		case c == bidi.LRE || c == bidi.RLE || c == bidi.LRO || c == bidi.RLO:
			p.levels[i] = last.level
			if next > maxDepth || overIsolates > 0 || overEmbeddings > 0 {
				if overIsolates == 0 {
					overEmbeddings++
				}
				continue
			}
			override := bidi.Class(bidi.ON)
			if c == bidi.LRO {
				override = bidi.L
			} else if c == bidi.RLO {
				override = bidi.R
			}
			stack = append(stack, embedding{next, override, false})
		case isIsolate(c):
			p.levels[i] = last.level
			if last.override != bidi.ON {
				p.class[i] = last.override
			}
			if next > maxDepth || overIsolates > 0 || overEmbeddings > 0 {
				overIsolates++
				continue
			}
			isolates++
			stack = append(stack, embedding{next, bidi.ON, true})
		case c == bidi.PDI:
			if overIsolates > 0 {
				overIsolates--
			} else if isolates > 0 {
				overEmbeddings = 0
				for !stack[len(stack)-1].isolate {
					stack = stack[:len(stack)-1]
				}
				stack = stack[:len(stack)-1]
				isolates--
			}
			last = stack[len(stack)-1]
			p.levels[i] = last.level
			if last.override != bidi.ON {
				p.class[i] = last.override
			}
		case c == bidi.PDF:
			p.levels[i] = last.level
			if overIsolates == 0 && overEmbeddings > 0 {
				overEmbeddings--
			} else if overIsolates == 0 && !last.isolate && len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case c == bidi.B:
			p.levels[i] = p.base
			stack = stack[:1]
			overIsolates, overEmbeddings, isolates = 0, 0, 0
		case c == bidi.BN:
			p.levels[i] = last.level
		default:
			p.levels[i] = last.level
			if last.override != bidi.ON {
				p.class[i] = last.override
			}
		}
	}
}

// bidiSequence is an isolating run sequence, BD13, without what X9 leaves out.
type bidiSequence struct {
	at       []int
	sos, eos bidi.Class
}

// sequences is X10.
func (p *bidiParagraph) sequences(original []bidi.Class) (all []bidiSequence) {
	var runs [][]int
	byStart := map[int]int{} // first character to run
	for i := range p.text {
		if isRemoved(original[i]) {
			continue
		}
		if n := len(runs); n > 0 && p.levels[runs[n-1][0]] == p.levels[i] && original[runs[n-1][len(runs[n-1])-1]] != bidi.B {
			runs[n-1] = append(runs[n-1], i)
			continue
		}
		byStart[i] = len(runs)
		runs = append(runs, []int{i})
	}
	for _, run := range runs {
		if first := run[0]; original[first] == bidi.PDI && p.matching[first] >= 0 {
			continue // goes on a sequence
		}
		s := bidiSequence{at: run}
		for {
			last := s.at[len(s.at)-1]
			if !isIsolate(original[last]) || p.matching[last] < 0 {
				break
			}
			next, ok := byStart[p.matching[last]]
			if !ok {
				break
			}
			s.at = append(slices.Clone(s.at), runs[next]...)
		}
		level := p.levels[s.at[0]]
		before, after := p.base, p.base
		for i := s.at[0] - 1; i >= 0 && original[i] != bidi.B; i-- {
			if !isRemoved(original[i]) {
				before = p.levels[i]
				break
			}
		}
		if last := s.at[len(s.at)-1]; !isIsolate(original[last]) {
			for i := last + 1; i < len(p.text) && original[last] != bidi.B; i++ {
				if !isRemoved(original[i]) {
					after = p.levels[i]
					break
				}
			}
		}
		s.sos, s.eos = directionOf(max(level, before)), directionOf(max(level, after))
		all = append(all, s)
	}
	return all
}

func directionOf(level uint8) bidi.Class {
	if level%2 == 1 {
		return bidi.R
	}
	return bidi.L
}

// weak is W1 to W7.
func (p *bidiParagraph) weak(s bidiSequence) {
	before := s.sos
	for _, i := range s.at { // W1
		switch c := p.class[i]; {
		case c == bidi.NSM:
			p.class[i] = before
		case isIsolate(c) || c == bidi.PDI:
			before = bidi.ON
			continue
		}
		before = p.class[i]
	}
	strong := s.sos
	for _, i := range s.at { // W2, W3
		switch c := p.class[i]; c {
		case bidi.L, bidi.R, bidi.AL:
			strong = c
		case bidi.EN:
			if strong == bidi.AL {
				p.class[i] = bidi.AN
			}
		}
	}
	for _, i := range s.at {
		if p.class[i] == bidi.AL {
			p.class[i] = bidi.R
		}
	}
	for k := 1; k+1 < len(s.at); k++ { // W4
		a, b, c := p.class[s.at[k-1]], p.class[s.at[k]], p.class[s.at[k+1]]
		if b == bidi.ES && a == bidi.EN && c == bidi.EN || b == bidi.CS && a == c && (a == bidi.EN || a == bidi.AN) {
			p.class[s.at[k]] = a
		}
	}
	for k := 0; k < len(s.at); k++ { // W5
		start := k
		for k < len(s.at) && p.class[s.at[k]] == bidi.ET {
			k++
		}
		if start > 0 && p.class[s.at[start-1]] == bidi.EN || k < len(s.at) && p.class[s.at[k]] == bidi.EN {
			for _, i := range s.at[start:k] {
				p.class[i] = bidi.EN
			}
		}
	}
	strong = s.sos
	for _, i := range s.at { // W6, W7
		switch c := p.class[i]; c {
		case bidi.ES, bidi.ET, bidi.CS:
			p.class[i] = bidi.ON
		case bidi.L, bidi.R:
			strong = c
		case bidi.EN:
			if strong == bidi.L {
				p.class[i] = bidi.L
			}
		}
	}
}

// strongAs is the direction that a character counts as for N0 to N2, ON for none.
func strongAs(c bidi.Class) bidi.Class {
	switch c {
	case bidi.L:
		return bidi.L
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R
	}
	return bidi.ON
}

// maxBrackets is how many may be open, BD16.
const maxBrackets = 63

// brackets is N0.
func (p *bidiParagraph) brackets(s bidiSequence, original []bidi.Class) {
	type pair struct{ open, close int } // places in s.at
	type opened struct {
		closing rune
		at      int
	}
	var pairs []pair
	var open []opened
	for k, i := range s.at {
		properties, _ := bidi.LookupRune(p.text[i])
		if p.class[i] != bidi.ON || original[i] != bidi.ON || !properties.IsBracket() {
			continue
		}
		if properties.IsOpeningBracket() {
			if len(open) == maxBrackets {
				return
			}
			open = append(open, opened{sameBracket([]rune(bidi.ReverseString(string(p.text[i])))[0]), k})
			continue
		}
		for j, o := range slices.Backward(open) {
			if o.closing == sameBracket(p.text[i]) {
				pairs = append(pairs, pair{o.at, k})
				open = open[:j]
				break
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.open - b.open })
	along := directionOf(p.levels[s.at[0]])
	for _, x := range pairs {
		found := bidi.Class(bidi.ON)
		for _, i := range s.at[x.open+1 : x.close] {
			if c := strongAs(p.class[i]); c == along {
				found = along
				break
			} else if c != bidi.ON {
				found = c
			}
		}
		if found == bidi.ON {
			continue
		}
		if found != along {
			before := s.sos
			for _, i := range slices.Backward(s.at[:x.open]) {
				if c := strongAs(p.class[i]); c != bidi.ON {
					before = c
					break
				}
			}
			if before != found {
				found = along
			}
		}
		for _, k := range []int{x.open, x.close} {
			p.class[s.at[k]] = found
			for _, i := range s.at[k+1:] { // marks on the bracket
				if original[i] != bidi.NSM {
					break
				}
				p.class[i] = found
			}
		}
	}
}

// sameBracket makes two brackets equal that are canonically equivalent.
func sameBracket(r rune) rune {
	switch r {
	case '\u2329':
		return '\u3008'
	case '\u232a':
		return '\u3009'
	}
	return r
}

// neutral is N1 and N2.
func (p *bidiParagraph) neutral(s bidiSequence) {
	isNeutral := func(c bidi.Class) bool {
		return c == bidi.ON || c == bidi.WS || c == bidi.S || c == bidi.B || c == bidi.PDI || isIsolate(c)
	}
	for k := 0; k < len(s.at); k++ {
		if !isNeutral(p.class[s.at[k]]) {
			continue
		}
		start := k
		for k < len(s.at) && isNeutral(p.class[s.at[k]]) {
			k++
		}
		before, after := s.sos, s.eos
		if start > 0 {
			before = strongAs(p.class[s.at[start-1]])
		}
		if k < len(s.at) {
			after = strongAs(p.class[s.at[k]])
		}
		for _, i := range s.at[start:k] {
			if p.class[i] = directionOf(p.levels[i]); before == after {
				p.class[i] = before
			}
		}
	}
}
