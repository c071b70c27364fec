package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresFloor = 140000
	connections   = 16
	retries       = 5
)

func (db *DB) openPostgres(ctx context.Context) (err error) {
	config, err := pgx.ParseConfig(db.o.Database)
	if err != nil {
		return errAddress(err)
	}
	params := config.RuntimeParams
	params["timezone"] = "UTC"
	if params["application_name"] == "" {
		params["application_name"] = "undersigned"
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.SeverityUnlocalized == "WARNING" {
			db.warnings.Add(1)
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit // of each host
	}
	db.patient = stdlib.GetConnector(*config, stdlib.OptionAfterConnect(durable))
	connector := stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		if err := durable(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, limitSession, fmt.Sprint(sessionLimit.Milliseconds()))
		return err
	}))
	db.read = sql.OpenDB(connector)
	db.read.SetMaxOpenConns(connections)
	db.read.SetMaxIdleConns(connections)
	db.read.SetConnMaxIdleTime(5 * time.Minute)
	db.probes, db.asks = sql.OpenDB(connector), sql.OpenDB(connector)
	for _, pool := range []*sql.DB{db.probes, db.asks} {
		pool.SetMaxOpenConns(2) // one may be of a server that hangs
		pool.SetMaxIdleConns(1)
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if err := db.checkPostgres(ctx); err != nil {
		return err
	}
	return db.patiently(func(pool *sql.DB) error { return db.migrate(ctx, pool) })
}

// patiently lends a pool whose statements may take as long as they do, which is closed afterwards.
func (db *DB) patiently(fn func(pool *sql.DB) error) error {
	pool := sql.OpenDB(db.patient)
	return errors.Join(fn(pool), pool.Close())
}

// Place names a database address without user and password, for those who look for their data: postgres:// with every host. "" stays
// "", which is SQLite.
func Place(database string) (string, error) {
	if database == "" {
		return "", nil
	}
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return "", errAddress(err)
	}
	var hosts []string
	socket := url.Values{}
	add := func(host string, port uint16) {
		if strings.HasPrefix(host, "/") {
			socket.Set("host", host)
			return
		}
		if name := net.JoinHostPort(host, strconv.Itoa(int(port))); !slices.Contains(hosts, name) { // once with TLS, once without
			hosts = append(hosts, name)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks {
		add(f.Host, f.Port)
	}
	place := url.URL{Scheme: "postgres", Host: strings.Join(hosts, ","), Path: "/" + config.Database, RawQuery: socket.Encode()}
	return place.String(), nil
}

func errAddress(err error) error {
	return fmt.Errorf("store: the database address is not valid: %w", err)
}

// limitSession sets the server's own limits where neither it nor the address of the database has any.
const limitSession = `SELECT set_config(name, $1, false) FROM pg_settings
	WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') AND setting = '0'`

// noLimit takes the limit of statements off a transaction that reads or writes everything.
const noLimit = "SET LOCAL statement_timeout = 0"

// durable makes COMMIT wait for the disk, and for standbys where the server names some, whatever the server's or
// the role's default is: what is acknowledged must be durable.
func durable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit',
		CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`)
	return err
}

func (db *DB) checkPostgres(ctx context.Context) error {
	var number, fsync, encoding string
	err := db.read.QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('fsync'),
		current_setting('server_encoding')`).Scan(&number, &fsync, &encoding)
	if err != nil {
		return fmt.Errorf("store: connect to PostgreSQL: %w", mapError(err))
	}
	if n, err := strconv.Atoi(number); err != nil || n < postgresFloor {
		return fmt.Errorf("store: PostgreSQL %d or later is needed, this is version number %s", postgresFloor/10000, number)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("store: the database has the encoding %s; make it with ENCODING 'UTF8'", encoding)
	}
	if fsync != "on" {
		db.o.Log.WarnContext(ctx, "PostgreSQL runs with fsync off: a crash loses acknowledged signatures")
	}
	return nil
}

// updatePostgres runs fn in a READ COMMITTED transaction of its own.
func (db *DB) updatePostgres(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 0; ; try++ {
		tx, err := db.tryPostgres(ctx, fn)
		if err == nil {
			db.signal(tx.topics)
			return nil
		}
		if !retryable(err) || try == retries {
			return err
		}
		// Those who collided must not meet again.
		pause := time.NewTimer(time.Duration(1+rand.Int64N(10<<try)) * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

var errNotReplicated = errors.New("the server gave a warning during COMMIT; it may not have been replicated")

func (db *DB) tryPostgres(ctx context.Context, fn func(tx *Tx) error) (_ *Tx, err error) {
	// The caller may leave while it waits for a free connection, which is this engine's queue. From then on that changes nothing: an
	// interrupted COMMIT would have an unknown outcome.
	w, err := db.writing.wait(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	defer w.close()
	defer func() { err = w.explain(err) }()
	stay := context.AfterFunc(ctx, func() { w.cancel(ctx.Err()) })
	conn, err := db.read.Conn(w.ctx)
	if err == nil {
		defer conn.Close()
	}
	if !stay() {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, db.mapClosed(err)
	}
	db.wrote.Store(true)
	t, err := conn.BeginTx(w.ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, db.mapClosed(err)
	}
	defer t.Rollback() // also when fn ends its goroutine; sql.ErrTxDone after COMMIT
	tx := &Tx{db: db, ctx: w.ctx, on: postgresTx{t}, wait: w}
	w.pause()
	if err := tx.run(fn); err != nil {
		return nil, err
	}
	warnings := db.warnings.Load()
	w.begin()
	if err := t.Commit(); err != nil {
		if postgresRefused(err) {
			return nil, mapError(err)
		}
		return nil, unknown(err)
	}
	// When somebody cancels a COMMIT that waits for its standby, PostgreSQL reports success with a warning: committed
	// here, perhaps nowhere else. The warning may be that of another connection; to doubt one too many does no harm.
	if db.warnings.Load() != warnings {
		return nil, unknown(errNotReplicated)
	}
	return tx, nil
}

// viewPostgres runs fn on one snapshot. Without REPEATABLE READ each statement would see a state of its own.
func (db *DB) viewPostgres(ctx context.Context, fn func(tx *Tx) error) error {
	wait, err := db.reading.wait(ctx)
	if err != nil {
		return err
	}
	defer wait.close()
	t, err := db.read.BeginTx(wait.ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return wait.explain(db.mapClosed(err))
	}
	defer t.Rollback() // nothing was written
	wait.pause()
	tx := &Tx{db: db, ctx: wait.ctx, on: postgresTx{t}, wait: wait}
	return wait.explain(tx.run(fn))
}

// lookPostgres runs the one statement of fn on whichever connection is free.
func (db *DB) lookPostgres(ctx context.Context, fn func(tx *Tx) error) error {
	wait, err := db.reading.wait(ctx)
	if err != nil {
		return err
	}
	defer wait.close()
	tx := &Tx{db: db, ctx: wait.ctx, on: postgresPool{db.read}, single: true, wait: wait}
	if err := tx.run(fn); err != nil && ctx.Err() != nil {
		return ctx.Err()
	} else {
		return wait.explain(db.mapClosed(err))
	}
}

// tryTurnPostgres holds an advisory lock on a connection of its own; the server drops it with the connection.
func (db *DB) tryTurnPostgres(ctx context.Context, name string) (release func(), ok bool, err error) {
	wait, err := db.writing.wait(ctx)
	if err != nil {
		return nil, false, err
	}
	defer wait.close()
	conn, err := db.read.Conn(wait.ctx)
	if err != nil {
		return nil, false, wait.explain(db.mapClosed(err))
	}
	sum := sha256.Sum256([]byte("undersigned turn " + name))
	key := int64(binary.BigEndian.Uint64(sum[:]))
	// The schema is part of the lock's name, since two instances may share a database.
	err = conn.QueryRowContext(wait.ctx, "SELECT pg_try_advisory_lock(hashtextextended(current_schema(), $1))", key).Scan(&ok)
	if err != nil || !ok {
		return nil, false, wait.explain(errors.Join(mapError(err), conn.Close()))
	}
	return func() {
		// Discarding the connection instead of unlocking would work too, but costs a new one each time.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		_, err := conn.ExecContext(limited, "SELECT pg_advisory_unlock_all()")
		if err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		_ = conn.Close()
	}, true, nil
}

// postgresTx runs statements by their text: pgx keeps them prepared on each connection.
type postgresTx struct{ tx *sql.Tx }

func (p postgresTx) exec(ctx context.Context, q *Query, args []any) (sql.Result, error) {
	return p.tx.ExecContext(ctx, q.Text(Postgres), args...)
}

func (p postgresTx) query(ctx context.Context, q *Query, args []any) (*sql.Rows, error) {
	return p.tx.QueryContext(ctx, q.Text(Postgres), args...)
}

// QueryContext runs a statement by its text, as the others do.
func (p postgresTx) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.tx.QueryContext(ctx, text, args...)
}

// postgresPool runs a statement on whichever connection is free.
type postgresPool struct{ pool *sql.DB }

func (p postgresPool) exec(context.Context, *Query, []any) (sql.Result, error) { return nil, errSingle }

func (p postgresPool) query(ctx context.Context, q *Query, args []any) (*sql.Rows, error) {
	return p.pool.QueryContext(ctx, q.Text(Postgres), args...)
}

func (p postgresPool) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.pool.QueryContext(ctx, text, args...)
}

// PrepareAll prepares every registered query on this engine and returns all that it refuses: a misspelt column, a type
// that does not fit.
func (db *DB) PrepareAll(ctx context.Context) error {
	var all []error
	for _, q := range Queries() {
		s, err := db.read.PrepareContext(ctx, q.Text(db.engine))
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", q.name, mapError(err)))
			continue
		}
		s.Close()
	}
	return errors.Join(all...)
}
