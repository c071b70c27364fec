package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AnswersPage is what came back, and where every demand stands.
type AnswersPage struct {
	page.Base
	Form      page.Form
	Action    string
	Draft     bool
	From      []page.Option // addressees
	Kinds     []page.Option
	Says      []page.Option
	WordsIn   []page.Option // languages that can be chosen
	Demands   []StandsView
	Responses []ResponseLine
	Numbers   []page.Option // of demands
	What      []page.Option // that can be known of one
	Evidence  []page.Option // responses
	Entries   []page.Option // that can be corrected
	Mail      string        // that is entered, "" for none
	MailURL   string
	MailText  page.Tagged
}

// StandsView is a demand and where it stands with each of those it is asked of.
type StandsView struct {
	Number string
	Text   page.Tagged
	Cells  []CellView
}

// CellView is where a demand stands with one of them.
type CellView struct {
	To            page.Tagged
	Status, Since string
	Days          int
	History       []string
}

// ResponseLine is something that came back, in a list.
type ResponseLine struct {
	URL, From, Kind, At, State string
}

// Template is its file.
func (AnswersPage) Template() string { return "desk/answers" }

// ShowAnswers shows what came back.
func (h *Handlers) ShowAnswers(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v := url.Values{}
	if mail := r.URL.Query().Get("mail"); mail != "" {
		var err error
		if v, err = h.fromMail(r, d, mail); err != nil {
			return err
		}
	}
	return h.answersPage(w, r, d, v, nil)
}

func (h *Handlers) answersPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(l.Edition.Language)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := AnswersPage{Base: h.base(r, d, loc.T("desk.answers.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/answers", Draft: !l.Fixed(), Kinds: options(loc, "response.kind.", delivery.Kinds...),
		Says: options(loc, "said.", delivery.Promised, delivery.Partly, delivery.Refused, delivery.SaysDone, delivery.NotAddressed)}
	p.WordsIn = wordsIn(loc, l)
	if p.Mail = typed.Get("mail"); p.Mail != "" {
		p.MailURL = path + "/mail/" + url.PathEscape(p.Mail)
		if id, err := parseMailID(p.Mail); err == nil {
			if i, err := h.Inbox.Find(r.Context(), l.ID, id); err == nil { // else sending the form says what is wrong
				p.MailText = page.Tag(i.Sorted.Text, i.Sorted.Language)
			}
		}
	}
	st, failed := h.Deliveries.Standing(r.Context(), l, delivery.ForEditors)
	if failed != nil {
		return failed
	}
	p.From = addresseeOptions(loc, st)
	for _, x := range st.Responses {
		from, _ := st.Find(x.Addressee)
		line := ResponseLine{p.Action + "/" + delivery.ID(x.ID), from.Called(), loc.T("response.kind." + string(x.Kind)), loc.Date(x.At),
			loc.T("response.state." + string(x.State))}
		p.Responses = append(p.Responses, line)
		if x.State != delivery.TakenDown {
			p.Evidence = append(p.Evidence, page.Option{Value: "response:" + delivery.ID(x.ID), Text: line.Kind + " · " + loc.Isolate(line.From) + " · " + line.At})
		}
	}
	for _, prefix := range []string{"said.", "outcome."} {
		values := []string{"promised", "partly", "refused", "says_done", "not_addressed"}
		if prefix == "outcome." {
			values = []string{"met", "partly_met", "open", "overtaken", "withdrawn"}
		}
		for _, x := range values {
			p.What = append(p.What, page.Option{Value: prefix + x, Text: loc.T(prefix + x)})
		}
	}
	for _, x := range st.Demands {
		v := StandsView{Number: x.Number, Text: page.Tag(x.Text, t.Language)}
		p.Numbers = append(p.Numbers, page.Option{Value: x.Number, Text: loc.Digits(x.Number) + " · " + loc.Isolate(letter.Excerpt(x.Text, 60))})
		for _, c := range x.Cells {
			to, _ := st.Find(c.Addressee)
			cell := CellView{To: page.Tag(to.Called(), t.Language), Status: loc.T("status." + string(c.Status)), Days: c.Days}
			if !c.Since.IsZero() {
				cell.Since = loc.Date(c.Since)
			}
			for _, e := range c.History {
				said := entryWords(loc, e, st)
				if e.Corrected {
					cell.History = append(cell.History, said+" · "+loc.T("answers.corrected"))
					continue
				}
				cell.History = append(cell.History, said)
				p.Entries = append(p.Entries, page.Option{Value: delivery.ID(e.ID), Text: loc.Digits(x.Number) + " · " + said})
			}
			v.Cells = append(v.Cells, cell)
		}
		p.Demands = append(p.Demands, v)
	}
	return h.Render(w, page.Status(err), p)
}

// entryWords says what became known of a cell, and when.
func entryWords(loc *i18n.Locale, e delivery.Entry, st delivery.Standing) string {
	what := "said." + string(e.Said)
	if e.Outcome != "" {
		what = "outcome." + string(e.Outcome)
	}
	words := []string{loc.Date(e.On), loc.T(what), loc.Isolate(evidenceWords(loc, e.Evidence, st))}
	if e.Note != "" {
		words = append(words, loc.Isolate(e.Note))
	}
	return strings.Join(words, " · ")
}

// evidenceWords says what an entry rests on as people know it: a response by its day, a file by its name, a web address as it is.
func evidenceWords(loc *i18n.Locale, e delivery.Evidence, st delivery.Standing) string {
	if id, ok := e.Response(); ok {
		if x, known := st.Response(id); known {
			return loc.T("answers.response_of", "Date", loc.Date(x.At))
		}
	}
	if hash, ok := e.Exhibit(); ok && st.Exhibits[hash] != "" {
		return st.Exhibits[hash]
	}
	return string(e)
}

// SubmitAnswers enters what came back, or notes what came of a demand.
func (h *Handlers) SubmitAnswers(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, maxScans)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	path := "/desk/letters/" + d.Letter.Slug + "/answers"
	if err == nil {
		switch v.Get("do") {
		case "receive":
			var id string
			if id, err = h.receive(r, d, v, files); err == nil {
				path += "/" + id // to be read for names
			}
		case "note":
			err = h.note(r, d, v, files)
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) {
		return h.answersPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, path, "saved")
}

// dayIn reads a day that was typed into a field.
func dayIn(v url.Values, field string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(v.Get(field)))
	if err != nil {
		return at, fault.List{fault.New(fault.Invalid, "day.unreadable").On(field)}
	}
	return at, nil
}

func (h *Handlers) receive(r *http.Request, d *Visit, v url.Values, files map[string]page.Upload) (id string, err error) {
	came := delivery.Came{Kind: delivery.Kind(v.Get("kind")), Written: v.Get("written"), From: v.Get("from"), Reference: v.Get("reference"), Until: v.Get("until"),
		Language: v.Get("language"), Excerpt: v.Get("excerpt"), Said: map[string]delivery.Said{}}
	came.Addressee, _ = strconv.Atoi(v.Get("addressee"))
	if mail := v.Get("mail"); mail != "" {
		if came.Mail, err = parseMailID(mail); err != nil {
			return "", err
		}
	}
	for _, typed := range v["also"] {
		n, _ := strconv.Atoi(typed)
		came.Also = append(came.Also, n)
	}
	if came.At, err = dayIn(v, "at"); err != nil {
		return "", err
	}
	if office := line1(v.Get("forwarded_office")); came.Kind == delivery.Forwarded && office != "" {
		came.Forwarded = &delivery.AddresseeChange{Office: &office}
	} else if n, _ := strconv.Atoi(v.Get("forwarded")); n > 0 {
		came.Forwarded = &delivery.AddresseeChange{Number: n}
	}
	for name := range v {
		if number, ok := strings.CutPrefix(name, "said-"); ok && v.Get(name) != "" {
			came.Said[number] = delivery.Said(v.Get(name))
		}
	}
	for field, to := range map[string]**delivery.File{"file": &came.File, "copy": &came.Copy} {
		if f, there := files[field]; there {
			*to = &delivery.File{Name: f.Name, Content: f.Data}
		}
	}
	x, err := h.Deliveries.Receive(r.Context(), d.Letter.Slug, came, d.User.ID)
	return delivery.ID(x.ID), err
}

func (h *Handlers) note(r *http.Request, d *Visit, v url.Values, files map[string]page.Upload) (err error) {
	k := delivery.Known{Demand: v.Get("demand"), Note: v.Get("note"), Evidence: delivery.Evidence(strings.TrimSpace(v.Get("evidence")))}
	k.Addressee, _ = strconv.Atoi(v.Get("of"))
	if k.On, err = dayIn(v, "day"); err != nil {
		return err
	}
	if said, ok := strings.CutPrefix(v.Get("what"), "said."); ok {
		k.Said = delivery.Said(said)
	} else {
		k.Outcome = delivery.Outcome(strings.TrimPrefix(v.Get("what"), "outcome."))
	}
	if typed := v.Get("corrects"); typed != "" {
		if k.Corrects, err = delivery.ParseID(typed); err != nil {
			return fault.List{fault.New(fault.Invalid, "cell.corrects").On("corrects")}
		}
	}
	switch f, there := files["exhibit"]; {
	case there:
		k.File = &delivery.File{Name: f.Name, Content: f.Data}
	case k.Evidence == "":
		k.Evidence = delivery.Evidence(v.Get("response"))
	}
	return h.Deliveries.Note(r.Context(), d.Letter.Slug, k, d.User.ID)
}

// ResponsePage is something that came back, to be read for names before everybody sees it.
type ResponsePage struct {
	page.Base
	Form             page.Form
	Action           string
	ListURL          string
	Kind, From, At   string
	Reference, State string
	Written, Until   string
	FileURL, File    string
	MailURL          string // that it came by
	StateURL         string // where it is entered as the office's own view, "" for where it cannot be
	CopyURL, Copy    string
	Private, Public  bool
	Waits            bool   // for a second member: until then it stays as it was when that was asked
	Sum              string // names what is read
	Proposed         bool   // the excerpt is what the file says
	Excerpt          page.Tagged
	Says             []string      // of which demands it says what
	WordsIn          []page.Option // languages that can be chosen
}

// Template is its file.
func (ResponsePage) Template() string { return "desk/response" }

// found returns what came back by its id in the address.
func (h *Handlers) found(r *http.Request, l letter.Letter) (st delivery.Standing, x delivery.Response, err error) {
	id, wrong := delivery.ParseID(r.PathValue("id"))
	if st, err = h.Deliveries.Standing(r.Context(), l, delivery.ForEditors); err != nil {
		return st, x, err
	}
	x, known := st.Response(id)
	if wrong != nil || !known {
		return st, x, fault.New(fault.NotFound, "page.unknown")
	}
	return st, x, nil
}

// ShowResponse shows something that came back.
func (h *Handlers) ShowResponse(w http.ResponseWriter, r *http.Request, d *Visit) error {
	_, x, err := h.found(r, d.Letter)
	if err != nil {
		return err
	}
	v := url.Values{"excerpt": {x.Excerpt}, "language": {x.Language}}
	if x.Excerpt == "" && x.State == delivery.Private {
		v.Set("excerpt", h.proposed(r, d.Letter, x))
		v.Set("proposed", "1")
	}
	return h.responsePage(w, r, d, v, nil)
}

// waits reports whether a request to publish something that came back waits for a second member.
func (h *Handlers) waits(r *http.Request, l letter.Letter, x delivery.Response) (bool, error) {
	waiting, err := h.Accounts.Approvals.Waiting(r.Context(), l.ID)
	return slices.ContainsFunc(waiting, func(a account.Approval) bool {
		read, is := a.Asks.(delivery.Read)
		return is && read.Response == x.ID
	}), err
}

// proposed is the text of a file that came, for the excerpt, "" where it cannot be read.
func (h *Handlers) proposed(r *http.Request, l letter.Letter, x delivery.Response) string {
	if x.File == "" {
		return ""
	}
	f, err := h.Deliveries.Original(r.Context(), l, x.ID)
	if err != nil {
		return ""
	}
	return f.Words(r.Context())
}

func (h *Handlers) responsePage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	st, x, failed := h.found(r, l)
	if failed != nil {
		return failed
	}
	from, _ := st.Find(x.Addressee)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := ResponsePage{Base: h.base(r, d, loc.T("response.kind."+string(x.Kind))), Form: page.NewForm(r, typed, err),
		ListURL: path + "/answers", Action: path + "/answers/" + delivery.ID(x.ID), Kind: loc.T("response.kind." + string(x.Kind)),
		From: from.Called(), At: loc.Date(x.At), Reference: x.Reference, State: loc.T("response.state." + string(x.State)), File: x.File, Copy: x.Copy,
		Private: x.State == delivery.Private, Public: x.State == delivery.Published, Excerpt: page.Tag(x.Excerpt, x.Language)}
	if x.From != "" {
		p.From += " · " + x.From
	}
	for typed, to := range map[string]*string{x.Written: &p.Written, x.Until: &p.Until} {
		if at, err := time.Parse(time.DateOnly, typed); err == nil {
			*to = loc.Date(at)
		}
	}
	p.Sum, p.Proposed = x.Sum(), typed.Get("proposed") == "1" && typed.Get("excerpt") != ""
	if p.Waits, failed = h.waits(r, l, x); failed != nil {
		return failed
	}
	p.Says = saysOf(loc, st, x)
	if x.Mail != 0 {
		p.MailURL = path + "/mail/" + mailID(x.Mail)
	}
	if l.State != letter.Draft && x.State != delivery.TakenDown {
		p.StateURL = path + "/statements?response=" + delivery.ID(x.ID) + "#enter-title"
	}
	if x.File != "" {
		p.FileURL = p.Action + "/file"
	}
	if x.Copy != "" {
		p.CopyURL = p.Action + "/copy"
	}
	p.WordsIn = wordsIn(loc, l)
	return h.Render(w, page.Status(err), p)
}

// saysOf says in words what something that came back is noted to say of the demands: where they stand once everybody may see it.
func saysOf(loc *i18n.Locale, st delivery.Standing, x delivery.Response) (list []string) {
	for _, demand := range st.Demands {
		for _, c := range demand.Cells {
			for _, e := range c.History {
				if id, ok := e.Evidence.Response(); !ok || id != x.ID || e.Corrected {
					continue
				}
				to, _ := st.Find(c.Addressee)
				what := "said." + string(e.Said)
				if e.Outcome != "" {
					what = "outcome." + string(e.Outcome)
				}
				list = append(list, loc.Digits(demand.Number)+" · "+loc.Isolate(to.Called())+" · "+loc.T(what))
			}
		}
	}
	return list
}

// SubmitResponse changes what is to be published, asks a second member to, destroys what is private, or takes down what was published.
func (h *Handlers) SubmitResponse(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, maxScans)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	_, x, failed := h.found(r, d.Letter)
	if failed != nil {
		return failed
	}
	waits, failed := h.waits(r, d.Letter, x)
	if failed != nil {
		return failed
	}
	if err == nil && waits { // what the second member reads is what was asked about
		err = fault.New(fault.Conflict, "response.waits")
	}
	done, path := "saved", "/desk/letters/"+d.Letter.Slug+"/answers"
	back := path + "/" + delivery.ID(x.ID)
	if err == nil {
		switch do := v.Get("do"); do {
		case "edit", "publish":
			var copied *delivery.File
			if f, there := files["copy"]; there {
				copied = &delivery.File{Name: f.Name, Content: f.Data}
			}
			err = h.Deliveries.Edit(r.Context(), d.Letter.Slug, x.ID, v.Get("base"), v.Get("excerpt"), v.Get("language"), copied, d.User.ID)
			if err == nil && do == "publish" {
				if _, x, err = h.found(r, d.Letter); err == nil {
					done, err = h.carry(r, d, delivery.Read{Response: x.ID, Sum: x.Sum()}, "made_public")
				}
			}
		case "discard":
			done, back, err = "removed", path, h.Deliveries.Discard(r.Context(), d.Letter.Slug, x.ID, d.User.ID)
		case "take_down":
			done, err = "removed", h.Deliveries.TakeDown(r.Context(), d.Letter.Slug, x.ID, d.User.ID)
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) {
		return h.responsePage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, back, done)
}

// SendCopy sends the file of something that came back as it is to be published.
func (h *Handlers) SendCopy(w http.ResponseWriter, r *http.Request, d *Visit) error {
	_, x, err := h.found(r, d.Letter)
	if err != nil {
		return err
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.CopyForEditors(r.Context(), d.Letter, x.ID)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: x.CopySHA256, Content: f.Content}, err
	})
}

// SendOriginal sends the file of something that came back as it came.
func (h *Handlers) SendOriginal(w http.ResponseWriter, r *http.Request, d *Visit) error {
	_, x, err := h.found(r, d.Letter)
	if err != nil {
		return err
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		f, err := h.Deliveries.Original(r.Context(), d.Letter, x.ID)
		return page.Attachment{Name: f.Name, Type: f.Type, Hash: x.SHA256, Content: f.Content}, err
	})
}
