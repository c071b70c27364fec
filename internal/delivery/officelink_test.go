package delivery_test

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
)

// Who once had the address of an office, or a link that was taken back, neither confirms nor takes back anything.
func TestOffice_formerAddress(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		_, typed := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees, Text: "not the office"})
		held, token := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees, Text: "the office"})
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.must(o.Deliveries.PublishStated(ctx, "quay", held, 0))
		o.must(o.Deliveries.TakeBack(ctx, link, held))
		back := o.mail(held, delivery.OfficeWithdraw)
		shown := o.stated(delivery.ForPublic)
		o.address(1, "right@water.example")
		for name, token := range map[string]string{"confirms": typed, "takes back": back} {
			if _, err := o.Deliveries.Confirming(ctx, token); err == nil {
				t.Errorf("who once had the address %s", name)
			}
			_, err := o.Deliveries.Confirm(ctx, token, false)
			o.want(err, "office.confirm")
		}
		o.address(1, "office@water.example")
		_, err = o.Deliveries.Confirming(ctx, back) // it was a mistake, and is the office's again
		o.must(err)
		o.must(o.Deliveries.EndOffice(ctx, "quay", o.ids(qOfficeLinks)[0], 0))
		_, err = o.Deliveries.Confirm(ctx, back, false)
		o.want(err, "office.confirm")
		if got := o.stated(delivery.ForPublic); got != shown {
			t.Errorf("%q, want %q", got, shown)
		}
	})
}

// The mail by which a statement is taken back is good for as long as the one that confirms.
func TestOffice_takesBackInTime(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		id, token := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees, Text: "x"})
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.Clock.Advance(5 * 24 * time.Hour)
		o.must(o.Deliveries.TakeBack(ctx, link, id))
		e, send, err := o.Deliveries.OfficeEnvelope(ctx, delivery.OfficeMail{ID: id, Says: delivery.OfficeWithdraw})
		if err != nil || !send || !e.Until.After(o.Clock.Now()) {
			t.Errorf("%v to %s, %v", send, e.Until, err)
		}
		o.Clock.Advance(73 * time.Hour)
		_, err = o.Deliveries.Confirming(ctx, e.Token)
		o.want(err, "office.confirm")
		o.must(o.Deliveries.Retain(ctx))
		if whole, err := o.Deliveries.Statements(ctx, o.letter); err != nil || len(whole) != 1 || whole[0].Leaving {
			t.Errorf("%+v, %v", whole, err)
		}
	})
}

// An office is told what was decided after its link ran out, and takes back with another what it stated with the first.
func TestOffice_afterItsLink(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		id, token := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees, Text: "x"})
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.Clock.Advance((delivery.OfficeDays + 4) * 24 * time.Hour)
		o.must(o.Deliveries.Retain(ctx))
		o.must(o.Deliveries.PublishStated(ctx, "quay", id, 0))
		o.must(o.Deliveries.Retain(ctx)) // which may run before the mail
		e, send, err := o.Deliveries.OfficeEnvelope(ctx, delivery.OfficeMail{ID: id, Says: delivery.OfficePublished})
		if err != nil || !send || e.Address != "office@water.example" {
			t.Errorf("the office is not told that it is shown: %v %q %v", send, e.Address, err)
		}
		o.Clock.Advance(4 * 24 * time.Hour)
		o.must(o.Deliveries.Retain(ctx))
		if links, err := o.Deliveries.OfficeLinks(ctx, o.letter); err != nil || len(links) != 1 || links[0].Email != "" {
			t.Errorf("what no mail needs any more is kept: %+v, %v", links, err)
		}
		o.must(o.Deliveries.TakeBack(ctx, o.ask(), id))
		back := o.mail(id, delivery.OfficeWithdraw)
		if back == "" {
			t.Fatal("the mail to take it back is not sent")
		}
		_, err = o.Deliveries.Confirm(ctx, back, false)
		o.must(err)
		if got := o.stated(delivery.ForPublic); got != "2 withdrawn disagrees x" {
			t.Errorf("%q", got)
		}
	})
}
