//go:build !linux

package bench

import (
	"os"
	"syscall"
)

func dieWithParent() *syscall.SysProcAttr { return nil }

func familyMemory(int) float64 { return 0 }

func ownMemory(*os.ProcessState) float64 { return 0 }

func inMemory(string) bool { return false }
