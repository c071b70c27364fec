package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/verify"
)

// tamper is one way to make a bundle lie.
type tamper struct {
	name  string
	site  func(s *site, m marks)          // what the operator does; the log's key signs the outcome
	files func(s *site, m marks, f files) // what is done to the files after that
	key   bool                            // the auditor has the key
	since bool                            // the auditor kept the checkpoint of the size marks.early
	want  string                          // part of what is said
	also  string                          // part of what contrib/verify.py says, where it has other words
}

// edit changes a leaf.
func edit[L verify.Leaf](s *site, i int64, change func(l *L)) {
	l := s.leaf(i).(L)
	change(&l)
	s.leaves[i] = verify.Format(l)
}

// drop takes a leaf out as if it had never been: every number of a leaf follows.
func (s *site) drop(at int64) {
	s.leaves = slices.Delete(s.leaves, int(at), int(at+1))
	for i := range s.leaves[at:] {
		i := int64(i) + at
		switch l := s.leaf(i).(type) {
		case verify.Withdraw:
			if l.Target > at {
				l.Target--
			}
			s.leaves[i] = verify.Format(l)
		case verify.Relist:
			if l.Target > at {
				l.Target--
			}
			s.leaves[i] = verify.Format(l)
		case verify.Close:
			l.Size--
			s.leaves[i] = verify.Format(l)
		case verify.Deliver:
			l.Size--
			s.leaves[i] = verify.Format(l)
		}
	}
	moved := map[int64]verify.Opening{}
	for i, o := range s.openings {
		if i != at {
			if i > at {
				i--
			}
			o.Index = i
			moved[i] = o
		}
	}
	s.openings = moved
	for _, c := range s.claims {
		c.Checkpoint.Size--
	}
}

// conform makes deliveries and claims state the numbers that the leaves have come to.
func (s *site) conform() {
	for i := range s.leaves {
		if l, ok := s.leaf(int64(i)).(verify.Deliver); ok {
			c := model(s.leaves[:i], "").counts[l.Letter]
			l.Organisations, l.Persons, l.Withheld, l.Imported = c.Organisations, c.Persons, c.Withheld, c.Imported
			s.leaves[i] = verify.Format(l)
		}
	}
	for _, c := range s.claims {
		id, _ := verify.ParseLetterID(c.LogID)
		c.Counts = model(s.leaves[:c.Checkpoint.Size], "").counts[id]
	}
}

// follow adds a leaf and has the claims be of the log with it.
func (s *site) follow(l verify.Leaf) {
	s.add(l)
	for _, c := range s.claims {
		c.Checkpoint.Size = int64(len(s.leaves))
	}
}

func (s *site) letter(slug string) *claim {
	return s.claims[slices.IndexFunc(s.claims, func(c *claim) bool { return c.Slug == slug })]
}

// line changes the opening of a leaf in the files.
func (f files) line(i int64, change func(o *verify.Opening) string) {
	name := fmt.Sprintf("log/openings/%d", i/verify.TileWidth)
	var out bytes.Buffer
	for line := range bytes.Lines(f[name]) {
		var o verify.Opening
		if json.Unmarshal(line, &o) == nil && o.Index == i {
			line = []byte(change(&o))
		}
		out.Write(line)
	}
	f[name] = out.Bytes()
}

func written(o verify.Opening) string {
	line, _ := json.Marshal(o)
	return string(line) + "\n"
}

const (
	fullBundle = "log/tile/entries/000"
	granary    = "granary-ledgers"
	harbour    = "harbour-lights"

	// contrib/verify.py has one word for every leaf that is none, and one for every target that is no signature.
	noLeaf   = "not a leaf of undersigned.log/v1"
	noTarget = "is no signature of this letter that came before it and counts"
)

func partialBundle(s *site) string {
	return "log/" + verify.Tile{Level: verify.Entries, N: 1, Width: len(s.leaves) - verify.TileWidth}.Path()
}

// tampers are bundles that no verifier may pass: first what somebody does who has not got the log's key, then what its
// operator can do.
var tampers = slices.Concat([]tamper{
	{name: "an edited leaf", files: func(_ *site, _ marks, f files) {
		f[fullBundle] = bytes.Replace(f[fullBundle], []byte("kind person\nlisting public"), []byte("kind person\nlisting publik"), 1)
	}, want: `sign leaf: unknown value "publik"`, also: noLeaf},
	{name: "an edited leaf that can be read", files: func(_ *site, _ marks, f files) {
		f[fullBundle] = bytes.Replace(f[fullBundle], []byte("day 2030-03-02"), []byte("day 2030-03-05"), 1)
	}, want: "the signed checkpoint has the root "},
	{name: "leaves in another order", files: func(s *site, m marks, f files) {
		a, b := verify.AppendEntry(nil, s.leaves[m.signed-2]), verify.AppendEntry(nil, s.leaves[m.signed-1])
		f[fullBundle] = bytes.Replace(f[fullBundle], slices.Concat(a, b), slices.Concat(b, a), 1)
	}, want: "the signed checkpoint has the root "},
	{name: "a leaf fewer", files: func(s *site, m marks, f files) {
		f[fullBundle] = bytes.Replace(f[fullBundle], verify.AppendEntry(nil, s.leaves[m.signed]), nil, 1)
	}, want: fullBundle + ": entry bundle: it ends too early"},
	{name: "a bundle cut short", files: func(s *site, _ marks, f files) {
		f[partialBundle(s)] = f[partialBundle(s)][:1000]
	}, want: "entry bundle: it ends too early"},
	{name: "a bundle cut in a length", files: func(s *site, _ marks, f files) {
		f[partialBundle(s)] = f[partialBundle(s)][:1]
	}, want: "entry bundle: it ends too early"},
	{name: "bytes after the last leaf", files: func(s *site, _ marks, f files) {
		f[partialBundle(s)] = append(f[partialBundle(s)], 0)
	}, want: "bytes after the last leaf"},
	{name: "bytes after a full bundle", files: func(_ *site, _ marks, f files) {
		f[fullBundle] = append(f[fullBundle], "\x00\x00"...)
	}, want: fullBundle + ": bytes after the last leaf"},
	{name: "no full bundle", files: func(_ *site, _ marks, f files) { delete(f, fullBundle) },
		want: fullBundle + " is missing: the leaves from 0 on cannot be checked"},
	{name: "no partial bundle", files: func(s *site, _ marks, f files) { delete(f, partialBundle(s)) },
		want: "is missing: the leaves from 256 on cannot be checked"},
	{name: "a checkpoint of another size", files: func(s *site, _ marks, f files) {
		f["log/checkpoint"] = bytes.Replace(f["log/checkpoint"], fmt.Append(nil, "\n", len(s.leaves), "\n"), []byte("\n256\n"), 1)
	}, want: "invalid signature for key " + origin},
	{name: "a checkpoint with another signature", files: func(s *site, m marks, f files) {
		_, old, _ := strings.Cut(string(s.checkpoint(m.early)), "\n\n")
		text, _, _ := strings.Cut(string(f["log/checkpoint"]), "\n\n")
		f["log/checkpoint"] = []byte(text + "\n\n" + old)
	}, want: "invalid signature for key " + origin},
	{name: "a checkpoint of another key", files: func(s *site, _ marks, f files) {
		signer, _ := keyPair(origin, "another")
		n, _, _ := strings.Cut(string(f["log/checkpoint"]), "\n\n")
		f["log/checkpoint"], _ = note.Sign(&note.Note{Text: n + "\n"}, signer)
	}, want: "no signature of the key " + origin},
	{name: "a checkpoint without a signature", files: func(_ *site, _ marks, f files) {
		text, _, _ := bytes.Cut(f["log/checkpoint"], []byte("\n\n"))
		f["log/checkpoint"] = append(text, "\n\n"...)
	}, want: "malformed note"},
	{name: "a checkpoint with an extension line", files: func(s *site, _ marks, f files) {
		text, _, _ := strings.Cut(string(f["log/checkpoint"]), "\n\n")
		f["log/checkpoint"], _ = note.Sign(&note.Note{Text: text + "\nremark\n"}, s.signer)
	}, want: "three lines"},
	{name: "an edited text", files: func(_ *site, _ marks, f files) {
		f["letters/"+granary+"/editions/1.en.md"] = append(f["letters/"+granary+"/editions/1.en.md"], "At once.\n"...)
	}, want: granary + "/editions/1.en.md has the hash"},
	{name: "an edited translation", files: func(_ *site, _ marks, f files) {
		f["letters/"+harbour+"/editions/1.fr.md"] = []byte("# Éteignez le port\n")
	}, want: harbour + "/editions/1.fr.md has the hash"},
	{name: "a missing text", files: func(_ *site, _ marks, f files) { delete(f, "letters/"+granary+"/editions/2.fa.md") },
		want: granary + "/editions/2.fa.md is missing"},
	{name: "another name in an opening", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { o.Record = "name Somebody Famous\n"; return written(*o) })
	}, want: "the leaf commits to something else"},
	{name: "an opening that is no record", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { o.Record = "Somebody Famous"; return written(*o) })
	}, want: "not the text of a record"},
	{name: "a short salt", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { o.Salt = o.Salt[1:]; return written(*o) })
	}, want: "a salt of 31 bytes"},
	{name: "swapped salts", files: func(s *site, m marks, f files) {
		a, b := s.openings[m.signed].Salt, s.openings[m.withheld].Salt
		f.line(m.signed, func(o *verify.Opening) string { o.Salt = b; return written(*o) })
		f.line(m.withheld, func(o *verify.Opening) string { o.Salt = a; return written(*o) })
	}, want: "the leaf commits to something else"},
	{name: "a missing line in the openings", files: func(_ *site, m marks, f files) {
		f.line(m.withheld, func(*verify.Opening) string { return "" })
	}, want: "1 signatures have no line in the openings"},
	{name: "no openings", files: func(_ *site, _ marks, f files) { delete(f, "log/openings/1") }, want: "log/openings/1 is missing"},
	{name: "a line twice in the openings", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { return written(*o) + written(*o) })
	}, want: "stands there twice"},
	{name: "an opening of no signature", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { return written(*o) + `{"index":0}` + "\n" })
	}, want: "opens leaf 0, which is no signature of this bundle"},
	{name: "an opening of another bundle", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { return written(*o) + `{"index":300}` + "\n" })
	}, want: "opens leaf 300, which is no signature of this bundle"},
	{name: "an opening that is no JSON", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { return written(*o) + "{\n" })
	}, want: "log/openings/0: "},
	{name: "an opening that is no object", files: func(_ *site, m marks, f files) {
		f.line(m.signed, func(o *verify.Opening) string { return written(*o) + "[1]\n" })
	}, want: "log/openings/0: "},
	{name: "another key for everything", site: func(s *site, _ marks) { s.signer, s.vkey = keyPair(origin, "another") },
		key: true, want: "no signature of the key " + origin},
	{name: "another log", site: func(s *site, _ marks) { s.signer, s.vkey = keyPair("undersigned/other", "log") },
		key: true, want: "no signature of the key " + origin},
}, countTampers(), []tamper{
	{name: "another edition's number", site: func(s *site, _ marks) { s.letter(granary).Edition.Number = 2 }, want: "edition: the site says 2, the log gives 3"},
	{name: "a text that is not the edition's", site: func(s *site, _ marks) {
		s.letter(granary).Edition.SHA256 = fmt.Sprintf("%x", hashOf("another"))
	}, want: "text: the site says "},
	{name: "the text of the edition before", site: func(s *site, m marks) {
		s.letter(granary).Edition.SHA256 = fmt.Sprintf("%x", s.leaf(m.edition2).(verify.Edition).Texts[0].SHA256)
	}, want: "text: the site says "},
	{name: "a language fewer", site: func(s *site, _ marks) { s.letter(granary).Edition.Languages = []string{"en"} },
		want: "languages: the site says en, the log gives en fa"},
	{name: "a language more", site: func(s *site, _ marks) { s.letter(granary).Edition.Languages = []string{"fa", "en", "fr"} },
		want: "languages: the site says en fa fr, the log gives en fa"},
	{name: "another deadline", site: func(s *site, _ marks) { s.letter(granary).Deadline = "2030-06-21T17:00:00Z" },
		want: "deadline: the site says 2030-06-21T17:00:00Z, the log gives 2030-06-20T17:00:00Z"},
	{name: "no deadline", site: func(s *site, _ marks) { s.letter(granary).Deadline = "" }, want: "deadline: the site says none, the log gives 2030-06-20T17:00:00Z"},
	{name: "an open letter that is closed", site: func(s *site, _ marks) { s.letter(harbour).State = "open" }, want: "state: the site says open, the log gives closed"},
	{name: "the id of another letter", site: func(s *site, _ marks) { s.letter(granary).LogID = three.String() },
		want: "edition: the site says 3, the log gives 1"},
	{name: "the id of the other letter", site: func(s *site, _ marks) { s.letter(granary).LogID = two.String() }, want: "has the same id in the log"},
	{name: "the id of no letter", site: func(s *site, _ marks) { s.letter(granary).LogID = verify.LetterID{9}.String() },
		want: "the log has no leaf of this letter"},
	{name: "the id of a letter without a text", site: func(s *site, _ marks) {
		s.follow(verify.Deadline{Letter: verify.LetterID{9}})
		s.letter(granary).LogID = verify.LetterID{9}.String()
	}, want: "the log has no edition of this letter"},
	{name: "no id", site: func(s *site, _ marks) { s.letter(granary).LogID = "" }, want: "the log has no leaf of this letter"},
	{name: "a file of another letter", files: func(_ *site, _ marks, f files) {
		f["letters/"+harbour+".json"] = bytes.Replace(f["letters/"+harbour+".json"], []byte(harbour), []byte("harbour-lamps"), 1)
	}, want: `the file is about "harbour-lamps"`},
	{name: "another root beside the numbers", site: func(s *site, _ marks) { s.letter(harbour).Checkpoint.Root = hashOf("root").String() },
		want: "the checkpoint beside the numbers has the root"},
	{name: "a size that the log has not reached", site: func(s *site, _ marks) { s.letter(harbour).Checkpoint.Size = 999 },
		want: "the checkpoint beside the numbers is of 999 leaves, the log has"},
	{name: "a size that no log has", site: func(s *site, _ marks) { s.letter(harbour).Checkpoint.Size = -1 },
		want: "the checkpoint beside the numbers is of -1 leaves, the log has"},
	{name: "numbers of an empty log", site: func(s *site, _ marks) { s.letter(harbour).Checkpoint.Size = 0 },
		want: "the log has no leaf of this letter"},
	{name: "numbers of a smaller log", site: func(s *site, m marks) { s.letter(granary).Checkpoint.Size = m.edition3 },
		want: "earlier: the site says"},
}, operatorTampers)

// countTampers has every number of a letter one too high and one too low.
func countTampers() (list []tamper) {
	for name, field := range map[string]func(c *verify.Counts) *int{
		"organisations": func(c *verify.Counts) *int { return &c.Organisations }, "persons": func(c *verify.Counts) *int { return &c.Persons },
		"withheld": func(c *verify.Counts) *int { return &c.Withheld }, "imported": func(c *verify.Counts) *int { return &c.Imported },
		"withdrawn": func(c *verify.Counts) *int { return &c.Withdrawn }, "removed": func(c *verify.Counts) *int { return &c.Removed },
		"earlier": func(c *verify.Counts) *int { return &c.Earlier },
	} {
		for _, by := range []int{1, -1} {
			list = append(list, tamper{name: fmt.Sprintf("%s %+d", name, by), want: name + ": the site says ",
				site: func(s *site, _ marks) { *field(&s.letter(granary).Counts) += by }})
		}
	}
	return list
}

// tampered returns the files of a tampered site, and how an auditor reads them.
func (x tamper) tampered(t testing.TB) (files, verify.Options) {
	t.Helper()
	s, m := goodSite(t)
	var o verify.Options
	if x.key {
		o.Key = s.vkey
	}
	if x.since {
		o.Since = s.checkpoint(m.early)
	}
	if x.site != nil {
		x.site(s, m)
	}
	f := s.files()
	if x.files != nil {
		x.files(s, m, f)
	}
	return f, o
}

func TestAudit_findsEveryTamper(t *testing.T) {
	good, _ := goodSite(t)
	for _, x := range tampers {
		t.Run(x.name, func(t *testing.T) {
			f, o := x.tampered(t)
			if changed := !sameFiles(good.files(), f) || x.since; !changed {
				t.Fatal("nothing was tampered with")
			}
			r, err := audit(t, f.fs(), o)
			if err != nil || r.OK() {
				t.Fatalf("it passed: %v", err)
			}
			if !strings.Contains(problems(r), x.want) {
				t.Errorf("want %q in\n%s", x.want, problems(r))
			}
		})
	}
}

func sameFiles(a, b files) bool {
	same := len(a) == len(b)
	for name := range a {
		same = same && bytes.Equal(a[name], b[name])
	}
	return same
}
