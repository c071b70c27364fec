package cli

import (
	"errors"
	"fmt"
	"math"
	"net"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type serveCommand struct {
	config.Instance
	config.Server
	newInstance
	JSON bool `help:"Print the addresses as one JSON object."`
}

type newInstance struct {
	NewInstance bool `help:"Begin an empty instance although --data holds keys of one whose data are elsewhere: those keys are kept under another name, and new ones are made."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(e *environment) error {
	return serve(e, app.Options{Instance: c.Instance, Server: &c.Server, Log: e.log(), NewInstance: c.NewInstance}, func(a *app.App) error {
		secret, err := a.Accounts.Enrolments.NewSetUp(e.ctx)
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

// gcPercent lets the heap grow to four times what lives on it before it is collected. A server at rest lives on 5 MiB, one
// with many letters in its caches on some dozens, and makes much garbage a request: the default would collect many times a
// second.
const gcPercent = 300

// limitMemory says from where on the collector no longer lets the heap grow so freely: what the setting says, else what
// GOMEMLIMIT says, which the runtime has read itself, else half of what the machine or the control group has. The other half
// is for what is not Go's: the caches of SQLite and of the kernel. Whatever is measured, the limit stays above what lives: a
// collector that is asked for the impossible takes half of the processor time and frees nothing.
func limitMemory(setting config.Size) {
	limit := int64(setting)
	if limit == 0 {
		if debug.SetMemoryLimit(-1) != math.MaxInt64 {
			return
		}
		has, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
		if err != nil {
			return // the heap still stops at four times what lives
		}
		limit = max(int64(has/2), int64(config.LeastMemory))
	}
	debug.SetMemoryLimit(limit)
}

// serve opens an instance and runs it; ready is called when it listens. Port 0 takes a free one.
func serve(e *environment, o app.Options, ready func(*app.App) error) error {
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
	debug.SetGCPercent(gcPercent)
	limitMemory(o.Server.MemoryLimit)
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
	newInstance
	JSON bool `help:"Print the result as one JSON object."`
}

// Run opens the instance, which migrates it.
func (c *migrateCommand) Run(e *environment) error {
	a, err := app.Open(e.ctx, app.Options{Instance: c.Instance, NewInstance: c.NewInstance})
	if err != nil {
		return err
	}
	if c.JSON {
		err = e.printJSON(map[string]any{"engine": a.DB.Engine(), "current": true})
	} else {
		e.printf("The database (%s) is up to date.\n", a.DB.Engine())
	}
	return errors.Join(err, a.Close())
}
