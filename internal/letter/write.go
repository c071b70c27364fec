package letter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// Change says what Write does to a letter.
type Change struct {
	Slug    string
	Text    *Text   // nil leaves the text alone
	Follows Follows // required for a text of a published letter
	Create  bool    // make the letter when there is none
	New     bool    // with Create: another letter of this slug is a Conflict
	Publish bool

	// Settings; nil leaves each as it is.
	SignOn    *SignOn
	Protected *bool
	Mandate   *bool
	Deadline  *Deadline
	Call      *Call
	Leads     []string // slugs of organisations

	Organisations []account.Organisation // entries to put into the directory first, if their slug is new

	By   int64             // the user who makes the change, for the audit trail; 0 is the command line
	Sums map[string]string // with Publish: SHA-256 by language of the very texts that were approved; others are a Conflict
	Base *string           // Text.Revision of the text that this one was made from; another one in its place is a Conflict
}

// Write applies a change in one transaction and returns the letter as it then is. The same change twice changes nothing.
func (s *Service) Write(ctx context.Context, c Change) (l Letter, err error) {
	if !IsSlug(c.Slug) {
		return l, fault.New(fault.Invalid, "slug").On("slug")
	}
	id := store.NewID(s.DB.Now())
	key := s.Keys.NewLetterKey(id)
	var logID verify.LetterID
	rand.Read(logID[:])
	defer s.recent.Clear()
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		made := int64(0)
		if c.Create {
			if made, err = tx.Exec(qInsertLetter, id, logID.String(), c.Slug, SignOnBoth, false, false, key, tx.Now().UnixMicro()); err != nil {
				return err
			}
		}
		if l, err = lock(tx, c.Slug); err != nil {
			return err
		}
		if c.New && made == 0 {
			return fault.List{fault.New(fault.Conflict, "letter.slug_taken").On("slug")}
		}
		if err := write(tx, l, c, made > 0); err != nil {
			return err
		}
		if l, err = find(tx, c.Slug); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return l, err
}

func write(tx *store.Tx, l Letter, c Change, made bool) (err error) {
	same := false // as the current edition: then there is nothing of it to publish
	if err := writeLeads(tx, l.ID, c); err != nil {
		return err
	}
	if err := writeSettings(tx, l, c); err != nil {
		return err
	}
	if c.Text != nil {
		if same, err = writeText(tx, l, *c.Text, c); err != nil {
			return err
		}
	}
	if c.Publish && !same {
		if err := publish(tx, l.ID, c); err != nil {
			return err
		}
	}
	return record(tx, l, c, made)
}

// record tells the audit trail what a user changed. Saving a text again and again, as typing does, is one line.
func record(tx *store.Tx, l Letter, c Change, made bool) error {
	if c.By == 0 {
		return nil
	}
	acts := []struct {
		act, object string
		done        bool
	}{
		{"letter.created", "", made},
		{"letter.text", "", c.Text != nil},
		{"letter.settings", "", c.SignOn != nil || c.Protected != nil || c.Mandate != nil || c.Call != nil || c.Leads != nil},
		{"letter.deadline", "", c.Deadline != nil && !made},
		{"letter.opened", "", c.Publish && l.State == Draft},
		{"edition.published", string(c.Follows), c.Publish && l.State != Draft},
	}
	for _, a := range acts {
		if !a.done {
			continue
		}
		e := account.Entry{User: c.By, Letter: int64(l.ID), Act: a.act, Object: a.object}
		if err := account.RecordOnce(tx, e); err != nil {
			return err
		}
	}
	return nil
}

func writeLeads(tx *store.Tx, id ID, c Change) error {
	for _, o := range c.Organisations {
		if _, err := account.Find(tx, o.Slug); err == nil {
			continue
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := account.Put(tx, o); err != nil {
			return err
		}
	}
	if c.Leads == nil {
		return nil
	}
	if _, err := tx.Exec(qRemoveLeads, id); err != nil {
		return err
	}
	for rank, slug := range slices.Compact(slices.Clone(c.Leads)) {
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

func writeSettings(tx *store.Tx, l Letter, c Change) error {
	if c.SignOn == nil && c.Protected == nil && c.Mandate == nil && c.Deadline == nil && c.Call == nil {
		return nil
	}
	if c.SignOn != nil {
		l.SignOn = *c.SignOn
	}
	if c.Protected != nil {
		l.Protected = *c.Protected
	}
	if c.Mandate != nil {
		l.Mandate = *c.Mandate
	}
	if c.Call != nil {
		l.Call = c.Call
	}
	if c.Deadline != nil {
		if l.State != Draft && l.State != Open && l.SignOn != SignOnNone && !l.Deadline.At.Equal(c.Deadline.At) {
			return fault.New(fault.Conflict, "letter.closed")
		}
		if l.State != Draft && !l.Deadline.At.Equal(c.Deadline.At) {
			if err := logDeadline(tx, l, c.Deadline.At); err != nil {
				return err
			}
			if l.State == Open && l.Deadline.IsSet() && c.Deadline.At.After(l.Deadline.At) {
				if err := job.Enqueue(tx, Extended{l.ID, c.Deadline.At.UnixMicro(), c.By}); err != nil {
					return err
				}
			}
		}
		l.Deadline = *c.Deadline
	}
	var call *string
	if l.Call != nil {
		data, err := json.Marshal(l.Call)
		if err != nil {
			return fmt.Errorf("letter: encode call: %w", err)
		}
		call = new(string(data))
	}
	zone := "UTC"
	if l.Deadline.Zone != nil {
		zone = l.Deadline.Zone.String()
	}
	_, err := tx.Exec(qSetSettings, l.SignOn, l.Protected, l.Mandate, micros(l.Deadline.At), zone, l.Deadline.CloseOfBusiness, call, l.ID)
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

// writeText puts the text into the draft edition, which starts as a copy of the current one. It reports whether the text
// is the current edition's already, and then changes nothing.
func writeText(tx *store.Tx, l Letter, t Text, c Change) (same bool, err error) {
	t = t.tidy()
	follows := c.Follows
	number := 1
	var current Edition
	if l.State == Draft {
		follows = FollowsNone
	} else {
		number = l.Edition.Number + 1
		if current, err = findEdition(tx, l.ID, l.Edition.Number); err != nil {
			return false, err
		}
	}
	draft, err := findEdition(tx, l.ID, number)
	fresh := fault.Is(err, fault.NotFound)
	if fresh {
		draft, err = Edition{Number: number, Follows: follows, Language: t.Language, Texts: current.Texts}, nil
		if l.State != Draft {
			draft.Language = current.Language
		}
	}
	if err != nil {
		return false, err
	}
	old, known := draft.Texts[t.Language]
	if c.Base != nil && (known && *c.Base != old.Revision() || !known && *c.Base != "") {
		return false, fault.New(fault.Conflict, "letter.text_changed")
	}
	if now, there := current.Texts[t.Language]; (fresh || c.Base == nil) && there && now.SHA256 == Hash(t.Canonical()) && now.Translator == t.Translator {
		return true, nil // the same bytes twice
	}
	if l.State != Draft && follows == FollowsNone {
		return false, fault.New(fault.Invalid, "edition.follows").On("follows")
	}
	if t.Language != draft.Language {
		follows = stronger(follows, draft.Follows) // what the edition changes is more than this translation
	} else if follows == FollowsTranslation {
		return false, fault.New(fault.Invalid, "edition.translation").On("language")
	}
	if draft.Texts == nil {
		draft.Texts = map[string]Text{}
	}
	draft.Texts[t.Language] = t
	authoritative := Hash(draft.Texts[draft.Language].Canonical())
	if t.Language != draft.Language {
		t.SourceSHA256 = authoritative
		draft.Texts[t.Language] = t
	}
	if n, err := tx.Exec(qPutEdition, l.ID, number, follows, draft.Language, authoritative); err != nil {
		return false, err
	} else if n == 0 {
		return false, fmt.Errorf("letter %d: edition %d is published already", l.ID, number)
	}
	for _, language := range draft.Languages() {
		if err := putText(tx, l.ID, number, draft.Texts[language]); err != nil {
			return false, err
		}
	}
	return false, Touch(tx, l.ID)
}

// stronger returns what asks more of signers.
func stronger(a, b Follows) Follows {
	order := []Follows{FollowsNone, FollowsTranslation, FollowsCosmetic, FollowsSubstantive}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// publish makes the draft edition the current one and opens a draft letter.
func publish(tx *store.Tx, id ID, c Change) error {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return err
	}
	next, err := findEdition(tx, id, l.Edition.Number+1)
	if fault.Is(err, fault.NotFound) && l.Edition.Number > 0 {
		return nil // nothing new to publish
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "edition.missing")
	}
	if err != nil {
		return err
	}
	for language, sum := range c.Sums {
		if len(c.Sums) != len(next.Texts) || next.Texts[language].SHA256 != sum {
			return fault.New(fault.Conflict, "letter.text_changed")
		}
	}
	if l.State != Draft && c.Text == nil && c.Follows != FollowsNone { // declared now, for all that was written before
		current, err := findEdition(tx, id, l.Edition.Number)
		if err != nil {
			return err
		}
		if c.Follows == FollowsTranslation && next.SHA256 != current.SHA256 {
			return fault.List{fault.New(fault.Invalid, "edition.only_translation").On("follows")}
		}
		next.Follows = c.Follows
		if _, err := tx.Exec(qPutEdition, id, next.Number, next.Follows, next.Language, next.SHA256); err != nil {
			return err
		}
	}
	text := next.Text(next.Language)
	if text.Body == "" && len(text.Demands) == 0 {
		return fault.New(fault.Invalid, "edition.missing")
	}
	if l.State == Draft && c.By != 0 { // the command line is its operator's, who answers for all of it
		if l.Leads, err = account.Leads(tx, int64(id)); err != nil {
			return err
		}
		missing, err := unapproved(tx, l, next.SHA256, c.By)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(obstacles(l, next, missing, tx.Now()), func(f Finding) bool { return f.Blocks }) {
			return fault.New(fault.Conflict, "letter.not_ready")
		}
	}
	hash, err := logEdition(tx, l, next)
	if err != nil {
		return err
	}
	if l.Final {
		return fault.New(fault.Conflict, "letter.closed") // its log takes no edition after the close leaf
	}
	if _, err := tx.Exec(qPublishEdition, tx.Now().UnixMicro(), hash[:], id, next.Number); err != nil {
		return err
	}
	if l.State == Draft && l.Deadline.IsSet() {
		if err := logDeadline(tx, l, l.Deadline.At); err != nil {
			return err
		}
	}
	state := Open
	if l.SignOn == SignOnNone {
		state = Closed
	}
	_, err = tx.Exec(qSetPublished, next.Number, state, tx.Now().UnixMicro(), id)
	return err
}
