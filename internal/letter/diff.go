package letter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/text"
)

// DiffKind says what became of a paragraph or of words between two editions.
type DiffKind string

// The kinds.
const (
	DiffSame     DiffKind = "same"
	DiffAdded    DiffKind = "added"
	DiffRemoved  DiffKind = "removed"
	DiffReworded DiffKind = "reworded" // a paragraph of which words were taken and added
)

// DiffParagraph is a paragraph of either edition, or one that both have in other words.
type DiffParagraph struct {
	Kind  DiffKind
	Spans []DiffSpan
}

// DiffSpan is a run of words that stayed, came or went.
type DiffSpan struct {
	Kind DiffKind
	Text string
}

// Diff compares two canonical files by paragraph, and paragraphs that were reworded by word. Words are as a reader sees them, without the
// marks of the file, unless only these differ.
func Diff(from, to string) []DiffParagraph {
	a, b := strings.Split(strings.TrimSpace(from), "\n\n"), strings.Split(strings.TrimSpace(to), "\n\n")
	var out []DiffParagraph
	var removed, added []string
	whole := func(kind DiffKind, paragraph string) {
		out = append(out, DiffParagraph{kind, []DiffSpan{{kind, readable(paragraph)}}})
	}
	flush := func() {
		for i, old := range removed {
			if i < len(added) && similar(old, added[i]) {
				out = append(out, DiffParagraph{DiffReworded, diffWords(old, added[i])})
				continue
			}
			whole(DiffRemoved, old)
			if i < len(added) {
				whole(DiffAdded, added[i])
			}
		}
		for _, fresh := range added[min(len(removed), len(added)):] {
			whole(DiffAdded, fresh)
		}
		removed, added = nil, nil
	}
	for _, step := range align(a, b) {
		switch {
		case step.inA && step.inB:
			flush()
			whole(DiffSame, step.text)
		case step.inA:
			removed = append(removed, step.text)
		default:
			added = append(added, step.text)
		}
	}
	flush()
	return out
}

var (
	// lineMark is what stands before an item of a list or a note, which is no text to the parser and is one to readers.
	lineMark = regexp.MustCompile(`^\s*(\p{Nd}+[.)]|[-*+]|\[\^[^\]]+\]:)\s+`)
	target   = regexp.MustCompile(`\]\(([^)\s]*)`)
)

// lineParser reads a line of a file, which is enough for its words.
var lineParser = Text{}.markdown("").Parser()

// readable returns the words of a paragraph of a canonical file as a reader sees them.
func readable(paragraph string) string {
	var lines []string
	for line := range strings.Lines(paragraph) {
		mark := strings.TrimSpace(lineMark.FindString(line))
		source := []byte(line[len(lineMark.FindString(line)):])
		words := wordsOf(lineParser.Parse(text.NewReader(source)), source)
		lines = append(lines, strings.TrimSpace(strings.Trim(mark, "[]^:")+" "+strings.TrimSuffix(strings.TrimSpace(words), "\\")))
	}
	return strings.Join(lines, " ")
}

// similar reports whether two paragraphs share half of the shorter one's words.
func similar(a, b string) bool {
	have := map[string]bool{}
	words := strings.Fields(a)
	for _, w := range words {
		have[w] = true
	}
	shared := 0
	others := strings.Fields(b)
	for _, w := range others {
		if have[w] {
			shared++
		}
	}
	return shared*2 >= min(len(words), len(others))
}

// diffWords compares two paragraphs by word. What words alone do not show, where a link leads or what is emphasised, is compared as it
// stands in the file.
func diffWords(from, to string) (spans []DiffSpan) {
	was, is := readable(from), readable(to)
	if was == is || !slices.Equal(target.FindAllString(from, -1), target.FindAllString(to, -1)) {
		was, is = from, to
	}
	var gone, come []string // of the change that goes on
	add := func(kind DiffKind, words []string) {
		if len(words) == 0 {
			return
		}
		joined := strings.Join(words, " ")
		if n := len(spans); n > 0 && spans[n-1].Kind == kind {
			spans[n-1].Text += " " + joined
			return
		}
		spans = append(spans, DiffSpan{kind, joined})
	}
	for _, step := range align(strings.Fields(was), strings.Fields(is)) {
		switch {
		case step.inA && step.inB:
			add(DiffRemoved, gone)
			add(DiffAdded, come)
			gone, come = nil, nil
			add(DiffSame, []string{step.text})
		case step.inA:
			gone = append(gone, step.text)
		default:
			come = append(come, step.text)
		}
	}
	add(DiffRemoved, gone)
	add(DiffAdded, come)
	return spans
}

type alignment struct {
	text     string
	inA, inB bool
}

// maxAlign bounds the table of a comparison; longer texts keep their common beginning and end and change in between.
const maxAlign = 4_000_000

// align finds a longest common subsequence after taking off what both begin and end with.
func align(a, b []string) (out []alignment) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		out = append(out, alignment{a[start], true, true})
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	out = append(out, alignMiddle(a[start:len(a)-end], b[start:len(b)-end])...)
	for _, same := range a[len(a)-end:] {
		out = append(out, alignment{same, true, true})
	}
	return out
}

func alignMiddle(a, b []string) (out []alignment) {
	lengths := make([][]int, len(a)+1)
	if len(a)*len(b) <= maxAlign {
		for i := range lengths {
			lengths[i] = make([]int, len(b)+1)
		}
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				if a[i] == b[j] {
					lengths[i][j] = lengths[i+1][j+1] + 1
				} else {
					lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
				}
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) && lengths[i] != nil {
		switch {
		case a[i] == b[j]:
			out = append(out, alignment{a[i], true, true})
			i, j = i+1, j+1
		case lengths[i+1][j] >= lengths[i][j+1]:
			out = append(out, alignment{a[i], true, false})
			i++
		default:
			out = append(out, alignment{b[j], false, true})
			j++
		}
	}
	for _, gone := range a[i:] {
		out = append(out, alignment{gone, true, false})
	}
	for _, come := range b[j:] {
		out = append(out, alignment{come, false, true})
	}
	return out
}
