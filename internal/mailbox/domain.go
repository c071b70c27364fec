package mailbox

import (
	"hash/maphash"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/text"
)

// Whoever types addresses that all reach one domain has as many mails sent as there are addresses, each within its own budget. So
// confirmations to a domain go out at a pace that grows with how many of its people confirm; the others go out later, in the order in
// which they were asked for. The domains of large providers have no pace of their own, or nobody there could sign at a busy hour;
// those from which few have confirmed share one besides.
const (
	domainAnHour  = 30   // mails to a domain, and up to twice as many: see pace
	unknownAnHour = 1000 // mails to all domains from which few have confirmed
	provenStep    = 10   // confirmations that raise the pace of their domain
	provenAnHour  = 50   // by so many mails
	provenFor     = 24 * time.Hour
	longestWait   = 2 * time.Hour // until a mail is looked at again: by then its domain may be faster
	maxFlows      = 20_000        // domains that are remembered at once
	maxWaiting    = 200_000       // mails that are
)

// Flows are how many mails went to which domains lately. They are kept in memory alone, by a hash whose key is drawn at every start,
// and each process has its own.
type Flows struct {
	mu      sync.Mutex
	seed    maphash.Seed
	of      map[uint64]*flow
	unknown flow
	places  map[int64]*place // by the mail's own id
	waiting int              // of these that were put off
}

// flow gives each mail a number, and lets as many go as its pace allows.
type flow struct {
	at             time.Time
	given, allowed float64
	proven         float64 // confirmations, of which one counts half a day later
}

// place is where a mail stands in its flows.
type place struct {
	domain, unknown float64
	off             bool
}

// run lets the flow go on up to now, at so many an hour. What is not used is kept for an hour.
func (f *flow) run(now time.Time, anHour float64) {
	if f.at.IsZero() {
		f.allowed = f.given + anHour
	} else if past := now.Sub(f.at); past > 0 {
		f.allowed = min(f.allowed+anHour*past.Hours(), f.given+anHour)
		f.proven *= math.Exp2(-past.Hours() / provenFor.Hours())
	}
	f.at = now
}

// wait returns how long the mail of a number has to wait.
func (f *flow) wait(number, anHour float64) time.Duration {
	if number <= f.allowed {
		return 0
	}
	return time.Duration((number - f.allowed) / anHour * float64(time.Hour))
}

// pace is how many mails an hour go to a domain. It is drawn for each domain and day, and rises in steps: from how soon a mail of their
// own arrives, somebody of the domain must not learn whether a colleague has confirmed.
func (fs *Flows) pace(f *flow, domain string, now time.Time) float64 {
	drawn := maphash.String(fs.seed, domain+strconv.FormatInt(now.Unix()/86400, 10))
	steps := math.Floor((f.proven + float64(drawn%provenStep)) / provenStep)
	return domainAnHour + float64(drawn/provenStep%domainAnHour) + provenAnHour*steps
}

func (fs *Flows) flow(domain string) *flow {
	if fs.of == nil {
		fs.seed, fs.of, fs.places = maphash.MakeSeed(), map[uint64]*flow{}, map[int64]*place{}
	}
	key := maphash.String(fs.seed, domain)
	f := fs.of[key]
	if f == nil {
		if len(fs.of) >= maxFlows || len(fs.places) >= maxWaiting { // who makes up so many is held back by what the unknown ones share
			clear(fs.of)
			clear(fs.places)
			fs.waiting = 0
		}
		f = new(flow)
		fs.of[key] = f
	}
	return f
}

// Turn returns how long a mail that anybody may have asked for has to wait, 0 for one that goes now. It keeps its place until Went says
// that it is gone, whether it had to wait or the relay has put it off.
func (s *Service) Turn(mail int64, a text.Address) time.Duration {
	if s.Unlimited || account.SharedDomain(a.Domain()) {
		return 0
	}
	now, fs := s.DB.Now(), &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.flow(a.Domain())
	anHour := fs.pace(f, a.Domain(), now)
	f.run(now, anHour)
	fs.unknown.run(now, unknownAnHour)
	p := fs.places[mail]
	if p == nil {
		f.given++
		p = &place{domain: f.given}
		if f.proven < provenStep {
			fs.unknown.given++
			p.unknown = fs.unknown.given
		}
		fs.places[mail] = p
	}
	wait := max(f.wait(p.domain, anHour), fs.unknown.wait(p.unknown, unknownAnHour))
	if wait > 0 && !p.off {
		p.off = true
		fs.waiting++
	} else if wait == 0 && p.off {
		p.off = false
		fs.waiting--
	}
	return min(wait, longestWait)
}

// Went notes that a mail is gone, or will never go.
func (s *Service) Went(mail int64) {
	fs := &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if p := fs.places[mail]; p != nil && p.off {
		fs.waiting--
	}
	delete(fs.places, mail)
}

// Confirmed notes that somebody has confirmed from the address: mails to its domain reach people who wait for them.
func (s *Service) Confirmed(a text.Address) {
	if account.SharedDomain(a.Domain()) {
		return
	}
	now, fs := s.DB.Now(), &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.flow(a.Domain())
	before := fs.pace(f, a.Domain(), now)
	f.run(now, before)
	f.proven++
	f.allowed += fs.pace(f, a.Domain(), now) - before // at once: those who wait are colleagues
}

// PutOff returns how many mails of this process wait, since too many were asked for at their domains.
func (s *Service) PutOff() int {
	fs := &s.flows
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.waiting
}
