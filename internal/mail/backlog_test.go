package mail_test

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

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

// While a relay takes no mails all that wait are said to, from the first answer to the first mail it takes, whichever one tries just now.
func TestTroubles_countsAllThatWait(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		const signers = 20
		var down atomic.Bool
		down.Store(true)
		tries := make(chan struct{}, 1000)
		o.relay.say(func(string, string) error {
			if !down.Load() {
				return nil
			}
			tries <- struct{}{}
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Rate limit: too many mails"}
		})
		for i := range signers {
			o.sign(fmt.Sprintf("a%d@example.org", i), "en")
		}
		stop := o.sending()
		troubles := func() []mail.Trouble {
			list, err := mail.Troubles(t.Context(), o.Signing.DB)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		testkit.Eventually(t, "the relay's answer is known", func() bool { return len(troubles()) > 0 })
		for range 2 {
			<-tries
			for range 20 {
				if list := troubles(); len(list) != 1 || list[0].Mails != signers || list[0].One {
					t.Fatalf("while %d wait: %+v", signers, list)
				}
			}
		}
		down.Store(false)
		testkit.Eventually(t, "all mails have gone", func() bool { return len(o.relay.taken()) == signers })
		stop()
		if list := troubles(); len(list) != 0 {
			t.Errorf("with nothing waiting: %+v", list)
		}
	})
}
