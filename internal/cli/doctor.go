package cli

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type doctorCommand struct {
	config.Instance
	config.Server
	SendTest string `placeholder:"ADDRESS" help:"Send one mail to the address now, over the relay of --smtp, and print what both sides say."`
	JSON     bool   `help:"Print one JSON object a check."`
}

// Run examines the instance with the settings that serve would have.
func (c *doctorCommand) Run(e *environment) error {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	doctor := app.Doctor{Instance: c.Instance, Server: c.Server, DNS: net.DefaultResolver, HTTP: client, SendTest: c.SendTest}
	if !c.JSON {
		doctor.Trace = func(line string) { e.printf("         %s\n", line) }
	}
	problems := 0
	for _, check := range doctor.Examine(e.ctx) {
		if check.Verdict == app.Problem {
			problems++
		}
		if c.JSON {
			if err := e.printJSON(check); err != nil {
				return err
			}
			continue
		}
		e.printf("%-8s %s: %s\n", check.Verdict, check.Name, check.Found)
		if check.Mend != "" {
			e.printf("         %s\n", check.Mend)
		}
	}
	switch {
	case problems == 1:
		return errors.New("there is one problem")
	case problems > 1:
		return fmt.Errorf("there are %d problems", problems)
	}
	return nil
}
