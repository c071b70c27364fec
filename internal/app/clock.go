package app

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// What cannot be undone and follows from the time alone (the end of a letter, the end of its keys, the deletion of what was not
// confirmed) is not done because a clock says so once: a machine that starts with a wrong clock, or whose clock is set ahead, would
// end every letter there is. Two readings that are apart by the time that has really passed between them must agree, and where the
// clock is ahead of the last time that was believed, it must stay so for as long as it has jumped, a day at most. A server that was
// off for an hour therefore goes on an hour later, and one whose clock shows another year leaves a day to put it right.
const (
	apart     = 4 * time.Minute // less than retainEvery, so that two runs in a row are enough
	apartMost = 24 * time.Hour
	tolerance = time.Minute // by which readings may differ from the time that has passed: clocks are slewed and set a little
)

// reading is what the clocks say at one moment: the one that can be set, and the time since some moment that nobody sets.
type reading struct {
	wall time.Time
	mono time.Duration
}

// steady decides whether the clock is believed. Its zero value has seen nothing.
type steady struct {
	first *reading // since when the clock has gone as time passes, nil before the first reading
}

// believe takes a reading. known is the last time that was believed, zero for never.
func (s *steady) believe(now reading, known time.Time) bool {
	if s.first == nil || (now.wall.Sub(s.first.wall)-(now.mono-s.first.mono)).Abs() > tolerance {
		s.first = &now
	}
	need := apart
	if !known.IsZero() {
		need = min(max(need, s.first.wall.Sub(known)), apartMost)
	}
	return now.mono-s.first.mono >= need
}

// fresh is how long the last time that was believed vouches for what the clock says now.
const fresh = 2 * retainEvery

// clockDoubted says for how long nothing is done that cannot be undone and follows from the time alone, 0 for not at all. It asks no
// database, since it is asked at every look for work.
func (a *App) clockDoubted() time.Duration {
	if a.DB.Now().Sub(time.UnixMicro(a.believed.Load())).Abs() > fresh {
		return time.Second
	}
	return 0
}

// clockKey names the last time that was believed, in µs, in the database.
const clockKey = "clock"

// believesClock reports whether the clock may be gone by for what cannot be undone. On PostgreSQL the server's clock must agree.
func (a *App) believesClock(ctx context.Context, mono time.Duration) (bool, error) {
	now := a.DB.Now()
	known, err := a.knownTime(ctx)
	if err != nil {
		return false, err
	}
	ahead, err := a.DB.Ahead(ctx)
	if err != nil {
		return false, err
	}
	if !a.steady.believe(reading{now, mono}, known) || ahead > tolerance {
		level := slog.LevelDebug // every start waits
		if now.Sub(known) > time.Hour || ahead > tolerance {
			level = slog.LevelWarn
		}
		a.o.Log.LogAttrs(ctx, level, "clock_doubted", slog.Duration("ahead_of_known", now.Sub(known)), slog.Duration("ahead_of_database", ahead))
		return false, nil
	}
	err = a.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPutInstance, clockKey, strconv.AppendInt(nil, now.UnixMicro(), 10))
		return err
	})
	if err == nil {
		a.believed.Store(now.UnixMicro())
	}
	return err == nil, err
}

// knownTime is the last time that was believed; where none was yet, the log's last publication.
func (a *App) knownTime(ctx context.Context) (time.Time, error) {
	text, err := fact(ctx, a.DB, clockKey)
	if err != nil {
		return time.Time{}, err
	}
	if at, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMicro(at), nil
	}
	state, err := a.Log.State(ctx)
	return state.PublishedAt, err
}
