package signing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// ReaffirmMail asks the signer of an earlier text to sign the one that replaced it. Its job is written with the pending row
// that its link confirms.
type ReaffirmMail struct {
	Pending int64 `json:"pending"`
}

// Kind names the job.
func (ReaffirmMail) Kind() string { return "mail.reaffirm" }

// AskSigners asks the next signers of an earlier text, and sees to it that those after them are asked.
type AskSigners struct {
	Letter  letter.ID `json:"letter"`
	Edition int       `json:"edition"` // the substantive one
}

// Kind names the job.
func (AskSigners) Kind() string { return "signing.ask" }

const (
	reaffirmFor   = 14 * 24 * time.Hour // the link works
	reaffirmSlice = 200                 // signatures that one transaction asks about
)

// Reaffirmation says how far the asking has come of signers whose text was replaced; numbers only.
type Reaffirmation struct {
	Edition           int // the last that says something else than the one before; 0 if there is none
	Started, Finished bool
	Asked             int
	Reaffirmed        int // have signed the new text since
}

var (
	qFindReaffirmation = store.Q("reaffirmation.find", `
		SELECT finished, asked, reaffirmed FROM reaffirmation WHERE letter_id = $1 AND edition = $2`)
	qStartReaffirmation = store.Q("reaffirmation.start", `
		INSERT INTO reaffirmation (letter_id, edition, started_at, last_id, finished, asked, reaffirmed) VALUES ($1, $2, $3, 0, $4, 0, 0)
		ON CONFLICT (letter_id, edition) DO NOTHING`)
	qReaffirmationAt = store.Q("reaffirmation.at", `
		SELECT last_id, started_at FROM reaffirmation WHERE letter_id = $1 AND edition = $2 AND finished = $3`)
	qAdvanceReaffirmation = store.Q("reaffirmation.advance", `
		UPDATE reaffirmation SET last_id = $1, finished = $2 WHERE letter_id = $3 AND edition = $4 AND last_id = $5 AND finished = $6`)
	qCountAsked = store.Q("reaffirmation.count_asked", `
		UPDATE reaffirmation SET asked = asked + $1 WHERE letter_id = $2 AND edition = $3`)
	qCountReaffirmed = store.Q("reaffirmation.count_reaffirmed", `
		UPDATE reaffirmation SET reaffirmed = reaffirmed + 1 WHERE letter_id = $1 AND edition > $2 AND edition <= $3`)
	qListEarlier = store.Q("signature.list_earlier", `
		SELECT s.id, s.kind, s.language, s.text_language, s.listing, s.mailbox_tag, s.tag, s.pending_id, p.sealed
		FROM signature s JOIN signature_sealed p ON p.letter_id = s.letter_id AND p.id = s.id
		WHERE s.letter_id = $1 AND s.id > $2 AND s.edition < $3 AND s.state IN ('new', 'listed') AND s.basis IN ('email', 'domain', 'reply')
		ORDER BY s.id LIMIT $4`)
	// The signatures of one address that came from one form, and have not been asked about since.
	qListSiblings = store.Q("signature.list_siblings", `
		SELECT id, kind FROM signature
		WHERE letter_id = $1 AND mailbox_tag = $2 AND tag = $3 AND edition < $4 AND state IN ('new', 'listed') AND pending_id = $5 AND asked_id < $6`)
	qSetAsked    = store.Q("signature.set_asked", `UPDATE signature SET asked_id = $1 WHERE letter_id = $2 AND id = $3`)
	qRemoveAsked = store.Q("pending.remove_asked", `
		DELETE FROM pending WHERE confirmed_at IS NULL AND id IN (SELECT asked_id FROM signature WHERE letter_id = $1 AND id = $2)`)
)

// Reaffirmation returns where the asking stands about the last edition of a letter that says something else.
func (s *Service) Reaffirmation(ctx context.Context, l letter.ID) (r Reaffirmation, err error) {
	editions, err := s.Letters.Editions(ctx, l) // the last first
	for _, e := range editions {
		if e.Follows == letter.FollowsSubstantive {
			r.Edition = e.Number
			break
		}
	}
	if err != nil || r.Edition == 0 {
		return r, err
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(qFindReaffirmation, l, r.Edition).Scan(&r.Finished, &r.Asked, &r.Reaffirmed)
	})
	if errors.Is(err, store.ErrNoRow) {
		return r, nil
	}
	r.Started = err == nil
	return r, err
}

// AskToReaffirm begins to ask the signers of earlier texts, once for an edition. by is the user.
func (s *Service) AskToReaffirm(ctx context.Context, l letter.Letter, by int64) error {
	r, err := s.Reaffirmation(ctx, l.ID)
	if err != nil {
		return err
	}
	if r.Edition == 0 || !l.AcceptsSignatures(s.DB.Now()) {
		return errClosed(l)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qStartReaffirmation, l.ID, r.Edition, tx.Now().UnixMicro(), false)
		if err != nil || n == 0 {
			return err
		}
		if err := job.Enqueue(tx, AskSigners{Letter: l.ID, Edition: r.Edition}); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{User: by, Letter: int64(l.ID), Act: "reaffirmation.asked"})
	})
}

// earlier is a signature of a text that was replaced.
type earlier struct {
	id, pending    int64
	kind           Kind
	language, text string
	listing        Listing
	mailbox, tag   []byte
	sealed         []byte
}

func scanEarlier(row store.Row) (e earlier, err error) {
	err = row.Scan(&e.id, &e.kind, &e.language, &e.text, &e.listing, &e.mailbox, &e.tag, &e.pending, &e.sealed)
	return e, err
}

// AskSlice asks the signers of one slice of earlier signatures. It is the handler of AskSigners; run again, it goes on where
// the last run that was committed has come to.
func (s *Service) AskSlice(ctx context.Context, _ int64, j AskSigners) error {
	l, err := s.Letters.FindByID(ctx, j.Letter)
	if err != nil {
		return err
	}
	key, err := s.keyFor(ctx, j.Letter)
	if err != nil {
		return ignoreGone(err)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		var locked int64 // before the signatures, in the order in which Publish and a new signature lock
		if err := tx.Row(qLockLetter, j.Letter).Scan(&locked); err != nil {
			return err
		}
		var last, started int64
		err := tx.Row(qReaffirmationAt, j.Letter, j.Edition, false).Scan(&last, &started)
		if errors.Is(err, store.ErrNoRow) {
			return nil // another run has finished
		}
		if err != nil {
			return err
		}
		slice, err := store.List(tx, qListEarlier, scanEarlier, j.Letter, last, j.Edition, reaffirmSlice)
		if err != nil {
			return err
		}
		finished, next := len(slice) < reaffirmSlice || !l.AcceptsSignatures(tx.Now()), last
		if len(slice) > 0 {
			next = slice[len(slice)-1].id
		}
		if n, err := tx.Exec(qAdvanceReaffirmation, next, finished, j.Letter, j.Edition, last, false); err != nil || n == 0 {
			return err
		}
		if !l.AcceptsSignatures(tx.Now()) {
			return nil
		}
		asked := 0
		for _, e := range slice {
			n, err := s.askAgain(tx, key, l, e, j.Edition, store.IDAt(time.UnixMicro(started)))
			if err != nil {
				return err
			}
			asked += n
		}
		if _, err := tx.Exec(qCountAsked, asked, j.Letter, j.Edition); err != nil || finished {
			return err
		}
		return job.Enqueue(tx, j)
	})
}

// askAgain makes what the signer of an earlier text gave a submission for the present one, with the mail that asks to confirm
// it. It returns how many signatures that is about: two for who signed as both, and none for who was asked with the other, has
// no address here, or gets no more mails for now.
func (s *Service) askAgain(tx *store.Tx, key *seal.LetterKey, l letter.Letter, e earlier, edition int, since int64) (int, error) {
	siblings, err := store.List(tx, qListSiblings, func(row store.Row) (x earlier, err error) { return x, row.Scan(&x.id, &x.kind) },
		l.ID, e.mailbox, e.tag, edition, e.pending, since)
	if err != nil || !slices.ContainsFunc(siblings, func(x earlier) bool { return x.id == e.id }) {
		return 0, err
	}
	if e.pending == 0 { // mails that were read and imports: each line stands for itself
		siblings = []earlier{e}
	}
	p, err := openSealed(key, e.id, e.sealed)
	if err != nil {
		return 0, err
	}
	a, f := parseAddress(p.Email)
	if f != nil {
		return 0, nil
	}
	if mail, err := s.spendMail(tx, l.ID, key.Tag(a.exact), s.dayTag(a)); err != nil || !mail {
		return 0, err
	}
	kind := e.kind
	if len(siblings) == 2 {
		kind = Both
	}
	p.Listing, p.Day, p.Source, p.Line, p.Salts = e.listing, "", "", 0, nil
	x, err := s.submit(key, Request{Letter: l, Edition: l.Edition.Number, Browser: newSecret(), Lang: e.language, Text: e.text, Kind: kind}, p)
	if err != nil {
		return 0, err
	}
	if err := x.insert(tx, 1); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(qExtendPending, tx.Now().Add(reaffirmFor).UnixMicro(), x.id); err != nil {
		return 0, err
	}
	for _, y := range siblings {
		if _, err := tx.Exec(qSetAsked, x.id, l.ID, y.id); err != nil {
			return 0, err
		}
	}
	return len(siblings), job.Enqueue(tx, ReaffirmMail{Pending: x.id})
}
