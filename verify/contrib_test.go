package verify_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

// python runs contrib/verify.py, which shares no line with this package, and returns its exit status and what it said.
func python(t *testing.T, source string, o verify.Options, more ...string) (int, string) {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("no python3, and this machine is to run every test")
	} else if err != nil {
		t.Skip("no python3")
	}
	args := append([]string{filepath.Join("..", "contrib", "verify.py"), source}, more...)
	if o.Key != "" {
		args = append(args, "--key", o.Key)
	}
	if o.Since != nil {
		args = append(args, "--since", file(t, "since", o.Since))
	}
	command := exec.CommandContext(t.Context(), interpreter, args...)
	command.Env = append(os.Environ(), "LC_ALL=C", "PYTHONDONTWRITEBYTECODE=1", "no_proxy=*")
	out, err := command.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok && err != nil {
		t.Fatal(err)
	} else if strings.Contains(string(out), "Traceback") {
		t.Errorf("it crashed:\n%s", out)
	} else if ok {
		return exit.ExitCode(), string(out)
	}
	return 0, string(out)
}

func notShort(t *testing.T) {
	if testing.Short() {
		t.Skip("an interpreter starts too slowly to be started often")
	}
}

func TestContrib_goodBundle(t *testing.T) {
	s, m := goodSite(t)
	f := s.files()
	folder := t.TempDir()
	if err := os.CopyFS(folder, f.fs()); err != nil {
		t.Fatal(err)
	}
	s.claim(three, "quiet-wells", int64(len(s.leaves)))
	all := server(t, s.files(), harbour, granary, "quiet-wells").URL
	policy := file(t, "policy", []byte("# of the coalition\nlog "+s.vkey+"\nquorum none\n"))
	for name, x := range map[string]struct {
		source  string
		options verify.Options
		more    []string
	}{
		"zip file":   {source: f.zip(t)},
		"key, since": {f.zip(t), verify.Options{Key: s.vkey, Since: s.checkpoint(m.early)}, nil},
		"folder":     {source: folder, more: []string{"--policy", policy}},
		"server":     {source: all},
		"a letter":   {source: all + "/fa/letters/" + granary + "?x=1", options: verify.Options{Key: s.vkey}},
	} {
		status, out := python(t, x.source, x.options, x.more...)
		if status != 0 || !strings.Contains(out, "All that is claimed holds.") {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
		trusted := x.options.Key != "" || x.more != nil
		if trusted == strings.Contains(out, "taken from the source itself") {
			t.Errorf("%s: it does not say whose key it was:\n%s", name, out)
		}
		want := "granary-ledgers: 63 organisations, 114 persons, 43 withheld, 17 imported, 2 withdrawn, 4 removed, 114 earlier; " +
			"133 public names committed to, 1 not shown any more; 3 editions\n"
		if !strings.Contains(out, want) {
			t.Errorf("%s: want\n%sgot\n%s", name, want, out)
		}
	}
}

func TestContrib_findsEveryTamper(t *testing.T) {
	notShort(t)
	for _, x := range tampers {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			f, o := x.tampered(t)
			status, out := python(t, f.zip(t), o)
			want := x.want
			if x.also != "" {
				want = x.also
			}
			if status != 1 || !strings.Contains(out, want) {
				t.Errorf("status %d, want %q in\n%s", status, want, out)
			}
		})
	}
}

// What cannot be read is no difference, and no reason to crash.
func TestContrib_cannot(t *testing.T) {
	notShort(t)
	s, m := goodSite(t)
	changed := func(change func(f files)) string {
		f := s.files()
		change(f)
		return f.zip(t)
	}
	good := s.files().zip(t)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), whole...)
	copy(damaged[len(damaged)/3:], "not what was compressed here")
	for name, x := range map[string]struct {
		source  string
		options verify.Options
		more    []string
	}{
		"no file":            {source: filepath.Join(t.TempDir(), "none.zip")},
		"no zip file":        {source: file(t, "bundle.zip", []byte("PK\x03\x04 and no more"))},
		"half a zip file":    {source: file(t, "bundle.zip", whole[:len(whole)/2])},
		"a damaged zip file": {source: file(t, "bundle.zip", damaged)},
		"an empty folder":    {source: t.TempDir()},
		"a file twice":       {source: twice(t, s.files(), "log/openings/0")},
		"no letters": {source: changed(func(f files) {
			maps.DeleteFunc(f, func(n string, _ []byte) bool { return strings.HasPrefix(n, "letters/") })
		})},
		"no JSON":            {source: changed(func(f files) { f["letters/"+granary+".json"] = []byte("{") })},
		"deep JSON":          {source: changed(func(f files) { f["letters/"+granary+".json"] = []byte(strings.Repeat("[", 100_000)) })},
		"another JSON":       {source: changed(func(f files) { f["letters/"+granary+".json"] = []byte(`{"counts":{"persons":"5"}}`) })},
		"no key":             {source: changed(func(f files) { delete(f, "log/key") })},
		"a key that is none": {source: changed(func(f files) { f["log/key"] = []byte("\xff") })},
		"no checkpoint":      {source: changed(func(f files) { delete(f, "log/checkpoint") })},
		"too large a file":   {source: changed(func(f files) { f["log/checkpoint"] = make([]byte, 16<<20+1) })},
		"a wrong key":        {source: good, options: verify.Options{Key: "key"}},
		"no older one":       {source: good, options: verify.Options{Since: []byte("checkpoint\n")}},
		"of another log":     {source: good, options: verify.Options{Since: []byte(strings.Replace(string(s.checkpoint(m.early)), "139", "138", 1))}},
		"no policy":          {source: good, more: []string{"--policy", filepath.Join(t.TempDir(), "none")}},
		"an empty policy":    {source: good, more: []string{"--policy", file(t, "policy", nil)}},
		"a policy of more":   {source: good, more: []string{"--policy", file(t, "policy", []byte("log "+s.vkey+"\nwitness W "+s.vkey+"\nquorum W\n"))}},
		"no server":          {source: "http://127.0.0.1:1/"},
		"no such letter":     {source: server(t, s.files()).URL + "/letters/none"},
		"no list":            {source: server(t, s.files()).URL},
		"an unknown option":  {source: good, more: []string{"--no-such"}},
	} {
		if status, out := python(t, x.source, x.options, x.more...); status != 2 || len(out) < 20 {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
	}
}

// Both verifiers refuse the same leaves, of thousands that are almost right.
func TestContrib_refusesTheSameLeaves(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var leaves [][]byte
	for _, name := range slices.Sorted(maps.Keys(golden)) {
		text := golden[name].text
		leaves = append(leaves, []byte(text))
		for _, m := range slices.Sorted(maps.Keys(mutations(text))) {
			leaves = append(leaves, []byte(mutations(text)[m]))
		}
		for range 200 {
			changed := []byte(text)
			changed[rng.IntN(len(text))] = "0123456789 \n-+=/abcxyzTZ\x00\xff"[rng.IntN(26)]
			leaves = append(leaves, changed)
		}
	}
	for _, x := range replaced {
		leaves = append(leaves, []byte(strings.Replace(golden[x.leaf].text, x.old, x.with, 1)))
	}
	for range 20 {
		leaves = append(leaves, random(rng, 100)...)
	}
	rng.Shuffle(len(leaves)/2, func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	accepted := 0
	for some := range slices.Chunk(leaves, 900) {
		s := &site{t: t, openings: map[int64]verify.Opening{}, texts: map[string]string{}, size: -1, leaves: some}
		s.signer, s.vkey = keyPair(origin, "log")
		s.claims = []*claim{{Slug: granary, State: "open", LogID: two.String()}}
		_, o, said := replay(some)
		_, out := python(t, s.files().zip(t), verify.Options{})
		var refused []int64
		for _, m := range regexp.MustCompile(`(?m)^DIFFERS the log: leaf (\d+): `).FindAllStringSubmatch(out, -1) {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			refused = append(refused, n)
		}
		if diff := cmp.Diff(o.refused, refused); diff != "" {
			t.Errorf("(-Go +Python):\n%s\n%.2000s\n%.2000s", diff, said, out)
		}
		accepted += len(some) - len(refused)
		c := o.counts[two]
		if want := fmt.Sprintf("granary-ledgers: %d organisations, %d persons, %d withheld, %d imported, %d withdrawn, %d removed, %d earlier; ", c.Organisations, c.Persons,
			c.Withheld, c.Imported, c.Withdrawn, c.Removed, c.Earlier); !strings.Contains(out, want) {
			t.Errorf("want %sgot %.300s", want, out)
		}
	}
	if accepted < 500 {
		t.Errorf("of %d leaves only %d passed", len(leaves), accepted)
	}
}

// Its Ed25519 is a dozen lines, so it is held against another on signatures that are right, almost right, and wrong.
func TestContrib_signatures(t *testing.T) {
	notShort(t)
	const program = `import sys
sys.path.insert(0, sys.argv[1])
import verify
for line in sys.stdin:
    public, message, signature = (bytes.fromhex(word) for word in line[:-1].split(","))
    try: print(int(bool(verify.signed_by(public, message, signature))))
    except ValueError: print(0)`
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	var input, want strings.Builder
	right := 0
	check := func(public, message, signature []byte) {
		fmt.Fprintf(&input, "%x,%x,%x\n", public, message, signature)
		ok := 0
		if ed25519.Verify(public, message, signature) {
			ok, right = 1, right+1
		}
		fmt.Fprintf(&want, "%d\n", ok)
	}
	rng := rand.NewChaCha8([32]byte{1})
	for i := range 6 {
		seed, message := make([]byte, 32), make([]byte, i*7)
		_, _ = rng.Read(seed)
		_, _ = rng.Read(message)
		private := ed25519.NewKeyFromSeed(seed)
		public, signature := []byte(private.Public().(ed25519.PublicKey)), ed25519.Sign(private, message)
		check(public, message, signature)
		check(public, append(message, 0), signature)
		for _, at := range []int{0, 31, 32, 63} {
			changed := slices.Clone(signature)
			changed[at] ^= 1 << (i % 8)
			check(public, message, changed)
		}
		// s and s plus the order are one number on the curve; only the smaller is a signature.
		s := slices.Clone(signature[32:])
		slices.Reverse(s)
		larger := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
		slices.Reverse(larger)
		check(public, message, slices.Concat(signature[:32], larger))
		check(seed, message, signature) // half of all numbers are no key
	}
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3; another test fails where there must be one")
	}
	command := exec.CommandContext(t.Context(), interpreter, "-c", program, filepath.Join("..", "contrib"))
	command.Stdin, command.Env = strings.NewReader(input.String()), append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(out)); diff != "" || right != 6 {
		t.Errorf("%d are right (-Go +Python):\n%s", right, diff)
	}
}

// Whoever doubts this package reads the other program first.
func TestContrib_staysShort(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "contrib", "verify.py"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines > 300 {
		t.Errorf("it has %d lines", lines)
	}
	for line := range strings.Lines(string(text)) {
		if len([]rune(line)) > 131 {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
}
