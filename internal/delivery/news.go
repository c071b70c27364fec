package delivery

import (
	"context"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
)

// told are the statuses of which followers of a letter are told. The others follow from a delivery or a response, or from none.
var told = []Status{StatusLate, StatusPromised, StatusRefused, StatusPartlyMet, StatusMet, StatusOvertaken, StatusWithdrawn}

// Facts returns what is public of what became of a letter: deliveries, responses, where demands stand.
func (s *Service) Facts(ctx context.Context, l letter.Letter) (facts []news.Fact, err error) {
	st, err := s.Standing(ctx, l, ForPublic)
	if err != nil {
		return nil, err
	}
	for _, d := range st.Deliveries {
		if d.Arrived() && d.Kind != Correction {
			facts = append(facts, news.Fact{About: news.AboutDelivery + " " + ID(d.ID)})
		}
	}
	for _, r := range st.Responses {
		if r.State != Published {
			continue
		}
		facts = append(facts, news.Fact{About: news.AboutResponse + " " + ID(r.ID)})
	}
	for _, d := range st.Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				if x.State == StatedShown {
					facts = append(facts, news.Fact{About: news.AboutStated + " " + ID(x.ID)})
				}
			}
			if slices.Contains(told, c.Status) {
				facts = append(facts, news.Fact{About: news.AboutStatus + " " + d.Number + " " + strconv.Itoa(c.Addressee), Value: string(c.Status)})
			}
		}
	}
	return facts, nil
}
