package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
)

type letterCommand struct {
	List    letterList    `cmd:"" help:"List all letters, drafts too."`
	Show    letterShow    `cmd:"" help:"Show one letter: settings, editions, counts."`
	Set     letterSet     `cmd:"" help:"Change settings: leads, sign-on, deadline, protection."`
	Cover   letterCover   `cmd:"" help:"Write the cover that goes with a letter to an addressee."`
	Call    letterCall    `cmd:"" help:"Set the call: the cover note that asks possible signers."`
	Publish letterPublish `cmd:"" help:"Publish the draft edition."`
	Close   letterClose   `cmd:"" help:"End the sign-on now."`
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
			"sha256": l.Edition.SHA256, "languages": l.Edition.Languages(), "title": title, "deadline": deadline, "protected": l.Protected})
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
		e.printf("  signed by %d organisations and %d people; %d of these withheld, %d withdrawn, %d removed\n", counts.Organisations,
			counts.Persons, counts.Withheld, counts.Withdrawn, counts.Removed)
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
	Protected       *bool         `negatable:"" help:"Preselect the counted-only listing."`
	Mandate         *bool         `negatable:"" help:"Hold organisations until it is known that who signed for them may."`
	JSON            bool          `help:"Print the letter as one JSON object."`
}

// Run changes the settings.
func (c *letterSet) Run(e *environment) error {
	set := letter.Settings{Leads: c.Lead, Protected: c.Protected, Mandate: c.Mandate}
	if c.SignOn != "" {
		set.SignOn = &c.SignOn
	}
	switch c.Deadline {
	case "":
	case "none":
		set.Deadline = &letter.Deadline{}
	default:
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return fmt.Errorf("--zone %q: give an IANA time zone such as Europe/Vienna", c.Zone)
		}
		d, err := letter.ParseDeadline(c.Deadline, zone, c.CloseOfBusiness)
		if err != nil {
			return err
		}
		set.Deadline = &d
	}
	return e.changed(c.Instance, c.JSON, func(a *app.App) (letter.Letter, error) { return a.Letters.SetSettings(e.ctx, c.Slug, set, 0) })
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
	Language   string   `help:"Language of the cover. Default: the letter's."`
	Address    []string `sep:"none" help:"A line of the address in the window; may be given again. Default: the address in the letter."`
	Ours       string   `help:"Our reference."`
	Yours      string   `help:"Their reference."`
	Date       string   `placeholder:"YYYY-MM-DD" help:"Day of the cover."`
	Through    string   `help:"The office that passes the letter on."`
	Subject    string   `help:"Default: the letter's title."`
	Salutation string   `help:"Whom the cover greets."`
	Text       string   `help:"Default: a sentence that hands the letter over and says how many have signed."`
	From       string   `help:"Who signs the cover."`
	CC         []string `sep:"none" help:"Who gets a copy; may be given again."`
}

// Run writes the cover; one that says nothing is taken away.
func (c *letterCover) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		return a.Letters.Covers.Put(e.ctx, c.Slug, letter.Cover{Addressee: c.Addressee, Language: c.Language, Address: c.Address, Ours: c.Ours, Yours: c.Yours,
			Date: c.Date, Through: c.Through, Subject: c.Subject, Salutation: c.Salutation, Text: c.Text, From: c.From, CC: c.CC}, 0)
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
	return e.with(c.Instance, func(a *app.App) error { return a.Letters.Close(e.ctx, c.Slug, 0) })
}

type exportCommand struct {
	Letter      exportLetter      `cmd:"" help:"Write the canonical file of a letter."`
	Signatories exportSignatories `cmd:"" help:"Write the public list of signatories."`
	Bundle      exportBundle      `cmd:"" help:"Write all that is needed to check a letter's numbers without this server."`
}

type exportLetter struct {
	config.Instance
	Slug      string          `arg:"" help:"The letter."`
	Format    string          `enum:"md,pdf,docx" default:"md" help:"md: the canonical file, whose SHA-256 the letter states. pdf, docx: the document that is handed over, with its signatories and a sheet that says how to check it."`
	Edition   int             `placeholder:"N" help:"Number of the edition. Default: the current one."`
	Language  string          `help:"Language of the text. Default: the authoritative one."`
	Audience  roll.Audience   `default:"public" help:"For whom the document is, which decides which names stand in it: public, addressee or coalition. What is not public carries the number of its copy."`
	Addressee int             `placeholder:"N" help:"Put the cover for this addressee before it, counted from 1 (see letter cover)."`
	Sheet     document.Sheet  `enum:"a4,letter," default:"" help:"Paper of the document: a4 or letter. Default: what the first lead organisation's country uses."`
	Layout    document.Layout `enum:"letter,un,upr,list" default:"letter" help:"What the document is for. letter: to be handed over. un: a written statement to the Human Rights Council. upr: a submission to the Universal Periodic Review. list: signatories and sheet alone. Of un and upr the words are counted, and docx is the only format."`
	BaseURL   string          `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How readers reach the server; stands in the addresses that the document mentions."`
	Output    string          `short:"o" required:"" placeholder:"FILE" help:"File to write, - for standard output."`
}

// Run writes the file.
func (c *exportLetter) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		if c.Format != "md" {
			return c.writeDocument(e, a)
		}
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		if c.Edition == 0 {
			c.Edition = l.Edition.Number
		}
		if c.Language == "" {
			edition, err := a.Letters.Editions.Find(e.ctx, l.ID, c.Edition)
			if err != nil {
				return err
			}
			c.Language = edition.Language
		}
		file, _, err := a.Letters.Editions.File(e.ctx, c.Slug, c.Edition, c.Language)
		if err != nil {
			return err
		}
		if c.Output == "-" {
			e.printf("%s", file)
			return nil
		}
		return os.WriteFile(c.Output, []byte(file), 0o644)
	})
}

func (c *exportLetter) writeDocument(e *environment, a *app.App) error {
	d, err := a.Documents.Make(e.ctx, document.Wanted{Slug: c.Slug, Edition: c.Edition, Language: c.Language, Audience: c.Audience,
		Addressee: c.Addressee, Sheet: c.Sheet, Layout: c.Layout, BaseURL: c.BaseURL})
	if err != nil {
		return err
	}
	var report document.Report
	err = e.writeWhole(c.Output, func(w io.Writer) (err error) {
		report, err = d.Write(w, document.Format(c.Format))
		return err
	})
	if err != nil || c.Output == "-" {
		return err
	}
	if report.Pages > 0 { // a word processor makes its own
		e.printf("%d pages\n", report.Pages)
	}
	for _, limit := range report.Limits {
		left := limit.Words - report.Words
		if left >= 0 {
			e.printf("%d of %d words for %s, %d left\n", report.Words, limit.Words, limit.For, left)
		} else {
			e.printf("%d of %d words for %s, %d too many\n", report.Words, limit.Words, limit.For, -left)
		}
	}
	if n := len(report.Missing); n > 0 {
		e.printf("%d characters are in no font of this machine and show as boxes: %s\n", n, string(report.Missing))
	}
	if report.Pictures > 0 {
		e.printf("%d pictures could not be read; the document says so in their place\n", report.Pictures)
	}
	return nil
}
