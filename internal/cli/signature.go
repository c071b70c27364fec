package cli

import (
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

type signatureCommand struct {
	List    signatureList    `cmd:"" help:"List held or listed signatures."`
	Release signatureRelease `cmd:"" help:"Let held signatures into the count."`
	Remove  signatureRemove  `cmd:"" help:"Take signatures out, for a reason that the public sees."`
}

type signatureList struct {
	config.Instance
	Slug  string        `arg:"" help:"The letter."`
	State signing.State `enum:"held,new,listed,withdrawn,removed" default:"held" help:"held, new, listed, withdrawn or removed."`
	JSON  bool          `help:"Print one JSON object a line."`
}

const listSlice = 500

// Run lists the signatures.
func (c *signatureList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		for after := int64(0); ; {
			page, err := a.Signing.Holds.List(e.ctx, l.ID, c.State, after, listSlice)
			if err != nil {
				return err
			}
			for _, o := range page {
				after = o.ID
				if err := c.print(e, o); err != nil {
					return err
				}
			}
			if len(page) < listSlice {
				return nil
			}
		}
	})
}

func (c *signatureList) print(e *environment, o signing.Held) error {
	if c.JSON {
		return e.printJSON(map[string]any{"id": o.ID, "kind": o.Kind, "state": o.State, "reason": o.Reason, "listing": o.Listing,
			"edition": o.Edition, "signed": o.SignedAt.Format(time.DateOnly), "name": o.Name, "title": o.Title, "affiliation": o.Affiliation})
	}
	e.printf("%d  %-12s %-9s edition %d  %s  %s  %s\n", o.ID, o.Kind, o.Listing, o.Edition, o.SignedAt.Format(time.DateOnly), o.Name, o.Reason)
	return nil
}

type signatureRelease struct {
	config.Instance
	Slug string  `arg:"" help:"The letter."`
	ID   []int64 `arg:"" name:"id" help:"Ids, as list prints them."`
}

// Run releases the signatures.
func (c *signatureRelease) Run(e *environment) error {
	return eachSignature(e, c.Instance, c.Slug, c.ID, func(a *app.App, l letter.ID, id int64) error {
		_, err := a.Signing.Holds.Release(e.ctx, l, id, 0)
		return err
	})
}

type signatureRemove struct {
	config.Instance
	Slug   string  `arg:"" help:"The letter."`
	ID     []int64 `arg:"" name:"id" help:"Ids, as list prints them."`
	Reason string  `required:"" enum:"duplicate,fraud,moderation" help:"duplicate, fraud or moderation."`
}

// Run removes the signatures.
func (c *signatureRemove) Run(e *environment) error {
	return eachSignature(e, c.Instance, c.Slug, c.ID, func(a *app.App, l letter.ID, id int64) error {
		return a.Signing.Holds.Remove(e.ctx, l, id, 0, verify.Reason(c.Reason))
	})
}

func eachSignature(e *environment, instance config.Instance, slug string, ids []int64, fn func(*app.App, letter.ID, int64) error) error {
	return e.with(instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, slug)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := fn(a, l.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
}
