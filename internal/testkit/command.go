package testkit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/undersigned/undersigned/internal/config"
)

// asCommand makes the test binary the command line, so that tests have real processes to kill.
const asCommand = "UNDERSIGNED_TEST_AS_COMMAND"

// AsCommand runs the command line instead of the tests, and ends the process, if Command has started it. TestMain calls it
// first, with cli.Main.
func AsCommand(main func(args []string, in io.Reader, out, errs io.Writer) int) {
	if os.Getenv(asCommand) != "" {
		os.Exit(main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
}

// Command is the command line in a process of its own.
func Command(t testing.TB, instance config.Instance, args ...string) *exec.Cmd {
	t.Helper()
	args = append(args, "--data", instance.Data)
	if instance.Database != "" {
		args = append(args, "--database", instance.Database)
	}
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// Serve starts a server process, under another program if one is named with its arguments, and returns when it
// serves.
func Serve(t testing.TB, instance config.Instance, inbox *Inbox, under ...string) (c *exec.Cmd, url string) {
	t.Helper()
	c = Command(t, instance, ServeArgs(inbox)...)
	if len(under) > 0 {
		c.Path, c.Args = under[0], slices.Concat(under, c.Args)
	}
	return c, Begin(t, c)
}

// ServeArgs are the arguments of a server that counts and publishes at once, as Serve gives them.
func ServeArgs(inbox *Inbox) []string {
	return []string{"serve", "--listen", "127.0.0.1:0", "--smtp", inbox.URL, "--publish-every", "100ms", "--rate-limit", "off", "--json"}
}

// Begin starts a server and returns where it serves, once it does.
func Begin(t testing.TB, c *exec.Cmd) (url string) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		_ = c.Wait()
		t.Fatalf("the server did not start: %v: %s", err, log.String())
	}
	return said.URL
}

// StopServer ends a server process, and the one around it, by signal.
func StopServer(t testing.TB, server *exec.Cmd) {
	t.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server.Process.Pid, server.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	pid := server.Process.Pid
	if inner := strings.Fields(string(children)); len(inner) > 0 {
		if pid, err = strconv.Atoi(inner[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("told to stop, the server ends with %v", err)
	}
}
