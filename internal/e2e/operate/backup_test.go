package operate

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// office is an instance without a server, and whoever keeps its backups.
type office struct {
	*app.App
	t        *testing.T
	instance config.Instance
	letter   letter.Letter
}

// opened opens an instance; it is closed at the end of the test.
func opened(t *testing.T, instance config.Instance) *office {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return &office{App: a, t: t, instance: instance}
}

// withLetter is opened, with the letter.
func withLetter(t *testing.T, engine store.Engine) *office {
	t.Helper()
	o := opened(t, testkit.Instance(t, engine))
	testkit.AddLetter(t, o.App)
	o.letter = testkit.Letter(t, o.App)
	return o
}

// submit signs without confirming.
func (o *office) submit(name, email string, listing roll.Listing) (token string) {
	o.t.Helper()
	id, err := o.Signing.Sign(o.t.Context(), signing.Request{Letter: o.letter, Edition: o.letter.Edition.Number, Browser: "a browser", Lang: "en",
		Shown: signing.Shown{Kind: verify.Person, Name: name, Listing: listing}, Email: email, Consent: true, IsCountry: i18n.IsCountry})
	if err != nil {
		o.t.Fatal(err)
	}
	mail, _, err := o.Signing.Envelope(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return mail.Token
}

func (o *office) confirm(token string) (secret string) {
	o.t.Helper()
	r, err := o.Signing.Confirm(o.t.Context(), token, "a browser", "", signing.Shown{})
	if err != nil {
		o.t.Fatal(err)
	}
	return r.Secret
}

func (o *office) sign(name, email string, listing roll.Listing) (secret string) {
	o.t.Helper()
	return o.confirm(o.submit(name, email, listing))
}

func (o *office) erase(secret string) {
	o.t.Helper()
	own, err := o.Signing.Receipts.Find(o.t.Context(), secret)
	if err == nil {
		err = o.Signing.Receipts.Erase(o.t.Context(), secret, own[0].ID)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) publish() {
	o.t.Helper()
	(&testkit.Running{App: o.App}).Publish(o.t)
}

func (o *office) counts() roll.Counts {
	o.t.Helper()
	o.publish()
	c, _, _, err := o.Roll.Summary(o.t.Context(), o.letter.ID, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *office) dump() string { return testkit.Dump(o.t, o.App) }

// checkpoint writes the published checkpoint to a file, as somebody outside has kept it.
func (o *office) checkpoint() (file string) {
	o.t.Helper()
	s, err := o.Log.State(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return written(o.t, s.Signed())
}

func written(t *testing.T, text []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// keeper is who can open backups.
type keeper struct {
	to   seal.Recipients
	with seal.Identities
	file string // of the identity
}

func newKeeper(t *testing.T) keeper {
	t.Helper()
	text, recipient, err := seal.NewIdentity(false)
	if err != nil {
		t.Fatal(err)
	}
	k := keeper{file: written(t, []byte(text))}
	if k.to, err = seal.ParseRecipients(recipient); err == nil {
		k.with, err = seal.ReadIdentities(k.file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *office) backup(k keeper) []byte {
	o.t.Helper()
	var b bytes.Buffer
	if _, err := o.Backup(o.t.Context(), &b, k.to); err != nil {
		o.t.Fatal(err)
	}
	return b.Bytes()
}

// moved returns an empty instance of an engine with the keys of this one, as they are exported and imported.
func (o *office) moved(k keeper, engine store.Engine) config.Instance {
	o.t.Helper()
	var b bytes.Buffer
	if _, err := o.ExportKeys(&b, k.to); err != nil {
		o.t.Fatal(err)
	}
	to := testkit.Instance(o.t, engine)
	if _, err := seal.ImportKeys(to.Data, &b, k.with); err != nil {
		o.t.Fatal(err)
	}
	return to
}

func restore(t *testing.T, k keeper, backup []byte, to config.Instance, options ...func(r *app.Restore)) (app.RestoreReport, error) {
	t.Helper()
	r := app.Restore{Instance: to, From: bytes.NewReader(backup), With: k.with}
	for _, option := range options {
		option(&r)
	}
	return r.Run(t.Context())
}

func since(file string) func(r *app.Restore) { return func(r *app.Restore) { r.Since = file } }

// checked opens an instance that was restored, as after "log check".
func checked(t *testing.T, instance config.Instance) *office {
	t.Helper()
	o := opened(t, instance)
	if err := o.LogChecked(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.letter = testkit.Letter(t, o.App)
	return o
}

// restores is the row that counts them, and the end of a dump, which has its hash.
var restores = regexp.MustCompile(`(?m)^\["restores",.*\n|^\{"end".*`)

// From one engine to the other and back nothing changes, not a byte, but for how often the instance was restored.
func TestRestore_toTheOtherEngineAndBack(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		other := map[store.Engine]store.Engine{store.SQLite: store.Postgres, store.Postgres: store.SQLite}[engine]
		k, first := newKeeper(t), withLetter(t, engine)
		erased := first.sign("Mina Farahani", "mina@example.org", roll.Public)
		first.sign("شیرین نوری", "shirin@example.org", roll.Public)
		first.sign("Kept Back", "kept@example.org", roll.Counted)
		first.publish()
		first.erase(erased)
		first.submit("Not Yet", "waits@example.org", roll.Public)
		if err := first.RecordErasures(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, kept := first.dump(), first.checkpoint()
		from := first
		for _, engine := range []store.Engine{other, engine} {
			to := from.moved(k, engine)
			report, err := restore(t, k, from.backup(k), to, since(kept))
			if err != nil {
				t.Fatal(err)
			}
			if report.Counts != (app.Counts{Letters: 1, Signatures: 3}) || report.Former != "" || report.Lost != nil {
				t.Errorf("%+v", report)
			}
			next := checked(t, to)
			if _, err := app.Open(t.Context(), app.Options{Instance: from.instance}); err == nil || !strings.Contains(err.Error(), "were left behind") {
				t.Errorf("opening what was left: %v", err)
			}
			if got := restores.ReplaceAllString(next.dump(), ""); got != restores.ReplaceAllString(want, "") {
				t.Fatalf("%s holds something else:\n%s\nwant\n%s", engine, got, want)
			}
			a, _ := os.ReadFile(filepath.Join(first.instance.Data, "erasures"))
			b, _ := os.ReadFile(filepath.Join(to.Data, "erasures"))
			if len(a) == 0 || !bytes.Equal(a, b) {
				t.Errorf("the ledger is %q, want %q", b, a)
			}
			from = next
		}
		if c := from.counts(); c.Persons != 2 || c.Withdrawn != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

// A backup that is taken while people sign holds one moment: every signature in it is whole and has its leaf.
func TestBackup_whileSigning(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		k, o := newKeeper(t), withLetter(t, engine)
		ctx, cancel := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		begun := make(chan struct{}, 1000)
		for w := range 4 {
			writers.Go(func() {
				for i := 0; ctx.Err() == nil && i < 200; i++ {
					o.sign("Busy Body", fmt.Sprintf("w%di%d@busy.example", w, i), roll.Public)
					begun <- struct{}{}
				}
			})
		}
		var backups [][]byte
		for range 3 {
			for range 10 {
				<-begun
			}
			backups = append(backups, o.backup(k))
		}
		cancel()
		writers.Wait()
		last := 0
		for _, b := range backups {
			to := o.moved(k, store.SQLite)
			report, err := restore(t, k, b, to)
			if err != nil {
				t.Fatal(err)
			}
			n := report.Counts.Signatures
			back := checked(t, to)
			if c := back.counts(); c.Persons != n || n <= last {
				t.Errorf("%d signatures after %d, %d are counted", n, last, c.Persons)
			}
			own, err := back.Signing.Holds.List(t.Context(), back.letter.ID, signing.StateListed, 0, 1000)
			if err != nil || len(own) != n {
				t.Errorf("%d are listed: %v", len(own), err)
			}
			for _, s := range own {
				if s.Name != "Busy Body" {
					t.Errorf("signature %d has the name %q", s.ID, s.Name)
				}
			}
			last = n
		}
	})
}

// full takes so many bytes and then no more, as a disk does.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

var errFull = errors.New("no space left on device")

func TestBackup_diskFull(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		k, o := newKeeper(t), withLetter(t, engine)
		whole := len(o.backup(k))
		for left := 0; left < whole-1; left += whole/7 + 1 {
			if _, err := o.Backup(t.Context(), &full{left}, k.to); !errors.Is(err, errFull) {
				t.Errorf("with room for %d bytes of %d: %v", left, whole, err)
			}
		}
		if got := o.backup(k); len(got) == 0 {
			t.Error("none is made afterwards")
		}
	})
}

// Nothing in a backup is readable without the identity, and no key is in it with it.
func TestBackup_holdsNoKeyAndNothingInTheClear(t *testing.T) {
	k, o := newKeeper(t), withLetter(t, store.SQLite)
	o.sign("Zarafshan Quill", "zq@example.org", roll.Public)
	b := o.backup(k)
	plain, err := k.with.Decrypt(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text := unpacked(t, plain)
	if bytes.Contains(b, []byte("Zarafshan")) || !strings.Contains(text, "Zarafshan") {
		t.Error("a name is in the clear, or not there at all")
	}
	for _, name := range []string{"instance.key", "log.key"} {
		key, err := os.ReadFile(filepath.Join(o.instance.Data, "keys", name))
		if err != nil {
			t.Fatal(err)
		}
		secret := strings.TrimSpace(string(key))
		if parts := strings.SplitN(secret, "+", 5); strings.HasPrefix(secret, "PRIVATE+KEY+") && len(parts) == 5 {
			secret = parts[4] // base64, which may hold a + of its own
		}
		if secret = secret[strings.LastIndexByte(secret, ' ')+1:]; len(secret) < 40 {
			t.Fatalf("%s holds no key that could be looked for", name)
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the backup", name)
		}
	}
}

func unpacked(t *testing.T, r io.Reader) string {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func packer(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
