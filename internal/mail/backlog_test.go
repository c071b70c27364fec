package mail_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A backlog waits for the relay without work: mails that cannot go yet are not looked at one by one.
func TestBacklog_costsLittleWhileItWaits(t *testing.T) {
	clock := testkit.NewClock()
	o := newOffice(t, testkit.StoreAt(t, store.SQLite, store.Options{Now: time.Now}), clock)
	const waiting = 1000
	for i := range waiting {
		o.sign(fmt.Sprintf("a%d@example.org", i), "en")
	}
	o.by(t, "smtp://127.0.0.1:1", "varrow.example") // nothing listens there
	before := processorTime(t)
	stop := o.sending()
	testkit.Eventually(t, "some mails have tried", func() bool {
		found, err := mail.Troubles(t.Context(), o.Signing.DB)
		return err == nil && len(found) > 0 && found[0].Tries >= 3
	})
	stop()
	each := (processorTime(t) - before) / waiting
	t.Logf("%v of processor time a mail that waits", each)
	if each > 300*time.Microsecond {
		t.Errorf("%v of processor time for each of %d mails that wait", each, waiting)
	}
}

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
