package tlog

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

// CheckEdge compares the checkpoint with the right edge of the tree, in a time that does not grow with the log: what a
// server does before it starts. Check compares all of it.
func (l *Log) CheckEdge(ctx context.Context) error {
	return l.db.View(ctx, func(tx *store.Tx) error {
		s, err := l.readState(tx.Row(qState))
		if err != nil {
			return err
		}
		for _, c := range []verify.Checkpoint{s.Checkpoint, s.Published} {
			root, err := tlog.TreeHash(c.Size, stored(tx, c.Size))
			if err != nil {
				return err
			}
			if root != c.Root {
				return fmt.Errorf("tlog: %w: its tiles give the root %s at size %d, the checkpoint says %s", ErrDamaged, root, c.Size, c.Root)
			}
		}
		edge, err := readEdge(tx, s.Checkpoint.Size)
		if err != nil {
			return err
		}
		width := int(s.Checkpoint.Size % verify.TileWidth)
		if width == 0 {
			return nil
		}
		n := s.Checkpoint.Size / verify.TileWidth
		return compareBundle(edge.tiles[tileKey{verify.Entries, n}].data, edge.tiles[tileKey{0, n}].data, n, width)
	})
}

// compareBundle compares leaves with the hashes of level 0.
func compareBundle(bundle, hashes []byte, n int64, width int) error {
	leaves, err := verify.ParseEntries(bundle, width)
	if err != nil {
		return fmt.Errorf("tlog: %w: bundle %d: %w", ErrDamaged, n, err)
	}
	if len(hashes) != width*tlog.HashSize {
		return fmt.Errorf("tlog: %w: tile 0/%d has %d bytes", ErrDamaged, n, len(hashes))
	}
	for i, leaf := range leaves {
		if h := verify.RecordHash(leaf); !bytes.Equal(h[:], hashes[i*tlog.HashSize:][:tlog.HashSize]) {
			return fmt.Errorf("tlog: %w: leaf %d does not have its hash", ErrDamaged, n*verify.TileWidth+int64(i))
		}
	}
	return nil
}

// Check reads the whole log of one moment: every leaf against its hash, every tile against those below, the root against the
// checkpoints. It gives the leaves to each in their order, with their hash; leaf is nil where a text is no leaf. What is
// wrong it tells to problem and goes on.
func (l *Log) Check(tx *store.Tx, each func(index int64, leaf verify.Leaf, hash verify.Hash) error, problem func(error)) (State, error) {
	s, err := l.readState(tx.Row(qState))
	if err != nil {
		return s, err
	}
	again := &edge{tiles: map[tileKey]*grown{}}
	damaged := func(format string, args ...any) {
		problem(fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...))
	}
	for n := int64(0); n*verify.TileWidth < s.Checkpoint.Size; n++ {
		var bundle []byte
		if err := tx.Row(qFindTile, verify.Entries, n).Scan(&bundle); err != nil {
			damaged("bundle %d: %v", n, err)
			return s, nil // nothing after it can be told
		}
		width := int(min(s.Checkpoint.Size-n*verify.TileWidth, verify.TileWidth))
		leaves, err := verify.ParseEntries(bundle, width)
		if err != nil {
			damaged("bundle %d: %v", n, err)
			return s, nil
		}
		for i, text := range leaves {
			again.add(text)
			if again.size == s.Published.Size {
				if root, err := again.root(); err != nil || root != s.Published.Root {
					damaged("the leaves give the root %s at size %d, the published checkpoint says %s", root, again.size, s.Published.Root)
				}
			}
			leaf, err := verify.Parse(text)
			if err != nil {
				damaged("leaf %d: %v", n*verify.TileWidth+int64(i), err)
			}
			if err := each(n*verify.TileWidth+int64(i), leaf, verify.RecordHash(text)); err != nil {
				return s, err
			}
		}
		for _, g := range again.full() {
			if err := compareTile(tx, g); err != nil {
				problem(err)
			}
		}
	}
	for _, g := range again.tiles {
		if err := compareTile(tx, g); err != nil {
			problem(err)
		}
	}
	if root, err := again.root(); err != nil || root != s.Checkpoint.Root {
		damaged("the leaves give the root %s, the checkpoint says %s", root, s.Checkpoint.Root)
	}
	return s, nil
}

// full takes the tiles out that will not change any more.
func (e *edge) full() (list []*grown) {
	for k, g := range e.tiles {
		last := e.size
		for range k.level {
			last /= verify.TileWidth
		}
		if k.n < last/verify.TileWidth {
			list = append(list, g)
			delete(e.tiles, k)
		}
	}
	return list
}

func compareTile(tx *store.Tx, g *grown) error {
	var data []byte
	if err := tx.Row(qFindTile, g.level, g.n).Scan(&data); err != nil {
		return fmt.Errorf("%w: tile %d/%d: %w", ErrDamaged, g.level, g.n, err)
	}
	if !bytes.Equal(data, g.data) {
		return fmt.Errorf("%w: tile %d/%d is not what the leaves give", ErrDamaged, g.level, g.n)
	}
	return nil
}
