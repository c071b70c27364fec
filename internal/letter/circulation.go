package letter

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Circulation is a draft's text going round among those who are asked to read it before it is published. The zero
// Circulation is none.
type Circulation struct {
	Soft, Hard   time.Time // until when answers are asked for, and after which nothing is taken
	Zone         *time.Location
	StartedAt    time.Time
	FrozenSHA256 string // of the authoritative file that was frozen last, "" for none
	FrozenAt     time.Time
}

// Started reports whether there is a circulation.
func (c Circulation) Started() bool { return !c.StartedAt.IsZero() }

// Takes reports whether answers and remarks are taken at that moment.
func (c Circulation) Takes(now time.Time) bool { return c.Started() && now.Before(c.Hard) }

// Frozen reports whether the edition's text is the one whose hash was mailed to all readers. No more is noted of it: who
// changes the text has lifted the freeze, and who puts it back has what was mailed.
func (c Circulation) Frozen(e Edition) bool {
	return c.FrozenSHA256 != "" && c.FrozenSHA256 == e.SHA256
}

// Lifted reports whether the text was frozen and has been changed since.
func (c Circulation) Lifted(e Edition) bool {
	return c.FrozenSHA256 != "" && c.FrozenSHA256 != e.SHA256
}

// Round sends a draft to readers for their opinion, and says until when they can give it.
type Round struct {
	Readers    []ReaderAddress // none: only the deadlines change
	Language   string          // of the mail and of the page it leads to
	Lead       bool            // they are asked to be lead organisations
	Soft, Hard time.Time
	Zone       *time.Location
	By         int64 // the user
}

// maxReaders bounds how many are asked about one letter: each is two rows of one transaction.
const maxReaders = 200

func (r Round) validate(now time.Time) error {
	var faults fault.List
	if !r.Hard.After(now) {
		faults = append(faults, fault.New(fault.Invalid, "deadline_past").On("hard_day"))
	}
	if r.Soft.After(r.Hard) {
		faults = append(faults, fault.New(fault.Invalid, "circulation.order").On("soft_day"))
	}
	if len(r.Readers) > maxReaders {
		faults = append(faults, fault.New(fault.TooLarge, "circulation.readers", "Count", maxReaders).On("readers"))
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// Circulations are the drafts that go round, their readers, and what these say.
type Circulations struct{ letters *Service }

// Send sends a draft round and returns to how many it was sent now: who was sent it before is not sent it again.
func (cs Circulations) Send(ctx context.Context, slug string, r Round) (sent int, err error) {
	if err := r.validate(cs.letters.DB.Now()); err != nil {
		return 0, err
	}
	err = cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		sent = 0
		if l.Edition.Number == 0 {
			return fault.List{fault.New(fault.Invalid, "text_empty").On("readers")}
		}
		now := tx.Now()
		if _, err := tx.Exec(qPutCirculation, l.ID, r.Soft.UnixMicro(), r.Hard.UnixMicro(), r.Zone.String(), now.UnixMicro()); err != nil {
			return err
		}
		key, err := cs.letters.KeyIn(tx, l.ID)
		if err != nil {
			return err
		}
		var known int
		if err := tx.Row(qCountReaders, l.ID).Scan(&known); err != nil {
			return err
		}
		for _, to := range r.Readers {
			fresh, err := askReader(tx, key, l.ID, r, to)
			if err != nil {
				return err
			}
			if fresh {
				sent++
			}
		}
		if known+sent > maxReaders {
			return fault.List{fault.New(fault.TooLarge, "circulation.readers", "Count", maxReaders).On("readers")}
		}
		return account.RecordOnce(tx, account.Entry{User: r.By, Letter: l.ID, Act: "circulation.sent"})
	})
	return sent, err
}

// onDraft runs fn on a letter that is a draft, which stays as it is until the transaction ends.
func (s *Service) onDraft(ctx context.Context, slug string, fn func(tx *store.Tx, l Letter) error) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		l, err := lock(tx, slug)
		if err != nil {
			return err
		}
		if l.State != Draft {
			return fault.New(fault.Conflict, "circulation.opened")
		}
		if err := complete(tx, &l); err != nil {
			return err
		}
		return fn(tx, l)
	})
}

// Find returns where the circulation of a letter stands.
func (cs Circulations) Find(ctx context.Context, id ID) (c Circulation, err error) {
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		c, err = findCirculation(tx, id)
		return err
	})
	return c, err
}

// Freeze says that the text with the hash is the one to be published, and mails the hash to every reader whose link is good.
// Another text in its place is a Conflict; the same one twice is frozen, and mailed, once.
func (cs Circulations) Freeze(ctx context.Context, slug, sha256 string, by int64) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		if sha256 == "" || l.Edition.SHA256 != sha256 {
			return fault.New(fault.Conflict, "circulation.changed")
		}
		n, err := tx.Exec(qFreeze, sha256, tx.Now().UnixMicro(), l.ID)
		if err != nil || n == 0 {
			return err
		}
		readers, err := store.List(tx, qListReaders, scanReader, l.ID)
		if err != nil {
			return err
		}
		for _, r := range readers {
			if r.Withdrawn {
				continue
			}
			if err := job.Enqueue(tx, ReaderMail{Reader: r.ID, Says: SaysFrozen, SHA256: sha256}); err != nil {
				return err
			}
		}
		return account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: "circulation.frozen", Object: sha256})
	})
}

// Unapproved returns the lead organisations that have not approved the text with the hash, less those that the user may speak for.
func (cs Circulations) Unapproved(ctx context.Context, l Letter, sha256 string, user int64) (list []account.Organisation, err error) {
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		list, err = unapproved(tx, l, sha256, user)
		return err
	})
	return list, err
}

// Approve approves the text with the hash for those lead organisations that the user may speak for. Another text in its place
// is a Conflict.
func (cs Circulations) Approve(ctx context.Context, slug, sha256 string, by account.Session) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		if sha256 == "" || l.Edition.SHA256 != sha256 {
			return fault.New(fault.Conflict, "circulation.changed")
		}
		for _, o := range l.Leads {
			if !by.RoleIn(o).May(account.Editor) {
				continue
			}
			if err := approve(tx, l.ID, o.ID, sha256, by.User.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// approve notes that a lead organisation approved a text; user is 0 where a reader's link did.
func approve(tx *store.Tx, id ID, organisation int64, sha256 string, user int64) error {
	var by *int64
	if user != 0 {
		by = &user
	}
	n, err := tx.Exec(qApproveText, id, organisation, sha256, by, tx.Now().UnixMicro())
	if err != nil || n == 0 {
		return err
	}
	return account.Record(tx, account.Entry{User: user, Organisation: organisation, Letter: id, Act: "lead.approved", Object: sha256})
}

// Lead is what a reader consents to who was asked to be a lead organisation.
type Lead struct {
	SHA256       string // the text that is approved
	Organisation string // slug of one in the directory that the user may speak for; "" goes by the name
	Name         string // to be named by
	Language     string // of the name
	By           *account.Session
}

// JoinAsLead makes the organisation of a reader who was asked, and consents, a lead of the letter, and approves the text for
// it. A reader who leads already approves another text. An organisation that has members here is led into it only by one of
// them: nobody puts a letter into the mouth of an organisation that they do not speak for.
func (cs Circulations) JoinAsLead(ctx context.Context, reader Reader, slug string, c Lead) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		row, err := scanReader(tx.Row(qFindReader, reader.ID))
		if err != nil {
			return err
		}
		if row.Withdrawn || !row.LeadAsked {
			return fault.New(fault.Forbidden, "role")
		}
		if c.SHA256 == "" || l.Edition.SHA256 != c.SHA256 {
			return fault.New(fault.Conflict, "circulation.changed")
		}
		user := int64(0)
		if c.By != nil {
			user = c.By.User.ID
		}
		if row.SpeaksFor != 0 {
			return approve(tx, l.ID, row.SpeaksFor, c.SHA256, user)
		}
		if round, err := findCirculation(tx, l.ID); err != nil {
			return err
		} else if !round.Takes(tx.Now()) {
			return fault.New(fault.Gone, "circulation.over")
		}
		o, err := organisationOf(tx, c)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qSetSpeaksFor, &o.ID, row.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(qAnswer, In, row.Named, tx.Now().UnixMicro(), row.ID); err != nil {
			return err
		}
		if !slices.ContainsFunc(l.Leads, func(x account.Organisation) bool { return x.ID == o.ID }) {
			var rank int
			if err := tx.Row(qNextRank, l.ID).Scan(&rank); err != nil {
				return err
			}
			if _, err := tx.Exec(qInsertLead, l.ID, rank, o.ID); err != nil {
				return err
			}
			if err := account.Record(tx, account.Entry{User: user, Organisation: o.ID, Letter: l.ID, Act: "lead.joined", Object: o.Slug}); err != nil {
				return err
			}
		}
		if err := approve(tx, l.ID, o.ID, c.SHA256, user); err != nil {
			return err
		}
		return Touch(tx, l.ID)
	})
}

// organisationOf returns the directory entry that a consent names, which it makes if there is none.
func organisationOf(tx *store.Tx, c Lead) (account.Organisation, error) {
	if c.Organisation != "" {
		o, err := account.Find(tx, c.Organisation)
		if err == nil && (c.By == nil || !c.By.RoleIn(o).May(account.Editor)) {
			err = fault.New(fault.Forbidden, "role")
		}
		return o, err
	}
	name := text.Written.Line(c.Name)
	if name == "" {
		return account.Organisation{}, fault.List{fault.New(fault.Invalid, "organisation.name").On("name")}
	}
	directory, err := account.List(tx)
	if err != nil {
		return account.Organisation{}, err
	}
	for _, o := range directory {
		for _, known := range o.Names {
			if account.NameKey(known) != account.NameKey(name) {
				continue
			}
			var members int
			if err := tx.Row(qCountMembers, o.ID).Scan(&members); err != nil {
				return o, err
			}
			if members > 0 {
				return o, fault.List{fault.New(fault.Conflict, "circulation.members").On("name")}
			}
			return o, nil
		}
	}
	slug, err := i18n.FreeSlug(i18n.Slug(name, "organisation"), func(slug string) (bool, error) {
		return slices.ContainsFunc(directory, func(o account.Organisation) bool { return o.Slug == slug }), nil
	})
	if err != nil {
		return account.Organisation{}, err
	}
	o := account.Organisation{Slug: slug, Names: map[string]string{c.Language: name}}
	if err := account.Put(tx, o); err != nil {
		return o, err
	}
	return account.Find(tx, o.Slug)
}

// stopLeading takes back a reader's consent to lead. A letter keeps its last lead organisation.
func stopLeading(tx *store.Tx, l Letter, r Reader) error {
	n, err := tx.Exec(qRemoveLead, l.ID, r.SpeaksFor)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(qForgetApproval, l.ID, r.SpeaksFor); err != nil {
		return err
	}
	if _, err := tx.Exec(qSetSpeaksFor, nil, r.ID); err != nil {
		return err
	}
	if err := account.Record(tx, account.Entry{Organisation: r.SpeaksFor, Letter: l.ID, Act: "lead.left"}); err != nil {
		return err
	}
	return Touch(tx, l.ID)
}

// Restored takes back the links to drafts that a backup holds: one that an editor took back since must not come alive again.
// Editors send new ones by asking the same readers once more. No edition is published by itself that waited for lead organisations.
func Restored(tx *store.Tx) error {
	if _, err := tx.Exec(qWithdrawAll, tx.Now().UnixMicro(), true); err != nil {
		return err
	}
	_, err := tx.Exec(qHoldAll) // what was stopped since is not known here
	return err
}

// forgetReaders deletes what readers said and who they are: once the letter's data key is destroyed, and where nothing came
// of a draft, as long after the end of its circulation as sealed data is kept after a letter's.
func (s *Service) forgetReaders(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		over, err := store.List(tx, qListReadersOver, scanID, tx.Now().Add(-KeptAfterClose).UnixMicro())
		for _, id := range over {
			err = errors.Join(err, forgetReadersOf(tx, id))
		}
		return err
	})
}

func forgetReadersOf(tx *store.Tx, id ID) error {
	for _, q := range []*store.Query{qForgetRemarks, qForgetReaders} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	return nil
}
