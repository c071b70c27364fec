package public

import (
	"net/http"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// HomePage lists the letters of the instance.
type HomePage struct {
	page.Base
	Open, Closed []LetterCard
	OlderURL     string // "" when these are all
}

// Template is its file.
func (HomePage) Template() string { return "public/home" }

// LetterCard is a letter in a list.
type LetterCard struct {
	URL      string
	Title    page.Tagged
	Subtitle page.Tagged
	To       []page.Tagged // addressees, one line each
	Leads    []page.Tagged
	Deadline string // with date and place, "" if none
	State    string // draft open closed archived
	Counted  bool   // false when sign-on is none
	Counts   Counts
}

// cardView is a LetterCard with what every page has.
type cardView struct {
	page.Base
	Card LetterCard
}

// CardOf puts a letter's card into the page's language.
func (p HomePage) CardOf(c LetterCard) cardView { return cardView{p.Base, c} }

const listedLetters = 100 // on the front page

// ShowHome lists the letters of the instance.
func (h *Handlers) ShowHome(w http.ResponseWriter, r *http.Request) error {
	letters, next, err := h.homeLetters(r)
	if err != nil {
		return err
	}
	p := HomePage{Base: h.Base(r, h.Name)}
	p.Feed = h.feedOfAll(r)
	if next != "" {
		p.OlderURL = page.Local(r, "/?before="+next)
	}
	for _, l := range letters {
		if card := h.card(r, l); page.StateOf(l.Letter, h.Now()) == letter.Open {
			p.Open = append(p.Open, card)
		} else {
			p.Closed = append(p.Closed, card)
		}
	}
	return h.Render(w, http.StatusOK, p)
}

// listed is which letters the front page named when it was last read.
type listed struct {
	slugs []string
	next  string
	at    time.Time
}

// homeLetters is listLetters for the front page. While the database is away these are the newest letters of the last look, as far as
// each is held as it was; feeds and data, which do not say as of when they are, are not sent then.
func (h *Handlers) homeLetters(r *http.Request) (list []*cachedLetter, next string, err error) {
	newest := r.URL.Query().Get("before") == ""
	now := h.Now()
	list, next, err = h.listLetters(r)
	if err == nil {
		if newest {
			held := listed{next: next, at: now}
			for _, l := range list {
				held.slugs = append(held.slugs, l.Slug)
			}
			h.listed.Store(&held)
		}
		return list, next, nil
	}
	held := h.listed.Load()
	if !newest || held == nil || !h.cache.passing(err) {
		return nil, "", err
	}
	for _, slug := range held.slugs {
		if l, err := h.cache.find(r.Context(), slug); err == nil {
			list = append(list, l)
		} // else it has changed since, or cannot be known
	}
	if len(list) == 0 {
		return nil, "", err
	}
	page.VisitOf(r).AsOf = held.at
	return list, held.next, nil
}

// listLetters returns the published letters that the request asks for, newest first, and where the older ones begin.
func (h *Handlers) listLetters(r *http.Request) (list []*cachedLetter, next string, err error) {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 36, 64) // rubbish begins with the newest
	letters, err := h.Letters.List(r.Context(), letter.ID(before), listedLetters+1)
	if err != nil {
		return nil, "", err
	}
	if len(letters) > listedLetters {
		letters = letters[:listedLetters]
		next = strconv.FormatInt(int64(letters[listedLetters-1].ID), 36)
	}
	for _, x := range letters {
		l, err := h.cache.find(r.Context(), x.Slug)
		if err != nil {
			return nil, "", err
		}
		list = append(list, l)
	}
	return list, next, nil
}

func (h *Handlers) card(r *http.Request, l *cachedLetter) LetterCard {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	c := LetterCard{URL: page.Local(r, "/letters/"+l.Slug), Title: page.Tag(t.Name(), t.Language), Subtitle: page.Tag(t.Subtitle, t.Language),
		State: string(page.StateOf(l.Letter, h.Now())), Counted: l.SignOn != letter.SignOnNone, Counts: headline(l.Counts)}
	for _, a := range t.Addressees {
		if text := a.Name; text != "" || a.Office != "" {
			if text == "" {
				text = a.Office
			} else if a.Office != "" {
				text += page.Comma(t.Language) + a.Office
			}
			c.To = append(c.To, page.Tag(text, t.Language))
		}
	}
	for _, o := range l.Leads {
		c.Leads = append(c.Leads, page.OrganisationOf(r, o, t.Language).Name)
	}
	if l.Deadline.IsSet() {
		c.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
	}
	return c
}
