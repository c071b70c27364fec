package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/signing/roster"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// linesShown is how many lines of a list a page shows.
const linesShown = 200

// keysWithin is how long the keys of mails are looked up; of those that are not found by then the senders are asked.
const keysWithin = 15 * time.Second

func (s *Server) showIntake(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	listing := roll.Public
	if d.Letter.Protected {
		listing = roll.Counted
	}
	return s.intakePage(w, r, d, url.Values{"basis": {string(verify.ByPaper)}, "listing": {string(listing)}}, nil)
}

func (s *Server) intakePage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc, l := visitOf(r).locale, d.Letter
	t := l.Edition.Text(loc.Code)
	path := s.local(r, "/desk/letters/"+l.Slug)
	p := IntakePage{Base: s.deskBase(r, d, loc.T("desk.intake.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), BoardURL: path,
		Action: path + "/intake", Open: l.AcceptsConfirmations(s.o.Now()), CanMail: s.o.CanMail}
	for _, basis := range []verify.Basis{verify.ByPaper, verify.ByImport} {
		p.Bases = append(p.Bases, Option{string(basis), loc.T("basis." + string(basis))})
	}
	for _, listing := range roll.Listings {
		p.Listings = append(p.Listings, Option{string(listing), loc.T("listing." + string(listing))})
	}
	for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
		p.Kinds = append(p.Kinds, Option{string(kind), loc.T("desk.intake.kind." + string(kind))})
	}
	proposals, failed := s.signing.Proposals(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	waiting, failed := s.accounts.Approvals(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, x := range proposals {
		v := ProposalView{URL: path + "/intake/" + strconv.FormatInt(x.ID, 36), Lines: x.Lines - len(x.Skip), State: string(x.State), At: loc.DateTime(x.CreatedAt, time.UTC), Until: loc.Date(x.CreatedAt.Add(signing.IntakeFor))}
		if _, asked := additionAsked(waiting, x.ID); asked && x.State == signing.ProposalRead {
			v.State = "asked"
		}
		p.Proposals = append(p.Proposals, v)
	}
	batches, failed := s.signing.Batches(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, b := range slices.Backward(batches) {
		v := DeskBatch{ID: strconv.FormatInt(b.ID, 36), State: string(b.State), Basis: string(b.Basis), Source: b.Source, Added: b.Added, At: loc.DateTime(b.CreatedAt, time.UTC)}
		v.Asked = slices.ContainsFunc(waiting, func(a account.Approval) bool {
			return a.Asks == account.Proposed(signing.Undoing{Batch: b.ID})
		})
		v.Undo = !v.Asked && (b.State == signing.BatchApplied || b.State == signing.BatchApplying)
		v.Sure = typed.Get("do") == "undo" && typed.Get("id") == v.ID && err == nil
		p.Batches = append(p.Batches, v)
	}
	return render(w, statusOfForm(err), p)
}

// additionAsked finds the request to add a proposal among those that wait.
func additionAsked(waiting []account.Approval, id int64) (a account.Approval, asked bool) {
	for _, a := range waiting {
		if x, ok := a.Asks.(signing.Addition); ok && x.Proposal == id {
			return a, true
		}
	}
	return a, false
}

// submitIntake reads a list, or has a batch undone.
func (s *Server) submitIntake(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, name, data, err := readUpload(w, r)
	if err == nil {
		switch v.Get("do") {
		case "read":
			var id int64
			if id, err = s.readIntake(r, d, v, name, data); err == nil {
				return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/intake/"+strconv.FormatInt(id, 36), "")
			}
		case "undo": // first shows what it will do
			return s.intakePage(w, r, d, v, nil)
		case "sure":
			var done string
			if done, err = s.undo(r, d, v.Get("id")); err == nil {
				return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/intake", done)
			}
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if faulty(err) && v != nil {
		return s.intakePage(w, r, d, v, err)
	}
	return err
}

// readIntake reads what was pasted or uploaded and keeps it as a proposal.
func (s *Server) readIntake(r *http.Request, d *deskVisit, v url.Values, name string, data []byte) (int64, error) {
	i := signing.Import{Letter: d.Letter, Basis: verify.Basis(v.Get("basis")), Source: line1(v.Get("source")), Listing: roll.Listing(v.Get("listing")), Kind: verify.Kind(v.Get("kind"))}
	if !slices.Contains(roll.Listings, i.Listing) {
		return 0, fault.List{fault.New(fault.Invalid, "listing").On("listing")}
	}
	if !slices.Contains([]verify.Kind{"", verify.Person, verify.Organisation, signing.Both}, i.Kind) {
		return 0, fault.List{fault.New(fault.Invalid, "kind").On("kind")}
	}
	field := "file"
	if len(data) == 0 {
		field, name, data = "text", "list.csv", []byte(v.Get("text"))
	}
	if name = filepath.Base(name); inbox.IsFile(name) {
		f, err := inbox.Read(r.Context(), name, data, s.lookupFor(keysWithin))
		if err != nil {
			return 0, onField(err, field)
		}
		i.List, i.Basis = signing.Roster(f), verify.ByReply
	} else {
		list, err := roster.Read(name, data, nil)
		if err != nil {
			return 0, onField(err, field)
		}
		if i.List = list; i.Basis == verify.ByReply {
			i.Basis = "" // is for mails
		}
	}
	return s.signing.Propose(r.Context(), i, d.User.ID)
}

// lookupFor looks up keys for some time in all; a DNS that does not answer holds up nobody for longer.
func (s *Server) lookupFor(all time.Duration) account.LookupTXT {
	end := time.Now().Add(all)
	return func(ctx context.Context, name string) ([]string, error) {
		ctx, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		return s.o.LookupTXT(ctx, name)
	}
}

// undo has a batch undone, or asks a second member first.
func (s *Server) undo(r *http.Request, d *deskVisit, batch string) (done string, err error) {
	id, err := strconv.ParseInt(batch, 36, 64)
	if err != nil {
		return "", fault.New(fault.Invalid, "form.encoding")
	}
	return s.carry(r, d, signing.Undoing{Batch: id}, "undone")
}

func (s *Server) showProposal(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.proposalPage(w, r, d, nil, nil)
}

// proposalPage is the dry run of a list: what would become of each line.
func (s *Server) proposalPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	loc, l := visitOf(r).locale, d.Letter
	id, _ := strconv.ParseInt(r.PathValue("id"), 36, 64)
	proposal, plan, failed := s.signing.PlanProposal(r.Context(), l, id)
	if failed != nil && (proposal.ID == 0 || !fault.Is(failed, fault.Gone)) {
		return failed
	}
	if err == nil {
		err = failed
	}
	if typed == nil {
		typed = url.Values{"skip": {rangesOf(proposal.Skip)}}
	}
	t := l.Edition.Text(loc.Code)
	path := s.local(r, "/desk/letters/"+l.Slug+"/intake")
	p := ProposalPage{Base: s.deskBase(r, d, loc.T("desk.dry_run.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), BoardURL: s.local(r, "/desk/letters/"+l.Slug), IntakeURL: path,
		Action: path + "/" + r.PathValue("id"), State: string(proposal.State), Version: proposal.Version, Skipped: len(proposal.Skip), Until: loc.Date(proposal.CreatedAt.Add(signing.IntakeFor))}
	if proposal.Reason != "" {
		p.Reason = loc.T("fault." + proposal.Reason)
	}
	waiting, failed := s.accounts.Approvals(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	if a, asked := additionAsked(waiting, id); asked && proposal.State == signing.ProposalRead {
		p.Approval = new(s.approvalView(r, d, a))
	}
	if plan == nil { // the letter takes no more
		return render(w, statusOfForm(err), p)
	}
	if p.Second, failed = s.accounts.NeedsSecond(r.Context(), l.ID); failed != nil {
		return failed
	}
	p.fill(loc, plan, r.URL.Query())
	return render(w, statusOfForm(err), p)
}

// fill puts the plan into words: all of its numbers, and a part of its lines.
func (p *ProposalPage) fill(loc *i18n.Locale, plan *signing.ImportPlan, query url.Values) {
	p.Basis, p.Source, p.Mails = string(plan.Basis), plan.Source, plan.Basis == verify.ByReply
	for _, o := range outcomes {
		if n := plan.Count(o); n > 0 {
			p.Totals = append(p.Totals, TotalView{string(o), n})
			p.Acts = p.Acts || o == signing.ImportAdd || o == signing.ImportHeld || o == signing.ImportAsk
		}
	}
	for _, c := range plan.List.Columns {
		p.Columns = append(p.Columns, ColumnView{c.Heading, string(c.Field)})
	}
	p.Ignored = plan.List.Ignored
	entries := map[int]roster.Entry{}
	for _, e := range plan.List.Entries {
		entries[e.Line] = e
	}
	p.Look = query.Get("show") == "look"
	from, _ := strconv.Atoi(query.Get("from"))
	for _, line := range plan.Lines {
		v := p.lineOf(loc, line, entries[line.Line])
		if line.Line < from || p.Look && len(v.Remarks) == 0 && line.Outcome == signing.ImportAdd {
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
var outcomes = []signing.Outcome{signing.ImportAdd, signing.ImportAsk, signing.ImportHeld, signing.ImportDuplicate, signing.ImportInvalid, signing.ImportDone}

// lineOf puts what becomes of a line into words.
func (p *ProposalPage) lineOf(loc *i18n.Locale, line signing.PlannedLine, e roster.Entry) PlannedView {
	shown := line.Record()
	name := cmp.Or(shown.Name, e.Name, e.Organisation)
	v := PlannedView{Number: line.Line, Outcome: string(line.Outcome), Kind: string(line.Kind), Listing: string(line.Listing), Name: name, Subject: e.Subject, Said: e.Text,
		Meta: SignatoryView{Title: shown.Title, Affiliation: shown.Affiliation, Country: i18n.CountryName(loc, shown.Country)}.Meta()}
	if p.Mails {
		v.From = e.Email
	}
	say1 := func(key string, args ...any) { v.Remarks = append(v.Remarks, loc.T("desk.dry_run."+key, args...)) }
	switch {
	case line.Fault != nil:
		v.Remarks = append(v.Remarks, say(loc, line.Fault))
	case line.Outcome == signing.ImportHeld:
		v.Remarks = append(v.Remarks, loc.T("held."+line.Reason))
	case line.Outcome == signing.ImportDuplicate && line.Of == 0 && e.Email != "": // which of these is the signer's to tell
		say1("known")
	case line.Reason == signing.ImportWithdrawn:
		say1("withdrawn")
	case line.Reason == signing.ImportAsked:
		say1("asked_lately")
	case line.Outcome == signing.ImportAsk:
		say1("ask_why", "Listing", loc.T("listing."+string(line.Listing)))
	case line.Of > 0:
		say1("repeats", "Number", loc.Number(line.Of))
	case line.Outcome == signing.ImportDuplicate:
		say1("there")
	}
	if line.Same > 0 && line.Of == 0 {
		say1("same_name", "Number", loc.Number(line.Same))
	}
	for _, n := range line.Notes {
		say1("note_" + string(n))
	}
	return v
}

// submitProposal changes a dry run, proposes it, adds it or throws it away.
func (s *Server) submitProposal(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
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
		path, err = path+"/"+r.PathValue("id"), s.signing.SkipLines(r.Context(), d.Letter.ID, id, lines, d.User.ID)
	case "discard":
		done, err = "removed", s.signing.DiscardProposal(r.Context(), d.Letter.ID, id, d.User.ID)
	case "propose":
		version, _ := strconv.Atoi(v.Get("version"))
		done, err = s.carry(r, d, signing.Addition{Proposal: id, Version: version}, "applied")
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		return s.proposalPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, path, done)
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
