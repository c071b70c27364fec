package cli

import (
	"fmt"
	"io"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/seal"
)

type keysCommand struct {
	Export   keysExport   `cmd:"" help:"Write the instance's keys into an encrypted file, to be kept apart from this machine and from backups."`
	Import   keysImport   `cmd:"" help:"Put exported keys back."`
	List     keysList     `cmd:"" help:"Print the fingerprints of the instance's keys."`
	Identity keysIdentity `cmd:"" help:"Make an age identity, which opens backups and exported keys, and print its recipient."`
}

type keysExport struct {
	config.Instance
	config.Recipients
	File  string `arg:"" help:"File to write, - for standard output."`
	Force bool   `help:"Replace FILE if it is there."`
	JSON  bool   `help:"Print one JSON object a key."`
}

// Run exports the keys and records that it was done.
func (c *keysExport) Run(e *environment) error {
	to, err := recipients(c.Recipients)
	if err != nil {
		return err
	}
	return e.withExisting(c.Instance, func(a *app.App) error {
		var keys []seal.Stored
		_, err := e.writeFile(c.File, c.Force, func(w io.Writer) (err error) {
			keys, err = a.ExportKeys(w, to)
			return err
		})
		if err != nil {
			return err
		}
		if err := a.KeysExported(e.ctx, keys); err != nil {
			return fmt.Errorf("the keys are in %s, but that could not be recorded, so doctor will ask for it again: %w", c.File, err)
		}
		if c.File == "-" {
			return nil
		}
		return e.printKeys(keys, c.JSON)
	})
}

type keysImport struct {
	config.Instance
	File     string   `arg:"" help:"The exported keys, - for standard input."`
	Identity []string `required:"" placeholder:"FILE" help:"File of an age identity that opens it; several are tried."`
	JSON     bool     `help:"Print one JSON object a key."`
}

// Run puts the keys back.
func (c *keysImport) Run(e *environment) error {
	with, err := seal.ReadIdentities(c.Identity...)
	if err != nil {
		return fmt.Errorf("--identity: %w", err)
	}
	f, err := e.readFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	keys, err := seal.ImportKeys(c.Data, f, with)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return e.printKeys(keys, c.JSON)
}

type keysList struct {
	config.Instance
	JSON bool `help:"Print one JSON object a key."`
}

// Run lists the keys.
func (c *keysList) Run(e *environment) error {
	keys, err := seal.ListKeys(c.Data)
	if err != nil {
		return err
	}
	return e.printKeys(keys, c.JSON)
}

func (e *environment) printKeys(keys []seal.Stored, asJSON bool) error {
	for _, k := range keys {
		if !asJSON {
			e.printf("%-16s %s\n", k.Name, k.Fingerprint)
		} else if err := e.printJSON(map[string]string{"name": k.Name, "fingerprint": k.Fingerprint}); err != nil {
			return err
		}
	}
	return nil
}

type keysIdentity struct {
	File        string `arg:"" help:"File to write. Keep it where this machine's thief does not find it."`
	PostQuantum bool   `help:"An identity that also withstands quantum computers: its recipient, age1pq1…, has 2,000 characters and needs age 1.3."`
	JSON        bool   `help:"Print one JSON object."`
}

// Run makes an identity. A file that is there is never replaced.
func (c *keysIdentity) Run(e *environment) error {
	text, recipient, err := seal.NewIdentity(c.PostQuantum)
	if err != nil {
		return err
	}
	if _, err := e.writeFile(c.File, false, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		return err
	}
	switch {
	case c.File == "-":
		return nil
	case c.JSON:
		return e.printJSON(map[string]string{"file": c.File, "recipient": recipient})
	}
	e.printf("%s\n", recipient)
	return nil
}
