package journey

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const mailDesk = boardPath + "/mail"

var mailLink = regexp.MustCompile(`href="(` + mailDesk + `/[0-9a-z]+)"`)

var callAddress = regexp.MustCompile(`letters\+[a-z2-7]+@varrow\.example`)

// postOffice is a letter that was handed over by email, with an address that answers come to.
type postOffice struct {
	*testkit.Running
	t    *testing.T
	put  func(raw string)
	back string // where what comes back of the delivery goes
	sent testkit.Mail
}

// answer hands over what somebody answers, and waits until it is sorted.
func (o *postOffice) answer(to, body string, fields ...string) {
	o.t.Helper()
	o.put(strings.Join(append(fields, "To: "+to, "Message-ID: <m"+fmt.Sprint(len(body))+"@ministry.example>"), "\r\n") + "\r\n\r\n" + body + "\r\n")
}

// settled waits until everything that came is sorted, and so much of it.
func (o *postOffice) settled(n int) {
	o.t.Helper()
	testkit.Eventually(o.t, fmt.Sprint(n, " mails are sorted"), func() bool {
		h, err := o.App.Inbox.Health(o.t.Context())
		all := 0
		for _, of := range h.States {
			all += of
		}
		return err == nil && h.States[inbox.New] == 0 && all == n
	})
}

// standing is where everything stands, as somebody may know it.
func (o *postOffice) standing(v delivery.View) delivery.Standing {
	o.t.Helper()
	st, err := o.Deliveries.Standing(o.t.Context(), testkit.Letter(o.t, o.App), v)
	if err != nil {
		o.t.Fatal(err)
	}
	return st
}

// state is that of the delivery.
func (o *postOffice) state() delivery.State {
	o.t.Helper()
	st := o.standing(delivery.ForEditors)
	if len(st.Deliveries) != 1 {
		o.t.Fatalf("%+v", st.Deliveries)
	}
	return st.Deliveries[0].State
}

// newPostOffice hands the letter over by email.
func newPostOffice(t *testing.T, engine store.Engine, options ...func(*app.Options)) *postOffice {
	o := &postOffice{t: t}
	o.Running = testkit.App(t, engine, append(options, func(a *app.Options) {
		if a.Server.Inbox == "" {
			a.Server.Inbox = "local"
		}
		a.Server.MailFrom = "letters@varrow.example"
		a.LookupTXT = testkit.Keys{}.Lookup
	})...)
	o.put = func(raw string) {
		if _, err := o.App.Inbox.Receive(t.Context(), inbox.Came{Raw: []byte(raw)}); err != nil {
			t.Fatal(err)
		}
	}
	office := "minister@ministry.example"
	if _, err := o.Deliveries.PutAddressee(t.Context(), testkit.Slug, delivery.AddresseeChange{Number: 1, Email: &office}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Deliveries.Deliver(t.Context(), testkit.Slug, delivery.HandOver{Addressee: 1, Channel: delivery.ByEmail}, 0); err != nil {
		t.Fatal(err)
	}
	o.sent = o.Inbox.Wait(t, office)
	o.back = o.sent.From
	testkit.Eventually(t, "it is handed over", func() bool { return o.state() == delivery.Handed })
	return o
}

func TestMail_everyMailHasAnAddressToComeBackTo(t *testing.T) {
	o := newPostOffice(t, store.SQLite)
	if !strings.HasPrefix(o.back, "letters+") || !strings.HasSuffix(o.back, "@varrow.example") || strings.Index(o.back, "@") > 64 {
		t.Errorf("the return path is %q", o.back)
	}
	if got := o.sent.Header.Get("Reply-To"); !strings.Contains(got, "office@lantern.example") || !strings.Contains(got, o.back) {
		t.Errorf("answers go to %q: to the contact and to the inbox", got)
	}
	o.Sign(t, o.Client(t), testkit.SignForm("Mina Farahani", "mina@river.example"))
	call := callAddress.FindString(o.Client(t).Get(testkit.Page + "/call").Main(t))
	if data := o.Client(t).Get(testkit.Page + ".json").Body; call == "" || !strings.Contains(data, `"write_to":"`+call+`"`) {
		t.Errorf("the call says that answers go to %q; the letter as data: %s", call, data)
	}
	without := testkit.App(t, store.SQLite)
	_, m := without.Sign(t, without.Client(t), testkit.SignForm("Mina Farahani", "mina@river.example"))
	if m.Header.Get("Reply-To") != "" || strings.Contains(m.From, "+") || strings.Contains(without.Client(t).Get(testkit.Page+"/call").Main(t), "letters+") ||
		strings.Contains(without.Client(t).Get(testkit.Page+".json").Body, "write_to") {
		t.Errorf("without an inbox something changes: %q %v", m.From, m.Header)
	}
}

// An office answers by a machine, an acknowledgement, a notice and a reply; others ask to be added, or sell watches.
func TestMail_anAnswerIsEntered(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		o := newPostOffice(t, engine)
		ada := o.Operator(t)
		o.answer(o.back, "I am out of office until Monday.", "From: Minister <minister@ministry.example>", "Subject: Automatic reply", "Auto-Submitted: auto-replied")
		o.answer(o.back, "We acknowledge receipt of your letter.", "From: Registry <registry@ministry.example>", "Subject: Ref. MW-77")
		attached := bytes.Repeat([]byte("evidence "), 50<<20/9)
		o.answer(o.back, "--b\r\nContent-Type: text/plain\r\n\r\nThe ministry will open the ledgers.\r\n--b\r\nContent-Type: application/pdf; name=\"answer.pdf\"\r\n"+
			"Content-Disposition: attachment; filename=\"answer.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+lines(base64.StdEncoding.EncodeToString(attached))+"\r\n--b--",
			"From: Minister <minister@ministry.example>", "Subject: Re: the ledgers", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b",
			"Date: Mon, 01 Jan 1990 00:00:00 +0000")
		o.answer("letters@varrow.example", "Buy my watches", "From: spam@watches.example", "Subject: Watches")
		call := callAddress.FindString(o.Client(t).Get(testkit.Page + "/call").Main(t))
		o.answer(call, "Please add us.\r\nOrganisation: River Watch", "From: Bo Ek <bo@river.example>", "Subject: sign on")
		o.settled(5)
		if o.state() != delivery.Handed {
			t.Errorf("the delivery is %s: nothing came back", o.state())
		}
		page := ada.Get(mailDesk)
		for _, want := range []string{"Ref. MW-77", "Re: the ledgers", "sign on", "Automatic reply", "nobody vouches for the sender"} {
			if !strings.Contains(page.Main(t), want) {
				t.Errorf("the page of mails does not say %q: %s", want, page.Main(t))
			}
		}
		if strings.Contains(page.Main(t), "Watches") || !strings.Contains(ada.Get("/desk/mail").Main(t), "Watches") {
			t.Error("what belongs to no letter is the operator's")
		}
		if home := ada.Get("/desk").Main(t); !strings.Contains(home, "3 mails wait") || !strings.Contains(home, "1 mail waits") {
			t.Errorf("what is due: %s", home)
		}

		path := ""
		for _, m := range mailLink.FindAllStringSubmatch(page.Body, -1) {
			if strings.Contains(ada.Get(m[1]).Main(t), "Re: the ledgers") {
				path = m[1]
			}
		}
		if path == "" {
			t.Fatalf("no mail is linked: %s", page.Body)
		}
		if got := ada.Get(path + "/1"); got.Body != string(attached) || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the file has %d bytes of %d, %v", len(got.Body), len(attached), got.Header)
		}
		form := ada.Get(answersPath+"?mail="+path[strings.LastIndexByte(path, '/')+1:]).Form(t, answersPath)
		if form.Get("addressee") != "1" || form.Get("at") != o.DB.Now().Format(time.DateOnly) || form.Get("written") != "" ||
			form.Get("excerpt") != "" {
			t.Errorf("the form is filled with %v", form)
		}
		form.Set("do", "receive")
		form.Set("said-1", "promised")
		got := ada.Post(answersPath, form)
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Main(t))
		}
		response := strings.Split(got.Header.Get("Location"), "?")[0]
		if !strings.Contains(ada.Get(response).Body, `href="`+path+`"`) || !strings.Contains(ada.Get(path).Main(t), "entered as an answer") {
			t.Error("answer and mail do not name each other")
		}
		if got := ada.Post(answersPath, form); got.Status != http.StatusConflict {
			t.Errorf("entered twice: %d", got.Status)
		}
		if got := ada.Post(response, url.Values{"do": {"discard"}}); got.Status != http.StatusSeeOther || !strings.Contains(ada.Get(path).Main(t), "Nothing to be done") {
			t.Errorf("thrown away, it does not wait again: %d %s", got.Status, ada.Get(path).Main(t))
		}

		take := url.Values{"do": {"take"}, "listing": {"public"}}
		if got := ada.Post(mailDesk, take); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("none is chosen: %d", got.Status)
		}
		for _, m := range regexp.MustCompile(`name="mail" value="([0-9a-z]+)"`).FindAllStringSubmatch(page.Body, -1) {
			take.Add("mail", m[1])
		}
		if len(take["mail"]) != 3 {
			t.Errorf("%d can be chosen, want all that wait", len(take["mail"]))
		}
		list := ada.Follow(ada.Post(mailDesk, take))
		if n, err := o.App.Inbox.Waiting(t.Context(), testkit.Letter(t, o.App).ID); err != nil || n != 2 {
			t.Errorf("%d wait, want what asks for nothing: %v", n, err)
		}
		take.Set("do", "settle")
		if got := ada.Post(mailDesk, take); got.Status != http.StatusConflict {
			t.Errorf("what is in a list is done with: %d", got.Status)
		}
		var rest []string
		for _, m := range regexp.MustCompile(`name="mail" value="([0-9a-z]+)"`).FindAllStringSubmatch(ada.Get(mailDesk).Body, -1) {
			rest = append(rest, m[1])
		}
		ada.Follow(ada.Post(mailDesk, url.Values{"do": {"settle"}, "mail": rest}))
		if n, err := o.App.Inbox.Waiting(t.Context(), testkit.Letter(t, o.App).ID); err != nil || n != 0 {
			t.Errorf("%d wait, %v", n, err)
		}
		if !strings.Contains(list.Main(t), "River Watch") || o.Counts(t).Organisations != 0 {
			t.Errorf("the list: %s", list.Main(t))
		}
	})
}

// lines breaks an encoding as mail does.
func lines(s string) string {
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\r\n")
	}
	return b.String() + s
}

const notice = "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n" +
	"Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: %s\r\n--b--"

var noticeFields = []string{"From: MAILER-DAEMON@x.example", "Subject: Undelivered", "MIME-Version: 1.0", "Content-Type: multipart/report; report-type=delivery-status; boundary=b"}

// A notice changes what it may: a delivery by its own address alone, and a signer's mailbox only where nobody is there.
func TestMail_notices(t *testing.T) {
	o := newPostOffice(t, store.SQLite)
	o.answer("letters@varrow.example", fmt.Sprintf(notice, "5.1.1"), noticeFields...)
	o.answer(strings.Replace(o.back, "letters+", "letters+a", 1), fmt.Sprintf(notice, "5.1.1")+" ", noticeFields...)
	o.settled(2)
	if o.state() != delivery.Handed {
		t.Error("a forged notice has changed the delivery")
	}
	o.answer(o.back, fmt.Sprintf(notice, "5.2.2"), noticeFields...)
	o.settled(3)
	if o.state() != delivery.Bounced {
		t.Error("the delivery came back, and is not said to have")
	}
	ada := o.Operator(t)
	deliveries := boardPath + "/deliveries"
	id := regexp.MustCompile(`name="id" value="([0-9a-z]+)"`).FindStringSubmatch(ada.Get(deliveries).Body)[1]
	ada.Follow(ada.Post(deliveries, url.Values{"do": {"arrived"}, "id": {id}}))
	if o.state() != delivery.Handed {
		t.Error("an editor cannot say that it arrived after all")
	}
	o.answer(o.back, fmt.Sprintf(notice, "5.2.2")+"   ", noticeFields...)
	o.settled(4)
	if o.state() != delivery.Handed {
		t.Error("a notice was believed more than an editor")
	}
	mail := regexp.MustCompile(mailDesk + `/[0-9a-z]+`).FindString(ada.Get(mailDesk).Body)
	if !strings.Contains(ada.Get(mail).Main(t), "It came back") {
		t.Error("no editor is asked about it")
	}
	ada.Follow(ada.Post(mail, url.Values{"do": {"bounced"}}))
	if n, err := o.App.Inbox.Waiting(t.Context(), testkit.Letter(t, o.App).ID); err != nil || n != 0 || o.state() != delivery.Bounced {
		t.Errorf("%d wait, the delivery is %s: %v", n, o.state(), err)
	}
	for status, blocked := range map[string]bool{"5.2.2": false, "5.1.1": true} {
		address := "gone" + status + "@river.example"
		_, m := o.Sign(t, o.Client(t), testkit.SignForm("Mina Farahani", address))
		before, _ := o.Mailboxes.Blocks(t.Context())
		o.answer(m.From, fmt.Sprintf(notice, status)+"  "+status, noticeFields...)
		h, _ := o.App.Inbox.Health(t.Context())
		o.settled(4 + h.Came["bounce.confirmation"] + 1)
		after, err := o.Mailboxes.Blocks(t.Context())
		if err != nil || (len(after) > len(before)) != blocked {
			t.Errorf("a notice that says %s: blocked %v, want %v (%v)", status, after, blocked, err)
		}
	}
	if text := ada.Get("/desk/jobs").Main(t); !strings.Contains(text, "2 confirmations did not arrive") {
		t.Errorf("%s", text)
	}
	if text := ada.Get(mailDesk).Main(t) + ada.Get("/desk/mail").Main(t); strings.Contains(text, "· to a mail that asks for a confirmation") {
		t.Error("what tells who began to sign is kept")
	}
	if found := testkit.Leaks(o.Log.String(), o.back, "gone5.1.1", "ministry.example"); len(found) > 0 {
		t.Errorf("the log names %q", found)
	}
}

// The whole way round: from the relay to the mailbox of a Dovecot, and back.
func TestMail_throughAMailbox(t *testing.T) {
	dovecot := testkit.NewDovecot(t)
	o := newPostOffice(t, store.SQLite, func(a *app.Options) {
		a.Server.Inbox, a.Server.InboxPasswordFile = dovecot.URL, dovecot.Password
	})
	dovecot.Put("", []byte("Return-Path: <minister@ministry.example>\r\nDelivered-To: "+o.back+"\r\nFrom: Minister <minister@ministry.example>\r\n"+
		"To: letters@varrow.example\r\nSubject: Re\r\n\r\nWe have read it.\r\n"))
	testkit.Eventually(t, "the mailbox is empty", func() bool { // the server may look into it at this moment, and has the turn
		return o.LookIntoMailbox(t.Context()) == nil && dovecot.Mails("") == 0
	})
	o.settled(1)
	if text := o.Operator(t).Get(mailDesk).Main(t); !strings.Contains(text, "We have read it.") || dovecot.Mails("Undersigned") != 1 {
		t.Errorf("%s", text)
	}
}
