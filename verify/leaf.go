package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// prefix begins every leaf and every other text that is hashed or signed, so that none can be taken for another.
const prefix = "undersigned.log/v1 "

// MaxLeaf is the size of the largest leaf, in bytes.
const MaxLeaf = 4096

// Leaf is one statement of the log. Its text is UTF-8, one "key SP value" a line in a fixed order, each line ended by LF,
// and no other control character:
//
//	undersigned.log/v1 edition                        undersigned.log/v1 sign
//	letter <32 hex>                                   letter <32 hex>
//	number <n>                                        edition <base64 RecordHash of the edition leaf>
//	follows <base64 RecordHash> cosmetic|…            kind person|organisation
//	text <language> <hex SHA-256 of the file>         listing public|withheld
//	  (sorted by language; no "follows" in the first) basis email|domain|reply|paper|import|voucher
//	                                                  day <YYYY-MM-DD>
//	undersigned.log/v1 relist                         record <base64 commitment>
//	letter <32 hex>                                   contact <base64 commitment>
//	target <leaf index>
//	listing public|withheld                           undersigned.log/v1 withdraw
//	                                                  letter <32 hex>
//	undersigned.log/v1 deadline                       target <leaf index>
//	letter <32 hex>                                   reason signer|erasure|reaffirmed|duplicate|fraud|moderation|import
//	at <RFC 3339, UTC, seconds> (or "none")           day <YYYY-MM-DD>
//
//	undersigned.log/v1 import                         undersigned.log/v1 deliver
//	letter <32 hex>                                   letter <32 hex>
//	n <at most so many signatures>                    size <tree size that the numbers are of>
//	sha256 <hex SHA-256 of the file>                  count organisations <n>
//	                                                  count persons <n>
//	undersigned.log/v1 close                          count withheld <n>
//	letter <32 hex>                                   count imported <n>
//	size <leaf index of this leaf>                    file <hex SHA-256> (sorted, each once)
//	beacon <round of the drand network "quicknet">
type Leaf interface {
	// Of returns the letter that the statement is about.
	Of() LetterID
	// write appends the lines after the first two.
	write(w *writer)
	// name is the word after the prefix.
	name() string
}

// Edition states that a text was published.
type Edition struct {
	Letter   LetterID
	Number   int     // from 1, without gaps
	Previous Hash    // RecordHash of the edition leaf before; zero for the first
	Follows  Follows // "" for the first
	Texts    []Text  // sorted by language; at least one
}

// Text is an edition's file in one language.
type Text struct {
	Language string
	SHA256   [32]byte // of the file as it is served: sha256sum shows the same
}

// Sign states that somebody signed an edition.
type Sign struct {
	Letter  LetterID
	Edition Hash // RecordHash of the edition leaf
	Kind    Kind
	Listing Listing
	Basis   Basis
	Day     string // YYYY-MM-DD, UTC
	Record  Hash   // commitment to what is, or would be, published: see Record
	Contact Hash   // commitment to how the signer was reached: see Contact
}

// Relist states that the name of a signature became public or ceased to be.
type Relist struct {
	Letter  LetterID
	Target  int64 // index of the sign leaf
	Listing Listing
}

// Withdraw states that a signature ended.
type Withdraw struct {
	Letter LetterID
	Target int64 // index of the sign leaf
	Reason Reason
	Day    string // YYYY-MM-DD, UTC
}

// Deadline states until when the letter can be signed.
type Deadline struct {
	Letter LetterID
	At     time.Time // whole seconds, UTC; zero for none
}

// Import states that a list of signatures was brought in, and how many it can have added at most.
type Import struct {
	Letter LetterID
	N      int
	SHA256 [32]byte // of the file
}

// Close states that no signature counts any more that follows this leaf.
type Close struct {
	Letter LetterID
	Size   int64 // index of this leaf
	Beacon int64 // round of a public source of randomness (drand quicknet) that picks a sample for an audit
}

// Deliver states that the letter was handed over, with the numbers of a tree size.
type Deliver struct {
	Letter                                     LetterID
	Size                                       int64
	Organisations, Persons, Withheld, Imported int
	Files                                      [][32]byte // SHA-256 of what was handed over, sorted
}

// Of returns the letter.
func (l Edition) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Sign) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Relist) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Withdraw) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Deadline) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Import) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Close) Of() LetterID { return l.Letter }

// Of returns the letter.
func (l Deliver) Of() LetterID { return l.Letter }

func (Edition) name() string  { return "edition" }
func (Sign) name() string     { return "sign" }
func (Relist) name() string   { return "relist" }
func (Withdraw) name() string { return "withdraw" }
func (Deadline) name() string { return "deadline" }
func (Import) name() string   { return "import" }
func (Close) name() string    { return "close" }
func (Deliver) name() string  { return "deliver" }

// Format returns the text of a leaf. It does not check it: Parse does.
func Format(l Leaf) []byte {
	w := &writer{b: make([]byte, 0, 384)}
	w.b = append(append(append(w.b, prefix...), l.name()...), '\n')
	id := l.Of()
	w.b = append(w.b, "letter "...)
	w.b = append(hex.AppendEncode(w.b, id[:]), '\n')
	l.write(w)
	return w.b
}

func (l Edition) write(w *writer) {
	w.line("number", strconv.Itoa(l.Number))
	if l.Follows != "" {
		w.line("follows", l.Previous.String(), string(l.Follows))
	}
	for _, t := range l.Texts {
		w.line("text", t.Language, hex.EncodeToString(t.SHA256[:]))
	}
}

func (l Sign) write(w *writer) {
	w.hash("edition", l.Edition)
	w.line("kind", string(l.Kind))
	w.line("listing", string(l.Listing))
	w.line("basis", string(l.Basis))
	w.line("day", l.Day)
	w.hash("record", l.Record)
	w.hash("contact", l.Contact)
}

func (l Relist) write(w *writer) {
	w.number("target", l.Target)
	w.line("listing", string(l.Listing))
}

func (l Withdraw) write(w *writer) {
	w.number("target", l.Target)
	w.line("reason", string(l.Reason))
	w.line("day", l.Day)
}

func (l Deadline) write(w *writer) {
	at := "none"
	if !l.At.IsZero() {
		at = l.At.UTC().Format(time.RFC3339)
	}
	w.line("at", at)
}

func (l Import) write(w *writer) {
	w.number("n", int64(l.N))
	w.line("sha256", hex.EncodeToString(l.SHA256[:]))
}

func (l Close) write(w *writer) {
	w.number("size", l.Size)
	w.number("beacon", l.Beacon)
}

func (l Deliver) write(w *writer) {
	w.number("size", l.Size)
	for i, n := range []int{l.Organisations, l.Persons, l.Withheld, l.Imported} {
		w.line("count", delivered[i], strconv.Itoa(n))
	}
	for _, f := range l.Files {
		w.line("file", hex.EncodeToString(f[:]))
	}
}

// delivered names the numbers of a deliver leaf, in their order.
var delivered = [4]string{"organisations", "persons", "withheld", "imported"}

type writer struct{ b []byte }

func (w *writer) line(key string, values ...string) {
	w.b = append(w.b, key...)
	for _, v := range values {
		w.b = append(append(w.b, ' '), v...)
	}
	w.b = append(w.b, '\n')
}

func (w *writer) hash(key string, h Hash) {
	w.b = append(append(w.b, key...), ' ')
	w.b = append(base64.StdEncoding.AppendEncode(w.b, h[:]), '\n')
}

func (w *writer) number(key string, n int64) { w.line(key, strconv.FormatInt(n, 10)) }

// RecordHash is the hash of a leaf in the tree: SHA-256 of a zero byte and the leaf (RFC 6962, 2.1).
func RecordHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// Parse reads a leaf. It refuses whatever Format would have written otherwise: unknown, missing or reordered lines,
// another spelling of a number, a value out of its set.
func Parse(text []byte) (Leaf, error) {
	if len(text) > MaxLeaf {
		return nil, fmt.Errorf("leaf of %d bytes; %d is the most", len(text), MaxLeaf)
	}
	lines := string(text)
	if err := checkLines(lines); err != nil {
		return nil, fmt.Errorf("leaf: %w", err)
	}
	head, rest, _ := strings.Cut(lines, "\n")
	name, ok := strings.CutPrefix(head, prefix)
	if !ok {
		return nil, errors.New("leaf: not of undersigned.log/v1")
	}
	r := &reader{rest: rest}
	id, err := ParseLetterID(r.take("letter"))
	if err != nil {
		return nil, fmt.Errorf("leaf: %w", err)
	}
	read := readers[name]
	if read == nil {
		return nil, fmt.Errorf("leaf: unknown statement %q", name)
	}
	leaf := read(r, id)
	if r.err == nil && r.rest != "" {
		r.fail("lines after the last")
	}
	// Writing it again finds what the readers let pass: "+1", "007", a base64 text with stray bits, a line out of order.
	if r.err == nil && string(Format(leaf)) != lines {
		r.fail("not written as it must be")
	}
	if r.err != nil {
		return nil, fmt.Errorf("%s leaf: %w", name, r.err)
	}
	return leaf, nil
}

var readers = map[string]func(r *reader, id LetterID) Leaf{
	"edition": func(r *reader, id LetterID) Leaf {
		l := Edition{Letter: id, Number: int(r.number("number", 1))}
		if strings.HasPrefix(r.rest, "follows ") {
			hash, how, _ := strings.Cut(r.take("follows"), " ")
			l.Previous, l.Follows = r.hash(hash), oneOf(r, Follows(how), Cosmetic, Translation, Substantive)
		}
		if (l.Follows == "") != (l.Number == 1) {
			r.fail("every edition but the first follows another")
		}
		for r.err == nil && r.rest != "" {
			language, sum, _ := strings.Cut(r.take("text"), " ")
			if !languageTag.MatchString(language) {
				r.fail("language")
			}
			l.Texts = append(l.Texts, Text{language, r.hex(sum)})
		}
		if len(l.Texts) == 0 {
			r.fail("no text")
		}
		for i := 1; i < len(l.Texts); i++ {
			if l.Texts[i-1].Language >= l.Texts[i].Language {
				r.fail("texts are not sorted")
			}
		}
		return l
	},
	"sign": func(r *reader, id LetterID) Leaf {
		return Sign{Letter: id, Edition: r.hash(r.take("edition")),
			Kind:    oneOf(r, Kind(r.take("kind")), Person, Organisation),
			Listing: oneOf(r, Listing(r.take("listing")), Public, Withheld),
			Basis:   oneOf(r, Basis(r.take("basis")), ByEmail, ByDomain, ByReply, ByPaper, ByImport, ByVoucher),
			Day:     r.day(), Record: r.hash(r.take("record")), Contact: r.hash(r.take("contact"))}
	},
	"relist": func(r *reader, id LetterID) Leaf {
		return Relist{Letter: id, Target: r.number("target", 0), Listing: oneOf(r, Listing(r.take("listing")), Public, Withheld)}
	},
	"withdraw": func(r *reader, id LetterID) Leaf {
		return Withdraw{Letter: id, Target: r.number("target", 0),
			Reason: oneOf(r, Reason(r.take("reason")), Signer, Erasure, Reaffirmed, Duplicate, Fraud, Moderation, Undone), Day: r.day()}
	},
	"deadline": func(r *reader, id LetterID) Leaf {
		at := r.take("at")
		if at == "none" {
			return Deadline{Letter: id}
		}
		t, err := time.Parse(time.RFC3339, at)
		if err != nil || t.Year() < 1 { // no calendar has a year 0
			r.fail("time")
		}
		return Deadline{id, t.UTC()}
	},
	"import": func(r *reader, id LetterID) Leaf {
		return Import{id, int(r.number("n", 0)), r.hex(r.take("sha256"))}
	},
	"close": func(r *reader, id LetterID) Leaf {
		return Close{id, r.number("size", 0), r.number("beacon", 0)}
	},
	"deliver": func(r *reader, id LetterID) Leaf {
		l := Deliver{Letter: id, Size: r.number("size", 0)}
		for i, into := range []*int{&l.Organisations, &l.Persons, &l.Withheld, &l.Imported} {
			class, n, _ := strings.Cut(r.take("count"), " ")
			if class != delivered[i] {
				r.fail("count " + delivered[i])
			}
			*into = int(r.parse(n, 0))
		}
		for r.err == nil && r.rest != "" {
			l.Files = append(l.Files, r.hex(r.take("file")))
		}
		for i := 1; i < len(l.Files); i++ {
			if bytes.Compare(l.Files[i-1][:], l.Files[i][:]) >= 0 {
				r.fail("files are not sorted")
			}
		}
		return l
	},
}

// reader takes lines; after its first error it returns nothing more.
type reader struct {
	rest string
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New(what)
	}
}

// take returns the value of the next line, which must have the key.
func (r *reader) take(key string) string {
	line, rest, _ := strings.Cut(r.rest, "\n")
	value, ok := strings.CutPrefix(line, key+" ")
	if !ok || value == "" {
		r.fail(fmt.Sprintf("line %q is missing", key))
	}
	if r.err != nil {
		return ""
	}
	r.rest = rest
	return value
}

func (r *reader) number(key string, least int64) int64 { return r.parse(r.take(key), least) }

func (r *reader) parse(s string, least int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > 1<<53 { // every reader of JSON can hold it
		r.fail("number")
	}
	return n
}

func (r *reader) hash(s string) Hash {
	h, err := tlog.ParseHash(s)
	if err != nil {
		r.fail("hash")
	}
	return h
}

func (r *reader) hex(s string) (sum [32]byte) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(sum) {
		r.fail("SHA-256")
		return sum
	}
	return [32]byte(b)
}

func (r *reader) day() string {
	day := r.take("day")
	if t, err := time.Parse(time.DateOnly, day); err != nil || t.Year() < 1 {
		r.fail("day")
	}
	return day
}

func oneOf[T ~string](r *reader, v T, set ...T) T {
	if !slices.Contains(set, v) {
		r.fail(fmt.Sprintf("unknown value %q", v))
	}
	return v
}

// languageTag is the form of BCP 47 tags, short ones.
var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$`)

// checkLines refuses what is not lines of clean UTF-8 text.
func checkLines(s string) error {
	if !strings.HasSuffix(s, "\n") {
		return errors.New("the last line has no end")
	}
	if !utf8.ValidString(s) {
		return errors.New("not UTF-8")
	}
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' || c == 0x7f || c == 0xc2 && s[i+1] < 0xa0 {
			return errors.New("a control character")
		}
	}
	return nil
}
