package cli

import (
	"fmt"
	"net"
	"runtime/debug"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type serveCommand struct {
	config.Instance
	config.Server
	JSON bool `help:"Print the addresses as one JSON object."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(e *environment) error {
	return serve(e, app.Options{Instance: c.Instance, Server: &c.Server, Log: e.log()}, func(a *app.App) error {
		secret, err := a.Accounts.NewSetUp(e.ctx)
		if err != nil {
			return err
		}
		said := map[string]string{"url": c.BaseURL}
		if secret != "" {
			said["setup"] = c.BaseURL + joinPath + secret
		}
		if c.JSON {
			return e.printJSON(said)
		}
		e.printf("Serving %s\n", c.BaseURL)
		if secret != "" {
			e.printf("Nobody can use the editors' desk yet. Set it up here, once: %s\n", said["setup"])
		}
		if c.SMTP == "" {
			e.printf("No --smtp: mails wait, and no sign form is offered.\n")
		}
		return nil
	})
}

// gcPercent lets the heap grow to four times what lives on it before it is collected. A server lives on about 5 MiB and
// makes much garbage a request: the default would collect many times a second.
const gcPercent = 300

// memoryLimit is where the collector no longer lets the heap grow so freely. The caches of the database are beside it.
const memoryLimit = 40 << 20

// serve opens an instance and runs it; ready is called when it listens. Port 0 takes a free one.
func serve(e *environment, o app.Options, ready func(*app.App) error) error {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	listener, err := net.Listen("tcp", o.Server.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w; choose another port", err)
	}
	defer listener.Close()
	if host, port, err := net.SplitHostPort(o.Server.Listen); err == nil && port == "0" {
		_, port, _ = net.SplitHostPort(listener.Addr().String())
		o.Server.Listen = net.JoinHostPort(host, port)
	}
	if err := o.Server.Complete(); err != nil {
		return err
	}
	a, err := app.Open(e.ctx, o)
	if err != nil {
		return err
	}
	defer a.Close()
	debug.FreeOSMemory() // what the start left behind would otherwise stay until the first rush
	if err := ready(a); err != nil {
		return err
	}
	return a.Run(e.ctx, listener)
}

type migrateCommand struct {
	config.Instance
	JSON bool `help:"Print the result as one JSON object."`
}

// Run opens the instance, which migrates it.
func (c *migrateCommand) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		if c.JSON {
			return e.printJSON(map[string]any{"engine": a.DB.Engine(), "current": true})
		}
		e.printf("The database (%s) is up to date.\n", a.DB.Engine())
		return nil
	})
}
