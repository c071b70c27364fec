package web

// InvitationPage is where the link of an invitation leads: who asks, what for, and the sign form with what is known of
// the invited. It is inert: only its forms act.
type InvitationPage struct {
	Base
	Action      string
	LetterTitle Tagged
	LetterURL   string
	CallURL     string // "" without a call
	Leads       []Tagged
	To          []Tagged
	Demands     []Tagged // their beginnings
	Deadline    string   // "" if none
	Open        bool     // can be signed now
	NoMail      bool     // the instance cannot send mail, so it offers no form
	ClosedText  string   // why it cannot be signed, when Open is false
	Form        SignForm
	Answer      string // what the invited told: visited, considering, declined; "" for nothing yet
	Reason      string
	Told        bool   // this press was recorded
	Again       bool   // the press must be repeated
	Error       string // what is wrong with the reason
	StopURL     string
}

// Answers are the buttons by which the invited tell the organisers.
func (InvitationPage) Answers() []string { return []string{"visited", "considering", "declined"} }

// UnsubscribePage ends all invitations. GET is inert; one press in the mail program (RFC 8058) needs no page.
type UnsubscribePage struct {
	Base
	Action string
	Again  bool // the press must be repeated
	Done   bool
}
