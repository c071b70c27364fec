package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// AddresseePage is what is known of somebody a letter goes to, or the form for somebody new.
type AddresseePage struct {
	page.Base
	Form      page.Form
	Action    string
	Name      page.Tagged // of one who is in the text, whose name and role the text gives
	PublicURL string      // of their page
	Roles     []page.Option
	WordsIn   []page.Option // languages of what they want to have said
	Weekdays  []page.Choice
	Holders   []HolderFields
	Is        []page.Option // those of the text who they may be, of one who is not in it any more
}

// Says reports whether something was typed that they want to have said.
func (p AddresseePage) Says() bool {
	return p.Form.Value("statement") != "" || p.Form.Errors["statement"] != ""
}

// Communicates reports whether something was typed of how they take the letter up.
func (p AddresseePage) Communicates() bool {
	return slices.ContainsFunc([]string{"communication", "communication_type", "communication_reference", "communication_sent", "communication_replied",
		"communication_published", "communication_url", "communication_open"},
		func(field string) bool { return p.Form.Value(field) != "" })
}

// HolderFields are the three fields of somebody who held the office.
type HolderFields struct{ Name, From, Until string }

// Template is its file.
func (AddresseePage) Template() string { return "desk/addressee" }

// newAddressee stands in the address in the place of a number for somebody who is not known yet.
const newAddressee = "new"

// moreHolders is how many empty lines the form has for those who held the office.
const moreHolders = 2

// ShowAddressee shows what is known of somebody a letter goes to.
func (h *Handlers) ShowAddressee(w http.ResponseWriter, r *http.Request, d *Visit) error {
	st, a, err := h.addressee(r, d)
	if err != nil {
		return err
	}
	v := url.Values{"base": {a.Revision()}, "name": {a.Name}, "office": {a.Office}, "role": {string(a.Role)}, "reason": {a.Reason},
		"email": {a.Email}, "statement_on": {day(h.Now())}}
	if a.Members > 0 {
		v.Set("members", strconv.Itoa(a.Members))
	}
	for _, x := range a.Holders {
		v["holder"], v["holder_from"], v["holder_until"] = append(v["holder"], x.Name), append(v["holder_from"], x.From), append(v["holder_until"], x.Until)
	}
	if x := a.Rule; x != nil {
		v.Set("rule", strconv.Itoa(x.Days))
		v.Set("rule_source", x.Source)
		v.Set("holidays", strings.Join(x.Holidays, " "))
		if x.Working {
			v.Set("working", "1")
		}
		for _, weekday := range x.Weekend {
			v.Add("weekend", strconv.Itoa(int(weekday)))
		}
	}
	if x := a.Said; x != nil {
		for field, kept := range map[string]string{"statement": x.Text, "statement_from": x.From, "statement_on": x.On, "statement_language": x.Language} {
			v.Set(field, kept)
		}
	}
	if x := a.Communication; x != nil {
		v.Set("communication", "1")
		for field, kept := range map[string]string{"communication_type": x.Type, "communication_reference": x.Reference, "communication_sent": x.Sent,
			"communication_replied":   x.Replied,
			"communication_published": x.Published, "communication_url": x.URL} {
			v.Set(field, kept)
		}
		if x.Open {
			v.Set("communication_open", "1")
		}
	}
	return h.addresseePage(w, r, d, st, a, v, nil)
}

// addressee returns the one that the address names, the zero one for somebody new.
func (h *Handlers) addressee(r *http.Request, d *Visit) (st delivery.Standing, a delivery.Addressee, err error) {
	if st, err = h.Deliveries.Standing(r.Context(), d.Letter, delivery.ForEditors); err != nil {
		return st, a, err
	}
	number := r.PathValue("number")
	if number == newAddressee {
		return st, delivery.Addressee{Role: delivery.CC}, nil
	}
	n, _ := strconv.Atoi(number)
	a, known := st.Find(n)
	if !known {
		err = fault.New(fault.NotFound, "page.unknown")
	}
	return st, a, err
}

func (h *Handlers) addresseePage(w http.ResponseWriter, r *http.Request, d *Visit, st delivery.Standing, a delivery.Addressee, typed url.Values,
	err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(l.Edition.Language)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	heading := loc.T("desk.addressee.new")
	if a.Number > 0 {
		heading = a.Called()
	}
	p := AddresseePage{Base: h.base(r, d, heading), Form: page.NewForm(r, typed, err),
		Action: path + "/addressees/" + r.PathValue("number"), WordsIn: wordsIn(loc, l),
		Roles: options(loc, "desk.deliveries.role_", delivery.CC, delivery.Through, delivery.Asks)}
	for _, x := range st.Addressees {
		if a.Number > 0 && a.Place == 0 && a.Role == delivery.Asks && x.Place > 0 {
			p.Is = append(p.Is, page.Option{Value: strconv.Itoa(x.Number), Text: loc.Isolate(x.Called())})
		}
	}
	if a.Place > 0 {
		p.Name = page.Tag(a.Called(), t.Language)
	}
	if fault.Is(err, fault.Conflict) { // saving again is done knowingly
		typed.Set("base", a.Revision())
	}
	if a.Slug != "" && l.State != letter.Draft {
		p.PublicURL = page.Local(r, "/addressees/"+a.Slug)
	}
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		n := strconv.Itoa(int(weekday))
		p.Weekdays = append(p.Weekdays, page.Choice{Value: n, Text: page.Tag(loc.T("weekday."+n), ""), Chosen: slices.Contains(typed["weekend"], n)})
	}
	for i := range len(typed["holder"]) + moreHolders {
		p.Holders = append(p.Holders, HolderFields{at(typed["holder"], i), at(typed["holder_from"], i), at(typed["holder_until"], i)})
	}
	return h.Render(w, page.Status(err), p)
}

// at is a value of a field that stands several times, "" past its end.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// wordsIn are the languages that something about a letter can be in: those of the letter, then those of the product.
func wordsIn(loc *i18n.Locale, l letter.Letter) (list []page.Option) {
	codes := l.Edition.Languages()
	for _, x := range i18n.All() {
		codes = append(codes, x.Code)
	}
	for i, code := range codes {
		if !slices.Contains(codes[:i], code) {
			list = append(list, page.Option{Value: code, Text: loc.Language(code)})
		}
	}
	return list
}

// SubmitAddressee sets what is known of somebody a letter goes to, or adds somebody.
func (h *Handlers) SubmitAddressee(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadLong(w, r)
	if err != nil {
		return err
	}
	st, a, err := h.addressee(r, d)
	if err != nil {
		return err
	}
	_, err = h.Deliveries.PutAddressee(r.Context(), d.Letter.Slug, addresseeChange(a, v), d.User.ID)
	if comesBack(err) {
		return h.addresseePage(w, r, d, st, a, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/deliveries", "saved")
}

// addresseeChange reads the form. What is empty takes away what was known.
func addresseeChange(a delivery.Addressee, v url.Values) delivery.AddresseeChange {
	c := delivery.AddresseeChange{Number: a.Number, Base: new(v.Get("base")), Is: number(v.Get("is")),
		Email: new(line1(v.Get("email"))), Members: new(number(v.Get("members"))),
		Holders: []delivery.Holder{}, Rule: &delivery.Rule{Days: number(v.Get("rule")), Working: v.Get("working") == "1", Source: line1(v.Get("rule_source")),
			Holidays: strings.FieldsFunc(text.LatinDigits(v.Get("holidays")), func(r rune) bool { return strings.ContainsRune(" ,،;؛\t\r\n", r) })},
		Statement: &delivery.Statement{Text: v.Get("statement"), From: line1(v.Get("statement_from")), On: dayField(v, "statement_on"),
			Language: v.Get("statement_language")},
		Communication: &delivery.Communication{Type: line1(v.Get("communication_type")), Reference: line1(v.Get("communication_reference")),
			Sent:    dayField(v, "communication_sent"),
			Replied: dayField(v, "communication_replied"), Published: dayField(v, "communication_published"), URL: line1(v.Get("communication_url")),
			Open: v.Get("communication_open") == "1"}}
	if a.Number == 0 {
		c.Base = nil
	}
	if v.Get("communication") != "1" {
		c.Communication, c.Alone = nil, true
	}
	if a.Place == 0 && c.Is == 0 {
		c.Reason = new(line1(v.Get("reason")))
		c.Name, c.Office, c.Role = new(line1(v.Get("name"))), new(line1(v.Get("office"))), new(delivery.Role(v.Get("role")))
	}
	for i, name := range v["holder"] {
		x := delivery.Holder{Name: line1(name), From: line1(text.LatinDigits(at(v["holder_from"], i))),
			Until: line1(text.LatinDigits(at(v["holder_until"], i)))}
		if x != (delivery.Holder{}) {
			c.Holders = append(c.Holders, x)
		}
	}
	for _, typed := range v["weekend"] {
		if n, err := strconv.Atoi(typed); err == nil {
			c.Rule.Weekend = append(c.Rule.Weekend, time.Weekday(n))
		}
	}
	return c
}

// dayField is a day that was typed, in Latin digits.
func dayField(v url.Values, field string) string { return line1(text.LatinDigits(v.Get(field))) }

// number reads how many were typed: none for nothing, and -1, which is no number of anything, for what cannot be read.
func number(typed string) int {
	if typed = strings.TrimSpace(text.LatinDigits(typed)); typed == "" {
		return 0
	}
	n, err := strconv.Atoi(typed)
	if err != nil {
		return -1
	}
	return n
}

// day is a calendar day as a field of a form holds it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
