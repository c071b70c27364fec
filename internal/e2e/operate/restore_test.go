package operate

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// Whatever is wrong with a backup, its identity or the keys is said, and the instance stays as empty as it was.
func TestRestore_refusals(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		k, o := newKeeper(t), withLetter(t, store.SQLite)
		for i := range 30 {
			o.sign("Mina Farahani", fmt.Sprintf("mina%d@example.org", i), roll.Public)
		}
		o.publish()
		whole := o.backup(k)
		to := o.moved(k, engine)
		empty := opened(t, testkit.Instance(t, engine)).dump() // what opening an instance writes
		refused := func(name, want string, backup []byte, options ...func(*app.Restore)) {
			t.Helper()
			_, err := restore(t, k, backup, to, options...)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		refused("0 bytes", "no file that age has encrypted", nil)
		refused("garbage", "no file that age has encrypted", []byte("SQLite format 3\x00 or whatever somebody has found"))
		refused("another identity", "other recipients", whole, func(r *app.Restore) { r.With = newKeeper(t).with })
		refused("no such ledger", "nowhere", whole, func(r *app.Restore) { r.Ledgers = []string{"nowhere"} })
		refused("no ledger", "no ledger of erasures", whole, func(r *app.Restore) { r.Ledgers = []string{k.file} })
		refused("new keys though there are the right ones", "leave it away", whole, func(r *app.Restore) { r.NewKeys = true })
		for name, text := range map[string]string{"nothing": "", "text": "hello\n", "keys": "{}\n", "an endless line": strings.Repeat("x", 10_000),
			"another format": `{"undersigned_backup":2}` + "\n", "no dump": `{"undersigned_backup":1}` + "\nhello\n"} {
			refused("in it is "+name, map[string]string{"another format": "format 2", "no dump": "the backup needs"}[name]+"", enclosed(t, k, text))
		}
		flipped := 0
		for at := 1000; at < len(whole); at += 1000 {
			refused(fmt.Sprintf("cut off after %d bytes", at), "", whole[:at])
			broken := bytes.Clone(whole)
			broken[at] ^= 4
			refused(fmt.Sprintf("byte %d flipped", at), "", broken)
			flipped++
		}
		refused("the last byte", "damaged or cut off", whole[:len(whole)-1])
		refused("more after its end", "", append(bytes.Clone(whole), 'x'))
		if flipped < 10 {
			t.Errorf("only %d places were tried", flipped)
		}
		without := testkit.Instance(t, engine)
		if _, err := restore(t, k, whole, without); err == nil || !strings.Contains(err.Error(), o.Signing.Keys.Fingerprint()) {
			t.Errorf("without keys: %v", err)
		}
		if _, err := os.Stat(filepath.Join(without.Data, "keys")); err == nil {
			t.Error("a refused restore has made keys")
		}
		others := opened(t, testkit.Instance(t, engine))
		if _, err := restore(t, k, whole, others.instance); err == nil || !strings.Contains(err.Error(), others.Signing.Keys.Fingerprint()) {
			t.Errorf("with other keys: %v", err)
		}

		if got := rowsOf(lies(t, to)); got != rowsOf(empty) {
			t.Fatalf("rows were left behind:\n%s", got)
		}
		if _, err := app.Open(t.Context(), app.Options{Instance: to}); err == nil || !strings.Contains(err.Error(), "whose data are not here") {
			t.Errorf("opening what has keys and no data: %v", err)
		}
		if _, err := restore(t, k, whole, to); err != nil {
			t.Fatalf("the whole one after all: %v", err)
		}
		full := checked(t, to)
		before := full.dump()
		refused("not empty", "is not empty", whole)
		if full.dump() != before {
			t.Error("the instance that was there has changed")
		}
	})
}

var facts = regexp.MustCompile(`(?m)^\["(instance_key|log_key|log_origin)",.*\n|^\[1,0,.*\n|^\{"end".*`)

// lies returns what lies in a database, whose instance need not be one that can be opened.
func lies(t *testing.T, instance config.Instance) string {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Data: instance.Data, Database: instance.Database})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := errors.Join(db.Dump(t.Context(), &b), db.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rowsOf is a dump without what is drawn for each instance.
func rowsOf(dump string) string { return facts.ReplaceAllString(dump, "") }

// enclosed makes what looks like a backup from outside.
func enclosed(t *testing.T, k keeper, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := k.to.Encrypt(&b)
	if err != nil {
		t.Fatal(err)
	}
	packed := packer(w)
	_, _ = packed.Write([]byte(text))
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// everything returns what lies in the tables, with binary columns decoded, and the bytes of all files of the folder but its keys.
func (o *office) everything() []byte {
	o.t.Helper()
	all := []byte(o.dump())
	for _, word := range regexp.MustCompile(`[A-Za-z0-9+/]{8,}={0,2}`).FindAll(all, -1) {
		if plain, err := base64.StdEncoding.DecodeString(string(word)); err == nil {
			all = append(append(all, '\n'), plain...)
		}
	}
	files, err := filepath.Glob(filepath.Join(o.instance.Data, "*"))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			all = append(all, data...)
		}
	}
	return all
}

// Who was erased after the backup was made is nowhere in what the backup brings back, whatever else the ledger names.
func TestRestore_erasedStayErased(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		k, o := newKeeper(t), withLetter(t, engine)
		stays := o.sign("Ada Wren", "ada@example.org", roll.Public)
		public := o.sign("Zarafshan Quillfeather", "zq-public@example.org", roll.Public)
		hidden := o.sign("Hidden Ofalist", "zq-hidden@example.org", roll.Counted)
		o.publish()
		unpublished := o.sign("Vexilla Wharfinger", "zq-late@example.org", roll.Public)
		token := o.submit("Submitted Ibsen", "zq-submitted@example.org", roll.Public)
		backup := o.backup(k)
		submitted := o.confirm(token)
		for _, secret := range []string{public, hidden, unpublished, submitted} {
			o.erase(secret)
		}
		if err := o.RecordErasures(ctx); err != nil {
			t.Fatal(err)
		}
		ledger := filepath.Join(o.instance.Data, "erasures")
		text, err := os.ReadFile(ledger)
		if err != nil || strings.Count(string(text), "\n") != 5 || strings.Contains(string(text), "zq-") {
			t.Fatalf("the ledger is %q, %v", text, err)
		}
		needles := []string{"Zarafshan", "Quillfeather", "Vexilla", "Wharfinger", "zarafshan"}
		found := func(o *office) (found []string) {
			all := o.everything()
			for _, n := range needles {
				if bytes.Contains(all, []byte(n)) || bytes.Contains(all, []byte(hex.EncodeToString([]byte(n)))) {
					found = append(found, n)
				}
			}
			return found
		}
		sealed := func(o *office) (readable int) { // rows that still tell of somebody
			for _, secret := range []string{public, hidden, unpublished, submitted} {
				if _, err := o.Signing.Receipts.Find(ctx, secret); !fault.Is(err, fault.Forbidden) {
					readable++
				}
			}
			return readable
		}

		to := o.moved(k, engine)
		report, err := restore(t, k, backup, to, func(r *app.Restore) { r.Ledgers = []string{ledger} })
		if err != nil || report.Again != (signing.Again{Erased: 3}) {
			t.Fatalf("%+v, %v", report, err)
		}
		back := checked(t, to)
		if names, rows := found(back), sealed(back); len(names) > 0 || rows > 0 {
			t.Errorf("what was erased is back: %q, %d receipts open", names, rows)
		}
		if _, err := back.Signing.Confirm(ctx, token, "a browser", "", signing.Shown{}); err == nil {
			t.Error("the link of somebody erased still confirms")
		}
		if c := back.counts(); c.Persons != 1 || c.Withdrawn != 3 {
			t.Errorf("counts %+v", c)
		}
		if own, err := back.Signing.Receipts.Find(ctx, stays); err != nil || own[0].Email != "ada@example.org" {
			t.Errorf("who stays: %+v, %v", own, err)
		}
		own, err := os.ReadFile(filepath.Join(to.Data, "erasures"))
		if err != nil || !slices.Equal(sorted(own), sorted(text)) {
			t.Errorf("the ledger afterwards is %q, want %q", own, text)
		}

		// A restore that skips the ledger must be seen to fail the same search.
		to = o.moved(k, engine)
		if _, err := restore(t, k, backup, to); err != nil {
			t.Fatal(err)
		}
		skipped := checked(t, to)
		if names, rows := found(skipped), sealed(skipped); len(names) != len(needles) || rows != 3 {
			t.Errorf("without the ledger the search finds only %q and %d receipts", names, rows)
		}
		if _, err := skipped.Signing.Confirm(ctx, token, "a browser", "", signing.Shown{}); err != nil {
			t.Errorf("without the ledger the link does not confirm: %v", err)
		}
	})
}

// Who withdrew or hid a name after the backup was made is not shown again: the ledger tells the restore so, and the log that
// goes on says it to everybody. Without the ledger both are back.
func TestRestore_hiddenStayHidden(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		k, o := newKeeper(t), withLetter(t, engine)
		o.sign("Ada Wren", "ada@example.org", roll.Public)
		withdrew := o.sign("Wilma Withdrew", "wilma@example.org", roll.Public)
		hid := o.sign("Hilda Hid", "hilda@example.org", roll.Public)
		o.publish()
		backup := o.backup(k)
		id := func(secret string) int64 {
			t.Helper()
			own, err := o.Signing.Receipts.Find(ctx, secret)
			if err != nil {
				t.Fatal(err)
			}
			return own[0].ID
		}
		if err := errors.Join(o.Signing.Receipts.Withdraw(ctx, withdrew, id(withdrew)), o.Signing.Receipts.Relist(ctx, hid, id(hid), roll.Counted),
			o.RecordErasures(ctx)); err != nil {
			t.Fatal(err)
		}
		ledger := filepath.Join(o.instance.Data, "erasures")
		text, err := os.ReadFile(ledger)
		if err != nil || !regexp.MustCompile(`^undersigned-erasures/v1\n(\d+ ){4}0 (signer\n(\d+ ){4}0 counted|counted\n(\d+ ){4}0 signer)\n$`).Match(text) {
			t.Fatalf("the ledger is %q, %v", text, err)
		}
		for _, c := range []struct {
			ledgers []string
			newKeys bool
			again   signing.Again
			shown   []string
		}{
			{[]string{ledger}, false, signing.Again{Ended: 1, Hidden: 1}, []string{"Ada Wren"}},
			{[]string{ledger}, true, signing.Again{Ended: 1, Hidden: 1}, []string{"Ada Wren"}},
			{nil, false, signing.Again{}, []string{"Ada Wren", "Hilda Hid", "Wilma Withdrew"}},
		} {
			to := o.moved(k, engine)
			if c.newKeys {
				to = testkit.Instance(t, engine)
			}
			report, err := restore(t, k, backup, to, func(r *app.Restore) { r.Ledgers, r.NewKeys = c.ledgers, c.newKeys })
			if err != nil || report.Again != c.again {
				t.Fatalf("%+v, %v", report, err)
			}
			a := testkit.App(t, engine, func(options *app.Options) { options.Instance = checked(t, to).instance })
			a.Publish(t)
			if report := testkit.Audit(t, a.URL); !report.OK() || report.Letters[0].Names != len(c.shown) {
				t.Errorf("%+v", report)
			}
			list := a.Client(t).Get(testkit.Page + "/signatories.csv").Body
			for _, name := range []string{"Ada Wren", "Hilda Hid", "Wilma Withdrew"} {
				if strings.Contains(list, name) != slices.Contains(c.shown, name) {
					t.Errorf("with the ledgers %q: %s in\n%s", c.ledgers, name, list)
				}
			}
			if dump := testkit.Dump(t, a.App); c.ledgers != nil && (strings.Contains(dump, "Wilma") || strings.Contains(dump, "Hilda")) {
				t.Error("a name that was taken away is in the clear")
			}
		}
	})
}

func sorted(text []byte) []string {
	lines := strings.Split(string(text), "\n")
	slices.Sort(lines)
	return lines
}

// A restore that is killed in the middle leaves an instance as empty as it was, which no command opens; the next one fills it.
func TestRestore_killed(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		k, o := newKeeper(t), withLetter(t, store.SQLite)
		noise := make([]byte, 1<<20) // what no compression makes small, in the tables that come last
		rand.Read(noise)
		o.sign("Mina Farahani", "mina@example.org", roll.Public)
		err := o.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qPlantNoise, noise, o.letter.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		backup := o.backup(k)
		to := o.moved(k, engine)
		before := rowsOf(lies(t, to))
		for _, part := range []int{len(backup) / 4, len(backup) - 1} {
			c := testkit.Command(t, to, "restore", "-", "--identity", k.file)
			in, err := c.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Write(backup[:part]); err != nil { // a pipe holds 64 KiB: the rest was read
				t.Fatal(err)
			}
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait()
			if got := rowsOf(lies(t, to)); got != before {
				t.Fatalf("killed after %d bytes of %d, it has left rows:\n%.1000s", part, len(backup), got)
			}
			if _, err := app.Open(t.Context(), app.Options{Instance: to}); err == nil || !strings.Contains(err.Error(), "run the same undersigned restore") {
				t.Fatalf("opening what a killed restore has left: %v", err)
			}
		}
		c := testkit.Command(t, to, "restore", "-", "--identity", k.file)
		c.Stdin = bytes.NewReader(backup)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if c := checked(t, to).counts(); c.Persons != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

var qPlantNoise = store.Q("test.plant_noise", `UPDATE signature_sealed SET sealed = $1 WHERE letter_id = $2`)

// What was restored is served only after its log was checked, and what was half restored is not opened at all.
func TestRestore_isNotServedUnchecked(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		k, o := newKeeper(t), withLetter(t, engine)
		o.sign("Mina Farahani", "mina@example.org", roll.Public)
		o.publish()
		to := o.moved(k, engine)
		backup := o.backup(k)

		// The checkpoint of somebody who was shown another log: noticed only when the rows are there.
		fork := forged(t, o)
		_, err := restore(t, k, backup, to, since(fork))
		if err == nil || !strings.Contains(err.Error(), "run the same command again") || !strings.Contains(err.Error(), "does not begin with") {
			t.Fatalf("a forked checkpoint: %v", err)
		}
		if _, err := app.Open(t.Context(), app.Options{Instance: to}); err == nil || !strings.Contains(err.Error(), "was interrupted") {
			t.Errorf("opening what was half restored: %v", err)
		}
		if _, err := restore(t, k, o.backup(k), to); err == nil || !strings.Contains(err.Error(), "another backup") {
			t.Errorf("another backup over it: %v", err)
		}
		bundle := filepath.Join(to.Data, "cache", testkit.Slug+".2.1.bundle.zip") // of what was here before
		if err := errors.Join(os.Mkdir(filepath.Dir(bundle), 0o700), os.WriteFile(bundle, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
		report, err := restore(t, k, backup, to)
		if err != nil || report.Former != originOf(o) {
			t.Fatalf("%+v, %v", report, err)
		}
		if _, err := os.Stat(bundle); err == nil {
			t.Error("a bundle of the instance before is still there")
		}
		server := &config.Server{Listen: "127.0.0.1:0", PublishEvery: time.Hour, MailWorkers: 1}
		if err := server.Complete(); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Open(t.Context(), app.Options{Instance: to, Server: server}); err == nil || !strings.Contains(err.Error(), "log check") {
			t.Errorf("a server on what was not checked: %v", err)
		}
		_ = checked(t, to).Close()
		a, err := app.Open(t.Context(), app.Options{Instance: to, Server: server})
		if err != nil {
			t.Fatalf("a server afterwards: %v", err)
		}
		_ = a.Close()
	})
}

func originOf(o *office) string {
	origin, _, _ := strings.Cut(o.Log.Key(), "+")
	return origin
}

// forged returns a checkpoint of a tree that never was, signed with the log's key.
func forged(t *testing.T, o *office) (file string) {
	t.Helper()
	secret, err := os.ReadFile(filepath.Join(o.instance.Data, "keys", "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := verify.Checkpoint{Origin: originOf(o), Size: 2, Root: verify.Hash{1}}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, text)
}

// The log continues only where nobody outside has seen more of it than the backup holds; else another goes on from it.
func TestRestore_log(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		k, o := newKeeper(t), withLetter(t, engine)
		secret := o.sign("Mina Farahani", "mina@example.org", roll.Public)
		o.publish()
		early := o.checkpoint()
		backup := o.backup(k)
		o.sign("Ada Wren", "ada@example.org", roll.Public)
		o.publish()
		late := o.checkpoint()

		if _, err := restore(t, k, backup, o.moved(k, engine), since(late)); err == nil ||
			!strings.Contains(err.Error(), "the public has seen 3 leaves of the log, and the backup holds 2") {
			t.Errorf("a later checkpoint: %v", err)
		}
		if _, err := restore(t, k, backup, o.moved(k, engine), since(k.file)); err == nil || !strings.Contains(err.Error(), "no checkpoint of the log") {
			t.Errorf("no checkpoint: %v", err)
		}
		keyless := o.moved(k, engine)
		if err := os.Remove(filepath.Join(keyless.Data, "keys", "log.key")); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(t, k, backup, keyless, since(early)); err == nil || !strings.Contains(err.Error(), "has no log.key of it") {
			t.Errorf("without its key: %v", err)
		}
		same := keyless
		same.Origin = originOf(o)
		if _, err := restore(t, k, backup, same); err == nil || !strings.Contains(err.Error(), "another name") {
			t.Errorf("the same name without --since: %v", err)
		}

		to := o.moved(k, engine)
		if err := os.Remove(filepath.Join(to.Data, "keys", "instance.json")); err != nil { // as on another machine, where nobody knows
			t.Fatal(err)
		}
		if report, err := restore(t, k, backup, to, since(early)); err != nil || report.Origin != originOf(o) || report.Former != "" {
			t.Fatalf("%+v, %v", report, err)
		}
		continued := checked(t, to)
		if continued.Log.Key() != o.Log.Key() {
			t.Error("the log that continues has another key")
		}

		for _, named := range []string{"", "letters.example.org/log"} {
			to := keyless
			if named != "" {
				to = o.moved(k, engine) // with the old key, which must not be used
				to.Origin = named
			}
			report, err := restore(t, k, backup, to)
			if err != nil || report.Former != originOf(o) || report.Origin == originOf(o) || named != "" && report.Origin != named {
				t.Fatalf("%+v, %v", report, err)
			}
			to.Origin = ""
			next := checked(t, to)
			if originOf(next) != report.Origin || next.Log.Key() == o.Log.Key() {
				t.Errorf("the log is %s", next.Log.Key())
			}
			former, err := next.FormerLogs(ctx)
			if err != nil || len(former) != 1 || former[0].Key != o.Log.Key() || !strings.Contains(former[0].Checkpoint, "— "+originOf(o)) {
				t.Errorf("former logs %+v, %v", former, err)
			}
			if err := next.Log.CheckEdge(ctx); err != nil {
				t.Error(err)
			}
			next.sign("Petra Blau", "petra@example.org", roll.Public)
			if c := next.counts(); c.Persons != 2 {
				t.Errorf("counts %+v", c)
			}
			own, err := next.Signing.Receipts.Find(ctx, secret)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := next.Signing.Receipts.Proof(ctx, secret, own[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			receipt, err := verify.ParseReceipt(proof.File)
			if err != nil {
				t.Fatal(err)
			}
			key, err := note.NewVerifier(next.Log.Key())
			if err != nil {
				t.Fatal(err)
			}
			if _, _, record, err := receipt.Check(key); err != nil || record.Name != "Mina Farahani" {
				t.Errorf("an old signature in the new log: %+v, %v", record, err)
			}
			aside, _ := filepath.Glob(filepath.Join(to.Data, "keys", "log-*.key"))
			if (named != "") != (len(aside) == 1) {
				t.Errorf("old keys: %q", aside)
			}
		}
	})
}

// With the instance key lost, what is public comes back: the letter, names, counts, the log. The rest is given up.
func TestRestore_newKeys(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		k, o := newKeeper(t), withLetter(t, engine)
		secret := o.sign("Ada Wren", "ada@example.org", roll.Public)
		o.sign("Kept Back", "kept@example.org", roll.Counted)
		o.submit("Not Yet", "waits@example.org", roll.Public)
		before := o.counts()
		backup := o.backup(k)
		to := testkit.Instance(t, engine)
		report, err := restore(t, k, backup, to, func(r *app.Restore) { r.NewKeys = true })
		if err != nil || report.Lost == nil || *report.Lost != (signing.Lost{Submissions: 1, Sealed: 2, Tags: 2}) {
			t.Fatalf("%+v, %v", report, err)
		}
		back := checked(t, to)
		if back.Signing.Keys.Fingerprint() == o.Signing.Keys.Fingerprint() {
			t.Error("the lost key is back")
		}
		if c := back.counts(); c.Persons != before.Persons || c.Withheld != before.Withheld {
			t.Errorf("counts %+v, before %+v", c, before)
		}
		if own, err := back.Signing.Receipts.Find(ctx, secret); err != nil || own[0].Email != "" || own[0].State != signing.StateListed {
			t.Errorf("a receipt shows %+v, %v", own, err)
		}
		again := back.sign("Ada Wren", "ada@example.org", roll.Public)
		if own, err := back.Signing.Receipts.Find(ctx, again); err != nil || own[0].Email != "ada@example.org" {
			t.Errorf("signing afresh: %+v, %v", own, err)
		}
		if _, err := seal.ReadKeys(to.Data); err != nil {
			t.Error(err)
		}
		if _, _, err := back.Letters.Import(ctx,
			letter.Import{Slug: "another", Text: letter.Text{Language: "en", Title: "On the mill", Body: "It turns."}, Publish: true}); err != nil {
			t.Errorf("another letter: %v", err)
		}
	})
}

// While a restore runs on a folder no server starts there, and beside a server nothing is restored.
func TestRestore_besideAServer(t *testing.T) {
	k, o := newKeeper(t), withLetter(t, store.SQLite)
	a := testkit.App(t, store.SQLite)
	if _, err := restore(t, k, o.backup(k), a.Options.Instance, func(r *app.Restore) { r.NewKeys = true }); err == nil ||
		!strings.Contains(err.Error(), "another server is running") {
		t.Errorf("%v", err)
	}
	if r := a.Client(t).Get(testkit.Page); r.Status != 200 {
		t.Errorf("afterwards the server answers with %d", r.Status)
	}
}

// The server keeps the ledger up to date, also with what a command beside it has erased.
func TestServe_keepsTheLedger(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		o := withLetter(t, engine)
		o.erase(o.sign("Mina Farahani", "mina@example.org", roll.Public))
		testkit.App(t, engine, func(options *app.Options) { options.Instance = o.instance })
		testkit.Eventually(t, "the ledger is written", func() bool {
			text, _ := os.ReadFile(filepath.Join(o.instance.Data, "erasures"))
			return strings.Count(string(text), "\n") == 2
		})
	})
}
