package letter

import (
	"regexp"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

// markup is what the body has inside the words of a demand: links, references to footnotes, and escapes.
var markup = regexp.MustCompile(`\[([^\[\]^]*)\]\([^()\s]*\)|\[\^[^\[\]\s]{1,20}\]|\\`)

// TextOf returns the text of a recognised draft. Requests found in prose become demands only if prose is true: whether
// they are meant as demands is for an editor to say.
func TextOf(d *importer.Draft, prose bool) Text {
	t := Text{
		Language: d.Language, Title: d.Title, Subtitle: d.Subtitle, Introduction: d.Introduction, Place: d.Place,
		Date: d.DateAsWritten, Salutation: d.SalutationLine, Body: CleanMarkdown(d.Body), Closing: d.ClosingLine,
	}
	if t.Language == "" {
		t.Language = "und"
	}
	for _, a := range d.Addressees {
		t.Addressees = append(t.Addressees, Addressee{Before: a.Before, Name: a.Name, Office: a.Office, Address: a.Address})
	}
	for _, demand := range d.Demands {
		if demand.Unsure && !prose {
			continue
		}
		t.Demands = append(t.Demands, Demand{Number: demand.Number, Text: demand.Text})
	}
	t.Locate()
	for _, s := range d.SignedBy {
		t.SignedBy = append(t.SignedBy, Signer(s))
	}
	return t
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

// CallOf returns the cover note of a recognised call.
func CallOf(d *importer.Draft) *Call {
	return &Call{Language: d.Language, From: d.Sender.Name, Title: d.Title, Salutation: d.SalutationLine,
		Body: CleanMarkdown(d.Body), Email: d.Sender.Email}
}

// SenderOf returns the directory entry of a recognised letterhead, false when it names nobody.
func SenderOf(d *importer.Draft) (account.Organisation, bool) {
	if d.Sender.Name == "" {
		return account.Organisation{}, false
	}
	return account.Organisation{Slug: i18n.Slug(d.Sender.Name, "organisation"), Names: map[string]string{d.Language: d.Sender.Name},
		Address: d.Sender.Address, Email: d.Sender.Email}, true
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
