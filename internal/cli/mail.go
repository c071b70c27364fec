package cli

import (
	"cmp"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
)

type mailCommand struct {
	Blocked mailBlocked `cmd:"" help:"Count the addresses that are sent no mails any more, by letter and reason; which ones they are, nobody can read."`
	Unblock mailUnblock `cmd:"" help:"Have an address get mails again, whatever the reason was. Do it when its owner asks."`
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
