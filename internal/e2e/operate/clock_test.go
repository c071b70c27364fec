package operate

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// jumping is the machine's clock, which somebody sets. Its times have no monotonic reading, so what a process keeps in memory
// sees the jump too.
type jumping struct{ by atomic.Int64 }

func (j *jumping) Now() time.Time          { return time.Now().Round(0).Add(time.Duration(j.by.Load())) }
func (j *jumping) jump(by time.Duration)   { j.by.Store(int64(by)) }
func (j *jumping) back()                   { j.jump(0) }
func (j *jumping) advance(d time.Duration) { j.by.Add(int64(d)) }

// jumps are what the tests do to the clock before it is put right again.
var jumps = []time.Duration{24 * time.Hour, -24 * time.Hour, 3652 * 24 * time.Hour, -3652 * 24 * time.Hour}

// onJumpingClock runs a test for each jump on each engine. Nothing is published but by the test.
func onJumpingClock(t *testing.T, body func(t *testing.T, a *testkit.Running, clock *jumping, by time.Duration)) {
	t.Helper()
	if testing.Short() {
		t.Skip("opens many instances")
	}
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		for _, by := range jumps {
			t.Run(fmt.Sprintf("%+.0fd", by.Hours()/24), func(t *testing.T) {
				clock := &jumping{}
				a := testkit.App(t, engine, func(o *app.Options) { o.Now, o.Server.PublishEvery = clock.Now, time.Hour })
				body(t, a, clock, by)
			})
		}
	})
}

// crowd are people who sign while the clock jumps.
type crowd struct {
	*testkit.Running
	t    *testing.T
	all  []*testkit.Acknowledged // who has been told that they signed
	gone int                     // links that were too old
}

// asks submits the form and has the mail.
func (c *crowd) asks(name string) *testkit.Acknowledged {
	c.t.Helper()
	x := &testkit.Acknowledged{Name: "Jumper " + name, Email: strings.ToLower(name) + "@jump.example", Client: c.Client(c.t)}
	var mail testkit.Mail
	x.CheckMail, mail = c.Sign(c.t, x.Client, testkit.SignForm(x.Name, x.Email))
	x.Token = mail.Token()
	return x
}

// answers presses the link's button, which must work, or be too old.
func (c *crowd) answers(x *testkit.Acknowledged, tooOld bool) {
	c.t.Helper()
	want := http.StatusOK
	if tooOld {
		want = http.StatusGone
		c.gone++
	}
	r := c.confirm(x)
	if r.Status != want {
		c.t.Errorf("%s: the link is answered with %d, want %d", x.Name, r.Status, want)
	}
	if r.Status == http.StatusOK {
		x.Secret = r.Secret(c.t)
		c.all = append(c.all, x)
	}
}

func (c *crowd) confirm(x *testkit.Acknowledged) testkit.Answer {
	return x.Client.Post("/confirm/"+x.Token, testkit.Press("confirm"))
}

// acts does something to one's own signature.
func (c *crowd) acts(x *testkit.Acknowledged, do func(own signing.Own) error) {
	c.t.Helper()
	own, err := c.Signing.Receipts.Find(c.t.Context(), x.Secret)
	if err == nil {
		err = do(own[0])
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// letter writes a letter, or an edition of one.
func (c *crowd) letter(i letter.Import) {
	c.t.Helper()
	text := testkit.ReadText(c.t, "granary.en.md")
	text.Body += "\n\nWritten at " + c.Options.Now().Format(time.RFC3339Nano) + "."
	i.Text, i.Publish, i.Settings.SignOn = text, true, new(letter.SignOnBoth)
	if _, _, err := c.Letters.Import(c.t.Context(), i); err != nil {
		c.t.Fatal(err)
	}
}

// whole checks the log from inside and outside, and that the page counts n.
func (c *crowd) whole(n int) {
	c.t.Helper()
	c.Publish(c.t)
	if _, problems, err := c.CheckLog(c.t.Context()); err != nil || len(problems) > 0 {
		c.t.Errorf("the log: %v, %v", problems, err)
	}
	want := fmt.Sprintf(`"persons":%d,`, n)
	page := c.Client(c.t)
	testkit.Eventually(c.t, "the page counts "+want, func() bool { return strings.Contains(page.Get(testkit.Page+".json").Body, want) })
	if report := testkit.Audit(c.t, c.URL); !report.OK() {
		c.t.Errorf("%+v", report)
	}
}

// A clock that is set a day or ten years ahead or back, in the middle of everything, and put right again: people sign all the
// while, each is counted once, editions and acts keep their order in the log. A link lives for 72 hours of the clock, so what
// the jump itself implies is this: set ahead by more, the clock ends every link from before, for good once old data was looked
// for; set back by more, links made meanwhile are too old when it is right again; links made while it was ahead live longer by
// as much. No other link ends, and none is without end.
func TestClock_jumps(t *testing.T) {
	onJumpingClock(t, func(t *testing.T, a *testkit.Running, clock *jumping, by time.Duration) {
		c := &crowd{Running: a, t: t}
		ctx := t.Context()
		far := by.Abs() > signing.PendingFor
		ahead, behind := far && by > 0, far && by < 0
		c.letter(letter.Import{Slug: "edited"})
		signed, relisted, withdrawn, batched, early, late := c.asks("Signed"), c.asks("Relisted"), c.asks("Withdrawn"), c.asks("Batched"),
			c.asks("Early"), c.asks("Late")
		for _, x := range []*testkit.Acknowledged{signed, relisted, withdrawn} {
			c.answers(x, false)
		}
		c.Publish(t)
		c.answers(batched, false)

		clock.jump(by) // in the middle of a batch
		within := c.asks("Within")
		c.answers(within, false)
		c.answers(early, ahead)
		c.acts(relisted, func(own signing.Own) error {
			return a.Signing.Receipts.Relist(ctx, relisted.Secret, own.ID, roll.Counted)
		})
		c.letter(letter.Import{Slug: "edited", Follows: letter.FollowsCosmetic})
		c.whole(len(c.all))
		across := c.asks("Across")
		c.answers(c.asks("Again"), false)
		if err := a.Retain(ctx); err != nil {
			t.Fatal(err)
		}

		clock.back()
		c.acts(withdrawn, func(own signing.Own) error { return a.Signing.Receipts.Withdraw(ctx, withdrawn.Secret, own.ID) })
		c.acts(within, func(own signing.Own) error {
			return a.Signing.Receipts.Relist(ctx, within.Secret, own.ID, roll.Counted)
		})
		c.acts(within, func(own signing.Own) error { return a.Signing.Receipts.Relist(ctx, within.Secret, own.ID, roll.Public) })
		c.letter(letter.Import{Slug: "edited", Follows: letter.FollowsCosmetic})
		c.answers(late, ahead)
		c.answers(across, behind)
		after := c.asks("After")
		c.answers(after, false)
		if err := a.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		c.whole(len(c.all) - 1)
		list := a.Client(t).Get(testkit.Page + "/signatories.csv").Body
		for _, x := range c.all {
			want := 1
			if x == relisted || x == withdrawn {
				want = 0
			}
			if n := strings.Count(list, x.Name); n != want {
				t.Errorf("%s is in the list %d times, want %d", x.Name, n, want)
			}
			if x != withdrawn {
				testkit.CheckProof(t, x.Client, x.Secret)
			}
			if r := c.confirm(x); x != withdrawn && !ahead && !behind && (r.Status != http.StatusOK || r.Secret(t) != x.Secret) {
				t.Errorf("%s: the link does not show the same receipt but %d", x.Name, r.Status)
			}
		}
		// However far ahead the clock was: 72 hours after the time it then showed, nothing is left of what was submitted.
		waiting := c.asks("Waiting")
		clock.jump(max(by, 0) + signing.PendingFor + time.Hour)
		if err := a.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		c.answers(waiting, true)
		if dump := testkit.Dump(t, a.App); strings.Contains(dump, fmt.Sprintf("\n[%d,", waiting.Pending(t))) {
			t.Error("a submission stays after its end")
		}
	})
}

// Letters that end while the clock is wrong end in the log as in the database. A day does not end one whose grace reaches
// further, and takes no key that data is sealed with. Ten years are taken for what the clock says they are: a deadline is over,
// and keys that are to be kept for 30 days are destroyed. A server does not take them so at once: package app tests how it doubts.
func TestClock_endsOfLetters(t *testing.T) {
	onJumpingClock(t, func(t *testing.T, a *testkit.Running, clock *jumping, by time.Duration) {
		c := &crowd{Running: a, t: t}
		ctx := t.Context()
		retain := func() {
			t.Helper()
			if err := a.Retain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		end := func(slug string) {
			t.Helper()
			if err := a.Letters.Close(ctx, slug, 0); err != nil {
				t.Fatal(err)
			}
		}
		c.answers(c.asks("Constant"), false)
		c.letter(letter.Import{Slug: "dated", Settings: letter.Settings{Deadline: &letter.Deadline{At: clock.Now().Add(48 * time.Hour), Zone: time.UTC}}})
		c.letter(letter.Import{Slug: "ended"})
		end("ended")

		clock.jump(by)
		retain()
		c.letter(letter.Import{Slug: "brief"})
		end("brief")
		clock.advance(25 * time.Hour)
		retain() // and the last word about the brief one is written
		c.whole(1)

		clock.back()
		retain()
		c.whole(1)
		for _, slug := range []string{"dated", "ended", "brief"} {
			l, err := a.Letters.Find(ctx, slug)
			if err != nil {
				t.Fatal(err)
			}
			_, gone := a.Letters.Key(ctx, l.ID)
			if by.Abs() > letter.KeptAfterClose {
				continue
			}
			if gone != nil || l.AcceptsSignatures(clock.Now()) != (slug == "dated") {
				t.Errorf("%s: %s, %v", slug, l.State, gone)
			}
		}
	})
}
