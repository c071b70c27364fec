package importer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// BenchmarkRead_shared reads the letters that are kept beside the checkout, where there are any.
func BenchmarkRead_shared(b *testing.B) { benchmark(b, "../../../../shared/letters/*.txt") }

// BenchmarkRead_samples reads the letters of testdata.
func BenchmarkRead_samples(b *testing.B) { benchmark(b, "testdata/*.[thm][xtd]*") }

func benchmark(b *testing.B, pattern string) {
	b.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, name := range names {
		if filepath.Ext(name) == ".json" {
			continue
		}
		if sources[name], err = os.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	}
	if len(sources) == 0 {
		b.Skip("no letters")
	}
	for b.Loop() {
		for name, source := range sources {
			if _, err := importer.Read(name, source); err != nil {
				b.Fatal(err)
			}
		}
	}
}
