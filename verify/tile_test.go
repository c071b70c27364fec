package verify_test

import (
	"bytes"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/verify"
)

var tiles = map[string]verify.Tile{
	"tile/0/000":                           {Level: 0, N: 0, Width: 256},
	"tile/0/x001/067":                      {Level: 0, N: 1067, Width: 256},
	"tile/1/x001/x234/067":                 {Level: 1, N: 1234067, Width: 256},
	"tile/6/000.p/1":                       {Level: 6, N: 0, Width: 1},
	"tile/2/999.p/255":                     {Level: 2, N: 999, Width: 255},
	"tile/entries/000.p/3":                 {Level: verify.Entries, N: 0, Width: 3},
	"tile/entries/x035/x184/x372/x088/832": {Level: verify.Entries, N: 1 << 45, Width: 256},
}

func TestTile_path(t *testing.T) {
	for path, tile := range tiles {
		if got := tile.Path(); got != path {
			t.Errorf("%v is at %s, want %s", tile, got, path)
		}
		if got, err := verify.ParseTilePath(path); err != nil || got != tile {
			t.Errorf("%s was read as %v, %v", path, got, err)
		}
		theirs := tlog.Tile{H: torchwood.TileHeight, L: tile.Level, N: tile.N, W: tile.Width}
		if got := torchwood.TilePath(theirs); got != path {
			t.Errorf("torchwood has %v at %s, not %s", tile, got, path)
		}
	}
}

func TestParseTilePath_refuses(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "0/000", "/tile/0/000", "tile/0/000/", "tile//000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1",
		"tile/00/000", "tile/+0/000", "tile/-1/000", "tile/7/000", "tile/64/000", "tile/x/000", "tile/data/000", "tile/Entries/000",
		"tile/0/001/067", "tile/0/x001", "tile/0/x001/x067", "tile/0/x000/067", "tile/0/X001/067", "tile/0/xx01/067", "tile/0/x-01/067", "tile/0/-01",
		"tile/0/+01", "tile/0/1e1", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/+1",
		"tile/0/000.p/1.p/1", "tile/0/000.p/1/", "tile/0/000.P/1", "tile/0/000.p1", "tile/0/../000", "tile/0/000?x", "tile/0/\x00", "tile/0/٠٠٠",
		"tile/entries/x035/x184/x372/x088/833", "tile/0/x999/x999/x999/x999/x999/999", "tile/0/" + strings.Repeat("x999/", 200) + "999",
	} {
		if got, err := verify.ParseTilePath(path); err == nil {
			t.Errorf("%q was read as %v", path, got)
		}
	}
}

func TestEntries_bundle(t *testing.T) {
	leaves := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte{'x'}, verify.MaxLeaf), []byte("four")}
	var ours, theirs []byte
	for _, l := range leaves {
		ours = verify.AppendEntry(ours, l)
		var err error
		if theirs, err = torchwood.AppendTileEntry(theirs, l); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(ours, theirs) {
		t.Error("torchwood writes another bundle")
	}
	got, err := verify.ParseEntries(ours, len(leaves))
	if err != nil || !bytes.Equal(bytes.Join(got, []byte{0}), bytes.Join(leaves, []byte{0})) {
		t.Errorf("read %q, %v", got, err)
	}
	for name, x := range map[string]struct {
		bundle []byte
		width  int
		want   string
	}{
		"a leaf fewer":       {ours, 5, "it ends too early"},
		"a leaf more":        {ours, 3, "more than 3 leaves"},
		"a byte more":        {append(bytes.Clone(ours), 0), 4, "more than 4 leaves"},
		"a byte fewer":       {ours[:len(ours)-1], 4, "it ends too early"},
		"cut in a length":    {ours[:1], 1, "it ends too early"},
		"nothing":            {nil, 1, "it ends too early"},
		"something for none": {ours, 0, "more than 0 leaves"},
	} {
		if got, err := verify.ParseEntries(x.bundle, x.width); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzParseTilePath(f *testing.F) {
	for path := range tiles {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := verify.ParseTilePath(path)
		if err != nil {
			return
		}
		if tile.Path() != path {
			t.Errorf("%q was read as %v, which is at %q", path, tile, tile.Path())
		}
		theirs, err := torchwood.ParseTilePath(path)
		if err != nil || theirs.L != tile.Level || theirs.N != tile.N || theirs.W != tile.Width {
			t.Errorf("%q: torchwood reads %v, %v", path, theirs, err)
		}
	})
}

func FuzzParseEntries(f *testing.F) {
	f.Add(verify.AppendEntry(verify.AppendEntry(nil, []byte("one")), nil), 2)
	f.Fuzz(func(t *testing.T, bundle []byte, width int) {
		leaves, err := verify.ParseEntries(bundle, width%300)
		var ours []byte
		for _, l := range leaves {
			ours = verify.AppendEntry(ours, l)
		}
		if err == nil && !bytes.Equal(ours, bundle) {
			t.Errorf("%q was read and is written %q", bundle, ours)
		}
		for rest := bundle; len(rest) > 0; {
			leaf, more, err := verify.CutEntry(rest)
			theirs, theirMore, theirErr := torchwood.ReadTileEntry(rest)
			if (err == nil) != (theirErr == nil) || !bytes.Equal(leaf, theirs) || !bytes.Equal(more, theirMore) {
				t.Fatalf("%q: %q, %v; torchwood %q, %v", rest, leaf, err, theirs, theirErr)
			}
			if err != nil {
				break
			}
			rest = more
		}
	})
}
