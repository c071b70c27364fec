package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
)

// Base32 is RFC 4648 base32 in lower case without padding: safe in a path, in a mail and over the telephone.
var Base32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewToken returns a link token that carries the id of its row, so that no random value needs an index: id ‖ 160 random bits.
func NewToken(id int64) string {
	b := append(binary.BigEndian.AppendUint64(nil, uint64(id)), make([]byte, 20)...)
	rand.Read(b[8:])
	return Base32.EncodeToString(b)
}

// TokenID returns the id that a token carries; false for what cannot be one. Whether the token is good its row says.
func TokenID(token string) (int64, bool) {
	b, err := Base32.DecodeString(token)
	if err != nil || len(b) != 28 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b)), true
}

// Hash is what is stored of a token or another secret of 128 random bits or more: SHA-256.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
