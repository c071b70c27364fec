package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Checked is everything that has a floor, measured in one run beside the bare limits.
const Checked = "check"

// What Check measures beside Sign and Confirm.
const (
	checkedPage = "page" // the letter's page, plain
	checkedIdle = "idle" // a server that nobody asks anything
	checkedMail = "mail" // the server's processor time while it sends what waits
)

// warmUp are forms that a server is sent before it is measured, so that what it does once is done.
const warmUp = 100

// idleWatch is how long a server at rest is watched: three hundred ticks of the kernel's clock.
const idleWatch = 3 * time.Second

// attempts is how often all is measured at most, where figures fall.
const attempts = 3

// Check measures and holds the figures to the floors. The report is complete also when the error names those that fell.
//
// Each ratio is the median of the rounds, the cost of a mail the least of them. Where a figure falls all is measured again, three
// times at most, and it holds if it held in any: a neighbour on a machine of two cores can take half of one side for some
// seconds, a collapse falls each time.
func Check(ctx context.Context, o Options, floors []Floor) (_ *Report, err error) {
	o.What, o.Relays = Checked, []Relay{Fast}
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, attempts*o.limit())
	defer cancel()
	c := checkRun{run: &run{Options: o}, figures: map[string]float64{}}
	defer c.close()
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	for attempt := range attempts {
		if attempt > 0 {
			c.report.Notes = append(c.report.Notes,
				fmt.Sprintf("a figure fell: all was measured again (%d of at most %d); the table is of the last", attempt+1, attempts))
		}
		if err := c.attempt(ctx); err != nil {
			return nil, err
		}
		if c.judge(floors); c.report.fallen() == nil {
			break
		}
	}
	report, err := c.finish()
	return report, errors.Join(err, c.report.fallen())
}

// checkRun is a check in progress.
type checkRun struct {
	*run
	figures map[string]float64 // of the last attempt, by name of the floor
	mails   []float64          // ms a mail, of each of its rounds
}

// attempt measures everything once.
func (c *checkRun) attempt(ctx context.Context) (err error) {
	if c.figures[checkedIdle], err = c.idle(ctx); err != nil {
		return err
	}
	rows, err := c.checkRows(ctx)
	if err != nil {
		return err
	}
	c.report.samples, c.report.Lines, c.mails = nil, nil, nil
	for round := range c.Rounds {
		for _, n := range c.Connections {
			if err := c.round(ctx, round, n, rows); err != nil {
				return err
			}
		}
	}
	c.summarise(rows)
	for _, l := range c.report.Lines {
		if l.Errors > 0 {
			return fmt.Errorf("%s: %d errors, the first: %s", l.Name, l.Errors, l.Error)
		}
	}
	c.figures[checkedPage], c.figures[Sign], c.figures[Confirm] = c.ratio(rows[1].name), c.ratio(Sign), c.ratio(Confirm)
	c.figures[checkedMail] = slices.Min(c.mails) // what else runs makes processor time longer, never shorter
	return nil
}

// idle returns the share of a core, in %, that a server takes while nobody asks it anything.
func (c *checkRun) idle(ctx context.Context) (float64, error) {
	if err := c.restart(ctx, Fast, unlimited); err != nil {
		return 0, err
	}
	rest := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	rest(time.Second) // the start is over
	before, begin := c.server.worked(), time.Now()
	rest(idleWatch)
	return 100 * (c.server.worked() - before).Seconds() / time.Since(begin).Seconds(), ctx.Err()
}

// ratio returns the lowest ratio of a row, whatever the number of connections.
func (c *checkRun) ratio(name string) float64 {
	var ratios []float64
	for _, l := range c.report.Lines {
		if l.Name == name {
			ratios = append(ratios, l.Ratio)
		}
	}
	return slices.Min(ratios)
}

// checkRows are the letter's page and the two acts, each after its limit. What one round signs, it then mails and confirms.
func (c *checkRun) checkRows(ctx context.Context) ([]row, error) {
	reading, err := c.readRows(ctx)
	if err != nil {
		return nil, err
	}
	bare, again := c.bareInsert(), c.bareInsert()
	again.name += ", before confirm" // a limit stands right before what is compared with it
	sign, confirm := c.signRow(bare.name, Fast), c.confirmRow(again.name)
	first := 0
	prepareSign := sign.prepare
	sign.prepare = func(ctx context.Context) error {
		first = c.ledger.count()
		return errors.Join(prepareSign(ctx), c.sign(ctx, warmUp))
	}
	sign.target = c.signTarget(0, true)
	sign.settle = func(ctx context.Context) error {
		defer c.stopServer()
		if missing := c.Backlog - (c.ledger.count() - first); missing > 0 {
			return c.sign(ctx, missing)
		}
		return nil
	}
	again.prepare = func(ctx context.Context) error {
		if err := c.sendBacklog(ctx); err != nil {
			return err
		}
		c.ledger.offer(first)
		return nil
	}
	confirm.prepare = nil
	return append(reading[:2], bare, sign, again, confirm), nil
}

// sendBacklog starts the server on what waits to be mailed, and keeps what a mail costs it. The relay takes its time until
// the start is over, so that the start is not counted.
func (c *checkRun) sendBacklog(ctx context.Context) error {
	if err := c.restart(ctx, Slow, unlimited); err != nil {
		return err
	}
	mails, before := c.sink.received(), c.server.worked()
	if err := c.deliver(ctx, settleFor); err != nil {
		return err
	}
	took, sent := c.server.worked()-before, c.sink.received()-mails
	if missing := c.sink.compare(&c.ledger).Missing; missing > 0 || sent <= 0 {
		return fmt.Errorf("of a backlog of mails %d came and %d did not", sent, missing)
	}
	c.mails = append(c.mails, ms(took)/float64(sent))
	return nil
}

// judge puts the figures beside their floors; what held before holds.
func (c *checkRun) judge(floors []Floor) {
	held := c.report.Floors
	c.report.Floors = nil
	for i, f := range floors {
		finding := f.of(c.figures[f.Name])
		if !finding.Holds && held != nil && held[i].Holds {
			finding = held[i]
		}
		c.report.Floors = append(c.report.Floors, finding)
	}
}
