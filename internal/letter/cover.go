package letter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Cover is what goes with a letter to one who gets it. It stands before the letter and is never part of what is signed.
type Cover struct {
	Addressee  int      `json:"-"`                  // counts the addressees of the authoritative text from 1; 0 is what holds for all of them
	Language   string   `json:"language,omitempty"` // "" is the authoritative one
	Address    []string `json:"address,omitempty"`  // in the window of the envelope; none: as the letter has it
	Ours       string   `json:"ours,omitempty"`     // our reference
	Yours      string   `json:"yours,omitempty"`    // the addressee's
	Date       string   `json:"date,omitempty"`     // YYYY-MM-DD
	Through    string   `json:"through,omitempty"`  // the office that passes it on
	Subject    string   `json:"subject,omitempty"`
	Salutation string   `json:"salutation,omitempty"`
	Text       string   `json:"text,omitempty"` // in paragraphs, plain
	From       string   `json:"from,omitempty"` // who signs the cover
	CC         []string `json:"cc,omitempty"`   // who gets the same and is asked nothing, one a line
}

// Bounds of covers.
const (
	maxCoverLine  = 300
	maxCoverText  = 8000
	maxCoverLines = 20
)

// Covers are the use cases around covers and handwritten signatures.
type Covers struct{ letters *Service }

var (
	qPutCover = store.Q("letter_cover.put", `
		INSERT INTO letter_cover (letter_id, addressee, content) VALUES ($1, $2, $3)
		ON CONFLICT (letter_id, addressee) DO UPDATE SET content = excluded.content`)
	qRemoveCover  = store.Q("letter_cover.remove", `DELETE FROM letter_cover WHERE letter_id = $1 AND addressee = $2`)
	qListCovers   = store.Q("letter_cover.list", `SELECT addressee, content FROM letter_cover WHERE letter_id = $1 ORDER BY addressee`)
	qPutAutograph = store.Q("letter_autograph.put", `
		INSERT INTO letter_autograph (letter_id, signer, sealed) VALUES ($1, $2, $3)
		ON CONFLICT (letter_id, signer) DO UPDATE SET sealed = excluded.sealed`)
	qRemoveAutograph  = store.Q("letter_autograph.remove", `DELETE FROM letter_autograph WHERE letter_id = $1 AND signer = $2`)
	qListAutographs   = store.Q("letter_autograph.list", `SELECT signer, sealed FROM letter_autograph WHERE letter_id = $1 ORDER BY signer`)
	qGiveUpAutographs = store.Q("letter_autograph.give_up", `DELETE FROM letter_autograph`)
)

// List returns the covers of a letter as they were written, that for all first.
func (c Covers) List(ctx context.Context, id ID) (list []Cover, err error) {
	err = c.letters.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListCovers, scanCover, id)
		return err
	})
	return list, err
}

func scanCover(row store.Row) (c Cover, err error) {
	var content string
	if err = row.Scan(&c.Addressee, &content); err == nil {
		err = json.Unmarshal([]byte(content), &c)
	}
	return c, err
}

// Find returns the cover for an addressee: their own, with what holds for all where it is silent.
func (c Covers) Find(ctx context.Context, id ID, addressee int) (Cover, error) {
	list, err := c.List(ctx, id)
	own := Cover{Addressee: addressee}
	for _, x := range list {
		switch x.Addressee {
		case addressee:
			own = x.or(own)
		case 0:
			own = own.or(x)
		}
	}
	return own, err
}

// or fills with another cover what a cover does not say. An address and the addressee's reference are their own.
func (c Cover) or(x Cover) Cover {
	for field, other := range map[*string]string{&c.Language: x.Language, &c.Ours: x.Ours, &c.Date: x.Date, &c.Through: x.Through, &c.Subject: x.Subject,
		&c.Salutation: x.Salutation, &c.Text: x.Text, &c.From: x.From} {
		if *field == "" {
			*field = other
		}
	}
	if len(c.CC) == 0 {
		c.CC = x.CC
	}
	return c
}

// read checks a cover as typed and returns it as it is kept.
func (c Cover) read() (Cover, error) {
	var faults fault.List
	line := func(field, typed string) string {
		kept, wrong := text.Line(field, typed, maxCoverLine)
		if wrong != nil {
			faults = append(faults, wrong)
		}
		return kept
	}
	lines := func(field string, typed []string) (kept []string) {
		for _, x := range typed {
			if x = line(field, x); x != "" {
				kept = append(kept, x)
			}
		}
		if len(kept) > maxCoverLines {
			faults = append(faults, fault.New(fault.TooLarge, "cover.lines", "Limit", maxCoverLines).On(field))
		}
		return kept
	}
	for field, typed := range map[string]*string{"ours": &c.Ours, "yours": &c.Yours, "through": &c.Through, "subject": &c.Subject,
		"salutation": &c.Salutation, "from": &c.From} {
		*typed = line(field, *typed)
	}
	c.Address, c.CC = lines("address", c.Address), lines("cc", c.CC)
	if c.Text = CleanMarkdown(c.Text); len(c.Text) > maxCoverText {
		faults = append(faults, fault.New(fault.TooLarge, "cover.text", "Limit", maxCoverText).On("text"))
	}
	c.Date = text.LatinDigits(line("date", c.Date))
	if day, err := time.Parse(time.DateOnly, c.Date); c.Date != "" && (err != nil || day.Year() < 1900) { // a year of another calendar
		faults = append(faults, fault.New(fault.Invalid, "cover.date").On("date"))
	}
	if c.Language != "" && !i18n.IsLanguage(c.Language) {
		faults = append(faults, fault.New(fault.Invalid, "cover.language").On("language"))
	}
	if len(faults) > 0 {
		return c, faults
	}
	return c, nil
}

// Put writes the cover for an addressee of the authoritative text, or for all. One that says nothing is taken away.
func (c Covers) Put(ctx context.Context, slug string, cover Cover, by int64) error {
	cover, err := cover.read()
	if err != nil {
		return err
	}
	return c.letters.Amend(ctx, slug, func(tx *store.Tx, l Letter) error {
		if n := len(l.Edition.Text(l.Edition.Language).Addressees); cover.Addressee < 0 || cover.Addressee > n {
			return fault.New(fault.Invalid, "cover.addressee", "Count", n).On("addressee")
		}
		content, err := json.Marshal(cover)
		if err != nil {
			return fmt.Errorf("letter: encode cover: %w", err)
		}
		if string(content) == "{}" {
			_, err = tx.Exec(qRemoveCover, l.ID, cover.Addressee)
		} else {
			_, err = tx.Exec(qPutCover, l.ID, cover.Addressee, string(content))
		}
		if err != nil {
			return err
		}
		return record(tx, l, by, "letter.cover", "")
	})
}

// Autograph is the handwritten signature of somebody who signed the text itself.
type Autograph struct {
	Signer  int // counts those of the authoritative text from 1
	Name    string
	Picture []byte // PNG, JPEG or GIF, without what it says beside what it shows
}

// autographTable ties a sealed autograph to its place.
const autographTable = "letter_autograph"

// PutAutograph stores the handwritten signature of a signer of the authoritative text, sealed with the letter's key; no picture takes
// it away.
func (c Covers) PutAutograph(ctx context.Context, slug string, signer int, picture []byte, by int64) error {
	if len(picture) > 0 {
		p, wrong := readPicture(picture)
		if wrong != nil {
			return fault.List{wrong.On("autograph")}
		}
		picture = p.Data
	}
	return c.letters.Amend(ctx, slug, func(tx *store.Tx, l Letter) error {
		signers := l.Edition.Text(l.Edition.Language).SignedBy
		if signer < 1 || signer > len(signers) {
			return fault.List{fault.New(fault.Invalid, "cover.signer", "Count", len(signers)).On("signer")}
		}
		if len(picture) == 0 {
			if _, err := tx.Exec(qRemoveAutograph, l.ID, signer); err != nil {
				return err
			}
			return record(tx, l, by, "letter.autograph_removed", "")
		}
		key, err := c.letters.KeyIn(tx, l.ID)
		if err != nil {
			return err
		}
		content := append([]byte(signers[signer-1].Name+"\x00"), picture...)
		if _, err := tx.Exec(qPutAutograph, l.ID, signer, key.Seal(autographTable, int64(signer), content)); err != nil {
			return err
		}
		return record(tx, l, by, "letter.autograph", "")
	})
}

// Autographs returns the handwritten signatures that still belong to who signed the authoritative text of an edition. They end with
// the letter's key.
func (c Covers) Autographs(ctx context.Context, id ID, e Edition) (list []Autograph, err error) {
	signers := e.Text(e.Language).SignedBy
	err = c.letters.DB.View(ctx, func(tx *store.Tx) error {
		key, err := c.letters.KeyIn(tx, id)
		if err != nil {
			return fault.Except(err, fault.Gone)
		}
		list, err = store.List(tx, qListAutographs, func(row store.Row) (Autograph, error) { return scanAutograph(row, key) }, id)
		return err
	})
	return slices.DeleteFunc(list, func(a Autograph) bool { return a.Signer > len(signers) || signers[a.Signer-1].Name != a.Name }), err
}

func scanAutograph(row store.Row, key *seal.LetterKey) (a Autograph, err error) {
	var sealed []byte
	if err := row.Scan(&a.Signer, &sealed); err != nil {
		return a, err
	}
	content, err := key.Open(autographTable, int64(a.Signer), sealed)
	if err != nil {
		return a, fmt.Errorf("letter: autograph %d: %w", a.Signer, err)
	}
	name, picture, ok := bytes.Cut(content, []byte{0})
	if !ok {
		return a, errors.New("letter: autograph without a name")
	}
	a.Name, a.Picture = string(name), picture
	return a, nil
}

// GiveUp deletes every handwritten signature: they were sealed with keys that are lost.
func (c Covers) GiveUp(ctx context.Context) error {
	return c.letters.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qGiveUpAutographs)
		return err
	})
}
