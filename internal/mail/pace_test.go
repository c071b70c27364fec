package mail

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limited is a relay that takes so many mails in each window of time.
type limited struct {
	mu     sync.Mutex
	start  time.Time
	n, of  int
	window time.Duration
	counts bool // refused tries count, and the window slides
	tries  []time.Time
	failed int
}

func (l *limited) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.counts {
		l.tries = slices.DeleteFunc(l.tries, func(t time.Time) bool { return now.Sub(t) >= l.window })
		l.tries = append(l.tries, now)
		if len(l.tries) <= l.of {
			return true
		}
		l.failed++
		return false
	}
	if now.Sub(l.start) >= l.window {
		l.start, l.n = now, 0
	}
	if l.n++; l.n <= l.of {
		return true
	}
	l.failed++
	return false
}

// send has eight workers send mails as the runner does, and returns how long that took.
func send(p *pace, relay *limited, mails int) time.Duration {
	begin := time.Now()
	queue := make(chan int64, mails)
	for id := range mails {
		queue <- int64(id)
	}
	var workers sync.WaitGroup
	left := int64(mails)
	var mu sync.Mutex
	for range 8 {
		workers.Go(func() {
			for {
				mu.Lock()
				done := left == 0
				mu.Unlock()
				if done {
					return
				}
				if wait := p.wait(); wait > 0 {
					time.Sleep(wait)
					continue
				}
				var id int64
				select {
				case id = <-queue:
				default:
					time.Sleep(time.Second)
					continue
				}
				may, tries := p.enter(context.Background())
				if !may {
					queue <- id
					continue
				}
				time.Sleep(10 * time.Millisecond) // the relay's answer
				if relay.take() {
					p.open(tries)
					mu.Lock()
					left--
					mu.Unlock()
					continue
				}
				p.close(id, tries)
				queue <- id
			}
		})
	}
	workers.Wait()
	return time.Since(begin)
}

// Mails go within 1.2 of the relay's own pace, whatever its windows, and few of them in vain.
func TestPace_followsTheRelay(t *testing.T) {
	for name, c := range map[string]struct {
		relay  *limited
		mails  int
		own    time.Duration // the least that the relay allows
		failed int
	}{
		"5 a minute":      {&limited{of: 5, window: time.Minute}, 30, 5 * time.Minute, 40},
		"100 an hour":     {&limited{of: 100, window: time.Hour}, 350, 3 * time.Hour, 300},
		"10 in 5 s":       {&limited{of: 10, window: 5 * time.Second}, 200, 95 * time.Second, 100},
		"1 in 12 s":       {&limited{of: 1, window: 12 * time.Second}, 30, 29 * 12 * time.Second, 110},
		"as many as come": {&limited{of: 1000, window: time.Minute}, 300, 2 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took := send(&pace{}, c.relay, c.mails)
				if took > c.own*12/10 || c.relay.failed > c.failed {
					t.Errorf("%d mails took %v of the relay's %v, with %d tries in vain", c.mails, took, c.own, c.relay.failed)
				}
				t.Logf("%d mails took %v of the relay's %v, with %d tries in vain", c.mails, took, c.own, c.relay.failed)
			})
		})
	}
}

// A relay that counts tries in vain, too, is not kept busy with them.
func TestPace_whereTriesCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := &limited{of: 20, window: time.Minute, counts: true}
		if took := send(&pace{}, relay, 100); took > 15*time.Minute {
			t.Errorf("100 mails at 20 a minute took %v, with %d tries in vain", took, relay.failed)
		}
	})
}

// While the relay is away one mail a minute tries, and all go once it is back.
func TestPace_away(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begin, tries := &pace{}, time.Now(), 0
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		p.close(1000, false)
		for time.Since(begin) < 6*time.Hour {
			time.Sleep(max(p.wait(), time.Millisecond))
			may, first := p.enter(t.Context())
			if !may || !first {
				t.Fatal("nobody tries")
			}
			if again, _ := p.enter(ended); again {
				t.Fatal("two try at once")
			}
			tries++
			if often := p.close(int64(tries), first); often || p.wait() > time.Minute {
				t.Fatalf("the next tries after %v, %v", p.wait(), often)
			}
		}
		if tries < 300 || tries > 400 {
			t.Errorf("%d tries in six hours", tries)
		}
		time.Sleep(p.wait())
		_, first := p.enter(t.Context())
		p.open(false) // one that had begun before
		if may, _ := p.enter(ended); may {
			t.Error("one that had begun before opens it")
		}
		p.open(first)
		if may, _ := p.enter(ended); !may || p.wait() != 0 {
			t.Error("it stays shut")
		}
		time.Sleep(time.Hour)
		often := p.close(7, false)
		if often || p.wait() > time.Minute {
			t.Errorf("after a long time away the next mail tries after %v", p.wait())
		}
		for range inARow - 1 {
			time.Sleep(p.wait())
			_, first = p.enter(t.Context())
			often = p.close(7, first)
		}
		if !often {
			t.Error("the mail that shut it each time is not known")
		}
	})
}
