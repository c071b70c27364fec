package page

import (
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// FactView is what is known of a demand beside its text, in words.
type FactView struct {
	ID     string
	Label  string
	Value  string // in the page's language
	Words  Tagged // in that of the letter, in place of a value
	Quote  Tagged // words of the demand that say so
	Source string // else who has set it, and when
	Lapsed bool   // the text no longer says so; shown at the desk only
}

// FactsOf puts facts of a demand, whose text is in a language, into words.
func FactsOf(loc *i18n.Locale, language string, facts []letter.Fact) (list []FactView) {
	for _, f := range facts {
		v := FactView{ID: strconv.FormatInt(f.ID, 36), Label: loc.T("fact." + string(f.Kind)), Lapsed: f.Lapsed}
		switch f.Kind {
		case letter.FactDue:
			if day, err := time.Parse(time.DateOnly, f.Value); err == nil {
				v.Value = loc.Date(day)
			}
		case letter.FactWithin:
			days, _ := strconv.Atoi(strings.Trim(f.Value, "PD"))
			v.Value = loc.N("fact.days", days)
		case letter.FactUrgent:
			v.Value = loc.T("fact.is_urgent")
		default:
			v.Words = Tag(f.Value, language)
		}
		switch {
		case f.Quote != "":
			v.Quote = Tag(f.Quote, language)
		case f.SetBy.Slug != "":
			v.Source = loc.T("fact.set_by", "Name", f.SetBy.Name(loc.Code, i18n.Default), "Date", loc.Date(f.SetAt))
		default:
			v.Source = loc.T("fact.set", "Date", loc.Date(f.SetAt))
		}
		list = append(list, v)
	}
	return list
}
