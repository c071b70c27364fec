package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/web/desk"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/internal/web/public"
)

// deskDay is a day of the samples.
var deskDay = time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC)

// deskSamples returns every page of the desk in its several states.
func deskSamples(l *i18n.Locale, w words, plain func(title, path string) page.Base, tag func(string) page.Tagged, view page.LetterView) []sample {
	base := func(title, path string) page.Base {
		b := plain(title, path)
		b.NoIndex, b.Canonical, b.Scripts = true, "", true
		b.Desk = &page.Nav{Name: w.name, Operator: true, Organisations: []page.Link{{Text: tag(w.organisation), URL: "/desk/organisations/harbour"}}}
		if strings.HasPrefix(path, "/desk/letters/") {
			b.Desk.Letter = &page.LetterNav{Title: tag(w.title), URL: "/desk/letters/x", Next: &page.Link{Text: tag(l.T("desk.next.open")), URL: "/desk/letters/x"},
				Steps: []page.NavStep{{Text: l.T("desk.step.draft"), Done: true}, {Text: l.T("desk.step.open"), Current: true}, {Text: l.T("desk.step.follow")}},
				Items: []page.NavItem{{Text: l.T("desk.menu.overview"), URL: "/desk/letters/x", Current: true},
					{Text: l.T("desk.menu.signatures"), URL: "/desk/letters/x/signatures", Waits: 12}}}
		}
		return b
	}
	wrong := func(values url.Values, fields ...string) page.Form {
		f := page.Form{Values: values, Errors: map[string]string{}, Order: fields}
		for _, field := range fields {
			f.Errors[field] = l.T("fault.email.bad")
		}
		return f
	}
	app := desk.AppView{Sealed: "c2VhbGVk", Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", URL: "otpauth://totp/x?secret=JBSWY3DP",
		Path: "M0 0h1v1h-1zM2 0h1v1h-1z", Size: 25}
	passkey := desk.Ceremony{Options: `{"challenge":"AAAA"}`, Sealed: "c2VhbGVk"}
	typed := url.Values{"name": {w.name}, "email": {"nobody@"}, "organisation": {w.organisation}, "member": {w.longName}, "role": {"editor"},
		"name-en": {w.organisation}, "about-fa": {w.text}, "address": {w.place + "\n" + w.place}}
	date := l.DateTime(deskDay, deskDay.Location())
	trail := []desk.TrailView{{At: date, By: w.name, What: l.T("desk.act.letter_opened"), Object: ""},
		{At: date, By: "", What: l.T("desk.act.member_role"), Object: l.T("desk.role.editor")}}
	text := url.Values{"title": {w.title}, "subtitle": {w.subtitle}, "a0-name": {w.name}, "a0-office": {w.office}, "a0-address": {w.place},
		"d0-number": {"1"}, "d0-text": {w.text}, "s0-name": {w.longName},
		"body": {w.text + "\n\n" + w.text}, "base": {"00"}, "slug": {"x"}, "day": {"2030-06-30"}, "zone": {"Europe/Vienna"}, "sign_on": {"both"},
		"translator": {w.name}}
	form := desk.TextForm{Form: page.Form{Values: text}, L: l, Lang: l.Code, Dir: w.dir, Addressees: []string{"a0-", "a1-"}, Demands: []string{"d0-", "d1-"},
		Signers: []string{"s0-", "s1-"}}
	bad := form
	form.Blocks = "/blocks/" + l.Code
	bad.Form = wrong(text, "title", "slug")
	badText := form
	badText.Form = wrong(text, "title", "d0-text", "picture", "document_text")
	source := view
	source.Texts, source.EditionsURL, source.FileURL, source.Documents, source.PressURL = nil, "", "", nil, ""
	board := desk.BoardPage{Base: base(w.title, "/desk/letters/x"), Action: "/desk/letters/x", PublicURL: "/letters/x",
		State: "draft", Draft: true, MayWrite: true, MayVet: true, SignOn: "both", Protected: true,
		Leads: []page.Tagged{tag(w.organisation)}, Texts: view.Texts,
		Findings: []desk.FindingView{{Text: l.T("desk.check.figure", "Quote", w.text), Blocks: false}, {Text: l.T("desk.check.lead"), Blocks: true}}, Blocked: true}
	ready := board
	ready.Blocked, ready.Findings = false, nil
	closedBoard := ready
	closedBoard.State, closedBoard.Draft, closedBoard.CanReopen = "closed", false, true
	open := board
	open.State, open.Draft, open.Open, open.Next, open.Number, open.Deadline, open.Counted, open.Organisations, open.Persons, open.Held = "open", false,
		true, true, 2, date, true, 47, 1283, 3
	open.Earlier, open.Invited = 812, 214
	open.Days = page.DaysOf(l, []roll.Time{{At: deskDay, Organisations: 3, Persons: 20}, {At: deskDay.AddDate(0, 0, 1), Persons: 7},
		{At: deskDay.AddDate(0, 0, 9), Organisations: 1}})
	open.Hours = page.HoursOf(l, []roll.Time{{At: deskDay, Organisations: 3, Persons: 20, Held: 12}, {At: deskDay.Add(2 * time.Hour), Persons: 7}})
	open.Countries = page.CountriesOf(l, []roll.Country{{Code: "CD", N: 1200}, {Code: "NO", N: 70}, {N: 9}, {Code: "FR", N: 4}, {Code: "IR", N: 2}})
	open.Form = wrong(url.Values{}, "follows")
	open.Note = l.T("desk.done.saved")
	open.Approvals = []desk.ApprovalView{{ID: "1", What: l.T("desk.approval.edition"), By: w.name, At: date, Own: false, URL: ""},
		{ID: "2", What: l.T("desk.approval.intake"), By: w.longName, At: date, Own: true, URL: "/desk/letters/x/intake/1"}}
	mine := desk.AccountPage{Base: base(l.T("desk.account.title"), "/desk/account"), Name: w.name, Email: "ada@lantern.example", HasPassword: true,
		RecoveryLeft: 9, Fresh: true, App: app, Passkey: passkey,
		Passkeys: []desk.PasskeyView{{ID: "x", Name: w.longName, Created: date, Used: date}, {ID: "y", Name: "", Created: date, Used: date}},
		Sessions: []desk.SessionView{{ID: "1", Agent: "Firefox, Linux", Since: date, Seen: date, Current: true},
			{ID: "2", Agent: "", Since: date, Seen: date, Current: false}}}
	old := mine
	old.Fresh, old.SignInURL, old.RecoveryKept = false, "/desk/sign-in?to=/desk/account", true
	organisation := desk.OrganisationPage{Base: base(w.organisation, "/desk/organisations/x"), Form: wrong(typed, "email"), Name: tag(w.organisation),
		PublicURL: "/organisations/x", Action: "/desk/organisations/x", Owner: true,
		JoinURL: "https://letters.example/desk/join/" + strings.Repeat("x", 43), Roles: []page.Option{{Value: "owner", Text: l.T("desk.role.owner")},
			{Value: "editor", Text: l.T("desk.role.editor")}}, Countries: []page.Option{{Value: "NO", Text: i18n.CountryName(l, "NO")}},
		Members: []desk.MemberView{{ID: "1", Name: w.name, Email: "ada@lantern.example", Role: "owner", Until: "", Self: true},
			{ID: "2", Name: w.longName, Email: "ben@lantern.example", Role: "viewer", Until: "", Self: false}},
		Waiting: []desk.MemberView{{ID: "3", Name: "", Email: "eve@lantern.example", Role: "editor", Until: date, Self: false}}, Trail: trail}
	organisation.Form.Values.Set("domain", "harbour.example")
	organisation.Record = account.NewDomainRecord("harbour.example", make([]byte, 32))
	for _, x := range i18n.All() {
		organisation.NameIn = append(organisation.NameIn, page.Tagged{Text: x.Name, Lang: x.Code, Dir: x.Dir})
	}
	viewer := organisation
	viewer.Domain = "harbour.example"
	viewer.Owner, viewer.JoinURL, viewer.Form = false, "", page.Form{}
	held := desk.HeldPage{Base: base(l.T("desk.held.title"), "/desk/letters/x/signatures"), Action: "/desk/letters/x/signatures?state=held", State: "held", HeldURL: "/a", ListedURL: "/b",
		Signatures: []desk.HeldView{{ID: "1", Kind: "person", Listing: "public", Basis: "email", Signed: date, Name: w.name, Why: l.T("held.look_alike"),
			Meta: []string{w.office, w.organisation}, Chosen: true},
			{ID: "2", Kind: "organisation", Listing: "counted", Basis: "email", Signed: date, Why: l.T("held.possible_duplicate"), Chosen: true},
			{ID: "3", Kind: "organisation", Listing: "public", Basis: "email", Signed: date, Name: w.longName, Why: l.T("held.mandate"), From: "harbour.example",
				Proved: "harbour.example", Vouched: []page.Tagged{tag(w.organisation)}}}, Mandates: true, MayAsk: true, Email: "ada@lantern.example",
		Reasons: []page.Option{{Value: "duplicate", Text: l.T("counts.ended.duplicate")}, {Value: "fraud", Text: l.T("counts.ended.fraud")}}, NextURL: "?after=2"}
	invitations := desk.InvitationsPage{Base: base(l.T("desk.invitations.title"), "/desk/letters/x/invitations"), Action: "/desk/letters/x/invitations", SettingsURL: "/desk/letters/x/settings",
		GeneralURL: "https://letters.example/letters/" + strings.Repeat("long-", 12) + "slug/call", Open: true, HasDeadline: true, Total: 214,
		NextURL: "?after=2", Form: page.Form{Values: url.Values{"days": {"7, 2"}}},
		States: []desk.TabView{{URL: "/a", Text: l.T("desk.invitations.all"), Count: l.Number(214), Current: true},
			{URL: "/b", Text: l.T("desk.invitations.state.considering"), Count: l.Number(12), Current: false},
			{URL: "/c", Text: l.T("desk.invitations.state.signed"), Count: l.Number(40), Current: false}},
		Reminders: []desk.ReminderView{{At: date, Done: true}, {At: date, Done: false}},
		Invitations: []desk.InvitationView{{ID: "1", Name: w.name, Organisation: w.organisation, Email: "ada@lantern.example", Language: i18n.LanguageName("fa"),
			State: "signed", At: date},
			{ID: "2", Email: strings.Repeat("long", 12) + "@harbour.example", State: "declined", Reason: w.text, At: date, Bounced: true}}}
	inviting := invitations
	inviting.Form = page.Form{Values: url.Values{"invitees": {w.name + " <ada@lantern.example>\n" + w.text}, "days": {"7, 2"}}}
	inviting.Read, inviting.Ready, inviting.Repeated, inviting.Ignored, inviting.More, inviting.CanMail = true, 12, 1, []string{w.place, w.office}, 10, true
	inviting.Mandate, inviting.ToVouch = true, 12
	inviting.Misread = []desk.MisreadView{{Line: l.Digits("2"), Text: w.text, Why: l.T("fault.invitee.address")}}
	inviting.Sample = []desk.InviteeView{{Name: w.name, Email: "ada@lantern.example", Organisation: w.organisation, Language: i18n.LanguageName("fa"), Words: w.text},
		{Email: "ben@lantern.example"}}
	for _, x := range i18n.All() {
		inviting.Spoken = append(inviting.Spoken, page.Option{Value: x.Code, Text: x.Name})
		inviting.Mails = append(inviting.Mails, desk.InvitingMail{To: "ada@lantern.example", Subject: w.longName, Lines: []string{w.text, "", w.name}, Lang: x.Code, Dir: x.Dir})
	}
	unopened := invitations
	unopened.Open, unopened.Draft, unopened.Total, unopened.Invitations = false, true, 0, nil
	badList := invitations
	badList.Form = wrong(url.Values{"invitees": {w.text}, "days": {"x"}}, "invitees", "file", "language", "words", "days")
	badList.HasCall, badList.Invitations, badList.Reminders = true, nil, nil
	sure := held
	sure.Sure = 2
	intake := desk.IntakePage{Base: base(l.T("desk.intake.title"), "/desk/letters/x/intake"),
		Form: wrong(url.Values{"text": {w.name}, "source": {w.text}}, "text"), Action: "/desk/letters/x/intake", Open: true,
		Bases: []page.Option{{Value: "paper", Text: l.T("basis.paper")}}, Listings: []page.Option{{Value: "public", Text: l.T("listing.public")},
			{Value: "counted", Text: l.T("listing.counted")}},
		Kinds: []page.Option{{Value: "person", Text: l.T("desk.intake.kind.person")}},
		Proposals: []desk.ProposalView{{URL: "/desk/letters/x/intake/1", State: "read", At: date, Until: date, Lines: 12},
			{URL: "/desk/letters/x/intake/2", State: "asked", At: date, Until: date, Lines: 1283}},
		Batches: []desk.BatchView{{ID: "1", State: "applied", Basis: "paper", Source: w.text, At: date, Added: 1283, Undo: true},
			{ID: "2", State: "applied", Basis: "reply", At: date, Added: 7, Undo: true, Sure: true},
			{ID: "3", State: "applied", Basis: "import", At: date, Added: 2, Asked: true}, {ID: "4", State: "undone", Basis: "import", At: date}}}
	encodedIntake := intake
	encodedIntake.Form = wrong(url.Values{"encoding": {"windows-1252"}, "kept": {"eA=="}, "kept_name": {w.name}, "columns": {"x"}}, "encoding", "columns")
	encodedIntake.Encodings, encodedIntake.Kept = []page.Option{{Value: "windows-1252", Text: "windows-1252"}}, w.name
	encodedIntake.Previews = []desk.PreviewView{{Encoding: "windows-1252", Lines: []string{w.name + "," + w.organisation, w.longName}},
		{Encoding: "windows-1256", Lines: []string{w.name}}}
	closedIntake := intake
	closedIntake.Open, closedIntake.Proposals, closedIntake.Batches, closedIntake.Form, closedIntake.CanMail = false, nil, nil, page.Form{}, true
	dryRun := desk.ProposalPage{Base: base(l.T("desk.dry_run.title"), "/desk/letters/x/intake/1"), Form: wrong(url.Values{"skip": {"3, 7-9"}}, "skip"),
		IntakeURL: "/desk/letters/x/intake", Action: "/desk/letters/x/intake/1",
		State: "read", Version: 1, Skipped: 4, Until: date, Second: true, Acts: true, Mails: true, Basis: "reply", Source: w.text,
		Totals:  []desk.TotalView{{Outcome: "add", N: 12}, {Outcome: "ask", N: 1}, {Outcome: "hold", N: 2}, {Outcome: "duplicate", N: 3}, {Outcome: "invalid", N: 1}},
		Columns: []desk.ColumnView{{Heading: w.longName, Field: "name"}, {Heading: "", Field: "email"}, {Heading: w.text, Field: "listing", Inverse: true}}, Ignored: []string{w.text},
		OfOrganisations: true,
		Lines: []desk.PlannedView{{Number: 1, Outcome: "add", Kind: "person", Listing: "public", Name: w.name, Meta: []string{w.office, w.organisation},
			From: "mina@river.example", Subject: w.title, Said: w.text + "\n\n" + w.text},
			{Number: 2, Outcome: "ask", Kind: "organisation", Listing: "counted", Name: w.organisation,
				Remarks: []string{l.T("desk.dry_run.ask_why", "Listing", l.T("listing.counted"))}, From: "x@river.example", Said: w.text},
			{Number: 3, Outcome: "hold", Kind: "both", Listing: "coalition", Name: w.longName,
				Remarks: []string{l.T("held.look_alike"), l.T("desk.dry_run.note_hidden")}},
			{Number: 4, Outcome: "invalid", Kind: "person", Listing: "public", Remarks: []string{l.T("fault.name.long", "Limit", 200)}}},
		NextURL: "/desk/letters/x/intake/1?from=5"}
	askedRun, failedRun := dryRun, dryRun
	askedRun.Approval, askedRun.Form, askedRun.Mails, askedRun.Look, askedRun.Lines, askedRun.NextURL = &open.Approvals[1], page.Form{}, false, true, nil, ""
	failedRun.State, failedRun.Reason, failedRun.Totals, failedRun.Form = "failed", l.T("fault.letter.closed"), nil, page.Form{}
	join := desk.JoinPage{Action: "/desk/join/x", Base: plain(l.T("desk.join.title.setup"), "/"),
		Form: wrong(typed, "email", "organisation", "password", "code"), Kind: "setup", Expires: date, App: app, Passkey: passkey}
	member := desk.JoinPage{Action: "/desk/join/x", Base: plain(l.T("desk.join.title.join"), "/"), Kind: "join", Organisation: tag(w.organisation),
		Role: l.T("desk.role.editor"), Expires: date, As: w.name, App: app}
	choices := []page.Choice{{Value: "harbour", Text: tag(w.organisation), Chosen: true}, {Value: "quay", Text: tag(w.longName), Chosen: false}}
	mails := desk.MailView{Waiting: l.T("desk.mail.more", "Count", l.Number(1000)), Done: l.Number(4321), N: 7,
		Failing: []desk.FailureView{{Kind: "mail.confirm", Code: "smtp", N: l.Number(7)}},
		Troubles: []desk.TroubleView{{Text: l.T("desk.mail.away"), Since: l.N("desk.mail.since", 1, "Time", date)}, {Text: l.T("desk.mail.answers"),
			Words: "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", Since: l.N("desk.mail.since", 6, "Time", date)}}}
	home := desk.HomePage{Base: base(l.T("desk.home.title"), "/desk"), MayWrite: true,
		Due: []desk.DueView{{Title: tag(w.title), URL: "/desk/letters/x", Text: l.T("desk.due.deadline", "Deadline", date)},
			{Title: tag(w.longName), URL: "/desk/letters/y", Text: l.N("desk.due.approvals", 2)},
			{Title: tag(l.T("desk.mail.title")), URL: "/desk/jobs", Text: l.N("desk.due.mails", 7)}},
		Letters: []desk.LetterLine{{URL: "/desk/letters/x", Title: tag(w.title), State: "open",
			Deadline: date, Due: true, Counted: true, Organisations: 47, Persons: 1283, Held: 3, Approvals: 1}, {URL: "/y", Title: tag(w.longName), State: "draft"}}}
	texts := []page.TextLink{{Lang: "en", Name: "English", Dir: "ltr", URL: "/a"}, {Lang: "fa", Name: "فارسی", Dir: "rtl", URL: "/b"}}
	documents := desk.DocumentsPage{Base: base(l.T("desk.documents.title"), "/desk/letters/x/documents"), Action: "/desk/letters/x/documents", Counted: true, Public: texts, Drafts: texts[:1], CoverLanguages: []page.Option{{Value: "en", Text: l.Language("en")}, {Value: "fa", Text: l.Language("fa")}},
		Form:    wrong(url.Values{"ours": {"HW/2026/12"}, "date": {"2026-05-04"}, "cc": {w.office + "\n" + w.organisation}}, "date", "address", "autograph"),
		Covers:  []desk.CoverView{{Addressee: "0", Name: tag(l.T("desk.documents.for_all")), URL: "/c", Written: true}, {Addressee: "1", Name: tag(w.longName), URL: "/d", FileURL: "/e", WordURL: "/f"}},
		Signers: []desk.SignerView{{Number: "1", Name: tag(w.name), Has: true}, {Number: "2", Name: tag(w.longName)}}}
	documents.Chosen = documents.Covers[1]
	deliveries, answers, response := deliverySamples(l, w, base, tag)
	waits := response
	waits.Waits, waits.Form, waits.Excerpt = true, page.Form{}, tag(w.text)
	return append(circulationSamples(l, w, plain, base, tag, view), []sample{
		{"desk-sign-in", desk.SignInPage{Base: plain(l.T("desk.sign_in.title"), "/desk/sign-in"), Form: wrong(typed, "email"), Passkey: passkey}},
		{"desk-join", join}, {"desk-join-member", member},
		{"desk-account", mine}, {"desk-account-old", old},
		{"desk-recovery", desk.RecoveryPage{Base: base(l.T("desk.recovery.title"), "/desk/account/recovery"),
			Codes: []string{"abcd-efgh-ijkl-mnop", "bcde-fghi-jklm-nopq"}}},
		{"desk", home}, {"desk-jobs", desk.JobsPage{Base: base(l.T("desk.jobs.title"), "/desk/jobs"), Form: wrong(url.Values{}, ""), Action: "/desk/jobs",
			Mails: mails, Failed: []desk.FailedView{{ID: "1", Kind: "mail.confirm", Code: "smtp", Next: date, Tries: 3},
				{ID: "2", Kind: "export.make", Code: "timeout", Next: "", Tries: 21}}}},
		{"desk-jobs-none", desk.JobsPage{Base: base(l.T("desk.jobs.title"), "/desk/jobs"), Action: "/desk/jobs"}},
		{"desk-empty", desk.HomePage{Base: base(l.T("desk.home.title"), "/desk"), RecoveryKept: true, CanMail: true}},
		{"desk-organisation", organisation}, {"desk-organisation-viewer", viewer},
		{"desk-found", desk.FoundPage{Base: base(l.T("desk.found.title"), "/desk/organisations"), Form: wrong(typed, "name")}},
		{"desk-new", desk.NewLetterPage{Base: base(l.T("desk.new.title"), "/desk/new"), Form: wrong(url.Values{"text": {w.text}}, "text"),
			Patterns: []page.Option{{Value: "/desk/new?pattern=open", Text: l.T("desk.pattern.open.name")}}}},
		{"desk-confirm-letter", desk.ConfirmLetterPage{Base: base(l.T("desk.confirm_letter.title"), "/desk/new"), Text: bad, Leads: choices,
			Spoken:   []page.Choice{{Value: l.Code, Text: page.Tagged{Text: l.Name, Lang: l.Code, Dir: l.Dir}, Chosen: true}},
			Warnings: []string{l.T("desk.warning.date_impossible", "Text", w.text)},
			Left:     []desk.LeftView{{Says: l.T("desk.left_out.furniture", "Text", w.text, "Line", 41), Text: w.text}}}},
		{"desk-board", board}, {"desk-board-ready", ready}, {"desk-board-open", open}, {"desk-board-closed", closedBoard},
		{"desk-news", desk.NewsPage{Base: base(l.T("desk.news.title"), "/desk/letters/x/news"), Form: wrong(url.Values{}, ""), Action: "/desk/letters/x/news", CanMail: true,
			WriteURL: "/desk/letters/x/updates/new", All: []page.Link{{Text: tag(w.longName), URL: "/desk/letters/x/updates/1"}}, Followers: 1283, Subject: l.T("mail.news.subject", "Title", w.title),
			Next: []mail.NewsItem{{Text: l.T("mail.news.delivery", "Name", w.longName), URL: "https://letters.example.org/letters/x"}},
			Updates: []desk.UpdateView{{Number: "3", Title: tag(w.longName), Subject: l.T("mail.news.subject", "Title", w.title),
				Items: []mail.NewsItem{{Text: l.T("mail.news.update", "Name", w.longName), URL: "https://letters.example.org/letters/x/updates/3"}}}}}},
		{"desk-update", desk.UpdatePage{Base: base(l.T("desk.update.title"), "/desk/letters/x/updates/new"), Form: wrong(url.Values{"title": {w.title},
			"body": {w.text}, "language": {l.Code}}, "title", "day"), Action: "/desk/letters/x/updates/new", NewsURL: "/desk/letters/x/news",
			Spoken: []page.Option{{Value: l.Code, Text: l.Name}}, Preview: template.HTML(w.body), Dir: l.Dir}},
		{"desk-update-more", desk.UpdatePage{Base: base(l.T("desk.update.title"), "/desk/letters/x/updates/1"), Action: "/desk/letters/x/updates/1",
			NewsURL: "/desk/letters/x/news", PublicURL: "/letters/x/updates/1", Texts: view.Texts, Article: tag(w.longName),
			Spoken: []page.Option{{Value: l.Code, Text: l.Name}}, Dir: l.Dir}},
		{"desk-news-none", desk.NewsPage{WriteURL: "/desk/letters/x/updates/new", Thanks: true, Base: base(l.T("desk.news.title"), "/desk/letters/x/news"), Action: "/desk/letters/x/news"}},
		{"desk-settings", desk.SettingsPage{Base: base(l.T("desk.settings.title"), "/desk/letters/x/settings"), Form: wrong(text, "day", "lead"),
			Action: "/desk/letters/x/settings", Draft: true, Organisations: choices}},
		{"desk-demands", desk.DemandsPage{Base: base(l.T("desk.demands.title"), "/desk/letters/x/demands"),
			Form: wrong(url.Values{"demand": {"1"}, "value": {w.text}}, "value", "quote"), Action: "/desk/letters/x/demands", Numbers: []page.Option{{Value: "1", Text: l.Digits("1") + " · " + l.Isolate(w.subtitle)}},
			Kinds: []page.Option{{Value: "due", Text: l.T("desk.demands.kind.due")}}, Demands: []desk.AskedView{
				{Number: "1", Text: tag(w.text), Facts: factsOf(l, w, tag)},
				{Number: "2", Text: tag(w.subtitle), Unsure: true, Thought: tag(w.text), Former: []page.Option{{Value: "a",
					Text: l.T("desk.demands.former", "Number", l.Digits("2"), "Edition", 1, "Text", w.text)}}},
				{Number: "3", Text: tag(w.title), Unsure: true}}}},
		{"desk-demands-none", desk.DemandsPage{Base: base(l.T("desk.demands.title"), "/desk/letters/x/demands")}},
		{"desk-text", desk.TextPage{Base: base(l.T("desk.text.title"), "/desk/letters/x/texts/en"), Text: form, Action: "/desk/letters/x/texts/en", PreviewURL: "/p", LanguageName: l.Language("fa"),
			RemarksURL: "/desk/letters/x/circulation", Remarks: []page.RemarkGroup{{Heading: l.T("desk.circulation.paragraph", "Number", l.Number(1)), Quote: tag(w.text),
				Anchor:  letter.Paragraphs(letter.Text{Format: letter.Format, Body: w.text})[1].Anchor,
				Remarks: []page.RemarkView{{ID: "1", By: w.longName, At: date, Text: []string{w.text, w.longName}}}}}}},
		{"desk-text-translation", desk.TextPage{Base: base(l.T("desk.text.title"), "/desk/letters/x/texts/en"), Text: badText, Action: "/desk/letters/x/texts/en", PreviewURL: "/p", LanguageName: l.Language("fa"),
			Published: true, Attaching: true, Frozen: true, Translation: true, Source: &source,
			Other: []page.DiffLine{{Kind: "same", Text: []page.DiffSpan{{Kind: "same", Text: w.subtitle}}},
				{Kind: "removed", Text: []page.DiffSpan{{Kind: "removed", Text: w.text}}}, {Kind: "added", Text: []page.DiffSpan{{Kind: "added", Text: w.title}}}}}},
		{"desk-preview", desk.PreviewPage{Base: base(w.title, "/desk/letters/x/texts/en/preview"), Letter: view, TextURL: "/desk/letters/x/texts/en"}},
		{"desk-invitations", invitations}, {"desk-invitations-read", inviting}, {"desk-invitations-draft", unopened}, {"desk-invitations-wrong", badList},
		{"desk-held", held}, {"desk-held-sure", sure}, {"desk-held-none", desk.HeldPage{Base: base(l.T("desk.held.title"), "/desk/letters/x/signatures"),
			State: "listed", HeldURL: "/a", ListedURL: "/b"}},
		{"desk-intake", intake}, {"desk-intake-encoding", encodedIntake}, {"desk-intake-closed", closedIntake}, {"desk-dry-run", dryRun}, {"desk-dry-run-asked", askedRun}, {"desk-dry-run-failed", failedRun},
		{"desk-statements", statementsSample(l, w, base, tag)},
		{"desk-statements-draft", desk.StatementsPage{Base: base(l.T("desk.statements.title"), "/desk/letters/x/statements"), Draft: true}},
		{"desk-deliveries", deliveries}, {"desk-answers", answers}, {"desk-response", response}, {"desk-response-waits", waits},
		{"desk-deliveries-draft", desk.DeliveriesPage{Base: base(l.T("desk.deliveries.title"), "/desk/letters/x/deliveries"), Action: "/desk/letters/x/deliveries", Draft: true, Addressees: deliveries.Addressees, To: deliveries.To,
			Channels: deliveries.Channels, Kinds: deliveries.Kinds}},
		{"desk-addressee", addresseeSample(l, w, base, tag)}, {"desk-addressee-new", desk.AddresseePage{Base: base(l.T("desk.addressee.new"), "/desk/letters/x/addressees/new"),
			Action: "/desk/letters/x/addressees/new", Holders: []desk.HolderFields{{}},
			Roles: []page.Option{{Value: "cc", Text: l.T("desk.deliveries.role_cc")}}, WordsIn: answers.WordsIn}},
		{"desk-answers-none", desk.AnswersPage{Base: base(l.T("desk.answers.title"), "/desk/letters/x/answers"), Action: "/desk/letters/x/answers", From: answers.From, Kinds: answers.Kinds}},
		{"desk-response-public", desk.ResponsePage{Base: base(l.T("response.kind.reply"), "/desk/letters/x/answers/1"), ListURL: "/desk/letters/x/answers", Action: "/desk/letters/x/answers/1", StateURL: "/desk/letters/x/statements?response=1#enter-title", Kind: l.T("response.kind.reply"), From: w.office, At: response.At, State: l.T("response.state.published"),
			Public: true, Excerpt: tag(w.text)}},
		{"desk-documents", documents}, {"desk-documents-draft", desk.DocumentsPage{Base: base(l.T("desk.documents.title"), "/desk/letters/x/documents"),
			Action: "/desk/letters/x/documents", Draft: true, Drafts: documents.Drafts,
			Covers: documents.Covers[:1], Chosen: documents.Covers[0]}},
		{"desk-exports", desk.ExportsPage{Base: base(l.T("desk.export.title"), "/desk/letters/x/exports"), Form: wrong(url.Values{}, "audience"),
			Action: "/desk/letters/x/exports", Audiences: []string{"public", "addressee", "coalition", "informed"},
			Second: true, Covers: []page.Option{{Value: "1", Text: l.Isolate(w.longName)}},
			Exports: []desk.ExportView{{ID: "1", Audience: "addressee", At: date, Until: date, Made: true, Lines: 1283}, {ID: "3", Audience: "informed", At: date, Until: date, Made: true, Lines: 12, Addresses: true},
				{ID: "2", Audience: "coalition", At: date, Until: date, Made: false, Lines: 0}}}},
		{"desk-mail", mailSample(l, w, base)}, {"desk-mail-none", desk.MailPage{Base: base(l.T("desk.inbox.title"), "/desk/mail"),
			Action: "/desk/mail", Operator: true}},
		{"desk-incoming", incomingSample(l, w, base, tag)}, {"desk-incoming-broken", desk.IncomingPage{Base: base(l.T("desk.inbox.single"), "/desk/mail/1"),
			ListURL: "/desk/mail", Action: "/desk/mail/1", Operator: true, Line: mailLines(l, w)[1], State: l.T("desk.inbox.state.noted"),
			Reopens: true, Fault: l.T("fault.reply.damaged"), Cut: true, Status: "550 5.1.1 unknown", RawURL: "/raw"}},
		{"desk-translations", desk.TranslationsPage{Base: base(l.T("desk.menu.translations"), "/desk/letters/x/texts"), Action: "/desk/letters/x/texts",
			MayWrite: true, Texts: view.Texts, Missing: []page.Option{{Value: "tr", Text: l.Language("tr")}}}},
		{"desk-trail", desk.TrailPage{Base: base(l.T("desk.trail.title"), "/desk/letters/x/trail"), Trail: trail, OlderURL: "?before=1"}},
	}...)
}

// circulationSamples are the pages of a draft that goes round.
func circulationSamples(l *i18n.Locale, w words, plain, base func(title, path string) page.Base, tag func(string) page.Tagged, view page.LetterView) []sample {
	date := l.DateTime(deskDay, deskDay.Location())
	remarks := []page.RemarkView{{ID: "1", By: w.name, At: date, Text: []string{w.text, w.text}, Resolved: false},
		{ID: "2", By: w.longName, At: date, Text: []string{w.text}, Resolved: true}}
	group := page.RemarkGroup{Heading: l.T("desk.circulation.paragraph", "Number", l.Number(2)), Quote: tag(w.text), Anchor: "a2", Language: l.Code,
		Remarks: remarks}
	paragraphs := []public.ParagraphView{{RemarkGroup: page.RemarkGroup{Anchor: "whole"}, May: true},
		{Number: 1, HTML: template.HTML(w.body), RemarkGroup: page.RemarkGroup{Anchor: "a1"}, May: true},
		{Number: 2, HTML: template.HTML(w.body), RemarkGroup: group, Open: true, May: true}}
	form := page.Form{Values: url.Values{"answer": {"in"}, "name": {w.organisation}, "lead_name": {w.organisation}, "named": {"1"}, "text": {w.text}},
		Errors: map[string]string{"remark-a2": l.T("fault.circulation.remark", "Count", 4000), "consent": l.T("fault.circulation.consent")},
		Order:  []string{"remark-a2", "consent"}}
	round := public.CirculationPage{Base: plain(w.title, "/circulation/x"), Form: form, Action: "/circulation/x?text=" + l.Code, Name: w.longName, Letter: view,
		Paragraphs: paragraphs, Gone: []page.RemarkGroup{{Quote: tag(w.text), Remarks: remarks[:1]}},
		Soft: date, Hard: date, Takes: true, Lifted: true, Language: l.Code, In: []string{w.organisation, w.longName}, LeadAsked: true,
		SpeaksFor: []page.Choice{{Value: "harbour", Text: tag(w.organisation), Chosen: true}}}
	round.NoIndex, round.Canonical = true, ""
	over := round
	over.Form, over.Takes, over.Lifted, over.Frozen, over.In, over.Leads, over.Gone = page.Form{}, false, false, true, nil, true, nil
	over.Paragraphs = []public.ParagraphView{{RemarkGroup: page.RemarkGroup{Anchor: "whole", Remarks: remarks}},
		{Number: 1, HTML: template.HTML(w.body), RemarkGroup: page.RemarkGroup{Anchor: "a1"}}}
	sent := desk.CirculationPage{Base: base(l.T("desk.circulation.title"), "/desk/letters/x/circulation"), Action: "/desk/letters/x/circulation", CanMail: true,
		Form: page.Form{Values: url.Values{"readers": {"nobody"}, "soft_day": {"2030-06-30"}, "zone": {"UTC"}},
			Errors: map[string]string{"readers": l.T("fault.circulation.line", "Line", 1)}, Order: []string{"readers"}},
		Until: l.T("desk.circulation.until", "Soft", date, "Hard", date), SHA256: view.SHA256, Lifted: true,
		Spoken: []page.Option{{Value: l.Code, Text: l.Name}}, MayApprove: true,
		Readers: []desk.ReaderView{{ID: "1", Name: w.organisation, Email: "office@river.example",
			Notes: []string{l.T("desk.circulation.answer.in"), l.T("desk.circulation.unnamed")}, Mails: 1,
			Withdrawn: false, MayLead: true}, {ID: "2", Name: w.longName, Email: "desk@stone.example",
			Notes: []string{l.T("desk.circulation.answer.none"), l.T("desk.circulation.withdrawn")}, Mails: 2, Withdrawn: true, MayLead: false}},
		Leads: []desk.LeadView{{Name: tag(w.organisation), Approved: true}, {Name: tag(w.longName), Approved: false}}, Groups: []page.RemarkGroup{group,
			{Heading: l.T("desk.circulation.gone"), Quote: tag(w.text), Remarks: remarks[:1]}}}
	frozen := sent
	frozen.Form, frozen.Until, frozen.Over, frozen.Lifted, frozen.Frozen, frozen.MayApprove, frozen.Groups, frozen.CanMail = page.Form{}, "",
		l.T("desk.circulation.over", "Time", date), false, l.T("desk.circulation.frozen", "Time", date), false, nil, false
	begin := frozen
	begin.Over, begin.Frozen, begin.Readers = "", "", nil
	lines := []page.DiffLine{{Kind: "same", Text: []page.DiffSpan{{Kind: "same", Text: w.text}}},
		{Kind: "reworded", Text: []page.DiffSpan{{Kind: "removed", Text: w.name}, {Kind: "added", Text: w.longName}}},
		{Kind: "added", Text: []page.DiffSpan{{Kind: "added", Text: w.text}}}}
	agreement := &page.AgreementView{Action: "/circulation/x", Number: 2, Follows: "substantive", Digest: view.SHA256, Since: true,
		Texts: []page.ChangeView{{Name: l.Name, Lang: l.Code, Dir: l.Dir, SHA256: view.SHA256, Changes: lines[1:], Lines: lines},
			{Name: "English", Lang: "en", Dir: "ltr", SHA256: view.SHA256, Lines: lines[:1]}}, MayAnswer: true, Leads: []page.StandView{{Name: tag(w.organisation), Says: l.T("agreement.stand.approved")},
			{Name: tag(w.longName), Says: l.T("agreement.stand.objects"), Objection: w.text, At: date}}}
	waits := *agreement
	waits.Action, waits.Follows, waits.Due, waits.Working, waits.Approved, waits.Since = "/desk/letters/x/agreement", "cosmetic",
		l.T("agreement.due", "Time", date), true, true, false
	objecting := page.Form{Errors: map[string]string{"words": l.T("fault.agreement.objection", "Count", 4000)}, Order: []string{"words"}}
	lead := public.AgreementPage{Base: plain(l.T("agreement.title"), "/circulation/x"), Form: objecting, Lead: tag(w.organisation), LetterTitle: tag(w.title),
		LetterURL: "/letters/x", Agreement: agreement}
	lead.NoIndex, lead.Canonical = true, ""
	done := lead
	done.Form, done.Agreement, done.Note = page.Form{}, nil, l.T("agreement.done.approved")
	asked := desk.AgreementPage{Base: base(l.T("agreement.title"), "/desk/letters/x/agreement"), Action: "/desk/letters/x/agreement", TextURL: "/desk/letters/x/texts/en",
		Agreement: &waits, Voices: []desk.ReaderView{{ID: "1", Name: w.organisation, Email: "office@river.example"}}}
	none := asked
	none.Agreement = nil
	return []sample{{"circulation", round}, {"circulation-over", over}, {"desk-circulation", sent}, {"desk-circulation-frozen", frozen},
		{"desk-circulation-begin", begin}, {"agreement", lead}, {"agreement-done", done}, {"desk-agreement", asked}, {"desk-agreement-none", none}}
}

// deliverySamples are the pages of what was handed over and what came back.
func deliverySamples(l *i18n.Locale, w words, base func(title, path string) page.Base, tag func(string) page.Tagged) (desk.DeliveriesPage, desk.AnswersPage,
	desk.ResponsePage) {
	date := l.Date(deskDay)
	wrong := func(v url.Values, fields ...string) page.Form {
		f := page.Form{Values: v, Errors: map[string]string{}}
		for _, field := range fields {
			f.Errors[field], f.Order = l.T("fault.day.unreadable"), append(f.Order, field)
		}
		return f
	}
	to := []page.Option{{Value: "1", Text: l.Isolate(w.longName)}, {Value: "2", Text: l.Isolate(w.office)}}
	deliveries := desk.DeliveriesPage{Base: base(l.T("desk.deliveries.title"), "/desk/letters/x/deliveries"), Action: "/desk/letters/x/deliveries", Form: wrong(url.Values{"at": {"2026-05-04"}, "do": {"deliver"}}, "at", "embargo", "corrects"), To: to,
		Channels: []page.Option{{Value: "email", Text: l.T("delivery.channel.email")}}, Kinds: []page.Option{{Value: "first", Text: l.T("delivery.kind.first")}},
		Correctable: []page.Option{{Value: "2", Text: date + " · " + l.Isolate(w.office) + " · " + l.T("delivery.channel.post")}},
		Dates:       []desk.DateView{{ID: "1", Day: date, Label: w.title, Yearly: true}, {ID: "2", Day: date, Label: w.text}},
		Addressees: []desk.AddresseeView{{Number: "1", URL: "/a", Confidential: true, Gone: true, NewHolder: l.T("desk.deliveries.new_holder", "Name", w.longName, "Date", date), Role: l.T("desk.deliveries.is_asked"), Email: "office@water.example", Name: tag(w.longName),
			Members: l.N("answers.members_answered", 47, "Answered", l.Number(12)),
			Rule:    l.N("counts.days_n", 15) + " · " + w.title}, {Number: "2", Role: l.T("desk.deliveries.is_cc"), Name: tag(w.office), Reason: w.text}},
		Deliveries: []desk.DeliveryView{{ID: "1", To: w.longName, Notices: []desk.NoticeView{{URL: "/desk/letters/x/mail/1", What: l.T("desk.inbox.what.automatic"), At: date}}, Kind: l.T("delivery.kind.first"), Channel: l.T("delivery.channel.email"), State: l.T("delivery.state.handed"),
			At: date, Commitment: strings.Repeat("0f", 32), Copy: strings.Repeat("3b", 16), Bounces: true, Arrives: true, Files: []desk.FileView{{URL: "/f", Name: strings.Repeat("long", 12) + ".pdf", Role: "pack"}}},
			{ID: "2", To: w.office, Kind: l.T("delivery.kind.reminder"), Channel: l.T("delivery.channel.post"), At: date, Tracking: "RR 123 456", Note: w.text, Private: true, Until: date, Retracts: true},
			{ID: "3", To: w.office, Kind: l.T("delivery.kind.first"), Channel: l.T("delivery.channel.post"), At: date, Corrected: true}}}
	answers := desk.AnswersPage{Base: base(l.T("desk.answers.title"), "/desk/letters/x/answers"), Action: "/desk/letters/x/answers", Form: wrong(url.Values{"said-1": {"promised"}}, "at", "day", "evidence"), From: to, Kinds: []page.Option{{Value: "reply", Text: l.T("response.kind.reply")}},
		Says:    []page.Option{{Value: "promised", Text: l.T("said.promised")}, {Value: "refused", Text: l.T("said.refused")}},
		WordsIn: []page.Option{{Value: "en", Text: l.Language("en")}, {Value: "fa", Text: l.Language("fa")}},
		Demands: []desk.StandsView{{Number: "1", Text: tag(w.text), Cells: []desk.CellView{{To: tag(w.longName), Status: l.T("status.unanswered"), Since: date, Days: 23,
			History: []string{date + " · " + l.T("said.promised") + " · " + l.Isolate(l.T("answers.response_of", "Date", date))}}, {To: tag(w.office), Status: l.T("status.not_delivered")}}},
			{Number: "2", Text: tag(w.title), Cells: []desk.CellView{{To: tag(w.longName), Status: l.T("status.met"), Since: date, Days: 1}}}},
		Responses: []desk.ResponseLine{{URL: "/r", From: w.longName, Kind: l.T("response.kind.reply"), At: date, State: l.T("response.state.private")}},
		Numbers:   []page.Option{{Value: "1", Text: l.Digits("1") + " · " + l.Isolate(w.text)}}, What: []page.Option{{Value: "outcome.met", Text: l.T("outcome.met")}},
		Evidence: []page.Option{{Value: "response:1", Text: l.T("response.kind.reply") + " · " + l.Isolate(w.longName)}},
		Entries:  []page.Option{{Value: "1", Text: l.Digits("1") + " · " + date}}}
	response := desk.ResponsePage{Base: base(l.T("response.kind.reply"), "/desk/letters/x/answers/1"), ListURL: "/desk/letters/x/answers", Action: "/desk/letters/x/answers/1", StateURL: "/desk/letters/x/statements?response=1#enter-title", Kind: l.T("response.kind.reply"), From: w.longName, At: date, Written: date, Until: date, Reference: "MW-77",
		State: l.T("response.state.private"), FileURL: "/f", File: "reply.pdf", CopyURL: "/c", Copy: "reply-public.pdf", Private: true, WordsIn: answers.WordsIn,
		Form: wrong(url.Values{"excerpt": {w.text}}, "excerpt", "copy")}
	return deliveries, answers, response
}

func addresseeSample(l *i18n.Locale, w words, base func(heading, path string) page.Base, tag func(string) page.Tagged) desk.AddresseePage {
	p := desk.AddresseePage{Base: base(w.longName, "/desk/letters/x/addressees/1"), Action: "/desk/letters/x/addressees/1", Name: tag(w.longName), PublicURL: "/addressees/x", Holders: []desk.HolderFields{{Name: w.longName, From: "2026-05-04"}, {}},
		WordsIn: []page.Option{{Value: "en", Text: l.Language("en")}, {Value: "fa", Text: l.Language("fa")}},
		Form: page.Form{Values: url.Values{"statement": {w.text}, "working": {"1"}, "communication": {"1"}, "communication_type": {"AL"}, "communication_open": {"1"}},
			Errors: map[string]string{"communication": l.T("fault.delivery.known"), "holders": l.T("fault.addressee.holder"), "rule": l.T("fault.day.unreadable"), "communication_url": l.T("fault.earlier.source")},
			Order:  []string{"holders", "rule", "communication_url"}}}
	for _, n := range []string{"0", "5", "6"} {
		p.Weekdays = append(p.Weekdays, page.Choice{Value: n, Text: tag(l.T("weekday." + n)), Chosen: n == "5"})
	}
	return p
}

// wrongForm is a form that came back.
func wrongForm(l *i18n.Locale, v url.Values, fields ...string) page.Form {
	f := page.Form{Values: v, Errors: map[string]string{}}
	for _, field := range fields {
		f.Errors[field], f.Order = l.T("fault.intake.no_mails"), append(f.Order, field)
	}
	return f
}

// mailLines are mails in a list.
func mailLines(l *i18n.Locale, w words) []desk.MailLine {
	return []desk.MailLine{
		{ID: "1", URL: "/desk/letters/x/mail/1", From: w.longName + " · office@water.example", Subject: w.title, What: l.T("desk.inbox.what.reply"),
			About: l.T("desk.inbox.about.call"), At: l.DateTime(deskDay, time.UTC), Vouched: l.T("desk.inbox.vouched.signed"), Sure: true, Choose: true, Chosen: true,
			Excerpt: w.text},
		{ID: "2", URL: "/desk/letters/x/mail/2", From: "mailer-daemon@a-very-long-name-of-a-mail-server.water.example", What: l.T("desk.inbox.what.bounce"),
			About: l.T("desk.inbox.about.delivery"), At: l.DateTime(deskDay, time.UTC), Vouched: l.T("desk.inbox.vouched.altered")},
	}
}

// mailSample is the page of the mails that came in.
func mailSample(l *i18n.Locale, w words, base func(title, path string) page.Base) desk.MailPage {
	return desk.MailPage{Base: base(l.T("desk.inbox.title"), "/desk/letters/x/mail"), Form: wrongForm(l, url.Values{"do": {"take"}}, "mail", "listing", "file"),
		Action: "/desk/letters/x/mail", Open: true, Takes: true, More: "?before=1",
		Address: "letters+aeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee@varrow.example", Waiting: mailLines(l, w), Came: mailLines(l, w)[1:],
		Listings: []page.Option{{Value: "public", Text: l.T("listing.public")}}}
}

// incomingSample is the page of one mail.
func incomingSample(l *i18n.Locale, w words, base func(title, path string) page.Base, tag func(string) page.Tagged) desk.IncomingPage {
	at := l.DateTime(deskDay, time.UTC)
	return desk.IncomingPage{Base: base(l.T("desk.inbox.single"), "/desk/letters/x/mail/1"), Form: wrongForm(l, url.Values{"do": {"give"}}, "letter"),
		ListURL: "/desk/letters/x/mail", Action: "/desk/letters/x/mail/1", Line: mailLines(l, w)[0], Written: at,
		State: l.T("desk.inbox.state.waits"), Waits: true, CameBack: true, Text: tag(w.text), Answers: l.Isolate(w.office) + " · " + at, EnterURL: "/desk/letters/x/answers?mail=1",
		Files: []desk.FileLink{{Name: "a-very-long-name-of-a-file-that-somebody-has-attached-to-a-mail.pdf", URL: "/f", Size: l.Number(51200)}}, RawURL: "/raw",
		ResponseURL: "/a", ProposalURL: "/b", Letters: []page.Option{{Value: "y", Text: l.Isolate(w.title)}}}
}
