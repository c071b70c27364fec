package letter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cutNotes cuts a body before the footnotes that end it.
func cutNotes(body string) (text, notes string) {
	blocks := strings.Split(body, "\n\n")
	n := len(blocks)
	for n > 0 && (noteBegins.MatchString(blocks[n-1]) || strings.HasPrefix(blocks[n-1], "    ")) {
		n--
	}
	return strings.Join(blocks[:n], "\n\n"), strings.Join(blocks[n:], "\n\n")
}

var (
	noteBegins = regexp.MustCompile(`^\[\^([^\[\]]+)\]:`)
	fence      = regexp.MustCompile("^ {0,3}(?:```+|~~~+)")
	noteRef    = regexp.MustCompile(`\[\^([^\[\]\s]+)\]`)
)

// notesLast returns a body whose footnotes stand at its end, in the order in which the text refers to them and with the numbers that a
// page shows. A body with code between fences, where a line may look like a note, stays as it is.
func notesLast(body string) string {
	var text []string
	notes := map[string][]string{}
	var labels []string
	in := "" // the label of the note that is read
	lines := strings.Split(body, "\n")
	for i, line := range lines {
		if fence.MatchString(line) {
			return body
		}
		switch m := noteBegins.FindStringSubmatch(line); {
		case m != nil && notes[m[1]] != nil: // a second one of that label is none
			return body
		case m != nil:
			in = m[1]
			labels = append(labels, in)
		case in != "" && i > 0 && lines[i-1] == "" && line != "" && !strings.HasPrefix(line, "    "):
			in, text = "", append(text, "")
		}
		if in == "" {
			text = append(text, line)
		} else {
			notes[in] = append(notes[in], line)
		}
	}
	if len(labels) == 0 {
		return body
	}
	rest := strings.Join(text, "\n")
	referred := func(label string) int {
		at := strings.Index(rest, "[^"+label+"]")
		if at < 0 { // from within another note, or not at all
			return len(rest)
		}
		return at
	}
	slices.SortStableFunc(labels, func(a, b string) int { return referred(a) - referred(b) })
	named := map[string]string{}
	for i, label := range labels {
		if numberOf(label) != i+1 && referred(label) < len(rest) {
			named[label] = strconv.Itoa(i + 1)
		}
	}
	for _, label := range labels {
		rest += "\n\n" + strings.Trim(strings.Join(notes[label], "\n"), "\n")
	}
	return CleanMarkdown(noteRef.ReplaceAllStringFunc(rest, func(ref string) string {
		if number := named[ref[2:len(ref)-1]]; number != "" {
			return "[^" + number + "]"
		}
		return ref
	}))
}
