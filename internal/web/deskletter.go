package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

func (s *Server) showDesk(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	l := visitOf(r).locale
	p := DeskPage{Base: s.deskBase(r, d, l.T("desk.home.title")), Operator: d.User.Operator, RecoveryKept: d.User.RecoveryKept, CanMail: s.o.CanMail}
	var mine []account.Organisation
	for _, m := range d.Members {
		mine = append(mine, m.Organisation)
		p.MayWrite = p.MayWrite || m.Role.May(account.Editor)
	}
	letters, err := s.letters.ListForDesk(r.Context(), mine)
	if err != nil {
		return err
	}
	for _, x := range letters {
		role := d.RoleIn(x.Leads...)
		t := x.Edition.Text(l.Code)
		v := DeskLetter{URL: s.local(r, "/desk/letters/"+x.Slug), Title: tagged(t.Name(), t.Language), State: string(s.state(&cachedLetter{Letter: x}))}
		if v.Title.Text == "" {
			v.Title = tagged(x.Slug, "")
		}
		if x.Deadline.IsSet() {
			v.Deadline = l.DateTime(x.Deadline.At, x.Deadline.Zone)
			v.Due = x.State == letter.Open && x.Deadline.At.Sub(s.o.Now()) < dueSoon
		}
		if x.State != letter.Draft && x.SignOn != letter.SignOnNone {
			counts, _, _, err := s.roll.Summary(r.Context(), x.ID, 0)
			if err != nil {
				return err
			}
			v.Counted, v.Organisations, v.Persons = true, counts.Organisations, counts.Persons
		}
		if role.May(account.Reviewer) && x.State != letter.Draft {
			held, err := s.signing.CountHeld(r.Context(), x.ID)
			if err != nil {
				return err
			}
			v.Held = held
		}
		waiting, err := s.accounts.Approvals(r.Context(), x.ID)
		if err != nil {
			return err
		}
		v.Approvals = len(waiting)
		p.Letters = append(p.Letters, v)
		p.Due = append(p.Due, s.dueOf(l, x, v, role, waiting, d.User.ID)...)
	}
	if p.MayWrite || p.Operator {
		health, err := s.o.Jobs.Health(r.Context(), "mail")
		if err != nil {
			return err
		}
		if p.Mails = new(mailView(l, health)); p.Mails.N > 0 && p.Operator {
			p.Due = append(p.Due, DueView{tagged(l.T("desk.mail.title"), l.Code), s.local(r, "/desk/jobs"), l.N("desk.due.mails", p.Mails.N)})
		}
	}
	return render(w, http.StatusOK, p)
}

// dueSoon is how long before its deadline a letter is shown as due.
const dueSoon = 72 * time.Hour

// heldShown is how many held signatures a page shows at most.
const heldShown = 50

func (s *Server) showBoard(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.boardPage(w, r, d, url.Values{}, nil)
}

func (s *Server) boardPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc, l := visitOf(r).locale, d.Letter
	e, next, failed := s.letters.Working(r.Context(), l)
	if failed != nil {
		return failed
	}
	t := e.Text(loc.Code)
	path := s.local(r, "/desk/letters/"+l.Slug)
	p := BoardPage{Base: s.deskBase(r, d, t.Name()), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), Action: path, State: string(s.state(&cachedLetter{Letter: l})),
		PublicURL: s.local(r, "/letters/"+l.Slug), Draft: l.State == letter.Draft, Open: l.State == letter.Open, MayWrite: d.Role.May(account.Editor), MayVet: d.Role.May(account.Reviewer),
		SignOn: string(l.SignOn), Protected: l.Protected, Number: l.Edition.Number, Next: next && l.State != letter.Draft, HasCall: l.Call != nil, CanMail: s.o.CanMail}
	if p.LetterTitle.Text == "" {
		p.LetterTitle = tagged(l.Slug, "")
	}
	if l.Deadline.IsSet() {
		p.Deadline = loc.DateTime(l.Deadline.At, l.Deadline.Zone)
		p.Extend = l.Deadline.At.In(l.Deadline.Zone).Format(time.DateOnly)
	}
	for _, o := range l.Leads {
		p.Leads = append(p.Leads, tagged(o.Name(loc.Code, i18n.Default), ""))
	}
	for _, code := range e.Languages() {
		x := e.Texts[code]
		p.Texts = append(p.Texts, TextLink{Lang: code, Name: i18n.LanguageName(code), Dir: i18n.Direction(code), URL: path + "/texts/" + code,
			Authoritative: code == e.Language, Stale: x.Stale, Translator: x.Translator})
	}
	for _, x := range i18n.All() {
		if _, there := e.Texts[x.Code]; !there {
			p.Missing = append(p.Missing, TextLink{Lang: x.Code, Name: x.Name, Dir: x.Dir, URL: path + "/texts/" + x.Code})
		}
	}
	findings, failed := s.checklist(r, d, e)
	if failed != nil {
		return failed
	}
	for _, f := range findings {
		v := FindingView{Text: loc.T("desk.check."+f.Key, "Language", loc.Language(f.Language), "Quote", f.Quote, "Name", f.Lead.Name(loc.Code, i18n.Default)), Blocks: f.Blocks}
		p.Blocked = p.Blocked || f.Blocks
		p.Findings = append(p.Findings, v)
	}
	if l.State != letter.Draft && l.SignOn != letter.SignOnNone {
		counts, _, _, failed := s.roll.Summary(r.Context(), l.ID, 0)
		if failed != nil {
			return failed
		}
		if p.Earlier, p.AskedAgain, failed = s.earlier(r, l, counts); failed != nil {
			return failed
		}
		p.Counted, p.Organisations, p.Persons, p.Withheld, p.Withdrawn, p.Removed = true, counts.Organisations, counts.Persons, counts.Withheld, counts.Withdrawn, counts.Removed
	}
	if p.Counted {
		days, failed := s.roll.Daily(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		invited, failed := s.signing.CountInvitations(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		for _, n := range invited {
			p.Invited += n
		}
		hours, failed := s.roll.Hours(r.Context(), l.ID, s.o.Now().Add(-chartHours*time.Hour))
		if failed != nil {
			return failed
		}
		countries, failed := s.roll.Countries(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		p.Days, p.Hours, p.Countries = chartOf(loc, days), hoursOf(loc, hours), countriesOf(loc, countries)
	}
	if p.MayVet && l.State != letter.Draft {
		held, failed := s.signing.CountHeld(r.Context(), l.ID)
		if failed != nil {
			return failed
		}
		p.Held = held
	}
	waiting, failed := s.accounts.Approvals(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, a := range waiting {
		p.Approvals = append(p.Approvals, s.approvalView(r, d, a))
	}
	return render(w, statusOfForm(err), p)
}

// earlier returns how many signatures stand under texts before the one that signers now sign, and when they were asked about it.
func (s *Server) earlier(r *http.Request, l letter.Letter, counts roll.Counts) (n int, asked string, err error) {
	text, err := s.signing.CurrentText(r.Context(), l.ID)
	if err != nil || text.Number < 2 {
		return 0, "", err
	}
	for edition, of := range counts.ByEdition {
		if edition < text.Number {
			n += of
		}
	}
	made, err := s.signing.Announcements(r.Context(), l.ID)
	for _, a := range made {
		if a.Kind == signing.TextChanged && a.Subject == int64(text.Number) {
			asked = visitOf(r).locale.DateTime(a.At, time.UTC)
		}
	}
	return n, asked, err
}

// approvalView puts what waits for a second member into words.
func (s *Server) approvalView(r *http.Request, d *deskVisit, a account.Approval) ApprovalView {
	loc := visitOf(r).locale
	v := ApprovalView{ID: strconv.FormatInt(a.ID, 36), What: loc.T("desk.approval." + a.Asks.Act()), By: a.AskedBy.Name, At: loc.DateTime(a.AskedAt, time.UTC), Own: a.AskedBy.ID == d.User.ID}
	if a.Detail != "" {
		v.What += " " + loc.T(a.Detail)
	}
	if a.Page != "" {
		v.URL = s.local(r, "/desk/letters/"+d.Letter.Slug+a.Page)
	}
	return v
}

// checklist is what is looked at before the letter opens with an edition, by whom who asks.
func (s *Server) checklist(r *http.Request, d *deskVisit, e letter.Edition) ([]letter.Finding, error) {
	c, err := s.letters.Circulations.Find(r.Context(), d.Letter.ID)
	if err != nil {
		return nil, err
	}
	unapproved, err := s.letters.Circulations.Unapproved(r.Context(), d.Letter, e.SHA256, d.User.ID)
	return letter.Checklist(d.Letter, e, c, unapproved, s.o.Now()), err
}

func (s *Server) submitBoard(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	ctx, l := r.Context(), d.Letter
	done := ""
	switch v.Get("do") {
	case "open":
		done, err = "opened", s.letters.Open(ctx, l.Slug, d.User.ID)
	case "publish":
		done, err = s.publishEdition(r, d, letter.Follows(v.Get("follows")))
	case "ask_again":
		done, err = "asked_again", s.signing.AskAgain(ctx, l, d.User.ID)
	case "discard":
		done, err = "saved", s.letters.Discard(ctx, l.Slug, d.User.ID)
	case "close":
		if v.Get("sure") != "1" {
			err = fault.New(fault.Invalid, "close_sure").On("sure")
			break
		}
		done, err = "closed", s.letters.Close(ctx, l.Slug, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		return s.boardPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+l.Slug, done)
}

// publishEdition makes the text that was written the current edition, or asks a second member first.
func (s *Server) publishEdition(r *http.Request, d *deskVisit, follows letter.Follows) (done string, err error) {
	e, _, err := s.letters.Working(r.Context(), d.Letter)
	if err != nil {
		return "", err
	}
	return s.carry(r, d, letter.NewEditionOf(e, follows), "published")
}

// carry carries an act out, or puts it before a second member where it wants one; then names what the next page says once it
// is done.
func (s *Server) carry(r *http.Request, d *deskVisit, asks account.Proposed, then string) (done string, err error) {
	waits, err := s.accounts.Carry(r.Context(), d.Letter.ID, asks, d.User.ID)
	if waits {
		return "asked", err
	}
	return then, err
}

// submitApproval decides about what another member asked for.
func (s *Server) submitApproval(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	approve := v.Get("do") == "approve"
	err = s.accounts.Decide(r.Context(), d.Letter.ID, id, d.User.ID, approve)
	if faulty(err) || fault.Is(err, fault.Forbidden) {
		return s.boardPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	done := "refused"
	if approve {
		done = "approved"
	}
	return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug, done)
}

func (s *Server) showSettings(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	l := d.Letter
	v := url.Values{"sign_on": {string(l.SignOn)}, "zone": {"UTC"}}
	if l.Protected {
		v.Set("protected", "1")
	}
	if l.Mandate {
		v.Set("mandate", "1")
	}
	if l.Deadline.IsSet() {
		at := l.Deadline.At.In(l.Deadline.Zone)
		v.Set("day", at.Format(time.DateOnly))
		v.Set("hour", at.Format("15:04"))
		v.Set("zone", l.Deadline.Zone.String())
	}
	for _, o := range l.Leads {
		v.Add("lead", o.Slug)
	}
	if c := l.Call; c != nil {
		for name, text := range map[string]string{"from": c.From, "call_title": c.Title, "call_salutation": c.Salutation, "call_body": c.Body, "contact": c.Contact, "contact_email": c.Email} {
			v.Set(name, text)
		}
	}
	return s.settingsPage(w, r, d, v, nil)
}

func (s *Server) settingsPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc, l := visitOf(r).locale, d.Letter
	t := l.Edition.Text(loc.Code)
	p := SettingsPage{Base: s.deskBase(r, d, loc.T("desk.settings.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language),
		BoardURL: s.local(r, "/desk/letters/"+l.Slug), Action: s.local(r, "/desk/letters/"+l.Slug+"/settings"), Draft: l.State == letter.Draft}
	organisations, failed := s.letters.Directory.List(r.Context())
	if failed != nil {
		return failed
	}
	for _, o := range organisations {
		if !mayLead(d, o.Slug) {
			continue
		}
		p.Organisations = append(p.Organisations, Choice{Value: o.Slug, Text: tagged(o.Name(loc.Code, i18n.Default), ""), Chosen: slices.Contains(typed["lead"], o.Slug)})
	}
	return render(w, statusOfForm(err), p)
}

func (s *Server) submitSettings(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readLong(w, r)
	if err != nil {
		return err
	}
	set, err := s.settingsOf(d, v)
	if err == nil {
		_, err = s.letters.SetSettings(r.Context(), d.Letter.Slug, set, d.User.ID)
	}
	if faulty(err) {
		return s.settingsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug, "saved")
}

// settingsOf reads the settings form. Nobody can take the letter out of their own hands.
func (s *Server) settingsOf(d *deskVisit, v url.Values) (set letter.Settings, err error) {
	var faults fault.List
	set = letter.Settings{Protected: new(v.Get("protected") == "1"), Mandate: new(v.Get("mandate") == "1")}
	if signOn := letter.SignOn(v.Get("sign_on")); d.Letter.State == letter.Draft {
		if !slices.Contains(signOns, signOn) {
			faults = append(faults, fault.New(fault.Invalid, "sign_on").On("sign_on"))
		}
		set.SignOn = &signOn
	}
	deadline, f := deadlineOf(v)
	if f != nil {
		faults = append(faults, f)
	} else if !deadline.At.Equal(d.Letter.Deadline.At) {
		if deadline.IsSet() && !deadline.At.After(s.o.Now()) {
			faults = append(faults, fault.New(fault.Invalid, "deadline_past").On("day"))
		}
		set.Deadline = &deadline
	}
	set.Leads = v["lead"]
	own := func(slug string) bool {
		return slices.ContainsFunc(d.Members, func(m account.Member) bool { return m.Organisation.Slug == slug && m.Role.May(account.Editor) })
	}
	strange := func(slug string) bool { return !mayLead(d, slug) }
	if !slices.ContainsFunc(set.Leads, own) || slices.ContainsFunc(set.Leads, strange) {
		faults = append(faults, fault.New(fault.Invalid, "lead_own").On("lead"))
	}
	call := letter.Call{Language: d.Letter.Edition.Language, From: line1(v.Get("from")), Title: line1(v.Get("call_title")), Salutation: line1(v.Get("call_salutation")),
		Body: letter.CleanMarkdown(v.Get("call_body")), Contact: line1(v.Get("contact")), Email: line1(v.Get("contact_email"))}
	if call.Body != "" {
		set.Call = &call
	}
	if len(faults) > 0 {
		return set, faults
	}
	return set, nil
}

// signOns are the ways in which a letter can be signed.
var signOns = []letter.SignOn{letter.SignOnNone, letter.SignOnPeople, letter.SignOnOrganisations, letter.SignOnBoth}

// mayLead reports whether an organisation can be made, or stay, a lead of the letter: nobody puts a letter into the mouth of
// an organisation that they do not speak for.
func mayLead(d *deskVisit, slug string) bool {
	return slices.ContainsFunc(d.Letter.Leads, func(o account.Organisation) bool { return o.Slug == slug }) ||
		slices.ContainsFunc(d.Members, func(m account.Member) bool { return m.Organisation.Slug == slug && m.Role.May(account.Editor) })
}

// line1 is a field of one line without white space that does not matter.
func line1(typed string) string { return strings.Join(strings.Fields(typed), " ") }

// deadlineOf reads day, hour and time zone; no day is no deadline, no hour the end of that day.
func deadlineOf(v url.Values) (d letter.Deadline, f *fault.Error) {
	typed, hour := strings.TrimSpace(text.LatinDigits(v.Get("day"))), strings.TrimSpace(text.LatinDigits(v.Get("hour")))
	if typed == "" {
		return d, nil
	}
	name := strings.TrimSpace(v.Get("zone"))
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return d, fault.New(fault.Invalid, "zone").On("zone")
	}
	d, err = letter.ParseDeadline(typed, zone, false)
	if err != nil {
		return d, fault.New(fault.Invalid, "deadline").On("day")
	}
	if hour != "" {
		at, err := time.ParseInLocation(time.DateOnly+" 15:04", typed+" "+hour, zone)
		if err != nil {
			return d, fault.New(fault.Invalid, "hour").On("hour")
		}
		d.At = at.UTC()
	}
	return d, nil
}

func (s *Server) showTrail(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	loc := visitOf(r).locale
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 36, 64)
	trail, err := s.accounts.Trail(r.Context(), 0, d.Letter.ID, before, trailShown)
	if err != nil {
		return err
	}
	t := d.Letter.Edition.Text(loc.Code)
	p := TrailPage{Base: s.deskBase(r, d, loc.T("desk.trail.title")), LetterTitle: tagged(t.Name(), t.Language), BoardURL: s.local(r, "/desk/letters/"+d.Letter.Slug), Trail: trailOf(loc, trail)}
	if len(trail) == trailShown {
		p.OlderURL = s.local(r, "/desk/letters/"+d.Letter.Slug+"/trail?before="+strconv.FormatInt(trail[len(trail)-1].ID, 36))
	}
	return render(w, http.StatusOK, p)
}
