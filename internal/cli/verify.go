package cli

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/verify"
)

type verifyCommand struct {
	Source string `arg:"" help:"Address of a server or of a letter's page, a bundle (zip file or the folder it was unpacked to), or a receipt (.tlog-proof)."`
	Policy string `placeholder:"FILE" help:"File with the line \"log KEY\": the key you were given by somebody you trust. Without it the key that the source itself gives is used."`
	Since  string `placeholder:"FILE" help:"An older checkpoint: the log must still begin with what it was then."`
	JSON   bool   `help:"Print one JSON object."`
}

// errDiffers is the outcome of a verification that found something.
var errDiffers = errors.New("what is claimed and what the log says differ")

// Run verifies the source. It needs no instance, and for a bundle or a receipt no network.
func (c *verifyCommand) Run(e *environment) error {
	o := verify.Options{}
	if c.Policy != "" {
		text, err := readFile(c.Policy, 1<<20)
		if err == nil {
			o.Key, err = verify.ParsePolicy(string(text))
		}
		if err != nil {
			return fmt.Errorf("--policy %s: %w", c.Policy, err)
		}
	}
	if c.Since != "" {
		var err error
		if o.Since, err = readFile(c.Since, 1<<20); err != nil {
			return fmt.Errorf("--since: %w", err)
		}
	}
	if strings.Contains(c.Source, "://") {
		client := &http.Client{Timeout: 2 * time.Minute}
		source, err := verify.FromURL(e.ctx, client, c.Source)
		if err != nil {
			return err
		}
		return c.audit(e, source, o)
	}
	info, err := os.Stat(c.Source)
	if err != nil {
		return fmt.Errorf("%w: give the address of a server, a bundle or a receipt", err)
	}
	if info.IsDir() {
		return c.bundle(e, os.DirFS(c.Source), o)
	}
	f, err := os.Open(c.Source)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := f.ReadAt(head, 0)
	if bytes.HasPrefix(head[:n], []byte("c2sp.org/tlog-proof")) {
		return c.receipt(e, o)
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s is neither a bundle nor a receipt", c.Source)
	}
	return c.bundle(e, archive, o)
}

func (c *verifyCommand) bundle(e *environment, files fs.FS, o verify.Options) error {
	source, err := verify.FromBundle(files)
	if err != nil {
		return err
	}
	return c.audit(e, source, o)
}

func (c *verifyCommand) audit(e *environment, source verify.Source, o verify.Options) error {
	progress := e.progress("leaves read")
	o.Progress = func(done, of int64) { progress(int(done), int(of)) }
	report, err := verify.Audit(e.ctx, source, o)
	if err != nil {
		return err
	}
	if c.JSON {
		err = e.printJSON(struct {
			OK bool `json:"ok"`
			verify.Report
		}{report.OK(), report})
	} else {
		printReport(e, report)
	}
	if err == nil && !report.OK() {
		err = errDiffers
	}
	return err
}

// plain keeps what a site says from telling the terminal anything: control characters and those that turn the direction.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if text.ShownLine.Forbids(r) {
			return '?'
		}
		return r
	}, s)
}

func printReport(e *environment, r verify.Report) {
	e.printf("Log %s, checkpoint of %d leaves\nroot %s\n", r.Origin, r.Size, r.Root)
	if !r.Trusted {
		e.printf("key %s\n", r.Key)
		e.printf("     This is the key that the source itself gives. Compare it with the one you were given elsewhere, or use --policy.\n")
	}
	if r.Since != nil {
		e.printf("begins with the older checkpoint of %d leaves\n", r.Since.Size)
	}
	for _, p := range r.Problems {
		e.printf("DIFFERS: %s\n", plain(p))
	}
	for _, l := range r.Letters {
		n := l.Counted
		e.printf("\n%s\n%s, as of %d leaves\n", plain(l.Title), plain(l.Slug), l.AsOf)
		e.printf("  organisations %d, people %d\n  of these: name not public %d, imported %d, on an earlier text %d\n  withdrawn %d, removed %d%s\n",
			n.Organisations, n.Persons, n.Withheld, n.Imported, n.Earlier, n.Withdrawn, n.Removed, reasons(l.Ended))
		for _, edition := range l.Editions {
			e.printf("  edition %d: text unchanged in %s\n", edition.Number, strings.Join(edition.Texts, ", "))
			for _, cell := range edition.Cells {
				e.printf("    %6d %s, %s, by %s\n", cell.N, cell.Kind, cell.Listing, cell.Basis)
			}
		}
		e.printf("  public names whose commitment was computed again: %d\n", l.Names)
		if l.Hidden > 0 {
			e.printf("  counted as public, name taken down since: %d\n", l.Hidden)
		}
		for _, p := range l.Problems {
			e.printf("  DIFFERS: %s\n", plain(p))
		}
	}
	if r.OK() {
		e.printf("\nEverything that was claimed follows from the log.\n")
	}
}

func reasons(ended map[verify.Reason]int) string {
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(ended)) {
		list = append(list, fmt.Sprintf("%s %d", reason, ended[reason]))
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// receipt checks a receipt. Its key must be given: one that came with the receipt would prove nothing.
func (c *verifyCommand) receipt(e *environment, o verify.Options) error {
	if o.Key == "" {
		return fmt.Errorf("%w: a receipt is checked with --policy FILE, the key of the log it is from", errUsage)
	}
	file, err := readFile(c.Source, verify.MaxReceipt)
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(o.Key)
	if err != nil {
		return err
	}
	r, err := verify.ParseReceipt(file)
	if err != nil {
		return err
	}
	sign, edition, record, err := r.Check(key)
	if err != nil {
		return err
	}
	if o.Since != nil {
		return errors.New("--since belongs to an audit: a receipt holds no older state of the log")
	}
	if c.JSON {
		texts := map[string]string{}
		for _, t := range edition.Texts {
			texts[t.Language] = fmt.Sprintf("%x", t.SHA256)
		}
		return json.NewEncoder(e.stdout).Encode(map[string]any{"ok": true, "index": r.Index, "letter": sign.Letter.String(), "kind": sign.Kind,
			"listing": sign.Listing, "basis": sign.Basis, "day": sign.Day, "name": record.Name, "title": record.Title,
			"affiliation": record.Affiliation, "country": record.Country, "edition": edition.Number, "texts": texts})
	}
	e.printf("Leaf %d of the log %s is a signature.\n", r.Index, key.Name())
	e.printf("  name %s (%s, %s, by %s, confirmed on %s)\n", record.Name, sign.Kind, sign.Listing, sign.Basis, sign.Day)
	e.printf("  on edition %d of the letter %s, whose texts are\n", edition.Number, sign.Letter)
	for _, t := range edition.Texts {
		e.printf("  %s %x\n", t.Language, t.SHA256)
	}
	return nil
}
