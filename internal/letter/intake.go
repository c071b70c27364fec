package letter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/store"
)

// markup is what the body has inside the words of a demand: links, references to footnotes, and escapes.
var markup = regexp.MustCompile(`\[([^\[\]^]*)\]\([^()\s]*\)|\[\^[^\[\]\s]{1,20}\]|\\`)

// Defaults are what is decided about a letter where neither its draft nor a person has. There are two, which differ on purpose.
type Defaults struct {
	SignOn  SignOn
	Mandate bool // an organisation counts only once it is known that who signed for it may
}

var (
	// AtDesk is for a letter whose editor looks at what was recognised before it is one. The mandate is asked for: at the desk somebody
	// sees whom it holds, and vouches for them.
	AtDesk = Defaults{SignOn: SignOnBoth, Mandate: true}
	// OnCommandLine is for files that nobody looks at. The mandate is not asked for: an instance without a desk may have no member
	// who could vouch, and whom it held would wait unseen.
	OnCommandLine = Defaults{SignOn: SignOnBoth}
)

// FromDraft returns what a recognised draft says of its letter: the text, as a call also the cover note, the letterhead as lead
// organisation, and the deadline, a day alone being one in the zone. At the desk this fills the form that Create is given;
// on the command line, where flags change it, it goes to Service.Import. The draft is warned of demands that the text cannot have.
func FromDraft(d *importer.Draft, prose bool, zone *time.Location) (i Import, err error) {
	text, misplaced := textOf(d, prose)
	i.Text = text
	for _, demand := range misplaced {
		d.Warnings = append(d.Warnings, importer.Warning{Key: "demand_misplaced", Args: map[string]any{"Text": demand.Text}})
	}
	if d.Form == importer.FormCall {
		i.Settings.Call = &Call{Language: d.Language, From: d.Sender.Name, Title: d.Title, Salutation: d.SalutationLine,
			Body: CleanMarkdown(d.Body), Email: d.Sender.Email}
	}
	if d.Sender.Name != "" {
		sender := account.Organisation{Slug: i18n.Slug(d.Sender.Name, "organisation"), Names: map[string]string{d.Language: d.Sender.Name},
			Address: d.Sender.Address, Email: d.Sender.Email}
		i.Organisations, i.Settings.Leads = []account.Organisation{sender}, []string{sender.Slug}
	}
	if d.Deadline != "" {
		deadline, err := ParseDeadline(d.Deadline, zone, d.CloseOfBusiness)
		if err != nil {
			return i, err
		}
		i.Settings.Deadline = &deadline
	}
	return i, nil
}

// Proposed are the requests that were found in the prose of a draft. Whether they are meant as demands is for an editor to say, who
// then has Text.Ask write them.
func Proposed(d *importer.Draft) (list []Demand) {
	for _, demand := range d.Demands {
		if demand.Unsure {
			list = append(list, Demand{Number: demand.Number, Text: demand.Text})
		}
	}
	return list
}

// TextOf returns the text of a recognised draft, with those demands that are sure and, if prose is true, all.
func TextOf(d *importer.Draft, prose bool) Text {
	t, _ := textOf(d, prose)
	return t
}

func textOf(d *importer.Draft, prose bool) (t Text, misplaced []Demand) {
	t = Text{
		Language: d.Language, Title: d.Title, Subtitle: d.Subtitle, Introduction: d.Introduction, Place: d.Place,
		Date: d.DateAsWritten, Salutation: d.SalutationLine, Body: CleanMarkdown(d.Body), Closing: d.ClosingLine,
	}
	if t.Language == "" {
		t.Language = "und"
	}
	for _, a := range d.Addressees {
		t.Addressees = append(t.Addressees, Addressee{Before: a.Before, Name: a.Name, Office: a.Office, Address: a.Address})
	}
	for _, s := range d.SignedBy {
		t.SignedBy = append(t.SignedBy, Signer(s))
	}
	var demands []Demand
	for _, demand := range d.Demands {
		if prose || !demand.Unsure {
			demands = append(demands, Demand{Number: demand.Number, Text: demand.Text})
		}
	}
	t.Former = formerHash(t, demands)
	misplaced = t.settle(demands)
	return t, misplaced
}

// formerHash returns the hash that format 1 would give a recognised text: the same file, read again, is the same text.
func formerHash(t Text, demands []Demand) string {
	t.Demands = slices.Clone(demands)
	body := fold(markup.ReplaceAllString(t.Body, "$1"))
	for i, d := range t.Demands {
		t.Demands[i].InBody = strings.Contains(body, fold(d.Text))
	}
	return Hash(t.tidy().Canonical())
}

// is reports whether a text that is written says what one of an edition does, whichever format that has.
func (t Text) is(there Text) bool {
	return there.SHA256 == Hash(t.Canonical()) || there.Format < 2 && t.Former != "" && there.SHA256 == t.Former
}

// Name returns what lists and pages call the letter: its title, else whom it is to, else its first words. Only the title is
// part of the signed text.
func (t Text) Name() string {
	if t.Title != "" {
		return t.Title
	}
	for _, a := range t.Addressees {
		if to := joinWith(", ", a.Name, a.Office); to != "" {
			return to
		}
	}
	words := strings.Fields(t.Salutation + " " + t.Body)
	return strings.Join(words[:min(len(words), 12)], " ")
}

// Slug returns what names the letter in its address where nobody has chosen it.
func (t Text) Slug() string { return i18n.Slug(t.Name(), "letter") }

// slugFor returns the slug of a text if it is free or names a letter with this very text, else the first free one with a number:
// two letters may have one title.
func slugFor(tx *store.Tx, t Text) (string, error) {
	return i18n.FreeSlug(t.Slug(), func(slug string) (taken bool, err error) {
		l, err := find(tx, slug)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		if err == nil {
			err = complete(tx, &l)
		}
		there, ok := l.Edition.Texts[t.Language]
		return !ok || !t.is(there), err
	})
}

// ParseDeadline reads "2026-12-10" or RFC 3339. A day alone ends at its last second in the zone, or at 17:00 there if
// closeOfBusiness. A nil zone is UTC.
func ParseDeadline(s string, zone *time.Location, closeOfBusiness bool) (Deadline, error) {
	if zone == nil {
		zone = time.UTC
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return Deadline{At: at.UTC(), Zone: zone}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return Deadline{}, fault.New(fault.Invalid, "deadline").On("deadline")
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, zone)
	if closeOfBusiness {
		at = time.Date(day.Year(), day.Month(), day.Day(), 17, 0, 0, 0, zone)
	}
	return Deadline{At: at.UTC(), Zone: zone, CloseOfBusiness: closeOfBusiness}, nil
}
