package delivery_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

var (
	qOfficeLinks  = store.Q("officetest.links", `SELECT id FROM office_link ORDER BY id`)
	qOfficeMails  = store.Q("officetest.mails", `SELECT args FROM job WHERE kind = 'mail.office' ORDER BY id`)
	qOfficeStated = store.Q("officetest.stated", `SELECT id FROM office_statement ORDER BY id`)
	qOfficeBody   = store.Q("officetest.body", `SELECT body, file FROM office_statement ORDER BY id`)
)

func (o *office) ids(q *store.Query) (ids []int64) {
	o.T.Helper()
	o.must(o.DB.View(o.T.Context(), func(tx *store.Tx) (err error) {
		ids, err = store.List(tx, q, func(row store.Row) (id int64, err error) { return id, row.Scan(&id) })
		return err
	}))
	return ids
}

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

// want is a fault by its key, "" for none.
func (o *office) want(err error, key string) {
	o.T.Helper()
	var got []string
	for _, x := range fault.All(err) {
		got = append(got, x.Key)
	}
	if strings.Join(got, " ") != key || err != nil && len(got) == 0 {
		o.T.Errorf("got %v (%v), want %q", got, err, key)
	}
}

func (o *office) address(number int, email string) {
	o.T.Helper()
	_, err := o.Deliveries.PutAddressee(o.T.Context(), "quay", delivery.AddresseeChange{Number: number, Email: &email}, 0)
	o.must(err)
}

// ask asks the office of the first addressee and returns the token of its link.
func (o *office) ask() string {
	o.T.Helper()
	o.address(1, "office@water.example")
	o.must(o.Deliveries.AskOffice(o.T.Context(), "quay", delivery.OfficeAsked{Addressee: 1, Email: "office@water.example", Language: "fa"}, 0))
	ids := o.ids(qOfficeLinks)
	return o.mail(ids[len(ids)-1], delivery.OfficeAsk)
}

// mail returns the token that a mail holds, "" when it must not be sent.
func (o *office) mail(id int64, says string) string {
	o.T.Helper()
	e, send, err := o.Deliveries.OfficeEnvelope(o.T.Context(), delivery.OfficeMail{ID: id, Says: says})
	o.must(err)
	if !send {
		return ""
	}
	if e.Address != "office@water.example" || e.Language != "fa" {
		o.T.Errorf("a mail to %q in %q", e.Address, e.Language)
	}
	return e.Token
}

// state types a statement and returns the token of the mail that confirms it.
func (o *office) state(link string, y delivery.Saying) (id int64, token string) {
	o.T.Helper()
	if y.Language == "" {
		y.Language = "en"
	}
	o.must(o.Deliveries.State(o.T.Context(), link, y))
	ids := o.ids(qOfficeStated)
	id = ids[len(ids)-1]
	return id, o.mail(id, delivery.OfficeConfirm)
}

// stated says what of a cell's statements somebody sees: "published agrees text".
func (o *office) stated(v delivery.View) string {
	var all []string
	for _, d := range o.standing(v).Demands {
		for _, c := range d.Cells {
			for _, x := range c.Stated {
				all = append(all, strings.TrimSpace(d.Number+" "+string(x.State)+" "+strings.TrimSpace(string(x.Position)+" "+x.Text)))
			}
		}
	}
	return strings.Join(all, ", ")
}

// A statement counts once it is confirmed from the office's mailbox, is seen once an editor has looked at it, and changes nothing in where
// a demand stands. Taken back, it stays readable as such.
func TestOffice_statesConfirmsAndTakesBack(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		before := o.cells(delivery.ForPublic)
		file := &delivery.File{Name: "proof.png", Content: []byte("\x89PNG\r\n\x1a\nproof")}
		id, token := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees, Text: "  The keeper\r\n\r\n\r\nis paid.\u202e", Evidence: "https://water.example/x", File: file})
		if o.stated(delivery.ForPublic)+o.stated(delivery.ForEditors) != "" {
			t.Errorf("typed, and seen: %q %q", o.stated(delivery.ForPublic), o.stated(delivery.ForEditors))
		}
		o.want(o.Deliveries.PublishStated(ctx, "quay", id, 0), "page.unknown")
		for range 2 {
			c, err := o.Deliveries.Confirming(ctx, token)
			if err != nil || c.Stated.Text != "The keeper\n\nis paid." || c.Back {
				t.Fatalf("%+v, %v", c.Stated, err)
			}
		}
		if _, err := o.Deliveries.Confirming(ctx, link); err == nil {
			t.Error("the link of the office confirms what was typed with it")
		}
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		_, err = o.Deliveries.Confirm(ctx, token, false)
		o.want(err, "office.confirm")
		if o.stated(delivery.ForPublic) != "" || o.stated(delivery.ForEditors) != "2 held disagrees" {
			t.Errorf("held: %q, %q", o.stated(delivery.ForPublic), o.stated(delivery.ForEditors))
		}
		whole, err := o.Deliveries.Statements(ctx, o.letter)
		if err != nil || len(whole) != 1 || whole[0].Text != "The keeper\n\nis paid." {
			t.Errorf("%+v, %v", whole, err)
		}
		var body, sealed []byte
		o.must(o.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qOfficeBody).Scan(&body, &sealed) }))
		if bytes.Contains(body, []byte("keeper")) || bytes.Contains(sealed, []byte("proof")) {
			t.Error("what is held is stored open")
		}
		if _, err := o.Deliveries.StatedFile(ctx, o.letter, id, delivery.ForPublic); !fault.Is(err, fault.NotFound) {
			t.Errorf("the file of a held one: %v", err)
		}
		o.must(o.Deliveries.PublishStated(ctx, "quay", id, 0))
		o.want(o.Deliveries.PublishStated(ctx, "quay", id, 0), "stated.decided")
		if got := o.stated(delivery.ForPublic); got != "2 published disagrees The keeper\n\nis paid." {
			t.Errorf("published: %q", got)
		}
		if f, err := o.Deliveries.StatedFile(ctx, o.letter, id, delivery.ForPublic); err != nil || !bytes.Equal(f.Content, file.Content) {
			t.Errorf("its file: %v", err)
		}
		if after := o.cells(delivery.ForPublic); after != before {
			t.Errorf("the status moved: %s, was %s", after, before)
		}
		if o.mail(id, delivery.OfficePublished) != "" { // no token, and sent all the same
			t.Error("a mail that tells holds a token")
		}
		o.must(o.Deliveries.TakeBack(ctx, link, id))
		back := o.mail(id, delivery.OfficeWithdraw)
		if _, err := o.Deliveries.Confirm(ctx, back, true); err != nil || !strings.Contains(o.stated(delivery.ForPublic), "published") {
			t.Errorf("it stays: %q, %v", o.stated(delivery.ForPublic), err)
		}
		o.must(o.Deliveries.TakeBack(ctx, link, id))
		_, err = o.Deliveries.Confirm(ctx, o.mail(id, delivery.OfficeWithdraw), false)
		o.must(err)
		if got := o.stated(delivery.ForPublic); got != "2 withdrawn disagrees The keeper\n\nis paid." {
			t.Errorf("taken back: %q", got)
		}
		if _, err := o.Deliveries.StatedFile(ctx, o.letter, id, delivery.ForPublic); !fault.Is(err, fault.NotFound) {
			t.Errorf("its file: %v", err)
		}
		o.want(o.Deliveries.TakeBack(ctx, link, id), "stated.decided")
		// What nobody has seen goes without a trace.
		id, token = o.state(link, delivery.Saying{Demand: "1", Position: delivery.NoComment})
		_, err = o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.must(o.Deliveries.TakeBack(ctx, link, id))
		_, err = o.Deliveries.Confirm(ctx, o.mail(id, delivery.OfficeWithdraw), false)
		o.must(err)
		if got := o.stated(delivery.ForEditors); strings.Contains(got, "no_comment") {
			t.Errorf("%q", got)
		}
	})
}

// Holding a statement is no veto: after so many days everybody is told that it waits, and a refusal is shown with its reason and without
// its words.
func TestOffice_heldAndRefusedArePublic(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		id, token := o.state(link, delivery.Saying{Demand: "1", Position: delivery.UnderWay, Text: "Jo Doe, 4 Quay Street, opens it."})
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.Clock.Advance(delivery.StatedWithin*24*time.Hour - time.Minute)
		if got := o.stated(delivery.ForPublic); got != "" {
			t.Errorf("in time: %q", got)
		}
		o.Clock.Advance(2 * time.Minute)
		if got := o.stated(delivery.ForPublic); got != "1 held" {
			t.Errorf("late: %q", got)
		}
		o.want(o.Deliveries.RefuseStated(ctx, "quay", id, "we disagree", 0), "stated.reason")
		o.want(o.Deliveries.RefuseStated(ctx, "quay", id, delivery.Unreadable, 0), "stated.reason")
		o.must(o.Deliveries.RefuseStated(ctx, "quay", id, delivery.PersonalData, 0))
		o.want(o.Deliveries.PublishStated(ctx, "quay", id, 0), "stated.decided")
		if got := o.stated(delivery.ForPublic); got != "1 refused" {
			t.Errorf("refused: %q", got)
		}
		e, send, err := o.Deliveries.OfficeEnvelope(ctx, delivery.OfficeMail{ID: id, Says: delivery.OfficeRefused})
		if err != nil || !send || e.Reason != delivery.PersonalData || e.Number != "1" {
			t.Errorf("the office is told: %+v %v %v", e, send, err)
		}
		// It states it anew, and what was refused stays readable as such.
		second, token := o.state(link, delivery.Saying{Demand: "1", Position: delivery.HasDone})
		_, err = o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.must(o.Deliveries.PublishStated(ctx, "quay", second, 0))
		if got := o.stated(delivery.ForPublic); got != "1 refused, 1 published says_done" {
			t.Errorf("%q", got)
		}
		facts, err := o.Deliveries.Facts(ctx, o.letter)
		o.must(err)
		var told []string
		for _, f := range facts {
			told = append(told, f.About)
		}
		if want := "stated " + delivery.ID(second); !slices.Contains(told, want) || slices.Contains(told, "stated "+delivery.ID(id)) {
			t.Errorf("news %v, want %q", told, want)
		}
	})
}

// Whoever has only the link cannot speak for the office, nor have it mailed without end; an editor ends the link, and so does another
// address on record, or that nobody may know of the addressee any more.
func TestOffice_aLinkPassedOnIsBounded(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		o.want(o.Deliveries.AskOffice(ctx, "quay", delivery.OfficeAsked{Addressee: 1}, 0), "office.address")
		link := o.ask()
		o.want(o.Deliveries.AskOffice(ctx, "quay", delivery.OfficeAsked{Addressee: 1, Email: "other@water.example"}, 0), "office.changed")
		o.want(o.Deliveries.AskOffice(ctx, "quay", delivery.OfficeAsked{Addressee: 1, Email: "office@water.example"}, 0), "office.asked")
		y := delivery.Saying{Demand: "1", Position: delivery.Agrees, Language: "en"}
		for range 5 {
			o.must(o.Deliveries.State(ctx, link, y))
		}
		o.want(o.Deliveries.State(ctx, link, y), "office.typed")
		o.want(o.Deliveries.State(ctx, link, delivery.Saying{Demand: "3", Position: delivery.Agrees, Language: "en"}), "demand.unknown") // asked of the other
		o.want(o.Deliveries.State(ctx, link, delivery.Saying{Demand: "1", Position: "met", Language: "en", Text: strings.Repeat("x", delivery.MaxStated+1),
			Evidence: "javascript:alert(1)"}), "stated.position stated.text earlier.source")
		for mailed := 5; mailed < 20; mailed++ {
			ids := o.ids(qOfficeStated)
			_, err := o.Deliveries.Confirm(ctx, o.mail(ids[0], delivery.OfficeConfirm), true)
			o.must(err)
			o.must(o.Deliveries.State(ctx, link, y))
		}
		ids := o.ids(qOfficeStated)
		token := o.mail(ids[0], delivery.OfficeConfirm)
		_, err := o.Deliveries.Confirm(ctx, o.mail(ids[1], delivery.OfficeConfirm), true)
		o.must(err)
		o.want(o.Deliveries.State(ctx, link, y), "office.mails")

		links, err := o.Deliveries.OfficeLinks(ctx, o.letter)
		if err != nil || len(links) != 1 || links[0].Mails != 20 {
			t.Fatalf("%+v, %v", links, err)
		}
		o.must(o.Deliveries.EndOffice(ctx, "quay", links[0].ID, 0))
		o.must(o.Deliveries.EndOffice(ctx, "quay", links[0].ID, 0))
		_, err = o.Deliveries.Office(ctx, link)
		o.want(err, "office.link")
		_, err = o.Deliveries.Confirm(ctx, token, false)
		o.want(err, "office.confirm")
		if len(o.ids(qOfficeStated)) != 0 {
			t.Error("what was typed stays")
		}
		for _, wrong := range []string{"", "x", link[:len(link)-1] + "a", strings.Repeat("A", 5000)} {
			if _, err := o.Deliveries.Office(ctx, wrong); !fault.Is(err, fault.Gone) {
				t.Errorf("%.20q: %v", wrong, err)
			}
			if _, err := o.Deliveries.Confirming(ctx, wrong); !fault.Is(err, fault.Gone) {
				t.Errorf("%.20q: %v", wrong, err)
			}
		}
		link = o.ask()
		_, token = o.state(link, y)
		o.address(1, "else@water.example")
		_, err = o.Deliveries.Office(ctx, link)
		o.want(err, "office.link")
		o.address(1, "office@water.example")
		o.Clock.Advance(delivery.OfficeDays * 24 * time.Hour)
		_, err = o.Deliveries.Office(ctx, link)
		o.want(err, "office.link")
		_, err = o.Deliveries.Confirm(ctx, token, false)
		o.want(err, "office.confirm")
		o.must(o.Deliveries.Retain(ctx))
		if len(o.ids(qOfficeStated)) != 0 {
			t.Error("what nobody confirmed is kept")
		}
	})
}

// Of a confidential addressee nothing is asked nor shown, and of a letter that is not published neither.
func TestOffice_confidentialAndUnpublished(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		id, token := o.state(link, delivery.Saying{Demand: "1", Position: delivery.Agrees})
		_, err := o.Deliveries.Confirm(ctx, token, false)
		o.must(err)
		o.must(o.Deliveries.PublishStated(ctx, "quay", id, 0))
		o.want(func() error {
			_, err := o.Deliveries.PutAddressee(ctx, "quay", delivery.AddresseeChange{Number: 1, Communication: &delivery.Communication{Type: "AL"}}, 0)
			return err
		}(), "")
		if got := o.stated(delivery.ForPublic); got != "" {
			t.Errorf("of a confidential addressee: %q", got)
		}
		_, err = o.Deliveries.Office(ctx, link)
		o.want(err, "office.link")
		if o.mail(id, delivery.OfficePublished) != "" {
			t.Error("a mail to a confidential addressee")
		}
		if _, err := o.Deliveries.StatedFile(ctx, o.letter, id, delivery.ForPublic); !fault.Is(err, fault.NotFound) {
			t.Errorf("its file: %v", err)
		}
		o.want(o.Deliveries.AskOffice(ctx, "quay", delivery.OfficeAsked{Addressee: 1, Email: "office@water.example"}, 0), "office.not_public")
		_, err = o.Deliveries.EnterStated(ctx, "quay", delivery.Saying{Demand: "1", Addressee: 1, Position: delivery.Agrees, Language: "en", At: o.DB.Now(),
			File: &delivery.File{Name: "x.png", Content: []byte("x")}}, 0)
		o.want(err, "office.not_public")

		draft := o.Write(letter.Import{Slug: "draft", Text: letter.Text{Format: letter.Format, Language: "en", Title: "A", Body: "B\n\n1) C.",
			Addressees: []letter.Addressee{{Office: "Board"}}}})
		o.want(o.Deliveries.AskOffice(ctx, draft.Slug, delivery.OfficeAsked{Addressee: 1, Email: "a@b.example"}, 0), "letter.draft")
	})
}

// What comes by post is entered as theirs, rests on what came, and says so; what came is for editors alone.
func TestOffice_entered(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		y := delivery.Saying{Demand: "1", Addressee: 1, Position: delivery.WillDo, Text: "In May.", Language: "en", At: o.DB.Now()}
		_, err := o.Deliveries.EnterStated(ctx, "quay", y, 0)
		o.want(err, "stated.evidence")
		y.Evidence = "https://water.example/x"
		_, err = o.Deliveries.EnterStated(ctx, "quay", y, 0)
		o.want(err, "stated.response")
		o.deliver(delivery.HandOver{Addressee: 1, Channel: delivery.ByPost, At: o.DB.Now()})
		r := o.receive(delivery.Came{Addressee: 1, Kind: delivery.Answered, At: o.DB.Now(), Language: "en"})
		y.Evidence = delivery.Evidence("response:" + delivery.ID(r.ID))
		x, err := o.Deliveries.EnterStated(ctx, "quay", y, 0)
		o.must(err)
		o.must(o.Deliveries.PublishStated(ctx, "quay", x.ID, 0))
		y.Evidence, y.File, y.Demand, y.Publish = "", &delivery.File{Name: "scan.png", Content: []byte("\x89PNG\r\n\x1a\nscan")}, "2", true
		z, err := o.Deliveries.EnterStated(ctx, "quay", y, 0)
		o.must(err)
		for _, d := range o.standing(delivery.ForPublic).Demands {
			for _, c := range d.Cells {
				for _, got := range c.Stated {
					if !got.Entered || got.Evidence != "" || got.File != "" { // the response is private
						t.Errorf("%+v", got)
					}
				}
			}
		}
		if _, err := o.Deliveries.StatedFile(ctx, o.letter, z.ID, delivery.ForPublic); !fault.Is(err, fault.NotFound) {
			t.Errorf("the scan, for everybody: %v", err)
		}
		if f, err := o.Deliveries.StatedFile(ctx, o.letter, z.ID, delivery.ForEditors); err != nil || f.Name != "scan.png" {
			t.Errorf("the scan, for editors: %v", err)
		}
		var mails []string
		o.must(o.DB.View(ctx, func(tx *store.Tx) (err error) {
			mails, err = store.List(tx, qOfficeMails, func(row store.Row) (s string, err error) { return s, row.Scan(&s) })
			return err
		}))
		if len(mails) != 0 {
			t.Errorf("mails %v", mails)
		}
	})
}

// Editors are told of a statement that waits three days before everybody is, on that day and the day after, each once, though nothing was handed
// over; not once it is looked at.
func TestRemind_ofAStatement(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		link := o.ask()
		for _, looked := range []bool{false, true} {
			id, token := o.state(link, delivery.Saying{Demand: "2", Position: delivery.Disagrees})
			_, err := o.Deliveries.Confirm(ctx, token, false)
			o.must(err)
			before := o.Jobs("delivery.due")
			var told []int
			for n := delivery.StatedWithin; n >= -2; n-- {
				if looked && n == 2 {
					o.must(o.Deliveries.PublishStated(ctx, "quay", id, 0))
				}
				for range 2 {
					o.must(o.Deliveries.Remind(ctx))
				}
				if more := o.Jobs("delivery.due"); more != before {
					told, before = append(told, n), more
				}
				o.Clock.Advance(24 * time.Hour)
			}
			want := []int{3, 0, -1}
			if looked {
				want = want[:1]
			} else {
				o.must(o.Deliveries.RefuseStated(ctx, "quay", id, delivery.PersonalData, 0))
			}
			if !slices.Equal(told, want) {
				t.Errorf("looked at %v: told %v days before, want %v", looked, told, want)
			}
		}
	})
}
