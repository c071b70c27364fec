// Package public owns what readers, signers, the invited, readers of drafts and auditors see: the handlers of every address
// outside the desk, each with the struct of its page beside it, and the public data, feeds and metadata.
//
// It promises no state change on GET, that a letter's page costs no query while nothing changes, and that links in mails are
// inert: only a form acts, and one that a scanner can press asks for a cookie or a code. It must not know SQL, hold a rule about
// letters or signatures, or name an address of its own: the list of them is web/routes.go.
package public

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/bundle"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/internal/web/page"
)

// Services are what the handlers ask.
type Services struct {
	Accounts    *account.Service
	Mailboxes   *mailbox.Service
	News        *news.Service
	Letters     *letter.Service
	Roll        *roll.Service
	Signing     *signing.Service
	Invitations *invitation.Service
	Log         *tlog.Log
	Bundles     *bundle.Shelf
	Deliveries  *delivery.Service

	Operator, Contact string
	PublishEvery      time.Duration               // for saying when a signature will appear
	Catcher           *mail.Catcher               // only in the demonstration
	Former            []tlog.Former               // logs that the instance's log goes on from, the oldest first
	Ready             func(context.Context) error // whether the database answers
}

// Handlers answer readers and signers. An error that a handler returns is answered by Site.Fail.
type Handlers struct {
	*page.Site
	Services
	cache  letterCache
	listed atomic.Pointer[listed]
	tiles  tileCache
}

// New returns the handlers of a site.
func New(site *page.Site, s Services) *Handlers {
	h := &Handlers{Site: site, Services: s}
	h.cache.load = func(ctx context.Context, slug string) (*cachedLetter, error) {
		l, err := s.Bundles.Find(ctx, slug)
		if err != nil {
			return nil, err
		}
		return &cachedLetter{Published: l}, nil
	}
	h.cache.version = s.Letters.Version
	h.cache.slug = func(ctx context.Context, id letter.ID) (string, error) {
		l, err := s.Letters.ByID(ctx, id)
		return l.Slug, err
	}
	h.cache.now = site.Now
	h.cache.versions, h.cache.passing = s.Letters.Versions, func(err error) bool { return site.Passing != nil && site.Passing(err) }
	return h
}

// Forget drops what is held of letters that have changed.
func (h *Handlers) Forget(ctx context.Context) error { return h.cache.forget(ctx) }

// browser returns the value of the browser's sign cookie, "" if it has none.
func (h *Handlers) browser(r *http.Request) string {
	c, err := r.Cookie(h.Cookie("sign"))
	if err != nil || len(c.Value) != 26 {
		return ""
	}
	return c.Value
}

// firstPress reports whether a button was pressed by a browser without a sign cookie, and gives it one. Programs that look at mail press
// buttons too, and keep no cookies: the page asks for a second press, which they cannot make.
func (h *Handlers) firstPress(w http.ResponseWriter, r *http.Request) bool {
	if h.browser(r) != "" {
		return false
	}
	h.setBrowser(w, r)
	return true
}

// setBrowser gives a browser that has none its sign cookie, and returns its value.
func (h *Handlers) setBrowser(w http.ResponseWriter, r *http.Request) string {
	value := h.browser(r)
	if value == "" {
		value = rand.Text()
	}
	http.SetCookie(w, &http.Cookie{Name: h.Cookie("sign"), Value: value, Path: "/", HttpOnly: true, Secure: h.SecureCookies,
		SameSite: http.SameSiteLaxMode, MaxAge: 4 * 24 * 3600})
	return value
}
