package testkit

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// Draft is a file as the importer reads it.
type Draft struct {
	File string
	*importer.Draft
}

// Drafts returns every sample of the project, and each letter and case that is given; what the importer refuses is left out. internal
// is the path to that folder from the package under test.
func Drafts(t testing.TB, internal string) (drafts []Draft) {
	t.Helper()
	for _, pattern := range []string{"testkit/letters/*", "cli/samples/*", "letter/importer/testdata/*", "../../shared/letters/*.txt", "../../shared/cases/*/*"} {
		files, err := filepath.Glob(filepath.Join(internal, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil || filepath.Base(file) == "expected.txt" || !slices.Contains([]string{".txt", ".md", ".html", ".docx"}, filepath.Ext(file)) {
				continue
			}
			if draft, err := importer.Read(filepath.Base(file), data); err == nil {
				drafts = append(drafts, Draft{file, draft})
			}
		}
	}
	return drafts
}
