package bench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Report is what was measured. Its fields are the JSON output.
type Report struct {
	What     string    `json:"what"`
	Engine   string    `json:"engine"`
	Rounds   int       `json:"rounds"`
	Seconds  float64   `json:"seconds"` // of one run
	Lines    []Line    `json:"lines"`
	Server   Server    `json:"server,omitzero"`
	Delivery *Delivery `json:"delivery,omitempty"`
	Floors   []Finding `json:"floors,omitempty"` // of Check
	Notes    []string  `json:"notes,omitempty"`

	samples []sampleOf
}

// Line is the medians of one row's runs with one number of connections.
type Line struct {
	Name        string  `json:"name"`
	Connections int     `json:"connections"`
	Rate        float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	CPU         float64 `json:"cpu_us,omitempty"`     // processor time of the answering process for one request, mails included
	Memory      float64 `json:"memory_mib,omitempty"` // of Documents: the highest, of all processes of its maker together
	Errors      int     `json:"errors"`               // of all rounds
	Error       string  `json:"error,omitempty"`
	Against     string  `json:"against,omitempty"`
	Ratio       float64 `json:"ratio,omitempty"`
	Low         float64 `json:"ratio_low,omitempty"` // the lowest and the highest of the rounds
	High        float64 `json:"ratio_high,omitempty"`
}

// Server is what is known about a server that the bench started. Memory is resident, in MiB; what of it is anonymous is the
// program's own, the rest are pages of its file that the kernel keeps as long as it likes.
type Server struct {
	Startup     float64 `json:"startup_s"` // from its start to the first 200 of /readyz
	Memory      float64 `json:"memory_mib"`
	Anonymous   float64 `json:"anonymous_mib"`
	MemoryAfter float64 `json:"memory_after_mib"`
	Program     float64 `json:"program_mib"` // size of the executable
}

// Delivery compares accepted signatures with the mails that came.
type Delivery struct {
	Accepted  int     `json:"accepted"`
	Delivered int     `json:"delivered"` // of these: distinct recipients
	Missing   int     `json:"missing"`
	Mails     int     `json:"mails"` // all, with those sent twice
	Drained   float64 `json:"drained_s,omitempty"`
}

type sampleOf struct {
	name        string
	connections int
	sample
}

// summarise makes the lines of the samples.
func (r *run) summarise(rows []row) {
	for _, n := range r.Connections {
		for _, row := range rows {
			line := Line{Name: row.name, Connections: n, Against: row.against}
			var rates, p50s, p99s, ratios, cpus []float64
			for _, s := range r.report.samples {
				if s.name != row.name || s.connections != n {
					continue
				}
				rates, ratios = append(rates, s.rate()), append(ratios, s.ratio)
				p50s, p99s = append(p50s, ms(s.p50)), append(p99s, ms(s.p99))
				cpus = append(cpus, float64(s.cpu)/float64(time.Microsecond))
				line.Errors += s.errors
				line.Error = cmp.Or(line.Error, s.firstError)
			}
			line.Rate, line.P50, line.P99, line.CPU, line.Ratio = median(rates), median(p50s), median(p99s), median(cpus), median(ratios)
			if row.against != "" && len(ratios) > 0 {
				line.Low, line.High = slices.Min(ratios), slices.Max(ratios)
			}
			r.report.Lines = append(r.report.Lines, line)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	if r.What == Documented {
		return r.printDocuments(w)
	}
	fmt.Fprintf(w, "%s, %s: medians of %d rounds of %g s\n\n", r.What, r.Engine, r.Rounds, r.Seconds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "connections\t/s\tp50 ms\tp99 ms\tCPU µs\terrors\tof bare\trounds\t\t\n")
	for _, l := range r.Lines {
		ratio, spread := "", ""
		if l.Against != "" {
			ratio, spread = fmt.Sprintf("%.2f", l.Ratio), fmt.Sprintf("%.2f-%.2f", l.Low, l.High)
		}
		fmt.Fprintf(t, "%d\t%.0f\t%s\t%s\t%.0f\t%d\t%s\t%s\t\t%s\n", l.Connections, l.Rate, digits(l.P50), digits(l.P99), l.CPU, l.Errors, ratio, spread, l.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, l := range r.Lines {
		if l.Error != "" {
			fmt.Fprintf(w, "\nFirst error of %s with %d connections: %s\n", l.Name, l.Connections, l.Error)
		}
	}
	if s := r.Server; s != (Server{}) {
		fmt.Fprintf(w, "\nServer: ready %.2f s after its start, %.0f MiB in memory at rest (%.0f of it anonymous), %.0f MiB at the end; program %.0f MiB.\n",
			s.Startup, s.Memory, s.Anonymous, s.MemoryAfter, s.Program)
	}
	switch d := r.Delivery; {
	case d == nil:
	case d.Drained > 0:
		fmt.Fprintf(w, "Mails: %d signatures accepted, %d of them delivered, %d missing; %d mails in all; all were there %.0f s after the load.\n",
			d.Accepted, d.Delivered, d.Missing, d.Mails, d.Drained)
	default:
		fmt.Fprintf(w, "Mails: %d signatures accepted, %d of them delivered so far (--check waits for the others).\n", d.Accepted, d.Delivered)
	}
	if len(r.Floors) > 0 {
		fmt.Fprintln(w)
	}
	for _, f := range r.Floors {
		fmt.Fprintln(w, f)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	return nil
}

func digits(ms float64) string {
	switch {
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	case ms < 100:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return strconv.FormatFloat(ms, 'f', 0, 64)
}
