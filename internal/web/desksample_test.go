package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
)

// deskDay is a day of the samples.
var deskDay = time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC)

// deskSamples returns every page of the desk in its several states.
func deskSamples(l *i18n.Locale, w words, plain func(title, path string) Base, tag func(string) Tagged, view LetterView) []sample {
	base := func(title, path string) Base {
		b := plain(title, path)
		b.NoIndex, b.Canonical, b.Scripts = true, "", true
		b.Desk = &DeskNav{Name: w.name, Organisations: []DeskLink{{tag(w.organisation), "/desk/organisations/harbour"}}}
		return b
	}
	wrong := func(values url.Values, fields ...string) Form {
		f := Form{Values: values, Errors: map[string]string{}, Order: fields}
		for _, field := range fields {
			f.Errors[field] = l.T("fault.email.bad")
		}
		return f
	}
	app := AppView{Sealed: "c2VhbGVk", Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", URL: "otpauth://totp/x?secret=JBSWY3DP", Path: "M0 0h1v1h-1zM2 0h1v1h-1z", Size: 25}
	passkey := Ceremony{Options: `{"challenge":"AAAA"}`, Sealed: "c2VhbGVk"}
	typed := url.Values{"name": {w.name}, "email": {"nobody@"}, "organisation": {w.organisation}, "member": {w.longName}, "role": {"editor"}, "name-en": {w.organisation}, "about-fa": {w.text}, "address": {w.place + "\n" + w.place}}
	date := l.DateTime(deskDay, deskDay.Location())
	trail := []TrailView{{date, w.name, l.T("desk.act.letter_opened"), ""}, {date, "", l.T("desk.act.member_role"), l.T("desk.role.editor")}}
	text := url.Values{"title": {w.title}, "subtitle": {w.subtitle}, "a0-name": {w.name}, "a0-office": {w.office}, "a0-address": {w.place}, "d0-number": {"1"}, "d0-text": {w.text}, "s0-name": {w.longName},
		"body": {w.text + "\n\n" + w.text}, "base": {"00"}, "slug": {"x"}, "day": {"2030-06-30"}, "zone": {"Europe/Vienna"}, "sign_on": {"both"}, "translator": {w.name}}
	form := TextForm{Form: Form{Values: text}, L: l, Lang: l.Code, Dir: w.dir, Addressees: []string{"a0-", "a1-"}, Demands: []string{"d0-", "d1-"}, Signers: []string{"s0-", "s1-"}}
	bad := form
	bad.Form = wrong(text, "title", "slug")
	badText := form
	badText.Form = wrong(text, "title", "d0-text", "picture", "document_text")
	source := view
	source.Texts, source.EditionsURL, source.FileURL = nil, "", ""
	board := BoardPage{Base: base(w.title, "/desk/letters/x"), LetterTitle: tag(w.title), Action: "/desk/letters/x", PublicURL: "/letters/x", State: "draft", Draft: true, MayWrite: true, MayVet: true, SignOn: "both", Protected: true,
		Leads: []Tagged{tag(w.organisation)}, Texts: view.Texts, Missing: view.Texts[1:], Findings: []FindingView{{l.T("desk.check.figure", "Quote", w.text), false}, {l.T("desk.check.lead"), true}}, Blocked: true}
	ready := board
	ready.Blocked, ready.Findings = false, nil
	open := board
	open.State, open.Draft, open.Open, open.Next, open.Number, open.Deadline, open.Counted, open.Organisations, open.Persons, open.Held = "open", false, true, true, 2, date, true, 47, 1283, 3
	open.Earlier, open.Invited = 812, 214
	open.Days = chartOf(l, []roll.Time{{At: deskDay, Organisations: 3, Persons: 20}, {At: deskDay.AddDate(0, 0, 1), Persons: 7}, {At: deskDay.AddDate(0, 0, 9), Organisations: 1}})
	open.Hours = hoursOf(l, []roll.Time{{At: deskDay, Organisations: 3, Persons: 20, Held: 12}, {At: deskDay.Add(2 * time.Hour), Persons: 7}})
	open.Countries = countriesOf(l, []roll.Country{{Code: "CD", N: 1200}, {Code: "NO", N: 70}, {N: 9}, {Code: "FR", N: 4}, {Code: "IR", N: 2}})
	open.Form = wrong(url.Values{}, "follows")
	open.Note = l.T("desk.done.saved")
	open.Approvals = []ApprovalView{{"1", l.T("desk.approval.edition"), w.name, date, false, ""}, {"2", l.T("desk.approval.intake"), w.longName, date, true, "/desk/letters/x/intake/1"}}
	mine := AccountPage{Base: base(l.T("desk.account.title"), "/desk/account"), Name: w.name, Email: "ada@lantern.example", HasPassword: true, RecoveryLeft: 9, Fresh: true, App: app, Passkey: passkey,
		Passkeys: []PasskeyView{{"x", w.longName, date, date}, {"y", "", date, date}}, Sessions: []SessionView{{"1", "Firefox, Linux", date, date, true}, {"2", "", date, date, false}}}
	old := mine
	old.Fresh, old.SignInURL, old.RecoveryKept = false, "/desk/sign-in?to=/desk/account", true
	organisation := DeskOrganisationPage{Base: base(w.organisation, "/desk/organisations/x"), Form: wrong(typed, "email"), Name: tag(w.organisation), PublicURL: "/organisations/x", Action: "/desk/organisations/x", Owner: true,
		JoinURL: "https://letters.example/desk/join/" + strings.Repeat("x", 43), Roles: []Option{{"owner", l.T("desk.role.owner")}, {"editor", l.T("desk.role.editor")}}, Countries: []Option{{"NO", i18n.CountryName(l, "NO")}},
		Members: []MemberView{{"1", w.name, "ada@lantern.example", "owner", "", true}, {"2", w.longName, "ben@lantern.example", "viewer", "", false}}, Waiting: []MemberView{{"3", "", "eve@lantern.example", "editor", date, false}}, Trail: trail}
	organisation.Form.Values.Set("domain", "harbour.example")
	organisation.Record = account.NewDomainRecord("harbour.example", make([]byte, 32))
	for _, x := range i18n.All() {
		organisation.NameIn = append(organisation.NameIn, Tagged{x.Name, x.Code, x.Dir})
	}
	viewer := organisation
	viewer.Domain = "harbour.example"
	viewer.Owner, viewer.JoinURL, viewer.Form = false, "", Form{}
	held := HeldPage{Base: base(l.T("desk.held.title"), "/desk/letters/x/signatures"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/signatures?state=held", State: "held", HeldURL: "/a", ListedURL: "/b",
		Signatures: []HeldView{{ID: "1", Kind: "person", Listing: "public", Basis: "email", Signed: date, Name: w.name, Why: l.T("held.look_alike"), Meta: []string{w.office, w.organisation}, Chosen: true},
			{ID: "2", Kind: "organisation", Listing: "counted", Basis: "email", Signed: date, Why: l.T("held.possible_duplicate"), Chosen: true},
			{ID: "3", Kind: "organisation", Listing: "public", Basis: "email", Signed: date, Name: w.longName, Why: l.T("held.mandate"), From: "harbour.example", Proved: "harbour.example", Vouched: []Tagged{tag(w.organisation)}}}, Mandates: true, MayAsk: true, Email: "ada@lantern.example",
		Reasons: []Option{{"duplicate", l.T("counts.ended.duplicate")}, {"fraud", l.T("counts.ended.fraud")}}, NextURL: "?after=2"}
	invitations := InvitationsPage{Base: base(l.T("desk.invitations.title"), "/desk/letters/x/invitations"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/invitations", SettingsURL: "/desk/letters/x/settings",
		GeneralURL: "https://letters.example/letters/" + strings.Repeat("long-", 12) + "slug/call", Open: true, HasDeadline: true, Total: 214, NextURL: "?after=2", Form: Form{Values: url.Values{"days": {"7, 2"}}},
		States:    []TabView{{"/a", l.T("desk.invitations.all"), l.Number(214), true}, {"/b", l.T("desk.invitations.state.considering"), l.Number(12), false}, {"/c", l.T("desk.invitations.state.signed"), l.Number(40), false}},
		Reminders: []ReminderView{{date, true}, {date, false}},
		Invitations: []InvitationView{{ID: "1", Name: w.name, Organisation: w.organisation, Email: "ada@lantern.example", Language: i18n.LanguageName("fa"), State: "signed", At: date},
			{ID: "2", Email: strings.Repeat("long", 12) + "@harbour.example", State: "declined", Reason: w.text, At: date, Bounced: true}}}
	inviting := invitations
	inviting.Form = Form{Values: url.Values{"invitees": {w.name + " <ada@lantern.example>\n" + w.text}, "days": {"7, 2"}}}
	inviting.Read, inviting.Ready, inviting.Repeated, inviting.Ignored, inviting.More, inviting.CanMail = true, 12, 1, []string{w.place, w.office}, 10, true
	inviting.Misread = []MisreadView{{l.Digits("2"), w.text, l.T("fault.invitee.address")}}
	inviting.Sample = []signing.Invitee{{Name: w.name, Email: "ada@lantern.example", Organisation: w.organisation}, {Email: "ben@lantern.example"}}
	unopened := invitations
	unopened.Open, unopened.Draft, unopened.Total, unopened.Invitations = false, true, 0, nil
	badList := invitations
	badList.Form = wrong(url.Values{"invitees": {w.text}, "days": {"x"}}, "invitees", "file", "days")
	badList.HasCall, badList.Invitations, badList.Reminders = true, nil, nil
	sure := held
	sure.Sure = 2
	intake := IntakePage{Base: base(l.T("desk.intake.title"), "/desk/letters/x/intake"), Form: wrong(url.Values{"text": {w.name}, "source": {w.text}}, "text"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/intake", Open: true,
		Bases: []Option{{"paper", l.T("basis.paper")}}, Listings: []Option{{"public", l.T("listing.public")}, {"counted", l.T("listing.counted")}}, Kinds: []Option{{"person", l.T("desk.intake.kind.person")}},
		Proposals: []ProposalView{{"/desk/letters/x/intake/1", "read", date, date, 12}, {"/desk/letters/x/intake/2", "asked", date, date, 1283}},
		Batches:   []DeskBatch{{ID: "1", State: "applied", Basis: "paper", Source: w.text, At: date, Added: 1283, Undo: true}, {ID: "2", State: "applied", Basis: "reply", At: date, Added: 7, Undo: true, Sure: true}, {ID: "3", State: "applied", Basis: "import", At: date, Added: 2, Asked: true}, {ID: "4", State: "undone", Basis: "import", At: date}}}
	closedIntake := intake
	closedIntake.Open, closedIntake.Proposals, closedIntake.Batches, closedIntake.Form, closedIntake.CanMail = false, nil, nil, Form{}, true
	dryRun := ProposalPage{Base: base(l.T("desk.dry_run.title"), "/desk/letters/x/intake/1"), Form: wrong(url.Values{"skip": {"3, 7-9"}}, "skip"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", IntakeURL: "/desk/letters/x/intake", Action: "/desk/letters/x/intake/1",
		State: "read", Version: 1, Skipped: 4, Until: date, Second: true, Acts: true, Mails: true, Basis: "reply", Source: w.text, Totals: []TotalView{{"add", 12}, {"ask", 1}, {"hold", 2}, {"duplicate", 3}, {"invalid", 1}}, Columns: []ColumnView{{w.longName, "name"}, {"", "email"}}, Ignored: []string{w.text},
		Lines: []PlannedView{{Number: 1, Outcome: "add", Kind: "person", Listing: "public", Name: w.name, Meta: []string{w.office, w.organisation}, From: "mina@river.example", Subject: w.title, Said: w.text + "\n\n" + w.text},
			{Number: 2, Outcome: "ask", Kind: "organisation", Listing: "counted", Name: w.organisation, Remarks: []string{l.T("desk.dry_run.ask_why", "Listing", l.T("listing.counted"))}, From: "x@river.example", Said: w.text},
			{Number: 3, Outcome: "hold", Kind: "both", Listing: "coalition", Name: w.longName, Remarks: []string{l.T("held.look_alike"), l.T("desk.dry_run.note_hidden")}}, {Number: 4, Outcome: "invalid", Kind: "person", Listing: "public", Remarks: []string{l.T("fault.name.long", "Limit", 200)}}},
		NextURL: "/desk/letters/x/intake/1?from=5"}
	askedRun, failedRun := dryRun, dryRun
	askedRun.Approval, askedRun.Form, askedRun.Mails, askedRun.Look, askedRun.Lines, askedRun.NextURL = &open.Approvals[1], Form{}, false, true, nil, ""
	failedRun.State, failedRun.Reason, failedRun.Totals, failedRun.Form = "failed", l.T("fault.letter.closed"), nil, Form{}
	join := JoinPage{Action: "/desk/join/x", Base: plain(l.T("desk.join.title.setup"), "/"), Form: wrong(typed, "email", "organisation", "password", "code"), Kind: "setup", Expires: date, App: app, Passkey: passkey}
	member := JoinPage{Action: "/desk/join/x", Base: plain(l.T("desk.join.title.join"), "/"), Kind: "join", Organisation: tag(w.organisation), Role: l.T("desk.role.editor"), Expires: date, As: w.name, App: app}
	choices := []Choice{{"harbour", tag(w.organisation), true}, {"quay", tag(w.longName), false}}
	desk := DeskPage{Base: base(l.T("desk.home.title"), "/desk"), Operator: true, MayWrite: true, Due: []DueView{{tag(w.title), "/desk/letters/x", l.T("desk.due.deadline", "Deadline", date)}, {tag(w.longName), "/desk/letters/y", l.N("desk.due.approvals", 2)}, {tag(l.T("desk.mail.title")), "/desk/jobs", l.N("desk.due.mails", 7)}},
		Mails: &MailView{Waiting: l.T("desk.mail.more", "Count", l.Number(1000)), Done: l.Number(4321), N: 7, Failing: []FailureView{{"mail.confirm", "smtp", l.Number(7)}}}, Letters: []DeskLetter{{URL: "/desk/letters/x", Title: tag(w.title), State: "open", Deadline: date, Due: true, Counted: true, Organisations: 47, Persons: 1283, Held: 3, Approvals: 1}, {URL: "/y", Title: tag(w.longName), State: "draft"}}}
	return append(circulationSamples(l, w, plain, base, tag, view), []sample{
		{"desk-sign-in", SignInPage{Base: plain(l.T("desk.sign_in.title"), "/desk/sign-in"), Form: wrong(typed, "email"), Passkey: passkey}},
		{"desk-join", join}, {"desk-join-member", member},
		{"desk-account", mine}, {"desk-account-old", old},
		{"desk-recovery", RecoveryPage{Base: base(l.T("desk.recovery.title"), "/desk/account/recovery"), Codes: []string{"abcd-efgh-ijkl-mnop", "bcde-fghi-jklm-nopq"}}},
		{"desk", desk}, {"desk-jobs", JobsPage{Base: base(l.T("desk.jobs.title"), "/desk/jobs"), Form: wrong(url.Values{}, ""), Action: "/desk/jobs", Mails: *desk.Mails, Failed: []FailedView{{"1", "mail.confirm", "smtp", date, 3}, {"2", "export.make", "timeout", "", 21}}}},
		{"desk-jobs-none", JobsPage{Base: base(l.T("desk.jobs.title"), "/desk/jobs"), Action: "/desk/jobs"}}, {"desk-empty", DeskPage{Base: base(l.T("desk.home.title"), "/desk"), RecoveryKept: true, CanMail: true}},
		{"desk-organisation", organisation}, {"desk-organisation-viewer", viewer},
		{"desk-found", FoundPage{Base: base(l.T("desk.found.title"), "/desk/organisations"), Form: wrong(typed, "name")}},
		{"desk-new", NewLetterPage{Base: base(l.T("desk.new.title"), "/desk/new"), Form: wrong(url.Values{"text": {w.text}}, "text"), Patterns: []Option{{"/desk/new?pattern=open", l.T("desk.pattern.open.name")}}}},
		{"desk-confirm-letter", ConfirmLetterPage{Base: base(l.T("desk.confirm_letter.title"), "/desk/new"), Text: bad, Leads: choices, Spoken: []Choice{{l.Code, Tagged{l.Name, l.Code, l.Dir}, true}}, Warnings: []string{l.T("desk.warning.date_impossible", "Text", w.text)}}},
		{"desk-board", board}, {"desk-board-ready", ready}, {"desk-board-open", open},
		{"desk-settings", SettingsPage{Base: base(l.T("desk.settings.title"), "/desk/letters/x/settings"), Form: wrong(text, "day", "lead"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/settings", Draft: true, Organisations: choices}},
		{"desk-text", TextPage{Base: base(l.T("desk.text.title"), "/desk/letters/x/texts/en"), Text: form, LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/texts/en", PreviewURL: "/p", LanguageName: l.Language("fa")}},
		{"desk-text-translation", TextPage{Base: base(l.T("desk.text.title"), "/desk/letters/x/texts/en"), Text: badText, LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/texts/en", PreviewURL: "/p", LanguageName: l.Language("fa"),
			Published: true, Attaching: true, Frozen: true, Translation: true, Source: &source, Other: []DiffLine{{"same", []DiffSpan{{w.subtitle, false}}}, {"removed", []DiffSpan{{w.text, true}}}, {"added", []DiffSpan{{w.title, true}}}, {"skipped", nil}}}},
		{"desk-preview", PreviewPage{Base: base(w.title, "/desk/letters/x/texts/en/preview"), Letter: view, BoardURL: "/desk/letters/x", TextURL: "/desk/letters/x/texts/en"}},
		{"desk-invitations", invitations}, {"desk-invitations-read", inviting}, {"desk-invitations-draft", unopened}, {"desk-invitations-wrong", badList},
		{"desk-held", held}, {"desk-held-sure", sure}, {"desk-held-none", HeldPage{Base: base(l.T("desk.held.title"), "/desk/letters/x/signatures"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", State: "listed", HeldURL: "/a", ListedURL: "/b"}},
		{"desk-intake", intake}, {"desk-intake-closed", closedIntake}, {"desk-dry-run", dryRun}, {"desk-dry-run-asked", askedRun}, {"desk-dry-run-failed", failedRun},
		{"desk-exports", ExportsPage{Base: base(l.T("desk.export.title"), "/desk/letters/x/exports"), Form: wrong(url.Values{}, "audience"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/exports", Audiences: []string{"public", "addressee", "coalition"}, Second: true,
			Exports: []ExportView{{"1", "addressee", date, date, true, 1283}, {"2", "coalition", date, date, false, 0}}}},
		{"desk-trail", TrailPage{Base: base(l.T("desk.trail.title"), "/desk/letters/x/trail"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Trail: trail, OlderURL: "?before=1"}},
	}...)
}

// circulationSamples are the pages of a draft that goes round.
func circulationSamples(l *i18n.Locale, w words, plain, base func(title, path string) Base, tag func(string) Tagged, view LetterView) []sample {
	date := l.DateTime(deskDay, deskDay.Location())
	remarks := []RemarkView{{"1", w.name, date, []string{w.text, w.text}, false}, {"2", w.longName, date, []string{w.text}, true}}
	group := RemarkGroup{Heading: l.T("desk.circulation.paragraph", "Number", l.Number(2)), Quote: tag(w.text), Anchor: "a2", Language: l.Code, Remarks: remarks}
	paragraphs := []ParagraphView{{RemarkGroup: RemarkGroup{Anchor: "whole"}, May: true}, {Number: 1, HTML: template.HTML(w.body), RemarkGroup: RemarkGroup{Anchor: "a1"}, May: true},
		{Number: 2, HTML: template.HTML(w.body), RemarkGroup: group, Open: true, May: true}}
	form := Form{Values: url.Values{"answer": {"in"}, "name": {w.organisation}, "lead_name": {w.organisation}, "named": {"1"}, "text": {w.text}}, Errors: map[string]string{"remark-a2": l.T("fault.circulation.remark", "Count", 4000), "consent": l.T("fault.circulation.consent")}, Order: []string{"remark-a2", "consent"}}
	round := CirculationPage{Base: plain(w.title, "/circulation/x"), Form: form, Action: "/circulation/x?text=" + l.Code, Name: w.longName, Letter: view, Paragraphs: paragraphs, Gone: []RemarkGroup{{Quote: tag(w.text), Remarks: remarks[:1]}},
		Soft: date, Hard: date, Takes: true, Lifted: true, Language: l.Code, In: []string{w.organisation, w.longName}, LeadAsked: true, SpeaksFor: []Choice{{"harbour", tag(w.organisation), true}}}
	round.NoIndex, round.Canonical = true, ""
	over := round
	over.Form, over.Takes, over.Lifted, over.Frozen, over.In, over.Leads, over.Gone = Form{}, false, false, true, nil, true, nil
	over.Paragraphs = []ParagraphView{{RemarkGroup: RemarkGroup{Anchor: "whole", Remarks: remarks}}, {Number: 1, HTML: template.HTML(w.body), RemarkGroup: RemarkGroup{Anchor: "a1"}}}
	desk := DeskCirculationPage{Base: base(l.T("desk.circulation.title"), "/desk/letters/x/circulation"), LetterTitle: tag(w.title), BoardURL: "/desk/letters/x", Action: "/desk/letters/x/circulation", CanMail: true,
		Form:  Form{Values: url.Values{"readers": {"nobody"}, "soft_day": {"2030-06-30"}, "zone": {"UTC"}}, Errors: map[string]string{"readers": l.T("fault.circulation.line", "Line", 1)}, Order: []string{"readers"}},
		Until: l.T("desk.circulation.until", "Soft", date, "Hard", date), SHA256: view.SHA256, Lifted: true, Spoken: []Option{{l.Code, l.Name}}, MayApprove: true,
		Readers: []ReaderView{{"1", w.organisation, "office@river.example", []string{l.T("desk.circulation.answer.in"), l.T("desk.circulation.unnamed")}, 1, false, true}, {"2", w.longName, "desk@stone.example", []string{l.T("desk.circulation.answer.none"), l.T("desk.circulation.withdrawn")}, 2, true, false}},
		Leads:   []LeadView{{tag(w.organisation), true}, {tag(w.longName), false}}, Groups: []RemarkGroup{group, {Heading: l.T("desk.circulation.gone"), Quote: tag(w.text), Remarks: remarks[:1]}}}
	frozen := desk
	frozen.Form, frozen.Until, frozen.Over, frozen.Lifted, frozen.Frozen, frozen.MayApprove, frozen.Groups, frozen.CanMail = Form{}, "", l.T("desk.circulation.over", "Time", date), false, l.T("desk.circulation.frozen", "Time", date), false, nil, false
	begin := frozen
	begin.Over, begin.Frozen, begin.Readers = "", "", nil
	return []sample{{"circulation", round}, {"circulation-over", over}, {"desk-circulation", desk}, {"desk-circulation-frozen", frozen}, {"desk-circulation-begin", begin}}
}
