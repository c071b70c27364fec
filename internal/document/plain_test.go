package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/letter"
)

// A letter and its brief as plain text, in testdata; -update writes them anew.
func TestText_saysWhatItSaid(t *testing.T) {
	texts := samples(t)
	whole, persian := signed(led(inputOf(everything())), 12), signed(led(inputOf(texts["../cli/samples/river.fa.md"])), 12)
	persian.Letter.Call = &letter.Call{Contact: "دبیرخانه", Email: "call@river.example"}
	for name, d := range map[string]*Document{"everything.plain": Make(whole), "everything.brief": MakeBrief(whole), "river.fa.brief": MakeBrief(persian)} {
		var got strings.Builder
		if err := d.WriteText(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(string(want), got.String()); difference != "" {
			t.Errorf("%s (-update writes it):\n%s", name, difference)
		}
	}
}

// Every word that is signed stands in the plain text, in its order, the notes at the end.
func TestText_hasEveryWord(t *testing.T) {
	for name, text := range samples(t) {
		in := inputOf(text)
		var got strings.Builder
		if err := Make(in).WriteText(&got); err != nil {
			t.Fatal(err)
		}
		there := wordsOf(got.String())
		words, notes := signedWords(in.Edition.Texts[text.Language])
		for _, list := range [][]string{words, notes} {
			at := 0
			for _, word := range list {
				for at < len(there) && there[at] != word {
					at++
				}
				if at == len(there) {
					t.Errorf("%s: %q is missing or out of its order", name, word)
					break
				}
				at++
			}
		}
	}
}
