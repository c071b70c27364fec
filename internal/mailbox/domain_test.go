package mailbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

// turns returns how many of the addresses a mail may go to now, and the longest wait of the others.
func turns(t *testing.T, d *testkit.Desk, n int, format string) (now int, longest time.Duration) {
	t.Helper()
	for i := range n {
		wait := d.Mailboxes.Turn(address(t, fmt.Sprintf(format, i)))
		if wait == 0 {
			now++
		}
		longest = max(longest, wait)
	}
	return now, longest
}

func address(t *testing.T, typed string) text.Address {
	t.Helper()
	a, f := text.ParseAddress(typed)
	if f != nil {
		t.Fatal(f)
	}
	return a
}

// Mails to a domain go out at a pace that its people's confirmations raise; large providers are not slowed.
func TestTurn_growsWithConfirmations(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		if now, longest := turns(t, d, 400, "x%d@catchall.example"); now != 30 || longest != 12*time.Hour {
			t.Errorf("%d of 400 mails to one domain at once, the last after %v", now, longest)
		}
		if n := d.Mailboxes.PutOff(); n != 370 {
			t.Errorf("%d were put off", n)
		}
		if now, _ := turns(t, d, 400, "x%d@gmail.com"); now != 400 {
			t.Errorf("%d of 400 mails to a large provider", now)
		}
		d.Clock.Advance(time.Hour)
		if now, _ := turns(t, d, 400, "y%d@catchall.example"); now != 30 {
			t.Errorf("%d an hour later", now)
		}
		for i := range 100 {
			d.Mailboxes.Confirmed(address(t, fmt.Sprintf("x%d@works.example", i)))
		}
		if now, _ := turns(t, d, 1000, "y%d@works.example"); now != 430 {
			t.Errorf("%d mails to a domain from which 100 have confirmed", now)
		}
		d.Clock.Advance(24 * time.Hour)
		if now, _ := turns(t, d, 1000, "z%d@works.example"); now != 230 {
			t.Errorf("%d a day later", now)
		}
		if now, longest := turns(t, d, 3000, "a@domain%d.example"); now != 1000 || longest == 0 {
			t.Errorf("%d mails to domains that nobody has confirmed from", now)
		}
		if wait := d.Mailboxes.Turn(address(t, "more@works.example")); wait == 0 {
			t.Error("the domain's own pace is forgotten")
		}
		d.Mailboxes.Unlimited = true
		if now, _ := turns(t, d, 400, "u%d@catchall.example"); now != 400 {
			t.Errorf("%d without limits", now)
		}
	})
}
