package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/web/page"
)

// DocumentsPage is the letter as documents: drafts, covers, handwritten signatures and labels.
type DocumentsPage struct {
	page.Base
	Form           page.Form
	Action         string
	Draft          bool            // nothing is published yet
	Drafts         []page.TextLink // of the text that is worked on
	Public         []page.TextLink
	Covers         []CoverView
	Chosen         CoverView // whose cover is written
	CoverLanguages []page.Option
	Signers        []SignerView
	Counted        bool // lists are made for audiences
}

// CoverView is whom a cover is for.
type CoverView struct {
	Addressee string // "0" for all
	Name      page.Tagged
	URL       string // where it is written
	FileURL   string // it, before the public letter
	WordURL   string // the same as a Word document
	Written   bool
}

// SignerView is somebody who signed the text itself.
type SignerView struct {
	Number string
	Name   page.Tagged
	Has    bool // a handwritten signature
}

// Template is its file.
func (DocumentsPage) Template() string { return "desk/documents" }

// ShowDocuments shows the documents of a letter.
func (h *Handlers) ShowDocuments(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := h.keptCover(r, d.Letter, r.URL.Query().Get("addressee"))
	if err != nil {
		return err
	}
	return h.documentsPage(w, r, d, v, nil)
}

// keptCover is the cover for an addressee as it was written, for its form.
func (h *Handlers) keptCover(r *http.Request, l letter.Letter, addressee string) (url.Values, error) {
	covers, err := h.Letters.Covers.List(r.Context(), l.ID, l.Edition)
	for _, c := range covers {
		if strconv.Itoa(c.Addressee) == addressee {
			return coverValues(c), err
		}
	}
	return url.Values{"addressee": {addressee}}, err
}

func coverValues(c letter.Cover) url.Values {
	return url.Values{"addressee": {strconv.Itoa(c.Addressee)}, "language": {c.Language}, "address": {strings.Join(c.Address, "\n")}, "ours": {c.Ours},
		"yours": {c.Yours}, "date": {c.Date}, "through": {c.Through}, "subject": {c.Subject}, "salutation": {c.Salutation}, "text": {c.Text}, "closing": {c.Closing},
		"from": {c.From}, "cc": {strings.Join(c.CC, "\n")}}
}

// coverOptions are the addressees of a letter.
func coverOptions(loc *i18n.Locale, l letter.Letter) (list []page.Option) {
	for i, a := range l.Edition.Text(l.Edition.Language).Addressees {
		list = append(list, page.Option{Value: strconv.Itoa(i + 1), Text: loc.Isolate(a.Called())})
	}
	return list
}

func (h *Handlers) documentsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(l.Edition.Language)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := DocumentsPage{Base: h.base(r, d, loc.T("desk.documents.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/documents", Draft: l.State == letter.Draft, Counted: l.SignOn != letter.SignOnNone}
	e, next, failed := h.Letters.Editions.Working(r.Context(), l)
	if failed != nil {
		return failed
	}
	text := func(code, url string) page.TextLink {
		return page.TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code), URL: url}
	}
	if next {
		for _, code := range e.Languages() {
			p.Drafts = append(p.Drafts, text(code, p.Action+"/draft."+code+".pdf"))
		}
	}
	if !p.Draft {
		for _, code := range l.Edition.Languages() {
			p.Public = append(p.Public, text(code, "/letters/"+l.Slug+"/editions/"+strconv.Itoa(l.Edition.Number)+"."+code+".pdf"))
		}
	}
	written, failed := h.Letters.Covers.List(r.Context(), l.ID, l.Edition)
	if failed != nil {
		return failed
	}
	all := CoverView{Addressee: "0", Name: page.Tagged{Text: loc.T("desk.documents.for_all")}, URL: p.Action + "?addressee=0#cover"}
	p.Covers = append(p.Covers, all)
	for i, a := range t.Addressees {
		n := strconv.Itoa(i + 1)
		p.Covers = append(p.Covers, CoverView{Addressee: n, Name: page.Tag(a.Called(), t.Language), URL: p.Action + "?addressee=" + n + "#cover",
			FileURL: p.Action + "/cover-" + n + ".pdf", WordURL: p.Action + "/cover-" + n + ".docx"})
	}
	for i := range p.Covers {
		for _, c := range written {
			p.Covers[i].Written = p.Covers[i].Written || strconv.Itoa(c.Addressee) == p.Covers[i].Addressee
		}
		if p.Covers[i].Addressee == typed.Get("addressee") {
			p.Chosen = p.Covers[i]
		}
	}
	if p.Chosen.Addressee == "" {
		p.Chosen = all
		typed = url.Values{"addressee": {all.Addressee}}
		p.Form.Values = typed
	}
	for _, code := range l.Edition.Languages() {
		p.CoverLanguages = append(p.CoverLanguages, page.Option{Value: code, Text: loc.Language(code)})
	}
	autographs, failed := h.Letters.Covers.Autographs(r.Context(), l.ID, l.Edition)
	if failed != nil {
		return failed
	}
	for i, s := range t.SignedBy {
		v := SignerView{Number: strconv.Itoa(i + 1), Name: page.Tag(s.Name, t.Language)}
		for _, a := range autographs {
			v.Has = v.Has || a.Signer == i+1
		}
		p.Signers = append(p.Signers, v)
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitDocuments writes a cover, or keeps a handwritten signature.
func (h *Handlers) SubmitDocuments(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, _, data, err := page.ReadUpload(w, r)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	addressee, _ := strconv.Atoi(v.Get("addressee"))
	signer, _ := strconv.Atoi(v.Get("signer"))
	done := "saved"
	switch do := v.Get("do"); {
	case err != nil:
	case do == "cover":
		err = h.Letters.Covers.Put(r.Context(), d.Letter.Slug, letter.Cover{Addressee: addressee, Language: v.Get("language"), Address: lines(v.Get("address")),
			Ours: v.Get("ours"), Yours: v.Get("yours"), Date: v.Get("date"), Through: v.Get("through"), Subject: v.Get("subject"),
			Salutation: v.Get("salutation"), Text: v.Get("text"), Closing: v.Get("closing"), From: v.Get("from"), CC: lines(v.Get("cc"))}, d.User.ID)
	case do == "autograph" && len(data) == 0:
		err = fault.List{fault.New(fault.Invalid, "picture.none").On("autograph")}
	case do == "autograph":
		err = h.Letters.Covers.PutAutograph(r.Context(), d.Letter.Slug, signer, data, d.User.ID)
	case do == "autograph_remove":
		done, err = "removed", h.Letters.Covers.PutAutograph(r.Context(), d.Letter.Slug, signer, nil, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		if v.Get("do") != "cover" { // the form of the cover is another one: it keeps what was written
			kept, failed := h.keptCover(r, d.Letter, v.Get("addressee"))
			if failed != nil {
				return failed
			}
			v = kept
		}
		return h.documentsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/documents?addressee="+strconv.Itoa(max(addressee, 0)), done)
}

// SendDocument sends, as PDF or Word document, "draft.fa.pdf", the text that is worked on, "cover-2.pdf", the public letter with the cover for its second
// addressee, or "labels.pdf", the addresses of all.
func (h *Handlers) SendDocument(w http.ResponseWriter, r *http.Request, d *Visit) error {
	file := r.PathValue("file")
	format := document.Format(file[strings.LastIndexByte(file, '.')+1:])
	name := strings.TrimSuffix(file, "."+string(format))
	if format != document.PDF && (format != document.DOCX || name == "labels") {
		return fault.New(fault.NotFound, "page.unknown")
	}
	return h.sendDocument(w, r, d.Letter.Slug+"-"+name, format, func() (*document.Document, error) { return h.document(r, d.Letter, name) })
}

func (h *Handlers) document(r *http.Request, l letter.Letter, name string) (*document.Document, error) {
	if language, ok := strings.CutPrefix(name, "draft."); ok {
		e, _, err := h.Letters.Editions.Working(r.Context(), l)
		if err != nil {
			return nil, err
		}
		return h.Documents.Draft(r.Context(), l, e, language)
	}
	if number, ok := strings.CutPrefix(name, "cover-"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number {
			return nil, fault.New(fault.NotFound, "page.unknown")
		}
		return h.Documents.Make(r.Context(), document.Wanted{Slug: l.Slug, Audience: roll.ForPublic, Addressee: n, BaseURL: h.BaseURL, Early: true})
	}
	if name != "labels" {
		return nil, fault.New(fault.NotFound, "page.unknown")
	}
	covers, err := h.Letters.Covers.List(r.Context(), l.ID, l.Edition)
	return document.LabelsFor(l, covers), err
}

// sendDocument sends a document that is made in its turn as a file of that name.
func (h *Handlers) sendDocument(w http.ResponseWriter, r *http.Request, name string, f document.Format, make func() (*document.Document, error)) error {
	data, err := h.Documents.Write(r.Context(), f, make)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+string(f)+`"`)
	page.Send(w, f.MediaType(), "no-store", data)
	return nil
}
