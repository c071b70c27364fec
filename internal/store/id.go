package store

import (
	"math/rand/v2"
	"sync"
	"time"
)

// idEpoch keeps ids positive in 64 bits until 2069; milliseconds since 1970 would overflow in 2039.
var idEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

const (
	idRandomBits = 22
	idMaxMillis  = 1<<41 - 1
	idBackStep   = 1000 // ms; a clock set back by less than this does not disturb the order
)

var ids = struct {
	sync.Mutex
	newest int64           // the newest millisecond an id was made for
	last   map[int64]int64 // millisecond → last id made for it
}{last: map[int64]int64{}}

// LetterID is the key of a letter. It is known down here because rows of every floor belong to a letter: leaves that wait, lines of the
// trail, approvals, signatures, mails.
type LetterID int64

// NewID makes the key of a new row: positive, ordered by time (milliseconds in the high 41 bits, then 22 random bits)
// and strictly increasing within this process, unless the clock is set back by more than a second. An id is no secret.
func NewID(now time.Time) int64 {
	ms := idMillis(now)
	ids.Lock()
	defer ids.Unlock()
	if ms < ids.newest && ids.newest-ms < idBackStep {
		ms = ids.newest
	}
	id, ok := ids.last[ms]
	if ok {
		id += 1 + rand.Int64N(16)
	} else {
		// The upper half of the random range is left to the ids that follow in the same millisecond.
		id = ms<<idRandomBits | (1 + rand.Int64N(1<<(idRandomBits-1)))
		if len(ids.last) >= 1024 {
			clear(ids.last)
		}
	}
	ids.last[ms] = id
	ids.newest = ms
	return id
}

// IDAt returns the smallest id that a row made in the millisecond of t can have, so that "older than" is a range of ids.
func IDAt(t time.Time) int64 { return idMillis(t) << idRandomBits }

// IDTime returns the time at which the id was made, to the millisecond.
func IDTime(id int64) time.Time { return time.UnixMilli(id>>idRandomBits + idEpoch).UTC() }

func idMillis(t time.Time) int64 { return min(max(t.UnixMilli()-idEpoch, 0), idMaxMillis) }
