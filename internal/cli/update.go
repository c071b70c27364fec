package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

type updateCommand struct {
	Add    updateAdd    `cmd:"" help:"Publish an update of a letter: a dated article about what has happened since."`
	List   updateList   `cmd:"" help:"List the updates of a letter."`
	Remove updateRemove `cmd:"" help:"Take an update back."`
}

type updateAdd struct {
	config.Instance
	Slug     string `arg:"" help:"The letter."`
	File     string `arg:"" help:"The article in Markdown; a first line with # is its title. Links and footnotes are its sources; pictures are named by relative paths."`
	Title    string `help:"Default: the one the text has."`
	Date     string `placeholder:"YYYY-MM-DD" help:"Day of the article. Default: today."`
	Language string `help:"Language of the text (BCP 47). Default: recognised."`
	Mail     bool   `help:"Write to those who follow the letter, with the next mail: within a day."`
	JSON     bool   `help:"Print one JSON object."`
}

// Run publishes the article.
func (c *updateAdd) Run(e *environment) error {
	data, err := readFile(c.File, importer.Limit)
	if err != nil {
		return err
	}
	u, err := readUpdate(data)
	if err != nil {
		return err
	}
	if c.Title != "" {
		u.Title = c.Title
	}
	if c.Language != "" {
		u.Language = c.Language
	}
	if c.Date != "" {
		if u.At, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return fmt.Errorf("%w: --date %q: give a day such as 2030-06-30", errUsage, c.Date)
		}
	}
	return e.with(c.Instance, func(a *app.App) error {
		if u.Body, err = storePictures(e, a, filepath.Dir(c.File), u.Body); err != nil {
			return err
		}
		if u, err = a.Letters.Updates.Add(e.ctx, c.Slug, u, 0); err != nil {
			return err
		}
		if !c.Mail {
			return printUpdate(e, c.Slug, u, nil, c.JSON)
		}
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		followers, err := a.News.TellUpdate(e.ctx, l, u.Number, 0)
		if err != nil {
			return err
		}
		return printUpdate(e, c.Slug, u, &followers, c.JSON)
	})
}

// readUpdate reads an article in Markdown: its title, and its language as far as that can be told.
func readUpdate(data []byte) (u letter.Update, err error) {
	draft, err := importer.Read("update.md", data) // refuses what is no text, and knows languages
	if err != nil {
		return u, err
	}
	text, err := importer.Decode(data)
	if err != nil {
		return u, err
	}
	u.Language, u.Body = draft.Language, strings.TrimSpace(text)
	if first, rest, _ := strings.Cut(u.Body, "\n"); strings.HasPrefix(first, "# ") {
		u.Title, u.Body = strings.TrimSpace(first[2:]), rest
	}
	return u, nil
}

// printUpdate prints an update; recipients, if it is not nil, is how many will be written to about it.
func printUpdate(e *environment, slug string, u letter.Update, recipients *int, asJSON bool) error {
	if asJSON {
		says := map[string]any{"number": u.Number, "title": u.Title, "language": u.Language, "date": u.At.Format(time.DateOnly),
			"path": fmt.Sprintf("/letters/%s/updates/%d", slug, u.Number)}
		if recipients != nil {
			says["recipients"] = *recipients
		}
		return e.printJSON(says)
	}
	e.printf("%d  %s  [%s]  %s\n", u.Number, u.At.Format(time.DateOnly), u.Language, u.Title)
	if recipients != nil {
		e.printf("Written to with the next mail: %d; who has asked for news within the last day follows a day later.\n", *recipients)
	}
	return nil
}

type updateList struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists the updates.
func (c *updateList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		updates, err := a.Letters.Updates.List(e.ctx, l.ID)
		for _, u := range updates {
			if err := printUpdate(e, c.Slug, u, nil, c.JSON); err != nil {
				return err
			}
		}
		return err
	})
}

type updateRemove struct {
	config.Instance
	Slug   string `arg:"" help:"The letter."`
	Number int    `arg:"" help:"The update's number."`
}

// Run removes the update.
func (c *updateRemove) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Letters.Updates.Remove(e.ctx, c.Slug, c.Number, 0), "Update %d of %s is taken back.\n", c.Number, c.Slug)
	})
}
