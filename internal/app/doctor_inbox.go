package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/mail"
)

// mailbox looks into the mailbox of --inbox, as the server does, and changes nothing there.
func (d *Doctor) mailbox(ctx context.Context) {
	c := d.mailNames()
	switch c.Inbox {
	case "":
		d.say("inbox", Warning, "what comes back of mails is not read",
			"Set --inbox: docs/operate.md says how. Until then bounces and answers arrive at --mail-from, for somebody to read there.")
		return
	case config.InboxLocal:
		d.say("inbox", Healthy, "a mail server hands mails over", "")
		return
	}
	r, err := mail.NewIMAP(c.Inbox, c.InboxPasswordFile)
	if err != nil {
		d.say("inbox", Problem, err.Error(), "Let the server's user read the file.")
		return
	}
	if f, err := os.Stat(c.InboxPasswordFile); err == nil && f.Mode().Perm()&0o007 != 0 {
		d.say("inbox", Warning, "everybody on this machine can read the file with the password of the mailbox",
			"chmod 600 it: the server's user alone has to read it.")
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	found, step, words, err := r.Check(ctx)
	mend := map[string]string{
		"connect": "Look at host and port in --inbox, and at the firewall between.",
		"tls":     "The server's certificate must be valid for the name in --inbox, and from an authority that this machine knows (SSL_CERT_FILE names one's own).",
		"login":   "Look at the user in --inbox, where an @ is written %40, and at the password in the file. Some providers want a password for applications.",
		"folder":  "Name a folder that is there in --inbox, after the host: imaps://USER@HOST/FOLDER.",
	}
	switch {
	case err != nil && words != "":
		d.say("inbox", Problem, "the mailbox cannot be read ("+step+"): "+words, mend[step])
	case err != nil:
		d.say("inbox", Problem, "the mailbox cannot be read ("+step+")", mend[step])
	case found.Full:
		d.say("inbox", Problem, fmt.Sprintf("the mailbox is full, or nearly; %d mails are in it", found.Mails),
			"Empty its folder Undersigned: what is there is kept here. A server turns away what comes to a full mailbox.")
	case !found.Moves:
		d.say("inbox", Warning, fmt.Sprintf("%d mails are in the mailbox; its server can neither move mails nor delete some alone", found.Mails),
			"Mails that were read stay there, marked as deleted. Empty it now and then.")
	default:
		d.say("inbox", Healthy, fmt.Sprintf("the mailbox can be read; %d mails are in it", found.Mails), "")
	}
}

// lookLate is how long a mailbox may go unread before something is wrong.
const lookLate = 15 * time.Minute

// cameIn looks at what came in, and at how the server last looked for it.
func (d *Doctor) cameIn(ctx context.Context, a *App) {
	h, err := a.Inbox.Health(ctx)
	if err != nil {
		d.say("mails that come in", Problem, err.Error(), "Look at the database.")
		return
	}
	look, err := a.Inbox.LastLook(ctx)
	if err != nil {
		d.say("mails that come in", Problem, err.Error(), "Look at the database.")
		return
	}
	late := d.Server.Inbox != "" && d.Server.Inbox != config.InboxLocal && !look.At.IsZero() && a.DB.Now().Sub(look.At) > lookLate
	unasked := fmt.Sprint(h.Unasked(), " confirmations")
	if h.Unasked() == 1 {
		unasked = "1 confirmation"
	}
	found := fmt.Sprintf("%d wait for somebody, %d are being sorted; in 30 days %s did not arrive", h.States[inbox.Waits], h.States[inbox.New], unasked)
	switch {
	case h.Full:
		d.say("mails that come in", Problem, fmt.Sprintf("%d MiB of %d wait: some mails have to stay where they are", h.Bytes>>20, h.MostBytes>>20),
			"Deal with those that wait, on the page of mails of each letter and on that of the server.")
	case look.Code != "":
		d.say("mails that come in", Problem, strings.TrimSuffix("the server's last look into the mailbox failed ("+look.Code+"): "+look.Words, ": "),
			"Mend what the answer names; nothing is lost meanwhile, the mails stay in the mailbox.")
	case late:
		d.say("mails that come in", Problem, "nobody has looked into the mailbox since "+look.At.Format(time.DateTime+" MST"), "Is the server running?")
	case h.States[inbox.New] > 1000:
		d.say("mails that come in", Warning, fmt.Sprintf("%d are not sorted yet", h.States[inbox.New]), "Is the server running? A flood takes some minutes.")
	default:
		d.say("mails that come in", Healthy, found, "")
	}
}
