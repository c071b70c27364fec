package public

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// The log as c2sp.org/tlog-tiles: what auditors and other people's clients read.

// SendCheckpoint sends the signed head of the log.
func (h *Handlers) SendCheckpoint(w http.ResponseWriter, r *http.Request) error {
	state, err := h.Log.State(r.Context())
	if err != nil {
		return err
	}
	page.Send(w, page.Plain, "no-cache", state.Signed())
	return nil
}

// SendLogKey sends the key that checkpoints are signed with.
func (h *Handlers) SendLogKey(w http.ResponseWriter, _ *http.Request) error {
	page.Send(w, page.Plain, "no-cache", []byte(h.Log.Key()+"\n"))
	return nil
}

// SendFormerLogs tells what to compare this log with: its first leaves are those of the former ones.
func (h *Handlers) SendFormerLogs(w http.ResponseWriter, _ *http.Request) error {
	return page.SendJSON(w, http.StatusOK, append([]tlog.Former{}, h.Former...))
}

// SendTile sends a tile or a bundle of entries. Neither ever changes.
func (h *Handlers) SendTile(w http.ResponseWriter, r *http.Request) error {
	t, err := verify.ParseTilePath("tile/" + r.PathValue("path"))
	if err != nil {
		return fault.New(fault.NotFound, "log.tile")
	}
	data, ok := h.tiles.get(t)
	if !ok {
		if data, err = h.Log.Tile(r.Context(), t); err != nil {
			return err
		}
		h.tiles.put(t, data)
	}
	page.Send(w, "application/octet-stream", "public, max-age=31536000, immutable", data)
	return nil
}

// SendOpenings sends what the sign leaves of a bundle of entries commit to. A name that was taken down is gone from it.
func (h *Handlers) SendOpenings(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != r.PathValue("n") {
		return fault.New(fault.NotFound, "log.tile")
	}
	state, err := h.Log.State(r.Context())
	if err != nil {
		return err
	}
	if n > (state.Published.Size-1)/verify.TileWidth || state.Published.Size == 0 {
		return fault.New(fault.NotFound, "log.tile")
	}
	text, err := h.Bundles.Openings(r.Context(), 0, n, state.Published.Size)
	if err != nil {
		return err
	}
	newPage(text).send(w, r, "application/jsonl")
	return nil
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

// SendBundle sends all that is needed to check a letter's numbers without this server.
func (h *Handlers) SendBundle(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	l, err := h.cache.find(r.Context(), slug)
	if err != nil {
		return err
	}
	f, err := h.Bundles.Open(r.Context(), slug, l.Version)
	if err != nil {
		return err
	}
	return sendKept(w, r, f, "application/zip", `attachment; filename="`+slug+`-bundle.zip"`)
}

// sendKept sends a file of the shelf, whose name changes with what is in it, and closes it.
func sendKept(w http.ResponseWriter, r *http.Request, f *os.File, kind, disposition string) error {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", disposition)
	head.Set("Cache-Control", "no-cache")
	head.Set("ETag", `"`+strings.TrimSuffix(info.Name(), filepath.Ext(info.Name()))+`"`)
	http.ServeContent(page.Patient(w), r, "", info.ModTime(), f)
	return nil
}
