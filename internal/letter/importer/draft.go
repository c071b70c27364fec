package importer

// Form says what kind of text was read.
type Form string

// The forms.
const (
	FormLetter  Form = "letter"  // addressed to an authority
	FormCall    Form = "call"    // addressed to those who may sign one
	FormArticle Form = "article" // about an issue, addressed to nobody
)

// Draft is what was recognised in a source. Its JSON form is the contract of `undersigned import letter --json`.
type Draft struct {
	Form       Form        `json:"form"`
	Slug       string      `json:"slug,omitzero"` // set by the caller
	Title      string      `json:"title,omitzero"`
	Subtitle   string      `json:"subtitle,omitzero"`
	Date       string      `json:"date,omitzero"`     // YYYY-MM-DD, Gregorian
	Language   string      `json:"language,omitzero"` // BCP 47
	Sender     Sender      `json:"sender,omitzero"`
	Addressees []Addressee `json:"addressees,omitempty"`
	Salutation string      `json:"salutation,omitzero"`
	Demands    []Demand    `json:"demands,omitempty"`
	Closing    string      `json:"closing,omitzero"`
	SignedBy   []Signer    `json:"signed_by,omitempty"`
	Deadline   string      `json:"deadline,omitzero"` // YYYY-MM-DD, or RFC 3339 when hour and zone are known
	Figures    []Figure    `json:"figures,omitempty"`
	Warnings   []Warning   `json:"warnings,omitempty"`
	LeftOut    []LeftOut   `json:"left_out,omitempty"`

	Introduction    string `json:"introduction,omitzero"` // what stands above the letter and is not part of it
	Body            string `json:"-"`                     // Markdown between salutation and closing, with the demands in place
	DateAsWritten   string `json:"-"`
	SalutationLine  string `json:"-"` // the salutation with its punctuation
	ClosingLine     string `json:"-"` // the closing with its punctuation
	Place           string `json:"-"` // where the letter was dated
	CloseOfBusiness bool   `json:"-"` // the deadline is the end of the working day, wherever that is
}

// Sender is the letterhead.
type Sender struct {
	Name    string   `json:"name,omitzero"`
	Address []string `json:"address,omitempty"`
	Email   string   `json:"email,omitzero"`
}

// IsZero reports whether nothing is known about the sender.
func (s Sender) IsZero() bool { return s.Name == "" && s.Email == "" && len(s.Address) == 0 }

// Addressee is a person or an office asked; an institution stands in Name.
type Addressee struct {
	Name    string   `json:"name,omitzero"` // without honorifics
	Before  string   `json:"-"`             // the honorifics that stand before the name: "H.E. Mr"
	Office  string   `json:"office,omitzero"`
	Address []string `json:"address,omitempty"`
}

// Demand is one request. Number is as written, without the punctuation around it; it is empty for bullets and prose.
// Unsure marks a request found in prose.
type Demand struct {
	Number string `json:"number,omitzero"`
	Text   string `json:"text"`
	Unsure bool   `json:"unsure,omitzero"`
}

// Signer is who signed the text. An organisation that signs as such stands in Name.
type Signer struct {
	Name         string `json:"name,omitzero"`
	Role         string `json:"role,omitzero"`
	Organisation string `json:"organisation,omitzero"`
}

// Qualifier says how a number was meant; the codes are those of a disputed figure in the evidence model.
type Qualifier string

// The qualifiers.
const (
	Exact      Qualifier = "exact"
	AtLeast    Qualifier = "at_least"
	MoreThan   Qualifier = "more_than"
	About      Qualifier = "about"
	UpTo       Qualifier = "up_to"
	FewerThan  Qualifier = "fewer_than"
	Range      Qualifier = "range"     // Low and High, no Value
	Magnitude  Qualifier = "magnitude" // "tens" 10, "dozens" 12, "hundreds" 100: the most conservative reading
	noModifier Qualifier = ""
)

// Figure is a number stated in the text.
type Figure struct {
	Value     *float64  `json:"value,omitempty"`
	Low       *float64  `json:"low,omitempty"`
	High      *float64  `json:"high,omitempty"`
	Qualifier Qualifier `json:"qualifier"`
	Quote     string    `json:"quote"` // the words around it
}
