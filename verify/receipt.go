package verify

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Receipt proves to anybody, without a network, that a signature is in the log: a c2sp.org/tlog-proof whose extra data tell
// what the leaf commits to. Whoever holds one knows who signed.
type Receipt struct {
	Index      int64
	Proof      tlog.RecordProof
	Checkpoint []byte // signed
	Extra      Extra
}

// Extra are the extra data of a receipt, as JSON.
type Extra struct {
	Leaf        string `json:"leaf"`             // the sign leaf
	Edition     string `json:"edition"`          // the edition leaf it names: the hashes of the texts that were signed
	Record      string `json:"record,omitempty"` // the text of the Record
	RecordSalt  []byte `json:"record_salt,omitempty"`
	ContactSalt []byte `json:"contact_salt,omitempty"` // the signer knows the address
}

const receiptHead = "c2sp.org/tlog-proof@v1"

// MaxReceipt is the size of the largest receipt, in bytes.
const MaxReceipt = 64 << 10

// Format returns the file.
func (r Receipt) Format() ([]byte, error) {
	extra, err := json.Marshal(r.Extra)
	file := fmt.Appendf(nil, "%s\nextra %s\nindex %d\n", receiptHead, base64.StdEncoding.EncodeToString(extra), r.Index)
	for _, h := range r.Proof {
		file = append(append(file, h.String()...), '\n')
	}
	return append(append(file, '\n'), r.Checkpoint...), err
}

// ParseReceipt reads a file. It checks nothing that the file claims: Check does. The specification lets a proof go without
// extra data; such a one is no receipt, as nothing in it says what was signed.
func ParseReceipt(file []byte) (r Receipt, err error) {
	if len(file) > MaxReceipt {
		return r, errors.New("receipt: too large")
	}
	in := &reader{rest: string(file)}
	if head := in.line(); head != receiptHead {
		return r, errors.New("receipt: not a " + receiptHead)
	}
	encoded := in.take("extra")
	extra, _ := base64.StdEncoding.DecodeString(encoded)
	if in.err == nil && base64.StdEncoding.EncodeToString(extra) != encoded {
		in.fail("extra data are not base64")
	}
	if err := json.Unmarshal(extra, &r.Extra); in.err == nil && err != nil {
		in.fail("extra data are not JSON")
	}
	index := in.take("index")
	if r.Index = in.parse(index, 0); strconv.FormatInt(r.Index, 10) != index {
		in.fail("number")
	}
	for line := in.line(); in.err == nil && line != ""; line = in.line() {
		h := in.hash(line)
		if r.Proof = append(r.Proof, h); h.String() != line || len(r.Proof) > maxProof {
			in.fail("hash")
		}
	}
	if in.err != nil {
		return Receipt{}, fmt.Errorf("receipt: %w", in.err)
	}
	r.Checkpoint = []byte(in.rest)
	return r, nil
}

// maxProof is how many hashes a proof has at most: as many as the tree has levels.
const maxProof = 63

// line takes a line that ends, whatever it holds.
func (r *reader) line() string {
	line, rest, ends := strings.Cut(r.rest, "\n")
	if !ends {
		r.fail("it ends too early")
	}
	r.rest = rest
	return line
}

// Check verifies a receipt with the key of its log, and returns what it proves: the statement, the texts that were signed,
// and what is, or would be, published about the signer.
func (r Receipt) Check(key note.Verifier) (sign Sign, edition Edition, record Record, err error) {
	fail := func(err error) (Sign, Edition, Record, error) {
		return Sign{}, Edition{}, Record{}, fmt.Errorf("receipt: %w", err)
	}
	c, err := OpenCheckpoint(r.Checkpoint, key)
	if err != nil {
		return fail(err)
	}
	if r.Index >= c.Size {
		return fail(errors.New("its index is outside the log"))
	}
	if err := tlog.CheckRecord(r.Proof, c.Size, c.Root, r.Index, RecordHash([]byte(r.Extra.Leaf))); err != nil {
		return fail(errors.New("the log does not hold this leaf at this index"))
	}
	leaf, err := Parse([]byte(r.Extra.Leaf))
	if err != nil {
		return fail(err)
	}
	sign, ok := leaf.(Sign)
	if !ok {
		return fail(errors.New("the leaf is no signature"))
	}
	if leaf, err = Parse([]byte(r.Extra.Edition)); err != nil {
		return fail(err)
	}
	if edition, ok = leaf.(Edition); !ok || RecordHash([]byte(r.Extra.Edition)) != sign.Edition {
		return fail(errors.New("the edition is not the one that was signed"))
	}
	if record, err = (Opening{r.Index, r.Extra.Record, r.Extra.RecordSalt}).Check(sign); err != nil {
		return fail(err)
	}
	return sign, edition, record, nil
}
