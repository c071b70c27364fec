package letter

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Answer is what a reader says to being asked along.
type Answer string

// The answers.
const (
	NoAnswer    Answer = ""
	Considering Answer = "considering"
	In          Answer = "in"
	Declined    Answer = "declined"
)

// Reader is an organisation, or a person, who was sent a draft by a link of their own.
type Reader struct {
	ID          int64
	Letter      ID
	Name, Email string
	Language    string
	Mails       int  // how often the link was sent
	Refused     bool // the address takes no mail
	Answer      Answer
	Named       bool  // the other readers may see who this is
	LeadAsked   bool  // to be a lead organisation
	SpeaksFor   int64 // the organisation that leads by the reader's consent, 0 for none
	AskedAt     time.Time
	AnsweredAt  time.Time // zero without an answer
	Withdrawn   bool      // the link is worth nothing any more

	token string
}

// ReaderAddress is somebody who is to be sent a draft.
type ReaderAddress struct{ Name, Email string }

// maxLinkMails is how often a link is mailed to one reader.
const maxLinkMails = 5

// maxReaderName bounds a reader's name, in characters.
const maxReaderName = 200

// ParseReaders reads a list of readers, one a line: "Name <address>", or name and address with a comma, a semicolon or a tab
// between them. An address that stands twice is taken once.
func ParseReaders(list string) (readers []ReaderAddress, err error) {
	var faults fault.List
	seen := map[string]bool{}
	for i, line := range strings.Split(text.LineEnds(list), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at := max(strings.LastIndexAny(line, "<,;\t"),
			// an address alone names nobody
			0)
		name := text.Written.Line(strings.Trim(line[:at], " \t,;\"“”«»<>"))
		email, f := account.ParseEmail(strings.Trim(line[at:], " \t,;<>"))
		if f != nil || name == "" || len([]rune(name)) > maxReaderName || text.Written.Line(email) != email {
			faults = append(faults, fault.New(fault.Invalid, "circulation.line", "Line", i+1).On("readers"))
			continue
		}
		if !seen[text.FoldEmail(email)] {
			seen[text.FoldEmail(email)] = true
			readers = append(readers, ReaderAddress{name, email})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return readers, nil
}

// What a mail to a reader says.
const (
	SaysRead   = "circulation" // here is the text, please answer
	SaysLead   = "lead"        // and will you be a lead organisation?
	SaysFrozen = "frozen"      // this is the text that will be published
)

// ReaderMail is a mail to a reader; its job is written with the act that it tells of.
type ReaderMail struct {
	Reader int64  `json:"reader"`
	Says   string `json:"says"`
	SHA256 string `json:"sha256,omitempty"` // of the frozen text
}

// Kind names the job.
func (ReaderMail) Kind() string { return "mail.reader" }

// ReaderEnvelope is what a mail to a reader needs. It holds nothing that anybody else typed.
type ReaderEnvelope struct {
	Letter      Letter
	Circulation Circulation
	Language    string
	Address     string
	Token       string
}

// Envelope returns what a mail needs, false when it must not be sent any more: the link was taken back, the letter is
// open, or the text that it would call frozen has been replaced.
func (cs Circulations) Envelope(ctx context.Context, m ReaderMail) (e ReaderEnvelope, send bool, err error) {
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		row, err := scanReader(tx.Row(qFindReader, m.Reader))
		if errors.Is(err, store.ErrNoRow) || row.Withdrawn {
			return nil
		}
		if err != nil {
			return err
		}
		if e.Letter, err = scanLetter(tx.Row(qLoadLetter, row.Letter)); err != nil {
			return err
		}
		if err := complete(tx, &e.Letter); err != nil {
			return err
		}
		if e.Circulation, err = findCirculation(tx, row.Letter); err != nil {
			return err
		}
		key, err := cs.letters.KeyIn(tx, row.Letter)
		if err == nil {
			err = row.open(key)
		}
		e.Language, e.Address, e.Token = row.Language, row.Email, row.token
		send = err == nil && (e.Letter.State == Draft && (m.Says != SaysFrozen || e.Circulation.FrozenSHA256 == m.SHA256) ||
			m.Says == SaysFrozen && e.Letter.State != Draft && e.Letter.Edition.Number == 1 && e.Letter.Edition.SHA256 == m.SHA256) // it opened meanwhile
		return err
	})
	return e, send, err
}

// Refused notes that a reader's address takes no mail.
func (cs Circulations) Refused(ctx context.Context, reader int64) error {
	return cs.letters.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRefuseReader, true, reader)
		return err
	})
}

// askReader stores a reader with the mail that holds their link, and reports whether they were not asked before. Who was, and
// whose link was taken back since, gets another.
func askReader(tx *store.Tx, key *seal.LetterKey, id ID, round Round, to ReaderAddress) (fresh bool, err error) {
	now, tag := tx.Now().UnixMicro(), key.Tag("reader "+text.FoldEmail(to.Email))
	r := Reader{ID: store.NewID(tx.Now()), Name: to.Name, Email: to.Email}
	old, err := scanReader(tx.Row(qFindReaderByTag, id, tag))
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNoRow) {
		return false, err
	}
	if known && !old.Withdrawn {
		return false, nil
	}
	if known {
		r.ID = old.ID
	}
	r.token = seal.NewToken(r.ID)
	sealed, err := r.seal(key)
	if err != nil {
		return false, err
	}
	if known {
		_, err = tx.Exec(qRelinkReader, seal.Hash(r.token), sealed, round.Language, false, now, r.ID)
	} else {
		_, err = tx.Exec(qInsertReader, r.ID, id, tag, seal.Hash(r.token), sealed, round.Language, false, round.Lead, now)
	}
	if err != nil {
		return false, err
	}
	says := SaysRead
	if round.Lead {
		says = SaysLead
		if _, err := tx.Exec(qAskLead, true, r.ID); err != nil {
			return false, err
		}
	}
	return true, job.Enqueue(tx, ReaderMail{Reader: r.ID, Says: says})
}

// Readers returns all who were asked about a letter, in that order.
func (cs Circulations) Readers(ctx context.Context, id ID) (readers []Reader, err error) {
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		readers, err = cs.readersIn(tx, id)
		return err
	})
	return readers, err
}

func (cs Circulations) readersIn(tx *store.Tx, id ID) (readers []Reader, err error) {
	rows, err := store.List(tx, qListReaders, scanReader, id)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	key, err := cs.letters.KeyIn(tx, id)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := row.open(key); err != nil {
			return nil, err
		}
		readers = append(readers, row.Reader)
	}
	return readers, nil
}

// ReaderOf returns the reader of a link, with the letter. It changes nothing: mail scanners follow links too.
func (cs Circulations) ReaderOf(ctx context.Context, token string) (r Reader, l Letter, err error) {
	unknown := fault.New(fault.Gone, "circulation.link")
	id, ok := seal.TokenID(token)
	if !ok {
		return r, l, unknown
	}
	err = cs.letters.DB.View(ctx, func(tx *store.Tx) error {
		row, err := scanReader(tx.Row(qFindReader, id))
		if errors.Is(err, store.ErrNoRow) {
			return unknown
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(row.tokenHash, seal.Hash(token)) != 1 || row.Withdrawn {
			return unknown
		}
		key, err := cs.letters.KeyIn(tx, row.Letter)
		if err != nil {
			return err
		}
		if err := row.open(key); err != nil {
			return err
		}
		r = row.Reader
		if l, err = scanLetter(tx.Row(qLoadLetter, row.Letter)); err != nil {
			return err
		}
		return complete(tx, &l)
	})
	return r, l, err
}

// AnswerAs takes a reader's answer: whether they are in, under which name, and whether the others may see that. Who led the
// letter by consent and declines leads it no more.
func (cs Circulations) AnswerAs(ctx context.Context, r Reader, slug string, answer Answer, name string, named bool) error {
	var faults fault.List
	if !slices.Contains([]Answer{Considering, In, Declined}, answer) {
		faults = append(faults, fault.New(fault.Invalid, "circulation.answer").On("answer"))
	}
	if name = text.Written.Line(name); name == "" || len([]rune(name)) > maxReaderName {
		faults = append(faults, fault.New(fault.Invalid, "organisation.name").On("name"))
	}
	if len(faults) > 0 {
		return faults
	}
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		row, key, err := cs.openReader(tx, l, r.ID)
		if err != nil {
			return err
		}
		row.Name = name
		sealed, err := row.seal(key)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qResealReader, sealed, row.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(qAnswer, answer, named, tx.Now().UnixMicro(), row.ID); err != nil {
			return err
		}
		if err := account.Record(tx, account.Entry{Letter: l.ID, Act: "reader.answered"}); err != nil {
			return err
		}
		if answer == Declined && row.SpeaksFor != 0 {
			return stopLeading(tx, l, row.Reader)
		}
		return nil
	})
}

// openReader returns a reader who may answer and remark now.
func (cs Circulations) openReader(tx *store.Tx, l Letter, id int64) (row readerRow, key *seal.LetterKey, err error) {
	c, err := findCirculation(tx, l.ID)
	if err != nil {
		return row, nil, err
	}
	if !c.Takes(tx.Now()) {
		return row, nil, fault.New(fault.Conflict, "circulation.over")
	}
	if row, err = scanReader(tx.Row(qFindReader, id)); err != nil {
		return row, nil, err
	}
	if row.Withdrawn || row.Letter != l.ID {
		return row, nil, fault.New(fault.Gone, "circulation.link")
	}
	if key, err = cs.letters.KeyIn(tx, l.ID); err != nil {
		return row, nil, err
	}
	return row, key, row.open(key)
}

// What an editor can do about a reader.
const (
	SendAgain    = "again"
	AskToLead    = "lead"
	WithdrawLink = "withdraw"
)

// Tend sends a reader's link again, asks them to be a lead organisation, or takes the link back. mails is how often the link
// had been sent when that was decided, so that a form that comes twice is done once.
func (cs Circulations) Tend(ctx context.Context, slug string, reader int64, do string, mails int, by int64) error {
	return cs.letters.onDraft(ctx, slug, func(tx *store.Tx, l Letter) error {
		row, err := scanReader(tx.Row(qFindReader, reader))
		if errors.Is(err, store.ErrNoRow) || err == nil && row.Letter != l.ID {
			return fault.New(fault.NotFound, "page.unknown")
		}
		if err != nil {
			return err
		}
		act, says, n := "", "", int64(0)
		switch do {
		case SendAgain:
			if row.Mails >= maxLinkMails {
				return fault.New(fault.Limited, "too_often")
			}
			act, says = "circulation.again", SaysRead
			if row.LeadAsked {
				says = SaysLead
			}
			n, err = tx.Exec(qCountLinkMail, false, row.ID, mails)
		case AskToLead:
			act, says = "lead.asked", SaysLead
			n, err = tx.Exec(qAskLead, true, row.ID)
		case WithdrawLink:
			act = "circulation.withdrawn"
			n, err = tx.Exec(qWithdrawReader, tx.Now().UnixMicro(), row.ID)
		default:
			return fault.New(fault.Invalid, "form.encoding")
		}
		if err != nil || n == 0 {
			return err
		}
		if says != "" {
			if err := job.Enqueue(tx, ReaderMail{Reader: row.ID, Says: says}); err != nil {
				return err
			}
		}
		return account.Record(tx, account.Entry{User: by, Letter: l.ID, Act: act})
	})
}
