package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/store"
)

// Trouble is why mails wait, as the relay says it.
type Trouble struct {
	Code  string    // as jobs fail by it: smtp_504, relay_away, NoTLS
	Words string    // of the relay, without addresses; "" for one that says nothing
	Since time.Time // when it began
	Tries int       // since then
	Mails int       // that wait for it now, or were given up
	One   bool      // it is about single mailboxes, which nobody here can mend
}

// NoTLS is the code of a relay that does not encrypt, or whose certificate is not valid for its name.
const NoTLS = "relay_tls"

// saidWithin is how soon the same trouble comes again if it lasts: jobs are tried once an hour at least.
const saidWithin = 2 * time.Hour

var (
	qPutAnswer = store.Q("relay_answer.put", `
		INSERT INTO relay_answer (code, words, since, latest, n, stops, one) VALUES ($1, $2, $3, $3, 1, $4, $5)
		ON CONFLICT (code) DO UPDATE SET words = excluded.words, latest = excluded.latest, stops = excluded.stops, one = excluded.one,
			since = CASE WHEN relay_answer.latest < $6 OR excluded.stops AND NOT relay_answer.stops THEN excluded.since ELSE relay_answer.since END,
			n = CASE WHEN relay_answer.latest < $6 OR excluded.stops AND NOT relay_answer.stops THEN 1 ELSE relay_answer.n + 1 END`)
	qTakesAgain    = store.Q("relay_answer.takes_again", `UPDATE relay_answer SET stops = $1 WHERE stops`)
	qListAnswers   = store.Q("relay_answer.list", `SELECT code, words, since, n, stops, one FROM relay_answer ORDER BY code`)
	qForgetAnswers = store.Q("relay_answer.forget", `DELETE FROM relay_answer WHERE latest < $1`)
)

// Troubles returns why mails wait, what most wait for first; none once they are gone.
func Troubles(ctx context.Context, db *store.DB) (list []Trouble, err error) {
	health, err := job.Overview{DB: db}.Health(ctx, "mail")
	if err != nil || health.Waiting == 0 && len(health.Failing) == 0 {
		return nil, err
	}
	waiting := map[string]int{}
	for _, f := range health.Failing {
		waiting[f.Code] += f.N
	}
	err = db.View(ctx, func(tx *store.Tx) error {
		list = nil
		for a, err := range store.Each(tx, qListAnswers, scanAnswer) {
			if err != nil {
				return err
			}
			if a.Mails = waiting[a.Code]; a.stops { // it stops those too that have not met it
				a.Mails = max(a.Mails, health.Waiting)
			}
			if a.Mails > 0 {
				list = append(list, a.Trouble)
			}
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Trouble) int { return cmp.Compare(b.Mails, a.Mails) })
	return list, err
}

// answered is what is kept of an answer of the relay.
type answered struct {
	Trouble
	stops bool
}

func scanAnswer(row store.Row) (a answered, err error) {
	var since int64
	err = row.Scan(&a.Code, &a.Words, &since, &a.Tries, &a.stops, &a.One)
	a.Since = time.UnixMicro(since).UTC()
	return a, err
}

// RetainTroubles forgets what the relay answered long ago.
func RetainTroubles(ctx context.Context, db *store.DB) error {
	return db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qForgetAnswers, tx.Now().Add(-7*24*time.Hour).UnixMicro())
		return err
	})
}

// broken is a connection that ended where an answer was due, or that never was.
type broken struct {
	step string
	err  error
}

func (b *broken) Error() string { return "mail relay: " + b.step + ": " + b.err.Error() }
func (b *broken) Unwrap() error { return b.err }

// failure says in a word why a relay took no mail.
func failure(err error) string {
	if a, ok := errors.AsType[*Answer](err); ok {
		return "smtp_" + strconv.Itoa(a.Code)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || errors.Is(err, errNoTLS) {
		return NoTLS
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return NoTLS
	}
	return "relay_away"
}

// stopsAll reports whether an error stops every mail and not only the one that met it.
func stopsAll(err error) bool {
	if a, ok := errors.AsType[*Answer](err); ok {
		return a.isAboutAll()
	}
	b, ok := errors.AsType[*broken](err)
	return ok && b.step != stepRecipient && b.step != stepData
}

// settle says what becomes of the job of a mail that was handed to the relay, by its outcome: what stops all mails holds the queue, what
// stops this one alone is tried again by itself, and of either the relay's words are kept.
func (m *Mailer) settle(ctx context.Context, id int64, to string, tries bool, err error) error {
	_, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil || refused:
		m.pace.open(tries)
		m.takesAgain(ctx)
		return err
	case errors.Is(ctx.Err(), context.Canceled): // this process ends
		m.pace.leave(tries)
		return err
	}
	code := failure(err)
	m.note(context.WithoutCancel(ctx), id, code, to, err)
	if !stopsAll(err) {
		m.pace.open(tries) // it answers, and may take others
		return job.Code(code, err)
	}
	if often := m.pace.close(id, tries); often { // perhaps it is about this one: it goes behind those that wait, and the next that tries shows it
		return job.Retry(time.Microsecond, job.Code(code, err))
	}
	return job.Retry(0, job.Code(code, err)) // it keeps its place: the gate is what waits
}

// takesAgain notes that the relay has taken a mail, once after it took none.
func (m *Mailer) takesAgain(ctx context.Context) {
	if m.takes.Swap(true) {
		return
	}
	err := m.Signing.DB.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec(qTakesAgain, false)
		return err
	})
	if err != nil {
		m.takes.Store(false)
		m.Log.LogAttrs(ctx, slog.LevelError, "relay_answer_not_kept", slog.String("error", err.Error()))
	}
}

// note keeps what the relay has answered, and tells the log once in a while.
func (m *Mailer) note(ctx context.Context, id int64, code, to string, err error) {
	words, stops, one := "", stopsAll(err), false
	if a, ok := errors.AsType[*Answer](err); ok {
		words, one = a.Words(to), a.isAboutMailbox()
	}
	failed := m.Signing.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPutAnswer, code, words, tx.Now().UnixMicro(), stops, one, tx.Now().Add(-saidWithin).UnixMicro())
		return err
	})
	if stops {
		m.takes.Store(false)
	}
	if failed != nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "relay_answer_not_kept", slog.String("error", failed.Error()))
	}
	m.mu.Lock()
	now := time.Now()
	again := now.Sub(m.said[code]) < saidEvery
	if !again {
		if m.said == nil {
			m.said = map[string]time.Time{}
		}
		m.said[code] = now
	}
	m.mu.Unlock()
	if !again {
		m.Log.LogAttrs(ctx, slog.LevelWarn, "relay_takes_no_mail", slog.Int64("job", id), slog.String("code", code), slog.String("answer", words))
	}
}

// saidEvery is how often the log says the same of the relay.
const saidEvery = 10 * time.Minute
