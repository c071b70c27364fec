package public

import (
	"net/http"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// stated tells what an office stated of a demand; last is its last statement that stands.
func (t teller) stated(x, last delivery.Stated) page.StatedView {
	v := page.StatedView{Line: x.Line(t.loc, t.name(x.Addressee).Text), Changed: x.At.Before(last.At) || x.At.Equal(last.At) && x.ID < last.ID,
		Back: x.State == delivery.StatedBack}
	if x.Text != "" {
		v.Words, v.Lang, v.Dir = strings.Split(x.Text, "\n"), x.Language, i18n.Direction(x.Language)
	}
	if x.Evidence != "" {
		v.Evidence = append(v.Evidence, t.evidence(x.Evidence))
	}
	if x.File != "" {
		v.Evidence = append(v.Evidence, page.EvidenceView{Text: shorten(x.File), URL: t.path + "/statements/" + delivery.ID(x.ID) + "/file"})
	}
	return v
}

// SendStatedFile sends the file that came with a statement of an office.
func (h *Handlers) SendStatedFile(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	for _, d := range l.Standing.Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				if delivery.ID(x.ID) == r.PathValue("id") && x.File != "" {
					return h.Attach(w, r, func() (page.Attachment, error) {
						f, err := h.Deliveries.StatedFile(r.Context(), l.Letter, x.ID, delivery.ForPublic)
						return page.Attachment{Name: f.Name, Type: f.Type, Hash: x.SHA256, Content: f.Content}, err
					})
				}
			}
		}
	}
	return fault.New(fault.NotFound, "page.unknown")
}
