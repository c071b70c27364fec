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
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", receiptHead, base64.StdEncoding.EncodeToString(extra), r.Index)
	for _, h := range r.Proof {
		b.WriteString(h.String() + "\n")
	}
	return append([]byte(b.String()+"\n"), r.Checkpoint...), nil
}

// ParseReceipt reads a file. It checks nothing that the file claims: Check does.
func ParseReceipt(file []byte) (r Receipt, err error) {
	if len(file) > MaxReceipt {
		return r, errors.New("receipt: too large")
	}
	in := &reader{rest: string(file)}
	head, rest, _ := strings.Cut(in.rest, "\n")
	if head != receiptHead {
		return r, errors.New("receipt: not a " + receiptHead)
	}
	in.rest = rest
	extra, err := base64.StdEncoding.DecodeString(in.take("extra"))
	if err != nil {
		return r, errors.New("receipt: extra data are not base64")
	}
	if err := json.Unmarshal(extra, &r.Extra); in.err == nil && err != nil {
		return r, errors.New("receipt: extra data are not JSON")
	}
	index := in.take("index")
	if r.Index, err = strconv.ParseInt(index, 10, 64); in.err == nil && (err != nil || r.Index < 0 || strconv.FormatInt(r.Index, 10) != index) {
		return r, errors.New("receipt: index")
	}
	for in.err == nil {
		line, rest, more := strings.Cut(in.rest, "\n")
		if !more || len(r.Proof) > 64 {
			return r, errors.New("receipt: it ends too early")
		}
		if in.rest = rest; line == "" {
			break
		}
		r.Proof = append(r.Proof, in.hash(line))
	}
	if in.err != nil {
		return r, fmt.Errorf("receipt: %w", in.err)
	}
	r.Checkpoint = []byte(in.rest)
	return r, nil
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
