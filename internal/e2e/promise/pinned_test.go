package promise

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/store"
)

// asPinned makes the test binary a server whose goroutines that write stay on their threads. strace counts the calls of each
// thread for itself, so only then "the seventh pwrite64" is the same one each time. Its value is a pinnedServer in JSON.
const asPinned = "UNDERSIGNED_TEST_AS_PINNED"

// The moments at which a pinned server can wait for a tracer to hold the thread that is about to write.
const (
	atOpen  = "open"  // the main thread: migrations, keys, and what a crash has left
	atFirst = "first" // the writer's thread, before its first statement: what opening writes
	atServe = "serve" // the writer's thread: signatures, jobs and the log
	atClose = "close" // the main thread: the write-ahead log is copied into the database
)

type pinnedServer struct{ Data, SMTP, At string }

// run serves until it is told to stop, and returns the exit code.
func (p pinnedServer) run() int {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0) // its tracer is a sibling
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	in := bufio.NewReader(os.Stdin)
	url := ""
	hold := func(at string) { // says which thread is about to write, and waits for a word
		if at == p.At || at == atServe {
			fmt.Println(at, unix.Gettid(), url)
			_, _ = in.ReadString('\n')
		}
	}
	err := func() (err error) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := &config.Server{Listen: listener.Addr().String(), SMTP: p.SMTP, MailWorkers: 4, PublishEvery: 100 * time.Millisecond, RateLimit: "off"}
		if err := server.Complete(); err != nil {
			return err
		}
		url = server.BaseURL
		main, opening, first := unix.Gettid(), true, true
		hold(atOpen)
		a, err := app.Open(ctx, app.Options{Instance: config.Instance{Data: p.Data}, Server: server, OnQuery: func(*store.Query) {
			if !opening || unix.Gettid() == main {
				return
			}
			runtime.LockOSThread() // besides the main goroutine only the writer's runs statements now
			if first {
				first = false
				hold(atFirst)
			}
		}})
		if err != nil {
			return err
		}
		defer func() {
			hold(atClose)
			err = errors.Join(err, a.Close())
		}()
		opening = false
		err = a.DB.Update(ctx, func(*store.Tx) error { // which the writer's goroutine runs
			runtime.LockOSThread()
			hold(atServe)
			return nil
		})
		if err != nil {
			return err
		}
		return a.Run(ctx, listener)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// pinned is such a server, and what traces it.
type pinned struct {
	t     *testing.T
	url   string // once it waits
	cmd   *exec.Cmd
	in    io.Writer
	out   *bufio.Reader
	said  bytes.Buffer  // on standard error
	ended chan struct{} // closed when the process has ended
	gone  context.Context

	strace    *exec.Cmd
	traceFile string
}

// startPinned starts a server that waits at a moment, and whenever it is about to serve.
func startPinned(t *testing.T, data, smtp, at string) *pinned {
	t.Helper()
	settings, err := json.Marshal(pinnedServer{data, smtp, at})
	if err != nil {
		t.Fatal(err)
	}
	p := &pinned{t: t, cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asPinned+"="+string(settings))
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.said
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w, err := os.Pipe() // not StdoutPipe, which Wait would close under the reader
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	p.in, p.out, p.cmd.Stdout = in, bufio.NewReader(out), w
	gone, cancel := context.WithCancel(context.Background())
	p.gone = gone
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig comes when the thread that started the process ends
		err := p.cmd.Start()
		_ = w.Close()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			cancel()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// await returns the thread that is held at the next moment, 0 if the process ends before one.
func (p *pinned) await() (at string, thread int) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		<-p.ended
		return "", 0
	}
	if _, err := fmt.Sscan(line, &at, &thread, &p.url); err != nil {
		p.t.Fatalf("the server said %q", line)
	}
	return at, thread
}

// proceed lets the held thread go.
func (p *pinned) proceed() { _, _ = io.WriteString(p.in, "\n") }

// trace lets strace hold one thread, or the whole process with "-f", and returns when it does.
func (p *pinned) trace(strace string, thread int, args ...string) {
	p.t.Helper()
	p.traceFile = filepath.Join(p.t.TempDir(), "trace")
	p.strace = exec.Command(strace, append(args, "-y", "-o", p.traceFile, "-p", strconv.Itoa(thread))...)
	out, err := p.strace.StderrPipe()
	if err == nil {
		err = p.strace.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "attached") {
		p.t.Fatalf("strace said %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
}

// traced ends the tracing, if the process has not ended it, and returns what was seen.
func (p *pinned) traced() string {
	p.t.Helper()
	if p.strace == nil {
		return ""
	}
	_ = p.strace.Process.Signal(syscall.SIGTERM) // it lets the process go on
	_ = p.strace.Wait()
	p.strace = nil
	text, err := os.ReadFile(p.traceFile)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func (p *pinned) isGone() bool { return p.gone.Err() != nil }
