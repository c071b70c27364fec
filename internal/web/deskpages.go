package web

import (
	"net/url"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/signing"
)

// DeskNav is what every page of the desk has beside its content.
type DeskNav struct {
	Name          string // of the user
	Organisations []DeskLink
}

// DeskLink leads to a page of the desk.
type DeskLink struct {
	Text Tagged
	URL  string
}

// Form is a form of the desk: what was typed, and what is wrong with it.
type Form struct {
	Values url.Values
	Errors map[string]string // by field; "" holds one about the whole form
	Order  []string          // the fields with errors
}

// Value returns what stands in a field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Ceremony is what the browser needs for a passkey; without Options none are offered.
type Ceremony struct{ Options, Sealed string }

// AppView is a secret for an authenticator app.
type AppView struct {
	Sealed, Secret, URL, Path string
	Size                      int
}

// SignInPage lets a user in.
type SignInPage struct {
	Base
	Form    Form
	Passkey Ceremony
}

// JoinPage is where a link leads by which somebody becomes a user.
type JoinPage struct {
	Base
	Form         Form
	Action       string
	Kind         string // setup join reset
	Organisation Tagged // of a join
	Role         string
	Expires      string
	As           string // who is signed in already, "" for nobody
	App          AppView
	Passkey      Ceremony
}

// AccountPage is a user's own ways in and sessions.
type AccountPage struct {
	Base
	Form         Form
	Name, Email  string
	HasPassword  bool
	Passkeys     []PasskeyView
	Sessions     []SessionView
	RecoveryLeft int
	RecoveryKept bool
	Fresh        bool // the user has just signed in and may change these
	SignInURL    string
	App          AppView
	Passkey      Ceremony
}

// PasskeyView is one passkey of a user.
type PasskeyView struct{ ID, Name, Created, Used string }

// SessionView is one session of a user.
type SessionView struct {
	ID, Agent, Since, Seen string
	Current                bool
}

// RecoveryPage shows a user's recovery codes until they are kept.
type RecoveryPage struct {
	Base
	Codes []string
}

// DeskOrganisationPage is an organisation as its members see it.
type DeskOrganisationPage struct {
	Base
	Form      Form
	Name      Tagged
	PublicURL string
	Action    string
	Owner     bool // may change what is here
	NameIn    []Tagged
	Countries []Option
	Roles     []Option
	Members   []MemberView
	Waiting   []MemberView // asked to join
	JoinURL   string       // a link just made; shown once
	CanMail   bool
	Domain    string               // that was proved
	Record    account.DomainRecord // of one that is to be
	Trail     []TrailView
}

// MemberView is a member, or somebody who was asked to become one.
type MemberView struct {
	ID, Name, Email, Role, Until string
	Self                         bool
}

// TrailView is a line of the audit trail.
type TrailView struct{ At, By, What, Object string }

// FoundPage makes an organisation.
type FoundPage struct {
	Base
	Form Form
}

// DeskPage is the desk: the user's letters and what is due.
type DeskPage struct {
	Base
	Operator     bool
	MayWrite     bool
	RecoveryKept bool
	CanMail      bool
	Due          []DueView
	Letters      []DeskLetter
	Mails        *MailView // nil for those who neither write letters nor run the server
}

// DueView is something that waits for the user.
type DueView struct {
	Title     Tagged // of the letter
	URL, Text string
}

// MailView is how the mails of the instance are; it is about no letter and no address.
type MailView struct {
	Waiting, Done string
	N             int // failing
	Failing       []FailureView
}

// FailureView is how many mails of a kind fail in a way.
type FailureView struct{ Kind, Code, N string }

// JobsPage is the work in the background that needs attention.
type JobsPage struct {
	Base
	Form   Form
	Action string
	Mails  MailView
	Failed []FailedView
}

// FailedView is a job that has failed.
type FailedView struct {
	ID, Kind, Code, Next string // Next is "" for one that was given up
	Tries                int
}

// DeskLetter is a letter in the desk's list.
type DeskLetter struct {
	URL                          string
	Title                        Tagged
	State, Deadline              string
	Due                          bool // the deadline is near
	Counted                      bool
	Organisations, Persons, Held int
	Approvals                    int
}

// BoardPage is one letter at the desk.
type BoardPage struct {
	Base
	Form                      Form
	LetterTitle               Tagged
	Action, PublicURL, State  string
	Draft, Open               bool
	MayWrite, MayVet, CanMail bool
	SignOn                    string
	Protected, HasCall        bool
	Number                    int  // of the current edition
	Next                      bool // somebody has begun the one after
	Deadline, Extend          string
	Leads                     []Tagged
	Texts, Missing            []TextLink
	Findings                  []FindingView
	Blocked                   bool
	Counted                   bool
	Organisations, Persons    int
	Withheld                  int
	Withdrawn, Removed, Held  int
	Approvals                 []ApprovalView
	Invited                   int
	Earlier                   int    // signatures under texts before the current one
	AskedAgain                string // when their signers were asked to sign the current one
	Days, Hours               *Chart // nil while nobody has signed
	Countries                 []CountryRow
}

// FindingView is a line of the checklist.
type FindingView struct {
	Text   string
	Blocks bool
}

// ApprovalView is an act that waits for a second member.
type ApprovalView struct {
	ID, What, By, At string
	Own              bool   // the user asked for it
	URL              string // of a page that shows what would be done, "" for none
}

// Choice is an entry of a list to choose from.
type Choice struct {
	Value  string
	Text   Tagged
	Chosen bool
}

// SettingsPage holds a letter's settings.
type SettingsPage struct {
	Base
	Form          Form
	LetterTitle   Tagged
	BoardURL      string
	Action        string
	Draft         bool
	Organisations []Choice
}

// TextForm is the form of a letter's text.
type TextForm struct {
	Form
	L                            *i18n.Locale
	Lang, Dir                    string   // of the text
	Addressees, Demands, Signers []string // prefixes of the names of a row's fields
}

// TextPage is where a text is written.
type TextPage struct {
	Base
	Text         TextForm
	LetterTitle  Tagged
	BoardURL     string
	Action       string
	PreviewURL   string
	LanguageName string
	Published    bool // what is saved is not public before it is published
	Translation  bool
	Source       *LetterView // the authoritative text, beside a translation
	Attaching    bool        // something is wrong with a picture or document
	Other        []DiffLine  // what somebody else saved meanwhile
	Frozen       bool        // the hash of this text was mailed to those who read it as a draft
	Lifted       bool        // and this is another text
}

// PreviewPage is a text as readers will see it.
type PreviewPage struct {
	Base
	Letter   LetterView
	BoardURL string
	TextURL  string
}

// NewLetterPage takes a letter that is pasted, uploaded or begun from a pattern.
type NewLetterPage struct {
	Base
	Form     Form
	Patterns []Option // address and name
}

// ConfirmLetterPage shows what was recognised.
type ConfirmLetterPage struct {
	Base
	Text     TextForm
	Leads    []Choice
	Spoken   []Choice // languages
	Warnings []string
}

// HeldPage lists signatures for those who decide about them.
type HeldPage struct {
	Base
	Form               Form
	LetterTitle        Tagged
	BoardURL, Action   string
	State              string // held or listed
	HeldURL, ListedURL string
	Signatures         []HeldView
	Reasons            []Option
	NextURL            string
	MayAsk             bool
	Email              string // of the user: where an answer goes
	Mandates           bool   // counting some of these vouches for them
	Sure               int    // how many are about to be removed; 0 before that is asked
}

// HeldView is a signature for those who decide about it.
type HeldView struct {
	ID, Kind, Listing, Basis, Signed, Name, Why string
	Meta                                        []string
	Chosen                                      bool
	From                                        string   // domain of the address, of an organisation held for its mandate
	Proved                                      string   // domain whose record was found
	Vouched                                     []Tagged // lead organisations
}

// InvitationsPage is whom a letter has invited, and where more are.
type InvitationsPage struct {
	Base
	Form                                      Form
	LetterTitle                               Tagged
	BoardURL, Action, SettingsURL, GeneralURL string
	Open, Draft, CanMail, HasCall             bool
	HasDeadline                               bool
	Total                                     int
	States                                    []TabView
	Invitations                               []InvitationView
	NextURL                                   string
	Reminders                                 []ReminderView

	Read            bool // a list was read and waits to be sent
	Ready, Repeated int
	Misread         []MisreadView
	Ignored         []string // columns
	Sample          []signing.Invitee
	More            int // beside the sample
}

// TabView is one of several views of a list, with how many it holds.
type TabView struct {
	URL, Text, Count string
	Current          bool
}

// InvitationView is an invitation as its letter's editors see it.
type InvitationView struct {
	ID, Name, Organisation, Email, Language string
	State, Reason, At                       string
	Bounced                                 bool
}

// ReminderView is a moment at which those who have not answered are reminded.
type ReminderView struct {
	At   string
	Done bool
}

// MisreadView is a line of a list that names nobody who could be invited.
type MisreadView struct{ Line, Text, Why string }

// TrailPage is the audit trail of a letter.
type TrailPage struct {
	Base
	LetterTitle Tagged
	BoardURL    string
	Trail       []TrailView
	OlderURL    string
}

// IntakePage takes lists of signatories, and shows those that were taken.
type IntakePage struct {
	Base
	Form                   Form
	LetterTitle            Tagged
	BoardURL, Action       string
	Open, CanMail          bool
	Bases, Listings, Kinds []Option
	Proposals              []ProposalView
	Batches                []DeskBatch
}

// ProposalView is a list that waits.
type ProposalView struct {
	URL, State, At, Until string
	Lines                 int
}

// DeskBatch is a list that was added.
type DeskBatch struct {
	ID, State, Basis, Source, At string
	Added                        int
	Undo                         bool // it can be undone
	Asked                        bool // somebody asked to undo it
	Sure                         bool // it is about to be undone
}

// ProposalPage is the dry run of a list.
type ProposalPage struct {
	Base
	Form                        Form
	LetterTitle                 Tagged
	BoardURL, IntakeURL, Action string
	State, Reason, Until        string
	Version, Skipped            int
	Approval                    *ApprovalView // nil while nobody has asked for it
	Second                      bool          // a second member has to approve it
	Acts                        bool          // adding it does something
	Mails                       bool          // it is of mails
	Basis, Source               string
	Totals                      []TotalView // none where the letter takes no more
	Columns                     []ColumnView
	Ignored                     []string
	Look                        bool // only lines that want a look are shown
	Lines                       []PlannedView
	NextURL                     string
}

// TotalView is how many lines have an outcome.
type TotalView struct {
	Outcome string
	N       int
}

// ColumnView is what a column is read as.
type ColumnView struct{ Heading, Field string }

// PlannedView is one line of a list and what would become of it.
type PlannedView struct {
	Number                       int
	Outcome, Kind, Listing, Name string
	Meta, Remarks                []string
	From, Subject, Said          string // of a mail
}

// ExportsPage makes lists for an audience, and gives them out.
type ExportsPage struct {
	Base
	Form             Form
	LetterTitle      Tagged
	BoardURL, Action string
	Audiences        []string
	Second           bool // what is not public wants a second member
	Exports          []ExportView
}

// ExportView is a list that was made, or is being made.
type ExportView struct {
	ID, Audience, At, Until string
	Made                    bool
	Lines                   int
}
