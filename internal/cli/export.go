package cli

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/roll"
)

type exportCommand struct {
	Letter      exportLetter      `cmd:"" help:"Write the canonical file of a letter."`
	Signatories exportSignatories `cmd:"" help:"Write the public list of signatories."`
	Bundle      exportBundle      `cmd:"" help:"Write all that is needed to check a letter's numbers without this server."`
}

type exportLetter struct {
	config.Instance
	Slug      string          `arg:"" help:"The letter."`
	Format    string          `enum:"md,html,json,pdf,docx" default:"md" help:"md: the canonical file, whose SHA-256 the letter states. html: its text as a page. json: what is public of the letter as data. pdf, docx: the document that is handed over, with its signatories and a sheet that says how to check it."`
	Edition   int             `placeholder:"N" help:"Number of the edition. Default: the current one."`
	Language  string          `help:"Language of the text. Default: the authoritative one."`
	Audience  roll.Audience   `default:"public" help:"For whom the document is, which decides which names stand in it: public, addressee or coalition. What is not public carries the number of its copy."`
	Addressee int             `placeholder:"N" help:"Put the cover for this addressee before it, counted from 1 (see letter cover)."`
	Sheet     document.Sheet  `enum:"a4,letter," default:"" help:"Paper of the document: a4 or letter. Default: what the first lead organisation's country uses."`
	Layout    document.Layout `enum:"letter,un,upr,special,list" default:"letter" help:"What the document is for. letter: to be handed over. un: a written statement to the Human Rights Council. upr: a submission to the Universal Periodic Review. special: a sheet to copy into the form for the special procedures. list: signatories and sheet alone. Of un and upr the words are counted, and docx is the only format."`
	Early     bool            `help:"Of a draft: as it is handed over before it is published. Of pdf and docx."`
	BaseURL   string          `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How readers reach the server; stands in the addresses that the document mentions."`
	Output    string          `short:"o" required:"" placeholder:"FILE" help:"File to write, - for standard output."`
}

// Run writes the file.
func (c *exportLetter) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		if c.BaseURL != "" {
			if u, err := url.Parse(c.BaseURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return fmt.Errorf("%w: --base-url %q: give an address with https", errUsage, c.BaseURL)
			}
		}
		switch c.Format {
		case "pdf", "docx":
			return c.writeDocument(e, a)
		}
		if c.Audience != roll.ForPublic || c.Addressee != 0 || c.Layout != document.AsLetter {
			return fmt.Errorf("%w: --audience, --addressee and --layout are for --format pdf and docx", errUsage)
		}
		if c.Format == "json" {
			return e.writeWhole(c.Output, 0o644, func(w io.Writer) error { return a.WriteLetter(e.ctx, w, c.Slug, c.BaseURL) })
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
		if c.Format == "html" {
			edition, err := a.Letters.Editions.Find(e.ctx, l.ID, c.Edition)
			if err != nil {
				return err
			}
			file = edition.Text(c.Language).Page()
		}
		return e.writeWhole(c.Output, 0o644, func(w io.Writer) error {
			_, err := io.WriteString(w, file)
			return err
		})
	})
}

func (c *exportLetter) writeDocument(e *environment, a *app.App) error {
	d, err := a.Documents.Make(e.ctx, document.Wanted{Slug: c.Slug, Edition: c.Edition, Language: c.Language, Audience: c.Audience,
		Addressee: c.Addressee, Sheet: c.Sheet, Layout: c.Layout, BaseURL: c.BaseURL, Early: c.Early})
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if d.Copy != "" { // names in it are not everybody's; who had it made is in the trail, as at the desk
		mode = 0o600
		if err := a.RecordExport(e.ctx, c.Slug, c.Audience, c.Format+" "+d.Copy); err != nil {
			return err
		}
	}
	var report document.Report
	err = e.writeWhole(c.Output, mode, func(w io.Writer) (err error) {
		report, err = d.Write(w, document.Format(c.Format))
		return err
	})
	if err != nil || c.Output == "-" {
		return err
	}
	if d.Copy != "" {
		e.printf("copy %s, not for publication\n", d.Copy)
	}
	if c.BaseURL == "" {
		e.printf("without --base-url the document names no address of the letter\n")
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
