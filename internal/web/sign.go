package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// formFields are the fields of the sign form in their order, for the summary of what is wrong.
var formFields = []string{"edition", "kind", "name", "email", "title", "affiliation", "organisation", "listing", "country", "consent"}

func (s *Server) emptyForm(r *http.Request, l *cachedLetter) SignForm {
	f := SignForm{Edition: l.Edition.Number, Text: s.textLanguage(r, l.Edition), Listing: string(roll.Public), Protected: l.Protected, Errors: map[string]string{}}
	if l.Protected {
		f.Listing = string(roll.Counted)
	}
	return s.offer(r, f, l)
}

// offer adds what the form offers to what it holds.
func (s *Server) offer(r *http.Request, f SignForm, l *cachedLetter) SignForm {
	loc := visitOf(r).locale
	f.Action = s.local(r, "/letters/"+l.Slug+"/signatures")
	switch l.SignOn {
	case letter.SignOnPeople:
		f.Kinds = []string{string(verify.Person)}
	case letter.SignOnOrganisations:
		f.Kinds = []string{string(verify.Organisation)}
	default:
		f.Kinds = []string{string(verify.Person), string(verify.Organisation), string(signing.Both)}
	}
	for _, x := range roll.Listings {
		f.Listings = append(f.Listings, string(x))
	}
	for _, c := range i18n.Countries(loc) {
		f.Countries = append(f.Countries, Option{Value: c.Code, Text: c.Name})
	}
	for _, o := range l.Leads {
		f.Responsible = append(f.Responsible, Tagged{Text: o.Name(loc.Code, i18n.Default)})
	}
	if l.Deadline.IsSet() {
		f.Until = loc.Date(l.Deadline.At.Add(letter.Grace + letter.KeptAfterClose).In(l.Deadline.Zone))
	}
	return f
}

func typedForm(v url.Values) SignForm {
	edition, _ := strconv.Atoi(v.Get("edition"))
	return SignForm{Edition: edition, Text: v.Get("text"), Kind: v.Get("kind"), Name: v.Get("name"), Email: v.Get("email"), TitleText: v.Get("title"),
		Affiliation: v.Get("affiliation"), Organisation: v.Get("organisation"), Listing: v.Get("listing"), Country: v.Get("country"),
		Updates: v.Get("updates") == "1", Consent: v.Get("consent") == "1", Invitation: v.Get("invitation"), Errors: map[string]string{}}
}

func (s *Server) submitSignature(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	if !s.o.CanMail {
		return fault.New(fault.Unavailable, "busy")
	}
	f := typedForm(values)
	browser := s.setBrowser(w, r)
	loc := visitOf(r).locale
	id, err := s.signing.Sign(r.Context(), signing.Request{Letter: l.Letter, Edition: f.Edition, Browser: browser, Lang: loc.Code, Text: f.Text,
		Shown: signing.Shown{Kind: verify.Kind(f.Kind), Name: f.Name, Title: f.TitleText, Affiliation: f.Affiliation, Organisation: f.Organisation, Country: f.Country, Listing: roll.Listing(f.Listing)}, Email: f.Email,
		Updates: f.Updates, Consent: f.Consent,
		IsCountry: i18n.IsCountry, Invitation: f.Invitation})
	if _, invalid := errors.AsType[fault.List](err); invalid {
		return s.retryForm(w, r, l, f, fault.All(err))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.local(r, "/letters/"+l.Slug+"/check-mail?p="+strconv.FormatInt(id, 36)), http.StatusSeeOther)
	return nil
}

// retryForm shows the letter's page again with everything typed and a message by each field that needs one.
func (s *Server) retryForm(w http.ResponseWriter, r *http.Request, l *cachedLetter, f SignForm, faults []*fault.Error) error {
	loc := visitOf(r).locale
	for _, x := range faults {
		field := x.Field
		if field == "edition" {
			field = ""
		}
		if f.Errors[field] == "" {
			f.Errors[field] = say(loc, x)
		}
	}
	for _, field := range formFields {
		if f.Errors[field] != "" {
			f.ErrorOrder = append(f.ErrorOrder, field)
		}
	}
	if f.Edition < l.Edition.Number && f.Edition > 0 {
		f.DiffURL = s.local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(f.Edition)+
			diffText(l.Edition, f.Text))
	}
	if _, ok := l.Edition.Texts[f.Text]; !ok {
		f.Text = s.textLanguage(r, l.Edition)
	}
	f.Edition = l.Edition.Number // the reader has the current text before them now
	page := s.letterPage(r, l, f.Text, "", s.offer(r, f, l))
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusUnprocessableEntity, page)
}

func pendingID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 36, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "page.unknown")
	}
	return id, nil
}

func (s *Server) showCheckMail(w http.ResponseWriter, r *http.Request) error {
	l, err := s.cache.find(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	loc := visitOf(r).locale
	p := CheckMailPage{Base: s.base(r, loc.T("check_mail.title")), LetterTitle: s.title(r, l), LetterURL: s.local(r, "/letters/"+l.Slug),
		CorrectURL: s.local(r, "/letters/"+l.Slug) + "#sign", Resent: r.URL.Query().Has("again")}
	p.NoIndex = true
	if id, err := pendingID(r.URL.Query().Get("p")); err == nil {
		waiting, err := s.signing.Waiting(r.Context(), id, s.browser(r))
		switch {
		case err == nil && waiting.Letter == l.ID:
			p.Email, p.Code, p.CanResend = waiting.Email, waiting.Code, waiting.CanResend
			p.ResendURL = s.local(r, "/letters/"+l.Slug+"/check-mail?p="+strconv.FormatInt(id, 36))
		case err != nil && len(fault.All(err)) == 0:
			return err
		}
	}
	if s.o.Catcher != nil {
		p.Mailbox = "/dev/mailbox"
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

func (s *Server) submitResend(w http.ResponseWriter, r *http.Request) error {
	if _, err := readForm(w, r); err != nil {
		return err
	}
	id, err := pendingID(r.URL.Query().Get("p"))
	if err != nil {
		return err
	}
	if err := s.signing.Resend(r.Context(), id, s.browser(r)); err != nil {
		return err
	}
	http.Redirect(w, r, s.local(r, "/letters/"+url.PathEscape(r.PathValue("slug"))+"/check-mail?p="+strconv.FormatInt(id, 36)+"&again"), http.StatusSeeOther)
	return nil
}

func (s *Server) confirmPage(r *http.Request) (ConfirmPage, error) {
	token := r.PathValue("token")
	c, err := s.signing.Confirmation(r.Context(), token, s.browser(r))
	if err != nil {
		return ConfirmPage{}, err
	}
	l, err := s.cache.findByID(r.Context(), c.Letter)
	if err != nil {
		return ConfirmPage{}, err
	}
	loc := visitOf(r).locale
	t := l.Edition.Text(loc.Code)
	p := ConfirmPage{Base: s.base(r, loc.T("confirm.title")), Action: s.local(r, "/confirm/"+token), LetterTitle: tagged(t.Name(), t.Language),
		LetterURL: s.local(r, "/letters/"+l.Slug), Edition: c.Edition, TextLanguage: loc.Language(c.Text), Kind: string(c.Kind), Name: c.Name, Organisation: c.Organisation,
		Listing: string(c.Listing), Known: c.Known, Asked: c.Asked, CodesLeft: c.CodesLeft, Disputed: c.Disputed}
	if c.Edition == l.Edition.Number {
		p.SHA256 = l.Edition.SHA256
	}
	for _, x := range roll.Listings {
		p.Listings = append(p.Listings, string(x))
	}
	p.NoIndex, p.Canonical = true, ""
	return p, nil
}

// showConfirm is inert: link scanners GET it, run its scripts and prefetch it, and nothing happens.
func (s *Server) showConfirm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.confirmPage(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

// submitConfirm acts on the button that was pressed. Scanners press buttons too: without the cookie or a code nothing is
// confirmed, and every answer but a confirmation is 4xx.
func (s *Server) submitConfirm(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	token, code := r.PathValue("token"), form.Get("code")
	w.Header().Set("Cache-Control", "no-store")
	loc := visitOf(r).locale
	typed := Typed{Name: form.Get("name"), Title: form.Get("title"), Affiliation: form.Get("affiliation"),
		Organisation: form.Get("organisation"), Listing: form.Get("listing")}
	switch form.Get("do") {
	case "code":
		if err := s.signing.MailCode(r.Context(), token); err != nil {
			return err
		}
		p, err := s.confirmPage(r)
		if err != nil {
			return err
		}
		p.CodeSent, p.Path, p.Typed = true, "/confirm/"+token, typed
		return render(w, http.StatusForbidden, p)
	case "dispute":
		gone, err := s.signing.Dispute(r.Context(), token, s.browser(r), code)
		if err != nil {
			return err
		}
		key := "disputed.text"
		if gone {
			key = "disputed.gone"
		}
		p := MessagePage{Base: s.base(r, loc.T("disputed.title")), Heading: loc.T("disputed.title"), Text: []string{loc.T(key)}}
		p.NoIndex = true
		return render(w, http.StatusForbidden, p)
	}
	receipt, err := s.signing.Confirm(r.Context(), token, s.browser(r), code, signing.Shown{Name: typed.Name, Title: typed.Title,
		Affiliation: typed.Affiliation, Organisation: typed.Organisation, Listing: roll.Listing(typed.Listing)})
	if faults := fault.All(err); len(faults) > 0 && faults[0].Field != "" {
		p, pageErr := s.confirmPage(r)
		if pageErr != nil {
			return pageErr
		}
		p.Error, p.Path, p.Typed = say(loc, faults[0]), "/confirm/"+token, typed
		return render(w, statusOf[faults[0].Kind], p)
	}
	if err != nil {
		return err
	}
	return s.showReceipt(w, r, receipt)
}

func (s *Server) showReceipt(w http.ResponseWriter, r *http.Request, receipt signing.Receipt) error {
	l, err := s.cache.findByID(r.Context(), receipt.Letter)
	if err != nil {
		return err
	}
	v := visitOf(r)
	appears := s.o.Now().UTC().Add(s.o.PublishEvery + time.Minute - time.Nanosecond).Truncate(time.Minute)
	key := receiptKey{v.prefix, v.locale.Code, receipt.Text, receipt.Kind, receipt.Listing, appears.Unix() / 60, receipt.PromiseBy.Unix() / 60,
		receipt.Held != "", receipt.Again, receipt.Name != "", receipt.Organisation != "", len(receipt.Promises)}
	body, err := l.receipt(key, receipt, func(receipt signing.Receipt) ReceiptPage { return s.receiptPage(r, l, receipt, appears) })
	if err != nil {
		return err
	}
	sendBytes(w, htmlType, "no-store", body)
	return nil
}

func (s *Server) receiptPage(r *http.Request, l *cachedLetter, receipt signing.Receipt, appears time.Time) ReceiptPage {
	loc := visitOf(r).locale
	t := l.Edition.Text(loc.Code)
	p := ReceiptPage{Base: s.base(r, loc.T("receipt.title")), LetterTitle: tagged(t.Name(), t.Language), LetterURL: s.local(r, "/letters/"+l.Slug),
		TextLanguage: loc.Language(receipt.Text), Kind: string(receipt.Kind), Name: receipt.Name, Organisation: receipt.Organisation, Listing: string(receipt.Listing),
		Secret: receipt.Secret, Appears: loc.Clock(appears), Held: receipt.Held != "", Again: receipt.Again, SignatureURL: s.local(r, "/signature"),
		Share: s.share("/letters/"+l.Slug, t.Name()), Withheld: receipt.Listing != roll.Public, Promises: receipt.Promises}
	if !receipt.PromiseBy.IsZero() {
		p.PromisedBy = loc.DateTime(receipt.PromiseBy, time.UTC)
	}
	p.NoIndex, p.Canonical = true, ""
	return p
}

func (s *Server) showSignature(w http.ResponseWriter, r *http.Request) error {
	p := SignaturePage{Base: s.base(r, visitOf(r).locale.T("signature.title"))}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	return render(w, http.StatusOK, p)
}

// submitOwnSignature shows what is held about the signer who knows the secret, and does what they ask. The secret comes in
// the body, never in a path, so that no log and no history has it.
func (s *Server) submitOwnSignature(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	loc := visitOf(r).locale
	secret := signing.NormaliseSecret(form.Get("secret"))
	id, _ := strconv.ParseInt(form.Get("id"), 10, 64)
	p := SignaturePage{Base: s.base(r, loc.T("signature.title")), Secret: secret}
	p.NoIndex = true
	status := http.StatusOK
	switch form.Get("do") {
	case "relist":
		err = s.signing.Relist(r.Context(), secret, id, roll.Listing(form.Get("listing")))
		p.Done = loc.T("signature.relisted")
	case "prove":
		counted, failed := s.signing.Prove(r.Context(), secret, id, form.Get("domain"))
		p.Done, err = loc.T("signature.shown"), failed
		if counted {
			p.Done = loc.T("signature.proved")
		}
	case "withdraw":
		err = s.signing.Withdraw(r.Context(), secret, id)
		p.Done = loc.T("signature.withdrawn")
	case "erase":
		if form.Get("sure") != "1" {
			err = fault.New(fault.Invalid, "sure").On("sure")
			break
		}
		if err = s.signing.Erase(r.Context(), secret, id); err == nil {
			return s.showErased(w, r)
		}
	}
	if faults := fault.All(err); len(faults) > 0 {
		p.Error, p.Done, status = say(loc, faults[0]), "", statusOf[faults[0].Kind]
	} else if err != nil {
		return err
	}
	own, err := s.signing.Find(r.Context(), secret)
	if faults := fault.All(err); len(faults) > 0 {
		p.Error, p.Done, p.Secret = say(loc, faults[0]), "", ""
		return render(w, statusOf[faults[0].Kind], p)
	} else if err != nil {
		return err
	}
	if form.Get("do") == "download" {
		return s.download(w, r, own)
	}
	if form.Get("do") == "proof" && p.Error == "" {
		proof, err := s.signing.Proof(r.Context(), secret, id)
		if err == nil {
			w.Header().Set("Content-Disposition", `attachment; filename="letter-`+strconv.FormatInt(proof.Index, 10)+`.tlog-proof"`)
			sendBytes(w, plainType, "no-store", proof.File)
			return nil
		}
		faults := fault.All(err)
		if len(faults) == 0 {
			return err
		}
		p.Error, status = say(loc, faults[0]), statusOf[faults[0].Kind]
	}
	for _, o := range own {
		view, err := s.ownView(r, o)
		if err != nil {
			return err
		}
		if view.Mandate && view.ID == form.Get("id") {
			view.Domain = form.Get("domain")
		}
		if view.Mandate {
			view.Record, err = s.signing.MandateRecord(r.Context(), o, view.Domain)
			if faults := fault.All(err); len(faults) > 0 && form.Get("do") == "record" {
				p.Error, status = say(loc, faults[0]), statusOf[faults[0].Kind]
			} else if err != nil && len(faults) == 0 {
				return err
			}
		}
		p.Found = append(p.Found, view)
	}
	return render(w, status, p)
}

func (s *Server) showErased(w http.ResponseWriter, r *http.Request) error {
	loc := visitOf(r).locale
	p := MessagePage{Base: s.base(r, loc.T("signature.erased_title")), Heading: loc.T("signature.erased_title"),
		Text: []string{loc.T("signature.erased")}}
	p.NoIndex = true
	return render(w, http.StatusOK, p)
}

func (s *Server) ownView(r *http.Request, o signing.Own) (OwnSignature, error) {
	l, err := s.letters.FindByID(r.Context(), o.Letter)
	if err != nil {
		return OwnSignature{}, err
	}
	loc := visitOf(r).locale
	t := l.Edition.Text(loc.Code)
	v := OwnSignature{ID: strconv.FormatInt(o.ID, 10), LetterTitle: tagged(t.Name(), t.Language), LetterURL: s.local(r, "/letters/"+l.Slug),
		Kind: string(o.Kind), State: string(o.State), Name: o.Name, Listing: string(o.Listing), Edition: o.Edition,
		TextLanguage: loc.Language(o.Text), SignedOn: loc.Date(o.SignedAt)}
	if o.Kind == verify.Organisation {
		v.Name = o.Organisation
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
		v.NewEdition = s.local(r, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"/diff/"+strconv.Itoa(o.Edition)+
			diffText(l.Edition, o.Text))
	}
	for _, d := range []Detail{
		{loc.T("form.email"), o.Email}, {loc.T("form.title_field"), o.Title}, {loc.T("form.affiliation"), o.Affiliation},
		{loc.T("form.organisation"), ifKind(o, verify.Person, o.Organisation)},
		{loc.T("confirm.representative"), ifKind(o, verify.Organisation, o.Name)},
		{loc.T("form.country"), countryName(loc, o.Country)},
	} {
		if d.Value != "" {
			v.Detail = append(v.Detail, d)
		}
	}
	end := l.ClosedAt
	if end.IsZero() && l.Deadline.IsSet() {
		end = l.Deadline.At.Add(letter.Grace)
	}
	if !end.IsZero() {
		v.KeptUntil = loc.Date(end.Add(letter.KeptAfterClose))
	} else {
		v.KeptUntil = loc.T("form.kept_rule")
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
func (s *Server) download(w http.ResponseWriter, r *http.Request, own []signing.Own) error {
	var entries []map[string]any
	for _, o := range own {
		l, err := s.letters.FindByID(r.Context(), o.Letter)
		if err != nil {
			return err
		}
		e := map[string]any{"letter": s.o.BaseURL + "/letters/" + l.Slug, "edition": o.Edition, "kind": o.Kind, "listing": o.Listing,
			"basis": o.Basis, "state": o.State, "signed": o.SignedAt.Format(time.DateOnly)}
		for name, value := range map[string]string{"name": o.Name, "email": o.Email, "title": o.Title, "affiliation": o.Affiliation,
			"organisation": o.Organisation, "country": o.Country, "text_language": o.Text} {
			if value != "" {
				e[name] = value
			}
		}
		entries = append(entries, e)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="signature.json"`)
	return writeJSON(w, http.StatusOK, map[string]any{"signatures": entries})
}
