package testkit

import (
	"bytes"
	"context"
	"embed"
	"log/slog"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/store"
)

//go:embed letters
var letters embed.FS

// Slug names the letter that every App has: open, in English and Persian, led by the organisation Lead.
const (
	Slug = "granary-records"
	Lead = "lantern-court-watch"
)

// Running is an application that serves on loopback and mails into Inbox.
type Running struct {
	*app.App
	URL     string // its base URL
	Inbox   *Inbox
	Log     *Log
	Options app.Options

	stop func() error
}

// App opens and runs a whole application on the engine: a temporary folder, a mail relay in this process, a free port on
// loopback, counts published every 100 ms, no budgets. Options change what it is opened with. It is stopped cleanly at
// the end of the test.
func App(t testing.TB, engine store.Engine, options ...func(o *app.Options)) *Running {
	t.Helper()
	r := &Running{Inbox: NewInbox(t), Log: &Log{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.Options = app.Options{Log: r.Log.logger(), Server: &config.Server{Listen: listener.Addr().String(), SMTP: r.Inbox.URL, MailWorkers: 4,
		PublishEvery: 100 * time.Millisecond, RateLimit: "off", Name: "Letters of Varrow", Operator: "The Varrow Reading Society",
		Contact: "office@varrow.example"}}
	r.Options.Instance = Instance(t, engine)
	for _, option := range options {
		option(&r.Options)
	}
	if err := r.Options.Server.Complete(); err != nil {
		t.Fatal(err)
	}
	r.URL = r.Options.Server.BaseURL
	if r.App, err = app.Open(t.Context(), r.Options); err != nil {
		t.Fatalf("open the application: %v", err)
	}
	AddLetter(t, r.App)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.App.Run(ctx, listener) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		if closed := r.App.Close(); err == nil {
			err = closed
		}
		return err
	})
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("stop the application: %v", err)
		}
		if t.Failed() {
			t.Logf("the application's log ends: %s", r.Log.Tail(1500))
		}
	})
	return r
}

// Instance returns an instance without rows: a new folder, and on PostgreSQL a database of its own.
func Instance(t testing.TB, engine store.Engine) config.Instance {
	t.Helper()
	if engine == store.Postgres {
		return config.Instance{Data: t.TempDir(), Database: migratedPostgres(t)}
	}
	return config.Instance{Data: migratedFolder(t)}
}

// Stop stops the application as a signal does, and returns what went wrong with that.
func (r *Running) Stop() error { return r.stop() }

// Publish waits until everything that was confirmed is in a published checkpoint.
func (r *Running) Publish(t testing.TB) {
	t.Helper()
	for {
		if _, err := r.Signing.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, err := r.App.Log.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		runtime.Gosched() // the server itself has the turn
	}
}

// AddLetter writes the letter unless the instance has it already.
func AddLetter(t testing.TB, a *app.App) {
	t.Helper()
	if _, err := a.Letters.Find(t.Context(), Slug); err == nil {
		return
	}
	err := a.Letters.Directory.Put(t.Context(), account.Organisation{Slug: Lead, Country: "IE", Email: "office@lantern.example",
		Names: map[string]string{"en": "Lantern Court Watch", "fa": "دیده‌بان دادگاه فانوس"}, Address: []string{"9 Sundial Street", "Varrow"},
		Links: []string{"https://lantern.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		file   string
		letter letter.Import
	}{
		{"granary.en.md", letter.Import{Slug: Slug, Settings: letter.Settings{Leads: []string{Lead}}}},
		{"granary.fa.md", letter.Import{Slug: Slug, Publish: true, Settings: letter.Settings{Call: &letter.Call{Language: "en", From: "Lantern Court Watch",
			Salutation: "Dear friends,", Body: "Please read this letter, and sign it if you agree.", Contact: "Orsolya Fenn",
			Email: "office@lantern.example"}}}},
	} {
		step.letter.Text = ReadText(t, step.file)
		if _, _, err := a.Letters.Import(t.Context(), step.letter); err != nil {
			t.Fatalf("%s: %v", step.file, err)
		}
	}
}

// ReadText returns the text of granary.en.md or granary.fa.md, for tests that change it.
func ReadText(t testing.TB, file string) letter.Text {
	t.Helper()
	data, err := letters.ReadFile("letters/" + file)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := importer.Read(file, data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return letter.TextOf(draft, false)
}

// LetterSource returns the file of the letter in a language, as it is given to the command line.
func LetterSource(t testing.TB, language string) []byte {
	t.Helper()
	data, err := letters.ReadFile("letters/granary." + language + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Log is what an application has logged, in JSON and as text, from debug level up.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *Log) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	return slog.New(slog.NewMultiHandler(slog.NewJSONHandler(l, o), slog.NewTextHandler(l, o)))
}

// Write takes a line.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Tail returns the last n bytes.
func (l *Log) Tail(n int) string {
	s := l.String()
	return s[max(0, len(s)-n):]
}

// Leaks returns which of the words are in a log or a dump, in clear or as a URL or JSON spells them.
func Leaks(log string, words ...string) (found []string) {
	for _, w := range words {
		for _, spelling := range []string{w, url.QueryEscape(w), url.PathEscape(w), strings.ReplaceAll(w, `"`, `\"`)} {
			if spelling != "" && strings.Contains(strings.ToLower(log), strings.ToLower(spelling)) {
				found = append(found, w)
				break
			}
		}
	}
	return found
}
