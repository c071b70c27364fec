package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/undersigned/undersigned/internal/bench"
)

type benchCommand struct {
	Sign     benchSign     `cmd:"" help:"Measure accepted signatures beside a bare durable insert."`
	Confirm  benchConfirm  `cmd:"" help:"Measure confirmed signatures beside a bare durable insert."`
	Read     benchRead     `cmd:"" help:"Measure the letter's page beside a bare handler that sends the same bytes."`
	Check    benchCheck    `cmd:"" help:"Measure all of these, an idle server and a backlog of mails in half a minute, and fail where a figure fell under its floor."`
	Sizes    benchSizes    `cmd:"" help:"Measure pages, signing and confirming on instances of different sizes, made by bench seed."`
	Document benchDocument `cmd:"" help:"Measure a letter as a document beside Chromium printing its page, and LibreOffice where it is installed."`
	Seed     benchSeed     `cmd:"" help:"Fill an instance with signatures of invented people, signed and confirmed through the real code."`
	Bare     benchBare     `cmd:"" hidden:"" help:"Serve the bare limits."`
}

// benchFlags are common to all that is measured.
type benchFlags struct {
	URL         string        `name:"url" placeholder:"URL" help:"A running server, started with --rate-limit off. Without it the bench starts one of its own, on an empty instance, and removes it."`
	Letter      string        `placeholder:"SLUG" help:"With --url: the letter to read and sign."`
	Connections []int         `default:"1,16,64" help:"Numbers of connections; each sends its next request when the last was answered."`
	Duration    time.Duration `default:"3s" help:"Length of one run."`
	Rounds      int           `default:"3" help:"Rounds; in each the bare limits come first. Medians are reported."`
	Database    string        `placeholder:"URL" help:"postgres://… measures on PostgreSQL, in schemas of its own that are dropped at the end. With --url it is where the bare limit writes."`
	Dir         string        `type:"existingdir" placeholder:"DIR" help:"Where the temporary folder is made; its disk is what is measured. Default: the system's."`
	JSON        bool          `help:"Print one JSON object."`
}

type benchSign struct {
	benchFlags
	Relay      []string `default:"fast" enum:"fast,slow,down" help:"How the mail relay behaves: fast, slow (200 ms a mail), down (refuses connections); several are compared, e.g. fast,slow,down."`
	MailRate   int      `placeholder:"N" help:"Mails a second that the started server sends. Default: that of serve."`
	Check      bool     `help:"At the end let the relay work and wait until every accepted signature has its mail; fail when one is missing."`
	SMTPListen string   `name:"smtp-listen" placeholder:"ADDR" help:"With --url: address of the relay that the bench plays; start the server with --smtp smtp://ADDR."`
}

// Run measures signing.
func (c *benchSign) Run(e *environment) error {
	o := c.options(bench.Sign)
	o.Check, o.MailRate, o.SMTPListen = c.Check, c.MailRate, c.SMTPListen
	for _, relay := range c.Relay {
		o.Relays = append(o.Relays, bench.Relay(relay))
	}
	return c.run(e, o)
}

type benchConfirm struct {
	benchFlags
	Links      int    `default:"2000" help:"Links prepared for one run, which ends earlier when they are used up."`
	SMTPListen string `name:"smtp-listen" placeholder:"ADDR" help:"With --url: address of the relay that the bench plays; start the server with --smtp smtp://ADDR."`
}

// Run measures confirming.
func (c *benchConfirm) Run(e *environment) error {
	o := c.options(bench.Confirm)
	o.Links, o.SMTPListen = c.Links, c.SMTPListen
	return c.run(e, o)
}

type benchCheck struct {
	Connections []int         `default:"64" help:"Numbers of connections."`
	Duration    time.Duration `default:"500ms" help:"Length of one run."`
	Rounds      int           `default:"3" help:"Rounds; in each the bare limits come first. Medians are held to the floors; where one falls, all is measured again, three times at most."`
	Dir         string        `type:"existingdir" placeholder:"DIR" help:"Where the temporary folder is made; its disk is what is measured. Default: the system's."`
	JSON        bool          `help:"Print one JSON object."`
}

// Run measures everything that has a floor.
func (c *benchCheck) Run(e *environment) error {
	flags := benchFlags{JSON: c.JSON}
	return flags.report(e, func(o bench.Options) (*bench.Report, error) {
		o.Connections, o.Duration, o.Rounds, o.Dir = c.Connections, c.Duration, c.Rounds, c.Dir
		return bench.Check(e.ctx, o, bench.Floors)
	})
}

type benchSizes struct {
	Folders     []string      `arg:"" type:"existingdir" help:"Folders of the instances, the smallest first. Their letters are signed."`
	Connections []int         `default:"16" help:"Numbers of connections."`
	Duration    time.Duration `default:"2s" help:"Length of one run."`
	Rounds      int           `default:"5" help:"Rounds; in each every instance takes its turn. Medians are reported."`
	Links       int           `default:"2000" help:"Links prepared for one run of confirm."`
	JSON        bool          `help:"Print one JSON object."`
}

// Run measures instances of different sizes.
func (c *benchSizes) Run(e *environment) error {
	flags := benchFlags{JSON: c.JSON}
	return flags.report(e, func(o bench.Options) (*bench.Report, error) {
		o.Connections, o.Duration, o.Rounds, o.Links = c.Connections, c.Duration, c.Rounds, c.Links
		return bench.Sizes(e.ctx, o, c.Folders)
	})
}

type benchDocument struct {
	Names  int    `default:"5000" help:"Signatories of the longer document."`
	Rounds int    `default:"3" help:"Rounds; in each every program makes each document once. Medians are reported."`
	Dir    string `type:"existingdir" placeholder:"DIR" help:"Where the temporary folder is made. Default: the system's."`
	JSON   bool   `help:"Print one JSON object."`
}

// Run measures documents.
func (c *benchDocument) Run(e *environment) error {
	flags := benchFlags{JSON: c.JSON}
	return flags.report(e, func(o bench.Options) (*bench.Report, error) {
		o.Rounds, o.Dir = c.Rounds, c.Dir
		return bench.Documents(e.ctx, o, c.Names)
	})
}

type benchRead struct{ benchFlags }

// Run measures reading.
func (c *benchRead) Run(e *environment) error { return c.run(e, c.options(bench.Read)) }

func (c *benchFlags) options(what string) bench.Options {
	return bench.Options{What: what, URL: c.URL, Letter: c.Letter, Connections: c.Connections, Duration: c.Duration, Rounds: c.Rounds,
		Database: c.Database, Dir: c.Dir}
}

func (c *benchFlags) run(e *environment, o bench.Options) error {
	return c.report(e, func(started bench.Options) (*bench.Report, error) {
		o.Program, o.Progress, o.Env = started.Program, started.Progress, started.Env
		return bench.Run(e.ctx, o)
	})
}

// report prints what measure returns.
func (c *benchFlags) report(e *environment, measure func(bench.Options) (*bench.Report, error)) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	// The settings of this environment are an instance's; what the bench starts must not find it.
	o := bench.Options{Program: program, Progress: e.stderr, Env: []string{"LANG=C.UTF-8"}}
	if c.JSON {
		o.Progress = io.Discard
	}
	report, err := measure(o)
	if report == nil {
		return err
	}
	print := func() error { return report.Print(e.stdout) }
	if c.JSON {
		print = func() error { return e.printJSON(report) }
	}
	return errors.Join(print(), err)
}

type benchBare struct {
	Dir      string `required:""`
	Database string
}

// Run serves the bare limits until it is told to stop.
func (c *benchBare) Run(e *environment) error {
	return bench.Bare{Dir: c.Dir, Database: c.Database}.Serve(e.ctx, e.stdout)
}
