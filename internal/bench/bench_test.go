package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/bench"
	"github.com/undersigned/undersigned/internal/cli"
	"github.com/undersigned/undersigned/internal/testkit"
)

const asProgram = "UNDERSIGNED_BENCH_TEST_PROGRAM"

// TestMain lets the test binary be the program that a bench starts.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testkit.Main(m)
}

func options(t *testing.T, what string) bench.Options {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bench.Options{What: what, Connections: []int{4}, Duration: time.Second, Rounds: 1, Dir: t.TempDir(), Program: program,
		Env: []string{asProgram + "=1"}}
}

// run runs a bench and checks what must hold however slow the machine is.
func run(t *testing.T, o bench.Options) *bench.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	report, err := bench.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range report.Lines {
		if l.Rate <= 0 || l.P50 <= 0 || l.P99 < l.P50 {
			t.Errorf("%s: rate %v, p50 %v, p99 %v", l.Name, l.Rate, l.P50, l.P99)
		}
		if l.Errors != 0 {
			t.Errorf("%s: %d errors, the first: %s", l.Name, l.Errors, l.Error)
		}
		if l.Against != "" && l.Ratio <= 0 {
			t.Errorf("%s: no ratio to %s", l.Name, l.Against)
		}
	}
	if s := report.Server; s.Startup <= 0 || s.Program <= 0 {
		t.Errorf("server: %+v", s)
	}
	left, err := os.ReadDir(o.Dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	return report
}

// TestSign_relays signs with a relay that works and with one that is down, and finds every mail at the end.
func TestSign_relays(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: mails wait 15 s after a relay was down")
	}
	t.Parallel()
	o := options(t, bench.Sign)
	o.Relays, o.Check = []bench.Relay{bench.Fast, bench.Down}, true
	report := run(t, o)
	if len(report.Lines) != 3 {
		t.Errorf("%d lines instead of 3: %+v", len(report.Lines), report.Lines)
	}
	d := report.Delivery
	if d == nil || d.Accepted == 0 || d.Missing != 0 || d.Delivered != d.Accepted || d.Mails < d.Delivered {
		t.Errorf("delivery: %+v", d)
	}

	var text bytes.Buffer
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sign, sqlite", "of bare", "bare durable insert", "relay down", "0 missing", "ready"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, &text)
		}
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"per_second"`, `"p99_ms"`, `"ratio"`, `"missing":0`, `"startup_s"`} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the JSON has no %s: %s", want, data)
		}
	}
}

func TestRead_andConfirm(t *testing.T) {
	t.Parallel()
	if report := run(t, options(t, bench.Read)); len(report.Lines) != 6 || report.Delivery != nil {
		t.Errorf("report: %+v", report)
	}
	o := options(t, bench.Confirm)
	o.Links = 100
	report := run(t, o)
	if names := []string{report.Lines[0].Name, report.Lines[1].Name}; !slices.Contains(names, "confirm") {
		t.Errorf("lines: %v", names)
	}
	if d := report.Delivery; d == nil || d.Accepted != 100 || d.Missing != 0 {
		t.Errorf("delivery: %+v", d)
	}
}

// On PostgreSQL too, where the bare limit runs the product's own statements: what it gives them must be what they take.
func TestConfirm_onPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	t.Parallel()
	o := options(t, bench.Confirm)
	o.Database, o.Links = testkit.PostgresURL(t), 100
	report := run(t, o)
	if d := report.Delivery; d == nil || d.Accepted != 100 || d.Missing != 0 || report.Engine != "postgres" {
		t.Errorf("%+v", report)
	}
}

// TestCheck_control plants a floor that nothing can stand on: the check names it, and it alone, and still reports everything.
func TestCheck_control(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and watches them at rest")
	}
	t.Parallel()
	low := make([]bench.Floor, len(bench.Floors)) // what any machine holds, whatever else it does
	for i, f := range bench.Floors {
		low[i] = bench.Floor{Name: f.Name, Unit: f.Unit}
		if f.Most > 0 {
			low[i].Most = 1000 * f.Most
		}
	}
	for _, planted := range []string{"", "sign"} {
		floors := slices.Clone(low)
		for i := range floors {
			if floors[i].Name == planted {
				floors[i].Least = 100
			}
		}
		o := options(t, "")
		o.Duration, o.Backlog = 600*time.Millisecond, 200
		report, err := bench.Check(t.Context(), o, floors)
		if report == nil {
			t.Fatal(err)
		}
		if (err != nil) != (planted != "") || err != nil && !strings.HasPrefix(err.Error(), planted) {
			t.Errorf("with a floor planted under %q: %v", planted, err)
		}
		for _, f := range report.Floors {
			if f.Holds != (f.Name != planted) || f.Value <= 0 && f.Name != "idle" {
				t.Errorf("with a floor planted under %q: %v", planted, f)
			}
		}
		if len(report.Floors) != len(bench.Floors) || len(report.Lines) != 6 || report.Server.Memory <= 0 || report.Server.Anonymous <= 0 {
			t.Errorf("the report is not whole: %+v", report)
		}
		left, err := os.ReadDir(o.Dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left in the folder: %v, %v", left, err)
		}
	}
}

func TestRun_refusals(t *testing.T) {
	for name, change := range map[string]func(*bench.Options){
		"what":        func(o *bench.Options) { o.What = "dance" },
		"connections": func(o *bench.Options) { o.Connections = []int{0} },
		"duration":    func(o *bench.Options) { o.Duration = 0 },
		"rounds":      func(o *bench.Options) { o.Rounds = 0 },
		"letter":      func(o *bench.Options) { o.URL = "http://localhost:1" },
		"smtp-listen": func(o *bench.Options) { o.SMTPListen = "localhost:0" },
		"no server":   func(o *bench.Options) { o.URL, o.Letter = "http://127.0.0.1:1", "x" },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, bench.Sign)
			if change(&o); o.Dir == "" {
				t.Fatal("no folder")
			}
			if _, err := bench.Run(t.Context(), o); err == nil {
				t.Error("was measured")
			}
		})
	}
}

// Each program that is here makes each document, and what it takes is told.
func TestDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser several times")
	}
	o := options(t, bench.Documented)
	report, err := bench.Documents(t.Context(), o, 60)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, l := range report.Lines {
		names[l.Name] = true
		if l.Rate <= 0 || l.P50 <= 0 || l.CPU <= 0 || l.Memory <= 1 || l.Against != "" && (l.Ratio <= 0 || !names[l.Against]) {
			t.Errorf("%+v", l)
		}
	}
	if !names["PDF, 4 pages"] || !names["PDF, 60 signatories"] {
		t.Errorf("lines of %v", names)
	}
	var printed bytes.Buffer
	if err := report.Print(&printed); err != nil || !strings.Contains(printed.String(), "PDF, 4 pages") {
		t.Errorf("%v: %s", err, printed.String())
	}
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
