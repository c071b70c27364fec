package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// inMemory reports whether the folder is on a file system without a disk.
func inMemory(folder string) bool {
	var s unix.Statfs_t
	return unix.Statfs(folder, &s) == nil && (s.Type == unix.TMPFS_MAGIC || s.Type == unix.RAMFS_MAGIC)
}

// ownMemory returns the highest mark of a process that has ended, in MiB, without its descendants.
func ownMemory(ended *os.ProcessState) float64 {
	if usage, ok := ended.SysUsage().(*syscall.Rusage); ok {
		return float64(usage.Maxrss) / 1024
	}
	return 0
}

// familyMemory returns the memory of a process and its descendants in MiB; what several of them share is counted once.
func familyMemory(pid int) (mib float64) {
	parents := map[string]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // has ended
		}
		if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) > 1 {
			parents[filepath.Base(filepath.Dir(path))] = fields[1]
		}
	}
	self := strconv.Itoa(pid)
	family := []string{self}
	for child := range parents {
		for at, ok := parents[child], true; ok; at, ok = parents[at] {
			if at == self {
				family = append(family, child)
				break
			}
		}
	}
	for _, member := range family {
		data, _ := os.ReadFile("/proc/" + member + "/smaps_rollup") // empty for one that has ended
		if _, after, found := strings.Cut(string(data), "Pss:"); found {
			kib := 0.0
			_, _ = fmt.Sscan(after, &kib)
			mib += kib / 1024
		}
	}
	return mib
}
