// Package seal owns the instance's secret keys and everything made with them: sealed rows, address tags, match codes.
//
// It promises that what it seals opens only with the instance key, only in the row it was sealed for, and that destroying
// a letter's data key makes its sealed rows and tags meaningless at once. The instance key lives in a file beside the
// database, never in it and never in a backup. It must not know what is sealed.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sizes in bytes.
const (
	keySize   = chacha20poly1305.KeySize
	idSize    = 4   // of the key-id prefix of every envelope
	blockSize = 128 // plaintexts are padded to a multiple of this, so that an envelope's length says nothing of a name's
	TagSize   = 16  // of an address tag
)

// ErrOpen says that an envelope was not sealed with this key for this row.
var ErrOpen = errors.New("seal: envelope does not open")

const keyFilePrefix = "undersigned-instance-key/v1 "

// Keys are the keys of one instance.
type Keys struct {
	secret [keySize]byte
	tagKey atomic.Pointer[purposeKey] // the one derived last: most tags of a day have one purpose
}

type purposeKey struct {
	purpose string
	key     []byte
}

// OpenKeys reads dir/keys/instance.key and makes it, with mode 0600, when there is none.
func OpenKeys(dir string) (*Keys, error) {
	_, err := KeyFile(dir, InstanceKeyFile, func() (string, error) {
		var secret [keySize]byte
		rand.Read(secret[:])
		return keyFilePrefix + base64.StdEncoding.EncodeToString(secret[:]), nil
	})
	if err != nil {
		return nil, err
	}
	return ReadKeys(dir)
}

// ReadKeys reads dir/keys/instance.key; fs.ErrNotExist says that there is none.
func ReadKeys(dir string) (*Keys, error) {
	data, err := os.ReadFile(keyPath(dir, InstanceKeyFile))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	keys, ok := parseKeys(data)
	if !ok {
		return nil, fmt.Errorf("seal: %s is not an instance key; put back the file this instance was made with", keyPath(dir, InstanceKeyFile))
	}
	return keys, nil
}

func parseKeys(data []byte) (*Keys, bool) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(string(data)), strings.TrimSpace(keyFilePrefix))
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if !ok || err != nil || len(secret) != keySize {
		return nil, false
	}
	return &Keys{secret: [keySize]byte(secret)}, true
}

// Fingerprint names the instance key without revealing it; the database stores it, so that a process with other keys
// refuses to start.
func (k *Keys) Fingerprint() string {
	sum := sha256.Sum256(append([]byte("undersigned key fingerprint\n"), k.secret[:]...))
	return hex.EncodeToString(sum[:16])
}

// Tag returns the tag of a value for one purpose across all letters, such as a day's mail budget.
func (k *Keys) Tag(purpose, value string) []byte {
	derived := k.tagKey.Load()
	if derived == nil || derived.purpose != purpose {
		derived = &purposeKey{purpose, derive(k.secret[:], "tag "+purpose)}
		k.tagKey.Store(derived)
	}
	return tag(derived.key, value)
}

// Seal encloses plaintext for one row of a table that belongs to no letter.
func (k *Keys) Seal(table string, row int64, plaintext []byte) []byte {
	return newBox(derive(k.secret[:], "seal")).seal(pad(plaintext), context(table, 0, row))
}

// Open returns the plaintext that Seal enclosed for the row, or ErrOpen.
func (k *Keys) Open(table string, row int64, envelope []byte) ([]byte, error) {
	return unpad(newBox(derive(k.secret[:], "seal")).open(envelope, context(table, 0, row)))
}

// NewLetterKey returns a new random data key, wrapped under the instance key.
func (k *Keys) NewLetterKey(letter int64) []byte {
	var secret [keySize]byte
	rand.Read(secret[:])
	return newBox(derive(k.secret[:], "wrap")).seal(secret[:], context("letter", letter, 0))
}

// LetterKey unwraps a letter's data key.
func (k *Keys) LetterKey(letter int64, wrapped []byte) (*LetterKey, error) {
	secret, err := newBox(derive(k.secret[:], "wrap")).open(wrapped, context("letter", letter, 0))
	if err != nil {
		return nil, err
	}
	return &LetterKey{letter: letter, box: newBox(derive(secret, "seal")), tag: derive(secret, "tag"), code: derive(secret, "code")}, nil
}

// FollowerKey returns the key for those who want news of a letter. It is derived, so it outlives the letter's data key, and they are
// nobody's once their rows are deleted.
func (k *Keys) FollowerKey(letter int64) *LetterKey {
	secret := derive(k.secret[:], "followers "+strconv.FormatInt(letter, 10))
	return &LetterKey{letter: letter, box: newBox(derive(secret, "seal")), tag: derive(secret, "tag"), code: derive(secret, "code")}
}

// LetterKey seals the rows of one letter. It is safe for concurrent use.
type LetterKey struct {
	letter    int64
	box       box
	tag, code []byte
}

// Seal encloses plaintext for one row of a table.
func (k *LetterKey) Seal(table string, row int64, plaintext []byte) []byte {
	return k.box.seal(pad(plaintext), context(table, k.letter, row))
}

// Open returns the plaintext that was sealed for the row, or ErrOpen.
func (k *LetterKey) Open(table string, row int64, envelope []byte) ([]byte, error) {
	return unpad(k.box.open(envelope, context(table, k.letter, row)))
}

// Tag returns the address tag: HMAC-SHA-256 of the canonical address, cut to TagSize bytes.
func (k *LetterKey) Tag(canonical string) []byte { return tag(k.tag, canonical) }

// NoTag returns a tag of no address, another each time.
func NoTag() []byte {
	noise := make([]byte, TagSize)
	rand.Read(noise)
	return noise
}

// Code returns the six-digit match code of a pending row. It is derived, so it is stored nowhere.
func (k *LetterKey) Code(row int64) string {
	sum := mac(k.code, binary.BigEndian.AppendUint64(nil, uint64(row)))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000)
}

// pad returns the plaintext with its length before it and zeros after it.
func pad(plaintext []byte) []byte {
	padded := binary.BigEndian.AppendUint32(nil, uint32(len(plaintext)))
	padded = append(padded, plaintext...)
	if rest := len(padded) % blockSize; rest > 0 {
		padded = append(padded, make([]byte, blockSize-rest)...)
	}
	return padded
}

func unpad(padded []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if len(padded) < 4 || int(binary.BigEndian.Uint32(padded)) > len(padded)-4 {
		return nil, ErrOpen
	}
	return padded[4 : 4+binary.BigEndian.Uint32(padded)], nil
}

func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "undersigned/v1 "+purpose, keySize)
	if err != nil {
		panic(err) // only for a length that HKDF cannot give
	}
	return key
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

func tag(key []byte, value string) []byte { return mac(key, []byte(value))[:TagSize] }

// context is the additional data that ties an envelope to its row.
func context(table string, letter, row int64) []byte {
	return fmt.Appendf(nil, "%s %d %d", table, letter, row)
}

// box seals and opens with one key.
type box struct {
	id   []byte // names the key in every envelope
	aead cipher.AEAD
}

func newBox(key []byte) box {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic(err) // the key has the wrong length
	}
	return box{id: mac(key, []byte("key id"))[:idSize], aead: aead}
}

// seal returns key id ‖ random nonce ‖ XChaCha20-Poly1305 ciphertext.
func (b box) seal(plaintext, additional []byte) []byte {
	head := idSize + b.aead.NonceSize()
	out := make([]byte, head, head+len(plaintext)+b.aead.Overhead())
	copy(out, b.id)
	rand.Read(out[idSize:])
	return b.aead.Seal(out, out[idSize:], plaintext, additional)
}

func (b box) open(envelope, additional []byte) ([]byte, error) {
	head := idSize + b.aead.NonceSize()
	if len(envelope) < head || !hmac.Equal(envelope[:idSize], b.id) {
		return nil, ErrOpen
	}
	plaintext, err := b.aead.Open(nil, envelope[idSize:head], envelope[head:], additional)
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}
