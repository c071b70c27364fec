package delivery_test

import (
	"slices"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
)

// Nobody is reminded of a letter that never reached them, unless whoever enters it knows better.
func TestDeliver_noReminderToWhoNeverGotIt(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		reminder := delivery.HandOver{Addressee: 2, Channel: delivery.ByPost, Kind: delivery.Reminder, At: o.DB.Now()}
		refused := func(why string) {
			t.Helper()
			if _, err := o.Deliveries.Deliver(t.Context(), "quay", reminder, 0); len(fault.All(err)) != 1 || fault.All(err)[0].Key != "delivery.unserved" {
				t.Errorf("a reminder %s: %v", why, err)
			}
		}
		refused("to one of whom nothing is known")
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost})
		refused("because another has it")
		wrong := o.deliver(delivery.HandOver{Addressee: 2, Channel: delivery.ByPost})
		if err := o.Deliveries.Retract(t.Context(), "quay", wrong.ID, 0); err != nil {
			t.Fatal(err)
		}
		refused("after the entry was taken back")
		reminder.Unserved = true
		o.deliver(reminder)
		reminder.Unserved = false
		o.Clock.Advance(3 * time.Minute)
		o.deliver(reminder)
	})
}

// An email that came back is due until the letter is delivered again, or something has come of it.
func TestReturned(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		if _, err := o.Deliveries.PutAddressee(t.Context(), "quay", delivery.AddresseeChange{Number: 1, Email: new("office@water.example")}, 0); err != nil {
			t.Fatal(err)
		}
		expect := func(when string, want ...int) {
			t.Helper()
			if got := o.standing(delivery.ForEditors).Returned(); !slices.Equal(got, want) {
				t.Errorf("%s: %v came back, want %v", when, got, want)
			}
		}
		bounce := func(kind delivery.DeliveryKind) {
			t.Helper()
			o.Clock.Advance(3 * time.Minute)
			d := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail, Kind: kind, Unserved: true})
			expect("it waits to go")
			if err := o.Deliveries.Went(t.Context(), d.ID, delivery.Handed, nil); err != nil {
				t.Fatal(err)
			}
			expect("it went")
			if err := o.Deliveries.MarkBounced(t.Context(), "quay", d.ID, 0); err != nil {
				t.Fatal(err)
			}
			expect("it came back", 1)
		}
		expect("nothing was delivered")
		bounce(delivery.First)
		o.receive(delivery.Came{Addressee: 1, Kind: delivery.OutOfOffice, At: o.DB.Now()})
		expect("a machine answered", 1)
		o.Clock.Advance(3 * time.Minute)
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost})
		expect("it was delivered again")
		bounce(delivery.Reminder)
		o.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: o.DB.Now()})
		expect("they answered")
	})
}
