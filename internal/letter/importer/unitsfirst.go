package importer

import "strings"

// readUnitsFirst reads «خمسة وعشرون», «ثلاثة آلاف», «مئة وخمسون ألفا», «شخصان»: units stand before tens, the "and" between them
// is joined to the second, and two of something is one word.
func (r *reader) readUnitsFirst(ts []token, i int) (n number, ok bool) {
	n.from, n.to = i, i
	var total, current, last float64
	for n.to < len(ts) && (n.to == i || !ts[n.to-1].ended) {
		word, joined := ts[n.to].word, false
		if !r.isNumberWord(word) {
			word, joined = strings.CutPrefix(word, r.JoinedAnd)
		}
		if two := r.Duals[word]; two > 0 && (n.to == i || joined && two >= 1000) {
			total += two
			n.to++
			if two < 1000 {
				break
			}
			last = two
			continue
		}
		if r.Elevens.has(word) && n.to+1 < len(ts) && r.Numbers[ts[n.to+1].word] == 10 {
			current += 11
			last, n.to = 11, n.to+2
			continue
		}
		if factor := r.Scales[word]; factor >= 1000 && caseless(word) {
			if joined || current == 0 {
				total += current + factor
			} else {
				total += current * factor
			}
			current, last = 0, factor
			n.to++
			continue
		}
		value, known := r.Numbers[word]
		if !known || !caseless(word) || n.to > i && !addsUnit(value, last, joined) {
			break
		}
		if value == 100 && last > 0 && last < 10 { // «ثلاث مئة»
			current += last*100 - last
		} else {
			current += value
		}
		last = value
		n.to++
	}
	n.value = total + current
	return n, n.to > i && n.value > 0
}

func (r *reader) isNumberWord(word string) bool {
	_, number := r.Numbers[word]
	return number || r.Scales[word] > 0 || r.Duals[word] > 0
}

// addsUnit reports whether a number word goes on with the one before it.
func addsUnit(value, last float64, joined bool) bool {
	switch {
	case !joined:
		return last < 10 && last > 0 && (value == 10 || value == 100)
	case last >= 1000:
		return value < 1000
	case last >= 100:
		return value < 100
	}
	return last < 10 && value >= 20 && value < 100
}
