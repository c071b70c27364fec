package verify_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/verify"
)

// hashes is a tree as x/mod stores it.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) (list []tlog.Hash, err error) {
	for _, i := range indexes {
		list = append(list, h[i])
	}
	return list, nil
}

func stored(t testing.TB, leaves [][]byte) (h hashes) {
	t.Helper()
	for i, l := range leaves {
		more, err := tlog.StoredHashes(int64(i), l, h)
		if err != nil {
			t.Fatal(err)
		}
		h = append(h, more...)
	}
	return h
}

// receiptOf returns the receipt of a sign leaf.
func receiptOf(t testing.TB, s *site, index int64) verify.Receipt {
	t.Helper()
	proof, err := tlog.ProveRecord(int64(len(s.leaves)), index, stored(t, s.leaves))
	if err != nil {
		t.Fatal(err)
	}
	sign := s.leaf(index).(verify.Sign)
	edition := slices.IndexFunc(s.leaves, func(l []byte) bool { return verify.RecordHash(l) == sign.Edition })
	o := s.openings[index]
	return verify.Receipt{Index: index, Proof: proof, Checkpoint: s.checkpoint(int64(len(s.leaves))),
		Extra: verify.Extra{Leaf: string(s.leaves[index]), Edition: string(s.leaves[edition]), Record: o.Record, RecordSalt: o.Salt, ContactSalt: make([]byte, 32)}}
}

func format(t testing.TB, r verify.Receipt) []byte {
	t.Helper()
	file, err := r.Format()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReceipt_checks(t *testing.T) {
	s, _ := goodSite(t)
	key := verifierOf(t, s.vkey)
	checked := 0
	for index, o := range s.openings {
		if o.Record == "" {
			continue
		}
		want := receiptOf(t, s, index)
		got, err := verify.ParseReceipt(format(t, want))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("leaf %d: %v (-want +got):\n%s", index, err, diff)
		}
		sign, edition, record, err := got.Check(key)
		if err != nil || sign != s.leaf(index) || verify.RecordHash(verify.Format(edition)) != sign.Edition || record.Text() != o.Record {
			t.Errorf("leaf %d: %v %v %v, %v", index, sign, edition, record, err)
		}
		checked++
	}
	if checked < 100 {
		t.Errorf("only %d receipts", checked)
	}
}

// A log of one leaf has no hash to prove it by; its receipt is one all the same.
func TestReceipt_withoutHashes(t *testing.T) {
	s, _ := goodSite(t)
	first := s.leaves[0]
	s.leaves = [][]byte{first}
	r := verify.Receipt{Checkpoint: s.checkpoint(1), Extra: verify.Extra{Leaf: string(first), Edition: string(first)}}
	got, err := verify.ParseReceipt(format(t, r))
	if diff := cmp.Diff(r, got); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	if _, _, _, err := got.Check(verifierOf(t, s.vkey)); err == nil || !strings.Contains(err.Error(), "the leaf is no signature") {
		t.Errorf("an edition passed for a signature: %v", err)
	}
}

func TestReceipt_refusesOtherClaims(t *testing.T) {
	s, m := goodSite(t)
	key := verifierOf(t, s.vkey)
	other := receiptOf(t, s, m.imports+1)
	for name, x := range map[string]struct {
		change func(r *verify.Receipt)
		want   string
	}{
		"another index":        {func(r *verify.Receipt) { r.Index++ }, "does not hold this leaf at this index"},
		"an index outside":     {func(r *verify.Receipt) { r.Index = 1 << 40 }, "outside the log"},
		"a hash":               {func(r *verify.Receipt) { r.Proof[2][0] ^= 1 }, "does not hold this leaf"},
		"a hash fewer":         {func(r *verify.Receipt) { r.Proof = r.Proof[1:] }, "does not hold this leaf"},
		"another leaf":         {func(r *verify.Receipt) { r.Extra.Leaf = other.Extra.Leaf }, "does not hold this leaf"},
		"another edition":      {func(r *verify.Receipt) { r.Extra.Edition = string(s.leaves[m.edition2]) }, "the edition is not the one that was signed"},
		"no edition":           {func(r *verify.Receipt) { r.Extra.Edition = "" }, "the last line has no end"},
		"a leaf as edition":    {func(r *verify.Receipt) { r.Extra.Edition = r.Extra.Leaf }, "the edition is not the one that was signed"},
		"another name":         {func(r *verify.Receipt) { r.Extra.Record = other.Extra.Record }, "the leaf commits to something else"},
		"another salt":         {func(r *verify.Receipt) { r.Extra.RecordSalt = other.Extra.RecordSalt }, "the leaf commits to something else"},
		"another checkpoint":   {func(r *verify.Receipt) { r.Checkpoint = s.checkpoint(m.early) }, "does not hold this leaf"},
		"a changed checkpoint": {func(r *verify.Receipt) { r.Checkpoint[len(origin)+1] ^= 1 }, "no signature of the key"},
		"a leaf that is none": {func(r *verify.Receipt) {
			bad := &site{t: t, signer: s.signer, leaves: [][]byte{[]byte("x\n")}}
			*r = verify.Receipt{Checkpoint: bad.checkpoint(1), Extra: verify.Extra{Leaf: "x\n"}}
		}, "not of undersigned.log/v1"},
	} {
		r := receiptOf(t, s, m.signed)
		r.Checkpoint = slices.Clone(r.Checkpoint)
		x.change(&r)
		if _, _, _, err := r.Check(key); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	_, another := keyPair(origin, "another")
	if _, _, _, err := receiptOf(t, s, m.signed).Check(verifierOf(t, another)); err == nil || !strings.Contains(err.Error(), "no verifiable signatures") {
		t.Errorf("another key: %v", err)
	}
}

func TestParseReceipt_refuses(t *testing.T) {
	s, m := goodSite(t)
	good := string(format(t, receiptOf(t, s, m.signed)))
	lines := strings.SplitAfter(good, "\n")
	replace := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(good, old, with, 1)
	}
	index := fmt.Sprintf("index %d\n", m.signed)
	for name, x := range map[string]struct{ file, want string }{
		"nothing":               {"", "not a c2sp.org/tlog-proof@v1"},
		"another version":       {replace("proof@v1", "proof@v2"), "not a c2sp.org/tlog-proof@v1"},
		"CRLF":                  {strings.ReplaceAll(good, "\n", "\r\n"), "not a c2sp.org/tlog-proof@v1"},
		"only the head":         {lines[0], `line "extra" is missing`},
		"no extra data":         {strings.Replace(good, lines[1], "", 1), `line "extra" is missing`},
		"extra data twice":      {strings.Replace(good, lines[1], lines[1]+lines[1], 1), `line "index" is missing`},
		"extra data not base64": {replace("extra ", "extra !"), "extra data are not base64"},
		"extra data with CR":    {strings.Replace(good, lines[1], strings.TrimSuffix(lines[1], "\n")+"\r\n", 1), "extra data are not base64"},
		"extra data not JSON":   {strings.Replace(good, lines[1], "extra "+base64.StdEncoding.EncodeToString([]byte("{"))+"\n", 1), "extra data are not JSON"},
		"no index":              {replace(index, ""), `line "index" is missing`},
		"a signed index":        {replace("index ", "index +"), "number"},
		"a negative index":      {replace("index ", "index -"), "number"},
		"an index with zeros":   {replace("index ", "index 0"), "number"},
		"an index too large":    {replace(index, "index 9223372036854775808\n"), "number"},
		"a short hash":          {strings.Replace(good, lines[3], lines[3][4:], 1), "hash"},
		"a hash with CR":        {strings.Replace(good, lines[3], strings.TrimSuffix(lines[3], "\n")+"\r\n", 1), "hash"},
		"a hash with a bit":     {strings.Replace(good, lines[3], lines[3][:42]+string(lines[3][42]+1)+"=\n", 1), "hash"},
		"64 hashes":             {strings.Replace(good, index, index+strings.Repeat(hashOf("x").String()+"\n", 64), 1), "hash"},
		"no empty line":         {replace("\n\n", "\n"), "hash"},
		"cut":                   {strings.Join(lines[:5], ""), "it ends too early"},
		"cut in a line":         {strings.Join(lines[:5], "") + lines[5][:10], "it ends too early"},
		"too large":             {good + strings.Repeat("x", verify.MaxReceipt), "too large"},
	} {
		if got, err := verify.ParseReceipt([]byte(x.file)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, %v, want %q", name, got.Index, err, x.want)
		}
	}
}

// Programs of others read our receipts, and we read theirs.
func TestReceipt_torchwood(t *testing.T) {
	s, m := goodSite(t)
	policy, err := torchwood.ParsePolicy([]byte("log " + s.vkey + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []int64{m.signed, m.imported - 1, int64(len(s.leaves) - 1)} {
		r := receiptOf(t, s, index)
		ours := format(t, r)
		if err := torchwood.VerifyProof(policy, verify.RecordHash(s.leaves[index]), ours); err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
		if err := torchwood.VerifyProof(policy, verify.RecordHash(s.leaves[index-1]), ours); err == nil {
			t.Errorf("the receipt of leaf %d is one of the leaf before", index)
		}
		extra, err := torchwood.ProofExtraData(ours)
		if err != nil {
			t.Fatal(err)
		}
		theirs := torchwood.FormatProofWithExtraData(index, extra, r.Proof, r.Checkpoint)
		if !bytes.Equal(ours, theirs) {
			t.Errorf("leaf %d: ours is\n%s\ntheirs is\n%s", index, ours, theirs)
		}
		bare := torchwood.FormatProof(index, r.Proof, r.Checkpoint)
		if _, err := verify.ParseReceipt(bare); err == nil || !strings.Contains(err.Error(), `line "extra" is missing`) {
			t.Errorf("a proof that does not say of what: %v", err)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	s := manyLeaves(f, 4)
	key := verifierOf(f, s.vkey)
	f.Add(format(f, receiptOf(f, s, 3)))
	f.Add(format(f, verify.Receipt{Checkpoint: s.checkpoint(1)}))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := verify.ParseReceipt(file)
		if err != nil {
			return
		}
		_, _, _, _ = r.Check(key) // must not panic
		again, err := verify.ParseReceipt(format(t, r))
		if err != nil || !bytes.Equal(format(t, again), format(t, r)) {
			t.Errorf("%q was read, and again as %+v, %v", file, again, err)
		}
	})
}
