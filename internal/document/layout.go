package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/verify"
)

// Layout is what a document of a letter is for.
type Layout string

// The layouts.
const (
	AsLetter    Layout = "letter"
	AsStatement Layout = "un"      // a written statement to the Human Rights Council
	AsReview    Layout = "upr"     // a submission to the Universal Periodic Review
	AsList      Layout = "list"    // signatories and verification sheet alone
	AsAppeal    Layout = "special" // a sheet to copy into the form for the special procedures of the Human Rights Council
)

// rules are what an authority asks of the documents that it takes.
type rules struct {
	wordOnly   bool     // it takes no PDF
	plain      bool     // one face and size, nothing bold, underlined or in italics
	halfPoints int      // the size of letters, 0 for that of a letter
	languages  []string // nil for all
	limits     []Limit
	notes      bool // footnotes count
	numbered   bool // paragraphs have numbers
}

// Limit is how many words a document may have.
type Limit struct {
	For   string
	Words int
}

// layouts are the rules. They change from time to time: look again before a deadline.
//
//   - Written statements, as looked up on 30 November 2026: ECOSOC resolution 1996/31, paragraphs 37 and 38, for who may submit and how
//     many words; the Secretariat's submission form (Word, Times New Roman of 10 points, no bold, underline or italics, footnotes
//     counted, English, French or Spanish).
//   - Reviews: from the technical guidelines for stakeholders' written submissions of 2017, to be checked before use, since no page with
//     them could be looked up: Word, numbered pages and paragraphs, all submitters named at the start, 2,815 words of one and 5,630 of a
//     coalition without footnotes and annexes.
var layouts = map[Layout]rules{
	AsStatement: {wordOnly: true, plain: true, halfPoints: 20, languages: []string{"en", "fr", "es"}, notes: true,
		limits: []Limit{{"general consultative status", 2000}, {"special consultative status or the roster", 1500}}},
	AsReview: {wordOnly: true, halfPoints: 24, languages: []string{"en", "fr", "es", "ar", "ru", "zh"}, numbered: true,
		limits: []Limit{{"one submitter", 2815}, {"a joint submission", 5630}}},
}

// rules returns those of the document's layout.
func (d *Document) rules() rules { return layouts[d.Layout] }

// takes says whether a layout can be in a language.
func (l Layout) takes(language string) error {
	if r := layouts[l]; r.languages != nil && !slices.Contains(r.languages, language) {
		return fault.New(fault.Invalid, "document.layout_language", "Languages", strings.Join(r.languages, ", ")).On("layout")
	}
	return nil
}

// shares says in the languages of written statements that one organisation, or several, share its views: the words are the Council's.
var shares = map[string][2]string{
	"en": {"%s also shares the views expressed in this statement.", "%s also share the views expressed in this statement."},
	"fr": {"%s partage également les opinions exprimées dans cette déclaration.", "%s partagent également les opinions exprimées dans cette déclaration."},
	"es": {"%s también comparte las opiniones expresadas en esta declaración.", "%s también comparten las opiniones expresadas en esta declaración."},
}

// arrange makes of a whole document what its layout has of it.
func (d *Document) arrange(in Input) {
	if d.Layout == "" || d.Layout == AsLetter {
		return
	}
	if d.Layout == AsList {
		end := slices.IndexFunc(d.Blocks, func(b Block) bool { p, page := b.(NewPage); return page && p.Begins > TheCover })
		d.Blocks, d.Notes = d.Blocks[end:], nil
		if len(d.Blocks) > 0 && d.Title != "" { // a list that lies alone says what was signed
			d.Blocks = slices.Insert(d.Blocks, 1, Block(Heading{Level: 1, Runs: []Run{{Text: d.Title}}}))
		}
		return
	}
	within := TheText
	d.Blocks = slices.DeleteFunc(d.Blocks, func(b Block) bool {
		page, begins := b.(NewPage)
		if begins {
			within = page.Begins
		}
		_, head := b.(Letterhead)
		return within != TheText || begins || head
	})
	var leads, others []string
	for _, o := range in.Letter.Leads {
		leads = append(leads, o.Name(d.Language, i18n.Default))
	}
	for _, s := range in.Names {
		if s.Kind == verify.Organisation && !slices.Contains(leads, s.Name) {
			others = append(others, s.Name)
		}
	}
	title := 0
	if len(d.Blocks) > 0 {
		if h, ok := d.Blocks[0].(Heading); ok && h.Level == 1 {
			title = 1
		}
	}
	if d.Layout == AsReview {
		d.number(title)
		d.Blocks = slices.Insert(d.Blocks, title, submitters(append(leads, others...))...)
		return
	}
	if d.Layout == AsAppeal {
		d.Blocks = slices.Insert(d.Blocks, title, d.appeal(in)...)
		return
	}
	named, rest := inStatus(d.Language, in.Letter.Leads)
	if len(named) > 0 { // who has no status can only share the views
		leads, others = named, append(rest, others...)
	}
	if sentence, ok := shares[d.Language]; ok && len(others) > 0 {
		d.share(fmt.Sprintf(sentence[min(len(others), 2)-1], strings.Join(others, ", ")))
	}
	d.Blocks = slices.Insert(d.Blocks, title, submitters(leads)...)
}

// share says who shares the views of a statement: in the first note, whose mark is at the title, or at the end where there is no title.
func (d *Document) share(sentence string) {
	said := Paragraph{Runs: []Run{{Text: sentence}}}
	if len(d.Blocks) == 0 {
		d.Blocks = []Block{said}
		return
	}
	heading, ok := d.Blocks[0].(Heading)
	if !ok || heading.Level > 1 {
		d.Blocks = append(d.Blocks, said)
		return
	}
	for _, blocks := range append([][]Block{d.Blocks}, d.Notes...) {
		eachLine(blocks, func(runs []Run) {
			for i, r := range runs {
				if r.Note > 0 {
					runs[i].Note, runs[i].Text = r.Note+1, fmt.Sprint(r.Note+1)
				}
			}
		})
	}
	heading.Runs = append(heading.Runs, Run{Text: "1", Note: 1})
	d.Blocks[0], d.Notes = heading, slices.Insert(d.Notes, 0, []Block{said})
}

// statuses say in the languages of written statements which consultative status organisations have: the words are the Council's.
var statuses = map[string]map[account.Status]string{
	"en": {account.General: "in general consultative status", account.Special: "in special consultative status", account.Roster: "on the roster"},
	"fr": {account.General: "dotée(s) du statut consultatif général", account.Special: "dotée(s) du statut consultatif spécial",
		account.Roster: "inscrite(s) sur la Liste"},
	"es": {account.General: "con estatus consultivo general", account.Special: "con estatus consultivo especial", account.Roster: "en la Lista"},
}

// inStatus names the organisations with a consultative status, grouped by it, one on a line, and those without.
func inStatus(language string, leads []account.Organisation) (named, without []string) {
	for _, status := range account.Statuses {
		for _, o := range leads {
			if o.Status == status {
				named = append(named, o.Name(language, i18n.Default)+" ("+statuses[language][status]+")")
			}
		}
	}
	for _, o := range leads {
		if o.Status == "" {
			without = append(without, o.Name(language, i18n.Default))
		}
	}
	return named, without
}

// appeal is what the form for the special procedures asks for: what the letter says of it, and room for what it does not say. That those
// concerned agree has to be asked of each of them.
func (d *Document) appeal(in Input) []Block {
	l, t := d.words, in.Edition.Text(in.Language)
	var to, source []string
	for _, a := range t.Addressees {
		to = append(to, a.Called())
	}
	for _, o := range in.Letter.Leads {
		source = append(source, strings.Trim(o.Name(d.Language, i18n.Default)+", "+o.Email, ", "))
	}
	table := Facts{Language: l.Code}
	for _, x := range []struct{ key, said string }{{"mandates", ""}, {"victims", ""}, {"perpetrators", strings.Join(to, "; ")}, {"date", t.Date},
		{"place", t.Place}, {"source", strings.Join(source, "; ")}, {"contact", ""}, {"consent_name", ""}, {"consent_share", ""}, {"consent_publish", ""},
		{"remedies", ""}} {
		if x.said == "" {
			x.said = "…"
		}
		table.Rows = append(table.Rows, Fact{Label: l.T("document.special." + x.key), Value: x.said})
	}
	return []Block{table, Heading{Level: 2, Runs: []Run{{Text: l.T("document.special.facts")}}, Language: l.Code}}
}

// submitters names who submits a document, one on a line.
func submitters(names []string) []Block {
	if len(names) == 0 {
		return nil
	}
	return []Block{Paragraph{Role: Submitters, Runs: []Run{{Text: strings.Join(names, "\n")}}}}
}

// number gives the paragraphs of the text numbers, which demands and other lists have besides.
func (d *Document) number(from int) {
	n := 0
	for i, b := range d.Blocks[from:] {
		if p, ok := b.(Paragraph); ok && p.Role == Body {
			n++
			d.Blocks[from+i] = List{Items: []Item{{Mark: fmt.Sprintf("%d.", n), Blocks: []Block{p}}}}
		}
	}
}

// count reports how many words there are, as the layout counts them, and what it allows. Who submits the document counts for nothing.
func (d *Document) count(r *Report) {
	rules := d.rules()
	if rules.limits == nil {
		return
	}
	r.Limits = rules.limits
	add := func(runs []Run) {
		words := slices.DeleteFunc(slices.Clone(runs), func(run Run) bool { return run.Note > 0 })
		r.Words += len(strings.Fields(plainOf(words)))
	}
	for _, b := range d.Blocks {
		if p, ok := b.(Paragraph); !ok || p.Role != Submitters {
			eachLine([]Block{b}, add)
		}
	}
	if rules.notes {
		for _, note := range d.Notes {
			eachLine(note, add)
		}
	}
}

// eachLine calls visit for the runs of each paragraph, heading and cell of blocks, in their order.
func eachLine(blocks []Block, visit func(runs []Run)) {
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			visit(b.Runs)
		case Paragraph:
			visit(b.Runs)
		case List:
			for _, item := range b.Items {
				eachLine(item.Blocks, visit)
			}
		case Quotation:
			eachLine(b.Blocks, visit)
		case Code:
			visit([]Run{{Text: b.Text}})
		case Table:
			for _, cells := range b.Rows {
				for _, cell := range cells {
					visit(cell.Runs)
				}
			}
		case Picture:
			visit(b.Caption)
		}
	}
}
