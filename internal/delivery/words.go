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
		}
		lines = append(lines, line)
	}
	return lines, s.DB.Now(), nil
}
