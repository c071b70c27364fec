package mailbox

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/text"
)

// Whoever types addresses that all reach one domain has as many mails sent as there are addresses, each within its own budget. So
// confirmations to a domain go out at a pace that grows with how many of its people confirm; the others go out later. The domains
// of large providers have no pace of their own, or nobody there could sign at a busy hour; those that nobody ever confirmed from share
// one besides.
const (
	domainAnHour  = 30   // mails to a domain
	unknownAnHour = 1000 // mails to all domains that nobody has confirmed from
	provenCounts  = 4    // mails an hour more for each confirmation
	provenFor     = 24 * time.Hour
	longestWait   = 12 * time.Hour // until a mail is looked at again
	maxFlows      = 20_000         // domains that are remembered at once
)

// Flows are how many mails went to which domains lately. They are kept in memory alone, by a hash whose key is drawn at every start,
// and each process has its own.
type Flows struct {
	mu      sync.Mutex
	seed    maphash.Seed
	of      map[uint64]*flow
	unknown flow
	putOff  flow // counts the mails that were put off within an hour or so
}

// flow is a bucket that leaks: how full it is, and from how many it has been proven to reach people.
type flow struct {
	at           time.Time
	full, proven float64
	queued       time.Time // when the last mail that was put off has its turn
}

// run lets the flow leak up to now, at so many an hour.
func (f *flow) run(now time.Time, anHour float64) {
	if past := now.Sub(f.at); past > 0 && !f.at.IsZero() {
		f.full = max(0, f.full-anHour*past.Hours())
		f.proven *= math.Exp2(-past.Hours() / provenFor.Hours())
	}
	f.at = now
}

// take fills the flow by one mail and returns 0, or returns how long the mail has to wait.
func (f *flow) take(now time.Time, anHour float64) time.Duration {
	anHour += provenCounts * f.proven
	if f.run(now, anHour); f.full+1 <= anHour {
		f.full++
		return 0
	}
	if f.queued.Before(now) {
		f.queued = now
	}
	f.queued = f.queued.Add(time.Duration(float64(time.Hour) / anHour))
	return min(f.queued.Sub(now), longestWait)
}

func (fs *Flows) flow(a text.Address) *flow {
	if fs.of == nil {
		fs.seed, fs.of = maphash.MakeSeed(), map[uint64]*flow{}
	}
	key := maphash.String(fs.seed, a.Domain())
	f := fs.of[key]
	if f == nil {
		if len(fs.of) >= maxFlows {
			clear(fs.of) // who makes up so many domains is held back by what the unknown ones share
		}
		f = new(flow)
		fs.of[key] = f
	}
	return f
}

// Turn returns how long a mail that anybody may have asked for has to wait, 0 for one that goes now.
func (s *Service) Turn(a text.Address) time.Duration {
	if s.Unlimited || account.SharedDomain(a.Domain()) {
		return 0
	}
	now, fs := s.DB.Now(), &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.flow(a)
	wait := f.take(now, domainAnHour)
	if wait == 0 && f.proven < 1 {
		wait = fs.unknown.take(now, unknownAnHour)
	}
	if wait > 0 {
		fs.putOff.run(now, fs.putOff.full)
		fs.putOff.full++
	}
	return wait
}

// Confirmed notes that somebody has confirmed from the address: mails to its domain reach people who wait for them.
func (s *Service) Confirmed(a text.Address) {
	if account.SharedDomain(a.Domain()) {
		return
	}
	now, fs := s.DB.Now(), &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.flow(a)
	f.run(now, domainAnHour+provenCounts*f.proven)
	f.proven++
}

// PutOff returns how many mails this process has put off within an hour or so, since too many were asked for at their domains.
func (s *Service) PutOff() int {
	fs := &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.putOff.run(s.DB.Now(), fs.putOff.full)
	return int(fs.putOff.full)
}
