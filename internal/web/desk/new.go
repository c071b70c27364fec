package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/web/page"
)

// NewLetterPage takes a letter that is pasted, uploaded or begun from a pattern.
type NewLetterPage struct {
	page.Base
	Form     page.Form
	Patterns []page.Option // address and name
}

// Template is its file.
func (NewLetterPage) Template() string { return "desk/new" }

// patterns are the letters that a new one can begin with; their texts are in the catalogues and are read like any letter.
var patterns = []string{"open", "joint", "urgent", "allegation"}

// ShowNewLetter asks for a letter.
func (h *Handlers) ShowNewLetter(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v := url.Values{}
	for _, name := range patterns {
		if r.URL.Query().Get("pattern") == name {
			v.Set("text", page.LocaleOf(r).T("desk.pattern."+name+".text"))
		}
	}
	return h.newLetterPage(w, r, d, v, nil)
}

func (h *Handlers) newLetterPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc := page.LocaleOf(r)
	if len(h.leadsOf(r, d)) == 0 {
		return fault.New(fault.Forbidden, "role")
	}
	p := NewLetterPage{Base: h.base(r, d, loc.T("desk.new.title")), Form: page.NewForm(r, typed, err)}
	for _, name := range patterns {
		p.Patterns = append(p.Patterns, page.Option{Value: page.Local(r, "/desk/new?pattern="+name), Text: loc.T("desk.pattern." + name + ".name")})
	}
	return h.Render(w, page.Status(err), p)
}

// leadsOf are the organisations for which the user may write letters.
func (h *Handlers) leadsOf(r *http.Request, d *Visit) (leads []page.Choice) {
	for _, m := range d.Members {
		if m.Role.May(account.Editor) {
			leads = append(leads, page.Choice{Value: m.Organisation.Slug, Text: page.Tag(m.Organisation.Name(page.LocaleOf(r).Code, i18n.Default), "")})
		}
	}
	return leads
}

// SubmitNewLetter reads what was pasted or uploaded and shows what was recognised; pressed again, it makes the letter.
func (h *Handlers) SubmitNewLetter(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, name, data, err := page.ReadUpload(w, r)
	if err != nil {
		if comesBack(err) && v != nil {
			return h.newLetterPage(w, r, d, v, err)
		}
		return err
	}
	if v.Get("back") != "" {
		return h.confirmLetterPage(w, r, d, putBack(v), nil)
	}
	if v.Get("do") == "create" {
		return h.createLetter(w, r, d, v)
	}
	if len(data) == 0 {
		name, data = "letter.txt", []byte(v.Get("text"))
		if markdown := v.Get("text"); strings.Contains(markdown, "](") || strings.Contains(markdown, "**") || strings.HasPrefix(markdown, "#") ||
			strings.Contains(markdown, "\n#") {
			name = "letter.md"
		}
	}
	draft, err := importer.Read(name, data)
	var read letter.Import
	if err == nil {
		read, err = letter.FromDraft(draft, false, time.UTC)
	}
	if err != nil {
		return h.newLetterPage(w, r, d, v, page.OnField(err, "text"))
	}
	typed := recognised(read.Text, draft)
	typed.Set("language", read.Text.Language)
	typed.Set("slug", read.Text.Slug())
	typed.Set("sign_on", string(letter.AtDesk.SignOn))
	if letter.AtDesk.Mandate {
		typed.Set("mandate", "1")
	}
	typed.Set("zone", "UTC")
	if deadline := read.Settings.Deadline; deadline != nil {
		typed.Set("day", deadline.At.Format(time.DateOnly))
		if hour := deadline.At.Format(time.TimeOnly); hour != "23:59:59" { // that is the end of a day alone
			typed.Set("hour", hour[:len("15:04")])
		}
	}
	for _, o := range read.Organisations {
		lines := append([]string{o.Name(read.Text.Language, i18n.Default)}, o.Address...)
		typed.Add("warning", page.LocaleOf(r).T("desk.confirm_letter.sender", "Text", strings.Join(lines, ", ")))
	}
	warnings, left, leftText := unsure(page.LocaleOf(r), draft)
	typed["warning"] = append(typed["warning"], warnings...)
	typed["left"], typed["left_text"] = left, leftText
	return h.confirmLetterPage(w, r, d, typed, nil)
}

// recognised is a text that was read from a file as its form holds it, with the sentences that may be demands.
func recognised(t letter.Text, draft *importer.Draft) url.Values {
	v := textValues(t)
	for i, demand := range letter.Proposed(draft) {
		v.Set("p"+strconv.Itoa(i)+"-text", demand.Text)
	}
	return v
}

// unsure says what was unsure about a file, and which of its lines were left out, with their texts.
func unsure(loc *i18n.Locale, draft *importer.Draft) (warnings, left, leftText []string) {
	for _, x := range draft.Warnings {
		warnings = append(warnings, loc.T("desk.warning."+x.Key, pairsOf(x.Args)...))
	}
	for _, x := range draft.LeftOut {
		if x.Why != importer.Label {
			left, leftText = append(left, loc.T("desk.left_out."+string(x.Why), "Text", x.Text, "Line", x.Line)), append(leftText, x.Text)
		}
	}
	return warnings, left, leftText
}

// putBack moves a line that was left out, the one whose button was pressed, to the end of the text.
func putBack(v url.Values) url.Values {
	i, err := strconv.Atoi(v.Get("back"))
	if left := v["left_text"]; err == nil && i >= 0 && i < len(left) && len(left) == len(v["left"]) {
		v.Set("body", letter.PutBack(v.Get("body"), left[i]))
		v["left"], v["left_text"] = slices.Delete(v["left"], i, i+1), slices.Delete(left, i, i+1)
	}
	v.Del("back")
	return v
}

func pairsOf(args map[string]any) (pairs []any) {
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// ConfirmLetterPage shows what was recognised.
type ConfirmLetterPage struct {
	page.Base
	signOnForm
	Text     TextForm
	Leads    []page.Choice
	Spoken   []page.Choice // languages
	Warnings []string
	Left     []LeftView
}

// LeftView is a line that was left out of the text.
type LeftView struct{ Says, Text string }

// Template is its file.
func (ConfirmLetterPage) Template() string { return "desk/confirm-letter" }

func (h *Handlers) confirmLetterPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	language := typed.Get("language")
	p := ConfirmLetterPage{Base: h.base(r, d, page.LocaleOf(r).T("desk.confirm_letter.title")), Text: h.textForm(r, typed, language, err),
		Leads: h.leadsOf(r, d), Warnings: typed["warning"]}
	if len(p.Leads) == 0 {
		return fault.New(fault.Forbidden, "role")
	}
	for i, says := range typed["left"][:min(len(typed["left"]), len(typed["left_text"]))] {
		p.Left = append(p.Left, LeftView{says, typed["left_text"][i]})
	}
	for i, x := range p.Leads {
		p.Leads[i].Chosen = x.Value == typed.Get("lead") || typed.Get("lead") == "" && i == 0
	}
	known := false
	for _, x := range i18n.All() {
		p.Spoken = append(p.Spoken, page.Choice{Value: x.Code, Text: page.Tagged{Text: x.Name, Lang: x.Code, Dir: x.Dir}, Chosen: x.Code == language})
		known = known || x.Code == language
	}
	if !known && i18n.IsLanguage(language) {
		p.Spoken = append(p.Spoken, page.Choice{Value: language, Text: page.Tag(i18n.LanguageName(language), language), Chosen: true})
	}
	return h.Render(w, page.Status(err), p)
}

func (h *Handlers) createLetter(w http.ResponseWriter, r *http.Request, d *Visit, v url.Values) error {
	var faults fault.List
	language := v.Get("language")
	if !i18n.IsLanguage(language) {
		faults = append(faults, fault.New(fault.Invalid, "language").On("language"))
	}
	deadline, f := deadlineOf(v)
	if f != nil {
		faults = append(faults, f)
	}
	slug := strings.TrimSpace(v.Get("slug"))
	if !letter.IsSlug(slug) {
		faults = append(faults, fault.New(fault.Invalid, "slug").On("slug"))
	}
	signOn := letter.SignOn(v.Get("sign_on"))
	if !slices.Contains(signOns, signOn) {
		faults = append(faults, fault.New(fault.Invalid, "sign_on").On("sign_on"))
	}
	t, misplaced := textOf(v, language)
	faults = append(faults, fault.All(misplaced)...)
	if t.Title == "" && t.Body == "" {
		faults = append(faults, fault.New(fault.Invalid, "text_empty").On("title"))
	}
	var err error
	if len(faults) > 0 {
		err = faults
	} else {
		_, err = h.Letters.Create(r.Context(), slug, &t, letter.Settings{SignOn: &signOn, Protected: new(v.Get("protected") == "1"),
			Mandate: new(v.Get("mandate") == "1"), Deadline: &deadline, Leads: []string{v.Get("lead")}}, d.User.ID)
	}
	if comesBack(err) {
		return h.confirmLetterPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+slug, "saved")
}
