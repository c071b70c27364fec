package web

import "html/template"

// CirculationPage is a draft for one of its readers, behind a link of their own.
type CirculationPage struct {
	Base
	Form       Form
	Action     string
	Name       string     // of the reader
	Letter     LetterView // the text, without what only a published one has
	Paragraphs []ParagraphView
	Gone       []RemarkGroup // remarks on words that have been changed since
	Soft, Hard string        // until when; "" when it is over
	Takes      bool          // answers and remarks
	Frozen     bool
	Lifted     bool
	Language   string   // of the text
	In         []string // who is in and wants to be named
	LeadAsked  bool
	Leads      bool // the reader's organisation does
	Approved   bool // it has approved this text
	SpeaksFor  []Choice
}

// ParagraphView is a part of the text with what is said of it.
type ParagraphView struct {
	Number int
	HTML   template.HTML
	RemarkGroup
	Open bool // a remark on it came back with a mistake
	May  bool // a remark can be made here
}

// RemarkGroup are the remarks on one paragraph.
type RemarkGroup struct {
	Heading  string
	Quote    Tagged // how the paragraph begins, or began
	Anchor   string // "" where the paragraph is gone
	Language string
	Remarks  []RemarkView
}

// RemarkView is one remark.
type RemarkView struct {
	ID, By, At string
	Text       []string // paragraphs
	Resolved   bool
}

// DeskCirculationPage is a draft that goes round, as its editors see it.
type DeskCirculationPage struct {
	Base
	Form             Form
	LetterTitle      Tagged
	BoardURL, Action string
	CanMail          bool
	Until, Over      string // a sentence; Over once it has ended
	SHA256           string
	Frozen           string // a sentence, "" while it is not
	Lifted           bool
	Spoken           []Option
	Readers          []ReaderView
	Leads            []LeadView
	MayApprove       bool
	Groups           []RemarkGroup
}

// ReaderView is a reader as editors see them.
type ReaderView struct {
	ID, Name, Email string
	Notes           []string
	Mails           int
	Withdrawn       bool
	MayLead         bool // can be asked to
}

// LeadView is a lead organisation and whether it has approved the text.
type LeadView struct {
	Name     Tagged
	Approved bool
}

// Answers are what a reader can say to being asked along.
func (CirculationPage) Answers() []string { return []string{"in", "considering", "declined"} }

// remarksOf are remarks with what every page has.
type remarksOf struct {
	Base
	RemarkGroup
	DeskAction string // where remarks are dealt with; "" for readers
}

// RemarksOf puts remarks into the page's language.
func (b Base) RemarksOf(g RemarkGroup) remarksOf { return remarksOf{Base: b, RemarkGroup: g} }

// RemarksOf puts remarks into the page's language, with the forms that deal with them.
func (p DeskCirculationPage) RemarksOf(g RemarkGroup) remarksOf {
	return remarksOf{Base: p.Base, RemarkGroup: g, DeskAction: p.Action}
}

// remarkingOf is a paragraph with the form to remark on it.
type remarkingOf struct {
	Base
	ParagraphView
	Action, Language string
	Error, Typed     string
}

// RemarkingOf puts a paragraph's form into the page's language.
func (p CirculationPage) RemarkingOf(v ParagraphView) remarkingOf {
	x := remarkingOf{Base: p.Base, ParagraphView: v, Action: p.Action, Language: p.Language}
	if v.Open {
		x.Error, x.Typed = p.Form.Errors["remark-"+v.Anchor], p.Form.Value("text")
	}
	return x
}
