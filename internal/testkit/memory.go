package testkit

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// memory is where Linux has a file system without a disk, and enoughMemory how many bytes of it must be free to be used.
const (
	memory       = "/dev/shm"
	enoughMemory = 4 << 30
)

// InMemory keeps what the tests write in memory if there is room, unless TMPDIR says where to or figures are wanted. Every commit
// is synced, and waits for the disk as often as the tests sign; tests do not survive a power cut, so nothing is lost by it. The
// files go with leave, or, after a kill, when a test binary starts the next time.
func InMemory() (leave func()) {
	flag.Parse()
	bench := flag.Lookup("test.bench").Value.String()
	var s unix.Statfs_t
	if os.Getenv("TMPDIR") != "" || bench != "" || unix.Statfs(memory, &s) != nil || s.Type != unix.TMPFS_MAGIC || s.Bavail*uint64(s.Bsize) < enoughMemory {
		return func() {}
	}
	const prefix = memory + "/undersigned-test-"
	left, _ := filepath.Glob(prefix + "*")
	for _, dir := range left {
		if pid, err := strconv.Atoi(strings.TrimPrefix(dir, prefix)); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
	dir := prefix + strconv.Itoa(os.Getpid())
	leave = func() { _ = os.RemoveAll(dir) }
	if errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777|os.ModeSticky)) != nil { // PostgreSQL, under its own account, removes its folder
		return leave
	}
	_ = os.Setenv("TMPDIR", dir)
	return leave
}
