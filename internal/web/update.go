package web

import (
	"net/http"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

func (s *Server) showUpdate(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	number, ok := editionNumber(r.PathValue("number"))
	if !ok {
		return fault.New(fault.NotFound, "update.unknown")
	}
	u, err := s.letters.Updates.Find(r.Context(), l.ID, number)
	if err != nil {
		return err
	}
	p := UpdatePage{Base: s.base(r, u.Title), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug), Update: s.updateLink(r, l, u),
		Body: trustedHTML(u.Body, nil, u.Language), Share: s.share("/letters/"+l.Slug+"/updates/"+strconv.Itoa(number), u.Title)}
	p.Feed = s.feedOf(r, l)
	return render(w, http.StatusOK, p)
}

func (s *Server) updateLink(r *http.Request, l *cachedLetter, u letter.Update) UpdateLink {
	return UpdateLink{URL: s.local(r, "/letters/"+l.Slug+"/updates/"+strconv.Itoa(u.Number)), Title: tagged(u.Title, u.Language),
		Date: visitOf(r).locale.Date(u.At), Lang: u.Language, Dir: i18n.Direction(u.Language)}
}
