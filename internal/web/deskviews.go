package web

import (
	"html/template"
)

// This file holds what templates of the desk ask of the page structs beyond their fields.

// formOf is a form with what every page has.
type formOf struct {
	Base
	Form Form
}

// WrongOf puts what is wrong with a form into the page's language.
func (b Base) WrongOf(f Form) formOf { return formOf{Base: b, Form: f} }

// chartWith is a chart with what every page has.
type chartWith struct {
	Base
	Chart *Chart
}

// ChartWith puts a chart into the page's language.
func (b Base) ChartWith(c *Chart) chartWith { return chartWith{b, c} }

// Ordinal returns the number of a row, which the first of all has as 1, in the page's digits.
func (b Base) Ordinal(row int) string { return b.L.Number(row + 1) }

// SignOnChoices are the ways in which a letter can be signed.
func (b Base) SignOnChoices() []string {
	return []string{"both", "organisations", "people", "none"}
}

// FollowsChoices are the ways in which an edition can follow the last.
func (BoardPage) FollowsChoices() []string {
	return []string{"cosmetic", "translation", "substantive"}
}

// NextNumber is the number of the edition that somebody has begun.
func (p BoardPage) NextNumber() int { return p.Number + 1 }

// Side is the length of a side of the QR code with its quiet zone, in modules.
func (a AppView) Side() int { return a.Size + 8 }

// Open is the address that an authenticator app on the same device opens. html/template refuses schemes that it does not
// know; this one is made by package account and holds nothing that was typed.
func (a AppView) Open() template.URL { return template.URL(a.URL) }
