package bundle

import (
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
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
	LogID      string             `json:"log_id"` // names the letter in the log
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
}

type responseDocument struct {
	ID        string                 `json:"id"`
	URL       string                 `json:"url"`
	Addressee int                    `json:"addressee"`
	Name      string                 `json:"name"` // of the addressee
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
			cell := cellDocument{Addressee: c.Addressee, Name: to.Called(), Delivered: stamp(c.Delivered), Status: c.Status, Said: c.Said, Outcome: c.Outcome,
				Since: dayOf(c.Since), Days: c.Days, Due: dayOf(c.Due), Evidence: c.Evidence()}
			if c.Rule != nil {
				cell.Rule = &ruleDocument{c.Rule.Days, c.Rule.Working, c.Rule.Source}
			}
			if cell.Evidence == nil {
				cell.Evidence = []delivery.Evidence{}
			}
			demand.Cells = append(demand.Cells, cell)
		}
		d.Demands = append(d.Demands, demand)
	}
	for _, x := range l.Standing.Deliveries {
		to, _ := l.Standing.Find(x.Addressee)
		d.Deliveries = append(d.Deliveries, deliveryDocument{delivery.ID(x.ID), x.Addressee, to.Called(), x.Kind, x.Channel, x.State, stamp(x.At), x.Commitment()})
	}
	for _, r := range l.Standing.Responses {
		id := delivery.ID(r.ID)
		from, _ := l.Standing.Find(r.Addressee)
		d.Responses = append(d.Responses, responseDocument{id, d.URL + "/responses/" + id, r.Addressee, from.Called(), stamp(r.At), r.Kind, r.From, r.Excerpt,
			r.Language, r.State})
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

// stamp is an instant, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// dayOf is a day, "" for none.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
