package mail_test

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// greylist is a policy server as Postfix asks one: who is new has to come again.
func greylist(t *testing.T) (address string) {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]bool{}
	return serve(t, func(c net.Conn) {
		recipient := ""
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if to, ok := strings.CutPrefix(lines.Text(), "recipient="); ok {
				recipient = to
			}
			if lines.Text() != "" {
				continue
			}
			mu.Lock()
			action := "450 4.2.0 Greylisted, come again"
			if seen[recipient] {
				action = "DUNNO"
			}
			seen[recipient] = true
			mu.Unlock()
			fmt.Fprintf(c, "action=%s\n\n", action)
		}
	})
}

// logins is a server of logins as Postfix asks one (Dovecot's authentication protocol): it knows one user, by PLAIN or by LOGIN alone.
func logins(t *testing.T, method, user, password string) (address string) {
	t.Helper()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return serve(t, func(c net.Conn) {
		fmt.Fprintf(c, "VERSION\t1\t1\nMECH\t%s\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n", method)
		var given []string
		for lines := bufio.NewScanner(c); lines.Scan(); {
			fields := strings.Split(lines.Text(), "\t")
			last := fields[len(fields)-1]
			switch {
			case fields[0] == "AUTH" && method == "LOGIN":
				given = nil
				fmt.Fprintf(c, "CONT\t%s\t%s\n", fields[1], encode("Username:"))
			case fields[0] == "CONT" && len(given) == 0:
				given = []string{last}
				fmt.Fprintf(c, "CONT\t%s\t%s\n", fields[1], encode("Password:"))
			case fields[0] == "CONT" && given[0] == encode(user) && last == encode(password),
				fields[0] == "AUTH" && last == "resp="+encode("\x00"+user+"\x00"+password):
				fmt.Fprintf(c, "OK\t%s\tuser=%s\n", fields[1], user)
			case fields[0] == "AUTH", fields[0] == "CONT":
				fmt.Fprintf(c, "FAIL\t%s\tuser=%s\n", fields[1], user)
			}
		}
	})
}

// serve answers each connection until the test ends.
func serve(t *testing.T, answer func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answer(c)
			}()
		}
	}()
	return listener.Addr().String()
}

// by sends through a service of Postfix, greeting it by a name.
func (o *office) by(t *testing.T, url, hello string) *mail.SMTP {
	t.Helper()
	smtp, err := mail.NewSMTP(url, hello)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(smtp.Close)
	o.Transport = smtp
	return smtp
}

// arrive waits until everybody has a mail, while the hours go by quickly.
func (o *office) arrive(t *testing.T, inbox *testkit.Inbox, addresses ...string) {
	t.Helper()
	stop := o.sending()
	defer stop()
	o.until(t, "everybody has a mail", func() bool {
		for len(addresses) > 0 {
			if _, ok := inbox.Take(addresses[0]); !ok {
				return false
			}
			addresses = addresses[1:]
		}
		return true
	})
}

func (o *office) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); !so(); o.clock.Advance(time.Minute) {
		select {
		case <-late:
			t.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}

// What Debian's Postfix answers under each of these settings costs no mail: what is not about the recipient waits until it is mended, and
// says why.
func TestPostfix_losesNoMail(t *testing.T) {
	inbox := testkit.NewInbox(t)
	certificate := selfSigned(t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"tls.pem": append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
			pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...),
	}
	recipients := func(answer string) []string {
		return []string{"smtpd_recipient_restrictions=check_recipient_access static:{" + answer + "},permit"}
	}
	tls := []string{"smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot", "smtpd_tls_security_level=encrypt", "smtpd_tls_cert_file={folder}/tls.pem",
		"smtpd_tls_key_file={folder}/tls.pem",
		"smtpd_relay_restrictions=permit_sasl_authenticated,reject", "smtpd_recipient_restrictions=permit_sasl_authenticated,reject"}
	postfix := testkit.NewPostfix(t, inbox, []string{"anvil_rate_time_unit=2s"}, map[string][]string{
		"open":       nil,
		"helo":       {"smtpd_helo_required=yes", "smtpd_helo_restrictions=reject_non_fqdn_helo_hostname"},
		"slow":       {"smtpd_client_message_rate_limit=10"},
		"recipients": {"smtpd_client_recipient_rate_limit=10"},
		"greylist":   {"smtpd_recipient_restrictions=check_policy_service inet:" + greylist(t) + ",permit"},
		"nobody":     recipients("550 5.1.1 User unknown"),
		"size":       {"message_size_limit=2000"},
		"quota":      recipients("550 5.4.5 Daily sending quota exceeded"),
		"full":       recipients("552 5.2.2 The mailbox is full"),
		"unverified": recipients("554 Email address is not verified"),
		"login":      append(slices.Clone(tls), "smtpd_sasl_path=inet:"+logins(t, "PLAIN", "letters", "open sesame")),
		"login only": append(slices.Clone(tls), "smtpd_sasl_path=inet:"+logins(t, "LOGIN", "letters", "open sesame")),
		"relaying":   {"mynetworks=192.0.2.1/32", "smtpd_relay_restrictions=reject_unauth_destination"},
	}, files)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(files["tls.pem"])
	login := func(service, password string) string {
		return strings.Replace(postfix.URL(service), "smtp://", "smtp://letters:"+password+"@", 1)
	}

	for name, c := range map[string]struct{ url, hello, answer string }{
		"helo":       {postfix.URL("helo"), "localhost", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"},
		"size":       {postfix.URL("size"), "varrow.example", "552 5.3.4 Message size exceeds fixed limit"},
		"quota":      {postfix.URL("quota"), "varrow.example", "550 5.4.5 … Recipient address rejected: Daily sending quota exceeded"},
		"full":       {postfix.URL("full"), "varrow.example", "552 5.2.2 … Recipient address rejected: The mailbox is full"},
		"unverified": {postfix.URL("unverified"), "varrow.example", "554 5.7.1 … Recipient address rejected: Email address is not verified"},
		"login":      {login("login", "wrong"), "varrow.example", "535 5.7.8 Error: authentication failed: (reason unavailable)"},
		"login only": {login("login only", "wrong"), "varrow.example", "535 5.7.8 Error: authentication failed: (reason unavailable)"},
		"relaying":   {postfix.URL("relaying"), "varrow.example", "554 5.7.1 … Relay access denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := onSQLite(t)
			smtp := o.by(t, c.url, c.hello)
			smtp.Trust(pool)
			if strings.HasPrefix(name, "login") {
				smtp.RequireTLS()
			}
			var addresses []string
			for i := range 3 {
				addresses = append(addresses, fmt.Sprintf("%s%d@example.org", strings.ReplaceAll(name, " ", ""), i))
				o.sign(addresses[i], "en")
			}
			stop := o.sending()
			var found []mail.Trouble
			o.until(t, "it is said why mails wait", func() bool {
				if found, err = mail.Troubles(t.Context(), o.Signing.DB); err != nil {
					t.Fatal(err)
				}
				return len(found) > 0
			})
			stop()
			if len(found) != 1 || found[0].Words != c.answer || inbox.Has(addresses[0]) {
				t.Errorf("mails wait for %+v\nwant %q\n%s", found, c.answer, postfix.Log())
			}
			for _, a := range addresses {
				if got := o.blocked(a); got != "" {
					t.Errorf("%s is blocked as %s", a, got)
				}
			}
			switch name { // the operator mends it
			case "helo":
				o.by(t, c.url, "varrow.example")
			case "login", "login only":
				smtp := o.by(t, login(name, "open%20sesame"), "varrow.example")
				smtp.Trust(pool)
				smtp.RequireTLS()
			default:
				o.by(t, postfix.URL("open"), "varrow.example")
			}
			o.arrive(t, inbox, addresses...)
			if found, err := mail.Troubles(t.Context(), o.Signing.DB); err != nil || len(found) > 0 {
				o.until(t, "nothing is said any more", func() bool {
					found, err = mail.Troubles(t.Context(), o.Signing.DB)
					return err == nil && len(found) == 0
				})
			}
		})
	}

	t.Run("greylist", func(t *testing.T) {
		t.Parallel()
		o := onSQLite(t)
		o.by(t, postfix.URL("greylist"), "varrow.example")
		o.sign("grey1@example.org", "en")
		o.sign("grey2@example.org", "fa")
		o.arrive(t, inbox, "grey1@example.org", "grey2@example.org")
	})

	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		o := onSQLite(t)
		o.by(t, postfix.URL("nobody"), "varrow.example")
		o.sign("nobody@example.org", "en")
		stop := o.sending()
		o.until(t, "the refusal is known", func() bool { return o.blocked("nobody@example.org") == "refused" })
		stop()
		o.by(t, postfix.URL("open"), "varrow.example") // a try later the mailbox is there
		o.sign("nobody@example.org", "en")
		o.arrive(t, inbox, "nobody@example.org")
	})

	for service, answered := range map[string]string{"slow": "too much mail", "recipients": "too many recipients"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			clock := testkit.NewClock()
			o := newOffice(t, testkit.StoreAt(t, store.SQLite, store.Options{Now: time.Now}), clock) // its time is the real one
			o.by(t, postfix.URL(service), "varrow.example")
			var invited, signers []string
			for i := range 12 {
				invited = append(invited, fmt.Sprintf("invited%d@%s.example", i, service))
			}
			var list []invitation.Invitee
			for _, a := range invited {
				list = append(list, invitation.Invitee{Name: "Rosa", Email: a})
			}
			if _, err := o.Invitations.Invite(t.Context(), o.open.ID, list, 0); err != nil {
				t.Fatal(err)
			}
			for i := range 12 {
				signers = append(signers, fmt.Sprintf("signer%d@%s.example", i, service))
				o.sign(signers[i], "en")
			}
			begin := time.Now()
			o.arrive(t, inbox, signers...)
			confirmed := time.Since(begin)
			early := 0
			for _, a := range invited {
				if inbox.Has(a) {
					early++
				}
			}
			if early > 8 {
				t.Errorf("%d of 12 invitations went before the last of 12 confirmations", early)
			}
			o.arrive(t, inbox, invited...)
			t.Logf("12 confirmations in %v, 24 mails in %v at 10 in 2 s", confirmed, time.Since(begin))
			if !strings.Contains(postfix.Log(), answered) && !strings.Contains(postfix.Log(), "limit exceeded") {
				t.Error("Postfix did not slow anything")
			}
		})
	}
}
