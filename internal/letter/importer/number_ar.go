package importer

import "strings"

// readArabicWords reads «خمسة وعشرون», «ثلاثة آلاف», «مئة وخمسون ألفا», «شخصان». Units stand before tens, and the "and"
// between them is joined to the second.
func (x *lexicon) readArabicWords(ts []token, i int) (n number, ok bool) {
	n.from, n.to = i, i
	var total, current, last float64
	for n.to < len(ts) && (n.to == i || !ts[n.to-1].ended) {
		word, joined := ts[n.to].word, false
		if !x.isArabicNumber(word) {
			word, joined = strings.CutPrefix(word, "و")
		}
		if two := x.duals[word]; two > 0 && (n.to == i || joined && two >= 1000) {
			total += two
			n.to++
			if two < 1000 {
				break
			}
			last = two
			continue
		}
		if (word == "احد" || word == "احدی") && n.to+1 < len(ts) && (ts[n.to+1].word == "عشر" || ts[n.to+1].word == "عشره") {
			current += 11
			last, n.to = 11, n.to+2
			continue
		}
		if factor := x.scales[word]; factor >= 1000 && firstRune(word) >= 0x590 {
			if joined || current == 0 {
				total += current + factor
			} else {
				total += current * factor
			}
			current, last = 0, factor
			n.to++
			continue
		}
		value, known := x.numbers[word]
		if !known || firstRune(word) < 0x590 || n.to > i && !addsArabic(value, last, joined) {
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

func (x *lexicon) isArabicNumber(word string) bool {
	_, number := x.numbers[word]
	return number || x.scales[word] > 0 || x.duals[word] > 0
}

// addsArabic reports whether a number word goes on with the one before it.
func addsArabic(value, last float64, joined bool) bool {
	if !joined {
		return last < 10 && last > 0 && (value == 10 || value == 100)
	}
	switch {
	case last >= 1000:
		return value < 1000
	case last >= 100:
		return value < 100
	}
	return last < 10 && value >= 20 && value < 100
}
