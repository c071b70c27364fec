package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/internal/web/public"
)

// sample is one page to look at or to test, with the file name of its preview.
type sample struct {
	name string
	page page.Page
}

// failed is a form with one mistake.
func failed(field, message string) page.Form {
	return page.Form{Errors: map[string]string{field: message}, Order: []string{field}}
}

// localPath returns the path in a language: prefixed with the code, except in the default language, which has none.
func localPath(code, path string) string {
	if code == i18n.Default {
		return path
	}
	return "/" + code + path
}

// factsOf are facts about a demand, of every way of saying where they come from.
func factsOf(l *i18n.Locale, w words, tag func(string) page.Tagged) []page.FactView {
	set := l.T("fact.set_by", "Name", w.organisation, "Date", l.Date(deskDay))
	return []page.FactView{{ID: "1", Label: l.T("fact.asked"), Words: tag(w.office), Quote: tag(w.text)},
		{ID: "2", Label: l.T("fact.within"), Value: l.N("fact.days", 10), Source: set}, {ID: "3", Label: l.T("fact.urgent"), Value: l.T("fact.is_urgent"), Source: set}}
}

// eventsOf are things that happened, of every kind.
func eventsOf(l *i18n.Locale, w words) []page.EventView {
	on, rests := l.Date(deskDay), []page.EvidenceView{{Text: l.T("answers.response_of", "Date", l.Date(deskDay)), URL: "/letters/x/responses/1a"}}
	return []page.EventView{
		{Date: on, ISO: "2026-05-04", Words: l.T("answers.to", "Name", w.office, "Kind", l.T("delivery.kind.first"), "Channel", l.T("delivery.channel.email")),
			State: l.T("delivery.state.handed")},
		{Date: on, ISO: "2026-05-05", Words: l.T("answers.came", "Kind", l.T("response.kind.extension"), "Name", w.office), URL: "/letters/x/responses/1a"},
		{Date: on, ISO: "2026-05-06", Words: l.T("said.promised"), Note: page.Tagged{Text: w.text}, Evidence: rests, Corrected: true},
		{Date: on, ISO: "2026-05-07", Words: l.T("outcome.met"), Corrects: l.T("answers.corrects", "Date", on),
			Evidence: []page.EvidenceView{{Text: "press.example", URL: "https://press.example/a", Elsewhere: true}, {Text: l.T("answers.exhibit", "Name", "b5bb9d80"), URL: "/exhibits/b5"}}}}
}

// standingOf is what became of a letter.
func standingOf(l *i18n.Locale, w words, tag func(string) page.Tagged) *public.StandingView {
	events, on := eventsOf(l, w), l.Date(deskDay)
	cell := func(s delivery.Status, to string) page.CellView {
		return page.CellView{Addressee: tag(to), URL: "/addressees/office", Status: s, Line: (delivery.Cell{Status: s, Since: deskDay, Days: 23}).Line(l)}
	}
	late, promised, met := cell(delivery.StatusLate, w.office), cell(delivery.StatusPromised, w.longName), cell(delivery.StatusMet, w.office)
	met.Evidence, promised.Said, promised.Due = events[3].Evidence, l.T("said.partly"), l.T("answers.due", "Date", on)
	late.Rule = l.N("answers.rule_working", 15, "Source", l.Isolate(w.longName))
	line := func(number string, cells ...page.CellView) page.DemandLine {
		return page.DemandLine{Number: l.Digits(number), URL: "/letters/x/demands/" + number, Text: tag(w.text), Cells: cells}
	}
	return &public.StandingView{Tally: []string{l.T("answers.met_n", "Met", 4, "Demands", 7), l.T("answers.answered_n", "Answered", 1, "Asked", 3)},
		Demands: []page.DemandLine{line("1", late, promised), line("2", met), line("3", cell(delivery.StatusUnanswered, w.office), cell(delivery.StatusNotDelivered, w.name)),
			line("4", cell(delivery.StatusRefused, w.office), cell(delivery.StatusWaiting, w.name))},
		Deliveries: events[:1], Responses: events[1:2],
		Statements: []page.StatementView{{Body: "<p>" + template.HTML(template.HTMLEscapeString(w.text)) + "</p>", Lang: l.Code, Dir: l.Dir, By: w.longName}}}
}

// samplePages returns every page in the language, in its several states.
func samplePages(l *i18n.Locale, w words) []sample {
	lang := l.Code
	tag := func(s string) page.Tagged { return page.Tagged{Text: s, Lang: lang, Dir: w.dir} }
	base := func(title, path string) page.Base {
		b := page.Base{L: l, Assets: assets(), Prefix: localPath(lang, ""), Site: "Open Letters", Title: title, Path: path,
			Canonical: "https://letters.example" + localPath(lang, path), Summary: w.subtitle}
		for _, o := range i18n.All() {
			b.Languages = append(b.Languages, page.LanguageLink{Code: o.Code, Name: o.Name, Dir: o.Dir, URL: localPath(o.Code, path), Current: o.Code == lang})
		}
		return b
	}
	counts := public.Counts{Organisations: 47, Persons: 1283, Withheld: 214, Imported: 31, Withdrawn: 6, Removed: 2, Earlier: 19,
		ByEdition: []public.EditionCount{{Number: 2, N: 1311}, {Number: 1, N: 19}},
		Ended:     []public.ReasonCount{{Reason: "duplicate", N: 1}, {Reason: "erasure", N: 2}, {Reason: "fraud", N: 1}, {Reason: "signer", N: 4}},
		AsOf:      l.DateTime(time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC), time.UTC), Size: 1402, CheckURL: "/letters/x/check"}
	texts := []page.TextLink{
		{Lang: lang, Name: l.Name, Dir: l.Dir, URL: "/letters/x", Current: true, Authoritative: true},
		{Lang: "ur", Name: i18n.LanguageName("ur"), Dir: "rtl", URL: "/letters/x?text=ur"},
		{Lang: "de", Name: "Deutsch", Dir: "ltr", URL: "/letters/x?text=de", Stale: true},
	}
	leads := []page.OrganisationView{
		{Name: tag(w.organisation), URL: "/organisations/harbour", Address: []string{"Quay 4", "2210 Port Sable"}, Email: "office@harbour.example",
			Phone: "+00 55 010 22 33", Links: []string{"https://harbour.example"}, LogoURL: "/media/logo.png", Country: i18n.CountryName(l, "NO"), About: tag(w.text)},
		{Name: tag(w.longName), Address: []string{"12 Court Street, Northmarch"}, Email: "mail@families.example"},
	}
	share := public.Share{URL: "https://letters.example/letters/northmarch-doctors", Mail: "mailto:?subject=letter&body=https%3A%2F%2Fletters.example",
		Links: []public.ShareLink{{Name: "Mastodon", URL: "https://share.example/m"}, {Name: "Telegram", URL: "https://share.example/t"}}}
	view := page.LetterView{
		URL: "/letters/x", Title: tag(w.title), Subtitle: w.subtitle, Leads: leads,
		Addressees: []page.AddresseeView{{Name: w.name, Office: w.office, Address: []string{"Council House", "1000 Northmarch"}}, {Office: w.office}},
		Place:      w.place, Date: l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)), Salutation: w.name + ",", Body: w.body,
		Demands: []page.DemandView{{Number: l.Digits("1"), Text: w.text}, {Number: l.Digits("2"), Text: w.text + " " + w.text},
			{Number: l.Digits("3"), Text: w.text}},
		Closing: w.subtitle, SignedBy: []page.SignerView{{Name: w.name, Role: w.office, Organisation: w.organisation},
			{Name: w.longName, Role: "", Organisation: w.organisation}},
		Texts: texts, Number: 2, Current: true, Published: l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)),
		SHA256:  "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
		FileURL: "/letters/x/editions/2.en.md", Documents: []page.DocumentLink{{URL: "/letters/x/editions/2.en.pdf", Format: "pdf", About: "212 kB, 4 May 2026"},
			{URL: "/letters/x/editions/2.en.docx", Format: "docx"}}, PressURL: "/letters/x/press.en.zip", EditionsURL: "/letters/x/editions", Editions: 2, Authority: true,
	}
	people := []public.SignatoryView{{Name: w.name, Title: w.office, Affiliation: w.organisation, Country: i18n.CountryName(l, "CH")}, {Name: w.longName},
		{Name: "Иван Петров", Affiliation: "University"}, {Name: "سارا احمدی", Country: i18n.CountryName(l, "FR"), Basis: "paper"}}
	organisations := []public.SignatoryView{{Name: w.organisation, Organisation: true, Country: i18n.CountryName(l, "NO")}, {Name: w.longName, Organisation: true}}
	var countries []page.Option
	for _, c := range i18n.Countries(l) {
		countries = append(countries, page.Option{Value: c.Code, Text: c.Name})
	}
	form := public.SignForm{Action: localPath(lang, "/letters/x/signatures"), Edition: 2, Text: lang, Kinds: []string{"person", "organisation", "both"},
		Form: page.Form{Values: url.Values{"listing": {"public"}}}, Listings: []string{"public", "addressee", "coalition", "counted"},
		Countries: countries, Responsible: []page.Tagged{tag(w.organisation), tag(w.longName)}, Until: l.Date(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC))}
	form.Informed = l.T("form.informed", "Organisations", w.organisation+", "+w.longName)
	deadline := l.DateTime(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC), time.UTC)
	letter := public.LetterPage{Base: base(w.title, "/letters/x"), Letter: view, Counted: true, Counts: counts,
		Recent: people, RecentOrgs: organisations, ListURL: "/letters/x/signatories", Deadline: deadline, DeadlineISO: "2026-11-30T16:00:00Z", Open: true,
		Form: form, Share: share, CallURL: "/letters/x/call"}

	wrong := letter
	wrong.Form.Values = url.Values{"kind": {"both"}, "name": {w.longName}, "email": {"nobody@"}, "title": {w.office}, "affiliation": {w.name},
		"organisation": {w.organisation}, "country": {"CH"}, "updates": {"1"}, "listing": {"counted"}}
	wrong.Form.Protected, wrong.Demo = true, true
	wrong.Letter.Source, wrong.Letter.SourceURL, wrong.Letter.AuthorityURL = 1, "/letters/x/editions/2/diff/1", "/letters/x"
	wrong.Letter.Stale, wrong.Letter.Introduction, wrong.Letter.Translator = true, "<p>"+template.HTML(template.HTMLEscapeString(w.text))+"</p>", w.name
	wrong.Form.Errors = map[string]string{}
	for field, key := range map[string]string{"email": "fault.email.bad", "consent": "fault.consent", "name": "fault.name.script", "kind": "fault.kind",
		"listing": "fault.listing", "country": "fault.country", "informed": "fault.informed",
		"title": "fault.title.long", "affiliation": "fault.affiliation.long", "organisation": "fault.organisation.empty", "": "fault.edition.newer"} {
		wrong.Form.Errors[field] = l.T(key, "Limit", 200)
	}
	wrong.Form.DiffURL = "/letters/x/editions/2/diff/1"
	wrong.Form.Order = []string{"kind", "name", "email", "title", "affiliation", "organisation", "listing", "country", "informed", "consent"}

	closed := letter
	closed.Open, closed.ClosedText, closed.Counts, closed.Recent, closed.RecentOrgs = false, l.T("fault.letter.deadline"), public.Counts{}, nil, nil
	closed.Form = public.SignForm{}
	organisationsOnly := letter
	organisationsOnly.Form.Kinds, organisationsOnly.Form.Until = []string{"organisation"}, ""
	letter.Dates, letter.CalendarURL = []page.EventView{{Date: l.Date(deskDay), ISO: "2026-05-04", Words: l.Isolate(w.text)}}, "/letters/x/calendar.ics"
	letter.Before, letter.After = &public.GoesOnView{Title: tag(w.title), URL: "/letters/w"}, []public.GoesOnView{{Title: tag(w.text), URL: "/letters/z"}}
	plain := public.LetterPage{Base: base(w.title, "/letters/y"), Letter: view, Share: share}
	pair := letter
	pair.Letter.AloneURL, pair.Letter.Beside = "/letters/x?text="+lang, []page.TextLink{texts[1], texts[2]}
	pair.Letter.Beside[1].Current = true
	second := view
	second.Title, second.Subtitle, second.Stale, second.Authority, second.Translator = page.Tagged{Text: plainWords["en"].title, Lang: "de", Dir: "ltr"},
		"", true, false, w.name
	second.Source, second.SourceURL, second.AuthorityURL = 1, "/letters/x/editions/2/diff/1", "/letters/x"
	pair.Letter.Columns = []page.Column{{LetterView: view, First: true, Text: texts[0], Cells: []template.HTML{w.body,
		"<ol><li>" + template.HTML(template.HTMLEscapeString(w.text)) + "</li></ol>", ""}, Asks: [][]page.DemandView{view.Demands}},
		{LetterView: second, Text: texts[2], Cells: []template.HTML{plainWords["en"].body, `<ol start="2"><li>One.</li></ol>`, "<p>Notes.</p>"},
			Asks: [][]page.DemandView{view.Demands}}}
	noMail := closed
	noMail.ClosedText, noMail.NoMail = "", true

	card := public.LetterCard{URL: "/letters/x", Title: tag(w.title), Subtitle: tag(w.subtitle), To: []page.Tagged{tag(w.office), tag(w.name)},
		Leads: []page.Tagged{tag(w.organisation)}, Deadline: deadline, State: "open", Counted: true, Counts: counts}
	archived := public.LetterCard{URL: "/letters/y", Title: tag(w.subtitle), State: "archived", To: []page.Tagged{tag(w.office)}}
	confirm := public.ConfirmPage{Informed: form.Informed, Base: base(l.T("confirm.title"), "/confirm/t"), Action: "/confirm/t", LetterTitle: tag(w.title), LetterURL: "/letters/x",
		Edition: 2, TextLanguage: l.Language("ur"), SHA256: view.SHA256, Kind: "both", Name: w.name, Organisation: w.organisation, Listing: "public",
		Known: true, CodesLeft: true, Listings: form.Listings}
	replacing := confirm
	replacing.Replaces = true
	unknown := confirm
	unknown.Known, unknown.Name, unknown.Form, unknown.Disputed = false, "N••• F•••", failed("code", l.T("fault.code.wrong")), true
	mailed := confirm
	mailed.Known, mailed.CodeSent = false, true
	receipt := public.ReceiptPage{Informed: form.Informed, Base: base(l.T("receipt.title"), "/receipt"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
		TextLanguage: l.Language("ur"), Kind: "both", Name: w.name, Organisation: w.organisation, Listing: "counted", Secret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		Appears: l.Clock(time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC)), SignatureURL: "/signature", Share: share, Withheld: true,
		Promises: []string{"undersigned.log/v1 promise\nrecord WWFjaGN4PXlzdHUgYWJjZGVmZ2hpamtsbW5vcHFyc3Q=\nby 2026-09-04T14:40:00Z\n\n" +
			"— undersigned/0123456789abcdef/promise " +
			"5tzXJ0n3YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5\n"},
		PromisedBy: deadline}
	held, again := receipt, receipt
	held.Held, again.Again = true, true
	own := public.OwnSignature{ID: "s-1", Informed: form.Informed, LetterTitle: tag(w.title), LetterURL: "/letters/x", Kind: "person", State: "listed", Name: w.name,
		Detail: []public.Detail{{Label: l.T("form.email"), Value: "n@example.org"}, {Label: l.T("form.title_field"), Value: w.office}}, Listing: "public",
		Listings: form.Listings, Edition: 1,
		TextLanguage: l.Language("ur"), NewEdition: "/letters/x/editions/1/diff/2", SignedOn: view.Published, KeptUntil: form.Until, CanWithdraw: true,
		Leaf: l.Number(1283), Withheld: true}
	heldOwn := own
	heldOwn.ID, heldOwn.State, heldOwn.HeldWhy, heldOwn.NewEdition, heldOwn.Listings, heldOwn.CanWithdraw = "s-2", "held", w.text, "", nil, false
	heldOwn.Mandate, heldOwn.Domain, heldOwn.Record = true, "harbour.example", account.NewDomainRecord("harbour.example", make([]byte, 32))
	signatories := public.SignatoriesPage{Base: base(l.T("signatories.title"), "/letters/x/signatories"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
		Kind: "person", PersonsURL: "/letters/x/signatories", OrgsURL: "/letters/x/signatories?kind=organisation", Query: w.name,
		Entries: append(people, people...), NextURL: "?after=1", FirstURL: "?", Counts: counts,
		PrintURL: "/letters/x/signatories?view=print", PlainURL: "/letters/x/signatories", CSVURL: "/letters/x/signatories.csv",
		JSONURL: "/letters/x/signatories.json",
		Batches: []public.BatchView{{Basis: "paper", Source: w.longName, Date: l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC))},
			{Basis: "import", Source: "", Date: "2026"}}}
	printed := signatories
	printed.Print = true
	updateLink := public.UpdateLink{URL: "/letters/x/updates/1", Title: tag(w.subtitle), Date: view.Published, Lang: lang, Dir: w.dir}
	letter.Metadata = map[string]any{"@context": "https://schema.org", "@type": "Message", "headline": w.title + "</script>",
		"author": []map[string]string{{"@type": "Organization", "name": w.organisation}}}
	letter.Known = []public.KnownView{{Number: "1", Anchor: "letter-title", Facts: factsOf(l, w, tag)}}
	letter.Updates, letter.Feed = []public.UpdateLink{updateLink}, page.FeedLink{Atom: "/letters/x/feed.atom", JSON: "/letters/x/feed.json", Title: w.title}
	standing := standingOf(l, w, tag)
	standing.Demands[0].Cells[0].Stated = statedOf(l, w)
	letter.FollowURL = "/letters/x/follow"
	letter.Standing = standing
	letter.Letter.Addressees = []page.AddresseeView{{Name: w.name, Office: w.office, Address: []string{"Council House"}, URL: "/addressees/office"}, {Office: w.office, URL: "/addressees/other"}}
	demand := public.DemandPage{Base: base(l.T("answers.demand_n", "Number", l.Digits("6")), "/letters/x/demands/6"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
		Heading: l.T("answers.demand_n", "Number", l.Digits("6")), Text: tag(w.text), Facts: factsOf(l, w, tag),
		Cells: []public.CellTimeline{{CellView: standing.Demands[0].Cells[0], Events: eventsOf(l, w)}, {CellView: standing.Demands[0].Cells[1], Reason: w.text}}}
	response := public.ResponsePage{Base: base(w.title, "/letters/x/responses/1a"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
		Heading: l.T("answers.came", "Kind", l.T("response.kind.reply"), "Name", w.office), Addressee: tag(w.office), AddresseeURL: "/addressees/office", From: w.longName,
		Also:     []public.AnsweredFor{{Name: tag(w.office), URL: "/addressees/o"}},
		Received: view.Published, Written: view.Published, Reference: "AB/2026-118", Until: view.Published, PassedTo: tag(w.organisation), PassedURL: "/addressees/x",
		Excerpt: "<p>" + template.HTML(template.HTMLEscapeString(w.text)) + "</p>", Lang: lang, Dir: w.dir,
		Said: []public.SaidLine{{Demand: l.T("answers.demand_n", "Number", l.Digits("1")), URL: "/letters/x/demands/1", Words: l.T("said.promised"), Corrected: true},
			{Demand: l.T("answers.demand_n", "Number", l.Digits("2")), URL: "/letters/x/demands/2", Words: l.T("said.not_addressed")}},
		CopyURL: "/letters/x/responses/1a/file", CopyName: "a-reply-with-a-long-name-2026-05-04.pdf"}
	asks := public.AskedLetter{Title: tag(w.title), URL: "/letters/x", Leads: leads[:1], ReplyTo: []bundle.Contact{{Name: w.longName, Email: "contact@example.org"}},
		Delivered: view.Published, Tally: standing.Tally[0], Demands: standing.Demands, Responses: standing.Responses, Members: l.N("answers.members_answered", 47, "Answered", l.Number(12)),
		Holders: []string{l.T("answers.held_from", "Name", w.longName, "From", view.Published)}, Communication: []string{"AL · " + l.Isolate("OL XYZ 3/2026"), l.T("answers.communication_sent", "Date", view.Published)}, CommunicationURL: "https://communications.example/42",
		Statement: &page.StatementView{Body: "<p>" + template.HTML(template.HTMLEscapeString(w.text)) + "</p>", Lang: lang, Dir: w.dir, By: w.longName}}
	copied := public.AskedLetter{Title: tag(w.subtitle), URL: "/letters/y", Role: l.T("answers.copied"), Reason: w.text}
	demand.Calls = []public.EarlierView{{Who: w.longName, Title: w.text, Days: l.T("answers.sent_on", "Date", l.Date(deskDay)), URL: "https://call.example/x"}, {Who: w.office, URL: "https://call.example/" + strings.Repeat("y", 60)}}
	demand.Precedents = demand.Calls[:1]
	demand.Cells[0].Stated, demand.Cells[0].Number = statedOf(l, w), 1
	demand.Elsewhere = []public.ElsewhereView{{Letter: tag(w.title), URL: "/letters/w/demands/1", Stands: demand.Cells[0].Line}}
	addressee := public.AddresseePage{Base: base(l.T("answers.addressee", "Name", w.office), "/addressees/office"), Heading: l.T("answers.addressee", "Name", w.office),
		Name: w.office, Letters: []public.AskedLetter{asks, copied}}
	update := public.UpdatePage{Base: base(w.subtitle, "/letters/x/updates/1"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Update: updateLink,
		Body: "<p>" + template.HTML(template.HTMLEscapeString(w.text)) + "</p>", Share: share}
	noSignatories := signatories
	noSignatories.Kind, noSignatories.Entries, noSignatories.NextURL = "organisation", nil, ""
	diff := public.DiffPage{Base: base(l.T("diff.title", "From", 1, "To", 2), "/letters/x/editions/1/diff/2"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
		From: 1, To: 2, Follows: "substantive", Texts: texts, Lang: lang, Dir: w.dir,
		Lines: []page.DiffLine{{Kind: "same", Text: []page.DiffSpan{{Kind: "same", Text: w.subtitle}}},
			{Kind: "reworded", Text: []page.DiffSpan{{Kind: "same", Text: w.text}, {Kind: "removed", Text: w.name}, {Kind: "added", Text: w.organisation}}},
			{Kind: "added", Text: []page.DiffSpan{{Kind: "added", Text: w.text}}}, {Kind: "removed", Text: []page.DiffSpan{{Kind: "removed", Text: w.name}}},
			{Kind: "same", Text: []page.DiffSpan{{Kind: "same", Text: w.text}}}}}
	mail := public.CaughtMail{To: "ada@example.org", Subject: l.T("mail.confirm.subject"),
		Text: l.T("mail.greeting") + "\n\n" + l.T("mail.confirm.asked") + "\n\n" + w.title + "\n\n" + l.T("mail.confirm.link") +
			"\n\nhttp://localhost:8080/confirm/abc\n\n" + l.T("mail.confirm.code") + "\n\n" + l.T("mail.confirm.not_me") + "\n\n" + l.T("mail.confirm.why"),
		At: time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC), Lang: lang, Dir: l.Dir, Links: []string{"http://localhost:8080/confirm/abc"}}
	editions := []public.EditionView{{Number: 2, URL: "/letters/x/editions/2", Published: view.Published, Follows: "substantive", SHA256: view.SHA256,
		Texts: texts, DiffURL: "/letters/x/editions/1/diff/2", Signed: 1311}, {Number: 1, URL: "/letters/x/editions/1", Published: view.Published,
		SHA256: view.SHA256, Texts: texts[:1], Signed: 1}}
	earlier := public.EditionPage{Base: base(w.title, "/letters/x/editions/1"), Letter: view, CurrentURL: "/letters/x", DiffURL: "/letters/x/editions/1/diff/2"}
	earlier.Letter.Current = false

	invited := public.InvitationPage{Base: base(l.T("invitation.title"), "/invitations/t"), Action: "/invitations/t", LetterTitle: tag(w.title),
		LetterURL: "/letters/x", CallURL: "/letters/x/call",
		Leads: []page.Tagged{tag(w.organisation)}, To: []page.Tagged{tag(w.office), tag(w.name)},
		Demands: []page.Tagged{tag(l.Digits("1") + ". " + w.text), tag(w.subtitle)}, Deadline: deadline, Open: true, Form: form, StopURL: "/unsubscribe/t"}
	invited.Form.Values = url.Values{"listing": {"public"}, "invitation": {"t"}, "name": {w.longName}, "email": {"ada@example.org"},
		"organisation": {w.organisation}, "kind": {"both"}}
	repeat, told, late := invited, invited, invited
	repeat.Again, repeat.Answer, repeat.Answering = true, "considering", failed("reason", l.T("fault.reason.long", "Limit", 600))
	repeat.Answering.Values = url.Values{"reason": {w.text}}
	told.Told, told.Answer, told.Answering.Values = true, "declined", repeat.Answering.Values
	late.Open, late.ClosedText, late.Form, late.Deadline, late.Demands = false, l.T("fault.letter.deadline"), public.SignForm{}, "", nil
	mute := late
	mute.NoMail = true

	office, asking := officeSamples(l, w, base, tag, demand)
	backs := asking
	backs.Back, backs.Again = true, true
	decided := asking
	decided.Done = l.T("office.confirmed")
	follow := public.FollowPage{Base: base(l.T("follow.title"), "/letters/x/follow"), Action: "/letters/x/follow", LetterTitle: tag(w.title), LetterURL: "/letters/x"}
	followWrong, followSent, followOver, followMute := follow, follow, follow, follow
	followWrong.Form = failed("email", l.T("fault.email.bad"))
	followSent.Sent, followSent.Mailbox, followOver.Over, followMute.NoMail = true, "/dev/mailbox", true, true
	following := public.FollowingPage{Base: base(l.T("follow.own_title"), "/following/t"), Action: "/following/t", LetterTitle: tag(w.title), LetterURL: "/letters/x",
		FollowURL: "/letters/x/follow", Follows: true, WrittenIn: office.WordsIn, Form: page.Form{Values: url.Values{"language": {lang}}}, Again: true}
	follows, ended := following, following
	follows.Confirm, ended.Follows, ended.Again, ended.Done = true, false, false, l.T("follow.ended")
	return append(deskSamples(l, w, base, tag, view), []sample{
		{"office", office}, {"office-confirm", asking}, {"office-back", backs}, {"office-done", decided}, {"follow", follow}, {"follow-wrong", followWrong},
		{"follow-sent", followSent}, {"follow-over", followOver}, {"follow-no-mail", followMute}, {"following", following}, {"follow-confirm", follows},
		{"following-ended", ended},
		{"invitation", invited}, {"invitation-again", repeat}, {"invitation-told", told}, {"invitation-closed", late}, {"invitation-no-mail", mute},
		{"unsubscribe", public.UnsubscribePage{Base: base(l.T("unsubscribe.title"), "/unsubscribe/t"), Action: "/unsubscribe/t"}},
		{"unsubscribe-again", public.UnsubscribePage{Base: base(l.T("unsubscribe.title"), "/unsubscribe/t"), Action: "/unsubscribe/t", Again: true}},
		{"unsubscribe-done", public.UnsubscribePage{Base: base(l.T("unsubscribe.done_title"), "/unsubscribe/t"), Done: true}},
		{"embed", public.EmbedPage{Base: base(w.title, "/letters/x/embed"), Card: card, Demands: []page.Tagged{tag(w.text), tag(w.subtitle)}, Tally: l.N("counts.persons_n", 12345), Open: true, URL: "/letters/x"}},
		{"embed-closed", public.EmbedPage{Base: base(w.title, "/letters/y/embed"), Card: archived, URL: "/letters/y"}},
		{"home", public.HomePage{Base: base(l.T("home.title"), "/"), Open: []public.LetterCard{card, card}, Closed: []public.LetterCard{archived},
			OlderURL: "/?before=x"}},
		{"home-empty", public.HomePage{Base: base("Open Letters", "/")}},
		{"letter", letter}, {"letter-errors", wrong}, {"letter-pair", pair}, {"letter-closed", closed}, {"letter-organisations", organisationsOnly},
		{"letter-plain", plain}, {"letter-no-mail", noMail},
		{"check-mail", public.CheckMailPage{Base: base(l.T("check_mail.title"), "/letters/x/check-mail"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
			Email: "ada@example.org", Code: "482913", CanResend: true, Resent: true, ResendURL: "/letters/x/resend", CorrectURL: "/letters/x#sign",
			Mailbox: "/dev/mailbox"}},
		{"check-mail-bare", public.CheckMailPage{Base: base(l.T("check_mail.title"), "/letters/x/check-mail"), LetterTitle: tag(w.title), LetterURL: "/letters/x"}},
		{"confirm", confirm}, {"confirm-replaces", replacing}, {"confirm-unknown", unknown}, {"confirm-mailed", mailed},
		{"receipt", receipt}, {"receipt-held", held}, {"receipt-again", again},
		{"message", page.MessagePage{Base: base(l.T("fault.heading.internal"), "/x"), Heading: l.T("fault.heading.internal"),
			Text: []string{l.T("fault.internal"), w.text}, RequestID: "7KQ2M4", Link: "/", LinkText: l.T("message.home")}},
		{"message-bare", page.MessagePage{Base: base(l.T("fault.heading.not_found"), "/x"), Heading: l.T("fault.heading.not_found"),
			Text: []string{l.T("fault.page.unknown")}}},
		{"signature", public.SignaturePage{Base: base(l.T("signature.title"), "/signature")}},
		{"signature-wrong", public.SignaturePage{Base: base(l.T("signature.title"), "/signature"), Form: failed("secret", l.T("fault.secret.wrong"))}},
		{"signature-found", public.SignaturePage{Base: base(l.T("signature.title"), "/signature"), Form: failed("sure", l.T("fault.sure")), Secret: receipt.Secret,
			Found: []public.OwnSignature{own, heldOwn}, Done: l.T("signature.relisted")}},
		{"demand", demand}, {"response", response},
		{"response-gone", public.ResponsePage{Base: base(l.T("answers.tombstone_title"), "/letters/x/responses/1b"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
			TakenDown: view.Published}},
		{"addressee", addressee}, {"update", update}, {"signatories", signatories}, {"signatories-print", printed}, {"signatories-empty", noSignatories},
		{"editions", public.EditionsPage{Base: base(l.T("editions.title"), "/letters/x/editions"), LetterTitle: tag(w.title), LetterURL: "/letters/x",
			Editions: editions}},
		{"edition", earlier}, {"diff", diff},
		{"organisation", public.OrganisationPage{Base: base(w.organisation, "/organisations/harbour"), Organisation: leads[0], Letters: []public.LetterCard{card}}},
		{"call", public.CallPage{Base: base(l.T("call.title"), "/letters/x/call"), LetterTitle: tag(w.title), LetterURL: "/letters/x", SignURL: "/letters/x#sign",
			Lang: lang, Dir: w.dir, Heading: w.title, From: w.organisation, Salutation: w.name + ",", Body: w.body, Contact: w.name,
			Email: "contact@example.org", Deadline: deadline, Open: true}},
		{"check", public.CheckPage{Base: base(l.T("check.title"), "/letters/x/check"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Counts: counts,
			Tally: letter.Tally(), LogName: "undersigned/0123456789abcdef",
			LogID: "00112233445566778899aabbccddeeff", Key: "undersigned/0123456789abcdef+f3ae39d1+AV8dglS6XJbIH3xhHIiXfMMriBzLjXFaA4JbqSdLizKH",
			Root:  "g4IqmS9EmhgJAFWzrHBVgNdvzFPLHMfAJD/RPHU69xc=",
			Texts: texts, SHA256: view.SHA256, SHA256Of: l.Language("ur"), BundleURL: "/letters/x/bundle.zip", BundleName: "x-bundle.zip", TextName: "x-2.ur.md",
			Former: []string{"undersigned/fedcba9876543210"}, SignURL: "/signature"}},
		{"learn", public.NewLearnPage(base(l.T("learn.title"), "/about/who-can-learn"))},
		{"about", public.AboutPage{Base: base(l.T("about.title"), "/about"), Operator: w.organisation, Contact: "office@harbour.example"}},
		{"mailbox", public.MailboxPage{Base: base(l.T("mailbox.title"), "/dev/mailbox"), Mails: []public.CaughtMail{mail, mail}}},
		{"mailbox-empty", public.MailboxPage{Base: base(l.T("mailbox.title"), "/dev/mailbox")}},
	}...)
}
