package letter

import (
	"time"

	"github.com/undersigned/undersigned/internal/store"
)

var (
	qRenameAsked = store.Q("demand_fact.rename_asked", `UPDATE demand_fact SET value = $1 WHERE letter_id = $2 AND kind = 'asked' AND value = $3`)
	qForgetItems = store.Q("demand_item.forget", `DELETE FROM demand_item WHERE letter_id = $1 AND edition = $2`)
	qPutItem     = store.Q("demand_item.put", `
		INSERT INTO demand_item (letter_id, edition, number, demand_id, sure) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (letter_id, edition, number) DO UPDATE SET demand_id = excluded.demand_id, sure = excluded.sure`)
	qListItems = store.Q("demand_item.list", `
		SELECT edition, number, demand_id, sure FROM demand_item WHERE letter_id = $1 ORDER BY edition, number`)
	qInsertFact = store.Q("demand_fact.insert", `
		INSERT INTO demand_fact (id, letter_id, demand_id, kind, value, quote, organisation_id, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qListFacts = store.Q("demand_fact.list", `
		SELECT f.id, f.demand_id, f.kind, f.value, f.quote, f.set_at, COALESCE(o.slug, '')
		FROM demand_fact f LEFT JOIN organisation o ON o.id = f.organisation_id WHERE f.letter_id = $1 ORDER BY f.id`)
	qRemoveFact = store.Q("demand_fact.remove", `DELETE FROM demand_fact WHERE id = $1 AND letter_id = $2`)
)

// item is one demand of an edition.
type item struct {
	edition, number int
	id              int64 // of the demand
	sure            bool
}

func scanItem(row store.Row) (i item, err error) {
	return i, row.Scan(&i.edition, &i.number, &i.id, &i.sure)
}

func scanFact(row store.Row) (f Fact, err error) {
	var at int64
	err = row.Scan(&f.ID, &f.demand, &f.Kind, &f.Value, &f.Quote, &at, &f.SetBy.Slug)
	f.SetAt = time.UnixMicro(at).UTC()
	return f, err
}
