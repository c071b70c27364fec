package tlog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// height is that of a tile: 2^8 hashes.
const height = 8

// edge is the right edge of the tree: the last tile of each level and the last bundle of entries, which grow.
type edge struct {
	size  int64
	tiles map[tileKey]*grown
}

type tileKey struct {
	level int
	n     int64
}

// grown is a row of log_tile.
type grown struct {
	tileKey
	data  []byte
	dirty bool
}

// readEdge reads the rows that a tree of this size goes on from.
func readEdge(tx *store.Tx, size int64) (*edge, error) {
	e := &edge{size: size, tiles: map[tileKey]*grown{}}
	for _, k := range edgeKeys(size) {
		g := &grown{tileKey: k}
		if err := tx.Row(qFindTile, k.level, k.n).Scan(&g.data); err != nil {
			return nil, fmt.Errorf("tlog: %w: tile %d/%d: %w", ErrDamaged, k.level, k.n, err)
		}
		e.tiles[k] = g
	}
	return e, nil
}

// edgeKeys names the tiles that are begun and not full.
func edgeKeys(size int64) (keys []tileKey) {
	if size%verify.TileWidth > 0 {
		keys = append(keys, tileKey{verify.Entries, size / verify.TileWidth})
	}
	for level, n := 0, size; n > 0; level, n = level+1, n/verify.TileWidth {
		if n%verify.TileWidth > 0 {
			keys = append(keys, tileKey{level, n / verify.TileWidth})
		}
	}
	return keys
}

func (e *edge) tile(level int, n int64) *grown {
	k := tileKey{level, n}
	g := e.tiles[k]
	if g == nil {
		g = &grown{tileKey: k}
		e.tiles[k] = g
	}
	g.dirty = true
	return g
}

// add appends a leaf.
func (e *edge) add(leaf []byte) {
	bundle := e.tile(verify.Entries, e.size/verify.TileWidth)
	bundle.data = verify.AppendEntry(bundle.data, leaf)
	hash := verify.RecordHash(leaf)
	for level, i := 0, e.size; ; level, i = level+1, i/verify.TileWidth {
		t := e.tile(level, i/verify.TileWidth)
		t.data = append(t.data, hash[:]...)
		if len(t.data) < verify.TileWidth*tlog.HashSize {
			break
		}
		var full verify.Tree // a full tile is one hash of the next level
		for at := 0; at < len(t.data); at += tlog.HashSize {
			full.Add(verify.Hash(t.data[at:]))
		}
		hash = full.Root()
	}
	e.size++
}

func (e *edge) changed() (list []*grown) {
	for _, g := range e.tiles {
		if g.dirty {
			list = append(list, g)
		}
	}
	return list
}

// root computes the root from the edge alone: the hashes of unfinished tiles, the largest subtrees first.
func (e *edge) root() (verify.Hash, error) {
	return tlog.TreeHash(e.size, tlog.HashReaderFunc(func(indexes []int64) ([]verify.Hash, error) {
		return readHashes(e.size, indexes, func(k tileKey) ([]byte, error) {
			g := e.tiles[k]
			if g == nil {
				return nil, fmt.Errorf("tlog: %w: tile %d/%d is not at the edge", ErrDamaged, k.level, k.n)
			}
			return g.data, nil
		})
	}))
}

// readHashes finds stored hashes (tlog.StoredHashIndex) in tiles as they are in a tree of the size.
func readHashes(size int64, indexes []int64, read func(tileKey) ([]byte, error)) ([]verify.Hash, error) {
	hashes := make([]verify.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(height, index)
		data, err := read(tileKey{t.L, t.N})
		if err != nil {
			return nil, err
		}
		if len(data) < t.W*tlog.HashSize || len(data) > verify.TileWidth*tlog.HashSize {
			return nil, fmt.Errorf("tlog: %w: tile %d/%d has %d bytes", ErrDamaged, t.L, t.N, len(data))
		}
		if hashes[i], err = tlog.HashFromTile(t, data[:t.W*tlog.HashSize], index); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

// stored reads tiles in a transaction, each once.
func stored(tx *store.Tx, size int64) tlog.HashReader {
	read := map[tileKey][]byte{}
	return tlog.HashReaderFunc(func(indexes []int64) ([]verify.Hash, error) {
		return readHashes(size, indexes, func(k tileKey) (data []byte, err error) {
			if data, ok := read[k]; ok {
				return data, nil
			}
			if err = tx.Row(qFindTile, k.level, k.n).Scan(&data); err != nil {
				return nil, fmt.Errorf("tlog: %w: tile %d/%d: %w", ErrDamaged, k.level, k.n, err)
			}
			read[k] = data
			return data, nil
		})
	})
}

// Tile returns a tile or a bundle of entries as of the published checkpoint. A partial one is the beginning of the row.
func (l *Log) Tile(ctx context.Context, t verify.Tile) (data []byte, err error) {
	unknown := fault.New(fault.NotFound, "log.tile")
	err = l.db.View(ctx, func(tx *store.Tx) error {
		var size, published int64
		if err := tx.Row(qSizes).Scan(&size, &published); err != nil {
			return err
		}
		in := published
		for range t.Level {
			in /= verify.TileWidth
		}
		if t.N*verify.TileWidth+int64(t.Width) > in {
			return unknown
		}
		err := tx.Row(qFindTile, t.Level, t.N).Scan(&data)
		if errors.Is(err, store.ErrNoRow) {
			return unknown
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if t.Level != verify.Entries {
		return data[:min(len(data), t.Width*tlog.HashSize)], nil
	}
	rest := data
	for range t.Width {
		if _, rest, err = verify.CutEntry(rest); err != nil {
			return nil, fmt.Errorf("tlog: %w: %w", ErrDamaged, err)
		}
	}
	return data[:len(data)-len(rest)], nil
}

// Proof shows that a leaf is in the published tree.
type Proof struct {
	Leaf       []byte
	Path       tlog.RecordProof
	Checkpoint []byte // signed
}

// Prove returns the proof of a leaf, false while it is not in the published tree.
func (l *Log) Prove(ctx context.Context, index int64) (p Proof, ok bool, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		s, err := l.readState(tx.Row(qState))
		if err != nil || index >= s.Published.Size {
			return err
		}
		if p.Path, err = tlog.ProveRecord(s.Published.Size, index, stored(tx, s.Published.Size)); err != nil {
			return err
		}
		var bundle []byte
		if err := tx.Row(qFindTile, verify.Entries, index/verify.TileWidth).Scan(&bundle); err != nil {
			return err
		}
		for range index%verify.TileWidth + 1 {
			if p.Leaf, bundle, err = verify.CutEntry(bundle); err != nil {
				return fmt.Errorf("tlog: %w: %w", ErrDamaged, err)
			}
		}
		p.Checkpoint, ok = s.Signed(), true
		return nil
	})
	return p, ok, err
}
