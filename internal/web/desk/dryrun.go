package desk

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// ProposalPage is the dry run of a list.
type ProposalPage struct {
	page.Base
	Form                 page.Form
	IntakeURL, Action    string
	State, Reason, Until string
	Version, Skipped     int
	Approval             *ApprovalView // nil while nobody has asked for it
	Second               bool          // a second member has to approve it
	Acts                 bool          // adding it does something
	Mails                bool          // it is of mails
	Basis, Source        string
	Totals               []TotalView // none where the letter takes no more
	Columns              []ColumnView
	Ignored              []string
	OfOrganisations      bool // the persons beside them are not shown
	Look                 bool // only lines that want a look are shown
	Lines                []PlannedView
	NextURL              string
}

// Template is its file.
func (ProposalPage) Template() string { return "desk/dry-run" }

// TotalView is how many lines have an outcome.
type TotalView struct {
	Outcome string
	N       int
}

// ColumnView is what a column is read as.
type ColumnView struct {
	Heading, Field string
	Inverse        bool // yes keeps the name back
}

// PlannedView is one line of a list and what would become of it.
type PlannedView struct {
	Number                       int
	Outcome, Kind, Listing, Name string
	Meta, Remarks                []string
	From, Subject, Said          string // of a mail
}

// linesShown is how many lines of a list a page shows.
const linesShown = 200

// ShowProposal shows what would become of each line of a list.
func (h *Handlers) ShowProposal(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.proposalPage(w, r, d, nil, nil)
}

// proposalPage is the dry run of a list: what would become of each line.
func (h *Handlers) proposalPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	id, _ := strconv.ParseInt(r.PathValue("id"), 36, 64)
	proposal, plan, failed := h.Intake.PlanProposal(r.Context(), l, id)
	if failed != nil && (proposal.ID == 0 || !fault.Is(failed, fault.Gone)) {
		return failed
	}
	if err == nil {
		err = failed
	}
	if typed == nil {
		typed = url.Values{"skip": {rangesOf(proposal.Skip)}}
	}
	path := page.Local(r, "/desk/letters/"+l.Slug+"/intake")
	p := ProposalPage{Base: h.base(r, d, loc.T("desk.dry_run.title")), Form: page.NewForm(r, typed, err),
		IntakeURL: path,
		Action:    path + "/" + r.PathValue("id"), State: string(proposal.State), Version: proposal.Version, Skipped: len(proposal.Skip),
		Until: loc.Date(proposal.CreatedAt.Add(intake.KeptFor))}
	if proposal.Reason != "" {
		p.Reason = loc.T("fault." + proposal.Reason)
	}
	waiting, failed := h.Accounts.Approvals.Waiting(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	if a, asked := additionAsked(waiting, id); asked && proposal.State == intake.ProposalRead {
		p.Approval = new(h.approvalView(r, d, a))
	}
	if plan == nil { // the letter takes no more
		return h.Render(w, page.Status(err), p)
	}
	if p.Second, failed = h.Accounts.Approvals.NeedsSecond(r.Context(), l.ID, intake.Addition{}, d.User.ID); failed != nil {
		return failed
	}
	p.fill(loc, plan, r.URL.Query())
	return h.Render(w, page.Status(err), p)
}

// fill puts the plan into words: all of its numbers, and a part of its lines.
func (p *ProposalPage) fill(loc *i18n.Locale, plan *intake.Plan, query url.Values) {
	p.Basis, p.Source, p.Mails = string(plan.Basis), plan.Source, plan.Basis == verify.ByReply
	for _, o := range outcomes {
		if n := plan.Count(o); n > 0 {
			p.Totals = append(p.Totals, TotalView{string(o), n})
			p.Acts = p.Acts || o == intake.Add || o == intake.Hold || o == intake.Ask
		}
	}
	for _, c := range plan.List.Columns {
		p.Columns = append(p.Columns, ColumnView{c.Heading, string(c.Field), c.Inverse})
	}
	p.Ignored, p.OfOrganisations = plan.List.Ignored, plan.List.OfOrganisations
	entries := map[int]roster.Entry{}
	for _, e := range plan.List.Entries {
		entries[e.Line] = e
	}
	p.Look = query.Get("show") == "look"
	from, _ := strconv.Atoi(query.Get("from"))
	for _, line := range plan.Lines {
		v := p.lineOf(loc, line, entries[line.Line])
		if line.Line < from || p.Look && len(v.Remarks) == 0 && line.Outcome == intake.Add {
			continue
		}
		if len(p.Lines) >= linesShown && p.Lines[len(p.Lines)-1].Number != v.Number {
			p.NextURL = p.Action + "?from=" + strconv.Itoa(line.Line)
			if p.Look {
				p.NextURL += "&show=look"
			}
			break
		}
		p.Lines = append(p.Lines, v)
	}
}

// outcomes are what can become of a line, in the order in which they are summed up.
var outcomes = []intake.Outcome{intake.Add, intake.Ask, intake.Hold, intake.Duplicate, intake.Invalid, intake.Done}

// lineOf puts what becomes of a line into words.
func (p *ProposalPage) lineOf(loc *i18n.Locale, line intake.PlannedLine, e roster.Entry) PlannedView {
	shown := line.Record()
	v := PlannedView{Number: line.Line, Outcome: string(line.Outcome), Kind: string(line.Kind), Listing: string(line.Listing), Subject: e.Subject, Said: e.Text,
		Name: cmp.Or(shown.Name, e.Name, e.Organisation), Meta: page.Meta(shown.Title, shown.Affiliation, i18n.CountryName(loc, shown.Country))}
	if p.Mails {
		v.From = e.Email
	}
	say1 := func(key string, args ...any) { v.Remarks = append(v.Remarks, loc.T("desk.dry_run."+key, args...)) }
	switch {
	case line.Fault != nil:
		v.Remarks = append(v.Remarks, page.Say(loc, line.Fault))
	case line.Outcome == intake.Hold && line.Reason == signing.HeldDuplicate:
		say1("may_repeat")
	case line.Outcome == intake.Hold:
		v.Remarks = append(v.Remarks, loc.T("held."+line.Reason))
	case line.Outcome == intake.Ask:
		say1("ask_why", "Listing", loc.T("listing."+string(line.Listing)))
	case line.Of > 0:
		say1("repeats", "Number", loc.Number(line.Of))
	}
	if line.Same > 0 && line.Of == 0 {
		say1("same_name", "Number", loc.Number(line.Same))
	}
	for _, n := range line.Notes {
		say1("note_" + string(n))
	}
	return v
}

// SubmitProposal changes a dry run, proposes it, adds it or throws it away.
func (h *Handlers) SubmitProposal(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 36, 64)
	path, done := "/desk/letters/"+d.Letter.Slug+"/intake", ""
	switch v.Get("do") {
	case "skip":
		lines, ok := numbersOf(v.Get("skip"))
		if !ok {
			err = fault.List{fault.New(fault.Invalid, "intake.numbers").On("skip")}
			break
		}
		path, err = path+"/"+r.PathValue("id"), h.Intake.Skip(r.Context(), d.Letter.ID, id, lines, d.User.ID)
	case "discard":
		done, err = "removed", h.Intake.Discard(r.Context(), d.Letter.ID, id, d.User.ID)
	case "propose":
		version, _ := strconv.Atoi(v.Get("version"))
		done, err = h.carry(r, d, intake.Addition{Proposal: id, Version: version}, "applied")
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		return h.proposalPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, path, done)
}

// maxSkip bounds how many lines are left out by hand.
const maxSkip = 1000

// numbersOf reads numbers and ranges of lines, such as "3, 7-9", in any digits.
func numbersOf(typed string) (lines []int, ok bool) {
	fields := strings.FieldsFunc(text.LatinDigits(typed), func(r rune) bool { return strings.ContainsRune(" ,،;؛\t\r\n", r) })
	for _, field := range fields {
		first, last, isRange := strings.Cut(strings.ReplaceAll(field, "–", "-"), "-")
		from, err := strconv.Atoi(first)
		to := from
		if isRange && err == nil {
			to, err = strconv.Atoi(last)
		}
		if err != nil || from < 1 || to < from || to-from >= maxSkip-len(lines) {
			return nil, false
		}
		for n := from; n <= to; n++ {
			lines = append(lines, n)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines), true
}

// rangesOf writes numbers as numbersOf reads them.
func rangesOf(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		part := strconv.Itoa(lines[i])
		if j > i {
			part += "-" + strconv.Itoa(lines[j])
		}
		parts, i = append(parts, part), j+1
	}
	return strings.Join(parts, ", ")
}
