// Package letter owns letters: their editions and translations, addressees, demands, call, deadline and state, how a draft
// goes round among those who are asked to read it, and the canonical text that signatures are bound to.
//
// It promises that a published edition never changes, that the SHA-256 it states is that of the file it serves, and that
// what a signer saw is what is stored. It must not know who signed, nor how a page looks.
package letter

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// ID is a letter's key in the database, the type that packages below this one name too.
type ID = store.LetterID

// State says where a letter stands; delivered is a fact per addressee and no state.
type State string

// The states of a letter.
const (
	Draft    State = "draft"    // seen by its editors only
	Open     State = "open"     // published; can be signed unless its sign-on is none
	Closed   State = "closed"   // published, no longer signed
	Archived State = "archived" // published, followed to its end
)

// SignOn says who may sign a letter.
type SignOn string

// The sign-on modes of a letter.
const (
	SignOnNone          SignOn = "none" // no form and no count box; still delivered and answered
	SignOnPeople        SignOn = "people"
	SignOnOrganisations SignOn = "organisations"
	SignOnBoth          SignOn = "both"
)

// Follows says how an edition relates to the one before.
type Follows string

// The ways an edition can follow the last.
const (
	FollowsNone        Follows = "" // the first edition
	FollowsCosmetic    Follows = "cosmetic"
	FollowsTranslation Follows = "translation" // signatures carry over, as after a cosmetic one
	FollowsSubstantive Follows = "substantive" // signers are asked again
)

// Letter is the whole undertaking, with its current published edition (or, for a draft, the text so far).
type Letter struct {
	ID        ID
	LogID     verify.LetterID
	Slug      string // [a-z0-9-]{1,80}
	State     State
	SignOn    SignOn
	Protected bool // preselects the counted-only listing
	Mandate   bool // an organisation counts only once it is known that who signed for it may
	Informed  bool // its form may offer that the lead organisations write to the signer about their own work: see Informs
	Leads     []account.Organisation
	Deadline  Deadline
	Edition   Edition
	Call      *Call
	Embeds    []string // origins of the sites that may show it in a frame
	Contacts  Contacts
	Version   int64 // grows with every change that a page may show
	CreatedAt time.Time
	OpenedAt  time.Time // zero for a draft
	ClosedAt  time.Time // zero until closed
	FixedAt   time.Time // of a draft: since when its text is what was handed over; zero for not
	PublishAt time.Time // of a draft: when it is published by itself, in the zone in which that was chosen; zero for never
	LeadWait  int       // hours in which lead organisations can object to a change that asks nothing of signers; 0: they approve it
	Continues ID        // the letter that it goes on with, 0 for none
	Final     bool      // its close leaf is written: no signature joins the count any more
}

// Fixed reports whether the authoritative text can change no more but by a next edition.
func (l Letter) Fixed() bool { return l.State != Draft || !l.FixedAt.IsZero() || !l.PublishAt.IsZero() }

// Deadline is the instant up to which a letter can be signed, in the place it was set for. The zero Deadline is none.
type Deadline struct {
	At              time.Time      // the last instant; UTC
	Zone            *time.Location // the place named, UTC if none was
	CloseOfBusiness bool           // given as "close of business", which is 17:00 there
}

// IsSet reports whether there is a deadline.
func (d Deadline) IsSet() bool { return !d.At.IsZero() }

// Grace is how long a signature given before the deadline may still be confirmed after it (DESIGN.md 4).
const Grace = 24 * time.Hour

// AcceptsSignatures reports whether someone may sign at that moment.
func (l Letter) AcceptsSignatures(now time.Time) bool {
	return l.State == Open && l.SignOn != SignOnNone && (!l.Deadline.IsSet() || now.Before(l.Deadline.At))
}

// Informs reports whether the sign form offers that the lead organisations write to the signer about their own work. Who signs a letter
// that may put them in danger is not asked: a list of their addresses must not come to be.
func (l Letter) Informs() bool { return l.Informed && !l.Protected && len(l.Leads) > 0 }

// End returns when the letter was closed, or will be by its deadline; zero if neither is known. What is sealed of its signers is destroyed
// KeptAfterClose later.
func (l Letter) End() time.Time {
	if l.ClosedAt.IsZero() && l.Deadline.IsSet() {
		return l.Deadline.At.Add(Grace)
	}
	return l.ClosedAt
}

// ConfirmUntil returns until when a signature given in time may be confirmed; zero when the letter has no end yet.
func (l Letter) ConfirmUntil() (end time.Time) {
	for _, t := range []time.Time{l.Deadline.At, l.ClosedAt} {
		if !t.IsZero() && (end.IsZero() || t.Add(Grace).Before(end)) {
			end = t.Add(Grace)
		}
	}
	return end
}

// AcceptsConfirmations reports whether a signature given in time may be confirmed at that moment.
func (l Letter) AcceptsConfirmations(now time.Time) bool {
	end := l.ConfirmUntil()
	return (l.State == Open || l.State == Closed) && l.SignOn != SignOnNone && (end.IsZero() || now.Before(end))
}

// CanReopen reports whether the letter can be opened again as it is: its end is not in the log, its key not destroyed, its deadline not over.
func (l Letter) CanReopen(now time.Time) bool {
	return l.State == Closed && !l.Final && now.Before(l.ClosedAt.Add(KeptAfterClose)) && (!l.Deadline.IsSet() || now.Before(l.Deadline.At))
}

// Refusal says why a letter takes no signatures any more.
func (l Letter) Refusal() *fault.Error {
	if l.State == Open && l.Deadline.IsSet() {
		return fault.New(fault.Gone, "letter.deadline")
	}
	return fault.New(fault.Gone, "letter.closed")
}

// Edition is an immutable published text of a letter, in one or more languages.
type Edition struct {
	Number      int // from 1
	Follows     Follows
	Language    string // the authoritative one
	SHA256      string // lower-case hex of the authoritative file
	PublishedAt time.Time
	LeafHash    verify.Hash     // names it in the log; zero for a draft
	Texts       map[string]Text // by language
}

// Languages returns the edition's languages, the authoritative one first, the others by code.
func (e Edition) Languages() []string {
	codes := slices.DeleteFunc(slices.Sorted(maps.Keys(e.Texts)), func(code string) bool { return code == e.Language })
	if _, ok := e.Texts[e.Language]; ok {
		return append([]string{e.Language}, codes...)
	}
	return codes
}

// Prefer returns the first of the languages that the edition has, else the authoritative one.
func (e Edition) Prefer(codes ...string) string {
	for _, code := range codes {
		if _, ok := e.Texts[code]; ok {
			return code
		}
	}
	return e.Language
}

// Text returns the text in the language, else the authoritative one.
func (e Edition) Text(language string) Text {
	if t, ok := e.Texts[language]; ok {
		return t
	}
	return e.Texts[e.Language]
}

// LastText returns, of a letter's editions with the last first, the one that brought the text which is signed now; what changed
// since then does not concern signers.
func LastText(editions []Edition) Edition {
	for _, e := range editions {
		if e.Follows == FollowsSubstantive || e.Number == 1 {
			return e
		}
	}
	return Edition{}
}

// Text is an edition in one language. Strings are plain text unless said otherwise.
type Text struct {
	Format       int         `json:"format,omitempty"` // 1 if 0; see Format
	Language     string      `json:"language"`
	Title        string      `json:"title"`
	Subtitle     string      `json:"subtitle,omitempty"`
	Introduction string      `json:"introduction,omitempty"` // Markdown shown above the letter; not part of what is signed
	Addressees   []Addressee `json:"addressees,omitempty"`
	Place        string      `json:"place,omitempty"`
	Date         string      `json:"date,omitempty"` // as written in the letter
	Salutation   string      `json:"salutation,omitempty"`
	Body         string      `json:"body"`              // Markdown, with the demands where they stand
	Demands      []Demand    `json:"demands,omitempty"` // in format 2 what the body says: whoever changes it calls tidy
	Closing      string      `json:"closing,omitempty"`
	SignedBy     []Signer    `json:"signed_by,omitempty"`
	Translator   string      `json:"translator,omitempty"` // who translated it; "" for the authoritative text
	SourceSHA256 string      `json:"source_sha256,omitempty"`

	SHA256  string `json:"-"` // lower-case hex of the canonical file
	Former  string `json:"-"` // of a text read from a file: the hash that format 1 gave it, by which it is known again
	Current bool   `json:"-"` // of a translation that is saved: it says what its source does, also where no word of it was changed
	Stale   bool   `json:"-"` // the authoritative text moved on since this was translated
	Source  int    `json:"-"` // of a stale translation: the number of the last edition that had the text it was made from, 0 if none
}

// Addressee is a person, an office, or both, who is asked.
type Addressee struct {
	Before  string   `json:"before,omitempty"` // honorifics before the name, which are no part of it
	Name    string   `json:"name,omitempty"`
	Office  string   `json:"office,omitempty"`
	Address []string `json:"address,omitempty"`
}

// Line returns the name with its honorifics, as a letter is addressed.
func (a Addressee) Line() string {
	if a.Name == "" {
		return ""
	}
	return joinWith(" ", a.Before, a.Name)
}

// Lines returns name, office and address as they stand below each other.
func (a Addressee) Lines() []string {
	return slices.DeleteFunc(append([]string{a.Line(), a.Office}, a.Address...), func(line string) bool { return line == "" })
}

// Demand is one request of a letter.
type Demand struct {
	Number string `json:"number,omitempty"` // in format 2 in ASCII digits, else as written; "" for one in prose
	Text   string `json:"text"`
	InBody bool   `json:"in_body,omitempty"` // stands in Body, so the canonical file does not repeat it; in format 1 some do not
}

// Signer is who signed the text itself. It is text of the letter and counts as no signature.
type Signer struct {
	Name         string `json:"name,omitempty"`
	Role         string `json:"role,omitempty"`
	Organisation string `json:"organisation,omitempty"`
}

// Contacts are whom others can ask about a letter. The zero Contact is nobody.
type Contacts struct {
	Press  Contact `json:"press,omitzero"`
	Office Contact `json:"office,omitzero"` // for the offices that are asked
}

// Contact is somebody who can be asked, as the letter's page shows it.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Call is the cover note that asks possible signers.
type Call struct {
	Language   string `json:"language"`
	From       string `json:"from,omitempty"`
	Title      string `json:"title,omitempty"`
	Salutation string `json:"salutation,omitempty"`
	Body       string `json:"body"`              // Markdown
	Contact    string `json:"contact,omitempty"` // whom to ask
	Email      string `json:"email,omitempty"`   // the contact's address
}

var slugPattern = regexp.MustCompile(`^[a-z0-9-]{1,80}$`)

// IsSlug reports whether s can name a letter in a URL.
func IsSlug(s string) bool { return slugPattern.MatchString(s) }
