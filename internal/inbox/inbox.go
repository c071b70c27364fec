package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Bounds of what is kept of mails that came in.
const (
	MaxMail   = 80 << 20 // bytes of one, which is a file of 50 MiB as mail encodes it
	headOnly  = 1 << 20  // bytes that are kept of a larger one
	MaxKept   = 4 << 30  // bytes of all
	MaxMails  = 100_000  // of which there is more than a row
	KeptFor   = 30 * 24 * time.Hour
	pieceSize = 512 << 10
	atOnce    = 2        // pieces a transaction: signers wait behind it
	longLine  = 1 << 10  // bytes of the line that may stand before a mail
	maxWords  = 16 << 10 // bytes of the text that a row shows
	orphaned  = 24 * time.Hour
	StaleFor  = 90 * 24 * time.Hour  // that what waits for the operator is kept
	rowsFor   = 365 * 24 * time.Hour // that the same mail is known again
)

// State says how far a mail is.
type State string

// The states.
const (
	New     State = "new"     // nobody has looked what it is
	Waits   State = "waits"   // for an editor, or for the operator
	Noted   State = "noted"   // what follows from it has followed, or nothing does
	Done    State = "done"    // somebody has seen that nothing is to be done
	Taken   State = "taken"   // it is a line of a list that was proposed
	Entered State = "entered" // it is a response, and kept with that
)

// Service keeps the mails that come in, and has them sorted.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Mailboxes *mailbox.Service
	Lookup    account.LookupTXT

	Takers map[mailbox.Sent]Taker         // by what comes back
	Gone   func(status, says string) bool // whether a server's words say that nobody is at an address, for good
	Most   struct{ Bytes, Mails int64 }   // of what is kept; 0 for the usual
	mu     sync.Mutex                     // guards what follows
	asked  *voucher                       // keys that were asked for lately
	since  time.Time                      // since when
}

// Taker deals with what comes back of one kind of mails. What it does it may be told to do again. Where it returns ErrLook, or fails again
// and again, the mail waits for a person.
type Taker struct {
	Bounced func(ctx context.Context, r mailbox.Return, gone bool) error // nil for nothing; gone says that nobody is there, for good
	Ended   func(ctx context.Context, r mailbox.Return) error            // nil where such mails cannot be ended
}

// Came is a mail as it is handed over.
type Came struct {
	Raw       []byte
	Size      int64          // of the whole, where Raw is only its beginning; 0 for the length of Raw
	Recipient string         // whom it came for, "" where only its header says it
	Letter    store.LetterID // that somebody has given it to, 0 for none
}

// Pipe reads a mail that a mail server hands to a program.
func Pipe(r io.Reader) (c Came, err error) {
	if c.Raw, err = io.ReadAll(io.LimitReader(r, MaxMail+longLine)); err != nil {
		return c, err
	}
	rest, err := io.Copy(io.Discard, r) // a server whose pipe breaks tries again for ever
	c.Size = int64(len(c.Raw)) + rest
	return c.bare(), err
}

// bare takes off the line that a mail is handed to a program with (mbox), which says when that was: it is no part of the mail.
func (c Came) bare() Came {
	c.Size = max(c.Size, int64(len(c.Raw)))
	if first, rest, ok := bytes.Cut(c.Raw, []byte{'\n'}); ok && fromLine.Match(first) {
		c.Size -= int64(len(c.Raw) - len(rest))
		c.Raw = rest
	}
	return c
}

// Whole reports whether all of it is kept.
func (c Came) Whole() bool { return c.Size <= MaxMail && c.Size <= int64(len(c.Raw)) }

// Kept returns how many of its bytes are kept.
func (c Came) Kept() int {
	if c.Whole() {
		return len(c.Raw)
	}
	return min(len(c.Raw), headOnly)
}

// ErrFull says that no more can be kept until what waits is dealt with. The mail stays where it is.
var ErrFull = fault.New(fault.Limited, "inbox.full")

// sort is the job that looks what a mail is.
type sortMail struct {
	Incoming int64 `json:"incoming"`
}

// Kind names the job.
func (sortMail) Kind() string { return "inbox.sort" }

// Receipt tells whoever wrote that their mail has arrived. Its job is written with what the mail was sorted as.
type Receipt struct {
	Incoming int64 `json:"incoming"`
}

// Kind names the job.
func (Receipt) Kind() string { return "mail.receipt" }

// Register hands the work that is done in the background to the runner.
func (s *Service) Register(r *job.Runner) {
	job.Handle(r, func(ctx context.Context, _ int64, j sortMail) error { return s.sort(ctx, j.Incoming) }, job.Limit(2), job.Timeout(5*time.Minute))
}

// Receive keeps a mail, and returns once it is on stable storage: its id, or 0 for one that is there already. Whatever is killed in
// between leaves nothing but pieces that belong to no mail, and the same mail can be handed over again.
func (s *Service) Receive(ctx context.Context, c Came) (id int64, err error) {
	c = c.bare()
	if len(c.Raw) == 0 {
		return 0, fault.New(fault.Invalid, "file.empty")
	}
	whole := c.Whole()
	c.Raw = c.Raw[:c.Kept()]
	tag := s.tag(c)
	if err := s.room(ctx, c, tag); err != nil {
		return 0, errNothing(err)
	}
	id = store.NewID(s.DB.Now())
	head, err := s.sealHead(id, Head{Recipient: c.Recipient})
	if err != nil {
		return 0, err
	}
	pieces := slices.Collect(slices.Chunk(c.Raw, pieceSize))
	for first := 0; ; first += atOnce {
		some := pieces[min(first, len(pieces)):min(first+atOnce, len(pieces))]
		sealed := make([][]byte, len(some))
		for i, piece := range some {
			sealed[i] = s.Keys.Seal(partsOf(id), int64(first+i), piece)
		}
		last, there := first+atOnce >= len(pieces), false
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			there = false
			for i, piece := range sealed {
				if _, err := tx.Exec(qInsertPart, id, first+i, piece); err != nil {
					return err
				}
			}
			if !last {
				return nil
			}
			n, err := tx.Exec(qInsert, id, tag, len(c.Raw), whole, c.Letter, seal.NoTag(), tx.Now().UnixMicro(), head)
			if err != nil {
				return err
			}
			if there = n == 0; there { // somebody else has read it at this moment
				_, err = tx.Exec(qDropParts, id)
				return err
			}
			return job.Enqueue(tx, sortMail{id})
		})
		if err != nil {
			return 0, err
		}
		if there {
			return 0, nil
		}
		if last {
			return id, nil
		}
	}
}

// errThere says that a mail is kept already.
var errThere = errors.New("inbox: it is there")

func errNothing(err error) error {
	if errors.Is(err, errThere) {
		return nil
	}
	return err
}

// room returns errThere for a mail that is kept, and ErrFull where there is no room. What comes to an address that is no secret leaves half
// of it to the others.
func (s *Service) room(ctx context.Context, c Came, tag []byte) error {
	most, mails := int64(MaxKept), int64(MaxMails)
	if s.Most.Bytes > 0 {
		most, mails = s.Most.Bytes, s.Most.Mails
	}
	h := readHeader(withCRLF(c.Raw[:min(len(c.Raw), maxHeader)]))
	if to := answers(h, broughtFor, c.Recipient, s.Mailboxes.ReadReturn); to.Sent == 0 || to.Sent == mailbox.Call {
		most, mails = most/2, mails/2
	}
	return s.DB.View(ctx, func(tx *store.Tx) error {
		var there, kept, n int64
		if err := tx.Row(qHas, tag).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			return errThere
		}
		if err := tx.Row(qKept).Scan(&kept, &n); err != nil {
			return err
		}
		if kept+int64(len(c.Raw)) > most || n >= mails {
			return ErrFull
		}
		return nil
	})
}

// tag is the same for the same bytes that came for the same address, and for no others.
func (s *Service) tag(c Came) []byte {
	sum := sha256.Sum256(c.Raw)
	return s.Keys.Tag("incoming", fmt.Sprintf("%d %x %s", c.Size, sum, strings.ToLower(c.Recipient)))
}

func partsOf(id int64) string { return fmt.Sprintf("incoming_part %d", id) }

// Head is what is sealed in the row of a mail: what a list shows of it.
type Head struct {
	Recipient string
	Sorted    Sorted
}

func (s *Service) sealHead(id int64, h Head) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("inbox: seal a mail: %w", err)
	}
	return s.Keys.Seal("incoming", id, text), nil
}

func (s *Service) openHead(i incoming) (h Head, err error) {
	if len(i.sealed) == 0 {
		return h, nil
	}
	text, err := s.Keys.Open("incoming", i.id, i.sealed)
	if err != nil {
		return h, fmt.Errorf("inbox: mail %d: %w", i.id, err)
	}
	return h, json.Unmarshal(text, &h)
}

// raw returns the bytes of a mail.
func (s *Service) raw(ctx context.Context, id int64) (raw []byte, err error) {
	var pieces [][]byte
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		pieces, err = store.List(tx, qListParts, func(row store.Row) (b []byte, err error) { return b, row.Scan(&b) }, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	raw = make([]byte, 0, len(pieces)*pieceSize)
	for n, sealed := range pieces {
		piece, err := s.Keys.Open(partsOf(id), int64(n), sealed)
		if err != nil {
			return nil, fmt.Errorf("inbox: mail %d: %w", id, err)
		}
		raw = append(raw, piece...)
		pieces[n] = nil
	}
	return raw, nil
}

// destroy takes a mail's bytes, and what a row says of it. The row stays for a year, so that the same mail is not read
// again: it may lie where it could not be moved from.
func destroy(tx *store.Tx, id int64) error {
	if _, err := tx.Exec(qDropParts, id); err != nil {
		return err
	}
	_, err := tx.Exec(qEmpty, seal.NoTag(), []byte{}, id)
	return err
}

// Retain destroys the mails that nobody has to look at any more, those that have become a list, those that wait for the operator and have
// waited long, and pieces that belong to none; what went into a list that was thrown away waits again.
func (s *Service) Retain(ctx context.Context) error {
	now := s.DB.Now()
	old := now.Add(-KeptFor).UnixMicro()
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qForgetDays, now.Unix()/86400-countedDays); err != nil {
			return err
		}
		_, err := tx.Exec(qReopen, now.UnixMicro())
		return err
	})
	for q, args := range map[*store.Query][]any{qListOld: {old}, qListStale: {now.Add(-StaleFor).UnixMicro()}, qListAdded: nil, qListEnded: {old},
		qListOrphans: {store.IDAt(now.Add(-orphaned))}} {
		err = errors.Join(err, s.destroyAll(ctx, q, args...))
	}
	if err == nil {
		_, err = s.DB.Repeat(ctx, qForgetRows, now.Add(-rowsFor).UnixMicro())
	}
	return err
}

// destroyAll destroys the mails that a query finds, until it finds none.
func (s *Service) destroyAll(ctx context.Context, q *store.Query, args ...any) error {
	for {
		var ids []int64
		err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
			ids, err = store.List(tx, q, scanID, args...)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids { // each may have many pieces
			if err := s.DB.Update(ctx, func(tx *store.Tx) error { return destroy(tx, id) }); err != nil {
				return err
			}
		}
	}
}

// Forget destroys the mails that an address has sent about signing a letter, whoever they wait for, in the transaction that takes back or
// erases its signature.
func (s *Service) Forget(tx *store.Tx, l store.LetterID, address string) error {
	ids, err := store.List(tx, qListOf, scanID, s.senderTag(address), l)
	for _, id := range ids {
		if err == nil {
			err = destroy(tx, id)
		}
	}
	return err
}

// GiveUp deletes every mail: they were sealed with keys that are lost.
func (s *Service) GiveUp(ctx context.Context) error {
	_, err := s.DB.Repeat(ctx, qGiveUp)
	if err == nil {
		_, err = s.DB.Repeat(ctx, qGiveUpParts)
	}
	return err
}
