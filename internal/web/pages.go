package web

import (
	"html/template"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
)

// Base is what every page has. Templates speak through L and link through URL and Asset.
type Base struct {
	L         *i18n.Locale
	Prefix    string         // "/fa" when the page's URL names its language, else ""
	Site      string         // the instance's name
	Title     string         // of the page, for <title>; the layout adds Site
	Summary   string         // one sentence for search engines and link previews, "" for none
	Path      string         // of this page without language segment, with its query
	Canonical string         // absolute URL of this page in this language
	Languages []LanguageLink // the same page in the interface's languages
	Demo      bool           // the demonstration instance: a banner says so
	NoIndex   bool           // pages that search engines must not keep
	Feed      FeedLink       // what can be followed from here; zero for nothing
	Metadata  *thing         // what the page is about, for machines; nil for nothing
	Desk      *DeskNav       // pages of somebody who is signed in; nil elsewhere
	Note      string         // what was just done, "" for nothing
	Scripts   bool           // the page is one of the desk, whose script makes some of it easier
}

// LanguageLink is a page in another language.
type LanguageLink struct {
	Code, Name, Dir, URL string
	Current              bool
}

// URL returns a path in the language that the page's own URL names, if it names one: "/fa/letters/x" for "/letters/x".
func (b Base) URL(path string) string { return b.Prefix + path }

// Asset returns the immutable, hashed path of a file in static/.
func (b Base) Asset(name string) string { return assets.path(name) }

// Tagged is text of a letter or a directory entry, with its own language and direction.
type Tagged struct{ Text, Lang, Dir string }

// HomePage lists the letters of the instance.
type HomePage struct {
	Base
	Open, Closed []LetterCard
	OlderURL     string // "" when these are all
}

// LetterCard is a letter in a list.
type LetterCard struct {
	URL      string
	Title    Tagged
	Subtitle Tagged
	To       []Tagged // addressees, one line each
	Leads    []Tagged
	Deadline string // with date and place, "" if none
	State    string // draft open closed archived
	Counted  bool   // false when sign-on is none
	Counts   Counts
}

// Counts are the numbers of the count box; never one inflated number.
type Counts struct {
	Organisations, Persons                 int
	Withheld, Imported, Withdrawn, Removed int
	Earlier                                int // of all, signed on an earlier, substantively different edition

	ByEdition []EditionCount // all that stand, the current edition first; none while there is only one
	Ended     []ReasonCount  // those withdrawn and removed, by reason
	AsOf      string         // time of the checkpoint, "" before the first
	Size      int            // entries of the log at that checkpoint
	CheckURL  string         // how to check them
}

// EditionCount is how many signatures stand on an edition.
type EditionCount struct{ Number, N int }

// ReasonCount is how many signatures ended for a reason.
type ReasonCount struct {
	Reason string // signer erasure duplicate fraud moderation import
	N      int
}

// LetterPage is a letter with its sign form.
type LetterPage struct {
	Base
	Letter      LetterView
	Counted     bool
	Counts      Counts
	Updates     []UpdateLink
	Recent      []SignatoryView
	RecentOrgs  []SignatoryView
	ListURL     string
	Deadline    string // "" if none
	DeadlineISO string
	Open        bool   // can be signed now
	ClosedText  string // why it cannot be signed, when Open is false
	Form        SignForm
	Share       Share
	CallURL     string // "" without a call
	NoMail      bool   // the instance cannot send mail, so it offers no form
}

// LetterView is the text of one edition in one language, ready to print.
type LetterView struct {
	URL          string
	Title        Tagged // Lang and Dir hold for all text of the letter
	Untitled     bool   // the letter has no title of its own; Title names it for lists and this page
	Subtitle     string
	Introduction template.HTML
	Leads        []OrganisationView
	Addressees   []AddresseeView
	Place, Date  string
	Salutation   string
	Body         template.HTML
	Demands      []DemandView // those that do not stand in Body
	Closing      string
	SignedBy     []SignerView
	Translator   string
	Texts        []TextLink // this edition in its languages
	Number       int        // of the edition
	Current      bool       // is the letter's current edition
	Published    string     // date
	SHA256       string
	FileURL      string // the canonical file
	EditionsURL  string
	Editions     int        // how many there are
	Stale        bool       // this translation is older than the authoritative text
	Source       int        // of a stale translation: the edition it was made from, 0 if that is not known
	SourceURL    string     // what has changed since, "" if Source is 0
	AuthorityURL string     // the authoritative text, "" when this is it
	Authority    bool       // this is the authoritative text
	Beside       []TextLink // the texts that can stand beside this one
	AloneURL     string     // this text without another beside it
	Columns      []Column   // two texts beside each other, or none
}

// Column is one of two texts that stand beside each other. Both have as many cells, so that the same paragraph of both
// stands in the same row.
type Column struct {
	LetterView
	First bool
	Text  TextLink        // its language
	Cells []template.HTML // the body
	Asks  [][]DemandView  // the demands that do not stand in the body
}

// AddresseeView is who is asked.
type AddresseeView struct {
	Name, Office string
	Address      []string
}

// DemandView is one numbered demand.
type DemandView struct{ Number, Text string }

// SignerView is who signed the text itself.
type SignerView struct{ Name, Role, Organisation string }

// TextLink is one language of an edition.
type TextLink struct {
	Lang, Name, Dir, URL          string
	Current, Authoritative, Stale bool
	Translator                    string
}

// OrganisationView is an organisation on a letterhead or its own page.
type OrganisationView struct {
	Name    Tagged
	URL     string
	Address []string
	Email   string
	Phone   string
	Links   []string
	LogoURL string
	Country string
	About   Tagged
}

// SignatoryView is one line of a public list.
type SignatoryView struct {
	Name         string
	Title        string // for identification only
	Affiliation  string // for identification only
	Country      string // in the page's language
	Organisation bool
	Basis        string // reply, paper, import or voucher; "" when the signer's own mailbox confirmed it
}

// Share is the row of plain links that spread a letter; none of them calls a third party until it is followed.
type Share struct {
	URL   string // absolute, to copy
	Mail  string // mailto:
	Links []ShareLink
}

// ShareLink opens another service's form with the letter's address.
type ShareLink struct{ Name, URL string }

// SignForm is the sign form with what was typed and what is wrong with it.
type SignForm struct {
	Action       string
	Edition      int
	Text         string   // language of the text that is shown with the form
	Kinds        []string // of person, organisation, both: those the letter's sign-on allows, the first preselected
	Kind         string
	Name         string
	Email        string
	TitleText    string // field "title"
	Affiliation  string
	Organisation string
	Listing      string
	Listings     []string // public addressee coalition counted
	Country      string
	Countries    []Option
	Updates      bool
	Consent      bool
	Errors       map[string]string // by field name; "" holds one about the whole form
	ErrorOrder   []string          // fields with errors, in the form's order
	DiffURL      string            // what changed since the reader's edition, when that is why the form came back
	Responsible  []Tagged          // lead organisations
	Until        string            // date up to which sealed data is kept, "" if only "30 days after the letter closes" can be said
	Protected    bool
	Invitation   string // token of the invitation whose page holds the form, "" for none
}

// Option is one entry of a select.
type Option struct{ Value, Text string }

// CheckMailPage tells a signer to look into the mailbox.
type CheckMailPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	Email       string // as typed; "" without the cookie
	Code        string // six ASCII digits, "" without the cookie
	CanResend   bool
	Resent      bool
	ResendURL   string // POST, no fields
	CorrectURL  string // the letter's form
	Mailbox     string // demo: the page that shows caught mail
}

// ConfirmPage is where the mail's link leads. It is inert: only its one POST form acts.
type ConfirmPage struct {
	Base
	Action       string
	LetterTitle  Tagged
	LetterURL    string
	Edition      int
	TextLanguage string // of the text that was read, named in the page's language
	SHA256       string
	Kind         string
	Name         string // masked without cookie or code
	Organisation string // masked likewise
	Listing      string
	Known        bool     // the cookie is there: one press confirms
	CodeSent     bool     // a fresh code was mailed
	Asked        bool     // a mail asked: no browser has a code yet
	CodesLeft    bool     // another fresh code can be mailed
	Error        string   // what was wrong with the last try
	Disputed     bool     // somebody pressed "this was not me"
	Listings     []string // the owner of the mailbox may choose another, with a mailed code
	Typed        Typed    // what was typed in place of what the form held
}

// Typed is a correction that came back with a wrong code.
type Typed struct{ Name, Title, Affiliation, Organisation, Listing string }

// Any reports whether anything was typed.
func (t Typed) Any() bool { return t != Typed{} }

// ReceiptPage follows a confirmation: it is the only place that shows the secret.
type ReceiptPage struct {
	Base
	LetterTitle  Tagged
	LetterURL    string
	TextLanguage string // of the text signed, named in the page's language
	Kind         string
	Name         string
	Organisation string
	Listing      string
	Secret       string // 26 characters
	Appears      string // when the signature joins the count
	Held         bool   // somebody looks at it first
	Again        bool   // the letter was already signed from this address
	SignatureURL string
	Share        Share
	Withheld     bool     // listing is not public: show once, keep safe
	Promises     []string // signed notes, one for each signature
	PromisedBy   string   // when they are to be kept at the latest
}

// MessagePage is a page that only says something: disputed, withdrawn, erased, an error.
type MessagePage struct {
	Base
	Heading   string
	Text      []string
	Link      string // where to go next
	LinkText  string
	RequestID string // for an internal error
}

// SignaturePage asks for the secret, or shows what is held about the signer.
type SignaturePage struct {
	Base
	Error  string
	Secret string // kept in a hidden field while the page is worked with
	Found  []OwnSignature
	Done   string // what the last press did
}

// OwnSignature is one signature as its signer sees it.
type OwnSignature struct {
	ID           string // names it in the form
	LetterTitle  Tagged
	LetterURL    string
	Kind         string
	State        string // pending (confirmed, not yet in the count), listed, held, withdrawn, removed
	HeldWhy      string
	Name         string
	Detail       []Detail // what is stored, each with its label
	Listing      string
	Listings     []string // it can change to
	Edition      int
	TextLanguage string // of the text signed, named in the page's language; "" when that was not noted
	NewEdition   string // URL of the diff to a newer text, "" if none asks again
	SignedOn     string
	KeptUntil    string
	CanWithdraw  bool
	Leaf         string // place in the log, "" while there is none
	Withheld     bool   // listing is not public

	Mandate bool                 // it is held for its mandate, which a record of the domain can show
	Domain  string               // as typed
	Record  account.DomainRecord // of the domain; zero for one that can have none
}

// Detail is one stored fact with its label.
type Detail struct{ Label, Value string }

// SignatoriesPage is the public list.
type SignatoriesPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	Kind        string // "person" or "organisation": which list is shown
	PersonsURL  string
	OrgsURL     string
	Query       string
	Entries     []SignatoryView
	NextURL     string // "" at the end
	FirstURL    string // "" on the first page
	Print       bool   // the print view: many names in columns
	PlainURL    string
	PrintURL    string
	CSVURL      string
	JSONURL     string
	Batches     []BatchView // lists that names came with
	Counts      Counts
}

// BatchView is a list of names that was imported.
type BatchView struct {
	Basis  string // paper, reply or import
	Source string // as whoever imported it says, or ""
	Date   string
}

// UpdatePage is a dated article about a letter.
type UpdatePage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	Update      UpdateLink
	Body        template.HTML
	Share       Share
}

// UpdateLink is an update in a list.
type UpdateLink struct {
	URL       string
	Title     Tagged
	Date      string
	Lang, Dir string
}

// EditionsPage lists the editions of a letter.
type EditionsPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	Editions    []EditionView
}

// EditionView is one edition in the list.
type EditionView struct {
	Number    int
	URL       string
	Published string
	Follows   string // "", cosmetic, translation, substantive
	SHA256    string
	Texts     []TextLink
	DiffURL   string // to the one before, "" for the first
	Signed    int    // signatures on it
}

// EditionPage is one edition as it was published.
type EditionPage struct {
	Base
	Letter     LetterView
	CurrentURL string // the letter's page
	DiffURL    string // to the current edition, "" when it is the current one
}

// DiffPage shows what changed between two editions.
type DiffPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	From, To    int
	Follows     string
	Texts       []TextLink // languages both have
	Lang, Dir   string
	Lines       []DiffLine
}

// DiffLine is a paragraph that stayed, came or went.
type DiffLine struct {
	Kind string // same, added, removed, skipped
	Text []DiffSpan
}

// DiffSpan is a run of words inside a paragraph.
type DiffSpan struct {
	Text    string
	Changed bool
}

// OrganisationPage shows a directory entry with its letters.
type OrganisationPage struct {
	Base
	Organisation OrganisationView
	Letters      []LetterCard
}

// CallPage is the cover note that asks possible signers.
type CallPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	SignURL     string
	Lang, Dir   string
	Heading     string
	From        string
	Salutation  string
	Body        template.HTML
	Contact     string
	Email       string
	Deadline    string
	Open        bool
}

// CheckPage walks through checking a letter's count.
type CheckPage struct {
	Base
	LetterTitle Tagged
	LetterURL   string
	Counts      Counts
	Tally       string // the counts in one line
	LogName     string // origin
	LogID       string // of the letter
	Key         string
	Root        string
	Texts       []TextLink // the current edition's files
	SHA256      string     // of the authoritative one
	TextName    string     // of its downloaded file
	SHA256Of    string     // its language, named in the page's language
	BundleURL   string
	BundleName  string   // of the downloaded file
	SignURL     string   // of "my signature"
	Former      []string // names of the logs that this one goes on from
}

// AboutPage says what this server is and what it does with data.
type AboutPage struct {
	Base
	Operator string // who runs the instance, as configured
	Contact  string
}

// MailboxPage shows the mails that the demonstration caught.
type MailboxPage struct {
	Base
	Mails []CaughtMail
}

// CaughtMail is one mail of the demonstration's mailbox.
type CaughtMail struct {
	To, Subject, Text string
	At                time.Time
	Lang, Dir         string
	Links             []string
}
