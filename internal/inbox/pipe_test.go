package inbox_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/testkit"
)

// A mail server that hands a mail to a program may put a line before it, which is no part of the mail and cuts nothing of it.
func TestPipe_lineBeforeTheMail(t *testing.T) {
	desks(t, func(t *testing.T, d *testkit.Desk) {
		bare := reply(strings.Repeat("A line of a mail that is longer than what is kept of one that is too large.\n", 20_000))
		for name, mail := range map[string]string{"none": bare, "line": "From a@x.example Tue Dec  1 06:02:24 2026\n" + bare,
			"CRLF": "From MAILER-DAEMON  Tue Dec  1 06:02:24 2026\r\n" + bare} {
			c, err := inbox.Pipe(strings.NewReader(mail))
			if err != nil || !c.Whole() || c.Kept() != len(bare) {
				t.Fatalf("%s: whole %v, %d of %d bytes, %v", name, c.Whole(), c.Kept(), len(bare), err)
			}
			c.Recipient = name
			id, err := d.Inbox.Receive(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			d.Work("inbox.sort")
			if raw, err := d.Inbox.Raw(t.Context(), 0, id); err != nil || string(raw) != bare {
				t.Errorf("%s: %d bytes of %d are kept, %v", name, len(raw), len(bare), err)
			}
			if i, err := d.Inbox.Find(t.Context(), 0, id); err != nil || !i.Whole {
				t.Errorf("%s: said to be cut, %v", name, err)
			}
			if c, err = inbox.Pipe(strings.NewReader(mail)); err != nil {
				t.Fatal(err)
			}
			c.Raw = c.Raw[:100] // as one that is larger than what is read of it
			if c.Whole() || c.Kept() != 100 {
				t.Errorf("%s: %d bytes of %d are said to be all", name, c.Kept(), c.Size)
			}
		}
	})
}

func TestPipe_tooLarge(t *testing.T) {
	for _, before := range []string{"", "From a@x.example Tue Dec  1 06:02:24 2026\n"} {
		head := []byte(reply(""))
		mail := append(append([]byte(before), head...), bytes.Repeat([]byte("a"), inbox.MaxMail-len(head))...)
		if c, err := inbox.Pipe(bytes.NewReader(mail)); err != nil || !c.Whole() || c.Size != inbox.MaxMail {
			t.Errorf("%q and the largest mail: whole %v, %d bytes, %v", before, c.Whole(), c.Size, err)
		}
		c, err := inbox.Pipe(bytes.NewReader(append(mail, 'a')))
		if err != nil || c.Whole() || c.Size != inbox.MaxMail+1 || c.Kept() >= len(c.Raw) {
			t.Errorf("%q and one byte more: whole %v, %d bytes of %d are kept, %v", before, c.Whole(), c.Kept(), c.Size, err)
		}
	}
}
