// Package fault owns the one kind of error a user may see.
//
// It promises that an Error carries a message key and arguments, never a finished sentence, so that the edge (web, cli,
// mail) speaks the user's language. Any other error is internal: the edge logs it once and shows a request id. It
// must not know HTTP, catalogues or any noun of the domain.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of answer an Error deserves. The web maps each to one status, the command line to exit code 1.
type Kind int

// The kinds, with the HTTP status that web gives each.
const (
	Invalid     Kind = iota // 422: the input is wrong; Field says where
	NotFound                // 404
	Gone                    // 410: it was here and is not any more (expired, closed, used)
	Conflict                // 409: something else changed first
	Forbidden               // 403
	Limited                 // 429: too often
	TooLarge                // 413
	Unavailable             // 503: try again later
)

var kindNames = [...]string{"invalid", "not found", "gone", "conflict", "forbidden", "limited", "too large", "unavailable"}

// String returns the kind's name in English, for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Error is an error to be shown to a user.
type Error struct {
	Kind  Kind
	Key   string         // key of the message in the catalogues, without the prefix "fault."
	Args  map[string]any // arguments of the message; never a name or an address
	Field string         // the form field it belongs to, or ""
	Err   error          // the cause, for the log; never shown
}

// New makes an Error of the kind; args are pairs of argument name and value.
func New(kind Kind, key string, args ...any) *Error {
	e := &Error{Kind: kind, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

// On says which form field the error belongs to.
func (e *Error) On(field string) *Error {
	e.Field = field
	return e
}

// Because keeps the cause for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// Pairs returns the arguments of the message as pairs of name and value, as catalogues take them.
func (e *Error) Pairs() []any {
	pairs := make([]any, 0, 2*len(e.Args))
	for name, value := range e.Args {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// Error returns a line for logs and developers; users are shown the message of Key.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Key)
	if e.Field != "" {
		fmt.Fprintf(&b, " (field %s)", e.Field)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Except returns err, or nil where it is, or wraps, an Error of the kind.
func Except(err error, kind Kind) error {
	if Is(err, kind) {
		return nil
	}
	return err
}

// Is reports whether err is, or wraps, an Error of the kind.
func Is(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}

// List is several user-visible errors at once: a form with three wrong fields gets three messages, in the form's order.
type List []*Error

// Error returns all lines, for logs.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "; ")
}

// Unwrap lets errors.Is and errors.AsType look inside; the first error is found first.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// All returns the user-visible errors in err, nil if there are none.
func All(err error) []*Error {
	if l, ok := errors.AsType[List](err); ok {
		return l
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return []*Error{e}
	}
	return nil
}
