// Package verify is everything an auditor needs to check the count of an open letter: what a statement of the log may
// say, how numbers follow from statements, what a signature commits to, and how receipts, checkpoints and bundles are
// checked. Whoever reads this package has read all that the numbers rest on; the server uses the same code.
//
// A log is an append-only list of leaves, each one statement: a text was published (edition), somebody signed it (sign),
// a signer took it back or an editor took it out (withdraw), a signer changed who may see the name (relist), the last day
// moved (deadline), a list of names was brought in (import), no signature counts any more (close), the letter was handed
// over (deliver). The log is a Merkle tree as in RFC 6962; its checkpoints, tiles and receipts are those of
// c2sp.org/tlog-checkpoint, c2sp.org/tlog-tiles and c2sp.org/tlog-proof.
//
// Leaves hold no personal data. A sign leaf commits to what is published about the signer and to how the signer was
// reached, each with a salt of its own; for names that are public an opening gives the words and the salt, so that anyone
// computes the commitment again. Destroying a salt erases the person; the leaf still counts.
//
// It promises that what it accepts has one meaning: every parser of what is hashed or signed refuses what it would not have
// written itself. It imports the standard library and golang.org/x/mod only, and must know neither database nor server. What
// no log can prove, that signers are who they say, it cannot either.
//
// contrib/verify.py audits as Audit does and shares no line with it; the tests hold both to the same verdicts.
package verify

import (
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash; it prints as base64 (RFC 4648, section 4).
type Hash = tlog.Hash

// LetterID names a letter in the log: 128 random bits, made with the letter.
type LetterID [16]byte

// String returns 32 lower-case hexadecimal digits.
func (id LetterID) String() string { return hex.EncodeToString(id[:]) }

// ParseLetterID reads what String returns.
func ParseLetterID(s string) (id LetterID, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) || strings.ToLower(s) != s {
		return id, fmt.Errorf("%q is not a letter id of 32 hexadecimal digits", s)
	}
	return LetterID(b), nil
}

// Kind says who signed.
type Kind string

// The kinds.
const (
	Person       Kind = "person"
	Organisation Kind = "organisation"
)

// Listing says whether the name is public. Which others may see a withheld one is nobody's business.
type Listing string

// The listings.
const (
	Public   Listing = "public"
	Withheld Listing = "withheld"
)

// Basis says how the signature is known.
type Basis string

// The bases.
const (
	ByEmail   Basis = "email"   // confirmed from the signer's mailbox
	ByDomain  Basis = "domain"  // from the organisation's own domain
	ByReply   Basis = "reply"   // answered a mail; added by an editor
	ByPaper   Basis = "paper"   // signed on paper; added by an editor
	ByImport  Basis = "import"  // came from another list; added by an editor
	ByVoucher Basis = "voucher" // vouched for by a lead organisation
)

// Imported reports whether an editor brought the signature in: an import leaf bounds how many.
func (b Basis) Imported() bool { return b == ByReply || b == ByPaper || b == ByImport }

// Reason says why a signature ended.
type Reason string

// The reasons.
const (
	Signer     Reason = "signer"     // taken back
	Erasure    Reason = "erasure"    // taken back, and everything about the signer destroyed
	Reaffirmed Reason = "reaffirmed" // replaced by a later signature of the same signer
	Duplicate  Reason = "duplicate"  // taken out by an editor, as all that follow
	Fraud      Reason = "fraud"
	Moderation Reason = "moderation"
	Undone     Reason = "import" // the list it came from was taken out
)

// Removed reports whether an editor took the signature out.
func (r Reason) Removed() bool {
	return r == Duplicate || r == Fraud || r == Moderation || r == Undone
}

// Follows says how an edition relates to the one before.
type Follows string

// The ways an edition can follow. After a substantive one, signatures on earlier texts stand beside the count.
const (
	Cosmetic    Follows = "cosmetic"
	Translation Follows = "translation"
	Substantive Follows = "substantive"
)
