package web

import (
	"bytes"
	_ "embed" // of the description
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/verify"
)

// letterDocument is the public JSON of a letter.
type letterDocument struct {
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
	Number string `json:"number,omitempty"`
	Text   string `json:"text"`
	Status string `json:"status"`
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

func (s *Server) documentOf(l *cachedLetter) letterDocument {
	t := l.Edition.Text(l.Edition.Language)
	d := letterDocument{Slug: l.Slug, URL: s.o.BaseURL + "/letters/" + l.Slug, Title: t.Name(), Subtitle: t.Subtitle, State: l.State, SignOn: l.SignOn,
		Edition: editionDocument{Number: l.Edition.Number, SHA256: l.Edition.SHA256, Languages: l.Edition.Languages(),
			Published: l.Edition.PublishedAt.Format(time.RFC3339)},
		Addressees: t.Addressees, Demands: []demandDocument{},
		Counts: countsDocument{Organisations: l.Counts.Organisations, Persons: l.Counts.Persons, Withheld: l.Counts.Withheld,
			Imported: l.Counts.Imported, Withdrawn: l.Counts.Withdrawn, Removed: l.Counts.Removed, Earlier: l.Counts.Earlier},
		Checkpoint: checkpointDocument{l.Counts.Size, l.Counts.Root}, LogID: l.LogID.String()}
	if d.Addressees == nil {
		d.Addressees = []letter.Addressee{}
	}
	for _, x := range t.Demands {
		d.Demands = append(d.Demands, demandDocument{Number: x.Number, Text: x.Text, Status: "no_answer"})
	}
	if l.Deadline.IsSet() {
		d.Deadline = l.Deadline.At.Format(time.RFC3339)
	}
	for _, o := range l.Leads {
		d.Leads = append(d.Leads, leadDocument{o.Name(t.Language, i18n.Default), s.o.BaseURL + "/organisations/" + o.Slug})
	}
	for _, b := range l.Batches {
		d.Imports = append(d.Imports, importDocument{b.Basis, b.Source, b.CreatedAt.Format(time.DateOnly)})
	}
	for _, u := range l.Updates {
		d.Updates = append(d.Updates, updateDocument{d.URL + "/updates/" + strconv.Itoa(u.Number), u.Title, u.Language, u.At.Format(time.DateOnly)})
	}
	return d
}

func (s *Server) listLettersJSON(w http.ResponseWriter, r *http.Request) error {
	letters, next, err := s.listLetters(r)
	if err != nil {
		return err
	}
	list := struct {
		Letters []letterDocument `json:"letters"`
		Next    string           `json:"next,omitempty"`
	}{Letters: []letterDocument{}}
	for _, l := range letters {
		list.Letters = append(list.Letters, s.documentOf(l))
	}
	if next != "" {
		list.Next = s.o.BaseURL + "/letters.json?before=" + next
	}
	return writeJSON(w, http.StatusOK, list)
}

// description is the OpenAPI document of everything in this file, of feeds, and of lists of signatories.
//
//go:embed openapi.json
var description []byte

var describe = sync.OnceValue(func() *cachedPage { return newPage(description) })

func (s *Server) sendDescription(w http.ResponseWriter, r *http.Request) error {
	describe().send(w, r, "application/json")
	return nil
}

// wantsData reports whether who asks reads data and not pages.
func wantsData(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".json") }

// failData says what went wrong to a program.
func failData(w http.ResponseWriter, r *http.Request, status int, key, message string) error {
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, status, map[string]any{"error": map[string]string{"key": key, "message": message}, "request": visitOf(r).id})
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := encodeJSON(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}
