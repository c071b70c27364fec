package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/delivery"
)

type responseCommand struct {
	Add      responseAdd      `cmd:"" help:"Enter what came back from an addressee; prints its id."`
	List     responseList     `cmd:"" help:"List what came back."`
	Publish  responsePublish  `cmd:"" help:"Let everybody see what came back."`
	TakeDown responseTakeDown `cmd:"" name:"take-down" help:"Destroy what was published of it; that it was there stays."`
}

type responseAdd struct {
	config.Instance
	Slug      string            `arg:"" help:"The letter."`
	Addressee int               `required:"" placeholder:"N" help:"Who answered, counted from 1 (see addressee list)."`
	Also      []int             `placeholder:"N" help:"Another addressee that it answers for; may be given again."`
	At        string            `required:"" placeholder:"RFC3339" help:"When it was received."`
	Kind      string            `required:"" enum:"acknowledgement,holding,extension,clarification,forwarded,not_competent,reply,meeting,statement,act,out_of_office" help:"acknowledgement, holding, extension, clarification, forwarded, not_competent, reply, meeting, statement, act or out_of_office."`
	Written   string            `placeholder:"YYYY-MM-DD" help:"Day on it."`
	From      string            `help:"Who answered, and on whose behalf."`
	Reference string            `help:"Their reference."`
	Until     string            `placeholder:"YYYY-MM-DD" help:"Day that an extension names."`
	Forwarded int               `placeholder:"N" help:"The addressee whom they passed it on to."`
	File      string            `placeholder:"FILE" help:"It as it came; kept sealed, for editors alone."`
	Copy      string            `placeholder:"FILE" help:"What may be published of it, without the names that are nobody's business."`
	Excerpt   string            `help:"Words of it that are published."`
	Language  string            `help:"Language of the excerpt. Default: the letter's."`
	Said      map[string]string `placeholder:"NUMBER=SAID" help:"What it says of demands: promised, refused, partly, says_done or not_addressed."`
	Publish   bool              `help:"Let everybody see it at once."`
	JSON      bool              `help:"Print one JSON object."`
}

// Run enters the response.
func (c *responseAdd) Run(e *environment) error {
	came := delivery.Came{Addressee: c.Addressee, Also: c.Also, Kind: delivery.Kind(c.Kind), Written: c.Written, From: c.From,
		Reference: c.Reference, Until: c.Until, Language: c.Language, Excerpt: c.Excerpt, Publish: c.Publish, Said: map[string]delivery.Said{}}
	var err error
	if came.At, err = instant("--at", c.At); err != nil {
		return err
	}
	for number, said := range c.Said {
		came.Said[number] = delivery.Said(said)
	}
	if c.Forwarded != 0 {
		came.Forwarded = &delivery.AddresseeChange{Number: c.Forwarded}
	}
	for path, to := range map[string]**delivery.File{c.File: &came.File, c.Copy: &came.Copy} {
		if path == "" {
			continue
		}
		f, err := fileAt(path, "")
		if err != nil {
			return err
		}
		*to = &f
	}
	return e.with(c.Instance, func(a *app.App) error {
		r, err := a.Deliveries.Receive(e.ctx, c.Slug, came, 0)
		if err != nil {
			return err
		}
		if c.JSON {
			return e.printJSON(responseJSON(r))
		}
		e.printf("%s\n", delivery.ID(r.ID))
		return nil
	})
}

func responseJSON(r delivery.Response) map[string]any {
	return map[string]any{"id": delivery.ID(r.ID), "addressee": r.Addressee, "kind": r.Kind, "at": r.At.Format(time.RFC3339), "written": r.Written, "from": r.From,
		"reference": r.Reference, "until": r.Until, "forwarded": r.Forwarded, "language": r.Language,
		"excerpt": r.Excerpt, "file": r.File, "sha256": r.SHA256, "copy": r.Copy, "state": r.State}
}

type responseList struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists the responses.
func (c *responseList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		for _, r := range st.Responses {
			if c.JSON {
				if err := e.printJSON(responseJSON(r)); err != nil {
					return err
				}
				continue
			}
			e.printf("%s  %s  %d  %-15s %-10s %s\n", delivery.ID(r.ID), r.At.Format(time.DateOnly), r.Addressee, r.Kind, r.State, r.From)
		}
		return nil
	})
}

type responsePublish struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The response."`
}

// Run publishes the response.
func (c *responsePublish) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.PublishResponse(e.ctx, c.Slug, id), "Everybody can see response %s now.\n", c.ID)
	})
}

type responseTakeDown struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The response."`
}

// Run takes it down.
func (c *responseTakeDown) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.TakeDown(e.ctx, c.Slug, id, 0), "Response %s is taken down. That it was there stays.\n", c.ID)
	})
}

type demandCommand struct {
	Set     demandSet     `cmd:"" help:"Note what an addressee said of a demand, or what came of it. Nothing is changed by it, only added."`
	Earlier demandEarlier `cmd:"" help:"Note who else has asked for the same as a demand, or where such a thing was done; or take it back."`
	Show    demandShow    `cmd:"" help:"Show where each demand stands."`
}

type demandEarlier struct {
	config.Instance
	Slug      string `arg:"" help:"The letter."`
	Number    string `arg:"" help:"The demand."`
	Kind      string `enum:"call,precedent" default:"call" help:"call: somebody else asked for it; precedent: such a thing was done."`
	Who       string `help:"Who asked or did it."`
	Title     string `help:"What it is called."`
	Sent      string `placeholder:"DATE" help:"When it was sent or done: YYYY, YYYY-MM or YYYY-MM-DD."`
	Published string `placeholder:"DATE" help:"When it was published."`
	Source    string `placeholder:"URL" help:"Where it stands."`
	Remove    string `placeholder:"ID" help:"Take one back (demand show prints its ID)."`
	JSON      bool   `help:"Print the demand as one JSON object."`
}

// Run notes it.
func (c *demandEarlier) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		var err error
		if c.Remove != "" {
			id, wrong := idOf(c.Remove)
			if wrong != nil {
				return wrong
			}
			err = a.Deliveries.RemoveEarlier(e.ctx, c.Slug, id, 0)
		} else {
			err = a.Deliveries.AddEarlier(e.ctx, c.Slug, c.Number, delivery.EarlierCall{Kind: delivery.EarlierKind(c.Kind), Who: c.Who, Title: c.Title,
				Sent: c.Sent, Published: c.Published, Source: c.Source}, 0)
		}
		if err != nil {
			return err
		}
		return showDemands(e, a, c.Slug, c.Number, c.JSON)
	})
}

type demandSet struct {
	config.Instance
	Slug      string `arg:"" help:"The letter."`
	Number    string `arg:"" help:"The demand."`
	Addressee int    `required:"" placeholder:"N" help:"Of whom it is asked, counted from 1 (see addressee list)."`
	Said      string `enum:"promised,refused,partly,says_done,not_addressed," default:"" help:"What they said: promised, refused, partly, says_done or not_addressed."`
	Outcome   string `enum:"partly_met,met,open,overtaken,withdrawn," default:"" help:"What came of it: partly_met, met, open (undone again), overtaken or withdrawn. Met wants more than their own word."`
	Evidence  string `required:"" placeholder:"REF" help:"What it rests on: response:ID, exhibit:SHA256 or a web address."`
	At        string `required:"" placeholder:"YYYY-MM-DD" help:"Day from which it holds."`
	Note      string `help:"A line that stands with it."`
	Corrects  string `placeholder:"ID" help:"An earlier entry that was wrong."`
	JSON      bool   `help:"Print the demand as one JSON object."`
}

// Run notes it.
func (c *demandSet) Run(e *environment) error {
	k := delivery.Known{Demand: c.Number, Addressee: c.Addressee, Said: delivery.Said(c.Said), Outcome: delivery.Outcome(c.Outcome),
		Evidence: delivery.Evidence(c.Evidence), Note: c.Note}
	var err error
	if k.On, err = instant("--at", c.At); err != nil {
		return err
	}
	if c.Corrects != "" {
		if k.Corrects, err = idOf(c.Corrects); err != nil {
			return err
		}
	}
	return e.with(c.Instance, func(a *app.App) error {
		if err := a.Deliveries.Note(e.ctx, c.Slug, k, 0); err != nil {
			return err
		}
		return showDemands(e, a, c.Slug, c.Number, c.JSON)
	})
}

type demandShow struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run shows the demands.
func (c *demandShow) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error { return showDemands(e, a, c.Slug, "", c.JSON) })
}

func showDemands(e *environment, a *app.App, slug, number string, asJSON bool) error {
	st, err := standingOf(e, a, slug)
	if err != nil {
		return err
	}
	for _, d := range st.Demands {
		if number != "" && d.Number != number {
			continue
		}
		if asJSON {
			if err := e.printJSON(demandJSON(d)); err != nil {
				return err
			}
			continue
		}
		e.printf("%s  %s\n", d.Number, d.Text)
		for _, x := range d.Earlier {
			e.printf("    %s  %s  %s  %s  %s  %s\n", delivery.ID(x.ID), x.Kind, x.Sent, x.Who, x.Title, x.Source)
		}
		for _, c := range d.Cells {
			to, _ := st.Find(c.Addressee)
			e.printf("    %d  %-14s %s  %s\n", c.Addressee, c.Status, bundle.DayOf(c.Since), to.Called())
			for _, x := range c.History {
				later := ""
				if x.Corrected {
					later = "  corrected later"
				}
				e.printf("       %s  %s  %s%s  %s  %s%s\n", delivery.ID(x.ID), bundle.DayOf(x.On), x.Said, x.Outcome, x.Evidence, x.Note, later)
			}
		}
	}
	return nil
}

func demandJSON(d delivery.Demand) map[string]any {
	cells := []map[string]any{}
	for _, c := range d.Cells {
		history := []map[string]any{}
		for _, x := range c.History {
			entry := map[string]any{"id": delivery.ID(x.ID), "on": bundle.DayOf(x.On), "said": x.Said, "outcome": x.Outcome, "evidence": x.Evidence, "note": x.Note,
				"corrected": x.Corrected}
			if x.Corrects != 0 {
				entry["corrects"] = delivery.ID(x.Corrects)
			}
			history = append(history, entry)
		}
		cell := map[string]any{"addressee": c.Addressee, "status": c.Status, "since": bundle.DayOf(c.Since), "days": c.Days, "delivered": bundle.Stamp(c.Delivered),
			"said": c.Said, "outcome": c.Outcome, "due": bundle.DayOf(c.Due), "evidence": c.Evidence(), "history": history}
		if c.Rule != nil {
			cell["rule"] = c.Rule
		}
		cells = append(cells, cell)
	}
	earlier := []map[string]any{}
	for _, x := range d.Earlier {
		earlier = append(earlier, map[string]any{"id": delivery.ID(x.ID), "kind": x.Kind, "who": x.Who, "title": x.Title, "sent": x.Sent, "published": x.Published,
			"source": x.Source})
	}
	return map[string]any{"number": d.Number, "text": d.Text, "status": d.Least(), "cells": cells, "earlier": earlier}
}

type exhibitCommand struct {
	Add  exhibitAdd  `cmd:"" help:"Store a file that something rests on; prints its SHA-256."`
	List exhibitList `cmd:"" help:"List the files."`
}

type exhibitAdd struct {
	config.Instance
	File string `arg:"" help:"The file."`
	JSON bool   `help:"Print one JSON object."`
}

// Run stores the file.
func (c *exhibitAdd) Run(e *environment) error {
	f, err := fileAt(c.File, "")
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		x, err := a.Deliveries.AddExhibit(e.ctx, f)
		if err != nil {
			return err
		}
		return printExhibit(e, x, c.JSON)
	})
}

func printExhibit(e *environment, x delivery.Exhibit, asJSON bool) error {
	if asJSON {
		return e.printJSON(map[string]any{"sha256": x.Hash, "name": x.Name, "type": x.Type, "size": x.Size, "added": x.AddedAt.Format(time.RFC3339)})
	}
	e.printf("%s\n", strings.TrimSpace(fmt.Sprintf("%s  %s", x.Hash, x.Name)))
	return nil
}

type exhibitList struct {
	config.Instance
	JSON bool `help:"Print one JSON object a line."`
}

// Run lists the files.
func (c *exhibitList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		list, err := a.Deliveries.Exhibits(e.ctx)
		for _, x := range list {
			if err := printExhibit(e, x, c.JSON); err != nil {
				return err
			}
		}
		return err
	})
}
