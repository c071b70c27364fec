package letter

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Cover is what goes with a letter to one who gets it. It stands before the letter and is never part of what is signed.
type Cover struct {
	Addressee  int      `json:"-"`                  // counts the addressees of the authoritative text from 1; 0 is what holds for all of them
	For        string   `json:"for,omitempty"`      // how the text called that addressee: a cover goes with them, wherever they stand now
	Language   string   `json:"language,omitempty"` // "" is the authoritative one
	Address    []string `json:"address,omitempty"`  // in the window of the envelope; none: as the letter has it
	Ours       string   `json:"ours,omitempty"`     // our reference
	Yours      string   `json:"yours,omitempty"`    // the addressee's
	Date       string   `json:"date,omitempty"`     // YYYY-MM-DD
	Through    string   `json:"through,omitempty"`  // the office that passes it on
	Subject    string   `json:"subject,omitempty"`
	Salutation string   `json:"salutation,omitempty"`
	Text       string   `json:"text,omitempty"` // in paragraphs, plain
	Closing    string   `json:"closing,omitempty"`
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
	qPutCover     = store.Q("letter_cover.put", `INSERT INTO letter_cover (letter_id, addressee, sealed) VALUES ($1, $2, $3)`)
	qRemoveCovers = store.Q("letter_cover.remove", `DELETE FROM letter_cover WHERE letter_id = $1`)
	qListCovers   = store.Q("letter_cover.list", `SELECT addressee, sealed FROM letter_cover WHERE letter_id = $1 ORDER BY addressee`)
	qGiveUpCovers = store.Q("letter_cover.give_up", `DELETE FROM letter_cover`)
	qPutAutograph = store.Q("letter_autograph.put", `
		INSERT INTO letter_autograph (letter_id, signer, sealed) VALUES ($1, $2, $3)
		ON CONFLICT (letter_id, signer) DO UPDATE SET sealed = excluded.sealed`)
	qRemoveAutograph  = store.Q("letter_autograph.remove", `DELETE FROM letter_autograph WHERE letter_id = $1 AND signer = $2`)
	qRemoveAutographs = store.Q("letter_autograph.remove_all", `DELETE FROM letter_autograph WHERE letter_id = $1`)
	qListAutographs   = store.Q("letter_autograph.list", `SELECT signer, sealed FROM letter_autograph WHERE letter_id = $1 ORDER BY signer`)
	qGiveUpAutographs = store.Q("letter_autograph.give_up", `DELETE FROM letter_autograph`)
)

// coverTable ties a sealed cover to its letter.
func coverTable(id ID) string { return fmt.Sprintf("letter_cover %d", id) }

// List returns the covers for the addressees of an edition, that for all first. One for somebody who is in the text no more is left
// out, and goes when the next is written.
func (c Covers) List(ctx context.Context, id ID, e Edition) (list []Cover, err error) {
	err = c.letters.DB.View(ctx, func(tx *store.Tx) error {
		list, err = c.list(tx, id, e)
		return err
	})
	return list, err
}

func (c Covers) list(tx *store.Tx, id ID, e Edition) (list []Cover, err error) {
	kept, err := store.List(tx, qListCovers, func(row store.Row) (Cover, error) { return c.scan(row, id) }, id)
	if err != nil {
		return nil, err
	}
	addressees := e.Text(e.Language).Addressees
	for _, x := range kept {
		if x.For != "" {
			x.Addressee = slices.IndexFunc(addressees, func(a Addressee) bool { return a.Called() == x.For }) + 1
		}
		if x.For == "" || x.Addressee > 0 {
			list = append(list, x)
		}
	}
	return list, nil
}

func (c Covers) scan(row store.Row, id ID) (x Cover, err error) {
	var number int64
	var sealed []byte
	if err := row.Scan(&number, &sealed); err != nil {
		return x, err
	}
	content, err := c.letters.Keys.Open(coverTable(id), number, sealed)
	if err != nil {
		return x, fmt.Errorf("letter: cover %d: %w", number, err)
	}
	return x, json.Unmarshal(content, &x)
}

// Find returns the cover for an addressee of an edition: their own, with what holds for all where it is silent.
func (c Covers) Find(ctx context.Context, id ID, e Edition, addressee int) (Cover, error) {
	list, err := c.List(ctx, id, e)
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
	for _, field := range [...]struct {
		own   *string
		other string
	}{{&c.Language, x.Language}, {&c.Ours, x.Ours}, {&c.Date, x.Date}, {&c.Through, x.Through}, {&c.Subject, x.Subject}, {&c.Salutation, x.Salutation},
		{&c.Text, x.Text}, {&c.Closing, x.Closing}, {&c.From, x.From}} {
		if *field.own == "" {
			*field.own = field.other
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
		kept, wrong := text.Line("line", typed, maxCoverLine)
		if wrong != nil {
			faults = append(faults, wrong.On(field))
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
	c.Address, c.Yours, c.Ours = lines("address", c.Address), line("yours", c.Yours), line("ours", c.Ours)
	c.Through, c.Subject, c.Salutation = line("through", c.Through), line("subject", c.Subject), line("salutation", c.Salutation)
	c.Closing, c.From, c.CC = line("closing", c.Closing), line("from", c.From), lines("cc", c.CC)
	if c.Text = CleanMarkdown(c.Text); len(c.Text) > maxCoverText {
		faults = append(faults, fault.New(fault.TooLarge, "cover.text", "Limit", maxCoverText).On("text"))
	}
	c.Date = text.LatinDigits(line("date", c.Date))
	if day, err := time.Parse(time.DateOnly, c.Date); c.Date != "" && (err != nil || day.Year() < 1900) { // a year of another calendar
		faults = append(faults, fault.New(fault.Invalid, "cover.date").On("date"))
	}
	if len(faults) > 0 {
		return c, faults
	}
	return c, nil
}

// says reports whether a cover holds anything.
func (c Cover) says() bool {
	c.Addressee, c.For = 0, ""
	return !reflect.DeepEqual(c, Cover{})
}

// Put writes the cover for an addressee of the authoritative text, or for all. One that says nothing is taken away.
func (c Covers) Put(ctx context.Context, slug string, cover Cover, by int64) error {
	cover, err := cover.read()
	if err != nil {
		return err
	}
	return c.letters.Amend(ctx, slug, func(tx *store.Tx, l Letter) error {
		addressees := l.Edition.Text(l.Edition.Language).Addressees
		if cover.Addressee < 0 || cover.Addressee > len(addressees) {
			return fault.New(fault.Invalid, "cover.addressee", "Count", len(addressees)).On("addressee")
		}
		if _, ok := l.Edition.Texts[cover.Language]; cover.Language != "" && !ok {
			return fault.List{fault.New(fault.Invalid, "cover.language", "Languages", strings.Join(l.Edition.Languages(), ", ")).On("language")}
		}
		list, err := c.list(tx, l.ID, l.Edition)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(x Cover) bool { return x.Addressee == cover.Addressee })
		if cover.For = ""; cover.says() {
			list = append(list, cover)
		}
		if _, err := tx.Exec(qRemoveCovers, l.ID); err != nil {
			return err
		}
		for _, x := range list {
			if x.Addressee > 0 {
				x.For = addressees[x.Addressee-1].Called()
			}
			content, err := json.Marshal(x)
			if err != nil {
				return fmt.Errorf("letter: encode cover: %w", err)
			}
			if _, err := tx.Exec(qPutCover, l.ID, x.Addressee, c.letters.Keys.Seal(coverTable(l.ID), int64(x.Addressee), content)); err != nil {
				return err
			}
		}
		return record(tx, l, by, "letter.cover", "")
	})
}

// Autograph is the handwritten signature of somebody who signed the text itself.
type Autograph struct {
	Signer  int    `json:"-"` // counts those of the authoritative text from 1
	Name    string `json:"name"`
	Edition int    `json:"edition"` // under whose text it was put
	SHA256  string `json:"sha256"`  // of that text
	Picture []byte `json:"picture"` // PNG, JPEG or GIF, without what it says beside what it shows
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
		if len(picture) == 0 {
			if _, err := tx.Exec(qRemoveAutograph, l.ID, signer); err != nil {
				return err
			}
			return record(tx, l, by, "letter.autograph_removed", "")
		}
		signers := l.Edition.Text(l.Edition.Language).SignedBy
		if signer < 1 || signer > len(signers) {
			return fault.List{fault.New(fault.Invalid, "cover.signer", "Count", len(signers)).On("signer")}
		}
		key, err := c.letters.KeyIn(tx, l.ID)
		if err != nil {
			return err
		}
		content, err := json.Marshal(Autograph{Name: signers[signer-1].Name, Edition: l.Edition.Number, SHA256: l.Edition.SHA256, Picture: picture})
		if err != nil {
			return fmt.Errorf("letter: encode autograph: %w", err)
		}
		if _, err := tx.Exec(qPutAutograph, l.ID, signer, key.Seal(autographTable, int64(signer), content)); err != nil {
			return err
		}
		return record(tx, l, by, "letter.autograph", "")
	})
}

// Autographs returns the handwritten signatures of those who signed the authoritative text of an edition, put under that text or one
// that differs from it in nothing that is signed. They end with the letter's key, and with a substantive edition.
func (c Covers) Autographs(ctx context.Context, id ID, e Edition) (list []Autograph, err error) {
	signers := e.Text(e.Language).SignedBy
	var same int // the first of the editions whose text is signed as this one's
	err = c.letters.DB.View(ctx, func(tx *store.Tx) error {
		key, err := c.letters.KeyIn(tx, id)
		if err != nil {
			return fault.Except(err, fault.Gone)
		}
		editions, err := store.List(tx, qListEditions, scanEdition, id)
		if err != nil {
			return err
		}
		same = LastText(slices.DeleteFunc(editions, func(x Edition) bool { return x.Number > e.Number })).Number
		list, err = store.List(tx, qListAutographs, func(row store.Row) (Autograph, error) { return scanAutograph(row, key) }, id)
		return err
	})
	return slices.DeleteFunc(list, func(a Autograph) bool {
		signed := a.SHA256 == e.SHA256 || same > 0 && a.Edition >= same && a.Edition <= e.Number
		return !signed || a.Signer > len(signers) || signers[a.Signer-1].Name != a.Name
	}), err
}

func scanAutograph(row store.Row, key *seal.LetterKey) (a Autograph, err error) {
	var signer int
	var sealed []byte
	if err := row.Scan(&signer, &sealed); err != nil {
		return a, err
	}
	content, err := key.Open(autographTable, int64(signer), sealed)
	if err != nil {
		return a, fmt.Errorf("letter: autograph %d: %w", signer, err)
	}
	err = json.Unmarshal(content, &a)
	a.Signer = signer
	return a, err
}

// GiveUp deletes every cover and handwritten signature: they were sealed with keys that are lost.
func (c Covers) GiveUp(ctx context.Context) error {
	return c.letters.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qGiveUpCovers); err != nil {
			return err
		}
		_, err := tx.Exec(qGiveUpAutographs)
		return err
	})
}
