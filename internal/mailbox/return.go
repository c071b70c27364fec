package mailbox

import (
	"crypto/subtle"
	"encoding/binary"
	"strings"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// Sent says which of the mails that are sent a return address is of.
type Sent byte

// The kinds of mail that something can come back of. The letters stand in addresses for as long as mails are kept: they never change.
const (
	Confirmation Sent = 'c' // to who signs: ID is the submission
	ToSigner     Sent = 's' // to who has signed: the signature
	Following    Sent = 'f' // to who asked for news and is to confirm it: the row of their asking
	ToFollower   Sent = 'n' // news: the follower
	Followed     Sent = 'a' // all that a mailbox follows: the follower who asked for the list
	Invitation   Sent = 'i' // the invitation
	Reminder     Sent = 'j' // the invitation
	ToReader     Sent = 'r' // a draft that goes round: the reader
	ToEditor     Sent = 'e' // the user
	ToAddressee  Sent = 'd' // a letter that is handed over: the delivery
	ToOffice     Sent = 'o' // to an addressee's office, about its own view: the office's link
	Call         Sent = 'l' // a letter's own address, which is published; no ID
)

// Name is the kind in a word, for rows and message keys.
func (s Sent) Name() string {
	return map[Sent]string{Confirmation: "confirmation", ToSigner: "signer", Following: "following", ToFollower: "follower", Followed: "followed",
		Invitation: "invitation", Reminder: "invitation", ToReader: "reader", ToEditor: "editor", ToAddressee: "delivery", ToOffice: "office",
		Call: "call"}[s]
}

// Private reports whether who got such a mail is nobody's business but theirs: that somebody has signed or follows, or began to, follows from it.
func (s Sent) Private() bool {
	return s == Confirmation || s == ToSigner || s == Following || s == ToFollower || s == Followed
}

// Silent reports whether editors may not be told what machines answer to such mails: that one was sent says that somebody had not signed.
func (s Sent) Silent() bool { return s.Private() || s == Invitation || s == Reminder }

// Return names one mail that was sent, for what comes back of it.
type Return struct {
	Sent   Sent
	Letter store.LetterID
	ID     int64
	Ends   bool // the address ends what it is of: whoever writes to it wants no more of these mails
}

// A return address is LOCAL+TOKEN@DOMAIN of the address that the inbox has. The token is kind ‖ letter ‖ id ‖ tag of these under a key of
// the instance, so it needs no row and nobody can make up one; in lower case without padding, since servers on the way may change case.
const (
	returnNames  = 1 + 8 + 8
	returnTag    = 10 // bytes: 80 bits
	returnLength = ((returnNames+returnTag)*8 + 4) / 5
	endsBit      = 0x80
)

// MaxInboxLocal is how long the part before the @ of an inbox's address may be, so that addresses made of it are none too long
// (RFC 5321, 4.5.3.1.1).
const MaxInboxLocal = 64 - 1 - returnLength

func (s *Service) returnToken(r Return) string {
	kind := byte(r.Sent)
	if r.Ends {
		kind |= endsBit
	}
	b := binary.BigEndian.AppendUint64([]byte{kind}, uint64(r.Letter))
	b = binary.BigEndian.AppendUint64(b, uint64(r.ID))
	return seal.Base32.EncodeToString(append(b, s.Keys.Tag("return address", string(b))[:returnTag]...))
}

// ReturnAddress is where answers to a mail come back to, "" while there is no inbox.
func (s *Service) ReturnAddress(r Return) string {
	local, domain, ok := strings.Cut(s.Inbox, "@")
	if !ok {
		return ""
	}
	return local + "+" + s.returnToken(r) + "@" + domain
}

// ReadReturn returns the mail whose return address an address is, false where it was not made here. Nothing but its token counts: servers
// on the way rewrite the rest.
func (s *Service) ReadReturn(address string) (r Return, ok bool) {
	local := address
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local = address[:at]
	}
	local = strings.ToLower(strings.Trim(local, "\"<> "))
	for token := range strings.FieldsFuncSeq(local, func(c rune) bool { return c == '+' || c == '=' }) { // as a server may have put it into one of its own
		if len(token) != returnLength {
			continue
		}
		b, err := seal.Base32.DecodeString(token)
		if err != nil {
			continue
		}
		names := b[:returnNames]
		if subtle.ConstantTimeCompare(b[returnNames:], s.Keys.Tag("return address", string(names))[:returnTag]) != 1 {
			continue
		}
		r = Return{Sent: Sent(names[0] &^ endsBit), Ends: names[0]&endsBit != 0, Letter: store.LetterID(binary.BigEndian.Uint64(names[1:])),
			ID: int64(binary.BigEndian.Uint64(names[9:]))}
		return r, r.Sent.Name() != ""
	}
	return Return{}, false
}
