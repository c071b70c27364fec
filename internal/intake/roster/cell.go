package roster

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/undersigned/undersigned/internal/text"
)

// blanks are the folded words that stand in cells for nothing.
var blanks = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range []string{"n a", "na", "none", "nil", "null", "not applicable", "no affiliation", "unaffiliated", "not available", "self",
		"myself", "nobody", "same",
		"aucun", "aucune", "neant", "s o", "sans objet", "non applicable", "sans affiliation", "sans", "moi meme", "rien", "non renseigné",
		"هیچ", "هیچ کدام", "هیچکدام", "ندارد", "ندارم", "نداریم", "بدون", "خودم", "مورد ندارد", "نامشخص", "لا یوجد", "لا توجد", "لا شیء", "لا ینطبق",
		"غیر متوفر", "بلا", "نفسی", "لاشیء"} {
		set[text.Fold(w)] = true
	}
	return set
}()

// isBlank reports whether a cell holds nothing, or a word or a dash for it.
func isBlank(cell string) bool { return isDashes(cell) || blanks[text.Fold(cell)] }

func isDashes(cell string) bool {
	return !strings.ContainsFunc(cell, func(r rune) bool {
		return !unicode.IsPunct(r) && !unicode.IsSpace(r) && !strings.ContainsRune("~=+|", r)
	})
}

var (
	totalWords = wordsOf(`total totals totaux subtotal sum somme count nombre number مجموع جمع تعداد ~مجموع ~اجمالی ~عدد`)
	otherWords = wordsOf(`other others more autre autres دیگر دیگران آخرون آخرین آخر ~باقون غیرهم سایرین al`)
	// countedWords are of what is counted.
	countedWords = wordsOf(`signature signatures name names people person persons individual individuals organisation organisations organization
	organizations signatory
		signatories signer signers grand sub of many further anonymous nom noms personne personnes signataire signataires organisme organismes associations
		sous de des d general generale bien plusieurs et and plus with avec نفر تن امضا امضاها امضاکننده نام کل از و با ~توقیع ~توقیعات ~موقعین ~موقعون شخص
		شخصا ~اسماء کلی ~کلی منظمة`)
	alsoWords  = wordsOf(`and plus et و with`)
	unnamed    = wordsOf(`anonymous anon anonyme anonymes withheld ناشناس گمنام مجهول مجهولة مجهول‌الهوية ~هویة`)
	unnamedToo = wordsOf(`name signatory signer signature person member citizen by request a an un une
		to remain be stay keep kept wish wishes wants prefers signataire personne citoyen
		souhaite rester نام بی شخص فرد موقع اسم ~اسم نفر`)
	unnamedFull = map[string]bool{"بی نام": true, "بدون نام": true, "بدون اسم": true, "no name": true, "sans nom": true, "private": true,
		"confidential": true}
)

// countsOthers reports whether a text is of no signatory, but says how many there are: "Total: 3", "and 15 others".
func countsOthers(cell string) bool {
	list := wordsIn(cell)
	if len(list) == 0 {
		return false
	}
	if rest, ok := strings.CutPrefix(list[0], "و"); ok && rest != "" && (isNumber(rest) || otherWords.has(rest)) { // "and" as a part of the word
		list = append([]string{"و", rest}, list[1:]...)
	}
	also := alsoWords.has(list[0])
	if also && len(list) > 1 && isNumber(list[1]) {
		return true
	}
	for _, w := range list {
		if !isNumber(w) && !totalWords.has(w) && !otherWords.has(w) && !countedWords.has(w) {
			return false
		}
	}
	number := slices.ContainsFunc(list, isNumber)
	return totalWords.in(list) || otherWords.in(list) && (number || also) || number && countedWords.in(list)
}

// isUnnamed reports whether a text stands in the place of a name that is kept back.
func isUnnamed(cell string) bool {
	list := wordsIn(cell)
	if len(list) > 1 && isNumber(list[len(list)-1]) { // "Anonymous 2"
		list = list[:len(list)-1]
	}
	return unnamedFull[strings.Join(list, " ")] || unnamed.in(list) && cover(list, unnamed, unnamedToo)
}

// numbered is the number that a line has in its list: "1. Ada Lunt".
var numbered = regexp.MustCompile(`^[#№(\[]?\s?\p{Nd}{1,6}\s?(?:[.)\]:،]+\s*|[-–—]\s+|\s[-–—]\s*)`)

// loose is a number without anything behind it, or with a sign before it.
var loose = regexp.MustCompile(`^[#№]?\s?\p{Nd}{1,6}\s+`)

var bullet = regexp.MustCompile(`^[•·*‣▪–—-]\s+`)

// unnumbered takes the number of a line, or its bullet, out of a name; column says that the others have one too.
func unnumbered(name string, column bool) string {
	rest := numbered.ReplaceAllString(name, "")
	if rest == name && column {
		rest = loose.ReplaceAllString(name, "")
	}
	if rest != name && strings.ContainsFunc(rest, unicode.IsLetter) {
		return rest
	}
	return bullet.ReplaceAllString(name, "")
}

// isNumbered reports whether most cells of a column begin with a number: one alone may be a part of an organisation's name.
func isNumbered(rows []row, number int) bool {
	n, all := 0, 0
	for _, r := range rows {
		if cell := strings.TrimSpace(r.cell(number)); cell != "" {
			if all++; numbered.MatchString(cell) || loose.MatchString(cell) {
				n++
			}
		}
	}
	return n > 1 && n > all/2
}
