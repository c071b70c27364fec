package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// StatementsPage is where offices are asked for their own view, and where what they state is looked at.
type StatementsPage struct {
	page.Base
	Form             page.Form
	Action           string
	Draft, CanMail   bool
	Offices          []OfficeView
	Waiting, Decided []StatedLine
	AskedIn          []page.Option // languages of the product
	Reasons          []page.Option
	Numbers, From    []page.Option // demands and addressees, of the form that enters one
	Positions        []page.Option
	WordsIn          []page.Option
	Responses        []page.Option
}

// OfficeView is an addressee whose office can be asked.
type OfficeView struct {
	Number, Name, Email string
	URL                 string // of the form about them
	Link                string // id of the link that is good, "" for none
	LinkLine            string // when it was sent, and until when it is good
	Turned              bool   // their server took no mail
}

// StatedLine is a statement of an office as editors see it.
type StatedLine struct {
	ID, Line, Waited string
	Demand           page.Tagged
	Position         string
	Words            []string
	Lang, Dir        string
	Evidence         string
	EvidenceURL      string
	File, FileURL    string
	Shown            bool // it can be refused still
}

// Template is its file.
func (StatementsPage) Template() string { return "desk/statements" }

// Within is how many days a statement is looked at before everybody is told that it waits.
func (StatementsPage) Within() int { return delivery.StatedWithin }

// refusing is the form that refuses one statement, in the page's language.
type refusing struct {
	StatementsPage
	ID string
}

// Refusing puts the form that refuses a statement into the page's language.
func (p StatementsPage) Refusing(id string) any { return refusing{p, id} }

// ShowStatements shows what offices state.
func (h *Handlers) ShowStatements(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v := url.Values{"at": {day(h.Now())}, "to_language": {d.Letter.Edition.Language}}
	if typed := r.URL.Query().Get("response"); typed != "" {
		if err := h.fromResponse(r, d, typed, v); err != nil {
			return err
		}
	}
	return h.statementsPage(w, r, d, v, nil)
}

// fromResponse fills the form that enters a statement with what came back, on which it then rests.
func (h *Handlers) fromResponse(r *http.Request, d *Visit, typed string, v url.Values) error {
	st, err := h.Deliveries.Standing(r.Context(), d.Letter, delivery.ForEditors)
	if err != nil {
		return err
	}
	id, wrong := delivery.ParseID(typed)
	x, known := st.Response(id)
	if wrong != nil || !known {
		return fault.New(fault.NotFound, "page.unknown")
	}
	v.Set("evidence", "response:"+delivery.ID(id))
	v.Set("of", strconv.Itoa(x.Addressee))
	v.Set("at", day(x.At))
	v.Set("text", x.Excerpt)
	v.Set("language", x.Language)
	return nil
}

func (h *Handlers) statementsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := StatementsPage{Base: h.base(r, d, loc.T("desk.statements.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/statements", Draft: l.State == letter.Draft, CanMail: h.CanMail,
		Reasons: options(loc, "stated.reason.", delivery.StatedReasons...), Positions: options(loc, "stated.position.", delivery.Positions...),
		WordsIn: wordsIn(loc, l)}
	for _, x := range i18n.All() {
		p.AskedIn = append(p.AskedIn, page.Option{Value: x.Code, Text: x.Name})
	}
	st, failed := h.Deliveries.Standing(r.Context(), l, delivery.ForEditors)
	if failed != nil {
		return failed
	}
	links, failed := h.Deliveries.OfficeLinks(r.Context(), l)
	if failed != nil {
		return failed
	}
	stated, failed := h.Deliveries.Statements(r.Context(), l)
	if failed != nil {
		return failed
	}
	for _, a := range st.Addressees {
		if a.Role != delivery.Asks || a.Confidential() {
			continue
		}
		number := strconv.Itoa(a.Number)
		v := OfficeView{Number: number, Name: a.Called(), Email: a.Email, URL: path + "/addressees/" + number}
		for _, k := range links {
			if k.Addressee == a.Number && k.Email == a.Email && k.Good(h.Now()) {
				v.Link, v.Turned = delivery.ID(k.ID), k.Turned
				v.LinkLine = loc.T("desk.statements.asked", "Date", loc.Date(k.CreatedAt), "Until", loc.Date(k.ExpiresAt)) + " " +
					loc.N("desk.statements.mails", k.Mails)
			}
		}
		p.Offices = append(p.Offices, v)
		p.From = append(p.From, page.Option{Value: number, Text: loc.Isolate(v.Name)})
	}
	for _, x := range st.Demands {
		p.Numbers = append(p.Numbers, page.Option{Value: x.Number, Text: loc.T("answers.demand_n", "Number", loc.Digits(x.Number))})
	}
	for _, x := range st.Responses {
		if x.State != delivery.TakenDown {
			to, _ := st.Find(x.Addressee)
			p.Responses = append(p.Responses, page.Option{Value: "response:" + delivery.ID(x.ID),
				Text: loc.Isolate(to.Called()) + " · " + loc.T("response.kind."+string(x.Kind)) + " · " + loc.Date(x.At)})
		}
	}
	for _, x := range stated {
		if v := h.statedLine(loc, l, st, x, path); x.State == delivery.StatedHeld {
			p.Waiting = append(p.Waiting, v)
		} else {
			p.Decided = append(p.Decided, v)
		}
	}
	return h.Render(w, page.Status(err), p)
}

// statedLine is a statement in the page's language.
func (h *Handlers) statedLine(loc *i18n.Locale, l letter.Letter, st delivery.Standing, x delivery.Stated, path string) StatedLine {
	to, _ := st.Find(x.Addressee)
	v := StatedLine{ID: delivery.ID(x.ID), Line: x.Line(loc, to.Called()), Lang: x.Language, Dir: i18n.Direction(x.Language), File: x.File,
		Shown: x.State == delivery.StatedShown || x.State == delivery.StatedBack}
	for _, d := range st.Demands {
		if x.Of(d) {
			v.Demand = page.Tag(loc.Digits(d.Number)+" · "+letter.Excerpt(d.Text, shownOfDemand), l.Edition.Language)
		}
	}
	if x.State == delivery.StatedHeld { // of others the line says it
		v.Position = loc.T("stated.position." + string(x.Position))
		v.Line = loc.T("desk.statements.waits", "Name", to.Called(), "Date", loc.Date(x.At))
		v.Waited = loc.N("desk.statements.days", int(h.Now().Sub(x.At).Hours()/24))
	}
	if x.Text != "" {
		v.Words = strings.Split(x.Text, "\n")
	}
	if id, is := x.Evidence.Response(); is {
		v.Evidence, v.EvidenceURL = loc.T("response.kind.reply"), path+"/answers/"+delivery.ID(id)
	} else if x.Evidence != "" {
		v.Evidence, v.EvidenceURL = string(x.Evidence), string(x.Evidence)
	}
	if x.File != "" {
		v.FileURL = path + "/statements/" + v.ID + "/file"
	}
	return v
}

// shownOfDemand is in characters what a demand is named by in a list.
const shownOfDemand = 120

// SubmitStatements asks an office, takes its link back, decides about what it stated, or enters what came otherwise.
func (h *Handlers) SubmitStatements(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, delivery.MaxStatedFile)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	done, slug, by := "saved", d.Letter.Slug, d.User.ID
	if err == nil {
		id, _ := delivery.ParseID(v.Get("id"))
		switch v.Get("do") {
		case "ask":
			done, err = "office_asked", h.askOffice(r, d, v)
		case "end":
			done, err = "uninvited", h.Deliveries.EndOffice(r.Context(), slug, id, by)
		case "publish":
			done, err = "made_public", h.Deliveries.PublishStated(r.Context(), slug, id, by)
		case "refuse":
			done, err = "stated_refused", h.Deliveries.RefuseStated(r.Context(), slug, id, delivery.StatedReason(v.Get("reason")), by)
		case "enter":
			err = h.enterStated(r, d, v, files)
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) {
		return h.statementsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+slug+"/statements", done)
}

func (h *Handlers) askOffice(r *http.Request, d *Visit, v url.Values) error {
	if v.Get("sure") != "1" {
		return fault.List{fault.New(fault.Invalid, "office.sure").On("sure")}
	}
	return h.Deliveries.AskOffice(r.Context(), d.Letter.Slug, delivery.OfficeAsked{Addressee: number(v.Get("addressee")), Email: v.Get("address"),
		Language: v.Get("to_language")}, d.User.ID)
}

func (h *Handlers) enterStated(r *http.Request, d *Visit, v url.Values, files map[string]page.Upload) error {
	y := delivery.Saying{Demand: v.Get("demand"), Addressee: number(v.Get("of")), Position: delivery.Position(v.Get("position")), Text: v.Get("text"),
		Language: v.Get("language"), Evidence: delivery.Evidence(v.Get("evidence"))}
	at, err := time.Parse(time.DateOnly, dayField(v, "at"))
	if err != nil {
		return fault.List{fault.New(fault.Invalid, "day.unreadable").On("at")}
	}
	y.At = at
	if f, there := files["file"]; there {
		y.File = &delivery.File{Name: f.Name, Content: f.Data}
	}
	_, err = h.Deliveries.EnterStated(r.Context(), d.Letter.Slug, y, d.User.ID)
	return err
}

// SendStatedFile sends the file of a statement, to be looked at.
func (h *Handlers) SendStatedFile(w http.ResponseWriter, r *http.Request, d *Visit) error {
	id, _ := delivery.ParseID(r.PathValue("id"))
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.StatedFile(r.Context(), d.Letter, id, delivery.ForEditors)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: r.PathValue("id"), Content: f.Content}, err
	})
}
