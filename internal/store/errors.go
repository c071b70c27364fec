package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What callers may test for with errors.Is. Errors of the engines are mapped to these once, here.
var (
	ErrNoRow      = errors.New("store: no row")
	ErrUnique     = errors.New("store: such a row exists already")
	ErrForeignKey = errors.New("store: a row refers to one that does not exist, or is referred to")
	ErrClosed     = errors.New("store: the database is closed")
	ErrFull       = errors.New("store: the disk is full")
	ErrNewer      = errors.New("the database was written by a newer version of this program")
	// ErrUnknown says that nobody knows whether the transaction was committed: it must not be acknowledged, and the
	// caller must not assume that it did not happen either.
	ErrUnknown = errors.New("store: the outcome of the transaction is unknown")
)

// PanicError is what Update and View return when the function given to them panicked.
type PanicError struct {
	Value any
	Stack []byte // for the log
}

// Error says that there was a panic; it leaves the value out, which may hold anything.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(error); ok {
		return fmt.Sprintf("store: panic in a transaction (%T)", err)
	}
	return "store: panic in a transaction"
}

// engineError is an error of an engine whose text may be logged: values of rows are cut out of it.
type engineError struct {
	text string
	kind error // one of the errors above, or nil
	err  error
}

func (e *engineError) Error() string { return e.text }

func (e *engineError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.err}
	}
	return []error{e.kind, e.err}
}

// mapError gives an engine's error the kind that callers test for and a text without values.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*engineError](err); done {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRow
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return &engineError{text: e.Error(), kind: sqliteKind(e.Code()), err: err}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		text := e.Code + " " + e.Message
		if strings.HasPrefix(e.Code, "22") {
			text = e.Code + " (a value does not fit its type)" // the message quotes the value
		}
		if e.ConstraintName != "" {
			text += " [" + e.ConstraintName + "]"
		}
		return &engineError{text: "postgres: " + text, kind: postgresKind(e.Code), err: err}
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		return &engineError{text: "the connection to the database was lost", kind: ErrAway, err: err}
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if connecting || network && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &engineError{text: err.Error(), kind: ErrAway, err: err}
	}
	return err
}

// scanError keeps the value that could not be converted out of the text: it may be a name or an address.
func scanError(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return mapError(err)
	}
	mapped := mapError(err)
	if _, ok := mapped.(*engineError); ok {
		return mapped
	}
	text := err.Error()
	if i := strings.Index(text, `("`); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	return &engineError{text: text, err: err}
}

func sqliteKind(code int) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrForeignKey
	case sqlite3.SQLITE_FULL:
		return ErrFull
	}
	return nil
}

func postgresKind(code string) error {
	switch code {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrForeignKey
	case "53100":
		return ErrFull
	case "57P01", "57P02", "57P03", "53300", // the server ends, has crashed or is starting, or has too many connections
		"25006", "25007", "25P04", "57P05": // it takes no writes, or ended what had waited too long
		return ErrAway
	}
	return nil
}

// retryable reports whether PostgreSQL rolled the transaction back only because of another one.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// postgresRefused reports whether an error of COMMIT says for certain that nothing was committed. A shutdown, for
// example, may be reported after the transaction was committed locally, so only the classes below count.
func postgresRefused(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(e.Code, "23") || retryable(err) || e.Code == "40002" || e.Code == "25P02")
}

// sqliteRefused is the same for SQLite: only a constraint checked at COMMIT leaves the transaction open and whole. A
// disk that is full or fails may have taken the commit record before it said so.
func sqliteRefused(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
