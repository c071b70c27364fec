package web

import (
	"net/url"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/web/desk"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/internal/web/public"
)

// statedOf is what an office stated of a demand, in all its states.
func statedOf(l *i18n.Locale, w words) (list []page.StatedView) {
	for _, state := range []delivery.StatedState{delivery.StatedShown, delivery.StatedBack, delivery.StatedRefused, delivery.StatedHeld, delivery.StatedShown} {
		x := delivery.Stated{State: state, At: deskDay, DecidedAt: deskDay, Reason: delivery.PersonalData, Position: delivery.Disagrees, Entered: len(list) == 4}
		v := page.StatedView{Line: x.Line(l, w.longName), URL: "/letters/x/demands/6#stated-1", Back: state == delivery.StatedBack, Changed: len(list) == 0}
		if state == delivery.StatedShown {
			v.Words, v.Lang, v.Dir = []string{w.text, "", w.text}, l.Code, w.dir
			v.Evidence = []page.EvidenceView{{Text: "a-file-with-a-long-name-2026-05-04.pdf", URL: "/letters/x/statements/1a/file"},
				{Text: "gazette.example/" + strings.Repeat("y", 30), URL: "https://gazette.example/y", Elsewhere: true}}
		}
		list = append(list, v)
	}
	return list
}

// officeSamples are the pages of an office.
func officeSamples(l *i18n.Locale, w words, base func(title, path string) page.Base, tag func(string) page.Tagged,
	demand public.DemandPage) (public.OfficePage, public.OfficeConfirmPage) {
	date := l.Date(deskDay)
	cell := demand.Cells[0].CellView
	p := public.OfficePage{Base: base(l.T("office.title"), "/office/t"), Action: "/office/t", LetterTitle: tag(w.title), LetterURL: "/letters/x",
		Name: tag(w.longName), Until: date, WordsIn: []page.Option{{Value: l.Code, Text: l.Name}},
		Form: page.Form{Values: url.Values{"text": {w.text}, "position": {"agrees"}}, Errors: map[string]string{"position": l.T("fault.stated.position"),
			"file": l.T("fault.file.large", "Limit", 10)}, Order: []string{"position", "file"}}}
	p.Note = l.T("office.done.typed")
	for _, x := range delivery.Positions {
		p.Positions = append(p.Positions, page.Option{Value: string(x), Text: l.T("stated.position." + string(x))})
	}
	own := []public.OwnStated{}
	for i, x := range statedOf(l, w) {
		own = append(own, public.OwnStated{StatedView: x, ID: "1a", Waits: i == 3, Backs: i == 3 || i == 4, Leaving: i == 4})
	}
	p.Asked = []public.OfficeDemand{{Number: "1", Shown: l.Digits("1"), Text: tag(w.text), Cell: cell, Stated: own, URL: "/office/t?demand=1#state"},
		{Number: "2", Shown: l.Digits("2"), Text: tag(w.subtitle), Cell: cell, URL: "/office/t?demand=2#state", Open: true}}
	c := public.OfficeConfirmPage{Base: base(l.T("office.confirm_title"), "/office/confirm/t"), Action: "/office/confirm/t", LetterTitle: tag(w.title),
		LetterURL: "/letters/x", Heading: demand.Heading, Demand: tag(w.text), Stated: statedOf(l, w)[0], Position: l.T("stated.position.disagrees"),
		File: "a-file-with-a-long-name-2026-05-04.pdf", FileURL: "/office/confirm/t/file"}
	return p, c
}

// statementsSample is the page of the desk where offices are asked.
func statementsSample(l *i18n.Locale, w words, base func(title, path string) page.Base, tag func(string) page.Tagged) desk.StatementsPage {
	date := l.Date(deskDay)
	line := desk.StatedLine{ID: "1a", Line: l.T("desk.statements.waits", "Name", w.longName, "Date", date), Waited: l.N("desk.statements.days", 9),
		Demand: tag(l.Digits("1") + " · " + w.text), Position: l.T("stated.position.under_way"), Words: []string{w.text, "", w.text}, Lang: l.Code, Dir: w.dir,
		Evidence: "https://gazette.example/" + strings.Repeat("y", 60), EvidenceURL: "https://gazette.example/y", File: "scan.pdf",
		FileURL: "/desk/letters/x/statements/1a/file"}
	shown := line
	shown.ID, shown.Shown = "1b", true
	p := desk.StatementsPage{Base: base(l.T("desk.statements.title"), "/desk/letters/x/statements"),
		Action: "/desk/letters/x/statements", CanMail: true, Waiting: []desk.StatedLine{line}, Decided: []desk.StatedLine{shown},
		Form: page.Form{Values: url.Values{"text": {w.text}}, Errors: map[string]string{"sure": l.T("fault.office.sure"), "file": l.T("fault.stated.evidence")},
			Order: []string{"sure", "file"}},
		AskedIn: []page.Option{{Value: l.Code, Text: l.Name}}, WordsIn: []page.Option{{Value: l.Code, Text: l.Name}},
		Numbers: []page.Option{{Value: "1", Text: l.T("answers.demand_n", "Number", l.Digits("1"))}}, From: []page.Option{{Value: "1", Text: l.Isolate(w.longName)}},
		Responses: []page.Option{{Value: "response:1a", Text: l.T("response.kind.reply")}}}
	for _, x := range delivery.Positions {
		p.Positions = append(p.Positions, page.Option{Value: string(x), Text: l.T("stated.position." + string(x))})
	}
	for _, x := range delivery.StatedReasons {
		p.Reasons = append(p.Reasons, page.Option{Value: string(x), Text: l.T("stated.reason." + string(x))})
	}
	p.Offices = []desk.OfficeView{{Number: "1", Name: w.longName, Email: "office@harbour.example", URL: "/desk/letters/x/addressees/1"},
		{Number: "2", Name: w.office, Email: "two@harbour.example", Link: "1c", Turned: true, LinkLine: l.T("desk.statements.asked", "Date", date, "Until", date)},
		{Number: "3", Name: w.name, URL: "/desk/letters/x/addressees/3"}}
	return p
}
