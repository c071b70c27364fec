//go:build !linux

package bench

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }

func inMemory(string) bool { return false }
