package desk

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/web/page"
)

// BoardPage is one letter at the desk.
type BoardPage struct {
	page.Base
	Form                      page.Form
	Action, PublicURL, State  string
	Draft, Open               bool
	CanReopen                 bool   // it is closed, and its end is not in the log yet
	Fixed                     bool   // its text changes only by a next edition
	HandedEarly               bool   // a draft that was handed over
	PublishAt                 string // when a draft is published by itself, or that it was not, in words
	Reworded                  bool   // demands wait for an editor to say which they continue
	MayWrite, MayVet, CanMail bool
	SignOn                    string
	Protected, HasCall        bool
	Number                    int  // of the current edition
	Next                      bool // somebody has begun the one after
	Deadline, Extend          string
	Leads                     []page.Tagged
	Texts                     []page.TextLink
	Findings                  []FindingView
	Blocked                   bool
	Counted                   bool
	Organisations, Persons    int
	Withheld                  int
	Withdrawn, Removed, Held  int
	Approvals                 []ApprovalView
	AgreementURL              string // of the page of what waits for the lead organisations, "" for nothing
	AgreementText             string
	Invited                   int
	Earlier                   int         // signatures under texts before the current one
	AskedAgain                string      // when their signers were asked to sign the current one
	Days, Hours               *page.Chart // nil while nobody has signed
	Countries                 []page.CountryRow
}

// Template is its file.
func (BoardPage) Template() string { return "desk/board" }

// FindingView is a line of the checklist.
type FindingView struct {
	Text   string
	Blocks bool
}

// FollowsChoices are the ways in which an edition can follow the last.
func (BoardPage) FollowsChoices() []string {
	return []string{"cosmetic", "translation", "substantive"}
}

// openingGrace is how late a letter may be published by itself before its editors are told that it was not.
const openingGrace = 5 * time.Minute

// NextNumber is the number of the edition that somebody has begun.
func (p BoardPage) NextNumber() int { return p.Number + 1 }

// ShowBoard shows one letter at the desk.
func (h *Handlers) ShowBoard(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.boardPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) boardPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	e, next, failed := h.Letters.Editions.Working(r.Context(), l)
	if failed != nil {
		return failed
	}
	t := e.Text(loc.Code)
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := BoardPage{Base: h.base(r, d, t.Name()), Form: page.NewForm(r, typed, err),
		Action:    path,
		State:     string(page.StateOf(l, h.Now())),
		PublicURL: page.Local(r, "/letters/"+l.Slug), Draft: l.State == letter.Draft, Open: l.State == letter.Open, MayWrite: d.Role.May(account.Editor),
		MayVet: d.Role.May(account.Reviewer),
		SignOn: string(l.SignOn), Protected: l.Protected, Number: l.Edition.Number, Next: next && l.State != letter.Draft, HasCall: l.Call != nil, CanMail: h.CanMail}
	p.CanReopen = l.CanReopen(h.Now())
	p.Fixed, p.HandedEarly = l.Fixed(), l.State == letter.Draft && !l.FixedAt.IsZero()
	if l.State == letter.Draft && !l.PublishAt.IsZero() {
		key := "desk.board.publishes"
		if !h.Now().Before(l.PublishAt.Add(openingGrace)) {
			key = "desk.board.published_not"
		}
		p.PublishAt = loc.T(key, "Time", loc.DateTime(l.PublishAt, l.PublishAt.Location()))
	}
	if l.Deadline.IsSet() {
		p.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
		p.Extend = l.Deadline.At.In(l.Deadline.Zone).Format(time.DateOnly)
	}
	for _, o := range l.Leads {
		p.Leads = append(p.Leads, page.Tag(o.Name(loc.Code, i18n.Default), ""))
	}
	p.Texts = textsOf(e, path)
	if l.State != letter.Draft && p.MayWrite {
		asked, failed := h.Letters.Demands.Current(r.Context(), l)
		if failed != nil {
			return failed
		}
		p.Reworded = slices.ContainsFunc(asked, func(a letter.Asked) bool { return !a.Sure })
	}
	findings, failed := h.checklist(r, d, e)
	if failed != nil {
		return failed
	}
	for _, f := range findings {
		v := FindingView{Text: loc.T("desk.check."+f.Key, "Language", loc.Language(f.Language), "Quote", f.Quote, "Number", loc.Digits(f.Number), "Name",
			f.Lead.Name(loc.Code, i18n.Default)), Blocks: f.Blocks}
		p.Blocked = p.Blocked || f.Blocks
		p.Findings = append(p.Findings, v)
	}
	if l.State != letter.Draft && l.SignOn != letter.SignOnNone {
		counts, _, _, failed := h.Roll.Summary(r.Context(), l.ID, 0)
		if failed != nil {
			return failed
		}
		if p.Earlier, p.AskedAgain, failed = h.earlier(r, l, counts); failed != nil {
			return failed
		}
		p.Counted, p.Organisations, p.Persons, p.Withheld, p.Withdrawn, p.Removed = true, counts.Organisations, counts.Persons, counts.Withheld,
			counts.Withdrawn, counts.Removed
	}
	if p.Counted {
		days, failed := h.Roll.Daily(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		invited, failed := h.Invitations.Count(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		for _, n := range invited {
			p.Invited += n
		}
		hours, failed := h.Roll.Hours(r.Context(), l.ID, h.Now().Add(-page.ChartHours*time.Hour))
		if failed != nil {
			return failed
		}
		countries, failed := h.Roll.Countries(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		p.Days, p.Hours, p.Countries = page.DaysOf(loc, days), page.HoursOf(loc, hours), page.CountriesOf(loc, countries)
	}
	p.Held = d.waits.Held
	if a := d.waits.Agreement; a.Waits() {
		p.AgreementURL, p.AgreementText = path+"/agreement", loc.T("agreement.waits", "Number", a.Number)
	}
	for _, a := range d.waits.Waiting {
		p.Approvals = append(p.Approvals, h.approvalView(r, d, a))
	}
	return h.Render(w, page.Status(err), p)
}

// earlier returns how many signatures stand under texts before the one that signers now sign, and when they were asked about it.
func (h *Handlers) earlier(r *http.Request, l letter.Letter, counts roll.Counts) (n int, asked string, err error) {
	editions, err := h.Letters.Editions.List(r.Context(), l.ID)
	text := letter.LastText(editions)
	if err != nil || text.Number < 2 {
		return 0, "", err
	}
	for edition, of := range counts.ByEdition {
		if edition < text.Number {
			n += of
		}
	}
	made, err := h.News.List(r.Context(), l.ID)
	for _, a := range made {
		if a.Kind == news.TextChanged && a.Subject == int64(text.Number) {
			asked = page.LocaleOf(r).DateTime(a.At, time.UTC)
		}
	}
	return n, asked, err
}

// checklist is what is looked at before the letter opens with an edition, by whom who asks.
func (h *Handlers) checklist(r *http.Request, d *Visit, e letter.Edition) ([]letter.Finding, error) {
	c, err := h.Letters.Circulations.Find(r.Context(), d.Letter.ID)
	if err != nil {
		return nil, err
	}
	unapproved, err := h.Letters.Circulations.Unapproved(r.Context(), d.Letter, e.SHA256, d.User.ID)
	return letter.Checklist(d.Letter, e, c, unapproved, h.Now()), err
}

// boardActs are what the buttons of the board do.
var boardActs = map[string]act{
	"open": (*Handlers).open, "publish": (*Handlers).publish, "ask_again": (*Handlers).askAgain, "discard": (*Handlers).discard, "close": (*Handlers).close,
	"reopen": (*Handlers).reopen,
}

// SubmitBoard opens, publishes, closes or reopens the letter.
func (h *Handlers) SubmitBoard(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	done, err := h.carryOut(boardActs, r, d, v)
	if comesBack(err) {
		return h.boardPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug, done)
}

func (h *Handlers) open(r *http.Request, d *Visit, _ url.Values) (string, error) {
	return "opened", h.Letters.Open(r.Context(), d.Letter.Slug, d.User.ID)
}

// publish makes the text that was written the current edition, or asks a second member first.
func (h *Handlers) publish(r *http.Request, d *Visit, v url.Values) (string, error) {
	e, _, err := h.Letters.Editions.Working(r.Context(), d.Letter)
	if err != nil {
		return "", err
	}
	done, err := h.carry(r, d, letter.NewEditionOf(e, letter.Follows(v.Get("follows")), d.User.ID), "published")
	if err != nil || done != "published" {
		return done, err
	}
	return h.asksLeads(r, d, done, "leads_asked")
}

func (h *Handlers) askAgain(r *http.Request, d *Visit, _ url.Values) (string, error) {
	return "asked_again", h.News.AskAgain(r.Context(), d.Letter, d.User.ID)
}

func (h *Handlers) discard(r *http.Request, d *Visit, _ url.Values) (string, error) {
	return "saved", h.Letters.Editions.Discard(r.Context(), d.Letter.Slug, d.User.ID)
}

func (h *Handlers) close(r *http.Request, d *Visit, v url.Values) (string, error) {
	if v.Get("sure") != "1" {
		return "", fault.New(fault.Invalid, "close_sure").On("sure")
	}
	return "closed", h.Letters.Close(r.Context(), d.Letter.Slug, d.User.ID)
}

func (h *Handlers) reopen(r *http.Request, d *Visit, _ url.Values) (string, error) {
	_, err := h.Letters.Reopen(r.Context(), d.Letter.Slug, nil, d.User.ID)
	return "opened", err
}
