package mailbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/text"
)

// queue asks for the turns of mails, by their ids.
type queue struct {
	t *testing.T
	d *testkit.Desk
	n int64
}

// ask returns how many of so many new mails go now, and the longest wait of the others.
func (q *queue) ask(n int, format string) (now int, longest time.Duration) {
	q.t.Helper()
	for i := range n {
		q.n++
		wait := q.d.Mailboxes.Turn(q.n, q.address(fmt.Sprintf(format, i)))
		if wait == 0 {
			now++
			q.d.Mailboxes.Went(q.n)
		}
		longest = max(longest, wait)
	}
	return now, longest
}

func (q *queue) address(typed string) text.Address {
	q.t.Helper()
	a, f := text.ParseAddress(typed)
	if f != nil {
		q.t.Fatal(f)
	}
	return a
}

func (q *queue) confirm(n int, format string) {
	for i := range n {
		q.d.Mailboxes.Confirmed(q.address(fmt.Sprintf(format, i)))
	}
}

// Mails to a domain go out at a pace that its people's confirmations raise; large providers are not slowed.
func TestTurn_growsWithConfirmations(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		q := &queue{t: t, d: d}
		first, longest := q.ask(400, "x%d@catchall.example")
		if first < 30 || first > 60+50 || longest != 2*time.Hour || d.Mailboxes.PutOff() != 400-first {
			t.Errorf("%d of 400 mails to one domain at once, the last is looked at after %v, %d wait", first, longest, d.Mailboxes.PutOff())
		}
		if now, _ := q.ask(400, "x%d@gmail.com"); now != 400 {
			t.Errorf("%d of 400 mails to a large provider", now)
		}
		q.confirm(100, "x%d@works.example")
		if now, _ := q.ask(1000, "y%d@works.example"); now < 500 || now > 700 {
			t.Errorf("%d mails to a domain from which 100 have confirmed", now)
		}
		if now, longest := q.ask(3000, "a@domain%d.example"); now > 1000 || longest == 0 {
			t.Errorf("%d mails to domains that nobody has confirmed from", now)
		}
		d.Mailboxes.Unlimited = true
		if now, _ := q.ask(400, "u%d@catchall.example"); now != 400 {
			t.Errorf("%d without limits", now)
		}
	})
}

// Mails wait in the order in which they were asked for: later ones do not overtake them, and one that the relay puts off keeps its place.
func TestTurn_keepsPlaces(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		q := &queue{t: t, d: d}
		at := q.address("a@ngo.example")
		for id := int64(1); id <= 200; id++ {
			d.Mailboxes.Turn(id, at)
		}
		wait := d.Mailboxes.Turn(150, at)
		if wait == 0 || d.Mailboxes.Turn(201, at) < wait || d.Mailboxes.Turn(150, at) != wait {
			t.Fatalf("the 150th waits %v, and %v when it asks again; the 201st %v", wait, d.Mailboxes.Turn(150, at), d.Mailboxes.Turn(201, at))
		}
		if d.Mailboxes.Turn(1, at) != 0 {
			t.Error("a mail that the relay put off loses its place")
		}
		q.confirm(100, "c%d@ngo.example")
		if faster := d.Mailboxes.Turn(150, at); faster >= wait {
			t.Errorf("once people confirm it still waits %v", faster)
		}
		for range 48 {
			d.Clock.Advance(time.Hour)
			d.Mailboxes.Turn(201, at)
		}
		for id := int64(1); id <= 201; id++ {
			if wait := d.Mailboxes.Turn(id, at); wait != 0 {
				t.Fatalf("mail %d still waits %v", id, wait)
			}
			d.Mailboxes.Went(id)
		}
		if n := d.Mailboxes.PutOff(); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

// From how soon a mail of one's own goes nobody learns whether a colleague has confirmed: the pace is drawn.
func TestTurn_tellsNothingOfOneColleague(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told, not at what runs at once")
	}
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		q := &queue{t: t, d: d}
		paces := map[bool]map[int]int{false: {}, true: {}}
		for i := range 400 {
			domain := fmt.Sprintf("@two%d.example", i)
			colleague := i%2 == 0
			if colleague {
				d.Mailboxes.Confirmed(q.address("colleague" + domain))
			}
			now, _ := q.ask(120, "x%d"+domain)
			paces[colleague][now]++
			d.Clock.Advance(time.Hour) // what all unknown domains share
		}
		with, without := 0, 0
		for n, times := range paces[true] {
			if n >= 60 {
				with += times
			}
		}
		for n, times := range paces[false] {
			if n >= 60 {
				without += times
			}
		}
		if len(paces[false]) < 15 || with-without > 70 { // one in ten is a step ahead, of 200
			t.Errorf("%d paces; fast with a colleague %d, without %d", len(paces[false]), with, without)
		}
	})
}
