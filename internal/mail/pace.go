package mail

import (
	"context"
	"sync"
	"time"
)

// pace holds all mails back while the relay takes none, since it is away or allows fewer than come: the queue is slowed, not each mail. One
// mail at a time tries whether the relay takes mails again, first when it did so the last time, then ever later, but within a minute.
type pace struct {
	mu    sync.Mutex
	shut  time.Time     // since when the relay takes none; zero while it takes mails; guarded by mu
	until time.Time     // when the next mail tries; guarded by mu
	tried bool          // one tries now; guarded by mu
	by    int64         // the job whose mail shut it last; guarded by mu
	row   int           // so often in a row; guarded by mu
	last  time.Duration // how long it was shut the last time, 0 for unknown; guarded by mu
	ended chan struct{} // closed when the one that tries has its answer; nil while nobody waits for that; guarded by mu
}

// Bounds of the time between two tries. The later tries are apart by a share of the time that has passed, so that mails go again within
// this share of the relay's own time.
const (
	firstTry = time.Second
	lastTry  = time.Minute
	tryApart = 5  // a part of the time since it was shut
	tryKnown = 10 // of the time that it was shut the last time
	inARow   = 3  // tries of one mail after which another tries
)

// wait returns for how long no mail may go, 0 when one may.
func (p *pace) wait() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch left := time.Until(p.until); {
	case p.shut.IsZero():
		return 0
	case p.tried:
		return max(left, firstTry)
	default:
		return max(left, 0)
	}
}

// enter asks for a mail's turn: whether it may go, and whether it is the one that tries. While another tries it waits for that one's answer:
// who came first keeps the turn.
func (p *pace) enter(ctx context.Context) (may, tries bool) {
	for {
		p.mu.Lock()
		switch {
		case p.shut.IsZero():
			p.mu.Unlock()
			return true, false
		case !p.tried && time.Now().Before(p.until):
			p.mu.Unlock()
			return false, false
		case !p.tried:
			p.tried = true
			p.mu.Unlock()
			return true, true
		}
		if p.ended == nil {
			p.ended = make(chan struct{})
		}
		ended := p.ended
		p.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return false, false
		}
	}
}

// answered ends the try, for those who wait for its answer. mu is held.
func (p *pace) answered() {
	p.tried = false
	if p.ended != nil {
		close(p.ended)
		p.ended = nil
	}
}

// open says that the relay deals with mails. Only the mail that tried can say it: others may have begun before it was shut.
func (p *pace) open(tries bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tries {
		p.last = time.Since(p.shut)
		p.shut = time.Time{}
		p.answered()
	}
}

// close says that the relay takes no mail now, and reports whether this mail has met that several times in a row, so that nothing is known
// of others.
func (p *pace) close(job int64, tries bool) (often bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.shut.IsZero() && !tries {
		return false
	}
	step := firstTry
	if p.shut.IsZero() {
		p.shut = now
		step = max(step, p.last-p.last/tryKnown)
	} else if past := now.Sub(p.shut); p.last > 0 && past < 2*p.last {
		step = max(step, p.last/tryKnown)
	} else {
		step = max(step, past/tryApart)
	}
	if p.row++; p.by != job {
		p.by, p.row = job, 1
	}
	p.until = now.Add(min(step, lastTry))
	p.answered()
	if often = p.row >= inARow; often {
		p.row = 0
	}
	return often
}

// leave says that the mail which tried came to nothing that says anything of the relay.
func (p *pace) leave(tries bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tries {
		p.answered()
	}
}
