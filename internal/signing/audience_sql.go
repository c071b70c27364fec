package signing

import (
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
)

const exportColumns = `letter_id, id, audience, made_by, lines, created_at`

var (
	qInsertExport = store.Q("export.insert", `INSERT INTO export (letter_id, id, audience, made_by, created_at) VALUES ($1, $2, $3, $4, $5)`)
	qCountExports = store.Q("export.count", `SELECT COUNT(*) FROM export WHERE letter_id = $1`)
	qListExports  = store.Q("export.list", `SELECT `+exportColumns+` FROM export WHERE letter_id = $1 ORDER BY id`)
	qFindExport   = store.Q("export.find", `SELECT `+exportColumns+` FROM export WHERE letter_id = $1 AND id = $2`)
	qSetMade      = store.Q("export.set_made", `UPDATE export SET lines = $1 WHERE letter_id = $2 AND id = $3 AND lines IS NULL`)
	qRemoveExport = store.Q("export.remove", `DELETE FROM export WHERE letter_id = $1 AND id = $2`)
	qRetainExport = store.Q("export.retain", `
		DELETE FROM export WHERE created_at < $1 OR letter_id IN (SELECT id FROM letter WHERE data_key IS NULL)`)

	qPutExportPart = store.Q("export_part.put", `
		INSERT INTO export_part (letter_id, export_id, part, sealed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (letter_id, export_id, part) DO UPDATE SET sealed = excluded.sealed`)
	qFindExportPart = store.Q("export_part.find", `SELECT sealed FROM export_part WHERE letter_id = $1 AND export_id = $2 AND part = $3`)
	// What belongs to no export any more, some at a time.
	qPurgeExportParts = store.Q("export_part.purge", `
		DELETE FROM export_part WHERE EXISTS (SELECT 1 FROM (
			SELECT p.letter_id, p.export_id, p.part FROM export_part p
			WHERE NOT EXISTS (SELECT 1 FROM export e WHERE e.letter_id = p.letter_id AND e.id = p.export_id) LIMIT 50) o
			WHERE o.letter_id = export_part.letter_id AND o.export_id = export_part.export_id AND o.part = export_part.part)`)

	qListCounted = store.Q("signature.list_counted", `
		SELECT `+signatureSelect+`, x.sealed FROM signature s
		LEFT JOIN signature_sealed x ON x.letter_id = s.letter_id AND x.id = s.id
		WHERE s.letter_id = $1 AND s.state = 'listed' AND s.id > $2 ORDER BY s.id LIMIT $3`)
	qStillCounted = store.Q("signature.still_counted", `
		SELECT id, listing FROM signature WHERE letter_id = $1 AND state = 'listed' AND id IN (`+places(2, stillAtOnce)+`)`)
)

// stillAtOnce is how many signatures one statement looks up.
const stillAtOnce = 100

// places are the names of so many arguments.
func places(from, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(names, ", ")
}

func scanExport(row store.Row) (e Export, err error) {
	var by *int64
	var lines *int
	var created int64
	err = row.Scan(&e.Letter, &e.ID, &e.Audience, &by, &lines, &created)
	if by != nil {
		e.By = *by
	}
	if lines != nil {
		e.Lines, e.Made = *lines, true
	}
	e.CreatedAt = time.UnixMicro(created).UTC()
	return e, err
}

// counted is a signature that counts with what is known of its signer.
type counted struct {
	Signature
	public roll.Entry // of one whose sealed row is lost
	sealed []byte
}

func scanCounted(row store.Row) (c counted, err error) {
	c.Signature, err = scanSignatureAnd(row, &c.sealed)
	return c, err
}
