package letter

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Paragraph is a part of a text that a remark can be about: the letter as a whole (number 0), a block of its body, or a demand
// that stands apart from it.
type Paragraph struct {
	Number int
	Anchor string // names its words; it stays when paragraphs before it come and go
	HTML   string // sanitised; "" of the whole
	Quote  string // how it begins
}

// quoteLength is how much of a paragraph a remark keeps, in characters.
const quoteLength = 160

// Paragraphs returns the parts of a text, the whole letter first.
func Paragraphs(t Text) []Paragraph {
	list := []Paragraph{{Anchor: "whole", Quote: t.Name()}}
	add := func(rendered, quote string) {
		list = append(list, Paragraph{len(list), anchorOf(quote), rendered, shorten(quote, quoteLength)})
	}
	blocks, notes := blocksOf(t, "")
	for _, b := range blocks {
		add(b.html, plainOf(b.html))
	}
	for _, d := range t.Demands {
		if !d.InBody {
			line := joinWith(" ", d.Number, d.Text)
			add("<p>"+html.EscapeString(line)+"</p>", line)
		}
	}
	if notes != "" {
		add(notes, plainOf(notes))
	}
	return list
}

// anchorOf names the words of a paragraph.
func anchorOf(words string) string {
	sum := seal.Hash(fold(words))
	return hex.EncodeToString(sum[:8])
}

// Remark is what a reader, or a user at the desk, says of a paragraph.
type Remark struct {
	ID       int64
	Reader   int64 // 0 for one from the desk
	User     int64 // 0 for one of a reader
	Language string
	Place    int    // the number of the paragraph; where that is gone, what it was
	Gone     bool   // the paragraph's words have changed since
	Text     string // plain
	Quote    string // how the paragraph began
	At       time.Time
	Resolved bool

	anchor string
}

// Limits of remarks.
const (
	maxRemark  = 4000 // characters
	maxRemarks = 200  // of one reader
)

// RemarkAs adds a remark of a reader. The same remark twice in a row is one.
func (cs Circulations) RemarkAs(ctx context.Context, r Reader, slug, language, anchor, text string) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		row, key, err := cs.openReader(tx, l, r.ID)
		if err != nil {
			return err
		}
		var n int
		if err := tx.Row(qCountRemarks, l.ID, row.ID).Scan(&n); err != nil {
			return err
		}
		if n >= maxRemarks {
			return fault.New(fault.Limited, "circulation.remarks")
		}
		if err := addRemark(tx, key, l, Remark{Reader: row.ID, Language: language, anchor: anchor, Text: text}); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "remark.made"})
	})
}

// RemarkFromDesk adds a remark of a user at the desk, such as an answer to others.
func (cs Circulations) RemarkFromDesk(ctx context.Context, slug, language, anchor, text string, by int64) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		key, err := cs.letters.KeyIn(tx, l.ID)
		if err != nil {
			return err
		}
		return addRemark(tx, key, l, Remark{User: by, Language: language, anchor: anchor, Text: text})
	})
}

func addRemark(tx *store.Tx, key *seal.LetterKey, l Letter, r Remark) error {
	r.Text = CleanMarkdown(r.Text)
	if r.Text == "" || utf8.RuneCountInString(r.Text) > maxRemark {
		return fault.List{fault.New(fault.Invalid, "circulation.remark", "Count", maxRemark).On("remark-" + r.anchor)}
	}
	paragraphs := Paragraphs(l.Edition.Text(r.Language))
	at := slices.IndexFunc(paragraphs, func(p Paragraph) bool { return p.Anchor == r.anchor })
	if at < 0 {
		return fault.New(fault.Conflict, "circulation.changed")
	}
	r.Place, r.Quote = paragraphs[at].Number, paragraphs[at].Quote
	before, err := store.List(tx, qListRemarks, scanRemark(key), l.ID)
	if err != nil {
		return err
	}
	for _, x := range before {
		if x.Reader == r.Reader && x.User == r.User && x.anchor == r.anchor && x.Text == r.Text {
			return nil // the form came twice
		}
	}
	plaintext, err := json.Marshal(sealedRemark{r.Text, r.Quote})
	if err != nil {
		return fmt.Errorf("letter: encode remark: %w", err)
	}
	optional := func(id int64) *int64 {
		if id == 0 {
			return nil
		}
		return &id
	}
	id := store.NewID(tx.Now())
	_, err = tx.Exec(qInsertRemark, id, l.ID, optional(r.Reader), optional(r.User), r.Language, r.Place, r.anchor, key.Seal("remark", id, plaintext),
		tx.Now().UnixMicro())
	return err
}

// Remarks returns the remarks on a letter in the order of the text's paragraphs as they stand now, and of time.
func (cs Circulations) Remarks(ctx context.Context, id ID, e Edition) (remarks []Remark, err error) {
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		key, err := cs.letters.KeyIn(tx, id)
		if err != nil {
			return err
		}
		remarks, err = store.List(tx, qListRemarks, scanRemark(key), id)
		return err
	})
	places := map[string]int{} // by language and anchor
	for code, t := range e.Texts {
		for _, p := range slices.Backward(Paragraphs(t)) { // the first of those that read the same
			places[code+" "+p.Anchor] = p.Number
		}
	}
	for i, r := range remarks {
		place, there := places[r.Language+" "+r.anchor]
		if remarks[i].Gone = !there; there {
			remarks[i].Place = place
		}
	}
	slices.SortStableFunc(remarks, func(a, b Remark) int { return a.Place - b.Place })
	return remarks, err
}

// Resolve says that a remark is dealt with, or that it is not.
func (cs Circulations) Resolve(ctx context.Context, slug string, remark int64, resolved bool, by int64) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) (err error) {
		var n int64
		act := "remark.resolved"
		if resolved {
			n, err = tx.Exec(qResolveRemark, by, tx.Now().UnixMicro(), l.ID, remark)
		} else {
			act = "remark.reopened"
			n, err = tx.Exec(qReopenRemark, l.ID, remark)
		}
		if err != nil || n == 0 {
			return err
		}
		return account.RecordOnce(tx, account.Entry{User: by, Letter: l.ID, Act: act, Object: strconv.FormatInt(remark, 36)})
	})
}
