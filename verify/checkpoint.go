package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the state of a log that its key has signed (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"` // leaves
	Root   Hash   `json:"root"`
}

// Text returns what is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// ParseCheckpoint reads what Text returns. Lines after the third, which the specification lets logs add, are refused: this
// log adds none.
func ParseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return c, errors.New("checkpoint: three lines are needed: origin, size, root")
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return c, errors.New("checkpoint: the size is no number")
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, errors.New("checkpoint: the root is no hash")
	}
	if c.Text() != text {
		return c, errors.New("checkpoint: not written as it must be")
	}
	return c, nil
}

// Sign returns the signed note of a checkpoint. The signer's name is the origin.
func (c Checkpoint) Sign(key note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, key)
}

// OpenCheckpoint checks the signature of a checkpoint and reads it. The key's name must be the origin.
func OpenCheckpoint(signed []byte, key note.Verifier) (c Checkpoint, err error) {
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return c, fmt.Errorf("checkpoint: no signature of the key %s+%08x: %w", key.Name(), key.KeyHash(), err)
	}
	if c, err = ParseCheckpoint(n.Text); err != nil {
		return c, err
	}
	if c.Origin != key.Name() {
		return c, fmt.Errorf("checkpoint: of the log %q, and the key is that of %q", c.Origin, key.Name())
	}
	return c, nil
}

// Promise is what a signer is given before the next checkpoint: the log states that a sign leaf with this record will be in
// a checkpoint by then. One that was not kept proves to anybody that the log misbehaved.
type Promise struct {
	Record Hash
	By     time.Time // whole seconds, UTC
}

// Text returns what is signed.
func (p Promise) Text() string {
	return prefix + "promise\nrecord " + p.Record.String() + "\nby " + p.By.UTC().Format(time.RFC3339) + "\n"
}

// ParsePromise reads what Text returns.
func ParsePromise(text string) (p Promise, err error) {
	r := &reader{rest: text}
	if head := r.take(strings.TrimSuffix(prefix, " ")); head != "promise" {
		return p, errors.New("not a promise of undersigned.log/v1")
	}
	p.Record = r.hash(r.take("record"))
	if p.By, err = time.Parse(time.RFC3339, r.take("by")); err != nil || r.err != nil {
		return p, errors.New("promise: not written as it must be")
	}
	if p.By = p.By.UTC(); p.Text() != text {
		return p, errors.New("promise: not written as it must be")
	}
	return p, nil
}

// OpenPromise checks the signature of a promise and reads it; the key is the one that PromiseKey returns.
func OpenPromise(signed []byte, key note.Verifier) (p Promise, err error) {
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return p, fmt.Errorf("promise: %w", err)
	}
	return ParsePromise(n.Text)
}

// PromiseKey returns the verifier key of promises: the log's own key under the name "ORIGIN/promise". The texts that it signs
// cannot be taken for each other, as a promise does not begin with an origin.
func PromiseKey(logKey string) (string, error) {
	key, err := note.NewVerifier(logKey)
	if err != nil {
		return "", err
	}
	encoded := logKey[len(key.Name())+len("+00000000+"):]
	raw, _ := base64.StdEncoding.DecodeString(encoded) // a byte for the algorithm and the key, as NewVerifier has checked
	return note.NewEd25519VerifierKey(key.Name()+"/promise", ed25519.PublicKey(raw[1:]))
}

// ParsePolicy returns the verifier key to trust: the line "log VKEY" of a c2sp.org/tlog-policy file, which must also have the
// line "quorum none". Witnesses are not supported yet, so a policy that asks for them is refused rather than half kept.
func ParsePolicy(text string) (key string, err error) {
	quorum := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case words[0] == "log" && (len(words) == 2 || len(words) == 3) && key == "": // the third is an address
			if _, err := note.NewVerifier(words[1]); err != nil {
				return "", fmt.Errorf("policy: %w", err)
			}
			key = words[1]
		case words[0] == "quorum" && len(words) == 2 && words[1] == "none" && !quorum:
			quorum = true
		default:
			return "", fmt.Errorf("policy: this version understands one line \"log VKEY\" and one line \"quorum none\", not %q", strings.Join(words, " "))
		}
	}
	if key == "" || !quorum {
		return "", errors.New("policy: it needs a line \"log VKEY\" and a line \"quorum none\"")
	}
	return key, nil
}

// Tree computes the root of a tree whose leaves are added one after the other, in memory that grows with the logarithm of
// its size (RFC 6962, 2.1).
type Tree struct {
	size  int64
	stack []Hash // roots of the perfect subtrees, the largest first
}

// Add takes the RecordHash of the next leaf.
func (t *Tree) Add(leaf Hash) {
	t.stack = append(t.stack, leaf)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.stack) - 1
		t.stack[last-1] = tlog.NodeHash(t.stack[last-1], t.stack[last])
		t.stack = t.stack[:last]
	}
	t.size++
}

// Size returns the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root returns the root hash; of an empty tree the hash of nothing.
func (t *Tree) Root() Hash {
	if len(t.stack) == 0 {
		root, _ := tlog.TreeHash(0, nil) // the hash of nothing; nothing is read
		return root
	}
	root := t.stack[len(t.stack)-1]
	for i := len(t.stack) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.stack[i], root)
	}
	return root
}
