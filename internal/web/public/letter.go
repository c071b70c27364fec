package public

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// LetterPage is a letter with its sign form.
type LetterPage struct {
	page.Base
	Letter      page.LetterView
	Counted     bool
	Counts      Counts
	Updates     []UpdateLink
	Asks        []AskView     // the demands in short
	Contacts    []ContactView // whom one can ask
	Cite        string        // how the letter is quoted, with the address of its edition
	Known       []KnownView   // of demands
	Standing    *StandingView // what became of it, nil while there is nothing to say
	Dates       []page.EventView
	CalendarURL string       // of these and when demands are due, "" without a date
	Before      *GoesOnView  // the letter that it goes on with
	After       []GoesOnView // those that go on with it
	Recent      []SignatoryView
	RecentOrgs  []SignatoryView
	ListURL     string
	Deadline    string // "" if none
	DeadlineISO string
	Open        bool   // can be signed now
	ClosedText  string // why it cannot be signed, when Open is false
	Form        SignForm
	Share       Share
	CallURL     string // "" without a call
	FollowURL   string // where news are asked for without signing, "" where none are sent
	NoMail      bool   // the instance cannot send mail, so it offers no form
}

// Template is its file.
func (LetterPage) Template() string { return "public/letter" }

// GoesOnView leads to a letter before or after another about the same.
type GoesOnView struct {
	Title page.Tagged
	URL   string
}

// Share is the row of plain links that spread a letter; none of them calls a third party until it is followed.
type Share struct {
	URL   string // absolute, to copy
	Mail  string // mailto:
	Links []ShareLink
}

// ShareLink opens another service's form with the letter's address.
type ShareLink struct{ Name, URL string }

// CountsOf reports whether the count box has a line for the kind: a letter for people alone shows no "0 organisations".
func (p LetterPage) CountsOf(kind string) bool {
	return len(p.Form.Kinds) == 0 || p.Form.Allows(kind) || p.Counts.of(kind) > 0
}

// Tally is the counts in one line.
func (p LetterPage) Tally() string {
	organisations := p.L.N("counts.organisations_n", p.Counts.Organisations)
	persons := p.L.N("counts.persons_n", p.Counts.Persons)
	switch {
	case !p.CountsOf("organisation"):
		return persons
	case !p.CountsOf("person"):
		return organisations
	}
	return p.L.T("card.counts", "Organisations", organisations, "Persons", persons)
}

// KnownView is what is known of a demand beside its text.
type KnownView struct {
	Number string
	Anchor string // of the demand in the text
	Facts  []page.FactView
}

// AskView is a demand in short, in the language of the text that is shown.
type AskView struct {
	Number, Text, Anchor string
	By                   []page.FactView // by when
}

// ContactView is whom somebody can ask about the letter.
type ContactView struct {
	For string
	letter.Contact
}

// ShowLetter sends a letter as a page with its sign form, or as data.
func (h *Handlers) ShowLetter(w http.ResponseWriter, r *http.Request) error {
	slug, asJSON := strings.CutSuffix(r.PathValue("slug"), ".json")
	l, err := h.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	if asJSON {
		document, err := l.page(pageKey{text: ".json"}, func() ([]byte, error) { return page.JSON(h.Bundles.Document(l.Published)) })
		if err != nil {
			return err
		}
		document.send(w, r, page.Data)
		return nil
	}
	v := page.VisitOf(r)
	key := pageKey{prefix: v.Prefix, locale: v.Locale.Code, text: h.textLanguage(r, l.Edition), open: h.open(l), asOf: v.AsOf}
	key.beside = besideLanguage(r, l.Edition, key.text)
	ready, err := l.page(key, func() ([]byte, error) {
		return h.Renderer.Bytes(h.letterPage(r, l, key.text, key.beside, h.emptyForm(r, l)))
	})
	if err != nil {
		return err
	}
	ready.send(w, r, page.HTML)
	return nil
}

// textLanguage returns the language to show a letter in: the one asked for, else the page's, else the authoritative one.
func (h *Handlers) textLanguage(r *http.Request, e letter.Edition) string {
	for _, wanted := range []string{r.URL.Query().Get("text"), page.LocaleOf(r).Code} {
		if _, ok := e.Texts[wanted]; ok && wanted != "" {
			return wanted
		}
	}
	return e.Language
}

// open reports whether a form is offered now.
func (h *Handlers) open(l *cachedLetter) bool { return h.CanMail && l.AcceptsSignatures(h.Now()) }

func (h *Handlers) letterPage(r *http.Request, l *cachedLetter, text, beside string, form SignForm) LetterPage {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(text)
	p := LetterPage{Base: h.Base(r, t.Name()), Letter: h.pair(r, l.Letter, l.Edition, text, beside),
		Counted: l.SignOn != letter.SignOnNone, Counts: h.counts(r, l), Open: h.open(l), Form: form,
		ListURL: page.Local(r, "/letters/"+l.Slug+"/signatories"), Share: h.share("/letters/"+l.Slug, t.Name())}
	p.Feed, p.Metadata = h.feedOf(r, l), h.metadata(l, t)
	if h.CanMail && h.News.CanFollow(l.Letter) {
		p.FollowURL = page.Local(r, "/letters/"+l.Slug+"/follow")
	}
	p.Picture, p.OEmbed = h.picture(r, l, t), h.BaseURL+"/oembed?url="+url.QueryEscape(h.BaseURL+page.Local(r, "/letters/"+l.Slug))
	for _, u := range l.Updates {
		p.Updates = append(p.Updates, h.updateLink(r, l, u))
	}
	p.Path, p.Canonical = "/letters/"+l.Slug, h.BaseURL+"/letters/"+l.Slug
	p.Languages = page.LanguagesOf(loc, p.Path)
	p.Summary = t.Subtitle
	p.Letter.Editions = len(l.Editions)
	if l.Deadline.IsSet() {
		p.Deadline, p.DeadlineISO = loc.DateTime(l.Deadline.At, l.Deadline.Zone), l.Deadline.At.Format(time.RFC3339)
	}
	for i, a := range l.Standing.Demands {
		if facts := page.FactsOf(loc, l.Edition.Language, a.Known()); len(facts) > 0 {
			p.Known = append(p.Known, KnownView{Number: a.Number, Anchor: l.Edition.Text(l.Edition.Language).Anchor(i), Facts: facts})
		}
	}
	p.Asks, p.Contacts, p.Cite = asksOf(loc, l, t), contactsOf(loc, l.Contacts), h.cite(loc, l.Letter, l.Edition, t)
	told := h.tell(r, l)
	p.Standing, p.Dates = told.standing(), told.days()
	if p.Standing != nil || len(p.Dates) > 0 {
		p.CalendarURL = told.calendar()
	}
	for _, x := range l.GoesOn {
		other := x.Edition.Text(loc.Code)
		v := GoesOnView{page.Tag(other.Name(), other.Language), page.Local(r, "/letters/"+x.Slug)}
		if x.ID == l.Continues {
			p.Before = &v
		} else {
			p.After = append(p.After, v)
		}
	}
	told.linkAddressees(p.Letter.Addressees)
	for _, c := range p.Letter.Columns {
		told.linkAddressees(c.Addressees)
	}
	for _, x := range l.Persons {
		p.Recent = append(p.Recent, signatoryView(loc, x))
	}
	for _, x := range l.Organisations {
		p.RecentOrgs = append(p.RecentOrgs, signatoryView(loc, x))
	}
	if l.Call != nil {
		p.CallURL = page.Local(r, "/letters/"+l.Slug+"/call")
	}
	if p.Counted && !p.Open {
		p.ClosedText, p.NoMail = h.closedText(r, l)
	}
	return p
}

// asksOf returns the demands of a text in short, each with by when it is to be done.
func asksOf(loc *i18n.Locale, l *cachedLetter, t letter.Text) (list []AskView) {
	for i, d := range t.Numbered() {
		if d.Number == "" {
			continue
		}
		v := AskView{Number: d.Number, Text: letter.Excerpt(d.Text, askLength), Anchor: t.Anchor(i)}
		for _, a := range l.Standing.Demands {
			if a.Number != d.Number {
				continue
			}
			by := slices.DeleteFunc(slices.Clone(a.Known()), func(f letter.Fact) bool {
				return f.Kind != letter.FactDue && f.Kind != letter.FactWithin && f.Kind != letter.FactBefore
			})
			v.By = page.FactsOf(loc, l.Edition.Language, by)
		}
		list = append(list, v)
	}
	return list
}

// askLength is how much of a demand stands in the short list of them, in characters.
const askLength = 160

func contactsOf(loc *i18n.Locale, c letter.Contacts) (list []ContactView) {
	for _, x := range []ContactView{{loc.T("letter.contact_press"), c.Press}, {loc.T("letter.contact_office"), c.Office}} {
		if x.Contact != (letter.Contact{}) {
			list = append(list, x)
		}
	}
	return list
}

// cite is one line that quotes an edition of a letter by its permanent address.
func (h *Handlers) cite(loc *i18n.Locale, l letter.Letter, e letter.Edition, t letter.Text) string {
	var leads []string
	for _, o := range l.Leads {
		leads = append(leads, o.Name(t.Language, i18n.Default))
	}
	address := h.BaseURL + "/letters/" + l.Slug + "/editions/" + strconv.Itoa(e.Number)
	return loc.T("share.cite", "Leads", strings.Join(leads, page.Comma(loc.Code)), "Title", t.Name(), "Number", e.Number, "Date", loc.Date(e.PublishedAt),
		"Address", address)
}

// closedText says why no form is offered; noMail that it is only because the instance cannot send mail.
func (h *Handlers) closedText(r *http.Request, l *cachedLetter) (text string, noMail bool) {
	switch loc := page.LocaleOf(r); {
	case l.AcceptsSignatures(h.Now()):
		return "", true
	case l.State == letter.Open:
		return loc.T("fault.letter.deadline"), false
	default:
		return loc.T("fault.letter.closed"), false
	}
}

// besideLanguage returns the language whose text is asked for beside the one shown, "" for none.
func besideLanguage(r *http.Request, e letter.Edition, text string) string {
	beside := r.URL.Query().Get("beside")
	if _, ok := e.Texts[beside]; !ok || beside == text {
		return ""
	}
	return beside
}

// view returns the text of an edition, with what is known of its documents.
func (h *Handlers) view(r *http.Request, l letter.Letter, e letter.Edition, language string) page.LetterView {
	v, loc := page.ViewOf(r, l, e, language), page.LocaleOf(r)
	for i, d := range v.Documents {
		if file := h.Bundles.Look(l.Slug, e.Number, v.Title.Lang, d.Format); file != nil {
			v.Documents[i].About = loc.T("letter.document_size", "Size", int(file.Size()+999)/1000, "Date", loc.Date(file.ModTime()))
		}
	}
	if v.Current {
		v.PressURL = "/letters/" + l.Slug + "/press." + v.Title.Lang + ".zip"
	}
	return v
}

// pair returns the letter in a language with links to put another text beside it, and that text where one is asked for.
func (h *Handlers) pair(r *http.Request, l letter.Letter, e letter.Edition, language, beside string) page.LetterView {
	v := h.view(r, l, e, language)
	for _, x := range v.Texts {
		if x.Current {
			v.AloneURL = x.URL
		}
	}
	for _, x := range v.Texts {
		if !x.Current {
			x.URL, x.Current = v.AloneURL+"&beside="+x.Lang, x.Lang == beside
			v.Beside = append(v.Beside, x)
		}
	}
	if beside == "" {
		return v
	}
	cells := [2][]string{}
	cells[0], cells[1] = letter.Beside(e.Text(language), e.Text(beside))
	views := [2]page.LetterView{v, h.view(r, l, e, beside)}
	for i, view := range views {
		c := page.Column{LetterView: view, First: i == 0, Asks: [][]page.DemandView{view.Demands}}
		for _, x := range view.Texts {
			if x.Current {
				c.Text = x
			}
		}
		for _, cell := range cells[i] {
			c.Cells = append(c.Cells, page.Sanitised(cell, view.Title.Lang))
		}
		if len(views[0].Demands) == len(views[1].Demands) {
			c.Asks = nil
			for _, d := range view.Demands {
				c.Asks = append(c.Asks, []page.DemandView{d})
			}
		}
		v.Columns = append(v.Columns, c)
	}
	return v
}

// title returns a letter's title in the page's language, if it has one.
func (h *Handlers) title(r *http.Request, l *cachedLetter) page.Tagged {
	t := l.Edition.Text(page.LocaleOf(r).Code)
	return page.Tag(t.Name(), t.Language)
}

// share returns the links that spread a page. They are plain links: nothing is asked of anybody until one is followed.
func (h *Handlers) share(path, title string) Share {
	address := h.BaseURL + path
	q := func(s string) string { return url.QueryEscape(s) }
	return Share{URL: address, Mail: "mailto:?subject=" + url.PathEscape(title) + "&body=" + url.PathEscape(address),
		Links: []ShareLink{
			{"WhatsApp", "https://wa.me/?text=" + q(title+" "+address)},
			{"Telegram", "https://t.me/share/url?url=" + q(address) + "&text=" + q(title)},
			{"Mastodon", "https://share.joinmastodon.org/#text=" + q(title+" "+address)},
			{"X", "https://x.com/intent/post?url=" + q(address) + "&text=" + q(title)},
			{"Facebook", "https://www.facebook.com/sharer/sharer.php?u=" + q(address)},
		}}
}
