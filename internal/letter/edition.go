package letter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
)

// Editions are the use cases around texts that are published, and those that are to be.
type Editions struct{ letters *Service }

// ready returns a text as it is kept, in the format of today, and refuses one that hides words. It is done before the transaction,
// which others wait for.
func (t Text) ready() (Text, error) {
	t = t.Renewed()
	return t, t.checkShown()
}

// writeText puts a text that is ready into the draft edition, which starts as a copy of the current one. It reports whether the text
// is the current edition's already, and then changes nothing. base is that of SaveText, nil where nobody had a text before them.
func writeText(tx *store.Tx, l Letter, t Text, follows Follows, base *string, by int64) (same bool, err error) {
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
	if base != nil && (known && *base != old.Revision() || !known && *base != "") {
		return false, fault.New(fault.Conflict, "letter.text_changed")
	}
	if now, there := current.Texts[t.Language]; (fresh || base == nil) && there && t.is(now) && now.Translator == t.Translator {
		return true, nil // the same bytes twice
	}
	if l.State == Draft && l.Fixed() && t.Language == draft.Language {
		if l.FixedAt.IsZero() {
			return false, fault.New(fault.Conflict, "letter.scheduled")
		}
		return false, fault.New(fault.Conflict, "letter.fixed")
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
		if t.SourceSHA256 = authoritative; known && !t.Current && t.is(old) { // who saves it as it was has not brought it up to date
			t.SourceSHA256 = old.SourceSHA256
		}
		draft.Texts[t.Language] = t
	}
	if l.State == Draft && t.Language == draft.Language { // what is known of a demand is not handed on to the one that has its number now
		if _, err := tx.Exec(qForgetItems, l.ID, number); err != nil {
			return false, err
		}
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
	if err := textMoved(tx, l, by); err != nil {
		return false, err
	}
	return false, Touch(tx, l.ID)
}

// stronger returns what asks more of signers.
func stronger(a, b Follows) Follows {
	order := []Follows{FollowsNone, FollowsTranslation, FollowsCosmetic, FollowsSubstantive}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// checkOpening refuses what the checklist of a draft names as an obstacle.
func checkOpening(tx *store.Tx, l Letter, e Edition, by int64) (err error) {
	if l.Leads, err = account.Leads(tx, l.ID); err != nil {
		return err
	}
	missing, err := unapproved(tx, l, e.SHA256, by)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(obstacles(l, e, missing, tx.Now()), func(f Finding) bool { return f.Blocks }) {
		return fault.New(fault.Conflict, "letter.not_ready")
	}
	return nil
}

// publish makes the draft edition the current one and opens a draft letter.
func publish(tx *store.Tx, id ID, p Publication) error {
	l, err := scanLetter(tx.Row(qLoadLetter, id))
	if err != nil {
		return err
	}
	next, err := findEdition(tx, id, l.Edition.Number+1)
	missing := fault.Is(err, fault.NotFound)
	if err != nil && !missing {
		return err
	}
	if missing && l.Edition.Number > 0 {
		return nil // nothing new to publish
	}
	if l.State == Draft && p.By != 0 { // the command line is its operator's, who answers for all of it
		if err := checkOpening(tx, l, next, p.By); err != nil {
			return err
		}
	}
	if text := next.Text(next.Language); text.Body == "" && len(text.Demands) == 0 {
		return fault.New(fault.Invalid, "edition.missing")
	}
	for _, language := range next.Languages() {
		text := next.Texts[language]
		if err := text.checkShown(); err != nil {
			return err
		}
		if err := text.checkDemands(); err != nil {
			return err
		}
	}
	for language, sum := range p.Sums {
		if len(p.Sums) != len(next.Texts) || next.Texts[language].SHA256 != sum {
			return fault.New(fault.Conflict, "letter.text_changed")
		}
	}
	if l.State != Draft && p.Follows != FollowsNone { // declared now, for all that was written before
		current, err := findEdition(tx, id, l.Edition.Number)
		if err != nil {
			return err
		}
		if p.Follows == FollowsTranslation && next.SHA256 != current.SHA256 {
			return fault.List{fault.New(fault.Invalid, "edition.only_translation").On("follows")}
		}
		next.Follows = p.Follows
		if _, err := tx.Exec(qPutEdition, id, next.Number, next.Follows, next.Language, next.SHA256); err != nil {
			return err
		}
	}
	if err := identify(tx, id, next); err != nil {
		return err
	}
	if err := putAddressed(tx, id, next); err != nil {
		return err
	}
	if next.Follows == FollowsSubstantive { // nobody's hand has signed this text
		if _, err := tx.Exec(qRemoveAutographs, id); err != nil {
			return err
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
	if _, err = tx.Exec(qSetPublished, next.Number, state, tx.Now().UnixMicro(), id); err != nil || l.State != Draft {
		return err
	}
	if err := Touch(tx, l.Continues); err != nil { // its page names this one from now on
		return err
	}
	return job.Enqueue(tx, Opened{id})
}

// Opened is the job that follows when a letter is published for the first time: what was handed over before is told of.
type Opened struct {
	Letter ID `json:"letter"`
}

// Kind names the job.
func (Opened) Kind() string { return "letter.opened" }

// opening is the job that publishes a letter at an instant.
type opening struct {
	Letter ID    `json:"letter"`
	At     int64 `json:"at"` // µs
	By     int64 `json:"by"` // the user who decided so, 0 for the command line
}

// Kind names the job.
func (opening) Kind() string { return "letter.opening" }

// Register hands the work that is done in the background to the runner; byClock is for what the time alone makes public.
func (s *Service) Register(r *job.Runner, byClock ...job.Option) {
	job.Handle(r, func(ctx context.Context, _ int64, j opening) error { return s.open(ctx, j) }, byClock...)
	job.Handle(r, func(ctx context.Context, _ int64, j agreed) error { return s.publishAgreed(ctx, j) }, byClock...)
	job.Handle(r, func(ctx context.Context, _ int64, j moved) error { return s.askAnew(ctx, j) })
}

// open publishes a letter whose instant has come, unless somebody has decided otherwise since. One that cannot be published stays as it
// is, and its page at the desk says so.
func (s *Service) open(ctx context.Context, j opening) error {
	l, err := s.ByID(ctx, j.Letter)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, l.Slug, func(tx *store.Tx, l Letter) error {
		if l.State != Draft || l.PublishAt.UnixMicro() != j.At {
			return nil
		}
		if err := ready(tx, l, tx.Now()); err != nil {
			return err
		}
		return publishAs(tx, l, Publication{By: j.By})
	})
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error { return record(tx, l, j.By, "letter.not_opened", "") })
}

// ready refuses a draft that nobody may open at a moment, the command line either: what has to be there was taken away meanwhile.
func ready(tx *store.Tx, l Letter, at time.Time) (err error) {
	next, err := findEdition(tx, l.ID, 1)
	if err != nil {
		return err
	}
	if l.Leads, err = account.Leads(tx, l.ID); err != nil {
		return err
	}
	if slices.ContainsFunc(obstacles(l, next, nil, at), func(f Finding) bool { return f.Blocks && f.Key != "lead" }) {
		return fault.New(fault.Conflict, "letter.not_ready")
	}
	return nil
}

// Unfix lets the text of a draft be changed again, of which nothing was handed over after all.
func Unfix(tx *store.Tx, id ID) error {
	_, err := tx.Exec(qUnfix, id)
	return err
}

// Fix notes that the text of a draft was handed over: from now on only a next edition is another.
func Fix(tx *store.Tx, id ID) error {
	_, err := tx.Exec(qFix, tx.Now().UnixMicro(), id)
	return err
}

// setOpening sets when a draft is published by itself, zero for never. It has to be one that who sets it could open now.
func setOpening(tx *store.Tx, l Letter, at time.Time, by int64) error {
	if at.IsZero() {
		return nil
	}
	if l.State != Draft || !at.After(tx.Now()) {
		return fault.List{fault.New(fault.Invalid, "letter.publish_at").On("publish_day")}
	}
	next, err := findEdition(tx, l.ID, 1)
	if err != nil {
		return err
	}
	if err := ready(tx, l, at); err != nil {
		return err
	}
	if by != 0 {
		if err := checkOpening(tx, l, next, by); err != nil {
			return err
		}
	}
	return job.EnqueueAt(tx, at, opening{l.ID, at.UnixMicro(), by})
}
