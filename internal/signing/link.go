package signing

import (
	"crypto/subtle"
	"encoding/binary"
	"strconv"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/text"
)

// The link of a confirmation mail is submission ‖ letter ‖ tag of the submission and the address under the letter's data key. So it
// outlives the submission: who has it has had a mail at that address, and may start another submission for it when strangers have
// used up the mails that the form sends there.

const linkBytes = 8 + 8 + seal.TagSize

func newLink(key *seal.LetterKey, l letter.ID, id int64, a text.Address) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(id))
	b = binary.BigEndian.AppendUint64(b, uint64(l))
	return seal.Base32.EncodeToString(append(b, key.Tag("link "+strconv.FormatInt(id, 10)+" "+a.Exact)...))
}

// LinkOf returns the submission and the letter that a link names, before it is known whether it is true. A link that was mailed
// before links named their letter names none.
func LinkOf(token string) (id int64, l letter.ID, ok bool) {
	b, err := seal.Base32.DecodeString(token)
	if err != nil || len(b) != linkBytes {
		id, ok = seal.TokenID(token)
		return id, 0, ok
	}
	return int64(binary.BigEndian.Uint64(b)), letter.ID(binary.BigEndian.Uint64(b[8:])), true
}

// isLink reports whether a link was mailed to the address, for the letter.
func isLink(key *seal.LetterKey, token string, l letter.ID, a text.Address) bool {
	id, _, ok := LinkOf(token)
	return ok && subtle.ConstantTimeCompare([]byte(newLink(key, l, id, a)), []byte(token)) == 1
}
