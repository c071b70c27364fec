// Package app is the composition root: it opens an instance from its settings, runs it and closes it. The command line and
// the tests use the same App.
//
// It promises that nothing is acknowledged after Close began, that a running batch and running mails finish first, and
// that a process whose keys are not the instance's refuses to start. It must not know a rule of the domain.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/web"
)

// Options say which instance to open, and how.
type Options struct {
	Instance config.Instance
	Server   *config.Server   // nil opens the instance for a command, without server, mail and jobs
	Demo     bool             // catches mails in a mailbox page instead of sending them
	Log      *slog.Logger     // nil discards
	Now      func() time.Time // nil is time.Now
	OnQuery  func(*store.Query)

	// NewInstance lets an empty database begin under new keys where there are keys that belong to other data; these are set aside.
	// It does nothing to an instance that is there.
	NewInstance bool
	// Existing refuses to make an instance where there is none.
	Existing bool

	LookupTXT account.LookupTXT // for the keys of mails that are read in and the records of domains; nil asks the system's resolver
}

// App is an open instance.
type App struct {
	DB *store.DB
	Services
	Web     *web.Server   // nil without Options.Server
	Jobs    *job.Runner   // nil without Options.Server
	Catcher *mail.Catcher // only in the demonstration

	o        Options
	smtp     *mail.SMTP
	reader   *mail.IMAP                      // nil where no mailbox is read
	notify   func(ctx context.Context) error // tells editors what others did; nil where no mail is sent
	bundles  *bundle.Shelf                   // nil without Options.Server
	metrics  *metrics
	unlock   func()       // nil unless this is a server
	recorded int          // erasures that are in the ledger, as far as this process knows
	steady   steady       // used by retain alone
	believed atomic.Int64 // the last time that was believed, µs
	began    time.Time
}

// Open opens the instance, creating an empty one where there is none. A second server on the same data folder is refused.
func Open(ctx context.Context, o Options) (a *App, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LookupTXT == nil {
		o.LookupTXT = net.DefaultResolver.LookupTXT
	}
	if o.Existing && isNone(o.Instance) {
		return nil, errNone(o.Instance)
	}
	if err := os.MkdirAll(o.Instance.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	db, err := store.Open(ctx, store.Options{Data: o.Instance.Data, Database: o.Instance.Database, Log: o.Log, Now: o.Now, OnStatement: o.OnQuery})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	mark, err := findRestored(ctx, db)
	if err != nil {
		return nil, err
	}
	if err = mark.refuse(o.Server != nil); err != nil {
		return nil, err
	}
	b, err := readBelongings(ctx, db, o.Instance)
	if err != nil {
		return nil, err
	}
	if o.NewInstance {
		err = b.renew()
	}
	if err == nil {
		err = b.refuse()
	}
	if err == nil && o.Existing && b.known == "" {
		err = errNone(o.Instance)
	}
	if err != nil {
		return nil, err
	}
	keys, log, err := b.open(ctx, db, o.Instance.Origin)
	if err != nil {
		return nil, err
	}
	b.writeNote(ctx, o.Instance, o.Log)
	a = &App{DB: db, Services: NewServices(db, keys, log, o.LookupTXT), o: o, began: time.Now()}
	if err := a.Adopt(ctx); err != nil { // before anybody acts on what has no leaf yet
		return nil, err
	}
	if o.Server == nil {
		return a, nil
	}
	unlock, err := db.LockServe()
	if err != nil {
		return nil, err
	}
	a.unlock = unlock
	if err = a.checkLog(ctx); err == nil {
		err = a.openServer(ctx)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return a, nil
}

// checkLog refuses to serve a log whose tree is not the one that its checkpoint is of.
func (a *App) checkLog(ctx context.Context) error {
	if err := a.Log.CheckEdge(ctx); err != nil {
		return fmt.Errorf("%w; nothing was changed: run \"undersigned log check\" to see what is wrong, and restore a backup", err)
	}
	return nil
}

func (a *App) openServer(ctx context.Context) (err error) {
	c := a.o.Server
	a.Signing.Rhythm = c.PublishEvery
	a.Mailboxes.Unlimited, a.Accounts.Unlimited = c.RateLimit == "off", c.RateLimit == "off"
	a.Signing.BurstFrom = c.BurstFrom
	a.Mailboxes.Inbox = c.InboxAddress
	if a.reader, err = a.inboxOf(*c); err != nil {
		return err
	}
	if a.Signing.Throwaway, err = readDomains(c.DisposableDomains); err != nil {
		return err
	}
	passkeys, err := account.RelyingParty(c.BaseURL, c.Name)
	if err != nil {
		return err
	}
	a.Accounts.Passkeys = passkeys
	mailer := &mail.Mailer{Mailboxes: a.Mailboxes, Letters: a.Letters, Roll: a.Roll, Signing: a.Signing, Invitations: a.Invitations,
		News: a.News, Accounts: a.Accounts, Deliveries: a.Deliveries, Inbox: a.Inbox, Site: c.Name, From: c.MailFrom, BaseURL: c.BaseURL,
		Workers: c.MailWorkers, Rate: c.MailRate, Log: a.o.Log}
	switch {
	case a.o.Demo:
		a.Catcher = &mail.Catcher{Now: a.o.Now}
		mailer.Transport = a.Catcher
	case c.SMTP != "":
		smtp, err := mail.NewSMTP(c.SMTP, c.SMTPHello)
		if err != nil {
			return err
		}
		a.smtp, mailer.Transport = smtp, smtp
	}
	if mailer.Sign, err = dkimOf(*c); err != nil {
		return err
	}
	a.Jobs = job.NewRunner(a.DB, a.o.Log, job.Options{Workers: c.MailWorkers})
	known, err := a.knownTime(ctx)
	if err != nil {
		return err
	}
	a.believed.Store(known.UnixMicro())
	a.Register(a.Jobs, job.Through(&job.Gate{Wait: a.clockDoubted}, false))
	if mailer.Transport != nil { // else mails wait
		mailer.Register(a.Jobs)
		a.notify = mailer.Notify
	}
	former, err := a.FormerLogs(ctx)
	if err != nil {
		return err
	}
	a.metrics = newMetrics(a)
	a.Deliveries.BaseURL = c.BaseURL
	a.bundles = &bundle.Shelf{Service: a.bundle(c.BaseURL), Documents: a.Documents, Folder: filepath.Join(a.o.Instance.Data, cacheFolder),
		Every: min(6*c.PublishEvery, bundle.Kept), Now: a.o.Now, Logger: a.o.Log}
	a.Web = web.New(web.Options{Accounts: a.Accounts, Mailboxes: a.Mailboxes, Letters: a.Letters, Roll: a.Roll, Signing: a.Signing,
		Invitations: a.Invitations, News: a.News, Intake: a.Intake, Deliveries: a.Deliveries, Documents: a.Documents, Handouts: a.Handouts, Inbox: a.Inbox,
		Log: a.Log, Bundles: a.bundles, Mailer: mailer, Jobs: job.Overview{DB: a.DB},
		BaseURL: c.BaseURL, Site: c.Name, Operator: c.Operator, Contact: c.Contact, SecureCookies: c.SecureCookies(), CanMail: mailer.Transport != nil,
		PublishEvery: c.PublishEvery, RateLimit: c.RateLimit != "off", TrustProxy: c.TrustProxy, Catcher: a.Catcher, Former: former,
		LookupTXT: a.o.LookupTXT, Logger: a.o.Log, Now: a.o.Now, Passing: passing, Ready: a.DB.Ping, Observe: a.metrics.observe})
	return nil
}

// inboxOf returns what reads the mailbox, nil where none is to be read.
func (a *App) inboxOf(c config.Server) (*mail.IMAP, error) {
	if c.Inbox == "" || c.Inbox == config.InboxLocal {
		return nil, nil
	}
	r, err := mail.NewIMAP(c.Inbox, c.InboxPasswordFile)
	if err == nil {
		r.Inbox, r.Log = a.Inbox, a.o.Log
	}
	return r, err
}

// dkimOf returns what signs mails, nil for nothing.
func dkimOf(c config.Server) (*mail.DKIM, error) {
	if c.DKIMDomain == "" {
		return nil, nil
	}
	return mail.NewDKIM(c.DKIMDomain, c.DKIMSelector, c.DKIMKey)
}

// readDomains reads a file of mail domains, "" for none.
func readDomains(name string) (signing.Domains, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--disposable-domains: %w", err)
	}
	defer f.Close()
	d, err := signing.ReadDomains(f)
	if err != nil {
		return nil, fmt.Errorf("--disposable-domains: %s: %w", name, err)
	}
	return d, nil
}

// WriteBundle writes all that is needed to check a letter's numbers. baseURL is how readers reach the server.
func (a *App) WriteBundle(ctx context.Context, w io.Writer, slug, baseURL string) error {
	return a.bundle(baseURL).Write(ctx, w, slug)
}

// WriteLetter writes what is public of a letter as data, as the server sends it.
func (a *App) WriteLetter(ctx context.Context, w io.Writer, slug, baseURL string) error {
	b := a.bundle(baseURL)
	l, err := b.Find(ctx, slug)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(b.Document(l))
}

// RecordExport tells the trail of a letter that the command line made a list or document with names that are not public.
func (a *App) RecordExport(ctx context.Context, slug string, to roll.Audience, what string) error {
	l, err := a.Letters.Find(ctx, slug)
	if err != nil {
		return err
	}
	return a.DB.Update(ctx, func(tx *store.Tx) error {
		return account.Record(tx, account.Entry{Letter: l.ID, Act: "export.fetched", Object: string(to) + " " + what})
	})
}

func (a *App) bundle(baseURL string) *bundle.Service {
	return &bundle.Service{Letters: a.Letters, Roll: a.Roll, Signing: a.Signing, Intake: a.Intake, Deliveries: a.Deliveries, Mailboxes: a.Mailboxes,
		Log: a.Log, BaseURL: baseURL}
}

// passing reports whether an error is of a state that somebody is about to mend: the same request succeeds later.
func passing(err error) bool {
	return errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrClosed) || errors.Is(err, store.ErrAway)
}

// LookIntoMailbox takes what is in the mailbox now, where one is read.
func (a *App) LookIntoMailbox(ctx context.Context) error {
	if a.reader == nil {
		return nil
	}
	return a.reader.Look(ctx)
}

// Folder returns the instance's data folder.
func (a *App) Folder() string { return a.o.Instance.Data }

// cacheFolder in the data folder holds what can be built again from the database.
const cacheFolder = "cache"

// Close finishes the running batch and closes the instance.
func (a *App) Close() error {
	if a.smtp != nil {
		a.smtp.Close()
	}
	if a.unlock != nil {
		defer a.unlock()
	}
	return a.DB.Close()
}

// shutdownFor is how long requests that run may take to end.
const shutdownFor = 15 * time.Second

// retainEvery is how often old data is looked for; what must go is late by at most this.
const retainEvery = 5 * time.Minute

// forgetEvery is how soon what was made of names goes when one of them is taken away.
const forgetEvery = 3 * time.Second

// remindEvery is how often it is looked whether the moment of a reminder has come.
const remindEvery = time.Minute

// dueEvery is how often it is looked whether editors are to be told what is due: by the day.
const dueEvery = time.Hour

// newsEvery is how often it is looked what is new about letters.
const newsEvery = time.Minute

// noticeEvery is how often it is looked whether those who write letters are to be told what others did.
const noticeEvery = time.Minute

// spreadEvery is how often it is looked whether lines of lists from the desk are due.
const spreadEvery = time.Minute

// lookEvery is how often the mailbox is looked into.
const lookEvery = time.Minute

// textsEvery is how soon a new text or deadline is in the log: what a page shows must follow from it.
const textsEvery = time.Second

// Run serves the listener, sends mails, publishes and retains until ctx ends; then it takes no new request, lets those that
// run finish, and returns.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := a.Web.HTTPServer()
	var work sync.WaitGroup
	errs := make(chan error, 3)
	if address := a.o.Server.MetricsListen; address != "" {
		own, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("--metrics-listen: %w", err)
		}
		told := a.metrics.server()
		work.Go(func() {
			if err := told.Serve(own); !errors.Is(err, http.ErrServerClosed) {
				errs <- err
				cancel()
			}
		})
		defer context.AfterFunc(ctx, func() { _ = told.Close() })()
	}
	work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			errs <- err
			cancel()
		}
	})
	work.Go(func() {
		if err := a.Jobs.Run(ctx); err != nil && ctx.Err() == nil {
			errs <- err
			cancel()
		}
	})
	work.Go(func() { a.DB.Watch(ctx) })
	work.Go(func() {
		a.repeat(ctx, a.o.Server.PublishEvery, "publish", a.publish)
	})
	work.Go(func() { a.repeat(ctx, textsEvery, "publish_texts", a.Signing.PublishTexts) })
	work.Go(func() {
		a.repeat(ctx, retainEvery, "retain", func(ctx context.Context) error { return a.retain(ctx, time.Since(a.began)) })
	})
	work.Go(func() { a.repeat(ctx, forgetEvery, "forget", a.forget) })
	work.Go(func() { a.repeat(ctx, remindEvery, "remind", a.Invitations.Remind) })
	work.Go(func() { a.repeat(ctx, dueEvery, "remind_due", a.Deliveries.Remind) })
	work.Go(func() { a.repeat(ctx, newsEvery, "news", a.tellNews) })
	if a.notify != nil {
		work.Go(func() { a.repeat(ctx, noticeEvery, "notices", a.notify) })
	}
	work.Go(func() { a.repeat(ctx, spreadEvery, "take_in", a.Intake.Spread) })
	work.Go(func() { a.repeat(ctx, lookEvery, "inbox", a.LookIntoMailbox) })
	work.Go(func() { a.repeat(ctx, ledgerEvery, "erasures", a.RecordErasures) })
	<-ctx.Done()
	stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownFor)
	defer stop()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close() // whoever is still connected did not get an acknowledgement
	}
	work.Wait()
	if err := a.forget(stopping); err != nil { // what was taken away in the last moment
		a.o.Log.LogAttrs(ctx, slog.LevelError, "forget_failed", slog.String("error", err.Error()))
	}
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// retain deletes what must not be kept longer, once the clock is believed. mono is the time that has passed in this process, whatever
// became of the clock meanwhile.
func (a *App) retain(ctx context.Context, mono time.Duration) error {
	a.bundles.Sweep()
	if believed, err := a.believesClock(ctx, mono); err != nil || !believed {
		return err
	}
	return errors.Join(a.Retain(ctx), a.Accounts.Retain(ctx), job.Overview{DB: a.DB}.Retain(ctx), mail.RetainTroubles(ctx, a.DB))
}

// tellNews has followers written to, once the clock is believed: what the days bring is told once and not again.
func (a *App) tellNews(ctx context.Context) error {
	if a.clockDoubted() > 0 {
		return nil
	}
	return a.News.Look(ctx)
}

// forget takes those who were erased or hidden out of what was made of names.
func (a *App) forget(ctx context.Context) error {
	return errors.Join(a.Web.Forget(ctx), a.bundles.Forget(ctx), a.Handouts.Forget(ctx), a.Deliveries.Forget(ctx))
}

// publish gives what waits its place in the log.
func (a *App) publish(ctx context.Context) error {
	_, err := a.Signing.Publish(ctx)
	return err
}

// repeat runs fn now and then at the rhythm, until ctx ends.
func (a *App) repeat(ctx context.Context, every time.Duration, name string, fn func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			level := slog.LevelError
			if errors.Is(err, store.ErrAway) { // which the database says itself
				level = slog.LevelDebug
			}
			a.o.Log.LogAttrs(ctx, level, name+"_failed", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
