package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Documented is how soon, and with how much memory, a letter is a document to hand over, beside other programs that make one of it.
const Documented = "document"

// size is a letter that is made into documents.
type size struct {
	name, slug string
	text       string
	names      int // of those who have signed it
}

// maker is a way to make a document of a letter.
type maker struct {
	name    string
	against bool // ours is compared with it
	command func(s size, out string) *exec.Cmd
}

// made is what one document cost.
type made struct {
	took, worked time.Duration
	memory       float64 // MiB: the highest of all its processes together
}

// Documents measures a letter of four pages and one with many names, each made by a process of its own: ours, which opens the instance,
// Chromium's, which prints the same page with the same names, and LibreOffice's, which converts our DOCX. The last two where they are.
func Documents(ctx context.Context, o Options, names int) (_ *Report, err error) {
	o.What, o.Connections, o.Duration = Documented, []int{1}, time.Second
	o.Env = append(slices.Clone(o.Env), "UNDERSIGNED_PUBLISH_EVERY=1s")
	if err := o.check(); err != nil {
		return nil, err
	}
	if names < 1 || names > 100_000 {
		return nil, errors.New("--names: from 1 to 100000")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*startLimit+time.Duration(o.Rounds)*5*time.Minute)
	defer cancel()
	r := &run{Options: o}
	defer r.close()
	head, body, _ := strings.Cut(Invented, "The ferry between")
	facts, asks, _ := strings.Cut(body, "We therefore")
	asks = "We therefore" + asks
	sizes := []size{
		{"4 pages", "pages", head + strings.Repeat("The ferry between"+facts, 7) + asks, 0},
		{strconv.Itoa(names) + " signatories", "names", Invented, names},
	}
	if err := r.startDocuments(ctx, sizes); err != nil {
		return nil, err
	}
	all := map[string][]made{}
	makers := r.makers(ctx, sizes[0])
	for round := range o.Rounds {
		for _, s := range sizes {
			for _, m := range makers {
				x, err := r.make(ctx, m, s)
				if err != nil {
					return nil, err
				}
				name := m.name + ", " + s.name
				all[name] = append(all[name], x)
				fmt.Fprintf(r.Progress, "round %d of %d: %s in %.0f ms, %.0f MiB\n", round+1, o.Rounds, name, ms(x.took), x.memory)
			}
		}
	}
	for _, s := range sizes {
		r.compare(makers, s, all)
	}
	r.stopServer()
	ours := func(s size) float64 {
		return medianOf(all[makers[0].name+", "+s.name], func(x made) float64 { return x.memory })
	}
	r.report.Server.Memory, r.report.Server.MemoryAfter = ours(sizes[0]), ours(sizes[1])
	return &r.report, nil
}

// startDocuments makes an instance with the letters and serves it, until all names are public.
func (r *run) startDocuments(ctx context.Context, sizes []size) (err error) {
	if r.dir, err = os.MkdirTemp(r.Dir, "undersigned-bench-"); err != nil {
		return err
	}
	r.cleanup = append(r.cleanup, func() { _ = os.RemoveAll(r.dir) })
	r.report.What, r.report.Engine, r.report.Rounds = r.What, "sqlite", r.Rounds
	for _, s := range sizes {
		text, list := filepath.Join(r.dir, s.slug+".md"), filepath.Join(r.dir, s.slug+".csv")
		if err := errors.Join(os.WriteFile(text, []byte(s.text), 0o600), os.WriteFile(list, inventedNames(s.names), 0o600)); err != nil {
			return err
		}
		if err := r.command(ctx, append([]string{"import", "letter", text, "--slug", s.slug, "--publish", "--sign-on", "both"}, r.instance()...)...); err != nil {
			return err
		}
		if s.names == 0 {
			continue
		}
		add := []string{"import", "signatories", s.slug, list, "--basis", "paper", "--source", "Sheets", "--apply"}
		if err := r.command(ctx, append(add, r.instance()...)...); err != nil {
			return err
		}
	}
	if r.sink, err = newSink("", false); err != nil {
		return err
	}
	r.cleanup = append(r.cleanup, r.sink.close, r.stopServer)
	if r.self, err = freeAddress(); err != nil {
		return err
	}
	r.URL = "http://" + r.self
	if err := r.startServer(ctx, 0); err != nil {
		return err
	}
	if info, err := os.Stat(r.Program); err == nil {
		r.report.Server.Program = float64(info.Size()) / (1 << 20)
	}
	for _, s := range sizes {
		if err := r.printView(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// inventedNames is a list for import signatories.
func inventedNames(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Name,Title,Affiliation,Country\n")
	for i := range n {
		fmt.Fprintf(&b, "Marit%d Oswin%d,Professor of Hydrology,University of Port %d,NL\n", i, i%97, i%311)
	}
	return b.Bytes()
}

// printView waits until the names of a letter are public, and writes its page with all of them as a file for a browser.
func (r *run) printView(ctx context.Context, s size) error {
	address := r.URL + "/letters/" + s.slug
	var list struct {
		Signatories []struct{ Name, Title, Affiliation string }
	}
	for {
		_, body, err := r.get(ctx, address+"/signatories.json", nil)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		if len(list.Signatories) >= s.names {
			break
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d names are public: %w", len(list.Signatories), s.names, ctx.Err())
		}
	}
	_, page, err := r.get(ctx, address, nil)
	if err != nil {
		return err
	}
	var names strings.Builder
	names.WriteString(`<ul class="signatories">`)
	for _, x := range list.Signatories {
		fmt.Fprintf(&names, `<li><bdi class="who">%s</bdi> <span class="meta"><bdi>%s</bdi> · <bdi>%s</bdi></span></li>`,
			html.EscapeString(x.Name), html.EscapeString(x.Title), html.EscapeString(x.Affiliation))
	}
	names.WriteString("</ul></main>")
	text := strings.Replace(string(page), "<head>", `<head><base href="`+r.URL+`/">`, 1)
	return os.WriteFile(filepath.Join(r.dir, s.slug+".html"), []byte(strings.Replace(text, "</main>", names.String(), 1)), 0o600)
}

// makers are ours, the first, and those of this machine.
func (r *run) makers(ctx context.Context, first size) []maker {
	export := func(s size, format, out string) []string {
		return append([]string{"export", "letter", s.slug, "--format", format, "--base-url", r.URL, "-o", out}, r.instance()...)
	}
	list := []maker{{"PDF", false, func(s size, out string) *exec.Cmd { return exec.Command(r.Program, export(s, "pdf", out)...) }}}
	if path, err := exec.LookPath("chromium"); err == nil {
		list = append(list, maker{"Chromium", true, func(s size, out string) *exec.Cmd {
			return exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
				"--no-pdf-header-footer", "--user-data-dir="+filepath.Join(r.dir, "chromium"), "--print-to-pdf="+out, "file://"+filepath.Join(r.dir, s.slug+".html"))
		}})
	} else {
		r.report.Notes = append(r.report.Notes, "there is no chromium here to compare with")
	}
	path, err := exec.LookPath("soffice")
	if err == nil {
		err = r.command(ctx, export(first, "docx", filepath.Join(r.dir, first.slug+".docx"))...)
	}
	if err != nil {
		r.report.Notes = append(r.report.Notes, "there is no LibreOffice here, or no DOCX for it, to compare with")
		return list
	}
	return append(list, maker{"LibreOffice", true, func(s size, out string) *exec.Cmd {
		docx := filepath.Join(r.dir, s.slug+".docx")
		if _, err := os.Stat(docx); err != nil {
			_ = r.command(ctx, export(s, "docx", docx)...) // not measured; without it the conversion fails
		}
		return exec.Command(path, "--headless", "-env:UserInstallation=file://"+filepath.Join(r.dir, "office"), "--convert-to", "pdf",
			"--outdir", filepath.Dir(out), docx)
	}})
}

// make makes one document.
func (r *run) make(ctx context.Context, m maker, s size) (x made, err error) {
	folder, err := os.MkdirTemp(r.dir, "made-")
	if err != nil {
		return x, err
	}
	defer os.RemoveAll(folder)
	out := filepath.Join(folder, s.slug+".pdf")
	cmd := m.command(s, out)
	var said bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = r.Env, r.dir, &said, &said
	if m.against {
		cmd.Env = nil // they find their fonts and folders by it
	}
	select { // what the last one left running has ended by then
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
		return x, ctx.Err()
	}
	begin := time.Now()
	p, err := launch(cmd)
	if err != nil {
		return x, err
	}
	took := time.Duration(0)
	for done := false; !done; {
		select {
		case <-p.ended:
			took, done = time.Since(begin), true
		case <-ctx.Done():
			p.stop()
			return x, ctx.Err()
		case <-time.After(20 * time.Millisecond): // looking more often would cost what is measured
			x.memory = max(x.memory, familyMemory(cmd.Process.Pid))
		}
	}
	x.memory = max(x.memory, ownMemory(cmd.ProcessState))
	x.took, x.worked = took, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	if info, err := os.Stat(out); p.err != nil || err != nil || info.Size() == 0 {
		return x, fmt.Errorf("%s made no document of %s: %w\n%s", m.name, s.name, errors.Join(p.err, err), said.String())
	}
	return x, nil
}

func medianOf(list []made, of func(x made) float64) float64 {
	values := make([]float64, len(list))
	for i, x := range list {
		values[i] = of(x)
	}
	return median(values)
}

// compare makes the lines of a letter: those of the other programs, and ours beside each of them.
func (r *run) compare(makers []maker, s size, all map[string][]made) {
	line := func(name string) Line {
		list := all[name]
		took := medianOf(list, func(x made) float64 { return ms(x.took) })
		return Line{Name: name, Connections: 1, Rate: 1000 / took, P50: took, P99: ms(slices.MaxFunc(list, func(a, b made) int { return int(a.took - b.took) }).took),
			CPU:    medianOf(list, func(x made) float64 { return float64(x.worked) / float64(time.Microsecond) }),
			Memory: medianOf(list, func(x made) float64 { return x.memory })}
	}
	ours := makers[0].name + ", " + s.name
	if len(makers) == 1 {
		r.report.Lines = append(r.report.Lines, line(ours))
	}
	for _, m := range makers[1:] {
		theirs := m.name + ", " + s.name
		x := line(ours)
		x.Against = theirs
		var ratios []float64
		for i := range all[ours] {
			ratios = append(ratios, float64(all[theirs][i].took)/float64(all[ours][i].took))
		}
		x.Ratio, x.Low, x.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
		r.report.Lines = append(r.report.Lines, line(theirs), x)
	}
}

// printDocuments writes the report of Documents for people.
func (r *Report) printDocuments(w io.Writer) error {
	fmt.Fprintf(w, "%s: medians of %d rounds\n\n", r.What, r.Rounds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "ms\tCPU ms\tMiB\ttimes as fast\t\t\n")
	for _, l := range r.Lines {
		faster := ""
		if l.Against != "" {
			faster = fmt.Sprintf("%.1f", l.Ratio)
		}
		fmt.Fprintf(t, "%.0f\t%.0f\t%.0f\t%s\t\t%s\n", l.P50, l.CPU/1000, l.Memory, faster, strings.TrimSuffix(l.Name+" beside "+l.Against, " beside "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	return nil
}
