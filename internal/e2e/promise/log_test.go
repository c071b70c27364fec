package promise

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// Clients written by others read the log over HTTP and find it consistent: every entry, every tile, the root.
func TestLog_otherClientsAgree(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		a.FillLog(t)
		ctx := t.Context()
		key, err := note.NewVerifier(strings.TrimSpace(a.Client(t).Get("/log/key").Body))
		if err != nil {
			t.Fatal(err)
		}

		fetcher, err := torchwood.NewTileFetcher(a.URL + "/log")
		if err != nil {
			t.Fatal(err)
		}
		signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		one := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(key.Name()), torchwood.SingleVerifierPolicy(key))
		checkpoint, _, err := torchwood.VerifyCheckpoint(signed, one)
		if err != nil {
			t.Fatal(err)
		}
		reader, err := torchwood.NewClient(fetcher)
		if err != nil {
			t.Fatal(err)
		}
		read := int64(0)
		for index, entry := range reader.AllEntries(ctx, checkpoint.Tree, 0) {
			if index != read {
				t.Fatalf("entry %d after %d", index, read)
			}
			if _, err := verify.Parse(entry); err != nil {
				t.Error(err)
			}
			read++
		}
		if err := reader.Err(); err != nil || read != checkpoint.N || read < 270 {
			t.Errorf("torchwood read %d of %d entries, %v", read, checkpoint.N, err)
		}

		base, err := url.Parse(a.URL + "/log/")
		if err != nil {
			t.Fatal(err)
		}
		source, err := client.NewHTTPFetcher(base, http.DefaultClient)
		if err != nil {
			t.Fatal(err)
		}
		hash := func(bundle []byte) (hashes [][]byte, err error) {
			var b api.EntryBundle
			if err := b.UnmarshalText(bundle); err != nil {
				return nil, err
			}
			for _, e := range b.Entries {
				h := rfc6962.DefaultHasher.HashLeaf(e)
				hashes = append(hashes, h)
			}
			return hashes, nil
		}
		if err := fsck.New(key.Name(), key, source, hash, fsck.Opts{N: 2}).Check(ctx); err != nil {
			t.Errorf("tessera's fsck: %v", err)
		}
		// The planted defect: the same check of a log with one bit turned.
		if err := fsck.New(key.Name(), key, twisted{source}, hash, fsck.Opts{N: 2}).Check(ctx); err == nil {
			t.Error("a turned bit was not found")
		}
	})
}

// twisted is a log with one bit turned in its first bundle.
type twisted struct{ fsck.Fetcher }

func (f twisted) ReadEntryBundle(ctx context.Context, i uint64, p uint8) ([]byte, error) {
	data, err := f.Fetcher.ReadEntryBundle(ctx, i, p)
	if err == nil && i == 0 {
		data = bytes.Clone(data)
		data[100] ^= 1
	}
	return data, err
}

// Every number, name and text that the site shows follows from its log, over HTTP and from a bundle; a number that does
// not, a name that was changed, a text that was touched are found.
func TestLog_verifiesWhatTheSiteClaims(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		a.FillLog(t)
		ctx := t.Context()
		audit := func(address string) verify.Report {
			t.Helper()
			source, err := verify.FromURL(ctx, http.DefaultClient, address)
			if err != nil {
				t.Fatal(err)
			}
			report, err := verify.Audit(ctx, source, verify.Options{Key: a.App.Log.Key()})
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		for _, address := range []string{a.URL, a.URL + "/fa" + testkit.Page} {
			report := audit(address)
			if !report.OK() || len(report.Letters) != 1 {
				t.Fatalf("%s: %+v", address, report)
			}
			l := report.Letters[0]
			// 260 imported; stays, hides, shows, twice, again, later by mail; leaves and the two of erases withdrawn; forged removed.
			want := verify.Counts{Persons: 266, Withheld: 130 + 2, Imported: 260, Withdrawn: 3, Removed: 1, Earlier: 264}
			if l.Counted != want || l.Names != 134 || l.Ended[verify.Reaffirmed] != 2 {
				t.Errorf("%+v, want %+v; %d names, ended %v", l.Counted, want, l.Names, l.Ended)
			}
		}
		if _, problems, err := a.CheckLog(ctx); err != nil || len(problems) > 0 {
			t.Errorf("the own check: %v, %v", problems, err)
		}

		answer := a.Client(t).Get(testkit.Page + "/bundle.zip")
		if answer.Status != 200 || answer.Header.Get("Content-Type") != "application/zip" {
			t.Fatalf("the bundle: %d %s", answer.Status, answer.Main(t))
		}
		archive, err := zip.NewReader(strings.NewReader(answer.Body), int64(len(answer.Body)))
		if err != nil {
			t.Fatal(err)
		}
		source, err := verify.FromBundle(archive)
		if err != nil {
			t.Fatal(err)
		}
		if report, err := verify.Audit(ctx, source, verify.Options{Key: a.App.Log.Key()}); err != nil || !report.OK() || report.Letters[0].Names != 134 {
			t.Errorf("the bundle: %+v, %v", report, err)
		}
		if part := a.Client(t).Get(testkit.Page+"/bundle.zip", "Range", "bytes=0-3"); part.Status != 206 || part.Body != answer.Body[:4] {
			t.Errorf("a part of the bundle: %d %q", part.Status, part.Body)
		}
		for _, secret := range []string{"Hesper Leave", "Erased Trust", "Hesper Hides", "log.example"} {
			for _, f := range archive.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				var text bytes.Buffer
				if _, err := text.ReadFrom(r); err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(text.Bytes(), []byte(secret)) {
					t.Errorf("%s holds %q", f.Name, secret)
				}
			}
		}

		for what, plant := range map[string]*store.Query{
			"persons: the site says": qPlantCount, "the name of leaf": qPlantName, "signed was": qPlantText, "deadline: the site says": qPlantDeadline,
		} {
			if err := a.DB.Update(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(plant); err != nil {
					return err
				}
				return letter.Touch(tx, testkit.Letter(t, a.App).ID)
			}); err != nil {
				t.Fatal(err)
			}
			testkit.Eventually(t, "the planted difference shows: "+what, func() bool {
				report := audit(a.URL + testkit.Page)
				return !report.OK() && strings.Contains(fmt.Sprint(report.Problems, report.Letters[0].Problems), what)
			})
		}
		if _, problems, err := a.CheckLog(ctx); err != nil || len(problems) < 3 {
			t.Errorf("the own check finds %v, %v", problems, err)
		}
	})
}

// What is about a letter is in the log at once, however slow its rhythm: a new letter, a new edition and a moved deadline
// verify within seconds, on the page and from a bundle.
func TestLog_textsDoNotWaitForTheRhythm(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine, func(o *app.Options) { o.Server.PublishEvery = time.Hour })
		text := testkit.ReadText(t, "granary.en.md")
		text.Body += "\n\nAnd one more paragraph."
		deadline := letter.Deadline{At: time.Now().Add(48 * time.Hour), Zone: time.UTC}
		for i, change := range []func() error{
			func() error { return nil },
			func() error {
				_, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: letter.FollowsSubstantive, Publish: true})
				return err
			},
			func() error {
				_, err := a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Deadline: &deadline}, 0)
				return err
			},
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			testkit.Eventually(t, fmt.Sprintf("change %d verifies", i), func() bool { return testkit.Audit(t, a.URL).OK() })
		}
		answer := a.Client(t).Get(testkit.Page + "/bundle.zip")
		archive, err := zip.NewReader(strings.NewReader(answer.Body), int64(len(answer.Body)))
		if err != nil {
			t.Fatal(err)
		}
		source, err := verify.FromBundle(archive)
		if err != nil {
			t.Fatal(err)
		}
		if report, err := verify.Audit(t.Context(), source, verify.Options{}); err != nil || !report.OK() || len(report.Letters[0].Editions) != 2 {
			t.Errorf("the bundle: %+v, %v", report, err)
		}
	})
}

var (
	qPlantCount = store.Q("test.plant_count",
		`UPDATE tally SET n = n + 1, sequenced = sequenced + 1 WHERE outcome = 'counted' AND basis = 'paper' AND kind = 'person'`)
	qPlantName     = store.Q("test.plant_name", `UPDATE signature_public SET name = 'Somebody Else' WHERE name = 'Ann Ba Lee' OR name = 'Hesper Stays'`)
	qPlantText     = store.Q("test.plant_text", `UPDATE edition_text SET canonical = canonical || '.' WHERE number = 1 AND language = 'en'`)
	qPlantDeadline = store.Q("test.plant_deadline", `UPDATE letter SET deadline_at = 1900000000000000`)
)

var promiseText = regexp.MustCompile(`(?s)<pre[^>]*>(undersigned\.log/v1 promise\n.*?)</pre>`)

// A signer gets a promise with the confirmation, the same again when the link is opened again, and once the leaf is in a
// checkpoint a receipt that keeps the promise and needs no server to be checked.
func TestReceipt_promiseAndProof(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ctx := t.Context()
		form := testkit.SignForm("Hesper Quillan", "hesper@quill.example")
		form.Set("kind", "both")
		form.Set("organisation", "Ferrymen of the Sill")
		form.Set("listing", "coalition")
		c := a.Client(t)
		_, mail := a.Sign(t, c, form)
		page := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"))
		secret := page.Secret(t)
		promises := promiseText.FindAllStringSubmatch(page.Body, -1)
		if len(promises) != 2 {
			t.Fatalf("%d promises on the page, want 2", len(promises))
		}
		again := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"))
		if got := promiseText.FindAllStringSubmatch(again.Body, -1); len(got) != 2 || got[0][1] != promises[0][1] || got[1][1] != promises[1][1] ||
			again.Secret(t) != secret {
			t.Error("the page shows another promise or receipt the second time")
		}
		if a.Inbox.Count() != 1 || strings.Contains(mail.Text, secret) {
			t.Errorf("%d mails, or one that holds the receipt", a.Inbox.Count())
		}
		name, err := verify.PromiseKey(a.App.Log.Key())
		if err != nil {
			t.Fatal(err)
		}
		promiseKey, err := note.NewVerifier(name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := note.NewVerifier(a.App.Log.Key())
		if err != nil {
			t.Fatal(err)
		}
		a.Publish(t)
		own, err := a.Signing.Receipts.Find(ctx, secret)
		if err != nil || len(own) != 2 {
			t.Fatalf("%d signatures, %v", len(own), err)
		}
		kept := map[verify.Hash]bool{}
		for _, o := range own {
			file := c.Post("/signature", testkit.Press("proof", "secret", secret, "id", fmt.Sprint(o.ID)))
			if file.Status != 200 || !strings.Contains(file.Header.Get("Content-Disposition"), ".tlog-proof") {
				t.Fatalf("the proof: %d %s", file.Status, file.Main(t))
			}
			r, err := verify.ParseReceipt([]byte(file.Body))
			if err != nil {
				t.Fatal(err)
			}
			sign, edition, record, err := r.Check(key)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[verify.Kind]string{verify.Person: "Hesper Quillan", verify.Organisation: "Ferrymen of the Sill"}[o.Kind]; record.Name != want ||
				sign.Listing != verify.Withheld || edition.Number != 1 {
				t.Errorf("the receipt says %+v %+v %+v", sign, edition, record)
			}
			// Others' tools check it too, and the contact opens to the address with the salt in the receipt.
			if err := torchwood.VerifyProof(torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(key.Name()), torchwood.SingleVerifierPolicy(key)),
				tlog.RecordHash([]byte(r.Extra.Leaf)), []byte(file.Body)); err != nil {
				t.Errorf("torchwood: %v", err)
			}
			contact := verify.Contact{Address: "hesper@quill.example", Basis: verify.ByEmail, Day: sign.Day}
			if contact.Commit(verify.Salt(r.Extra.ContactSalt)) != sign.Contact {
				t.Error("the contact does not open")
			}
			kept[sign.Record] = true
		}
		for _, m := range promises {
			promise, err := verify.OpenPromise([]byte(html.UnescapeString(m[1])), promiseKey)
			if err != nil || !kept[promise.Record] {
				t.Errorf("the promise %+v is not kept: %v", promise, err)
			}
		}
	})
}
