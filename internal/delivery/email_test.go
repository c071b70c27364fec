package delivery_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/inbox"
)

// emailed hands the letter over by email, and lets so much time pass.
func (o *office) emailed(since time.Duration) int64 {
	o.T.Helper()
	o.address(1, "office@water.example")
	d := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail})
	o.must(o.Deliveries.Went(o.T.Context(), d.ID, delivery.Handed, nil))
	o.must(o.Deliveries.Publish(o.T.Context(), "quay", d.ID, 0))
	o.Clock.Advance(since)
	return d.ID
}

// A notice counts by itself within days, while nothing has come back, and until an editor has said otherwise.
func TestCameBack(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		begins := func(want string) {
			t.Helper()
			if got := o.cells(delivery.ForPublic); !strings.HasPrefix(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		id := o.emailed(5 * 24 * time.Hour)
		o.must(o.Deliveries.CameBack(ctx, id))
		begins("1/1 not_delivered")
		o.must(o.Deliveries.MarkArrived(ctx, "quay", id, 0))
		begins("1/1 waiting")
		if err := o.Deliveries.CameBack(ctx, id); !errors.Is(err, inbox.ErrLook) {
			t.Errorf("an editor has said that it arrived: %v", err)
		}
		begins("1/1 waiting")
		o.want(o.Deliveries.MarkArrived(ctx, "quay", id, 0), "delivery.not_back")
		o.must(o.Deliveries.MarkBounced(ctx, "quay", id, 0)) // whom an editor believes is theirs to say
		begins("1/1 not_delivered")
	})
}

func TestCameBack_late(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		id := o.emailed(200 * 24 * time.Hour)
		before := o.cells(delivery.ForPublic)
		if err := o.Deliveries.CameBack(t.Context(), id); !errors.Is(err, inbox.ErrLook) || o.cells(delivery.ForPublic) != before {
			t.Errorf("%v, %q was %q", err, o.cells(delivery.ForPublic), before)
		}
	})
}

func TestCameBack_answered(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		id := o.emailed(24 * time.Hour)
		o.receive(delivery.Came{Addressee: 1, Kind: delivery.Acknowledgement, At: o.Clock.Now()})
		if err := o.Deliveries.CameBack(t.Context(), id); !errors.Is(err, inbox.ErrLook) {
			t.Errorf("it came back after its addressee had answered: %v", err)
		}
	})
}

// A notice that is faster than what is written of the email is no less true.
func TestCameBack_beforeItWent(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.address(1, "office@water.example")
		d := o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail})
		if err := o.Deliveries.CameBack(t.Context(), d.ID); err == nil || errors.Is(err, inbox.ErrLook) {
			t.Errorf("%v, want to be asked again", err)
		}
	})
}
