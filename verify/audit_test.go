package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

// audit audits a bundle.
func audit(t testing.TB, bundle fs.FS, o verify.Options) (verify.Report, error) {
	t.Helper()
	source, err := verify.FromBundle(bundle)
	if err != nil {
		return verify.Report{}, err
	}
	return verify.Audit(context.Background(), source, o)
}

// problems returns all that a report found wrong, one a line, those of letters behind their slug.
func problems(r verify.Report) string {
	list := slices.Clone(r.Problems)
	for _, l := range r.Letters {
		for _, p := range l.Problems {
			list = append(list, l.Slug+": "+p)
		}
	}
	return strings.Join(list, "\n")
}

func TestAudit_goodBundle(t *testing.T) {
	s, m := goodSite(t)
	f := s.files()
	archive, err := zip.OpenReader(f.zip(t))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	folder := t.TempDir()
	if err := os.CopyFS(folder, f.fs()); err != nil {
		t.Fatal(err)
	}
	for name, bundle := range map[string]fs.FS{"memory": f.fs(), "zip file": archive, "folder": os.DirFS(folder)} {
		for _, o := range []verify.Options{{}, {Key: s.vkey, Since: s.checkpoint(m.early)}, {Since: s.checkpoint(0)}, {Since: s.checkpoint(int64(len(s.leaves)))}} {
			r, err := audit(t, bundle, o)
			if err != nil || !r.OK() {
				t.Fatalf("%s: %v\n%s", name, err, problems(r))
			}
			if r.Key != s.vkey || r.Trusted != (o.Key != "") || (r.Since != nil) != (o.Since != nil) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
	if size := len(s.leaves); size < 300 || size%verify.TileWidth == 0 {
		t.Errorf("%d leaves do not make a full and a partial bundle", size)
	}
}

func TestAudit_report(t *testing.T) {
	s, m := goodSite(t)
	r, err := audit(t, s.files().fs(), verify.Options{Key: s.vkey})
	if err != nil {
		t.Fatal(err)
	}
	if got := (verify.Checkpoint{Origin: origin, Size: int64(len(s.leaves)), Root: s.root(1 << 40)}); r.Checkpoint != got {
		t.Errorf("the checkpoint is %v, want %v", r.Checkpoint, got)
	}
	var letters []string
	for _, l := range r.Letters {
		letters = append(letters, fmt.Sprintf("%s, %s: of %d, names %d, hidden %d", l.Slug, l.Title, l.AsOf, l.Names, l.Hidden))
		if l.Claimed != l.Counted {
			t.Errorf("%s: claimed %v, counted %v", l.Slug, l.Claimed, l.Counted)
		}
		stands := map[string]int{}
		total := 0
		for _, e := range l.Editions {
			for _, c := range e.Cells {
				stands[string(c.Kind)] += c.N
				total += c.N
			}
		}
		if total != l.Counted.Persons+l.Counted.Organisations || stands["person"] != l.Counted.Persons {
			t.Errorf("%s: the editions have %v, the letter %v", l.Slug, stands, l.Counted)
		}
	}
	want := []string{"granary-ledgers, About granary-ledgers: of 305, names 133, hidden 1", fmt.Sprintf("harbour-lights, About harbour-lights: of %d, names 45, hidden 0", m.deliver+1)}
	if diff := cmp.Diff(want, letters); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]verify.Counts{{Organisations: 63, Persons: 114, Withheld: 43, Imported: 17, Withdrawn: 2, Removed: 4, Earlier: 114},
		{Organisations: 22, Persons: 38, Withheld: 15, Withdrawn: 1}}, []verify.Counts{r.Letters[0].Counted, r.Letters[1].Counted}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ended := map[verify.Reason]int{verify.Signer: 1, verify.Erasure: 1, verify.Reaffirmed: 13, verify.Duplicate: 1, verify.Fraud: 1, verify.Moderation: 1, verify.Undone: 1}
	if diff := cmp.Diff(ended, r.Letters[0].Ended); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is left out is reported and nothing else is taken for it.
func TestAudit_missingTextIsNotOfTheEdition(t *testing.T) {
	s, _ := goodSite(t)
	f := s.files()
	delete(f, "letters/granary-ledgers/editions/2.fa.md")
	f["letters/granary-ledgers/editions/3.en.md"] = nil
	r, err := audit(t, f.fs(), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var texts [][]string
	for _, e := range r.Letters[0].Editions {
		texts = append(texts, e.Texts)
	}
	if diff := cmp.Diff([][]string{{"en"}, {"en"}, {"fa"}}, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An audit of what cannot be read, or with what is wrong itself, says so and reports nothing as good.
func TestAudit_cannot(t *testing.T) {
	s, m := goodSite(t)
	other, otherKey := keyPair("undersigned/other", "other")
	foreign, err := verify.Checkpoint{Origin: "undersigned/other", Size: 1}.Sign(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		files   func(f files)
		options verify.Options
		want    string
	}{
		"no letters": {files: func(f files) {
			maps.DeleteFunc(f, func(n string, _ []byte) bool { return strings.HasPrefix(n, "letters/") })
		}, want: "not a bundle"},
		"no JSON":            {files: func(f files) { f["letters/granary-ledgers.json"] = []byte("{") }, want: "letters/granary-ledgers.json: "},
		"a number as text":   {files: func(f files) { f["letters/granary-ledgers.json"] = []byte(`{"counts":{"persons":"5"}}`) }, want: "letters/granary-ledgers.json: "},
		"no key":             {files: func(f files) { delete(f, "log/key") }, want: "log/key: "},
		"a key that is none": {files: func(f files) { f["log/key"] = []byte("key") }, want: "the key of the log: "},
		"no checkpoint":      {files: func(f files) { delete(f, "log/checkpoint") }, want: "log/checkpoint: "},
		"too large a file":   {files: func(f files) { f["log/checkpoint"] = make([]byte, 16<<20+1) }, want: "log/checkpoint: larger than 16777216 bytes"},
		"a wrong key":        {options: verify.Options{Key: "key"}, want: "the key of the log: "},
		"no older one":       {options: verify.Options{Since: []byte("checkpoint\n")}, want: "the older checkpoint: "},
		"another log's":      {options: verify.Options{Since: foreign}, want: "the older checkpoint: "},
		"of a changed one":   {options: verify.Options{Since: bytes.Replace(s.checkpoint(m.early), []byte("\n139\n"), []byte("\n138\n"), 1)}, want: "the older checkpoint: "},
	} {
		f := s.files()
		if x.files != nil {
			x.files(f)
		}
		if _, err := audit(t, f.fs(), x.options); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	if r, err := audit(t, s.files().fs(), verify.Options{Key: otherKey}); err != nil || !strings.Contains(problems(r), "no signature of the key undersigned/other+") {
		t.Errorf("the key of another log: %v\n%s", err, problems(r))
	}
}

// Whatever file cannot be read, the audit fails and says which.
func TestAudit_unreadableFiles(t *testing.T) {
	s, _ := goodSite(t)
	f := s.files()
	broken := errors.New("the disk is broken")
	for name := range f {
		if name == "README.md" || strings.Contains(name, "quiet-wells") { // which nothing reads
			continue
		}
		source, err := verify.FromBundle(f.fs())
		if err != nil {
			t.Fatal(err)
		}
		fetch := source.Fetch
		source.Fetch = func(ctx context.Context, path string) ([]byte, error) {
			if path == name {
				return nil, broken
			}
			return fetch(ctx, path)
		}
		if _, err := verify.Audit(t.Context(), source, verify.Options{}); !errors.Is(err, broken) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAudit_stopsWhenAsked(t *testing.T) {
	s, _ := goodSite(t)
	source, err := verify.FromBundle(s.files().fs())
	if err != nil {
		t.Fatal(err)
	}
	fetch := source.Fetch
	for _, name := range []string{"log/checkpoint", "log/tile/entries/000", "log/openings/1"} {
		ctx, cancel := context.WithCancel(t.Context())
		source.Fetch = func(ctx context.Context, path string) ([]byte, error) {
			if path == name {
				cancel()
			}
			return fetch(ctx, path)
		}
		if _, err := verify.Audit(ctx, source, verify.Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// A server that is busy signs a larger checkpoint after the claims were read, and drops the partial bundle of the smaller.
func TestAudit_logGrowsMeanwhile(t *testing.T) {
	s, _ := goodSite(t)
	was := s.files()
	for len(s.leaves) < 2*verify.TileWidth+1 {
		s.sign(0, verify.Person, verify.Public, verify.ByEmail)
	}
	f := s.files()
	f["log/checkpoint"] = was["log/checkpoint"]
	if r, err := audit(t, f.fs(), verify.Options{}); err != nil || !r.OK() {
		t.Errorf("the checkpoint of before: %v\n%s", err, problems(r))
	}
	f["log/checkpoint"] = s.checkpoint(int64(len(s.leaves)))
	if r, err := audit(t, f.fs(), verify.Options{}); err != nil || !r.OK() {
		t.Errorf("the claims of before: %v\n%s", err, problems(r))
	}
	delete(f, "log/tile/entries/001")
	f["log/checkpoint"] = was["log/checkpoint"]
	if r, err := audit(t, f.fs(), verify.Options{}); err != nil || !strings.Contains(problems(r), "log/tile/entries/001 is missing") {
		t.Errorf("without the bundle: %v\n%s", err, problems(r))
	}
}

// A log that signs a size beyond all numbers is found out where its leaves end.
func TestAudit_enormousSize(t *testing.T) {
	s, _ := goodSite(t)
	for _, size := range []int64{1 << 40, 1<<63 - 1} {
		f := s.files()
		f["log/checkpoint"] = s.checkpoint(size)
		r, err := audit(t, f.fs(), verify.Options{})
		if err != nil || r.OK() {
			t.Errorf("size %d: %v\n%s", size, err, problems(r))
		}
	}
}

func TestAudit_reportsProgress(t *testing.T) {
	s := manyLeaves(t, 64*verify.TileWidth+1)
	var calls atomic.Int32
	source, err := verify.FromBundle(s.files().fs())
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.Audit(t.Context(), source, verify.Options{Progress: func(leaves, of int64) {
		calls.Add(1)
		if leaves != 64*verify.TileWidth || of != 64*verify.TileWidth+1 {
			t.Errorf("at %d of %d", leaves, of)
		}
	}})
	if err != nil || !r.OK() || calls.Load() != 1 {
		t.Errorf("%d calls, %v\n%s", calls.Load(), err, problems(r))
	}
}

// Of a log full of mistakes the first hundred are told.
func TestAudit_manyProblems(t *testing.T) {
	s, _ := goodSite(t)
	for range 1000 {
		s.leaves = append(s.leaves, []byte("nothing\n"))
	}
	s.claims = nil
	for i := range 3 {
		s.claim(one, fmt.Sprintf("letter-%d", i), 305).Counts = verify.Counts{}
	}
	r, err := audit(t, s.files().fs(), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Problems); n != 101 || r.Problems[0] != "leaf 305: leaf: not of undersigned.log/v1" || r.Problems[100] != "and more" {
		t.Errorf("%d problems, %q … %q", n, r.Problems[0], r.Problems[n-1])
	}
}

// manyLeaves is a site of one letter with so many leaves.
func manyLeaves(t testing.TB, n int) *site {
	t.Helper()
	s := &site{t: t, openings: map[int64]verify.Opening{}, texts: map[string]string{}, size: -1}
	s.signer, s.vkey = keyPair(origin, "log")
	e := s.edition(one, granary, "", map[string]string{"en": "# Open the granary ledgers\n"})
	hash := verify.RecordHash(s.leaves[e])
	c := s.claim(one, granary, 1)
	for i := len(s.leaves); i < n; i++ {
		l := verify.Sign{Letter: one, Edition: hash, Kind: verify.Person, Listing: verify.Withheld, Basis: verify.ByEmail, Day: "2030-03-01",
			Record: hashOf(fmt.Sprint("record ", i)), Contact: hashOf(fmt.Sprint("contact ", i))}
		if i%4 > 0 {
			var salt verify.Salt
			copy(salt[:], l.Contact[:])
			record := verify.Record{Name: names[i%len(names)] + fmt.Sprint(i), Country: "VU"}
			l.Listing, l.Record = verify.Public, record.Commit(salt)
			s.openings[int64(i)] = verify.Opening{Index: int64(i), Record: record.Text(), Salt: salt[:]}
		} else {
			s.openings[int64(i)] = verify.Opening{Index: int64(i)}
			c.Counts.Withheld++
		}
		c.Counts.Persons++
		s.add(l)
	}
	c.Checkpoint.Size = int64(n)
	return s
}

// Fuzzing goes through more of a small site.
func FuzzAudit_openings(f *testing.F) {
	const name = "log/openings/0"
	s := manyLeaves(f, 4)
	good := s.files()
	f.Add(good[name])
	f.Add([]byte("{\"index\":-9223372036854775808}\nnull\n{\"index\":300,\"record\":\"\",\"salt\":\"\"}\n"))
	f.Fuzz(func(t *testing.T, openings []byte) {
		changed := maps.Clone(good)
		changed[name] = openings
		r, err := audit(t, changed.fs(), verify.Options{})
		if err != nil {
			t.Fatalf("openings alone make it fail: %v", err)
		}
		// Names that are opened are those that the leaves commit to, whatever else the file says.
		if l := r.Letters[0]; r.OK() && l.Names+l.Hidden != 3 || l.Names > 3 {
			t.Errorf("%d names and %d hidden of 3", l.Names, l.Hidden)
		}
	})
}

func FuzzAudit_bundle(f *testing.F) {
	const name = "log/tile/entries/000.p/4"
	s := manyLeaves(f, 4)
	good := s.files()
	f.Add(good["log/checkpoint"], good[name], good["letters/"+granary+".json"], good["log/key"])
	f.Add(s.checkpoint(0), []byte{}, []byte("{}"), good["log/key"])
	f.Fuzz(func(t *testing.T, checkpoint, entries, claims, key []byte) {
		changed := maps.Clone(good)
		changed["log/checkpoint"], changed[name], changed["letters/"+granary+".json"], changed["log/key"] = checkpoint, entries, claims, key
		r, err := audit(t, changed.fs(), verify.Options{Key: s.vkey})
		// Nobody but the log's key signs another root, so what passes has the leaves that the key has signed.
		if err == nil && r.OK() && (!bytes.Equal(entries, good[name]) || r.Root != s.root(r.Size)) {
			t.Errorf("it passed with other leaves: %+v", r)
		}
	})
}

// An older checkpoint that the log contradicts is not one that it begins with.
func TestAudit_contradictsTheOlderCheckpoint(t *testing.T) {
	s, m := goodSite(t)
	other, err := verify.Checkpoint{Origin: s.signer.Name(), Size: m.early, Root: verify.Hash{1}}.Sign(s.signer)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit(t, s.files().fs(), verify.Options{Since: other})
	if err != nil || r.Since != nil || len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0], "the older checkpoint has the root ") {
		t.Errorf("%v, %+v", err, r)
	}
}
