package verify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// TileWidth is how many hashes a full tile has, and how many leaves a full bundle of entries (c2sp.org/tlog-tiles).
const TileWidth = 256

// Entries is the level of a Tile that holds leaves instead of hashes.
const Entries = -1

// Tile names a file of the log: the hashes or leaves from N*TileWidth on.
type Tile struct {
	Level int // 0 for leaf hashes, Entries for leaves
	N     int64
	Width int // 1 to TileWidth
}

// Path returns the path below the log's address, as "tile/0/x001/067", "tile/entries/000.p/3".
func (t Tile) Path() string {
	level := "entries"
	if t.Level != Entries {
		level = strconv.Itoa(t.Level)
	}
	path := "tile/" + level + "/" + GroupedNumber(t.N)
	if t.Width < TileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// GroupedNumber writes a number in groups of three digits, all but the last with an x: 1067 is "x001/067".
func GroupedNumber(n int64) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	return path
}

// maxTile bounds the number of a tile: a tree of 2^53 leaves has no more.
const maxTile = 1 << 45

// ParseGroupedNumber reads what GroupedNumber returns.
func ParseGroupedNumber(path string) (n int64, err error) {
	for group := range strings.SplitSeq(path, "/") {
		d, err := strconv.ParseUint(strings.TrimPrefix(group, "x"), 10, 16)
		if err != nil || n > maxTile {
			return 0, errors.New("not a number in groups of three digits")
		}
		n = n*1000 + int64(d)
	}
	if n > maxTile || GroupedNumber(n) != path {
		return 0, errors.New("not a number in groups of three digits")
	}
	return n, nil
}

// ParseTilePath reads what Tile.Path returns.
func ParseTilePath(path string) (t Tile, err error) {
	level, rest, _ := strings.Cut(strings.TrimPrefix(path, "tile/"), "/")
	t = Tile{Level: Entries, Width: TileWidth}
	if level != "entries" {
		if t.Level, err = strconv.Atoi(level); err != nil || t.Level < 0 || t.Level > 6 {
			return t, errors.New("not the level of a tile")
		}
	}
	rest, width, partial := strings.Cut(rest, ".p/")
	if partial {
		if t.Width, err = strconv.Atoi(width); err != nil || t.Width < 1 || t.Width >= TileWidth {
			return t, errors.New("not the width of a partial tile")
		}
	}
	if t.N, err = ParseGroupedNumber(rest); err != nil {
		return t, err
	}
	if t.Path() != path {
		return t, errors.New("not the path of a tile")
	}
	return t, nil
}

// AppendEntry adds a leaf to a bundle of entries: its length in two bytes, big-endian, and its text.
func AppendEntry(bundle, leaf []byte) []byte {
	return append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
}

// CutEntry takes the first leaf of a bundle of entries.
func CutEntry(bundle []byte) (leaf, rest []byte, err error) {
	if len(bundle) < 2 {
		return nil, nil, errors.New("entry bundle: it ends too early")
	}
	n := int(binary.BigEndian.Uint16(bundle))
	if bundle = bundle[2:]; len(bundle) < n {
		return nil, nil, errors.New("entry bundle: it ends too early")
	}
	return bundle[:n], bundle[n:], nil
}

// ParseEntries returns the leaves of a bundle, which must be width of them.
func ParseEntries(bundle []byte, width int) (leaves [][]byte, err error) {
	for range width {
		leaf, rest, err := CutEntry(bundle)
		if err != nil {
			return nil, err
		}
		leaves, bundle = append(leaves, leaf), rest
	}
	if len(bundle) > 0 {
		return nil, fmt.Errorf("entry bundle: more than %d leaves", width)
	}
	return leaves, nil
}
