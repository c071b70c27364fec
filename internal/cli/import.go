package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

type importCommand struct {
	Letter      importLetter      `cmd:"" help:"Read .txt, .md, .html and .docx files, or folders of them, into draft letters, or a file into the next edition of one."`
	Signatories importSignatories `cmd:"" help:"Add a list of signatories (CSV, XLSX) that was collected elsewhere, or mails that ask to sign (.eml, .mbox); a dry run unless --apply."`
	Batches     importBatches     `cmd:"" help:"List the imported lists of a letter."`
	Undo        importUndo        `cmd:"" help:"Undo an imported list: withdraw every signature of it."`
}

type importLetter struct {
	config.Instance
	Files      []string       `arg:"" name:"file" help:"Files to read. Of a folder: its .txt, .md, .html, .htm and .docx files by name, without hidden ones, links and folders inside it."`
	Slug       string         `help:"Name of the letter in its address, [a-z0-9-]{1,80}. Default: made from the title."`
	Publish    bool           `help:"Publish, and open for signatures unless --sign-on is none."`
	SignOn     letter.SignOn  `name:"sign-on" enum:"none,people,organisations,both," default:"" help:"Who may sign: none, people, organisations or both. Default for a new letter: both."`
	Deadline   string         `placeholder:"RFC3339" help:"Until when it can be signed: an instant, or a day such as 2030-06-30. Default: the one the text gives."`
	Zone       string         `default:"UTC" help:"IANA time zone of a deadline given as a day, e.g. Europe/Vienna."`
	Follows    letter.Follows `enum:"cosmetic,translation,substantive," default:"" help:"For a published letter: how this edition follows the last: cosmetic, translation or substantive."`
	Language   string         `help:"Language of the text (BCP 47). Default: recognised."`
	Translator string         `help:"Who translated the text."`
	Lead       []string       `help:"Slugs of the lead organisations. Default: the sender named in the text."`
	Protected  bool           `help:"Preselect the counted-only listing in the form."`
	Mandate    bool           `help:"Hold organisations until it is known that who signed for them may."`
	Prose      bool           `name:"prose-demands" help:"Take requests found in prose as demands too."`
	JSON       bool           `help:"Print one JSON object a line, one per file; of a file that was not imported its name and the error."`
}

// Run reads every file; one that cannot be read does not stop the others.
func (c *importLetter) Run(e *environment) error {
	files, folders := c.expand()
	if c.Slug != "" && len(files) > 1 {
		return fmt.Errorf("%w: --slug names one letter, but there are %d files", errUsage, len(files))
	}
	run := importRun{environment: e, many: folders || len(files) > 1, total: len(files)}
	return e.with(c.Instance, func(a *app.App) error {
		for _, file := range files {
			if e.ctx.Err() != nil {
				break
			}
			err := file.err
			unchanged := false
			if err == nil {
				unchanged, err = c.read(e, a, file.name)
			}
			if err := run.done(file.name, unchanged, err, c.JSON); err != nil {
				return err
			}
		}
		return run.end(c.JSON)
	})
}

// importFile is a file to read, or an argument that names none.
type importFile struct {
	name string
	err  error
}

// expand returns the files that the arguments name, those of a folder by name.
func (c *importLetter) expand() (files []importFile, folders bool) {
	for _, arg := range c.Files {
		info, err := os.Stat(arg)
		if err != nil || !info.IsDir() {
			files = append(files, importFile{name: arg})
			continue
		}
		folders = true
		entries, err := os.ReadDir(arg)
		had := len(files)
		for _, entry := range entries {
			if entry.Type().IsRegular() && importer.InFolder(entry.Name()) {
				files = append(files, importFile{name: filepath.Join(arg, entry.Name())})
			}
		}
		if err == nil && len(files) == had {
			err = fault.New(fault.Invalid, "import.folder")
		}
		if err != nil {
			files = append(files, importFile{name: arg, err: err})
		}
	}
	return files, folders
}

// importRun counts what became of the files and says so.
type importRun struct {
	*environment
	many                   bool // more than one file was asked for
	total, count           int
	imported, same, failed int
}

// handful is how many files are read without saying how far it is.
const handful = 5

func (r *importRun) done(file string, unchanged bool, err error, asJSON bool) error {
	r.count++
	switch {
	case err != nil:
		r.failed++
		fmt.Fprintf(r.stderr, "%s: %s\n", file, describe(err))
		if asJSON {
			return r.printJSON(map[string]string{"file": file, "error": describe(err)})
		}
	case unchanged:
		r.same++
	default:
		r.imported++
	}
	if r.total > handful && (r.count%100 == 0 || r.count == r.total) || r.total > 1 && isTerminal(r.stderr) {
		fmt.Fprintf(r.stderr, "%d of %d files\n", r.count, r.total)
	}
	return nil
}

func (r *importRun) end(asJSON bool) error {
	if r.many && !asJSON {
		r.printf("%d imported, %d unchanged, %d failed\n", r.imported, r.same, r.failed)
	}
	if r.count < r.total {
		return fmt.Errorf("stopped after %d of %d files", r.count, r.total)
	}
	if r.failed > 0 {
		return fmt.Errorf("%d of %d files were not imported", r.failed, r.total)
	}
	return nil
}

// isTerminal reports whether somebody watches what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// read imports one file and reports whether its letter was there as it is.
func (c *importLetter) read(e *environment, a *app.App, file string) (unchanged bool, err error) {
	data, err := readFile(file, int64(importer.LimitOf(file)))
	if err != nil {
		return false, err
	}
	draft, err := importer.Read(filepath.Base(file), data)
	if err != nil {
		return false, err
	}
	if c.Language != "" {
		draft.Language = c.Language
	}
	if draft.Body, err = storePictures(e, a, filepath.Dir(file), draft.Body); err != nil {
		return false, err
	}
	read, err := c.letterOf(draft)
	if err != nil {
		return false, err
	}
	l, changed, err := a.Letters.Import(e.ctx, read)
	if err != nil {
		return false, err
	}
	draft.Slug = l.Slug
	if c.JSON {
		return !changed, e.printJSON(draft)
	}
	report(e, draft, l)
	if taken := read.Text.Slug(); c.Slug == "" && l.Slug != taken {
		e.printf("  %-11s another letter is called %s; this one is %s\n", "unsure", taken, l.Slug)
	}
	return !changed, nil
}

// readFile reads a file that is not larger than limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fault.New(fault.TooLarge, "import.too_large", "Size", int(info.Size()), "Limit", int(limit))
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(data)) > limit {
		return nil, fault.New(fault.TooLarge, "import.too_large", "Size", len(data), "Limit", int(limit))
	}
	return data, err
}

// letterOf returns what the draft says of its letter, with what the flags say in its place.
func (c *importLetter) letterOf(d *importer.Draft) (i letter.Import, err error) {
	var zone *time.Location
	if c.Deadline != "" || d.Deadline != "" {
		if zone, err = time.LoadLocation(c.Zone); err != nil {
			return i, fmt.Errorf("--zone %q: give an IANA time zone such as Europe/Vienna", c.Zone)
		}
	}
	if i, err = letter.FromDraft(d, c.Prose, zone); err != nil {
		return i, err
	}
	i.Slug, i.Text.Translator, i.Follows, i.Publish = c.Slug, c.Translator, c.Follows, c.Publish
	if c.Slug == "" && c.Follows != letter.FollowsNone { // the next edition of the letter of that name
		i.Slug = i.Text.Slug()
	}
	if c.Lead != nil || c.Follows != letter.FollowsNone {
		i.Organisations, i.Settings.Leads = nil, c.Lead
	}
	if c.SignOn != "" {
		i.Settings.SignOn = &c.SignOn
	}
	if c.Protected {
		i.Settings.Protected = &c.Protected
	}
	if c.Mandate {
		i.Settings.Mandate = &c.Mandate
	}
	if c.Deadline != "" {
		deadline, err := letter.ParseDeadline(c.Deadline, zone, false)
		if err != nil {
			return i, err
		}
		i.Settings.Deadline = &deadline
	}
	return i, nil
}

var pictureLink = regexp.MustCompile(`(!\[[^\]]*\]\()([^)\s]+)`)

// storePictures stores the pictures that Markdown names by a relative path and names them by their hash instead.
func storePictures(e *environment, a *app.App, folder, body string) (string, error) {
	if !strings.Contains(body, "![") {
		return body, nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	var errs []error
	body = pictureLink.ReplaceAllStringFunc(body, func(match string) string {
		parts := pictureLink.FindStringSubmatch(match)
		if strings.Contains(parts[2], ":") {
			return match // already stored, or elsewhere: that becomes a plain link
		}
		f, err := root.Open(parts[2])
		if err == nil {
			defer f.Close()
			var data []byte
			if data, err = io.ReadAll(io.LimitReader(f, letter.MaxPictureBytes+1)); err == nil {
				var hash string
				if hash, err = a.Letters.Media.PutPicture(e.ctx, data); err == nil {
					return parts[1] + "picture:" + hash
				}
			}
		}
		errs = append(errs, fmt.Errorf("picture %s: %s", parts[2], describe(err)))
		return match
	})
	return body, errors.Join(errs...)
}

// report says in words what was recognised and what was unsure.
func report(e *environment, d *importer.Draft, l letter.Letter) {
	e.printf("%s  (%s, %s, edition %d)\n", l.Slug, d.Form, l.State, l.Edition.Number)
	line := func(name, text string) {
		if text != "" {
			e.printf("  %-11s %s\n", name, text)
		}
	}
	line("title", d.Title)
	line("subtitle", d.Subtitle)
	line("language", d.Language)
	line("from", d.Sender.Name)
	for _, a := range d.Addressees {
		line("to", strings.Trim(a.Name+", "+a.Office, ", "))
	}
	line("date", d.Date)
	line("salutation", d.Salutation)
	for _, x := range d.Demands {
		name := "demand " + x.Number
		if x.Unsure {
			name = "demand?"
		}
		line(name, short(x.Text))
	}
	line("closing", d.Closing)
	for _, s := range d.SignedBy {
		line("signed", strings.Trim(strings.Join([]string{s.Name, s.Role, s.Organisation}, ", "), ", "))
	}
	line("deadline", d.Deadline)
	for _, f := range d.Figures {
		line("figure", string(f.Qualifier)+": "+short(f.Quote))
	}
	for _, w := range d.Warnings {
		line("unsure", w.String())
	}
	for _, x := range d.LeftOut {
		if x.Why != importer.Label {
			line("unsure", fmt.Sprintf("left out: '%s' (line %d), which %s", x.Text, x.Line, x.Why))
		}
	}
}

func short(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:99]) + "…"
	}
	return s
}
