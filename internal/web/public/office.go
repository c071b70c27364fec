package public

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
)

// OfficePage is where the link of an office leads: what is asked of it, what is shown of each, and the form for its own view. GET is inert.
type OfficePage struct {
	page.Base
	Form        page.Form
	Action      string
	LetterTitle page.Tagged
	LetterURL   string
	Name        page.Tagged // of the addressee
	Until       string
	Asked       []OfficeDemand
	Positions   []page.Option
	WordsIn     []page.Option // languages
}

// OfficeDemand is a demand that is asked of an office.
type OfficeDemand struct {
	Number, Shown string // as it goes in an address, and in the page's digits
	Text          page.Tagged
	Cell          page.CellView
	Stated        []OwnStated
	URL           string // of the page with its form
	Open          bool   // its form is on the page
}

// OwnStated is a statement of the office itself, as far as everybody who has the link may see it.
type OwnStated struct {
	page.StatedView
	ID      string
	Waits   bool // to be looked at
	Backs   bool // it can be taken back
	Leaving bool // the office was sent the mail for it
}

// Template is its file.
func (OfficePage) Template() string { return "public/office" }

// Max is how long the text of a statement may be.
func (OfficePage) Max() int { return delivery.MaxStated }

// Megabytes is how large a file may be.
func (OfficePage) Megabytes() int { return delivery.MaxStatedFile >> 20 }

// Within is how many days a statement is looked at before everybody is told that it waits.
func (OfficePage) Within() int { return delivery.StatedWithin }

// officeNotes are what the page can say about what was just done.
var officeNotes = map[string]bool{"typed": true, "leaving": true}

// ShowOffice is inert: programs that look at mail open the link, and nothing happens.
func (h *Handlers) ShowOffice(w http.ResponseWriter, r *http.Request) error {
	return h.officePage(w, r, url.Values{"language": {page.LocaleOf(r).Code}}, nil)
}

func (h *Handlers) officePage(w http.ResponseWriter, r *http.Request, typed url.Values, wrong error) error {
	w.Header().Set("Cache-Control", "no-store")
	o, err := h.Deliveries.Office(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	l, err := h.cache.findByID(r.Context(), o.Letter.ID)
	if err != nil {
		return err
	}
	loc, t := page.LocaleOf(r), h.tell(r, l)
	path := "/office/" + r.PathValue("token")
	p := OfficePage{Base: h.Base(r, loc.T("office.title")), Form: page.NewForm(r, typed, wrong), Action: page.Local(r, path), LetterTitle: h.title(r, l),
		LetterURL: page.Local(r, t.path), Name: t.name(o.To.Number), Until: loc.Date(o.Link.ExpiresAt)}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, page.LanguagesOf(loc, path)
	if done := r.URL.Query().Get("done"); officeNotes[done] && wrong == nil {
		p.Note = loc.T("office.done." + done)
	}
	for _, x := range delivery.Positions {
		p.Positions = append(p.Positions, page.Option{Value: string(x), Text: loc.T("stated.position." + string(x))})
	}
	for _, x := range i18n.All() {
		p.WordsIn = append(p.WordsIn, page.Option{Value: x.Code, Text: x.Name})
	}
	open := r.URL.Query().Get("demand")
	if wrong != nil {
		open = typed.Get("demand")
	}
	for _, x := range o.Asked {
		number := x.Demand.Number
		v := OfficeDemand{Number: number, Shown: loc.Digits(number), Text: page.Tag(x.Demand.Text, l.Edition.Language), Cell: t.cell(x.Cell),
			URL: p.Action + "?demand=" + url.QueryEscape(number) + "#state", Open: number == open || len(o.Asked) == 1}
		for i, d := range l.Standing.Demands {
			if d.Number == number {
				v.Text = t.text(i)
			}
		}
		last, _ := x.Cell.LastStated()
		for _, y := range x.Stated {
			own := OwnStated{StatedView: t.stated(y, last), ID: delivery.ID(y.ID), Waits: y.State == delivery.StatedHeld, Leaving: y.Leaving,
				Backs: !y.Entered && (y.State == delivery.StatedHeld || y.State == delivery.StatedShown)}
			if own.Waits {
				own.Line = loc.T("office.waits", "Date", loc.Date(y.At))
			}
			v.Stated = append(v.Stated, own)
		}
		p.Asked = append(p.Asked, v)
	}
	return h.Render(w, page.Status(wrong), p)
}

// SubmitOffice takes what was typed, or asks for the mail by which a statement is taken back. Neither counts before the office's mailbox
// has confirmed it.
func (h *Handlers) SubmitOffice(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if _, err := h.Deliveries.Office(r.Context(), token); err != nil { // before anything large is read
		return err
	}
	v, files, err := page.ReadUploads(w, r, delivery.MaxStatedFile)
	if err != nil && (v == nil || !page.ComesBack(err, page.Summary...)) {
		return err
	}
	done := "typed"
	if err == nil && v.Get("do") == "withdraw" {
		id, _ := delivery.ParseID(v.Get("id"))
		done, err = "leaving", h.Deliveries.TakeBack(r.Context(), token, id)
	} else if err == nil {
		y := delivery.Saying{Demand: v.Get("demand"), Position: delivery.Position(v.Get("position")), Text: v.Get("text"), Language: v.Get("language"),
			Evidence: delivery.Evidence(strings.TrimSpace(v.Get("evidence")))}
		if f, there := files["file"]; there {
			y.File = &delivery.File{Name: f.Name, Content: f.Data}
		}
		err = h.Deliveries.State(r.Context(), token, y)
	}
	if page.ComesBack(err, page.Summary...) {
		return h.officePage(w, r, v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, page.Local(r, "/office/"+token+"?done="+done), http.StatusSeeOther)
	return nil
}

// OfficeConfirmPage is where the mail leads that asks an office whether something is from it. GET is inert.
type OfficeConfirmPage struct {
	page.Base
	Action      string
	LetterTitle page.Tagged
	LetterURL   string
	Heading     string // which demand
	Demand      page.Tagged
	Stated      page.StatedView
	Position    string
	File        string
	FileURL     string
	Back        bool // it is to be taken back
	Again       bool // the press must be repeated
	Done        string
}

// Template is its file.
func (OfficeConfirmPage) Template() string { return "public/officeconfirm" }

// Within is how many days a statement is looked at before everybody is told that it waits.
func (OfficeConfirmPage) Within() int { return delivery.StatedWithin }

func (h *Handlers) officeConfirmPage(r *http.Request, c delivery.Confirming) (OfficeConfirmPage, error) {
	loc, path := page.LocaleOf(r), "/office/confirm/"+r.PathValue("token")
	title := "office.confirm_title"
	if c.Back {
		title = "office.back_title"
	}
	l, err := h.cache.findByID(r.Context(), c.Letter.ID)
	if err != nil {
		return OfficeConfirmPage{}, err
	}
	t := h.tell(r, l)
	p := OfficeConfirmPage{Base: h.Base(r, loc.T(title)), Action: page.Local(r, path), LetterTitle: h.title(r, l), LetterURL: page.Local(r, t.path),
		Heading: loc.T("answers.demand_n", "Number", loc.Digits(c.Demand.Number)), Demand: page.Tag(c.Demand.Text, l.Edition.Language),
		Stated: t.stated(c.Stated, delivery.Stated{}), Position: loc.T("stated.position." + string(c.Stated.Position)), File: c.Stated.File, Back: c.Back}
	for i, d := range l.Standing.Demands {
		if d.Number == c.Demand.Number {
			p.Demand = t.text(i)
		}
	}
	if c.Stated.File != "" { // it is shown nowhere else yet
		p.Stated.Evidence, p.FileURL = p.Stated.Evidence[:len(p.Stated.Evidence)-1], path+"/file"
	}
	p.NoIndex, p.Canonical, p.Path, p.Languages = true, "", path, page.LanguagesOf(loc, path)
	return p, nil
}

// ShowOfficeConfirm is inert.
func (h *Handlers) ShowOfficeConfirm(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	c, err := h.Deliveries.Confirming(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	p, err := h.officeConfirmPage(r, c)
	if err != nil {
		return err
	}
	return h.Render(w, http.StatusOK, p)
}

// SubmitOfficeConfirm decides, by the second press.
func (h *Handlers) SubmitOfficeConfirm(w http.ResponseWriter, r *http.Request) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	c, err := h.Deliveries.Confirming(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	p, err := h.officeConfirmPage(r, c)
	if err != nil {
		return err
	}
	if h.firstPress(w, r) {
		p.Again = true
		return h.Render(w, http.StatusForbidden, p)
	}
	deny := v.Get("do") != "confirm"
	if _, err := h.Deliveries.Confirm(r.Context(), r.PathValue("token"), deny); err != nil {
		return err
	}
	done := "confirmed"
	switch {
	case deny && c.Back:
		done = "kept"
	case deny:
		done = "denied"
	case c.Back:
		done = "back"
	}
	p.Done = p.L.T("office." + done)
	return h.Render(w, http.StatusOK, p)
}

// SendOfficeFile sends the file of what is to be confirmed to whoever got the mail.
func (h *Handlers) SendOfficeFile(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	c, err := h.Deliveries.Confirming(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.ConfirmingFile(r.Context(), c)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: c.Stated.SHA256, Content: f.Content}, err
	})
}
