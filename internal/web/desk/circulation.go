package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/web/page"
)

// CirculationPage is a draft that goes round, as its editors see it.
type CirculationPage struct {
	page.Base
	Form        page.Form
	Action      string
	CanMail     bool
	Until, Over string // a sentence; Over once it has ended
	SHA256      string
	Frozen      string // a sentence, "" while it is not
	Lifted      bool
	Spoken      []page.Option
	Readers     []ReaderView
	Leads       []LeadView
	MayApprove  bool
	Groups      []page.RemarkGroup
}

// Template is its file.
func (CirculationPage) Template() string { return "desk/circulation" }

// ReaderView is a reader as editors see them.
type ReaderView struct {
	ID, Name, Email string
	Notes           []string
	Mails           int
	Withdrawn       bool
	MayLead         bool // can be asked to
}

// LeadView is a lead organisation and whether it has approved the text.
type LeadView struct {
	Name     page.Tagged
	Approved bool
}

// RemarksOf puts remarks into the page's language, with the forms that deal with them.
func (p CirculationPage) RemarksOf(g page.RemarkGroup) page.Remarks {
	return page.Remarks{Base: p.Base, RemarkGroup: g, DeskAction: p.Action}
}

// ShowCirculation shows a draft that goes round to its editors.
func (h *Handlers) ShowCirculation(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.circulationPage(w, r, d, nil, nil)
}

func (h *Handlers) circulationPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, wrong error) error {
	loc, ctx, l := page.LocaleOf(r), r.Context(), d.Letter
	if l.State != letter.Draft {
		return fault.New(fault.Conflict, "circulation.opened")
	}
	e := l.Edition
	c, err := h.Letters.Circulations.Find(ctx, l.ID)
	if err != nil {
		return err
	}
	if typed == nil {
		typed = url.Values{"zone": {"UTC"}, "language": {loc.Code}}
		if c.Started() {
			typed.Set("zone", c.Zone.String())
			setDay(typed, "soft", c.Soft.In(c.Zone))
			setDay(typed, "hard", c.Hard.In(c.Zone))
		} else if l.Deadline.IsSet() {
			typed.Set("zone", l.Deadline.Zone.String())
		}
	}
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := CirculationPage{Base: h.base(r, d, loc.T("desk.circulation.title")), Form: page.NewForm(r, typed, wrong),
		Action: path + "/circulation", CanMail: h.CanMail, SHA256: e.SHA256, Lifted: c.Lifted(e)}
	switch {
	case c.Takes(h.Now()):
		p.Until = loc.T("desk.circulation.until", "Soft", loc.DateTime(c.Soft, c.Zone), "Hard", loc.DateTime(c.Hard, c.Zone))
	case c.Started():
		p.Over = loc.T("desk.circulation.over", "Time", loc.DateTime(c.Hard, c.Zone))
	}
	if c.Frozen(e) {
		p.Frozen = loc.T("desk.circulation.frozen", "Time", loc.DateTime(c.FrozenAt, c.Zone))
	}
	for _, x := range i18n.All() {
		p.Spoken = append(p.Spoken, page.Option{Value: x.Code, Text: x.Name})
	}
	readers, err := h.Letters.Circulations.Readers(ctx, l.ID)
	if err != nil {
		return err
	}
	for _, x := range readers {
		p.Readers = append(p.Readers, readerView(loc, x))
	}
	missing, err := h.Letters.Circulations.Unapproved(ctx, l, e.SHA256, 0)
	if err != nil {
		return err
	}
	for _, o := range l.Leads {
		waits := slices.ContainsFunc(missing, func(x account.Organisation) bool { return x.ID == o.ID })
		p.Leads = append(p.Leads, LeadView{page.Tag(o.Name(loc.Code, i18n.Default), ""), !waits})
		p.MayApprove = p.MayApprove || waits && d.RoleIn(o).May(account.Editor)
	}
	remarks, err := h.Letters.Circulations.Remarks(ctx, l.ID, e)
	if err != nil {
		return err
	}
	p.Groups = groupsOf(loc, e, remarks, readers)
	return h.Render(w, page.Status(wrong), p)
}

// setDay puts an instant into the fields of a day and an hour.
func setDay(v url.Values, field string, at time.Time) {
	v.Set(field+"_day", at.Format(time.DateOnly))
	v.Set(field+"_hour", at.Format("15:04"))
}

func readerView(loc *i18n.Locale, x letter.Reader) ReaderView {
	answer := string(x.Answer)
	if x.Answer == letter.NoAnswer {
		answer = "none"
	}
	v := ReaderView{ID: strconv.FormatInt(x.ID, 36), Name: x.Name, Email: x.Email, Mails: x.Mails, Withdrawn: x.Withdrawn, MayLead: !x.LeadAsked && !x.Withdrawn,
		Notes: []string{loc.T("desk.circulation.answer." + answer)}}
	for _, note := range []struct {
		says  string
		holds bool
	}{{"leads", x.SpeaksFor != 0}, {"asked_lead", x.LeadAsked && x.SpeaksFor == 0}, {"unnamed", x.Answer != letter.NoAnswer && !x.Named},
		{"refused", x.Refused}, {"withdrawn", x.Withdrawn}} {
		if note.holds {
			v.Notes = append(v.Notes, loc.T("desk.circulation."+note.says))
		}
	}
	return v
}

// openRemarks are the remarks on a text of a draft that nobody has dealt with, about paragraphs that still read so.
func (h *Handlers) openRemarks(r *http.Request, l letter.Letter, e letter.Edition, language string) ([]page.RemarkGroup, error) {
	remarks, err := h.Letters.Circulations.Remarks(r.Context(), l.ID, e)
	if err != nil {
		return nil, err
	}
	remarks = slices.DeleteFunc(remarks, func(x letter.Remark) bool { return x.Resolved || x.Gone || x.Language != language })
	if len(remarks) == 0 {
		return nil, nil
	}
	readers, err := h.Letters.Circulations.Readers(r.Context(), l.ID)
	if err != nil {
		return nil, err
	}
	return groupsOf(page.LocaleOf(r), e, remarks, readers), nil
}

// groupsOf puts remarks together that are about one paragraph.
func groupsOf(loc *i18n.Locale, e letter.Edition, remarks []letter.Remark, readers []letter.Reader) (groups []page.RemarkGroup) {
	last := letter.Remark{}
	for i, x := range remarks {
		if i == 0 || x.Place != last.Place || x.Language != last.Language || x.Gone != last.Gone || x.Quote != last.Quote {
			g := page.RemarkGroup{Quote: page.Tag(x.Quote, x.Language), Language: x.Language,
				Heading: loc.T("desk.circulation.paragraph", "Number", loc.Number(x.Place))}
			switch {
			case x.Gone:
				g.Heading = loc.T("desk.circulation.gone")
			case x.Place == 0:
				g.Heading, g.Quote = loc.T("desk.circulation.whole"), page.Tagged{}
			}
			if !x.Gone {
				g.Anchor = letter.Paragraphs(e.Texts[x.Language])[x.Place].Anchor
			}
			groups = append(groups, g)
		}
		by := loc.T("desk.circulation.a_reader")
		if i := slices.IndexFunc(readers, func(o letter.Reader) bool { return o.ID == x.Reader }); x.User != 0 {
			by = loc.T("desk.circulation.desk")
		} else if i >= 0 {
			by = readers[i].Name
		}
		g := &groups[len(groups)-1]
		g.Remarks = append(g.Remarks, page.RemarkOf(loc, x, by))
		last = x
	}
	return groups
}

// SubmitCirculation sends it round, freezes it, or tends its readers.
func (h *Handlers) SubmitCirculation(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadLong(w, r)
	if err != nil {
		return err
	}
	ctx, slug, by := r.Context(), d.Letter.Slug, d.User.ID
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	done := ""
	switch do := v.Get("do"); do {
	case "send":
		done = "circulated"
		round, failed := roundOf(v)
		if err = failed; err == nil {
			round.By = by
			_, err = h.Letters.Circulations.Send(ctx, slug, round)
		}
	case "freeze":
		done, err = "frozen", h.Letters.Circulations.Freeze(ctx, slug, v.Get("sha256"), by)
	case "approve":
		done, err = "lead_approved", h.Letters.Circulations.Approve(ctx, slug, v.Get("sha256"), *d.Session)
	case letter.SendAgain, letter.AskToLead, letter.WithdrawLink:
		mails, _ := strconv.Atoi(v.Get("mails"))
		done, err = "tended", h.Letters.Circulations.Tend(ctx, slug, id, do, mails, by)
	case "resolve", "reopen":
		done, err = "tended", h.Letters.Circulations.Resolve(ctx, slug, id, do == "resolve", by)
	case "reply":
		done, err = "remark", h.Letters.Circulations.RemarkFromDesk(ctx, slug, v.Get("text_language"), v.Get("anchor"), v.Get("text"), by)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) && d.Letter.State == letter.Draft {
		if v.Get("do") != "send" { // what the first form holds was not sent with another
			if c, failed := h.Letters.Circulations.Find(ctx, d.Letter.ID); failed == nil && c.Started() {
				v.Set("zone", c.Zone.String())
				setDay(v, "soft", c.Soft.In(c.Zone))
				setDay(v, "hard", c.Hard.In(c.Zone))
			}
		}
		return h.circulationPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+slug+"/circulation", done)
}

// roundOf reads the form by which a draft is sent round.
func roundOf(v url.Values) (round letter.Round, err error) {
	var faults fault.List
	if round.Readers, err = letter.ParseReaders(v.Get("readers")); err != nil {
		faults = append(faults, fault.All(err)...)
	}
	read := func(field string) (d letter.Deadline) {
		d, f := deadlineOf(url.Values{"day": v[field+"_day"], "hour": v[field+"_hour"], "zone": v["zone"]})
		switch {
		case f == nil && !d.IsSet():
			f = fault.New(fault.Invalid, "deadline").On(field + "_day")
		case f != nil && f.Field != "zone":
			f = f.On(field + "_" + f.Field)
		}
		if f != nil {
			faults = append(faults, f)
		}
		return d
	}
	soft, hard := read("soft"), read("hard")
	round.Soft, round.Hard, round.Zone, round.Lead, round.Language = soft.At, hard.At, hard.Zone, v.Get("lead") == "1", v.Get("language")
	if i18n.Find(round.Language) == nil {
		faults = append(faults, fault.New(fault.Invalid, "language").On("language"))
	}
	if len(faults) > 0 {
		return round, faults
	}
	return round, nil
}
