package desk

import (
	"net/http"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// blockView is a block of a text as the page's editor reads it.
type blockView struct {
	From    int      `json:"from"` // UTF-16 units of the text, as scripts count
	To      int      `json:"to"`
	HTML    string   `json:"html"` // sanitised; "" of what is written as source
	Note    string   `json:"note,omitempty"`
	Index   int      `json:"index,omitempty"`
	Anchors []string `json:"anchors,omitempty"`
}

// SubmitBlocks reads a text that is being written and answers with what a page will show of it, block by block. Nothing is kept: the
// page's editor has no parser of its own, so that what it shows is what is signed.
func (h *Handlers) SubmitBlocks(w http.ResponseWriter, r *http.Request, _ *Visit) error {
	if !i18n.IsLanguage(r.PathValue("language")) {
		return fault.New(fault.NotFound, "page.unknown")
	}
	v, err := page.ReadLong(w, r)
	if err != nil {
		return err
	}
	return page.SendJSON(w, http.StatusOK, viewBlocks(v.Get("body")))
}

func viewBlocks(markdown string) []blockView {
	list := []blockView{}
	at, units := 0, 0
	unitsTo := func(stop int) int {
		for at < stop {
			r, size := utf8.DecodeRuneInString(markdown[at:])
			at += size
			if units++; r > 0xffff {
				units++
			}
		}
		return units
	}
	for _, b := range letter.Blocks(markdown) {
		list = append(list, blockView{From: unitsTo(b.Start), To: unitsTo(b.Stop), HTML: b.HTML, Note: b.Note, Index: b.Index, Anchors: b.Anchors})
	}
	return list
}
