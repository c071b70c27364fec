package page

import (
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// RemarkGroup are the remarks on one paragraph.
type RemarkGroup struct {
	Heading  string
	Quote    Tagged // how the paragraph begins, or began
	Anchor   string // "" where the paragraph is gone
	Language string
	Remarks  []RemarkView
}

// RemarkView is one remark.
type RemarkView struct {
	ID, By, At string
	Text       []string // paragraphs
	Resolved   bool
}

// RemarkOf returns a remark; by names who made it.
func RemarkOf(loc *i18n.Locale, x letter.Remark, by string) RemarkView {
	return RemarkView{ID: strconv.FormatInt(x.ID, 36), By: by, At: loc.Date(x.At), Text: strings.Split(x.Text, "\n\n"), Resolved: x.Resolved}
}

// Remarks are those of a group with what every page has.
type Remarks struct {
	Base
	RemarkGroup
	DeskAction string // where remarks are dealt with; "" for readers
}

// RemarksOf puts remarks into the page's language.
func (b Base) RemarksOf(g RemarkGroup) Remarks { return Remarks{Base: b, RemarkGroup: g} }
