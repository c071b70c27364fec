package signing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// salts open the two commitments of a sign leaf. They stand in the sealed row, and the record's beside a public name.
type salts struct {
	Record  []byte `json:"record"`
	Contact []byte `json:"contact"`
}

func (p particulars) record(k Kind) verify.Record {
	name, title, affiliation := p.shown(k)
	return verify.Record{Name: name, Title: title, Affiliation: affiliation, Country: p.Country}
}

func (p particulars) contact(b Basis) verify.Contact {
	c := verify.Contact{Address: p.Email, Basis: verify.Basis(b), Day: p.Day, Line: p.Line}
	_, _ = hex.Decode(c.Source[:], []byte(p.Source)) // of an import; "" for others
	return c
}

// leafListing is what a leaf says of a listing.
func leafListing(l Listing) verify.Listing {
	if l == Public {
		return verify.Public
	}
	return verify.Withheld
}

// signed is a signature ready to be written: its row's id, its sealed data and its leaf.
type signed struct {
	id     int64
	kind   Kind
	basis  Basis
	p      particulars // as sealed
	sealed []byte
	name   []byte // tag of an organisation's name; nil for a person
	leaf   verify.Sign
}

// row is the row of signature_sealed.
func (s signed) row(l letter.ID) []any { return []any{l, s.id, s.sealed, s.name} }

// commit makes the leaf of a signature that is given now, and seals what opens it.
func commit(l letter.Leaf, kind Kind, basis Basis, p particulars, secret verify.Secret, key *seal.LetterKey, now time.Time) (signed, error) {
	return commitAs(store.NewID(now), l, kind, basis, p, secret, key, now)
}

// commitAs is commit for a row that exists; without a key nothing is sealed.
func commitAs(id int64, l letter.Leaf, kind Kind, basis Basis, p particulars, secret verify.Secret, key *seal.LetterKey, now time.Time) (s signed, err error) {
	p.Token, p.Secret, p.Fresh, p.PromiseBy, p.Promised, p.Asked = "", "", "", 0, "", false
	p.Day = now.UTC().Format(time.DateOnly)
	record, contact := secret.Salts(verify.Kind(kind))
	p.Salts = &salts{record[:], contact[:]}
	s = signed{id: id, kind: kind, basis: basis, p: p}
	if s.leaf, err = leafOf(l, kind, basis, p); err != nil {
		return s, err
	}
	plaintext, err := json.Marshal(p)
	if err != nil {
		return s, fmt.Errorf("signing: %w", err)
	}
	if key != nil {
		s.sealed = key.Seal("signature_sealed", s.id, plaintext)
		if kind == Organisation {
			s.name = nameTag(key, p.Organisation)
		}
	}
	return s, nil
}

// leafOf makes the leaf that sealed particulars open.
func leafOf(l letter.Leaf, kind Kind, basis Basis, p particulars) (verify.Sign, error) {
	if p.Salts == nil || len(p.Salts.Record) != verify.SaltSize || len(p.Salts.Contact) != verify.SaltSize {
		return verify.Sign{}, fault.New(fault.Gone, "letter.closed") // what would open the leaf was destroyed
	}
	return verify.Sign{Letter: l.Letter, Edition: l.Edition, Kind: verify.Kind(kind), Listing: leafListing(p.Listing),
		Basis: verify.Basis(basis), Day: p.Day, Record: p.record(kind).Commit(verify.Salt(p.Salts.Record)),
		Contact: p.contact(basis).Commit(verify.Salt(p.Salts.Contact))}, nil
}

// public is the row of signature_public.
func (s signed) public(l letter.ID) []any {
	name, title, affiliation := s.p.shown(s.kind)
	return []any{l, s.id, s.kind, name, title, affiliation, s.p.Country, s.p.Salts.Record}
}

// wait makes the leaves of signatures wait for their index.
func wait(tx *store.Tx, l letter.ID, list ...signed) error {
	var waiting []tlog.Waiting
	for _, s := range list {
		waiting = append(waiting, tlog.Waiting{Letter: l, Subject: s.id, Leaf: s.leaf})
	}
	return tlog.Enqueue(tx, waiting...)
}

// logWithdraw states that a signature which is in the log, or on its way, has ended.
func logWithdraw(tx *store.Tx, o Own, reason verify.Reason) error {
	id, err := letter.LogID(tx, o.Letter)
	if err != nil {
		return err
	}
	return tlog.Enqueue(tx, tlog.Waiting{Letter: o.Letter, Subject: o.ID,
		Leaf: verify.Withdraw{Letter: id, Reason: reason, Day: tx.Now().Format(time.DateOnly)}})
}

// logRelist states that a name became public or ceased to be; changes between listings that hide it are nobody's business.
// It reports whether one that waited was taken back instead: then the log already says what the listing now is.
func logRelist(tx *store.Tx, o Own, to Listing) (undone bool, err error) {
	if leafListing(o.Listing) == leafListing(to) {
		return false, nil
	}
	if undone, err := tlog.CancelRelist(tx, o.Letter, o.ID); err != nil || undone {
		return undone, err
	}
	id, err := letter.LogID(tx, o.Letter)
	if err != nil {
		return false, err
	}
	return false, tlog.Enqueue(tx, tlog.Waiting{Letter: o.Letter, Subject: o.ID, Leaf: verify.Relist{Letter: id, Listing: leafListing(to)}})
}

// PromiseWithin is how long after a confirmation, and one publication, the signature is promised to be in the log: time to
// mend what broke.
const PromiseWithin = 24 * time.Hour

// promises signs what a confirmation is owed until its leaf is in the log: one for each signature.
func (s *Service) promises(p particulars, kinds []Kind) (signed []string, err error) {
	secret, err := verify.ParseSecret(p.Secret)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	for _, kind := range kinds {
		salt, _ := secret.Salts(verify.Kind(kind))
		text, err := s.Log.Promise(p.record(kind).Commit(salt), time.Unix(p.PromiseBy, 0))
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
func (s *Service) Proof(ctx context.Context, secret string, id int64) (Proof, error) {
	own, err := s.Find(ctx, secret)
	if err != nil {
		return Proof{}, err
	}
	for _, o := range own {
		if o.ID == id {
			return s.proof(ctx, o)
		}
	}
	return Proof{}, fault.New(fault.NotFound, "secret.wrong")
}

func (s *Service) proof(ctx context.Context, o Own) (Proof, error) {
	if o.LeafIndex == nil {
		return Proof{}, fault.New(fault.Conflict, "receipt.early")
	}
	p, ok, err := s.Log.Prove(ctx, *o.LeafIndex)
	if err != nil {
		return Proof{}, err
	}
	if !ok {
		return Proof{}, fault.New(fault.Conflict, "receipt.early")
	}
	r := verify.Receipt{Index: *o.LeafIndex, Proof: p.Path, Checkpoint: p.Checkpoint, Extra: verify.Extra{Leaf: string(p.Leaf)}}
	if r.Extra.Edition, err = s.Letters.Log.EditionLeaf(ctx, o.Letter, o.Edition); err != nil {
		return Proof{}, err
	}
	sealed, err := s.particularsOf(ctx, o)
	if err != nil {
		return Proof{}, err
	}
	if sealed.Salts == nil { // purged after the letter closed: the public row still says what was published
		if sealed, err = s.publicParticulars(ctx, o); err != nil {
			return Proof{}, err
		}
	}
	r.Extra.Record, r.Extra.RecordSalt, r.Extra.ContactSalt = sealed.record(o.Kind).Text(), sealed.Salts.Record, sealed.Salts.Contact
	file, err := r.Format()
	return Proof{*o.LeafIndex, file}, err
}

// publicParticulars rebuilds from the public row what opens a record.
func (s *Service) publicParticulars(ctx context.Context, o Own) (p particulars, err error) {
	var public Signatory
	var salt []byte
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		if public, err = scanSignatory(tx.Row(qFindPublic, o.Letter, o.ID)); err != nil {
			return err
		}
		return tx.Row(qFindSalt, o.Letter, o.ID).Scan(&salt)
	})
	if err != nil {
		return p, fault.New(fault.Gone, "letter.closed").Because(err)
	}
	p = particulars{Name: public.Name, Title: public.Title, Affiliation: public.Affiliation, Country: public.Country}
	if o.Kind == Organisation {
		p.Organisation = public.Name
	}
	p.Salts = &salts{Record: salt} // that of the address went with what was sealed
	return p, nil
}

func randomSecret() (s verify.Secret) {
	rand.Read(s[:])
	return s
}
