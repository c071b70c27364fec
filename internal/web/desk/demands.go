package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// DemandsPage is what is known of a letter's demands beside their text.
type DemandsPage struct {
	page.Base
	Form    page.Form
	Action  string
	Demands []AskedView
	Numbers []page.Option // of the demands
	Kinds   []page.Option
	Calls   []page.Option // kinds of what others have asked or done
}

// AskedView is a demand with what is known of it.
type AskedView struct {
	Number  string
	Text    page.Tagged
	Facts   []page.FactView
	Unsure  bool
	Thought page.Tagged   // what it is thought to continue, of one that is unsure
	Former  []page.Option // what it may continue
	Earlier []EarlierLine // who else has asked for it, and where it was done
}

// EarlierLine is what others have asked before, or where it was done.
type EarlierLine struct{ ID, Kind, Who, Title, Days, URL string }

// askedOf is a demand with what every page has.
type askedOf struct {
	page.Base
	Action string
	Demand AskedView
}

// ContinuesOf puts what a demand may continue into the page's language.
func (p DemandsPage) ContinuesOf(v AskedView) askedOf { return askedOf{p.Base, p.Action, v} }

// Template is its file.
func (DemandsPage) Template() string { return "desk/demands" }

// ShowDemands shows the demands of the current edition.
func (h *Handlers) ShowDemands(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.demandsPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) demandsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(l.Edition.Language)
	p := DemandsPage{Base: h.base(r, d, loc.T("desk.demands.title")), Form: page.NewForm(r, typed, err),
		Action: page.Local(r, "/desk/letters/"+l.Slug+"/demands")}
	list, dropped, failed := h.Letters.Demands.Of(r.Context(), l)
	if failed != nil {
		return failed
	}
	st, failed := h.Deliveries.Standing(r.Context(), l, delivery.ForEditors)
	if failed != nil {
		return failed
	}
	p.Calls = options(loc, "desk.demands.earlier_", delivery.CalledFor, delivery.Precedent)
	for i, a := range list {
		v := AskedView{Number: a.Number, Text: page.Tag(a.Text, t.Language), Facts: page.FactsOf(loc, t.Language, a.Facts), Unsure: !a.Sure}
		if a.From.ID != 0 {
			v.Thought = page.Tag(a.From.Text, t.Language)
			v.Former = append(v.Former, formerOption(loc, a.From))
		}
		for _, f := range dropped {
			v.Former = append(v.Former, formerOption(loc, f))
		}
		for _, other := range list {
			if !other.Sure && other.From.ID != 0 && other.Number != a.Number {
				v.Former = append(v.Former, formerOption(loc, other.From))
			}
		}
		for _, e := range st.Demands[i].Earlier {
			v.Earlier = append(v.Earlier, EarlierLine{delivery.ID(e.ID), loc.T("desk.demands.earlier_" + string(e.Kind)), e.Who, e.Title,
				loc.Digits(strings.Join(slices.DeleteFunc([]string{e.Sent, e.Published}, func(s string) bool { return s == "" }), " · ")), e.Source})
		}
		p.Demands = append(p.Demands, v)
		p.Numbers = append(p.Numbers, page.Option{Value: a.Number, Text: loc.Digits(a.Number) + " · " + loc.Isolate(letter.Excerpt(a.Text, 60))})
	}
	for _, kind := range letter.FactKinds {
		p.Kinds = append(p.Kinds, page.Option{Value: string(kind), Text: loc.T("desk.demands.kind." + string(kind))})
	}
	return h.Render(w, page.Status(err), p)
}

func formerOption(loc *i18n.Locale, f letter.Former) page.Option {
	return page.Option{Value: strconv.FormatInt(f.ID, 36), Text: loc.T("desk.demands.former", "Number", loc.Digits(f.Number), "Edition", f.Edition,
		"Text", letter.Excerpt(f.Text, 60))}
}

// SubmitDemands notes a fact, takes one back, or says what a demand continues.
func (h *Handlers) SubmitDemands(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	done, err := h.carryOut(map[string]act{"add": (*Handlers).addFact, "remove": (*Handlers).removeFact, "continue": (*Handlers).continueDemand,
		"earlier": (*Handlers).addEarlier, "forget_earlier": (*Handlers).removeEarlier}, r, d, v)
	if comesBack(err) {
		return h.demandsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/demands", done)
}

func (h *Handlers) addFact(r *http.Request, d *Visit, v url.Values) (string, error) {
	f := letter.Fact{Kind: letter.FactKind(v.Get("kind")), Value: v.Get("value"), Quote: v.Get("quote")}
	return "saved", h.Letters.Demands.AddFact(r.Context(), d.Letter.Slug, v.Get("demand"), f, d.User.ID)
}

func (h *Handlers) removeFact(r *http.Request, d *Visit, v url.Values) (string, error) {
	id, err := strconv.ParseInt(v.Get("fact"), 36, 64)
	if err != nil {
		return "", fault.New(fault.NotFound, "page.unknown")
	}
	return "saved", h.Letters.Demands.RemoveFact(r.Context(), d.Letter.Slug, id, d.User.ID)
}

func (h *Handlers) addEarlier(r *http.Request, d *Visit, v url.Values) (string, error) {
	e := delivery.EarlierCall{Kind: delivery.EarlierKind(v.Get("earlier_kind")), Who: line1(v.Get("who")), Title: line1(v.Get("title")),
		Sent: line1(text.LatinDigits(v.Get("sent"))), Published: line1(text.LatinDigits(v.Get("published"))), Source: line1(v.Get("source"))}
	return "saved", h.Deliveries.AddEarlier(r.Context(), d.Letter.Slug, v.Get("of"), e, d.User.ID)
}

func (h *Handlers) removeEarlier(r *http.Request, d *Visit, v url.Values) (string, error) {
	id, err := delivery.ParseID(v.Get("id"))
	if err != nil {
		return "", fault.New(fault.NotFound, "page.unknown")
	}
	return "removed", h.Deliveries.RemoveEarlier(r.Context(), d.Letter.Slug, id, d.User.ID)
}

func (h *Handlers) continueDemand(r *http.Request, d *Visit, v url.Values) (string, error) {
	former := int64(0)
	if typed := v.Get("continues"); typed != "" {
		var err error
		if former, err = strconv.ParseInt(typed, 36, 64); err != nil {
			return "", fault.New(fault.NotFound, "page.unknown")
		}
	}
	return "saved", h.Letters.Demands.Continue(r.Context(), d.Letter.Slug, v.Get("demand"), former, d.User.ID)
}
