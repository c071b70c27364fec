package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a child that ends with this process, whatever ends that.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // of Wait; read after ended
}

// launch starts a child. stop is registered by the caller.
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = dieWithParent()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	begun := make(chan error)
	go func() {
		// The kernel tells children that the thread that started them has ended, so it stays until they do.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		begun <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-begun
}

// stop asks the child to end, and ends it when it does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(25 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// await returns when the address answers 200.
func (p *process) await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended at once: %w", p.cmd.Args[1], errors.Join(p.err, errEnded))
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer: %w", p.cmd.Args[1], ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

var errEnded = errors.New("see what it wrote above")

// memory returns the resident memory and what of it is anonymous, in MiB, 0 where the kernel does not say.
func (p *process) memory() (resident, anonymous float64) {
	status, err := os.Open("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, 0
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		kib, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 64)
		switch name {
		case "VmRSS":
			resident = kib / 1024
		case "RssAnon":
			anonymous = kib / 1024
		}
	}
	return resident, anonymous
}

// worked returns the processor time that the process has used, 0 where the kernel does not say.
func (p *process) worked() time.Duration {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before it may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // a clock tick of every Linux
}

// freeAddress returns an address of loopback that nobody listens on now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
