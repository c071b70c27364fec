package bundle

import (
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/verify"
)

// Document is the public JSON of a letter. Its field names are a contract; the server describes them at /openapi.json.
type Document struct {
	Slug       string             `json:"slug"`
	URL        string             `json:"url"`
	Title      string             `json:"title"`
	Subtitle   string             `json:"subtitle,omitempty"`
	State      letter.State       `json:"state"`
	SignOn     letter.SignOn      `json:"sign_on"`
	Edition    editionDocument    `json:"edition"`
	Leads      []leadDocument     `json:"leads,omitempty"`
	Addressees []letter.Addressee `json:"addressees"`
	Demands    []demandDocument   `json:"demands"`
	Deadline   string             `json:"deadline,omitempty"`
	Counts     countsDocument     `json:"counts"`
	Imports    []importDocument   `json:"imports,omitempty"`
	Updates    []updateDocument   `json:"updates,omitempty"`
	Deliveries []deliveryDocument `json:"deliveries"`
	Responses  []responseDocument `json:"responses"`
	Dates      []dateDocument     `json:"dates,omitempty"`        // days that matter and that the text does not name
	WriteTo    string             `json:"write_to,omitempty"`     // mail address of the letter that its call names, for as long as it can be signed
	Continues  string             `json:"continues,omitempty"`    // address of the letter that it goes on with
	Continued  []string           `json:"continued_by,omitempty"` // addresses of those that go on with it
	LogID      string             `json:"log_id"`                 // names the letter in the log
	Checkpoint checkpointDocument `json:"checkpoint"`
}

type leadDocument struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type importDocument struct {
	Basis  verify.Basis `json:"basis"`
	Source string       `json:"source,omitempty"`
	Date   string       `json:"date"`
}

type dateDocument struct {
	Day    string `json:"day"`
	Label  string `json:"label"`
	Yearly bool   `json:"yearly,omitempty"`
}

type earlierDocument struct {
	Kind      delivery.EarlierKind `json:"kind"`
	Who       string               `json:"who"`
	Title     string               `json:"title,omitempty"`
	Sent      string               `json:"sent,omitempty"` // YYYY, YYYY-MM or YYYY-MM-DD
	Published string               `json:"published,omitempty"`
	Source    string               `json:"source"`
}

type updateDocument struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Language string `json:"language"`
	Date     string `json:"date"`
}

type editionDocument struct {
	Number    int      `json:"number"`
	SHA256    string   `json:"sha256"`
	Languages []string `json:"languages"`
	Published string   `json:"published"`
}

type demandDocument struct {
	Number string          `json:"number"` // in ASCII digits
	Text   string          `json:"text"`
	Status delivery.Status `json:"status"`        // that of the cell in which most is still to be done
	Due    string          `json:"due,omitempty"` // YYYY-MM-DD
	Facts  []factDocument  `json:"facts,omitempty"`
	Cells  []cellDocument  `json:"cells"`

	Earlier []earlierDocument `json:"earlier,omitempty"` // who else has asked for it, and where it was done
}

// cellDocument is a demand asked of one addressee, by the number that deliveries and responses name them by.
type cellDocument struct {
	Addressee int                 `json:"addressee"`
	Name      string              `json:"name"`
	Delivered string              `json:"delivered,omitempty"` // RFC 3339
	Status    delivery.Status     `json:"status"`
	Said      delivery.Said       `json:"said,omitempty"`
	Outcome   delivery.Outcome    `json:"outcome,omitempty"`
	Since     string              `json:"since,omitempty"` // YYYY-MM-DD
	Days      int                 `json:"days"`
	Due       string              `json:"due,omitempty"`  // YYYY-MM-DD
	Rule      *ruleDocument       `json:"rule,omitempty"` // from which that follows
	Evidence  []delivery.Evidence `json:"evidence"`
	Stated    []statedDocument    `json:"stated,omitempty"` // by the addressee's own office; the status follows from none of it
}

// statedDocument is what an office stated of a demand. Of one that is not shown there is no more than that it was, and why.
type statedDocument struct {
	ID       string                `json:"id"`
	State    delivery.StatedState  `json:"state"` // held: it waits for too long to be looked at
	Reason   delivery.StatedReason `json:"reason,omitempty"`
	At       string                `json:"at"`
	Decided  string                `json:"decided,omitempty"`
	Entered  bool                  `json:"entered,omitempty"` // by editors, from what the office sent otherwise
	Position delivery.Position     `json:"position,omitempty"`
	Text     string                `json:"text,omitempty"`
	Language string                `json:"language,omitempty"`
	Evidence delivery.Evidence     `json:"evidence,omitempty"`
	File     string                `json:"file,omitempty"` // address of what came with it
	SHA256   string                `json:"sha256,omitempty"`
}

type ruleDocument struct {
	Days    int    `json:"days"`
	Working bool   `json:"working"` // only days of work count
	Source  string `json:"source"`
}

type deliveryDocument struct {
	ID         string                `json:"id"`
	Addressee  int                   `json:"addressee"`
	Name       string                `json:"name"` // of the addressee
	Kind       delivery.DeliveryKind `json:"kind"`
	Channel    delivery.Channel      `json:"channel"`
	State      delivery.State        `json:"state,omitempty"`
	At         string                `json:"at"`
	Commitment string                `json:"commitment,omitempty"`
	Corrects   string                `json:"corrects,omitempty"`  // the id of an earlier entry that was wrong
	Corrected  bool                  `json:"corrected,omitempty"` // by a later one: it counts nowhere
}

type responseDocument struct {
	ID        string                 `json:"id"`
	URL       string                 `json:"url"`
	Addressee int                    `json:"addressee"`
	Also      []int                  `json:"also,omitempty"` // other addressees that it answers for
	Name      string                 `json:"name"`           // of the addressee
	At        string                 `json:"at"`
	Kind      delivery.Kind          `json:"kind"`
	From      string                 `json:"from,omitempty"`
	Excerpt   string                 `json:"excerpt,omitempty"`
	Language  string                 `json:"language"`
	State     delivery.ResponseState `json:"state"`
}

type factDocument struct {
	Kind  letter.FactKind `json:"kind"`
	Value string          `json:"value,omitempty"`
	Quote string          `json:"quote,omitempty"`
	SetBy string          `json:"set_by,omitempty"`
	SetOn string          `json:"set_on"`
}

type countsDocument struct {
	Organisations int `json:"organisations"`
	Persons       int `json:"persons"`
	Withheld      int `json:"withheld"`
	Imported      int `json:"imported"`
	Withdrawn     int `json:"withdrawn"`
	Removed       int `json:"removed"`
	Earlier       int `json:"earlier"`
}

type checkpointDocument struct {
	Size int64       `json:"size"`
	Root verify.Hash `json:"root"`
}

// Document returns the public document of a letter.
func (s *Service) Document(l *Published) Document {
	t := l.Edition.Text(l.Edition.Language)
	d := Document{Slug: l.Slug, URL: s.BaseURL + "/letters/" + l.Slug, Title: t.Name(), Subtitle: t.Subtitle, State: l.State, SignOn: l.SignOn,
		Edition: editionDocument{Number: l.Edition.Number, SHA256: l.Edition.SHA256, Languages: l.Edition.Languages(),
			Published: l.Edition.PublishedAt.Format(time.RFC3339)},
		Addressees: t.Addressees, Demands: []demandDocument{}, Deliveries: []deliveryDocument{}, Responses: []responseDocument{},
		Counts: countsDocument{Organisations: l.Counts.Organisations, Persons: l.Counts.Persons, Withheld: l.Counts.Withheld,
			Imported: l.Counts.Imported, Withdrawn: l.Counts.Withdrawn, Removed: l.Counts.Removed, Earlier: l.Counts.Earlier},
		Checkpoint: checkpointDocument{l.Counts.Size, l.Counts.Root}, LogID: l.LogID.String()}
	if d.Addressees == nil {
		d.Addressees = []letter.Addressee{}
	}
	for _, x := range l.Standing.Demands {
		demand := demandDocument{Number: x.Number, Text: x.Text, Status: x.Least(), Cells: []cellDocument{}}
		for _, f := range x.Known() {
			if f.Kind == letter.FactDue {
				demand.Due = f.Value
			}
			demand.Facts = append(demand.Facts, factDocument{f.Kind, f.Value, f.Quote, f.SetBy.Name(t.Language, i18n.Default), f.SetAt.Format(time.DateOnly)})
		}
		for _, c := range x.Cells {
			to, _ := l.Standing.Find(c.Addressee)
			cell := cellDocument{Addressee: c.Addressee, Name: to.Called(), Delivered: Stamp(c.Delivered), Status: c.Status, Said: c.Said, Outcome: c.Outcome,
				Since: DayOf(c.Since), Days: c.Days, Due: DayOf(c.Due), Evidence: c.Evidence()}
			if c.Rule != nil {
				cell.Rule = &ruleDocument{c.Rule.Days, c.Rule.Working, c.Rule.Source}
			}
			if cell.Evidence == nil {
				cell.Evidence = []delivery.Evidence{}
			}
			for _, y := range c.Stated {
				v := statedDocument{ID: delivery.ID(y.ID), State: y.State, Reason: y.Reason, At: Stamp(y.At), Decided: Stamp(y.DecidedAt), Entered: y.Entered,
					Position: y.Position, Text: y.Text, Language: y.Language, Evidence: y.Evidence, SHA256: y.SHA256}
				if y.File != "" {
					v.File = d.URL + "/statements/" + v.ID + "/file"
				}
				cell.Stated = append(cell.Stated, v)
			}
			demand.Cells = append(demand.Cells, cell)
		}
		for _, e := range x.Earlier {
			demand.Earlier = append(demand.Earlier, earlierDocument{e.Kind, e.Who, e.Title, e.Sent, e.Published, e.Source})
		}
		d.Demands = append(d.Demands, demand)
	}
	for _, x := range l.Standing.Deliveries {
		to, _ := l.Standing.Find(x.Addressee)
		v := deliveryDocument{ID: delivery.ID(x.ID), Addressee: x.Addressee, Name: to.Called(), Kind: x.Kind, Channel: x.Channel, State: x.State, At: Stamp(x.At),
			Commitment: x.Commitment(), Corrected: x.Corrected}
		if slices.ContainsFunc(l.Standing.Deliveries, func(d delivery.Delivery) bool { return d.ID == x.Corrects }) {
			v.Corrects = delivery.ID(x.Corrects)
		}
		d.Deliveries = append(d.Deliveries, v)
	}
	for _, k := range l.Standing.Dates {
		d.Dates = append(d.Dates, dateDocument{DayOf(k.Day), k.Label, k.Yearly})
	}
	for _, x := range l.GoesOn {
		if address := s.BaseURL + "/letters/" + x.Slug; x.ID == l.Continues {
			d.Continues = address
		} else {
			d.Continued = append(d.Continued, address)
		}
	}
	for _, r := range l.Standing.Responses {
		id := delivery.ID(r.ID)
		from, _ := l.Standing.Find(r.Addressee)
		d.Responses = append(d.Responses, responseDocument{id, d.URL + "/responses/" + id, r.Addressee, r.Also, from.Called(), Stamp(r.At), r.Kind, r.From, r.Excerpt,
			r.Language, r.State})
	}
	if l.Call != nil && l.State == letter.Open && l.SignOn != letter.SignOnNone {
		d.WriteTo = s.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: l.ID})
	}
	if l.Deadline.IsSet() {
		d.Deadline = l.Deadline.At.Format(time.RFC3339)
	}
	for _, o := range l.Leads {
		d.Leads = append(d.Leads, leadDocument{o.Name(t.Language, i18n.Default), s.BaseURL + "/organisations/" + o.Slug})
	}
	for _, b := range l.Batches {
		d.Imports = append(d.Imports, importDocument{b.Basis, b.Source, b.CreatedAt.Format(time.DateOnly)})
	}
	for _, u := range l.Updates {
		d.Updates = append(d.Updates, updateDocument{d.URL + "/updates/" + strconv.Itoa(u.Number), u.Title, u.Language, u.At.Format(time.DateOnly)})
	}
	return d
}

// Stamp is an instant as data states it (RFC 3339), "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// DayOf is a day as data states it, "" for none.
func DayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
