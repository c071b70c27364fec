package operate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// names is a DNS of a test's own.
type names struct {
	hosts, txt map[string][]string
	mx         map[string]bool
}

func (n names) LookupHost(_ context.Context, host string) ([]string, error) {
	if n.hosts[host] == nil {
		return nil, errors.New("no such host")
	}
	return n.hosts[host], nil
}

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) { return n.txt[name], nil }

func (n names) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	if !n.mx[name] {
		return nil, errors.New("none")
	}
	return []*net.MX{{Host: "mx." + name}}, nil
}

// doctor is one for a healthy instance; what answers at its base URL is the test's own server.
func doctor(t *testing.T, engine store.Engine) *app.Doctor {
	t.Helper()
	inbox := testkit.NewInbox(t)
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Request-Id", "x") }))
	t.Cleanup(site.Close)
	client := site.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, site.Listener.Addr().String())
	}
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	o := opened(t, testkit.Instance(t, engine))
	keys, err := o.ExportKeys(io.Discard, newKeeper(t).to)
	if err == nil {
		err = errors.Join(o.KeysExported(t.Context(), keys), o.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return &app.Doctor{Instance: o.instance, HTTP: client,
		DNS: names{hosts: map[string][]string{"letters.example": {"192.0.2.1"}}, mx: map[string]bool{"letters.example": true},
			txt: map[string][]string{"letters.example": {"v=spf1 mx -all"}, "_dmarc.letters.example": {"v=DMARC1; p=reject"}}},
		Server: config.Server{Listen: "127.0.0.1:8080", BaseURL: "https://letters.example", SMTP: inbox.URL, MailFrom: "office@letters.example",
			PublishEvery: 10 * time.Minute, RateLimit: "on", TrustProxy: []string{"127.0.0.1/32"}, Operator: "The Society", Contact: "office@letters.example",
			DKIMSelector: "undersigned", MetricsListen: "127.0.0.1:9090"}}
}

// verdicts examines and returns the checks that are not healthy, by name.
func verdicts(t *testing.T, d *app.Doctor) map[string]app.Check {
	t.Helper()
	found := map[string]app.Check{}
	for _, c := range d.Examine(t.Context()) {
		if c.Verdict != app.Healthy {
			found[c.Name] = c
			if c.Mend == "" {
				t.Errorf("%s: nothing is said about how to mend it", c.Name)
			}
		}
	}
	return found
}

func TestDoctor_aHealthyInstance(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		for name, c := range verdicts(t, doctor(t, engine)) {
			planned := engine == store.Postgres && strings.HasPrefix(name, "database ") // a server of tests
			if c.Verdict == app.Problem && !planned {
				t.Errorf("%+v", c)
			}
		}
	})
}

// Each misconfiguration is planted in a healthy instance and must be found.
func TestDoctor_findsWhatIsPlanted(t *testing.T) {
	const closed = "127.0.0.1:1" // below 1024, so that no other test is given it
	for name, c := range map[string]struct {
		plant func(d *app.Doctor)
		check string
		want  app.Verdict
	}{
		"no base URL":   {func(d *app.Doctor) { d.Server.BaseURL = "" }, "base URL", app.Problem},
		"a path in it":  {func(d *app.Doctor) { d.Server.BaseURL = "https://letters.example/x" }, "base URL", app.Problem},
		"not encrypted": {func(d *app.Doctor) { d.Server.BaseURL = "http://letters.example" }, "base URL", app.Problem},
		"this machine":  {func(d *app.Doctor) { d.Server.BaseURL = "http://localhost:8080" }, "base URL", app.Warning},
		"no such host":  {func(d *app.Doctor) { d.Server.BaseURL = "https://nowhere.example" }, "reachable", app.Problem},
		"nothing answers": {func(d *app.Doctor) {
			d.HTTP = &http.Client{Transport: &http.Transport{Proxy: nil, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", closed)
			}}}
		}, "reachable", app.Warning},
		"no relay":            {func(d *app.Doctor) { d.Server.SMTP = "" }, "mail relay", app.Problem},
		"a relay that is off": {func(d *app.Doctor) { d.Server.SMTP = "smtp://" + closed }, "mail relay", app.Problem},
		"no address of one":   {func(d *app.Doctor) { d.Server.SMTP = "http://relay" }, "mail relay", app.Problem},
		"no SPF":              {func(d *app.Doctor) { d.DNS = names{hosts: map[string][]string{"letters.example": {"192.0.2.1"}}} }, "sender", app.Warning},
		"no DKIM key":         {func(d *app.Doctor) { d.Server.DKIMDomain, d.Server.DKIMKey = "letters.example", "/nowhere/dkim.pem" }, "DKIM", app.Problem},
		"no rate limit":       {func(d *app.Doctor) { d.Server.RateLimit = "off" }, "rate limit", app.Problem},
		"published at once":   {func(d *app.Doctor) { d.Server.PublishEvery = time.Second }, "publishing", app.Warning},
		"everybody trusted":   {func(d *app.Doctor) { d.Server.TrustProxy = []string{"0.0.0.0/0"} }, "trusted proxies", app.Problem},
		"public metrics":      {func(d *app.Doctor) { d.Server.MetricsListen = ":9090" }, "metrics", app.Problem},
		"nobody runs it":      {func(d *app.Doctor) { d.Server.Operator = "" }, "operator", app.Warning},
		"no folder":           {func(d *app.Doctor) { d.Instance.Data = filepath.Join(d.Instance.Data, "none") }, "data folder", app.Warning},
		"open keys": {func(d *app.Doctor) {
			d.Examine(context.Background()) // makes them
			_ = os.Chmod(filepath.Join(d.Instance.Data, "keys", "instance.key"), 0o644)
		}, "keys", app.Problem},
		"no copy of a key": {func(d *app.Doctor) {
			_, _ = seal.KeyFile(d.Instance.Data, "another.key", func() (string, error) { return "a key", nil })
		}, "keys exported", app.Problem},
		"a damaged ledger": {func(d *app.Doctor) {
			_ = os.WriteFile(filepath.Join(d.Instance.Data, "erasures"), []byte("hello\n"), 0o600)
		}, "erasures", app.Problem},
		"other keys": {func(d *app.Doctor) {
			d.Examine(context.Background())
			_ = os.RemoveAll(filepath.Join(d.Instance.Data, "keys"))
		}, "database", app.Problem},
		"a stale translation": {func(d *app.Doctor) {
			a, err := app.Open(context.Background(), app.Options{Instance: d.Instance})
			if err != nil {
				return
			}
			defer a.Close()
			for _, change := range []letter.Import{{Text: letter.Text{Language: "en", Title: "On the mill", Body: "It turns."}},
				{Publish: true, Text: letter.Text{Language: "fr", Title: "Le moulin", Body: "Il tourne.", Translator: "A. B."}},
				{Publish: true, Text: letter.Text{Language: "en", Title: "On the mill", Body: "It stands."}, Follows: letter.FollowsSubstantive}} {
				change.Slug = "mill"
				_, _, _ = a.Letters.Import(context.Background(), change)
			}
		}, "letters", app.Warning},
	} {
		t.Run(name, func(t *testing.T) {
			d := doctor(t, store.SQLite)
			c.plant(d)
			if got := verdicts(t, d)[c.check]; got.Verdict != c.want {
				t.Errorf("%s is %+v, want %s", c.check, got, c.want)
			}
		})
	}
}

// Examining makes nothing, and what is said about how to mend it is about what was found.
func TestDoctor_saysWhatWouldMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant      func(d *app.Doctor)
		mend, nota string
	}{
		"no instance": {func(d *app.Doctor) { d.Instance.Data = filepath.Join(d.Instance.Data, "none") }, "first start of the server makes it", "PostgreSQL"},
		"no keys":     {func(d *app.Doctor) { _ = os.RemoveAll(filepath.Join(d.Instance.Data, "keys")) }, "Put that file back", "PostgreSQL"},
		"left behind": {func(d *app.Doctor) {
			n, err := seal.ReadNote(d.Instance.Data)
			if err == nil {
				n.Restores, n.Folder = 1, "/elsewhere"
				err = seal.WriteNote(d.Instance.Data, *n)
			}
			if err != nil {
				t.Error(err)
			}
		}, "Name that place", "put"},
		"interrupted": {func(d *app.Doctor) {
			if err := seal.WriteNote(d.Instance.Data, seal.Note{Restoring: "--data /elsewhere", Backup: "x"}); err != nil {
				t.Error(err)
			}
		}, "Run the same undersigned restore again", "PostgreSQL"},
		"PostgreSQL away": {func(d *app.Doctor) { d.Instance.Database = "postgres://127.0.0.1:1/none?connect_timeout=2" }, "Start PostgreSQL", "keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := doctor(t, store.SQLite)
			c.plant(d)
			found := verdicts(t, d)["database"]
			if !strings.Contains(found.Mend, c.mend) || strings.Contains(found.Mend, c.nota) {
				t.Errorf("%+v", found)
			}
			if _, err := os.Stat(d.Instance.Data); name == "no instance" && err == nil {
				t.Error("the doctor made a folder")
			}
		})
	}
}

// After a restore the log is to be checked, and after one that made new keys these are to be exported.
func TestDoctor_afterARestore(t *testing.T) {
	k, o, d := newKeeper(t), withLetter(t, store.SQLite), doctor(t, store.SQLite)
	keys, err := o.ExportKeys(io.Discard, k.to)
	if err == nil {
		err = o.KeysExported(t.Context(), keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"undersigned.db", "undersigned.db-wal", "undersigned.db-shm"} {
		_ = os.Remove(filepath.Join(d.Instance.Data, file))
	}
	if _, err := restore(t, k, o.backup(k), d.Instance, func(r *app.Restore) { r.NewKeys = true }); err != nil {
		t.Fatal(err)
	}
	found := verdicts(t, d)
	if found["restored"].Verdict != app.Problem || found["keys exported"].Verdict != app.Problem ||
		!strings.Contains(found["keys exported"].Found, "instance.key, log") {
		t.Errorf("%+v", found)
	}
}

func TestDoctor_aDamagedFile(t *testing.T) {
	d := doctor(t, store.SQLite)
	d.Examine(t.Context())
	file := filepath.Join(d.Instance.Data, "undersigned.db")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 3 * 4096; at < len(data); at += 4096 {
		copy(data[at:], strings.Repeat("x", 64))
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	found := verdicts(t, d)
	if found["database"].Verdict != app.Problem && found["database quick_check"].Verdict != app.Problem {
		t.Errorf("%+v", found)
	}
}

// What visitors send adds no series, and names nobody.
func TestMetrics_areBoundedAndNameNobody(t *testing.T) {
	own, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := own.Addr().String()
	own.Close()
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Server.MetricsListen = address })
	c := a.Client(t)
	_, mail := a.Sign(t, c, testkit.SignForm("Quillfeather Metric", "quill@metric.example"))
	c.Post(strings.TrimPrefix(mail.Link, a.URL), map[string][]string{"do": {"confirm"}})
	read := func() string {
		t.Helper()
		answer := testkit.NewClient(t, "http://"+address).Get("/metrics")
		if answer.Status != 200 {
			t.Fatalf("/metrics: %d", answer.Status)
		}
		return answer.Body
	}
	for range 2 {
		c.Get("/letters/unknown-one?x=quill@metric.example")
		c.Do("PROPFIND", "/", nil)
	}
	before := read()
	for _, path := range []string{"/letters/unknown-two", "/nowhere/a", "/nowhere/b", "/%ff", "/letters/unknown-three?q=%00"} {
		c.Get(path)
		c.Do("QUILLFEATHER", path, nil)
	}
	after := read()
	series := func(text string) int { return strings.Count(text, "undersigned_http_request_duration_seconds_count") }
	if series(after) > series(before)+3 { // other kinds of answer to known routes
		t.Errorf("%d series became %d", series(before), series(after))
	}
	for _, want := range []string{"undersigned_signatures_confirmed_total 1", "undersigned_signatures_submitted_total 1",
		`route="POST /confirm/{token}",status="2xx"`, "go_goroutines"} {
		if !strings.Contains(after, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, secret := range []string{"uillfeather", "QUILLFEATHER", "quill@", mail.Token(), "unknown-"} {
		if strings.Contains(after, secret) {
			t.Errorf("the metrics say %s", secret)
		}
	}
	if answer := c.Get("/metrics"); answer.Status != 404 {
		t.Errorf("the public listener answers /metrics with %d", answer.Status)
	}
}

// What the relay answers is said in its own words, without addresses, while mails wait for it; a test mail shows both sides.
func TestDoctor_saysWhatTheRelayAnswers(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		a.Inbox.Fail(true)
		a.Client(t).Post("/letters/"+testkit.Slug+"/signatures", testkit.SignForm("Quiet Lund", "quiet@lund.example"))
		ada.Until(t, "/desk/jobs", "The mail server answers: 451 4.3.0 try later, …")
		if text := ada.Get("/desk/jobs").Main(t); !strings.Contains(text, "1 mail waits for this") || strings.Contains(text, "lund") {
			t.Errorf("%s", text)
		}
		var said []string
		d := &app.Doctor{Instance: a.Options.Instance, Server: *a.Options.Server, DNS: names{}, HTTP: http.DefaultClient, SendTest: "you@example.org",
			Trace: func(line string) { said = append(said, line) }}
		found := verdicts(t, d)
		if c := found["mails"]; c.Verdict != app.Problem || !strings.Contains(c.Found, "1 mail waits since") || !strings.Contains(c.Found, "451 4.3.0 try later, …") {
			t.Errorf("%+v", c)
		}
		if c := found["test mail"]; c.Verdict != app.Problem || !strings.Contains(c.Found, "451 4.3.0 try later, … (to RCPT)") {
			t.Errorf("%+v", c)
		}
		a.Inbox.Fail(false)
		if c, bad := verdicts(t, d)["test mail"]; bad {
			t.Errorf("%+v", c)
		}
		if m := a.Inbox.Wait(t, "you@example.org"); m.Header.Get("Auto-Submitted") == "" || m.Header.Get("User-Agent")+m.Header.Get("X-Mailer") != "" {
			t.Errorf("%v", m.Header)
		}
		all := strings.Join(said, "\n")
		for _, want := range []string{"> EHLO ", "< 250 ", "> MAIL FROM:<", "< 451 4.3.0 try later", "> RCPT TO:<you@example.org>", "> DATA", "bytes and ."} {
			if !strings.Contains(all, want) {
				t.Errorf("not said: %q in\n%s", want, all)
			}
		}
		a.Inbox.Refuse("gone@example.org")
		d.SendTest = "gone@example.org"
		if c := verdicts(t, d)["test mail"]; !strings.Contains(c.Found, "which is about the recipient") {
			t.Errorf("%+v", c)
		}
	})
}

// What is blocked can be counted and lifted, for one address at all letters.
func TestMail_blockedAndUnblocked(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		a.Inbox.Refuse("gone@example.org")
		a.Client(t).Post("/letters/"+testkit.Slug+"/signatures", testkit.SignForm("Gone Lund", "gone@example.org"))
		testkit.Eventually(t, "the refusal is noted", func() bool {
			list, slugs, err := a.Blocks(t.Context())
			return err == nil && len(list) == 1 && list[0].Reason == "refused" && list[0].Addresses == 1 && slugs[list[0].Letter] == testkit.Slug
		})
		if lifted, err := a.Unblock(t.Context(), "other@example.org"); err != nil || len(lifted) != 0 {
			t.Errorf("%v, %v", lifted, err)
		}
		if lifted, err := a.Unblock(t.Context(), "GONE@example.org"); err != nil || len(lifted) != 1 || lifted[0] != (app.Block{Letter: testkit.Slug, Reason: "refused"}) {
			t.Errorf("%v, %v", lifted, err)
		}
		if list, _, err := a.Blocks(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}
