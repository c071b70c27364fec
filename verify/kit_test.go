package verify_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/verify"
)

const origin = "undersigned/0123456789abcdef"

// keyPair returns the keys that a seed gives.
func keyPair(name, seed string) (note.Signer, string) {
	private := ed25519.NewKeyFromSeed(slices.Concat([]byte(seed), make([]byte, 32))[:32])
	vkey, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	hash := strings.Split(vkey, "+")[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(slices.Concat([]byte{1}, private.Seed())))
	if err != nil {
		panic(err)
	}
	return signer, vkey
}

func verifierOf(t testing.TB, vkey string) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// site is an instance before its files are written: tests change it as a careless or hostile operator could.
type site struct {
	t        testing.TB
	signer   note.Signer
	vkey     string
	leaves   [][]byte
	openings map[int64]verify.Opening
	claims   []*claim
	texts    map[string]string // by path
	size     int64             // that the checkpoint signs; -1 for all leaves
}

// claim is a letter's JSON.
type claim struct {
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	State   string `json:"state"`
	LogID   string `json:"log_id"`
	Edition struct {
		Number    int      `json:"number"`
		SHA256    string   `json:"sha256"`
		Languages []string `json:"languages"`
	} `json:"edition"`
	Deadline   string        `json:"deadline,omitempty"`
	Counts     verify.Counts `json:"counts"`
	Checkpoint struct {
		Size int64  `json:"size"`
		Root string `json:"root"`
	} `json:"checkpoint"`
}

func (s *site) add(l verify.Leaf) int64 {
	s.leaves = append(s.leaves, verify.Format(l))
	return int64(len(s.leaves) - 1)
}

func (s *site) leaf(i int64) verify.Leaf {
	l, err := verify.Parse(s.leaves[i])
	if err != nil {
		panic(err)
	}
	return l
}

// edition publishes texts, by language, as the next edition of a letter.
func (s *site) edition(id verify.LetterID, slug string, follows verify.Follows, texts map[string]string) int64 {
	e := verify.Edition{Letter: id, Number: 1, Follows: follows}
	for i := range s.leaves {
		if before, ok := s.leaf(int64(i)).(verify.Edition); ok && before.Letter == id {
			e.Number, e.Previous = before.Number+1, verify.RecordHash(s.leaves[i])
		}
	}
	for _, language := range slices.Sorted(maps.Keys(texts)) {
		s.texts[fmt.Sprintf("letters/%s/editions/%d.%s.md", slug, e.Number, language)] = texts[language]
		e.Texts = append(e.Texts, verify.Text{Language: language, SHA256: sha256.Sum256([]byte(texts[language]))})
	}
	return s.add(e)
}

// sign adds a signature of the edition at an index, by somebody whose name follows from its own.
func (s *site) sign(edition int64, kind verify.Kind, listing verify.Listing, basis verify.Basis) int64 {
	n := len(s.leaves)
	seed := hashOf(fmt.Sprint("secret ", n))
	secret := verify.Secret(seed[:16])
	salt, contactSalt := secret.Salts(kind)
	record := verify.Record{Name: names[n%len(names)] + fmt.Sprintf(" %d", n), Country: "VU"}
	if kind == verify.Person && n%3 == 0 {
		record.Title, record.Affiliation = "Reader", "Varrow Reading Society"
	}
	contact := verify.Contact{Address: fmt.Sprintf("signer%d@varrow.example", n), Basis: basis, Day: day(n)}
	i := s.add(verify.Sign{Letter: s.leaf(edition).Of(), Edition: verify.RecordHash(s.leaves[edition]), Kind: kind, Listing: listing, Basis: basis,
		Day: day(n), Record: record.Commit(salt), Contact: contact.Commit(contactSalt)})
	s.openings[i] = verify.Opening{Index: i, Record: record.Text(), Salt: salt[:]}
	return i
}

// names are hard to carry in JSON and over lines.
var names = []string{"Ilva Marrow", "Tōmas Ferrn", "لاله نی‌نواز", "<Ben> & \"Ann\" O'Quill", "Society\u2028of Two Lines", "Ædda \\ Quist", "名 前", "🪶 Quill"}

// day is the day of the leaf with an index: not always that of the leaf before or a later one, as batches are shuffled.
func day(n int) string {
	return time.Date(2030, 3, 1+n/20+(n*7)%2, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (s *site) withdraw(target int64, reason verify.Reason) int64 {
	return s.add(verify.Withdraw{Letter: s.leaf(target).Of(), Target: target, Reason: reason, Day: day(len(s.leaves))})
}

func (s *site) relist(target int64, listing verify.Listing) int64 {
	return s.add(verify.Relist{Letter: s.leaf(target).Of(), Target: target, Listing: listing})
}

func (s *site) deliver(id verify.LetterID) int64 {
	c := model(s.leaves, "").counts[id]
	return s.add(verify.Deliver{Letter: id, Size: int64(len(s.leaves)), Organisations: c.Organisations, Persons: c.Persons, Withheld: c.Withheld,
		Imported: c.Imported, Files: [][32]byte{hashOf("delivered")}})
}

// claim makes a letter's JSON say what its leaves up to size say.
func (s *site) claim(id verify.LetterID, slug string, size int64) *claim {
	c := &claim{Slug: slug, Title: "About " + slug, State: "open", LogID: id.String()}
	now := model(s.leaves[:size], "")
	c.Counts, c.Checkpoint.Size = now.counts[id], size
	if now.closed[id] {
		c.State = "closed"
	}
	for _, text := range s.leaves[:size] {
		switch l, _ := verify.Parse(text); l := l.(type) {
		case verify.Edition:
			if l.Letter == id {
				c.Edition.Number, c.Edition.SHA256, c.Edition.Languages = l.Number, hex.EncodeToString(l.Texts[0].SHA256[:]), nil
				for _, t := range l.Texts {
					c.Edition.Languages = append(c.Edition.Languages, t.Language)
				}
			}
		case verify.Deadline:
			if l.Letter == id {
				c.Deadline = l.At.Format(time.RFC3339)
			}
		}
	}
	s.claims = append(s.claims, c)
	return c
}

// root returns the root of the first leaves.
func (s *site) root(size int64) verify.Hash {
	var tree verify.Tree
	for _, l := range s.leaves[:max(0, min(size, int64(len(s.leaves))))] {
		tree.Add(verify.RecordHash(l))
	}
	return tree.Root()
}

func (s *site) checkpoint(size int64) []byte {
	s.t.Helper()
	signed, err := verify.Checkpoint{Origin: s.signer.Name(), Size: size, Root: s.root(size)}.Sign(s.signer)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

// files is what a bundle holds.
type files map[string][]byte

// files writes the site. The log's key signs whatever the leaves have become, as that of a hostile operator would.
func (s *site) files() files {
	s.t.Helper()
	size := s.size
	if size < 0 {
		size = int64(len(s.leaves))
	}
	f := files{"log/checkpoint": s.checkpoint(size), "log/key": []byte(s.vkey + "\n"), "README.md": []byte("Not read by anybody.\n")}
	for path, text := range s.texts {
		f[path] = []byte(text)
	}
	for _, c := range s.claims {
		written := *c
		if c.Checkpoint.Root == "" {
			written.Checkpoint.Root = s.root(c.Checkpoint.Size).String()
		}
		data, err := json.Marshal(written)
		if err != nil {
			s.t.Fatal(err)
		}
		f["letters/"+c.Slug+".json"] = data
	}
	for first := int64(0); first < size; first += verify.TileWidth {
		n, last := first/verify.TileWidth, min(first+verify.TileWidth, size)
		var bundle []byte
		var openings bytes.Buffer
		for i := first; i < last; i++ {
			bundle = verify.AppendEntry(bundle, s.leaves[i])
			if o, ok := s.openings[i]; ok {
				if err := json.NewEncoder(&openings).Encode(o); err != nil {
					s.t.Fatal(err)
				}
			}
		}
		f["log/"+verify.Tile{Level: verify.Entries, N: n, Width: int(last - first)}.Path()] = bundle
		f[fmt.Sprintf("log/openings/%d", n)] = openings.Bytes()
	}
	return f
}

// fs returns the files as a folder.
func (f files) fs() fstest.MapFS {
	folder := fstest.MapFS{}
	for name, data := range f {
		folder[name] = &fstest.MapFile{Data: data}
	}
	return folder
}

// zip writes the files into a zip file and returns its path.
func (f files) zip(t testing.TB) string {
	t.Helper()
	return f.zipNames(t, slices.Sorted(maps.Keys(f)))
}

// twice writes the files into a zip file that has one of them twice.
func twice(t testing.TB, f files, name string) string {
	t.Helper()
	return f.zipNames(t, append(slices.Sorted(maps.Keys(f)), name))
}

func (f files) zipNames(t testing.TB, names []string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		file, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(f[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file(t, "bundle.zip", b.Bytes())
}

func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sha256Of(text string) [32]byte { return sha256.Sum256([]byte(text)) }

func hexOf(text string) string { return fmt.Sprintf("%x", sha256Of(text)) }
