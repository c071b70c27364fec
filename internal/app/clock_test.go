package app_test

import (
	"crypto/rand"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A clock that jumps ahead ends no letter for good: what cannot be undone waits for readings that agree with the time that passes
// and, on PostgreSQL, with the server's clock; and what it has ended is opened again while the log does not say so.
func TestRetain_waitsForTheClock(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		var by atomic.Int64
		now := func() time.Time { return time.Now().Round(0).Add(time.Duration(by.Load())) }
		a := testkit.App(t, engine, func(o *app.Options) { o.Now, o.Server.PublishEvery = now, time.Hour })
		begun := now()
		deadline := letter.Deadline{At: begun.Add(2 * time.Hour), Zone: time.UTC}
		if _, err := a.Letters.SetSettings(ctx, testkit.Slug, letter.Settings{Deadline: &deadline}, 0); err != nil {
			t.Fatal(err)
		}
		state := func(after time.Duration) letter.State {
			t.Helper()
			if err := a.RetainAt(ctx, after); err != nil {
				t.Fatal(err)
			}
			return testkit.Letter(t, a.App).State
		}
		passes := func(from, to time.Duration) (ended letter.State) { // time passes as it does, looked at every five minutes
			t.Helper()
			start := by.Load()
			for at := from; at <= to; at += 5 * time.Minute {
				by.Store(start + int64(at-from))
				if ended = state(at); ended != letter.Open {
					break
				}
			}
			return ended
		}
		if s := passes(0, 10*time.Minute); s != letter.Open {
			t.Fatalf("before its deadline the letter is %s", s)
		}
		by.Store(int64(10 * 365 * 24 * time.Hour))
		if s := passes(time.Hour, 24*time.Hour); s != letter.Open {
			t.Fatalf("a clock that is ten years ahead for a day makes the letter %s", s)
		}
		by.Store(0)
		if s := passes(25*time.Hour, 26*time.Hour); s != letter.Open || !testkit.Letter(t, a.App).AcceptsSignatures(now()) {
			t.Errorf("with the clock put right the letter is %s", s)
		}
		by.Store(int64(10 * 365 * 24 * time.Hour))

		// Without the wait it ends at once, which the rest needs.
		if _, err := a.Letters.Retain(ctx); err != nil || testkit.Letter(t, a.App).State != letter.Closed {
			t.Fatalf("taken at its word, the clock ends nothing: %v", err)
		}
		by.Store(0)
		later := letter.Deadline{At: now().Add(time.Hour), Zone: time.UTC}
		if _, err := a.Letters.Reopen(ctx, testkit.Slug, nil, 0); err != nil {
			t.Errorf("opened again: %v", err)
		}
		if _, err := a.Letters.Reopen(ctx, testkit.Slug, nil, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened again while it is open: %v", err)
		}
		if err := a.Letters.Close(ctx, testkit.Slug, 0); err != nil {
			t.Fatal(err)
		}
		by.Store(int64(3 * time.Hour))
		if _, err := a.Letters.Reopen(ctx, testkit.Slug, nil, 0); !fault.Is(err, fault.Conflict) || testkit.Letter(t, a.App).State != letter.Closed {
			t.Errorf("opened again after its deadline: %v", err)
		}
		later.At = now().Add(time.Hour)
		if l, err := a.Letters.Reopen(ctx, testkit.Slug, &later, 0); err != nil || !l.AcceptsSignatures(now()) {
			t.Errorf("opened again with a later deadline: %s, %v", l.State, err)
		}
		by.Store(int64(48 * time.Hour))
		for range 2 { // it ends, and then the log says so
			if err := a.Retain(ctx); err != nil {
				t.Fatal(err)
			}
			by.Add(int64(25 * time.Hour))
		}
		if _, err := a.Letters.Reopen(ctx, testkit.Slug, &later, 0); !fault.Is(err, fault.Conflict) || !testkit.Letter(t, a.App).Final {
			t.Errorf("opened again after the close leaf: %v", err)
		}
		a.Publish(t)
		if _, problems, err := a.CheckLog(ctx); err != nil || len(problems) > 0 {
			t.Errorf("the log: %v, %v", problems, err)
		}
	})
}

// A clock that jumps ahead publishes no letter that is to be published by itself; with the clock put right it is.
func TestOpening_waitsForTheClock(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		var by atomic.Int64
		now := func() time.Time { return time.Now().Round(0).Add(time.Duration(by.Load())) }
		a := testkit.App(t, engine, func(o *app.Options) { o.Now, o.Server.PublishEvery = now, time.Hour })
		text := testkit.ReadText(t, "granary.en.md")
		if _, _, err := a.Letters.Import(ctx, letter.Import{Slug: "later", Text: text}); err != nil {
			t.Fatal(err)
		}
		at := now().Add(3 * time.Second)
		if _, err := a.Letters.SetSettings(ctx, "later", letter.Settings{PublishAt: &at}, 0); err != nil {
			t.Fatal(err)
		}
		state := func() letter.State {
			t.Helper()
			l, err := a.Letters.Find(ctx, "later")
			if err != nil {
				t.Fatal(err)
			}
			return l.State
		}
		look := func() { // at all jobs that are due, which a mail that goes shows to be over
			t.Helper()
			client := a.Client(t)
			a.Sign(t, client, testkit.SignForm("Clock Watcher", rand.Text()+"@jump.example"))
		}
		by.Store(int64(10 * 365 * 24 * time.Hour))
		for range 3 {
			if look(); state() != letter.Draft {
				t.Fatal("a clock that is ten years ahead publishes the letter")
			}
		}
		by.Store(0)
		testkit.Eventually(t, "the letter is published", func() bool { return state() != letter.Draft })
	})
}

// How long a clock is doubted: as long as it has jumped, four minutes at least and a day at most, and anew when it jumps again.
func TestSteady(t *testing.T) {
	begun := time.Date(2030, 5, 12, 14, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, c := range []struct {
		name  string
		known time.Time
		jumps map[time.Duration]time.Duration // by how much the clock is off from then on
		want  time.Duration                   // when it is first believed
	}{
		{"a first start", time.Time{}, nil, 5 * time.Minute},
		{"a start after a minute", begun.Add(-time.Minute), nil, 5 * time.Minute},
		{"after three hours", begun.Add(-3 * time.Hour), nil, 3 * time.Hour},
		{"after a week, or ten years ahead", begun.Add(-7 * day), nil, day},
		{"set back", begun.Add(7 * day), nil, 5 * time.Minute},
		{"a jump of an hour", begun, map[time.Duration]time.Duration{2 * time.Minute: time.Hour}, 70 * time.Minute},
		{"a jump before two readings agree", begun.Add(-time.Hour), map[time.Duration]time.Duration{30 * time.Minute: -time.Hour}, time.Hour},
		{"half a minute, as a clock is set", begun.Add(-time.Hour), map[time.Duration]time.Duration{30 * time.Minute: 30 * time.Second}, time.Hour},
	} {
		var s app.Steady
		off, at := time.Duration(0), time.Duration(0)
		for ; at < 3*day; at += 5 * time.Minute {
			for from, by := range c.jumps {
				if at >= from {
					off = by
				}
			}
			if s.Believe(begun.Add(at+off), at, c.known) {
				break
			}
		}
		if at != c.want {
			t.Errorf("%s: believed after %v, want %v", c.name, at, c.want)
		}
	}
}
