package web

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

const plainType = "text/plain; charset=utf-8"

// The log as c2sp.org/tlog-tiles: what auditors and other people's clients read.

func (s *Server) sendCheckpoint(w http.ResponseWriter, r *http.Request) error {
	state, err := s.log.State(r.Context())
	if err != nil {
		return err
	}
	sendBytes(w, plainType, "no-cache", state.Signed())
	return nil
}

func (s *Server) sendLogKey(w http.ResponseWriter, _ *http.Request) error {
	sendBytes(w, plainType, "no-cache", []byte(s.log.Key()+"\n"))
	return nil
}

// sendFormerLogs tells what to compare this log with: its first leaves are those of the former ones.
func (s *Server) sendFormerLogs(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, append([]tlog.Former{}, s.o.Former...))
}

// sendTile sends a tile or a bundle of entries. Neither ever changes.
func (s *Server) sendTile(w http.ResponseWriter, r *http.Request) error {
	t, err := verify.ParseTilePath("tile/" + r.PathValue("path"))
	if err != nil {
		return fault.New(fault.NotFound, "log.tile")
	}
	data, ok := s.tiles.get(t)
	if !ok {
		if data, err = s.log.Tile(r.Context(), t); err != nil {
			return err
		}
		s.tiles.put(t, data)
	}
	sendBytes(w, "application/octet-stream", "public, max-age=31536000, immutable", data)
	return nil
}

// sendOpenings sends what the sign leaves of a bundle of entries commit to. A name that was taken down is gone from it.
func (s *Server) sendOpenings(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != r.PathValue("n") {
		return fault.New(fault.NotFound, "log.tile")
	}
	state, err := s.log.State(r.Context())
	if err != nil {
		return err
	}
	if n > (state.Published.Size-1)/verify.TileWidth || state.Published.Size == 0 {
		return fault.New(fault.NotFound, "log.tile")
	}
	text, err := s.openings(r.Context(), 0, n, state.Published.Size)
	if err != nil {
		return err
	}
	newPage(text).send(w, r, "application/jsonl")
	return nil
}

func sendBytes(w http.ResponseWriter, contentType, caching string, data []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", caching)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// tileCache keeps full tiles in memory. When it is full it begins anew: an auditor reads each once, others the last ones.
type tileCache struct {
	mu    sync.Mutex
	tiles map[verify.Tile][]byte // guarded by mu
	size  int                    // bytes; guarded by mu
}

const maxTileCache = 4 << 20 // bytes

func (c *tileCache) get(t verify.Tile) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, ok := c.tiles[t]
	return data, ok
}

func (c *tileCache) put(t verify.Tile, data []byte) {
	if t.Width < verify.TileWidth {
		return // soon outdated
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tiles == nil || c.size+len(data) > maxTileCache {
		c.tiles, c.size = map[verify.Tile][]byte{}, 0
	}
	c.tiles[t] = data
	c.size += len(data)
}
