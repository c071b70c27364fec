package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/testkit"
)

// forwarded is a mail whose sender says no, above words of somebody else.
const forwarded = `From: Mina <mina@river.example>
To: friend@else.example
Subject: Fwd: look at this
Date: Tue, 12 Nov 2030 10:00:00 +0100
Message-ID: <1@river.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

I would never sign this.

---------- Forwarded message ---------
From: Mallory <mallory@x.example>

--evil
Content-Type: text/plain

We sign the letter. Organisation: River Watch

--evil--
`

// Whoever has a mail that is signed cannot make it say other words and have its domain vouch for them.
func TestRead_otherWords(t *testing.T) {
	k := testkit.Keys{}
	sign := func(message string, fields ...string) string {
		return k.Signed(t, "river.example", message, func(o *dkim.SignOptions) { o.HeaderKeys = fields })
	}
	all := []string{"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding"}
	const usual = "Content-Type: text/plain; charset=utf-8"
	const evil = "Content-Type: multipart/mixed; boundary=evil"
	without := strings.Replace(forwarded, usual+"\n", "", 1)
	for name, c := range map[string]struct {
		mail, old, new string
		want           inbox.Vouch
	}{
		"as it was sent":                     {sign(forwarded, all...), "", "", inbox.Signed},
		"another type":                       {sign(forwarded, all...), usual, evil, inbox.Altered},
		"a type beside it":                   {sign(forwarded, all...), usual, evil + "\r\n" + usual, inbox.Partly},
		"the type is not signed":             {sign(forwarded, "From", "Subject", "Date"), "", "", inbox.Partly},
		"the type is not signed, another":    {sign(forwarded, "From", "Subject", "Date"), usual, evil, inbox.Partly},
		"none, none signed":                  {sign(without, "From", "Subject", "Date"), "", "", inbox.Signed},
		"none, none signed, and then one":    {sign(without, "From", "Subject", "Date"), "MIME-Version: 1.0", evil, inbox.Partly},
		"none, that is signed, and then one": {sign(without, all...), "MIME-Version: 1.0", evil, inbox.Altered},
		"an encoding that is not signed":     {sign(forwarded, "From", "Subject", "Date", "Content-Type"), usual, usual + "\r\nContent-Transfer-Encoding: base64", inbox.Partly},
		"a subject that is not signed":       {sign(forwarded, "From", "Date", "Content-Type"), "", "", inbox.Partly},
		"no date":                            {sign(forwarded, "From", "Subject", "Content-Type"), "", "", inbox.Unsigned},
	} {
		if m := readMail(t, k, strings.Replace(c.mail, c.old, c.new, 1)); m.Vouched != c.want {
			t.Errorf("%s: %s of %q, want %s", name, m.Vouched, m.Text, c.want)
		}
	}
}

// The names that a sender puts into a mail are asked for only where they could vouch for the sender.
func TestRead_asksForNoOthers(t *testing.T) {
	var asked atomic.Int64
	lookup := func(_ context.Context, name string) ([]string, error) {
		asked.Add(1)
		return nil, errors.New("no answer")
	}
	var b strings.Builder
	for i := range 8 {
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=x%d.attacker.example; s=s; h=from:date; "+
			"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\n", i)
	}
	f, err := inbox.Read(t.Context(), "x.eml", []byte(b.String()+plainReply), lookup)
	if err != nil || f.Mails[0].Vouched != inbox.Unsigned || asked.Load() != 0 {
		t.Errorf("%s after %d lookups, %v", f.Mails[0].Vouched, asked.Load(), err)
	}
	one := strings.ReplaceAll(strings.SplitAfter(b.String(), "\n")[0], "x0.attacker", "river")
	if f, err = inbox.Read(t.Context(), "x.eml", []byte(one+plainReply), lookup); err != nil || f.Mails[0].Vouched != inbox.Unknown || asked.Load() != 1 {
		t.Errorf("%s after %d lookups of the sender's own, %v", f.Mails[0].Vouched, asked.Load(), err)
	}
	// A header of very many lines costs a library the square of them.
	long := "X: y\n" + strings.Repeat(" z\n", 80_000)
	if asked := allocated(func() { _, _ = inbox.Read(t.Context(), "x.eml", []byte(long+b.String()+plainReply), lookup) }); asked > 16<<20 {
		t.Errorf("%d MiB were asked for to look who vouches", asked>>20)
	}
}

// While one server does not answer what it is asked, other mails are sorted.
func TestSort_waitsForNoOther(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		keys := testkit.Keys{}
		slow := keys.Signed(t, "slow.example", strings.ReplaceAll(plainReply, "river.example", "slow.example"))
		fast := keys.Signed(t, "river.example", reply("Hello\n", toAddress(d, mailbox.Return{Sent: mailbox.Call}), "Date: Tue, 12 Nov 2030 10:00:00 +0100"))
		begun, sorted := make(chan bool), make(chan bool)
		d.Inbox.Lookup = func(ctx context.Context, name string) ([]string, error) {
			if strings.Contains(name, "slow") {
				close(begun)
				select {
				case <-sorted:
				case <-ctx.Done():
					t.Error("the other was not sorted meanwhile")
				}
			}
			return keys.Lookup(ctx, name)
		}
		go func() {
			<-begun
			d.Inbox.Vouch(t.Context(), fast, "mina@river.example")
			close(sorted)
		}()
		d.Inbox.Vouch(t.Context(), slow, "mina@slow.example")
	})
}
