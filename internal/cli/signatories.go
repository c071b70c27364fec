package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

type importSignatories struct {
	config.Instance
	Slug     string         `arg:"" help:"The letter."`
	File     string         `arg:"" help:"The list: CSV (comma, semicolon, tab or bar; UTF-8 or UTF-16) or XLSX. Or mails that ask to sign, whose lines such as \"Organisation: River Watch\" are read: .eml or .mbox."`
	Apply    bool           `help:"Add them. Without it nothing is written: every line is checked, and what would become of it is printed. Of mails, those that the sender's domain has signed (DKIM) are added, and the others' senders asked by mail to confirm."`
	Skip     []int          `placeholder:"N,…" help:"Numbers of mails that do not ask to sign."`
	Basis    verify.Basis   `enum:"import,paper,reply," default:"" help:"How they were given: paper (signed on paper), reply (answered a mail), import (another list). They are counted and marked apart from those confirmed by mail. Default: reply for mails, else import."`
	Source   string         `placeholder:"TEXT" help:"Where the list comes from, as the public is told, e.g. \"Sheets signed at the assembly of 12 May\"."`
	Listing  roll.Listing   `enum:"public,addressee,coalition,counted" default:"public" help:"Who may see the names, where the list has no column that says so: public, addressee, coalition or counted. Publish only names whose bearers agreed to it."`
	Kind     verify.Kind    `enum:"person,organisation,both," default:"" help:"Who signs, where the list has no column that says so. Default: a line with a name is a person, one with an organisation only is that."`
	Column   map[string]int `placeholder:"FIELD=N" help:"What column N holds, where its heading does not say it: name, given, family, title, affiliation, organisation, country, email, listing, kind. listing=0: none says who may see the names."`
	Encoding string         `enum:"windows-1252,windows-1256,windows-1250,windows-1251,windows-1253,windows-1254,windows-1255,macintosh," default:"" placeholder:"NAME" help:"How the text of a CSV is encoded, where it is not Unicode: windows-1252 (Western Europe), windows-1256 (Arabic, Persian), -1250, -1251, -1253, -1254, -1255, or macintosh."`
	Quiet    bool           `short:"q" help:"Print only lines that need a look, and the summary."`
	JSON     bool           `help:"Print one JSON object a line of the list, and a last one that sums up."`
}

// Run plans the import, prints the plan and, with --apply, carries it out.
func (c *importSignatories) Run(e *environment) error {
	columns := map[roster.Field]int{}
	for field, number := range c.Column {
		columns[roster.Field(field)] = number
		if !isField(field) {
			return fmt.Errorf("%w: --column %s: there is no such field", errUsage, field)
		}
	}
	list, texts, err := c.read(e, columns)
	if err != nil {
		return err
	}
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		plan, err := a.Intake.Plan(e.ctx, intake.Import{Letter: l, List: list, Basis: c.Basis, Source: c.Source, Listing: c.Listing, Kind: c.Kind})
		if err != nil {
			return err
		}
		for _, line := range plan.Lines {
			if err := c.printLine(e, line, texts[line.Line]); err != nil {
				return err
			}
		}
		batch := plan.Batch
		if c.Apply {
			if batch, err = a.Intake.Apply(e.ctx, plan, e.progress("added")); err != nil {
				return fmt.Errorf("%w\nWhat was added stays. Run the same command again to go on where it stopped", err)
			}
		}
		return c.sumUp(e, plan, batch)
	})
}

// read reads the list. Of mails it also returns what they say, by number.
func (c *importSignatories) read(e *environment, columns map[roster.Field]int) (*roster.Roster, map[int]inbox.Mail, error) {
	name := filepath.Base(c.File)
	if !inbox.IsFile(name) {
		if len(c.Skip) > 0 {
			return nil, nil, fmt.Errorf("%w: --skip is for mails", errUsage)
		}
		if c.Basis == "" {
			c.Basis = verify.ByImport
		}
		data, err := readFile(c.File, roster.Limit)
		if err != nil {
			return nil, nil, err
		}
		list, err := roster.ReadIn(c.Encoding, name, data, columns)
		c.advise(e, data, err)
		return list, nil, err
	}
	if len(columns) > 0 || c.Basis != "" && c.Basis != verify.ByReply {
		return nil, nil, fmt.Errorf("%w: mails have no columns, and their basis is reply", errUsage)
	}
	c.Basis = verify.ByReply
	data, err := readFile(c.File, inbox.Limit)
	if err != nil {
		return nil, nil, err
	}
	f, err := inbox.Read(e.ctx, name, data, net.DefaultResolver.LookupTXT)
	if err != nil {
		return nil, nil, err
	}
	texts := map[int]inbox.Mail{}
	for _, m := range f.Mails {
		texts[m.Number] = m
	}
	for _, n := range c.Skip {
		if _, ok := texts[n]; !ok {
			return nil, nil, fmt.Errorf("%w: --skip %d: there is no such mail", errUsage, n)
		}
	}
	return intake.Roster(f).Without(c.Skip), texts, nil
}

// advise says how a list can be read that was refused.
func (c *importSignatories) advise(e *environment, data []byte, err error) {
	f, _ := errors.AsType[*fault.Error](err)
	switch {
	case f == nil:
	case f.Key == "roster.columns":
		fmt.Fprintln(e.stderr, "Say which column is which with --column name=N.")
	case f.Key == "roster.consent":
		fmt.Fprintf(e.stderr, "If yes in it means that the name is shown, say --column listing=%[1]v. If another column tells, name that one; "+
			"if none does, say --column listing=0: then --listing is for all.\n", f.Args["Number"])
	case f.Key == "roster.encoding":
		encoding := fmt.Sprint(f.Args["Encoding"])
		fmt.Fprintf(e.stderr, "With --encoding %s it reads:\n", encoding)
		for _, line := range roster.Preview(data, encoding) {
			fmt.Fprintf(e.stderr, "    %s\n", line)
		}
	}
}

func isField(name string) bool {
	for _, f := range roster.Fields {
		if string(f) == name {
			return true
		}
	}
	return false
}

// progress tells how far a long piece of work is, on the terminal of whoever waits for it.
func (e *environment) progress(verb string) func(done, of int) {
	shown := time.Time{}
	return func(done, of int) {
		if now := time.Now(); done == of || now.Sub(shown) > time.Second {
			shown = now
			fmt.Fprintf(e.stderr, "%d of %d %s\n", done, of, verb)
		}
	}
}

// plannedLine is a line of the plan as JSON.
type plannedLine struct {
	Line        int            `json:"line"`
	Outcome     intake.Outcome `json:"outcome"`
	Kind        verify.Kind    `json:"kind"`
	Name        string         `json:"name"`
	Title       string         `json:"title,omitempty"`
	Affiliation string         `json:"affiliation,omitempty"`
	Country     string         `json:"country,omitempty"`
	Listing     roll.Listing   `json:"listing"`
	Reason      string         `json:"reason,omitempty"`
	DuplicateOf int            `json:"duplicate_of,omitempty"` // the line above; 0 when the letter has it
	SameName    int            `json:"same_name_as,omitempty"`
	Notes       []roster.Note  `json:"notes,omitempty"`
	Error       string         `json:"error,omitempty"`
	Mail        *plannedMail   `json:"mail,omitempty"`
}

// plannedMail is what a line was read from.
type plannedMail struct {
	From     string      `json:"from"`
	Date     string      `json:"date,omitempty"`
	ID       string      `json:"message_id,omitempty"`
	Subject  string      `json:"subject,omitempty"`
	Language string      `json:"language,omitempty"`
	Vouched  inbox.Vouch `json:"vouched"`
	Text     string      `json:"text,omitempty"`
}

func mailOf(m inbox.Mail) *plannedMail {
	if m.Number == 0 {
		return nil
	}
	p := plannedMail{From: m.Address, ID: m.ID, Subject: m.Subject, Language: m.Language, Vouched: m.Vouched, Text: m.Text}
	if !m.At.IsZero() {
		p.Date = m.At.Format(time.RFC3339)
	}
	return &p
}

var noteTexts = map[roster.Note]string{
	roster.NoteHidden: "hidden characters taken out", roster.NoteCountry: "country not known, left out",
	roster.NoteListing: "listing not understood, name kept back", roster.NoteLong: "cell cut", roster.NoteKind: "kind not understood",
	roster.NoteUnanswered: "no answer whether the name may be shown, name kept back", roster.NoteUnnamed: "signs without a name, counted only",
	roster.NoteEarlier: "written before there was this text",
	roster.NoteAltered: "signature of the domain does not hold", roster.NoteNoKey: "key of the signature not to be had",
}

var heldTexts = map[string]string{
	signing.HeldDuplicate: "possible duplicate: counts once it is released", signing.HeldLookAlike: "look-alike letters: counts once it is released",
}

func (c *importSignatories) printLine(e *environment, line intake.PlannedLine, m inbox.Mail) error {
	out := plannedLine{Line: line.Line, Outcome: line.Outcome, Kind: line.Kind, Reason: line.Reason, DuplicateOf: line.Of, SameName: line.Same, Notes: line.Notes}
	shown := line.Record()
	out.Name, out.Title, out.Affiliation, out.Country, out.Listing = shown.Name, shown.Title, shown.Affiliation, shown.Country, line.Listing
	if line.Fault != nil {
		out.Error = describe(line.Fault)
	}
	if out.Mail = mailOf(m); c.JSON {
		return e.printJSON(out)
	}
	var remarks []string
	switch {
	case line.Fault != nil:
		remarks = append(remarks, out.Error)
	case line.Reason == intake.Withdrawn:
		remarks = append(remarks, "has signed and withdrawn: a list does not bring the name back")
	case line.Reason == intake.Asked:
		remarks = append(remarks, "was sent a mail about this letter within a week")
	case line.Reason != "":
		remarks = append(remarks, heldTexts[line.Reason])
	case line.Outcome == intake.Ask:
		remarks = append(remarks, "anybody may have sent this mail: its sender is asked to confirm")
	case line.Of > 0:
		remarks = append(remarks, fmt.Sprintf("repeats line %d", line.Of))
	case line.Outcome == intake.Duplicate:
		remarks = append(remarks, "has signed already")
	}
	if line.Same > 0 && line.Of == 0 {
		remarks = append(remarks, fmt.Sprintf("same name as line %d", line.Same))
	}
	for _, n := range line.Notes {
		remarks = append(remarks, noteTexts[n])
	}
	if c.Quiet && len(remarks) == 0 {
		return nil
	}
	text := strings.Join(nonEmpty(out.Name, out.Title, out.Affiliation, out.Country), ", ")
	e.printf("%7d  %-9s  %-12s  %-9s  %s", line.Line, line.Outcome, line.Kind, out.Listing, text)
	if len(remarks) > 0 {
		e.printf("  [%s]", strings.Join(remarks, "; "))
	}
	e.printf("\n")
	if m.Number > 0 { // what somebody is to read before they apply
		e.printf("%9s%s\n", "", strings.Join(nonEmpty(m.Address, string(m.Vouched), m.Subject, short(strings.Join(strings.Fields(m.Text), " "))), " | "))
	}
	return nil
}

func nonEmpty(texts ...string) (kept []string) {
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

func (c *importSignatories) sumUp(e *environment, plan *intake.Plan, batch intake.Batch) error {
	counts := map[intake.Outcome]int{}
	for _, o := range []intake.Outcome{intake.Add, intake.Ask, intake.Hold, intake.Duplicate, intake.Invalid,
		intake.Done} {
		counts[o] = plan.Count(o)
	}
	columns := map[roster.Field]int{}
	for _, column := range plan.List.Columns {
		columns[column.Field] = column.Number
	}
	if c.JSON {
		return e.printJSON(map[string]any{"summary": counts, "lines": len(plan.Lines), "applied": c.Apply, "batch": batch.ID,
			"added": batch.Added - plan.Batch.Added, "asked": plan.Asked, "basis": plan.Basis,
			"source": plan.Source, "columns": columns, "ignored": plan.List.Ignored, "sheet": plan.List.Sheet})
	}
	for _, column := range plan.List.Columns {
		as := ""
		if column.Inverse {
			as = ": yes keeps the name back"
		}
		e.printf("column %d %q is read as %s%s\n", column.Number, column.Heading, column.Field, as)
	}
	if plan.List.OfOrganisations {
		e.printf("the organisations sign; the persons beside them are not shown (--kind says otherwise)\n")
	}
	for _, heading := range plan.List.Ignored {
		e.printf("column %q is not used\n", heading)
	}
	e.printf("%d lines: %d to add, %d to add on hold, %d duplicates, %d that cannot be added", len(plan.Lines), counts[intake.Add],
		counts[intake.Hold], counts[intake.Duplicate], counts[intake.Invalid])
	if n := counts[intake.Ask]; n > 0 {
		e.printf(", %d whose senders are asked to confirm", n)
	}
	if n := counts[intake.Done]; n > 0 {
		e.printf(", %d added before it was interrupted", n)
	}
	switch {
	case !c.Apply:
		e.printf(".\nNothing was written. Add them with --apply.\n")
	case batch.ID == 0:
		e.printf(".\nThere was nothing to add.\n")
	default:
		e.printf(".\n%d signatures were added as batch %d. They join list and count with the next publication.\n", batch.Added-plan.Batch.Added, batch.ID)
		if counts[intake.Ask] > 0 {
			e.printf("%d senders are asked by mail; each counts once they have confirmed.\n", plan.Asked)
		}
		e.printf("To undo: undersigned import undo %s %d\n", c.Slug, batch.ID)
	}
	return nil
}

type importBatches struct {
	config.Instance
	Slug string `arg:"" help:"The letter."`
	JSON bool   `help:"Print one JSON object a line."`
}

// Run lists the batches.
func (c *importBatches) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		batches, err := a.Intake.Batches(e.ctx, l.ID)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if b.Added, err = a.Intake.Became(e.ctx, b); err != nil {
				return err
			}
			if c.JSON {
				if err := e.printJSON(map[string]any{"batch": b.ID, "state": b.State, "basis": b.Basis, "source": b.Source, "added": b.Added,
					"sha256": b.SHA256, "created": b.CreatedAt.Format(time.RFC3339)}); err != nil {
					return err
				}
				continue
			}
			e.printf("%d  %-8s  %-6s  %d added  %s  %s\n", b.ID, b.State, b.Basis, b.Added, b.CreatedAt.Format(time.DateOnly), b.Source)
		}
		return err
	})
}

type importUndo struct {
	config.Instance
	Slug  string `arg:"" help:"The letter."`
	Batch int64  `arg:"" help:"The batch, as import batches prints it."`
	JSON  bool   `help:"Print one JSON object."`
}

// Run undoes the batch.
func (c *importUndo) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		undone, kept, err := a.Intake.Undo(e.ctx, l.ID, c.Batch, e.progress("looked at"))
		if err != nil {
			return err
		}
		if c.JSON {
			return e.printJSON(map[string]any{"batch": c.Batch, "undone": undone, "kept": kept})
		}
		e.printf("%d signatures were withdrawn, or are not asked for any more; their names have left the list, and the count follows with the next publication.\n",
			undone)
		if kept > 0 {
			e.printf("%d are no longer of this batch: their signers signed with their own mailbox since, or they had ended before.\n", kept)
		}
		return nil
	})
}

type exportSignatories struct {
	config.Instance
	Slug   string `arg:"" help:"The letter."`
	Format string `enum:"csv,json" default:"csv" help:"csv (safe to open in a spreadsheet) or json (one object a line)."`
	Output string `short:"o" default:"-" placeholder:"FILE" help:"File to write, - for standard output."`
}

// Run writes the public list of signatories, as its page shows it.
func (c *exportSignatories) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		l, err := a.Letters.Find(e.ctx, c.Slug)
		if err != nil {
			return err
		}
		return e.writeWhole(c.Output, 0o644, func(w io.Writer) error { return c.write(e, a, l.ID, w) })
	})
}

// writeWhole writes a file, or standard output for "-". A file that exists is whole: it takes its name when its last byte is
// written.
func (e *environment) writeWhole(name string, mode os.FileMode, write func(w io.Writer) error) error {
	if name == "-" {
		return write(e.stdout)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".export-*")
	if wrong, ok := errors.AsType[*os.PathError](err); ok {
		wrong.Path = name // which is known to whoever asked
	}
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), mode); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (c *exportSignatories) write(e *environment, a *app.App, l letter.ID, w io.Writer) error {
	list := a.Roll.Everyone(e.ctx, l, verify.Organisation, verify.Person)
	if c.Format == "json" {
		return roll.WriteJSON(w, c.Slug, list, func() string { return "" })
	}
	return roll.WriteCSV(w, list)
}
