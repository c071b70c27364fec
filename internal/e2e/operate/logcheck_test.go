package operate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// damage is one change behind the server's back, and what the log check says of it.
type damage struct {
	what  string
	spoil *store.Query
	says  string
}

var damages = []damage{
	{"a public name", store.Q("test.spoil_name", `UPDATE signature_public SET name = name || 'x' WHERE id = (SELECT MIN(id) FROM signature_public)`),
		"its public name"},
	{"a salt", store.Q("test.spoil_salt",
		`UPDATE signature_public SET salt = (SELECT salt FROM signature_public WHERE id = (SELECT MAX(id) FROM signature_public))
		WHERE id = (SELECT MIN(id) FROM signature_public)`), "its public name"},
	{"sealed data", store.Q("test.spoil_sealed",
		`UPDATE signature_sealed SET sealed = (SELECT sealed FROM signature_sealed WHERE id = (SELECT MAX(id) FROM signature_sealed))
		WHERE id = (SELECT MIN(id) FROM signature_sealed)`), "do not open"},
	{"a kind", store.Q("test.spoil_kind",
		`UPDATE signature SET kind = 'organisation' WHERE kind = 'person' AND id = (SELECT MIN(id) FROM signature)`), "do not say the same"},
	{"a basis", store.Q("test.spoil_basis", `UPDATE signature SET basis = 'domain' WHERE id = (SELECT MIN(id) FROM signature)`), "do not say the same"},
	{"an edition", store.Q("test.spoil_edition", `UPDATE edition SET leaf_hash = (SELECT root FROM log_state) WHERE number = 1`), "do not say the same"},
	{"a place in the log", store.Q("test.spoil_index", `UPDATE signature SET leaf_index = leaf_index + 1 WHERE id = (SELECT MIN(id) FROM signature)`), "leaf"},
	{"a signature without row", store.Q("test.spoil_row", `UPDATE signature SET leaf_index = NULL WHERE id = (SELECT MIN(id) FROM signature)`),
		"has no signature"},
	{"a text", store.Q("test.spoil_text", `UPDATE edition_text SET canonical = canonical || ' ' WHERE number = 1 AND language = 'fa'`),
		"the text of edition 1 in fa"},
	{"a number", store.Q("test.spoil_tally",
		`UPDATE tally SET sequenced = sequenced + 1 WHERE outcome = 'counted' AND edition = 1 AND kind = 'person' AND withheld =
		(SELECT withheld FROM tally WHERE outcome = 'counted' AND kind = 'person' AND edition = 1 ORDER BY withheld LIMIT 1)`), "in the count"},
	{"an end", store.Q("test.spoil_end", `DELETE FROM tally WHERE outcome = 'signer'`), "ended as signer"},
	{"a letter", store.Q("test.spoil_letter", `UPDATE letter SET log_id = '00112233445566778899aabbccddeeff'`), "do not say the same"},
}

// Each thing that hangs on the log, changed behind the server's back, is found by the log check and named.
func TestLogCheck_namesWhatIsDamaged(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		a.FillLog(t)
		if err := a.Stop(); err != nil {
			t.Fatal(err)
		}
		if engine == store.SQLite { // each in a copy: what one changes must not be what finds the next
			for _, d := range damages {
				t.Run(strings.ReplaceAll(d.what, " ", "_"), func(t *testing.T) {
					o := a.Options
					o.Instance.Data = testkit.CopyFolder(t, a.Options.Instance.Data, a.Options.Instance.Data)
					spoil(t, o, d)
				})
			}
			return
		}
		spoil(t, a.Options, damages[0])
	})
}

func spoil(t *testing.T, o app.Options, d damage) {
	t.Helper()
	o.Server = nil
	a, err := app.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, problems, err := a.CheckLog(t.Context()); err != nil || len(problems) > 0 {
		t.Fatalf("before: %v, %v", problems, err)
	}
	err = a.DB.Update(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(d.spoil)
		if err == nil && n == 0 {
			err = fmt.Errorf("%s: nothing was changed", d.what)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, problems, err := a.CheckLog(t.Context())
	if err != nil || !strings.Contains(fmt.Sprint(problems), d.says) {
		t.Errorf("%s was changed: found %v, %v", d.what, problems, err)
	}
}
