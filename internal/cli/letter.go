package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/letter"
)

type letterCommand struct {
	List    letterList    `cmd:"" help:"List all letters, drafts too."`
	Show    letterShow    `cmd:"" help:"Show one letter: settings, editions, counts."`
	Set     letterSet     `cmd:"" help:"Change settings: leads, sign-on, deadline, protection."`
	Cover   letterCover   `cmd:"" help:"Write the cover that goes with a letter to an addressee."`
	Call    letterCall    `cmd:"" help:"Set the call: the cover note that asks possible signers."`
	Date    letterDate    `cmd:"" help:"Note a day that matters to a letter, such as an anniversary, or take one away; without a day list them."`
	Publish letterPublish `cmd:"" help:"Publish the draft edition."`
	Close   letterClose   `cmd:"" help:"End the sign-on now."`
	Reopen  letterReopen  `cmd:"" help:"Undo the end of a letter's sign-on, as long as it is not in the log."`
}

type letterList struct {
	config.Instance
	JSON bool `help:"Print one JSON object a line."`
}

// Run lists the letters.
func (c *letterList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		letters, err := a.Letters.ListAll(e.ctx)
		if err != nil {
			return err
		}
		for _, l := range letters {
			if err := printLetter(e, l, c.JSON); err != nil {
				return err
			}
		}
		return nil
	})
}

func printLetter(e *environment, l letter.Letter, asJSON bool) error {
	title := l.Edition.Text(l.Edition.Language).Name()
	deadline := ""
	if l.Deadline.IsSet() {
		deadline = l.Deadline.At.In(l.Deadline.Zone).Format(time.RFC3339)
	}
	if asJSON {
		return e.printJSON(map[string]any{"slug": l.Slug, "state": l.State, "sign_on": l.SignOn, "edition": l.Edition.Number,
			"sha256": l.Edition.SHA256, "languages": l.Edition.Languages(), "title": title, "deadline": deadline, "protected": l.Protected,
			"fixed": l.Fixed(), "publish_at": bundle.Stamp(l.PublishAt)})
	}
	if !l.PublishAt.IsZero() && l.State == letter.Draft {
		deadline += "  to be published " + bundle.Stamp(l.PublishAt)
	} else if l.State == letter.Draft && l.Fixed() {
		deadline += "  handed over: its text is fixed"
	}
	e.printf("%-10s %-14s %s  %s  [%s] %s\n", l.State, l.SignOn, l.Slug, title, strings.Join(l.Edition.Languages(), " "), deadline)
	return nil
}

type letterShow struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object."`
}

// Run shows the letter.
func (c *letterShow) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		if err := printLetter(e, l, c.JSON); err != nil || c.JSON {
			return err
		}
		counts, _, _, err := a.Roll.Summary(e.ctx, l.ID, 0)
		if err != nil {
			return err
		}
		e.printf("  signed by %s and %s; %d of these withheld, %d withdrawn, %d removed\n", several(counts.Organisations, "organisation"),
			persons(counts.Persons), counts.Withheld, counts.Withdrawn, counts.Removed)
		editions, err := a.Letters.Editions.List(e.ctx, l.ID)
		for _, x := range editions {
			e.printf("  edition %d  %s  %s  %s\n", x.Number, x.PublishedAt.Format(time.DateOnly), x.SHA256, x.Follows)
		}
		return err
	})
}

type letterSet struct {
	config.Instance
	Slug            string        `arg:"" help:"The letter."`
	Lead            []string      `help:"Slugs of the lead organisations, in order."`
	SignOn          letter.SignOn `name:"sign-on" enum:"none,people,organisations,both," default:"" help:"Who may sign."`
	Deadline        string        `help:"A new deadline, or \"none\": an instant (RFC 3339) or a day."`
	Zone            string        `default:"UTC" help:"IANA time zone of a deadline given as a day."`
	CloseOfBusiness bool          `help:"The deadline is 17:00 of the day in the zone."`
	PublishAt       string        `name:"publish-at" placeholder:"RFC3339" help:"Of a draft: when it is published by itself, or \"none\". Its text is fixed by that."`
	Continues       *string       `placeholder:"SLUG" help:"The letter that this one goes on with; empty for none."`
	Protected       *bool         `negatable:"" help:"Preselect the counted-only listing."`
	Mandate         *bool         `negatable:"" help:"Hold organisations until it is known that who signed for them may."`
	JSON            bool          `help:"Print the letter as one JSON object."`
}

// Run changes the settings.
func (c *letterSet) Run(e *environment) error {
	set := letter.Settings{Leads: c.Lead, Protected: c.Protected, Mandate: c.Mandate, Continues: c.Continues}
	if c.SignOn != "" {
		set.SignOn = &c.SignOn
	}
	var err error
	if set.Deadline, err = deadlineOf(c.Deadline, c.Zone, c.CloseOfBusiness); err != nil {
		return err
	}
	if c.PublishAt != "" {
		at := time.Time{}
		if c.PublishAt != "none" {
			var err error
			if at, err = instant("--publish-at", c.PublishAt); err != nil {
				return err
			}
		}
		set.PublishAt = &at
	}
	return e.changed(c.Instance, c.JSON, func(a *app.App) (letter.Letter, error) { return a.Letters.SetSettings(e.ctx, c.Slug, set, 0) })
}

// deadlineOf reads a deadline; "" is nil, "none" takes it away.
func deadlineOf(text, zone string, closeOfBusiness bool) (*letter.Deadline, error) {
	switch text {
	case "":
		return nil, nil
	case "none":
		return &letter.Deadline{}, nil
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("--zone %q: give an IANA time zone such as Europe/Vienna", zone)
	}
	d, err := letter.ParseDeadline(text, location, closeOfBusiness)
	return &d, err
}

// changed prints a letter as it is after a change.
func (e *environment) changed(instance config.Instance, asJSON bool, change func(a *app.App) (letter.Letter, error)) error {
	return e.with(instance, func(a *app.App) error {
		l, err := change(a)
		if err != nil {
			return err
		}
		return printLetter(e, l, asJSON)
	})
}

type letterCall struct {
	config.Instance
	Slug       string `arg:"" help:"The letter."`
	File       string `arg:"" help:"Markdown file with the call's text."`
	From       string `help:"Who asks."`
	Title      string `help:"Heading of the call's page."`
	Salutation string `help:"Whom the call greets."`
	Contact    string `help:"The person to ask."`
	Email      string `help:"The address of that person."`
	Language   string `default:"en" help:"Language of the call."`
	JSON       bool   `help:"Print the letter as one JSON object."`
}

// Run sets the call.
func (c *letterCall) Run(e *environment) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	call := letter.Call{Language: c.Language, From: c.From, Title: c.Title, Salutation: c.Salutation,
		Body: letter.CleanMarkdown(string(body)), Contact: c.Contact, Email: c.Email}
	return e.changed(c.Instance, c.JSON, func(a *app.App) (letter.Letter, error) {
		return a.Letters.SetSettings(e.ctx, c.Slug, letter.Settings{Call: &call}, 0)
	})
}

type letterCover struct {
	config.Instance
	Slug       string   `arg:"" help:"The letter."`
	Addressee  int      `placeholder:"N" help:"Which addressee of the letter, counted from 1. Default: what holds for all."`
	Language   *string  `help:"Language of the cover, one of the letter's. Default: the authoritative one."`
	Address    []string `sep:"none" help:"A line of the address in the window; may be given again. Default: the address in the letter."`
	Ours       *string  `help:"Our reference."`
	Yours      *string  `help:"Their reference."`
	Date       *string  `placeholder:"YYYY-MM-DD" help:"Day of the cover."`
	Through    *string  `help:"The office that passes the letter on."`
	Subject    *string  `help:"Default: the letter's title."`
	Salutation *string  `help:"Whom the cover greets."`
	Text       *string  `help:"Default: a sentence that hands the letter over and says how many have signed."`
	Closing    *string  `help:"The last words before the name."`
	From       *string  `help:"Who signs the cover."`
	CC         []string `sep:"none" help:"Who gets a copy; may be given again."`
	Remove     bool     `help:"Take the cover away."`
}

// Run changes the cover: what is not given stays, and an empty text takes away.
func (c *letterCover) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		list, err := a.Letters.Covers.List(e.ctx, l.ID, l.Edition)
		if err != nil {
			return err
		}
		cover := letter.Cover{Addressee: c.Addressee}
		if i := slices.IndexFunc(list, func(x letter.Cover) bool { return x.Addressee == c.Addressee }); i >= 0 && !c.Remove {
			cover = list[i]
		}
		for given, to := range map[*string]*string{c.Language: &cover.Language, c.Ours: &cover.Ours, c.Yours: &cover.Yours, c.Date: &cover.Date,
			c.Through: &cover.Through, c.Subject: &cover.Subject, c.Salutation: &cover.Salutation, c.Text: &cover.Text, c.Closing: &cover.Closing, c.From: &cover.From} {
			if given != nil {
				*to = *given
			}
		}
		if c.Address != nil {
			cover.Address = c.Address
		}
		if c.CC != nil {
			cover.CC = c.CC
		}
		if err := a.Letters.Covers.Put(e.ctx, c.Slug, cover, 0); err != nil {
			return err
		}
		e.printf("cover of %s for addressee %d is kept\n", c.Slug, c.Addressee)
		return nil
	})
}

type letterDate struct {
	config.Instance
	Slug   string `arg:"" help:"The letter."`
	Day    string `arg:"" optional:"" placeholder:"YYYY-MM-DD" help:"The day."`
	Label  string `arg:"" optional:"" help:"What day it is."`
	Yearly bool   `help:"It comes again each year."`
	Remove string `placeholder:"ID" help:"Take a day away."`
	JSON   bool   `help:"Print one JSON object a line."`
}

// Run notes or removes a day, and lists those of the letter.
func (c *letterDate) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		switch {
		case c.Remove != "":
			id, err := idOf(c.Remove)
			if err != nil {
				return err
			}
			if err := a.Deliveries.RemoveDate(e.ctx, c.Slug, id, 0); err != nil {
				return err
			}
		case c.Day != "":
			day, err := instant("DAY", c.Day)
			if err != nil {
				return err
			}
			if err := a.Deliveries.AddDate(e.ctx, c.Slug, delivery.KeyDate{Day: day, Label: c.Label, Yearly: c.Yearly}, 0); err != nil {
				return err
			}
		}
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		for _, k := range st.Dates {
			if c.JSON {
				if err := e.printJSON(map[string]any{"id": delivery.ID(k.ID), "day": bundle.DayOf(k.Day), "label": k.Label, "yearly": k.Yearly}); err != nil {
					return err
				}
				continue
			}
			again := ""
			if k.Yearly {
				again = "  each year"
			}
			e.printf("%s  %s  %s%s\n", delivery.ID(k.ID), bundle.DayOf(k.Day), k.Label, again)
		}
		return nil
	})
}

type letterPublish struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print the letter as one JSON object."`
}

// Run publishes the draft edition.
func (c *letterPublish) Run(e *environment) error {
	return e.changed(c.Instance, c.JSON, func(a *app.App) (letter.Letter, error) {
		return a.Letters.Publish(e.ctx, c.Slug, letter.Publication{})
	})
}

type letterClose struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
}

// Run closes the letter.
func (c *letterClose) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Letters.Close(e.ctx, c.Slug, 0), "%s is closed. For 24 hours: undersigned letter reopen %s\n", c.Slug, c.Slug)
	})
}

type letterReopen struct {
	config.Instance
	Slug     string `arg:"" help:"The letter."`
	Deadline string `help:"A later deadline where the old one is over, or \"none\": an instant (RFC 3339) or a day."`
	Zone     string `default:"UTC" help:"IANA time zone of a deadline given as a day."`
	JSON     bool   `help:"Print the letter as one JSON object."`
}

// Run opens the letter again.
func (c *letterReopen) Run(e *environment) error {
	deadline, err := deadlineOf(c.Deadline, c.Zone, false)
	if err != nil {
		return err
	}
	return e.changed(c.Instance, c.JSON, func(a *app.App) (letter.Letter, error) { return a.Letters.Reopen(e.ctx, c.Slug, deadline, 0) })
}
