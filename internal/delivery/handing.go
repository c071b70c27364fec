package delivery

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// DeliveryKind says what it is to whoever gets it.
type DeliveryKind string

// The kinds of delivery.
const (
	First      DeliveryKind = "first"
	Reminder   DeliveryKind = "reminder"
	FollowUp   DeliveryKind = "follow_up" // a new ask: the clock begins again
	Reply      DeliveryKind = "reply"     // to something that they asked
	Correction DeliveryKind = "correction"
)

// Channel is how a letter is handed over.
type Channel string

// The channels.
const (
	ByEmail  Channel = "email"
	ByPost   Channel = "post"
	ByHand   Channel = "hand"
	ByForm   Channel = "form"
	ByPortal Channel = "portal"
	InPublic Channel = "public"
)

// State of a delivery by email says no more than is known.
type State string

// The states.
const (
	Waiting State = "waiting" // in our queue
	Handed  State = "handed"  // to their mail server
	Turned  State = "refused" // by their mail server
	Bounced State = "bounced" // came back later
)

// Delivery is a letter handed over to an addressee.
type Delivery struct {
	ID        int64
	Addressee int // number
	Kind      DeliveryKind
	Channel   Channel
	State     State // of one by email
	At        time.Time
	Edition   int
	Note      string
	Tracking  string    // for editors alone
	PublicAt  time.Time // since when everybody may know of it; zero while nobody may
	Embargo   time.Time // when that ends by itself; zero for never
	Files     []File
	Logged    bool
	Corrects  int64 // an earlier entry that was wrong, 0 for none
	Corrected bool  // by a later one, or taken back

	letter letter.ID
	by     int64 // who entered it, 0 for the command line

	saidArrived bool // by an editor, of an email that seemed to have come back
}

// IsPublic reports whether everybody may know of it.
func (d Delivery) IsPublic() bool { return !d.PublicAt.IsZero() }

// Arrived reports whether as far as is known the addressee got it.
func (d Delivery) Arrived() bool {
	return !d.Corrected && d.State != Turned && d.State != Bounced && d.State != Waiting
}

// Commitment is what the log says of what was handed over, "" where nothing was kept.
func (d Delivery) Commitment() string {
	for _, f := range d.Files {
		if f.Role == Pack {
			return f.Commitment
		}
	}
	return ""
}

var (
	qInsertDelivery = store.Q("delivery.insert", `
		INSERT INTO delivery (id, letter_id, addressee, kind, channel, state, at, edition, note, tracking, public_at, logged, made_by, created_at, corrects,
			embargo)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)
	deliveryColumns = `id, letter_id, addressee, kind, channel, state, at, edition, note, tracking, public_at, logged, COALESCE(made_by, 0),
		COALESCE(corrects, 0), retracted_at IS NOT NULL, embargo, arrived_at IS NOT NULL`
	qListDeliveries = store.Q("delivery.list", `SELECT `+deliveryColumns+` FROM delivery WHERE letter_id = $1 ORDER BY at, id`)
	qFindDelivery   = store.Q("delivery.find", `SELECT `+deliveryColumns+` FROM delivery WHERE id = $1`)
	qSetState       = store.Q("delivery.set_state", `UPDATE delivery SET state = $1, at = $2 WHERE id = $3 AND state = $4`)
	qSetArrived     = store.Q("delivery.set_arrived", `UPDATE delivery SET state = $1, arrived_at = $2 WHERE id = $3 AND state = $4`)
	qSetPublic      = store.Q("delivery.set_public", `UPDATE delivery SET public_at = $1 WHERE id = $2`)
	qCountSame      = store.Q("delivery.count_same", `
		SELECT COUNT(*) FROM delivery WHERE letter_id = $1 AND addressee = $2 AND kind = $3 AND channel = $4 AND created_at > $5`)
	qCountCorrecting = store.Q("delivery.count_correcting", `SELECT COUNT(*) FROM delivery WHERE corrects = $1`)
	qRetract         = store.Q("delivery.retract", `UPDATE delivery SET retracted_at = $1 WHERE id = $2 AND retracted_at IS NULL`)
	qSetLogged       = store.Q("delivery.set_logged", `UPDATE delivery SET logged = $1 WHERE id = $2 AND logged = $3`)
)

func scanDelivery(row store.Row) (d Delivery, err error) {
	var at int64
	var public, embargo *int64
	err = row.Scan(&d.ID, &d.letter, &d.Addressee, &d.Kind, &d.Channel, &d.State, &at, &d.Edition, &d.Note, &d.Tracking, &public, &d.Logged,
		&d.by, &d.Corrects, &d.Corrected, &embargo, &d.saidArrived)
	d.At, d.PublicAt, d.Embargo = time.UnixMicro(at).UTC(), store.Instant(public), store.Instant(embargo)
	return d, err
}

// HandOver is a delivery as it is entered.
type HandOver struct {
	Addressee int
	Kind      DeliveryKind // First if ""
	Channel   Channel
	At        time.Time // now if zero; of an email it is when it went
	Files     []File    // with their roles; none by email: then the letter for the addressee goes, as a document
	Note      string
	Tracking  string
	Private   bool      // nobody is told
	Embargo   time.Time // until then; zero for none
	Text      string    // of an email, before what the system says
	Corrects  int64     // an earlier entry that is wrong, 0 for none; emails have gone and are not corrected
	Unserved  bool      // a reminder may go to an addressee who never got the letter, as far as is known
	Early     bool      // the letter may be a draft: it is handed over before it is published, and its text is fixed by that
}

// LetterMail is the job that sends a delivery by email.
type LetterMail struct {
	Delivery int64 `json:"delivery"`
}

// Kind names the job.
func (LetterMail) Kind() string { return "mail.delivery" }

// lift ends the embargo of a delivery.
type lift struct {
	Delivery int64 `json:"delivery"`
}

// Kind names the job.
func (lift) Kind() string { return "delivery.lift" }

// Deliver enters a delivery, keeps what was handed over, and has an email sent. One that everybody may know of is in the log with the
// next checkpoint.
func (s *Service) Deliver(ctx context.Context, slug string, h HandOver, by int64) (d Delivery, err error) {
	l, err := s.Letters.Find(ctx, slug)
	if err != nil {
		return d, err
	}
	if h.Kind == "" {
		h.Kind = First
	}
	for i, f := range h.Files {
		field := "file"
		if f.Role == Proof {
			field = "proof"
		}
		if h.Files[i], err = f.read(field); err != nil {
			return d, err
		}
	}
	if wrong := h.check(s.DB.Now(), l); len(wrong) > 0 {
		return d, wrong
	}
	if h.Corrects != 0 && !slices.ContainsFunc(h.Files, func(f File) bool { return f.Role == Pack }) { // what was handed over is the same
		packs, _, err := s.packsOf(ctx, l, func(d Delivery) bool { return d.ID == h.Corrects })
		if err != nil && !fault.Is(err, fault.Gone) {
			return d, err
		}
		h.Files = append(packs, h.Files...)
	}
	if h.Channel == ByEmail && !slices.ContainsFunc(h.Files, func(f File) bool { return f.Role == Pack }) {
		packs, err := s.packs(ctx, l, h, by)
		if err != nil {
			return d, err
		}
		h.Files = append(packs, h.Files...)
	}
	for i := range h.Files {
		f := &h.Files[i]
		if f.Copy == "" { // all but what is in the public document of the letter is not everybody's
			f.Copy = document.NewCopy()
		}
		f.commit()
	}
	made := l.Edition
	err = s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		if l.Edition.Number != made.Number || l.Edition.SHA256 != made.SHA256 { // of which the document was not made
			return fault.New(fault.Conflict, "letter.text_changed")
		}
		d, err = s.handOver(tx, l, h, by)
		return err
	})
	return d, err
}

// packs are what goes by email where nothing else was chosen: the letter for the addressee; with a reminder what they got first, if that
// is still kept.
func (s *Service) packs(ctx context.Context, l letter.Letter, h HandOver, by int64) ([]File, error) {
	if h.Kind == Reminder {
		first, at, err := s.packsOf(ctx, l, func(d Delivery) bool { return d.Addressee == h.Addressee && d.Arrived() && d.Commitment() != "" })
		if err != nil && !fault.Is(err, fault.Gone) {
			return nil, err
		}
		if err == nil && len(first) > 0 {
			if erased, err := s.Signing.Erasures.Since(ctx, l.ID, at); err != nil || !erased {
				return first, err
			}
		}
	}
	made, err := s.pack(ctx, l, h.Addressee, by)
	return []File{made}, err
}

// packsOf returns what was handed over with the first delivery that is wanted, and when.
func (s *Service) packsOf(ctx context.Context, l letter.Letter, wanted func(Delivery) bool) (list []File, at time.Time, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		st, err := standing(tx, s.Letters, l, ForEditors)
		first := slices.IndexFunc(st.Deliveries, wanted)
		if err != nil || first < 0 {
			return err
		}
		d := st.Deliveries[first]
		at = d.At
		for _, f := range d.Files {
			if f.Role != Pack {
				continue
			}
			if f, err = s.findFile(tx, d, f.number); err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	return list, at, err
}

// pack makes the letter for an addressee as a document. Names that only an addressee may see are for those whom the letter's text
// addresses; and where members hand it over, for a list of them that two members have made. by is the user, 0 the command line.
func (s *Service) pack(ctx context.Context, l letter.Letter, addressee int, by int64) (f File, err error) {
	wanted := document.Wanted{Slug: l.Slug, Audience: roll.ForPublic, BaseURL: s.BaseURL, Early: true}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err := addressees(tx, l)
		if err != nil {
			return err
		}
		to, err := pick(list, addressee)
		wanted.Addressee = to.Place
		return err
	})
	if err != nil {
		return f, err
	}
	copied := document.NewCopy()
	if wanted.Addressee > 0 {
		if wanted.Names, err = s.listed(ctx, l, by, copied); err != nil {
			return f, err
		}
		if by == 0 || wanted.Names != nil {
			wanted.Audience, wanted.Copy = roll.ForAddressee, copied
		}
	}
	data, err := s.Documents.Write(ctx, document.PDF, func() (*document.Document, error) {
		made, err := s.Documents.Make(ctx, wanted)
		if fault.Is(err, fault.Gone) { // once the letter's key is gone nobody knows but the public names
			wanted.Audience, wanted.Names = roll.ForPublic, nil
			made, err = s.Documents.Make(ctx, wanted)
		}
		return made, err
	})
	return File{Role: Pack, made: true, Name: l.Slug + ".pdf", Type: letter.PDF, Copy: copied, Content: data}, err
}

// listed returns the names of the last list that was made for the addressee, and records who took it; nil if there is none.
func (s *Service) listed(ctx context.Context, l letter.Letter, by int64, copied string) (iter.Seq2[roll.Signatory, error], error) {
	if by == 0 {
		return nil, nil
	}
	lists, err := s.Handouts.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range slices.Backward(lists) {
		if x.Audience != roll.ForAddressee || !x.Made {
			continue
		}
		_, lines, err := s.Handouts.Fetch(ctx, l.ID, x.ID, "pdf "+copied, by)
		if fault.Is(err, fault.Gone) {
			return nil, nil
		}
		return handout.Signatories(lines), err
	}
	return nil, nil
}

func (h HandOver) check(now time.Time, l letter.Letter) (faults fault.List) {
	bad := func(kind fault.Kind, key, field string) { faults = append(faults, fault.New(kind, key).On(field)) }
	switch {
	case l.State == letter.Draft && !h.Early:
		bad(fault.Conflict, "delivery.draft", "early")
	case l.Edition.Number == 0:
		bad(fault.Invalid, "edition.missing", "")
	}
	if !slices.Contains([]DeliveryKind{First, Reminder, FollowUp, Reply, Correction}, h.Kind) {
		bad(fault.Invalid, "delivery.kind", "kind")
	}
	if !slices.Contains([]Channel{ByEmail, ByPost, ByHand, ByForm, ByPortal, InPublic}, h.Channel) {
		bad(fault.Invalid, "delivery.channel", "channel")
	}
	if !h.At.IsZero() {
		if wrong := checkDay(h.At, now); wrong != nil {
			faults = append(faults, wrong.On("at"))
		}
	}
	line(&faults, "note", &h.Note) // a copy: they are cleaned when they are kept
	line(&faults, "tracking", &h.Tracking)
	if !h.Embargo.IsZero() && !h.Embargo.After(now) { // or it would be public at once, and for good
		bad(fault.Invalid, "delivery.embargo", "embargo")
	}
	if len(h.Text) > maxLong {
		bad(fault.TooLarge, "delivery.text", "text")
	}
	if len(h.Files) > maxFiles {
		bad(fault.TooLarge, "delivery.files", "file")
	}
	return faults
}

// maxFiles is how many files go with a delivery.
const maxFiles = 20

func (s *Service) handOver(tx *store.Tx, l letter.Letter, h HandOver, by int64) (d Delivery, err error) {
	list, err := addressees(tx, l)
	if err != nil {
		return d, err
	}
	to, err := pick(list, h.Addressee)
	if err != nil {
		return d, err
	}
	if err := keep(tx, l.ID, list); err != nil {
		return d, err
	}
	if h.Corrects == 0 && h.again(tx, l.ID) {
		return d, fault.List{fault.New(fault.Conflict, "delivery.twice").On("addressee")}
	}
	if h.Kind == Reminder && h.Corrects == 0 && !h.Unserved {
		st, err := standing(tx, s.Letters, l, ForEditors)
		if err != nil {
			return d, err
		}
		if !st.Served(h.Addressee) {
			return d, fault.List{fault.New(fault.Conflict, "delivery.unserved").On("kind")}
		}
	}
	if h.Corrects != 0 {
		wrong, err := s.find(tx, l, h.Corrects)
		if err != nil || wrong.Channel == ByEmail || h.Channel == ByEmail || wrong.Addressee != h.Addressee || wrong.Corrected {
			return d, fault.List{fault.New(fault.Invalid, "delivery.corrects").On("corrects")}
		}
	}
	if l.State == letter.Draft {
		if err := letter.Fix(tx, l.ID); err != nil {
			return d, err
		}
	}
	if h.Channel == ByEmail && to.Email == "" {
		return d, fault.List{fault.New(fault.Invalid, "delivery.no_email").On("channel")}
	}
	d = Delivery{ID: store.NewID(tx.Now()), Addressee: h.Addressee, Kind: h.Kind, Channel: h.Channel, At: h.At, Edition: l.Edition.Number, Files: h.Files,
		PublicAt: tx.Now(), Corrects: h.Corrects, letter: l.ID, by: by}
	d.Note, _ = text.Line("line", h.Note, maxShort)
	d.Tracking, _ = text.Line("line", h.Tracking, maxShort)
	if d.At.IsZero() || h.Channel == ByEmail {
		d.At = tx.Now()
	}
	switch {
	case h.Private || to.Confidential():
		d.PublicAt = time.Time{}
	case h.Embargo.After(tx.Now()):
		d.PublicAt, d.Embargo = time.Time{}, h.Embargo
		if err := job.EnqueueAt(tx, h.Embargo, lift{d.ID}); err != nil {
			return d, err
		}
	}
	if h.Channel == ByEmail {
		d.State = Waiting
		if err := job.Enqueue(tx, LetterMail{d.ID}); err != nil {
			return d, err
		}
	}
	if _, err := tx.Exec(qInsertDelivery, d.ID, l.ID, d.Addressee, d.Kind, d.Channel, d.State, d.At.UnixMicro(), d.Edition, d.Note, d.Tracking,
		store.Micros(d.PublicAt), false, store.OrNull(by), tx.Now().UnixMicro(), store.OrNull(h.Corrects), store.Micros(d.Embargo)); err != nil {
		return d, err
	}
	for i, f := range d.Files {
		if err := s.putFile(tx, d, i+1, f); err != nil {
			return d, err
		}
	}
	if h.Text != "" {
		f := File{Role: words, Name: "text", Type: "text/plain", Copy: document.NewCopy(), Content: []byte(letter.CleanMarkdown(h.Text))}
		if err := s.putFile(tx, d, len(d.Files)+1, f); err != nil {
			return d, err
		}
	}
	if err := s.log(tx, l, d, to); err != nil {
		return d, err
	}
	return d, record(tx, l, by, "delivery.added", string(d.Channel))
}

// again reports whether the same was entered a moment ago: a form that was sent twice, which for an email is two to the office.
func (h HandOver) again(tx *store.Tx, l letter.ID) bool {
	var n int
	err := tx.Row(qCountSame, l, h.Addressee, h.Kind, h.Channel, tx.Now().Add(-twiceWithin).UnixMicro()).Scan(&n)
	return err == nil && n > 0 && (h.Channel == ByEmail || h.At.IsZero())
}

// twiceWithin is how long a second delivery like the one before is taken for the same.
const twiceWithin = 2 * time.Minute

// words is the text of an email: kept, and no file that was handed over.
const words FileRole = "words"

// Retract takes back an entry that was made by mistake: it stays in the list, and counts nowhere. Emails have gone and are not taken back. A
// draft of which nothing was handed over after all can be written on again.
func (s *Service) Retract(ctx context.Context, slug string, id, by int64) error {
	return s.Letters.Amend(ctx, slug, func(tx *store.Tx, l letter.Letter) error {
		d, err := s.find(tx, l, id)
		if err != nil {
			return err
		}
		if d.Channel == ByEmail || d.Corrected {
			return fault.New(fault.Conflict, "delivery.corrects")
		}
		if _, err := tx.Exec(qRetract, tx.Now().UnixMicro(), id); err != nil {
			return err
		}
		st, err := standing(tx, s.Letters, l, ForEditors)
		if err != nil {
			return err
		}
		if l.State == letter.Draft && len(st.Responses) == 0 && !slices.ContainsFunc(st.Deliveries, func(d Delivery) bool { return !d.Corrected }) {
			if err := letter.Unfix(tx, l.ID); err != nil {
				return err
			}
		}
		return record(tx, l, by, "delivery.retracted", string(d.Channel))
	})
}

func (s *Service) find(tx *store.Tx, l letter.Letter, id int64) (Delivery, error) {
	d, err := scanDelivery(tx.Row(qFindDelivery, id))
	if errors.Is(err, store.ErrNoRow) || err == nil && d.letter != l.ID {
		return d, fault.New(fault.NotFound, "page.unknown")
	}
	if err != nil {
		return d, err
	}
	var later int64
	if err := tx.Row(qCountCorrecting, id).Scan(&later); err != nil {
		return d, err
	}
	d.Corrected = d.Corrected || later > 0
	files, err := store.List(tx, qListFiles, scanFile, l.ID)
	d.Files = slices.DeleteFunc(files, func(f File) bool { return f.delivery != id })
	return d, err
}

// File returns a file of a delivery, counted from 1, for editors.
func (s *Service) File(ctx context.Context, l letter.Letter, delivery int64, number int) (f File, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		d, err := s.find(tx, l, delivery)
		if err != nil {
			return err
		}
		f, err = s.findFile(tx, d, number)
		return err
	})
	return f, err
}
