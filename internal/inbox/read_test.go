package inbox_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/testkit"
)

func readAll(t testing.TB, k testkit.Keys, name, data string) []inbox.Mail {
	t.Helper()
	f, err := inbox.Read(t.Context(), name, []byte(data), k.Lookup)
	if err != nil {
		t.Fatal(err)
	}
	return f.Mails
}

func readMail(t testing.TB, k testkit.Keys, data string) inbox.Mail {
	t.Helper()
	all := readAll(t, k, "x.eml", data)
	if len(all) != 1 {
		t.Fatalf("%d mails", len(all))
	}
	return all[0]
}

const plainReply = `From: Mina Farahani <mina@river.example>
To: office@letters.example
Subject: Re: Open the granary ledgers
Date: Tue, 12 Nov 2030 10:00:00 +0100
Message-ID: <one@river.example>

Please add my name to the letter.
`

// reply is a mail with another body, and fields of its header before that of the sender.
func reply(body string, fields ...string) string {
	return strings.Join(append(fields, "From: Mina Farahani <mina@river.example>"), "\n") + "\n\n" + body
}

func TestRead_aMail(t *testing.T) {
	m := readMail(t, nil, plainReply)
	want := inbox.Mail{Number: 1, Name: "Mina Farahani", Address: "mina@river.example", At: m.At, ID: "one@river.example", Subject: "Re: Open the granary ledgers",
		Language: "en", Text: "Please add my name to the letter.", Vouched: inbox.Unsigned}
	if m != want || !m.At.Equal(time.Date(2030, 11, 12, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", m)
	}
}

func TestRead_texts(t *testing.T) {
	const typed = "Content-Type: text/plain; charset="
	for name, c := range map[string]struct{ mail, want string }{
		"quoted-printable": {reply("J=E9r=F4me signe=\n aussi\n", typed+"iso-8859-1", "Content-Transfer-Encoding: quoted-printable"), "Jérôme signe aussi"},
		"base64": {reply(base64.StdEncoding.EncodeToString([]byte("نام: مینا فراهانی"))+"\n", typed+"utf-8", "Content-Transfer-Encoding: base64"),
			"نام: مینا فراهانی"},
		"windows-1256":     {reply("\xe3\xed\xe4\xc7\n", typed+"windows-1256"), "مينا"},
		"no character set": {reply("J\xe9r\xf4me\n"), "J\ufffdr\ufffdme"},
		"an unknown one":   {reply("hello\n", typed+"x-klingon"), "hello"},
		"unknown encoding": {reply("hello\n", "Content-Transfer-Encoding: x-rot13"), "hello"},
		"broken base64":    {reply("aGVs!!!bG8\n", "Content-Transfer-Encoding: base64"), "hel"},
		"broken type":      {reply("hello\n", "Content-Type: ;;;"), "hello"},
		"no body":          {reply(""), ""},
		"both forms":       {manyParts("alternative", "text/plain", "the plain one", "text/html", "<p>the rich one"), "the plain one"},
		"empty plain form": {manyParts("alternative", "text/plain", " ", "text/html", "<p>the rich one"), "the rich one"},
		"two texts":        {manyParts("mixed", "text/plain", "before", "application/pdf", "%PDF", "text/plain", "after"), "before\nafter"},
		"an attached text": {manyParts("mixed", "text/plain", "hello", "text/plain\nContent-Disposition: attachment; filename=x.txt", "not this"), "hello"},
		"an attached mail": {manyParts("mixed", "text/plain", "hello", "message/rfc822", plainReply), "hello"},
		"no last boundary": {strings.ReplaceAll(manyParts("mixed", "text/plain", "hello"), "--edge--", ""), "hello"},
		"no boundary":      {reply("hello\n", "Content-Type: multipart/mixed"), ""},
		"HTML": {richMail("<head><title>T</title><style>p{}</style></head><body><p>I sign.<br>Mina&nbsp;F&eacute;</p>" +
			"<script>x()</script><div>River Watch</div>"), "I sign.\nMina\u00a0Fé\n\nRiver Watch"},
		"HTML of Gmail": {richMail(`<div dir="ltr">I sign.</div><div class="gmail_quote"><div class="gmail_attr">On Monday X wrote:</div>` +
			`<blockquote>Will you?</blockquote></div>`), "I sign."},
		"HTML of Outlook":   {richMail(`<div>I sign.</div><hr><div id="divRplyFwdMsg"><b>From:</b> X</div>Will you?`), "I sign."},
		"HTML with a quote": {richMail(`<p>I sign.</p><blockquote><p>Will you?<blockquote>a</blockquote></blockquote><p>Mina</p>`), "I sign.\n\nMina"},
		"HTML never closed": {richMail(`<p>I sign.<style>`), "I sign."},

		"quotation":           {reply("I sign.\n\nOn 12 Nov 2030, X <x@letters.example> wrote:\n> Will you?\n>> I asked\n\nMina\n"), "I sign.\n\nMina"},
		"in two lines":        {reply("I sign.\n\nLe 12 novembre 2030 à 10:00, X\n<x@letters.example> a écrit :\n> Voulez-vous ?\n"), "I sign."},
		"in Persian":          {reply("امضا می‌کنم.\n\nدر ۱۲ نوامبر ۲۰۳۰ ساعت ۱۰:۰۰ ایکس نوشت:\n> امضا؟\n", typed+"utf-8"), "امضا می‌کنم."},
		"answered in place":   {reply("> Will you?\nYes.\n> Your name?\nMina\n"), "Yes.\nMina"},
		"no attribution":      {reply("I sign, and add:\n\nOne more thing.\n> Will you?\n"), "I sign, and add:\n\nOne more thing."},
		"signature":           {reply("I sign.\n-- \nMina Farahani\nDirector\n"), "I sign."},
		"Outlook's line":      {reply("I sign.\n\n-----Original Message-----\nFrom: X\n"), "I sign."},
		"Outlook's head":      {reply("I sign.\n\nVon: X <x@letters.example>\nGesendet: Montag\nAn: Mina\nBetreff: Y\n\nWill you?\n"), "I sign."},
		"fields of a form":    {reply("Name: Mina\nFrom: Kerman\nOrganisation: River Watch\n"), "Name: Mina\nFrom: Kerman\nOrganisation: River Watch"},
		"a terminal's orders": {reply("I \x1b[2Jsign\u202e.\x07\n"), "I [2Jsign."},
		"many empty lines":    {reply("I\n\n\n\n\nsign.\n"), "I\n\nsign."},
	} {
		if m := readMail(t, nil, c.mail); m.Text != c.want || m.Fault != nil {
			t.Errorf("%s: %q, want %q, %v", name, m.Text, c.want, m.Fault)
		}
	}
}

func richMail(body string) string { return reply(body+"\n", "Content-Type: text/html; charset=utf-8") }

// multipart is a mail of parts, each a type and a text.
func manyParts(kind string, parts ...string) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		fmt.Fprintf(&b, "--edge\nContent-Type: %s\n\n%s\n", parts[i], parts[i+1])
	}
	return reply(b.String()+"--edge--\n", "MIME-Version: 1.0", "Content-Type: multipart/"+kind+"; boundary=edge")
}

func TestRead_senders(t *testing.T) {
	for from, want := range map[string]string{
		"From: =?utf-8?B?2YXbjNmG2Kc=?= <mina@river.example>": "مینا|mina@river.example",
		"From: mina@river.example (Mina)":                     "Mina|mina@river.example",
		"From: <mina@river.example>":                          "|mina@river.example",
		"From: \"Mina\u202e\" <mina@river.example>":           "Mina|mina@river.example",
		"From: a@x.example, b@x.example":                      "|",
		"From: a@x.example\nFrom: b@x.example":                "|",
		"From: nobody":                                        "|",
		"To: x@x.example":                                     "|",
	} {
		m := readMail(t, nil, from+"\n\nhello\n")
		if got := m.Name + "|" + m.Address; got != want || (m.Fault == nil) != (want != "|") {
			t.Errorf("%s: %q, %v", from, got, m.Fault)
		}
	}
}

func TestRead_nobodyHasWritten(t *testing.T) {
	for _, field := range []string{"Auto-Submitted: auto-replied; x=y", "Precedence: bulk", "Content-Type: multipart/report; boundary=x",
		"X-Autoreply: yes", "Return-Path: <>"} {
		if m := readMail(t, nil, reply("I am away.\n", field)); !fault.Is(m.Fault, fault.Invalid) || m.Fault.Key != "reply.automatic" {
			t.Errorf("%s: %v", field, m.Fault)
		}
	}
	for _, field := range []string{"Auto-Submitted: no", "Precedence: list", "Return-Path: <mina@river.example>"} {
		if m := readMail(t, nil, reply("I sign.\n", field)); m.Fault != nil {
			t.Errorf("%s: %v", field, m.Fault)
		}
	}
}

// Only a signature of the sender's own domain, of the very mail, vouches for it; and what cannot be known is not called false.
func TestRead_vouches(t *testing.T) {
	k := testkit.Keys{}
	good := k.Signed(t, "river.example", plainReply)
	sub := strings.ReplaceAll(plainReply, "@river.example>\nTo", "@mail.river.example>\nTo")
	if sub == plainReply {
		t.Fatal("the address was not changed")
	}
	listed := k.Signed(t, "lists.example", plainReply)
	for name, c := range map[string]struct {
		mail string
		keys testkit.Keys
		want inbox.Vouch
	}{
		"its domain":                {good, k, inbox.Signed},
		"line ends of another kind": {strings.ReplaceAll(good, "\r\n", "\n"), k, inbox.Signed},
		"no key":                    {good, testkit.Keys{}, inbox.Unknown},
		"a revoked key":             {good, testkit.Keys{"s1._domainkey.river.example": "v=DKIM1; k=ed25519; p="}, inbox.Unknown},
		"another key":               {good, testkit.Keys{"s1._domainkey.river.example": k["s1._domainkey.lists.example"]}, inbox.Altered},
		"another text":              {strings.Replace(good, "Please add", "Never add", 1), k, inbox.Altered},
		"another sender":            {strings.Replace(good, "Mina Farahani <mina@", "Ada <ada@", 1), k, inbox.Altered},
		"another sender above":      {"From: ada@river.example\r\n" + good, k, inbox.Unsigned}, // and it is refused
		"a second sender":           {strings.Replace(good, "\r\nTo:", ", ada@river.example\r\nTo:", 1), k, inbox.Unsigned},
		"text after the signed one": {good + "More.\r\n", k, inbox.Altered},
		"another domain":            {listed, k, inbox.Unsigned},
		"two signatures":            {k.Signed(t, "lists.example", strings.ReplaceAll(good, "\r\n", "\n")), k, inbox.Signed},
		"the domain above":          {k.Signed(t, "river.example", sub), k, inbox.Signed},
		"a domain below":            {k.Signed(t, "news.river.example", plainReply), k, inbox.Unsigned},
		"a name that ends like it":  {k.Signed(t, "ver.example", plainReply), k, inbox.Unsigned},
		"a whole country":           {k.Signed(t, "example", plainReply), k, inbox.Unsigned},
		"expired": {k.Signed(t, "old.example", strings.ReplaceAll(plainReply, "river", "old"), func(o *dkim.SignOptions) { o.Expiration = time.Unix(1e9, 0) }),
			k, inbox.Unknown},
		"not of its date": {k.Signed(t, "river.example", plainReply, func(o *dkim.SignOptions) {
			o.HeaderKeys = []string{"From", "To", "Subject"}
		}), k, inbox.Unsigned},
		"no signature": {plainReply, k, inbox.Unsigned},
		"a broken one": {"DKIM-Signature: v=1; a=;;; d=river.example\r\n" + plainReply, k, inbox.Altered},
	} {
		m := readMail(t, c.keys, c.mail)
		if m.Vouched != c.want {
			t.Errorf("%s: %s, want %s", name, m.Vouched, c.want)
		}
	}
}

const mboxHead = "From mina@river.example Tue Nov 12 10:00:00 2030\n"

func TestRead_mbox(t *testing.T) {
	two := mboxHead + plainReply + "\n" + mboxHead + strings.ReplaceAll(plainReply, "Mina", "Ada")
	for name, c := range map[string]struct {
		data string
		want []string // texts
	}{
		"two":                   {two, []string{"Please add my name to the letter.", "Please add my name to the letter."}},
		"CRLF":                  {strings.ReplaceAll(two, "\n", "\r\n"), []string{"Please add my name to the letter.", "Please add my name to the letter."}},
		"no last line end":      {strings.TrimSuffix(mboxHead+plainReply, "\n"), []string{"Please add my name to the letter."}},
		"empty lines before":    {"\n\n" + mboxHead + reply("x\n"), []string{"x"}},
		"Thunderbird":           {"From - Tue Nov 12 10:00:00 2030\n" + reply("x\n"), []string{"x"}},
		"Thunderbird, later":    {"From \n" + reply("x\n") + "\nFrom \n" + reply("y\n"), []string{"x", "y"}},
		"Gmail":                 {"From 1816@xxx Tue Nov 12 10:00:00 +0000 2030\n" + reply("x\n"), []string{"x"}},
		"From quoted":           {mboxHead + reply("a\n\n>From here on\n>>From there\n"), []string{"a\n\nFrom here on"}}, // the other is quoted by its sender too
		"From unquoted":         {mboxHead + reply("a\n\nFrom here on it is 10:00:00\nand so on\n"), []string{"a\n\nFrom here on it is 10:00:00\nand so on"}},
		"From in a paragraph":   {mboxHead + reply("a\nFrom b at 10:00\nTo: c\n"), []string{"a\nFrom b at 10:00\nTo: c"}},
		"a mail without a text": {mboxHead + reply("") + "\n" + mboxHead + reply("y\n"), []string{"", "y"}},
	} {
		var got []string
		for i, m := range readAll(t, nil, "x.mbox", c.data) {
			if got = append(got, m.Text); m.Number != i+1 {
				t.Errorf("%s: number %d", name, m.Number)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What an mbox does to lines that begin with From does not cost a mail its signature, in whichever way they were quoted.
func TestRead_mboxKeepsSignatures(t *testing.T) {
	k := testkit.Keys{}
	for name, c := range map[string][2]string{
		"quoted":     {"I sign.\n\nFrom Kerman\n", ">From Kerman"},
		"not quoted": {"I sign.\n\n>From Kerman\n", ">From Kerman"},
		"twice":      {"I sign.\n\n>From Kerman\n", ">>From Kerman"},
		"plain":      {"I sign.\n\nFrom Kerman\n", "From Kerman"},
	} {
		signed := strings.ReplaceAll(k.Signed(t, "river.example", reply(c[0], "Date: Tue, 12 Nov 2030 10:00:00 +0100")), "\r\n", "\n")
		_, last, _ := strings.Cut(c[0], "\n\n")
		stored := strings.Replace(signed, strings.TrimSuffix(last, "\n"), c[1], 1)
		all := readAll(t, k, "x.mbox", mboxHead+stored+"\n"+mboxHead+strings.Replace(stored, "I sign", "I do not sign", 1))
		if len(all) != 2 || all[0].Vouched != inbox.Signed || all[1].Vouched != inbox.Altered {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// What is too large, too many or no mail is refused or said, and the rest is read.
func TestRead_limits(t *testing.T) {
	refused := func(name, file, data, key string) {
		t.Helper()
		_, err := inbox.Read(t.Context(), file, []byte(data), nil)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Key != key {
			t.Errorf("%s: %v, want %s", name, err, key)
		}
	}
	refused("a large file", "x.eml", strings.Repeat("x", inbox.Limit+1), "import.too_large")
	refused("too many", "x.mbox", strings.Repeat(mboxHead+"A: b\n\n\n", 10_001), "reply.too_many")
	refused("no mbox", "x.mbox", plainReply, "reply.no_mbox")
	for name, c := range map[string]struct{ data, key string }{
		"a large mail":        {mboxHead + reply(strings.Repeat("x\n", 16<<20)), "reply.too_large"},
		"an endless header":   {mboxHead + "A: " + strings.Repeat("x", 300<<10) + "\n\nx\n", "reply.damaged"},
		"no header":           {mboxHead + "A:\nwhat is this\n", "reply.damaged"},
		"many parts":          {mboxHead + manyParts("mixed", slices.Repeat([]string{"text/plain", "x"}, 2000)...), ""},
		"parts within parts":  {mboxHead + nested(200), ""},
		"a great many fields": {mboxHead + strings.Repeat("A: b\n", 30_000) + reply("x\n"), ""},
	} {
		all := readAll(t, nil, "x.mbox", c.data+"\n"+mboxHead+plainReply)
		key := ""
		if all[0].Fault != nil {
			key = all[0].Fault.Key
		}
		if len(all) != 2 || key != c.key || all[1].Fault != nil || len(all[0].Text) > 64<<10 {
			t.Errorf("%s: %d mails, %s", name, len(all), key)
		}
	}
	long := readMail(t, nil, reply(strings.Repeat("é", 100_000)))
	if len(long.Text) > 64<<10 || !utf8.ValidString(long.Text) {
		t.Errorf("%d bytes of text", len(long.Text))
	}
}

func nested(depth int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: mina@river.example\nContent-Type: multipart/mixed; boundary=b0\n\n")
	for i := range depth {
		fmt.Fprintf(&b, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	return b.String()
}

func FuzzRead(f *testing.F) {
	k := testkit.Keys{}
	f.Add(plainReply)
	f.Add(k.Signed(f, "river.example", plainReply))
	f.Add(mboxHead + plainReply + "\n" + mboxHead + reply("x\n\n>From y\n"))
	f.Add(manyParts("alternative", "text/plain", "the plain one", "text/html", "<p>the rich one"))
	f.Add(richMail(`<p>I sign.</p><blockquote><p>Will you?<div class="gmail_quote">`))
	f.Add(reply("aGVs!!!bG8\n", "Content-Transfer-Encoding: base64", "Content-Type: text/plain; charset=utf-7"))
	f.Add(reply("I sign.\n\nOn 12 Nov 2030, X wrote:\n> Will you?\n-- \nMina\n"))
	f.Add("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=river.example; s=s1; h=from:from; bh=; b=\n" + plainReply)
	f.Fuzz(func(t *testing.T, data string) {
		for _, name := range []string{"x.eml", "x.mbox"} {
			file, err := inbox.Read(t.Context(), name, []byte(data), testkit.Keys{}.Lookup)
			if err != nil {
				continue
			}
			for i, m := range file.Mails {
				whole := m.Text + m.Subject + m.Name + m.ID
				if m.Number != i+1 || !utf8.ValidString(whole) || len(m.Text) > 64<<10 || strings.ContainsAny(whole, "\x00\x1b\u202e") ||
					strings.ContainsAny(m.Subject+m.Name+m.ID, "\r\n") {
					t.Errorf("%+v", m)
				}
				if m.Vouched == inbox.Signed || m.Address == "" && m.Fault == nil {
					t.Errorf("without any key: %+v", m)
				}
			}
		}
	})
}
