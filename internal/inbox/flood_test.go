package inbox_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var flood = flag.Int("flood", 500, "how many mails come in at once")

// A flood costs as much a mail at its end as at its beginning: the same statements and as much memory, of which nothing stays.
func TestReceive_aFlood(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			clock := testkit.NewClock()
			var statements atomic.Int64
			db := testkit.StoreAt(t, engine, store.Options{Now: clock.Now, OnStatement: func(*store.Query) { statements.Add(1) }})
			d := testkit.NewDesk(t, db, clock)
			d.Mailboxes.Inbox = "letters@varrow.example"
			d.Inbox.Lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("no DNS here") }
			to := toAddress(d, mailbox.Return{Sent: mailbox.Call})
			body := strings.Repeat("Please add us to the letter.\n", 100)
			type cost struct {
				statements, allocated int64
				took                  time.Duration
			}
			memory := func() (m runtime.MemStats) {
				runtime.ReadMemStats(&m)
				return m
			}
			came(d, reply("the first", to)) // opens what stays open
			runtime.GC()
			before := memory()
			fifth := max(1, *flood/5)
			var costs []cost
			for n := range 5 {
				began, at, allocated := time.Now(), statements.Load(), memory().TotalAlloc
				for i := range fifth {
					raw := strings.ReplaceAll(reply(fmt.Sprint(body, n, " ", i), to), "mina@", fmt.Sprintf("mina.%d.%d@", n, i))
					if _, err := d.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(raw)}); err != nil {
						t.Fatal(err)
					}
				}
				costs = append(costs, cost{(statements.Load() - at) / int64(fifth), int64(memory().TotalAlloc-allocated) / int64(fifth), time.Since(began) / time.Duration(fifth)})
			}
			began := time.Now()
			d.Work("inbox.sort")
			sorted := time.Since(began)
			runtime.GC()
			after := memory()
			first, last := costs[0], costs[4]
			t.Logf("a mail of the first fifth: %+v, of the last: %+v; %d sorted in %v; %d KiB are held before, %d after", first, last, 5*fifth, sorted,
				before.HeapAlloc>>10, after.HeapAlloc>>10)
			if last.statements != first.statements || last.statements > 6 {
				t.Errorf("a mail takes %d statements at first and %d at last", first.statements, last.statements)
			}
			if last.allocated > first.allocated*3/2 {
				t.Errorf("a mail takes %d bytes at first and %d at last", first.allocated, last.allocated)
			}
			if int64(after.HeapAlloc)-int64(before.HeapAlloc) > 8<<20 {
				t.Errorf("%d KiB are held before, %d after", before.HeapAlloc>>10, after.HeapAlloc>>10)
			}
			if n, err := d.Inbox.Waiting(t.Context(), d.Letter.ID); err != nil || n != 5*fifth+1 {
				t.Errorf("%d of %d wait, %v", n, 5*fifth+1, err)
			}
		})
	}
}
