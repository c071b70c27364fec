// Package web owns what a browser meets before and after a handler: the URLs (routes.go, the only list), the middleware that
// every answer passes, and its limits. It composes the handlers of readers (web/public) and of the desk (web/desk).
//
// It promises no state change on GET, no script needed, no third party asked, no name, address or IP in a log, and the same
// strict headers on every answer. It must not know SQL, nor hold a rule about letters or signatures.
package web

import (
	"context"
	"crypto/rand"
	"embed"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/internal/web/desk"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/internal/web/public"
)

//go:embed templates static
var files embed.FS

// renderer and assets are read when the first server is made: a command that makes none does without them.
var (
	renderer = sync.OnceValue(func() *page.Renderer { return page.NewRenderer(folder("templates")) })
	assets   = sync.OnceValue(func() *page.Assets { return page.NewAssets(folder("static")) })
)

func folder(name string) fs.FS {
	f, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return f
}

// Options are what a Server is made of, and its settings.
type Options struct {
	Accounts    *account.Service
	Mailboxes   *mailbox.Service
	Letters     *letter.Service
	Roll        *roll.Service
	Signing     *signing.Service
	Invitations *invitation.Service
	News        *news.Service
	Intake      *intake.Service
	Deliveries  *delivery.Service
	Inbox       *inbox.Service
	Documents   *document.Service
	Handouts    *handout.Service
	Log         *tlog.Log
	Bundles     *bundle.Shelf
	Mailer      *mail.Mailer
	Jobs        job.Overview

	BaseURL       string // scheme and host
	Site          string
	Operator      string
	Contact       string
	SecureCookies bool
	CanMail       bool          // without mail no sign form is offered
	PublishEvery  time.Duration // for saying when a signature will appear
	RateLimit     bool
	TrustProxy    []string          // networks whose X-Forwarded-For is believed
	Catcher       *mail.Catcher     // only in the demonstration
	Former        []tlog.Former     // logs that the instance's log goes on from, the oldest first
	LookupTXT     account.LookupTXT // of keys of mails that are read in
	Logger        *slog.Logger
	Now           func() time.Time
	Passing       func(error) bool                                           // whether an error will pass by itself: a full disk, a database that is away
	Ready         func(context.Context) error                                // whether the database answers
	Observe       func(route, method string, status int, took time.Duration) // told of every answer
}

// Server answers HTTP requests.
type Server struct {
	o       Options
	site    *page.Site
	public  *public.Handlers
	editors *desk.Handlers
	limits  *limiter
	mux     *http.ServeMux
	handler http.Handler
}

// New returns a Server.
func New(o Options) *Server {
	site := &page.Site{BaseURL: o.BaseURL, Name: o.Site, SecureCookies: o.SecureCookies, CanMail: o.CanMail, Demo: o.Catcher != nil, Logger: o.Logger,
		Now: o.Now, Passing: o.Passing, Renderer: renderer(), Assets: assets()}
	s := &Server{o: o, site: site, limits: newLimiter(o.Now, o.TrustProxy), mux: http.NewServeMux()}
	s.public = public.New(site, public.Services{Accounts: o.Accounts, Mailboxes: o.Mailboxes, Letters: o.Letters, Roll: o.Roll, Signing: o.Signing,
		Invitations: o.Invitations, Log: o.Log, Bundles: o.Bundles, Deliveries: o.Deliveries, News: o.News,
		Operator: o.Operator, Contact: o.Contact, PublishEvery: o.PublishEvery, Catcher: o.Catcher, Former: o.Former, Ready: o.Ready})
	s.editors = &desk.Handlers{Site: site, Accounts: o.Accounts, Mailboxes: o.Mailboxes, Letters: o.Letters, Roll: o.Roll, Signing: o.Signing,
		Invitations: o.Invitations, News: o.News, Intake: o.Intake, Deliveries: o.Deliveries, Documents: o.Documents, Handouts: o.Handouts, Inbox: o.Inbox,
		Mailer: o.Mailer, Jobs: o.Jobs, LookupTXT: o.LookupTXT}
	s.routes()
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(o.BaseURL); err != nil {
		o.Logger.Error("base_url_not_trusted", slog.String("error", err.Error()))
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.Fail(w, r, fault.New(fault.Forbidden, "cross_site"))
	}))
	s.handler = s.observe(s.localise(cross.Handler(http.HandlerFunc(s.dispatch))))
	return s
}

// Forget drops what is held in memory of letters that have changed, whoever changed them.
func (s *Server) Forget(ctx context.Context) error { return s.public.Forget(ctx) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTPServer returns the server with its time limits, ready to serve a listener.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(redacting{s.o.Logger.Handler()}, slog.LevelWarn)}
}

// contentPolicy lets a page load its own files and send its own forms, nothing else. Inline script and style are refused.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// commonHeaders are on every answer. Their slices are shared: a handler may set such a header anew, never change it in place.
var commonHeaders = http.Header{
	"Content-Security-Policy":      {contentPolicy},
	"Referrer-Policy":              {"same-origin"}, // no-referrer would make browsers send Origin: null with forms
	"X-Content-Type-Options":       {"nosniff"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), browsing-topics=()"},
}

// observe is outermost: it recovers from panics, sets the headers every answer has and writes one line a request. The line
// names the route, not the URL, and nothing of the visitor.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		v := &page.Visit{ID: rand.Text()[:12], Locale: i18n.Find(i18n.Default)}
		r = page.WithVisit(r, v)
		out := &recorder{ResponseWriter: w}
		h := w.Header()
		maps.Copy(h, commonHeaders)
		h.Set("X-Request-Id", v.ID)
		if strings.HasPrefix(s.o.BaseURL, "https:") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.o.Logger.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", v.ID), slog.Any("at", frames()))
				if out.status == 0 {
					s.site.FailInternal(out, r)
				}
			}
			if s.o.Observe != nil {
				s.o.Observe(v.Pattern, method(r), out.status, time.Since(start))
			}
			s.o.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("request", v.ID), slog.String("method", method(r)),
				slog.String("route", v.Pattern), slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
				slog.Duration("took", time.Since(start)))
		}()
		next.ServeHTTP(out, r)
	})
}

// method returns the request's method if it is a known one: anything can stand there.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return r.Method
	}
	return "other"
}

// frames returns the functions and lines of a panic, without the values of arguments.
func frames() (lines []string) {
	pcs := make([]uintptr, 32)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for {
		f, more := stack.Next()
		lines = append(lines, f.Function+":"+strconv.Itoa(f.Line))
		if !more {
			return lines
		}
	}
}

type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// localise takes a leading language segment off the path; without one the browser's languages decide.
func (s *Server) localise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := page.VisitOf(r)
		segment, rest, found := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		locale := i18n.Find(segment)
		switch {
		case locale != nil && !found: // "/fa"
			redirect(w, r, "/"+segment+"/")
			return
		case locale != nil:
			v.Locale, v.Prefix = locale, "/"+segment
			u := new(url.URL)
			*u = *r.URL
			u.RawPath = "/" + rest
			u.Path, _ = url.PathUnescape(u.RawPath) // it was unescaped before, as part of the whole
			r2 := new(http.Request)
			*r2 = *r
			r2.URL = u
			r = r2
		default:
			v.Locale = i18n.Match(r.Header.Get("Accept-Language"))
			w.Header().Add("Vary", "Accept-Language")
		}
		w.Header().Set("Content-Language", v.Locale.Code)
		next.ServeHTTP(w, r)
	})
}

// redirect leads to a path, which begins with one slash, with the request's query.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusPermanentRedirect)
}

// dispatch finds the route. The mux answers unknown paths and wrong methods in plain text, and it forgets the language
// when it cleans a path; readers get a page, and stay in their language. No database is asked for bytes that are no text.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	v := page.VisitOf(r)
	if p := r.URL.Path; !utf8.ValidString(p) || strings.ContainsRune(p, 0) {
		s.site.Fail(w, r, fault.New(fault.NotFound, "page.unknown"))
		return
	}
	if given := r.URL.EscapedPath(); given != cleanPath(given) { // has // or .. in it
		redirect(w, r, v.Prefix+cleanPath(given))
		return
	}
	handler, pattern := s.mux.Handler(r)
	if v.Pattern = pattern; pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	var answer discarded
	handler.ServeHTTP(&answer, r)
	if answer.status == http.StatusMethodNotAllowed {
		s.refuseMethod(w, r, answer.Header().Get("Allow"))
		return
	}
	s.site.Fail(w, r, fault.New(fault.NotFound, "page.unknown"))
}

// refuseMethod answers a request of another method than those that an address takes.
func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request, allowed string) {
	w.Header().Set("Allow", allowed)
	s.site.FailWith(w, r, fault.New(fault.NotFound, "method"), http.StatusMethodNotAllowed)
}

// cleanPath returns the path with one slash at its beginning and none doubled, and without dots.
func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// discarded takes the mux's own answer and keeps what matters.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarded) WriteHeader(status int)      { d.status = status }
