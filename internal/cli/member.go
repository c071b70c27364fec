package cli

import (
	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type memberCommand struct {
	Add   memberAdd   `cmd:"" help:"Print a link by which somebody joins an organisation; it is good once, for seven days."`
	Reset memberReset `cmd:"" help:"Print a link by which a user who has lost every way in gets in again; it is good once, for a day."`
	List  memberList  `cmd:"" help:"List the members of an organisation."`
}

type memberAdd struct {
	config.Instance
	Organisation string       `arg:"" help:"Slug of the organisation, as organisation list prints it."`
	Email        string       `arg:"" help:"Address of the person."`
	Role         account.Role `default:"editor" enum:"owner,editor,reviewer,viewer" help:"owner, editor, reviewer or viewer."`
	Name         string       `help:"Name of the person."`
	BaseURL      string       `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How the server is reached; the link begins with it."`
	JSON         bool         `help:"Print one JSON object."`
}

// Run makes the link.
func (c *memberAdd) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		secret, err := a.Accounts.Enrolments.NewJoin(e.ctx, c.Organisation, c.Role, c.Name, c.Email, 0)
		if err != nil {
			return err
		}
		return e.printLink(c.BaseURL, secret, c.JSON)
	})
}

type memberReset struct {
	config.Instance
	Email   string `arg:"" help:"Address with which the user signs in."`
	BaseURL string `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How the server is reached; the link begins with it."`
	JSON    bool   `help:"Print one JSON object."`
}

// Run makes the link.
func (c *memberReset) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		secret, err := a.Accounts.Enrolments.NewReset(e.ctx, c.Email)
		if err != nil {
			return err
		}
		return e.printLink(c.BaseURL, secret, c.JSON)
	})
}

// joinPath is where links of the desk lead.
const joinPath = "/desk/join/"

func (e *environment) printLink(baseURL, secret string, asJSON bool) error {
	if asJSON {
		return e.printJSON(map[string]string{"link": baseURL + joinPath + secret})
	}
	e.printf("%s%s%s\n", baseURL, joinPath, secret)
	return nil
}

type memberList struct {
	config.Instance
	Organisation string `arg:"" help:"Slug of the organisation."`
	JSON         bool   `help:"Print one JSON object a line."`
}

// Run lists the members.
func (c *memberList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		o, err := a.Letters.Directory.Find(e.ctx, c.Organisation)
		if err != nil {
			return err
		}
		members, err := a.Accounts.Organisations.Members(e.ctx, o.ID)
		for _, m := range members {
			if c.JSON {
				if err := e.printJSON(map[string]string{"name": m.User.Name, "email": m.User.Email, "role": string(m.Role)}); err != nil {
					return err
				}
				continue
			}
			e.printf("%-9s %s <%s>\n", m.Role, m.User.Name, m.User.Email)
		}
		return err
	})
}
