package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Invented is the letter that a started server serves; nobody in it exists.
const Invented = `# Open letter on the ferry to Innis Vey

To the Harbour Board of Tarn

Port Sellow, 4 March 2030

Dear members of the Board,

The ferry between Port Sellow and Innis Vey has carried pupils, patients and post every day for sixty-one years. Since the
winter timetable it sails on two days a week. Three hundred and twelve people live on the island; the nearest clinic, the
nearest secondary school and the nearest shop that sells medicines are on the other shore.

Between October and February the residents' association wrote down every missed appointment. There were 148. In eleven
cases a boat of the coastguard had to come instead, at a cost to the public that the Board's own report puts at four times
that of a regular sailing.

The Board says that too few passengers travel on the days that were cut. The counts on which it relies were made in the two
weeks in which the pier was closed for repair. We have asked for the counts of the other fifty weeks and were told that
they will be published "in due course".

We therefore ask the Harbour Board of Tarn:

1. To restore a daily sailing by 1 May 2030.
2. To publish the passenger counts of the last five years, week by week.
3. To hear the residents of Innis Vey before any further change of the timetable.
4. To name the officer who answers for this letter, and to reply by 31 March 2030.

Yours faithfully,

Marit Oswin, for the Innis Vey Residents' Association
`

const inventedSlug = "bench"

// instance are the flags that name the instance of the started server.
func (r *run) instance() []string {
	data := r.data
	if data == "" {
		data = filepath.Join(r.dir, "data")
	}
	flags := []string{"--data", data}
	if r.database != "" {
		flags = append(flags, "--database", r.database)
	}
	return flags
}

// prepareServer imports the invented letter and starts the server on it.
func (r *run) prepareServer(ctx context.Context) error {
	text := filepath.Join(r.dir, "letter.md")
	if err := os.WriteFile(text, []byte(Invented), 0o600); err != nil {
		return err
	}
	importing, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := r.command(importing, append([]string{"import", "letter", text, "--slug", inventedSlug, "--publish", "--sign-on", "both"}, r.instance()...)...); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	r.self, r.URL, r.Letter = address, "http://"+address, inventedSlug
	r.cleanup = append(r.cleanup, r.stopServer)
	if err := r.startServer(ctx, r.MailRate); err != nil {
		return err
	}
	if info, err := os.Stat(r.Program); err == nil {
		r.report.Server.Program = float64(info.Size()) / (1 << 20)
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	r.report.Server.Memory, r.report.Server.Anonymous = r.server.memory()
	return nil
}

// startServer starts the program as its operator would, and waits until it is ready.
func (r *run) startServer(ctx context.Context, mailRate int) error {
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{"serve", "--listen", r.self, "--smtp", "smtp://" + r.sink.addr, "--rate-limit", "off"}, r.instance()...)
	if mailRate > 0 {
		args = append(args, "--mail-rate", strconv.Itoa(mailRate))
	}
	cmd := exec.Command(r.Program, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = r.Env, r.dir, log, log
	begin := time.Now()
	if r.server, err = launch(cmd); err != nil {
		return err
	}
	if err := r.server.await(ctx, r.URL+"/readyz"); err != nil {
		tail, _ := os.ReadFile(r.logFile())
		return fmt.Errorf("%w\n%s", err, tail[max(0, len(tail)-2000):])
	}
	if took := time.Since(begin).Seconds(); r.report.Server.Startup < took {
		r.report.Server.Startup = took
	}
	return nil
}

// stopServer stops the started server, if it runs; what it had not mailed waits for its next start.
func (r *run) stopServer() {
	if r.server == nil {
		return
	}
	resident, _ := r.server.memory()
	r.report.Server.MemoryAfter = max(r.report.Server.MemoryAfter, resident)
	r.server.stop()
	r.server = nil
}

// command runs the program to its end.
func (r *run) command(ctx context.Context, args ...string) error {
	cmd := exec.Command(r.Program, args...)
	cmd.Env, cmd.Dir = r.Env, r.dir
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := launch(cmd)
	if err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.stop()
	}
	if err := errors.Join(p.err, ctx.Err()); err != nil {
		return fmt.Errorf("undersigned %s: %w\n%s", args[0], err, out.String())
	}
	return nil
}

// schema makes an empty schema in the database and returns the address that leads into it. It is dropped at the end, so
// that a bench leaves nothing and touches nothing of what else is there.
func (r *run) schema(ctx context.Context) (address string, err error) {
	u, err := url.Parse(r.Database)
	if err != nil {
		return "", errors.New("--database: give postgres://…")
	}
	name := "bench_" + strings.ToLower(rand.Text()[:12])
	if err := r.sql(ctx, "CREATE SCHEMA "+name); err != nil {
		return "", err
	}
	r.cleanup = append(r.cleanup, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startLimit)
		defer cancel()
		if err := r.sql(ctx, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			fmt.Fprintf(r.Progress, "the schema %s was not dropped: %v\n", name, err)
		}
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (r *run) sql(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.Database)
	if err != nil {
		return fmt.Errorf("--database: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// findLetter reads what the form needs.
func (r *run) findLetter(ctx context.Context) error {
	r.letter = strings.TrimSuffix(r.URL, "/") + "/letters/" + r.Letter
	_, body, err := r.get(ctx, r.letter+".json", nil)
	if err != nil {
		return err
	}
	var document struct {
		State   string
		Edition struct{ Number int }
		Counts  struct{ Persons, Organisations int }
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return fmt.Errorf("%s.json: %w", r.letter, err)
	}
	r.signatures = document.Counts.Persons + document.Counts.Organisations
	if r.edition = document.Edition.Number; r.What != Read && document.State != "open" {
		return fmt.Errorf("the letter %s is %s and takes no signatures", r.Letter, document.State)
	}
	return nil
}

// get fetches a page once.
func (r *run) get(ctx context.Context, address string, header http.Header) (http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	browserHeaders(request)
	maps.Copy(request.Header, header)
	response, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, response.Status)
	}
	return response.Header, body, err
}
