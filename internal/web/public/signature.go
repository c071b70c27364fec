package public

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// SignaturePage asks for the secret, or shows what is held about the signer.
type SignaturePage struct {
	page.Base
	Form   page.Form
	Secret string // kept in a hidden field while the page is worked with
	Found  []OwnSignature
	Done   string // what the last press did
}

// Template is its file.
func (SignaturePage) Template() string { return "public/signature" }

// OwnSignature is one signature as its signer sees it.
type OwnSignature struct {
	ID           string // names it in the form
	LetterTitle  page.Tagged
	LetterURL    string
	Kind         string
	State        string // pending (confirmed, not yet in the count), listed, held, withdrawn, removed
	HeldWhy      string
	Name         string
	Detail       []Detail // what is stored, each with its label
	Listing      string
	Listings     []string // it can change to
	Informed     string   // words by which the lead organisations may write to the signer, "" unless they hold
	Edition      int
	TextLanguage string // of the text signed, named in the page's language; "" when that was not noted
	NewEdition   string // URL of the diff to a newer text, "" if none asks again
	SignedOn     string
	KeptUntil    string
	CanWithdraw  bool
	Leaf         string // place in the log, "" while there is none
	Withheld     bool   // listing is not public

	Mandate bool                 // it is held for its mandate, which a record of the domain can show
	Domain  string               // as typed
	Record  account.DomainRecord // of the domain; zero for one that can have none
}

// Detail is one stored fact with its label.
type Detail struct{ Label, Value string }

// ShowSignature asks for the secret of a signature.
func (h *Handlers) ShowSignature(w http.ResponseWriter, r *http.Request) error {
	p := SignaturePage{Base: h.Base(r, page.LocaleOf(r).T("signature.title"))}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, p)
}

// ownForm is what a signer asks of one of their signatures.
type ownForm struct {
	url.Values
	secret string
	id     int64
}

// ownActs are what the buttons of a signature change, by the value of do; each returns the message about what it did. The
// buttons beside them only show something.
var ownActs = map[string]func(h *Handlers, r *http.Request, f ownForm) (done string, err error){
	"relist": (*Handlers).relist, "prove": (*Handlers).prove, "uninform": (*Handlers).uninform, "withdraw": (*Handlers).withdraw, "erase": (*Handlers).erase,
}

func (h *Handlers) relist(r *http.Request, f ownForm) (string, error) {
	return "signature.relisted", h.Signing.Receipts.Relist(r.Context(), f.secret, f.id, roll.Listing(f.Get("listing")))
}

func (h *Handlers) prove(r *http.Request, f ownForm) (string, error) {
	counted, err := h.Signing.Receipts.Prove(r.Context(), f.secret, f.id, f.Get("domain"))
	if counted {
		return "signature.proved", err
	}
	return "signature.shown", err
}

func (h *Handlers) uninform(r *http.Request, f ownForm) (string, error) {
	return "signature.uninformed", h.Signing.Receipts.Uninform(r.Context(), f.secret)
}

func (h *Handlers) withdraw(r *http.Request, f ownForm) (string, error) {
	return "signature.withdrawn", h.Signing.Receipts.Withdraw(r.Context(), f.secret, f.id)
}

func (h *Handlers) erase(r *http.Request, f ownForm) (string, error) {
	if f.Get("sure") != "1" {
		return "", fault.New(fault.Invalid, "sure").On("sure")
	}
	return "", h.Signing.Receipts.Erase(r.Context(), f.secret, f.id)
}

// ownKinds are the faults that the page of a signature says itself: all that its acts can have.
var ownKinds = []fault.Kind{fault.Invalid, fault.NotFound, fault.Gone, fault.Conflict, fault.Forbidden, fault.Limited, fault.TooLarge, fault.Unavailable}

// SubmitOwnSignature shows what is held about the signer who knows the secret, and does what they ask. The secret comes in
// the body, never in a path, so that no log and no history has it.
func (h *Handlers) SubmitOwnSignature(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	loc, do := page.LocaleOf(r), v.Get("do")
	f := ownForm{Values: v, secret: signing.NormaliseSecret(v.Get("secret"))}
	f.id, _ = strconv.ParseInt(v.Get("id"), 10, 64)
	p := SignaturePage{Base: h.Base(r, loc.T("signature.title")), Secret: f.secret}
	p.NoIndex = true
	var wrong error
	if act := ownActs[do]; act != nil {
		var done string
		switch done, wrong = act(h, r, f); {
		case wrong == nil && do == "erase":
			return h.message(w, r, http.StatusOK, "signature.erased_title", "signature.erased")
		case wrong == nil:
			p.Done = loc.T(done)
		case !page.ComesBack(wrong, ownKinds...):
			return wrong
		}
	}
	own, err := h.Signing.Receipts.Find(r.Context(), f.secret)
	if page.ComesBack(err, ownKinds...) {
		p.Form, p.Done, p.Secret = page.NewForm(r, nil, err), "", ""
		return h.Render(w, page.Status(err), p)
	} else if err != nil {
		return err
	}
	switch do {
	case "download":
		return h.download(w, r, own)
	case "proof":
		if wrong = h.sendProof(w, r, f); wrong == nil || !page.ComesBack(wrong, ownKinds...) {
			return wrong
		}
	}
	for _, o := range own {
		view, err := h.ownView(r, o)
		if err != nil {
			return err
		}
		if view.Mandate {
			if view.ID == v.Get("id") {
				view.Domain = v.Get("domain")
			}
			view.Record, err = h.Signing.Receipts.MandateRecord(r.Context(), o, view.Domain)
			if err != nil && !page.ComesBack(err, ownKinds...) {
				return err
			}
			if err != nil && do == "record" {
				wrong = err
			}
		}
		p.Found = append(p.Found, view)
	}
	p.Form = page.NewForm(r, nil, wrong)
	return h.Render(w, page.Status(wrong), p)
}

// sendProof sends the proof that a signature is in the log, as a file.
func (h *Handlers) sendProof(w http.ResponseWriter, r *http.Request, f ownForm) error {
	proof, err := h.Signing.Receipts.Proof(r.Context(), f.secret, f.id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="letter-`+strconv.FormatInt(proof.Index, 10)+`.tlog-proof"`)
	page.Send(w, page.Plain, "no-store", proof.File)
	return nil
}

func (h *Handlers) ownView(r *http.Request, o signing.Own) (OwnSignature, error) {
	l, err := h.Letters.FindByID(r.Context(), o.Letter)
	if err != nil {
		return OwnSignature{}, err
	}
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	v := OwnSignature{ID: strconv.FormatInt(o.ID, 10), LetterTitle: page.Tag(t.Name(), t.Language), LetterURL: page.Local(r, "/letters/"+l.Slug),
		Kind: string(o.Kind), State: string(o.State), Name: o.Name, Listing: string(o.Listing), Edition: o.Edition,
		TextLanguage: loc.Language(o.Text), SignedOn: loc.Date(o.SignedAt)}
	if o.Kind == verify.Organisation {
		v.Name = o.Organisation
	}
	if o.Informed != nil {
		v.Informed = o.Informed.Words
	}
	active := o.State == signing.StateNew || o.State == signing.StateListed || o.State == signing.StateHeld
	v.CanWithdraw, v.Withheld = active, o.Listing != roll.Public
	if o.LeafIndex != nil {
		v.Leaf = loc.Number(int(*o.LeafIndex))
	}
	if o.State == signing.StateHeld || o.Reason == signing.Undecided {
		v.HeldWhy = loc.T("held." + o.Reason)
		v.Mandate = o.State == signing.StateHeld && o.Reason == signing.HeldMandate && o.Email != ""
	}
	if active && o.Email != "" {
		for _, x := range roll.Listings {
			v.Listings = append(v.Listings, string(x))
		}
	}
	if active && o.Edition < l.Edition.Number {
		v.NewEdition = page.Local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(o.Edition)+
			diffText(l.Edition, o.Text))
	}
	news := ""
	if keeps, err := h.News.Keeps(r.Context(), o); err != nil {
		return v, err
	} else if active && keeps {
		news = loc.T("signature.news_kept")
	}
	for _, d := range []Detail{
		{loc.T("form.email"), o.Email}, {loc.T("form.title_field"), o.Title}, {loc.T("form.affiliation"), o.Affiliation},
		{loc.T("form.organisation"), ifKind(o, verify.Person, o.Organisation)},
		{loc.T("confirm.representative"), ifKind(o, verify.Organisation, o.Name)},
		{loc.T("form.country"), countryName(loc, o.Country)}, {loc.T("signature.news"), news},
	} {
		if d.Value != "" {
			v.Detail = append(v.Detail, d)
		}
	}
	if end := l.End(); !end.IsZero() {
		v.KeptUntil = loc.Date(end.Add(letter.KeptAfterClose))
	} else {
		v.KeptUntil = loc.T("form.kept_rule", "Days", page.Kept(loc))
	}
	return v, nil
}

// diffText returns the query that shows a difference in the language somebody read, unless nobody has brought that
// language up to date: then the words are the same, and only the authoritative text tells what changed.
func diffText(now letter.Edition, language string) string {
	if t, ok := now.Texts[language]; !ok || t.Stale {
		language = now.Language
	}
	return "?text=" + url.QueryEscape(language)
}

func ifKind(o signing.Own, kind verify.Kind, text string) string {
	if o.Kind == kind {
		return text
	}
	return ""
}

func countryName(l *i18n.Locale, code string) string {
	if code == "" {
		return ""
	}
	return i18n.CountryName(l, code)
}

// download sends what is held about the signer as a file.
func (h *Handlers) download(w http.ResponseWriter, r *http.Request, own []signing.Own) error {
	var entries []map[string]any
	for _, o := range own {
		l, err := h.Letters.FindByID(r.Context(), o.Letter)
		if err != nil {
			return err
		}
		e := map[string]any{"letter": h.BaseURL + "/letters/" + l.Slug, "edition": o.Edition, "kind": o.Kind, "listing": o.Listing,
			"basis": o.Basis, "state": o.State, "signed": o.SignedAt.Format(time.DateOnly)}
		for name, value := range map[string]string{"name": o.Name, "email": o.Email, "title": o.Title, "affiliation": o.Affiliation,
			"organisation": o.Organisation, "country": o.Country, "text_language": o.Text} {
			if value != "" {
				e[name] = value
			}
		}
		if o.Informed != nil {
			e["informed"] = o.Informed
		}
		entries = append(entries, e)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="signature.json"`)
	return page.SendJSON(w, http.StatusOK, map[string]any{"signatures": entries})
}
