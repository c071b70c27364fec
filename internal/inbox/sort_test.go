package inbox_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mailbox"
)

// known knows the address of one delivery.
func known(address string) (mailbox.Return, bool) {
	switch {
	case strings.Contains(address, "+ourdelivery@"):
		return mailbox.Return{Sent: mailbox.ToAddressee, Letter: 7, ID: 9}, true
	case strings.Contains(address, "+ourinvitation@"):
		return mailbox.Return{Sent: mailbox.Invitation, Letter: 7, ID: 3}, true
	case strings.Contains(address, "+ending@"):
		return mailbox.Return{Sent: mailbox.Invitation, Letter: 7, ID: 3, Ends: true}, true
	}
	return mailbox.Return{}, false
}

const (
	to     = "To: letters+ourdelivery@varrow.example"
	nobody = "Return-Path: <>\n" + to + "\n"
	report = "Content-Type: multipart/report; boundary=b; report-type="
)

// notice is a notice of what became of a mail (RFC 3464).
func notice(status string, fields ...string) string {
	return strings.Join(append(fields, "From: MAILER-DAEMON@ministry.example (Mail Delivery System)", "Subject: Undelivered Mail Returned to Sender",
		"Auto-Submitted: auto-replied", "MIME-Version: 1.0", `Content-Type: multipart/report; report-type=delivery-status; boundary="b"`), "\n") + `

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; ministry.example

` + status + `

--b
Content-Type: text/rfc822-headers

From: Letters <letters@varrow.example>
Reply-To: <office@lantern.example>, <letters+ourdelivery@varrow.example>
Subject: The granary

--b--
`
}

func TestSort(t *testing.T) {
	failed := "Final-Recipient: rfc822; minister@ministry.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown"
	delayed := "Final-Recipient: rfc822; minister@ministry.example\nAction: delayed\nStatus: 4.4.1"
	relayed := "Final-Recipient: rfc822; minister@ministry.example\nAction: relayed\nStatus: 2.0.0"
	for name, c := range map[string]struct {
		mail, recipient string
		what            inbox.What
		sent            mailbox.Sent
		status          string
	}{
		"a reply":                          {reply("We have got your letter.", to), "", inbox.Reply, mailbox.ToAddressee, ""},
		"by its recipient alone":           {reply("Hello", "To: undisclosed-recipients:;"), "letters+ourdelivery@varrow.example", inbox.Reply, mailbox.ToAddressee, ""},
		"by what the server has put":       {reply("Hello", "Delivered-To: <letters+ourdelivery@varrow.example>"), "", inbox.Reply, mailbox.ToAddressee, ""},
		"among others":                     {reply("Hello", "To: <a@b.example>,\n \"us\" <letters+ourdelivery@varrow.example>"), "", inbox.Reply, mailbox.ToAddressee, ""},
		"from nobody we know":              {reply("Buy my watches", "To: letters@varrow.example"), "", inbox.Reply, 0, ""},
		"did not arrive":                   {notice(failed, to), "", inbox.Bounce, mailbox.ToAddressee, "5.1.1"},
		"known by what is returned":        {notice(failed, "To: letters@varrow.example"), "", inbox.Bounce, mailbox.ToAddressee, "5.1.1"},
		"is late":                          {notice(delayed, to), "", inbox.Delayed, mailbox.ToAddressee, "4.4.1"},
		"went on":                          {notice(relayed, to), "", inbox.Arrived, mailbox.ToAddressee, "2.0.0"},
		"one of two did not arrive":        {notice(relayed+"\n\n"+failed, to), "", inbox.Bounce, mailbox.ToAddressee, "5.1.1"},
		"a notice that says nothing":       {notice("X: y", to), "", inbox.Arrived, mailbox.ToAddressee, ""},
		"a free form":                      {nobody + "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nHi. This is the qmail-send program.\n550 5.1.1 unknown\n", "", inbox.Bounce, mailbox.ToAddressee, "5.1.1"},
		"a free form that is late":         {nobody + "From: <Mailer-Daemon@x.example>\nSubject: Warning: message delayed 24 hours\n\nDo nothing.\n", "", inbox.Delayed, mailbox.ToAddressee, ""},
		"a failure without a code":         {nobody + "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nThe mailbox does not exist.\n", "", inbox.Unsure, mailbox.ToAddressee, ""},
		"a failure for a time":             {nobody + "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n450 4.2.0 greylisted\n", "", inbox.Unsure, mailbox.ToAddressee, "4.2.0"},
		"a failure that somebody has sent": {"From: postmaster@ministry.example\n" + to + "\nSubject: Undelivered mail\n\n550 5.1.1 unknown\n", "", inbox.Unsure, mailbox.ToAddressee, "5.1.1"},
		"Exim's":                           {nobody + "From: Mail <no-reply@x.example>\nX-Failed-Recipients: office@ministry.example\nSubject: x\n\n550 5.1.1 unknown\n", "", inbox.Bounce, mailbox.ToAddressee, "5.1.1"},
		"a form, of a machine":             {"From: no-reply@ministry.example\n" + to + "\nSubject: Message could not be delivered\n\n550 5.1.1\n", "", inbox.Unsure, mailbox.ToAddressee, "5.1.1"},
		"a refusal":                        {"From: no-reply@ministry.example\n" + to + "\nSubject: Your petition 123 was rejected\n\nThe minister refuses demand 2.\n", "", inbox.Reply, mailbox.ToAddressee, ""},
		"a refusal of nobody":              {nobody + "From: no-reply@ministry.example\nSubject: Your petition was delayed\n\nSee section 5.1.2\n", "", inbox.Automatic, mailbox.ToAddressee, ""},
		"an answer beside a notice":        {"From: office@ministry.example\n" + to + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nWe will repair the quay.\n--b\nContent-Type: message/delivery-status\n\nX: y\n\n" + failed + "\n\n--b--\n", "", inbox.Reply, mailbox.ToAddressee, ""},
		"an answer around a notice":        {"From: office@ministry.example\n" + to + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nWe will.\n--a\n" + report + "delivery-status\n\n--b\nContent-Type: message/delivery-status\n\n" + failed + "\n\n--b--\n--a--\n", "", inbox.Reply, mailbox.ToAddressee, ""},
		"a report of nothing":              {"From: office@ministry.example\n" + to + "\n" + report + "delivery-status\n\n--b\n\nWe will.\n--b--\n", "", inbox.Automatic, mailbox.ToAddressee, ""},
		"a second status":                  {"From: office@ministry.example\n" + to + "\n" + report + "delivery-status\n\n--b\nContent-Type: message/delivery-status\n\n" + relayed + "\n\n--b\nContent-Type: message/delivery-status\n\n" + failed + "\n\n--b--\n", "", inbox.Arrived, mailbox.ToAddressee, "2.0.0"},
		"a clerk's, through a machine":     {reply("We will repair the quay.", to, "Auto-Submitted: auto-generated", "Precedence: bulk"), "", inbox.Reply, mailbox.ToAddressee, ""},
		"in bulk, to others":               {reply("News", "To: letters+ourinvitation@varrow.example", "Precedence: bulk"), "", inbox.Automatic, mailbox.Invitation, ""},
		"out of office":                    {reply("I am back on Monday.", to, "Auto-Submitted: auto-replied"), "", inbox.Automatic, mailbox.ToAddressee, ""},
		"out of office, by custom":         {reply("I am back on Monday.", to, "Subject: Automatic reply: The granary"), "", inbox.Automatic, mailbox.ToAddressee, ""},
		"from nobody, about nothing":       {reply("I am back on Monday.", to, "Return-Path: <>"), "", inbox.Automatic, mailbox.ToAddressee, ""},
		"was read":                         {"From: a@b.example\n" + to + "\n" + report + "disposition-notification\n\n--b\n\nread\n--b--\n", "", inbox.Arrived, mailbox.ToAddressee, ""},
		"wants no more":                    {reply("", "To: letters+ending@varrow.example", "Subject: unsubscribe"), "", inbox.Ending, mailbox.Invitation, ""},
		"says so":                          {reply("Unsubscribe.\n", "To: letters+ourinvitation@varrow.example"), "", inbox.Ending, mailbox.Invitation, ""},
		"asks about it":                    {reply("How do I unsubscribe my colleague?\n", "To: letters+ourinvitation@varrow.example"), "", inbox.Reply, mailbox.Invitation, ""},
		"was called spam":                  {"From: fbl@x.example\nTo: letters+ourinvitation@varrow.example\n" + report + "feedback-report\n\n--b\n\nabuse\n--b--\n", "", inbox.Ending, mailbox.Invitation, ""},
		"a forged notice, no address":      {strings.ReplaceAll(notice(failed, "To: letters@varrow.example"), "ourdelivery", "made-up"), "", inbox.Bounce, 0, "5.1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := inbox.Sort([]byte(c.mail), c.recipient, known)
			if s.What != c.what || s.To.Sent != c.sent || s.Status != c.status {
				t.Errorf("%s of %q, status %q; want %s of %q, %q", s.What, s.To.Sent, s.Status, c.what, c.sent, c.status)
			}
			if s.What != inbox.Reply && !s.Noisy {
				t.Error("it might be answered")
			}
		})
	}
}

// Who answers a mail of a list, a machine or nobody answers the wrong one.
func TestSort_isNeverAnswered(t *testing.T) {
	for name, field := range map[string]string{"a list": "List-Id: <x.example>", "a list by custom": "Precedence: list", "nobody": "Return-Path: <>",
		"in bulk": "Precedence: bulk"} {
		if s := inbox.Sort([]byte(reply("Hello", field)), "", known); !s.Noisy {
			t.Errorf("%s would be answered", name)
		}
	}
	if s := inbox.Sort([]byte(strings.Replace(reply("Hello"), "mina@", "no-reply@", 1)), "", known); !s.Noisy {
		t.Error("no-reply would be answered")
	}
	if s := inbox.Sort([]byte(reply("Hello")), "", known); s.Noisy {
		t.Error("somebody would not be answered")
	}
}

func TestSort_attachments(t *testing.T) {
	tnef := "\x78\x9f\x3e\x22 something of Outlook"
	data := "From: a@ministry.example\n" + to + `
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=iso-2022-jp

` + "\x1b$B@hF|$NJV;v\x1b(B" + `
--in
Content-Type: text/html

<p>an answer</p>
--in--
--out
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64

` + base64.StdEncoding.EncodeToString([]byte(tnef)) + `
--out
Content-Type: text/plain; charset=utf-8
Content-Disposition: attachment; filename="..\..\evil/notes.txt"

words
--out
Content-Type: message/rfc822

From: x@y.example
Subject: an earlier mail

text
--out--
`
	s := inbox.Sort([]byte(data), "", known)
	if s.Text != "先日の返事" {
		t.Errorf("text %q", s.Text)
	}
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Name+" "+f.Type)
	}
	if got := strings.Join(names, ", "); got != "winmail.dat application/ms-tnef, notes.txt text/plain,  message/rfc822" {
		t.Errorf("attached: %s", got)
	}
	if _, content, err := inbox.ReadAttachment([]byte(data), 1); err != nil || string(content) != tnef {
		t.Errorf("%q, %v", content, err)
	}
	if _, _, err := inbox.ReadAttachment([]byte(data), 4); err == nil {
		t.Error("a fourth was found")
	}
}

// What is broken costs no more than what it breaks.
func TestSort_broken(t *testing.T) {
	var deep strings.Builder
	deep.WriteString(to + "\n")
	for range 40 {
		deep.WriteString("Content-Type: multipart/mixed; boundary=b\n\n--b\n")
	}
	for name, data := range map[string]string{
		"nested too deep": "From: a@b.example\n" + deep.String(),
		"no boundary":     "From: a@b.example\n" + to + "\nContent-Type: multipart/mixed\n\nhello",
		"never ends":      "From: a@b.example\n" + to + "\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello",
		"no header":       "hello\n",
		"nothing":         "",
		"a long header":   "From: a@b.example\n" + to + "\n" + strings.Repeat("X-Y: "+strings.Repeat("z", 900)+"\n", 400) + "\nhello",
		"colons alone":    ":::\n" + to + "\n\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			s := inbox.Sort([]byte(data), "letters+ourdelivery@varrow.example", known)
			if s.What != inbox.Reply || s.To.ID != 9 {
				t.Errorf("%s of %+v", s.What, s.To)
			}
		})
	}
}

func FuzzSort(f *testing.F) {
	f.Add([]byte(plainReply), "letters+ourdelivery@varrow.example")
	f.Add([]byte(notice("Action: failed\nStatus: 5.1.1", to)), "")
	f.Add([]byte(reply("x", to, "Content-Type: multipart/mixed; boundary=b")+"\n--b\n\n--b--"), "")
	f.Fuzz(func(t *testing.T, data []byte, recipient string) {
		s := inbox.Sort(data, recipient, known)
		if s.What == "" || len(s.Files) > 100 {
			t.Errorf("%+v", s)
		}
		for _, a := range s.Files {
			if _, content, err := inbox.ReadAttachment(data, a.Number); a.Size > 0 && (err != nil || len(content) != a.Size) {
				t.Errorf("attachment %d of %d bytes: %d, %v", a.Number, a.Size, len(content), err)
			}
		}
	})
}
