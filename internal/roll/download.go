package roll

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Identification is what every list says that shows titles and affiliations.
const Identification = "Titles and affiliations of people are for identification purposes only."

var csvHeadings = []string{"kind", "name", "title (identification only)", "affiliation (identification only)", "country", "basis"}

// WriteCSV writes a list as WriteCSVTable does.
func WriteCSV(w io.Writer, list iter.Seq2[Signatory, error]) error {
	return WriteCSVTable(w, func(yield func(Row, error) bool) {
		if !yield(slices.Clone(csvHeadings), nil) {
			return
		}
		for s, err := range list {
			if !yield(Row{string(s.Kind), s.Name, s.Title, s.Affiliation, s.Country, string(s.Basis)}, err) {
				return
			}
		}
	})
}

// notFormula puts an apostrophe before what a spreadsheet would calculate (OWASP, CSV injection): a cell that begins with
// one of these characters, full-width forms included, behind blanks or not.
func notFormula(cell string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \t\r\n\u00a0"))
	if cell != "" && (strings.ContainsRune("=+-@＝＋－＠|%", first) || strings.ContainsAny(cell[:1], "\t\r\n")) {
		return "'" + cell
	}
	return cell
}

// WriteJSON writes a list as one JSON document, entry by entry: {"letter":…,"identification":…,"signatories":[…]}. next is
// asked after the last entry for the address of the rest; "" leaves it out.
func WriteJSON(w io.Writer, slug string, list iter.Seq2[Signatory, error], next func() string) error {
	out := bufio.NewWriter(w)
	head, err := json.Marshal(map[string]string{"letter": slug, "identification": Identification})
	if err != nil {
		return err
	}
	_, _ = out.Write(head[:len(head)-1]) // an error of a bufio.Writer stays until Flush
	_, _ = out.WriteString(`,"signatories":[`)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	separator := "\n"
	for s, err := range list {
		if err != nil {
			return err
		}
		_, _ = out.WriteString(separator)
		if err := encoder.Encode(s); err != nil {
			return err
		}
		separator = ","
	}
	_, _ = out.WriteString("]")
	if address := next(); address != "" {
		text, err := json.Marshal(address)
		if err != nil {
			return err
		}
		_, _ = out.WriteString(`,"next":`)
		_, _ = out.Write(text)
	}
	_, _ = out.WriteString("}\n")
	return out.Flush()
}
