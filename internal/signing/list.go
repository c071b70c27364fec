package signing

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Lists makes signatures of the lines of lists that come in, and takes them back.
type Lists struct{ signing *Service }

// Marks are what a line of a list is known by: the address that it names, or what it says where it names none.
type Marks struct {
	mailbox, tag []byte
	Address      bool // it names one
}

// MarksOf returns the marks of a line that names an address.
func MarksOf(box mailbox.Box) Marks { return Marks{box.AnyTag(), box.Tag(), true} }

// MarksOfRecord returns the marks of a line without address: its name finds namesakes, all it says finds the same line.
func MarksOfRecord(key *seal.LetterKey, r verify.Record) Marks {
	return Marks{listedName(key, r.Name), listedTag(key, r), false}
}

// MarksOfUnnamed returns the marks of a line that does not name its signer: the nth of a list without a name. The same list finds it
// again; another one that goes as far finds that it may be the same.
func MarksOfUnnamed(key *seal.LetterKey, list string, line, nth int) Marks {
	return Marks{key.Tag("unnamed " + strconv.Itoa(nth)), key.Tag("unnamed " + list + " " + strconv.Itoa(line)), false}
}

// listedName and listedTag stand in place of the address tags of a signature without address: one for its name, one for
// all it says.
func listedName(key *seal.LetterKey, name string) []byte {
	return key.Tag("listed name " + text.Fold(name))
}

func listedTag(key *seal.LetterKey, r verify.Record) []byte {
	return key.Tag(strings.Join([]string{"listed", text.Fold(r.Name), text.Fold(r.Affiliation), r.Country}, "\n"))
}

// Key is the same for two lines that would be one signature, if they are of one kind.
func (m Marks) Key() string { return string(m.tag) }

// Mailbox is the same for two lines whose addresses reach one mailbox, or that give one name.
func (m Marks) Mailbox() string { return string(m.mailbox) }

// Earlier says what a letter has already of a line.
type Earlier string

// What it can have.
const (
	EarlierNone      Earlier = ""
	EarlierAlike     Earlier = "alike"     // a signature of the same mailbox under another spelling, or of the same name
	EarlierListed    Earlier = "listed"    // alike, and every one such came with a list
	EarlierSame      Earlier = "same"      // the same signature
	EarlierWithdrawn Earlier = "withdrawn" // the same, whose signer took it back
)

// Alike reports whether it is a signature of the same mailbox or name, but not the same.
func (e Earlier) Alike() bool { return e == EarlierAlike || e == EarlierListed }

// Earlier looks for signatures of a kind that have the marks.
func (m Marks) Earlier(tx *store.Tx, l letter.ID, kind verify.Kind) (found Earlier, err error) {
	for other, err := range store.Each(tx, qFindByMailbox, scanSignature, l, m.mailbox, m.mailbox, m.mailbox) {
		switch {
		case err != nil:
			return found, err
		case other.Kind != kind:
		case bytes.Equal(other.tag, m.tag) && other.State == StateWithdrawn:
			found = EarlierWithdrawn
		case bytes.Equal(other.tag, m.tag):
			found = EarlierSame
		case !other.stands() || found == EarlierSame || found == EarlierWithdrawn:
		case !other.Basis.Imported():
			found = EarlierAlike
		case found == EarlierNone:
			found = EarlierListed
		}
	}
	return found, nil
}

// Draft is a line of a list that is to become a signature.
type Draft struct {
	Letter letter.ID
	Line   int
	Source string    // hex SHA-256 of the list
	At     time.Time // when it came in
	Shown
	Marks    Marks
	Email    string // that the mail which the line is of has confirmed; "" for others
	Edition  int
	Language string // of mails to the signer
	Text     string // language of the text signed
	Basis    verify.Basis
	Held     string // why it is held; "" for one that counts
}

// Listed is a signature of a list, ready to be written.
type Listed struct{ signed }

// Prepare makes the signature of a line.
func (ls Lists) Prepare(ctx context.Context, d Draft) (Listed, error) {
	key, err := ls.signing.Letters.Key(ctx, d.Letter)
	if err != nil {
		return Listed{}, err
	}
	edition, err := ls.signing.Letters.Log.Leaf(ctx, d.Letter, d.Edition)
	if err != nil {
		return Listed{}, err
	}
	x := Signature{Letter: d.Letter, Edition: d.Edition, Language: d.Language, Text: d.Text, Basis: d.Basis, State: StateNew, Reason: d.Held,
		mailbox: d.Marks.mailbox, tag: d.Marks.tag}
	if d.Held != "" {
		x.State = StateHeld
	}
	p := particulars{signer: signer{Shown: d.Shown, Email: d.Email}, Source: d.Source, Line: d.Line}
	made, err := newSigned(key, edition, x, p, randomSecret(), d.At)
	return Listed{made}, err
}

// Hold has the signature held for a reason.
func (x *Listed) Hold(reason string) { x.State, x.Reason = StateHeld, reason }

// Insert writes the signature. It reports whether it did: somebody else may have signed with its address in between. The letter
// is touched before, in the order in which Publish locks.
func (x Listed) Insert(tx *store.Tx) (bool, error) {
	x.SignedAt = tx.Now()
	if n, err := insertSignatures(tx, x.signed); err != nil || n == 0 {
		return false, err
	}
	if err := writeParticulars(tx, x.signed); err != nil || x.State == StateHeld {
		return true, err
	}
	return true, enqueueLeaves(tx, x.signed)
}

// Ask makes the submission of a line whose address is asked whether it signs.
func (ls Lists) Ask(ctx context.Context, l letter.Letter, language string, shown Shown, email string) (Asked, error) {
	key, err := ls.signing.Letters.Key(ctx, l.ID)
	if err != nil {
		return Asked{}, err
	}
	return ls.signing.newAsked(key, l, language, "", signer{Shown: shown, Email: email}, PendingFor)
}

// TakeBack ends a signature that came with a list and forgets whose it was. It reports whether it did: its signer may have taken
// it over, or it may have ended before.
func (ls Lists) TakeBack(tx *store.Tx, l letter.ID, id int64) (bool, error) {
	x, err := scanSignature(tx.Row(qFindSignature, l, id))
	if err != nil || !x.Basis.Imported() || !x.active() {
		return false, err
	}
	if err := end(tx, x, StateWithdrawn, verify.Undone); err != nil {
		return false, err
	}
	return true, ls.signing.forget(tx, x)
}

// TakeBackAsked asks nobody any more who was asked by a mail. It reports whether a submission ended: it may have been confirmed.
func (ls Lists) TakeBackAsked(tx *store.Tx, submission int64) (bool, error) {
	n, err := tx.Exec(qRemovePending, submission)
	return n > 0, err
}
