package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

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
	Voices    []ReaderView // who answers for a lead organisation by a link
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
	readers, err := h.Letters.Circulations.Readers(r.Context(), l.ID)
	if err != nil && !fault.Is(err, fault.Gone) {
		return err
	}
	for _, x := range readers {
		if slices.ContainsFunc(l.Leads, func(o account.Organisation) bool { return o.ID == x.SpeaksFor }) && !x.Withdrawn {
			p.Voices = append(p.Voices, readerView(loc, x))
		}
	}
	a := d.waits.Agreement
	if !a.Waits() {
		return h.Render(w, page.Status(wrong), p)
	}
	own, of := ownLeads(d.Session, l), int64(0)
	for _, id := range own { // who speaks for several sees what the one knows that approved least
		if s, _ := a.Of(id); !s.Approved && (of == 0 || !s.Before) {
			of = id
		}
	}
	changes, working, err := h.Letters.Agreements.Asks(r.Context(), l, a, of)
	if err != nil {
		return err
	}
	p.Agreement = page.AgreementOf(r, l, a, changes, working, own...)
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
var agreementActs = map[string]act{"approve": (*Handlers).agree, "object": (*Handlers).object, "take_back": (*Handlers).takeBack,
	letter.WithdrawLink: (*Handlers).withdrawVoice}

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
	if err := h.Letters.Agreements.Approve(r.Context(), d.Letter.Slug, v.Get("digest"), d.User.ID); err != nil {
		return "", err
	}
	return h.asksLeads(r, d, "published", "lead_approved")
}

func (h *Handlers) object(r *http.Request, d *Visit, v url.Values) (string, error) {
	return "objected", h.Letters.Agreements.Object(r.Context(), d.Letter.Slug, v.Get("digest"), v.Get("words"), d.User.ID)
}

func (h *Handlers) takeBack(r *http.Request, d *Visit, _ url.Values) (string, error) {
	return "refused", h.Letters.Agreements.TakeBack(r.Context(), d.Letter.Slug, d.User.ID)
}

func (h *Handlers) withdrawVoice(r *http.Request, d *Visit, v url.Values) (string, error) {
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	return "tended", h.Letters.Circulations.Tend(r.Context(), d.Letter.Slug, id, letter.WithdrawLink, 0, d.User.ID)
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
		if s, leads := a.Of(id); leads && !s.Approved && (s.Objection == "" || s.Anew) {
			return true
		}
	}
	return false
}
