package signing

import (
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Signature is a row of that table. It holds nothing that says whose the signature is: of what it shows it has Kind and
// Listing only, until its sealed row is opened.
type Signature struct {
	Letter   letter.ID
	ID       int64
	Edition  int
	Language string // of the page, for mails
	Text     string // language of the text signed, "" when that was not noted
	Shown
	Basis    verify.Basis
	State    State
	Reason   string
	SignedAt time.Time

	LeafIndex   *int64         // in the log; nil while the signature waits for its index
	LeafListing verify.Listing // as the log says; "" while it waits

	mailbox, tag []byte // of the address it came from, or of what a list says where there is none; random once erased
	secret       []byte // hash of its receipt secret; nil for one that came with a list, and once erased
	pending      int64  // the submission it came from, 0 for one that came with a list
}

// counts reports whether the signature is in the count or on its way into it.
func (s Signature) counts() bool { return s.State == StateNew || s.State == StateListed }

// published reports whether the public list shows its name.
func (s Signature) published() bool {
	return s.State == StateListed && s.Listing == roll.Public && s.LeafListing == verify.Public
}

// shownToEditors reports whether the desk shows its name while editors decide about signatures.
func (s Signature) shownToEditors() bool {
	return s.counts() && s.Listing == roll.Public || s.State == StateHeld && s.Listing != roll.Counted
}

// active reports whether the signer can still change it.
func (s Signature) active() bool { return s.counts() || s.State == StateHeld }

// stands reports whether the signature still says something about its mailbox: it was not withdrawn, or its signer had been
// removed before.
func (s Signature) stands() bool { return s.State != StateWithdrawn || s.Reason == HeldRemoved }

var signatureColumns = []string{"letter_id", "id", "edition", "language", "text_language", "kind", "listing", "basis", "state", "reason", "created_at",
	"leaf_index", "leaf_listing", "mailbox_tag", "tag", "secret_hash", "pending_id"}

var signatureSelect = "s." + strings.Join(signatureColumns, ", s.")

func (s Signature) values() []any {
	return []any{s.Letter, s.ID, s.Edition, s.Language, s.Text, s.Kind, s.Listing, s.Basis, s.State, s.Reason, s.SignedAt.UnixMicro(),
		s.LeafIndex, s.LeafListing, s.mailbox, s.tag, s.secret, s.pending}
}

func scanSignature(row store.Row) (Signature, error) { return scanSignatureAnd(row) }

// scanSignatureAnd scans a signature and the columns that a query has after it.
func scanSignatureAnd(row store.Row, more ...any) (s Signature, err error) {
	var given int64
	err = row.Scan(append([]any{&s.Letter, &s.ID, &s.Edition, &s.Language, &s.Text, &s.Kind, &s.Listing, &s.Basis, &s.State, &s.Reason, &given,
		&s.LeafIndex, &s.LeafListing, &s.mailbox, &s.tag, &s.secret, &s.pending}, more...)...)
	s.SignedAt = time.UnixMicro(given).UTC()
	return s, err
}

// sealedRow is a row of signature_sealed.
type sealedRow struct {
	letter letter.ID
	id     int64
	sealed []byte
	name   []byte // tag of an organisation's name; nil for a person
}

var sealedColumns = []string{"letter_id", "id", "sealed", "name_tag"}

func (s sealedRow) values() []any { return []any{s.letter, s.id, s.sealed, s.name} }
