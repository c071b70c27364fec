// Package bench is the load generator behind every figure in docs/performance.md.
//
// It promises ratios rather than numbers: in each round it first measures bare limits, a handler of net/http that serves
// the same bytes or makes one durable insert on the same disk, in a process of its own as the product is; then the
// product; and it reports medians of both and of their ratio. Where it also plays the mail relay it counts who got a mail,
// so that a figure never hides a lost one. Everything is bounded in time, and what it started it stops.
//
// It must not reach into the product: it starts the real program and speaks HTTP, SMTP and SQL to it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// What is measured.
const (
	Sign    = "sign"    // a form is accepted: 303 after the commit of signature and mail job
	Confirm = "confirm" // the link of a mail is confirmed with the cookie: 200 after the commit
	Read    = "read"    // the letter's page: plain, compressed, and unchanged (304)
)

// Options say what to measure and where.
type Options struct {
	What        string
	Connections []int
	Duration    time.Duration // of one run
	Rounds      int
	Relays      []Relay // how the mail relay behaves; the first is the usual one
	Check       bool    // wait until every accepted signature has its mail, and fail when one is missing
	MailRate    int     // mails a second that the started server sends; 0 is its default
	Links       int     // links prepared for one run of Confirm
	Backlog     int     // mails that wait, at least, when Check sends them

	URL        string // a running server; empty starts one
	Letter     string // its slug, with URL
	SMTPListen string // with URL: where the server's --smtp leads
	Database   string // postgres://…: the engine of the started server and of the bare limit
	Dir        string // parent of the temporary folder, on the disk to be measured

	Program  string   // the product's executable
	Env      []string // of the processes that are started
	Progress io.Writer
}

// run is one bench in progress.
type run struct {
	Options
	dir      string
	data     string // folder of the started server's instance; empty is a new one
	database string // Database with the schema of the started server
	bareData string // the same for the bare limit
	cleanup  []func()

	letter     string // address of the letter
	edition    int
	signatures int // of the letter, at the start
	bareURL    string
	self       string // where the started server listens; empty with URL
	bare       *process
	server     *process // the started server while it runs
	sink       *sink    // nil when nobody plays the relay
	ledger     ledger
	drained    time.Duration // the longest wait for mails after a run
	report     Report
}

// row is one line of the report: a limit, or what is compared with it.
type row struct {
	name    string
	against string                          // the limit's name; empty for a limit
	counted int                             // requests that target has; 0 is no limit, and then it warms up before it counts
	prepare func(ctx context.Context) error // before each run, not measured
	target  target
	settle  func(ctx context.Context) error // after each run, so that the next starts on a machine at rest
}

// Run measures. The report is complete also when the error says that something was lost.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit())
	defer cancel()
	r := &run{Options: o}
	defer r.close()
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	for round := range o.Rounds {
		for _, n := range o.Connections {
			if err := r.round(ctx, round, n, rows); err != nil {
				return nil, err
			}
		}
	}
	r.summarise(rows)
	if r.sink != nil && o.Check {
		if err := r.restart(ctx, Fast, unlimited); err != nil {
			return nil, err
		}
		if err := r.deliver(ctx, drainLimit); err != nil {
			return nil, err
		}
	}
	return r.finish()
}

func (o *Options) check() error {
	switch {
	case o.What != Sign && o.What != Confirm && o.What != Read && o.What != Sized && o.What != Checked && o.What != Documented:
		return fmt.Errorf("bench: %q cannot be measured", o.What)
	case len(o.Connections) == 0 || slices.Min(o.Connections) < 1 || slices.Max(o.Connections) > 4096:
		return errors.New("--connections: give numbers from 1 to 4096, for example 1,16,64")
	case o.Duration < 100*time.Millisecond || o.Duration > time.Hour:
		return errors.New("--duration: from 100ms to 1h")
	case o.Rounds < 1 || o.Rounds > 100:
		return errors.New("--rounds: from 1 to 100")
	case o.URL == "" && o.SMTPListen != "":
		return errors.New("--smtp-listen goes with --url; without it the relay is started too")
	case o.URL != "" && o.Letter == "":
		return errors.New("--letter: which letter of the server is measured")
	case o.URL != "" && o.SMTPListen == "" && (o.What == Confirm || o.Check || len(o.Relays) > 1 || len(o.Relays) == 1 && o.Relays[0] != Fast):
		return errors.New("--smtp-listen is needed: mails must come here; start the server with --smtp smtp:// and that address")
	}
	if len(o.Relays) == 0 {
		o.Relays = []Relay{Fast}
	}
	if o.Links < 1 {
		o.Links = 2000
	}
	if o.Backlog < 1 {
		o.Backlog = 5000
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return nil
}

const (
	startLimit = time.Minute     // for a process to answer
	settleFor  = 2 * time.Minute // for mails to be sent between two runs
	drainLimit = 5 * time.Minute // and at the end
	warmFor    = 200 * time.Millisecond

	unlimited = 1_000_000 // mails a second
)

// limit is how long the whole bench may take.
func (o *Options) limit() time.Duration {
	runs := time.Duration(o.Rounds * len(o.Connections) * (2 + 4*len(o.Relays)))
	return runs*(o.Duration+warmFor) + time.Duration(o.Rounds*len(o.Connections)*len(o.Relays))*2*settleFor + drainLimit + 2*startLimit
}

// start makes the folder and starts what is measured, what it is compared with, and the relay.
func (r *run) start(ctx context.Context) (err error) {
	if r.dir, err = os.MkdirTemp(r.Dir, "undersigned-bench-"); err != nil {
		return err
	}
	r.cleanup = append(r.cleanup, func() { _ = os.RemoveAll(r.dir) })
	if inMemory(r.dir) {
		r.report.Notes = append(r.report.Notes, r.dir+" is in memory, where a commit costs nothing: choose a folder on a disk with --dir")
	}
	r.report.What, r.report.Engine, r.report.Rounds, r.report.Seconds = r.What, "sqlite", r.Rounds, r.Duration.Seconds()
	if r.Database != "" {
		r.report.Engine = "postgres"
		if r.bareData, err = r.schema(ctx); err != nil {
			return err
		}
		if r.database, err = r.schema(ctx); err != nil {
			return err
		}
	}
	if r.What != Read || r.URL == "" {
		if r.URL == "" || r.SMTPListen != "" {
			if r.sink, err = newSink(r.SMTPListen, r.What == Confirm || r.What == Checked); err != nil {
				return err
			}
			r.cleanup = append(r.cleanup, r.sink.close)
		}
	}
	if r.URL == "" {
		if err := r.prepareServer(ctx); err != nil {
			return err
		}
	}
	if err := r.findLetter(ctx); err != nil {
		return err
	}
	return r.startBare(ctx)
}

// round measures each row once with n connections.
func (r *run) round(ctx context.Context, round, n int, rows []row) error {
	rates := map[string]float64{}
	for _, row := range rows {
		s, err := r.measure(ctx, n, row)
		if err != nil {
			return err
		}
		rates[row.name] = s.rate()
		if row.against != "" && rates[row.against] > 0 {
			s.ratio = s.rate() / rates[row.against]
		}
		fmt.Fprintf(r.Progress, "round %d of %d, %d connections: %s %.0f/s\n", round+1, r.Rounds, n, row.name, s.rate())
		r.report.samples = append(r.report.samples, sampleOf{row.name, n, s})
	}
	return nil
}

// measure measures a row once with n connections.
func (r *run) measure(ctx context.Context, n int, row row) (s sample, err error) {
	if row.prepare != nil {
		if err := row.prepare(ctx); err != nil {
			return s, err
		}
	}
	warm := warmFor
	if row.counted > 0 {
		warm = 0
	}
	worked := r.worked(row)
	if s, err = load(ctx, n, warm, r.Duration, row.target); err != nil {
		return s, fmt.Errorf("%s: %w", row.name, err)
	}
	if s.answered > 0 {
		s.cpu = (r.worked(row) - worked) / time.Duration(s.answered)
	}
	if row.settle != nil {
		err = row.settle(ctx)
	}
	return s, err
}

// worked returns the processor time so far of the process that answers the row's requests, 0 for one that is not ours.
func (r *run) worked(row row) time.Duration {
	switch {
	case row.against == "" && r.bare != nil:
		return r.bare.worked()
	case r.server != nil:
		return r.server.worked()
	}
	return 0
}

// finish reads what is known at the end and judges it.
func (r *run) finish() (*Report, error) {
	r.stopServer()
	if r.sink != nil && r.What != Read && r.What != Checked {
		d := r.sink.compare(&r.ledger)
		if r.Check {
			d.Drained = r.drained.Seconds()
		}
		r.report.Delivery = &d
		if r.Check && d.Missing > 0 {
			return &r.report, fmt.Errorf("%d of %d accepted signatures got no mail", d.Missing, d.Accepted)
		}
	}
	return &r.report, nil
}

// logFile is where the started server's log goes: a log costs time, and a figure without it would flatter.
func (r *run) logFile() string { return filepath.Join(r.dir, "server.log") }
