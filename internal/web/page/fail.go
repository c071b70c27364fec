package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// MessagePage is a page that only says something: disputed, withdrawn, erased, an error.
type MessagePage struct {
	Base
	Heading   string
	Text      []string
	Link      string // where to go next
	LinkText  string
	RequestID string // for an internal error
}

// Template is its file.
func (MessagePage) Template() string { return "page/message" }

// statusOf is the only table of kinds of fault and HTTP statuses.
var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone,
	fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden, fault.Limited: http.StatusTooManyRequests,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unavailable: http.StatusServiceUnavailable,
}

// Status returns the status of a page that shows what is wrong, 200 when nothing is.
func Status(err error) int {
	if faults := fault.All(err); len(faults) > 0 {
		return statusOf[faults[0].Kind]
	}
	return http.StatusOK
}

// Say returns a fault's message.
func Say(l *i18n.Locale, f *fault.Error) string {
	return l.T("fault."+f.Key, f.Pairs()...)
}

// Fail answers with an error page: what a user may see is said in the page's language, everything else is logged with the
// request's id and shown as a mistake of ours. Programs, which ask for data, are answered with JSON.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	faults := fault.All(err)
	if len(faults) == 0 {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the reader has gone
		}
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "internal_error", slog.String("request", VisitOf(r).ID), slog.String("error", err.Error()))
		if s.Passing != nil && s.Passing(err) {
			s.FailWith(w, r, fault.New(fault.Unavailable, "no_database"), http.StatusServiceUnavailable)
		} else {
			s.FailInternal(w, r)
		}
		return
	}
	s.FailWith(w, r, faults[0], statusOf[faults[0].Kind])
}

// FailWith answers with an error page of a status that is not the fault's own.
func (s *Site) FailWith(w http.ResponseWriter, r *http.Request, f *fault.Error, status int) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "120")
	}
	l := LocaleOf(r)
	if wantsData(r) {
		_ = failData(w, r, status, f.Key, Say(l, f))
		return
	}
	p := MessagePage{Base: s.Base(r, l.T("fault.heading."+strings.ReplaceAll(f.Kind.String(), " ", "_"))), Text: []string{Say(l, f)}}
	p.NoIndex, p.Heading = true, p.Title
	w.Header().Set("Cache-Control", "no-store")
	if err := s.Render(w, status, p); err != nil {
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "render", slog.String("request", VisitOf(r).ID), slog.String("error", err.Error()))
	}
}

// FailInternal answers with an error page for a mistake of ours.
func (s *Site) FailInternal(w http.ResponseWriter, r *http.Request) {
	v := VisitOf(r)
	if wantsData(r) {
		_ = failData(w, r, http.StatusInternalServerError, "internal", v.Locale.T("fault.internal"))
		return
	}
	p := MessagePage{Base: s.Base(r, v.Locale.T("fault.heading.internal")), Text: []string{v.Locale.T("fault.internal")}, RequestID: v.ID}
	p.NoIndex, p.Heading = true, p.Title
	w.Header().Set("Cache-Control", "no-store")
	if err := s.Render(w, http.StatusInternalServerError, p); err != nil {
		http.Error(w, "internal error "+v.ID, http.StatusInternalServerError)
	}
}

// wantsData reports whether who asks reads data and not pages.
func wantsData(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".json") }

// failData says what went wrong to a program.
func failData(w http.ResponseWriter, r *http.Request, status int, key, message string) error {
	w.Header().Set("Cache-Control", "no-store")
	return SendJSON(w, status, map[string]any{"error": map[string]string{"key": key, "message": message}, "request": VisitOf(r).ID})
}
