package cli

import (
	"fmt"
	"path/filepath"
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
	File     string `arg:"" help:"The article, in a format that import letter reads. Links and footnotes are its sources; pictures are named by relative paths."`
	Title    string `help:"Default: the one the text has."`
	Date     string `placeholder:"YYYY-MM-DD" help:"Day of the article. Default: the one the text gives, else today."`
	Language string `help:"Language of the text (BCP 47). Default: recognised."`
	JSON     bool   `help:"Print one JSON object."`
}

// Run publishes the article.
func (c *updateAdd) Run(e *environment) error {
	data, err := readFile(c.File, importer.Limit)
	if err != nil {
		return err
	}
	draft, err := importer.Read(filepath.Base(c.File), data)
	if err != nil {
		return err
	}
	for given, into := range map[*string]*string{&c.Title: &draft.Title, &c.Date: &draft.Date, &c.Language: &draft.Language} {
		if *given != "" {
			*into = *given
		}
	}
	at := time.Time{}
	if draft.Date != "" {
		if at, err = time.Parse(time.DateOnly, draft.Date); err != nil {
			return fmt.Errorf("%w: --date %q: give a day such as 2030-06-30", errUsage, draft.Date)
		}
	}
	return e.with(c.Instance, func(a *app.App) error {
		if draft.Body, err = storePictures(e, a, filepath.Dir(c.File), draft.Body); err != nil {
			return err
		}
		text := letter.TextOf(draft, false)
		u, err := a.Letters.AddUpdate(e.ctx, c.Slug, letter.Update{Language: text.Language, Title: text.Title, Body: text.Body, At: at})
		if err != nil {
			return err
		}
		return printUpdate(e, c.Slug, u, c.JSON)
	})
}

func printUpdate(e *environment, slug string, u letter.Update, asJSON bool) error {
	if asJSON {
		return e.printJSON(map[string]any{"number": u.Number, "title": u.Title, "language": u.Language, "date": u.At.Format(time.DateOnly),
			"path": fmt.Sprintf("/letters/%s/updates/%d", slug, u.Number)})
	}
	e.printf("%d  %s  [%s]  %s\n", u.Number, u.At.Format(time.DateOnly), u.Language, u.Title)
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
		updates, err := a.Letters.Updates(e.ctx, l.ID)
		for _, u := range updates {
			if err := printUpdate(e, c.Slug, u, c.JSON); err != nil {
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
	return e.with(c.Instance, func(a *app.App) error { return a.Letters.RemoveUpdate(e.ctx, c.Slug, c.Number) })
}
