package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
)

const (
	databaseFile = "undersigned.db"
	sqliteFloor  = "3.51.3" // before it, a race in WAL mode could damage the file
	readers      = 4
)

// pragma is one setting of a connection: what the DSN says and what must be read back, since SQLite ignores a pragma
// that is misspelt or comes too late without a word.
type pragma struct{ name, set, want string }

// Every connection has these.
var commonPragmas = []pragma{
	{"busy_timeout", "5000", "5000"}, // only foreign programs make it wait; ours take the lock files
	{"synchronous", "FULL", "2"},     // an acknowledged commit survives a power cut
	{"foreign_keys", "1", "1"},
	{"secure_delete", "ON", "1"},  // what is erased is overwritten, but for what cleanVFS sees to
	{"temp_store", "MEMORY", "2"}, // or rows that are sorted, and what a savepoint would bring back, spill into files in /tmp
	{"trusted_schema", "OFF", "0"},
	{"journal_mode", "", "wal"},
}

var writerPragmas = []pragma{
	{"journal_mode", "WAL", "wal"},
	{"cache_size", "-32768", "-32768"},
	{"wal_autocheckpoint", "4000", "4000"},
}

var readerPragmas = []pragma{
	{"cache_size", "-8192", "-8192"},
	{"query_only", "1", "1"}, // the driver ignores sql.TxOptions.ReadOnly
}

func (db *DB) openSQLite(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if db.o.Data == "" {
		return errors.New("store: no data folder given")
	}
	if err := os.MkdirAll(db.o.Data, 0o700); err != nil {
		return err
	}
	file, err := filepath.Abs(filepath.Join(db.o.Data, databaseFile))
	if err != nil {
		return err
	}
	// SQLite gives its -wal and -shm files the mode of the database, so that nobody else reads them either.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	f.Close()

	w, err := newWriter(db, file)
	if err != nil {
		return err
	}
	defer func() {
		if db.writer == nil {
			w.release()
		}
	}()
	if err := checkSQLiteVersion(ctx, w.pool); err != nil {
		return err
	}
	unlock, err := w.lock()
	if err != nil {
		return err
	}
	if err = db.migrate(ctx, w.pool); err == nil {
		err = db.openCheckpointer(file)
	}
	unlock()
	if err != nil {
		return err
	}
	// One more than the readers, which keep theirs: Ping, Schema and PrepareAll take it for a moment.
	if db.read, err = openPool(file, "deferred", readers+1, readerPragmas); err != nil {
		return err
	}
	if err := db.read.PingContext(ctx); err != nil {
		return err
	}
	db.readers = make(chan *sqliteConn, readers)
	for range readers {
		db.readers <- &sqliteConn{pool: db.read}
	}
	db.writer = w
	go w.loop()
	go db.checkpointer.loop(db)
	return nil
}

// openCheckpointer also forgets what a process that was killed has left. Nobody else writes meanwhile.
func (db *DB) openCheckpointer(file string) (err error) {
	if db.checkpointer, err = newCheckpointer(file); err != nil {
		return err
	}
	if _, err := db.checkpointer.forget(func(fn func() error) error { return fn() }); err != nil {
		db.o.Log.Error("checkpoint failed", "err", err.Error()) // no reason not to open: the loop tries again
	}
	return nil
}

// openPool opens up to n connections with the pragmas, each of which is read back on every new connection.
func openPool(file, txlock string, n int, own []pragma) (*sql.DB, error) {
	if err := registerCleanVFS(); err != nil {
		return nil, err
	}
	values := url.Values{"_txlock": {txlock}, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"}, "vfs": {cleanVFS}}
	all := append(append([]pragma(nil), commonPragmas...), own...)
	for _, p := range all {
		if p.set != "" {
			values.Add("_pragma", p.name+"("+p.set+")")
		}
	}
	dsn := url.URL{Scheme: "file", Path: file, RawQuery: values.Encode()}
	base, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(&checkedConnector{base, all})
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	return pool, nil
}

// checkedConnector opens connections and refuses those whose pragmas did not take.
type checkedConnector struct {
	driver.Connector
	pragmas []pragma
}

// Connect opens and checks a connection.
func (c *checkedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range c.pragmas {
		got, err := readPragma(ctx, conn, p.name)
		if err == nil && got != p.want {
			err = fmt.Errorf("store: PRAGMA %s is %q and not %q", p.name, got, p.want)
		}
		if err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func readPragma(ctx context.Context, conn driver.Conn, name string) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err != nil || len(row) != 1 {
		if err == io.EOF || err == nil {
			err = fmt.Errorf("store: SQLite has no PRAGMA %s", name)
		}
		return "", err
	}
	return fmt.Sprint(row[0]), nil
}

func checkSQLiteVersion(ctx context.Context, pool *sql.DB) error {
	var version string
	if err := pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if versionLess(version, sqliteFloor) {
		return fmt.Errorf("store: SQLite %s is too old, %s is needed", version, sqliteFloor)
	}
	return nil
}

// versionLess compares dotted numbers.
func versionLess(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}

// lockFile opens DATA/name for flock.
func lockFile(data, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(data, name), os.O_RDWR|os.O_CREATE, 0o600)
}

// flock waits for the lock, or gives up at once when how says LOCK_NB. The kernel drops it when the process dies.
func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// InFolder reports whether there is a SQLite database in a data folder.
func InFolder(data string) bool {
	info, err := os.Stat(filepath.Join(data, databaseFile))
	return err == nil && info.Size() > 0
}

// LockServe makes sure that no server runs with a data folder until unlock is called.
func LockServe(data string) (unlock func(), err error) {
	unlock, ok, err := tryLock(data, "serve", unix.LOCK_EX)
	if err == nil && !ok {
		err = fmt.Errorf("another server is running on %s: stop it first, or give this one a --data folder of its own", data)
	}
	return unlock, err
}

// tryLock takes the lock DATA/name, exclusive or shared, unless another holder, in this process or another, has it.
func tryLock(data, name string, how int) (unlock func(), ok bool, err error) {
	f, err := lockFile(data, name)
	if err != nil {
		return nil, false, err
	}
	if err := flock(f, how|unix.LOCK_NB); err != nil {
		f.Close()
		if err == unix.EWOULDBLOCK {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("store: lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, true, nil
}
