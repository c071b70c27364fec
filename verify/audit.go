package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Options say how to audit.
type Options struct {
	Key      string                 // verifier key of the log; "" takes the one that the source gives itself
	Since    []byte                 // an older signed checkpoint that the log must still agree with; nil for none
	Progress func(leaves, of int64) // may be nil; called now and then
}

// Report is the outcome of an audit. What was claimed and does not hold is in Problems, here and in each letter.
type Report struct {
	Checkpoint
	Key      string         `json:"key"`             // the verifier key that was trusted
	Trusted  bool           `json:"trusted"`         // it was given, and not taken from the source
	Since    *Checkpoint    `json:"since,omitempty"` // the older checkpoint that the log begins with
	Letters  []LetterReport `json:"letters"`
	Problems []string       `json:"problems,omitempty"`
}

// LetterReport is what was found about one letter.
type LetterReport struct {
	Slug     string          `json:"slug"`
	Title    string          `json:"title"`
	AsOf     int64           `json:"as_of"`   // tree size that the site's numbers are of
	Claimed  Counts          `json:"claimed"` // what the site says
	Counted  Counts          `json:"counted"` // what its leaves give
	Editions []EditionReport `json:"editions"`
	Ended    map[Reason]int  `json:"ended,omitempty"`
	Names    int             `json:"names"`  // public names whose commitment was computed again
	Hidden   int             `json:"hidden"` // signatures counted as public whose name has been taken down since
	Problems []string        `json:"problems,omitempty"`
}

// EditionReport is what was found about one edition.
type EditionReport struct {
	Number int          `json:"number"`
	Texts  []string     `json:"texts"` // languages whose file has the hash that was signed
	Cells  []CellReport `json:"signatures,omitempty"`
}

// CellReport is one number of an edition.
type CellReport struct {
	Kind    Kind    `json:"kind"`
	Listing Listing `json:"listing"`
	Basis   Basis   `json:"basis"`
	N       int     `json:"n"`
}

// OK reports whether all that was claimed holds.
func (r Report) OK() bool {
	return len(r.Problems) == 0 && !slices.ContainsFunc(r.Letters, func(l LetterReport) bool { return len(l.Problems) > 0 })
}

// claim is the part of letters/SLUG.json that a log can confirm or contradict.
type claim struct {
	Slug    string
	Title   string
	State   string
	LogID   string `json:"log_id"`
	Edition struct {
		Number    int
		SHA256    string
		Languages []string
	}
	Deadline   string
	Counts     Counts
	Checkpoint struct {
		Size int64
		Root string
	}

	id     LetterID
	at     *Letter // the letter at the size that the claim is of
	report LetterReport
}

// Audit checks what a source claims against its log: the signature of the checkpoint, the root of the tree, every leaf, the
// numbers of each letter, every public name, the bytes of every text. All that was found wrong is in the report, in the order
// in which it was found, at most 100 problems of a kind; a checkpoint that the key has not signed, and leaves that are
// missing, are problems after which nothing more is found. An error means that it could not be checked at all: the source
// cannot be read, is none, or what it is to be checked with is wrong itself.
func Audit(ctx context.Context, s Source, o Options) (Report, error) {
	a := &audit{Source: s, o: o, claims: map[LetterID]*claim{}, roots: map[int64][]func(Hash){}}
	a.report.Letters = []LetterReport{}
	err := a.run(ctx)
	if last, ok := errors.AsType[lastProblem](err); ok {
		a.problem("%v", last)
		err = nil
	}
	return a.report, err
}

// lastProblem is a problem after which nothing more can be checked.
type lastProblem struct{ error }

func (a *audit) run(ctx context.Context) error {
	// Claims first: a server that goes on meanwhile then has a checkpoint that is no older.
	for _, slug := range a.Letters {
		if err := a.readClaim(ctx, slug); err != nil {
			return err
		}
	}
	if err := a.readCheckpoint(ctx); err != nil {
		return err
	}
	a.expectClaims()
	if err := a.readLeaves(ctx); err != nil {
		return err
	}
	for _, c := range a.ordered {
		if err := a.check(ctx, c); err != nil {
			return err
		}
		a.report.Letters = append(a.report.Letters, c.report)
	}
	a.checkList()
	return nil
}

// checkList finds the letters that the log has and the site does not list. One may have come since the list was read, so
// only those count that the log had before.
func (a *audit) checkList() {
	letters := slices.Collect(maps.Values(a.replay.Letters()))
	slices.SortFunc(letters, func(l, m *Letter) int { return cmp.Compare(l.first, m.first) })
	for _, l := range letters {
		if a.claims[l.ID] == nil && l.first < a.listed {
			a.problem("the log speaks of the letter %s, which the site does not list", l.ID)
		}
	}
}

type audit struct {
	Source
	o       Options
	report  Report
	claims  map[LetterID]*claim
	ordered []*claim
	roots   map[int64][]func(Hash) // what to do with the root at a size
	listed  int64                  // the letters of so many leaves must be listed

	tree   Tree
	replay Replay
	opened []openState // by leaf index
}

// openState is what the openings say of a sign leaf.
type openState uint8

const (
	openingMissing openState = iota
	openingClosed            // a line without the name
	openingOpened            // the name, and the leaf commits to it
	openingWrong
)

const maxProblems = 100

func (a *audit) problem(format string, args ...any) { add(&a.report.Problems, format, args...) }

func (c *claim) problem(format string, args ...any) { add(&c.report.Problems, format, args...) }

func add(list *[]string, format string, args ...any) {
	switch {
	case len(*list) < maxProblems:
		*list = append(*list, fmt.Sprintf(format, args...))
	case len(*list) == maxProblems:
		*list = append(*list, "and more")
	}
}

func (a *audit) readClaim(ctx context.Context, slug string) error {
	data, err := a.Fetch(ctx, "letters/"+slug+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no letter %s here (letters/%s.json: %w)", slug, slug, err)
	}
	if err != nil {
		return fmt.Errorf("letters/%s.json: %w", slug, err)
	}
	c := &claim{}
	if err := checkNames(data); err != nil {
		return fmt.Errorf("letters/%s.json: %w", slug, err)
	}
	if err := json.Unmarshal(data, c); err != nil {
		return fmt.Errorf("letters/%s.json: %w", slug, err)
	}
	c.report = LetterReport{Slug: slug, Title: c.Title, AsOf: c.Checkpoint.Size, Claimed: c.Counts, Editions: []EditionReport{}}
	a.ordered = append(a.ordered, c)
	if c.id, err = ParseLetterID(c.LogID); err != nil {
		c.problem("log_id: %v", err)
		return nil
	}
	if other := a.claims[c.id]; other != nil {
		c.problem("%s has the same id in the log", other.Slug)
	}
	if c.Slug != slug {
		c.problem("the file is about %q", c.Slug)
	}
	a.claims[c.id] = c
	return nil
}

func (a *audit) readCheckpoint(ctx context.Context) error {
	a.report.Key, a.report.Trusted = a.o.Key, a.o.Key != ""
	if !a.report.Trusted {
		text, err := a.Fetch(ctx, "log/key")
		if err != nil {
			return fmt.Errorf("log/key: %w", err)
		}
		a.report.Key = strings.TrimSpace(string(text))
	}
	key, err := note.NewVerifier(a.report.Key)
	if err != nil {
		return fmt.Errorf("the key of the log: %w", err)
	}
	signed, err := a.Fetch(ctx, "log/checkpoint")
	if err != nil {
		return fmt.Errorf("log/checkpoint: %w", err)
	}
	if a.report.Checkpoint, err = OpenCheckpoint(signed, key); err != nil {
		return lastProblem{err}
	}
	a.expect(a.report.Size, a.report.Root.String(), a.problem, "the signed checkpoint")
	if a.Whole {
		a.listed = a.report.Size
	}
	if a.before != nil {
		before, err := OpenCheckpoint(a.before, key)
		if err != nil {
			return lastProblem{err}
		}
		a.expect(before.Size, before.Root.String(), a.problem, "the checkpoint of a moment before")
		a.listed = before.Size
	}
	if a.o.Since == nil {
		return nil
	}
	since, err := OpenCheckpoint(a.o.Since, key)
	if err != nil {
		return fmt.Errorf("the older checkpoint: %w", err)
	}
	a.report.Since = &since
	a.expect(since.Size, since.Root.String(), func(format string, args ...any) {
		a.report.Since = nil // it does not begin with it
		a.problem(format, args...)
	}, "the older checkpoint")
	return nil
}

// expect notes that somebody was told a root of the tree at a size.
func (a *audit) expect(size int64, root string, problem func(string, ...any), whose string) {
	if size > a.report.Size || size < 0 {
		problem("%s is of %d leaves, the log has %d", whose, size, a.report.Size)
		return
	}
	a.roots[size] = append(a.roots[size], func(h Hash) {
		if h.String() != root {
			problem("%s has the root %s, and the first %d leaves give %s", whose, root, size, h)
		}
	})
}

// expectClaims notes the sizes that the claims are of.
func (a *audit) expectClaims() {
	for _, c := range a.ordered {
		a.expect(c.Checkpoint.Size, c.Checkpoint.Root, c.problem, "the checkpoint beside the numbers")
		a.roots[c.Checkpoint.Size] = append(a.roots[c.Checkpoint.Size], func(Hash) {
			if l := a.replay.Letters()[c.id]; l != nil {
				c.at = l.clone()
			}
		})
	}
}

// reached is called at every size of the tree.
func (a *audit) reached() {
	if told := a.roots[a.tree.Size()]; told != nil {
		root := a.tree.Root()
		for _, fn := range told {
			fn(root)
		}
	}
}

// bundle is a bundle of leaves, read and hashed.
type bundle struct {
	leaves   []Leaf // nil where the text is none
	hashes   []Hash
	opened   []openState
	problems []string
	err      error
}

// readLeaves reads, parses and hashes bundles on several processors and takes them in their order.
func (a *audit) readLeaves(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	n := (a.report.Size + TileWidth - 1) / TileWidth
	parallel := int64(2 * runtime.GOMAXPROCS(0))
	slots := make([]chan bundle, parallel)
	for w := range parallel {
		slots[w] = make(chan bundle, 1)
		workers.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += parallel {
				select {
				case slots[w] <- a.readBundle(ctx, i):
				case <-ctx.Done():
				}
			}
		})
	}
	a.reached()
	for i := range n {
		var b bundle
		select {
		case b = <-slots[i%parallel]:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b.err != nil {
			return b.err
		}
		for _, p := range b.problems {
			a.problem("%s", p)
		}
		for j, leaf := range b.leaves {
			if leaf == nil {
				a.replay.Skip() // its problem is told already
			} else if err := a.replay.Add(leaf, b.hashes[j]); err != nil {
				a.problem("%v", err)
			}
			a.tree.Add(b.hashes[j])
			a.opened = append(a.opened, b.opened[j])
			a.reached()
		}
		if a.o.Progress != nil && i%64 == 63 {
			a.o.Progress(a.tree.Size(), a.report.Size)
		}
	}
	return nil
}

func (a *audit) readBundle(ctx context.Context, n int64) (b bundle) {
	width := int(min(a.report.Size-n*TileWidth, TileWidth))
	tile := Tile{Entries, n, width}
	data, err := a.Fetch(ctx, "log/"+tile.Path())
	if err != nil && width < TileWidth && errors.Is(err, fs.ErrNotExist) {
		// The log has grown past it, and may have dropped the partial bundle: the full one begins with it.
		tile.Width = TileWidth
		data, err = a.Fetch(ctx, "log/"+tile.Path())
	}
	if errors.Is(err, fs.ErrNotExist) {
		b.err = lastProblem{fmt.Errorf("log/%s is missing: the leaves from %d on cannot be checked", tile.Path(), n*TileWidth)}
		return b
	}
	if err != nil {
		b.err = fmt.Errorf("log/%s: %w", tile.Path(), err)
		return b
	}
	b.hashes, b.leaves, b.opened = make([]Hash, width), make([]Leaf, width), make([]openState, width)
	for i := range width {
		leaf, rest, err := CutEntry(data)
		if err != nil {
			b.err = lastProblem{fmt.Errorf("log/%s: %w", tile.Path(), err)}
			return b
		}
		data, b.hashes[i] = rest, RecordHash(leaf)
		if b.leaves[i], err = Parse(leaf); err != nil {
			b.leaves[i] = nil
			add(&b.problems, "leaf %d: %v", n*TileWidth+int64(i), err)
		}
	}
	if len(data) > 0 && tile.Width == width {
		add(&b.problems, "log/%s: bytes after the last leaf", tile.Path())
	}
	a.readOpenings(ctx, n, &b)
	return b
}

// readOpenings reads what the leaves of a bundle commit to, if one of them is a signature of a letter that is checked.
func (a *audit) readOpenings(ctx context.Context, n int64, b *bundle) {
	if !slices.ContainsFunc(b.leaves, func(l Leaf) bool { _, ok := l.(Sign); return ok && a.claims[l.Of()] != nil }) {
		return
	}
	name := "log/openings/" + strconv.FormatInt(n, 10)
	data, err := a.Fetch(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		add(&b.problems, "%s is missing", name)
		return
	}
	if err != nil {
		b.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	for line := range bytes.Lines(data) {
		var o Opening
		if err := json.Unmarshal(line, &o); err != nil {
			add(&b.problems, "%s: a line is no JSON", name)
			continue
		}
		i := o.Index - n*TileWidth
		if i >= int64(len(b.leaves)) && i < TileWidth {
			continue // the log has grown since the checkpoint
		}
		var sign Sign
		ok := i >= 0 && i < int64(len(b.leaves))
		if ok {
			sign, ok = b.leaves[i].(Sign)
		}
		switch {
		case !ok:
			add(&b.problems, "%s: opens leaf %d, which is no signature of this bundle", name, o.Index)
		case b.opened[i] != openingMissing:
			b.opened[i] = openingWrong
			add(&b.problems, "%s: leaf %d stands there twice", name, o.Index)
		case o.Record == "" && o.Salt == nil:
			b.opened[i] = openingClosed
		default:
			b.opened[i] = openingOpened
			record, err := o.Check(sign)
			if err == nil && record.Name == "" {
				err = errors.New("it is empty")
			}
			if err != nil {
				b.opened[i] = openingWrong
				add(&b.problems, "the name of leaf %d: %v", o.Index, err)
			}
		}
	}
}

// check compares a claim with what the leaves say.
func (a *audit) check(ctx context.Context, c *claim) error {
	l := c.at
	if l == nil {
		if c.Checkpoint.Size <= a.report.Size {
			c.problem("the log has no leaf of this letter")
		}
		return nil
	}
	c.report.Counted, c.report.Ended = l.Counts(), l.Ended
	c.compareCounts()
	c.compareFacts(l)
	for _, e := range a.replay.Letters()[c.id].Editions {
		r := EditionReport{Number: e.Number, Texts: []string{}}
		for _, t := range e.Texts {
			name := fmt.Sprintf("letters/%s/editions/%d.%s.md", c.report.Slug, e.Number, t.Language)
			data, err := a.Fetch(ctx, name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s: %w", name, err)
			}
			switch sum := sha256.Sum256(data); {
			case err != nil:
				c.problem("%s is missing", name)
			case sum != t.SHA256:
				c.problem("%s has the hash %x, signed was %x", name, sum, t.SHA256)
			default:
				r.Texts = append(r.Texts, t.Language)
			}
		}
		for _, cell := range slices.SortedFunc(maps.Keys(l.Cells), compareCells) {
			if n := l.Cells[cell]; n > 0 && cell.Edition == e.Number {
				r.Cells = append(r.Cells, CellReport{cell.Kind, cell.Listing, cell.Basis, n})
			}
		}
		c.report.Editions = append(c.report.Editions, r)
	}
	a.checkNames(c)
	return nil
}

func compareCells(a, b Cell) int {
	text := func(c Cell) string { return string(c.Kind) + " " + string(c.Listing) + " " + string(c.Basis) }
	return strings.Compare(text(a), text(b))
}

// differs tells of a fact if the site states another than the log.
func differs[T comparable](c *claim, what string, said, is T) {
	if said != is {
		c.problem("%s: the site says %v, the log gives %v", what, said, is)
	}
}

func (c *claim) compareCounts() {
	said, is := c.Counts, c.report.Counted
	differs(c, "organisations", said.Organisations, is.Organisations)
	differs(c, "persons", said.Persons, is.Persons)
	differs(c, "withheld", said.Withheld, is.Withheld)
	differs(c, "imported", said.Imported, is.Imported)
	differs(c, "withdrawn", said.Withdrawn, is.Withdrawn)
	differs(c, "removed", said.Removed, is.Removed)
	differs(c, "earlier", said.Earlier, is.Earlier)
}

// compareFacts compares edition, deadline and state.
func (c *claim) compareFacts(l *Letter) {
	if len(l.Editions) == 0 {
		c.problem("the log has no edition of this letter")
		return
	}
	current := l.Editions[len(l.Editions)-1]
	text, languages := "another", []string{}
	for _, t := range current.Texts {
		languages = append(languages, t.Language)
		if hex.EncodeToString(t.SHA256[:]) == c.Edition.SHA256 {
			text = c.Edition.SHA256
		}
	}
	differs(c, "edition", c.Edition.Number, current.Number)
	differs(c, "text", c.Edition.SHA256, text)
	differs(c, "languages", strings.Join(slices.Sorted(slices.Values(c.Edition.Languages)), " "), strings.Join(languages, " "))
	deadline := ""
	if !l.Deadline.At.IsZero() {
		deadline = l.Deadline.At.Format(time.RFC3339)
	}
	differs(c, "deadline", cmp.Or(c.Deadline, "none"), cmp.Or(deadline, "none"))
	if l.Closed && c.State == "open" {
		differs(c, "state", c.State, "closed")
	}
}

// checkNames looks at what the openings say of the letter's signatures.
func (a *audit) checkNames(c *claim) {
	now := a.replay.Letters()[c.id]
	missing := 0
	for i, s := range a.replay.signs {
		p := a.replay.places[s.place]
		if p.letter != now {
			continue
		}
		stands := !s.ended && p.cell.Listing == Public
		switch a.opened[i] {
		case openingMissing:
			missing++
		case openingOpened:
			if stands {
				c.report.Names++
			}
		case openingClosed:
			if stands {
				c.report.Hidden++
			}
		}
	}
	if missing > 0 {
		c.problem("%d signatures have no line in the openings", missing)
	}
}
