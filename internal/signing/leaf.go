package signing

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// leafListing is what a leaf says of a listing.
func leafListing(l roll.Listing) verify.Listing {
	if l == roll.Public {
		return verify.Public
	}
	return verify.Withheld
}

// signed is a signature ready to be written: its row, its particulars as they are and as they are sealed, and its leaf.
type signed struct {
	Signature
	particulars particulars
	sealed      []byte // nil when nothing is to be sealed
	name        []byte // tag of an organisation's name; nil for a person
	leaf        verify.Sign
	words       []word // that were given for it beforehand
}

// newSigned makes the leaf of a signature that is given now, and seals what opens it: the salts of both commitments follow
// from the receipt secret. A signature without id gets a new one; without a key nothing is sealed.
func newSigned(key *seal.LetterKey, edition letter.Leaf, x Signature, p particulars, secret verify.Secret, now time.Time) (s signed, err error) {
	if x.ID == 0 {
		x.ID = store.NewID(now)
	}
	x.Shown = p.Shown
	p.Day = now.UTC().Format(time.DateOnly)
	record, contact := secret.Salts(x.Kind)
	p.Salts = &salts{record[:], contact[:]}
	s = signed{Signature: x, particulars: p}
	if s.leaf, err = signLeaf(edition, x.Basis, p); err != nil || key == nil {
		return s, err
	}
	if x.Kind == verify.Organisation {
		s.name = nameTag(key, p.Organisation)
	}
	s.sealed, err = p.seal(key, x.ID)
	return s, err
}

// signLeaf makes the leaf that particulars open.
func signLeaf(edition letter.Leaf, basis verify.Basis, p particulars) (verify.Sign, error) {
	if p.Salts == nil || len(p.Salts.Record) != verify.SaltSize || len(p.Salts.Contact) != verify.SaltSize {
		return verify.Sign{}, fault.New(fault.Gone, "letter.closed") // what would open the leaf was destroyed
	}
	return verify.Sign{Letter: edition.Letter, Edition: edition.Edition, Kind: p.Kind, Listing: leafListing(p.Listing), Basis: basis, Day: p.Day,
		Record: p.Record().Commit(verify.Salt(p.Salts.Record)), Contact: p.contact(basis).Commit(verify.Salt(p.Salts.Contact))}, nil
}

// insertSignatures inserts the rows of one or two signatures, and returns how many of them are there that were not there: the
// address of the others has signed before.
func insertSignatures(tx *store.Tx, list ...signed) (int64, error) {
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = x.values()
	}
	return qInsertSignature.Rows(tx, rows...)
}

// writeParticulars stores what is sealed of signatures, and of public ones their name, which joins the list with the leaf.
func writeParticulars(tx *store.Tx, list ...signed) error {
	var public []roll.Entry
	var sealed [][]any
	for _, x := range list {
		if x.Listing == roll.Public {
			public = append(public, x.particulars.entry(x.Signature))
		}
		sealed = append(sealed, sealedRow{x.Letter, x.ID, x.sealed, x.name}.values())
	}
	if err := roll.Put(tx, public...); err != nil {
		return err
	}
	_, err := qPutSealed.Rows(tx, sealed...)
	return err
}

// entry is the public row of a signature.
func (p particulars) entry(x Signature) roll.Entry {
	return roll.Entry{Letter: x.Letter, ID: x.ID, Kind: x.Kind, Record: p.Record(), Salt: p.Salts.Record}
}

// enqueueLeaves makes the leaves of signatures wait for their index.
func enqueueLeaves(tx *store.Tx, list ...signed) error {
	waiting := make([]tlog.Waiting, len(list))
	for i, x := range list {
		waiting[i] = tlog.Waiting{Letter: x.Letter, Subject: x.ID, Leaf: x.leaf}
	}
	return tlog.Enqueue(tx, waiting...)
}

// logWithdraw states that a signature which is in the log, or on its way, has ended.
func logWithdraw(tx *store.Tx, x Signature, reason verify.Reason) error {
	id, err := letter.LogID(tx, x.Letter)
	if err != nil {
		return err
	}
	return tlog.Enqueue(tx, tlog.Waiting{Letter: x.Letter, Subject: x.ID,
		Leaf: verify.Withdraw{Letter: id, Reason: reason, Day: tx.Now().Format(time.DateOnly)}})
}

// logRelist states that a name became public or ceased to be; changes between listings that hide it are nobody's business.
// It reports whether one that waited was taken back instead: then the log already says what the listing now is.
func logRelist(tx *store.Tx, x Signature, to roll.Listing) (undone bool, err error) {
	if leafListing(x.Listing) == leafListing(to) {
		return false, nil
	}
	if undone, err := tlog.CancelRelist(tx, x.Letter, x.ID); err != nil || undone {
		return undone, err
	}
	id, err := letter.LogID(tx, x.Letter)
	if err != nil {
		return false, err
	}
	return false, tlog.Enqueue(tx, tlog.Waiting{Letter: x.Letter, Subject: x.ID, Leaf: verify.Relist{Letter: id, Listing: leafListing(to)}})
}

// PromiseWithin is how long after a confirmation, and one publication, the signature is promised to be in the log: time to
// mend what broke.
const PromiseWithin = 24 * time.Hour

// promises signs what a confirmation is owed until its leaf is in the log: one for each signature that it is about.
func (s *Service) promises(p submission) (signed []string, err error) {
	secret, err := verify.ParseSecret(p.Secret)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	for _, part := range p.Parts() {
		if p.Promised != "" && part.Kind != p.Promised {
			continue
		}
		salt, _ := secret.Salts(part.Kind)
		text, err := s.Log.Promise(part.Record().Commit(salt), time.Unix(p.PromiseBy, 0))
		if err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
		signed = append(signed, text)
	}
	return signed, nil
}

// Proof is a receipt that needs nobody to be checked.
type Proof struct {
	Index int64
	File  []byte // c2sp.org/tlog-proof
}

// Proof returns the receipt of a signature of the secret, or a fault of kind Conflict while it is not in a published
// checkpoint.
func (rs Receipts) Proof(ctx context.Context, secret string, id int64) (Proof, error) {
	own, err := rs.Find(ctx, secret)
	if err != nil {
		return Proof{}, err
	}
	for _, o := range own {
		if o.ID == id {
			return rs.proof(ctx, o.Signature)
		}
	}
	return Proof{}, fault.New(fault.NotFound, "secret.wrong")
}

func (rs Receipts) proof(ctx context.Context, x Signature) (Proof, error) {
	if x.LeafIndex == nil {
		return Proof{}, fault.New(fault.Conflict, "receipt.early")
	}
	proof, ok, err := rs.signing.Log.Prove(ctx, *x.LeafIndex)
	if err != nil {
		return Proof{}, err
	}
	if !ok {
		return Proof{}, fault.New(fault.Conflict, "receipt.early")
	}
	r := verify.Receipt{Index: *x.LeafIndex, Proof: proof.Path, Checkpoint: proof.Checkpoint, Extra: verify.Extra{Leaf: string(proof.Leaf)}}
	if r.Extra.Edition, err = rs.signing.Letters.Log.EditionLeaf(ctx, x.Letter, x.Edition); err != nil {
		return Proof{}, err
	}
	p, err := rs.signing.particularsOf(ctx, x)
	if err != nil {
		return Proof{}, err
	}
	if p.Salts == nil { // purged after the letter closed: the public row still says what was published
		if p, err = rs.published(ctx, x); err != nil {
			return Proof{}, err
		}
	}
	r.Extra.Record, r.Extra.RecordSalt, r.Extra.ContactSalt = p.Record().Text(), p.Salts.Record, p.Salts.Contact
	file, err := r.Format()
	return Proof{*x.LeafIndex, file}, err
}

// published returns what the public row of a signature says of its particulars: what opens the record, but not the contact.
func (rs Receipts) published(ctx context.Context, x Signature) (p particulars, err error) {
	var public roll.Entry
	err = rs.signing.DB.View(ctx, func(tx *store.Tx) error {
		public, err = roll.Find(tx, x.Letter, x.ID)
		return err
	})
	if err != nil {
		return p, fault.New(fault.Gone, "letter.closed").Because(err)
	}
	return particulars{signer: signer{Shown: shownOf(x.Kind, public.Record)}, Salts: &salts{Record: public.Salt}}, nil
}

func randomSecret() (s verify.Secret) {
	rand.Read(s[:])
	return s
}
