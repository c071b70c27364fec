package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

// Limits of the forms that hold a letter, and of rows in one.
const (
	maxLongBytes  = 1 << 20
	maxLongFields = 1000
	maxRows       = 60
)

// readLong is readForm for a form that holds a letter.
func readLong(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	return readFormOf(w, r, maxLongBytes, maxLongFields)
}

// textValues is a text as its form holds it.
func textValues(t letter.Text) url.Values {
	v := url.Values{"title": {t.Title}, "subtitle": {t.Subtitle}, "introduction": {t.Introduction}, "place": {t.Place}, "date": {t.Date},
		"salutation": {t.Salutation}, "body": {t.Body}, "closing": {t.Closing}, "translator": {t.Translator}}
	for i, a := range t.Addressees {
		p := "a" + strconv.Itoa(i) + "-"
		v.Set(p+"before", a.Before)
		v.Set(p+"name", a.Name)
		v.Set(p+"office", a.Office)
		v.Set(p+"address", strings.Join(a.Address, "\n"))
	}
	for i, d := range t.Demands {
		p := "d" + strconv.Itoa(i) + "-"
		v.Set(p+"number", d.Number)
		v.Set(p+"text", d.Text)
	}
	for i, x := range t.SignedBy {
		p := "s" + strconv.Itoa(i) + "-"
		v.Set(p+"name", x.Name)
		v.Set(p+"role", x.Role)
		v.Set(p+"organisation", x.Organisation)
	}
	return v
}

// textOf is the text that a form holds, in a language. Rows that are empty are left out; the next one is offered again.
func textOf(v url.Values, language string) letter.Text {
	long := func(name string) string { return letter.CleanMarkdown(v.Get(name)) }
	t := letter.Text{Language: language, Title: line1(v.Get("title")), Subtitle: line1(v.Get("subtitle")), Introduction: long("introduction"), Place: line1(v.Get("place")),
		Date: line1(v.Get("date")), Salutation: line1(v.Get("salutation")), Body: long("body"), Closing: line1(v.Get("closing")), Translator: line1(v.Get("translator"))}
	for i := range maxRows {
		n := strconv.Itoa(i) + "-"
		a := letter.Addressee{Before: line1(v.Get("a" + n + "before")), Name: line1(v.Get("a" + n + "name")), Office: line1(v.Get("a" + n + "office")), Address: lines(v.Get("a" + n + "address"))}
		if a.Name != "" || a.Office != "" || len(a.Address) > 0 {
			t.Addressees = append(t.Addressees, a)
		}
		if text := line1(v.Get("d" + n + "text")); text != "" {
			t.Demands = append(t.Demands, letter.Demand{Number: line1(v.Get("d" + n + "number")), Text: text})
		}
		x := letter.Signer{Name: line1(v.Get("s" + n + "name")), Role: line1(v.Get("s" + n + "role")), Organisation: line1(v.Get("s" + n + "organisation"))}
		if x != (letter.Signer{}) {
			t.SignedBy = append(t.SignedBy, x)
		}
	}
	t.Locate()
	return t
}

// rowsOf returns the rows of a form: those with something in them, and empty ones after.
func rowsOf(v url.Values, prefix string, spare int) (rows []string) {
	last := -1
	for i := range maxRows {
		for _, part := range []string{"before", "name", "office", "address", "number", "text", "role", "organisation"} {
			if v.Get(prefix+strconv.Itoa(i)+"-"+part) != "" {
				last = i
			}
		}
	}
	for i := range min(last+1+spare, maxRows) {
		rows = append(rows, prefix+strconv.Itoa(i)+"-")
	}
	return rows
}

func (s *Server) textForm(r *http.Request, typed url.Values, language string, err error) TextForm {
	return TextForm{Form: s.deskForm(r, typed, err), L: visitOf(r).locale, Lang: language, Dir: i18n.Direction(language),
		Addressees: rowsOf(typed, "a", 1), Demands: rowsOf(typed, "d", 2), Signers: rowsOf(typed, "s", 1)}
}

// working returns the text in a language that editors write on.
func (s *Server) working(r *http.Request, d *deskVisit, language string) (e letter.Edition, t letter.Text, there bool, err error) {
	if !i18n.IsLanguage(language) {
		return e, t, false, fault.New(fault.NotFound, "page.unknown")
	}
	if e, _, err = s.letters.Working(r.Context(), d.Letter); err != nil {
		return e, t, false, err
	}
	t, there = e.Texts[language]
	return e, t, there, nil
}

func (s *Server) showText(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	e, t, there, err := s.working(r, d, r.PathValue("language"))
	if err != nil {
		return err
	}
	base := ""
	if there {
		base = t.Revision()
	} else if source := e.Text(e.Language); len(e.Texts) > 0 { // a translation begins with what needs none
		for _, demand := range source.Demands {
			t.Demands = append(t.Demands, letter.Demand{Number: demand.Number})
		}
	}
	v := textValues(t)
	v.Set("base", base)
	return s.textPage(w, r, d, e, v, nil)
}

func (s *Server) textPage(w http.ResponseWriter, r *http.Request, d *deskVisit, e letter.Edition, typed url.Values, err error) error {
	loc, language := visitOf(r).locale, r.PathValue("language")
	path := s.local(r, "/desk/letters/"+d.Letter.Slug)
	p := TextPage{Base: s.deskBase(r, d, loc.T("desk.text.title")), Text: s.textForm(r, typed, language, err), BoardURL: path, Action: path + "/texts/" + language,
		PreviewURL: path + "/texts/" + language + "/preview", LanguageName: loc.Language(language), Published: d.Letter.State != letter.Draft}
	p.Attaching = typed.Get("do") == "picture" || typed.Get("do") == "document"
	name := e.Text(loc.Code)
	p.LetterTitle = tagged(name.Name(), name.Language)
	if d.Letter.State == letter.Draft && language == e.Language {
		c, failed := s.letters.Circulations.Find(r.Context(), d.Letter.ID)
		if failed != nil {
			return failed
		}
		p.Frozen, p.Lifted = c.Frozen(e), c.Lifted(e)
	}
	if source, there := e.Texts[e.Language]; there && language != e.Language {
		p.Translation = true
		v := s.letterView(r, d.Letter, letter.Edition{Language: e.Language, Texts: map[string]letter.Text{e.Language: source}}, e.Language)
		v.Texts, v.EditionsURL, v.FileURL, v.SHA256 = nil, "", "", ""
		p.Source = &v
	}
	if fault.Is(err, fault.Conflict) {
		_, other, _, failed := s.working(r, d, language)
		if failed != nil {
			return failed
		}
		for _, x := range letter.Diff(textOf(typed, language).Canonical(), other.Canonical()) {
			line := DiffLine{Kind: string(x.Kind)}
			for _, span := range x.Spans {
				line.Text = append(line.Text, DiffSpan(span))
			}
			p.Other = append(p.Other, line)
		}
		typed.Set("base", other.Revision()) // saving again is done knowingly
	}
	w.Header().Set("Content-Security-Policy", contentPolicy+"; connect-src 'self'") // the text saves itself
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitText(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	language := r.PathValue("language")
	v, _, data, err := readUpload(w, r)
	if err != nil && (v == nil || !faulty(err)) {
		return err
	}
	e, _, _, failed := s.working(r, d, language)
	if failed != nil {
		return failed
	}
	if err == nil {
		err = s.attach(r, v, data)
	}
	if err != nil {
		if faulty(err) {
			return s.textPage(w, r, d, e, v, err)
		}
		return err
	}
	t := textOf(v, language)
	follows := letter.FollowsCosmetic // what it is in truth is declared when it is published
	if language != e.Language {
		follows = letter.FollowsTranslation
	}
	l, err := s.letters.SaveText(r.Context(), d.Letter.Slug, t, follows, v.Get("base"), d.User.ID)
	if v.Get("do") == "autosave" {
		return s.answerAutosave(w, r, l, language, err)
	}
	if faulty(err) {
		return s.textPage(w, r, d, e, v, err)
	}
	if err != nil {
		return err
	}
	path := "/desk/letters/" + d.Letter.Slug
	if do := v.Get("do"); do == "more" || do == "picture" || do == "document" { // saved, and on with it: there are new empty rows
		return s.seeOther(w, r, path+"/texts/"+language, "saved")
	}
	return s.seeOther(w, r, path, "saved")
}

// attach stores a picture or document that comes with the form, and puts it at the end of the body, from where it is moved to
// its place.
func (s *Server) attach(r *http.Request, v url.Values, data []byte) error {
	do := v.Get("do")
	if do != "picture" && do != "document" {
		return nil
	}
	label := strings.NewReplacer("[", "(", "]", ")", `"`, "”", "|", "/").Replace(line1(v.Get(do + "_text")))
	var faults fault.List
	if len(data) == 0 {
		faults = append(faults, fault.New(fault.Invalid, do+".none").On(do))
	}
	if label == "" {
		faults = append(faults, fault.New(fault.Invalid, do+".text").On(do+"_text"))
	}
	if len(faults) > 0 {
		return faults
	}
	put, mark := s.letters.Media.PutPicture, "![%s](picture:%s)"
	if do == "document" {
		put, mark = s.letters.Media.PutDocument, "[%s (PDF)](/media/%s)"
	}
	hash, err := put(r.Context(), data)
	if err != nil {
		return err
	}
	v.Set("body", strings.TrimRight(v.Get("body"), " \r\n")+"\n\n"+fmt.Sprintf(mark, label, hash)+"\n")
	return nil
}

// answerAutosave tells the page's script which revision it goes on from, or why nothing was saved.
func (s *Server) answerAutosave(w http.ResponseWriter, r *http.Request, l letter.Letter, language string, err error) error {
	loc := visitOf(r).locale
	if faults := fault.All(err); len(faults) > 0 {
		return writeJSON(w, statusOf[faults[0].Kind], map[string]string{"message": say(loc, faults[0])})
	}
	if err != nil {
		return err
	}
	e, _, err := s.letters.Working(r.Context(), l)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"base": e.Texts[language].Revision(), "message": loc.T("desk.text.saved", "Time", loc.Clock(s.o.Now().UTC()))})
}

func (s *Server) showPreview(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	language := r.PathValue("language")
	e, t, there, err := s.working(r, d, language)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	l := d.Letter
	l.Edition.Number = e.Number
	p := PreviewPage{Base: s.deskBase(r, d, t.Name()), Letter: s.letterView(r, l, e, language), BoardURL: s.local(r, "/desk/letters/"+l.Slug), TextURL: s.local(r, "/desk/letters/"+l.Slug+"/texts/"+language)}
	p.Letter.FileURL, p.Letter.EditionsURL, p.Letter.Published = "", "", ""
	for i, x := range p.Letter.Texts {
		p.Letter.Texts[i].URL = s.local(r, "/desk/letters/"+l.Slug+"/texts/"+x.Lang+"/preview")
	}
	p.Letter.Beside = nil
	return render(w, http.StatusOK, p)
}

// patterns are the letters that a new one can begin with; their texts are in the catalogues and are read like any letter.
var patterns = []string{"open", "joint", "urgent", "allegation"}

func (s *Server) showNewLetter(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v := url.Values{}
	for _, name := range patterns {
		if r.URL.Query().Get("pattern") == name {
			v.Set("text", visitOf(r).locale.T("desk.pattern."+name+".text"))
		}
	}
	return s.newLetterPage(w, r, d, v, nil)
}

func (s *Server) newLetterPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc := visitOf(r).locale
	if len(s.leadsOf(r, d)) == 0 {
		return fault.New(fault.Forbidden, "role")
	}
	p := NewLetterPage{Base: s.deskBase(r, d, loc.T("desk.new.title")), Form: s.deskForm(r, typed, err)}
	for _, name := range patterns {
		p.Patterns = append(p.Patterns, Option{s.local(r, "/desk/new?pattern="+name), loc.T("desk.pattern." + name + ".name")})
	}
	return render(w, statusOfForm(err), p)
}

// leadsOf are the organisations for which the user may write letters.
func (s *Server) leadsOf(r *http.Request, d *deskVisit) (leads []Choice) {
	for _, m := range d.Members {
		if m.Role.May(account.Editor) {
			leads = append(leads, Choice{Value: m.Organisation.Slug, Text: tagged(m.Organisation.Name(visitOf(r).locale.Code, i18n.Default), "")})
		}
	}
	return leads
}

// submitNewLetter reads what was pasted or uploaded and shows what was recognised; pressed again, it makes the letter.
func (s *Server) submitNewLetter(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, name, data, err := readUpload(w, r)
	if err != nil {
		if faulty(err) && v != nil {
			return s.newLetterPage(w, r, d, v, err)
		}
		return err
	}
	if v.Get("do") == "create" {
		return s.createLetter(w, r, d, v)
	}
	if len(data) == 0 {
		name, data = "letter.txt", []byte(v.Get("text"))
		if markdown := v.Get("text"); strings.Contains(markdown, "](") || strings.Contains(markdown, "**") || strings.HasPrefix(markdown, "#") || strings.Contains(markdown, "\n#") {
			name = "letter.md"
		}
	}
	draft, err := importer.Read(name, data)
	var read letter.Import
	if err == nil {
		read, err = letter.FromDraft(draft, letter.AtDesk, time.UTC)
	}
	if err != nil {
		return s.newLetterPage(w, r, d, v, onField(err, "text"))
	}
	typed := textValues(read.Text)
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
	for _, x := range draft.Warnings {
		typed.Add("warning", loc(r).T("desk.warning."+x.Key, pairsOf(x.Args)...))
	}
	return s.confirmLetterPage(w, r, d, typed, nil)
}

func loc(r *http.Request) *i18n.Locale { return visitOf(r).locale }

func pairsOf(args map[string]any) (pairs []any) {
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// onField puts an error that a user may see beside a field.
func onField(err error, field string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return fault.List{f.On(field)}
	}
	return err
}

func (s *Server) confirmLetterPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	language := typed.Get("language")
	p := ConfirmLetterPage{Base: s.deskBase(r, d, loc(r).T("desk.confirm_letter.title")), Text: s.textForm(r, typed, language, err), Leads: s.leadsOf(r, d), Warnings: typed["warning"]}
	if len(p.Leads) == 0 {
		return fault.New(fault.Forbidden, "role")
	}
	for i, x := range p.Leads {
		p.Leads[i].Chosen = x.Value == typed.Get("lead") || typed.Get("lead") == "" && i == 0
	}
	known := false
	for _, x := range i18n.All() {
		p.Spoken = append(p.Spoken, Choice{Value: x.Code, Text: Tagged{x.Name, x.Code, x.Dir}, Chosen: x.Code == language})
		known = known || x.Code == language
	}
	if !known && i18n.IsLanguage(language) {
		p.Spoken = append(p.Spoken, Choice{Value: language, Text: tagged(i18n.LanguageName(language), language), Chosen: true})
	}
	return render(w, statusOfForm(err), p)
}

func (s *Server) createLetter(w http.ResponseWriter, r *http.Request, d *deskVisit, v url.Values) error {
	var faults fault.List
	language := v.Get("language")
	if !i18n.IsLanguage(language) {
		faults = append(faults, fault.New(fault.Invalid, "language").On("language"))
	}
	may := false
	for _, lead := range s.leadsOf(r, d) {
		may = may || lead.Value == v.Get("lead")
	}
	if !may {
		faults = append(faults, fault.New(fault.Invalid, "lead_own").On("lead"))
	}
	deadline, f := deadlineOf(v)
	if f != nil {
		faults = append(faults, f)
	} else if deadline.IsSet() && !deadline.At.After(s.o.Now()) {
		faults = append(faults, fault.New(fault.Invalid, "deadline_past").On("day"))
	}
	slug := strings.TrimSpace(v.Get("slug"))
	if !letter.IsSlug(slug) {
		faults = append(faults, fault.New(fault.Invalid, "slug").On("slug"))
	}
	signOn := letter.SignOn(v.Get("sign_on"))
	if !slices.Contains(signOns, signOn) {
		faults = append(faults, fault.New(fault.Invalid, "sign_on").On("sign_on"))
	}
	t := textOf(v, language)
	if t.Title == "" && t.Body == "" {
		faults = append(faults, fault.New(fault.Invalid, "text_empty").On("title"))
	}
	var err error
	if len(faults) > 0 {
		err = faults
	} else {
		_, err = s.letters.Create(r.Context(), slug, &t, letter.Settings{SignOn: &signOn, Protected: new(v.Get("protected") == "1"),
			Mandate: new(v.Get("mandate") == "1"), Deadline: &deadline, Leads: []string{v.Get("lead")}}, d.User.ID)
	}
	if faulty(err) {
		return s.confirmLetterPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+slug, "saved")
}

// maxUpload is the largest file that the desk takes.
const maxUpload = 10 << 20

// readUpload reads a form that may hold one file, of bounded size; it never buffers more than that. The values come back
// with an error where the form can be shown again.
func readUpload(w http.ResponseWriter, r *http.Request) (v url.Values, name string, data []byte, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		v, err := readLong(w, r)
		return v, "", nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+maxLongBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", nil, fault.New(fault.Invalid, "form.encoding")
	}
	v = url.Values{}
	for range maxLongFields {
		part, err := parts.NextPart()
		if err == io.EOF {
			return v, name, data, nil
		}
		if err != nil {
			return nil, "", nil, tooLarge(err)
		}
		limit := int64(maxLongBytes)
		if part.FileName() != "" {
			limit = maxUpload
		}
		var b bytes.Buffer
		n, err := io.Copy(&b, io.LimitReader(part, limit+1))
		switch {
		case err != nil:
			return nil, "", nil, tooLarge(err)
		case n > limit:
			return v, "", nil, fault.List{fault.New(fault.TooLarge, "form.large").On(part.FormName())}
		case part.FileName() != "":
			name, data = part.FileName(), b.Bytes()
		case !utf8.Valid(b.Bytes()) || bytes.ContainsRune(b.Bytes(), 0):
			return nil, "", nil, fault.New(fault.Invalid, "form.encoding")
		default:
			v.Add(part.FormName(), b.String())
		}
	}
	return nil, "", nil, fault.New(fault.TooLarge, "form.fields")
}

func tooLarge(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.New(fault.TooLarge, "form.large")
	}
	return fault.New(fault.Invalid, "form.encoding").Because(err)
}
