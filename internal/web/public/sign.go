package public

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// SignForm is the sign form: what was typed and is wrong with it, and what is offered to choose from.
type SignForm struct {
	page.Form
	limits
	Action      string
	Edition     int
	Text        string   // language of the text that is shown with the form
	Kinds       []string // of person, organisation, both: those the letter's sign-on allows, the first preselected
	Listings    []string // public addressee coalition counted
	Countries   []page.Option
	DiffURL     string        // what changed since the reader's edition, when that is why the form came back
	Responsible []page.Tagged // lead organisations
	Until       string        // date up to which sealed data is kept, "" if only the rule can be said
	Protected   bool
	Informed    string // words by which the lead organisations may write to the signer about their work, "" where that is not offered
}

// Allows reports whether the letter can be signed as a person or for an organisation.
func (f SignForm) Allows(kind string) bool {
	return slices.Contains(f.Kinds, kind) || slices.Contains(f.Kinds, "both")
}

// IsKind reports whether the kind is the chosen one, or the first offered when none is.
func (f SignForm) IsKind(kind string) bool {
	if f.Value("kind") == "" && len(f.Kinds) > 0 {
		return kind == f.Kinds[0]
	}
	return f.Value("kind") == kind
}

// DescribedBy returns the ids of a field's error, if it has one, and of its hint.
func (f SignForm) DescribedBy(field string) string {
	var ids []string
	if f.Errors[field] != "" {
		ids = append(ids, "e-"+field)
	}
	if field != "name" || f.Allows("organisation") {
		ids = append(ids, "h-"+field)
	}
	return strings.Join(ids, " ")
}

// limits tells templates how long fields may be.
type limits struct{}

// Max returns how long a field of a signer may be, in characters: as long as the rule that looks at it lets it be.
func (limits) Max(field string) int {
	switch field {
	case "name", "organisation":
		return signing.MaxName
	case "email":
		return text.MaxEmail
	case "reason":
		return invitation.MaxReason
	}
	return signing.MaxText
}

// emptyForm is the sign form as a letter's readers find it.
func (h *Handlers) emptyForm(r *http.Request, l *cachedLetter) SignForm {
	listing := roll.Public
	if l.Protected {
		listing = roll.Counted
	}
	return h.signForm(r, l, h.textLanguage(r, l.Edition), url.Values{"listing": {string(listing)}}, nil)
}

// signForm is the sign form beside a text in a language, with what was typed and err says about it.
func (h *Handlers) signForm(r *http.Request, l *cachedLetter, text string, typed url.Values, err error) SignForm {
	loc := page.LocaleOf(r)
	f := SignForm{Form: page.NewForm(r, typed, err), Action: page.Local(r, "/letters/"+l.Slug+"/signatures"), Edition: l.Edition.Number, Text: text,
		Kinds: kindsOf(l.SignOn), Protected: l.Protected}
	for _, x := range roll.Listings {
		f.Listings = append(f.Listings, string(x))
	}
	for _, c := range i18n.Countries(loc) {
		f.Countries = append(f.Countries, page.Option{Value: c.Code, Text: c.Name})
	}
	for _, o := range l.Leads {
		f.Responsible = append(f.Responsible, page.Tagged{Text: o.Name(loc.Code, i18n.Default)})
	}
	f.Informed = informedWords(loc, l.Letter)
	if l.Deadline.IsSet() {
		f.Until = loc.Date(l.Deadline.At.Add(letter.Grace + letter.KeptAfterClose).In(l.Deadline.Zone))
	}
	return f
}

// informedWords are those by which the lead organisations of a letter may write to a signer about their own work, "" where that is not
// offered. The form sends them back, so that what is kept is what was read.
func informedWords(loc *i18n.Locale, l letter.Letter) string {
	if !l.Informs() {
		return ""
	}
	var names []string
	for _, o := range l.Leads {
		names = append(names, o.Name(loc.Code, i18n.Default))
	}
	return loc.T("form.informed", "Organisations", strings.Join(names, page.Comma(loc.Code)))
}

// informedAs returns the words that were ticked. Those of a form from before the letter was led by others, or was no longer to offer them,
// are not what stands there now: it asks again.
func informedAs(loc *i18n.Locale, l letter.Letter, v url.Values) (string, error) {
	typed := v.Get("informed")
	if typed == "" || typed == informedWords(loc, l) {
		return typed, nil
	}
	v.Del("informed")
	return "", fault.List{fault.New(fault.Invalid, "informed").On("informed")}
}

// kindsOf are the kinds of form that a letter's sign-on allows.
func kindsOf(s letter.SignOn) []string {
	switch s {
	case letter.SignOnPeople:
		return []string{string(verify.Person)}
	case letter.SignOnOrganisations:
		return []string{string(verify.Organisation)}
	}
	return []string{string(verify.Person), string(verify.Organisation), string(signing.Both)}
}

// SubmitSignature takes a filled sign form.
func (h *Handlers) SubmitSignature(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	if !h.CanMail {
		return fault.New(fault.Unavailable, "busy")
	}
	edition, _ := strconv.Atoi(v.Get("edition"))
	if err := misspelt(v); err != nil {
		return h.retryForm(w, r, l, edition, v, err)
	}
	informed, err := informedAs(page.LocaleOf(r), l.Letter, v)
	if err != nil {
		return h.retryForm(w, r, l, edition, v, err)
	}
	invited, err := h.Invitations.IDOf(r.Context(), l.ID, v.Get("invitation"))
	if err != nil {
		return h.keepForm(w, r, l, edition, v, err)
	}
	id, err := h.Signing.Sign(r.Context(), signing.Request{Letter: l.Letter, Edition: edition, Browser: h.setBrowser(w, r), Lang: page.LocaleOf(r).Code,
		Text: v.Get("text"), Email: v.Get("email"), Invitation: invited, Link: v.Get("link"), IsCountry: i18n.IsCountry,
		Updates: v.Get("updates") == "1", Informed: informed, Consent: v.Get("consent") == "1",
		Shown: signing.Shown{Kind: verify.Kind(v.Get("kind")), Name: v.Get("name"), Title: v.Get("title"), Affiliation: v.Get("affiliation"),
			Organisation: v.Get("organisation"), Country: v.Get("country"), Listing: roll.Listing(v.Get("listing"))}})
	if page.ComesBack(err) {
		return h.retryForm(w, r, l, edition, v, err)
	}
	if err != nil {
		return h.keepForm(w, r, l, edition, v, err)
	}
	http.Redirect(w, r, page.Local(r, "/letters/"+l.Slug+"/check-mail?p="+strconv.FormatInt(id, 36)), http.StatusSeeOther)
	return nil
}

// misspelt asks once about an address whose domain looks like a slip of the finger. Sent again unchanged it is taken as it is.
func misspelt(v url.Values) error {
	address, f := text.ParseAddress(v.Get("email"))
	if f != nil || v.Get("email_sure") == address.Typed {
		return nil
	}
	meant := text.Misspelt(address)
	if meant == "" {
		return nil
	}
	v.Set("email_sure", address.Typed)
	return fault.List{fault.New(fault.Invalid, "email.misspelt", "Address", meant).On("email")}
}

// keepForm shows the form again, as it was filled, when the database is away; other errors are pages of their own.
func (h *Handlers) keepForm(w http.ResponseWriter, r *http.Request, l *cachedLetter, edition int, typed url.Values, err error) error {
	if len(fault.All(err)) > 0 || h.Passing == nil || !h.Passing(err) {
		return err
	}
	h.Logger.LogAttrs(r.Context(), slog.LevelError, "not_signed", slog.String("request", page.VisitOf(r).ID), slog.String("error", err.Error()))
	w.Header().Set("Retry-After", "10")
	return h.retryForm(w, r, l, edition, typed, fault.New(fault.Unavailable, "away"))
}

// retryForm shows the letter's page again, with everything typed and a message by each field that needs one. The reader saw
// an edition that may not be the current one any more; from here on it is.
func (h *Handlers) retryForm(w http.ResponseWriter, r *http.Request, l *cachedLetter, edition int, typed url.Values, err error) error {
	text := typed.Get("text")
	if _, ok := l.Edition.Texts[text]; !ok {
		text = h.textLanguage(r, l.Edition)
	}
	f := h.signForm(r, l, text, typed, err)
	if message, outdated := f.Errors["edition"]; outdated { // no field of the form has it
		delete(f.Errors, "edition")
		f.Errors[""], f.Order = message, slices.DeleteFunc(f.Order, func(field string) bool { return field == "edition" })
	}
	if edition < l.Edition.Number && edition > 0 {
		f.DiffURL = page.Local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(edition)+
			diffText(l.Edition, typed.Get("text")))
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, page.Status(err), h.letterPage(r, l, text, "", f))
}

// CheckMailPage tells a signer to look into the mailbox.
type CheckMailPage struct {
	page.Base
	LetterTitle page.Tagged
	LetterURL   string
	Email       string // as typed; "" without the cookie
	Code        string // six ASCII digits, "" without the cookie
	CanResend   bool
	Resent      bool
	ResendURL   string // POST, no fields
	CorrectURL  string // the letter's form
	Mailbox     string // demo: the page that shows caught mail
}

// Template is its file.
func (CheckMailPage) Template() string { return "public/check-mail" }

// ShowCheckMail tells a signer to look into the mailbox.
func (h *Handlers) ShowCheckMail(w http.ResponseWriter, r *http.Request) error {
	l, err := h.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	loc := page.LocaleOf(r)
	p := CheckMailPage{Base: h.Base(r, loc.T("check_mail.title")), LetterTitle: h.title(r, l), LetterURL: page.Local(r, "/letters/"+l.Slug),
		CorrectURL: page.Local(r, "/letters/"+l.Slug) + "#sign", Resent: r.URL.Query().Has("again")}
	p.NoIndex = true
	if id, err := pendingID(r.URL.Query().Get("p")); err == nil {
		waiting, err := h.Signing.Waiting(r.Context(), id, h.browser(r))
		switch {
		case err == nil && waiting.Letter == l.ID:
			p.Email, p.Code, p.CanResend = waiting.Email, waiting.Code, waiting.CanResend
			p.ResendURL = page.Local(r, "/letters/"+l.Slug+"/check-mail?p="+strconv.FormatInt(id, 36))
		case err != nil && len(fault.All(err)) == 0:
			return err
		}
	}
	if h.Catcher != nil {
		p.Mailbox = "/dev/mailbox"
	}
	w.Header().Set("Cache-Control", "no-store")
	return h.Render(w, http.StatusOK, p)
}

// SubmitResend mails a confirmation once more.
func (h *Handlers) SubmitResend(w http.ResponseWriter, r *http.Request) error {
	if _, err := page.ReadForm(w, r); err != nil {
		return err
	}
	id, err := pendingID(r.URL.Query().Get("p"))
	if err != nil {
		return err
	}
	if err := h.Signing.Resend(r.Context(), id, h.browser(r)); err != nil {
		return err
	}
	http.Redirect(w, r, page.Local(r, "/letters/"+url.PathEscape(r.PathValue("slug"))+"/check-mail?p="+strconv.FormatInt(id, 36)+"&again"), http.StatusSeeOther)
	return nil
}

func pendingID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 36, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "page.unknown")
	}
	return id, nil
}
