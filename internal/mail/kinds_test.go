package mail_test

import (
	"os"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/mailbox"
)

// Of every kind of mail it is decided where what comes back of it goes, and what follows from that. The receipt alone has no address.
func TestKinds_haveAnAddressToComeBackTo(t *testing.T) {
	o := onSQLite(t)
	decided, undecided := o.Decided()
	for _, template := range undecided {
		t.Errorf("%s: say in back what comes back of it, or in replies that nothing may", template)
	}
	sent := map[mailbox.Sent]bool{mailbox.Call: true, mailbox.Reminder: true} // no mail; the second mail of an invitation
	for template, back := range decided {
		if (back.Sent == 0) != (template == "receipt") || back.Sent != 0 && back.Sent.Name() == "" {
			t.Errorf("%s comes back as %q", template, back.Sent)
		}
		sent[back.Sent] = true
	}
	for x := range mailbox.Sent(128) {
		_, taken := o.Inbox.Takers[x]
		if known := x.Name() != ""; known != taken || known != (x != 0 && sent[x]) {
			t.Errorf("%q is called %q; a taker %v, a kind of mail %v", x, x.Name(), taken, sent[x])
		}
	}
}

// A mail without its words would be found to be one only when somebody waits for it.
func TestKinds_haveTemplatesAndASubject(t *testing.T) {
	for _, name := range onSQLite(t).Templates() {
		for _, suffix := range []string{".txt", ".html"} {
			if _, err := os.Stat("templates/" + name + suffix); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, l := range i18n.All() {
			if key := "mail." + name + ".subject"; !l.Has(key) && !l.Has("mail."+name+".ask.subject") { // or one for each thing it says
				t.Errorf("%s: no message %q", l.Code, key)
			}
		}
	}
}
