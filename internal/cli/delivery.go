package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/delivery"
)

type addresseeCommand struct {
	List addresseeList `cmd:"" help:"List who a letter goes to, with their numbers."`
	Set  addresseeSet  `cmd:"" help:"Say more of an addressee, or add one who is not in the text: who gets a copy, or whom the letter was sent on to."`
}

type addresseeList struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists them.
func (c *addresseeList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		for _, x := range st.Addressees {
			if err := printAddressee(e, x, c.JSON); err != nil {
				return err
			}
		}
		return nil
	})
}

func standingOf(e *environment, a *app.App, slug string) (delivery.Standing, error) {
	l, err := a.Letters.Find(e.ctx, slug)
	if err != nil {
		return delivery.Standing{}, err
	}
	return a.Deliveries.Standing(e.ctx, l, delivery.ForEditors)
}

func printAddressee(e *environment, x delivery.Addressee, asJSON bool) error {
	if asJSON {
		return e.printJSON(map[string]any{"number": x.Number, "role": x.Role, "name": x.Name, "office": x.Office, "email": x.Email, "members": x.Members,
			"slug": x.Slug, "in_text": x.Place > 0, "holders": x.Holders, "rule": x.Rule, "communication": x.Communication, "statement": x.Said, "reason": x.Reason})
	}
	e.printf("%d  %-7s  %s  %s\n", x.Number, x.Role, x.Called(), x.Email)
	if x.Members > 0 {
		e.printf("   members  %d\n", x.Members)
	}
	for _, h := range x.Holders {
		e.printf("   holder   %s  %s  %s\n", h.Name, h.From, h.Until)
	}
	if x.Rule != nil {
		e.printf("   rule     %d days  %s\n", x.Rule.Days, x.Rule.Source)
	}
	if x.Confidential() {
		e.printf("   confidential: nobody may know that they got it\n")
	}
	return nil
}

type addresseeSet struct {
	config.Instance
	Slug       string   `arg:"" help:"The letter."`
	Number     int      `arg:"" optional:"" help:"Which addressee; none to add one."`
	Role       string   `enum:"asked,cc,through," default:"" help:"asked, cc (gets a copy) or through (passes it on). Default for one who is added: cc."`
	Name       *string  `help:"Of one who is not in the text."`
	Office     *string  `help:"Of one who is not in the text."`
	Email      *string  `help:"Address of the office; shown to editors alone."`
	Holder     []string `sep:"none" placeholder:"NAME,FROM,UNTIL" help:"Who holds or held the office, with the first and the last day (YYYY-MM-DD, may be left out); may be given again. Instead of those known."`
	Members    *int     `help:"How many a group has that is counted as one."`
	Reason     *string  `help:"Why they are asked."`
	Page       *string  `help:"Last part of the address of their page, which they share with those of other letters that have it."`
	RuleDays   *int     `name:"rule-days" help:"Within how many days they have to answer; 0 for no rule."`
	RuleSource string   `name:"rule-source" help:"Which rule, and where it stands."`
	Working    bool     `name:"rule-working" help:"Only days of work count."`
	Weekend    []string `name:"rule-weekend" enum:"sun,mon,tue,wed,thu,fri,sat" help:"Days that are none. Default: sat,sun."`
	Holidays   []string `name:"rule-holidays" placeholder:"YYYY-MM-DD" help:"Other days that are none."`
	Statement  *string  `help:"What they want to have said, word by word; stands on the letter's page as theirs. Empty: takes it away."`
	SaidBy     string   `name:"statement-from" help:"Who says it."`
	SaidOn     string   `name:"statement-on" placeholder:"YYYY-MM-DD" help:"When."`
	SaidIn     string   `name:"statement-language" default:"en" help:"In which language."`
	Is         int      `placeholder:"M" help:"They are addressee M of the text, who is called otherwise there now; all that is known of them stays."`
	TakesUp    *bool    `name:"takes-up" negatable:"" help:"They take the letter up with a State, as special procedures of the United Nations do. Nothing of a delivery to them, or of their answers, becomes public without --communication-open."`
	Type       *string  `name:"communication-type" help:"What they call it: AL, UA, OL."`
	Reference  *string  `name:"communication-reference" help:"Their reference."`
	Sent       *string  `name:"communication-sent" placeholder:"YYYY-MM-DD" help:"Day on which they wrote to the State."`
	Replied    *string  `name:"communication-replied" placeholder:"YYYY-MM-DD" help:"Day on which the State replied."`
	Published  *string  `name:"communication-published" placeholder:"YYYY-MM-DD" help:"Day on which it was published."`
	URL        *string  `name:"communication-url" help:"Where it was published."`
	Open       *bool    `name:"communication-open" negatable:"" help:"Everybody may know that the letter was the source."`
	JSON       bool     `help:"Print one JSON object."`
}

// Run sets it.
func (c *addresseeSet) Run(e *environment) error {
	change := delivery.AddresseeChange{Number: c.Number, Name: c.Name, Office: c.Office, Email: c.Email, Members: c.Members, Reason: c.Reason, Slug: c.Page,
		Is: c.Is}
	if c.Role != "" {
		change.Role = new(delivery.Role(c.Role))
	}
	if c.RuleDays != nil {
		change.Rule = &delivery.Rule{Days: *c.RuleDays, Working: c.Working, Holidays: c.Holidays, Source: c.RuleSource}
		for _, name := range c.Weekend {
			change.Rule.Weekend = append(change.Rule.Weekend, time.Weekday(strings.Index("sun mon tue wed thu fri sat", name)/4))
		}
	}
	if c.Statement != nil {
		change.Statement = &delivery.Statement{Text: *c.Statement, From: c.SaidBy, On: c.SaidOn, Language: c.SaidIn}
	}
	for _, typed := range c.Holder {
		parts := append(strings.Split(typed, ","), "", "")
		change.Holders = append(change.Holders, delivery.Holder{Name: parts[0], From: strings.TrimSpace(parts[1]), Until: strings.TrimSpace(parts[2])})
	}
	return e.with(c.Instance, func(a *app.App) error {
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		known, _ := st.Find(c.Number)
		change.Communication, change.Alone = c.communication(known.Communication), c.TakesUp != nil && !*c.TakesUp
		x, err := a.Deliveries.PutAddressee(e.ctx, c.Slug, change, 0)
		if err != nil {
			return err
		}
		return printAddressee(e, x, c.JSON)
	})
}

// communication is how they take the letter up, with what is given in the place of what was known; nil where nothing is given.
func (c *addresseeSet) communication(known *delivery.Communication) *delivery.Communication {
	x, given := delivery.Communication{}, c.TakesUp != nil && *c.TakesUp
	if known != nil {
		x = *known
	}
	for typed, to := range map[*string]*string{c.Type: &x.Type, c.Reference: &x.Reference, c.Sent: &x.Sent, c.Replied: &x.Replied, c.Published: &x.Published,
		c.URL: &x.URL} {
		if typed != nil {
			*to, given = *typed, true
		}
	}
	if c.Open != nil {
		x.Open, given = *c.Open, true
	}
	if !given {
		return nil
	}
	return &x
}

type deliveryCommand struct {
	Add     deliveryAdd     `cmd:"" help:"Hand a letter over by email, or enter that it was handed over."`
	List    deliveryList    `cmd:"" help:"List the deliveries of a letter."`
	Publish deliveryPublish `cmd:"" help:"Let everybody know of a delivery that was private."`
	Retract deliveryRetract `cmd:"" help:"Take back an entry that was made by mistake: it stays in the list, and counts nowhere."`
	Bounced deliveryBounced `cmd:"" help:"Note that an email came back."`
	Arrived deliveryArrived `cmd:"" help:"Note that an email which seemed to have come back had arrived after all."`
}

type deliveryAdd struct {
	config.Instance
	Slug      string   `arg:"" help:"The letter."`
	Addressee int      `required:"" placeholder:"N" help:"To which addressee, counted from 1 (see addressee list)."`
	Channel   string   `required:"" enum:"email,post,hand,form,portal,public" help:"How: email, post, hand, form, portal or public. An email is sent by the server; the others are entered."`
	Kind      string   `enum:"first,reminder,follow_up,reply,correction" default:"first" help:"first, reminder, follow_up, reply or correction. The clock begins with a first one and a follow-up."`
	At        string   `placeholder:"RFC3339" help:"When. Default: now."`
	File      []string `placeholder:"FILE" help:"What was handed over; may be given again. Default for an email: the letter for the addressee, as PDF."`
	Proof     string   `placeholder:"FILE" help:"That it was: a receipt, a scan, a photo. Not public."`
	Tracking  string   `help:"Number of the shipment. Not public."`
	Note      string   `help:"A line that stands with it."`
	Text      string   `help:"What an email says before the rest."`
	Private   bool     `help:"Nobody is told of it before it is published."`
	Unserved  bool     `help:"Send or enter a reminder to one who never got the letter, as far as is known."`
	Early     bool     `help:"The letter is a draft, and handed over before it is published: its text is fixed by that, and nobody is told before it is published."`
	Corrects  string   `placeholder:"ID" help:"An earlier entry that was wrong (see delivery list); not of an email, which has gone."`
	Embargo   string   `placeholder:"RFC3339" help:"Nobody is told of it before then."`
	BaseURL   string   `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How readers reach the server; stands in the document of an email."`
	JSON      bool     `help:"Print one JSON object."`
}

// Run enters the delivery.
func (c *deliveryAdd) Run(e *environment) error {
	h := delivery.HandOver{Addressee: c.Addressee, Channel: delivery.Channel(c.Channel), Kind: delivery.DeliveryKind(c.Kind), Tracking: c.Tracking,
		Note: c.Note, Text: c.Text, Private: c.Private, Early: c.Early, Unserved: c.Unserved}
	var err error
	if c.Corrects != "" {
		if h.Corrects, err = idOf(c.Corrects); err != nil {
			return err
		}
	}
	if h.At, err = instant("--at", c.At); err != nil {
		return err
	}
	if h.Embargo, err = instant("--embargo", c.Embargo); err != nil {
		return err
	}
	for _, path := range c.File {
		f, err := fileAt(path, delivery.Pack)
		if err != nil {
			return err
		}
		h.Files = append(h.Files, f)
	}
	if c.Proof != "" {
		f, err := fileAt(c.Proof, delivery.Proof)
		if err != nil {
			return err
		}
		h.Files = append(h.Files, f)
	}
	return e.with(c.Instance, func(a *app.App) error {
		a.Deliveries.BaseURL = c.BaseURL
		d, err := a.Deliveries.Deliver(e.ctx, c.Slug, h, 0)
		if err != nil {
			return err
		}
		return printDelivery(e, d, c.JSON)
	})
}

// instant reads a moment or, as its beginning in UTC, a day; "" is none.
func instant(flag, typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, typed); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s %q: give an instant such as 2030-06-30T12:00:00Z, or a day", errUsage, flag, typed)
}

func fileAt(path string, role delivery.FileRole) (delivery.File, error) {
	data, err := readFile(path, delivery.MaxFile)
	return delivery.File{Role: role, Name: filepath.Base(path), Content: data}, err
}

func printDelivery(e *environment, d delivery.Delivery, asJSON bool) error {
	if asJSON {
		return e.printJSON(deliveryJSON(d))
	}
	e.printf("%s  %s  %d  %-10s %-7s %-8s %s\n", delivery.ID(d.ID), d.At.Format(time.DateOnly), d.Addressee, d.Kind, d.Channel, d.State, known(d))
	for _, x := range [][2]string{{"note", d.Note}, {"tracking", d.Tracking}} {
		if x[1] != "" {
			e.printf("    %-8s %s\n", x[0], x[1])
		}
	}
	for _, f := range d.Files {
		e.printf("    %-8s %s  %s\n", f.Role, f.Commitment, f.Name)
	}
	return nil
}

type deliveryRetract struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The entry (see delivery list)."`
}

// Run takes it back.
func (c *deliveryRetract) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.Retract(e.ctx, c.Slug, id, 0), "Entry %s is taken back.\n", c.ID)
	})
}

// known says from when on everybody may know of a delivery, or that it was wrong.
func known(d delivery.Delivery) string {
	switch {
	case d.Corrected:
		return "wrong: corrected or taken back"
	case d.IsPublic():
		return "public"
	case d.Embargo.IsZero():
		return "private"
	}
	return "public from " + d.Embargo.Format(time.RFC3339)
}

func deliveryJSON(d delivery.Delivery) map[string]any {
	files := []map[string]any{}
	for _, f := range d.Files {
		files = append(files, map[string]any{"role": f.Role, "name": f.Name, "type": f.Type, "copy": f.Copy, "commitment": f.Commitment})
	}
	v := map[string]any{"id": delivery.ID(d.ID), "addressee": d.Addressee, "kind": d.Kind, "channel": d.Channel, "state": d.State, "at": d.At.Format(time.RFC3339),
		"edition": d.Edition, "note": d.Note, "tracking": d.Tracking, "public": d.IsPublic(),
		"corrected": d.Corrected, "commitment": d.Commitment(), "files": files}
	if d.Corrects != 0 {
		v["corrects"] = delivery.ID(d.Corrects)
	}
	from := d.PublicAt
	if !d.IsPublic() {
		from = d.Embargo
	}
	if !from.IsZero() {
		v["public_at"] = from.Format(time.RFC3339)
	}
	return v
}

type deliveryList struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists the deliveries.
func (c *deliveryList) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		st, err := standingOf(e, a, c.Slug)
		if err != nil {
			return err
		}
		for _, d := range st.Deliveries {
			if err := printDelivery(e, d, c.JSON); err != nil {
				return err
			}
		}
		return nil
	})
}

type deliveryPublish struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The delivery."`
}

// Run publishes the delivery.
func (c *deliveryPublish) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.Publish(e.ctx, c.Slug, id, 0), "Everybody may know of delivery %s now.\n", c.ID)
	})
}

type deliveryBounced struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The delivery."`
}

// Run notes it.
func (c *deliveryBounced) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.MarkBounced(e.ctx, c.Slug, id, 0), "Delivery %s came back, and counts as none.\n", c.ID)
	})
}

type deliveryArrived struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	ID   string `arg:"" help:"The delivery."`
}

// Run notes it.
func (c *deliveryArrived) Run(e *environment) error {
	id, err := idOf(c.ID)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		return e.done(a.Deliveries.MarkArrived(e.ctx, c.Slug, id, 0), "Delivery %s had arrived.\n", c.ID)
	})
}

func idOf(typed string) (int64, error) {
	id, err := delivery.ParseID(typed)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no id", errUsage, typed)
	}
	return id, nil
}
