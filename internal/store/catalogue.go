package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// table is a table of the domain as the engine's catalogue describes it.
type table struct {
	name    string
	columns []column
	order   []string // the primary key, or every column where there is none
}

type column struct {
	name string
	kind columnKind
}

// columnKind is a type as both engines have it.
type columnKind string

const (
	kindInt   columnKind = "int"
	kindText  columnKind = "text"
	kindBytes columnKind = "bytes"
	kindReal  columnKind = "real"
	kindBool  columnKind = "bool" // PostgreSQL only; SQLite has 0 and 1
)

var columnKinds = map[string]columnKind{
	"INTEGER": kindInt, "INT": kindInt, "TEXT": kindText, "BLOB": kindBytes, "REAL": kindReal,
	"bigint": kindInt, "integer": kindInt, "text": kindText, "bytea": kindBytes, "double precision": kindReal, "boolean": kindBool,
}

func (t table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// quoted makes a list of identifiers; the names come from the catalogue.
func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = quote(name)
	}
	return strings.Join(list, ", ")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// The catalogues: table, column, type, place in the primary key or 0; tables and columns in a fixed order. The record
// of migrations is not a table of the domain.
const (
	sqliteCatalogue = `
		SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name <> 'migration'
		ORDER BY t.name, c.cid`

	postgresCatalogue = `
		SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
			COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
			AND c.relname <> 'migration'
		ORDER BY c.relname COLLATE "C", a.attnum`
)

// catalogue lists the tables of the domain, sorted by name.
func catalogue(ctx context.Context, e Engine, on querier) ([]table, error) {
	text := sqliteCatalogue
	if e == Postgres {
		text = postgresCatalogue
	}
	type line struct {
		table, column, kind string
		key                 int
	}
	lines, err := rowsOf(ctx, on, text, func(rows *sql.Rows) (l line, err error) {
		return l, rows.Scan(&l.table, &l.column, &l.kind, &l.key)
	})
	if err != nil {
		return nil, err
	}
	var tables []table
	keys := map[string]map[int]string{}
	for _, l := range lines {
		if len(tables) == 0 || tables[len(tables)-1].name != l.table {
			tables = append(tables, table{name: l.table})
			keys[l.table] = map[int]string{}
		}
		t := &tables[len(tables)-1]
		kind, ok := columnKinds[l.kind]
		if !ok {
			return nil, fmt.Errorf("store: column %s.%s has the type %s, which the engines do not share", l.table, l.column, l.kind)
		}
		t.columns = append(t.columns, column{l.column, kind})
		if l.key > 0 {
			keys[l.table][l.key] = l.column
		}
	}
	for i, t := range tables {
		for n := 1; n <= len(keys[t.name]); n++ {
			tables[i].order = append(tables[i].order, keys[t.name][n])
		}
		if len(tables[i].order) == 0 {
			tables[i].order = t.columnNames()
		}
	}
	return tables, nil
}

// rowsOf returns all rows of a statement that is no registered query.
func rowsOf[T any](ctx context.Context, on querier, text string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := on.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

const (
	sqliteSchema = `
		SELECT sql || ';' FROM sqlite_schema
		WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND tbl_name <> 'migration'
		ORDER BY tbl_name, type DESC, name`

	postgresSchema = `
		SELECT text FROM (
			SELECT c.relname AS t, 1 AS part, a.attnum::int AS n, c.relname || '.' || a.attname || ' '
				|| format_type(a.atttypid, a.atttypmod)
				|| CASE WHEN a.attcollation <> 0 AND co.collname <> 'default' THEN ' COLLATE ' || co.collname ELSE '' END
				|| CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
				|| COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS text
			FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_collation co ON co.oid = a.attcollation
			LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
			UNION ALL
			SELECT c.relname, 2, 0, c.relname || ': ' || pg_get_constraintdef(k.oid)
			FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
			WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('p', 'u', 'f', 'c')
			UNION ALL
			SELECT c.relname, 3, 0, replace(pg_get_indexdef(i.indexrelid), current_schema() || '.', '')
			FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
			WHERE c.relnamespace = current_schema()::regnamespace
		) s WHERE t <> 'migration' ORDER BY t COLLATE "C", part, n, text COLLATE "C"`
)

// Schema describes the tables and indexes of the domain in a stable text, so that a test can show what a migration did
// to each engine.
func (db *DB) Schema(ctx context.Context) (string, error) {
	text := sqliteSchema
	if db.engine == Postgres {
		text = postgresSchema
	}
	lines, err := rowsOf(ctx, db.read, text, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) })
	if err != nil {
		return "", mapError(err)
	}
	return strings.Join(lines, "\n") + "\n", nil
}
