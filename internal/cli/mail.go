package cli

import (
	"cmp"
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
)

type mailCommand struct {
	Receive mailReceive `cmd:"" help:"Take one mail on standard input, as a mail server hands it over. Ends with 0 once it is on stable storage, with 75 when the server is to try again, and with 65 for one that is too large, which the server returns to its sender."`
	Blocked mailBlocked `cmd:"" help:"Count the addresses that are sent no mails any more, by letter and reason; which ones they are, nobody can read."`
	Block   mailBlock   `cmd:"" help:"End what an address is sent unasked: invitations, reminders, news. Do it when its owner asks. Who signs with it is sent the mail to confirm all the same."`
	Unblock mailUnblock `cmd:"" help:"Have an address get mails again, whatever the reason was. Do it when its owner asks."`
}

type mailReceive struct {
	config.Instance
	Recipient string `env:"ORIGINAL_RECIPIENT" placeholder:"ADDRESS" help:"Whom the mail came for. Default: what the mail server has put into its header, or says in the environment as Postfix does."`
	JSON      bool   `help:"Print the result as one JSON object."`
}

// Run keeps the mail. A mail server that is told that it went well forgets it, so that is said last of all.
func (c *mailReceive) Run(e *environment) error {
	came, err := inbox.Pipe(e.stdin)
	if err != nil {
		return fmt.Errorf("%w: standard input: %w", errTemporary, err)
	}
	came.Recipient = c.Recipient
	kept, empty := false, false
	err = e.with(c.Instance, func(a *app.App) error {
		id, err := a.Inbox.Receive(e.ctx, came)
		kept, empty = id != 0, fault.Is(err, fault.Invalid)
		return err
	})
	switch {
	case empty: // nothing else is reason to send a mail back
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errTemporary, err)
	case c.JSON:
		err = e.printJSON(map[string]any{"kept": kept, "bytes": came.Kept(), "size": came.Size, "whole": came.Whole()})
	}
	if err == nil && !came.Whole() {
		return fmt.Errorf("%w: it has %d MiB, and %d are taken; send large files as a link", errTooLarge, came.Size>>20, inbox.MaxMail>>20)
	}
	return err
}

type mailBlocked struct {
	config.Instance
	JSON bool `help:"Print one JSON object a line."`
}

// Run counts what is blocked.
func (c *mailBlocked) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		list, slugs, err := a.Blocks(e.ctx)
		if err != nil {
			return err
		}
		for _, b := range list {
			slug, latest := slugs[b.Letter], ""
			if !b.Latest.IsZero() {
				latest = b.Latest.Format(time.DateOnly)
			}
			if c.JSON {
				if err := e.printJSON(map[string]any{"letter": slug, "reason": b.Reason, "addresses": b.Addresses, "latest": latest}); err != nil {
					return err
				}
				continue
			}
			e.printf("%6d  %-12s  %-10s  %s\n", b.Addresses, b.Reason, latest, cmp.Or(slug, "every letter"))
		}
		if len(list) == 0 && !c.JSON {
			e.printf("No address is blocked.\n")
		}
		return nil
	})
}

type mailBlock struct {
	config.Instance
	Address string `arg:"" help:"The address, as its owner writes it."`
}

// Run ends the mails. It says the same whether there were any.
func (c *mailBlock) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		err := a.News.EndAddress(e.ctx, c.Address)
		for _, f := range fault.All(err) {
			f.Field = "ADDRESS" // there is no form here
		}
		return e.done(err, "It gets no invitations, reminders and news any more.\n")
	})
}

type mailUnblock struct {
	config.Instance
	Address string `arg:"" help:"The address, as its owner writes it."`
	JSON    bool   `help:"Print one JSON object a line."`
}

// Run lifts every block of the address.
func (c *mailUnblock) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		lifted, err := a.Unblock(e.ctx, c.Address)
		for _, f := range fault.All(err) {
			f.Field = "ADDRESS" // there is no form here
		}
		for _, b := range lifted {
			if c.JSON {
				if err := e.printJSON(b); err != nil {
					return err
				}
				continue
			}
			e.printf("Lifted: %s (%s)\n", cmp.Or(b.Letter, "every letter"), b.Reason)
		}
		if err == nil && len(lifted) == 0 && !c.JSON {
			e.printf("Nothing was blocked for this address.\n")
		}
		return err
	})
}
