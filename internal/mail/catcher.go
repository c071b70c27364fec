package mail

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Catcher catches mails instead of sending them: the demonstration shows it as a page. It keeps the last maxCaught.
type Catcher struct {
	Now func() time.Time

	mu    sync.Mutex
	mails []Caught // guarded by mu; newest first
}

const maxCaught = 200

// Caught is a mail that was not sent.
type Caught struct {
	To, Subject, Text, Language string
	Links                       []string
	At                          time.Time
}

// Send keeps the mail.
func (m *Catcher) Send(_ context.Context, _, to string, message []byte) error {
	caught, err := parse(message)
	if err != nil {
		return err
	}
	caught.To, caught.At = to, m.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append([]Caught{caught}, m.mails[:min(len(m.mails), maxCaught-1)]...)
	return nil
}

// Mails returns the caught mails, newest first.
func (m *Catcher) Mails() []Caught {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.mails)
}

var linkLine = regexp.MustCompile(`(?m)^https?://\S+$`)

// parse reads back the plain part of a mail made by Mailer.
func parse(message []byte) (c Caught, err error) {
	msg, err := netmail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return c, err
	}
	if c.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return c, err
	}
	c.Language = msg.Header.Get("Content-Language")
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return c, err
	}
	part, err := multipart.NewReader(msg.Body, params["boundary"]).NextRawPart()
	if err != nil {
		return c, err
	}
	body, err := io.ReadAll(quotedprintable.NewReader(part))
	c.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
	c.Links = linkLine.FindAllString(c.Text, -1)
	return c, err
}
