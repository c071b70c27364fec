package bundle

import (
	"strconv"
	"time"

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
	Number string         `json:"number"` // in ASCII digits
	Text   string         `json:"text"`
	Status string         `json:"status"`
	Due    string         `json:"due,omitempty"` // YYYY-MM-DD
	Facts  []factDocument `json:"facts,omitempty"`
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
		Addressees: t.Addressees, Demands: []demandDocument{},
		Counts: countsDocument{Organisations: l.Counts.Organisations, Persons: l.Counts.Persons, Withheld: l.Counts.Withheld,
			Imported: l.Counts.Imported, Withdrawn: l.Counts.Withdrawn, Removed: l.Counts.Removed, Earlier: l.Counts.Earlier},
		Checkpoint: checkpointDocument{l.Counts.Size, l.Counts.Root}, LogID: l.LogID.String()}
	if d.Addressees == nil {
		d.Addressees = []letter.Addressee{}
	}
	for _, x := range l.Asked {
		demand := demandDocument{Number: x.Number, Text: x.Text, Status: "no_answer"}
		for _, f := range x.Known() {
			if f.Kind == letter.FactDue {
				demand.Due = f.Value
			}
			demand.Facts = append(demand.Facts, factDocument{f.Kind, f.Value, f.Quote, f.SetBy.Name(t.Language, i18n.Default), f.SetAt.Format(time.DateOnly)})
		}
		d.Demands = append(d.Demands, demand)
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
