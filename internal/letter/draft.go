package letter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/store"
)

// Revision names what a text holds, all of it: whoever saves a change says which revision it was made from, so that two
// editors never overwrite each other unseen.
func (t Text) Revision() string {
	data, err := json.Marshal(t)
	if err != nil {
		return "" // strings always encode
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// Working returns the edition that editors write on: the one that comes next if somebody has begun it, else the current
// one. next says which it is; a draft's text is always next. A letter without any text has the zero Edition.
func (es Editions) Working(ctx context.Context, l Letter) (e Edition, next bool, err error) {
	if l.State == Draft {
		return l.Edition, true, nil
	}
	err = es.letters.DB.View(ctx, func(tx *store.Tx) error {
		e, err = findEdition(tx, l.ID, l.Edition.Number+1)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return l.Edition, false, nil
	}
	return e, true, err
}

// Discard throws away the edition that somebody has begun and not published.
func (es Editions) Discard(ctx context.Context, slug string, by int64) error {
	return es.letters.DB.Update(ctx, func(tx *store.Tx) error {
		l, err := lock(tx, slug)
		if err != nil {
			return err
		}
		if l.State == Draft {
			return fault.New(fault.Conflict, "letter.not_open")
		}
		if _, err := tx.Exec(qDiscardTexts, l.ID, l.Edition.Number+1); err != nil {
			return err
		}
		if _, err := tx.Exec(qDiscardEdition, l.ID, l.Edition.Number+1); err != nil {
			return err
		}
		if err := forgetAgreement(tx, l.ID); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: "edition.discarded"})
	})
}

// Finding is something to look at before a letter is opened.
type Finding struct {
	Key      string               // of the words "desk.check.…" in the catalogues
	Blocks   bool                 // the letter cannot be opened like this
	Language string               // of a stale translation, or of one that lacks something
	Number   string               // of the demand that it lacks, of the one that stands twice or that is reworded; how many of something it lacks
	Quote    string               // of a figure
	Lead     account.Organisation // that has not approved the text
}

// maxFindings bounds the figures that a checklist names.
const maxFindings = 10

// Checklist looks at a letter that is about to be opened with an edition, or to get it as its next. unapproved are the lead
// organisations that have still to approve a draft (see Unapproved).
func Checklist(l Letter, e Edition, c Circulation, unapproved []account.Organisation, now time.Time) []Finding {
	t := e.Text(e.Language)
	list := obstacles(l, e, unapproved, now)
	add := func(found bool, f Finding) {
		if found {
			list = append(list, f)
		}
	}
	add(l.State == Draft && c.Lifted(e), Finding{Key: "lifted"})
	add(t.Title == "", Finding{Key: "title", Quote: t.Name()})
	add(len(t.Addressees) == 0, Finding{Key: "addressee"})
	add(len(t.Demands) == 0, Finding{Key: "demand"})
	if l.State != Draft {
		for _, number := range Reworded(l.Edition.Text(l.Edition.Language), t) {
			list = append(list, Finding{Key: "demand_changed", Number: number})
		}
	}
	add(l.SignOn != SignOnNone && !l.Deadline.IsSet(), Finding{Key: "deadline_none"})
	for _, code := range e.Languages() {
		add(e.Texts[code].Stale, Finding{Key: "stale", Language: code})
		list = append(list, Lacks(t, e.Texts[code])...)
	}
	for _, quote := range unsourced(t) {
		list = append(list, Finding{Key: "figure", Quote: quote})
	}
	return list
}

// obstacles is the part of the checklist that can keep a letter from being opened. The transaction in
// which a user opens it looks again; the command line is its operator's.
func obstacles(l Letter, e Edition, unapproved []account.Organisation, now time.Time) (list []Finding) {
	t := e.Text(e.Language)
	if t.Body == "" && len(t.Demands) == 0 {
		list = append(list, Finding{Key: "text", Blocks: true})
	}
	for _, code := range e.Languages() {
		if n := e.Texts[code].Twice(); n > 0 {
			list = append(list, Finding{Key: "demand_twice", Blocks: true, Number: strconv.Itoa(n)})
			break
		}
	}
	if len(l.Leads) == 0 {
		list = append(list, Finding{Key: "lead", Blocks: true})
	}
	if l.SignOn != SignOnNone && l.Deadline.IsSet() && !now.Before(l.Deadline.At) {
		list = append(list, Finding{Key: "deadline_past", Blocks: l.State == Draft})
	}
	if l.State == Draft {
		for _, o := range unapproved {
			list = append(list, Finding{Key: "approval", Lead: o, Blocks: true})
		}
	}
	return list
}

// Lacks returns what a translation has not that its source has: demands, by their numbers, and how many tables, pictures, links and
// footnotes.
func Lacks(source, translation Text) (list []Finding) {
	for _, d := range source.Numbered() {
		if !slices.ContainsFunc(translation.Numbered(), func(x Demand) bool { return x.Number == d.Number }) {
			list = append(list, Finding{Key: "demand_missing", Language: translation.Language, Number: d.Number})
		}
	}
	there, here := source.furnishings(), translation.furnishings()
	for _, key := range []string{"lacks_table", "lacks_picture", "lacks_link", "lacks_note"} {
		if n := there[key] - here[key]; n > 0 {
			list = append(list, Finding{Key: key, Language: translation.Language, Number: strconv.Itoa(n)})
		}
	}
	return list
}

// furnishings counts what of a body is no running text, by the key under which a checklist misses it.
func (t Text) furnishings() map[string]int {
	n := map[string]int{}
	doc := t.markdown("").Parser().Parse(text.NewReader([]byte(t.Body)))
	_ = ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch node.(type) {
			case *east.Table:
				n["lacks_table"]++
			case *ast.Image:
				n["lacks_picture"]++
			case *ast.Link, *ast.AutoLink:
				n["lacks_link"]++
			case *east.Footnote:
				n["lacks_note"]++
			}
		}
		return ast.WalkContinue, nil
	})
	return n
}

// unsourced returns the figures of a text whose paragraph has neither a footnote nor a link.
func unsourced(t Text) (quotes []string) {
	d, err := importer.Read("text.md", []byte(t.Canonical())) // the whole, since a few words do not tell their language
	if err != nil {
		return nil
	}
	var bare []string // paragraphs without a source
	for paragraph := range strings.SplitSeq(t.Body, "\n\n") {
		if !strings.Contains(paragraph, "[^") && !strings.Contains(paragraph, "](") {
			bare = append(bare, fold(paragraph))
		}
	}
	for _, f := range d.Figures {
		for _, paragraph := range bare {
			if strings.Contains(paragraph, fold(f.Quote)) && len(quotes) < maxFindings {
				quotes = append(quotes, f.Quote)
				break
			}
		}
	}
	return quotes
}
