package bench

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"net/url"
	"time"

	"modernc.org/sqlite"

	"github.com/undersigned/undersigned/internal/store"
)

// inserter makes one durable insert.
type inserter func(ctx context.Context) error

// Sizes of the row, those of a signature that waits for its confirmation.
const (
	bareSealed = 300
	bareHash   = 32
)

// bareBatch is as many rows as the product commits together.
const bareBatch = 64

// openBareSQLite is the least that makes many durable inserts a second: one connection of the driver, without
// database/sql, one prepared statement, and a goroutine that commits together what waits. Pragmas are the product's.
func openBareSQLite(ctx context.Context, file string) (_ inserter, closeStore func(), err error) {
	values := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"secure_delete(ON)", "cache_size(-32768)", "wal_autocheckpoint(4000)"}}
	connector, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: file, RawQuery: values.Encode()}).String())
	if err != nil {
		return nil, nil, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	w := &bareWriter{conn: conn, queue: make(chan chan error, 4*bareBatch), done: make(chan struct{})}
	if err := errors.Join(w.exec("CREATE TABLE row (id INTEGER PRIMARY KEY, letter INTEGER NOT NULL, token BLOB NOT NULL, "+
		"browser BLOB NOT NULL, sealed BLOB NOT NULL, at INTEGER NOT NULL) STRICT"), w.prepare(ctx)); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	go w.loop()
	return w.insert, w.close, nil
}

type bareWriter struct {
	conn                  driver.Conn
	begin, insertion, end driver.StmtExecContext
	queue                 chan chan error
	done                  chan struct{}
}

func (w *bareWriter) exec(text string) error {
	_, err := w.conn.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

func (w *bareWriter) prepare(ctx context.Context) error {
	for text, into := range map[string]*driver.StmtExecContext{"BEGIN IMMEDIATE": &w.begin, "COMMIT": &w.end,
		"INSERT INTO row (id, letter, token, browser, sealed, at) VALUES (?, ?, ?, ?, ?, ?)": &w.insertion} {
		s, err := w.conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		*into = s.(driver.StmtExecContext)
	}
	return nil
}

func (w *bareWriter) insert(context.Context) error {
	answer := make(chan error, 1)
	w.queue <- answer
	return <-answer
}

func (w *bareWriter) close() {
	close(w.queue)
	<-w.done
	_ = w.conn.Close()
}

func (w *bareWriter) loop() {
	defer close(w.done)
	ctx := context.Background()
	var batch []chan error
	for first := range w.queue {
		batch = append(batch[:0], first)
		_, err := w.begin.ExecContext(ctx, nil)
		for i := 0; i < len(batch) && err == nil; i++ {
			err = w.row(ctx)
			if len(batch) < bareBatch {
				select {
				case next, ok := <-w.queue:
					if ok {
						batch = append(batch, next)
					}
				default:
				}
			}
		}
		if err == nil {
			_, err = w.end.ExecContext(ctx, nil)
		}
		for _, answer := range batch {
			answer <- err
		}
	}
}

func (w *bareWriter) row(ctx context.Context) error {
	token, browser, sealed := make([]byte, bareHash), make([]byte, bareHash), make([]byte, bareSealed)
	rand.Read(token)
	rand.Read(browser)
	now := time.Now()
	args := []driver.Value{store.NewID(now), int64(1), token, browser, sealed, now.UnixMicro()}
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	_, err := w.insertion.ExecContext(ctx, named)
	return err
}
