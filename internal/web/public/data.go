package public

import (
	_ "embed" // of the description
	"net/http"
	"sync"

	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/web/page"
)

// ListLettersJSON sends the published letters as data.
func (h *Handlers) ListLettersJSON(w http.ResponseWriter, r *http.Request) error {
	letters, next, err := h.listLetters(r)
	if err != nil {
		return err
	}
	list := struct {
		Letters []bundle.Document `json:"letters"`
		Next    string            `json:"next,omitempty"`
	}{Letters: []bundle.Document{}}
	for _, l := range letters {
		list.Letters = append(list.Letters, h.Bundles.Document(l.Published))
	}
	if next != "" {
		list.Next = h.BaseURL + "/letters.json?before=" + next
	}
	return page.SendJSON(w, http.StatusOK, list)
}

// description is the OpenAPI document of what is public as data: letters, feeds, lists of signatories.
//
//go:embed openapi.json
var description []byte

var describe = sync.OnceValue(func() *cachedPage { return newPage(description) })

// SendDescription sends the OpenAPI document.
func (h *Handlers) SendDescription(w http.ResponseWriter, r *http.Request) error {
	describe().send(w, r, page.Data)
	return nil
}
