package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	_ "github.com/undersigned/undersigned/internal/signing" // registers the statements of a signature
	"github.com/undersigned/undersigned/internal/store"
)

// barePool is as many connections as the product has.
const barePool = 16

// openBarePostgres makes the product's tables in a schema of its own and runs the statements of a signature on a pool of
// connections of the driver, without database/sql.
func openBarePostgres(ctx context.Context, database string) (_ inserter, closeStore func(), err error) {
	db, err := store.Open(ctx, store.Options{Database: database})
	if err != nil {
		return nil, nil, err
	}
	if err := db.Close(); err != nil {
		return nil, nil, err
	}
	texts := map[string]string{}
	for _, q := range store.Queries() {
		texts[q.Name()] = q.Text(store.Postgres)
	}
	pending, job := texts["pending.insert"], texts["job.insert"]
	if pending == "" || job == "" {
		return nil, nil, errors.New("bench: the statements of a signature have other names now")
	}
	pool := make(chan *pgx.Conn, barePool)
	closeAll := func() {
		for range len(pool) {
			_ = (<-pool).Close(context.Background())
		}
	}
	for range barePool {
		conn, err := pgx.Connect(ctx, database)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		if _, err := conn.Exec(ctx, "SET synchronous_commit = on"); err != nil {
			return nil, nil, err
		}
		pool <- conn
	}
	return func(ctx context.Context) error {
		conn := <-pool
		defer func() { pool <- conn }()
		return pgx.BeginTxFunc(context.WithoutCancel(ctx), conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
			token, browser, sealed := make([]byte, bareHash), make([]byte, bareHash), make([]byte, bareSealed)
			rand.Read(token)
			rand.Read(browser)
			now := time.Now()
			id := store.NewID(now)
			if _, err := tx.Exec(ctx, pending, id, int64(1), int64(1), "en", "en", "person", token, browser, sealed, int64(1), now.UnixMicro(), nil); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, job, store.NewID(now), "mail.confirm", nil, fmt.Sprintf(`{"pending":%d}`, id), now.UnixMicro())
			return err
		})
	}, closeAll, nil
}
