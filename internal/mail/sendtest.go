package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	netmail "net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/undersigned/undersigned/internal/text"
)

// SendTest sends one mail that says only what it is, as every mail of the instance is sent. answer is what the relay answered where it
// did not take it, "" where it did; err says that there was no answer. What comes back of it comes to the sender's own address: whoever
// runs the site tries by it what is set, and no inbox need be.
func SendTest(ctx context.Context, relay *SMTP, sign *DKIM, site, from, to string, now time.Time) (answer string, err error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&netmail.Address{Name: text.Shown.Line(site), Address: from})
	if err := msg.To(to); err != nil {
		return "", fmt.Errorf("mail: to: %w", err)
	}
	msg.Subject("A test of " + text.Shown.Line(site))
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(messageID("test."+rand.Text(), from))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	const says = "Whoever runs this site has sent this mail to see whether its mails arrive. It asks for nothing."
	msg.SetBodyString(gomail.TypeTextPlain, says+"\n")
	msg.AddAlternativeString(gomail.TypeTextHTML, `<p lang="en">`+says+"</p>\n")
	var message bytes.Buffer
	if _, err := msg.WriteTo(&message); err != nil {
		return "", fmt.Errorf("mail: write: %w", err)
	}
	raw := message.Bytes()
	if sign != nil {
		if raw, err = sign.sign(raw); err != nil {
			return "", err
		}
	}
	err = relay.deliver(ctx, from, to, raw)
	if a, ok := errors.AsType[*Answer](err); ok {
		answer = a.Words(to) + " (to " + a.Step + ")"
		if a.refuses(to) {
			answer += ", which is about the recipient"
		}
		return answer, nil
	}
	if err != nil {
		return err.Error(), err
	}
	return "", nil
}
