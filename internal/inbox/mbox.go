package inbox

import (
	"bytes"
	"iter"
	"regexp"

	"github.com/undersigned/undersigned/internal/fault"
)

var (
	// fromLine is what stands before each mail of an mbox: "From", an address or a dash, and a date, in the form of asctime or
	// another; some programs write the word alone.
	fromLine = regexp.MustCompile(`^From (.*\d\d?:\d\d.*)?\r?\n?$`)
	// headerLine is the first line of a mail. Without it what looks like a From line is text.
	headerLine = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)
	quotedFrom = regexp.MustCompile(`(?m)^>(>*From )`)
)

// isMbox reports whether a file begins as an mbox does.
func isMbox(data []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte{'\n'})
	return fromLine.Match(first) && headerLine.Match(rest)
}

// splitMbox returns the mails of an mbox file, each without its From line and the empty line at its end.
func splitMbox(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin, empty := -1, true
		end := func(at int) bool {
			if begin < 0 {
				return true
			}
			message := data[begin:at]
			for _, blank := range []string{"\r\n", "\n"} { // that after the last line of text
				if rest, ok := bytes.CutSuffix(message, []byte("\n"+blank)); ok {
					message = message[:len(rest)+1]
					break
				}
			}
			return yield(message)
		}
		for at := 0; at < len(data); {
			next := len(data)
			if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
				next = at + n + 1
			}
			text := data[at:next]
			if empty && fromLine.Match(text) && headerLine.Match(data[next:min(next+200, len(data))]) {
				if !end(at) {
					return
				}
				begin = next
			}
			empty = len(bytes.TrimRight(text, "\r\n")) == 0
			at = next
		}
		end(len(data))
	}
}

// Split returns the mails of a file, each as it stands there: one of a mail alone, or an mbox.
func Split(data []byte) (mails [][]byte, err error) {
	if len(data) > Limit {
		return nil, fault.New(fault.TooLarge, "import.too_large", "Size", len(data), "Limit", Limit)
	}
	if !isMbox(data) {
		return [][]byte{data}, nil
	}
	for raw := range splitMbox(data) {
		if len(mails) == maxMessages {
			return nil, fault.New(fault.TooLarge, "reply.too_many", "Limit", maxMessages)
		}
		mails = append(mails, raw)
	}
	return mails, nil
}

// unquoted returns what a mail may have been before it was put into an mbox: there a line that begins with "From " is given a ">",
// and in some, one that begins with ">From " another.
func unquoted(raw []byte) [][]byte {
	if !quotedFrom.Match(raw) {
		return [][]byte{raw}
	}
	return [][]byte{quotedFrom.ReplaceAll(raw, []byte("$1")), raw}
}
