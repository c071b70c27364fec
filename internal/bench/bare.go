package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Files of the temporary folder, written before the bare page is first asked for.
const (
	plainFile  = "page"
	zippedFile = "page.gz"
)

// Bare are the settings of the process that serves the bare limits.
type Bare struct {
	Dir      string // of the page's bytes and, without Database, of the SQLite file
	Database string // postgres:// with the schema to write to
}

// Serve serves the bare limits on a free port of loopback until ctx ends, and writes its address as a line of JSON:
//
//   - GET /plain, /zipped, /unchanged: the bytes of the files, or 304 and none;
//   - POST /row: reads the form, makes one durable insert, answers 303.
func (b Bare) Serve(ctx context.Context, out io.Writer) error {
	open := openBareSQLite
	from := filepath.Join(b.Dir, "bare.db")
	if b.Database != "" {
		open, from = openBarePostgres, b.Database
	}
	insert, closeStore, err := open(ctx, from)
	if err != nil {
		return err
	}
	defer closeStore()
	mux := http.NewServeMux()
	mux.Handle("GET /plain", b.page(plainFile, ""))
	mux.Handle("GET /zipped", b.page(zippedFile, "gzip"))
	mux.HandleFunc("GET /unchanged", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("POST /row", func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			err = insert(r.Context())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusSeeOther)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(map[string]string{"url": "http://" + listener.Addr().String()}); err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute} // the product's: no public server goes without
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// page serves a file's bytes from memory.
func (b Bare) page(name, encoding string) http.Handler {
	read := sync.OnceValues(func() ([]byte, error) { return os.ReadFile(filepath.Join(b.Dir, name)) })
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		body, err := read()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if encoding != "" {
			h.Set("Content-Encoding", encoding)
		}
		_, _ = w.Write(body)
	})
}

// startBare starts the process of the bare limits.
func (r *run) startBare(ctx context.Context) error {
	args := []string{"bench", "bare", "--dir", r.dir}
	if r.bareData != "" {
		args = append(args, "--database", r.bareData)
	}
	cmd := exec.Command(r.Program, args...)
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	var said strings.Builder
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = r.Env, r.dir, write, &said
	p, err := launch(cmd)
	_ = write.Close()
	if err != nil {
		return err
	}
	r.bare, r.cleanup = p, append(r.cleanup, p.stop)
	_ = read.SetReadDeadline(time.Now().Add(startLimit))
	line, err := bufio.NewReader(read).ReadBytes('\n')
	if err != nil {
		p.stop()
		return fmt.Errorf("the bare limits do not start: %w\n%s", err, said.String())
	}
	var address struct{ URL string }
	if err := json.Unmarshal(line, &address); err != nil {
		return err
	}
	r.bareURL = address.URL
	return ctx.Err()
}
