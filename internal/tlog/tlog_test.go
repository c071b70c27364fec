package tlog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	sumdb "golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// logs runs body on an empty log of each engine.
func logs(t *testing.T, body func(t *testing.T, db *store.DB, l *tlog.Log)) {
	t.Helper()
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) { body(t, db, testkit.PublicLog(t, db)) })
}

// kept are the leaves that a test's follower was given, by index.
type kept struct {
	mu     sync.Mutex
	leaves map[int64]verify.Leaf
}

// follow keeps every leaf, and points acts at leaf 0.
func (k *kept) follow(_ *store.Tx, _ store.LetterID, next int64, waiting []tlog.Waiting) ([]tlog.Waiting, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, w := range waiting {
		k.leaves[next+int64(i)] = w.Leaf
	}
	return waiting, nil
}

func (k *kept) run(t testing.TB, l *tlog.Log) int {
	t.Helper()
	n, err := l.Sequence(t.Context(), k.follow, func(*store.Tx, verify.Checkpoint) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newKept() *kept { return &kept{leaves: map[int64]verify.Leaf{}} }

// enqueue makes n leaves of a letter wait, one transaction each ten.
func enqueue(t testing.TB, db *store.DB, letter store.LetterID, n int) {
	t.Helper()
	for done := 0; done < n; done += 10 {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := done; i < min(done+10, n); i++ {
				if err := tlog.Enqueue(tx, signLeaf(letter, i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func signLeaf(letter store.LetterID, i int) tlog.Waiting {
	return tlog.Waiting{Letter: letter, Subject: int64(i + 1), Leaf: verify.Sign{Letter: verify.LetterID{byte(letter)}, Kind: verify.Person, Listing: verify.Public,
		Basis: verify.ByEmail, Day: "2026-06-01", Record: verify.Hash{byte(i), byte(i >> 8), byte(letter)}}}
}

// The tree after any number of batches is that of its leaves: root, tiles of every level, bundles, proofs.
func TestSequence_treeIsThatOfItsLeaves(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		k := newKept()
		r := rand.New(rand.NewPCG(20261125, 1))
		for size := 0; size < 1200; {
			n := []int{1, 3, 250, 400}[r.IntN(4)]
			enqueue(t, db, 1+store.LetterID(r.IntN(3)), n)
			if got := k.run(t, l); got != n {
				t.Fatalf("%d leaves sequenced, want %d", got, n)
			}
			size += n
			checkTree(t, l, k)
		}
		if n := k.run(t, l); n != 0 {
			t.Errorf("%d leaves without any waiting", n)
		}
	})
}

func checkTree(t *testing.T, l *tlog.Log, k *kept) {
	t.Helper()
	ctx := t.Context()
	s, err := l.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if s.Published != s.Checkpoint || s.Published.Size != int64(len(k.leaves)) {
		t.Fatalf("published %+v of %+v, %d leaves", s.Published, s.Checkpoint, len(k.leaves))
	}
	var tree verify.Tree
	var hashes []verify.Hash // as tlog stores them
	read := sumdb.HashReaderFunc(func(indexes []int64) ([]verify.Hash, error) {
		var list []verify.Hash
		for _, i := range indexes {
			list = append(list, hashes[i])
		}
		return list, nil
	})
	for i := range s.Published.Size {
		text := verify.Format(k.leaves[i])
		tree.Add(verify.RecordHash(text))
		more, err := sumdb.StoredHashes(i, text, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	if tree.Root() != s.Published.Root {
		t.Fatalf("root %s, the leaves give %s", s.Published.Root, tree.Root())
	}
	for _, tile := range sumdb.NewTiles(8, 0, s.Published.Size) {
		want, err := sumdb.ReadTileData(tile, read)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Tile(ctx, verify.Tile{Level: tile.L, N: tile.N, Width: tile.W})
		if err != nil || string(got) != string(want) {
			t.Fatalf("tile %v differs: %v", tile, err)
		}
		if tile.L > 0 {
			continue
		}
		bundle, err := l.Tile(ctx, verify.Tile{Level: verify.Entries, N: tile.N, Width: tile.W})
		if err != nil {
			t.Fatal(err)
		}
		leaves, err := verify.ParseEntries(bundle, tile.W)
		if err != nil {
			t.Fatal(err)
		}
		for i, leaf := range leaves {
			if string(leaf) != string(verify.Format(k.leaves[tile.N*verify.TileWidth+int64(i)])) {
				t.Fatalf("leaf %d of bundle %d differs", i, tile.N)
			}
		}
	}
	for _, index := range []int64{0, s.Published.Size / 2, s.Published.Size - 1} {
		p, ok, err := l.Prove(ctx, index)
		if err != nil || !ok {
			t.Fatalf("leaf %d has no proof: %v", index, err)
		}
		if err := sumdb.CheckRecord(p.Path, s.Published.Size, s.Published.Root, index, verify.RecordHash(p.Leaf)); err != nil || string(p.Leaf) != string(verify.Format(k.leaves[index])) {
			t.Fatalf("the proof of leaf %d: %v", index, err)
		}
	}
	if err := l.CheckEdge(ctx); err != nil {
		t.Error(err)
	}
}

// What the published checkpoint does not cover is not served, neither as a tile nor as a proof.
func TestTile_nothingPastThePublishedCheckpoint(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		ctx, k := t.Context(), newKept()
		enqueue(t, db, 1, 300)
		k.run(t, l)
		enqueue(t, db, 1, 20)
		// Sequenced by a process that dies before it publishes.
		err := db.Update(ctx, func(tx *store.Tx) error { return l.Slice(tx, 1, k.follow) })
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			tile verify.Tile
			want bool
		}{
			{verify.Tile{Level: 0, N: 0, Width: 256}, true}, {verify.Tile{Level: 0, N: 1, Width: 44}, true}, {verify.Tile{Level: 0, N: 1, Width: 7}, true},
			{verify.Tile{Level: 0, N: 1, Width: 45}, false}, {verify.Tile{Level: 0, N: 1, Width: 256}, false}, {verify.Tile{Level: 1, N: 0, Width: 1}, true},
			{verify.Tile{Level: 1, N: 0, Width: 2}, false}, {verify.Tile{Level: verify.Entries, N: 1, Width: 44}, true},
			{verify.Tile{Level: verify.Entries, N: 1, Width: 45}, false}, {verify.Tile{Level: 2, N: 0, Width: 1}, false}, {verify.Tile{Level: 0, N: 1 << 44, Width: 1}, false},
		} {
			if _, err := l.Tile(ctx, x.tile); (err == nil) != x.want {
				t.Errorf("tile %+v: %v", x.tile, err)
			}
		}
		if _, ok, err := l.Prove(ctx, 305); ok || err != nil {
			t.Errorf("a leaf that is not published has a proof, %v", err)
		}
		if n, err := l.Backlog(ctx); n != 20 || err != nil {
			t.Errorf("backlog %d, %v", n, err)
		}
		k.run(t, l) // the next process publishes what the dead one left
		if s, err := l.State(ctx); err != nil || s.Published.Size != 320 {
			t.Errorf("published %+v, %v", s.Published, err)
		}
		checkTree(t, l, k)
	})
}

// A batch is ordered: texts, signatures, listings, ends, deliveries, the close; within signatures the order is not that in
// which they came.
func TestSequence_order(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		id := verify.LetterID{1}
		mixed := []verify.Leaf{verify.Close{Letter: id}, verify.Deliver{Letter: id}, verify.Withdraw{Letter: id, Reason: verify.Signer, Day: "2026-06-01"},
			verify.Relist{Letter: id, Listing: verify.Withheld}, verify.Import{Letter: id}, verify.Deadline{Letter: id},
			verify.Edition{Letter: id, Number: 1, Texts: []verify.Text{{Language: "en"}}}}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range 100 {
				if err := tlog.Enqueue(tx, signLeaf(1, i)); err != nil {
					return err
				}
			}
			for _, leaf := range mixed {
				if err := tlog.Enqueue(tx, tlog.Waiting{Letter: 1, Leaf: leaf}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		k := newKept()
		k.run(t, l)
		var order []string
		var came []int
		for i := range int64(len(k.leaves)) {
			name := strings.TrimPrefix(fmt.Sprintf("%T", k.leaves[i]), "verify.")
			if order = append(order, name); name == "Sign" {
				record := k.leaves[i].(verify.Sign).Record
				came = append(came, int(record[0]))
			}
		}
		if got, want := strings.Join(slices.Compact(order), " "), "Import Deadline Edition Sign Relist Withdraw Deliver Close"; got != want {
			t.Errorf("order %s, want %s", got, want)
		}
		if slices.IsSorted(came) {
			t.Error("signatures stand in the order in which they came")
		}
		if p, _, err := l.Prove(t.Context(), 106); err != nil || !strings.Contains(string(p.Leaf), "\nsize 106\n") {
			t.Errorf("the close leaf does not state its index: %s %v", p.Leaf, err)
		}
	})
}

// Under steady load ends are not left behind: each phase has its share of a batch.
func TestSequence_endsDoNotWaitForEver(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		enqueue(t, db, 1, 600)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return tlog.Enqueue(tx, tlog.Waiting{Letter: 1, Subject: 1, Leaf: verify.Withdraw{Letter: verify.LetterID{1}, Reason: verify.Signer, Day: "2026-06-01"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		k, next := newKept(), 10_000
		n, err := l.Sequence(t.Context(), func(tx *store.Tx, letter store.LetterID, at int64, waiting []tlog.Waiting) ([]tlog.Waiting, error) {
			for range 100 { // so many confirm while a slice is written
				next++
				if err := tlog.Enqueue(tx, signLeaf(1, next)); err != nil {
					return nil, err
				}
			}
			return k.follow(tx, letter, at, waiting)
		}, func(*store.Tx, verify.Checkpoint) error { return nil })
		if err != nil || n != 601 {
			t.Errorf("%d leaves, %v", n, err)
		}
		if _, ok := k.leaves[600].(verify.Withdraw); !ok {
			t.Errorf("the end is not in its batch: %T", k.leaves[600])
		}
	})
}

// A leaf that is taken back after the sequencer has read it is not in the log: the slice begins again.
func TestSequence_leafTakenBackMeanwhile(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		id := verify.LetterID{1}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range 3 {
				if err := tlog.Enqueue(tx, signLeaf(1, i), tlog.Waiting{Letter: 1, Subject: int64(i + 1), Leaf: verify.Relist{Letter: id, Listing: verify.Withheld}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		k, taken := newKept(), false
		_, err = l.Sequence(t.Context(), func(tx *store.Tx, letter store.LetterID, next int64, waiting []tlog.Waiting) ([]tlog.Waiting, error) {
			if _, relist := waiting[0].Leaf.(verify.Relist); relist && !taken { // as another process would, between reading and locking
				taken = true
				if undone, err := tlog.CancelRelist(tx, 1, 2); err != nil || !undone {
					return nil, fmt.Errorf("undone %v, %w", undone, err)
				}
				return waiting, nil
			}
			return k.follow(tx, letter, next, waiting)
		}, func(*store.Tx, verify.Checkpoint) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		checkTree(t, l, k)
	})
}

// A leaf that auditors would refuse never begins to wait.
func TestEnqueue_refusesWhatIsNoLeaf(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		bad := signLeaf(1, 1)
		leaf := bad.Leaf.(verify.Sign)
		leaf.Day = "2026-06-01\nrecord x"
		bad.Leaf = leaf
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tlog.Enqueue(tx, bad) }); err == nil {
			t.Error("it waits")
		}
		if n, err := l.Backlog(t.Context()); n != 0 || err != nil {
			t.Errorf("backlog %d, %v", n, err)
		}
	})
}

// Several processes sequence at once: no leaf twice, none lost, one tree.
func TestSequence_severalAtOnceNeverFork(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		k := newKept()
		var work sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			other := l.Twin()
			work.Go(func() {
				for {
					if _, err := other.Sequence(t.Context(), k.follow, func(*store.Tx, verify.Checkpoint) error { return nil }); err != nil && !errors.Is(err, tlog.ErrTurn) {
						t.Error(err)
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		var writers sync.WaitGroup
		for letter := range store.LetterID(3) {
			writers.Go(func() { enqueue(t, db, letter+1, 200) })
		}
		writers.Wait()
		close(stop)
		work.Wait()
		k.run(t, l)
		if len(k.leaves) != 600 {
			t.Errorf("%d leaves, want 600", len(k.leaves))
		}
		seen := map[verify.Hash]bool{}
		for _, leaf := range k.leaves {
			seen[leaf.(verify.Sign).Record] = true
		}
		if len(seen) != 600 {
			t.Errorf("%d different leaves, want 600", len(seen))
		}
		checkTree(t, l, k)
	})
}

// The planted defect: a process goes on though its turn is over, from a state that is not the last. The condition of its
// transaction stops it; without the condition the tree forks.
func TestExtend_refusesAnOldState(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		ctx, k := t.Context(), newKept()
		enqueue(t, db, 1, 10)
		k.run(t, l)
		old, err := l.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, 1, 10)
		k.run(t, l)
		extend := func(tx *store.Tx) error { return l.ExtendFrom(tx, old, verify.Format(signLeaf(9, 9).Leaf)) }
		if err := db.Update(ctx, extend); !errors.Is(err, tlog.ErrTurn) {
			t.Errorf("extending an old state: %v", err)
		}
		checkTree(t, l, k)
		now, err := l.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		old.Checkpoint = now.Checkpoint // the condition holds: it is what stopped it above
		if err := db.Update(ctx, extend); err != nil {
			t.Errorf("extending the last state: %v", err)
		}
	})
}

var (
	qTestTiles = store.Q("test.tiles", `SELECT level, n, data FROM log_tile ORDER BY level, n`)
	qTestFlip  = store.Q("test.flip", `UPDATE log_tile SET data = $1 WHERE level = $2 AND n = $3`)
	qTestState = store.Q("test.state", `UPDATE log_state SET size = $1, root = $2, checkpoint = $3, published_size = $4, published = $5 WHERE id = 1`)
	qTestPut   = store.Q("test.put_tile", `INSERT INTO log_tile (level, n, data) VALUES ($1, $2, $3)`)
	qTestDrop  = store.Q("test.drop_tile", `DELETE FROM log_tile WHERE level = $1 AND n = $2`)
)

// One bit turned anywhere in tiles, bundles or checkpoints is found by Check, and named; at the right edge also by what a
// server does before it starts.
func TestCheck_findsEveryTurnedBit(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		ctx, k := t.Context(), newKept()
		enqueue(t, db, 1, 700)
		k.run(t, l)
		check := func() (problems []error) {
			err := db.View(ctx, func(tx *store.Tx) error {
				_, err := l.Check(tx, func(int64, verify.Leaf, verify.Hash) error { return nil }, func(err error) { problems = append(problems, err) })
				return err
			})
			if err != nil {
				problems = append(problems, err)
			}
			return problems
		}
		if found := check(); len(found) > 0 {
			t.Fatalf("a sound log: %v", found)
		}
		tiles := rowsOf(t, db)
		r := rand.New(rand.NewPCG(20261125, 2))
		edges := 0
		for range 150 {
			row := tiles[r.IntN(len(tiles))]
			data := slices.Clone(row.data)
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
			set := func(data []byte) {
				if err := db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qTestFlip, data, row.level, row.n); return err }); err != nil {
					t.Fatal(err)
				}
			}
			set(data)
			found := check()
			if len(found) == 0 || !errors.Is(found[0], tlog.ErrDamaged) {
				t.Fatalf("a bit turned in row %d/%d: found %v", row.level, row.n, found)
			}
			if l.CheckEdge(ctx) != nil {
				edges++
			} else if row.level > 0 {
				t.Errorf("a bit turned in tile %d/%d is not seen at the start", row.level, row.n)
			}
			set(row.data)
		}
		if edges == 0 {
			t.Error("no turned bit is seen at the start")
		}
		for _, row := range tiles {
			err := db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qTestDrop, row.level, row.n); return err })
			if err != nil {
				t.Fatal(err)
			}
			if found := check(); len(found) == 0 {
				t.Errorf("row %d/%d is gone and nothing is found", row.level, row.n)
			}
			err = db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qTestPut, row.level, row.n, row.data); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// stored is a row of log_tile.
type stored struct {
	level int
	n     int64
	data  []byte
}

func rowsOf(t *testing.T, db *store.DB) (rows []stored) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		rows, err = store.List(tx, qTestTiles, func(row store.Row) (g stored, err error) { return g, row.Scan(&g.level, &g.n, &g.data) })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A checkpoint of another key, a size that is not its own, a published one past the tree: none is served.
func TestState_refusesForeignAndTwistedCheckpoints(t *testing.T) {
	logs(t, func(t *testing.T, db *store.DB, l *tlog.Log) {
		ctx, k := t.Context(), newKept()
		enqueue(t, db, 1, 5)
		k.run(t, l)
		s, err := l.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := tlog.OpenKey(t.TempDir(), s.Checkpoint.Origin)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := foreign.Signer()
		if err != nil {
			t.Fatal(err)
		}
		forged, err := s.Checkpoint.Sign(signer)
		if err != nil {
			t.Fatal(err)
		}
		root := s.Checkpoint.Root
		for name, args := range map[string][]any{
			"foreign":            {int64(5), root[:], string(forged), int64(5), string(s.Signed())},
			"published, foreign": {int64(5), root[:], s.SignedTree(), int64(5), string(forged)},
			"size":               {int64(6), root[:], s.SignedTree(), int64(5), string(s.Signed())},
			"root":               {int64(5), make([]byte, 32), s.SignedTree(), int64(5), string(s.Signed())},
			"published size":     {int64(5), root[:], s.SignedTree(), int64(4), string(s.Signed())},
			"no checkpoint":      {int64(5), root[:], "", int64(5), string(s.Signed())},
		} {
			if err := db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qTestState, args...); return err }); err != nil {
				t.Fatal(err)
			}
			if _, err := l.State(ctx); err == nil {
				t.Errorf("%s: served", name)
			}
			if err := l.CheckEdge(ctx); err == nil {
				t.Errorf("%s: the server would start", name)
			}
		}
	})
}

func TestPromise_opensWithTheKeyOfPromisesOnly(t *testing.T) {
	logs(t, func(t *testing.T, _ *store.DB, l *tlog.Log) {
		want := verify.Promise{Record: verify.Hash{7}, By: time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)}
		text, err := l.Promise(want.Record, want.By)
		if err != nil {
			t.Fatal(err)
		}
		name, err := verify.PromiseKey(l.Key())
		if err != nil {
			t.Fatal(err)
		}
		key, err := note.NewVerifier(name)
		if err != nil {
			t.Fatal(err)
		}
		log, err := note.NewVerifier(l.Key())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verify.OpenPromise([]byte(text), key); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := verify.OpenPromise([]byte(text), log); err == nil {
			t.Error("a promise opens as a checkpoint's signature")
		}
		if again, _ := l.Promise(want.Record, want.By); again != text {
			t.Error("the same promise is signed otherwise")
		}
	})
}

func TestOpenKey_keepsTheKeyAndItsName(t *testing.T) {
	dir := t.TempDir()
	first, err := tlog.OpenKey(dir, tlog.NewOrigin())
	if err != nil {
		t.Fatal(err)
	}
	second, err := tlog.OpenKey(dir, tlog.NewOrigin())
	if err != nil || second != first {
		t.Errorf("%v, %v", second.Origin(), err)
	}
	for _, bad := range []string{"", "x", "a b", "a+b", "ü/log", strings.Repeat("a", 200), "/log"} {
		if tlog.CheckOrigin(bad) == nil {
			t.Errorf("%q is taken for a name", bad)
		}
	}
	if err := tlog.CheckOrigin("letters.example.org/log"); err != nil {
		t.Error(err)
	}
}
