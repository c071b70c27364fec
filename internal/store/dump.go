package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A dump is lines of JSON, the same for both engines and for the same rows the same bytes:
//
//	{"undersigned_dump":1,"schema":3}              the format, and the newest migration
//	{"table":"job","columns":["id","kind", …]}     each table, also an empty one, in the order of their names
//	[1,"mail.confirm",null,{"b":"3q2+7w=="}]       its rows in the order of the primary key
//	{"end":{"rows":{"job":1, …},"sha256":"…"}}     the hash of every byte before this line
//
// A value is null, an integer (a truth value is 0 or 1), a string, {"b":…} for bytes in base64, {"t":…} for a text that
// is not valid UTF-8, or {"f":…} for a floating-point number as strconv writes it.
const dumpFormat = 1

type dumpHeader struct {
	Format int   `json:"undersigned_dump"`
	Schema int64 `json:"schema"`
}

type dumpTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type dumpEnd struct {
	End struct {
		Rows   map[string]int64 `json:"rows"`
		SHA256 string           `json:"sha256"`
	} `json:"end"`
}

// Dump writes every table to w, all of one moment, without holding more than a row.
func (db *DB) Dump(ctx context.Context, w io.Writer) error {
	schema, err := db.schemaVersion()
	if err != nil {
		return err
	}
	return db.View(ctx, func(tx *Tx) error {
		if db.engine == Postgres {
			if _, err := rowsOf(ctx, tx.on, noLimit, func(*sql.Rows) (int, error) { return 0, nil }); err != nil {
				return mapError(err)
			}
		}
		tables, err := catalogue(ctx, db.engine, tx.on)
		if err != nil {
			return mapError(err)
		}
		hash := sha256.New()
		plain := bufio.NewWriterSize(w, 1<<16)
		d := &dumper{out: io.MultiWriter(plain, hash)}
		d.line(dumpHeader{dumpFormat, schema})
		var end dumpEnd
		end.End.Rows = map[string]int64{}
		for _, t := range tables {
			d.line(dumpTable{t.name, t.columnNames()})
			n, err := d.rows(ctx, tx.on, t)
			if err != nil {
				return fmt.Errorf("store: dump %s: %w", t.name, mapError(err))
			}
			end.End.Rows[t.name] = n
		}
		end.End.SHA256 = hex.EncodeToString(hash.Sum(nil))
		d.out = plain
		d.line(end)
		if d.err != nil {
			return d.err
		}
		return plain.Flush()
	})
}

// dumper writes lines until one fails.
type dumper struct {
	out io.Writer
	buf []byte
	err error
}

func (d *dumper) line(v any) {
	text, err := json.Marshal(v)
	if err == nil && d.err == nil {
		_, err = d.out.Write(append(text, '\n'))
	}
	if d.err == nil {
		d.err = err
	}
}

func (d *dumper) rows(ctx context.Context, on querier, t table) (n int64, err error) {
	rows, err := on.QueryContext(ctx, "SELECT "+quoted(t.columnNames())+" FROM "+quote(t.name)+" ORDER BY "+quoted(t.order))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	values := make([]any, len(t.columns))
	into := make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		d.buf = append(d.buf[:0], '[')
		for i, v := range values {
			if i > 0 {
				d.buf = append(d.buf, ',')
			}
			if d.buf, err = appendValue(d.buf, v); err != nil {
				return n, fmt.Errorf("column %s: %w", t.columns[i].name, err)
			}
		}
		d.buf = append(d.buf, ']', '\n')
		if d.err == nil {
			_, d.err = d.out.Write(d.buf)
		}
		if d.err != nil {
			return n, d.err
		}
		n++
	}
	return n, rows.Err()
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case bool:
		if v {
			return append(b, '1'), nil
		}
		return append(b, '0'), nil
	case string:
		if !utf8.ValidString(v) {
			return appendTagged(b, "t", base64.StdEncoding.EncodeToString([]byte(v))), nil
		}
		text, err := json.Marshal(v)
		return append(b, text...), err
	case []byte:
		return appendTagged(b, "b", base64.StdEncoding.EncodeToString(v)), nil
	case float64:
		return appendTagged(b, "f", strconv.FormatFloat(v, 'g', -1, 64)), nil
	}
	return b, fmt.Errorf("a value of type %T", v)
}

func appendTagged(b []byte, tag, text string) []byte {
	return append(append(append(append(append(b, `{"`...), tag...), `":"`...), text...), `"}`...)
}

// dumpReader reads a dump line by line and keeps the hash of what it has read.
type dumpReader struct {
	in   *bufio.Reader
	sum  func(line []byte)
	hash func() string
	next []byte // a line that was looked at and not taken
	rows map[string]int64
}

// maxLine bounds a line: a picture in base64 fits by far.
const maxLine = 256 << 20

func newDumpReader(r io.Reader) *dumpReader {
	hash := sha256.New()
	return &dumpReader{
		in:   bufio.NewReaderSize(r, 1<<16),
		sum:  func(line []byte) { hash.Write(line) },
		hash: func() string { return hex.EncodeToString(hash.Sum(nil)) },
		rows: map[string]int64{},
	}
}

// peek returns the next line without taking it.
func (d *dumpReader) peek() ([]byte, error) {
	if d.next != nil {
		return d.next, nil
	}
	var line []byte
	for {
		part, err := d.in.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			if err == io.EOF {
				return nil, errTruncated
			}
			return nil, err
		}
		if len(line) > maxLine {
			return nil, damaged("a line is too long")
		}
	}
	d.next = line
	return line, nil
}

// take takes the line that peek returned.
func (d *dumpReader) take() {
	d.sum(d.next)
	d.next = nil
}

var errTruncated = damaged("it ends too early")

func damaged(why string) error { return fmt.Errorf("the dump is damaged: %s; nothing was loaded", why) }

func (d *dumpReader) header() (h dumpHeader, err error) {
	line, err := d.peek()
	if err != nil {
		return h, err
	}
	if err := strictly(line, &h); err != nil || h.Format < 1 || h.Schema < 1 {
		return h, errors.New("this is not a dump; nothing was loaded")
	}
	if h.Format != dumpFormat {
		return h, fmt.Errorf("the dump has the format %d, this program reads %d; nothing was loaded", h.Format, dumpFormat)
	}
	d.take()
	return h, nil
}

// table returns the next table of the dump, nil when the end follows.
func (d *dumpReader) table(known []table) (*table, error) {
	line, err := d.peek()
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(line, []byte(`{"end":`)) {
		return nil, nil
	}
	var t dumpTable
	if err := strictly(line, &t); err != nil {
		return nil, damaged("a line is neither a table nor a row")
	}
	for i := range known {
		if known[i].name != t.Table {
			continue
		}
		if _, twice := d.rows[t.Table]; twice || strings.Join(known[i].columnNames(), ",") != strings.Join(t.Columns, ",") {
			return nil, damaged("the table " + t.Table + " is not as this program knows it")
		}
		d.rows[t.Table] = 0
		d.take()
		return &known[i], nil
	}
	return nil, damaged("it has a table that this program does not know")
}

// row returns the next row of the table, nil when there is none.
func (d *dumpReader) row(t *table) ([]any, error) {
	line, err := d.peek()
	if err != nil || line[0] != '[' {
		return nil, err
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil || len(raw) != len(t.columns) {
		return nil, damaged("a row of " + t.name + " is not whole")
	}
	values := make([]any, len(raw))
	for i, text := range raw {
		if values[i], err = parseValue(text, t.columns[i].kind); err != nil {
			return nil, damaged("a value of " + t.name + "." + t.columns[i].name + " is not of its type")
		}
	}
	d.rows[t.name]++
	d.take()
	return values, nil
}

// end checks that the dump is whole: every table, every row, every byte, and nothing after it.
func (d *dumpReader) end(known []table) error {
	line, err := d.peek()
	if err != nil {
		return err
	}
	var e dumpEnd
	if err := strictly(line, &e); err != nil {
		return damaged("its last line cannot be read")
	}
	if e.End.SHA256 != d.hash() {
		return damaged("its content does not fit its hash")
	}
	for _, t := range known {
		if n, ok := e.End.Rows[t.name]; !ok || n != d.rows[t.name] || len(e.End.Rows) != len(known) {
			return damaged("rows of " + t.name + " are missing")
		}
	}
	if _, err := d.in.ReadByte(); err != io.EOF {
		return damaged("something follows its end")
	}
	return nil
}

// strictly decodes a line that must have exactly the fields of v.
func strictly(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func parseValue(text json.RawMessage, kind columnKind) (any, error) {
	var s string
	switch {
	case string(text) == "null":
		return nil, nil
	case text[0] == '"':
		if kind != kindText {
			return nil, errValue
		}
		err := json.Unmarshal(text, &s)
		return s, err
	case text[0] != '{':
		n, err := strconv.ParseInt(string(text), 10, 64)
		switch {
		case err != nil:
			return nil, err
		case kind == kindBool && n>>1 == 0:
			return n == 1, nil
		case kind == kindInt:
			return n, nil
		}
		return nil, errValue
	}
	var tagged map[string]string
	if err := json.Unmarshal(text, &tagged); err != nil || len(tagged) != 1 {
		return nil, errValue
	}
	for tag, s := range tagged {
		switch {
		case tag == "b" && kind == kindBytes:
			return base64.StdEncoding.DecodeString(s)
		case tag == "t" && kind == kindText:
			b, err := base64.StdEncoding.DecodeString(s)
			return string(b), err
		case tag == "f" && kind == kindReal:
			return strconv.ParseFloat(s, 64)
		}
	}
	return nil, errValue
}

var errValue = errors.New("store: not a value of the column's type")
