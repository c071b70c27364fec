package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/seal"
)

// recipients reads who can open what is written.
func recipients(c config.Recipients) (seal.Recipients, error) {
	texts := c.Recipient
	for _, file := range c.RecipientsFile {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--recipients-file: %w", err)
		}
		texts = append(texts, string(text))
	}
	to, err := seal.ParseRecipients(strings.Join(texts, "\n"))
	if err == nil && len(to) == 0 {
		err = errors.New("nobody could open it: name at least one --recipient AGE1…; undersigned keys identity FILE makes one")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return to, nil
}

// withExisting is with for an instance that must be there: an empty one that was just made has nothing to keep.
func (e *environment) withExisting(instance config.Instance, fn func(a *app.App) error) error {
	a, err := app.Open(e.ctx, app.Options{Instance: instance, Existing: true})
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

type backupCommand struct {
	config.Instance
	config.Recipients
	File  string `arg:"" help:"File to write, - for standard output."`
	Force bool   `help:"Replace FILE if it is there."`
	JSON  bool   `help:"Print one JSON object."`
}

// Run writes a backup.
func (c *backupCommand) Run(e *environment) error {
	to, err := recipients(c.Recipients)
	if err != nil {
		return err
	}
	return e.withExisting(c.Instance, func(a *app.App) error {
		var made app.Backup
		size, err := e.writeFile(c.File, c.Force, func(w io.Writer) (err error) {
			made, err = a.Backup(e.ctx, w, to)
			return err
		})
		if err != nil || c.File == "-" {
			return err
		}
		counts, err := a.Counts(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			object := map[string]any{"file": c.File, "bytes": size, "made": made.Made, "letters": counts.Letters, "signatures": counts.Signatures,
				"recipients": len(to), "instance_key": made.InstanceKey, "where": made.Where}
			if !made.Newest.IsZero() {
				object["newest_signature"] = made.Newest.Truncate(time.Second)
				object["newest_signature_seconds"] = int64(age(made) / time.Second)
			}
			return e.printJSON(object)
		}
		e.printf("Wrote %s: %s, %s; %d can open it.\n", c.File, said(counts), ofBytes(size), len(to))
		if made.Newest.IsZero() {
			e.printf("No signature is in it (%s).\n", made.Where)
		} else {
			e.printf("The newest signature is %s old (%s).\n", inWords(age(made)), made.Where)
		}
		e.printf("The keys are not in it (instance key %s): undersigned keys export keeps them.\n", made.InstanceKey)
		return nil
	})
}

// age is how old the newest signature was when a backup was made: one that is older than expected tells of a database that was left
// behind. Signatures that came meanwhile count as 0.
func age(made app.Backup) time.Duration {
	return max(0, made.Made.Sub(made.Newest))
}

// inWords writes a duration with one unit.
func inWords(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return several(int(d/time.Second), "second")
	case d < 2*time.Hour:
		return several(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return several(int(d/time.Hour), "hour")
	}
	return several(int(d/(24*time.Hour)), "day")
}

type restoreCommand struct {
	config.Instance
	File     string   `arg:"" optional:"" help:"The backup, - for standard input."`
	Identity []string `placeholder:"FILE" help:"File of an age identity that opens it; several are tried."`
	Since    string   `placeholder:"FILE" help:"The last checkpoint of the log that anybody outside has seen (GET /log/checkpoint): the log then continues. Without it a log of another name goes on from the backup."`
	Erasures []string `placeholder:"FILE" help:"A copy of DATA/erasures from the machine that was lost: who was erased, withdrew or hid their name since the backup does not come back. The one in --data is read in any case."`
	NewKeys  bool     `help:"The instance key is lost: give up what only it opens (addresses, names that are not public, submissions that wait) and keep what is public."`
	GiveUp   bool     `help:"Give up a restore that was interrupted, instead of restoring: what was used before with --data can be used again."`
	JSON     bool     `help:"Print one JSON object."`
}

// Run restores a backup into an empty instance.
func (c *restoreCommand) Run(e *environment) error {
	switch {
	case c.GiveUp && c.File != "":
		return fmt.Errorf("%w: --give-up restores no backup: leave FILE away", errUsage)
	case c.GiveUp:
		where, err := app.GiveUpRestore(c.Instance)
		return e.done(err, "The restore into %s was given up. Another one that is to continue the log needs a new backup and a new checkpoint.\n", where)
	case c.File == "":
		return fmt.Errorf("%w: name the backup, - for standard input", errUsage)
	case len(c.Identity) == 0:
		return fmt.Errorf("%w: name the file of an identity that opens the backup with --identity", errUsage)
	}
	with, err := seal.ReadIdentities(c.Identity...)
	if err != nil {
		return fmt.Errorf("--identity: %w", err)
	}
	f, err := e.readFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := app.Restore{Instance: c.Instance, From: f, With: with, NewKeys: c.NewKeys, Since: c.Since, Ledgers: c.Erasures}.Run(e.ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		object := map[string]any{"made": r.Backup.Made, "letters": r.Counts.Letters, "signatures": r.Counts.Signatures, "erased": r.Again.Erased,
			"ended": r.Again.Ended, "hidden": r.Again.Hidden, "origin": r.Origin}
		if r.Former != "" {
			object["former_origin"] = r.Former
		}
		if r.Lost != nil {
			object["lost"] = map[string]int{"submissions": r.Lost.Submissions, "sealed": r.Lost.Sealed, "tags": r.Lost.Tags}
		}
		return e.printJSON(object)
	}
	e.printf("Restored the backup of %s: %s.\n", r.Backup.Made.Format(time.RFC3339), said(r.Counts))
	if r.Again.Erased > 0 {
		e.printf("Erased again what was erased since: %s.\n", several(r.Again.Erased, "signature"))
	}
	if r.Again.Ended > 0 {
		e.printf("Ended again what was withdrawn or removed since: %s.\n", several(r.Again.Ended, "signature"))
	}
	if r.Again.Hidden > 0 {
		e.printf("Hidden again what was hidden since: %s.\n", several(r.Again.Hidden, "name"))
	}
	if r.Lost != nil {
		e.printf("Gone with the lost key: %s that waited, the particulars of %s, the address tags of %d.\n",
			several(r.Lost.Submissions, "submission"), several(r.Lost.Sealed, "signature"), r.Lost.Tags)
	}
	if r.Former == "" {
		e.printf("The log continues: %s\n", r.Origin)
	} else {
		e.printf("The log goes on under another name: %s, before %s\n", r.Origin, r.Former)
	}
	if r.Lost != nil || r.Former != "" {
		e.printf("There are new keys: undersigned keys export FILE --recipient AGE1…\n")
	}
	e.printf("Next: undersigned log check; until then no server starts.\n")
	return nil
}

func said(c app.Counts) string {
	return several(c.Letters, "letter") + ", " + several(c.Signatures, "signature")
}

func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
