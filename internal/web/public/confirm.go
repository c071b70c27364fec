package public

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
)

// ConfirmPage is where the mail's link leads. It is inert: only its one POST form acts.
type ConfirmPage struct {
	page.Base
	limits
	Form         page.Form // what was typed in place of what the sign form held
	Action       string
	LetterTitle  page.Tagged
	LetterURL    string
	Edition      int
	TextLanguage string // of the text that was read, named in the page's language
	SHA256       string
	Kind         string
	Name         string // masked without cookie or code
	Organisation string // masked likewise
	Listing      string
	Informed     string   // words by which the lead organisations may write to the signer, "" unless they were ticked
	Known        bool     // the cookie is there: one press confirms
	CodeSent     bool     // a fresh code was mailed
	Asked        bool     // a mail asked: no browser has a code yet
	CodesLeft    bool     // another fresh code can be mailed
	Disputed     bool     // somebody pressed "this was not me"
	Replaces     bool     // the letter was signed from this address before
	Listings     []string // the owner of the mailbox may choose another, with a mailed code
}

// Template is its file.
func (ConfirmPage) Template() string { return "public/confirm" }

// Corrects reports whether something was typed in place of what the sign form held.
func (p ConfirmPage) Corrects() bool {
	return slices.ContainsFunc([]string{"name", "title", "affiliation", "organisation", "listing"}, func(field string) bool { return p.Form.Value(field) != "" })
}

// confirmPage is the page of a link; typed and err are those of a form that comes back.
func (h *Handlers) confirmPage(r *http.Request, typed url.Values, wrong error) (ConfirmPage, error) {
	token := r.PathValue("token")
	c, err := h.Signing.Confirmation(r.Context(), token, h.browser(r))
	if err != nil {
		return ConfirmPage{}, err
	}
	l, err := h.cache.findByID(r.Context(), c.Letter)
	if err != nil {
		return ConfirmPage{}, err
	}
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	p := ConfirmPage{Base: h.Base(r, loc.T("confirm.title")), Form: page.NewForm(r, typed, wrong), Action: page.Local(r, "/confirm/"+token),
		LetterTitle: page.Tag(t.Name(), t.Language), LetterURL: page.Local(r, "/letters/"+l.Slug), Edition: c.Edition, TextLanguage: loc.Language(c.Text),
		Kind: string(c.Kind), Name: c.Name, Organisation: c.Organisation, Listing: string(c.Listing), Known: c.Known, Asked: c.Asked, CodesLeft: c.CodesLeft,
		Disputed: c.Disputed, Replaces: c.Replaces, Informed: c.Informed}
	if c.Edition == l.Edition.Number {
		p.SHA256 = l.Edition.SHA256
	}
	for _, x := range roll.Listings {
		p.Listings = append(p.Listings, string(x))
	}
	p.NoIndex, p.Canonical = true, ""
	if typed != nil {
		p.Path = "/confirm/" + token
	}
	return p, nil
}

// ShowConfirm is inert: link scanners GET it, run its scripts and prefetch it, and nothing happens.
func (h *Handlers) ShowConfirm(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("again") {
		return h.signAgain(w, r, nil)
	}
	p, err := h.confirmPage(r, nil, nil)
	if fault.Is(err, fault.Gone) {
		return h.signAgain(w, r, err)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, p)
}

// signAgain shows the letter with a form that carries the link: it starts another submission from the same mailbox. gone says why the
// link itself is no longer good, nil if it is.
func (h *Handlers) signAgain(w http.ResponseWriter, r *http.Request, gone error) error {
	token := r.PathValue("token")
	unknown := cmp.Or(gone, error(fault.New(fault.Gone, "token.unknown")))
	_, id, _ := signing.LinkOf(token)
	if id == 0 {
		return unknown
	}
	l, err := h.cache.findByID(r.Context(), id)
	if fault.Is(err, fault.NotFound) {
		return unknown
	}
	if err != nil {
		return err
	}
	if gone != nil && !h.open(l) { // no form to put it by
		return gone
	}
	text := h.textLanguage(r, l.Edition)
	f := h.emptyForm(r, l)
	if f.Values.Set("link", token); gone != nil {
		f = h.signForm(r, l, text, f.Values, gone)
	}
	p := h.letterPage(r, l, text, "", f)
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, page.Status(gone), p)
}

// SubmitConfirm acts on the button that was pressed. Scanners press buttons too: without the cookie or a code nothing is
// confirmed, and every answer but a confirmation is 4xx.
func (h *Handlers) SubmitConfirm(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	token, code := r.PathValue("token"), v.Get("code")
	w.Header().Set("Cache-Control", "no-store")
	switch v.Get("do") {
	case "code":
		return h.mailCode(w, r, v)
	case "dispute":
		return h.dispute(w, r, code)
	}
	receipt, err := h.Signing.Confirm(r.Context(), token, h.browser(r), code, signing.Shown{Name: v.Get("name"), Title: v.Get("title"),
		Affiliation: v.Get("affiliation"), Organisation: v.Get("organisation"), Listing: roll.Listing(v.Get("listing"))})
	if page.ComesBack(err) {
		p, failed := h.confirmPage(r, v, err)
		if failed != nil {
			return failed
		}
		return h.Render(w, page.Status(err), p)
	}
	if err != nil {
		return err
	}
	return h.showReceipt(w, r, receipt)
}

// mailCode mails a fresh code to who opened the link in another browser.
func (h *Handlers) mailCode(w http.ResponseWriter, r *http.Request, typed url.Values) error {
	if err := h.Signing.MailCode(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	p, err := h.confirmPage(r, typed, nil)
	if err != nil {
		return err
	}
	p.CodeSent = true
	return h.Render(w, http.StatusForbidden, p)
}

// dispute records that the owner of the mailbox did not fill in the form.
func (h *Handlers) dispute(w http.ResponseWriter, r *http.Request, code string) error {
	gone, err := h.Signing.Dispute(r.Context(), r.PathValue("token"), h.browser(r), code)
	if err != nil {
		return err
	}
	text := "disputed.text"
	if gone {
		text = "disputed.gone"
	}
	return h.message(w, r, http.StatusForbidden, "disputed.title", text)
}

// message renders a page that only says something, in words of the catalogue.
func (h *Handlers) message(w http.ResponseWriter, r *http.Request, status int, title, text string) error {
	l := page.LocaleOf(r)
	p := page.MessagePage{Base: h.Base(r, l.T(title)), Heading: l.T(title), Text: []string{l.T(text)}}
	p.NoIndex = true
	return h.Render(w, status, p)
}

// ReceiptPage follows a confirmation: it is the only place that shows the secret.
type ReceiptPage struct {
	page.Base
	LetterTitle  page.Tagged
	LetterURL    string
	TextLanguage string // of the text signed, named in the page's language
	Kind         string
	Name         string
	Organisation string
	Listing      string
	Informed     string // as on the page before
	Secret       string // 26 characters
	Appears      string // when the signature joins the count
	Held         bool   // somebody looks at it first
	Again        bool   // the letter was already signed from this address
	SignatureURL string
	Share        Share
	Withheld     bool     // listing is not public: show once, keep safe
	Promises     []string // signed notes, one for each signature
	PromisedBy   string   // when they are to be kept at the latest
}

// Template is its file.
func (ReceiptPage) Template() string { return "public/receipt" }

// SecretGroups returns the secret in groups of four, easier to copy by hand.
func (p ReceiptPage) SecretGroups() []string {
	var groups []string
	for group := range slices.Chunk([]rune(p.Secret), 4) {
		groups = append(groups, string(group))
	}
	return groups
}

func (h *Handlers) showReceipt(w http.ResponseWriter, r *http.Request, receipt signing.Receipt) error {
	l, err := h.cache.findByID(r.Context(), receipt.Letter)
	if err != nil {
		return err
	}
	v := page.VisitOf(r)
	appears := h.Now().UTC().Add(h.PublishEvery + time.Minute - time.Nanosecond).Truncate(time.Minute)
	key := receiptKey{v.Prefix, v.Locale.Code, receipt.Text, receipt.Informed, receipt.Kind, receipt.Listing, appears.Unix() / 60, receipt.PromiseBy.Unix() / 60,
		receipt.Held != "", receipt.Again, receipt.Name != "", receipt.Organisation != "", len(receipt.Promises)}
	body, err := l.receipt(h.Renderer, key, receipt, func(receipt signing.Receipt) ReceiptPage { return h.receiptPage(r, l, receipt, appears) })
	if err != nil {
		return err
	}
	page.Send(w, page.HTML, "no-store", body)
	return nil
}

func (h *Handlers) receiptPage(r *http.Request, l *cachedLetter, receipt signing.Receipt, appears time.Time) ReceiptPage {
	loc := page.LocaleOf(r)
	t := l.Edition.Text(loc.Code)
	p := ReceiptPage{Base: h.Base(r, loc.T("receipt.title")), LetterTitle: page.Tag(t.Name(), t.Language), LetterURL: page.Local(r, "/letters/"+l.Slug),
		TextLanguage: loc.Language(receipt.Text), Kind: string(receipt.Kind), Name: receipt.Name, Organisation: receipt.Organisation,
		Listing: string(receipt.Listing), Informed: receipt.Informed, Secret: receipt.Secret, Appears: loc.Clock(appears),
		Held: receipt.Held != "", Again: receipt.Again,
		SignatureURL: page.Local(r, "/signature"),
		Share:        h.share("/letters/"+l.Slug, t.Name()), Withheld: receipt.Listing != roll.Public, Promises: receipt.Promises}
	if !receipt.PromiseBy.IsZero() {
		p.PromisedBy = loc.DateTime(receipt.PromiseBy, time.UTC)
	}
	p.NoIndex, p.Canonical = true, ""
	return p
}
