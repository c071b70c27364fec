package bench

import (
	"errors"
	"fmt"
)

// Floor is a figure that a change must not fall under, or in the case of a cost, not rise over.
type Floor struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
}

// Floors is the one list of what bench check holds the product to. They lie under what is measured on two busy cores
// (docs/performance.md), so that what falls through each time is a collapse, such as a collector that never stops, and not a
// noisy minute. Signing stands nearest to its own: what it loses next shows.
var Floors = []Floor{
	{Name: checkedPage, Unit: "of the bare handler", Least: 0.60},
	{Name: Sign, Unit: "of the bare insert", Least: 0.40},
	{Name: Confirm, Unit: "of the bare insert", Least: 0.13},
	{Name: checkedIdle, Unit: "% of a core", Most: 2},
	{Name: checkedMail, Unit: "ms of processor time a mail", Most: 1.0}, // 0.5 is the goal; 0.4 to 0.9 by the machine
}

// Finding is a figure beside its floor.
type Finding struct {
	Floor
	Value float64 `json:"value"`
	Holds bool    `json:"holds"`
}

func (f Floor) of(value float64) Finding {
	return Finding{f, value, value >= f.Least && (f.Most == 0 || value <= f.Most)}
}

// String says the figure, its floor, and whether it holds.
func (f Finding) String() string {
	bound, limit, verdict := "at least", f.Least, "holds"
	if f.Most > 0 {
		bound, limit = "at most", f.Most
	}
	if !f.Holds {
		verdict = "FELL"
	}
	return fmt.Sprintf("%-8s %.2f %s, %s %.2f: %s", f.Name, f.Value, f.Unit, bound, limit, verdict)
}

// fallen names what does not hold.
func (r *Report) fallen() (err error) {
	for _, f := range r.Floors {
		if !f.Holds {
			err = errors.Join(err, errors.New(f.String()))
		}
	}
	return err
}
