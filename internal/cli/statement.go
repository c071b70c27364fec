package cli

import (
	"fmt"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
)

type statementCommand struct {
	Ask     statementAsk     `cmd:"" help:"Send the office of an addressee the link by which it states its own view."`
	End     statementEnd     `cmd:"" help:"Take such a link back."`
	List    statementList    `cmd:"" help:"List what offices stated, and their links."`
	Add     statementAdd     `cmd:"" help:"Enter what an office stated otherwise than by its link; prints its id."`
	Publish statementPublish `cmd:"" help:"Show a statement, once it was looked at for personal data of others."`
	Refuse  statementRefuse  `cmd:"" help:"Refuse a statement, or take one off the page. Its words are destroyed; that there was one, and the reason, is public."`
}

type statementAsk struct {
	config.Instance
	Slug      string `arg:"" help:"The letter."`
	Addressee int    `required:"" placeholder:"N" help:"Whose office, counted from 1 (see addressee list)."`
	Email     string `required:"" placeholder:"ADDRESS" help:"The address of the office as you have checked it; it has to be the one on record."`
	Language  string `help:"Language of the mail and the page. Default: the letter's."`
}

// Run asks the office.
func (c *statementAsk) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		ask := delivery.OfficeAsked{Addressee: c.Addressee, Language: c.Language, Email: c.Email}
		err := a.Deliveries.AskOffice(e.ctx, c.Slug, ask, 0)
		if all := fault.All(err); len(all) == 1 && all[0].Key == "office.changed" {
			return fmt.Errorf("--email is not the address on record of that addressee (see addressee list)")
		}
		return e.done(err, "The link goes to %s; it works for %d days.\n", c.Email, delivery.OfficeDays)
	})
}

type statementEnd struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The link (see statement list)."`
}

// Run takes the link back.
func (c *statementEnd) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.EndOffice(e.ctx, c.Slug, id, 0), "Link %s is worth nothing any more.\n", c.ID)
	})
}

type statementList struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists statements and links.
func (c *statementList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		links, err := a.Deliveries.OfficeLinks(e.ctx, l)
		if err != nil {
			return err
		}
		list, err := a.Deliveries.Statements(e.ctx, l)
		if err != nil {
			return err
		}
		for _, k := range links {
			if err := c.printLink(e, k, a.DB.Now()); err != nil {
				return err
			}
		}
		for _, x := range list {
			if err := c.print(e, st, x); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *statementList) printLink(e *environment, k delivery.OfficeLink, now time.Time) error {
	if c.JSON {
		return e.printJSON(map[string]any{"link": delivery.ID(k.ID), "addressee": k.Addressee, "until": k.ExpiresAt.Format(time.RFC3339), "good": k.Good(now),
			"mails": k.Mails, "turned": k.Turned})
	}
	good := "ended"
	if k.Good(now) {
		good = "good until " + k.ExpiresAt.Format(time.DateOnly)
	}
	e.printf("link %s  %s  %d  %s, %d mails\n", delivery.ID(k.ID), k.CreatedAt.Format(time.DateOnly), k.Addressee, good, k.Mails)
	return nil
}

func (c *statementList) print(e *environment, st delivery.Standing, x delivery.Stated) error {
	number := ""
	for _, d := range st.Demands {
		if x.Of(d) {
			number = d.Number
		}
	}
	if c.JSON {
		return e.printJSON(map[string]any{"id": delivery.ID(x.ID), "addressee": x.Addressee, "demand": number, "at": x.At.Format(time.RFC3339), "state": x.State,
			"position": x.Position, "text": x.Text, "language": x.Language, "evidence": x.Evidence, "file": x.File, "entered": x.Entered, "reason": x.Reason})
	}
	e.printf("%s  %s  %d  demand %-4s %-10s %-13s %s\n", delivery.ID(x.ID), x.At.Format(time.DateOnly), x.Addressee, number, x.State, x.Position, x.Reason)
	return nil
}

type statementAdd struct {
	config.Instance
	Slug      string `arg:"" help:"The letter."`
	Number    string `arg:"" help:"The demand."`
	Addressee int    `required:"" placeholder:"N" help:"Whose office, counted from 1 (see addressee list)."`
	Position  string `required:"" enum:"agrees,disagrees,says_done,under_way,promised,partly,refused,not_competent,no_comment" help:"agrees, disagrees (with what is shown), says_done, under_way, promised, partly, refused, not_competent or no_comment."`
	At        string `required:"" placeholder:"RFC3339" help:"When it came."`
	Text      string `help:"In the office's words."`
	Language  string `default:"en" help:"Of these words."`
	File      string `placeholder:"FILE" help:"A scan of what came; kept sealed, for editors alone. It or --response is needed."`
	Response  string `placeholder:"ID" help:"Or the response that it stands in."`
	Publish   bool   `help:"Show it at once."`
	JSON      bool   `help:"Print one JSON object."`
}

// Run enters the statement.
func (c *statementAdd) Run(e *environment) error {
	y := delivery.Saying{Demand: c.Number, Addressee: c.Addressee, Position: delivery.Position(c.Position), Text: c.Text, Language: c.Language, Publish: c.Publish}
	var err error
	if y.At, err = instant("--at", c.At); err != nil {
		return err
	}
	if (c.File == "") == (c.Response == "") {
		return fmt.Errorf("%w: give --file or --response: it rests on what came", errUsage)
	}
	if c.Response != "" {
		y.Evidence = delivery.Evidence("response:" + c.Response)
	} else {
		f, err := fileAt(c.File, "")
		if err != nil {
			return err
		}
		y.File = &f
	}
	return e.with(c.Instance, func(a *app.App) error {
		x, err := a.Deliveries.EnterStated(e.ctx, c.Slug, y, 0)
		if err != nil {
			return err
		}
		if c.JSON {
			return e.printJSON(map[string]any{"id": delivery.ID(x.ID), "state": x.State})
		}
		e.printf("%s\n", delivery.ID(x.ID))
		return nil
	})
}

type statementPublish struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The statement."`
}

// Run shows it.
func (c *statementPublish) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.PublishStated(e.ctx, c.Slug, id, 0), "Everybody can see statement %s now.\n", c.ID)
	})
}

type statementRefuse struct {
	config.Instance
	Slug   string `arg:"" help:"The letter."`
	ID     string `arg:"" help:"The statement."`
	Reason string `required:"" enum:"personal_data,unlawful,not_theirs" help:"personal_data (of others), unlawful or not_theirs; there is no other."`
}

// Run refuses it.
func (c *statementRefuse) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.RefuseStated(e.ctx, c.Slug, id, delivery.StatedReason(c.Reason), 0),
			"Statement %s is refused. That it was, and why, is public.\n", c.ID)
	})
}
