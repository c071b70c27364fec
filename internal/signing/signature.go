// Package signing owns signatures: how one is given, confirmed, published in list and count, changed, withdrawn and
// erased, and what is kept of a signer for how long.
//
// It promises that a signature counts once, on the edition its signer saw, only after its mailbox confirmed it by an act
// that no mail scanner can do; that an acknowledged signature is durable; that only what is publicly listed is stored in
// the clear; and that a known address gets the same answer as a new one. It must not know pages or how mail is sent.
package signing

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// State says where a signature stands.
type State string

// The states of a signature.
const (
	StateNew       State = "new"    // confirmed and durable, joins the count at the next publication
	StateListed    State = "listed" // in the count
	StateHeld      State = "held"   // confirmed and durable, not in the count until somebody released it
	StateWithdrawn State = "withdrawn"
	StateRemoved   State = "removed" // by an editor, with a reason
)

// The reasons for holding a signature.
const (
	HeldDuplicate  = "possible_duplicate" // another signature came from the same mailbox under another spelling
	HeldLookAlike  = "look_alike"         // the name mixes scripts, or looks like another organisation's
	HeldBurst      = roll.HeldBurst       // many came from one mail domain within the hour
	HeldDisposable = "disposable"         // the address is of a provider of throw-away addresses
	HeldRemoved    = "removed_before"     // an editor removed this signer's earlier signature
)

// Limits of what a form may hold, in characters.
const (
	MaxName = 200
	MaxText = 300
)

// How long things last.
const (
	PendingFor  = 72 * time.Hour   // a submission waits for its confirmation
	DisputedFor = 24 * time.Hour   // a disputed one, unless it is confirmed
	CodeFor     = 10 * time.Minute // a mailed code
	maxTries    = 5                // wrong codes a link takes
	maxCodes    = 2                // codes mailed for a link
)

// Service holds the use cases around signatures; those of what belongs together stand in its parts.
type Service struct {
	DB        *store.DB
	Keys      *seal.Keys
	Letters   *letter.Service
	Mailboxes *mailbox.Service
	Log       *tlog.Log
	Rhythm    time.Duration // in which checkpoints are published
	BurstFrom int           // signatures from one mail domain within an hour from which on they are held, or up to twice as many: see burst; 0 for never
	Throwaway Domains       // further providers of throw-away addresses
	Events    Events
	Lookup    account.LookupTXT // asks the DNS

	Receipts Receipts
	Holds    Holds
	Lists    Lists
	Erasures Erasures

	// Who keeps invitations is told, in the transaction of a signature, that it was given by the link of one, and from an address
	// with which tags; and that it is erased, while its row still has its tags.
	Invited func(tx *store.Tx, l letter.ID, invitation int64, mailbox, tag []byte) error
	Erased  func(tx *store.Tx, l letter.ID, signature int64) error

	// Vouchers returns the users who gave their word beforehand that an organisation may sign from an address with a tag.
	Vouchers func(tx *store.Tx, key *seal.LetterKey, l letter.ID, tag []byte, organisation string) (users []int64, err error)

	// Unfollow ends the news of the letter to an address whose signer takes back or erases the signature.
	Unfollow func(tx *store.Tx, l letter.ID, address string) error

	mu        sync.Mutex
	directory directory // guarded by mu
}

// New returns the use cases over a database. lookup asks the DNS.
func New(db *store.DB, keys *seal.Keys, letters *letter.Service, mailboxes *mailbox.Service, log *tlog.Log, lookup account.LookupTXT) *Service {
	s := &Service{DB: db, Keys: keys, Letters: letters, Mailboxes: mailboxes, Log: log, Lookup: lookup}
	s.Receipts.signing, s.Holds.signing, s.Lists.signing, s.Erasures.signing = s, s, s, s
	return s
}

// Events counts what happened in this process since its start, for whoever watches it.
type Events struct{ Submitted, Confirmed, Published atomic.Int64 }
