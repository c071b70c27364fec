package cli

import (
	"errors"
	"strings"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
)

type organisationCommand struct {
	Set  organisationSet  `cmd:"" help:"Write an entry; what is not given stays."`
	List organisationList `cmd:"" help:"List the directory."`
}

type organisationSet struct {
	config.Instance
	Slug    string            `arg:"" help:"Name of the entry in its page's address."`
	Name    map[string]string `placeholder:"LANG=NAME" help:"Name in a language, e.g. --name en='Harbour Watch'."`
	About   map[string]string `placeholder:"LANG=TEXT" help:"A few sentences in a language."`
	Country string            `help:"ISO 3166 code."`
	Status  account.Status    `enum:"general,special,roster,none," default:"" help:"Consultative status with the Economic and Social Council of the United Nations: general, special, roster, or none."`
	Address []string          `sep:"none" placeholder:"LINE" help:"A line of the postal address; repeat it."`
	Email   string            `help:"Contact address."`
	Phone   string            `help:"Telephone number."`
	Link    []string          `sep:"none" placeholder:"URL" help:"Web address; repeat it."`
	NoLogo  bool              `name:"no-logo" help:"Take the logo away."`
	Logo    string            `type:"existingfile" placeholder:"FILE" help:"PNG, JPEG or GIF."`
}

// Run writes the entry.
func (c *organisationSet) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		o, err := a.Letters.Directory.Find(e.ctx, c.Slug)
		if fault.Is(err, fault.NotFound) {
			o, err = account.Organisation{Slug: c.Slug}, nil
		}
		if err != nil {
			return err
		}
		for language, name := range c.Name {
			set(&o.Names, language, name)
		}
		for language, text := range c.About {
			set(&o.About, language, text)
		}
		for _, f := range []struct {
			given string
			into  *string
		}{{strings.ToUpper(c.Country), &o.Country}, {c.Email, &o.Email}, {c.Phone, &o.Phone}} {
			if f.given != "" {
				*f.into = f.given
			}
		}
		if c.Address != nil {
			o.Address = c.Address
		}
		if c.Link != nil {
			o.Links = c.Link
		}
		switch c.Status {
		case "":
		case "none":
			o.Status = ""
		default:
			o.Status = c.Status
		}
		if c.NoLogo {
			o.Logo = ""
		}
		if c.Logo != "" {
			data, err := readFile(c.Logo, letter.MaxPictureBytes)
			if err != nil {
				return err
			}
			if o.Logo, err = a.Letters.Media.PutPicture(e.ctx, data); err != nil {
				return err
			}
		}
		return a.Letters.Directory.Put(e.ctx, o)
	})
}

func set(texts *map[string]string, language, text string) {
	if *texts == nil {
		*texts = map[string]string{}
	}
	(*texts)[language] = text
}

type organisationList struct {
	config.Instance
	JSON bool `help:"Print one JSON object a line."`
}

// Run lists the directory.
func (c *organisationList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		list, err := a.Letters.Directory.List(e.ctx)
		for _, o := range list {
			if c.JSON {
				err = errors.Join(err, e.printJSON(struct {
					Slug string `json:"slug"`
					account.Organisation
				}{o.Slug, o}))
				continue
			}
			e.printf("%-24s %s\n", o.Slug, o.Name("en", "en"))
		}
		return err
	})
}
