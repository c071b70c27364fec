package mail

import (
	"regexp"
	"strings"
	"testing"
)

// What relays answer, as they word it. Only what is about the recipient, for good, is a refusal; all else waits.
func TestAnswer_refuses(t *testing.T) {
	const to = "mina.frank@example.org"
	for _, c := range []struct {
		answer  Answer
		refuses bool
	}{
		{Answer{stepRecipient, 550, "5.1.1", "<mina.frank@example.org>: Recipient address rejected: User unknown in virtual mailbox table"}, true},
		{Answer{stepRecipient, 550, "5.1.2", "<mina.frank@example.org>: Recipient address rejected: Domain not found"}, true},
		{Answer{stepRecipient, 501, "5.1.3", "Bad recipient address syntax"}, true},
		{Answer{stepRecipient, 551, "5.1.6", "moved"}, true},
		{Answer{stepRecipient, 556, "5.1.10", "Domain does not accept mail (nullMX)"}, true},
		{Answer{stepRecipient, 550, "5.2.1", "The email account that you tried to reach is disabled"}, true},
		{Answer{stepData, 550, "5.1.1", "no such user"}, true},
		{Answer{stepRecipient, 550, "", "Requested action not taken: mailbox unavailable"}, true},
		{Answer{stepRecipient, 550, "", "No such user here"}, true},
		{Answer{stepRecipient, 550, "", "Unrouteable address"}, true},
		{Answer{stepRecipient, 550, "", "<mina.frank@example.org>"}, true},
		{Answer{stepRecipient, 553, "", "sorry, mina.frank does not exist here"}, true},
		{Answer{stepRecipient, 551, "5.0.0", "User not local; please try elsewhere"}, true},

		{Answer{stepRecipient, 504, "5.5.2", "<localhost>: Helo command rejected: need fully-qualified hostname"}, false},
		{Answer{stepRecipient, 550, "5.7.1", "<localhost>: Helo command rejected: Host not found"}, false},
		{Answer{stepSender, 552, "5.3.4", "Message size exceeds fixed limit"}, false},
		{Answer{stepRecipient, 550, "5.4.5", "Daily user sending limit exceeded"}, false},
		{Answer{stepRecipient, 554, "5.7.1", "<mina.frank@example.org>: Relay access denied"}, false},
		{Answer{stepData, 554, "", "Message rejected: Email address is not verified. The following identities failed the check: letters@varrow.example"}, false},
		{Answer{stepRecipient, 550, "", "relay not permitted for mina.frank@example.org"}, false},
		{Answer{stepRecipient, 550, "", "Administrative prohibition"}, false},
		{Answer{stepRecipient, 550, "", "sending quota exceeded for this mailbox"}, false},
		{Answer{stepRecipient, 550, "", "rejected because 192.0.2.1 is in a black list"}, false},
		{Answer{stepRecipient, 550, "", "Sender verify failed: no such user"}, false},
		{Answer{stepRecipient, 550, "5.1.0", "Address rejected"}, false},
		{Answer{stepRecipient, 550, "5.1.8", "Sender address rejected: Domain not found"}, false},
		{Answer{stepRecipient, 552, "5.2.2", "Mailbox full"}, false},
		{Answer{stepSender, 550, "5.1.1", "no such user letters"}, false},
		{Answer{stepRecipient, 450, "4.1.1", "<mina.frank@example.org>: Recipient address rejected: unverified address"}, false},
		{Answer{stepRecipient, 450, "4.2.0", "<mina.frank@example.org>: Recipient address rejected: Greylisted"}, false},
		{Answer{stepLogin, 535, "5.7.8", "authentication failed"}, false},
		{Answer{stepRecipient, 550, "4.1.1", "no such user"}, false}, // the codes contradict each other
		{Answer{stepRecipient, 554, "", "no such user"}, false},
		{Answer{stepData, 550, "", "Your account is disabled"}, false},
		{Answer{stepData, 550, "", "Bad address in From header"}, false},
		{Answer{stepData, 550, "", "Mailbox unavailable: message content not accepted"}, false},
		{Answer{stepData, 550, "", "mailbox unavailable"}, false}, // whose it does not say
		{Answer{stepData, 550, "", "mina.frank@example.org: mailbox unavailable"}, true},
		{Answer{stepRecipient, 550, "", "Sending account suspended: invalid account"}, false},
		{Answer{stepRecipient, 550, "", "invalid address"}, false},
	} {
		if got := c.answer.refuses(to); got != c.refuses {
			t.Errorf("%v %q is a refusal: %v, want %v", &c.answer, c.answer.Text, got, c.refuses)
		}
	}
	common := Answer{stepRecipient, 550, "", "mail not accepted"}
	if common.refuses("mail@example.org") != true { // it is named, and said not to be
		t.Error("a local part that is named")
	}
	common.Text = "mail was blocked"
	if common.refuses("mail@example.org") {
		t.Error("a word that happens to be the local part is taken for it")
	}
}

// What stops all mails holds the queue; what is about one recipient does not.
func TestAnswer_isAboutAll(t *testing.T) {
	for _, c := range []struct {
		answer Answer
		all    bool
	}{
		{Answer{stepConnect, 421, "4.7.0", "too many connections"}, true},
		{Answer{stepHello, 504, "5.5.2", "need fully-qualified hostname"}, true},
		{Answer{stepLogin, 535, "5.7.8", "authentication failed"}, true},
		{Answer{stepSender, 450, "4.7.1", "Error: too much mail from 127.0.0.1"}, true},
		{Answer{stepSender, 550, "5.7.1", "sender not allowed"}, true},
		{Answer{stepRecipient, 450, "4.7.1", "Error: too many recipients from 127.0.0.1"}, true},
		{Answer{stepData, 451, "4.7.0", "sending rate exceeded"}, true},

		{Answer{stepSender, 552, "5.3.4", "Message size exceeds fixed limit"}, false},
		{Answer{stepSender, 553, "5.6.7", "the relay does not offer SMTPUTF8"}, false},
		{Answer{stepRecipient, 450, "4.2.0", "Greylisted"}, false},
		{Answer{stepRecipient, 452, "4.2.2", "mailbox exceeds its quota"}, false},
		{Answer{stepRecipient, 452, "", "Requested action not taken: mailbox quota exceeded"}, false},
		{Answer{stepRecipient, 450, "4.2.1", "The user is receiving mail at a rate that prevents more"}, false},
		{Answer{stepRecipient, 554, "5.7.1", "message limit"}, false},
		{Answer{stepRecipient, 451, "4.3.0", "the corporate server is away"}, false},
	} {
		if got := c.answer.isAboutAll(); got != c.all {
			t.Errorf("%v %q is about all: %v", &c.answer, c.answer.Text, got)
		}
	}
}

// The relay's words are kept for operators, without anything that names a person or a machine.
func TestAnswer_Words(t *testing.T) {
	const to = "mina.frank@frank.example"
	for text, want := range map[string]string{
		"<localhost>: Helo command rejected:\nneed fully-qualified hostname":                             "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
		"<mina.frank@frank.example>: not now":                                                            "504 5.5.2 … not now",
		"user Mina.Frank of frank.example, ask postmaster@relay.example":                                 "504 5.5.2 user … of … ask …",
		"too much mail from [192.0.2.7] and [IPv6:2001:db8::1], 2001:db8::2: or 127.0.0.1:25":            "504 5.5.2 too much mail from … and … … or …",
		"see http://spf.example/Why?id=letters%40varrow.example;ip=192.0.2.7 or https://relay.example/q": "504 5.5.2 see … or https://relay.example/q",
		"a\u202eb\x00c\xff": "504 5.5.2 abc…",
	} {
		a := Answer{stepRecipient, 504, "5.5.2", text}
		if got := a.Words(to); got != want {
			t.Errorf("%q:\n%s\n%s", text, got, want)
		}
	}
	for address, text := range map[string]string{
		"mina.farahani+letters@post.example": "The mailbox of mina.farahani is full, Farahani, post.example",
		"mina@bücher.example":                "Domain xn--bcher-kva.example not found; bücher.example",
		"mina@staff.example.org":             "ask example.org about staff.example.org",
	} {
		a := Answer{stepRecipient, 504, "", text}
		if got := a.Words(address); regexp.MustCompile(`(?i)mina|farahani|post|cher|example`).MatchString(got) {
			t.Errorf("%s: %q is kept", address, got)
		}
	}
	long := Answer{stepRecipient, 504, "", strings.Repeat("word ", 1000)}
	if got := long.Words(to); len([]rune(got)) != maxWords {
		t.Errorf("%d characters are kept", len([]rune(got)))
	}
	if s := (&Answer{stepRecipient, 504, "5.5.2", to}).Error(); regexp.MustCompile(`frank|@`).MatchString(s) {
		t.Errorf("an error holds the words: %s", s)
	}
}
