package letter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Settings are what is decided about a letter beside its text. A nil field leaves the setting as it is.
type Settings struct {
	SignOn    *SignOn
	Protected *bool
	Mandate   *bool
	Informed  *bool
	Deadline  *Deadline // the zero Deadline takes the deadline away
	Call      *Call
	Embeds    []string // as Origins returns them; empty lets no site show the letter in a frame
	Continues *string  // slug of the letter that it goes on with, "" for none
	LeadWait  *int     // one of LeadWaits
	Contacts  *Contacts
	PublishAt *time.Time // of a draft: when it is published by itself, in the zone that is shown with it; zero for never
	Leads     []string   // slugs of organisations, in order; one that stands twice counts where it stands first
}

// Create makes a draft at the desk. A nil text comes later; what set leaves open is as AtDesk says. Another letter of the slug is
// a Conflict. by is the user who does it, for the audit trail, here and below; 0 is the command line.
func (s *Service) Create(ctx context.Context, slug string, t *Text, set Settings, by int64) (Letter, error) {
	if t != nil {
		ready, err := t.ready()
		if err != nil {
			return Letter{}, err
		}
		t = &ready
	}
	blank := s.blank()
	return s.update(ctx, func(tx *store.Tx) (l Letter, err error) {
		made, err := blank.insert(tx, slug, AtDesk)
		if err != nil {
			return l, err
		}
		if !made {
			return l, fault.List{fault.New(fault.Conflict, "letter.slug_taken").On("slug")}
		}
		if l, err = lock(tx, slug); err != nil {
			return l, err
		}
		if err := writeSettings(tx, l, set, by); err != nil {
			return l, err
		}
		if err := record(tx, l, by, "letter.created", ""); err != nil {
			return l, err
		}
		if t != nil {
			if err := saveText(tx, l, *t, FollowsNone, nil, by); err != nil {
				return l, err
			}
		}
		return l, recordSettings(tx, l, set, by)
	})
}

// Import is the text of a file on its way into a letter, with what is decided together with it: see FromDraft.
type Import struct {
	Slug          string // "" is made of the text's name: a free one, or that of a letter with this very text
	Text          Text
	Follows       Follows // required for a text of a published letter
	Settings      Settings
	Organisations []account.Organisation // are put into the directory first, those whose slug it has not
	Publish       bool
}

// Import writes the text of a file into the draft edition of its letter, which it makes, as OnCommandLine says, if there is
// none; all that is decided with it is done in one transaction, or nothing is. It returns the letter as it then is, and whether
// that differs from what it was: the same Import twice changes nothing.
func (s *Service) Import(ctx context.Context, i Import) (l Letter, changed bool, err error) {
	if i.Text, err = i.Text.ready(); err != nil {
		return l, false, err
	}
	blank := s.blank()
	var before Letter
	l, err = s.update(ctx, func(tx *store.Tx) (l Letter, err error) {
		slug := i.Slug
		if slug == "" {
			if slug, err = slugFor(tx, i.Text); err != nil {
				return l, err
			}
		}
		made, err := blank.insert(tx, slug, OnCommandLine)
		if err != nil {
			return l, err
		}
		if l, err = lock(tx, slug); err != nil {
			return l, err
		}
		if before = (Letter{}); !made {
			before = l
			if err := complete(tx, &before); err != nil {
				return l, err
			}
		}
		for _, o := range i.Organisations {
			if _, err := account.Find(tx, o.Slug); err == nil {
				continue
			} else if !fault.Is(err, fault.NotFound) {
				return l, err
			}
			if err := account.Put(tx, o); err != nil {
				return l, err
			}
		}
		if err := writeSettings(tx, l, i.Settings, 0); err != nil {
			return l, err
		}
		same, err := writeText(tx, l, i.Text, i.Follows, nil, 0)
		if err != nil || same || !i.Publish {
			return l, err
		}
		return l, s.publishAs(tx, l, Publication{Follows: FollowsNone})
	})
	before.Version = l.Version // which counts writes, not what they change
	return l, !reflect.DeepEqual(before, l), err
}

// SaveText writes a text into the draft edition. base is the Text.Revision of the text that it was made from, "" for none: another
// one in its place is a Conflict. follows is required for a published letter.
func (s *Service) SaveText(ctx context.Context, slug string, t Text, follows Follows, base string, by int64) (Letter, error) {
	t, err := t.ready()
	if err != nil {
		return Letter{}, err
	}
	return s.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		return saveText(tx, l, t, follows, &base, by)
	})
}

// SetSettings changes the settings of a letter. A later deadline of an open one is told to its signers, by a job. A user who may
// not decide them so gets an Invalid fault of the field "lead" or "day".
func (s *Service) SetSettings(ctx context.Context, slug string, set Settings, by int64) (Letter, error) {
	return s.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if set.Leads != nil && l.State != Draft {
			if err := complete(tx, &l); err != nil {
				return err
			}
		}
		if err := writeSettings(tx, l, set, by); err != nil {
			return err
		}
		if set.Leads != nil && l.State != Draft {
			if err := s.leadsChanged(tx, l); err != nil {
				return err
			}
		}
		if err := recordSettings(tx, l, set, by); err != nil || set.Deadline == nil {
			return err
		}
		return record(tx, l, by, "letter.deadline", "")
	})
}

// Publication says how the draft edition becomes the current one.
type Publication struct {
	Follows Follows           // how it follows the last, declared for all that was written since; FollowsNone leaves what was said with the texts
	Sums    map[string]string // SHA-256 by language of the very texts that were approved: others are a Conflict; nil is any
	By      int64             // the user; 0 is the command line, whose operator needs no approval of the lead organisations
	Agreed  bool              // these have approved it, or had time to object
}

// Publish makes the draft edition, if there is one, the current one, and opens a letter that was a draft.
func (s *Service) Publish(ctx context.Context, slug string, p Publication) (Letter, error) {
	return s.change(ctx, slug, func(tx *store.Tx, l Letter) error { return s.publishAs(tx, l, p) })
}

// publishAs publishes, and says so in the trail. Where the command line does it, nobody was asked: those whose names stand at the letter's
// head are told.
func (s *Service) publishAs(tx *store.Tx, l Letter, p Publication) error {
	if err := publish(tx, l.ID, p); err != nil {
		return err
	}
	if l.State == Draft {
		return record(tx, l, p.By, "letter.opened", "")
	}
	now, err := scanLetter(tx.Row(qLoadLetter, l.ID))
	if err != nil || now.Edition.Number == l.Edition.Number { // there was nothing new
		return err
	}
	if err := forgetAgreement(tx, l.ID); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{User: p.By, Letter: l.ID, Act: "edition.published", Object: string(p.Follows)}); err != nil {
		return err
	}
	if p.By != 0 || p.Agreed {
		return nil
	}
	return s.tellLeads(tx, l, now.Edition.Number)
}

// Open opens a draft with the text that it has, unless its checklist names an obstacle.
func (s *Service) Open(ctx context.Context, slug string, by int64) error {
	_, err := s.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if l.State != Draft {
			return fault.New(fault.Conflict, "letter.not_ready")
		}
		return s.publishAs(tx, l, Publication{By: by})
	})
	return err
}

// update runs fn in one transaction and returns the letter that fn names as it is after it. Every change of a letter's text and
// settings is made by it.
func (s *Service) update(ctx context.Context, fn func(tx *store.Tx) (Letter, error)) (l Letter, err error) {
	defer s.recent.Clear()
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if l, err = fn(tx); err != nil {
			return err
		}
		if l, err = scanLetter(tx.Row(qLoadLetter, l.ID)); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return l, err
}

// change is update on a letter that there is, locked.
func (s *Service) change(ctx context.Context, slug string, fn func(tx *store.Tx, l Letter) error) (Letter, error) {
	if !IsSlug(slug) {
		return Letter{}, fault.New(fault.Invalid, "slug").On("slug")
	}
	return s.update(ctx, func(tx *store.Tx) (Letter, error) {
		l, err := lock(tx, slug)
		if err != nil {
			return l, err
		}
		return l, fn(tx, l)
	})
}

// Amend changes what another package keeps about a letter: fn has it locked and whole, as its pages show it, which count that as a
// change of the letter. It may run twice.
func (s *Service) Amend(ctx context.Context, slug string, fn func(tx *store.Tx, l Letter) error) error {
	_, err := s.change(ctx, slug, func(tx *store.Tx, l Letter) error {
		if err := complete(tx, &l); err != nil {
			return err
		}
		if err := fn(tx, l); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
	return err
}

// lock returns the letter and lets no other transaction change it before this one ends: two editors at once would
// otherwise write into an edition that one of them has just published.
func lock(tx *store.Tx, slug string) (Letter, error) {
	var id ID
	if err := tx.Row(qLockLetter, slug).Scan(&id); err != nil && !errors.Is(err, store.ErrNoRow) {
		return Letter{}, err
	}
	return find(tx, slug)
}

// blank is what is drawn at random for a letter that is made: before its transaction, which may run twice.
type blank struct {
	id    int64
	logID verify.LetterID
	key   []byte
}

func (s *Service) blank() blank {
	b := blank{id: store.NewID(s.DB.Now())}
	b.key = s.Keys.NewLetterKey(b.id)
	rand.Read(b.logID[:])
	return b
}

// insert makes the letter unless there is one of the slug.
func (b blank) insert(tx *store.Tx, slug string, d Defaults) (made bool, err error) {
	if !IsSlug(slug) {
		return false, fault.New(fault.Invalid, "slug").On("slug")
	}
	n, err := tx.Exec(qInsertLetter, b.id, b.logID.String(), slug, d.SignOn, false, d.Mandate, false, b.key, tx.Now().UnixMicro())
	return n > 0, err
}

// record tells the audit trail what a user did; the command line has none. Saving a text again and again, as typing does, is one
// line.
func record(tx *store.Tx, l Letter, by int64, act, object string) error {
	if by == 0 {
		return nil
	}
	return account.RecordOnce(tx, account.Entry{User: by, Letter: l.ID, Act: act, Object: object})
}

func saveText(tx *store.Tx, l Letter, t Text, follows Follows, base *string, by int64) error {
	if _, err := writeText(tx, l, t, follows, base, by); err != nil {
		return err
	}
	return record(tx, l, by, "letter.text", "")
}

func recordSettings(tx *store.Tx, l Letter, set Settings, by int64) error {
	if set.SignOn == nil && set.Protected == nil && set.Mandate == nil && set.Call == nil && set.Leads == nil && set.Embeds == nil &&
		set.PublishAt == nil && set.Continues == nil && set.LeadWait == nil && set.Contacts == nil && set.Informed == nil {
		return nil
	}
	return record(tx, l, by, "letter.settings", "")
}

// check finds what a user must not decide: nobody puts a letter into the mouth of an organisation that they do not speak for, or
// takes it out of their own hands, and a deadline that is set lies ahead. The operator's command line may.
func (set Settings) check(tx *store.Tx, l Letter, by int64) error {
	if by == 0 {
		return nil
	}
	var faults fault.List
	if to := set.Deadline; to != nil && to.IsSet() && !to.At.Equal(l.Deadline.At) && !to.At.After(tx.Now()) {
		faults = append(faults, fault.New(fault.Invalid, "deadline_past").On("day"))
	}
	if set.Protected != nil && l.Protected && !*set.Protected && l.State != Draft { // who signed trusted in it, and lists would show names
		faults = append(faults, fault.New(fault.Conflict, "protected_stays").On("protected"))
	}
	if set.Leads != nil {
		roles, err := account.RolesOf(tx, by)
		if err != nil {
			return err
		}
		leads, err := account.Leads(tx, l.ID)
		if err != nil {
			return err
		}
		own := func(slug string) bool { return roles[slug].May(account.Editor) }
		strange := func(slug string) bool {
			return !own(slug) && !slices.ContainsFunc(leads, func(o account.Organisation) bool { return o.Slug == slug })
		}
		if !slices.ContainsFunc(set.Leads, own) || slices.ContainsFunc(set.Leads, strange) {
			faults = append(faults, fault.New(fault.Invalid, "lead_own").On("lead"))
		}
		for _, o := range leads { // its name stands at the head of what was signed, and it has a say in the next edition
			if l.State != Draft && !own(o.Slug) && !slices.Contains(set.Leads, o.Slug) {
				faults = append(faults, fault.New(fault.Conflict, "lead_stays").On("lead"))
				break
			}
		}
	}
	if set.LeadWait != nil && !slices.Contains(LeadWaits, *set.LeadWait) {
		faults = append(faults, fault.New(fault.Invalid, "lead_wait").On("lead_wait"))
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

func writeSettings(tx *store.Tx, l Letter, set Settings, by int64) error {
	if err := set.check(tx, l, by); err != nil {
		return err
	}
	if set.Leads != nil {
		if err := writeLeads(tx, l.ID, set.Leads); err != nil {
			return err
		}
	}
	if set.SignOn == nil && set.Protected == nil && set.Mandate == nil && set.Deadline == nil && set.Call == nil && set.Embeds == nil &&
		set.PublishAt == nil && set.Continues == nil && set.LeadWait == nil && set.Contacts == nil && set.Informed == nil {
		return nil
	}
	if set.SignOn != nil {
		l.SignOn = *set.SignOn
	}
	if set.Protected != nil {
		l.Protected = *set.Protected
	}
	if set.Mandate != nil {
		l.Mandate = *set.Mandate
	}
	if set.Informed != nil {
		l.Informed = *set.Informed
	}
	if set.Call != nil {
		l.Call = set.Call
	}
	if set.Embeds != nil {
		l.Embeds = set.Embeds
	}
	if set.LeadWait != nil {
		l.LeadWait = *set.LeadWait
	}
	if set.Contacts != nil {
		l.Contacts = *set.Contacts
	}
	if set.Deadline != nil {
		if err := moveDeadline(tx, l, *set.Deadline); err != nil {
			return err
		}
		l.Deadline = *set.Deadline
	}
	if set.PublishAt != nil && !set.PublishAt.Equal(l.PublishAt) {
		if err := setOpening(tx, l, *set.PublishAt, by); err != nil {
			return err
		}
		l.PublishAt = *set.PublishAt
	}
	if set.Continues != nil {
		if err := setContinues(tx, l, *set.Continues); err != nil {
			return err
		}
	}
	var call *string
	if l.Call != nil {
		data, err := json.Marshal(l.Call)
		if err != nil {
			return fmt.Errorf("letter: encode call: %w", err)
		}
		call = new(string(data))
	}
	contacts, err := json.Marshal(l.Contacts)
	if err != nil {
		return fmt.Errorf("letter: encode contacts: %w", err)
	}
	zone := "UTC"
	if l.Deadline.Zone != nil {
		zone = l.Deadline.Zone.String()
	}
	embeds := strings.Join(l.Embeds, "\n")
	_, err = tx.Exec(qSetSettings, l.SignOn, l.Protected, l.Mandate, store.Micros(l.Deadline.At), zone, l.Deadline.CloseOfBusiness, call, embeds,
		store.Micros(l.PublishAt), l.PublishAt.Location().String(), l.LeadWait, string(contacts), l.Informed, l.ID)
	return err
}

// setContinues says which letter a letter goes on with. That one's page names it once it is published, where they have a lead in common:
// nobody puts a title above somebody else's letter.
func setContinues(tx *store.Tx, l Letter, slug string) error {
	var earlier Letter
	if slug != "" {
		var err error
		if earlier, err = find(tx, slug); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		for x, depth := earlier, 0; ; depth++ { // none of those before it goes on with this one
			if x.ID == 0 || x.ID == l.ID || x.State == Draft || depth == maxChain {
				return fault.List{fault.New(fault.Invalid, "letter.continues").On("continues")}
			}
			if x.Continues == 0 {
				break
			}
			if x, err = scanLetter(tx.Row(qLoadLetter, x.Continues)); err != nil {
				return err
			}
		}
	}
	if earlier.ID == l.Continues {
		return nil
	}
	if l.State != Draft {
		for _, id := range []ID{l.Continues, earlier.ID} {
			if err := Touch(tx, id); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(qSetContinues, earlier.ID, l.ID)
	return err
}

// maxChain is how many letters can go on with each other.
const maxChain = 50

// moveDeadline does what follows when a letter gets another deadline: of one that is published it stands in the log.
func moveDeadline(tx *store.Tx, l Letter, to Deadline) error {
	if l.State == Draft || l.Deadline.At.Equal(to.At) {
		return nil
	}
	if l.State != Open && l.SignOn != SignOnNone {
		return fault.New(fault.Conflict, "letter.closed")
	}
	return logDeadline(tx, l, to.At)
}

func writeLeads(tx *store.Tx, id ID, leads []string) error {
	if _, err := tx.Exec(qRemoveLeads, id); err != nil {
		return err
	}
	for rank, slug := range leads {
		if slices.Contains(leads[:rank], slug) {
			continue
		}
		o, err := account.Find(tx, slug)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qInsertLead, id, rank, o.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(qEndConsents, false, id); err != nil {
		return err
	}
	return Touch(tx, id)
}
