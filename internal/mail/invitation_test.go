package mail_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

// calls gives the letter leads, a deadline and, unless it is nil, a call.
func (o *office) calls(call *letter.Call) {
	o.t.Helper()
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		o.t.Fatal(err)
	}
	lantern := account.Organisation{Slug: "lantern", Names: map[string]string{"en": "Lantern Court Watch", "fa": "دیده‌بان دادگاه فانوس"}}
	if err := o.Letters.Directory.Put(o.t.Context(), lantern); err != nil {
		o.t.Fatal(err)
	}
	l, err := o.Letters.SetSettings(o.t.Context(), o.open.Slug, letter.Settings{Call: call, Leads: []string{"lantern"},
		Deadline: &letter.Deadline{At: o.clock.Now().Add(10 * 24 * time.Hour), Zone: zone}}, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	o.open = l
}

var aCall = &letter.Call{Language: "en", From: "Lantern Court Watch", Salutation: "Dear friends,", Contact: "Orsolya Fenn", Email: "office@lantern.example",
	Body: "The granary has **no records**. [Read why](/letters/x).\n\nWill you sign?\n\n![The granary](picture:" + strings.Repeat("0", 64) + ")\n"}

// invitation invites and returns the mail, or nothing when none is sent.
func (o *office) invitation(v invitation.Invitee, reminder bool) (messages []message) {
	o.t.Helper()
	if _, err := o.Invitations.Invite(o.t.Context(), o.open.ID, []invitation.Invitee{v}, 0); err != nil {
		o.t.Fatal(err)
	}
	all, err := o.Invitations.List(o.t.Context(), o.open.ID, "", 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(i invitation.Invitation) bool { return i.Email == v.Email })
	before := len(o.relay.taken())
	if err := o.DeliverInvitation(o.t.Context(), 99, invitation.Mail{Letter: o.open.ID, Invitation: all[at].ID, Reminder: reminder}); err != nil {
		o.t.Fatal(err)
	}
	return o.relay.taken()[before:]
}

var (
	invitationLine = regexp.MustCompile(`(?m)^https://varrow\.example(/[a-z]+)?/invitations/[a-z2-7]{52}$`)
	stopLine       = regexp.MustCompile(`(?m)^https://varrow\.example(/[a-z]+)?/unsubscribe/[a-z2-7]{52}$`)
	tokens         = regexp.MustCompile(`/(invitations|unsubscribe)/[a-z2-7]{52}`)
)

// The texts are in testdata; every link stands alone on its line, and both parts lead to the same places.
func TestInvitation_inTheInvitedsLanguage(t *testing.T) {
	for _, l := range i18n.All() {
		for name, call := range map[string]*letter.Call{"call": aCall, "plain": nil, "reminder": aCall} {
			o := onSQLite(t)
			o.calls(call)
			v := invitation.Invitee{Name: "Typed Name", Email: l.Code + "@example.org", Language: l.Code,
				Words: "We met in Varrow. <b>See</b> https://elsewhere.example/x"}
			m := o.invitation(v, name == "reminder")[0]
			header, plain, rich := read(t, m.raw)
			link, stop := invitationLine.FindString(plain), stopLine.FindString(plain)
			if link == "" || stop == "" || !strings.Contains(rich, `href="`+link+`"`) || !strings.Contains(rich, `href="`+stop+`"`) ||
				!strings.Contains(rich, `<html lang="`+l.Code+`" dir="`+l.Dir+`">`) {
				t.Errorf("%s, %s: links %q, %q in\n%s", l.Code, name, link, stop, plain)
			}
			if strings.Contains(rich, "<img") || strings.Contains(rich, `href="/`) || strings.Contains(plain+rich, "Typed Name") {
				t.Errorf("%s, %s: a picture, a relative link or the name in\n%s", l.Code, name, rich)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			lead := o.open.Leads[0].Name(l.Code, i18n.Default)
			if first, _, _ := strings.Cut(plain, "\n"); !strings.Contains(subject, lead) || !strings.Contains(first, lead) {
				t.Errorf("%s, %s: who asks stands not in %q or %q", l.Code, name, subject, first)
			}
			if strings.Contains(plain, v.Words) == (name == "reminder") || strings.Contains(rich, "<b>") || strings.Contains(rich, `href="https://elsewhere`) {
				t.Errorf("%s, %s: the line in\n%s\n%s", l.Code, name, plain, rich)
			}
			preview, failed := o.PreviewInvitation(t.Context(), o.open.ID, v, 0)
			links := strings.NewReplacer("invitations/…", "invitations/TOKEN", "unsubscribe/…", "unsubscribe/TOKEN")
			if want := tokens.ReplaceAllString(plain, "/$1/TOKEN"); name != "reminder" && (failed != nil || preview.Subject != subject || links.Replace(preview.Text) != want) {
				t.Errorf("%s, %s: %v, the preview is\n%s\n%s", l.Code, name, failed, preview.Subject, preview.Text)
			}
			if title := o.open.Edition.Text(l.Code).Title; err != nil || !strings.Contains(subject, title) || strings.ContainsAny(subject, "\u2068\u2069") {
				t.Errorf("%s, %s: subject %q, %v", l.Code, name, subject, err)
			}
			path := stop[strings.LastIndex(stop, "/unsubscribe/"):]
			if header.Get("List-Unsubscribe") != "<https://varrow.example"+path+">" || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" ||
				header.Get("Content-Language") != l.Code {
				t.Errorf("%s, %s: %v", l.Code, name, header)
			}
			if reply := header.Get("Reply-To"); call != nil && !strings.Contains(reply, "office@lantern.example") || call == nil && reply != "" {
				t.Errorf("%s, %s: Reply-To %q", l.Code, name, reply)
			}
			golden(t, "invitation/"+name+"."+l.Code+".txt", "Subject: "+subject+"\n\n"+tokens.ReplaceAllString(plain, "/$1/TOKEN"))
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; if it should change, run go test ./internal/mail -update\n%s", name, diff)
	}
}

// Without a language of the invited, the mail is in the call's.
func TestInvitation_inTheCallsLanguage(t *testing.T) {
	o := onSQLite(t)
	call := *aCall
	call.Language = "fa"
	o.calls(&call)
	header, _, rich := read(t, o.invitation(invitation.Invitee{Email: "mina@example.org"}, false)[0].raw)
	if header.Get("Content-Language") != "fa" || !strings.Contains(rich, `<div lang="fa" dir="rtl">`) {
		t.Errorf("%s:\n%s", header.Get("Content-Language"), rich)
	}
}

// What editors write reaches no header and no other line.
func TestInvitation_headersCannotBeInjected(t *testing.T) {
	for _, bad := range []string{"\r\nBcc: evil@example.org", "a@b.example\r\nBcc: c@d.example", "\u202eevil", "<script>alert(1)</script>", "{{.Link}}",
		"a@b.example, c@d.example", "\x00"} {
		o := onSQLite(t)
		o.calls(&letter.Call{Language: "en", From: bad, Salutation: bad, Body: "Body " + bad, Contact: bad, Email: bad})
		m := o.invitation(invitation.Invitee{Name: "Mina", Email: "mina@example.org"}, false)[0]
		header, plain, rich := read(t, m.raw)
		if len(m.to) != 1 || header.Get("Bcc") != "" || len(header["Reply-To"]) > 1 || strings.Contains(header.Get("Reply-To"), ",") {
			t.Errorf("%q: %v", bad, header)
		}
		if strings.ContainsAny(plain, "\u202e\x00") || strings.Contains(rich, "<script") || len(invitationLine.FindAllString(plain, -1)) != 1 {
			t.Errorf("%q:\n%s\n%s", bad, plain, rich)
		}
	}
}

// RFC 8058 wants both fields under the signature (research: S16).
func TestInvitation_unsubscribingIsSigned(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	file := filepath.Join(t.TempDir(), "dkim.pem")
	if err != nil || os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600) != nil {
		t.Fatal(err)
	}
	o := onSQLite(t)
	if o.Sign, err = mail.NewDKIM("varrow.example", "s1", file); err != nil {
		t.Fatal(err)
	}
	o.calls(aCall)
	m, err := netmail.ReadMessage(bytes.NewReader(o.invitation(invitation.Invitee{Email: "mina@example.org"}, false)[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	signature := strings.Join(strings.Fields(m.Header.Get("DKIM-Signature")), "")
	covered := strings.Split(regexp.MustCompile(`;h=([^;]+);`).FindStringSubmatch(signature)[1], ":")
	for _, field := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To", "From", "Subject"} {
		if !slices.ContainsFunc(covered, func(c string) bool { return strings.EqualFold(c, field) }) {
			t.Errorf("h= covers %q, not %s", covered, field)
		}
	}
}

// A refused address gets nothing more; the editors see it of an invitation and not of a reminder.
func TestInvitation_refusedAddress(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.calls(aCall)
		o.relay.say(func(command, _ string) error {
			if command == "rcpt" {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
			}
			return nil
		})
		o.invitation(invitation.Invitee{Email: "first@example.org"}, false)
		o.invitation(invitation.Invitee{Email: "second@example.org"}, true)
		o.relay.say(nil)
		if n := len(o.invitation(invitation.Invitee{Email: "first@example.org"}, true)) + len(o.invitation(invitation.Invitee{Email: "second@example.org"}, true)); n != 0 {
			t.Errorf("%d mails to refused addresses", n)
		}
		list, err := o.Invitations.List(t.Context(), o.open.ID, "", 0, 10)
		if err != nil || len(list) != 2 || !list[0].Bounced || list[1].Bounced {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
