package letter

import "strings"

// DiffKind says what became of a paragraph between two editions.
type DiffKind string

// The kinds of a paragraph in a diff.
const (
	DiffSame    DiffKind = "same"
	DiffAdded   DiffKind = "added"
	DiffRemoved DiffKind = "removed"
)

// DiffParagraph is a paragraph of either edition.
type DiffParagraph struct {
	Kind  DiffKind
	Spans []DiffSpan
}

// DiffSpan is a run of words; Changed marks those that the paragraph's counterpart does not have.
type DiffSpan struct {
	Text    string
	Changed bool
}

// Diff compares two canonical files by paragraph, and paragraphs that were reworded by word.
func Diff(from, to string) []DiffParagraph {
	a, b := strings.Split(strings.TrimSpace(from), "\n\n"), strings.Split(strings.TrimSpace(to), "\n\n")
	var out []DiffParagraph
	var removed, added []string
	flush := func() {
		for i, old := range removed {
			if i < len(added) && similar(old, added[i]) {
				was, is := diffWords(old, added[i])
				out = append(out, DiffParagraph{DiffRemoved, was}, DiffParagraph{DiffAdded, is})
				continue
			}
			out = append(out, DiffParagraph{DiffRemoved, []DiffSpan{{old, true}}})
			if i < len(added) {
				out = append(out, DiffParagraph{DiffAdded, []DiffSpan{{added[i], true}}})
			}
		}
		for _, text := range added[min(len(removed), len(added)):] {
			out = append(out, DiffParagraph{DiffAdded, []DiffSpan{{text, true}}})
		}
		removed, added = nil, nil
	}
	for _, step := range align(a, b) {
		switch {
		case step.inA && step.inB:
			flush()
			out = append(out, DiffParagraph{DiffSame, []DiffSpan{{step.text, false}}})
		case step.inA:
			removed = append(removed, step.text)
		default:
			added = append(added, step.text)
		}
	}
	flush()
	return out
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

func diffWords(from, to string) (was, is []DiffSpan) {
	add := func(spans []DiffSpan, text string, changed bool) []DiffSpan {
		if n := len(spans); n > 0 && spans[n-1].Changed == changed {
			spans[n-1].Text += " " + text
			return spans
		}
		if len(spans) > 0 {
			text = " " + text
		}
		return append(spans, DiffSpan{text, changed})
	}
	for _, step := range align(strings.Fields(from), strings.Fields(to)) {
		if step.inA {
			was = add(was, step.text, !step.inB)
		}
		if step.inB {
			is = add(is, step.text, !step.inA)
		}
	}
	return was, is
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
	for _, text := range a[len(a)-end:] {
		out = append(out, alignment{text, true, true})
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
	for _, text := range a[i:] {
		out = append(out, alignment{text, true, false})
	}
	for _, text := range b[j:] {
		out = append(out, alignment{text, false, true})
	}
	return out
}
