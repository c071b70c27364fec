package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The commands that an Answer can be about, in their order.
const (
	stepConnect   = "CONNECT"
	stepHello     = "EHLO"
	stepTLS       = "STARTTLS"
	stepLogin     = "AUTH"
	stepSender    = "MAIL"
	stepRecipient = "RCPT"
	stepData      = "DATA"
	stepOther     = "RSET"
)

// client speaks SMTP (RFC 5321) on one connection. It greets once: a relay may refuse a second EHLO, and RSET needs none (4.1.1.5).
type client struct {
	conn       net.Conn
	text       *textproto.Conn
	answers    *io.LimitedReader // bounds what the relay answers to one command
	extensions map[string]string // by upper-case name
	trace      func(line string) // nil, or told of each line of either side

	used time.Time // when the last mail was done
	sent int       // mails on this connection
}

const (
	commandTimeout = 30 * time.Second
	submitTimeout  = 90 * time.Second
	maxAnswer      = 64 << 10 // bytes
)

// on puts the client on a connection, or on the TLS inside it.
func (c *client) on(conn net.Conn) {
	c.conn = conn
	c.answers = &io.LimitedReader{R: conn, N: maxAnswer}
	c.text = textproto.NewConn(struct {
		io.Reader
		io.Writer
		io.Closer
	}{c.answers, conn, conn})
}

// open greets a relay, with TLS and login as they are wanted.
func (c *client) open(ctx context.Context, s *SMTP) error {
	if s.implicit {
		c.on(tls.Client(c.conn, &s.tls))
	} else {
		c.on(c.conn)
	}
	if err := c.within(ctx, commandTimeout); err != nil {
		return err
	}
	if _, err := c.answer(stepConnect, 220); err != nil {
		return err
	}
	if err := c.hello(ctx, s.hello); err != nil {
		return err
	}
	if !s.implicit && !s.plain {
		if _, ok := c.extensions["STARTTLS"]; !ok {
			return &broken{stepTLS, errNoTLS}
		}
		if _, err := c.command(ctx, stepTLS, 220, "STARTTLS"); err != nil {
			return err
		}
		if c.text.R.Buffered() > 0 { // said before the encryption, it would be taken for said after (RFC 3207, 4.2)
			return &broken{stepTLS, errNoTLS}
		}
		c.on(tls.Client(c.conn, &s.tls))
		if err := c.hello(ctx, s.hello); err != nil {
			return err
		}
	}
	if s.user == "" {
		return nil
	}
	return c.login(ctx, s.user, s.password)
}

var errNoTLS = errors.New("mail: the relay offers no TLS")

// hello says EHLO, and HELO to a relay that knows only that.
func (c *client) hello(ctx context.Context, name string) error {
	text, err := c.command(ctx, stepHello, 250, "EHLO "+name)
	if a, ok := errors.AsType[*Answer](err); ok && (a.Code == 500 || a.Code == 502) {
		_, err = c.command(ctx, stepHello, 250, "HELO "+name)
		text = ""
	}
	if err != nil {
		return err
	}
	c.extensions = map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		if name, parameters, _ := strings.Cut(line, " "); i > 0 {
			c.extensions[strings.ToUpper(name)] = parameters
		}
	}
	return nil
}

// login authenticates by PLAIN (RFC 4616), or by LOGIN where the relay offers only that.
func (c *client) login(ctx context.Context, user, password string) error {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	methods := strings.Fields(strings.ToUpper(c.extensions["AUTH"]))
	if slices.Contains(methods, "PLAIN") || !slices.Contains(methods, "LOGIN") {
		_, err := c.secret(ctx, 235, "AUTH PLAIN ", encode("\x00"+user+"\x00"+password))
		return err
	}
	if _, err := c.secret(ctx, 334, "AUTH LOGIN", ""); err != nil {
		return err
	}
	if _, err := c.secret(ctx, 334, "", encode(user)); err != nil {
		return err
	}
	_, err := c.secret(ctx, 235, "", encode(password))
	return err
}

// secret sends a command of which a part is told to nobody else.
func (c *client) secret(ctx context.Context, expect int, public, secret string) (string, error) {
	trace := c.trace
	if trace != nil {
		trace("> " + public + strings.Repeat("…", min(len(secret), 1)))
		c.trace = func(line string) {
			if strings.HasPrefix(line, "<") {
				trace(line)
			}
		}
		defer func() { c.trace = trace }()
	}
	return c.command(ctx, stepLogin, expect, public+secret)
}

// command sends a line and reads the answer to it.
func (c *client) command(ctx context.Context, step string, expect int, line string) (string, error) {
	if strings.ContainsAny(line, "\r\n") {
		return "", errors.New("mail: a command of two lines")
	}
	if err := c.within(ctx, commandTimeout); err != nil {
		return "", err
	}
	if c.trace != nil {
		c.trace("> " + line)
	}
	if err := c.text.PrintfLine("%s", line); err != nil {
		return "", &broken{step, err}
	}
	return c.answer(step, expect)
}

// within has what follows end after so long, or with ctx.
func (c *client) within(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.conn.SetDeadline(end)
}

// enhancedCode stands at the head of each line of an answer (RFC 2034, 4).
var enhancedCode = regexp.MustCompile(`(?m)^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)`)

// answer reads an answer, and returns an *Answer if it is not the expected one.
func (c *client) answer(step string, expect int) (string, error) {
	c.answers.N = maxAnswer
	code, text, err := c.text.ReadResponse(expect)
	refused, ok := errors.AsType[*textproto.Error](err)
	if err != nil && !ok {
		return "", &broken{step, err}
	}
	if ok {
		code, text = refused.Code, refused.Msg
	}
	if c.trace != nil {
		for line := range strings.SplitSeq(text, "\n") {
			c.trace("< " + strconv.Itoa(code) + " " + line)
		}
	}
	if !ok {
		return text, nil
	}
	a := &Answer{Step: step, Code: code, Text: strings.TrimSpace(enhancedCode.ReplaceAllString(text, ""))}
	if found := enhancedCode.FindStringSubmatch(text); found != nil && found[1][0] == strconv.Itoa(code)[0] {
		a.Enhanced = found[1]
	}
	return "", a
}

// sender begins a mail of so many bytes.
func (c *client) sender(ctx context.Context, from string, size int, unicode bool) error {
	line := "MAIL FROM:<" + from + ">"
	if _, ok := c.extensions["SIZE"]; ok { // the relay can refuse it before it is there (RFC 1870)
		line += " SIZE=" + strconv.Itoa(size)
	}
	if _, ok := c.extensions["8BITMIME"]; ok {
		line += " BODY=8BITMIME"
	}
	if unicode {
		if _, ok := c.extensions["SMTPUTF8"]; !ok { // as a relay says that can do it (RFC 6531, 3.5)
			return &Answer{Step: stepSender, Code: 553, Enhanced: "5.6.7", Text: "the relay does not offer SMTPUTF8"}
		}
		line += " SMTPUTF8"
	}
	_, err := c.command(ctx, stepSender, 250, line)
	return err
}

// recipient names whom the mail is to.
func (c *client) recipient(ctx context.Context, to string) error {
	_, err := c.command(ctx, stepRecipient, 25, "RCPT TO:<"+to+">")
	return err
}

// data hands the mail over.
func (c *client) data(ctx context.Context, message []byte) error {
	if _, err := c.command(ctx, stepData, 354, "DATA"); err != nil {
		return err
	}
	if err := c.within(ctx, submitTimeout); err != nil {
		return err
	}
	w := c.text.DotWriter()
	_, err := bytes.NewReader(message).WriteTo(w)
	if err = errors.Join(err, w.Close()); err != nil {
		return &broken{stepData, err}
	}
	if c.trace != nil {
		c.trace("> " + strconv.Itoa(len(message)) + " bytes and .")
	}
	_, err = c.answer(stepData, 250)
	return err
}

// reset ends a mail that was not handed over.
func (c *client) reset(ctx context.Context) error {
	_, err := c.command(ctx, stepOther, 250, "RSET")
	return err
}

// quit ends the session; the relay need not answer.
func (c *client) quit() {
	if c.conn.SetDeadline(time.Now().Add(time.Second)) == nil {
		_ = c.text.PrintfLine("QUIT")
	}
	_ = c.conn.Close()
}
