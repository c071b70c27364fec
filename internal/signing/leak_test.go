package signing_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

var (
	quoted   = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)
	qPlant   = store.Q("test.plant", `UPDATE signature SET reason = $1 WHERE letter_id = $2`)
	encoding = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}
)

// stored returns everything that lies on disk or in the tables: a dump with its binary columns decoded, and on SQLite the
// bytes of the database's files.
func stored(t *testing.T, db *store.DB, folder string) []byte {
	t.Helper()
	var all bytes.Buffer
	if err := db.Dump(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	dump := bytes.Clone(all.Bytes())
	for _, word := range quoted.FindAll(dump, -1) {
		for _, e := range encoding {
			if plain, err := e.DecodeString(string(word)); err == nil {
				all.WriteByte('\n')
				all.Write(plain)
				break
			}
		}
	}
	files, _ := filepath.Glob(filepath.Join(folder, "undersigned.db*"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.Bytes()
}

func TestStored_withheldSignersAreNowhereInTheClear(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			clock := testkit.NewClock()
			o := store.Options{Now: clock.Now, Data: t.TempDir()}
			if engine == store.Postgres {
				o.Database = testkit.PostgresURL(t)
			}
			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			d := newDesk(t, db, clock)
			needles := []string{"Zarafshan", "Quillfeather", "zq-address", "Vexillology", "Institute of Zymurgy", "Wharfinger"}
			for _, l := range []roll.Listing{roll.Counted, roll.Addressee, roll.Coalition} {
				for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
					id := d.Submit("zq-address."+string(l)+string(kind)+"@example.org", testkit.Named("Zarafshan Quillfeather"), testkit.As(kind, "Wharfinger Union "+string(l)), testkit.Listed(l),
						func(r *signing.Request) { r.Title, r.Affiliation = "Vexillology", "Institute of Zymurgy" })
					w, err := d.Signing.Waiting(t.Context(), id, testkit.BrowserCookie)
					if err != nil {
						t.Fatal(err)
					}
					token := d.Token(id)
					if err := d.Signing.MailCode(t.Context(), token); err != nil {
						t.Fatal(err)
					}
					r := d.Press(token)
					needles = append(needles, token, r.Secret, "\""+w.Code+"\"")
				}
			}
			d.Submit("zq-address.pending@example.org", testkit.Named("Zarafshan Quillfeather")) // public, but not confirmed
			d.Apply(d.Plan(testkit.List(t, "Name,Affiliation,Email,Listing\nZarafshan Ofalist,Institute of Zymurgy,zq-address.listed@example.org,addressee\nQuillfeather Onpaper,,,no\n")))
			needles = append(needles, "Ofalist", "Onpaper")
			d.Publish()
			all := stored(t, db, o.Data)
			for _, needle := range append(needles, testkit.BrowserCookie) {
				if bytes.Contains(all, []byte(needle)) || bytes.Contains(all, []byte(hex.EncodeToString([]byte(needle)))) {
					t.Errorf("%q is stored in the clear", needle)
				}
			}
			for _, planted := range []string{"Zarafshan", needles[len(needles)-2]} { // the search itself works
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Exec(qPlant, planted, d.Letter.ID)
					return err
				})
				if err != nil || !bytes.Contains(stored(t, db, o.Data), []byte(planted)) {
					t.Errorf("a planted leak of %q was not found (%v)", planted, err)
				}
			}
		})
	}
}
