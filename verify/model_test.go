package verify_test

import (
	"time"

	"github.com/undersigned/undersigned/verify"
)

// outcome is what leaves say, as far as a count rests on it.
type outcome struct {
	counts   map[verify.LetterID]verify.Counts
	closed   map[verify.LetterID]bool
	deadline map[verify.LetterID]time.Time
	refused  []int64 // the leaves that change nothing
}

// taken is a leaf that the rules let pass.
type taken struct {
	index int64
	hash  verify.Hash
	leaf  verify.Leaf
}

// book is the rule of the count written a second time, to be read beside its text and not to be fast: it keeps the leaves
// that passed, and answers every question by going through all of them again. With the name of a mistake it makes that
// mistake, which shows whether the tests would find it in the real one.
type book struct {
	passed  []taken
	mistake string
}

// model counts leaves.
func model(leaves [][]byte, mistake string) outcome {
	b := &book{mistake: mistake}
	o := outcome{counts: map[verify.LetterID]verify.Counts{}, closed: map[verify.LetterID]bool{}, deadline: map[verify.LetterID]time.Time{}}
	index := int64(0)
	for _, text := range leaves {
		leaf, err := verify.Parse(text)
		if err == nil && b.passes(leaf, index) {
			b.passed = append(b.passed, taken{index, verify.RecordHash(text), leaf})
		} else {
			o.refused = append(o.refused, index)
		}
		if err == nil {
			o.counts[leaf.Of()] = verify.Counts{}
		}
		if err == nil || mistake != "an unreadable leaf has no place" {
			index++
		}
	}
	for id := range o.counts {
		o.counts[id] = b.count(id)
		o.closed[id] = b.closed(id)
		o.deadline[id] = b.deadline(id).At
	}
	return o
}

func (b *book) is(mistake string) bool { return b.mistake == mistake }

func (b *book) passes(leaf verify.Leaf, index int64) bool {
	id := leaf.Of()
	open := !b.closed(id)
	switch l := leaf.(type) {
	case verify.Edition:
		before := b.editions(id)
		number := l.Number == len(before)+1 || b.is("editions skip numbers")
		follows := len(before) == 0 || l.Previous == before[len(before)-1].hash || b.is("an edition follows any other")
		return number && follows && (open || b.is("an edition comes after the close"))
	case verify.Sign:
		switch {
		case b.is("the day decides and not the order"):
			open = b.deadline(id).At.IsZero() || l.Day <= b.deadline(id).At.Format(time.DateOnly)
		case b.is("a signature after the close counts"):
			open = true
		}
		return open && b.editionOf(l) > 0 && (!l.Basis.Imported() || b.room(id, index))
	case verify.Relist:
		listing, stands := b.target(id, l.Target, index)
		changes := listing != l.Listing || b.is("a relisting may change nothing")
		return stands && changes && (open || b.is("a relisting after the close counts"))
	case verify.Withdraw:
		_, stands := b.target(id, l.Target, index)
		return stands && (open || !b.is("nobody leaves after the close"))
	case verify.Deadline:
		return open || b.is("a deadline moves after the close")
	case verify.Import:
		return open || b.is("a list comes after the close")
	case verify.Close:
		return (open || b.is("a letter closes twice")) && (l.Size == index || b.is("a close leaf has any size"))
	case verify.Deliver:
		c := b.count(id)
		same := l.Organisations == c.Organisations && l.Persons == c.Persons && l.Withheld == c.Withheld && l.Imported == c.Imported
		return (same || b.is("any number is delivered")) && (l.Size == index || b.is("a delivery is of any size"))
	}
	return false
}

func (b *book) editions(id verify.LetterID) (list []taken) {
	for _, t := range b.passed {
		if e, ok := t.leaf.(verify.Edition); ok && e.Letter == id {
			list = append(list, t)
		}
	}
	return list
}

// editionOf returns the number of the edition that was signed; 0 if the letter did not have it.
func (b *book) editionOf(s verify.Sign) int {
	for _, t := range b.passed {
		if e, ok := t.leaf.(verify.Edition); ok && t.hash == s.Edition && (e.Letter == s.Letter || b.is("an edition of another letter will do")) {
			return e.Number
		}
	}
	if b.is("an unknown edition will do") {
		return 1
	}
	return 0
}

func (b *book) closed(id verify.LetterID) bool {
	for _, t := range b.passed {
		if c, ok := t.leaf.(verify.Close); ok && c.Letter == id {
			return true
		}
	}
	return false
}

func (b *book) deadline(id verify.LetterID) (last verify.Deadline) {
	for _, t := range b.passed {
		if d, ok := t.leaf.(verify.Deadline); ok && d.Letter == id && (last.At.IsZero() || !b.is("the first deadline stays")) {
			last = d
		}
	}
	return last
}

// room reports whether import leaves allow for one signature more.
func (b *book) room(id verify.LetterID, index int64) bool {
	n := 0
	for _, t := range b.passed {
		switch l := t.leaf.(type) {
		case verify.Import:
			if l.Letter == id || b.is("a list of another letter will do") {
				n += l.N
			}
		case verify.Sign:
			if _, stands := b.target(id, t.index, index); l.Letter == id && l.Basis.Imported() && (stands || !b.is("an end gives room on the list")) {
				n--
			}
		}
	}
	return n > 0 || b.is("a list bounds nothing")
}

// target returns the listing of the signature at an index, and whether an act of the letter can be about it.
func (b *book) target(id verify.LetterID, target, before int64) (listing verify.Listing, stands bool) {
	for _, t := range b.passed {
		switch l := t.leaf.(type) {
		case verify.Sign:
			if t.index == target {
				listing, stands = l.Listing, l.Letter == id || b.is("another letter ends it")
			}
		case verify.Relist:
			if l.Target == target {
				listing = l.Listing
			}
		case verify.Withdraw:
			if l.Target == target && !b.is("an end counts twice") {
				stands = false
			}
		}
	}
	if b.is("an end comes before its signature") && target >= before {
		return listing, true
	}
	return listing, stands
}

// count adds up what passed: a signature is one, its end takes the one away.
func (b *book) count(id verify.LetterID) (c verify.Counts) {
	since, last := 0, 0
	for _, t := range b.editions(id) {
		e := t.leaf.(verify.Edition)
		last = e.Number
		if e.Follows == verify.Substantive || e.Follows == verify.Translation && b.is("a translation is a new text") ||
			e.Follows == verify.Cosmetic && b.is("a correction is a new text") {
			since = e.Number
		}
	}
	if b.is("only the last edition is not an earlier one") {
		since = last
	}
	if b.is("no edition is an earlier one") {
		since = 0
	}
	for _, t := range b.passed {
		switch l := t.leaf.(type) {
		case verify.Sign:
			if l.Letter == id {
				listing, _ := b.target(id, t.index, t.index+1)
				if b.is("a relisting is passed over") {
					listing = l.Listing
				}
				b.put(&c, l, listing, b.editionOf(l) < since, 1)
			}
		case verify.Withdraw:
			if l.Letter == id || b.is("another letter ends it") {
				b.end(&c, id, l, since)
			}
		}
	}
	return c
}

func (b *book) end(c *verify.Counts, id verify.LetterID, w verify.Withdraw, since int) {
	for _, t := range b.passed {
		if s, ok := t.leaf.(verify.Sign); ok && t.index == w.Target && s.Letter == id {
			listing, _ := b.target(id, t.index, t.index+1)
			if b.is("a relisting is passed over") {
				listing = s.Listing
			}
			if b.is("who ended stays in the count") {
				break
			}
			b.put(c, s, listing, b.editionOf(s) < since, -1)
		}
	}
	if w.Letter != id {
		return
	}
	removed := w.Reason == verify.Duplicate || w.Reason == verify.Fraud || w.Reason == verify.Moderation || w.Reason == verify.Undone
	switch {
	case w.Reason == verify.Reaffirmed && !b.is("who reaffirms has withdrawn"):
	case removed && !b.is("who was removed has withdrawn"):
		c.Removed++
	case w.Reason == verify.Erasure && b.is("who was erased never was"):
	default:
		c.Withdrawn++
	}
}

func (b *book) put(c *verify.Counts, s verify.Sign, listing verify.Listing, earlier bool, n int) {
	kind := &c.Persons
	if s.Kind == verify.Organisation && !b.is("an organisation is a person") {
		kind = &c.Organisations
	}
	if listing == verify.Withheld {
		c.Withheld += n
	}
	if listing == verify.Public || !b.is("who is withheld is not in the number of persons") {
		*kind += n
	}
	imported := s.Basis == verify.ByPaper || s.Basis == verify.ByImport || s.Basis == verify.ByReply
	if imported || s.Basis == verify.ByVoucher && b.is("who was vouched for was imported") {
		c.Imported += n
	}
	if imported && s.Basis == verify.ByReply && b.is("who replied was not imported") {
		c.Imported -= n
	}
	if earlier {
		c.Earlier += n
	}
}

// mistakes are those that a book can make.
var mistakes = []string{
	"an unreadable leaf has no place", "editions skip numbers", "an edition follows any other", "the day decides and not the order",
	"a signature after the close counts", "a relisting may change nothing", "a relisting after the close counts", "nobody leaves after the close",
	"a deadline moves after the close", "a list comes after the close", "an edition comes after the close", "a letter closes twice", "a close leaf has any size",
	"any number is delivered", "a delivery is of any size", "an edition of another letter will do", "an unknown edition will do",
	"the first deadline stays", "a list of another letter will do", "an end gives room on the list", "a list bounds nothing",
	"another letter ends it", "an end counts twice", "an end comes before its signature", "a translation is a new text", "a correction is a new text",
	"only the last edition is not an earlier one", "no edition is an earlier one", "a relisting is passed over", "who ended stays in the count",
	"who reaffirms has withdrawn", "who was removed has withdrawn", "who was erased never was", "an organisation is a person",
	"who is withheld is not in the number of persons", "who was vouched for was imported", "who replied was not imported",
}
