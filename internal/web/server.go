// Package web owns what a browser sees: the URLs (routes.go, the only list), the handlers, the page structs with their
// templates, and what every answer has in common: language, headers, limits, error pages, the log line.
//
// It promises no state change on GET, no script needed, no third party asked, no name, address or IP in a log, and that a
// form with a mistake comes back with everything typed. It must not know SQL, nor hold a rule about letters or signatures.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/tlog"
)

// Options are the settings of a Server.
type Options struct {
	BaseURL       string // scheme and host
	Site          string
	Operator      string
	Contact       string
	SecureCookies bool
	CanMail       bool          // without mail no sign form is offered
	PublishEvery  time.Duration // for saying when a signature will appear
	RateLimit     bool
	TrustProxy    []string      // networks whose X-Forwarded-For is believed
	Catcher       *mail.Catcher // only in the demonstration
	Former        []tlog.Former // logs that the instance's log goes on from, the oldest first
	Jobs          job.Overview
	LookupTXT     account.LookupTXT // of keys of mails that are read in
	Cache         string            // folder for files that can be built again
	Log           *slog.Logger
	Now           func() time.Time
	Passing       func(error) bool                                           // whether an error will pass by itself: a full disk, a database that is away
	Ready         func(context.Context) error                                // whether the database answers
	Observe       func(route, method string, status int, took time.Duration) // told of every answer
}

// Server answers HTTP requests.
type Server struct {
	accounts  *account.Service
	letters   *letter.Service
	mailboxes *mailbox.Service
	roll      *roll.Service
	signing   *signing.Service
	log       *tlog.Log
	o         Options
	cache     letterCache
	tiles     tileCache
	bundles   bundles
	limits    *limiter
	streams   chan struct{} // places for whole lists that are being sent
	mux       *http.ServeMux
	handler   http.Handler
}

// New returns a Server.
func New(accounts *account.Service, mailboxes *mailbox.Service, letters *letter.Service, list *roll.Service, signatures *signing.Service, log *tlog.Log, o Options) *Server {
	s := &Server{accounts: accounts, mailboxes: mailboxes, letters: letters, roll: list, signing: signatures, log: log, o: o, mux: http.NewServeMux()}
	s.cache.load = s.loadLetter
	s.cache.version = letters.Version
	s.cache.slug = func(ctx context.Context, id letter.ID) (string, error) {
		l, err := letters.ByID(ctx, id)
		return l.Slug, err
	}
	s.cache.now = o.Now
	s.bundles = bundles{folder: o.Cache, every: min(6*o.PublishEvery, BundlesKept), turn: make(chan struct{}, 1)}
	s.limits = newLimiter(o.Now, o.TrustProxy)
	s.streams = make(chan struct{}, maxStreams)
	s.routes()
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(o.BaseURL); err != nil {
		o.Log.Error("base_url_not_trusted", slog.String("error", err.Error()))
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, fault.New(fault.Forbidden, "cross_site"))
	}))
	s.handler = s.observe(s.localise(cross.Handler(http.HandlerFunc(s.dispatch))))
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTPServer returns the server with its time limits, ready to serve a listener.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(redacting{s.o.Log.Handler()}, slog.LevelWarn)}
}

// visit is what is known about a request besides itself.
type visit struct {
	id      string
	locale  *i18n.Locale
	prefix  string // "/fa" when the URL names the language, else ""
	pattern string // of the route, for the log
}

type visitKey struct{}

func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// contentPolicy lets a page load its own files and send its own forms, nothing else. Inline script and style are refused.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

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
		v := &visit{id: rand.Text()[:12], locale: i18n.Find(i18n.Default)}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		out := &recorder{ResponseWriter: w}
		h := w.Header()
		maps.Copy(h, commonHeaders)
		h.Set("X-Request-Id", v.id)
		if strings.HasPrefix(s.o.BaseURL, "https:") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.o.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", v.id), slog.Any("at", frames()))
				if out.status == 0 {
					s.failInternal(out, r)
				}
			}
			if s.o.Observe != nil {
				s.o.Observe(v.pattern, method(r), out.status, time.Since(start))
			}
			s.o.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("request", v.id), slog.String("method", method(r)),
				slog.String("route", v.pattern), slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
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
		v := visitOf(r)
		segment, rest, found := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		locale := i18n.Find(segment)
		switch {
		case locale != nil && !found: // "/fa"
			redirect(w, r, "/"+segment+"/")
			return
		case locale != nil:
			v.locale, v.prefix = locale, "/"+segment
			u := new(url.URL)
			*u = *r.URL
			u.RawPath = "/" + rest
			u.Path, _ = url.PathUnescape(u.RawPath) // it was unescaped before, as part of the whole
			r2 := new(http.Request)
			*r2 = *r
			r2.URL = u
			r = r2
		default:
			v.locale = i18n.Match(r.Header.Get("Accept-Language"))
			w.Header().Add("Vary", "Accept-Language")
		}
		w.Header().Set("Content-Language", v.locale.Code)
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
	v := visitOf(r)
	if p := r.URL.Path; !utf8.ValidString(p) || strings.ContainsRune(p, 0) {
		s.fail(w, r, fault.New(fault.NotFound, "page.unknown"))
		return
	}
	if given := r.URL.EscapedPath(); given != cleanPath(given) { // has // or .. in it
		redirect(w, r, v.prefix+cleanPath(given))
		return
	}
	handler, pattern := s.mux.Handler(r)
	if v.pattern = pattern; pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	var answer discarded
	handler.ServeHTTP(&answer, r)
	if answer.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", answer.Header().Get("Allow"))
		s.failStatus(w, r, fault.New(fault.NotFound, "method"), http.StatusMethodNotAllowed)
		return
	}
	s.fail(w, r, fault.New(fault.NotFound, "page.unknown"))
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

// statusOf is the only table of kinds of fault and HTTP statuses.
var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone,
	fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden, fault.Limited: http.StatusTooManyRequests,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unavailable: http.StatusServiceUnavailable,
}

// fail answers with an error page: what a user may see is said in the page's language, everything else is logged with the
// request's id and shown as a mistake of ours.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	faults := fault.All(err)
	if len(faults) == 0 {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the reader has gone
		}
		s.o.Log.LogAttrs(r.Context(), slog.LevelError, "internal_error", slog.String("request", visitOf(r).id),
			slog.String("error", err.Error()))
		if s.o.Passing != nil && s.o.Passing(err) {
			s.failStatus(w, r, fault.New(fault.Unavailable, "busy"), http.StatusServiceUnavailable)
		} else {
			s.failInternal(w, r)
		}
		return
	}
	s.failStatus(w, r, faults[0], statusOf[faults[0].Kind])
}

func (s *Server) failStatus(w http.ResponseWriter, r *http.Request, f *fault.Error, status int) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "120")
	}
	l := visitOf(r).locale
	if wantsData(r) {
		_ = failData(w, r, status, f.Key, say(l, f))
		return
	}
	page := MessagePage{Base: s.base(r, l.T("fault.heading."+strings.ReplaceAll(f.Kind.String(), " ", "_"))), Text: []string{say(l, f)}}
	page.NoIndex, page.Heading = true, page.Title
	w.Header().Set("Cache-Control", "no-store")
	if err := render(w, status, page); err != nil {
		s.o.Log.LogAttrs(r.Context(), slog.LevelError, "render", slog.String("request", visitOf(r).id), slog.String("error", err.Error()))
	}
}

func (s *Server) failInternal(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	if wantsData(r) {
		_ = failData(w, r, http.StatusInternalServerError, "internal", v.locale.T("fault.internal"))
		return
	}
	page := MessagePage{Base: s.base(r, v.locale.T("fault.heading.internal")), Text: []string{v.locale.T("fault.internal")}, RequestID: v.id}
	page.NoIndex, page.Heading = true, page.Title
	w.Header().Set("Cache-Control", "no-store")
	if err := render(w, http.StatusInternalServerError, page); err != nil {
		http.Error(w, "internal error "+v.id, http.StatusInternalServerError)
	}
}

// say returns a fault's message.
func say(l *i18n.Locale, f *fault.Error) string {
	return l.T("fault."+f.Key, f.Pairs()...)
}

// base returns what every page has.
func (s *Server) base(r *http.Request, title string) Base {
	v := visitOf(r)
	path := r.URL.Path
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		path = "/" // the same page in another language cannot be linked to
	} else if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	b := Base{L: v.locale, Prefix: v.prefix, Site: s.o.Site, Title: title, Path: path, Canonical: s.o.BaseURL + v.prefix + r.URL.Path,
		Demo: s.o.Catcher != nil}
	b.Languages = languagesOf(v.locale, path)
	return b
}
