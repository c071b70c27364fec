package page

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
)

// Site is what handlers of both sides know of their instance, and what they answer with.
type Site struct {
	BaseURL       string // scheme and host
	Name          string
	SecureCookies bool
	CanMail       bool // without mail no sign form is offered
	Demo          bool
	Logger        *slog.Logger
	Now           func() time.Time
	Passing       func(error) bool // whether an error will pass by itself: a full disk, a database that is away
	Renderer      *Renderer
	Assets        *Assets

	streams atomic.Int32 // whole lists that are being sent
}

// Cookie returns the name of a cookie, which says where cookies are secure that no other host and no part of this one set it.
func (s *Site) Cookie(name string) string {
	if s.SecureCookies {
		return "__Host-" + name
	}
	return name
}

// Visit is what is known about a request besides itself.
type Visit struct {
	ID      string
	Locale  *i18n.Locale
	Prefix  string // "/fa" when the URL names the language, else ""
	Pattern string // of the route, for the log

	AsOf time.Time // when what the page shows was so, while the database is away; else zero
}

type visitKey struct{}

// WithVisit returns the request with what is known about it.
func WithVisit(r *http.Request, v *Visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// VisitOf returns what is known about a request.
func VisitOf(r *http.Request) *Visit { return r.Context().Value(visitKey{}).(*Visit) }

// VisitIn is VisitOf from the request's context; nil outside one.
func VisitIn(ctx context.Context) *Visit {
	v, _ := ctx.Value(visitKey{}).(*Visit)
	return v
}

// LocaleOf returns the language of the page that answers a request.
func LocaleOf(r *http.Request) *i18n.Locale { return VisitOf(r).Locale }

// Local returns a path in the language that the request's URL names.
func Local(r *http.Request, path string) string { return VisitOf(r).Prefix + path }
