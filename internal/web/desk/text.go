package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// TextForm is the form of a letter's text.
type TextForm struct {
	page.Form
	L                            *i18n.Locale
	Lang, Dir                    string   // of the text
	Addressees, Demands, Signers []string // prefixes of the names of a row's fields
	Proposed                     []string // those of what may be a demand
	Blocks                       string   // where the editor of documents asks how the body is read; "" on a page without it
	Pictures                     string   // hashes of those in the letter's texts, with blanks between them
}

// Zero is the digit nought as the language of the text writes it.
func (f TextForm) Zero() string {
	if l := i18n.Find(f.Lang); l != nil {
		return l.Digits("0")
	}
	return "0"
}

// maxRows is how many addressees, demands or signers a form can hold.
const maxRows = 60

// textValues is a text as its form holds it, with no row for demands: they stand in the body.
func textValues(t letter.Text) url.Values {
	t = t.Renewed()
	v := url.Values{"title": {t.Title}, "subtitle": {t.Subtitle}, "introduction": {t.Introduction}, "place": {t.Place}, "date": {t.Date},
		"salutation": {t.Salutation}, "body": {t.Body}, "closing": {t.Closing}, "translator": {t.Translator}}
	for i, a := range t.Addressees {
		p := "a" + strconv.Itoa(i) + "-"
		v.Set(p+"before", a.Before)
		v.Set(p+"name", a.Name)
		v.Set(p+"office", a.Office)
		v.Set(p+"address", strings.Join(a.Address, "\n"))
	}
	for i, x := range t.SignedBy {
		p := "s" + strconv.Itoa(i) + "-"
		v.Set(p+"name", x.Name)
		v.Set(p+"role", x.Role)
		v.Set(p+"organisation", x.Organisation)
	}
	return v
}

// textOf is the text that a form holds, in a language. Rows that are empty are left out; the next one is offered again. A demand in
// a row is written into the body.
func textOf(v url.Values, language string) (letter.Text, error) {
	long := func(name string) string { return letter.CleanMarkdown(v.Get(name)) }
	t := letter.Text{Format: letter.Format, Language: language, Title: line1(v.Get("title")), Subtitle: line1(v.Get("subtitle")),
		Introduction: long("introduction"),
		Place:        line1(v.Get("place")), Date: line1(v.Get("date")), Salutation: line1(v.Get("salutation")), Body: long("body"),
		Closing: line1(v.Get("closing")), Translator: line1(v.Get("translator")), Current: v.Get("current") == "1"}
	var demands []letter.Demand
	for i := range maxRows {
		n := strconv.Itoa(i) + "-"
		a := letter.Addressee{Before: line1(v.Get("a" + n + "before")), Name: line1(v.Get("a" + n + "name")), Office: line1(v.Get("a" + n + "office")),
			Address: lines(v.Get("a" + n + "address"))}
		if a.Name != "" || a.Office != "" || len(a.Address) > 0 {
			t.Addressees = append(t.Addressees, a)
		}
		if text := line1(v.Get("d" + n + "text")); text != "" {
			demands = append(demands, letter.Demand{Number: line1(v.Get("d" + n + "number")), Text: text})
		}
		if v.Get("p"+n+"take") == "1" {
			demands = append(demands, letter.Demand{Text: line1(v.Get("p" + n + "text"))})
		}
		x := letter.Signer{Name: line1(v.Get("s" + n + "name")), Role: line1(v.Get("s" + n + "role")), Organisation: line1(v.Get("s" + n + "organisation"))}
		if x != (letter.Signer{}) {
			t.SignedBy = append(t.SignedBy, x)
		}
	}
	err := t.Ask(demands)
	return t, err
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

func (h *Handlers) textForm(r *http.Request, typed url.Values, language string, err error) TextForm {
	return TextForm{Form: page.NewForm(r, typed, err),
		L: page.LocaleOf(r), Lang: language, Dir: i18n.Direction(language),
		Addressees: rowsOf(typed, "a", 1), Demands: rowsOf(typed, "d", 2), Signers: rowsOf(typed, "s", 1), Proposed: rowsOf(typed, "p", 0)}
}

// working returns the text in a language that editors write on.
func (h *Handlers) working(r *http.Request, d *Visit, language string) (e letter.Edition, t letter.Text, there bool, err error) {
	if !i18n.IsLanguage(language) {
		return e, t, false, fault.New(fault.NotFound, "page.unknown")
	}
	if e, _, err = h.Letters.Editions.Working(r.Context(), d.Letter); err != nil {
		return e, t, false, err
	}
	t, there = e.Texts[language]
	return e, t, there, nil
}

// TextPage is where a text is written.
type TextPage struct {
	page.Base
	Text         TextForm
	Action       string
	PreviewURL   string
	LanguageName string
	Published    bool // what is saved is not public before it is published
	Translation  bool
	Source       *page.LetterView // the authoritative text, beside a translation
	Stale        bool             // a translation that is older than its source
	Lacks        []string         // what a translation has not that its source has
	Read         *ReadView        // what a file has, nil where none was read
	Attaching    bool             // something is wrong with a picture or document
	Other        []page.DiffLine  // what somebody else saved meanwhile
	Frozen       bool             // the hash of this text was mailed to those who read it as a draft
	Lifted       bool             // and this is another text
	Remarks      []page.RemarkGroup
	RemarksURL   string // where they are dealt with
}

// ReadView is what was read from a file: it fills the form, and nothing is saved yet.
type ReadView struct {
	Changes  []page.DiffLine // against the text that stands
	Warnings []string
	Left     []string // lines that were left out
}

// Template is its file.
func (TextPage) Template() string { return "desk/text" }

// AttachForm is the form that a picture or document is added to.
func (p TextPage) AttachForm() page.Form { return p.Text.Form }

// ShowText shows a text to be written on.
func (h *Handlers) ShowText(w http.ResponseWriter, r *http.Request, d *Visit) error {
	e, t, there, err := h.working(r, d, r.PathValue("language"))
	if err != nil {
		return err
	}
	base := ""
	if there {
		base = t.Revision()
	}
	v := textValues(t)
	v.Set("base", base)
	return h.textPage(w, r, d, e, v, nil, nil)
}

func (h *Handlers) textPage(w http.ResponseWriter, r *http.Request, d *Visit, e letter.Edition, typed url.Values, read *ReadView, err error) error {
	loc, language := page.LocaleOf(r), r.PathValue("language")
	path := page.Local(r, "/desk/letters/"+d.Letter.Slug)
	p := TextPage{Base: h.base(r, d, loc.T("desk.text.title")), Text: h.textForm(r, typed, language, err), Action: path + "/texts/" + language,
		PreviewURL: path + "/texts/" + language + "/preview", LanguageName: loc.Language(language), Published: d.Letter.State != letter.Draft}
	p.Text.Blocks, p.Text.Pictures = p.Action+"/blocks", strings.Join(e.Pictures(), " ")
	p.Read, p.Stale = read, e.Texts[language].Stale
	p.Attaching = typed.Get("do") == "picture" || typed.Get("do") == "document"
	var failed error
	if d.Letter.State == letter.Draft {
		p.RemarksURL = path + "/circulation"
		if p.Remarks, failed = h.openRemarks(r, d.Letter, e, language); failed != nil {
			return failed
		}
	}
	if d.Letter.State == letter.Draft && language == e.Language {
		c, failed := h.Letters.Circulations.Find(r.Context(), d.Letter.ID)
		if failed != nil {
			return failed
		}
		p.Frozen, p.Lifted = c.Frozen(e), c.Lifted(e)
	}
	if source, there := e.Texts[e.Language]; there && language != e.Language {
		p.Translation = true
		if typedText, misplaced := textOf(typed, language); misplaced == nil && typedText.Body != "" {
			for _, f := range letter.Lacks(source, typedText.Renewed()) {
				p.Lacks = append(p.Lacks, loc.T("desk.check."+f.Key, "Language", loc.Language(language), "Number", loc.Digits(f.Number)))
			}
		}
		v := page.ViewOf(r, d.Letter, letter.Edition{Language: e.Language, Texts: map[string]letter.Text{e.Language: source}}, e.Language)
		v.Texts, v.EditionsURL, v.FileURL, v.Documents, v.SHA256 = nil, "", "", nil, ""
		p.Source = &v
	}
	if isChanged(err) {
		_, other, _, failed := h.working(r, d, language)
		if failed != nil {
			return failed
		}
		typedText, _ := textOf(typed, language)
		p.Other = page.LinesOf(letter.Diff(typedText.Canonical(), other.Canonical()))
		typed.Set("base", other.Revision()) // saving again is done knowingly
	}
	w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; connect-src 'self'") // the text saves itself
	return h.Render(w, page.Status(err), p)
}

// SubmitText saves a text, by itself or when a button is pressed.
func (h *Handlers) SubmitText(w http.ResponseWriter, r *http.Request, d *Visit) error {
	language := r.PathValue("language")
	v, files, err := page.ReadUploads(w, r, page.MaxUpload)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	e, now, _, failed := h.working(r, d, language)
	if failed != nil {
		return failed
	}
	if err == nil && v.Get("do") == "read" {
		typed, read, failed := readText(r, v, files["file"], now)
		if failed == nil {
			return h.textPage(w, r, d, e, typed, read, nil)
		}
		err = failed
	}
	if err == nil {
		err = h.attach(r, v, files[v.Get("do")].Data)
	}
	if err != nil {
		if comesBack(err) {
			return h.textPage(w, r, d, e, v, nil, err)
		}
		return err
	}
	t, err := textOf(v, language)
	follows := letter.FollowsCosmetic // what it is in truth is declared when it is published
	if language != e.Language {
		follows = letter.FollowsTranslation
	}
	l := d.Letter
	if err == nil {
		l, err = h.Letters.SaveText(r.Context(), d.Letter.Slug, t, follows, v.Get("base"), d.User.ID)
	}
	if v.Get("do") == "autosave" {
		return h.answerAutosave(w, r, l, language, err)
	}
	if comesBack(err) {
		return h.textPage(w, r, d, e, v, nil, err)
	}
	if err != nil {
		return err
	}
	path := "/desk/letters/" + d.Letter.Slug
	if do := v.Get("do"); do == "more" || do == "picture" || do == "document" { // saved, and on with it: there are new empty rows
		return seeOther(w, r, path+"/texts/"+language, "saved")
	}
	return seeOther(w, r, path, "saved")
}

// attach stores a picture or document that comes with the form, and puts it at the end of the body, from where it is moved to
// its place.
func (h *Handlers) attach(r *http.Request, v url.Values, data []byte) error {
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
	put, mark := h.Letters.Media.PutPicture, "![%s](picture:%s)"
	if do == "document" {
		put, mark = h.Letters.Media.PutDocument, "[%s (PDF)](/media/%s)"
	}
	hash, err := put(r.Context(), data)
	if err != nil {
		return err
	}
	v.Set("body", strings.TrimRight(v.Get("body"), " \r\n")+"\n\n"+fmt.Sprintf(mark, label, hash)+"\n")
	return nil
}

// answerAutosave tells the page's script which revision it goes on from, or why nothing was saved.
func (h *Handlers) answerAutosave(w http.ResponseWriter, r *http.Request, l letter.Letter, language string, err error) error {
	loc := page.LocaleOf(r)
	if faults := fault.All(err); len(faults) > 0 {
		return page.SendJSON(w, page.Status(err), map[string]string{"message": page.Say(loc, faults[0])})
	}
	if err != nil {
		return err
	}
	e, _, err := h.Letters.Editions.Working(r.Context(), l)
	if err != nil {
		return err
	}
	return page.SendJSON(w, http.StatusOK, map[string]string{"base": e.Texts[language].Revision(),
		"message": loc.T("desk.text.saved", "Time", loc.Clock(h.Now().UTC()))})
}

// PreviewPage is a text as readers will see it.
type PreviewPage struct {
	page.Base
	Letter  page.LetterView
	TextURL string
}

// Template is its file.
func (PreviewPage) Template() string { return "desk/preview" }

// ShowPreview shows a text as readers will see it.
func (h *Handlers) ShowPreview(w http.ResponseWriter, r *http.Request, d *Visit) error {
	language := r.PathValue("language")
	e, t, there, err := h.working(r, d, language)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.NotFound, "edition.unknown")
	}
	l := d.Letter
	l.Edition.Number = e.Number
	p := PreviewPage{Base: h.base(r, d, t.Name()), Letter: page.ViewOf(r, l, e, language),
		TextURL: page.Local(r, "/desk/letters/"+l.Slug+"/texts/"+language)}
	p.Letter.FileURL, p.Letter.Documents, p.Letter.EditionsURL, p.Letter.Published = "", nil, "", ""
	for i, x := range p.Letter.Texts {
		p.Letter.Texts[i].URL = page.Local(r, "/desk/letters/"+l.Slug+"/texts/"+x.Lang+"/preview")
	}
	p.Letter.Beside = nil
	return h.Render(w, http.StatusOK, p)
}

// isChanged reports whether somebody else has saved the text meanwhile.
func isChanged(err error) bool {
	return slices.ContainsFunc(fault.All(err), func(f *fault.Error) bool { return f.Key == "letter.text_changed" })
}
