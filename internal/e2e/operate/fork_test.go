package operate

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// ran runs a command that must succeed and returns what it prints.
func ran(t *testing.T, instance config.Instance, args ...string) string {
	t.Helper()
	c := testkit.Command(t, instance, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, said.String())
	}
	return string(out)
}

// refused runs a command that must say so and change nothing; a server that begins to serve is ended.
func refused(t *testing.T, name, want string, instance config.Instance, args ...string) {
	t.Helper()
	if len(args) == 0 {
		args = []string{"serve", "--listen", "127.0.0.1:0", "--json"}
	}
	c := testkit.Command(t, instance, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != io.EOF {
		t.Errorf("%s: %v is not refused: %s", name, args, line)
		_ = c.Process.Kill()
	}
	_ = c.Wait()
	if !strings.Contains(said.String(), want) || strings.Contains(said.String(), "goroutine") {
		t.Errorf("%s: %v says %q, want %q", name, args, said.String(), want)
	}
}

var qPlantUpdate = store.Q("test.plant_update", `INSERT INTO letter_update (letter_id, number, language, title, body, at) VALUES ($1, 1, 'en', 'Noise', $2, 1)`)

// walk is the operator's walk from SQLite to PostgreSQL, up to the end of its restore.
type walk struct {
	k               keeper
	first           *office         // on SQLite
	to              config.Instance // PostgreSQL, with a folder of its own that the keys are imported into
	file, since     string          // backup and checkpoint
	exported, files string
	recipients      string
}

func newWalk(t *testing.T) walk {
	t.Helper()
	w := walk{k: newKeeper(t), first: withLetter(t, store.SQLite), to: testkit.Instance(t, store.Postgres), files: t.TempDir()}
	w.first.sign("Ada Wren", "ada@example.org", roll.Public)
	w.first.sign("Kept Back", "kept@example.org", roll.Counted)
	w.first.publish()
	from := w.first.instance
	noise := make([]byte, 1<<20) // more than a pipe and a part of the encryption hold, so that a restore can be killed in the middle
	rand.Read(noise)
	if err := w.first.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(qPlantUpdate, w.first.letter.ID, hex.EncodeToString(noise))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	recipients := filepath.Join(w.files, "recipients")
	w.recipients = recipients
	text, err := os.ReadFile(w.k.file)
	if err != nil {
		t.Fatal(err)
	}
	_, recipient, _ := strings.Cut(string(text), "public key: ")
	recipient, _, _ = strings.Cut(recipient, "\n")
	if err := os.WriteFile(recipients, []byte(recipient+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.since, w.file, w.exported = filepath.Join(w.files, "checkpoint"), filepath.Join(w.files, "b.age"), filepath.Join(w.files, "keys.age")
	if err := os.WriteFile(w.since, []byte(ran(t, from, "log", "checkpoint")), 0o600); err != nil {
		t.Fatal(err)
	}
	ran(t, from, "keys", "export", w.exported, "--recipients-file", recipients)
	var said struct {
		Seconds int64 `json:"newest_signature_seconds"`
		Where   string
	}
	if err := json.Unmarshal([]byte(ran(t, from, "backup", w.file, "--recipients-file", recipients, "--json")), &said); err != nil ||
		said.Seconds > 600 || said.Where != "--data "+from.Data {
		t.Errorf("the backup says %+v, %v", said, err)
	}
	ran(t, config.Instance{Data: w.to.Data}, "keys", "import", w.exported, "--identity", w.k.file)
	return w
}

func (w walk) restore(t *testing.T) {
	t.Helper()
	ran(t, w.to, "restore", w.file, "--identity", w.k.file, "--since", w.since)
	ran(t, w.to, "log", "check")
}

// One log for ever: the ways in which two ordinary commands have begun a second log under the name of the first, or could, are
// refused, and what was moved goes on.
func TestWalk_oneLog(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	here := config.Instance{Data: w.to.Data}
	const notHere = "belong to an instance whose data are not here (last they were used with --data "

	refused(t, "keys imported, nothing restored", notHere, here)
	refused(t, "and on an empty PostgreSQL", notHere, w.to)
	refused(t, "and for any command", notHere, w.to, "letter", "list")

	server := testkit.Command(t, w.first.instance, testkit.ServeArgs(testkit.NewInbox(t))...)
	testkit.Begin(t, server)
	refused(t, "restored while the old server runs", "another server is running", w.to, "restore", w.file, "--identity", w.k.file, "--since", w.since)
	testkit.StopServer(t, server)

	w.killedRestore(t, w.to, "--since", w.since)
	refused(t, "a killed restore", "run the same undersigned restore again", w.to)
	refused(t, "a killed restore, and the wrong database", "run the same undersigned restore again", here)

	w.restore(t)

	const behind = "were left behind: this instance was restored to --database postgres:///"
	refused(t, "the old folder", behind, w.first.instance)
	refused(t, "a backup of the old folder", behind, w.first.instance, "backup", filepath.Join(w.files, "stale.age"), "--recipients-file", w.recipients)
	refused(t, "a list from the old folder", behind, w.first.instance, "signature", "list", testkit.Slug)
	refused(t, "the new folder without --database", "belong to an instance whose data are not here (last they were used with --database", here)

	for _, name := range []string{"log.key", "instance.key"} {
		path := filepath.Join(w.to.Data, "keys", name)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		refused(t, "without "+name, "nothing was made", w.to)
		if _, err := os.Stat(path); err == nil {
			t.Errorf("a new %s was made", name)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	wrong := config.Instance{Data: t.TempDir(), Database: w.to.Database}
	refused(t, "the wrong folder", "nothing was made", wrong)
	if _, err := os.Stat(filepath.Join(wrong.Data, "keys")); err == nil {
		t.Error("keys were made in the wrong folder")
	}

	a := testkit.App(t, store.Postgres, func(o *app.Options) { o.Instance = w.to })
	(&office{App: a.App, t: t, letter: testkit.Letter(t, a.App), instance: w.to}).sign("Later Signer", "later@example.org", roll.Public)
	a.Publish(t)
	if _, problems, err := a.CheckLog(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("the log: %v, %v", problems, err)
	}
	if report := testkit.Audit(t, a.URL); !report.OK() || report.Letters[0].Names != 2 {
		t.Errorf("%+v", report)
	}

	// What would have happened, with the note and the mark away: two trees of one size under one name.
	if err := os.Remove(filepath.Join(w.first.instance.Data, "keys", "instance.json")); err != nil {
		t.Fatal(err)
	}
	refused(t, "the old folder without its note", behind, w.first.instance)
	unmark(t, w.first.instance)
	old := opened(t, w.first.instance)
	old.letter = testkit.Letter(t, old.App)
	old.sign("Somebody Else", "else@example.org", roll.Public)
	old.publish()
	x, errX := old.Log.State(t.Context())
	y, errY := a.App.Log.State(t.Context())
	if errX != nil || errY != nil || x.Published.Origin != y.Published.Origin || x.Published.Size != y.Published.Size || x.Published.Root == y.Published.Root {
		t.Errorf("no fork without the note: %+v, %+v", x.Published, y.Published)
	}
}

var qUnmark = store.Q("test.unmark", `DELETE FROM instance WHERE key = 'left_behind'`)

// unmark takes out of a SQLite database that it was left behind.
func unmark(t *testing.T, instance config.Instance) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Data: instance.Data})
	if err == nil {
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Exec(qUnmark)
			if err == nil && n != 1 {
				t.Error("the database has no mark")
			}
			return err
		})
		_ = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// killedRestore begins a restore and kills it while it loads.
func (w walk) killedRestore(t *testing.T, to config.Instance, args ...string) {
	t.Helper()
	w.endedRestore(t, os.Kill, to, args...)
}

// endedRestore is killedRestore with another signal, and returns what was said last.
func (w walk) endedRestore(t *testing.T, by os.Signal, to config.Instance, args ...string) string {
	t.Helper()
	killed := testkit.Command(t, to, append([]string{"restore", "-", "--identity", w.k.file}, args...)...)
	var said bytes.Buffer
	killed.Stderr = &said
	in, err := killed.StdinPipe()
	backup, errRead := os.ReadFile(w.file)
	if err != nil || errRead != nil || killed.Start() != nil {
		t.Fatal(err, errRead)
	}
	if _, err := in.Write(backup[:len(backup)-1]); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the restore is noted", func() bool {
		note, _ := os.ReadFile(filepath.Join(to.Data, "keys", "instance.json"))
		return bytes.Contains(note, []byte(`"restoring"`))
	})
	_ = killed.Process.Signal(by)
	if by != os.Kill { // it may wait for more of the backup
		_ = in.Close()
	}
	_ = killed.Wait()
	return said.String()
}

// What is left behind says so itself: neither the keys of before the move, with the note of then, nor a copy of the folder that lacks
// its note, open it.
func TestMove_keysPutBack(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	from := w.first.instance
	to := config.Instance{Data: from.Data, Database: w.to.Database} // as the manual has it: the keys stay
	w.first.Close()
	ran(t, to, "restore", w.file, "--identity", w.k.file, "--since", w.since)
	ran(t, to, "log", "check")

	const behind = "the data here were left behind: this instance was restored to --database postgres:///"
	if err := os.RemoveAll(filepath.Join(from.Data, "keys")); err != nil {
		t.Fatal(err)
	}
	refused(t, "without keys", behind, from)
	ran(t, from, "keys", "import", w.exported, "--identity", w.k.file)
	refused(t, "with the export of before the move", behind, from)
	refused(t, "a new instance there", behind, from, "migrate", "--new-instance")
	copied := config.Instance{Data: filepath.Join(t.TempDir(), "copy")}
	if err := os.CopyFS(copied.Data, os.DirFS(from.Data)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(copied.Data, "keys", "instance.json")); err != nil {
		t.Fatal(err)
	}
	refused(t, "a copy without its note", behind, copied)
	ran(t, to, "log", "check") // and what goes on goes on
}

// A restore that was interrupted is finished or given up before what it was to leave is used again; what was given up, or has
// ended, continues no log once more.
func TestRestore_oldUsedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.first.Close()
	const interrupted = "was interrupted: run the same undersigned restore again"
	const spent = "the log may have gone on since this backup"

	if said := w.endedRestore(t, os.Interrupt, w.to, "--since", w.since); !strings.Contains(said, "interrupted; run the same restore again") {
		t.Errorf("who interrupts it is told %q", said)
	}
	refused(t, "after Ctrl+C", interrupted, w.first.instance)
	w.killedRestore(t, w.to, "--since", w.since)
	refused(t, "the folder that the keys come from", interrupted, w.first.instance)
	refused(t, "a backup of it", interrupted, w.first.instance, "backup", filepath.Join(w.files, "late.age"), "--recipients-file", w.recipients)
	w.restore(t) // the same again goes on
	refused(t, "nothing to give up", "no restore was interrupted", w.to, "restore", "--give-up")

	// From one PostgreSQL to the next, in one folder.
	next := config.Instance{Data: w.to.Data, Database: testkit.Instance(t, store.Postgres).Database}
	again := w
	again.file, again.since = filepath.Join(w.files, "c.age"), filepath.Join(w.files, "checkpoint2")
	ran(t, w.to, "backup", again.file, "--recipients-file", w.recipients)
	if err := os.WriteFile(again.since, []byte(ran(t, w.to, "log", "checkpoint")), 0o600); err != nil {
		t.Fatal(err)
	}
	again.killedRestore(t, next, "--since", again.since)
	refused(t, "the old PostgreSQL", interrupted, w.to)
	refused(t, "and a list from it", interrupted, w.to, "signature", "list", testkit.Slug)
	refused(t, "another backup that is spent", spent, next, "restore", w.file, "--identity", w.k.file, "--since", w.since)
	if said := ran(t, next, "restore", "--give-up"); !strings.Contains(said, "was given up") {
		t.Errorf("it says %q", said)
	}
	server := testkit.Command(t, w.to, testkit.ServeArgs(testkit.NewInbox(t))...)
	testkit.Begin(t, server)
	refused(t, "a restore beside a server on PostgreSQL", "another server is running", next, "restore", again.file, "--identity", w.k.file)
	testkit.StopServer(t, server)
	refused(t, "the same restore after it was given up", spent, next, "restore", again.file, "--identity", w.k.file, "--since", again.since)
	if said := ran(t, next, "restore", again.file, "--identity", w.k.file); !strings.Contains(said, "goes on under another name") {
		t.Errorf("without --since it says %q", said)
	}
}

// A checkpoint that is older than what the SQLite database beside the keys has shown is refused.
func TestRestore_olderThanShown(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.first.sign("Later Signer", "later@example.org", roll.Public)
	w.first.publish()
	w.first.Close()
	refused(t, "a checkpoint of before", "has shown 4", w.to, "restore", w.file, "--identity", w.k.file, "--since", w.since)
}

// A copied folder is no second place of the log, whether or not the first is served.
func TestServe_copiedFolder(t *testing.T) {
	t.Parallel()
	first := withLetter(t, store.SQLite)
	first.Close()
	copied, moved := config.Instance{Data: filepath.Join(t.TempDir(), "copy")}, config.Instance{Data: filepath.Join(t.TempDir(), "moved")}
	if err := os.CopyFS(copied.Data, os.DirFS(first.instance.Data)); err != nil {
		t.Fatal(err)
	}
	const want = "is a copy: last these keys were used with --data "
	refused(t, "a copy", want, copied)
	refused(t, "a command on it", want, copied, "letter", "list")
	server := testkit.Command(t, first.instance, testkit.ServeArgs(testkit.NewInbox(t))...)
	testkit.Begin(t, server)
	refused(t, "a copy of what is served", want, copied)
	testkit.StopServer(t, server)

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(first.instance.Data, link); err != nil {
		t.Fatal(err)
	}
	ran(t, config.Instance{Data: link}, "letter", "list") // another name of the folder is no copy
	ran(t, first.instance, "letter", "list")
	if err := os.Rename(first.instance.Data, moved.Data); err != nil {
		t.Fatal(err)
	}
	ran(t, moved, "letter", "list") // nor is one that was moved
}

// A new instance beside keys that are in use begins under keys of its own, and these are kept.
func TestServe_newInstance(t *testing.T) {
	t.Parallel()
	k, o := newKeeper(t), withLetter(t, store.SQLite)
	to := o.moved(k, store.SQLite)
	if out := ran(t, to, "migrate", "--new-instance"); !strings.Contains(out, "up to date") {
		t.Errorf("it says %s", out)
	}
	next := opened(t, to)
	if next.Log.Key() == o.Log.Key() || originOf(next) == originOf(o) || next.Signing.Keys.Fingerprint() == o.Signing.Keys.Fingerprint() {
		t.Error("the new instance has a key of the other")
	}
	if aside, _ := filepath.Glob(filepath.Join(to.Data, "keys", "*-*.key")); len(aside) != 2 {
		t.Errorf("the keys that were there: %q", aside)
	}
	ran(t, to, "migrate", "--new-instance") // again, as a unit does that still has the flag
	if again := opened(t, to); again.Log.Key() != next.Log.Key() {
		t.Error("an instance that is there was begun anew")
	}
}
