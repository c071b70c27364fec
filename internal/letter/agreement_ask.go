package letter

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// propose puts the next edition before the lead organisations, or publishes it where none is left that has to approve it. Who asks has
// approved it for theirs, and so has whoever gave the second word; but what several changed nobody has approved by changing it.
func (s *Service) propose(tx *store.Tx, l Letter, e NewEdition, by int64) error {
	if err := complete(tx, &l); err != nil {
		return err
	}
	next, err := findEdition(tx, l.ID, l.Edition.Number+1)
	if err != nil {
		return err
	}
	a := Agreement{Number: next.Number, Follows: e.Follows, Sums: e.SHA256, AskedBy: e.By, AskedAt: tx.Now()}
	a.Digest = digestOf(a.Number, a.Follows, a.Sums)
	if err := publishable(tx, l, next, Publication{Follows: e.Follows, Sums: e.SHA256}); err != nil {
		return err
	}
	before, err := s.agreementOf(tx, l)
	if err != nil {
		return err
	}
	if before.Digest == a.Digest && before.movedAt.IsZero() {
		return fault.New(fault.Conflict, "agreement.asked")
	}
	if !e.Several {
		if err := approveAs(tx, l, a.Digest, e.By); err != nil {
			return err
		}
	}
	if by != e.By {
		if err := approveAs(tx, l, a.Digest, by); err != nil {
			return err
		}
	}
	if a.Leads, err = s.stands(tx, l, a.Digest); err != nil {
		return err
	}
	objects := func(s Stand) bool { return s.Objection != "" }
	if e.Follows != FollowsSubstantive && l.LeadWait > 0 && !slices.ContainsFunc(a.Leads, objects) {
		a.Due = tx.Now().Add(time.Duration(l.LeadWait) * time.Hour)
	}
	if a.agreed() {
		return s.settle(tx, l, a)
	}
	if err := putAgreement(tx, l.ID, a, next); err != nil {
		return err
	}
	var ask, again []int64
	for _, stand := range a.Leads {
		switch {
		case stand.Approved:
		case stand.Before:
			again = append(again, stand.Lead.ID)
		default:
			ask = append(ask, stand.Lead.ID)
		}
	}
	if err := s.writeToLeads(tx, l, again, LeadMail{Says: SaysChanged, Number: a.Number, Digest: a.Digest}); err != nil {
		return err
	}
	if err := s.writeToLeads(tx, l, ask, LeadMail{Says: SaysApprove, Number: a.Number, Digest: a.Digest}); err != nil {
		return err
	}
	if !a.Due.IsZero() {
		return job.EnqueueAt(tx, a.Due, agreed{l.ID, a.Due.UnixMicro()})
	}
	return nil
}

// agreed reports whether every lead organisation has approved what is asked.
func (a Agreement) agreed() bool {
	return !slices.ContainsFunc(a.Leads, func(s Stand) bool { return !s.Approved })
}

// settle publishes an edition that every lead organisation has approved.
func (s *Service) settle(tx *store.Tx, l Letter, a Agreement) (err error) {
	if a.Leads, err = s.stands(tx, l, a.Digest); err != nil || !a.agreed() {
		return err
	}
	return s.publishAs(tx, l, Publication{Follows: a.Follows, By: a.AskedBy, Sums: a.Sums, Agreed: true})
}

// object notes an objection, which keeps the edition from being published by itself, and tells those who speak for the others, unless
// they know that it objects.
func (s *Service) object(tx *store.Tx, l Letter, a Agreement, lead int64, words string, by int64) error {
	words = CleanMarkdown(words)
	if words == "" || utf8.RuneCountInString(words) > maxObjection {
		return fault.List{fault.New(fault.Invalid, "agreement.objection", "Count", maxObjection).On("words")}
	}
	key, err := s.KeyIn(tx, l.ID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qObject, l.ID, lead, a.Digest, key.Seal("agreement_lead", lead, []byte(words)), tx.Now().UnixMicro()); err != nil {
		return err
	}
	if err := hold(tx, l.ID); err != nil {
		return err
	}
	if stand, _ := a.Of(lead); stand.Objection != "" && !stand.Anew {
		return nil
	}
	var others []int64
	for _, o := range l.Leads {
		if o.ID != lead {
			others = append(others, o.ID)
		}
	}
	if err := s.writeToLeads(tx, l, others, LeadMail{Says: SaysObjected, Number: a.Number}); err != nil {
		return err
	}
	return account.Record(tx, account.Entry{User: by, Organisation: lead, Letter: l.ID, Act: "lead.objected", Object: a.Digest})
}

// writeToLeads has one mail written to each who speaks for one of these lead organisations: its members who write here, else the readers
// with a link. A link that a restore took back is made anew when they are asked: an organisation that leads has a say. One that an editor
// took back stays so.
func (s *Service) writeToLeads(tx *store.Tx, l Letter, leads []int64, m LeadMail) error {
	m.Letter = l.ID
	told := map[int64]bool{}
	for _, m.Lead = range leads {
		users, err := store.List(tx, qListVoices, scanOrganisationID, m.Lead)
		if err != nil {
			return err
		}
		for _, m.User = range users {
			if told[m.User] {
				continue
			}
			told[m.User] = true
			if err := job.Enqueue(tx, m); err != nil {
				return err
			}
		}
		if m.User = 0; len(users) > 0 {
			continue
		}
		if err := s.writeToReaders(tx, l, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) writeToReaders(tx *store.Tx, l Letter, m LeadMail) error {
	readers, err := store.List(tx, qListLeadReaders, scanReader, l.ID, m.Lead)
	if err != nil || len(readers) == 0 {
		return err
	}
	key, err := s.KeyIn(tx, l.ID)
	if err != nil {
		return err
	}
	for _, r := range readers {
		if r.Withdrawn && !r.lost {
			continue
		}
		if r.Withdrawn {
			if err := r.open(key); err != nil {
				return err
			}
			r.token = seal.NewToken(r.ID)
			sealed, err := r.seal(key)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(qRelinkReader, seal.Hash(r.token), sealed, r.Language, false, tx.Now().UnixMicro(), r.ID); err != nil {
				return err
			}
		}
		m.Reader = r.ID
		if err := job.Enqueue(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// tellLeads has a mail written to all lead organisations: the edition is published.
func (s *Service) tellLeads(tx *store.Tx, l Letter, number int) error {
	leads, err := account.Leads(tx, l.ID)
	if err != nil {
		return err
	}
	var ids []int64
	for _, o := range leads {
		ids = append(ids, o.ID)
	}
	return s.writeToLeads(tx, l, ids, LeadMail{Says: SaysPublished, Number: number})
}

// leadsChanged asks those who have come to lead a letter about what waits, and publishes it where only who left had not approved it.
func (s *Service) leadsChanged(tx *store.Tx, l Letter) error {
	if _, err := tx.Exec(qForgetStand, l.ID); err != nil {
		return err
	}
	before := l.Leads
	if err := complete(tx, &l); err != nil {
		return err
	}
	a, err := s.agreementOf(tx, l)
	if err != nil || !a.Waits() {
		return err
	}
	var fresh []int64
	for _, o := range l.Leads {
		if !slices.ContainsFunc(before, func(x account.Organisation) bool { return x.ID == o.ID }) {
			fresh = append(fresh, o.ID)
		}
	}
	if err := s.writeToLeads(tx, l, fresh, LeadMail{Says: SaysApprove, Number: a.Number, Digest: a.Digest}); err != nil {
		return err
	}
	next, err := findEdition(tx, l.ID, a.Number)
	if err != nil || !a.is(next) {
		return err
	}
	return s.settle(tx, l, a)
}

// lateBy is how late an edition may be published by itself. After a longer stop of the server the lead organisations have their time
// anew: nobody could object meanwhile.
const lateBy = time.Hour

// publishAgreed publishes an edition by itself, unless somebody has decided otherwise since.
func (s *Service) publishAgreed(ctx context.Context, j agreed) error {
	l, err := s.ByID(ctx, j.Letter)
	if err != nil {
		return err
	}
	working := false
	_, err = s.change(ctx, l.Slug, func(tx *store.Tx, l Letter) error {
		if err := complete(tx, &l); err != nil {
			return err
		}
		a, err := s.agreementOf(tx, l)
		if err != nil || !a.Waits() || a.Due.UnixMicro() != j.Due {
			return err
		}
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil {
			return err
		}
		if working = !a.is(next); working { // its change is being asked about, or taken back
			return nil
		}
		if now := tx.Now(); now.Sub(a.Due) > lateBy {
			due := now.Add(time.Duration(max(l.LeadWait, 1)) * time.Hour)
			if _, err := tx.Exec(qSetDue, due.UnixMicro(), l.ID); err != nil {
				return err
			}
			return job.EnqueueAt(tx, due, agreed{l.ID, due.UnixMicro()})
		}
		if err := s.publishAs(tx, l, Publication{Follows: a.Follows, By: a.AskedBy, Sums: a.Sums, Agreed: true}); err != nil {
			return err
		}
		return s.tellLeads(tx, l, next.Number)
	})
	if err == nil && working {
		return job.Later(reaskAfter)
	}
	if len(fault.All(err)) == 0 {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := hold(tx, l.ID); err != nil {
			return err
		}
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "edition.not_published"})
	})
}

// askAnew asks about what a text has become since lead organisations were asked about it, once nobody has changed it for a while: as whoever
// changed it would.
func (s *Service) askAnew(ctx context.Context, j moved) error {
	var asks NewEdition
	var wait time.Duration
	byCommand := false
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		asks, wait = NewEdition{}, 0
		l, err := scanLetter(tx.Row(qLoadLetter, j.Letter))
		if err != nil {
			return err
		}
		if err := complete(tx, &l); err != nil {
			return err
		}
		a, err := s.agreementOf(tx, l)
		if err != nil || !a.Waits() || a.movedAt.IsZero() {
			return err
		}
		if wait = reaskAfter - tx.Now().Sub(a.movedAt); wait > 0 {
			return nil
		}
		next, err := findEdition(tx, l.ID, a.Number)
		if err != nil || a.is(next) {
			return err
		}
		by := a.movedBy
		if byCommand = by == 0 && !a.movedMany; by == 0 && a.movedMany {
			by = a.AskedBy
		}
		asks = NewEditionOf(next, stronger(a.Follows, next.Follows), by)
		asks.Several = a.movedMany
		return nil
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		return job.Later(wait)
	}
	if asks.SHA256 == nil {
		return nil
	}
	if byCommand { // it is its operator's: no second member is asked for it
		err = s.DB.Update(ctx, func(tx *store.Tx) error { return s.do(tx, j.Letter, asks, 0) })
	} else {
		_, err = s.approvals.Carry(ctx, j.Letter, asks, asks.By)
	}
	if len(fault.All(err)) > 0 { // nobody who may ask, or what cannot be published: the desk shows that it is not what was asked about
		return nil
	}
	s.recent.Clear()
	return err
}
