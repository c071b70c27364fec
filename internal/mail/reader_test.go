package mail_test

import (
	"mime"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
)

var drawn = regexp.MustCompile(`[a-z2-7]{45,}`)

// reviewed are the languages whose mails are kept as files.
var reviewed = []string{"en", "fa", "fr", "ar"}

// inLanguage compares the plain part of a mail, without what was drawn for it, with the file of its kind and language.
func inLanguage(t *testing.T, kind, language string, raw []byte) {
	t.Helper()
	header, plain, rich := read(t, raw)
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`(?m)^https://\S+$`).FindAllString(plain, -1)
	if len(links) == 0 {
		t.Errorf("%s, %s: no link", kind, language)
	}
	for _, link := range links {
		if !strings.Contains(rich, `href="`+strings.TrimSpace(link)+`"`) {
			t.Errorf("%s, %s: %q does not stand in the other part", kind, language, link)
		}
	}
	if l := i18n.Find(language); !strings.Contains(rich, `<html lang="`+l.Code+`" dir="`+l.Dir+`">`) {
		t.Errorf("%s, %s: %.100s", kind, language, rich)
	}
	golden(t, "reader/"+kind+"."+language+".txt", "Subject: "+subject+"\n\n"+drawn.ReplaceAllString(plain, "TOKEN"))
}

// draftOf puts a draft before a reader for each language, and returns it with its readers.
func draftOf(t *testing.T, o *office) (letter.Letter, []letter.Reader) {
	t.Helper()
	var l letter.Letter
	var err error
	for _, text := range []letter.Text{{Language: "en", Title: "On the quay", Body: "It is shut."}, {Language: "fa", Title: "دربارهٔ اسکله", Body: "بسته است."}} {
		if l, _, err = o.Letters.Import(t.Context(), letter.Import{Slug: "quay", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range reviewed {
		if _, err := o.Letters.Circulations.Send(t.Context(), "quay", letter.Round{Readers: []letter.ReaderAddress{{Name: "Stone Law Clinic", Email: code + "@stone.example"}}, Language: code,
			Soft: time.Date(2099, 3, 1, 12, 0, 0, 0, time.UTC), Hard: time.Date(2099, 3, 8, 12, 0, 0, 0, time.UTC), Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Letters.Circulations.Freeze(t.Context(), "quay", l.Edition.SHA256, 0); err != nil {
		t.Fatal(err)
	}
	readers, err := o.Letters.Circulations.Readers(t.Context(), l.ID)
	if err != nil {
		t.Fatal(err)
	}
	return l, readers
}

func TestReaderMail_inFourLanguages(t *testing.T) {
	o := onSQLite(t)
	l, readers := draftOf(t, o)
	for _, r := range readers {
		for _, says := range []string{letter.SaysRead, letter.SaysLead, letter.SaysFrozen} {
			before := len(o.relay.taken())
			if err := o.DeliverReader(t.Context(), 1, letter.ReaderMail{Reader: r.ID, Says: says, SHA256: l.Edition.SHA256}); err != nil {
				t.Fatal(err)
			}
			got := o.relay.taken()[before:]
			if len(got) != 1 || len(got[0].to) != 1 || got[0].to[0] != r.Language+"@stone.example" {
				t.Fatalf("%+v", got)
			}
			if strings.Contains(string(got[0].raw), "Stone Law") {
				t.Error("the mail holds what an editor typed")
			}
			header, _, _ := read(t, got[0].raw)
			if ends := header.Get("List-Unsubscribe") != ""; ends != (says != letter.SaysFrozen) {
				t.Errorf("%s: List-Unsubscribe %q", says, header.Get("List-Unsubscribe"))
			}
			inLanguage(t, says, r.Language, got[0].raw)
		}
	}
}

func TestReaderMail_whatIsNotSent(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		l, readers := draftOf(t, o)
		o.relay.say(func(command, _ string) error {
			if command == "rcpt" {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
			}
			return nil
		})
		send := func(r letter.Reader, says string) {
			t.Helper()
			if err := o.DeliverReader(t.Context(), 1, letter.ReaderMail{Reader: r.ID, Says: says, SHA256: strings.Repeat("0", 64)}); err != nil {
				t.Fatal(err)
			}
		}
		send(readers[0], letter.SaysRead)
		o.relay.say(nil)
		if err := o.Letters.Circulations.Tend(t.Context(), "quay", readers[1].ID, letter.WithdrawLink, 0, 0); err != nil {
			t.Fatal(err)
		}
		send(readers[1], letter.SaysRead)
		send(readers[2], letter.SaysFrozen) // another text was frozen since
		if n := len(o.relay.taken()); n != 0 {
			t.Errorf("%d mails", n)
		}
		if readers, err := o.Letters.Circulations.Readers(t.Context(), l.ID); err != nil || !readers[0].Refused || readers[2].Refused {
			t.Errorf("%+v, %v", readers, err)
		}
	})
}
