package desk

import (
	"net/http"
	"net/url"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AgreementPage is a letter's next edition before the organisations that lead it.
type AgreementPage struct {
	page.Base
	Form      page.Form
	Agreement *page.AgreementView // nil when nothing waits
	Action    string
	TextURL   string
}

// Template is its file.
func (AgreementPage) Template() string { return "desk/agreement" }

// ShowAgreement shows what the lead organisations are asked about.
func (h *Handlers) ShowAgreement(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.agreementPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) agreementPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, wrong error) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := AgreementPage{Base: h.base(r, d, loc.T("agreement.title")), Form: page.NewForm(r, typed, wrong), Action: path + "/agreement",
		TextURL: path + "/texts/" + l.Edition.Language}
	a := d.waits.Agreement
	if !a.Waits() {
		return h.Render(w, page.Status(wrong), p)
	}
	own := ownLeads(d.Session, l)
	of := int64(0)
	for _, id := range own {
		if s, _ := a.Of(id); s.Before {
			of = id
		}
	}
	known, asked, err := h.Letters.Agreements.Asks(r.Context(), l, of)
	if err != nil {
		return err
	}
	p.Agreement = page.AgreementOf(r, l, a, known, asked, own...)
	p.Agreement.Action = p.Action
	return h.Render(w, page.Status(wrong), p)
}

// ownLeads are the lead organisations of a letter that who asks may write for.
func ownLeads(x *account.Session, l letter.Letter) (ids []int64) {
	for _, o := range l.Leads {
		if x.RoleIn(o).May(account.Editor) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// agreementActs are what the buttons of the page do.
var agreementActs = map[string]act{"approve": (*Handlers).agree, "object": (*Handlers).object, "take_back": (*Handlers).takeBack}

// SubmitAgreement approves the text, objects to it, or takes back what was asked.
func (h *Handlers) SubmitAgreement(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	done, err := h.carryOut(agreementActs, r, d, v)
	if comesBack(err, fault.Gone) {
		return h.agreementPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/agreement", done)
}

func (h *Handlers) agree(r *http.Request, d *Visit, v url.Values) (string, error) {
	if err := h.Letters.Agreements.Approve(r.Context(), d.Letter.Slug, v.Get("sha256"), d.User.ID); err != nil {
		return "", err
	}
	return h.asksLeads(r, d, "published", "lead_approved")
}

func (h *Handlers) object(r *http.Request, d *Visit, v url.Values) (string, error) {
	return "objected", h.Letters.Agreements.Object(r.Context(), d.Letter.Slug, v.Get("sha256"), v.Get("words"), d.User.ID)
}

func (h *Handlers) takeBack(r *http.Request, d *Visit, _ url.Values) (string, error) {
	return "refused", h.Letters.Agreements.TakeBack(r.Context(), d.Letter.Slug, d.User.ID)
}

// asksLeads returns done, or waits when the next edition is before the lead organisations.
func (h *Handlers) asksLeads(r *http.Request, d *Visit, done, waits string) (string, error) {
	a, err := h.Letters.Agreements.Find(r.Context(), d.Letter)
	if a.Waits() {
		return waits, err
	}
	return done, err
}

// asked reports whether a lead organisation that who asks may write for has still to say whether it approves the text.
func asked(x *account.Session, l letter.Letter, a letter.Agreement) bool {
	for _, id := range ownLeads(x, l) {
		if s, leads := a.Of(id); leads && !s.Approved && s.ObjectedAt.IsZero() {
			return true
		}
	}
	return false
}
