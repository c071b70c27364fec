package store

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Engine is one of the two database engines.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Query is one SQL statement, the same text for both engines but for tokens. It is made once, by Q, as a package-level
// value beside the code that runs it.
type Query struct {
	name string
	text map[Engine]string
}

var registry = struct {
	sync.Mutex
	byName map[string]*Query
}{byName: map[string]*Query{}}

// Q registers a statement under a name of the form noun.verb. It panics on a name used twice and on text that cannot
// mean the same on both engines, so that such a mistake ends the first test run of any program that links it.
//
// Arguments are written $1 … $n and first appear in ascending order. The tokens are {for_update} and {skip_locked}:
// row locks on PostgreSQL, nothing on SQLite, where a writer is alone.
func Q(name, text string) *Query {
	if !queryName.MatchString(name) {
		panic(fmt.Sprintf("store: query name %q is not of the form noun.verb", name))
	}
	text = strings.TrimSpace(text)
	if err := checkText(text); err != nil {
		panic(fmt.Sprintf("store: query %s: %v", name, err))
	}
	q := &Query{name: name, text: map[Engine]string{}}
	for engine, tokens := range queryTokens {
		expanded, err := expand(text, tokens)
		if err != nil {
			panic(fmt.Sprintf("store: query %s: %v", name, err))
		}
		if engine == SQLite {
			expanded = boundLimit.ReplaceAllString(expanded, "LIMIT +$$$1")
		}
		q.text[engine] = expanded
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.byName[name] != nil {
		panic(fmt.Sprintf("store: query %s is registered twice", name))
	}
	registry.byName[name] = q
	return q
}

// Queries returns every registered query, sorted by name.
func Queries() []*Query {
	registry.Lock()
	defer registry.Unlock()
	names := slices.Sorted(maps.Keys(registry.byName))
	queries := make([]*Query, len(names))
	for i, name := range names {
		queries[i] = registry.byName[name]
	}
	return queries
}

// Name returns the name given to Q, for logs and metrics.
func (q *Query) Name() string { return q.name }

// Text returns the statement as the engine gets it.
func (q *Query) Text(e Engine) string { return q.text[e] }

var queryName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

var queryTokens = map[Engine]map[string]string{
	SQLite:   {"skip_locked": "", "for_update": ""},
	Postgres: {"skip_locked": "FOR UPDATE SKIP LOCKED", "for_update": "FOR UPDATE"},
}

// Column types of migrations. SQLite's STRICT tables know neither BIGINT nor BOOLEAN.
var migrationTokens = map[Engine]map[string]string{
	SQLite: {
		"bytes": "BLOB", "int": "INTEGER", "bool": "INTEGER", "key": "TEXT", "real": "REAL",
		"strict": "STRICT", "without_rowid": "STRICT, WITHOUT ROWID", "random_hex": "lower(hex(randomblob(16)))",
	},
	Postgres: {
		"bytes": "BYTEA", "int": "BIGINT", "bool": "BOOLEAN", "key": `TEXT COLLATE "C"`, "real": "DOUBLE PRECISION",
		"strict": "", "without_rowid": "", "random_hex": "replace(CAST(gen_random_uuid() AS TEXT), '-', '')",
	},
}

// boundLimit is a limit that is an argument. SQLite looks at its value to choose a plan, and so compiles the statement anew each
// time it is bound, which takes longer than most of them run. An expression, as +$1 is, it takes as it comes. PostgreSQL does
// not know the type of +$1, and has no such habit.
var boundLimit = regexp.MustCompile(`\bLIMIT \$([0-9]+)`)

var token = regexp.MustCompile(`\{[a-z_]*\}`)

// expand replaces the tokens in text; a token it does not know is an error, never left in place.
func expand(text string, tokens map[string]string) (string, error) {
	var unknown error
	text = token.ReplaceAllStringFunc(text, func(t string) string {
		value, ok := tokens[strings.Trim(t, "{}")]
		if !ok && unknown == nil {
			unknown = fmt.Errorf("unknown token %s", t)
		}
		return value
	})
	return text, unknown
}

var (
	// Parts of a statement in which $n and :: mean nothing.
	literal     = regexp.MustCompile(`(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/`)
	placeholder = regexp.MustCompile(`\$([0-9]+)`)
)

// checkText refuses what one engine would take and the other refuse or read differently.
func checkText(text string) error {
	bare := literal.ReplaceAllString(text, " ")
	switch {
	case bare == "":
		return errors.New("no statement")
	case strings.Contains(bare, ";"):
		return errors.New("more than one statement, or a closing semicolon")
	case strings.Contains(bare, "::"):
		return errors.New("x::type is PostgreSQL only; write CAST(x AS type)")
	}
	// Some SQLite drivers number $n by first use; ascending order means the same to all of them.
	highest := 0
	for _, m := range placeholder.FindAllStringSubmatch(bare, -1) {
		n, err := strconv.Atoi(m[1])
		switch {
		case err != nil || n < 1 || n > highest+1:
			return fmt.Errorf("$%s appears before $%d; number the arguments by first appearance", m[1], highest+1)
		case n == highest+1:
			highest = n
		}
	}
	return nil
}
