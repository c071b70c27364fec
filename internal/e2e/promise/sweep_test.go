package promise

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// planted is a signer whose words occur nowhere else. Name, title, affiliation and organisation have one stem, the address another.
type planted struct {
	word, mail string
	listing    string
	client     *testkit.Client
	secret, id string
	sealed     []needle // rows and tags that hold or find them
}

// needle is something that is looked for; what stands for itself and in which spellings.
type needle struct {
	what   string
	bytes  []byte
	folded bool // whatever the case of its letters
}

// spellings are a word as it would stand in a file, a mail, a URL, a dump.
func spellings(what, word string) (all []needle) {
	all = append(all, needle{what, []byte(strings.ToLower(word)), true})
	for _, w := range []string{word, strings.ToLower(word)} {
		all = append(all, needle{what + " in hexadecimal", []byte(hex.EncodeToString([]byte(w))), true})
		for before := range 3 {
			code := base64.StdEncoding.EncodeToString(append(make([]byte, before), w...))
			all = append(all, needle{what + " in base64", []byte(code[(before*8+5)/6 : (before+len(w))*8/6]), false})
		}
	}
	return all
}

func (p *planted) words() []needle {
	return append(spellings("a name ("+p.listing+")", p.word), spellings("an address ("+p.listing+")", p.mail)...)
}

func (p *planted) all() []needle { return append(p.words(), p.sealed...) }

// swept is a file, or what a file of several holds.
type swept struct {
	name        string
	data, lower []byte
}

func sweep(t *testing.T, folders ...string) (all []swept) {
	t.Helper()
	add := func(name string, data []byte) { all = append(all, swept{name, data, bytes.ToLower(data)}) }
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) || err == nil && !d.Type().IsRegular() {
				return nil
			}
			if err != nil {
				return err
			}
			data, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			add(path, data)
			if archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
				for _, f := range archive.File {
					in, err := f.Open()
					if err != nil {
						return err
					}
					data, err := io.ReadAll(in)
					if err != nil {
						return err
					}
					add(path+"/"+f.Name, data)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// hits says what is where.
func hits(files []swept, needles []needle) (found []string) {
	for _, f := range files {
		for _, n := range needles {
			data := f.data
			if n.folded {
				data = f.lower
			}
			if bytes.Contains(data, n.bytes) {
				found = append(found, n.what+" in "+f.name)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func is(t *testing.T, files []swept, needles []needle, when string) {
	t.Helper()
	if found := hits(files, needles); len(found) == 0 {
		t.Errorf("%s nothing is found: the search is broken", when)
	}
}

func isNot(t *testing.T, files []swept, needles []needle, when string) {
	t.Helper()
	if found := hits(files, needles); len(found) > 0 {
		t.Errorf("%s there is %q", when, found)
	}
}

// visitor is what their browser and network would be recognised by.
var visitor = append(spellings("a browser", "Quibblewick"), spellings("a network", "203.0.113.77")...)

var visitorHeader = []string{"User-Agent", "Quibblewick/7.7", "X-Forwarded-For", "203.0.113.77"}

// plant signs and confirms.
func plant(t *testing.T, base string, inbox *testkit.Inbox, word, listing string) *planted {
	t.Helper()
	p := &planted{word: "Wexlo" + word, mail: "drumfitz" + word, listing: listing, client: testkit.NewClient(t, base)}
	form := testkit.SignForm(p.word+" Quéntish", p.mail+"@sweep.example")
	form.Set("title", "Keeper of "+p.word)
	form.Set("affiliation", p.word+" Library")
	form.Set("listing", listing)
	if r := p.client.Post(testkit.Page+"/signatures", form, visitorHeader...); r.Status != http.StatusSeeOther {
		t.Fatalf("signing was answered with %d: %s", r.Status, r.Main(t))
	}
	mail := inbox.Wait(t, p.mail+"@sweep.example")
	p.secret = p.client.Post("/confirm/"+mail.Token(), testkit.Press("confirm"), visitorHeader...).Secret(t)
	p.id = p.client.Post("/signature", testkit.Press("show", "secret", p.secret), visitorHeader...).SignatureID(t)
	return p
}

func (p *planted) press(t *testing.T, what string) {
	t.Helper()
	if r := p.client.Post("/signature", testkit.Press(what, "secret", p.secret, "id", p.id, "sure", "1"), visitorHeader...); r.Status != http.StatusOK {
		t.Fatalf("%s was answered with %d: %s", what, r.Status, r.Main(t))
	}
}

var qSweepRows = store.Q("sweep.rows", `
	SELECT CAST(s.id AS TEXT), s.mailbox_tag, s.tag, s.secret_hash, x.sealed, p.sealed, p.token_hash, p.browser_hash, u.salt
	FROM signature s JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
	LEFT JOIN pending p ON p.id = s.pending_id LEFT JOIN signature_public u ON u.letter_id = s.letter_id AND u.id = s.id`)

// readSealed reads from beside the server what is stored of the planted.
func readSealed(t *testing.T, instance config.Instance, all []*planted) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	err = a.DB.View(t.Context(), func(tx *store.Tx) error {
		_, err := store.List(tx, qSweepRows, func(row store.Row) (none struct{}, err error) {
			var id string
			var columns [8][]byte
			err = row.Scan(&id, &columns[0], &columns[1], &columns[2], &columns[3], &columns[4], &columns[5], &columns[6], &columns[7])
			for _, p := range all {
				if p.id != id {
					continue
				}
				names := []string{"a mailbox tag", "a tag", "a receipt", "a sealed row", "a pending row", "a token", "a browser hash", "a salt"}
				for i, data := range columns {
					for ; len(data) >= 8; data = data[min(len(data), 16):] { // whatever is left of it
						p.sealed = append(p.sealed, needle{names[i] + " (" + p.listing + ")", data[:min(len(data), 16)], false})
					}
				}
			}
			return none, err
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if len(p.sealed) < 20 {
			t.Fatalf("of %s %d pieces are stored", p.word, len(p.sealed))
		}
	}
}

// swarm signs without end, so that the server has no quiet moment.
func swarm(t *testing.T, base string) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	for w := range 3 {
		c := testkit.NewClient(t, base)
		go func() {
			n := 0
			for ; ctx.Err() == nil; n++ {
				form := testkit.SignForm("Busy Body", fmt.Sprintf("w%dn%d@busy.example", w, n)).Encode()
				_, _ = c.Try(http.MethodPost, testkit.Page+"/signatures", strings.NewReader(form), "Content-Type", testkit.Urlencoded)
			}
			done <- n
		}()
	}
	return func() {
		cancel()
		n := <-done + <-done + <-done
		if n < 30 {
			t.Errorf("%d submissions are no load", n)
		}
	}
}

// sweptServer is a server process of which everything it writes is looked at.
type sweptServer struct {
	instance config.Instance
	inbox    *testkit.Inbox
	folders  []string // everything that it or the database writes to
	temp     string
	process  *exec.Cmd
	url      string
}

func newSwept(t *testing.T, engine store.Engine) *sweptServer {
	t.Helper()
	s := &sweptServer{instance: testkit.Instance(t, engine), inbox: testkit.NewInbox(t), temp: t.TempDir()}
	s.folders = []string{s.instance.Data, s.temp}
	if engine == store.Postgres {
		address, err := url.Parse(s.instance.Database)
		if err != nil {
			t.Fatal(err)
		}
		s.folders = append(s.folders, address.Query().Get("host"))
	}
	prepare, err := app.Open(t.Context(), app.Options{Instance: s.instance})
	if err != nil {
		t.Fatal(err)
	}
	testkit.AddLetter(t, prepare)
	if err := prepare.Close(); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	return s
}

func (s *sweptServer) start(t *testing.T) {
	t.Helper()
	s.process = testkit.Command(t, s.instance, append(testkit.ServeArgs(s.inbox), "--trust-proxy", "127.0.0.0/8")...)
	s.process.Env = append(s.process.Env, "TMPDIR="+s.temp, "SQLITE_TMPDIR="+s.temp)
	s.url = testkit.Begin(t, s.process)
}

// end ends the process and keeps its log among the files that are looked at.
func (s *sweptServer) end(t *testing.T, how os.Signal) {
	t.Helper()
	if err := s.process.Process.Signal(how); err != nil {
		t.Fatal(err)
	}
	_ = s.process.Wait()
	log := s.process.Stderr.(*bytes.Buffer)
	if log.Len() == 0 {
		t.Error("the server has no log")
	}
	if err := os.WriteFile(filepath.Join(s.temp, fmt.Sprintf("log-%d", s.process.Process.Pid)), log.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bundle has the server build a bundle and a document, which hold public names.
func (s *sweptServer) bundle(t *testing.T) {
	t.Helper()
	for _, file := range []string{"/bundle.zip", "/editions/1.en.docx"} {
		if r := testkit.NewClient(t, s.url).Get(testkit.Page + file); r.Status != http.StatusOK {
			t.Errorf("%s is answered with %d", file, r.Status)
		}
	}
}

// signers plants one of each listing, a bundle and a backup, and looks at what is on the disk of people who have signed.
func (s *sweptServer) signers(t *testing.T, more ...string) (each []*planted, others []*planted) {
	t.Helper()
	for _, listing := range []string{"public", "addressee", "coalition", "counted"} {
		each = append(each, plant(t, s.url, s.inbox, "each"+listing, listing))
	}
	for _, word := range more {
		others = append(others, plant(t, s.url, s.inbox, word, "public"))
	}
	everybody := slices.Concat(each, others)
	c := testkit.NewClient(t, s.url)
	for _, p := range append(others, each[0]) {
		testkit.Eventually(t, "the name is listed", func() bool {
			return strings.Contains(c.Get(testkit.Page+"/signatories?kind=person&q="+p.word).Body, p.word)
		})
	}
	s.bundle(t)
	readSealed(t, s.instance, everybody)
	_, recipient, err := seal.NewIdentity(false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := testkit.Command(t, s.instance, "backup", filepath.Join(s.temp, "backup.age"), "--recipient", recipient).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files := sweep(t, s.folders...)
	isNot(t, files, visitor, "of who has signed")
	for _, p := range everybody {
		is(t, files, p.sealed, "sealed of who has signed")
		if p.listing == "public" {
			is(t, files, p.words(), "of who is on the list")
			isNot(t, files, spellings("an address", p.mail), "of who is on the list")
		} else {
			isNot(t, files, p.words(), "of who is not on the list")
		}
	}
	return each, others
}

// Of who erases their signature nothing is left on the disk after ten seconds, in any place and however they signed: while the
// server is busy, when it is quiet, at once when it stops, and at its next start when it is killed. Of who withdraws, what is in
// clear goes.
func TestSweep_erasedIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	s := newSwept(t, store.SQLite)
	each, others := s.signers(t, "quiet", "killed", "stopped", "withdrawn")
	quiet, killed, stopped, withdrawn := others[0], others[1], others[2], others[3]
	stop := swarm(t, s.url)
	for _, p := range each {
		p.press(t, "erase")
	}
	var erased []needle
	for _, p := range each {
		erased = append(erased, p.all()...)
	}
	goneIn(t, s, erased)
	stop()
	quiet.press(t, "erase")
	withdrawn.press(t, "withdraw")
	goneIn(t, s, append(quiet.all(), withdrawn.words()...))
	is(t, sweep(t, s.folders...), withdrawn.sealed, "sealed of who has withdrawn")
	s.bundle(t)
	killed.press(t, "erase")
	s.end(t, os.Kill)
	s.start(t)
	goneIn(t, s, killed.all())
	s.bundle(t)
	for _, p := range []*planted{stopped, withdrawn} {
		p.client.MoveTo(s.url)
		p.press(t, "erase")
	}
	s.end(t, os.Interrupt)
	files := sweep(t, s.folders...)
	isNot(t, files, append(stopped.all(), withdrawn.all()...), "after a stop")
	isNot(t, files, append(erased, visitor...), "in the end")
}

// goneIn waits for as long as is promised.
func goneIn(t *testing.T, s *sweptServer, needles []needle) {
	t.Helper()
	for late := time.Now().Add(10 * time.Second); ; {
		begun := time.Now()
		found := hits(sweep(t, s.folders...), needles)
		if len(found) == 0 {
			return
		}
		if begun.After(late) {
			t.Fatalf("after ten seconds there is still %q", found)
		}
	}
}

// With the end of a letter's time, its key and all that is sealed under it leave the disk.
func TestSweep_purgedIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	clock := testkit.NewClock()
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Now = clock.Now })
	_, _ = a.SignAndConfirm(t, testkit.SignForm("Wexlopurged Quéntish", "drumfitzpurged@sweep.example"))
	a.Publish(t)
	var sealed []needle
	err := a.DB.View(t.Context(), func(tx *store.Tx) error {
		var row, waiting, key []byte
		err := tx.Row(qSweepPurged).Scan(&row, &waiting, &key)
		for what, data := range map[string][]byte{"a sealed row": row, "a pending row": waiting, "the letter's key": key} {
			for ; len(data) >= 16; data = data[16:] {
				sealed = append(sealed, needle{what, data[:16], false})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range sealed {
		is(t, sweep(t, a.Folder()), []needle{n}, "sealed of who has signed")
	}
	if err := a.Letters.Close(t.Context(), testkit.Slug, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(letter.KeptAfterClose + 24*time.Hour)
	if err := a.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(10 * time.Second); len(hits(sweep(t, a.Folder()), sealed)) > 0; {
		if time.Now().After(late) {
			t.Fatalf("after ten seconds there is still %q", hits(sweep(t, a.Folder()), sealed))
		}
	}
}

var qSweepPurged = store.Q("sweep.purged", `
	SELECT x.sealed, p.sealed, l.data_key FROM letter l JOIN signature s ON s.letter_id = l.id
	JOIN signature_sealed x ON x.letter_id = l.id AND x.id = s.id JOIN pending p ON p.id = s.pending_id`)

// PostgreSQL keeps what is erased until its tables are rewritten and its log has been replaced, as docs/operate.md says.
func TestSweep_erasedIsGoneFromPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	s := newSwept(t, store.Postgres)
	each, _ := s.signers(t)
	conn, err := pgx.Connect(t.Context(), s.instance.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil { // as the server does now and then: samples of names
		t.Fatal(err)
	}
	var erased []needle
	for _, p := range each {
		p.press(t, "erase")
		erased = append(erased, p.all()...)
	}
	s.end(t, os.Interrupt)
	is(t, sweep(t, s.folders...), erased, "without what the documentation asks for")
	for _, statement := range documented(t) {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	isNot(t, sweep(t, s.folders...), append(erased, visitor...), "after what the documentation asks for")
}

// documented returns the statements of the documentation.
func documented(t *testing.T) (statements []string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```sql\n")
	block, _, ok := strings.Cut(rest, "```")
	for line := range strings.SplitSeq(block, ";\n") {
		if strings.TrimSpace(line) != "" {
			statements = append(statements, line)
		}
	}
	if !ok || len(statements) < 3 {
		t.Fatalf("the documentation has %d statements", len(statements))
	}
	return statements
}
