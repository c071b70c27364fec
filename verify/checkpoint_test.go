package verify_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/undersigned/undersigned/verify"
)

const emptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" // the hash of nothing

var checkpoints = map[string]struct {
	checkpoint verify.Checkpoint
	text       string
}{
	"empty": {verify.Checkpoint{Origin: origin, Root: (&verify.Tree{}).Root()}, origin + "\n0\n" + emptyRoot + "\n"},
	"large": {verify.Checkpoint{Origin: "a log: with spaces", Size: 9007199254740992, Root: hashOf("1")},
		"a log: with spaces\n9007199254740992\na4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=\n"},
}

func TestCheckpoint_golden(t *testing.T) {
	for name, x := range checkpoints {
		if got := x.checkpoint.Text(); got != x.text {
			t.Errorf("%s: %q, want %q", name, got, x.text)
		}
		if got, err := verify.ParseCheckpoint(x.text); err != nil || got != x.checkpoint {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		theirs, err := torchwood.ParseCheckpoint(x.text)
		if err != nil || theirs.Origin != x.checkpoint.Origin || theirs.N != x.checkpoint.Size || theirs.Hash != x.checkpoint.Root {
			t.Errorf("%s: torchwood reads %v, %v", name, theirs, err)
		}
	}
}

func TestParseCheckpoint_refuses(t *testing.T) {
	good := origin + "\n17\n" + emptyRoot + "\n"
	for name, x := range map[string]struct{ text, want string }{
		"nothing":             {"", "three lines"},
		"two lines":           {origin + "\n17\n", "three lines"},
		"no last LF":          {strings.TrimSuffix(good, "\n"), "three lines"},
		"an extension":        {good + "remark\n", "three lines"},
		"an empty line":       {good + "\n", "three lines"},
		"no origin":           {strings.TrimPrefix(good, origin), "three lines"},
		"no size":             {strings.Replace(good, "17", "", 1), "the size is no number"},
		"a negative size":     {strings.Replace(good, "17", "-17", 1), "the size is no number"},
		"a size too large":    {strings.Replace(good, "17", "9223372036854775808", 1), "the size is no number"},
		"a signed size":       {strings.Replace(good, "17", "+17", 1), "not written as it must be"},
		"a size with zeros":   {strings.Replace(good, "17", "017", 1), "not written as it must be"},
		"a short root":        {strings.Replace(good, "47DE", "", 1), "the root is no hash"},
		"a root with a bit":   {strings.Replace(good, "uFU=", "uFV=", 1), "not written as it must be"},
		"a root without a =":  {strings.Replace(good, "uFU=", "uFU", 1), "the root is no hash"},
		"CRLF":                {strings.ReplaceAll(good, "\n", "\r\n"), "the size is no number"},
		"a root with CR":      {strings.Replace(good, "uFU=\n", "uFU=\r\n", 1), "not written as it must be"},
		"a hexadecimal root":  {strings.Replace(good, emptyRoot, strings.Repeat("0", 64), 1), "the root is no hash"},
		"a root in URL style": {strings.Replace(good, "+/", "-_", 1), "the root is no hash"},
	} {
		if got, err := verify.ParseCheckpoint(x.text); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, %v, want %q", name, got, err, x.want)
		}
	}
}

func TestOpenCheckpoint(t *testing.T) {
	signer, vkey := keyPair(origin, "log")
	key := verifierOf(t, vkey)
	c := verify.Checkpoint{Origin: origin, Size: 3, Root: hashOf("root")}
	signed, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := verify.OpenCheckpoint(signed, key); err != nil || got != c {
		t.Errorf("got %v, %v", got, err)
	}
	theirs, _, err := torchwood.VerifyCheckpoint(signed, torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(key)))
	if err != nil || theirs.N != c.Size || theirs.Hash != c.Root {
		t.Errorf("torchwood reads %v, %v", theirs, err)
	}

	// A witness's signature beside ours does not disturb, and does not replace it.
	witness, _ := keyPair("witness.example", "witness")
	beside, err := note.Sign(&note.Note{Text: c.Text()}, signer, witness)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := verify.OpenCheckpoint(beside, key); err != nil || got != c {
		t.Errorf("with a witness: %v, %v", got, err)
	}
	alone, err := c.Sign(witness)
	if err != nil {
		t.Fatal(err)
	}
	another, err := verify.Checkpoint{Origin: "undersigned/other", Size: 3}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	extended, err := note.Sign(&note.Note{Text: c.Text() + "remark\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(signed), "\n3\n", "\n4\n", 1)
	for name, x := range map[string]struct{ signed, want string }{
		"not signed":             {c.Text(), "malformed note"},
		"nothing":                {"", "malformed note"},
		"a witness's alone":      {string(alone), "no signature of the key " + origin + "+"},
		"another text":           {forged, "invalid signature for key " + origin},
		"of another log":         {string(another), `of the log "undersigned/other", and the key is that of "` + origin + `"`},
		"with an extension line": {string(extended), "three lines"},
	} {
		if got, err := verify.OpenCheckpoint([]byte(x.signed), key); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, %v, want %q", name, got, err, x.want)
		}
	}
}

func TestPromise_golden(t *testing.T) {
	p := verify.Promise{Record: hashOf("1"), By: time.Date(2030, 6, 30, 19, 0, 0, 0, time.FixedZone("", 2*3600))}
	const text = "undersigned.log/v1 promise\nrecord a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=\nby 2030-06-30T17:00:00Z\n"
	if p.Text() != text {
		t.Errorf("got %q", p.Text())
	}
	got, err := verify.ParsePromise(text)
	if err != nil || got.Record != p.Record || !got.By.Equal(p.By) || got.By.Location() != time.UTC {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{
		"", text + "x", text + "\n", strings.Replace(text, "promise", "sign", 1), strings.Replace(text, "v1 ", "v1\n", 1), strings.Replace(text, "W0s=", "W0t=", 1),
		strings.Replace(text, "record a4ay", "record a4", 1), strings.Replace(text, "17:00:00Z", "17:00:00.0Z", 1), strings.Replace(text, "17:00:00Z", "19:00:00+02:00", 1),
		strings.Replace(text, "\nby ", "\nBy ", 1), strings.Replace(text, "2030-06-30", "2030-06-31", 1), strings.ReplaceAll(text, "\n", "\r\n"),
		strings.Replace(text, "record", "remark x\nrecord", 1),
	} {
		if got, err := verify.ParsePromise(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestOpenPromise(t *testing.T) {
	_, vkey := keyPair(origin, "log")
	promiseKey, err := verify.PromiseKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	signer, want := keyPair(origin+"/promise", "log")
	if promiseKey != want {
		t.Errorf("the key of promises is %s, want %s", promiseKey, want)
	}
	key := verifierOf(t, promiseKey)
	p := verify.Promise{Record: hashOf("record"), By: time.Date(2030, 6, 30, 17, 0, 0, 0, time.UTC)}
	signed, err := note.Sign(&note.Note{Text: p.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := verify.OpenPromise(signed, key); err != nil || got != p {
		t.Errorf("got %v, %v", got, err)
	}
	// The two keys are one, their notes are not: neither passes for the other.
	if _, err := verify.OpenPromise(signed, verifierOf(t, vkey)); err == nil {
		t.Error("the log's key opened a promise")
	}
	if _, err := verify.OpenPromise([]byte(strings.Replace(string(signed), "17:00", "18:00", 1)), key); err == nil || !strings.Contains(err.Error(), "invalid signature") {
		t.Errorf("a promise of another hour: %v", err)
	}
	checkpoint, err := verify.Checkpoint{Origin: origin + "/promise", Size: 1}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify.OpenPromise(checkpoint, key); err == nil || !strings.Contains(err.Error(), "not a promise") {
		t.Errorf("a checkpoint passed for a promise: %v", err)
	}
	if _, err := verify.ParseCheckpoint(p.Text()); err == nil {
		t.Error("a promise passed for a checkpoint")
	}
	if _, err := verify.PromiseKey("no key"); err == nil {
		t.Error("no key has a promise key")
	}
}

func TestParsePolicy(t *testing.T) {
	_, vkey := keyPair(origin, "log")
	_, other := keyPair(origin, "other")
	for name, text := range map[string]string{
		"shortest":         "log " + vkey + "\nquorum none\n",
		"another order":    "quorum none\nlog " + vkey,
		"with an address":  "log " + vkey + " https://letters.example\nquorum none\n",
		"spaces, remarks":  "# of the coalition\n\n\t log\t" + vkey + "  \n   # quorum X\nquorum  none \n",
		"saved on Windows": "log " + vkey + "\r\nquorum none\r\n",
	} {
		if got, err := verify.ParsePolicy(text); err != nil || got != vkey {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if _, err := torchwood.ParsePolicy([]byte(text)); err != nil {
			t.Errorf("%s: torchwood: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"no quorum":         "log " + vkey + "\n",
		"no log":            "quorum none\n",
		"two quorums":       "log " + vkey + "\nquorum none\nquorum none\n",
		"two logs":          "log " + vkey + "\nlog " + other + "\nquorum none\n",
		"a witness":         "log " + vkey + "\nwitness W " + other + "\nquorum none\n",
		"a quorum of some":  "log " + vkey + "\nquorum W\n",
		"a bare quorum":     "log " + vkey + "\nquorum\n",
		"a quorum and more": "log " + vkey + "\nquorum none W\n",
		"a bare log":        "log\nquorum none\n",
		"a log and more":    "log " + vkey + " https://letters.example more\nquorum none\n",
		"a broken key":      "log " + strings.Replace(vkey, "+", "+0", 1) + "\nquorum none\n",
		"another word":      "trust " + vkey + "\nquorum none\n",
	} {
		if got, err := verify.ParsePolicy(text); err == nil || !strings.HasPrefix(err.Error(), "policy: ") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTree_agreesWithTlog(t *testing.T) {
	var tree verify.Tree
	var h hashes
	if got := tree.Root().String(); got != emptyRoot {
		t.Errorf("the root of nothing is %s", got)
	}
	for i := range int64(1000) {
		leaf := fmt.Append(nil, "leaf ", i)
		more, err := tlog.StoredHashes(i, leaf, h)
		if err != nil {
			t.Fatal(err)
		}
		h = append(h, more...)
		tree.Add(verify.RecordHash(leaf))
		want, err := tlog.TreeHash(i+1, h)
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Root(); got != want || tree.Size() != i+1 {
			t.Fatalf("the root of %d leaves is %s at size %d, want %s", i+1, got, tree.Size(), want)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	for _, x := range checkpoints {
		f.Add(x.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := verify.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if c.Text() != text {
			t.Errorf("%q was read and is written %q", text, c.Text())
		}
		if _, err := torchwood.ParseCheckpoint(text); err != nil {
			t.Errorf("%q: torchwood refuses it: %v", text, err)
		}
	})
}

func FuzzParsePromise(f *testing.F) {
	f.Add(verify.Promise{Record: hashOf("1"), By: time.Date(2030, 6, 30, 17, 0, 0, 0, time.UTC)}.Text())
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := verify.ParsePromise(text); err == nil && p.Text() != text {
			t.Errorf("%q was read and is written %q", text, p.Text())
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	_, vkey := keyPair(origin, "log")
	f.Add("# of the coalition\nlog " + vkey + " https://letters.example\nquorum none\n")
	f.Add("log " + base64.StdEncoding.EncodeToString([]byte(vkey)) + "\nwitness W " + vkey + "\nquorum W\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := verify.ParsePolicy(text)
		if err != nil {
			return
		}
		if _, err := note.NewVerifier(key); err != nil {
			t.Errorf("%q trusts %q: %v", text, key, err)
		}
		if _, err := verify.PromiseKey(key); err != nil {
			t.Errorf("%q has no key of promises: %v", key, err)
		}
	})
}
