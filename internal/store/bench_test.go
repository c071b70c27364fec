package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

// BenchmarkUpdate shows durable rows a second with 1 and with 64 writers, and reads a second. Database files belong on a
// real disk: set TMPDIR where /tmp is in memory.
func BenchmarkUpdate(b *testing.B) {
	data := make([]byte, 300)
	for _, engine := range engines {
		for _, writers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/writers=%d", engine, writers), func(b *testing.B) {
				db := openThings(b, engine)
				concurrently(b, writers, "rows/s", func() error {
					return db.Update(context.Background(), func(tx *store.Tx) error {
						id := store.NewID(time.Now())
						_, err := tx.Exec(qFill, id, fmt.Sprint(id), true, data, "note", nil, nil)
						return err
					})
				})
			})
		}
	}
}

func BenchmarkView(b *testing.B) {
	for _, engine := range engines {
		b.Run(string(engine), func(b *testing.B) {
			db := openThings(b, engine)
			if err := insert(db, "a"); err != nil {
				b.Fatal(err)
			}
			concurrently(b, 8, "reads/s", func() error {
				return db.View(context.Background(), func(tx *store.Tx) error {
					var n int
					return tx.Row(qCount).Scan(&n)
				})
			})
		})
	}
}

func concurrently(b *testing.B, n int, unit string, fn func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, n)
	b.ResetTimer()
	for range n {
		go func() {
			for left.Add(-1) >= 0 {
				if err := fn(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range n {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit)
}
