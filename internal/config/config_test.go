package config_test

import (
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/config"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]config.Size{"64MiB": 64 << 20, "256MiB": 256 << 20, "2GiB": 2 << 30, "0MiB": 0} {
		var got config.Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "256", "256MB", "MiB", "-1MiB", "1.5GiB", "9999999999GiB", "256 MiB"} {
		got := config.Size(7)
		if err := got.UnmarshalText([]byte(text)); err == nil || got != 7 {
			t.Errorf("%q is a size of %d bytes", text, got)
		}
	}
}

func TestServer_memoryLimit(t *testing.T) {
	for limit, fits := range map[config.Size]bool{0: true, config.LeastMemory: true, 1 << 40: true, config.LeastMemory - 1: false, 1: false} {
		s := config.Server{Listen: "127.0.0.1:0", PublishEvery: time.Hour, MailWorkers: 1, MemoryLimit: limit}
		if err := s.Complete(); (err == nil) != fits {
			t.Errorf("a limit of %d bytes: %v", limit, err)
		}
	}
}
