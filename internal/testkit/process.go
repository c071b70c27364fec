package testkit

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that a test has started, with all that it has started itself. Its zero value is one that does not run.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended
}

// begin starts a program.
func (p *process) begin(cmd *exec.Cmd) error {
	done, begun := make(chan struct{}), make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that started the process ends, so this one must not; and a locked goroutine would end its
		// thread with itself, and with it all that it has ever started.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		begun <- err
		if err == nil {
			_ = cmd.Wait()
			close(done)
		}
	}()
	err := <-begun
	if err == nil {
		p.cmd, p.done = cmd, done
	}
	return err
}

// listens waits until the program takes connections at an address, or fails to within the time.
func (p *process) listens(address string, within time.Duration) error {
	deadline := time.After(within)
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
			return errors.New("it ended at once")
		case <-deadline:
			return fmt.Errorf("it does not listen: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// family are the program and all that descend from it.
func (p *process) family() (pids []int) {
	if p.cmd == nil {
		return nil
	}
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			children[parent] = append(children[parent], pid)
		}
	}
	pids = []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids
}

func (p *process) signal(s syscall.Signal) {
	for _, pid := range p.family() {
		_ = syscall.Kill(pid, s)
	}
}

// Freeze stops every process where it is: connections stay, and nothing is answered.
func (p *process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw lets them go on.
func (p *process) Thaw() { p.signal(syscall.SIGCONT) }

// Kill ends every process at once.
func (p *process) Kill() {
	if p.cmd == nil {
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	p.cmd = nil
}
