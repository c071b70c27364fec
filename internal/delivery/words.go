package delivery

import (
	"context"
	"time"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

// Line says in a language where a cell stands, with the day and the days: "unanswered for 23 days".
func (c Cell) Line(l *i18n.Locale) string {
	key := "answers.is." + string(c.Status)
	switch c.Status {
	case StatusUnanswered, StatusLate:
		return l.N(key, c.Days, "Date", l.Date(c.Since))
	case StatusNotDelivered:
		return l.T(key)
	}
	return l.T(key, "Date", l.Date(c.Since))
}

// Lines says in a language, for a document, where the demands of a letter stand today as the public may know it: nothing before there
// is something to say.
func (s *Service) Lines(ctx context.Context, l letter.Letter, language *i18n.Locale) (lines []document.DemandLine, today time.Time, err error) {
	st, err := s.Standing(ctx, l, ForPublic)
	if err != nil || !st.Begun() {
		return nil, time.Time{}, err
	}
	for _, d := range st.Demands {
		line := document.DemandLine{Number: d.Number, Text: d.Text}
		for _, c := range d.Cells {
			to, _ := st.Find(c.Addressee)
			line.Cells = append(line.Cells, document.DemandCell{Addressee: to.Called(), Stands: c.Line(language)})
			if x, stands := c.LastStated(); stands { // a line of its own: it is theirs, and no part of where the demand stands
				line.Stated = append(line.Stated, x.Line(language, to.Called()))
			}
		}
		lines = append(lines, line)
	}
	return lines, s.DB.Now(), nil
}

// Line says in a language who stated what, and when, or what became of it; name is how the office's addressee is called.
func (x Stated) Line(l *i18n.Locale, name string) string {
	args := []any{"Name", name, "Date", l.Date(x.At), "Back", l.Date(x.DecidedAt)}
	if x.Position != "" {
		args = append(args, "Position", l.T("stated.position."+string(x.Position)))
	}
	switch x.State {
	case StatedHeld:
		return l.T("stated.waits", args...)
	case StatedRefused:
		return l.T("stated.refused_on", append(args, "Reason", l.T("stated.reason."+string(x.Reason)))...)
	case StatedBack:
		return l.T("stated.taken_back", args...)
	}
	if x.Entered {
		return l.T("stated.entered", args...)
	}
	return l.T("stated.by", args...)
}
