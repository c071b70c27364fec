package public

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// StandingView is what became of a letter: where its demands stand, what was handed over, what came back.
type StandingView struct {
	Tally      []string // counts, each with what it is a part of
	Demands    []page.DemandLine
	Deliveries []page.EventView
	Responses  []page.EventView
	Statements []page.StatementView
}

// teller says in the language of a request what became of a letter.
type teller struct {
	r    *http.Request
	loc  *i18n.Locale
	l    *cachedLetter
	path string // of the letter
	now  time.Time
}

func (h *Handlers) tell(r *http.Request, l *cachedLetter) teller {
	return teller{r, page.LocaleOf(r), l, "/letters/" + l.Slug, h.Now()}
}

// standing returns what became of the letter, nil while there is nothing to say.
func (t teller) standing() *StandingView {
	st := t.l.Standing
	if !st.Begun() {
		return nil
	}
	tally := st.Tally()
	v := &StandingView{Tally: []string{t.loc.T("answers.met_n", "Met", tally.Met, "Demands", tally.Demands),
		t.loc.T("answers.answered_n", "Answered", tally.Answered, "Asked", tally.Asked)}}
	if len(st.Demands) == 0 {
		v.Tally = v.Tally[1:]
	}
	for _, a := range st.Addressees {
		if a.Members > 0 {
			v.Tally = append(v.Tally, t.loc.T("answers.line", "Name", t.name(a.Number).Text, "Stands", t.members(a)))
		}
	}
	for i := range st.Demands {
		v.Demands = append(v.Demands, t.demand(i, func(delivery.Addressee) bool { return true }))
	}
	for _, d := range st.Deliveries {
		v.Deliveries = append(v.Deliveries, t.delivery(d))
	}
	for _, r := range st.Responses {
		v.Responses = append(v.Responses, t.response(r))
	}
	for _, a := range st.Addressees {
		if said := t.statement(a); said != nil {
			v.Statements = append(v.Statements, *said)
		}
	}
	return v
}

// calendar is the address of the letter's dates, "" without any.
func (t teller) calendar() string {
	if len(t.l.dates()) == 0 {
		return ""
	}
	return page.Local(t.r, t.path+"/calendar.ics")
}

// days are the days that editors entered, in the order in which they come.
func (t teller) days() (list []page.EventView) {
	for _, k := range t.l.Standing.Dates {
		next := k.Next(t.now)
		date := t.event(next)
		if date.Words = t.loc.Isolate(k.Label); !k.Day.Equal(next) {
			date.Words = t.loc.T("answers.anniversary", "Label", k.Label, "Date", t.loc.Date(k.Day))
		}
		list = append(list, date)
	}
	slices.SortStableFunc(list, func(a, b page.EventView) int { return strings.Compare(a.ISO, b.ISO) })
	return list
}

// text returns the text of a demand, by its place in the letter, in the page's language where the letter has it in that.
func (t teller) text(i int) page.Tagged {
	d := t.l.Standing.Demands[i]
	text := t.l.Edition.Text(t.loc.Code)
	if same := text.Numbered(); i < len(same) && same[i].Number == d.Number && !text.Stale {
		return page.Tag(same[i].Text, text.Language)
	}
	return page.Tag(d.Text, t.l.Edition.Language)
}

// name returns how an addressee is called, in the page's language where the letter has it in that.
func (t teller) name(number int) page.Tagged {
	to, _ := t.l.Standing.Find(number)
	text, own := t.l.Edition.Text(t.loc.Code), t.l.Edition.Text(t.l.Edition.Language)
	if to.Place > 0 && !text.Stale && len(text.Addressees) == len(own.Addressees) {
		return page.Tag(text.Addressees[to.Place-1].Called(), text.Language)
	}
	return page.Tag(to.Called(), t.l.Edition.Language)
}

// members says how many of a group have answered.
func (t teller) members(a delivery.Addressee) string {
	return t.loc.N("answers.members_answered", a.Members, "Answered", t.loc.Number(t.l.Standing.MembersAnswered(a.Number)))
}

func (t teller) addresseeURL(number int) string {
	to, _ := t.l.Standing.Find(number)
	return page.Local(t.r, "/addressees/"+to.Slug)
}

// shortDemand is in characters what a demand is named by in a list.
const shortDemand = 160

// demand returns a demand with the cells of those of whom it is told.
func (t teller) demand(i int, of func(delivery.Addressee) bool) page.DemandLine {
	d, text := t.l.Standing.Demands[i], t.text(i)
	v := page.DemandLine{Number: t.loc.Digits(d.Number), URL: page.Local(t.r, t.path+"/demands/"+d.Number),
		Text: page.Tag(letter.Excerpt(text.Text, shortDemand), text.Lang)}
	for _, c := range d.Cells {
		if to, _ := t.l.Standing.Find(c.Addressee); of(to) {
			cell := t.cell(c)
			for i := range cell.Stated {
				cell.Stated[i].URL = v.URL + "#stated-" + strconv.Itoa(c.Addressee)
			}
			v.Cells = append(v.Cells, cell)
		}
	}
	return v
}

func (t teller) cell(c delivery.Cell) page.CellView {
	v := page.CellView{Addressee: t.name(c.Addressee), URL: t.addresseeURL(c.Addressee), Status: c.Status, Line: c.Line(t.loc)}
	if c.Said != "" && string(c.Said) != string(c.Status) {
		v.Said = t.loc.T("said." + string(c.Said))
	}
	switch c.Status {
	case delivery.StatusNotDelivered, delivery.StatusWaiting, delivery.StatusUnanswered, delivery.StatusAcknowledged, delivery.StatusPromised:
		if !c.Due.IsZero() {
			v.Due = t.loc.T("answers.due", "Date", t.loc.Date(c.Due))
		}
	}
	if (v.Due != "" || c.Status == delivery.StatusLate) && c.Rule != nil {
		v.Rule = t.rule(*c.Rule)
	}
	for _, e := range c.Evidence() {
		v.Evidence = append(v.Evidence, t.evidence(e))
	}
	last, _ := c.LastStated()
	for _, x := range c.Stated {
		v.Stated = append(v.Stated, t.stated(x, last))
	}
	return v
}

// rule says by which rule an answer is due.
func (t teller) rule(r delivery.Rule) string {
	key := "answers.rule"
	if r.Working {
		key = "answers.rule_working"
	}
	return t.loc.N(key, r.Days, "Source", t.loc.Isolate(r.Source))
}

func (t teller) evidence(e delivery.Evidence) page.EvidenceView {
	if id, ok := e.Response(); ok {
		v := page.EvidenceView{Text: t.loc.T("response.kind.reply"), URL: t.responseURL(id)}
		if r, known := t.l.Standing.Response(id); known {
			v.Text = t.loc.T("answers.response_of", "Date", t.loc.Date(r.At))
		}
		return v
	}
	if hash, ok := e.Exhibit(); ok {
		return page.EvidenceView{Text: t.loc.T("answers.exhibit", "Name", t.loc.Isolate(shorten(t.l.Standing.Exhibits[hash]))), URL: "/exhibits/" + hash}
	}
	v := page.EvidenceView{Text: string(e), URL: string(e), Elsewhere: true}
	if u, err := url.Parse(string(e)); err == nil && u.Host != "" {
		v.Text = shorten(u.Host + strings.TrimSuffix(u.Path, "/"))
	}
	return v
}

// shorten leaves of a web address or the name of a file what stands in a line.
func shorten(s string) string {
	if r := []rune(s); len(r) > shortName {
		return string(r[:shortName-1]) + "…"
	}
	return s
}

// shortName is in characters how much that is.
const shortName = 48

func (t teller) responseURL(id int64) string {
	return page.Local(t.r, t.path+"/responses/"+delivery.ID(id))
}

func (t teller) event(at time.Time) page.EventView {
	return page.EventView{Date: t.loc.Date(at), ISO: at.UTC().Format(time.DateOnly)}
}

func (t teller) delivery(d delivery.Delivery) page.EventView {
	v := t.event(d.At)
	v.Words = t.loc.T("answers.to", "Name", t.name(d.Addressee).Text, "Kind", t.loc.T("delivery.kind."+string(d.Kind)),
		"Channel", t.loc.T("delivery.channel."+string(d.Channel)))
	if d.State != "" {
		v.State = t.loc.T("delivery.state." + string(d.State))
	}
	v.Corrected = d.Corrected
	for _, x := range t.l.Standing.Deliveries {
		if x.ID == d.Corrects {
			v.Corrects = t.loc.T("answers.corrects", "Date", t.loc.Date(x.At))
		}
	}
	return v
}

func (t teller) response(r delivery.Response) page.EventView {
	v := t.event(r.At)
	v.URL, v.Order = t.responseURL(r.ID), 1
	if r.State == delivery.TakenDown {
		v.Words = t.loc.T("answers.taken_down", "Date", t.loc.Date(r.DecidedAt))
		return v
	}
	name := t.name(r.Addressee).Text
	if to, _ := t.l.Standing.Find(r.Addressee); to.Members > 0 && r.From != "" {
		name = r.From + ", " + name
	}
	v.Words = t.loc.T("answers.came", "Kind", t.loc.T("response.kind."+string(r.Kind)), "Name", name)
	return v
}

// entry tells what became known of a cell.
func (t teller) entry(e delivery.Entry, history []delivery.Entry) page.EventView {
	v := t.event(e.On)
	v.Order = 2
	if e.Said != "" {
		v.Words = t.loc.T("said." + string(e.Said))
	} else {
		v.Words = t.loc.T("outcome." + string(e.Outcome))
	}
	v.Corrected = e.Corrected
	v.Note, v.Evidence = page.Tagged{Text: e.Note}, []page.EvidenceView{t.evidence(e.Evidence)}
	for _, x := range history {
		if x.ID == e.Corrects {
			v.Corrects = t.loc.T("answers.corrects", "Date", t.loc.Date(x.On))
		}
	}
	return v
}

// timeline tells what happened between a demand and one of those it is asked of, oldest first.
func (t teller) timeline(c delivery.Cell) (events []page.EventView) {
	for _, d := range t.l.Standing.Deliveries {
		if d.Addressee == c.Addressee {
			events = append(events, t.delivery(d))
		}
	}
	for _, r := range t.l.Standing.Responses {
		if r.Answers(c.Addressee) {
			events = append(events, t.response(r))
		}
	}
	for _, e := range c.History {
		events = append(events, t.entry(e, c.History))
	}
	slices.SortStableFunc(events, func(a, b page.EventView) int {
		return cmp.Or(strings.Compare(a.ISO, b.ISO), a.Order-b.Order)
	})
	return events
}

// holder says who held an office, and when as far as is known.
func (t teller) holder(h delivery.Holder) string {
	from, until := t.dayOf(h.From), t.dayOf(h.Until)
	switch {
	case from != "" && until != "":
		return t.loc.T("answers.held_both", "Name", h.Name, "From", from, "Until", until)
	case from != "":
		return t.loc.T("answers.held_from", "Name", h.Name, "From", from)
	case until != "":
		return t.loc.T("answers.held_until", "Name", h.Name, "Until", until)
	}
	return t.loc.Isolate(h.Name)
}

// roughDay is a day as it is written, or the year or month that is known of one.
func (t teller) roughDay(s string) string {
	if day := t.dayOf(s); day != "" {
		return day
	}
	if month, err := time.Parse("2006-01", s); err == nil {
		return t.loc.Month(month)
	}
	return t.loc.Digits(s)
}

// statement returns what an addressee wants to have said, nil for nothing.
func (t teller) statement(a delivery.Addressee) *page.StatementView {
	if a.Said == nil {
		return nil
	}
	by := a.Said.From
	if on := t.dayOf(a.Said.On); on != "" {
		by = t.loc.T("answers.statement_by", "Name", by, "Date", on)
	}
	return &page.StatementView{Body: page.Markdown(a.Said.Text, a.Said.Language), Lang: a.Said.Language, Dir: i18n.Direction(a.Said.Language), By: by}
}

// linkAddressees leads from those whom a text addresses to their pages; a translation names them in the order of the letter.
func (t teller) linkAddressees(views []page.AddresseeView) {
	if len(views) != len(t.l.Edition.Text(t.l.Edition.Language).Addressees) {
		return
	}
	for _, a := range t.l.Standing.Addressees {
		if a.Place > 0 {
			views[a.Place-1].URL = page.Local(t.r, "/addressees/"+a.Slug)
		}
	}
}
