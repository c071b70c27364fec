package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
)

// headline is what a letter's card shows: all that stand, by kind. Signers of texts that a substantive edition replaced are
// among them, and stated beside them in the count box.
func headline(c roll.Counts) Counts {
	return Counts{Organisations: c.Organisations, Persons: c.Persons, Withheld: c.Withheld, Imported: c.Imported,
		Withdrawn: c.Withdrawn, Removed: c.Removed, Earlier: c.Earlier}
}

// counts is what the count box shows.
func (s *Server) counts(r *http.Request, l *cachedLetter) Counts {
	c := headline(l.Counts)
	c.CheckURL = s.local(r, "/letters/"+l.Slug+"/check")
	if !l.Counts.PublishedAt.IsZero() {
		c.AsOf, c.Size = visitOf(r).locale.DateTime(l.Counts.PublishedAt, time.UTC), int(l.Counts.Size)
	}
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(l.Counts.ByEdition))) {
		if n := l.Counts.ByEdition[number]; n > 0 {
			c.ByEdition = append(c.ByEdition, EditionCount{number, n})
		}
	}
	if len(c.ByEdition) == 1 && c.ByEdition[0].Number == l.Edition.Number {
		c.ByEdition = nil
	}
	for _, reason := range slices.Sorted(maps.Keys(l.Counts.Ended)) {
		if n := l.Counts.Ended[reason]; n > 0 {
			c.Ended = append(c.Ended, ReasonCount{string(reason), n})
		}
	}
	return c
}

func (s *Server) showCheck(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if l.SignOn == letter.SignOnNone {
		return fault.New(fault.NotFound, "page.unknown") // there is no count
	}
	state, err := s.log.State(r.Context())
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	letterPath := "/letters/" + l.Slug
	p := CheckPage{Base: s.base(r, loc.T("check.title")), LetterTitle: s.title(r, l), LetterURL: s.local(r, letterPath), Counts: s.counts(r, l),
		LogName: state.Published.Origin, LogID: l.LogID.String(), Key: s.log.Key(), Root: l.Counts.Root.String(), SHA256: l.Edition.SHA256,
		SHA256Of: loc.Language(l.Edition.Language), BundleURL: letterPath + "/bundle.zip", BundleName: l.Slug + "-bundle.zip",
		TextName: l.Slug + "-" + strconv.Itoa(l.Edition.Number) + "." + l.Edition.Language + ".md", SignURL: s.local(r, "/signature")}
	p.Tally = loc.T("card.counts", "Organisations", loc.N("counts.organisations_n", p.Counts.Organisations), "Persons", loc.N("counts.persons_n", p.Counts.Persons))
	for _, f := range s.o.Former {
		name, _, _ := strings.Cut(f.Key, "+")
		p.Former = append(p.Former, name)
	}
	for _, language := range l.Edition.Languages() {
		p.Texts = append(p.Texts, TextLink{Lang: language, Name: i18n.LanguageName(language), Dir: i18n.Direction(language),
			URL: letterPath + "/editions/" + strconv.Itoa(l.Edition.Number) + "." + language + ".md", Authoritative: language == l.Edition.Language})
	}
	return render(w, http.StatusOK, p)
}
