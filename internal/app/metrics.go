package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// metrics is what the server tells Prometheus. Labels are routes, methods, classes of status and kinds of job: there is no
// more of them whatever visitors send, and nothing in them is about a letter or a person.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// newMetrics registers everything but what the web tells by observe.
func newMetrics(a *App) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "undersigned_http_request_duration_seconds", Help: "Requests by route, method and class of status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route", "method", "status"})}
	count := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(m.requests, jobCollector{a.DB}, logCollector{a.Log}, inboxCollector{a.Inbox},
		count("undersigned_signatures_submitted_total", "Forms accepted by this process.", func() float64 { return float64(a.Signing.Events.Submitted.Load()) }),
		count("undersigned_signatures_confirmed_total", "Signatures confirmed by this process.",
			func() float64 { return float64(a.Signing.Events.Confirmed.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "undersigned_mails_put_off",
			Help: "Confirmations that wait in this process, since too many were asked for at their domain."},
			func() float64 { return float64(a.Mailboxes.PutOff()) }),
		count("undersigned_signatures_published_total", "Acts that this process moved into list and count.",
			func() float64 { return float64(a.Signing.Events.Published.Load()) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// observe counts a request. An unknown path has the empty route.
func (m *metrics) observe(route, method string, status int, took time.Duration) {
	if status == 0 {
		status = http.StatusOK // an answer without a body, to HEAD
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// server serves the metrics.
func (m *metrics) server() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
}

// jobCollector counts jobs when it is asked.
type jobCollector struct{ db *store.DB }

var (
	jobsWaiting = prometheus.NewDesc("undersigned_jobs_waiting", "Jobs that are not yet done.", []string{"kind"}, nil)
	jobsDead    = prometheus.NewDesc("undersigned_jobs_dead", "Jobs that were given up.", []string{"kind"}, nil)
	mailsHeld   = prometheus.NewDesc("undersigned_mails_held_by_relay", "Mails that wait since the relay does not take them, by why.", []string{"code"}, nil)
	jobsOldest  = prometheus.NewDesc("undersigned_jobs_oldest_seconds", "How long the oldest job has been due.", []string{"kind"}, nil)
)

// Describe says what Collect sends.
func (c jobCollector) Describe(out chan<- *prometheus.Desc) {
	out <- jobsWaiting
	out <- jobsDead
	out <- jobsOldest
	out <- mailsHeld
}

// Collect reads the table, for two seconds at most: a scrape must not wait behind a database that does not answer.
func (c jobCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var counts []job.Count
	err := c.db.View(ctx, func(tx *store.Tx) (err error) {
		counts, err = job.Counts(tx)
		return err
	})
	var troubles []mail.Trouble
	if err == nil {
		troubles, err = mail.Troubles(ctx, c.db)
	}
	if err != nil {
		out <- prometheus.NewInvalidMetric(jobsWaiting, err)
		return
	}
	for _, t := range troubles {
		if t.One { // nobody is to be woken for a stranger's mailbox
			continue
		}
		out <- prometheus.MustNewConstMetric(mailsHeld, prometheus.GaugeValue, float64(t.Mails), t.Code)
	}
	for _, n := range counts {
		out <- prometheus.MustNewConstMetric(jobsWaiting, prometheus.GaugeValue, float64(n.Waiting), n.Kind)
		out <- prometheus.MustNewConstMetric(jobsDead, prometheus.GaugeValue, float64(n.Dead), n.Kind)
		age := 0.0
		if !n.Oldest.IsZero() {
			age = max(0, c.db.Now().Sub(n.Oldest).Seconds())
		}
		out <- prometheus.MustNewConstMetric(jobsOldest, prometheus.GaugeValue, age, n.Kind)
	}
}

// inboxCollector tells what came in by mail, when it is asked.
type inboxCollector struct{ inbox *inbox.Service }

var (
	mailsCame = prometheus.NewDesc("undersigned_mails_received_30_days", "Mails that came in within 30 days, by what they are and what they answer.",
		[]string{"what"}, nil)
	mailsKept   = prometheus.NewDesc("undersigned_mails_received_bytes", "Bytes that are kept of mails that came in.", nil, nil)
	mailsStates = prometheus.NewDesc("undersigned_mails_received", "Mails that came in, by how far they are.", []string{"state"}, nil)
	inboxAge    = prometheus.NewDesc("undersigned_inbox_seconds", "How long ago the mailbox was last read without a fault; absent where none is read.",
		nil, nil)
)

// Describe says what Collect sends.
func (c inboxCollector) Describe(out chan<- *prometheus.Desc) {
	out <- mailsCame
	out <- mailsKept
	out <- mailsStates
	out <- inboxAge
}

// Collect counts, for two seconds at most.
func (c inboxCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	h, err := c.inbox.Health(ctx)
	var look inbox.Look
	if err == nil {
		look, err = c.inbox.LastLook(ctx)
	}
	if err != nil {
		out <- prometheus.NewInvalidMetric(mailsKept, err)
		return
	}
	out <- prometheus.MustNewConstMetric(mailsKept, prometheus.GaugeValue, float64(h.Bytes))
	for what, n := range h.Came {
		out <- prometheus.MustNewConstMetric(mailsCame, prometheus.GaugeValue, float64(n), what)
	}
	for state, n := range h.States {
		out <- prometheus.MustNewConstMetric(mailsStates, prometheus.GaugeValue, float64(n), string(state))
	}
	if !look.GoodAt.IsZero() {
		out <- prometheus.MustNewConstMetric(inboxAge, prometheus.GaugeValue, max(0, c.inbox.DB.Now().Sub(look.GoodAt).Seconds()))
	}
}

// logCollector tells how far the public log is, when it is asked.
type logCollector struct{ log *tlog.Log }

var (
	logSize    = prometheus.NewDesc("undersigned_log_leaves", "Leaves that the published checkpoint covers.", nil, nil)
	logBacklog = prometheus.NewDesc("undersigned_log_waiting", "Leaves that are in no published checkpoint yet.", nil, nil)
	logAge     = prometheus.NewDesc("undersigned_log_waiting_seconds", "How long ago the last checkpoint was published, while leaves wait for the next.", nil, nil)
)

// Describe says what Collect sends.
func (c logCollector) Describe(out chan<- *prometheus.Desc) {
	out <- logSize
	out <- logBacklog
	out <- logAge
}

// Collect reads the state of the log, for two seconds at most.
func (c logCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	state, err := c.log.State(ctx)
	waiting := int64(0)
	if err == nil {
		waiting, err = c.log.Backlog(ctx)
	}
	if err != nil {
		out <- prometheus.NewInvalidMetric(logSize, err)
		return
	}
	out <- prometheus.MustNewConstMetric(logSize, prometheus.GaugeValue, float64(state.Published.Size))
	out <- prometheus.MustNewConstMetric(logBacklog, prometheus.GaugeValue, float64(waiting))
	age := 0.0
	if waiting > 0 {
		age = max(0, c.log.Now().Sub(state.PublishedAt).Seconds())
	}
	out <- prometheus.MustNewConstMetric(logAge, prometheus.GaugeValue, age)
}
