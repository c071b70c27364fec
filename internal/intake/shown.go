package intake

import (
	"context"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// Show says what the desk may know of each line, and changes nothing: by the list itself, the public list, and the lists that were
// added at the desk before. It looks at no signature, submission or mail of an address, so that neither what it says nor how long it
// takes tells who has signed without a name that everybody sees. What such a line becomes is found when it is taken in, and sealed.
func (s *Service) Show(ctx context.Context, i Import) (*Plan, error) {
	p, err := s.readForDesk(ctx, i)
	if err != nil {
		return nil, err
	}
	key, err := s.Letters.Key(ctx, p.Letter.ID)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(p.Lines); start += batchSlice {
		if err := s.compareShown(ctx, key, p.Letter.ID, p.Lines[start:min(start+batchSlice, len(p.Lines))]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readForDesk finds what becomes of each line by the list alone.
func (s *Service) readForDesk(ctx context.Context, i Import) (*Plan, error) {
	p, err := s.newPlan(i)
	if err != nil {
		return nil, err
	}
	p.desk = true
	if err := s.read(ctx, p, nil); err != nil {
		return nil, err
	}
	p.markSpelled()
	return p, nil
}

// markSpelled finds lines whose address is another spelling of a mailbox that a line above names. The later one is held.
func (p *Plan) markSpelled() {
	first := map[string]*PlannedLine{}
	for i := range p.Lines {
		line := &p.Lines[i]
		if !line.acts() || !line.marks.Address {
			continue
		}
		mailbox := string(line.Kind) + line.marks.Mailbox()
		above, spelled := first[mailbox]
		if !spelled {
			first[mailbox] = line
			continue
		}
		above.spelled, line.spelled = true, true
		if line.Outcome == Add {
			line.Outcome, line.Reason = Hold, signing.HeldDuplicate
		}
	}
}

// compareShown looks lines up in the public list and among those that were taken in.
func (s *Service) compareShown(ctx context.Context, key *seal.LetterKey, l letter.ID, lines []PlannedLine) error {
	return s.DB.View(ctx, func(tx *store.Tx) error {
		for i := range lines {
			line := &lines[i]
			if !line.acts() {
				continue
			}
			mailbox, tag := line.takenTags(key)
			for other, err := range store.Each(tx, qListTaken, scanTag, l, mailbox, line.Kind) {
				switch {
				case err != nil:
					return err
				case string(other) == string(tag):
					line.Outcome, line.Reason = Done, ""
				case line.Outcome == Add && (line.marks.Address || line.unnamed):
					line.Outcome, line.Reason = Hold, signing.HeldDuplicate
				}
			}
			if line.Outcome != Add || line.unnamed {
				continue
			}
			if err := line.compareNames(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// takenTags are by what a line is found again once it was taken in. They are not those of signatures, which end when one is erased.
func (line PlannedLine) takenTags(key *seal.LetterKey) (mailbox, tag []byte) {
	return key.Tag("taken in " + line.marks.Mailbox()), key.Tag("taken in " + line.marks.Key())
}

func scanTag(row store.Row) (tag []byte, err error) { return tag, row.Scan(&tag) }
