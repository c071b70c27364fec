package bundle

import (
	"slices"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// AddresseeDocument is the public JSON of all that letters ask of an addressee.
type AddresseeDocument struct {
	Slug    string                `json:"slug"`
	URL     string                `json:"url"`
	Name    string                `json:"name"`
	Letters []askedLetterDocument `json:"letters"`
}

type askedLetterDocument struct {
	Slug      string              `json:"slug"`
	URL       string              `json:"url"`
	Title     string              `json:"title"`
	Number    int                 `json:"number"` // of the addressee in the letter
	Name      string              `json:"name"`
	Role      delivery.Role       `json:"role"`
	Leads     []leadDocument      `json:"leads,omitempty"`
	ReplyTo   []Contact           `json:"reply_to,omitempty"`
	Demands   []demandDocument    `json:"demands"` // each with the one cell
	Responses []responseDocument  `json:"responses"`
	Statement *delivery.Statement `json:"statement,omitempty"`

	Holders       []delivery.Holder       `json:"holders,omitempty"`
	Members       int                     `json:"members,omitempty"` // of a group that is counted as one
	Answered      int                     `json:"members_answered,omitempty"`
	Communication *delivery.Communication `json:"communication,omitempty"` // how they took it up, where that may be known
}

// Contact is where an answer to a letter goes.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

// ReplyTo returns where an answer to a letter goes: to whom its call names, and its lead organisations, called as in a language.
func ReplyTo(l letter.Letter, language string) (list []Contact) {
	if c := l.Call; c != nil && c.Email != "" {
		list = append(list, Contact{c.Contact, c.Email})
	}
	for _, o := range l.Leads {
		if o.Email != "" && !slices.ContainsFunc(list, func(c Contact) bool { return c.Email == o.Email }) {
			list = append(list, Contact{o.Name(language, i18n.Default), o.Email})
		}
	}
	return list
}

// Addressee returns the public document of what published letters ask of the addressee of a slug.
func (s *Service) Addressee(slug string, letters []*Published) AddresseeDocument {
	d := AddresseeDocument{Slug: slug, URL: s.BaseURL + "/addressees/" + slug, Letters: []askedLetterDocument{}}
	for _, l := range letters {
		all := s.Document(l)
		for _, a := range l.Standing.Addressees {
			if a.Slug != slug {
				continue
			}
			if d.Name == "" {
				d.Name = a.Called()
			}
			x := askedLetterDocument{Slug: l.Slug, URL: all.URL, Title: all.Title, Number: a.Number, Name: a.Called(), Role: a.Role, Leads: all.Leads,
				ReplyTo: ReplyTo(l.Letter, l.Edition.Language), Demands: []demandDocument{}, Responses: []responseDocument{}, Statement: a.Said,
				Holders: a.Holders, Members: a.Members, Answered: l.Standing.MembersAnswered(a.Number), Communication: a.Communication}
			for _, demand := range all.Demands {
				for _, c := range demand.Cells {
					if c.Addressee == a.Number {
						demand.Cells, demand.Status = []cellDocument{c}, c.Status
						x.Demands = append(x.Demands, demand)
					}
				}
			}
			for _, r := range all.Responses {
				if r.Addressee == a.Number || slices.Contains(r.Also, a.Number) {
					x.Responses = append(x.Responses, r)
				}
			}
			d.Letters = append(d.Letters, x)
		}
	}
	return d
}
