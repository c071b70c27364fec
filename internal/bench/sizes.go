package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Sized is what is measured on instances of different sizes: the same pages and acts on each, one after the other in each
// round, with the first instance as the limit that the others are compared with.
const Sized = "sizes"

// Sizes measures instances that bench seed filled, each served by a process of its own. Their letters are signed.
func Sizes(ctx context.Context, o Options, folders []string) (_ *Report, err error) {
	o.What, o.Relays = Sized, []Relay{Fast}
	switch {
	case len(folders) == 0:
		return nil, errors.New("bench sizes: name the folders of the instances")
	case o.Database != "":
		return nil, errors.New("bench sizes: measures instances on SQLite")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	all := &run{Options: o}
	all.report.What, all.report.Engine, all.report.Rounds, all.report.Seconds = o.What, "sqlite", o.Rounds, o.Duration.Seconds()
	var instances []*run
	defer func() {
		for _, r := range instances {
			r.close()
		}
	}()
	var table [][]row // by instance
	for _, folder := range folders {
		r := &run{Options: o, data: folder}
		instances = append(instances, r)
		rows, err := r.startSized(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		table = append(table, rows)
	}
	for round := range o.Rounds {
		for _, n := range o.Connections {
			for x := range table[0] {
				first := 0.0
				for i, r := range instances {
					s, err := r.measure(ctx, n, table[i][x])
					if err != nil {
						return nil, err
					}
					if i == 0 {
						first = s.rate()
					} else if first > 0 {
						s.ratio = s.rate() / first
					}
					fmt.Fprintf(o.Progress, "round %d of %d, %d connections: %s %.0f/s\n", round+1, o.Rounds, n, table[i][x].name, s.rate())
					all.report.samples = append(all.report.samples, sampleOf{table[i][x].name, n, s})
				}
			}
		}
	}
	var rows []row
	for x := range table[0] {
		for i := range instances {
			row := table[i][x]
			if i > 0 {
				row.against = table[0][x].name
			}
			rows = append(rows, row)
		}
	}
	all.summarise(rows)
	for _, r := range instances {
		r.stopServer()
		all.report.Notes = append(all.report.Notes, fmt.Sprintf("%s signatures: ready %.2f s after the start, %.0f MiB in memory at rest, %.0f at most",
			grouped(r.signatures), r.report.Server.Startup, r.report.Server.Memory, r.report.Server.MemoryAfter))
	}
	return &all.report, nil
}

// close undoes what start did.
func (r *run) close() {
	for _, fn := range slices.Backward(r.cleanup) {
		fn()
	}
	r.cleanup = nil
}

// startSized serves the instance and returns what is measured on it.
func (r *run) startSized(ctx context.Context) (rows []row, err error) {
	if r.dir, err = os.MkdirTemp(r.Dir, "undersigned-bench-"); err != nil {
		return nil, err
	}
	r.cleanup = append(r.cleanup, func() { _ = os.RemoveAll(r.dir) })
	if r.data, err = filepath.Abs(r.data); err != nil {
		return nil, err
	}
	if r.sink, err = newSink("", true); err != nil {
		return nil, err
	}
	r.cleanup = append(r.cleanup, r.sink.close)
	if r.self, err = freeAddress(); err != nil {
		return nil, err
	}
	r.URL, r.Letter = "http://"+r.self, inventedSlug
	r.ledger.last.Store(time.Now().UnixMilli()) // addresses that did not sign in an earlier run
	r.cleanup = append(r.cleanup, r.stopServer)
	if err := r.startServer(ctx, unlimited); err != nil {
		return nil, err
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	r.report.Server.Memory, r.report.Server.Anonymous = r.server.memory()
	if err := r.findLetter(ctx); err != nil {
		return nil, err
	}
	cursors, err := r.cursors(ctx)
	if err != nil {
		return nil, err
	}
	var turn atomic.Int64
	get := func(name string, paths ...string) row {
		return row{name: name, target: target{
			request: func() (*http.Request, int, error) {
				request, err := http.NewRequest(http.MethodGet, r.letter+paths[int(turn.Add(1))%len(paths)], nil)
				if err == nil {
					browserHeaders(request)
				}
				return request, 0, err
			},
			answer: func(_ int, response *http.Response) error { return wantStatus(response, http.StatusOK) },
		}}
	}
	sign, confirm := r.signRow("", Fast), r.confirmRow("")
	sign.against, confirm.against = "", ""
	rows = []row{get("letter page", ""), get("list, first page", "/signatories?kind=person"), get("list, further down", cursors...),
		get("search", "/signatories?q=ann", "/signatories?q=کرم", "/signatories?q=lund", "/signatories?q=παπ", "/signatories?q=王"),
		get("search, two words", "/signatories?q=ann+lund", "/signatories?q=bo+hol", "/signatories?q=شیرین+نو"), sign, confirm}
	for i := range rows {
		rows[i].name += ", " + grouped(r.signatures) + " signatures"
	}
	return rows, nil
}

// cursors returns addresses of parts of the list, up to fifty thousand names down.
func (r *run) cursors(ctx context.Context) (paths []string, err error) {
	next := r.letter + "/signatories.json?kind=person&limit=1000"
	for len(paths) < 50 && next != "" {
		_, body, err := r.get(ctx, next, nil)
		if err != nil {
			return nil, err
		}
		var part struct{ Next string }
		if err := json.Unmarshal(body, &part); err != nil {
			return nil, err
		}
		if next = part.Next; next != "" {
			u, err := url.Parse(next)
			if err != nil {
				return nil, err
			}
			paths = append(paths, "/signatories?kind=person&after="+url.QueryEscape(u.Query().Get("after")))
		}
	}
	if paths == nil {
		paths = []string{"/signatories?kind=person"}
	}
	return paths, nil
}

// grouped writes a number as 1,000,000.
func grouped(n int) string {
	text := fmt.Sprint(n)
	var parts []string
	for len(text) > 3 {
		parts = append(parts, text[len(text)-3:])
		text = text[:len(text)-3]
	}
	parts = append(parts, text)
	slices.Reverse(parts)
	return strings.Join(parts, ",")
}
