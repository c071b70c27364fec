package intake

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

// Import says how a list becomes signatures.
type Import struct {
	Letter  letter.Letter
	List    *roster.Roster
	Basis   verify.Basis
	Source  string       // where the list comes from, as the public is told
	Listing roll.Listing // of lines that do not say it themselves
	Kind    verify.Kind  // of lines that do not say it themselves; "" tells it by what they hold
	Mails   []int64      // that came in by mail and of which the list is made
}

// Plan is what would become of each line of a list.
type Plan struct {
	Import
	SHA256 string // of the file
	Batch  Batch  // the one that was interrupted and that applying goes on with; its ID is 0 for a new one
	Lines  []PlannedLine
	Asked  int // once it is applied: how many mails ask for a confirmation

	at   time.Time // when it was made
	desk bool      // it is for those who may not learn who has signed
}

// Outcome is what becomes of a line.
type Outcome string

// The outcomes.
const (
	Add       Outcome = "add"
	Ask       Outcome = "ask"       // a mail asks the address whether it signs; counted once it has confirmed
	Hold      Outcome = "hold"      // added, and counted once somebody has looked at it: Reason
	Duplicate Outcome = "duplicate" // left out: Of is the line it repeats, or 0 when the letter has it already
	Invalid   Outcome = "invalid"   // left out: Fault says why
	Done      Outcome = "done"      // taken in: since this file was interrupted, or with another list
)

// The reasons of duplicates.
const (
	Withdrawn = "withdrawn" // the signer has withdrawn
	Asked     = "asked"     // the address was sent a mail about this letter within a week
)

// PlannedLine is one line of a list and what becomes of it.
type PlannedLine struct {
	Line          int
	signing.Shown // what the signature would show, and to whom
	Outcome       Outcome
	Reason        string       // of a held line; of a duplicate Withdrawn, Asked or ""
	Of            int          // of a duplicate
	Fault         *fault.Error // of an invalid line
	Notes         []roster.Note
	Same          int // a line above with this very name, whose bearer seems to be another person; 0 for none

	email    string // confirmed by the mail that the line is of
	marks    signing.Marks
	language string      // of mails to the signer
	text     string      // language of the text signed
	box      mailbox.Box // where it names an address
	unnamed  bool        // no other line of the list is the same
	spelled  bool        // the list names its mailbox in another spelling too
	nothing  bool        // it becomes nothing, whatever it was shown as
}

func (line PlannedLine) adds() bool { return line.Outcome == Add || line.Outcome == Hold }

// acts reports whether applying the plan does something with the line.
func (line PlannedLine) acts() bool { return line.adds() || line.Outcome == Ask }

// Count returns how many lines have the outcome.
func (p *Plan) Count(o Outcome) (n int) {
	for _, line := range p.Lines {
		if line.Outcome == o {
			n++
		}
	}
	return n
}

// Plan says what would become of each line, and changes nothing. It tells the truth, of signatures that show no name too: it is
// for who holds the keys. Each line costs a few look-ups, however many signatures the letter has.
func (s *Service) Plan(ctx context.Context, i Import) (*Plan, error) {
	p, err := s.newPlan(i)
	if err != nil {
		return nil, err
	}
	done, err := s.interrupted(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := s.read(ctx, p, done); err != nil {
		return nil, err
	}
	for start := 0; start < len(p.Lines); start += batchSlice {
		if err := s.compare(ctx, p.Letter.ID, p.Lines[start:min(start+batchSlice, len(p.Lines))]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// newPlan begins a plan, of a letter that takes signatures.
func (s *Service) newPlan(i Import) (*Plan, error) {
	now := s.DB.Now()
	switch {
	case !i.Letter.AcceptsConfirmations(now):
		return nil, i.Letter.Refusal()
	case !i.Basis.Imported():
		return nil, fault.New(fault.Invalid, "batch.basis").On("basis")
	}
	source, f := text.Line("source", i.Source, signing.MaxText)
	if f != nil {
		return nil, f
	}
	i.Source = source
	return &Plan{Import: i, SHA256: i.List.SHA256, at: now}, nil
}

// read finds what would become of each line by the list alone. What is done, is in.
func (s *Service) read(ctx context.Context, p *Plan, done map[lineKey]bool) error {
	key, err := s.Letters.Key(ctx, p.Letter.ID)
	if err != nil {
		return err
	}
	editions, err := s.Letters.Editions.List(ctx, p.Letter.ID)
	if err != nil {
		return err
	}
	since := letter.LastText(editions).PublishedAt
	unnamed := 0
	for _, e := range p.List.Entries {
		if e.Writer == roster.Sender && e.Sent.Before(since) { // whoever wrote then has not seen the text, and an old mail is easily sent again
			e.Writer, e.Notes = roster.Claimed, append(slices.Clip(e.Notes), roster.NoteEarlier)
		}
		shown := signing.Shown{Kind: p.kindOf(e), Name: e.Name, Title: e.Title, Affiliation: e.Affiliation, Organisation: e.Organisation, Country: e.Country,
			Listing: cmp.Or(roll.Listing(e.Listing), p.Listing)}
		if p.desk && p.Letter.Protected && e.Writer == roster.Another && shown.Listing != roll.Counted {
			// A name that is not on the list a day later would say that its bearer had signed.
			shown.Listing, e.Notes = roll.Counted, append(slices.Clip(e.Notes), roster.NoteProtected)
		}
		parts := shown.Parts()
		if e.Writer == roster.Claimed {
			parts = []signing.Shown{shown} // one mail asks for both
		}
		if e.Unnamed {
			unnamed++
		}
		for _, part := range parts {
			line := s.check(p.Import, e, part, key)
			if e.Unnamed && !line.marks.Address {
				line.unnamed, line.marks = true, signing.MarksOfUnnamed(key, p.SHA256, e.Line, unnamed)
			}
			if done[line.key()] {
				line.Outcome = Done
			}
			p.Lines = append(p.Lines, line)
		}
	}
	p.markRepeated()
	return nil
}

type lineKey struct {
	line int
	kind verify.Kind
}

func (line PlannedLine) key() lineKey { return lineKey{line.Line, line.Kind} }

// interrupted finds the batch of the same file that the command line has not finished, and the lines that are in.
func (s *Service) interrupted(ctx context.Context, p *Plan) (done map[lineKey]bool, err error) {
	done = map[lineKey]bool{}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		batches, err := store.List(tx, qListBatches, scanBatch, p.Letter.ID)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if b.State == BatchApplying && b.SHA256 == p.SHA256 && !b.ofDesk() {
				p.Batch, p.Basis, p.Source, p.Listing, p.Kind = b, b.Basis, b.Source, b.Listing, b.Kind
			}
		}
		if p.Batch.ID == 0 {
			return nil
		}
		for line, err := range store.Each(tx, qListBatchLines, scanBatchLine, p.Letter.ID, p.Batch.ID, 0, "", roster.MaxRows*2) {
			if err != nil {
				return err
			}
			done[lineKey{line.line, line.kind}] = true
		}
		return nil
	})
	return done, err
}

func (i Import) kindOf(e roster.Entry) verify.Kind {
	switch {
	case e.Kind != "":
		return verify.Kind(e.Kind)
	case i.Kind != "":
		return i.Kind
	case i.List.OfOrganisations:
		return verify.Organisation
	case e.Name == "" && e.Organisation != "":
		return verify.Organisation
	}
	return verify.Person
}

// check normalises what a line shows and says what is wrong with it, or why it is held.
func (s *Service) check(i Import, e roster.Entry, shown signing.Shown, key *seal.LetterKey) PlannedLine {
	line := PlannedLine{Line: e.Line, Outcome: Add, Notes: e.Notes, language: i.Letter.Edition.Language}
	if e.Language != "" && i18n.Find(e.Language) != nil {
		line.language = e.Language
	}
	line.text = i.Letter.Edition.Prefer(line.language)
	invalid := func(f *fault.Error) {
		if f != nil && line.Fault == nil {
			line.Outcome, line.Fault = Invalid, f
		}
	}
	invalid(e.Fault)
	if !signing.Takes(i.Letter, shown.Kind) {
		invalid(fault.New(fault.Invalid, "kind").On("kind"))
	}
	representative := ""
	if shown.Kind == verify.Organisation {
		if shown.Organisation == "" && !i.List.OfOrganisations { // or who stands for an organisation would be shown as one
			shown.Organisation = e.Name
		} else {
			representative = e.Name // who signed for it: kept as it is written, never shown
		}
		shown.Name = ""
	}
	for _, f := range shown.Check() {
		invalid(f)
	}
	if shown.Kind == verify.Organisation {
		shown.Name = representative
	}
	line.Shown = shown
	record := shown.Record()
	if text.Misleads(record.Name) && line.Outcome == Add {
		line.Outcome, line.Reason = Hold, signing.HeldLookAlike
	}
	if e.Email != "" {
		a, f := text.ParseAddress(e.Email)
		invalid(f)
		if f == nil {
			box := s.Mailboxes.Of(key, i.Letter.ID, a)
			line.box, line.marks = box, signing.MarksOf(box)
			switch e.Writer {
			case roster.Sender:
				line.email = a.Typed // confirmed by the mail itself
			case roster.Claimed:
				if line.adds() {
					line.Outcome, line.Reason = Ask, "" // what would hold it is looked at when it is confirmed
				}
			}
			return line
		}
	}
	line.marks = signing.MarksOfRecord(key, record)
	return line
}

// bearer is who has a name on the list.
type bearer struct {
	line                 int
	affiliation, country string // folded
}

// compatible reports whether two bearers of one name may be one person: nothing that both say differs.
func (b bearer) compatible(o bearer) bool {
	return (b.affiliation == "" || o.affiliation == "" || b.affiliation == o.affiliation) && (b.country == "" || o.country == "" || b.country == o.country)
}

// maxBearers bounds how many bearers of one name are compared: a list of nothing but "Anonymous" ends, too.
const maxBearers = 100

func addBearer(list []bearer, b bearer) []bearer {
	if len(list) >= maxBearers {
		return list
	}
	return append(list, b)
}

func (line PlannedLine) bearer() (key string, b bearer) {
	r := line.Record()
	return string(line.Kind) + " " + text.Fold(r.Name), bearer{line.Line, text.Fold(r.Affiliation), r.Country}
}

// markRepeated finds lines that repeat one above them: by address, or by everything that they say.
func (p *Plan) markRepeated() {
	byTag, byName := map[string]int{}, map[string][]bearer{}
	for i := range p.Lines {
		line := &p.Lines[i]
		if line.Outcome == Invalid {
			continue
		}
		tag := string(line.Kind) + line.marks.Key()
		if first, repeated := byTag[tag]; repeated {
			if line.Outcome != Done {
				line.Outcome, line.Of = Duplicate, first
			}
			continue
		}
		byTag[tag] = line.Line
		if line.unnamed {
			continue
		}
		key, b := line.bearer()
		for i, other := range byName[key] {
			if i == 0 {
				line.Same = other.line
			}
			if line.Outcome != Add || line.marks.Address {
				break
			}
			if b.compatible(other) {
				line.Outcome, line.Reason, line.Same = Hold, signing.HeldDuplicate, other.line
			}
		}
		byName[key] = addBearer(byName[key], b)
	}
}

// compare looks the lines up in the letter: the same address, another spelling of its mailbox, or a public name whose
// bearer may be the same.
func (s *Service) compare(ctx context.Context, l letter.ID, lines []PlannedLine) error {
	return s.DB.View(ctx, func(tx *store.Tx) error {
		for i := range lines {
			line := &lines[i]
			if !line.acts() {
				continue
			}
			earlier, err := line.marks.Earlier(tx, l, line.Kind)
			switch {
			case err != nil:
				return err
			case earlier == signing.EarlierSame:
				line.Outcome, line.Reason, line.Of = Duplicate, "", 0
			case earlier == signing.EarlierWithdrawn: // a list does not sign for who took their name back
				line.Outcome, line.Reason, line.Of = Duplicate, Withdrawn, 0
			case earlier.Alike() && (line.marks.Address || line.unnamed) && line.Outcome == Add:
				line.Outcome, line.Reason = Hold, signing.HeldDuplicate
			}
			if line.Outcome == Ask {
				if err := line.compareAsked(tx); err != nil {
					return err
				}
			}
			if line.Outcome != Add || line.marks.Address || line.unnamed {
				continue
			}
			if err := line.compareNames(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareNames holds a line whose name is on the public list, with a bearer who may be the same.
func (line *PlannedLine) compareNames(tx *store.Tx, l letter.ID) error {
	_, b := line.bearer()
	listed, err := roll.Named(tx, l, line.Kind, line.Record().Name, maxBearers)
	if err != nil {
		return err
	}
	for _, x := range listed {
		if b.compatible(bearer{affiliation: text.Fold(x.Affiliation), country: x.Country}) {
			line.Outcome, line.Reason = Hold, signing.HeldDuplicate
		}
	}
	return nil
}
